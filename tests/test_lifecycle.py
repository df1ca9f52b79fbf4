"""The one door of milestones: who may take which step in which state, what it writes, and that nothing else writes it."""

import datetime
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from concept import lifecycle
from concept.choices import Channel, PostponementReason, ReportStep, Status
from concept.lifecycle import OnBehalf
from concept.models import AppendOnly, Milestone, MilestoneReport
from kepol.accounts.choices import Role
from kepol.lib.history import entries
from kepol.lib.periods import Period
from kepol.lib.versions import Conflict
from tests.factories import MembershipFactory, PersonFactory, UnitFactory, UserFactory
from tests.factories.concept import MilestoneFactory, MilestoneReportFactory
from tests.factories.stakeholders import EventFactory

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)
TODAY = datetime.date(2026, 5, 6)
OLD = datetime.date(2026, 1, 15)
THREADS = 20
DRAWING = Path(__file__).parent.parent / "docs" / "meilensteine.md"


def day(year, month=1, number=1):
    return datetime.date(year, month, number)


def span(start, end, *, named=False):
    return Period(start, end, named=named)


PLAN = span(day(2026, 4), day(2026, 6, 30), named=True)
AUGUST = span(day(2026, 8), day(2026, 8, 31), named=True)
JULY = span(day(2026, 7), day(2026, 7, 31), named=True)


def in_state(status, **values):
    reached = {"reached_on": day(2026, 4, 2)} if status == Status.REACHED else {}
    return MilestoneFactory(**{"status": status, "note": "Begründung", "planned": PLAN, **reached, **values})


def coordinator(**values):
    return UserFactory(roles=[Role.KOORDINATION], **values)


# --- The table: states × steps × people --------------------------------------------------------------------------------
#: How each step is taken; all of them say something new in every state that allows it.
ACTS = {
    ReportStep.REPORT: lambda row, **who: lifecycle.report(row, text="Es geht voran", **who),
    ReportStep.CONFIRM: lifecycle.confirm,
    ReportStep.RESCHEDULE: lambda row, **who: lifecycle.reschedule(
        row, to=AUGUST, reason=PostponementReason.PARTNER, **who
    ),
    ReportStep.REACH: lambda row, **who: lifecycle.reach(row, on=TODAY - DAY, **who),
    ReportStep.PAUSE: lambda row, **who: lifecycle.pause(row, reason="Stelle frei", **who),
    ReportStep.DROP: lambda row, **who: lifecycle.drop(row, reason="Kein Geld", **who),
    ReportStep.REOPEN: lifecycle.reopen,
    ReportStep.COMMENT: lambda row, **who: lifecycle.comment(row, text="Gut so", **who),
    ReportStep.CORRECT: lambda row, **who: lifecycle.correct_plan(row, planned=JULY, reason="Tippfehler", **who),
}
#: Every step with the states that allow it and the state it leads to; None: it stays as it is.
STEPS = {
    ReportStep.REPORT: ("planned in_progress", None),
    ReportStep.CONFIRM: ("planned in_progress", None),
    ReportStep.RESCHEDULE: ("planned in_progress", None),
    ReportStep.REACH: ("planned in_progress paused", "reached"),
    ReportStep.PAUSE: ("planned in_progress", "paused"),
    ReportStep.DROP: ("planned in_progress paused", "dropped"),
    ReportStep.REOPEN: ("paused reached dropped", "in_progress"),
    ReportStep.COMMENT: ("planned in_progress paused reached dropped", None),
    ReportStep.CORRECT: ("planned in_progress paused reached dropped", None),
}
NOTHING = frozenset()
COMMENT = frozenset({ReportStep.COMMENT})
REPORTS = frozenset(ReportStep) - {ReportStep.CORRECT}
EVERYTHING = frozenset(ReportStep)


def member(milestone, *roles, unit="responsible", start=None, end=None, **account):
    """An account with `roles` whose person is a member of the responsible unit, of one involved, or of another one."""
    involved, other = UnitFactory(), UnitFactory()
    milestone.involved.add(involved)
    units = {"responsible": milestone.responsible, "involved": involved, "other": other}
    user = UserFactory(roles=roles, **account)
    MembershipFactory(person=PersonFactory(user=user), organisation=units[unit], valid_from=start, valid_to=end)
    return user


