"""The concept at the desk: lists and their filters, forms and what they refuse, steps, the counts of the start page."""

import datetime
import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from django.contrib import admin
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from concept.choices import Status
from concept.door_admin import STEPS
from concept.follow_ups import ConceptFollowUp
from concept.models import Goal, Indicator, Measure, Milestone, MilestoneReport, Workshop
from kepol.accounts.choices import Role
from kepol.accounts.roles import sync_roles
from kepol.lib.periods import Period
from kepol.lib.versions import seen_token
from kepol.reference.models import Sdg
from tests.factories import OrganisationAliasFactory, OrganisationFactory, PersonFactory, UnitFactory, UserFactory
from tests.factories.concept import (
    EvaluationFactory,
    FieldOfActionFactory,
    GoalFactory,
    IndicatorFactory,
    IndicatorValueFactory,
    InventoryItemFactory,
    MeasureFactory,
    MilestoneFactory,
    MilestoneReportFactory,
    PeerConceptFactory,
    WorkshopFactory,
)
from tests.factories.council import ConsultationFactory
from tests.factories.partnerships import ProjectFactory
from tests.factories.stakeholders import EventFactory
from tests.forms import read_form

pytestmark = pytest.mark.django_db
DAYS = datetime.timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")
MILESTONES = "admin:concept_milestone_changelist"


@pytest.fixture(autouse=True)
def _roles(request):
    marker = request.node.get_closest_marker("django_db")
    request.getfixturevalue("transactional_db" if marker.kwargs.get("transaction") else "db")
    sync_roles()


@pytest.fixture
def client():
    return signed_in(Role.KOORDINATION)


def signed_in(*roles, **values):
    client = Client(raise_request_exception=False)
    client.force_login(UserFactory(roles=roles, **values))
    return client


def today():
    return timezone.localdate()


def url(row, page="change", *args):
    return reverse(f"admin:concept_{row._meta.model_name}_{page}", args=[row.pk, *args])


def rows_of(client, model, **query):
    page = client.get(reverse(f"admin:concept_{model._meta.model_name}_changelist"), query)
    assert page.status_code == 200
    return set(page.context["cl"].queryset)


def post(client, row, **typed):
    return client.post(url(row), {**read_form(client.get(url(row))), **typed})


def ending(shift, **values):
    """A milestone whose day is `shift` days from today."""
    end = today() + shift * DAYS
    return MilestoneFactory(**{"planned": Period(end, end), "reported_on": today(), **values})


def event_in(days):
    """An event in the evening `days` from today; None: when it will be is not known."""
    evening = None if days is None else timezone.now().astimezone(BERLIN).replace(hour=18) + days * DAYS
    return EventFactory(starts_at=evening, ends_at=None)


# --- Lists and filters -----------------------------------------------------------------------------------------------
def situations():
    """Milestones, and the situations in whose lists each stands."""
    later = ending(60)
    moved = {"forecast": Period(today() + 5 * DAYS, today() + 5 * DAYS), "forecast_reason": "staff"}
    return {
        later: {"offen"},
        ending(-1): {"verzoegert", "offen"},
        ending(0): {"in-14-tagen", "in-30-tagen", "offen"},
        ending(14): {"in-14-tagen", "in-30-tagen", "offen"},
        ending(15): {"in-30-tagen", "offen"},
        ending(31): {"offen"},
        ending(90, reported_on=today() - 101 * DAYS): {"ohne-rueckmeldung", "offen"},
        ending(50, predecessors=[later]): {"gefaehrdet", "offen"},
        ending(-30, **moved): {"verschoben", "in-14-tagen", "in-30-tagen", "offen"},
        MilestoneFactory(undated=True, reported_on=today()): {"ohne-termin", "offen"},
        MilestoneFactory(undated=True, reported_on=today(), event=event_in(40)): {"offen"},
        MilestoneFactory(undated=True, reported_on=today(), event=event_in(-1)): {"verzoegert", "offen"},
        MilestoneFactory(undated=True, reported_on=today(), event=event_in(None)): {"ohne-termin", "offen"},
        ending(-5, status=Status.PAUSED, note="Stelle frei"): set(),
        ending(-5, reached=True): set(),
    }


def test_each_situation_leads_to_exactly_its_rows(client):
    expected = situations()
    offered = {"verzoegert", "in-14-tagen", "in-30-tagen", "ohne-rueckmeldung", "gefaehrdet", "verschoben"}
    for situation in {*offered, "ohne-termin", "offen"}:
        found = rows_of(client, Milestone, lage=situation)
        assert found == {row for row, words in expected.items() if situation in words}, situation
    assert rows_of(client, Milestone, lage="alle") == set(expected)
    still_open = {row for row, words in expected.items() if "offen" in words}
    assert rows_of(client, Milestone) == rows_of(client, Milestone, lage="unsinn") == still_open


def test_what_is_open_is_called_so_however_one_asks_for_it(client):
    MilestoneFactory()
    MilestoneFactory(reached=True)
    for query in ({}, {"lage": "offen"}, {"status__exact": "planned", "lage": "offen"}):
        assert "Lage: <strong>noch offen</strong>" in client.get(reverse(MILESTONES), query).text, query
    page = client.get(reverse(MILESTONES), {"status__exact": "reached"})
    assert "Lage: <strong>alle</strong>" in page.text
    link = re.search(r'href="([^"]+)"[^>]*>noch offen<', page.text)[1].replace("&amp;", "&")
    assert client.get(reverse(MILESTONES) + link).context["cl"].result_count == 0


def test_whoever_asks_for_a_status_finds_it_though_the_list_starts_with_what_is_open(client):
    _, reached = MilestoneFactory(), MilestoneFactory(reached=True)
    assert rows_of(client, Milestone, status__exact="reached") == {reached}
    assert rows_of(client, Milestone, status__exact="reached", lage="verzoegert") == set()


def test_counts_of_the_start_page_lead_to_exactly_their_rows(client):
    situations()
    user = UserFactory(roles=[Role.KOORDINATION])
    with CaptureQueriesContext(connection) as captured:
        counts = list(ConceptFollowUp().counts(user, on=today()))
    assert [(count.label, count.count, count.is_urgent) for count in counts] == [
        ("Meilensteine verzögert", 2, True),
        ("Meilensteine in 14 Tagen fällig", 3, False),
        ("Rückmeldung überfällig", 1, True),
        ("Meilensteine gefährdet", 1, False),
    ]
    assert len([query for query in captured if "concept_milestone" in query["sql"]]) <= len(counts)
    for count in counts:
        assert client.get(count.url).context["cl"].result_count == count.count


