"""Milestones in the portal: who sees what, the one form and what it becomes, conflicts, the page of one, files, queries."""

import datetime

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from concept import answer_views, lifecycle, views
from concept.answers import Answer, give
from concept.choices import Channel, PostponementReason, ReportStep, Status
from concept.evidence import add_evidence
from concept.models import Milestone, MilestoneEvidence, MilestoneReport
from kepol.accounts.choices import Role
from kepol.accounts.roles import sync_roles
from kepol.council.choices import Publicity
from kepol.lib.periods import Period
from kepol.lib.versions import Conflict, seen_token
from tests.desks import SUPERUSER
from tests.factories import (
    ConsultationFactory,
    MembershipFactory,
    OrganisationAliasFactory,
    PersonFactory,
    SubmissionFactory,
    UnitFactory,
    UserFactory,
)
from tests.factories.concept import (
    MeasureFactory,
    MilestoneEvidenceFactory,
    MilestoneFactory,
    MilestoneReportFactory,
    RoundItemFactory,
)
from tests.factories.partnerships import ProjectFactory
from tests.forms import read_form

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)
OWN, ALL = "concept:milestone_own", "concept:milestone_list"
PAGE, FORM = "concept:milestone_detail", "concept:milestone_answer"
COMMENT, PROOF = "concept:milestone_comment", "concept:milestone_evidence"
MISSING = 99_999
READERS = [Role.KOORDINATION, Role.LEITUNG, Role.LESEZUGRIFF]
EVERYBODY = [*Role, SUPERUSER]
HTMX = {"HX-Request": "true"}
PDF = b"%PDF-1.7\n"


@pytest.fixture(autouse=True)
def _roles():
    sync_roles()


@pytest.fixture
def unit():
    return UnitFactory(code="FB 36", name="Fachbereich Klima und Umwelt")


@pytest.fixture
def client(unit):
    return member_of(unit)


@pytest.fixture
def milestone(unit):
    return ending(30, title="Liste der Schulen", responsible=unit, status=Status.IN_PROGRESS)


def today():
    return timezone.localdate()


def ending(shift, **values):
    """A milestone whose day is `shift` days from today; None for one without a date."""
    end = None if shift is None else today() + shift * DAY
    planned = end and Period(end, end)
    return MilestoneFactory(**{"planned": planned, "reported_on": today() - DAY, **values})


def signed_in(who, **values):
    client = Client(raise_request_exception=False)
    client.user = UserFactory(is_superuser=True) if who == SUPERUSER else UserFactory(roles=[who], **values)
    client.force_login(client.user)
    return client


def member_of(*units, role=Role.FACHBEREICH, **values):
    client = signed_in(role)
    person = PersonFactory(user=client.user, given_name="Eva", family_name="Müller")
    for unit in units:
        MembershipFactory(person=person, organisation=unit, **values)
    return client


def at(name, milestone):
    return reverse(name, args=[getattr(milestone, "pk", milestone)])


def text_of(response):
    return " ".join(response.content.decode().split())


def typed(milestone, **values):
    """What a browser posts for the form of `milestone` as it is stored now."""
    stored = Milestone.objects.get(pk=milestone.pk)
    return {"status": stored.status, "text": "", "to": "", "reason": "", "seen": seen_token(stored), **values}


def post(client, milestone, headers=None, **values):
    return client.post(at(FORM, milestone), typed(milestone, **values), headers=headers or {})


def last(milestone):
    return MilestoneReport.objects.filter(milestone=milestone).first()


def keys(cards):
    return [card.milestone.pk for card in cards]


def german(days):
    return f"{today() + days * DAY:%d.%m.%Y}"


# --- Meine Meilensteine ------------------------------------------------------------------------------------------
def test_own_list_holds_the_open_ones_of_the_units_of_today_late_ones_first(client, unit):
    undated = ending(None, responsible=unit)
    soon, late = ending(5, responsible=unit), ending(-5, responsible=unit)
    involved_late, involved = ending(-9, involved=[unit]), ending(9, involved=[unit])
    ending(3)
    for status in (Status.REACHED, Status.PAUSED, Status.DROPPED):
        ending(1, responsible=unit, status=status, reached_on=today() if status == Status.REACHED else None, note="x")
    context = client.get(reverse(OWN)).context
    assert keys(context["own"]) == [late.pk, soon.pk, undated.pk]
    assert keys(context["involved"]) == [involved_late.pk, involved.pk]
    assert [bool(card.form) for card in context["own"] + context["involved"]] == [True] * 3 + [False] * 2


@pytest.mark.parametrize(("valid_to", "seen"), [(0, True), (-1, False)])
def test_rights_end_with_the_membership(unit, milestone, valid_to, seen):
    client = member_of(unit, valid_from=today() - 9 * DAY, valid_to=today() + valid_to * DAY)
    assert keys(client.get(reverse(OWN)).context["own"]) == [milestone.pk] * seen
    assert client.get(at(PAGE, milestone)).status_code == (200 if seen else 404)
    assert post(client, milestone, text="Neu").status_code == (302 if seen else 404)


def test_head_line_counts_in_words(client, unit):
    ending(-2, responsible=unit, reported_on=today() - 101 * DAY)
    ending(-1, responsible=unit)
    ending(None, responsible=unit)
    ending(-1, involved=[unit])
    page = text_of(client.get(reverse(OWN)))
    for count, words in (
        (3, "offen"),
        (2, "verzögert"),
        (1, "mit überfälliger Rückmeldung"),
        (1, "mit Ihrer Beteiligung"),
    ):
        assert f"<strong>{count}</strong> {words}" in page


def test_a_card_says_how_it_stands(client, unit):
    project = ProjectFactory(title="Trinkwasser für Kapstadt")
    row = ending(
        -5, responsible=unit, project=project, forecast=Period(today() - DAY, today() - DAY), forecast_reason="funds"
    )
    lifecycle.report(row, by=client.user, today=today(), text="Der Antrag liegt vor.")
    page = text_of(client.get(reverse(OWN)))
    for words in (
        "verzögert</span>",
        f"{german(-5)} → {german(-1)} (Mittel)",
        "Trinkwasser für Kapstadt",
        "Der Antrag liegt vor.",
        f"<dt>Stand vom</dt><dd>{german(0)}</dd>",
    ):
        assert words in page


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: member_of(UnitFactory()), "Zurzeit ist kein Meilenstein Ihrer Dienststelle offen."),
        (lambda: signed_in(Role.FACHBEREICH), "Ihrem Zugang ist heute keine Dienststelle zugeordnet"),
        (lambda: signed_in(Role.TECHNIK), "Ihrem Zugang ist heute keine Dienststelle zugeordnet"),
        (lambda: signed_in(Role.LEITUNG), "Sie gehören zu keiner Dienststelle, die Meilensteine verantwortet."),
    ],
)
def test_an_empty_list_says_why_and_whom_to_ask(settings, make, sentence):
    settings.MAIL_CONTACT = "kepol@stadt.example"
    ending(1)
    page = text_of(make().get(reverse(OWN)))
    assert sentence in page
    assert ("kepol@stadt.example" in page) is ("Leitung" not in sentence and "verantwortet" not in sentence)