#: Who it is, and which steps they may take.
WHO = {
    "Koordination": (lambda row: coordinator(), EVERYTHING),
    "superuser": (lambda row: UserFactory(is_superuser=True), EVERYTHING),
    "Koordination and Leitung": (lambda row: UserFactory(roles=[Role.KOORDINATION, Role.LEITUNG]), EVERYTHING),
    "Leitung": (lambda row: member(row, Role.LEITUNG), NOTHING),
    "Lesezugriff": (lambda row: member(row, Role.LESEZUGRIFF), NOTHING),
    "Technik": (lambda row: member(row, Role.TECHNIK), NOTHING),
    "responsible": (lambda row: member(row, Role.FACHBEREICH), REPORTS),
    "responsible until today": (lambda row: member(row, Role.FACHBEREICH, end=TODAY), REPORTS),
    "involved": (lambda row: member(row, Role.FACHBEREICH, unit="involved"), COMMENT),
    "of another unit": (lambda row: member(row, Role.FACHBEREICH, unit="other"), NOTHING),
    "left yesterday": (lambda row: member(row, Role.FACHBEREICH, end=TODAY - DAY), NOTHING),
    "joins tomorrow": (lambda row: member(row, Role.FACHBEREICH, start=TODAY + DAY), NOTHING),
    "without a role": (member, NOTHING),
    "ended account": (lambda row: member(row, Role.FACHBEREICH, is_active=False), NOTHING),
    "ended account of the Koordination": (lambda row: coordinator(is_active=False), NOTHING),
    "ended superuser": (lambda row: UserFactory(is_superuser=True, is_active=False), NOTHING),
}


def expected(status, step, allowed):
    if step not in allowed:
        return PermissionDenied
    return None if status in STEPS[step][0].split() else ValidationError


def stored():
    """Everything a step writes: the milestone as it is, its history, what was said."""
    milestone = Milestone.objects.values().get()
    return milestone, Milestone.history.count(), list(MilestoneReport.objects.values().order_by("pk"))


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("status", Status)
def test_each_step_is_taken_or_refused_as_the_table_says(status, who):
    make, allowed = WHO[who]
    row = in_state(status)
    by = make(row)
    for step in ReportStep:
        before, wanted = stored(), expected(status, step, allowed)
        assert lifecycle.may_take(by, step, row, on=TODAY) is (step in allowed), step
        with transaction.atomic():
            if wanted is None:
                assert_taken(Milestone.objects.get(), step, by, before)
            else:
                with pytest.raises(wanted):
                    ACTS[step](Milestone.objects.get(), by=by, today=TODAY)
                assert stored() == before, step
            transaction.set_rollback(True)


def assert_taken(row, step, by, before):
    """The milestone has the new state, the report says what it was and became, and there is one row of each."""
    milestone, histories, reports = before
    told = ACTS[step](row, by=by, today=TODAY)
    after = Milestone.objects.get()
    writes = step != ReportStep.COMMENT
    assert after.status == (STEPS[step][1] or milestone["status"]), step
    assert (after.version, row.version) == (milestone["version"] + writes,) * 2, step
    assert (Milestone.history.count(), MilestoneReport.objects.count()) == (histories + writes, len(reports) + 1), step
    assert (told.step, told.by, told.as_of) == (step, by, TODAY)
    assert (told.status_before, told.status) == (milestone["status"], after.status)
    assert after.reported_on == (TODAY if told.is_answer else milestone["reported_on"]), step
    assert (row.status, row.reported_on, row.reached_on) == (after.status, after.reported_on, after.reached_on)


def test_the_tables_name_every_step_and_every_state():
    assert set(ACTS) == set(STEPS) == set(ReportStep)
    for status, step in product(Status, ReportStep):
        assert lifecycle.is_allowed(step, in_state(status)) is (status in STEPS[step][0].split()), (status, step)
    assert set(lifecycle.REFUSALS) == set(Status)


