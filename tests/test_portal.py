"""Submissions in the portal: who sees what, the list with its limits, preview and PDF."""

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from kepol.accounts.choices import Role
from kepol.accounts.roles import sync_roles
from kepol.council import views
from kepol.council.choices import Publicity, SubmissionKind
from kepol.council.models import Submission
from kepol.lib.pdf.errors import CharactersMissing, Finding, PdfRejected, RendererBusy
from tests.factories import (
    AttachmentFactory,
    ConsultationFactory,
    CouncilTermFactory,
    MembershipFactory,
    OrganisationAliasFactory,
    OrganisationNameFactory,
    PersonFactory,
    SubmissionFactory,
    UnitFactory,
    UserFactory,
)
from tests.papers import MAY, ONE_DAY, offices, stored_submission

pytestmark = pytest.mark.django_db

LIST = "council:submission_list"
DETAIL = "council:submission_detail"
PDF = "council:submission_pdf"
MISSING = 99_999
EVERYBODY = [Role.KOORDINATION, Role.LEITUNG, Role.FACHBEREICH, Role.LESEZUGRIFF, Role.TECHNIK]


@pytest.fixture(autouse=True)
def _roles():
    sync_roles()


@pytest.fixture(autouse=True)
def rendered(monkeypatch):
    """No render process here: the real bytes have tests of their own."""
    asked = []

    def render(document):
        asked.append(document)
        return b"%PDF-"

    monkeypatch.setattr(views, "render_pdf", render)
    return asked


def signed_in(*roles, **values):
    client = Client()
    client.user = UserFactory(roles=roles, **values)
    client.force_login(client.user)
    return client


def member_of(unit):
    client = signed_in(Role.FACHBEREICH)
    MembershipFactory(person=PersonFactory(user=client.user), organisation=unit)
    return client


def shown(response):
    return sorted(submission.pk for submission in response.context["page"])


# --- Who sees what -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("role", "kinds"),
    [
        (Role.KOORDINATION, {"draft", "public", "closed"}),
        (Role.LEITUNG, {"draft", "public", "closed"}),
        (Role.FACHBEREICH, {"public"}),
        (Role.LESEZUGRIFF, {"public"}),
        (Role.TECHNIK, set()),
    ],
)
def test_each_role_sees_its_submissions_and_nothing_of_the_others(role, kinds):
    submissions = {
        "draft": SubmissionFactory(),
        "public": SubmissionFactory(from_council=True),
        "closed": SubmissionFactory(from_council=True, publicity=Publicity.NON_PUBLIC),
    }
    client = signed_in(role)
    assert shown(client.get(reverse(LIST))) == sorted(submissions[kind].pk for kind in kinds)
    for kind, submission in submissions.items():
        expected = 200 if kind in kinds else 404
        for name in (DETAIL, PDF):
            assert client.get(reverse(name, args=[submission.pk])).status_code == expected


@pytest.mark.parametrize("name", [DETAIL, PDF])
def test_forbidden_and_missing_look_alike(name):
    client = signed_in(Role.LESEZUGRIFF)
    forbidden = client.get(reverse(name, args=[SubmissionFactory().pk]))
    missing = client.get(reverse(name, args=[MISSING]))
    assert (forbidden.status_code, forbidden.content) == (404, missing.content)


def test_closed_paper_opens_for_the_unit_it_names():
    submission = stored_submission(origin="council_system", reference="FB 01/0001/WP18", publicity=Publicity.NON_PUBLIC)
    for unit in (submission.lead, submission.involved.get()):
        assert member_of(unit).get(reverse(DETAIL, args=[submission.pk])).status_code == 200


@pytest.mark.parametrize(("name", "args"), [(LIST, []), (DETAIL, [1]), (PDF, [1])])
def test_pages_need_a_login_and_take_no_post(name, args):
    address = reverse(name, args=args)
    assert Client().get(address).url == f"{reverse('account_login')}?next={address}"
    assert signed_in(Role.LEITUNG).post(address).status_code == 405


# --- List --------------------------------------------------------------------------------------------------------
def text_of(response):
    return " ".join(response.content.decode().split())