def test_a_running_round_is_announced_above_the_list(client, unit, milestone):
    RoundItemFactory(milestone=milestone, round__title="Sachstand zum Sommer", round__deadline=today() + 5 * DAY)
    RoundItemFactory(milestone=ending(1), round__title="Frage an andere")
    page = text_of(client.get(reverse(OWN)))
    assert "Sachstand zum Sommer" in page
    assert "Frage an andere" not in page


def test_saving_brings_the_counts_of_the_round_along_and_cards_say_what_is_asked(client, unit, milestone):
    asked = RoundItemFactory(milestone=milestone, unit=unit, round__deadline=today() + 5 * DAY).round
    RoundItemFactory(round=asked, milestone=ending(40, responsible=unit), unit=unit)
    badge = f">Antwort bis {german(5)}</span>"
    page = text_of(client.get(reverse(OWN)))
    assert (page.count(badge), page.count("beantwortet</span>")) == (2, 0)
    card = text_of(post(client, milestone, headers=HTMX, bestaetigen="1", von="liste"))
    assert '<div id="abfragen" hx-swap-oob="true">' in card
    assert "<strong>1 von 2</strong>" in card
    assert (card.count(badge), card.count("beantwortet</span>")) == (0, 1)


def test_the_own_list_costs_as_much_with_a_round_as_twelve_queries(client, unit, milestone):
    asked = RoundItemFactory(milestone=milestone, unit=unit).round
    client.get(reverse(OWN))
    few = number_of_queries(client, reverse(OWN))
    for _ in range(9):
        RoundItemFactory(round=asked, milestone=ending(4, responsible=unit), unit=unit)
    assert number_of_queries(client, reverse(OWN)) == few <= 12


def test_a_late_card_says_what_to_do(client, unit):
    row = ending(-5, responsible=unit)
    sentence = (
        f"Der Termin {german(-5)} ist vorbei. Nennen Sie einen neuen Termin mit Grund, oder melden Sie „erreicht“."
    )
    for path in (reverse(OWN), at(PAGE, row), at(FORM, row)):
        assert sentence in text_of(client.get(path))


def test_a_reached_card_says_when_and_shows_no_move(client, milestone):
    post(client, milestone, to="Q2/2098", reason="staff")
    card = text_of(post(client, milestone, headers=HTMX, status="reached", von="liste"))
    assert f"<dt>erreicht am</dt><dd>{german(0)}</dd>" in card
    assert "<dt>verschoben</dt>" not in card


def test_without_own_ones_the_heading_stays_with_a_sentence(client, unit):
    ending(3, involved=[unit])
    page = text_of(client.get(reverse(OWN)))
    assert "Zurzeit ist kein Meilenstein offen, für den Ihre Dienststelle verantwortlich ist." in page


@pytest.mark.parametrize("name", [PAGE, FORM, COMMENT, PROOF])
def test_a_number_too_large_for_the_database_is_missing_too(client, name):
    path = reverse(name, args=[10**30])
    assert {client.get(path).status_code, client.post(path).status_code} <= {404, 405}


@pytest.mark.parametrize(
    "query", [{"seite": "x"}, {"seite": "9" * 30}, {"dienststelle": "9" * 30}, {"q": "\x00"}, {"lage": "x"}]
)
def test_odd_addresses_are_answered(client, milestone, query):
    assert client.get(reverse(ALL), query).status_code == 200
    assert client.get(reverse(OWN), query).status_code == 200


def test_fifty_a_page_and_the_way_on(client, unit):
    for number in range(51):
        ending(number, responsible=unit)
    first = text_of(client.get(reverse(OWN)))
    assert "1–50 von 51" in first
    assert 'href="?seite=2"' in first
    assert "51–51 von 51" in text_of(client.get(reverse(OWN), {"seite": "2"}))


# --- One form, one step ------------------------------------------------------------------------------------------
def answers():
    """What is typed → step, status, and what else the report says; days count from today."""
    yield {"text": "Läuft."}, (ReportStep.REPORT, Status.IN_PROGRESS, "Läuft.", "", None)
    yield {"status": "planned"}, (ReportStep.REPORT, Status.PLANNED, "", "", None)
    yield {"bestaetigen": "1"}, (ReportStep.CONFIRM, Status.IN_PROGRESS, "", "", None)
    yield {"status": "reached"}, (ReportStep.REACH, Status.REACHED, "", "", 0)
    yield {"status": "reached", "to": -3, "text": "Fertig."}, (ReportStep.REACH, Status.REACHED, "Fertig.", "", -3)
    yield {"status": "paused", "text": "Stelle frei"}, (ReportStep.PAUSE, Status.PAUSED, "Stelle frei", "", None)
    yield {"status": "dropped", "text": "Kein Geld"}, (ReportStep.DROP, Status.DROPPED, "Kein Geld", "", None)
    yield {"to": "Q2/2098", "reason": "staff"}, (ReportStep.RESCHEDULE, Status.IN_PROGRESS, "", "staff", None)
    moved = {"to": "Q2/2098", "reason": "partner", "status": "planned", "text": "Später."}
    yield moved, (ReportStep.RESCHEDULE, Status.PLANNED, "Später.", "partner", None)


def as_posted(values):
    return {name: german(value) if isinstance(value, int) else value for name, value in values.items()}


@pytest.mark.parametrize(("values", "expected"), [*answers()])
def test_each_form_becomes_exactly_one_step(client, unit, milestone, values, expected):
    response = post(client, milestone, **as_posted(values))
    assert response.status_code == 302
    row, stored = MilestoneReport.objects.get(), Milestone.objects.get()
    day = row.reached_on and (row.reached_on - today()).days
    assert (row.step, row.status, row.text, row.reason, day) == expected
    assert (stored.status, stored.reached_on, stored.reported_on) == (row.status, row.reached_on, today())
    assert (row.by, row.unit) == (client.user, unit)


