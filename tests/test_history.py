"""Who changed what from what to what: one German sentence per saved form."""

import datetime

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kepol.accounts.choices import Role
from kepol.accounts.models import User
from kepol.accounts.roles import sync_roles
from kepol.council.models import Submission
from kepol.lib.history import NOBODY, acting_user, as_found, current_operation, entries, narrow, operation
from kepol.lib.retirement import reinstate, retire
from tests.factories import (
    AttachmentFactory,
    CommitteeFactory,
    ConsultationFactory,
    DraftResolutionFactory,
    MembershipFactory,
    OrganisationAliasFactory,
    OrganisationFactory,
    PersonFactory,
    SectionFactory,
    SubmissionFactory,
    UnitFactory,
    UserFactory,
)
from tests.forms import read_form

pytestmark = pytest.mark.django_db
EVA = "eva@example.org"


@pytest.fixture
def client():
    sync_roles()
    client = Client()
    client.force_login(UserFactory(email=EVA, roles=[Role.KOORDINATION]))
    return client


def url(obj, page="change"):
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_{page}", args=[obj.pk])


def save(client, obj, **typed):
    form = read_form(client.get(url(obj)))
    response = client.post(url(obj), {**form, **{name.replace("__", "-"): value for name, value in typed.items()}})
    assert response.status_code == 302


def latest(obj):
    return entries(obj)[0].sentence


def changed(obj, **values):
    for name, value in values.items():
        setattr(obj, name, value)
    obj.save()
    return latest(obj)


# --- One form, one sentence --------------------------------------------------------------------------------------
def test_a_saved_form_with_parts_and_many_to_many_is_one_sentence(client):
    old, new = UnitFactory(code="FB 01", name="Eins"), UnitFactory(code="FB 02", name="Zwei")
    submission = SubmissionFactory(subject="Anfang", involved=[old])
    ConsultationFactory(submission=submission, committee=CommitteeFactory(name="Rat"), agenda_item="Ö 1")
    SectionFactory(submission=submission, heading="Lage")
    before = len(entries(submission))
    save(
        client,
        submission,
        subject="Neu",
        involved=[str(new.pk)],
        consultations__0__agenda_item="Ö 2",
        sections__0__DELETE="on",
        **{"attachments-TOTAL_FORMS": "1", "attachments-0-title": "Karte", "attachments-0-position": "0"},
    )
    told = entries(submission)
    assert len(told) == before + 1
    assert told[0].sentence == (
        f"{EVA} hat geändert: Betreff von „Anfang“ zu „Neu“, Beteiligt von „FB 01 - Eins“ zu „FB 02 - Zwei“; "
        "Beratung „Rat“ geändert: TOP von „Ö 1“ zu „Ö 2“; Abschnitt „Lage“ gelöscht; Anlage „Karte“ hinzugefügt."
    )


def test_an_object_made_in_a_form_with_many_to_many_is_told_as_made(client):
    page = reverse("admin:council_submission_add")
    unit = UnitFactory()
    form = read_form(client.get(page))
    response = client.post(
        page, {**form, "kind": "hearing", "subject": "Neu", "lead": str(unit.pk), "involved": [str(UnitFactory().pk)]}
    )
    assert response.status_code == 302
    assert [entry.sentence for entry in entries(Submission.objects.get())] == [f"{EVA} hat den Eintrag angelegt."]


def test_saving_without_a_change_tells_nothing(client):
    submission = SubmissionFactory()
    before = len(entries(submission))
    save(client, submission)
    submission.save()
    assert len(entries(submission)) == before


def test_newest_first():
    submission = SubmissionFactory(subject="A")
    changed(submission, subject="B")
    changed(submission, subject="C")
    assert [entry.sentence.split("von")[-1].strip() for entry in entries(submission)][:2] == [
        "„B“ zu „C“.",
        "„A“ zu „B“.",
    ]
    assert entries(submission)[0].at >= entries(submission)[1].at


def test_what_came_and_went_in_one_operation_is_not_told():
    organisation = OrganisationFactory()
    with operation():
        OrganisationAliasFactory(organisation=organisation).delete()
    assert len(entries(organisation)) == 1


# --- Who ---------------------------------------------------------------------------------------------------------
def test_without_a_person_it_was_the_system():
    assert changed(SubmissionFactory(subject="A"), subject="B") == f"{NOBODY} hat geändert: Betreff von „A“ zu „B“."


def test_an_operation_names_who_acts_and_inner_ones_join_it():
    user, submission = UserFactory(email="ida@example.org"), SubmissionFactory(subject="A")
    with operation(by=user) as mark:
        submission.subject = "B"
        submission.save()
        with operation(by=UserFactory()) as inner:
            ConsultationFactory(submission=submission, committee=CommitteeFactory(name="Rat"))
    assert inner == mark
    assert latest(submission) == "ida@example.org hat geändert: Betreff von „A“ zu „B“; Beratung „Rat“ hinzugefügt."