def test_list_says_which_part_it_shows_and_leads_on():
    SubmissionFactory.create_batch(51, subject="Nachbarschaft")
    client = signed_in(Role.LEITUNG)
    first = client.get(reverse(LIST), {"q": "nachbar"})
    assert "1–50 von 51" in text_of(first)
    assert 'href="?q=nachbar&amp;seite=2"' in text_of(first)
    last = client.get(f"{reverse(LIST)}?q=nachbar&seite=2")
    assert "51–51 von 51" in text_of(last)
    assert len(shown(last)) == 1


def test_list_asks_as_often_for_thirty_rows_as_for_one():
    client, counted = signed_in(Role.FACHBEREICH), []
    for rows in (1, 29):
        SubmissionFactory.create_batch(rows, from_council=True)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse(LIST)).status_code == 200
        counted.append(len(queries))
    assert counted[0] == counted[1]
    assert counted[1] <= 12


def test_preview_asks_as_often_for_thirty_rows_as_for_one():
    client, counted = signed_in(Role.FACHBEREICH), []
    for number, rows in enumerate((1, 30), start=1):
        submission = stored_submission(rows=rows, origin="council_system", reference=f"FB 01/000{number}/WP18")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse(DETAIL, args=[submission.pk])).status_code == 200
        counted.append(len(queries))
    assert counted[0] == counted[1]
    assert counted[1] <= 20


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "fb1/7/wp18"}, ["paper"]),
        ({"q": "FB01/0007"}, ["paper"]),
        ({"q": "STÄDTE"}, ["paper"]),
        ({"q": "Beschlussvorlage"}, ["draft"]),
        ({"q": "%"}, ["draft", "paper"]),
        ({"kind": "for_information"}, ["paper"]),
        ({"term": "18"}, ["paper"]),
        ({"term": "18", "kind": "for_decision"}, []),
    ],
)
def test_list_finds_by_folded_words_kind_and_term(query, found):
    CouncilTermFactory(number=18)
    papers = {
        "paper": SubmissionFactory(from_council=True, reference="FB 01/0007/WP18", subject="Die Städte"),
        "draft": SubmissionFactory(subject="Der Wald", kind=SubmissionKind.FOR_DECISION),
    }
    response = signed_in(Role.LEITUNG).get(reverse(LIST), query)
    assert shown(response) == sorted(papers[name].pk for name in found)


def test_choice_that_does_not_exist_is_named_and_shows_nothing():
    SubmissionFactory()
    response = signed_in(Role.LEITUNG).get(reverse(LIST), {"kind": "brief"})
    assert shown(response) == []
    assert "Bitte prüfen Sie Ihre Eingaben" in text_of(response)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({}, "Es gibt noch keine Vorlage, die Sie lesen dürfen."),
        ({"q": "x"}, "Zu dieser Auswahl gibt es keine Vorlage."),
    ],
)
def test_empty_list_says_why(query, sentence):
    assert sentence in text_of(signed_in(Role.LESEZUGRIFF).get(reverse(LIST), query))


@pytest.mark.parametrize("query", ["FB 36", "fb36", "Klima", "Umweltamt", "Grünamt", "fb 36 teich", "KLIMA, Frösche"])
@pytest.mark.parametrize("place", ["lead", "involved"])
def test_list_finds_by_the_units_under_all_their_names(query, place):
    unit = UnitFactory(code="FB 36", name="Fachbereich Klima")
    for name in ("Umweltamt", "Umweltamt der Stadt"):
        OrganisationAliasFactory(organisation=unit, name=name)
        OrganisationNameFactory(organisation=unit, name=f"Grünamt {name}")
    other = UnitFactory(code="FB 61", name="Bauamt")
    units = {"lead": unit, "involved": [other]} if place == "lead" else {"lead": other, "involved": [unit, other]}
    found = SubmissionFactory(subject="Frösche im Teich", **units)
    SubmissionFactory(subject="Frösche im Teich", lead=other)
    assert shown(signed_in(Role.LEITUNG).get(reverse(LIST), {"q": query})) == [found.pk]


