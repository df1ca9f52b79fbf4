"""The concept: what follows from dates in SQL and in Python, rules between rows, verbs, and who may read what."""

import datetime
from decimal import Decimal
from itertools import product
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from concept.choices import PostponementReason, Status
from concept.models import (
    Evaluation,
    FieldOfAction,
    Goal,
    Indicator,
    InventoryItem,
    Measure,
    Milestone,
    PeerConcept,
    Workshop,
    refuse_predecessor_circle,
)
from concept.models.figures import number_text, parse_figure
from concept.progress import set_progress
from concept.responsibility import assign
from concept.validators import canonical_number
from kepol.accounts.choices import Role
from kepol.accounts.roles import sync_roles
from kepol.lib.history import entries
from kepol.lib.periods import Period
from kepol.lib.versions import Conflict
from tests.factories import MembershipFactory, OrganisationFactory, PersonFactory, UnitFactory, UserFactory
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
from tests.factories.stakeholders import EventFactory

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)
TODAY = datetime.date(2026, 5, 6)


def day(year, month=1, number=1):
    return datetime.date(year, month, number)


# --- What follows from dates: SQL and Python say the same on every day -----------------------------------------------
PERIODS = {
    "quarter": Period(day(2026, 4), day(2026, 6, 30), named=True),
    "month": Period(day(2026, 5), day(2026, 5, 31), named=True),
    "end of a month": Period(day(2026, 4, 21), day(2026, 4, 30), named=True),
    "day": Period(TODAY, TODAY),
    "days": Period(day(2026, 5, 20), day(2026, 6, 3)),
    "from": Period(day(2026, 5), None, named=True),
    "until": Period(None, day(2026, 12, 31), named=True),
    "undated": None,
}
AUGUST = Period(day(2026, 8), day(2026, 8, 31), named=True)
LIFE = [day(2026) + number * 3 * DAY for number in range(140)]
# Edges of the table: the first and the last day on which each word holds.
EDGES = sorted(
    {period.end + shift * DAY for period in PERIODS.values() if period and period.end for shift in (-31, -30, -15, -14)}
    | {period.end + shift * DAY for period in PERIODS.values() if period and period.end for shift in (-1, 0, 1)}
    | {day(2026, 1, 15) + shift * DAY for shift in (99, 100, 101)}
)


def of_status(status, planned, forecast):
    values = {"status": status, "planned": planned, "forecast": forecast}
    if forecast is not None:
        values["forecast_reason"] = PostponementReason.PARTNER
    if status == Status.REACHED:
        values["reached_on"] = day(2026, 4, 2)
    return MilestoneFactory(note="Begründung", **values)


def berlin(*numbers):
    return datetime.datetime(*numbers, tzinfo=ZoneInfo("Europe/Berlin"))


# Events by what is known of their time: an end after midnight, no end, a period with and without an end, nothing.
EVENTS = {
    "two days": {"starts_at": berlin(2026, 5, 13, 18), "ends_at": berlin(2026, 5, 14, 0, 30), "period": None},
    "evening": {"starts_at": berlin(2026, 4, 13, 23, 30), "ends_at": None, "period": None},
    "month": {"starts_at": None, "ends_at": None, "period": PERIODS["month"]},
    "from": {"starts_at": None, "ends_at": None, "period": PERIODS["from"]},
    "undated": {"starts_at": None, "ends_at": None, "period": None},
}


def with_event(known, **values):
    return MilestoneFactory(**{"planned": None, "event": EventFactory(**EVENTS[known]), **values})


def every_shape():
    """Milestones of every status with every kind of date, moved or not, at an event or not, some waiting for others."""
    rows = [of_status(status, planned, None) for status, planned in product(Status, PERIODS.values())]
    rows += [with_event(known, planned=planned) for known, planned in product(EVENTS, PERIODS.values())]
    rows += [with_event(known, forecast=PERIODS["from"], forecast_reason="staff") for known in EVENTS]
    moved = [(None, PERIODS["day"]), (PERIODS["day"], PERIODS["quarter"]), (PERIODS["quarter"], PERIODS["from"])]
    rows += [of_status(status, *dates) for status, dates in product(Status, moved)]
    for number, row in enumerate(rows):
        row.predecessors.add(rows[(number * 7 + 3) % len(rows)], rows[(number * 5 + 1) % len(rows)])
    return rows