def test_marks_differ_outside_and_agree_inside_an_operation():
    assert current_operation() != current_operation()
    with operation() as mark:
        assert current_operation() == current_operation() == mark
    with pytest.raises(RuntimeError), operation():
        raise RuntimeError
    assert current_operation() != current_operation()


def test_an_anonymous_request_is_nobody(rf):
    request = rf.get("/")
    assert acting_user(None, request) is None
    request.user = AnonymousUser()
    assert acting_user(None, request) is None


# --- From what to what -------------------------------------------------------------------------------------------
def test_choices_dates_numbers_and_empty_values_read_in_german():
    consultation = ConsultationFactory(committee=CommitteeFactory(name="Rat"))
    consultation.status, consultation.outcome = "done", "noted"
    consultation.meeting_date, consultation.votes_yes = datetime.date(2026, 3, 4), 0
    consultation.save()
    assert latest(consultation.submission) == (
        f"{NOBODY} hat Beratung „Rat“ geändert: Datum von leer zu „04.03.2026“, Status von „Geplant“ zu „Erledigt“, "
        "Ergebnis von leer zu „zur Kenntnis genommen“, Ja von leer zu „0“."
    )


def test_boxes_and_files():
    attachment = AttachmentFactory(title="Karte")
    attachment.is_public = False
    attachment.save()
    assert latest(attachment.submission) == f"{NOBODY} hat Anlage „Karte“ geändert: öffentlich von „ja“ zu „nein“."
    attachment.file.save("a.pdf", ContentFile(b"%PDF-1"))
    assert latest(attachment.submission) == f"{NOBODY} hat Anlage „Karte“ geändert: Datei von leer zu „Datei“."
    attachment.file.save("b.pdf", ContentFile(b"%PDF-2"))
    assert latest(attachment.submission) == f"{NOBODY} hat Anlage „Karte“ geändert: Datei (ersetzt)."


def test_relations_are_named_and_deleted_targets_too():
    old, new = OrganisationFactory(name="Alt"), OrganisationFactory(name="Neu")
    organisation = OrganisationFactory(parent=old)
    assert changed(organisation, parent=new) == f"{NOBODY} hat geändert: gehört zu von „Alt“ zu „Neu“."
    key = old.pk
    old.delete()
    assert latest(organisation) == f"{NOBODY} hat geändert: gehört zu von „gelöschter Eintrag Nr. {key}“ zu „Neu“."


def test_many_to_many_of_a_part():
    resolution = DraftResolutionFactory(text="<p>Der Rat beschließt.</p>")
    resolution.committees.add(CommitteeFactory(name="Rat"))
    assert (
        latest(resolution.submission)
        == f"{NOBODY} hat Beschlussvorschlag „Der Rat beschließt.“ geändert: für von leer zu „Rat“."
    )


WORDS = [f"Wort{n}" for n in range(100)]


def paragraph(words):
    return f"<p>{' '.join(words)}</p>"


def test_of_long_rich_text_only_the_words_that_differ_are_told():
    section = SectionFactory(heading="Lage", body=paragraph(WORDS))
    section.body = paragraph([*WORDS[:50], "<strong>neu</strong>", *WORDS[51:]])
    section.save()
    assert latest(section.submission) == (
        f"{NOBODY} hat Abschnitt „Lage“ geändert: Text von „… Wort47 Wort48 Wort49 Wort50 Wort51 Wort52 Wort53 …“ "
        "zu „… Wort47 Wort48 Wort49 neu Wort51 Wort52 Wort53 …“."
    )


def test_a_part_without_heading_and_one_with_a_long_text_have_short_names():
    section = SectionFactory(heading="")
    section.body = "<p>Neu</p>"
    section.save()
    assert latest(section.submission).startswith(f"{NOBODY} hat Abschnitt geändert: Text von")
    resolution = DraftResolutionFactory(text=paragraph(WORDS))
    assert latest(resolution.submission) == f"{NOBODY} hat Beschlussvorschlag „{' '.join(WORDS[:8])} …“ hinzugefügt."