@pytest.mark.parametrize("role", [*sorted(set(Role) - {Role.KOORDINATION}), None], ids=str)
def test_only_who_changes_milestones_is_told_of_them(role):
    situations()
    assert list(ConceptFollowUp().counts(UserFactory(roles=[role] if role else []), on=today())) == []


def test_the_list_says_in_words_what_is_the_matter(client):
    unit = UnitFactory(code="FB 36", name="Umwelt")
    MilestoneFactory(
        title="Bestandsanalyse",
        responsible=unit,
        measure=MeasureFactory(code="1.1", title="Lernen"),
        planned=Period(datetime.date(2025, 4, 1), datetime.date(2025, 6, 30), named=True),
        forecast=Period(datetime.date(2025, 8, 1), datetime.date(2025, 8, 31), named=True),
        forecast_reason="partner",
        reported_on=today(),
    )
    text = client.get(reverse(MILESTONES)).text
    for words in ("August 2025", "Q2/2025 → August 2025 (Partner)", "geplant, verzögert", "FB 36", "1.1 Lernen"):
        assert f">{words}<" in text, words


def test_the_list_sorts_by_time_with_undated_ones_last_both_ways(client):
    undated, far, near = MilestoneFactory(undated=True), ending(9), ending(3)
    columns = client.get(reverse(MILESTONES)).context["cl"].list_display
    place = columns.index("date_shown")
    for order, expected in ((f"{place}", [near, far, undated]), (f"-{place}", [far, near, undated])):
        assert list(client.get(reverse(MILESTONES), {"o": order}).context["cl"].queryset) == expected


SEARCHED = {
    "unit that is responsible": (MilestoneFactory, "responsible"),
    "lead": (MeasureFactory, "lead"),
    "organiser": (WorkshopFactory, "organiser"),
    "inventory": (InventoryItemFactory, "unit"),
    "city": (PeerConceptFactory, "city"),
    "evaluation": (EvaluationFactory, "evaluator"),
    "field of action": (FieldOfActionFactory, "lead"),
}


@pytest.mark.parametrize("case", SEARCHED)
def test_rows_are_found_by_other_spellings_of_whom_they_name(client, case):
    factory, relation = SEARCHED[case]
    row, other = factory(), factory()
    if getattr(row, relation) is None:
        setattr(row, relation, UnitFactory())
        row.save()
    for number in range(2):
        OrganisationAliasFactory(organisation=getattr(row, relation), name=f"Grünflächen-Amt {number}")
    for words in ("grunflachen", "GRÜNFLÄCHEN amt"):
        assert rows_of(client, factory._meta.model, q=words) == {row}
    assert rows_of(client, factory._meta.model) == {row, other}


@pytest.mark.parametrize("relation", ["involved", "partners"])
def test_involved_organisations_find_a_measure_too(client, relation):
    measure, _ = MeasureFactory(), MeasureFactory()
    unit = UnitFactory(name="Ökologie und Beschaffung")
    getattr(measure, relation).add(unit, UnitFactory(name="Ökologie, Außenstelle"))
    assert rows_of(client, Measure, q="okologie") == {measure}


def test_measures_are_filtered_by_goal_of_the_agenda_and_by_their_milestones(client):
    main, further, neither = (MeasureFactory() for _ in range(3))
    four, twelve = Sdg.objects.get(number=4), Sdg.objects.get(number=12)
    Measure.objects.filter(pk=main.pk).update(main_sdg=four)
    further.sdgs.add(four, twelve)
    assert rows_of(client, Measure, sdg="4") == {main, further}
    assert rows_of(client, Measure, sdg="12") == {further}
    for nonsense in ("²", "0", "18", "04", "vier"):
        assert rows_of(client, Measure, sdg=nonsense) == {main, further, neither}
    ending(-1, measure=main)
    ending(5, measure=further)
    assert rows_of(client, Measure, meilensteine="verzoegert") == {main}
    assert rows_of(client, Measure, meilensteine="offen") == {main, further}
    assert rows_of(client, Measure, meilensteine="keine") == {neither}


def test_the_numbers_of_a_measure_lead_to_their_milestones(client):
    measure = MeasureFactory()
    late, due = ending(-1, measure=measure), ending(5, measure=measure)
    ending(-1)
    text = client.get(reverse("admin:concept_measure_changelist")).text
    ending(-1, measure=measure, reached=True)
    for situation, number, rows in (({}, 2, {late, due}), ({"lage": "verzoegert"}, 1, {late})):
        wanted = {"measure__id__exact": str(measure.pk), **situation}
        link = reverse(MILESTONES, query=wanted).replace("&", "&amp;")
        assert f'<a href="{link}">{number}</a>' in text
        assert rows_of(client, Milestone, **wanted) == rows


# --- The form of a milestone -----------------------------------------------------------------------------------------
def test_a_new_milestone_is_as_of_today_and_goes_behind_the_others(client):
    MilestoneFactory(undated=True, position=4)
    page = reverse("admin:concept_milestone_add")
    form = read_form(client.get(page))
    typed = {"title": "Neu", "responsible": str(UnitFactory().pk), "planned": "Ende April 2027"}
    assert client.post(page, {**form, **typed}).status_code == 302
    row = Milestone.objects.get(title="Neu")
    assert (row.reported_on, row.position) == (today(), 5)
    assert row.planned == Period(datetime.date(2027, 4, 21), datetime.date(2027, 4, 30), named=True)


OLD = datetime.date(2026, 1, 15)
DOOR = {
    "status": "reached",
    "reached_on": "02.04.2026",
    "forecast": "Q3/2027",
    "forecast_reason": "staff",
    "reported_on": "03.02.2026",
    "version": "77",
}
SHOWN = ("status", "reached_on", "forecast", "forecast_reason", "reported_on", "responsible")