QUESTIONS = {
    "overdue": (lambda rows, on: rows.overdue(on=on), lambda row, on: row.is_overdue(on)),
    "due soon": (lambda rows, on: rows.due_soon(on=on), lambda row, on: row.is_due_soon(on)),
    "due in a month": (
        lambda rows, on: rows.due_soon(on=on, within=30 * DAY),
        lambda row, on: row.is_due_soon(on, within=30 * DAY),
    ),
    "no news": (lambda rows, on: rows.report_overdue(on=on), lambda row, on: row.is_report_overdue(on)),
    "open": (lambda rows, on: rows.open(), lambda row, on: row.is_open),
    "endangered": (lambda rows, on: rows.endangered(), lambda row, on: row.is_endangered()),
    "moved": (lambda rows, on: rows.moved(), lambda row, on: bool(row.postponement())),
    "undated": (lambda rows, on: rows.undated(), lambda row, on: row.date_text(on=on) == "ohne Termin"),
}
#: Questions whose answer does not depend on the day.
ALWAYS_ALIKE = {"open", "endangered", "moved", "undated"}


def test_sql_and_python_agree_through_a_life():
    every_shape()
    rows = list(Milestone.objects.select_related("event").prefetch_related("predecessors__event"))
    for question, (in_sql, in_python) in QUESTIONS.items():
        numbers = set()
        for on in [*LIFE, *EDGES]:
            found = set(in_sql(Milestone.objects, on).values_list("pk", flat=True))
            assert found == {row.pk for row in rows if in_python(row, on)}, (question, on)
            numbers.add(len(found))
        # Some rows are found and some are not; where days matter, not the same on all of them.
        assert max(numbers) > 0, question
        assert min(numbers) < len(rows), question
        assert (len(numbers) > 1) is (question not in ALWAYS_ALIKE), question


NAMED_DAYS = [
    # planned, day, late, due within fourteen days
    ("quarter", day(2026, 6, 15), False, False),
    ("quarter", day(2026, 6, 16), False, True),
    ("quarter", day(2026, 6, 30), False, True),
    ("quarter", day(2026, 7, 1), True, False),
    ("day", TODAY, False, True),
    ("day", TODAY + DAY, True, False),
    ("from", day(2030), False, False),
    ("until", day(2026, 12, 31), False, True),
    ("until", day(2027), True, False),
    ("undated", day(2030), False, False),
]


@pytest.mark.parametrize(("planned", "on", "late", "due"), NAMED_DAYS)
def test_late_begins_on_the_day_after_the_span(planned, on, late, due):
    row = MilestoneFactory(planned=PERIODS[planned])
    assert (row.is_overdue(on), row.is_due_soon(on)) == (late, due)
    assert Milestone.objects.overdue(on=on).exists() is late
    assert Milestone.objects.due_soon(on=on).exists() is due


def test_a_forecast_counts_instead_of_the_plan_even_when_it_has_no_end():
    row = MilestoneFactory(planned=PERIODS["day"], forecast=PERIODS["from"], forecast_reason="staff")
    assert row.is_overdue(day(2030)) is Milestone.objects.overdue(on=day(2030)).exists() is False


def test_news_are_missing_after_a_hundred_days():
    row = MilestoneFactory(reported_on=TODAY)
    for days, missing in ((100, False), (101, True)):
        on = TODAY + days * DAY
        assert row.is_report_overdue(on) is Milestone.objects.report_overdue(on=on).exists() is missing