def test_search_for_a_unit_opens_no_paper_the_reader_may_not_see():
    unit = UnitFactory(code="FB 36")
    SubmissionFactory(from_council=True, lead=unit, publicity=Publicity.NON_PUBLIC)
    assert shown(signed_in(Role.LESEZUGRIFF).get(reverse(LIST), {"q": "FB 36"})) == []


def test_search_asks_as_often_for_thirty_rows_as_for_one():
    client, unit, counted = signed_in(Role.FACHBEREICH), UnitFactory(code="FB 36"), []
    for rows in (1, 29):
        for submission in SubmissionFactory.create_batch(rows, from_council=True, lead=unit, involved=[unit]):
            ConsultationFactory(submission=submission, meeting_date=MAY)
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse(LIST), {"q": "FB 36"})
        counted.append(len(queries))
    assert counted[0] == counted[1]


def test_longest_possible_search_is_answered():
    assert signed_in(Role.LEITUNG).get(reverse(LIST), {"q": "a " * 100}).status_code == 200


@pytest.mark.parametrize(
    ("dated_on", "sittings", "printed"),
    [
        (MAY - ONE_DAY, [MAY], "06.05.2025"),
        (None, [None, MAY + ONE_DAY, MAY], "07.05.2025"),
        (None, [None], ""),
    ],
)
def test_list_shows_the_day_of_the_paper_or_its_first_sitting(dated_on, sittings, printed):
    submission = SubmissionFactory(dated_on=dated_on)
    for day in sittings:
        ConsultationFactory(submission=submission, meeting_date=day)
    page = text_of(signed_in(Role.LEITUNG).get(reverse(LIST)))
    assert f'<td class="kern-table__cell">{printed}</td> <td class="kern-table__cell">öffentlich</td>' in page


# --- Preview -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", EVERYBODY[:4])
def test_only_who_may_change_is_led_to_the_form(role):
    submission = SubmissionFactory(from_council=True)
    page = text_of(signed_in(role).get(reverse(DETAIL, args=[submission.pk])))
    edit = reverse("admin:council_submission_change", args=[submission.pk])
    assert (f'href="{edit}"' in page) is (role == Role.KOORDINATION)
    assert f'href="{reverse(PDF, args=[submission.pk])}"' in page


def test_preview_is_the_paper_under_its_title():
    submission = stored_submission(origin="council_system", reference="FB 01/0001/WP18", subject="Wald & Wiese")
    page = text_of(signed_in(Role.LESEZUGRIFF).get(reverse(DETAIL, args=[submission.pk])))
    assert "<title>Vorlage FB 01/0001/WP18: Wald &amp; Wiese – KEpol</title>" in page
    assert page.count("<h1>Vorlage</h1>") == page.count("<h1") == 1
    assert "Ein erfundener" in page


def test_attachments_are_linked_where_there_is_a_file_the_reader_may_fetch():
    submission = SubmissionFactory(from_council=True)
    public, closed = (
        AttachmentFactory(submission=submission, is_public=is_public, file=ContentFile(b"%PDF-", "a.pdf"))
        for is_public in (True, False)
    )
    without = AttachmentFactory(submission=submission)
    address = reverse(DETAIL, args=[submission.pk])

    def linked(client):
        page = text_of(client.get(address))
        return [
            row
            for row in (public, closed, without)
            if f'href="{reverse("files:serve", args=["anlage", row.pk])}"' in page
        ]

    assert linked(signed_in(Role.LESEZUGRIFF)) == [public]
    assert linked(member_of(submission.lead)) == [public, closed]
    assert linked(signed_in(Role.LEITUNG)) == [public, closed]


def test_title_of_a_non_public_attachment_reaches_only_who_may_see_it(rendered):
    submission = SubmissionFactory(from_council=True)
    AttachmentFactory(submission=submission, title="Offener Lageplan")
    AttachmentFactory(submission=submission, title="Angebot der Firma Geheim", is_public=False)

    def read(client):
        screen = text_of(client.get(reverse(DETAIL, args=[submission.pk])))
        client.get(reverse(PDF, args=[submission.pk]))
        return ["Firma Geheim" in text for text in (screen, str(rendered[-1]))]

    assert read(signed_in(Role.LESEZUGRIFF)) == [False, False]
    assert read(member_of(UnitFactory())) == [False, False]
    assert read(member_of(submission.lead)) == [True, True]
    assert read(signed_in(Role.LEITUNG)) == [True, True]
    assert read(signed_in(Role.KOORDINATION)) == [True, True]
    assert "Offener Lageplan" in str(rendered[0])