def test_what_has_a_door_is_shown_and_no_form_changes_it(client):
    row = MilestoneFactory(reported_on=OLD)
    before = Milestone.objects.values(*STATE).get()
    form = read_form(client.get(url(row)))
    assert set(SHOWN).isdisjoint(form)
    smuggled = {**DOOR, "responsible": str(UnitFactory().pk)}
    assert client.post(url(row), {**form, **smuggled, "note": "Angefragt"}).status_code == 302
    assert Milestone.objects.values(*STATE).get() == before
    assert (Milestone.objects.get().note, row.reports.count()) == ("Angefragt", 0)


STATE = ("status", "reached_on", "forecast_named", "forecast_reason", "reported_on", "responsible")


@pytest.mark.parametrize("make", [MeasureFactory, ProjectFactory], ids=["measure", "project"])
def test_progress_has_a_step_and_no_field(client, make):
    row = make()
    address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    form = read_form(client.get(address))
    assert "status" not in form
    assert client.post(address, {**form, "status": "dropped", "title": "Anders"}).status_code == 302
    assert type(row).objects.values_list("status", "title").get() == (row.status, "Anders")


def test_the_reason_of_what_rests_is_not_taken_away(client):
    milestone = MilestoneFactory(status=Status.PAUSED, note="Stelle frei")
    assert "Warum ruht oder entfällt der Meilenstein?" in post(client, milestone, note="").text
    measure = MeasureFactory(status=Status.PAUSED, reason="Stelle frei")
    assert "Warum ruht oder entfällt die Maßnahme?" in post(client, measure, reason="").text


def test_a_new_milestone_may_be_entered_with_its_past_and_nobody_has_reported_it(client):
    page = reverse("admin:concept_milestone_add")
    typed = {**DOOR, "title": "Auftakt", "responsible": str(UnitFactory().pk), "planned": "März 2026"}
    assert client.post(page, {**read_form(client.get(page)), **typed}).status_code == 302
    row = Milestone.objects.get()
    assert (row.status, row.reached_on, str(row.forecast)) == ("reached", datetime.date(2026, 4, 2), "Q3/2027")
    assert (row.reported_on, row.reports.count()) == (datetime.date(2026, 2, 3), 0)


def tomorrow():
    return (today() + DAYS).strftime("%d.%m.%Y")