def test_the_drawing_shows_the_same_table():
    lines = [[cell.strip() for cell in line.strip("|\n ").split("|")] for line in DRAWING.read_text().splitlines()]
    header = next(line for line in lines if line[0] == "Schritt")
    assert header[1:] == [str(status.label) for status in Status]
    drawn = {line[0]: line[1:] for line in lines if line[0] in set(ReportStep.labels) and len(line) == len(header)}
    assert drawn == {
        str(step.label): ["ja" if step in lifecycle.STEPS[status] else "–" for status in Status] for step in ReportStep
    }


def test_the_drawing_shows_who_may():
    rows = {line.split("|")[1].strip(): line for line in DRAWING.read_text().splitlines() if line.startswith("| ")}
    named = {
        "Koordination": "Koordination",
        "Fachbereich, verantwortlich": "responsible",
        "Fachbereich, beteiligt": "involved",
    }
    for label, who in named.items():
        words = {EVERYTHING: "alle Schritte", REPORTS: "alle außer", COMMENT: "nur Kommentar"}[WHO[who][1]]
        assert words in rows[label], label


# --- Together or not at all ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("model", [Milestone, MilestoneReport])
@pytest.mark.parametrize("step", sorted(set(ReportStep) - {ReportStep.COMMENT}))
def test_a_failure_in_between_leaves_neither_state_nor_report(monkeypatch, step, model):
    row = in_state(Status.PAUSED if step == ReportStep.REOPEN else Status.PLANNED)
    by, before, shown = coordinator(), stored(), vars(row).copy()

    def fail(*_args, **_kwargs):
        raise RuntimeError

    monkeypatch.setattr(model, "save", fail)
    with pytest.raises(RuntimeError):
        ACTS[step](row, by=by, today=TODAY)
    assert stored() == before
    # Whoever shows the object again must not take the refused state for the stored one.
    assert {name: getattr(row, name) for name in before[0]} == {name: shown[name] for name in before[0]}


def test_what_else_the_caller_changed_in_the_object_does_not_slip_through():
    row = in_state(Status.PLANNED)
    row.title, row.responsible = "Heimlich", UnitFactory()
    lifecycle.confirm(row, by=coordinator(), today=TODAY)
    assert Milestone.objects.get().title != "Heimlich"
    assert Milestone.objects.get().responsible != row.responsible


@pytest.mark.parametrize("step", ReportStep)
def test_of_two_who_read_the_same_state_the_second_gets_a_conflict_unless_it_is_a_comment(step):
    row, by = in_state(Status.PAUSED if step == ReportStep.REOPEN else Status.PLANNED), coordinator()
    Milestone.objects.get().save()
    before = stored()
    if step == ReportStep.COMMENT:
        assert ACTS[step](row, by=by, today=TODAY).pk
        return
    with pytest.raises(Conflict):
        ACTS[step](row, by=by, today=TODAY)
    assert stored() == before


def test_a_milestone_that_is_gone_is_a_conflict():
    row, by = in_state(Status.PLANNED), coordinator()
    Milestone.objects.get().delete()
    with pytest.raises(Conflict):
        lifecycle.comment(row, text="Gut so", by=by, today=TODAY)


def at_once(act):
    """Results of `act(number)` by twenty threads."""

    def one(number):
        try:
            return act(number)
        except Conflict:
            return "conflict"
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(THREADS)))


@pytest.mark.django_db(transaction=True)
def test_of_twenty_who_report_on_the_same_state_exactly_one_is_stored():
    row, by = in_state(Status.PLANNED), coordinator()
    copies = [Milestone.objects.get() for _ in range(THREADS)]
    results = at_once(lambda number: lifecycle.report(copies[number], text=f"Satz {number}", by=by, today=TODAY).text)
    assert results.count("conflict") == THREADS - 1
    assert set(MilestoneReport.objects.values_list("text", flat=True)) == set(results) - {"conflict"}
    assert Milestone.objects.get().version == row.version + 1


