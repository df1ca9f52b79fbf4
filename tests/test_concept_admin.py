"""The concept at the desk: lists and their filters, forms and what they refuse, steps, the counts of the start page."""

import datetime
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from concept.choices import Status
from concept.follow_ups import ConceptFollowUp
from concept.models import Goal, Indicator, Measure, Milestone, Workshop
from kepol.accounts.choices import Role
from kepol.accounts.roles import sync_roles
from kepol.lib.periods import Period
from kepol.lib.versions import seen_token
from kepol.reference.models import Sdg
from tests.factories import OrganisationAliasFactory, OrganisationFactory, UnitFactory, UserFactory
from tests.factories.concept import (
    EvaluationFactory,
    FieldOfActionFactory,
    GoalFactory,
    IndicatorFactory,
    IndicatorValueFactory,
    InventoryItemFactory,
    MeasureFactory,
    MilestoneFactory,
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
    assert rows_of(client, Milestone, lage="unsinn") == set(expected)


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
    assert len([query for query in captured if "concept_milestone" in query["sql"]]) == len(counts)
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
    for situation, number, rows in (("offen", 2, {late, due}), ("verzoegert", 1, {late})):
        wanted = {"measure__id__exact": str(measure.pk), "lage": situation}
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
NEWS = {
    "status": ({"status": "in_progress"}, None),
    "forecast": ({"forecast": "Q3/2027", "forecast_reason": "staff"}, None),
    "note": ({"note": "Angefragt"}, None),
    "reached": ({"status": "reached", "reached_on": "02.04.2026"}, None),
    "own day": ({"status": "in_progress", "reported_on": "03.02.2026"}, datetime.date(2026, 2, 3)),
    "title": ({"title": "Anders"}, OLD),
    "nothing": ({}, OLD),
}


@pytest.mark.parametrize("case", NEWS)
def test_news_are_dated_today_unless_the_person_says_otherwise(client, case):
    typed, expected = NEWS[case]
    row = MilestoneFactory(reported_on=OLD)
    assert post(client, row, **typed).status_code == 302
    assert Milestone.objects.get(pk=row.pk).reported_on == (expected or today())


def tomorrow():
    return (today() + DAYS).strftime("%d.%m.%Y")


REFUSED = {
    "reached in advance": (lambda: {"status": "reached", "reached_on": tomorrow()}, "Dieser Tag liegt in der Zukunft."),
    "reported in advance": (lambda: {"reported_on": tomorrow()}, "Dieser Tag liegt in der Zukunft."),
    "forecast is the plan": (
        lambda: {"forecast": "4. Quartal 2099", "forecast_reason": "staff"},
        "Die Prognose nennt den geplanten Termin.",
    ),
    "forecast without reason": (lambda: {"forecast": "2100"}, "Zu einer Prognose gehört der Grund der Verschiebung"),
    "rests without reason": (lambda: {"status": "paused"}, "Warum ruht oder entfällt der Meilenstein?"),
    "unreadable": (lambda: {"planned": "demnächst"}, "demnächst"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_the_form_refuses_with_the_remedy(client, case):
    typed, message = REFUSED[case]
    row = MilestoneFactory()
    response = post(client, row, **typed())
    assert response.status_code == 200
    assert message in response.text
    assert Milestone.objects.get(pk=row.pk).version == row.version


def test_a_day_alone_is_another_date_than_the_plan_it_lies_in(client):
    row = MilestoneFactory()
    assert post(client, row, forecast="31.12.2099", forecast_reason="staff").status_code == 302


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
    assert (str(stored.planned), stored.note) == (
        "Q3/2026",
        "Geplanter Termin berichtigt (war Q4/2099): Im falschen Jahr",
    )
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
    row = MilestoneFactory(involved=[unit])
    assert "„FB 36 - Umwelt“ ist schon verantwortlich." in post(client, row, responsible=str(unit.pk)).text
    assert post(client, row, responsible=str(unit.pk), involved=[]).status_code == 302
    assert (Milestone.objects.get(pk=row.pk).responsible, list(row.involved.all())) == (unit, [])


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
def act(client, name, rows, **typed):
    """Choose rows in the list, look at the page of the step, confirm."""
    address = reverse(f"admin:concept_{rows[0]._meta.model_name}_changelist")
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
    assert "Bestätigen lässt sich nur, was noch zu erreichen ist" in response.text
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


def test_the_desk_lists_milestones_first_and_indicators_with_their_measure(client):
    names = [
        model["object_name"]
        for group in client.get(reverse("admin:index")).context["app_list"]
        if group["name"] == "Konzept und Maßnahmen"
        for model in group["models"]
    ]
    assert names == [
        "Milestone",
        "Measure",
        "FieldOfAction",
        "Goal",
        "Workshop",
        "InventoryItem",
        "PeerConcept",
        "Evaluation",
    ]
    assert Indicator in admin.site._registry


HEADED = {InventoryItemFactory: "Aktivitäten (Bestandsanalyse)", EvaluationFactory: "Evaluationen"}


@pytest.mark.parametrize("make", HEADED)
def test_a_list_is_headed_by_what_stands_in_it(client, make):
    address = reverse(f"admin:concept_{make._meta.model._meta.model_name}_changelist")
    assert f"<title>{HEADED[make]} | KEpol</title>" in client.get(address).text