REFUSED = {
    "reached in advance": (lambda: {"status": "reached", "reached_on": tomorrow()}, "Dieser Tag liegt in der Zukunft."),
    "reported in advance": (lambda: {"reported_on": tomorrow()}, "Dieser Tag liegt in der Zukunft."),
    "forecast is the plan": (
        lambda: {"planned": "Q4/2099", "forecast": "4. Quartal 2099", "forecast_reason": "staff"},
        "Die Prognose nennt den geplanten Termin.",
    ),
    "forecast without reason": (lambda: {"forecast": "2100"}, "Zu einer Prognose gehört der Grund der Verschiebung"),
    "rests without reason": (lambda: {"status": "paused"}, "Warum ruht oder entfällt der Meilenstein?"),
    "unreadable": (lambda: {"planned": "demnächst"}, "demnächst"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_the_form_of_a_new_one_refuses_with_the_remedy(client, case):
    typed, message = REFUSED[case]
    page = reverse("admin:concept_milestone_add")
    form = {**read_form(client.get(page)), "title": "Neu", "responsible": str(UnitFactory().pk)}
    response = client.post(page, {**form, **typed()})
    assert response.status_code == 200
    assert message in response.text
    assert not Milestone.objects.exists()


def test_a_day_alone_is_another_date_than_the_plan_it_lies_in(client):
    row = MilestoneFactory()
    step(client, row, "verschieben", to="31.12.2099", reason="staff")
    assert str(Milestone.objects.get().forecast) == "31.12.2099"


Q4 = Period(datetime.date(2099, 10, 1), datetime.date(2099, 12, 31), named=True)


def test_a_stored_plan_is_shown_and_one_that_is_missing_can_be_entered(client):
    planned, undated = MilestoneFactory(), MilestoneFactory(undated=True)
    assert "planned" not in read_form(client.get(url(planned)))
    assert '<div class="readonly">Q4/2099</div>' in client.get(url(planned)).text
    assert post(client, undated, planned="März 2027").status_code == 302
    assert str(Milestone.objects.get(pk=undated.pk).planned) == "März 2027"


@pytest.mark.parametrize("typed", ["März 2027", ""])
def test_a_form_that_brings_another_plan_all_the_same_changes_nothing(client, typed):
    row = MilestoneFactory()
    refused = post(client, row, planned=typed, title="Anders")
    assert "Der geplante Termin (Q4/2099) bleibt stehen." in refused.text
    assert Milestone.objects.get(pk=row.pk).version == row.version
    assert post(client, row, planned="Q4/2099", title="Anders").status_code == 302


def test_a_plan_that_somebody_else_entered_meanwhile_is_not_lost_and_not_overwritten(client):
    row = MilestoneFactory(undated=True)
    form = read_form(client.get(url(row)))
    other = Milestone.objects.get(pk=row.pk)
    other.planned = Q4
    other.save()
    conflict = client.post(url(row), {**form, "planned": "März 2027"})
    assert conflict.status_code != 302
    assert "März 2027" in conflict.text
    assert Milestone.objects.get(pk=row.pk).planned == Q4


def test_a_plan_is_corrected_by_one_button(client):
    row = MilestoneFactory(forecast=Period(OLD, OLD), forecast_reason="staff")
    address = url(row, "step", "plan-berichtigen")
    form = read_form(client.get(address))
    assert form["planned"] == ["Q4/2099"]
    assert "Dieses Feld ist zwingend erforderlich." in client.post(address, {**form, "planned": ""}).text
    assert "Die Prognose nennt" in client.post(address, {**form, "planned": "15.01.2026", "reason": "x"}).text
    done = client.post(address, {**form, "planned": "3. Quartal 2026", "reason": "Im falschen Jahr"}, follow=True)
    assert "Geplanter Termin berichtigt" in done.text
    stored = Milestone.objects.get(pk=row.pk)
    told = "Geplanter Termin berichtigt (war Q4/2099): Im falschen Jahr"
    assert (str(stored.planned), stored.reports.get().text) == ("Q3/2026", told)
    undated = MilestoneFactory(undated=True)
    told = client.get(url(undated, "step", "plan-berichtigen"), follow=True).text
    assert "hat noch keinen geplanten Termin" in told


def test_the_chosen_predecessors_are_checked_not_the_stored_ones(client):
    first = MilestoneFactory(title="Entwurf")
    second = MilestoneFactory(title="Beratung", predecessors=[first])
    refused = post(client, first, predecessors=[str(second.pk)])
    assert "Das ergäbe einen Kreis: Entwurf → Beratung → Entwurf." in refused.text
    first.predecessors.add(second)
    assert post(client, first, predecessors=[]).status_code == 302
    assert list(first.predecessors.all()) == []


def test_the_chosen_units_are_checked_not_the_stored_ones(client):
    unit = UnitFactory(code="FB 36", name="Umwelt")
    row, other = MilestoneFactory(responsible=unit), UnitFactory()
    assert "„FB 36 - Umwelt“ ist schon verantwortlich." in post(client, row, involved=[str(unit.pk)]).text
    assert post(client, row, involved=[str(other.pk)]).status_code == 302
    page = reverse("admin:concept_milestone_add")
    twice = {"title": "Neu", "responsible": str(unit.pk), "involved": [str(unit.pk)]}
    assert (
        "„FB 36 - Umwelt“ ist schon verantwortlich." in client.post(page, {**read_form(client.get(page)), **twice}).text
    )


def test_the_page_shows_its_situation_and_what_waits_for_what(client):
    before = ending(60, title="Entwurf")
    row = ending(-1, title="Beratung", predecessors=[before])
    after = ending(90, title="Beschluss", predecessors=[row])
    text = client.get(url(row)).text
    assert "verzögert, gefährdet" in text
    for other in (before, after):
        line = f'<a href="{url(other)}">{other}</a> – {other.planned} (geplant)'
        assert line in text
    assert "keine Auffälligkeiten" in client.get(url(after)).text
    assert "Lage heute" not in client.get(reverse("admin:concept_milestone_add")).text


def predecessor_race():
    one, other = MilestoneFactory(), MilestoneFactory()
    return [(url(one), {"predecessors": [str(other.pk)]}), (url(other), {"predecessors": [str(one.pk)]})]


def goal_race():
    """One puts a measure under a goal, the other moves the goal to another field of action."""
    goal = GoalFactory()
    measure = MeasureFactory(field_of_action=goal.field_of_action)
    moved = {"field_of_action": str(FieldOfActionFactory().pk)}
    return [(url(measure), {"goal": str(goal.pk)}), (url(goal), moved)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("race", [predecessor_race, goal_race])
def test_of_two_who_break_a_rule_together_exactly_one_wins(race):
    client = signed_in(Role.KOORDINATION)
    posts = [(address, {**read_form(client.get(address)), **typed}) for address, typed in race()]

    def send(one):
        mine = Client(raise_request_exception=False)
        mine.cookies = client.cookies.copy()
        try:
            return mine.post(*one).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(send, posts)) == [200, 302]


# --- Steps -----------------------------------------------------------------------------------------------------------
def step(client, row, name, **typed):
    """Look at the page of the step, fill in its form, send it."""
    address = url(row, "step", name)
    return client.post(address, {**read_form(client.get(address)), **typed}, follow=True)


def in_state(status):
    values = {"reached_on": OLD} if status == Status.REACHED else {}
    return MilestoneFactory(status=status, note="Begründung", reported_on=OLD, **values)


ALWAYS = {"kommentieren", "verantwortlich", "plan-berichtigen"}
WHILE_OPEN = {"rueckmeldung", "bestaetigen", "verschieben", "erreicht", "ruhen", "entfallen"}
OFFERED = {
    Status.PLANNED: ALWAYS | WHILE_OPEN,
    Status.IN_PROGRESS: ALWAYS | WHILE_OPEN,
    Status.PAUSED: ALWAYS | {"erreicht", "entfallen", "wieder-aufnehmen"},
    Status.REACHED: ALWAYS | {"wieder-aufnehmen"},
    Status.DROPPED: ALWAYS | {"wieder-aufnehmen"},
}


@pytest.mark.parametrize("status", Status)
def test_only_what_the_state_allows_is_offered_and_the_rest_says_why_not(client, status):
    row = in_state(status)
    text = client.get(url(row)).text
    names = {one.name for one in STEPS}
    assert {name for name in names if url(row, "step", name) in text} == OFFERED[status]
    for name in names - OFFERED[status]:
        refused = client.post(url(row, "step", name), {"seen": seen_token(row)}, follow=True)
        assert re.search(
            "Nehmen Sie ihn zuerst wieder auf|nehmen Sie ihn zuerst wieder auf|noch offen", refused.text
        ), name
    assert (Milestone.objects.get().version, row.reports.count()) == (row.version, 0)


TAKEN = {
    # step: state before, what is typed; then what the milestone says and what the report tells
    "rueckmeldung": (
        "planned",
        {"status": "in_progress", "text": "Begonnen"},
        "in_progress",
        "Rückmeldung, geplant → in Umsetzung",
    ),
    "bestaetigen": ("planned", {}, "planned", "Unverändert bestätigt"),
    "verschieben": (
        "planned",
        {"to": "August 2027", "reason": "partner"},
        "planned",
        "Termin verschoben, Q4/2099 → August 2027 (Partner)",
    ),
    "erreicht": ("planned", {"on": "02.04.2026"}, "reached", "Als erreicht gemeldet, am 02.04.2026"),
    "ruhen": ("planned", {"reason": "Stelle frei"}, "paused", "Ruhend gestellt, geplant → ruht"),
    "entfallen": ("paused", {"reason": "Kein Geld"}, "dropped", "Als entfallen gemeldet, ruht → entfallen"),
    "wieder-aufnehmen": ("reached", {}, "in_progress", "Wieder aufgenommen, erreicht → in Umsetzung"),
    "kommentieren": ("reached", {"text": "Schön"}, "reached", "Kommentar"),
}


@pytest.mark.parametrize("name", TAKEN)
def test_a_step_goes_through_the_door_and_is_told_on_the_page(client, name):
    before, typed, after, headline = TAKEN[name]
    row = in_state(before)
    page = step(client, row, name, **typed)
    assert (Milestone.objects.get().status, row.reports.get().headline()) == (after, headline)
    assert f"<strong>{headline}</strong>" in page.text


@pytest.mark.parametrize("name", sorted(set(TAKEN) - {"kommentieren"}))
def test_a_step_may_be_taken_for_a_unit_that_told_the_koordination(client, name):
    before, typed, _, _ = TAKEN[name]
    row = in_state(before)
    page = step(client, row, name, **typed, channel="phone", received_on="03.02.2026")
    told = row.reports.get()
    assert (told.unit, told.channel, told.received_on) == (row.responsible, "phone", datetime.date(2026, 2, 3))
    assert f" für {row.responsible.code} (Telefon vom 03.02.2026); Stand vom 03.02.2026" in page.text
    assert Milestone.objects.get().reported_on == datetime.date(2026, 2, 3)


HEARSAY = [
    # typed, the unit's number of three, sentence
    ({"received_on": "03.02.2026"}, "Wie haben Sie es erhalten?"),
    ({"channel": "mail", "received_on": "31.12.2098"}, "Dieser Tag liegt in der Zukunft."),
    ({"unit": "another"}, "Wie haben Sie es erhalten?"),
]


def test_a_step_first_asks_who_says_it_and_the_unit_proposed_is_no_mistake(client):
    row = in_state(Status.PLANNED)
    address = url(row, "step", "rueckmeldung")
    form = client.get(address).context["form"]
    assert list(form.fields)[:3] == ["channel", "unit", "received_on"]
    assert [form["channel"].label, form.fields["channel"].choices[0][1]] == ["Wer sagt das?", "die Koordination selbst"]
    refused = client.post(address, {**read_form(client.get(address)), "text": "So", "unit": str(UnitFactory().pk)})
    assert set(refused.context["form"].errors) == {"unit"}
    for unit in (str(row.responsible_id), ""):
        assert step(client, row, "rueckmeldung", text="So", unit=unit).status_code == 200
    assert [one.unit for one in row.reports.all()] == [None, None]


@pytest.mark.parametrize(("typed", "sentence"), HEARSAY)
def test_hearsay_is_complete_or_refused_and_what_was_typed_stays(client, typed, sentence):
    row, other = in_state(Status.PLANNED), UnitFactory()
    typed = {name: str(other.pk) if value == "another" else value for name, value in typed.items()}
    refused = step(client, row, "rueckmeldung", text="Es geht voran", **typed)
    assert sentence in refused.text
    assert "Es geht voran</textarea>" in refused.text
    assert not row.reports.exists()


def test_in_a_list_each_milestone_speaks_for_its_own_unit_today(client):
    rows = [MilestoneFactory(reported_on=OLD) for _ in range(2)]
    act(client, "bestaetigen", rows, channel="talk")
    assert {(row.reports.get().unit, row.reports.get().received_on) for row in rows} == {
        (row.responsible, today()) for row in rows
    }


def test_the_form_of_another_date_shows_plan_and_forecast_and_keeps_what_was_typed(client):
    row = MilestoneFactory(forecast=Period(OLD, OLD), forecast_reason="staff")
    text = client.get(url(row, "step", "verschieben")).text
    assert "Geplant: Q4/2099. Prognose: 15.01.2026 (Personal)." in text
    refused = step(client, row, "verschieben", to="15.01.2026", reason="funds", text="Noch einmal")
    assert "Erwartet wird schon „15.01.2026“." in refused.text
    assert "Noch einmal</textarea>" in refused.text
    assert not row.reports.exists()
    event = MilestoneFactory(undated=True, event=event_in(3))
    assert "Veranstaltung: " in client.get(url(event, "step", "verschieben")).text


def test_a_report_on_a_state_somebody_changed_is_asked_again(client):
    row = in_state(Status.PLANNED)
    address = url(row, "step", "rueckmeldung")
    form = {**read_form(client.get(address)), "text": "Es geht voran"}
    Milestone.objects.get().save()
    again = client.post(address, form)
    assert "inzwischen geändert" in again.text
    assert "Es geht voran</textarea>" in again.text
    assert not row.reports.exists()
    assert client.post(address, {**form, "seen": read_form(again)["seen"]}).status_code == 302


def act(client, name, rows, **typed):
    """Choose rows in the list, look at the page of the step, confirm."""
    everything = {"lage": "alle"} if isinstance(rows[0], Milestone) else None
    address = reverse(f"admin:concept_{rows[0]._meta.model_name}_changelist", query=everything)
    data = {"action": name, "_selected_action": [str(row.pk) for row in rows]}
    page = client.post(address, data)
    return page, client.post(address, {**read_form(page), **typed}, follow=True)


def test_confirming_several_asks_once_and_leaves_out_what_is_not_open(client):
    rows = [MilestoneFactory(reported_on=OLD), MilestoneFactory(reported_on=OLD), MilestoneFactory(reached=True)]
    page, done = act(client, "bestaetigen", rows)
    assert "Betroffen sind 2 Einträge" in page.text
    assert "1 weitere gewählte Zeilen bleiben unberührt" in page.text
    assert "Stand bestätigt" in done.text
    assert [Milestone.objects.get(pk=row.pk).reported_on for row in rows] == [today(), today(), OLD]


def test_several_rows_are_locked_in_the_order_of_their_keys(client):
    """Closing a Sachstandsabfrage locks in this order too; another one would let both wait for each other."""
    late, early = ending(60, reported_on=OLD), ending(5, reported_on=OLD)
    assert late.pk < early.pk
    act(client, "bestaetigen", [early, late])
    assert [one.milestone for one in MilestoneReport.objects.order_by("pk")] == [late, early]


STANDING = [
    # the milestone, and its line above the form of a step
    (
        {"planned": Period(OLD, OLD)},
        "Status geplant, Termin 15.01.2026 (verzögert, Rückmeldung überfällig), Stand vom 15.01.2026",
    ),
    ({"undated": True, "reported_on": datetime.date(2099, 1, 1)}, "Status geplant, ohne Termin, Stand vom 01.01.2099"),
    ({"reached": True, "reached_on": OLD}, "Status erreicht am 15.01.2026, Stand vom 15.01.2026"),
]


@pytest.mark.parametrize(("values", "line"), STANDING)
def test_a_step_shows_how_the_milestone_stands_and_the_way_back_to_it(client, values, line):
    row = MilestoneFactory(**{"reported_on": OLD, "title": "Auftakt", **values})
    text = client.get(url(row, "step", "kommentieren")).text
    assert f'<p class="standing">{line}</p>' in text
    assert re.search(rf'\W <a href="{url(row)}">Auftakt</a>\s*\W Kommentieren\s', text)
    MilestoneReportFactory(milestone=row, step="report", text="Der Rat berät noch.")
    MilestoneReportFactory(milestone=row, step="comment", text="Schön.")
    assert f"{line}: „Der Rat berät noch.“</p>" in client.get(url(row, "step", "kommentieren")).text


def test_a_step_tells_required_fields_and_mistakes_as_every_form(client):
    row = MilestoneFactory()
    address = url(row, "step", "ruhen")
    assert client.get(address).text.count('class="form-row required"') == 1
    assert 'class="form-row required errors"' in client.post(address, read_form(client.get(address))).text


def test_confirming_one_from_its_row_leads_back_to_the_list(client):
    row = MilestoneFactory(reported_on=OLD)
    back = reverse(MILESTONES, query={"lage": "ohne-rueckmeldung"})
    address = f"{url(row, 'step', 'bestaetigen')}?{urlencode({'back': back})}"
    response = client.post(address, read_form(client.get(address)))
    assert (response.status_code, response.url) == (302, back)
    assert Milestone.objects.get(pk=row.pk).reported_on == today()


def test_what_is_reached_is_not_confirmed_and_one_is_told_why(client):
    row = MilestoneFactory(reached=True)
    response = client.post(url(row, "step", "bestaetigen"), {"seen": seen_token(row)}, follow=True)
    assert "Das geht nur, solange der Meilenstein offen ist." in response.text
    assert Milestone.objects.get(pk=row.pk).version == row.version


def test_a_milestone_that_changed_meanwhile_is_not_confirmed_unseen(client):
    row = MilestoneFactory(reported_on=OLD)
    form = read_form(client.get(url(row, "step", "bestaetigen")))
    Milestone.objects.get(pk=row.pk).save()
    assert "inzwischen geändert" in client.post(url(row, "step", "bestaetigen"), form).text
    assert Milestone.objects.get(pk=row.pk).reported_on == OLD


def test_a_unit_takes_over_several_milestones_at_once(client):
    unit, rows = UnitFactory(), [MilestoneFactory() for _ in range(2)]
    rows[0].involved.add(unit)
    act(client, "verantwortlich", rows, unit=str(unit.pk))
    assert {Milestone.objects.get(pk=row.pk).responsible for row in rows} == {unit}
    assert not rows[0].involved.exists()


def test_only_units_in_use_take_over(client):
    row = MilestoneFactory()
    retired = UnitFactory(retired_on=OLD, retired_reason="aufgelöst")
    for other in (OrganisationFactory(), retired):
        _, page = act(client, "verantwortlich", [row], unit=str(other.pk))
        assert page.context["form"].errors["unit"]
    assert Milestone.objects.get(pk=row.pk).responsible == row.responsible


def test_the_progress_of_several_measures_with_a_reason_where_one_is_due(client):
    rows = [MeasureFactory(), MeasureFactory(reason="bisheriger Grund")]
    _, refused = act(client, "umsetzungsstand", rows, status="paused")
    assert "Warum ruht oder entfällt die Maßnahme?" in refused.text
    assert {Measure.objects.get(pk=row.pk).status for row in rows} == {"planned"}
    act(client, "umsetzungsstand", rows, status="in_progress")
    assert Measure.objects.get(pk=rows[1].pk).reason == "bisheriger Grund"
    act(client, "umsetzungsstand", rows, status="paused", reason="Stelle frei")
    assert {(row.status, row.reason) for row in Measure.objects.all()} == {("paused", "Stelle frei")}


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.KOORDINATION}))
def test_steps_are_for_who_may_change(role):
    row, client = MilestoneFactory(reported_on=OLD), signed_in(role)
    client.post(url(row, "step", "bestaetigen"), {"seen": seen_token(row)})
    client.post(reverse(MILESTONES), {"action": "bestaetigen", "_selected_action": [row.pk], "confirmed": "1"})
    assert Milestone.objects.get(pk=row.pk).reported_on == OLD