@pytest.mark.django_db(transaction=True)
def test_twenty_who_read_again_are_all_stored_one_after_the_other():
    row, by = in_state(Status.PLANNED), coordinator()

    def until_stored(number):
        while True:
            try:
                return lifecycle.report(Milestone.objects.get(), text=f"Satz {number}", by=by, today=TODAY).text
            except Conflict:
                continue

    assert sorted(at_once(until_stored)) == sorted(f"Satz {number}" for number in range(THREADS))
    assert (MilestoneReport.objects.count(), Milestone.objects.get().version) == (THREADS, row.version + THREADS)


@pytest.mark.django_db(transaction=True)
def test_twenty_comments_at_once_are_all_stored():
    row, by = in_state(Status.REACHED), coordinator()
    assert "conflict" not in at_once(lambda number: lifecycle.comment(row, text=f"Satz {number}", by=by, today=TODAY))
    assert MilestoneReport.objects.count() == THREADS


# --- What was said stays ---------------------------------------------------------------------------------------------
def edited(row):
    row.text = "Anders"
    return row


IN_PYTHON = {
    "save": lambda row: edited(row).save(),
    "delete": lambda row: row.delete(),
    "update": lambda row: MilestoneReport.objects.update(text="Anders"),
    "delete all": lambda row: MilestoneReport.objects.all().delete(),
    "bulk_update": lambda row: MilestoneReport.objects.bulk_update([edited(row)], ["text"]),
}


@pytest.mark.parametrize("way", IN_PYTHON)
def test_nothing_of_ours_changes_what_was_said(way):
    row = MilestoneReportFactory(text="So")
    with pytest.raises(AppendOnly), transaction.atomic():
        IN_PYTHON[way](row)
    assert MilestoneReport.objects.get().text == "So"


def raw(_row):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE concept_milestonereport SET text = 'Anders'")


def raw_delete(_row):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM concept_milestonereport")


PAST_PYTHON = {
    "raw SQL": raw,
    "raw deletion": raw_delete,
    "the base manager deletes": lambda row: MilestoneReport._base_manager.all().delete(),
    "the base manager": lambda row: MilestoneReport._base_manager.update(text="Anders"),
    "upsert": lambda row: MilestoneReport.objects.bulk_create(
        [edited(row)], update_conflicts=True, update_fields=["text"], unique_fields=["id"]
    ),
    "save_base": lambda row: edited(row).save_base(),
}


@pytest.mark.parametrize("way", PAST_PYTHON)
def test_the_database_itself_refuses_to_change_it(way):
    row = MilestoneReportFactory(text="So")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        PAST_PYTHON[way](row)
    assert MilestoneReport.objects.get().text == "So"


MOVED = {"moved_to": AUGUST}
#: Rule: values that break it, and the sentence.
RULES = {
    "concept_milestonereport_on_behalf": ({"channel": "phone"}, "gehören die Dienststelle, der Weg und der Tag"),
    "concept_milestonereport_moved_with_reason": (MOVED, "Zu einem neuen Termin gehört der Grund"),
    "concept_milestonereport_reschedule_has_date": ({"step": "reschedule"}, "Auf wann verschiebt sich"),
    "concept_milestonereport_reached_with_day": ({"step": "reach"}, "nennt den Tag"),
    "concept_milestonereport_with_text": ({"step": "comment", "text": ""}, "Schreiben Sie dazu"),
    "concept_milestonereport_moved_from_in_order": (
        {"moved_from_start": day(2026), "moved_from_end": day(2025), "moved_from_named": False},
        "Das Ende liegt vor dem Beginn",
    ),
    "concept_milestonereport_moved_to_in_order": (
        {"moved_to_start": day(2026), "moved_to_end": day(2025), "moved_to_named": False, "reason": "staff"},
        "Das Ende liegt vor dem Beginn",
    ),
}


def test_the_rules_are_those_of_the_table():
    assert {rule.name for rule in MilestoneReport._meta.constraints} == set(RULES)


