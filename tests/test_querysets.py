"""Fetching is permitting: who may read which submission, attachment and file on which day; what files are taken in."""

import datetime
import zipfile
from io import BytesIO
from itertools import product

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from kepol.accounts.choices import Role
from kepol.accounts.roles import sync_roles
from kepol.council.choices import Publicity
from kepol.council.models import Attachment, Consultation, Submission
from kepol.files.fields import check_file
from tests.factories import (
    AttachmentFactory,
    ConsultationFactory,
    MembershipFactory,
    PersonFactory,
    SubmissionFactory,
    UnitFactory,
    UserFactory,
)
from tests.forms import read_form

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 5, 6)
DAY = datetime.timedelta(days=1)
ORIGINS = ("draft", "council")
UNITS = ("lead", "involved", "foreign")
MEMBERSHIPS = {
    "ended yesterday": (None, TODAY - DAY),
    "ends today": (None, TODAY),
    "begins today": (TODAY, None),
    "begins tomorrow": (TODAY + DAY, None),
    "always": (None, None),
}
IN_FORCE = {"ends today", "begins today", "always"}
ALL_SEEING = {Role.KOORDINATION, Role.LEITUNG}


def person_of(unit, role, membership):
    user = UserFactory(roles=[role] if role else [])
    start, end = MEMBERSHIPS[membership]
    MembershipFactory(person=PersonFactory(user=user), organisation=unit, valid_from=start, valid_to=end)
    return user


def paper(origin, publicity, place, unit):
    values = {"from_council": origin == "council", "publicity": publicity}
    if place == "lead":
        return SubmissionFactory(lead=unit, **values)
    return SubmissionFactory(involved=[unit] if place == "involved" else [], **values)


def reads_submission(role, origin, publicity, place, membership):
    """The table "Who may" of the architecture, said a second time."""
    if role in ALL_SEEING:
        return True
    if origin == "draft" or role not in {Role.FACHBEREICH, Role.LESEZUGRIFF}:
        return False
    if publicity == Publicity.PUBLIC:
        return True
    return role is Role.FACHBEREICH and place != "foreign" and membership in IN_FORCE


def reads_closed_attachment(role, origin, place, membership):
    if role in ALL_SEEING:
        return True
    return role is Role.FACHBEREICH and origin == "council" and place != "foreign" and membership in IN_FORCE


@pytest.mark.parametrize("membership", MEMBERSHIPS)
@pytest.mark.parametrize("role", [*Role, None], ids=str)
def test_submissions_and_attachments_follow_the_table(role, membership):
    unit = UnitFactory()
    user = person_of(unit, role, membership)
    for origin, publicity, place in product(ORIGINS, Publicity, UNITS):
        submission = paper(origin, publicity, place, unit)
        opened, closed = (AttachmentFactory(submission=submission, is_public=is_public) for is_public in (True, False))
        case = (origin, publicity, place)
        readable = reads_submission(role, origin, publicity, place, membership)
        assert Submission.objects.visible_to(user, on=TODAY).filter(pk=submission.pk).exists() is readable, case
        files = Attachment.objects.visible_to(user, on=TODAY).filter(submission=submission)
        expected = {opened.pk} if readable else set()
        if reads_closed_attachment(role, origin, place, membership):
            expected.add(closed.pk)
        assert set(files.values_list("pk", flat=True)) == expected, case


def test_roles_add_up_and_a_superuser_reads_everything():
    SubmissionFactory()
    SubmissionFactory(from_council=True, publicity=Publicity.NON_PUBLIC)
    counts = [
        Submission.objects.visible_to(user, on=TODAY).count()
        for user in (
            UserFactory(is_superuser=True),
            UserFactory(roles=[Role.TECHNIK, Role.LEITUNG]),
            UserFactory(roles=[Role.TECHNIK, Role.LESEZUGRIFF]),
        )
    ]
    assert counts == [2, 2, 0]


def test_membership_without_the_role_opens_nothing():
    unit = UnitFactory()
    paper("council", Publicity.NON_PUBLIC, "lead", unit)
    assert not Submission.objects.visible_to(person_of(unit, Role.LESEZUGRIFF, "always"), on=TODAY).exists()