# --- What was said ---------------------------------------------------------------------------------------------------
def said():
    """Reports, and the questions of the list that each answers."""
    unit = UnitFactory()
    moved = MilestoneReportFactory(
        step="reschedule", moved_to=Period(OLD, OLD), reason="funds", milestone__responsible=unit
    )
    passed = MilestoneReportFactory(step="confirm", text="", unit=unit, channel="mail", received_on=OLD)
    own = MilestoneReportFactory(step="comment", milestone__title="Beschaffung")
    return unit, moved, passed, own


def test_the_list_of_reports_is_filtered_and_searched(client):
    unit, moved, passed, own = said()
    questions = {
        "": {moved, passed, own},
        "art=verschoben": {moved},
        "art=comment": {own},
        "art=unsinn": {moved, passed, own},
        "reason__exact=funds": {moved},
        f"milestone__responsible__id__exact={unit.pk}": {moved},
        f"milestone__id__exact={own.milestone.pk}": {own},
        "im-auftrag=ja": {passed},
        "im-auftrag=nein": {moved, own},
        "q=beschaffung": {own},
    }
    address = reverse("admin:concept_milestonereport_changelist")
    for query, expected in questions.items():
        assert set(client.get(f"{address}?{query}").context["cl"].queryset) == expected, query
    assert list(client.get(address).context["cl"].result_list) == [own, passed, moved]