@pytest.mark.parametrize("name", RULES)
def test_a_row_that_says_half_is_refused_by_model_and_database(name):
    values, sentence = RULES[name]
    values = {"milestone": MilestoneFactory(), "by": UserFactory(), "text": "So", **values}
    row = MilestoneReportFactory.build(**values)
    with pytest.raises(ValidationError, match=sentence):
        row.full_clean()
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        MilestoneReport.objects.bulk_create([row])


# --- Dates -----------------------------------------------------------------------------------------------------------
EVENING = {"starts_at": datetime.datetime(2026, 5, 13, 18, tzinfo=ZoneInfo("Europe/Berlin")), "ends_at": None}
EVENING_DAY = span(day(2026, 5, 13), day(2026, 5, 13))
MONTH = {"starts_at": None, "ends_at": None, "period": AUGUST}
NOT_KNOWN = {"starts_at": None, "ends_at": None, "period": None}

MOVES = [
    # plan, event and forecast so far; new date; forecast then, how the report tells it
    ((PLAN, None, None), AUGUST, AUGUST, "Q2/2026 → August 2026 (Partner)"),
    ((PLAN, None, AUGUST), JULY, JULY, "August 2026 → Juli 2026 (Partner)"),
    ((PLAN, None, AUGUST), PLAN, None, "August 2026 → Q2/2026 (Partner)"),
    ((PLAN, EVENING, None), EVENING_DAY, EVENING_DAY, "Q2/2026 → 13.05.2026 (Partner)"),
    ((None, None, None), AUGUST, AUGUST, "ohne Termin → August 2026 (Partner)"),
    ((None, NOT_KNOWN, None), AUGUST, AUGUST, "ohne Termin → August 2026 (Partner)"),
    ((None, EVENING, None), AUGUST, AUGUST, "13.05.2026 → August 2026 (Partner)"),
    ((None, EVENING, AUGUST), EVENING_DAY, None, "August 2026 → 13.05.2026 (Partner)"),
    ((None, MONTH, None), JULY, JULY, "August 2026 → Juli 2026 (Partner)"),
    ((None, MONTH, JULY), AUGUST, None, "Juli 2026 → August 2026 (Partner)"),
]


def dated(plan, event, forecast):
    reason = {"forecast_reason": "staff"} if forecast else {}
    return MilestoneFactory(planned=plan, event=event and EventFactory(**event), forecast=forecast, **reason)


@pytest.mark.parametrize(("before", "to", "then", "told"), MOVES)
def test_a_date_moves_and_the_plan_stays(before, to, then, told):
    row = dated(*before)
    report = lifecycle.reschedule(row, to=to, reason=PostponementReason.PARTNER, by=coordinator(), today=TODAY)
    after = Milestone.objects.get()
    assert (after.planned, after.forecast, after.forecast_reason) == (before[0], then, "partner" if then else "")
    assert report.movement() == told
    assert list(MilestoneReport.objects.moved()) == [report]


SAME = [
    (PLAN, None, None, PLAN),
    (PLAN, None, AUGUST, AUGUST),
    (None, EVENING, None, EVENING_DAY),
    (None, MONTH, None, AUGUST),
]


@pytest.mark.parametrize(("plan", "event", "forecast", "to"), SAME)
def test_the_date_that_is_expected_already_is_no_news(plan, event, forecast, to):
    row = dated(plan, event, forecast)
    with pytest.raises(ValidationError, match="Erwartet wird schon"):
        lifecycle.reschedule(row, to=to, reason=PostponementReason.PARTNER, by=coordinator(), today=TODAY)
    assert not MilestoneReport.objects.exists()


def test_a_date_moves_together_with_the_status():
    row = in_state(Status.PLANNED)
    values = {"to": AUGUST, "reason": PostponementReason.FUNDS, "status": Status.IN_PROGRESS}
    told = lifecycle.reschedule(row, by=coordinator(), today=TODAY, **values)
    assert Milestone.objects.get().status == Status.IN_PROGRESS
    assert told.headline() == "Termin verschoben, geplant → in Umsetzung, Q2/2026 → August 2026 (Mittel)"