ENDANGERED = [
    # status, end of what it waits for; expected
    (Status.PLANNED, day(2026, 4, 2), True),
    (Status.IN_PROGRESS, day(2026, 4, 2), True),
    (Status.PLANNED, day(2026, 4, 1), False),
    (Status.PLANNED, day(2026, 3, 31), False),
    (Status.REACHED, day(2026, 4, 2), False),
    (Status.PAUSED, day(2026, 4, 2), False),
    (Status.DROPPED, day(2026, 4, 2), False),
    (Status.PLANNED, None, False),
]


@pytest.mark.parametrize(("status", "end", "expected"), ENDANGERED)
def test_endangered_by_an_open_one_that_ends_after_the_start(status, end, expected):
    before = of_status(status, Period(end, end) if end else None, None)
    row = MilestoneFactory(planned=PERIODS["quarter"], predecessors=[before])
    assert row.is_endangered() is expected
    assert set(Milestone.objects.endangered()) == ({row} if expected else set())


def test_the_situation_in_words():
    before = MilestoneFactory(planned=PERIODS["until"])
    row = MilestoneFactory(planned=PERIODS["day"], predecessors=[before], reported_on=day(2026))
    assert row.situation(on=TODAY) == ["bald fällig", "gefährdet", "Rückmeldung überfällig"]
    assert row.situation(on=TODAY + DAY) == ["verzögert", "gefährdet", "Rückmeldung überfällig"]
    assert before.situation(on=day(2026, 1, 20)) == []
    assert row.situation(on=day(2026, 1, 20), is_endangered=False) == []


EVENT_DAYS = [
    # what is known of the event, its last day
    ("two days", day(2026, 5, 14)),
    ("evening", day(2026, 4, 13)),
    ("month", day(2026, 5, 31)),
]


@pytest.mark.parametrize(("known", "last"), EVENT_DAYS)
def test_without_a_plan_the_day_of_the_event_counts(known, last):
    row = with_event(known)
    assert row.ends_on == Milestone.objects.with_expected_end().get().expected_end == last
    assert (row.is_overdue(last), row.is_overdue(last + DAY)) == (False, True)
    assert list(Milestone.objects.overdue(on=last + DAY)) == [row]
    assert list(Milestone.objects.due_soon(on=last)) == [row]
    assert row.is_due_soon(last)


@pytest.mark.parametrize("values", [{"planned": PERIODS["until"]}, {"planned": PERIODS["from"]}])
def test_the_plan_counts_before_the_event(values):
    row = with_event("evening", **values)
    assert row.is_overdue(day(2026, 6)) is Milestone.objects.overdue(on=day(2026, 6)).exists() is False


# --- How it reads and in which order ---------------------------------------------------------------------------------
def test_dates_as_readers_see_them():
    rows = {
        "02.04.2026": of_status(Status.REACHED, PERIODS["day"], None),
        "13.05.2026, 18:00–19:30 Uhr": MilestoneFactory(planned=PERIODS["day"], event=EventFactory()),
        "Q2/2026": MilestoneFactory(planned=PERIODS["quarter"]),
        "Ende April 2026": MilestoneFactory(planned=PERIODS["end of a month"]),
        "seit Mai 2026": MilestoneFactory(planned=PERIODS["from"]),
        "bis 2026": MilestoneFactory(planned=PERIODS["until"]),
        "ohne Termin": MilestoneFactory(undated=True),
        "Mai 2026": with_event("month"),
        "13.04.2026, 23:30 Uhr": with_event("evening"),
        "August 2026": with_event("evening", planned=PERIODS["day"], forecast=AUGUST, forecast_reason="partner"),
        "03.04.2026": with_event("evening", status=Status.REACHED, reached_on=day(2026, 4, 3)),
    }
    assert [row.date_text(on=TODAY) for row in rows.values()] == list(rows)
    moved = MilestoneFactory(planned=PERIODS["quarter"], forecast=PERIODS["until"], forecast_reason="partner")
    assert moved.postponement() == "Q2/2026 → bis 2026 (Partner)"
    off = with_event("evening", forecast=AUGUST, forecast_reason="partner")
    assert off.postponement() == "13.04.2026, 23:30 Uhr → August 2026 (Partner)"