def test_a_comment_has_no_day_for_which_it_holds_and_the_title_leads_to_the_report(client):
    row = MilestoneReportFactory(step="comment", as_of=OLD, milestone__title="Auftakt")
    other = MilestoneReportFactory(step="report", as_of=OLD)
    text = client.get(reverse("admin:concept_milestonereport_changelist")).text
    assert re.findall(r"field-as_of_shown[^>]*>([^<]*)<", text) == ["15.01.2026", "–"]
    assert re.search(rf'<a href="{url(row)}[^"]*">Auftakt</a>', text)
    assert ("Stand vom 15.01.2026<br>" in client.get(url(row.milestone)).text) is False
    assert "Stand vom 15.01.2026<br>" in client.get(url(other.milestone)).text
    assert "<h1>Rückmeldung</h1>" in client.get(url(other)).text


def test_reports_are_signed_by_name_and_nobody_edits_them(client):
    account = UserFactory(email="eva@example.org")
    PersonFactory(user=account, given_name="Eva", family_name="Muster")
    row = MilestoneReportFactory(by=account, text="Wort für Wort")
    for page in (reverse("admin:concept_milestonereport_changelist"), url(row), url(row.milestone)):
        text = client.get(page).text
        assert "Eva Muster" in text, page
        # The page of a row links to everything related, so to the account too.
        assert page == url(row) or "eva@example.org" not in text, page
        assert "Wort für Wort" in text, page
    assert client.get(reverse("admin:concept_milestonereport_add")).status_code == 403
    assert client.post(url(row), {"text": "Anders"}).status_code == 403
    assert client.post(url(row, "delete"), {"post": "yes"}).status_code == 403
    history = client.get(url(row, "history"))
    assert history.url == url(row.milestone, "history")