def test_a_wrong_plan_is_corrected_and_the_report_tells_what_it_was():
    row = in_state(Status.PLANNED, reported_on=OLD)
    told = lifecycle.correct_plan(row, planned=JULY, reason=" Tippfehler ", by=coordinator(), today=TODAY)
    after = Milestone.objects.get()
    assert (after.planned, after.forecast, after.reported_on, after.note) == (JULY, None, OLD, "Begründung")
    assert (told.text, told.is_answer) == ("Geplanter Termin berichtigt (war Q2/2026): Tippfehler", False)
    assert "geplant von „Q2/2026“ zu „Juli 2026“" in entries(row)[0].sentence


NO_CORRECTION = [
    # plan, new plan, reason, sentence
    (None, JULY, "Tippfehler", "Dieser Meilenstein hat noch keinen geplanten Termin"),
    (PLAN, PLAN, "Tippfehler", "Geplant ist schon „Q2/2026“"),
    (PLAN, JULY, " ", "Warum war der geplante Termin falsch"),
    (PLAN, AUGUST, "Tippfehler", "Die Prognose nennt den geplanten Termin"),
]


@pytest.mark.parametrize(("plan", "wanted", "reason", "sentence"), NO_CORRECTION)
def test_a_plan_is_not_corrected_without_need(plan, wanted, reason, sentence):
    row = dated(plan, None, AUGUST)
    before = stored()
    with pytest.raises(ValidationError, match=sentence):
        lifecycle.correct_plan(row, planned=wanted, reason=reason, by=coordinator(), today=TODAY)
    assert stored() == before


# --- What a step asks for --------------------------------------------------------------------------------------------
SAYS_TOO_LITTLE = {
    "nothing new": (lambda row, **who: lifecycle.report(row, text=" ", **who), "Es steht nichts Neues da"),
    "the same status": (lambda row, **who: lifecycle.report(row, status=row.status, **who), "Es steht nichts Neues da"),
    "reached by report": (
        lambda row, **who: lifecycle.report(row, status=Status.REACHED, **who),
        "Dafür gibt es einen eigenen Schritt",
    ),
    "reached in advance": (lambda row, **who: lifecycle.reach(row, on=TODAY + DAY, **who), "liegt in der Zukunft"),
    "rests without reason": (lambda row, **who: lifecycle.pause(row, reason=" ", **who), "Warum?"),
    "dropped without reason": (lambda row, **who: lifecycle.drop(row, reason="", **who), "Warum?"),
    "comment without words": (lambda row, **who: lifecycle.comment(row, text=" ", **who), "Schreiben Sie dazu"),
    "a whole book": (lambda row, **who: lifecycle.report(row, text="x" * 2001, **who), "2000"),
}


@pytest.mark.parametrize("case", SAYS_TOO_LITTLE)
def test_what_says_too_little_or_too_much_is_refused(case):
    act, sentence = SAYS_TOO_LITTLE[case]
    row, before = in_state(Status.PLANNED), stored()
    with pytest.raises(ValidationError, match=sentence):
        act(row, by=coordinator(), today=TODAY)
    assert stored() == before


def test_why_it_rests_becomes_a_line_of_the_note():
    row = in_state(Status.PLANNED)
    lifecycle.pause(row, reason=" Stelle frei ", by=coordinator(), today=TODAY)
    assert Milestone.objects.get().note == "Begründung\nRuht seit 06.05.2026: Stelle frei"


def test_taking_up_again_takes_the_day_away():
    row = in_state(Status.REACHED)
    lifecycle.reopen(row, by=coordinator(), today=TODAY, status=Status.PLANNED, text="War ein Irrtum")
    assert (Milestone.objects.get().status, Milestone.objects.get().reached_on) == (Status.PLANNED, None)