REFUSED = [
    ({}, None, "Es steht nichts Neues da."),
    ({"to": "Q2/2098"}, "reason", "Wählen Sie einen Grund."),
    ({"reason": "staff"}, "to", "Auf wann verschiebt sich der Termin?"),
    ({"to": "demnächst", "reason": "staff"}, "to", "demnächst"),
    ({"to": "demnächst", "reason": "staff"}, "to", "„Q3/2025“. Bleibt der Termin, lassen Sie das Feld leer."),
    ({"to": 30, "reason": "staff"}, "to", "Erwartet wird schon"),
    ({"status": "reached", "to": 1}, "to", "liegt in der Zukunft"),
    ({"status": "reached", "to": "Q2/2020"}, "to", "Nennen Sie den Tag, an dem er erreicht wurde"),
    ({"status": "reached", "to": "01.01.–03.01.2020"}, "to", "Nennen Sie den Tag, an dem er erreicht wurde"),
    ({"status": "reached", "reason": "staff"}, "reason", "Bei „erreicht“ bleibt er leer."),
    ({"status": "paused"}, "text", "Zu „ruht“ gehört ein Satz"),
    ({"status": "dropped", "text": "  "}, "text", "Zu „entfallen“ gehört ein Satz"),
    ({"status": "paused", "text": "x", "to": "Q2/2098"}, "to", "Zu „ruht“ gehört kein neuer Termin."),
    ({"status": "paused", "text": "x", "reason": "staff"}, "reason", "Bei „ruht“ bleibt er leer."),
    ({"status": "gibtesnicht"}, "status", "gibtesnicht"),
    ({"reason": "laune", "to": "Q2/2098"}, "reason", "laune"),
    ({"text": "x" * 2001}, "text", "2000"),
    ({"bestaetigen": "1", "text": "Doch etwas"}, None, "Sie haben etwas eingegeben."),
    ({"seen": "gefälscht", "text": "x"}, None, "Das Formular ist unvollständig angekommen."),
]


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize("case", REFUSED)
def test_contradictions_are_refused_at_the_field_with_everything_typed_kept(client, milestone, case, headers):
    values, field, words = case
    values = {"text": "Mein Satz bleibt."} | as_posted(values) if "to" in values else as_posted(values)
    response = post(client, milestone, headers=headers, **values)
    assert response.status_code == 200
    assert not MilestoneReport.objects.exists()
    form = response.context["form"]
    place = "text" if field is None and "text" in form.errors else field
    assert words in " ".join(form.errors[place or "__all__"])
    for name in ("text", "to"):
        assert form[name].value() == values.get(name, "")
    page = text_of(response)
    assert ("<title>Fehler: Liste der Schulen – KEpol</title>" in page) is (not headers)
    assert page.startswith("<li") is bool(headers)


@pytest.mark.parametrize(
    ("status", "values", "step"),
    [
        (Status.PAUSED, {"status": "in_progress", "text": "Geht weiter."}, ReportStep.REOPEN),
        (Status.PAUSED, {"status": "planned"}, ReportStep.REOPEN),
        (Status.PAUSED, {"status": "reached", "to": -1}, ReportStep.REACH),
        (Status.PAUSED, {"status": "dropped", "text": "Doch nicht."}, ReportStep.DROP),
        (Status.REACHED, {"status": "in_progress"}, ReportStep.REOPEN),
        (Status.DROPPED, {"status": "planned"}, ReportStep.REOPEN),
        (Status.DROPPED, {"status": "dropped", "text": "Nachtrag."}, ReportStep.COMMENT),
        (Status.REACHED, {"status": "reached", "text": "Nachtrag."}, ReportStep.COMMENT),
    ],
)
def test_what_has_ended_is_taken_up_again_or_remarked_upon(client, unit, status, values, step):
    row = ended(unit, status)
    assert post(client, row, **as_posted(values)).status_code == 302
    assert MilestoneReport.objects.get().step == step


@pytest.mark.parametrize(
    ("status", "values", "words"),
    [
        (Status.REACHED, {"status": "paused", "text": "x"}, "Der Meilenstein ist schon erreicht."),
        (Status.REACHED, {"status": "reached"}, "Der Meilenstein ist schon erreicht."),
        (Status.DROPPED, {"status": "reached"}, "Der Meilenstein ist entfallen."),
        (Status.PAUSED, {"status": "paused", "bestaetigen": "1"}, "Der Meilenstein ruht."),
    ],
)
def test_what_the_state_does_not_allow_is_refused_in_its_words(client, unit, status, values, words):
    response = post(client, ended(unit, status), **values)
    assert response.status_code == 200
    assert words in text_of(response)
    assert not MilestoneReport.objects.exists()


def ended(unit, status):
    day = today() if status == Status.REACHED else None
    return ending(5, responsible=unit, status=status, reached_on=day, note="Begründung")


def test_a_new_date_waits_until_it_is_taken_up_again(milestone, client):
    lifecycle.pause(milestone, reason="Stelle frei", by=client.user, today=today())
    answer = Answer(Status.IN_PROGRESS, to=Period.parse("Q2/2098"), reason=PostponementReason.STAFF)
    with pytest.raises(ValidationError) as refused:
        give(milestone, answer, by=client.user, today=today())
    assert list(refused.value.error_dict) == ["to"]


def test_form_offers_what_the_state_allows(client, unit):
    offered = {
        Status.PLANNED: (
            ["planned", "in_progress", "reached", "paused", "dropped"],
            ["status", "text", "to", "reason"],
        ),
        Status.PAUSED: (["in_progress", "planned", "reached", "dropped"], ["status", "text", "to"]),
        Status.REACHED: (["in_progress", "planned"], ["status", "text"]),
        Status.DROPPED: (["in_progress", "planned"], ["status", "text"]),
    }
    for status, (choices, fields) in offered.items():
        form = client.get(at(FORM, ended(unit, status))).context["form"]
        assert [value for value, _ in form.fields["status"].widget.choices] == choices
        assert [field.name for field in form.visible_fields()] == fields