def test_of_many_reports_a_milestone_shows_fifty_and_the_way_to_all(client):
    row = MilestoneFactory()
    for number in range(51):
        MilestoneReportFactory(milestone=row, text=f"Satz {number}.")
    text = client.get(url(row)).text
    assert ("Satz 50." in text, "Satz 1." in text, "Satz 0." in text) == (True, True, False)
    link = reverse("admin:concept_milestonereport_changelist", query={"milestone__id__exact": row.pk})
    assert f'<a href="{link}">alle Rückmeldungen und Kommentare</a>' in text
    assert "noch keine" in client.get(url(MilestoneFactory())).text


def test_evidence_is_added_by_whoever_is_signed_in_and_taken_away_again(client):
    row = MilestoneFactory()
    form = {**read_form(client.get(url(row))), "evidence-TOTAL_FORMS": "1", "evidence-0-title": "Protokoll"}
    form |= {"evidence-0-milestone": str(row.pk), "evidence-0-added_by": str(UserFactory().pk)}
    refused = client.post(url(row), {**form, "evidence-0-file": ContentFile(b"MZ", name="a.exe")})
    assert "Diese Dateiart wird nicht angenommen." in refused.text
    assert client.post(url(row), {**form, "evidence-0-file": ContentFile(b"%PDF-1.7", name="a.pdf")}).status_code == 302
    stored = row.evidence.get()
    assert (stored.title, str(stored.added_by.pk)) == ("Protokoll", client.session["_auth_user_id"])
    page = client.get(url(row))
    assert f"{stored.added_by}, {today():%d.%m.%Y}" in page.text
    assert client.post(url(row), {**read_form(page), "evidence-0-DELETE": "on"}).status_code == 302
    assert not row.evidence.exists()


STAYS = [
    # state, reports, sentence
    ({}, 1, "„Auftakt“ hat eine Rückmeldung und bleibt deshalb stehen. Wird er nicht mehr gebraucht, wählen Sie „Ent"),
    ({}, 2, "„Auftakt“ hat 2 Rückmeldungen und bleibt deshalb stehen. Wird er nicht mehr gebraucht, wählen Sie „Ent"),
    ({"reached": True}, 1, "„Auftakt“ hat eine Rückmeldung und bleibt deshalb stehen.</p>"),
]


@pytest.mark.parametrize(("state", "count", "sentence"), STAYS)
def test_a_milestone_about_which_something_was_said_stays_and_says_why(client, state, count, sentence):
    row = MilestoneFactory(title="Auftakt", **state)
    assert "deletelink" in client.get(url(row)).text
    for _ in range(count):
        MilestoneReportFactory(milestone=row)
    assert "deletelink" not in client.get(url(row)).text
    for page in (client.get(url(row, "delete")), client.post(url(row, "delete"), {"post": "yes"})):
        assert sentence in page.text
        assert f'<a class="button" href="{url(row)}">Zurück</a>' in page.text
    assert Milestone.objects.filter(pk=row.pk).exists()


# --- The plan --------------------------------------------------------------------------------------------------------
def test_a_measure_shows_its_milestones_as_links_and_edits_its_indicators(client):
    measure = MeasureFactory()
    row = ending(3, measure=measure, title="Start")
    IndicatorFactory(measure=measure, name="Schulen mit Projekt")
    text = client.get(url(measure)).text
    assert f'<a href="{url(row)}">Start</a> – {row.planned} · geplant · {row.responsible.code}' in text
    assert "Schulen mit Projekt" in text
    assert "noch keine" in client.get(url(MeasureFactory())).text


def test_of_many_milestones_a_measure_shows_fifty_and_the_way_to_all(client):
    measure = MeasureFactory()
    rows = [MilestoneFactory(measure=measure, undated=True, position=number) for number in range(52)]
    text = client.get(url(measure)).text
    assert (f">{rows[49]}</a>" in text, f">{rows[50]}</a>" in text) == (True, False)
    assert "alle Meilensteine" in text


def test_a_goal_of_another_field_is_refused_at_the_field(client):
    measure, goal = MeasureFactory(), GoalFactory()
    assert "Dieses Ziel gehört zu einem anderen Handlungsfeld." in post(client, measure, goal=str(goal.pk)).text


def test_a_goal_shows_its_measures_and_does_not_leave_them_behind(client):
    goal = GoalFactory()
    measure = MeasureFactory(field_of_action=goal.field_of_action, goal=goal, title="Schulprojekte")
    assert url(measure) in client.get(url(goal)).text
    refused = post(client, goal, field_of_action=str(FieldOfActionFactory().pk))
    assert "dieses Ziels gehört zu einem anderen Handlungsfeld" in refused.text
    assert post(client, goal, title="Neuer Titel").status_code == 302
    assert Goal.objects.get().title == "Neuer Titel"