def test_a_member_speaks_for_the_unit_and_the_koordination_for_itself():
    row = in_state(Status.PLANNED)
    own, involved = member(row, Role.FACHBEREICH), member(row, Role.FACHBEREICH, unit="involved")
    reports = [lifecycle.comment(row, text="So", by=by, today=TODAY) for by in (own, involved, coordinator())]
    assert reports[0].unit == row.responsible
    assert reports[1].unit in set(row.involved.all())
    assert reports[2].unit is None
    assert reports[0].author() == f"{own} ({row.responsible.code})"


# --- On behalf of a unit ---------------------------------------------------------------------------------------------
def told(row, on=TODAY - DAY):
    return OnBehalf(row.responsible, Channel.PHONE, on)


def test_what_the_koordination_passes_on_counts_as_an_answer_and_says_so():
    row = in_state(Status.PLANNED, reported_on=OLD)
    by = coordinator(email="eva@example.org")
    started = timezone.now() - DAY
    report = lifecycle.confirm(row, by=by, today=TODAY, on_behalf_of=told(row))
    assert (report.unit, report.channel, report.received_on) == (row.responsible, "phone", TODAY - DAY)
    assert (report.as_of, Milestone.objects.get().reported_on) == (TODAY - DAY, TODAY - DAY)
    assert (report.is_answer, report.is_on_behalf) == (True, True)
    assert report.author() == f"eva@example.org für {row.responsible.code} (Telefon vom 05.05.2026)"
    assert list(MilestoneReport.objects.answers()) == [report]
    # Received before the question was asked, it does not answer it.
    assert not MilestoneReport.objects.since(started).exists()
    assert lifecycle.confirm(
        row, by=by, today=timezone.localdate(), on_behalf_of=told(row, timezone.localdate())
    ) in MilestoneReport.objects.since(started)


def test_an_older_word_does_not_make_the_entry_older():
    row = in_state(Status.PLANNED, reported_on=TODAY - DAY)
    lifecycle.report(row, text="So", by=coordinator(), today=TODAY, on_behalf_of=told(row, TODAY - 9 * DAY))
    assert Milestone.objects.get().reported_on == TODAY - DAY


def test_nobody_told_anything_tomorrow():
    row, before = in_state(Status.PLANNED), stored()
    with pytest.raises(ValidationError, match="liegt in der Zukunft"):
        lifecycle.confirm(row, by=coordinator(), today=TODAY, on_behalf_of=told(row, TODAY + DAY))
    assert stored() == before


@pytest.mark.parametrize("who", sorted(set(WHO) - {"Koordination", "superuser", "Koordination and Leitung"}))
def test_only_the_koordination_passes_on(who):
    row = in_state(Status.PLANNED)
    by, before = WHO[who][0](row), stored()
    with pytest.raises(PermissionDenied):
        lifecycle.confirm(row, by=by, today=TODAY, on_behalf_of=told(row))
    assert stored() == before


# --- What follows from dates, through a life made with the door -------------------------------------------------------
def words(row, on):
    """What follows on day `on`, in Python; raises when the database says something else."""
    fresh = Milestone.objects.get(pk=row.pk)
    rows = Milestone.objects.filter(pk=row.pk)
    in_sql = {
        "verzögert": rows.overdue(on=on),
        "bald fällig": rows.due_soon(on=on),
        "gefährdet": rows.endangered(),
        "Rückmeldung überfällig": rows.report_overdue(on=on),
    }
    found = fresh.situation(on=on)
    assert [word for word, hits in in_sql.items() if hits.exists()] == found, on
    return found