@pytest.mark.parametrize(("status", "words"), [(Status.PAUSED, "Speichern"), (Status.DROPPED, "Wieder aufnehmen")])
def test_the_button_says_what_the_form_offers(client, unit, status, words):
    page = text_of(client.get(at(FORM, ended(unit, status))))
    assert [one for one in ("Speichern", "Wieder aufnehmen") if f">{one}</span>" in page] == [words]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"bestaetigen": "1"}, "Unverändert bestätigt: „Liste der Schulen“."),
        ({"status": "reached"}, "Als erreicht gemeldet: „Liste der Schulen“."),
        ({"to": "Q2/2098", "reason": "staff"}, "Termin verschoben auf Q2/2098: „Liste der Schulen“."),
        ({"text": "Läuft."}, "Gespeichert: „Liste der Schulen“."),
    ],
)
def test_the_message_says_what_happened(client, milestone, values, words):
    assert words in text_of(client.get(post(client, milestone, **values).url))


def test_taking_up_again_is_called_so(client, unit):
    row = ended(unit, Status.PAUSED)
    assert f"Wieder aufgenommen: „{row}“." in text_of(client.get(post(client, row, status="in_progress").url))


# --- Where it leads ----------------------------------------------------------------------------------------------
def test_saving_in_the_list_brings_the_next_card_into_view(client, unit, milestone):
    later = ending(60, responsible=unit)
    page = client.get(reverse(OWN))
    assert [(card.milestone.pk, card.after) for card in page.context["own"]] == [
        (milestone.pk, later.pk),
        (later.pk, None),
    ]
    response = post(client, milestone, text="Läuft.", von="liste", seite="1", weiter=str(later.pk))
    assert response.url == f"{reverse(OWN)}?seite=1#meilenstein-{later.pk}"
    page = text_of(client.get(response.url))
    assert "Gespeichert: „Liste der Schulen“." in page
    assert f'id="meilenstein-{later.pk}" tabindex="-1"' in page


def test_saving_on_its_page_leads_back_there(client, milestone):
    response = post(client, milestone, text="Läuft.")
    assert response.url == at(PAGE, milestone)
    assert "Gespeichert: „Liste der Schulen“." in text_of(client.get(response.url))


@pytest.mark.parametrize(
    "way", [{"von": "//boese.example", "weiter": "1"}, {"von": "liste", "seite": "x", "weiter": "<b>"}]
)
def test_nobody_is_led_elsewhere(client, milestone, way):
    assert post(client, milestone, text="Läuft.", **way).url in {at(PAGE, milestone), reverse(OWN)}


def test_with_htmx_only_the_card_comes_back_with_new_counts(client, milestone):
    response = post(client, milestone, headers=HTMX, status="reached", von="liste")
    page = text_of(response)
    assert response.status_code == 200
    assert page.startswith(
        f'<li class="milestone" id="karte-{milestone.pk}" data-saved="Als erreicht gemeldet: „Liste der Schulen“.">'
    )
    assert '<form class="answer"' not in page
    assert 'hx-swap-oob="true"> <span><strong>0</strong> offen' in page
    assert "<html" not in page


def test_form_alone_is_a_page_and_with_htmx_a_card(client, milestone):
    whole, card = client.get(at(FORM, milestone)), client.get(at(FORM, milestone), headers=HTMX)
    assert "<h1" in text_of(whole)
    assert text_of(card).startswith("<li")
    assert read_form(whole)["status"] == ["in_progress"]


# --- Nobody overwrites unseen work -------------------------------------------------------------------------------
@pytest.fixture
def other(unit):
    return member_of(unit)


def rows_of(response):
    clash = response.context["clash"]
    return {row.label: (row.mine, row.stored, row.found, row.preselected) for row in clash.differences}


def resolve(client, milestone, response, **choices):
    """Post the page of the conflict with `choices` by field."""
    answer = read_form(response)
    return client.post(at(FORM, milestone), answer | {f"choice-{name}": value for name, value in choices.items()})


def test_conflict_shows_field_by_field_and_takes_what_is_chosen(client, other, milestone):
    old = typed(milestone, status="planned", text="Mein Satz", to="Q2/2098", reason="funds")
    post(other, milestone, text="Schneller gewesen", to="Q3/2098", reason="partner")
    response = client.post(at(FORM, milestone), old)
    assert response.status_code == 409
    assert rows_of(response) == {
        "Status": ("geplant", "in Umsetzung", "in Umsetzung", "mine"),
        "Termin": ("Q2/2098 (Mittel)", f"{german(30)} → Q3/2098 (Partner)", german(30), ""),
        "Ein Satz zum Stand": ("Mein Satz", "Schneller gewesen", "", ""),
    }
    assert f"hat Eva Müller (FB 36) diesen Meilenstein am {german(0)}" in text_of(response)
    assert resolve(client, milestone, response, to="stored").status_code == 302
    row = last(milestone)
    assert (row.step, row.status, row.text, row.by) == (ReportStep.REPORT, "planned", "Mein Satz", client.user)
    assert str(Milestone.objects.get().forecast) == "Q3/2098"


def test_conflict_finds_the_words_of_the_version_that_was_shown(client, other, milestone):
    post(other, milestone, text="Erster Satz")
    old = typed(milestone, text="Mein Satz")
    post(other, milestone, text="Zweiter Satz")
    response = client.post(at(FORM, milestone), old)
    assert rows_of(response)["Ein Satz zum Stand"] == ("Mein Satz", "Zweiter Satz", "Erster Satz", "")


def test_a_third_who_saves_meanwhile_leads_to_the_page_again(client, other, milestone):
    old = typed(milestone, text="Mein Satz")
    post(other, milestone, text="Schneller gewesen")
    first = client.post(at(FORM, milestone), old)
    post(other, milestone, text="Noch einmal schneller")
    second = resolve(client, milestone, first, text="mine")
    assert second.status_code == 409
    assert rows_of(second)["Ein Satz zum Stand"] == ("Mein Satz", "Noch einmal schneller", "Schneller gewesen", "")


def test_whoever_chooses_what_is_stored_changes_nothing(client, other, milestone):
    old = typed(milestone, text="Mein Satz")
    post(other, milestone, text="Schneller gewesen")
    response = client.post(at(FORM, milestone), old)
    resolve(client, milestone, response, text="stored")
    assert last(milestone).by == other.user
    assert "Es bleibt bei dem, was gespeichert ist" in text_of(client.get(at(PAGE, milestone)))


def test_confirming_shows_first_what_has_changed(client, other, milestone):
    old = typed(milestone, bestaetigen="1")
    post(other, milestone, status="planned", text="Zurück auf Anfang")
    response = client.post(at(FORM, milestone), old)
    assert response.status_code == 409
    assert rows_of(response) == {
        "Status": ("keine Angabe", "geplant", "in Umsetzung", "stored"),
        "Ein Satz zum Stand": ("keine Angabe", "Zurück auf Anfang", "", ""),
    }
    assert resolve(client, milestone, response).status_code == 302
    assert (last(milestone).step, last(milestone).by) == (ReportStep.CONFIRM, client.user)