def test_several_memberships_do_not_double_a_submission():
    unit = UnitFactory()
    user = person_of(unit, Role.FACHBEREICH, "always")
    MembershipFactory(person=PersonFactory._meta.model.objects.get(user=user), organisation=unit, role="head")
    SubmissionFactory(from_council=True, lead=unit, involved=[unit], publicity=Publicity.NON_PUBLIC)
    assert Submission.objects.visible_to(user, on=TODAY).count() == 1


def test_consultations_are_told_apart_by_day_and_status():
    rows = {days: ConsultationFactory(meeting_date=TODAY + days * DAY).pk for days in (-1, 0, 30, 31)}
    ConsultationFactory(meeting_date=None)
    ConsultationFactory(meeting_date=TODAY, status="done")
    assert set(Consultation.objects.upcoming(on=TODAY).values_list("pk", flat=True)) == {rows[0], rows[30]}
    assert set(Consultation.objects.awaiting_outcome(on=TODAY).values_list("pk", flat=True)) == {rows[-1]}


# --- The one view that hands out files ---------------------------------------------------------------------------
PDF = b"%PDF-1.7\n<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _roles():
    sync_roles()


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


def stored(**values):
    return AttachmentFactory(file=ContentFile(PDF, name="Geheim ÄÖ.pdf"), **values)


def address(pk, key="anlage"):
    return reverse("files:serve", args=[key, pk])


def test_a_file_is_an_attachment_that_no_browser_opens_itself():
    attachment = stored(title="Karte „Süd“ /../ 1")
    response = client_of(UserFactory(roles=[Role.KOORDINATION])).get(address(attachment.pk))
    assert (response.status_code, response.getvalue()) == (200, PDF)
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment; filename")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["Cache-Control"] == "no-store"


def test_missing_forbidden_and_empty_look_alike():
    user = UserFactory(roles=[Role.LESEZUGRIFF])
    forbidden = stored(submission=SubmissionFactory(from_council=True, publicity=Publicity.NON_PUBLIC))
    empty = AttachmentFactory(submission=SubmissionFactory(from_council=True))
    client = client_of(user)
    answers = [
        client.get(path)
        for path in (address(999_999), address(forbidden.pk), address(empty.pk), address(forbidden.pk, "unbekannt"))
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}


def test_a_file_lost_in_the_storage_is_missing_and_no_error_of_the_server():
    attachment = stored()
    attachment.file.storage.delete(attachment.file.name)
    assert client_of(UserFactory(roles=[Role.KOORDINATION])).get(address(attachment.pk)).status_code == 404


def test_a_line_break_in_the_title_does_not_break_the_header():
    attachment = stored(title="Erste\nX-Evil: 1")
    response = client_of(UserFactory(roles=[Role.KOORDINATION])).get(address(attachment.pk))
    assert response.status_code == 200
    assert "X-Evil" not in response.headers


def test_nobody_gets_a_file_without_login_and_nobody_posts():
    attachment = stored()
    response = Client().get(address(attachment.pk))
    assert (response.status_code, response.url.split("?")[0]) == (302, reverse("account_login"))
    assert client_of(UserFactory(roles=[Role.KOORDINATION])).post(address(attachment.pk)).status_code == 405


def test_nothing_of_the_original_name_is_kept():
    attachment = stored()
    folder, _, name = attachment.file.name.rpartition("/")
    assert (folder, len(name), name.endswith(".pdf"), "Geheim" in name) == ("council.attachment", 36, True, False)


# --- What is taken in --------------------------------------------------------------------------------------------
def archive(**members):
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return buffer.getvalue()