def test_milestones_stand_in_the_order_of_time_and_undated_ones_last_in_their_position():
    second = MilestoneFactory(undated=True, position=2)
    first = MilestoneFactory(undated=True, position=1)
    late = MilestoneFactory(planned=PERIODS["quarter"])
    moved = MilestoneFactory(planned=PERIODS["day"], forecast=PERIODS["until"], forecast_reason="staff")
    reached = MilestoneFactory(planned=PERIODS["until"], status=Status.REACHED, reached_on=day(2026))
    beginning = MilestoneFactory(planned=PERIODS["from"])
    evening = with_event("evening", position=9)
    assert list(Milestone.objects.all()) == [reached, evening, beginning, late, moved, first, second]


def test_workshops_without_a_date_stand_behind_the_others_in_their_position():
    second, first = WorkshopFactory(position=2), WorkshopFactory(position=1)
    dated = WorkshopFactory(position=9, held=PERIODS["month"])
    assert list(Workshop.objects.all()) == [dated, first, second]
    assert Workshop.objects.next_position() == 10


# --- Rules ---------------------------------------------------------------------------------------------------------
NUMBERS = {
    "1": "1",
    "1.2.3": "1.2.3",
    " 1. 2 .3 ": "1.2.3",
    "4.": "4",
    "A.1b": "A.1b",
    "M\u00a07": "M7",
    "\uff11.2": "1.2",
}


@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_has_one_form(text):
    assert canonical_number(text) == NUMBERS[text]
    field = FieldOfActionFactory.build(code=text)
    field.full_clean()
    assert field.code == NUMBERS[text]


@pytest.mark.parametrize("text", [".1", "1..2", "1,2", "1/2", "-", "1.2.."])
def test_what_is_no_number_is_refused_with_an_example(text):
    with pytest.raises(ValidationError) as refused:
        MeasureFactory.build(field_of_action=FieldOfActionFactory(), lead=None, code=text).full_clean()
    assert refused.value.message_dict["code"] == [
        f"„{text}“ ist keine Nummer. Erlaubt sind Ziffern und Buchstaben, durch Punkte gegliedert, etwa „1.2.3“."
    ]


def test_a_number_in_another_spelling_is_still_the_same_number():
    FieldOfActionFactory(code="1.2")
    with pytest.raises(ValidationError, match="Diese Nummer ist schon vergeben"):
        FieldOfActionFactory.build(code="1. 2").full_clean()


def test_a_circle_of_predecessors_is_named_the_whole_way_round():
    first = MilestoneFactory(title="Entwurf")
    second = MilestoneFactory(title="Beratung", predecessors=[first])
    third = MilestoneFactory(title="Beschluss", predecessors=[second])
    first.predecessors.add(third)
    with pytest.raises(ValidationError) as refused:
        first.full_clean()
    assert refused.value.message_dict == {
        "predecessors": ["Das ergäbe einen Kreis: Entwurf → Beschluss → Beratung → Entwurf."]
    }
    with pytest.raises(ValidationError, match="Entwurf → Entwurf"):
        refuse_predecessor_circle(first, [first])


def test_a_circle_elsewhere_is_not_walked_for_ever():
    one, other = MilestoneFactory(), MilestoneFactory()
    one.predecessors.add(other)
    other.predecessors.add(one)
    refuse_predecessor_circle(MilestoneFactory(), [one])


def test_two_ways_to_one_predecessor_are_no_circle():
    root = MilestoneFactory()
    ways = [MilestoneFactory(predecessors=[root]) for _ in range(2)]
    MilestoneFactory(predecessors=ways).full_clean()


def test_the_responsible_unit_is_not_involved_too():
    unit = UnitFactory(code="FB 36", name="Umwelt")
    with pytest.raises(ValidationError) as refused:
        MilestoneFactory(responsible=unit, involved=[unit]).full_clean()
    assert refused.value.message_dict["involved"] == [
        "„FB 36 - Umwelt“ ist schon verantwortlich. Nehmen Sie die Dienststelle bei den beteiligten heraus."
    ]