def test_conflict_with_htmx_comes_as_the_card_and_keeps_the_way_back(client, other, milestone):
    old = typed(milestone, text="Mein Satz", von="liste", weiter="7")
    post(other, milestone, text="Schneller gewesen")
    response = client.post(at(FORM, milestone), old, headers=HTMX)
    assert response.status_code == 409
    assert text_of(response).startswith(f'<li class="milestone milestone--dispute" id="karte-{milestone.pk}"')
    answer = read_form(response)
    assert (answer["text"], answer["von"], answer["weiter"]) == (["Mein Satz"], ["liste"], ["7"])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"status": "reached"}, "ist inzwischen als erreicht gemeldet, von Eva Müller (FB 36) am"),
        ({"status": "paused", "text": "Stelle frei"}, "ist inzwischen ruhend gestellt, von Eva Müller (FB 36) am"),
        (
            {"status": "dropped", "text": "Kein Geld"},
            "ist inzwischen als entfallen gemeldet, von Eva Müller (FB 36) am",
        ),
    ],
)
def test_what_has_ended_meanwhile_says_so_and_shows_what_was_typed(client, other, milestone, values, words):
    old = typed(milestone, status="planned", text="Mein Satz", to="Q2/2098", reason="funds", von="liste")
    post(other, milestone, **values)
    for headers in ({}, HTMX):
        response = client.post(at(FORM, milestone), old, headers=headers)
        page = " ".join(text_of(response).replace("<p>", "").replace("</p>", "").split())
        assert response.status_code == 409
        for label, value in (("Status", "geplant"), ("Neuer Termin", "Q2/2098"), ("Grund", "Mittel")):
            assert f"<dt>{label}</dt><dd>{value}</dd>" in page
        assert words in page
        assert "Mein Satz" in page
        assert 'type="radio"' not in page
    assert last(milestone).by == other.user


def test_what_has_ended_meanwhile_need_not_be_confirmed(client, other, milestone):
    old = typed(milestone, bestaetigen="1")
    post(other, milestone, status="reached")
    page = text_of(client.post(at(FORM, milestone), old))
    assert "Der Meilenstein ist inzwischen erreicht. Sie brauchen nichts zu bestätigen." in page
    assert "Zurück zu Meine Meilensteine" in page


def test_what_the_form_does_not_show_stands_in_nobodys_way(client, milestone):
    old = typed(milestone, text="Mein Satz")
    stored = Milestone.objects.get()
    stored.position = 7
    stored.save()
    assert client.post(at(FORM, milestone), old).status_code == 302
    assert (last(milestone).text, Milestone.objects.get().position) == ("Mein Satz", 7)


@pytest.mark.parametrize("values", [{"text": "Läuft.\r\nGut."}, {"bestaetigen": "1"}, {"status": "reached", "to": ""}])
def test_a_button_pressed_twice_is_no_conflict(client, milestone, values):
    once = typed(milestone, **values)
    assert [client.post(at(FORM, milestone), once).status_code for _ in range(2)] == [302, 302]
    assert MilestoneReport.objects.count() == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"to": "Q2/2098", "reason": "staff"}, {"to": "Q3/2098"}),
        ({"to": "Q2/2098", "reason": "staff"}, {"reason": "funds"}),
        ({"to": "Q2/2098", "reason": "staff"}, {"to": "", "reason": ""}),
        ({"status": "reached", "to": -1}, {"to": -9}),
    ],
)
def test_something_else_from_the_same_page_is_not_swallowed(client, milestone, first, second):
    old = typed(milestone, **as_posted(first))
    assert client.post(at(FORM, milestone), old).status_code == 302
    assert client.post(at(FORM, milestone), old | as_posted(second)).status_code == 409


@pytest.mark.parametrize(("seconds", "is_asked", "rows"), [(9, False, 1), (11, False, 2), (9, True, 2)])
def test_confirming_again_counts_after_a_while_and_after_a_question(client, milestone, seconds, is_asked, rows):
    old = typed(milestone, bestaetigen="1")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client.post(at(FORM, milestone), old)
        clock.shift(seconds)
        if is_asked:
            RoundItemFactory(milestone=milestone, round__opened_at=timezone.now())
        assert client.post(at(FORM, milestone), old).status_code == 302
    assert MilestoneReport.objects.count() == rows


def test_the_same_words_of_somebody_else_are_no_repetition(client, other, milestone):
    old = typed(milestone, text="Läuft.")
    post(other, milestone, text="Läuft.")
    assert client.post(at(FORM, milestone), old).status_code == 409


def test_who_is_faster_in_the_same_moment_leads_to_the_page(client, other, milestone, monkeypatch):
    """Between reading and locking: the door refuses, and the page shows what the other said."""
    really = answer_views.AnswerForm.take

    def late(form, **who):
        monkeypatch.setattr(answer_views.AnswerForm, "take", really)
        lifecycle.report(Milestone.objects.get(), by=other.user, today=today(), text="Schneller gewesen")
        return really(form, **who)

    monkeypatch.setattr(answer_views.AnswerForm, "take", late)
    response = post(client, milestone, text="Mein Satz")
    assert response.status_code == 409
    assert rows_of(response)["Ein Satz zum Stand"][:2] == ("Mein Satz", "Schneller gewesen")


# --- Who may -----------------------------------------------------------------------------------------------------
def visitors(own):
    involved = UnitFactory()
    row = ending(10, responsible=own, involved=[involved])
    left = member_of(own, valid_from=today() - 9 * DAY, valid_to=today() - DAY)
    people = {
        "owner": member_of(own),
        "involved": member_of(involved),
        "other": member_of(UnitFactory()),
        "left": left,
        **{who: signed_in(who) for who in EVERYBODY if who != Role.FACHBEREICH},
    }
    return row, people


#: page, form, comment, file: what each gets for reading, then for writing.
MAY = {
    "owner": (200, 302, 302, 302),
    "involved": (200, 403, 302, 403),
    "other": (404, 404, 404, 404),
    "left": (404, 404, 404, 404),
    Role.KOORDINATION: (200, 302, 302, 302),
    Role.LEITUNG: (200, 403, 403, 403),
    Role.LESEZUGRIFF: (200, 403, 403, 403),
    Role.TECHNIK: (404, 404, 404, 404),
    SUPERUSER: (200, 302, 302, 302),
}