DOCX = archive(**{"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>"})
ODT = archive(**{"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<o/>"})
MACRO_TYPE = '<Override PartName="/word/harmless.bin" ContentType="application/vnd.ms-office.vbaProject"/>'
GOOD = {
    "a.pdf": b"%PDF-1.7\n",
    "A.PDF": b"%PDF-1.7\n",
    "a.docx": DOCX,
    "a.xlsx": archive(**{"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<x/>"}),
    "a.odt": ODT,
    "a.ods": ODT,
    "a.png": b"\x89PNG\r\n\x1a\n....",
    "a.jpg": b"\xff\xd8\xff\xe0",
    "a.jpeg": b"\xff\xd8\xff\xe0",
    "a.html.pdf": b"%PDF-1.7\n",
}
KIND = "Diese Dateiart wird nicht angenommen. Erlaubt sind PDF, DOCX, XLSX, ODT, ODS, PNG und JPEG."
CONTENT = "Der Inhalt passt nicht zur Endung „{}“. Speichern Sie die Datei neu und laden Sie sie noch einmal hoch."
BAD = {
    "svg": ("a.svg", b"<svg onload='alert(1)'/>", KIND),
    "html": ("a.html", b"<html>", KIND),
    "double ending": ("a.pdf.html", b"%PDF-1.7", KIND),
    "no ending": ("pdf", b"%PDF-1.7", KIND),
    "macro ending": ("a.docm", DOCX, KIND),
    "program": ("a.exe", b"MZ", KIND),
    "html as pdf": ("a.pdf", b"<html>", CONTENT.format(".pdf")),
    "polyglot": ("a.pdf", b"<script>/*%PDF-1.7", CONTENT.format(".pdf")),
    "gif as png": ("a.png", b"GIF89a/*\x89PNG", CONTENT.format(".png")),
    "text as jpeg": ("a.jpeg", b"hallo", CONTENT.format(".jpeg")),
    "xlsx as docx": ("a.docx", GOOD["a.xlsx"], CONTENT.format(".docx")),
    "any zip as docx": ("a.docx", archive(**{"a.txt": "x"}), CONTENT.format(".docx")),
    "cut zip": ("a.docx", DOCX[:40], CONTENT.format(".docx")),
    "no zip": ("a.odt", b"PK\x03\x04" + b"x" * 40, CONTENT.format(".odt")),
    "macro": ("a.docx", archive(**{"word/document.xml": "x", "word/vbaProject.bin": "x"}), CONTENT.format(".docx")),
    "renamed macro": (
        "a.docx",
        archive(**{"[Content_Types].xml": MACRO_TYPE, "word/document.xml": "x", "word/harmless.bin": "x"}),
        CONTENT.format(".docx"),
    ),
    "sheet of macros": (
        "a.xlsx",
        archive(**{"xl/workbook.xml": "x", "xl/macrosheets/sheet1.xml": "x"}),
        CONTENT.format(".xlsx"),
    ),
    "basic": ("a.odt", archive(**{"content.xml": "x", "Basic/Standard/Module1.xml": "x"}), CONTENT.format(".odt")),
    "script": ("a.ods", archive(**{"content.xml": "x", "Scripts/python/a.py": "x"}), CONTENT.format(".ods")),
}


@pytest.mark.parametrize("name", GOOD)
def test_accepted(name):
    upload = SimpleUploadedFile(name, GOOD[name])
    check_file(upload)
    assert upload.read() == GOOD[name]


@pytest.mark.parametrize("kind", BAD)
def test_refused_with_a_reason(kind):
    name, content, message = BAD[kind]
    with pytest.raises(ValidationError) as refused:
        check_file(SimpleUploadedFile(name, content))
    assert refused.value.messages == [message]


def test_too_large_is_refused_before_it_is_read(settings):
    settings.UPLOAD_LIMIT = 2 * 1024 * 1024
    upload = SimpleUploadedFile("a.pdf", b"%PDF-" + b"x" * (2 * 1024 * 1024 + 200_000))
    upload.close()
    with pytest.raises(ValidationError) as refused:
        check_file(upload)
    assert refused.value.messages == ["Die Datei ist zu groß (2,2 MB). Erlaubt sind 2 MB."]


@pytest.mark.parametrize(
    ("name", "content", "ok"), [("a.pdf", PDF, True), ("a.svg", b"<svg/>", False), ("a.pdf", b"<html>", False)]
)
def test_the_form_checks_what_is_uploaded(name, content, ok):
    submission = SubmissionFactory()
    client = client_of(UserFactory(roles=[Role.KOORDINATION]))
    page = reverse("admin:council_submission_change", args=[submission.pk])
    row = {"attachments-TOTAL_FORMS": "1", "attachments-0-title": "Karte", "attachments-0-position": "0"}
    upload = {"attachments-0-file": SimpleUploadedFile(name, content)}
    response = client.post(page, {**read_form(client.get(page)), **row, **upload})
    assert (response.status_code == 302, Attachment.objects.exists()) == (ok, ok)
    if not ok:
        assert BAD["svg" if name.endswith("svg") else "html as pdf"][2] in response.text