def test_goal_and_measure_stay_in_one_field_of_action():
    goal, other = GoalFactory(), FieldOfActionFactory()
    with pytest.raises(ValidationError, match="gehört zu einem anderen Handlungsfeld"):
        MeasureFactory.build(field_of_action=other, goal=goal, lead=None).full_clean()
    measure = MeasureFactory(field_of_action=goal.field_of_action, goal=goal)
    goal.field_of_action = other
    with pytest.raises(ValidationError) as refused:
        goal.full_clean()
    assert list(refused.value.message_dict) == ["field_of_action"]
    assert str(measure) in refused.value.messages[0]


# --- Verbs ---------------------------------------------------------------------------------------------------------
def koordination():
    return UserFactory(email="eva@example.org", roles=[Role.KOORDINATION])


def test_a_unit_that_takes_over_is_no_longer_involved():
    old, new = UnitFactory(code="FB 01", name="Alt"), UnitFactory(code="FB 36", name="Neu")
    row = MilestoneFactory(responsible=old, involved=[new])
    assign(row, unit=new, by=koordination())
    stored = Milestone.objects.get(pk=row.pk)
    assert (stored.responsible, list(stored.involved.all())) == (new, [])
    assert entries(row)[0].sentence == (
        "eva@example.org hat geändert: verantwortlich von „FB 01 - Alt“ zu „FB 36 - Neu“, "
        "beteiligt von „FB 36 - Neu“ zu leer."
    )


def test_only_a_unit_of_the_city_takes_over():
    row = MilestoneFactory()
    unit = row.responsible
    retired, by = UnitFactory(retired_on=day(2026), retired_reason="aufgelöst"), koordination()
    for other in (OrganisationFactory(), retired):
        with pytest.raises(ValidationError) as refused:
            assign(Milestone.objects.get(), unit=other, by=by)
        assert list(refused.value.message_dict) == ["responsible"]
    assert Milestone.objects.get(pk=row.pk).responsible == unit


@pytest.mark.parametrize("role", [*sorted(set(Role) - {Role.KOORDINATION}), None], ids=str)
def test_nobody_but_the_koordination_says_who_is_responsible(role):
    row, own = MilestoneFactory(), UnitFactory()
    with pytest.raises(PermissionDenied):
        assign(row, unit=own, by=person_of(own, role))
    assert Milestone.objects.get().responsible == row.responsible


def test_taking_over_overwrites_no_unseen_work():
    row, new = MilestoneFactory(), UnitFactory()
    row.involved.add(new)
    Milestone.objects.get().save()
    with pytest.raises(Conflict):
        assign(row, unit=new, by=koordination())
    assert list(row.involved.all()) == [new]


def test_the_progress_of_a_measure_keeps_its_reason_or_takes_a_new_one():
    measure = MeasureFactory(reason="Stelle frei")
    set_progress(measure, status=Status.PAUSED, reason="", by=None)
    assert (measure.status, measure.reason) == ("paused", "Stelle frei")
    set_progress(measure, status=Status.DROPPED, reason=" Mittel fehlen ", by=None)
    assert Measure.objects.get(pk=measure.pk).reason == "Mittel fehlen"


def test_a_measure_does_not_rest_without_a_reason():
    with pytest.raises(ValidationError, match="Warum ruht oder entfällt die Maßnahme"):
        set_progress(MeasureFactory(), status=Status.PAUSED, reason=" ", by=None)


# --- Figures -------------------------------------------------------------------------------------------------------
MISSING = [
    # baseline, target, value; missing
    (4, 20, 7, 13),
    (4, 20, 20, 0),
    (4, 20, 25, 0),
    (None, 20, 7, 13),
    (100, 40, 70, 30),
    (100, 40, 30, 0),
    (4, None, 7, None),
]


@pytest.mark.parametrize(("baseline", "target", "value", "missing"), MISSING)
def test_how_much_is_missing_to_the_target(baseline, target, value, missing):
    indicator = IndicatorFactory.build(measure=None, baseline=baseline, target=target)
    assert indicator.missing(Decimal(value)) == missing