def upload(name="Protokoll.pdf", content=PDF):
    return SimpleUploadedFile(name, content)


def test_who_may_read_report_comment_and_add_files(unit):
    row, people = visitors(unit)
    found = {}
    for who, client in people.items():
        found[who] = (
            client.get(at(PAGE, row)).status_code,
            post(client, row, text=f"Neues von {who}").status_code,
            client.post(at(COMMENT, row), {"text": "Ein Kommentar"}).status_code,
            client.post(at(PROOF, row), {"title": "Protokoll", "file": upload()}).status_code,
        )
    assert found == MAY


def test_who_may_not_is_refused_before_anything_is_read(unit):
    """Neither the form itself nor its errors are for those who may only read."""
    row, people = visitors(unit)
    for who, client in people.items():
        found = (
            client.get(at(FORM, row)),
            client.post(at(FORM, row)),
            *(client.post(at(n, row)) for n in (COMMENT, PROOF)),
        )
        expected = [200 if code == 302 else code for code in (MAY[who][1], *MAY[who][1:])]
        assert [response.status_code for response in found] == expected, who


def test_who_may_not_add_gets_no_form_for_it(unit):
    row, people = visitors(unit)
    for who, client in people.items():
        if MAY[who][0] != 200:
            continue
        page = text_of(client.get(at(PAGE, row)))
        shown = tuple(f'action="{at(name, row)}"' in page for name in (FORM, COMMENT, PROOF))
        assert shown == tuple(code == 302 for code in MAY[who][1:]), who


@pytest.mark.parametrize("name", [PAGE, FORM])
def test_forbidden_and_missing_look_alike(client, name):
    forbidden, missing = client.get(at(name, ending(1))), client.get(at(name, MISSING))
    assert (forbidden.status_code, forbidden.content) == (404, missing.content)
    forbidden, missing = client.post(at(FORM, ending(1))), client.post(at(FORM, MISSING))
    assert (forbidden.status_code, forbidden.content) == (404, missing.content)


@pytest.mark.parametrize(
    ("name", "allowed"),
    [(OWN, "get"), (ALL, "get"), (PAGE, "get"), (FORM, "get post"), (COMMENT, "post"), (PROOF, "post")],
)
def test_other_methods_are_refused(client, milestone, name, allowed):
    path = reverse(name) if name in (OWN, ALL) else at(name, milestone)
    for method in ("get", "post", "put", "patch", "delete"):
        is_refused = getattr(client, method)(path).status_code == 405
        assert is_refused is (method not in allowed.split()), method


@pytest.mark.parametrize("name", [OWN, ALL, PAGE, FORM])
def test_a_link_leads_through_the_login_back_to_exactly_it(milestone, name):
    path = reverse(name) if name in (OWN, ALL) else at(name, milestone)
    assert Client().get(path).url == f"{reverse('account_login')}?next={path}"


def test_fields_the_form_does_not_have_change_nothing(client, milestone):
    before = Milestone.objects.values().get()
    stranger = UserFactory()
    smuggled = {
        "responsible": UnitFactory().pk,
        "involved": UnitFactory().pk,
        "planned": "2031",
        "forecast": "2031",
        "reported_on": "2020-01-01",
        "reached_on": "2020-01-01",
        "note": "x",
        "title": "x",
        "by": stranger.pk,
        "unit": UnitFactory().pk,
        "at": "2020-01-01",
        "as_of": "2020-01-01",
        "channel": "phone",
        "on_behalf_of": "1",
        "version": "99",
        "milestone": ending(1).pk,
        "step": "comment",
    }
    assert client.post(at(FORM, milestone), typed(milestone, text="Läuft.") | smuggled).status_code == 302
    after = Milestone.objects.values().get(pk=milestone.pk)
    assert {name for name in before if before[name] != after[name]} == {"version", "reported_on"}
    row = MilestoneReport.objects.get()
    assert (row.by, row.milestone, row.as_of, row.channel, after["reported_on"]) == (
        client.user,
        milestone,
        today(),
        "",
        today(),
    )


def test_comment_and_file_take_nothing_smuggled_either(client, milestone):
    stranger, elsewhere = UserFactory(), ending(1)
    smuggled = {"by": stranger.pk, "added_by": stranger.pk, "milestone": elsewhere.pk, "step": "reach"}
    client.post(at(COMMENT, milestone), {"text": "Ein Kommentar", **smuggled})
    client.post(at(PROOF, milestone), {"title": "Protokoll", "file": upload(), **smuggled})
    row, proof = MilestoneReport.objects.get(), MilestoneEvidence.objects.get()
    assert (row.by, row.milestone, row.step) == (client.user, milestone, ReportStep.COMMENT)
    assert (proof.added_by, proof.milestone) == (client.user, milestone)


# --- The page of one ---------------------------------------------------------------------------------------------
def test_page_tells_who_said_what_for_whom(client, unit, milestone):
    desk = signed_in(Role.KOORDINATION)
    PersonFactory(user=desk.user, given_name="Anna", family_name="Keller")
    nameless = UserFactory(roles=[Role.KOORDINATION], email="ohne.person@stadt.example")
    on_behalf = lifecycle.OnBehalf(unit=unit, channel=Channel.PHONE, day=today() - DAY)
    lifecycle.report(milestone, by=client.user, today=today(), text="Erster <b>Satz</b>")
    lifecycle.confirm(milestone, by=desk.user, today=today(), on_behalf_of=on_behalf)
    lifecycle.comment(milestone, by=nameless, today=today(), text="Ein Kommentar")
    page = text_of(client.get(at(PAGE, milestone)))
    places = [
        page.index(words)
        for words in (
            "ohne.person@stadt.example,",
            f"Anna Keller für FB 36 (Telefon vom {german(-1)})",
            "Erster &lt;b&gt;Satz&lt;/b&gt;",
            "Eva Müller (FB 36)",
        )
    ]
    assert places == sorted(places)


def test_page_shows_planned_forecast_and_movement_with_reason(client, milestone):
    lifecycle.reschedule(
        milestone, to=Period.parse("Q2/2098"), reason=PostponementReason.SECURITY, by=client.user, today=today()
    )
    page = text_of(client.get(at(PAGE, milestone)))
    for words in (
        f"<dt>geplant</dt><dd>{german(30)}</dd>",
        "<dt>Prognose</dt><dd>Q2/2098 (Sicherheitslage)</dd>",
        f"Termin verschoben, {german(30)} → Q2/2098 (Sicherheitslage)",
    ):
        assert words in page