def test_a_change_of_form_only_is_told_as_such():
    section = SectionFactory(heading="Lage", body="<p>Ein Wort</p>")
    section.body = "<p>Ein <strong>Wort</strong></p>"
    section.save()
    assert latest(section.submission) == f"{NOBODY} hat Abschnitt „Lage“ geändert: Text (nur die Form)."


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "a", ("leer", "„a“")),
        ("a b", "a c", ("„a b“", "„a c“")),
        (" ".join(WORDS), "", (f"„{' '.join(WORDS[:30])} … {' '.join(WORDS[-30:])}“", "leer")),
        (" ".join(WORDS), " ".join([*WORDS, "Ende"]), ("„… Wort97 Wort98 Wort99“", "„… Wort97 Wort98 Wort99 Ende“")),
        (" ".join(WORDS), " ".join(["Anfang", *WORDS]), ("„Wort0 Wort1 Wort2 …“", "„Anfang Wort0 Wort1 Wort2 …“")),
        (
            " ".join(WORDS[:40]),
            " ".join([*WORDS[:20], *WORDS[30:40]]),
            (
                "„… Wort17 Wort18 Wort19 " + " ".join(WORDS[20:33]) + " …“",
                "„… Wort17 Wort18 Wort19 Wort30 Wort31 Wort32 …“",
            ),
        ),
    ],
)
def test_narrow(old, new, expected):
    assert narrow(old, new) == expected


def test_retiring_and_taking_back_are_told_with_day_and_reason():
    organisation, user = OrganisationFactory(), UserFactory(email="ida@example.org")
    retire(organisation, on=datetime.date(2026, 1, 2), reason=" aufgelöst ", by=user)
    assert latest(organisation) == (
        "ida@example.org hat geändert: stillgelegt am von leer zu „02.01.2026“, Grund der Stilllegung von leer zu „aufgelöst“."
    )
    reinstate(organisation, by=user)
    assert "stillgelegt am von „02.01.2026“ zu leer" in latest(organisation)


def test_people_tell_their_memberships():
    membership = MembershipFactory(
        organisation=OrganisationFactory(name="Verein"), person=PersonFactory(given_name="Eva", family_name="Test")
    )
    membership.valid_to = datetime.date(2026, 1, 1)
    membership.save()
    assert (
        latest(membership.organisation)
        == f"{NOBODY} hat Mitgliedschaft „Eva Test“ geändert: gültig bis von leer zu „01.01.2026“."
    )


# --- What must not be seen ---------------------------------------------------------------------------------------
def test_a_password_and_a_login_are_never_told():
    user = UserFactory(email="ida@example.org")
    user.set_password("ein-anderes-Passwort-2026")
    user.last_login = datetime.datetime.now(datetime.UTC)
    user.save()
    user.is_active = False
    user.save()
    assert [entry.sentence for entry in entries(user)][:-1] == [f"{NOBODY} hat geändert: aktiv von „ja“ zu „nein“."]
    names = {column.name for column in User.history.model._meta.get_fields()}
    assert names.isdisjoint({"password", "last_login"})


def test_the_page_of_an_account_shows_no_hash_and_no_error(client):
    user = UserFactory(email="ida@example.org")
    user.set_password("ein-anderes-Passwort-2026")
    user.is_active = False
    user.save()
    client.force_login(UserFactory(is_superuser=True))
    page = client.get(url(user, "history"))
    assert page.status_code == 200
    assert "aktiv von „ja“ zu „nein“" in page.text
    assert user.password not in page.text
    assert "Passwort von" not in page.text


def test_technical_columns_are_not_told():
    organisation = OrganisationFactory(name="Alt")
    assert changed(organisation, name="Neu") == f"{NOBODY} hat geändert: Name von „Alt“ zu „Neu“."


def test_the_page_escapes_what_people_typed(client):
    submission = SubmissionFactory(subject="A")
    changed(submission, subject="<script>alert(1)</script>")
    text = client.get(url(submission, "history")).text
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text


# --- View only, bounded ------------------------------------------------------------------------------------------
def test_posting_to_the_history_changes_nothing(client):
    submission = SubmissionFactory(subject="A")
    changed(submission, subject="B")
    rows = submission.history.count()
    first = submission.history.order_by("history_id").first()
    for address in (url(submission, "history"), f"{url(submission, 'history')}{first.pk}/"):
        client.post(address, {"_save": "1", "subject": "A", "history_id": str(first.pk)})
    assert (Submission.objects.get().subject, submission.history.count()) == ("B", rows)
    assert "Wiederherstellen" not in client.get(url(submission, "history")).text


def test_the_number_of_queries_does_not_grow_with_the_history():
    def history_of(length):
        submission = SubmissionFactory(involved=[UnitFactory()])
        consultation = ConsultationFactory(submission=submission)
        for number in range(length):
            submission.subject = f"Text {number}"
            submission.lead = UnitFactory()
            submission.save()
            consultation.committee = CommitteeFactory()
            consultation.save()
            SectionFactory(submission=submission)
        with CaptureQueriesContext(connection) as captured:
            assert len(entries(submission)) >= length
        return len(captured)

    assert history_of(1) == history_of(12)


def test_the_state_somebody_found_is_the_last_row_of_that_version():
    submission = SubmissionFactory(subject="A")
    submission.involved.add(UnitFactory())
    changed(submission, subject="B")
    found = as_found(Submission, submission.pk, 1)
    assert (found.subject, found.involved.count()) == ("A", 1)
    assert as_found(Submission, submission.pk, 99) is None