@pytest.mark.parametrize(
    ("value", "text"), [("7", "7"), ("7.00", "7"), ("7.50", "7,50"), ("1234567.00", "1.234.567"), ("-0.25", "-0,25")]
)
def test_figures_read_in_german(value, text):
    assert number_text(Decimal(value)) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [("7", "7"), ("7,5", "7.5"), (" 1.234 ", "1234"), ("1.234.567,89", "1234567.89"), ("−0,25", "-0.25"), ("0", "0")],
)
def test_german_figures_are_read(text, value):
    assert parse_figure(text) == Decimal(value)


@pytest.mark.parametrize("text", ["7.5", "1.23", "1,234", "1'000", "sieben", "1e3", "١٢", "", "7,"])
def test_ambiguous_figures_are_refused(text):
    with pytest.raises(ValueError, match="ist keine Zahl mit höchstens zwei Nachkommastellen"):
        parse_figure(text)


def test_figures_are_told_in_german():
    value = IndicatorValueFactory(value=Decimal("7.50"), as_of=day(2026))
    value.value = Decimal("1234.00")
    value.save()
    assert entries(value.indicator)[0].sentence == (
        "Das System hat Messwert „01.01.2026“ geändert: Wert von „7,50“ zu „1.234“."
    )


def test_the_latest_value_is_that_of_the_latest_day():
    indicator, empty = IndicatorFactory(name="A"), IndicatorFactory(name="B")
    for number, month in ((7, 3), (9, 5), (8, 4)):
        IndicatorValueFactory(indicator=indicator, as_of=day(2026, month), value=number)
    rows = Indicator.objects.with_latest()
    assert [(row.latest_value, row.latest_on) for row in rows] == [(9, day(2026, 5)), (None, None)]
    assert str(indicator.values.first()) == "9 am 01.05.2026"
    assert empty in rows


def test_milestones_of_measures_are_counted_without_doubling():
    measure, other = MeasureFactory(code="1"), MeasureFactory(code="2")
    before = [MilestoneFactory(measure=measure, planned=PERIODS["day"]) for _ in range(2)]
    MilestoneFactory(measure=measure, planned=PERIODS["until"], predecessors=before)
    MilestoneFactory(measure=measure, reached=True)
    with_event("evening", measure=measure)
    rows = Measure.objects.with_number_of_milestones(on=TODAY + DAY)
    assert [(row, row.open_milestones, row.late_milestones) for row in rows] == [(measure, 4, 3), (other, 0, 0)]


def test_measures_of_fields_and_goals_are_counted():
    goal = GoalFactory()
    MeasureFactory(field_of_action=goal.field_of_action, goal=goal)
    MeasureFactory(field_of_action=goal.field_of_action)
    assert FieldOfAction.objects.with_number_of_measures().get().number_of_measures == 2
    assert Goal.objects.with_number_of_measures().get().number_of_measures == 1


# --- History in German -----------------------------------------------------------------------------------------------
def test_periods_and_money_are_told_in_german():
    measure = MeasureFactory(period=Period(day(2026, 4), day(2026, 6, 30), named=True))
    measure.period, measure.total_cost_cents = PERIODS["until"], 123_456_00
    measure.save()
    assert entries(measure)[0].sentence == (
        "Das System hat geändert: Zeitraum von „Q2/2026“ zu „bis 2026“, Kosten gesamt von leer zu „123.456,00 €“."
    )


def test_a_postponement_is_told_with_its_reason():
    row = MilestoneFactory(planned=PERIODS["quarter"])
    row.forecast, row.forecast_reason = Period(day(2026, 8), day(2026, 8, 31), named=True), "partner"
    row.save()
    assert entries(row)[0].sentence == (
        "Das System hat geändert: Prognose von leer zu „August 2026“, Grund der Verschiebung von leer zu „Partner“."
    )