def test_page_names_only_what_the_reader_may_know_of_what_waits(client, unit, milestone):
    before, hidden = ending(1, responsible=unit, title="Davor"), ending(2, title="Geheimes davor")
    after = ending(50, involved=[unit], title="Danach", predecessors=[milestone])
    milestone.predecessors.add(before, hidden)
    for _ in range(2):
        ending(60, title="Geheimes danach", predecessors=[milestone])
    page = text_of(client.get(at(PAGE, milestone)))
    assert f'href="{at(PAGE, before)}">Davor</a>' in page
    assert f'href="{at(PAGE, after)}">Danach</a>' in page
    assert "1 weiterer einer anderen Dienststelle" in page
    assert "2 weitere anderer Dienststellen" in page
    assert "Geheimes" not in page
    assert "Geheimes davor" in text_of(signed_in(Role.LESEZUGRIFF).get(at(PAGE, milestone)))


@pytest.mark.parametrize(
    ("role", "shown"), [(Role.LEITUNG, True), (Role.KOORDINATION, True), (Role.LESEZUGRIFF, False)]
)
def test_papers_are_named_to_who_may_read_them(milestone, role, shown):
    paper = SubmissionFactory(
        from_council=True, reference="FB 01/0007/WP18", subject="Geheim", publicity=Publicity.NON_PUBLIC
    )
    milestone.resolution = ConsultationFactory(submission=paper, meeting_date=datetime.date(2025, 5, 7))
    milestone.save()
    page = text_of(signed_in(role).get(at(PAGE, milestone)))
    for words in ("FB 01/0007/WP18", "Geheim", reverse("council:submission_detail", args=[paper.pk]), "07.05.2025"):
        assert (words in page) is shown


@pytest.mark.parametrize("who", [Role.KOORDINATION, Role.LEITUNG, Role.LESEZUGRIFF, SUPERUSER])
def test_only_the_koordination_is_led_to_the_back_office(milestone, who):
    page = text_of(signed_in(who).get(at(PAGE, milestone)))
    assert ("In der Verwaltung öffnen" in page) is (who in (Role.KOORDINATION, SUPERUSER))


def test_an_empty_comment_is_refused_at_the_field(client, milestone):
    response = client.post(at(COMMENT, milestone), {"text": "  "})
    assert response.status_code == 200
    assert "<title>Fehler: Liste der Schulen – KEpol</title>" in text_of(response)
    assert response.context["comment_form"].errors
    assert not MilestoneReport.objects.exists()


def test_of_a_long_life_the_page_shows_fifty_entries(client, milestone):
    for _ in range(51):
        MilestoneReportFactory(milestone=milestone, by=client.user)
    pages = [text_of(client.get(at(PAGE, milestone), {"verlauf": number})) for number in ("x", "2")]
    assert [page.count("said__entry") for page in pages] == [50, 1]
    assert ["Ältere anzeigen" in page for page in pages] == [True, False]


def test_a_comment_on_what_is_deleted_meanwhile_is_missing(client, milestone, monkeypatch):
    def gone(found, **_):
        raise Conflict(found)

    monkeypatch.setattr(views, "comment", gone)
    assert client.post(at(COMMENT, milestone), {"text": "Zu spät"}).status_code == 404


def test_a_comment_is_kept_whatever_the_state(client, unit):
    row = ended(unit, Status.REACHED)
    client.post(at(COMMENT, row), {"text": "Danke an alle."})
    assert (last(row).step, last(row).text) == (ReportStep.COMMENT, "Danke an alle.")
    assert "Danke an alle." in text_of(client.get(at(PAGE, row)))


# --- Evidence ----------------------------------------------------------------------------------------------------
def test_evidence_is_fetched_by_who_may_read_the_milestone(unit):
    row, people = visitors(unit)
    people["owner"].post(at(PROOF, row), {"title": "Protokoll vom Mai", "file": upload("Ä ö.PDF")})
    proof = MilestoneEvidence.objects.get()
    path = reverse("files:serve", args=["meilenstein-nachweis", proof.pk])
    assert f'href="{path}">Protokoll vom Mai</a>' in text_of(people["owner"].get(at(PAGE, row)))
    assert {who: client.get(path).status_code for who, client in people.items()} == {
        who: codes[0] for who, codes in MAY.items()
    }
    response = people["involved"].get(path)
    assert b"".join(response.streaming_content) == PDF
    assert response["Content-Disposition"] == 'attachment; filename="Protokoll vom Mai.pdf"'
    assert "Protokoll" not in proof.file.name


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"file": ("a.exe", b"MZ")}, "file", "Diese Dateiart wird nicht angenommen."),
        ({"file": ("a.pdf", b"MZ")}, "file", "Der Inhalt passt nicht zur Endung"),
        ({"file": ("a.pdf", PDF + b"x" * 11 * 1024 * 1024)}, "file", "Die Datei ist zu groß"),
        ({"file": None}, "file", "Dieses Feld"),
        ({"title": " "}, "title", "Dieses Feld"),
        ({"title": "x" * 201}, "title", "200"),
    ],
)
def test_files_that_are_not_taken_say_why(client, milestone, values, field, words):
    sent = {"title": "Protokoll", "file": ("a.pdf", PDF)} | values
    sent = {name: upload(*value) if isinstance(value, tuple) else value for name, value in sent.items() if value}
    response = client.post(at(PROOF, milestone), sent)
    assert response.status_code == 200
    assert words in " ".join(response.context["evidence_form"].errors[field])
    assert "Fehler: " in text_of(response)
    assert not MilestoneEvidence.objects.exists()


def test_the_verb_refuses_what_the_page_refuses(milestone, client):
    with pytest.raises(ValidationError):
        add_evidence(milestone, title="x", file=upload("a.exe"), by=client.user, today=today())
    with pytest.raises(lifecycle.PermissionDenied):
        add_evidence(milestone, title="x", file=upload(), by=UserFactory(roles=[Role.LEITUNG]), today=today())


# --- All milestones ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("who", "seen"),
    [*((who, {"own", "involved", "other"}) for who in [*READERS, SUPERUSER]), (Role.TECHNIK, set())],
)
def test_readers_see_all_and_technik_nothing(unit, who, seen):
    rows = {"own": ending(1, responsible=unit), "involved": ending(2, involved=[unit]), "other": ending(3)}
    response = signed_in(who).get(reverse(ALL))
    assert set(keys(response.context["cards"])) == {rows[name].pk for name in seen}