@pytest.mark.parametrize(
    ("model", "make"),
    [(Measure, lambda: MeasureFactory(field_of_action=GoalFactory().field_of_action)), (Goal, GoalFactory)],
)
def test_the_list_of_a_field_counts_and_links(client, model, make):
    row = make()
    page = client.get(reverse("admin:concept_fieldofaction_changelist"))
    assert page.context["cl"].result_count == 1
    expected = 1 if model is Measure else 0
    link = reverse("admin:concept_measure_changelist", query={"field_of_action__id__exact": row.field_of_action_id})
    assert f'<a href="{link}">{expected}</a>' in page.text


def values(indicator, *rows):
    data = {"values-TOTAL_FORMS": str(len(rows))}
    for number, (day, value) in enumerate(rows):
        data |= {f"values-{number}-as_of": day, f"values-{number}-value": value}
        data |= {f"values-{number}-indicator": str(indicator.pk)}
    return data


def test_an_indicator_shows_its_latest_value_and_what_is_missing(client):
    indicator = IndicatorFactory(unit="Schulen", baseline=4, target=20)
    assert "noch keiner" in client.get(url(indicator)).text
    rows = values(indicator, ("01.02.2026", "7,5"), ("01.03.2026", "1.200"))
    assert post(client, indicator, **rows).status_code == 302
    IndicatorValueFactory(indicator=indicator, as_of=datetime.date(2026, 4, 1), value=7)
    for text in (client.get(url(indicator)).text, client.get(reverse("admin:concept_indicator_changelist")).text):
        assert "7 am 01.04.2026" in text
        assert "13 Schulen" in text
    Indicator.objects.get().values.all().delete()
    IndicatorValueFactory(indicator=indicator, value=21)
    assert "erreicht" in client.get(url(indicator)).text


def test_nothing_is_counted_in_advance(client):
    indicator = IndicatorFactory()
    assert "Dieser Tag liegt in der Zukunft." in post(client, indicator, **values(indicator, (tomorrow(), "7"))).text
    assert not indicator.values.exists()


def test_a_new_workshop_goes_behind_the_others(client):
    WorkshopFactory(position=3)
    page = reverse("admin:concept_workshop_add")
    assert client.post(page, {**read_form(client.get(page)), "title": "Neu", "kind": "draft"}).status_code == 302
    assert Workshop.objects.get(title="Neu").position == 4


def test_a_decision_on_permanence_comes_with_its_resolution(client):
    evaluation = EvaluationFactory()
    refused = post(client, evaluation, decision="permanent")
    assert "Zu einer Entscheidung gehört der Beschluss, mit dem sie gefallen ist." in refused.text
    resolution = str(ConsultationFactory().pk)
    assert post(client, evaluation, decision="permanent", resolution=resolution).status_code == 302


# --- Cost ------------------------------------------------------------------------------------------------------------
def milestone_with(rows):
    """Everything a milestone can name, and `rows` of what there can be several of."""
    milestone = MilestoneFactory(
        measure=MeasureFactory(),
        event=EventFactory(),
        resolution=ConsultationFactory(),
        predecessors=[MilestoneFactory(undated=True, event=EventFactory()) for _ in range(rows)],
        involved=[UnitFactory() for _ in range(rows)],
    )
    for _ in range(rows):
        MilestoneFactory(predecessors=[milestone], event=EventFactory())
    return milestone


def measure_with(rows):
    measure = MeasureFactory(involved=[UnitFactory() for _ in range(rows)])
    for _ in range(rows):
        MilestoneFactory(measure=measure, event=EventFactory())
        IndicatorFactory(measure=measure)
    return measure


def goal_with(rows):
    goal = GoalFactory()
    for _ in range(rows):
        MeasureFactory(field_of_action=goal.field_of_action, goal=goal)
    return goal


def indicator_with(rows):
    indicator = IndicatorFactory()
    for number in range(rows):
        IndicatorValueFactory(indicator=indicator, as_of=OLD - number * DAYS)
    return indicator


def queries_of(client, address):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return [query["sql"] for query in captured]


@pytest.mark.parametrize("is_superuser", [False, True], ids=["Koordination", "superuser"])
@pytest.mark.parametrize("make", [milestone_with, measure_with, goal_with, indicator_with])
def test_a_form_costs_the_same_with_one_and_with_thirty_rows(make, is_superuser):
    client = signed_in(*([] if is_superuser else [Role.KOORDINATION]), is_superuser=is_superuser)
    one, many = make(1), make(30)
    queries_of(client, url(one))
    few, lots = queries_of(client, url(one)), queries_of(client, url(many))
    assert len(few) == len(lots), "\n".join(lots)
    assert len(lots) <= 25, "\n".join(lots)


def fill_lists(rows):
    for number in range(rows):
        milestone_with(1)
        MilestoneFactory(project=ProjectFactory())
        IndicatorValueFactory(indicator=IndicatorFactory(name=f"I {number}"))


@pytest.mark.parametrize("model", [Milestone, Measure, Indicator], ids=lambda model: model.__name__)
def test_a_list_costs_the_same_with_one_and_with_thirty_rows(client, model):
    address = reverse(f"admin:concept_{model._meta.model_name}_changelist")
    fill_lists(1)
    queries_of(client, address)
    few = queries_of(client, address)
    fill_lists(10)
    lots = queries_of(client, address)
    assert len(few) == len(lots) <= 12, "\n".join(lots)


OWN_ORDER = [
    "Milestone",
    "MilestoneReport",
    "Measure",
    "FieldOfAction",
    "Goal",
    "Workshop",
    "InventoryItem",
    "PeerConcept",
    "Evaluation",
]


def test_the_desk_lists_milestones_first_and_indicators_with_their_measure(client):
    names = [
        model["object_name"]
        for group in client.get(reverse("admin:index")).context["app_list"]
        if group["name"] == "Konzept und Maßnahmen"
        for model in group["models"]
    ]
    assert names[0] == "Milestone"
    assert [name for name in names if name in OWN_ORDER] == OWN_ORDER
    assert "Indicator" not in names
    assert Indicator in admin.site._registry


HEADED = {InventoryItemFactory: "Aktivitäten (Bestandsanalyse)", EvaluationFactory: "Evaluationen"}


@pytest.mark.parametrize("make", HEADED)
def test_a_list_is_headed_by_what_stands_in_it(client, make):
    address = reverse(f"admin:concept_{make._meta.model._meta.model_name}_changelist")
    assert f"<title>{HEADED[make]} | KEpol</title>" in client.get(address).text