@pytest.mark.parametrize("role", [Role.KOORDINATION, Role.LEITUNG])
def test_missing_lord_mayor_is_shown_to_who_may_record_one(role):
    submission = SubmissionFactory(from_council=True, dated_on=MAY)
    hint = "Für den 07.05.2025 ist keine Oberbürgermeisterin und kein Oberbürgermeister eingetragen"
    address = reverse(DETAIL, args=[submission.pk])
    client = signed_in(role)
    before = text_of(client.get(address))
    offices()
    after = text_of(client.get(address))
    assert [hint in page for page in (before, after)] == [role == Role.KOORDINATION, False]
    assert (reverse("admin:council_officeholder_changelist") in before) is (role == Role.KOORDINATION)


# --- PDF ---------------------------------------------------------------------------------------------------------
def pdf_response(role=Role.LEITUNG):
    submission = SubmissionFactory(from_council=True, reference="FB 01/0674/WP18")
    return submission, signed_in(role).get(reverse(PDF, args=[submission.pk]))


def test_pdf_is_offered_under_its_name_and_printed_today(rendered):
    _, response = pdf_response()
    assert response.content == b"%PDF-"
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'attachment; filename="Vorlage-FB-01-0674-WP18.pdf"'
    assert f"Ausdruck vom: {timezone.localdate():%d.%m.%Y}" in rendered[0].html


def test_busy_renderer_gives_a_page_that_loads_itself_again(monkeypatch):
    def busy(document):
        raise RendererBusy

    monkeypatch.setattr(views, "render_pdf", busy)
    submission, response = pdf_response()
    assert (response.status_code, response["Refresh"], response["Retry-After"]) == (503, "5", "5")
    assert "Gerade wird ein anderes PDF erzeugt. Diese Seite lädt sich nach 5 Sekunden von selbst neu" in text_of(
        response
    )
    assert reverse(DETAIL, args=[submission.pk]) in text_of(response)


@pytest.mark.parametrize(
    ("role", "advice"),
    [
        (Role.KOORDINATION, "Prüfen Sie die Texte der Vorlage"),
        (Role.LESEZUGRIFF, "Versuchen Sie es später noch einmal oder wenden Sie sich an die Koordination."),
    ],
)
def test_refused_pdf_says_why_and_what_to_do(monkeypatch, caplog, role, advice):
    def reject(document):
        raise PdfRejected([Finding("title", "Das Dokument hat keinen Titel.")])

    monkeypatch.setattr(views, "render_pdf", reject)
    submission, response = pdf_response(role)
    assert response.status_code == 500
    assert "Das Dokument hat keinen Titel." in text_of(response)
    assert advice in text_of(response)
    assert f"No PDF of submission {submission.pk}" in caplog.text


@pytest.mark.parametrize("role", [Role.KOORDINATION, Role.LESEZUGRIFF])
def test_sign_the_font_lacks_is_named_with_its_place_to_who_may_correct_it(monkeypatch, role):
    def reject(document):
        raise CharactersMissing(["星"])

    monkeypatch.setattr(views, "render_pdf", reject)
    submission = SubmissionFactory(from_council=True, goals="Ein 星")
    page = text_of(signed_in(role).get(reverse(PDF, args=[submission.pk])))
    assert "bitte ersetzen Sie sie: „星“" in page
    assert ("Sie stehen hier: Ziele." in page) is (role == Role.KOORDINATION)


def test_nothing_is_changed_by_looking():
    submission = SubmissionFactory(from_council=True)
    client = signed_in(Role.KOORDINATION)
    for name in (DETAIL, PDF):
        client.get(reverse(name, args=[submission.pk]))
    assert Submission.objects.get(pk=submission.pk).version == submission.version