def test_a_unit_sees_what_names_it(client, unit):
    rows = [ended(unit, Status.REACHED), ending(2, involved=[unit])]
    ending(3)
    response = client.get(reverse(ALL), {"lage": "alle"})
    assert set(keys(response.context["cards"])) == {row.pk for row in rows}
    assert "Die Meilensteine, die FB 36 nennen." in text_of(response)
    assert "nennen." not in text_of(signed_in(Role.LEITUNG).get(reverse(ALL)))
    # Nor are units offered that the reader learns of only by what is hidden.
    offered = response.context["form"].fields["dienststelle"].queryset
    assert set(offered) == {unit, rows[1].responsible}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "schülerräte"}, {"late"}),
        ({"q": "SCHULER"}, {"late"}),
        ({"q": "fb36"}, {"late", "moved"}),
        ({"q": "Grünamt"}, {"late", "moved"}),
        ({"q": "grünamt schuler"}, {"late"}),
        ({"q": "Partnerschaften ausbauen"}, set()),
        ({"q": "Partnerschaften ausbauen", "lage": "alle"}, {"reached"}),
        ({}, {"late", "moved"}),
        ({"lage": "alle"}, {"late", "moved", "reached"}),
        ({"status": "reached", "lage": "offen"}, {"reached"}),
        ({"q": "Trinkwasser"}, {"moved"}),
        ({"lage": "verzoegert"}, {"late"}),
        ({"lage": "verschoben"}, {"moved"}),
        ({"lage": "offen"}, {"late", "moved"}),
        ({"status": "reached"}, {"reached"}),
        ({"q": "fb36", "status": "planned"}, {"moved"}),
        ({"q": "gibtesnicht"}, set()),
    ],
)
def test_list_finds_by_words_situation_and_status(unit, query, found):
    OrganisationAliasFactory(organisation=unit, name="Grünamt")
    rows = {
        "late": ending(-3, responsible=unit, title="Schülerräte befragt", status=Status.IN_PROGRESS),
        "moved": ending(
            3,
            involved=[unit],
            responsible=UnitFactory(code="FB 12", name="Finanzen"),
            project=ProjectFactory(title="Trinkwasser"),
            forecast=Period(today() + 9 * DAY, today() + 9 * DAY),
            forecast_reason="staff",
        ),
        # Codes that are given out one after the other would come to a 36 some day.
        "reached": ending(
            -9,
            reached=True,
            measure=MeasureFactory(title="Partnerschaften ausbauen"),
            responsible=UnitFactory(code="FB 11", name="Personal"),
        ),
    }
    response = signed_in(Role.LESEZUGRIFF).get(reverse(ALL), query)
    assert set(keys(response.context["cards"])) == {rows[name].pk for name in found}


def test_list_narrows_to_a_unit_and_refuses_a_foreign_one(client, unit, milestone):
    other = ending(4)
    reader = signed_in(Role.LEITUNG)
    assert keys(reader.get(reverse(ALL), {"dienststelle": unit.pk}).context["cards"]) == [milestone.pk]
    foreign = client.get(reverse(ALL), {"dienststelle": other.responsible.pk})
    missing = client.get(reverse(ALL), {"dienststelle": MISSING})
    for response in (foreign, missing):
        assert keys(response.context["cards"]) == []
        assert "Bitte prüfen Sie Ihre Eingaben" in text_of(response)
    assert other.responsible.name not in text_of(foreign)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({}, "Zurzeit ist kein Meilenstein offen, den Sie lesen dürfen."),
        ({"q": "x"}, "Zu dieser Auswahl gibt es keinen"),
    ],
)
def test_an_empty_list_of_all_says_why(query, sentence):
    assert sentence in text_of(signed_in(Role.LEITUNG).get(reverse(ALL), query))


# --- Where everybody starts ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("who", "target"),
    [
        (Role.FACHBEREICH, OWN),
        (Role.LEITUNG, "council:submission_list"),
        (Role.LESEZUGRIFF, "council:submission_list"),
        (Role.KOORDINATION, "admin:index"),
        (Role.TECHNIK, "admin:index"),
        (SUPERUSER, "admin:index"),
    ],
)
def test_start_leads_to_where_the_work_is(who, target):
    client = signed_in(who)
    assert client.get("/").url == reverse(target)
    menu = text_of(client.get(reverse("council:submission_list"))).partition("<nav")[2].partition("</nav>")[0]
    assert ("Meine Meilensteine" in menu) is (who == Role.FACHBEREICH)
    assert ("Alle Meilensteine" in menu) is (who != Role.TECHNIK)


# --- Queries -----------------------------------------------------------------------------------------------------
def crowd(unit, number, client):
    """A milestone with `number` of everything, and as many others in each list."""
    measure, project, desk = MeasureFactory(), ProjectFactory(), UserFactory(roles=[Role.KOORDINATION])
    rows = [ending(n, responsible=unit, measure=measure, involved=[UnitFactory()]) for n in range(number)]
    rows += [ending(n, project=project, involved=[unit]) for n in range(number)]
    row = ending(-1, responsible=unit, involved=UnitFactory.create_batch(number), predecessors=rows)
    for other in rows:
        row.successors.add(other)
        for by in (desk, client.user):
            MilestoneReportFactory(milestone=row, by=by, unit=unit)
        MilestoneReportFactory(milestone=other, by=desk)
        MilestoneEvidenceFactory(milestone=row, added_by=desk)
    return row


def test_pages_ask_as_often_for_thirty_rows_as_for_one(unit):
    people = {who: signed_in(who) for who in EVERYBODY} | {"own unit": member_of(unit)}
    counted = []
    for number in (1, 29):
        row = crowd(unit, number, people["own unit"])
        counted.append({(who, name): count for who in people for name, count in queries_of(people[who], row)})
    assert counted[0] == counted[1]
    assert max(count for (_, name), count in counted[1].items() if name == "form") <= 5
    assert max(counted[1].values()) <= 12


def queries_of(client, row):
    for _ in range(2):  # the first notes when the session began, the next prolongs it, once a minute
        client.get(reverse(OWN))
    yield "own", number_of_queries(client, reverse(OWN))
    yield "all", number_of_queries(client, f"{reverse(ALL)}?q=fb+36&lage=offen")
    yield "page", number_of_queries(client, at(PAGE, row))
    yield "form", number_of_queries(client, at(FORM, row))


def number_of_queries(client, path):
    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    return len(queries)