# --- Who may read --------------------------------------------------------------------------------------------------
MEMBERSHIPS = {
    "ended yesterday": (None, TODAY - DAY),
    "ends today": (None, TODAY),
    "begins today": (TODAY, None),
    "begins tomorrow": (TODAY + DAY, None),
}
IN_FORCE = {"ends today", "begins today"}
ALL_SEEING = {Role.KOORDINATION, Role.LEITUNG, Role.LESEZUGRIFF}


def person_of(unit, role, membership="begins today"):
    user = UserFactory(roles=[role] if role else [])
    start, end = MEMBERSHIPS[membership]
    MembershipFactory(person=PersonFactory(user=user), organisation=unit, valid_from=start, valid_to=end)
    return user


def named_by(unit):
    """A row of each model for every way in which it can name `unit`."""
    field = FieldOfActionFactory(lead=unit)
    measure = MeasureFactory(lead=unit)
    return [
        field,
        GoalFactory(field_of_action=field),
        measure,
        MeasureFactory(involved=[unit]),
        IndicatorFactory(measure=measure),
        MilestoneFactory(responsible=unit),
        MilestoneFactory(involved=[unit]),
        WorkshopFactory(organiser=unit),
        WorkshopFactory(participants=[unit]),
        InventoryItemFactory(unit=unit),
        InventoryItemFactory(organisations=[unit]),
        EvaluationFactory(unit=unit),
    ]


MODELS = (FieldOfAction, Goal, Measure, Indicator, Milestone, Workshop, InventoryItem, PeerConcept, Evaluation)


@pytest.mark.parametrize("membership", MEMBERSHIPS)
@pytest.mark.parametrize("role", [*Role, None], ids=str)
def test_rows_are_read_as_the_table_says(role, membership):
    unit = UnitFactory()
    own = {(type(row), row.pk) for row in named_by(unit)}
    named_by(UnitFactory())
    PeerConceptFactory()
    everything = {(model, pk) for model in MODELS for pk in model.objects.values_list("pk", flat=True)}
    user = person_of(unit, role, membership)
    found = [
        (model, pk) for model in MODELS for pk in model.objects.visible_to(user, on=TODAY).values_list("pk", flat=True)
    ]
    readable = everything if role in ALL_SEEING else set()
    if role is Role.FACHBEREICH and membership in IN_FORCE:
        readable = own
    assert set(found) == readable
    assert len(found) == len(set(found))


# --- Files ---------------------------------------------------------------------------------------------------------
PDF = b"%PDF-1.7\n"


@pytest.mark.parametrize(
    ("key", "factory", "unit_field", "name"),
    [
        ("workshop", WorkshopFactory, "organiser", "Ergebnis – Dokumentation.pdf"),
        ("evaluation", EvaluationFactory, "unit", "Ergebnis – Bericht.pdf"),
    ],
)
@pytest.mark.parametrize("role", [*Role, None], ids=str)
def test_a_file_goes_with_its_row_and_missing_looks_like_forbidden(role, key, factory, unit_field, name):
    sync_roles()
    unit = UnitFactory()
    own, foreign = (
        factory(title="Ergebnis", file=ContentFile(PDF, name="a.pdf"), **{unit_field: one})
        for one in (unit, UnitFactory())
    )
    empty = factory(**{unit_field: unit})
    client = Client()
    user = UserFactory(roles=[role] if role else [])
    MembershipFactory(person=PersonFactory(user=user), organisation=unit)
    client.force_login(user)
    answers = {pk: client.get(reverse("files:serve", args=[key, pk])) for pk in (own.pk, foreign.pk, empty.pk, 999_999)}
    allowed = {own.pk, foreign.pk} if role in ALL_SEEING else {own.pk} if role is Role.FACHBEREICH else set()
    assert {pk for pk, answer in answers.items() if answer.status_code == 200} == allowed
    refused = [answer for pk, answer in answers.items() if pk not in allowed]
    assert {(answer.status_code, answer.content) for answer in refused} == {(404, refused[0].content)}
    for pk in allowed:
        assert answers[pk].getvalue() == PDF
        assert unquote(answers[pk]["Content-Disposition"]).endswith(name)