def test_a_life_through_the_door():
    by = coordinator()
    june = span(day(2026, 6), day(2026, 6, 30), named=True)
    before = MilestoneFactory(planned=span(day(2026, 5), day(2026, 5, 31), named=True), reported_on=day(2026, 7))
    row = MilestoneFactory(planned=june, reported_on=OLD, predecessors=[before])

    def then(verb, milestone, when, **said):
        verb(Milestone.objects.get(pk=milestone.pk), by=by, today=when, **said)
        return words(row, when)

    staff = {"reason": PostponementReason.STAFF}
    assert words(row, OLD + 100 * DAY) == []
    assert words(row, OLD + 101 * DAY) == ["Rückmeldung überfällig"]
    assert then(lifecycle.confirm, row, OLD + 101 * DAY) == []
    assert then(lifecycle.reschedule, before, day(2026, 5, 2), to=span(day(2026, 6, 1), day(2026, 6, 1)), **staff) == []
    late = span(day(2026, 6, 2), day(2026, 6, 2))
    assert then(lifecycle.reschedule, before, day(2026, 5, 3), to=late, **staff) == ["gefährdet"]
    assert then(lifecycle.pause, before, day(2026, 5, 4), reason="Stelle frei") == []
    assert then(lifecycle.reopen, before, day(2026, 5, 5)) == ["gefährdet"]
    assert then(lifecycle.reschedule, row, day(2026, 5, 6), to=JULY, **staff) == []
    assert (words(row, day(2026, 7, 16)), words(row, day(2026, 7, 17))) == ([], ["bald fällig"])
    assert then(lifecycle.pause, row, day(2026, 7, 18), reason="Warten auf den Rat") == []
    assert then(lifecycle.reopen, row, day(2026, 7, 31)) == ["bald fällig"]
    assert words(row, day(2026, 8)) == ["verzögert"]
    assert then(lifecycle.reach, row, day(2026, 8, 3), on=day(2026, 8, 2)) == []
    assert then(lifecycle.reopen, row, day(2026, 8, 4)) == ["verzögert"]
    assert then(lifecycle.drop, row, day(2026, 8, 5), reason="Kein Geld") == []
    assert words(row, day(2030)) == []
    assert row.reports.count() == 7


def at(period=None, **values):
    return {"planned": period, **values}


def until(end):
    return at(span(None, end))


OPEN_END = at(span(day(2026, 5), None, named=True))
IN_THE_EVENING = at(event=EVENING)
DANGER = [
    # what has to be there first, what waits for it; is that in danger?
    (until(day(2026, 3, 31)), at(PLAN), False),
    (until(day(2026, 4, 1)), at(PLAN), False),
    (until(day(2026, 4, 2)), at(PLAN), True),
    (until(day(2026, 5, 1)), OPEN_END, False),
    (until(day(2026, 5, 2)), OPEN_END, True),
    (until(day(2026, 5, 1)), until(day(2026, 5, 1)), False),
    (until(day(2026, 5, 2)), until(day(2026, 5, 1)), True),
    (until(day(2026, 5, 13)), IN_THE_EVENING, False),
    (until(day(2026, 5, 14)), IN_THE_EVENING, True),
    (IN_THE_EVENING, until(day(2026, 5, 13)), False),
    (IN_THE_EVENING, until(day(2026, 5, 12)), True),
    (until(day(2030)), at(), False),
    (until(day(2030)), at(event=NOT_KNOWN), False),
    (at(), at(PLAN), False),
    (OPEN_END, at(PLAN), False),
    (at(PLAN, forecast=AUGUST, forecast_reason="staff"), at(JULY), True),
    (at(AUGUST, forecast=PLAN, forecast_reason="staff"), at(JULY), False),
    (until(day(2026, 5, 1)), at(PLAN, forecast=AUGUST, forecast_reason="staff"), False),
    (until(day(2026, 8, 2)), at(PLAN, forecast=AUGUST, forecast_reason="staff"), True),
    (at(JULY, status=Status.REACHED, reached_on=TODAY), at(PLAN), False),
    (at(JULY, status=Status.PAUSED, note="Stelle frei"), at(PLAN), False),
    (at(JULY), at(PLAN, status=Status.REACHED, reached_on=TODAY), False),
]


@pytest.mark.parametrize(("first", "second", "is_endangered"), DANGER)
def test_in_danger_is_what_must_start_before_the_other_ends(first, second, is_endangered):
    rows = []
    for values in (first, second):
        event = values.get("event")
        rows.append(MilestoneFactory(**{**values, "event": event and EventFactory(**event)}))
    rows[1].predecessors.add(rows[0])
    assert rows[1].is_endangered() is is_endangered
    assert set(Milestone.objects.endangered()) == ({rows[1]} if is_endangered else set())
