"""What follows from dates in partnerships, in SQL and in Python alike; the steps of their lives; rules between rows."""

import datetime

import pytest
from django.core.exceptions import ValidationError

from kepol.council.choices import Outcome
from kepol.council.models import Consultation
from kepol.lib.history import entries
from kepol.lib.periods.value import Period
from kepol.lib.versions import Conflict
from partnerships.choices import AgreementKind, AgreementState, Direction, PartnershipKind, PartnershipStatus
from partnerships.lifecycle import change_stage, renew_agreement, set_project_status
from partnerships.models import Agreement, InKindTransfer, Partnership, Stage, Visit
from partnerships.querysets import months_after
from tests.factories import ConsultationFactory, CountryFactory, UserFactory
from tests.factories.partnerships import (
    AgreementFactory,
    InKindTransferFactory,
    PartnershipFactory,
    ProgrammePointFactory,
    ProjectFactory,
    StageFactory,
    VisitFactory,
    VisitParticipantFactory,
)
from tests.rules.words import day

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)
TWINNING, SOLIDARITY = PartnershipKind.TWINNING, PartnershipKind.SOLIDARITY
ACTIVE, PAUSED, ENDED = PartnershipStatus.ACTIVE, PartnershipStatus.PAUSED, PartnershipStatus.ENDED
TODAY = day(2026, 5, 6)


# --- Kind and status of a partnership ------------------------------------------------------------------------------
STAGES = [
    (SOLIDARITY, ACTIVE, day(2022, 12, 14), day(2025, 9, 16)),
    (TWINNING, ACTIVE, day(2025, 9, 17), day(2028, 2, 29)),
    (TWINNING, PAUSED, day(2029, 3, 1), None),
]
LIFE = [
    (day(1990), None, None),
    (day(2022, 12, 13), None, None),
    (day(2022, 12, 14), SOLIDARITY, ACTIVE),
    (day(2025, 9, 16), SOLIDARITY, ACTIVE),
    (day(2025, 9, 17), TWINNING, ACTIVE),
    (day(2028, 2, 28), TWINNING, ACTIVE),
    (day(2028, 2, 29), TWINNING, ACTIVE),
    (day(2028, 3, 1), None, None),
    (day(2029, 2, 28), None, None),
    (day(2029, 3, 1), TWINNING, PAUSED),
    (day(2099, 12, 31), TWINNING, PAUSED),
]


@pytest.mark.parametrize(("on", "kind", "status"), LIFE)
def test_kind_and_status_are_those_of_the_day(on, kind, status):
    StageFactory(kind=PartnershipKind.CLIMATE, status=ENDED)
    partnership = PartnershipFactory()
    for one, other, start, end in STAGES:
        StageFactory(partnership=partnership, kind=one, status=other, valid_from=start, valid_to=end)
    stage = partnership.stage_on(on)
    assert ((stage.kind, stage.status) if stage else (None, None)) == (kind, status)
    rows = Partnership.objects.filter(pk=partnership.pk)
    annotated = rows.with_stage(on=on).get()
    assert (annotated.kind_then, annotated.status_then) == (kind, status)
    assert [one for one in PartnershipStatus if rows.with_status(one, on=on)] == ([status] if status else [])
    assert [one for one in PartnershipKind if rows.of_kind(one, on=on)] == ([kind] if kind else [])
    assert rows.without_stage(on=on).exists() is (status is None)


def test_an_open_stage_has_always_held_and_one_without_end_holds_for_ever():
    stage = StageFactory()
    for on in (day(1900), TODAY, day(2100)):
        assert stage.partnership.stage_on(on) == stage
        assert Partnership.objects.with_status(ACTIVE, on=on).get() == stage.partnership


# --- Agreements over time ------------------------------------------------------------------------------------------
MONTHS = [
    (day(2025, 1, 31), 1, day(2025, 2, 28)),
    (day(2024, 1, 31), 1, day(2024, 2, 29)),
    (day(2025, 5, 31), 9, day(2026, 2, 28)),
    (day(2027, 5, 31), 9, day(2028, 2, 29)),
    (day(2027, 5, 29), 9, day(2028, 2, 29)),
    (day(2028, 2, 29), 12, day(2029, 2, 28)),
    (day(2025, 3, 31), 9, day(2025, 12, 31)),
    (day(2025, 4, 1), 9, day(2026, 1, 1)),
    (day(2025, 8, 13), 9, day(2026, 5, 13)),
]


@pytest.mark.parametrize(("start", "number", "end"), MONTHS)
def test_months_end_where_the_calendar_does(start, number, end):
    assert months_after(start, number) == end


E, S, R = AgreementState.EXPIRED, AgreementState.EXPIRING, AgreementState.REPLACED
U, F, N = AgreementState.UNSIGNED, AgreementState.IN_FORCE, AgreementState.UPCOMING
# Valid from, valid to, signed, whether its successor is signed (None: it has none), and how it stands on which days.
AGREEMENTS = {
    "three years": (
        (day(2023, 5, 13), day(2026, 5, 12), True, None),
        {
            day(2023, 5, 12): N,
            day(2023, 5, 13): F,
            day(2025, 8, 11): F,
            day(2025, 8, 12): S,
            day(2026, 5, 12): S,
            day(2026, 5, 13): E,
            day(2099): E,
        },
    ),
    "to the end of a month": (
        (None, day(2026, 2, 28), True, None),
        {day(2025, 5, 27): F, day(2025, 5, 28): S, day(2025, 5, 31): S, day(2026, 2, 28): S, day(2026, 3, 1): E},
    ),
    "to the leap day": (
        (None, day(2028, 2, 29), True, None),
        {day(2027, 5, 28): F, day(2027, 5, 29): S, day(2028, 2, 29): S, day(2028, 3, 1): E},
    ),
    "to the thirty-first": (
        (None, day(2026, 8, 31), True, None),
        {day(2025, 11, 29): F, day(2025, 11, 30): F, day(2025, 12, 1): S, day(2026, 9, 1): E},
    ),
    "shorter than the clock": (
        (day(2026), day(2026, 3, 31), True, None),
        {day(2025, 12, 31): N, day(2026): S, day(2026, 3, 31): S, day(2026, 4, 1): E},
    ),
    "open": ((None, None, True, None), {day(1900): F, TODAY: F, day(2100): F}),
    "from a day on": ((day(2017, 3, 1), None, True, None), {day(2017, 2, 28): N, day(2017, 3, 1): F, day(2100): F}),
    "not signed": (
        (day(2026), day(2030, 12, 31), False, None),
        {day(2025): U, day(2026, 6): U, day(2030, 6): S, day(2031): E},
    ),
    "replaced": (
        (day(2023), day(2025, 12, 31), True, True),
        {day(2022): R, day(2024): R, day(2025, 12, 31): R, day(2026): R},
    ),
    "successor only drafted": (
        (day(2023), day(2025, 12, 31), True, False),
        {day(2022): N, day(2024): F, day(2025, 12, 31): S, day(2026): E},
    ),
}
CASES = [(name, on) for name, (_, days) in AGREEMENTS.items() for on in days]


@pytest.mark.parametrize(("name", "on"), CASES, ids=str)
def test_an_agreement_stands_alike_in_python_and_in_sql(name, on):
    (start, end, is_signed, is_replaced), days = AGREEMENTS[name]
    signed = Period(day(2000), day(2000)) if is_signed else None
    agreement = AgreementFactory(valid_from=start, valid_to=end, signed=signed)
    if is_replaced is not None:
        after = Period(day(2025), day(2025)) if is_replaced else None
        agreement.successor = AgreementFactory(partnership=agreement.partnership, signed=after)
        agreement.save()
    expected = days[on]
    mine = Agreement.objects.filter(pk=agreement.pk)
    assert agreement.state_on(on) == expected
    assert [state for state in AgreementState if mine.in_state(state, on=on).exists()] == [expected]
    assert agreement.is_expiring(on) is mine.expiring(on=on).exists() is (expected == S)
    assert agreement.is_replaced is not mine.without_successor().exists()
    assert agreement.is_expired(on) is mine.expired(on=on).exists() is (expected == E)


# --- Visits over time ----------------------------------------------------------------------------------------------
def trip(start, end):
    return Period(start, end)


# Reisezeit, Programmzeit, and on which days the visit is (past, ahead).
VISITS = {
    "a week": (
        trip(day(2026, 7, 6), day(2026, 7, 12)),
        None,
        {
            day(2026, 5, 6): (False, False),
            day(2026, 5, 7): (False, True),
            day(2026, 7, 6): (False, True),
            day(2026, 7, 12): (False, True),
            day(2026, 7, 13): (True, False),
        },
    ),
    "only on site": (
        None,
        trip(day(2026, 7, 8), day(2026, 7, 9)),
        {day(2026, 5, 8): (False, False), day(2026, 5, 9): (False, True), day(2026, 7, 10): (True, False)},
    ),
    "the trip counts": (
        trip(day(2026, 7, 6), day(2026, 7, 12)),
        trip(day(2026, 7, 8), day(2026, 7, 9)),
        {day(2026, 7, 10): (False, True), day(2026, 7, 12): (False, True), day(2026, 7, 13): (True, False)},
    ),
    "the trip counts even against the programme": (
        trip(day(2026, 7, 6), day(2026, 7, 7)),
        trip(day(2026, 7, 8), day(2026, 7, 9)),
        {day(2026, 7, 7): (False, True), day(2026, 7, 8): (True, False)},
    ),
    "a month": (
        Period(day(2025, 8), day(2025, 8, 31), named=True),
        None,
        {day(2025, 6, 1): (False, False), day(2025, 6, 2): (False, True), day(2025, 9): (True, False)},
    ),
    "without a date": (None, None, {day(1990): (False, False), day(2099): (False, False)}),
}


@pytest.mark.parametrize(("name", "on"), [(name, on) for name, (_, _, days) in VISITS.items() for on in days], ids=str)
def test_a_visit_stands_alike_in_python_and_in_sql(name, on):
    official, programme, days = VISITS[name]
    visit = VisitFactory(official=official, programme=programme)
    is_past, is_ahead = days[on]
    assert visit.is_past(on) is Visit.objects.past(on=on).exists() is is_past
    assert Visit.objects.not_past(on=on).exists() is not is_past
    assert Visit.objects.ahead(on=on).exists() is is_ahead
    assert visit.lacks_approval(on) is Visit.objects.lacking_approval(on=on).exists() is not is_past


ADOPTED = {Outcome.ADOPTED, Outcome.ADOPTED_UNCHANGED, Outcome.ADOPTED_AMENDED}
APPROVALS = [
    # direction, in Europe, result of the consultation ("": none yet, None: no consultation), lacks
    (Direction.OUTBOUND, False, None, True),
    (Direction.OUTBOUND, False, "", True),
    *((Direction.OUTBOUND, False, outcome, outcome not in ADOPTED) for outcome in Outcome),
    (Direction.OUTBOUND, True, None, False),
    (Direction.OUTBOUND, True, Outcome.REJECTED, False),
    (Direction.INBOUND, False, None, False),
]


def approval(outcome):
    if outcome is None:
        return None
    return ConsultationFactory(outcome=outcome, status="done" if outcome else "planned")


@pytest.mark.parametrize(("direction", "is_europe", "outcome", "lacks"), APPROVALS)
def test_trips_outside_europe_need_a_consent(direction, is_europe, outcome, lacks):
    visit = VisitFactory(
        direction=direction,
        official=Period(TODAY, TODAY),
        approval=approval(outcome),
        partnership__country=CountryFactory(code="ZZ", name="Erfundenes Land", is_europe=is_europe),
    )
    assert visit.lacks_approval(TODAY) is Visit.objects.lacking_approval(on=TODAY).exists() is lacks
    assert visit.is_approved is Visit.objects.approved().exists() is (outcome in ADOPTED)
    assert Visit.objects.awaiting_approval().exists() is (outcome == "")


def test_participants_are_summed_by_group_and_rows_of_the_programme_do_not_multiply_them():
    visit, other = VisitFactory(), VisitFactory()
    VisitParticipantFactory(visit=visit, group="politics", number=5)
    VisitParticipantFactory(visit=visit, group="administration", number=5)
    VisitParticipantFactory(visit=visit, group="administration", number=1)
    for _ in range(3):
        ProgrammePointFactory(visit=visit)
    assert {group.label: number for group, number in visit.numbers_by_group().items()} == {
        "Verwaltung": 6,
        "Politik": 5,
    }
    assert list(visit.numbers_by_group()) == ["administration", "politics"]
    rows = Visit.objects.with_participants()
    assert [rows.get(pk=one.pk).participants_number for one in (visit, other)] == [11, None]


def test_the_value_of_transfers_is_that_of_the_known_ones():
    for cents in (100_00, None, 50_05):
        InKindTransferFactory(value_cents=cents)
    assert InKindTransfer.objects.value() == 150_05
    assert InKindTransfer.objects.none().value() == 0


# --- Days of the programme -----------------------------------------------------------------------------------------
WEEK = Period(day(2025, 3, 15), day(2025, 3, 23))
ON_SITE = Period(day(2025, 3, 16), day(2025, 3, 25))
POINTS = [
    (WEEK, None, day(2025, 3, 15), ""),
    (WEEK, None, day(2025, 3, 23), ""),
    (WEEK, None, day(2025, 3, 24), "der Reisezeit (15.–23.03.2025)"),
    (WEEK, None, day(2025, 3, 14), "der Reisezeit (15.–23.03.2025)"),
    (WEEK, ON_SITE, day(2025, 3, 25), ""),
    (WEEK, ON_SITE, day(2025, 3, 26), "der Reisezeit (15.–23.03.2025) und der Programmzeit (16.–25.03.2025)"),
    (None, ON_SITE, day(2025, 3, 15), "der Programmzeit (16.–25.03.2025)"),
    (None, None, day(1990), ""),
    (WEEK, None, None, ""),
    (Period(day(2025, 3), day(2025, 3, 31), named=True), None, day(2025, 4), "der Reisezeit (März 2025)"),
]


@pytest.mark.parametrize(("official", "programme", "on", "outside"), POINTS)
def test_a_programme_point_lies_within_its_visit(official, programme, on, outside):
    visit = VisitFactory(official=official, programme=programme)
    point = ProgrammePointFactory.build(visit=visit, day=on, title="Stadtgarten")
    if not outside:
        point.full_clean()
        return
    with pytest.raises(ValidationError) as refused:
        point.full_clean()
    sentence = (
        f"„Stadtgarten“ am {on:%d.%m.%Y} liegt außerhalb {outside}. Berichtigen Sie den Tag oder die Zeit des Besuchs."
    )
    assert refused.value.message_dict == {"day": [sentence]}


# --- Another kind or status ----------------------------------------------------------------------------------------
def stages(partnership):
    return list(partnership.stages.values_list("kind", "status", "valid_from", "valid_to"))


def change(partnership, kind, status, on, **more):
    return change_stage(partnership, kind=kind, status=status, on=on, by=UserFactory(), **more)


def test_the_first_stage_closes_nothing():
    partnership = PartnershipFactory()
    change(partnership, TWINNING, ACTIVE, TODAY)
    assert stages(partnership) == [(TWINNING, ACTIVE, TODAY, None)]


@pytest.mark.parametrize("planned_end", [None, day(2026, 5, 12), day(2025, 9, 16), day(2025, 6, 30)])
def test_the_running_stage_ends_the_day_before_and_the_new_one_begins(planned_end):
    partnership, resolution = PartnershipFactory(), ConsultationFactory()
    StageFactory(partnership=partnership, kind=SOLIDARITY, valid_from=day(2022, 12, 14), valid_to=planned_end)
    stage = change(partnership, TWINNING, ACTIVE, day(2025, 9, 17), resolution=resolution, source="FB 01/0720/WP18")
    last_day = day(2025, 6, 30) if planned_end == day(2025, 6, 30) else day(2025, 9, 16)
    assert stages(partnership) == [
        (SOLIDARITY, ACTIVE, day(2022, 12, 14), last_day),
        (TWINNING, ACTIVE, day(2025, 9, 17), None),
    ]
    assert (stage.resolution, stage.source) == (resolution, "FB 01/0720/WP18")


def test_both_rows_of_a_change_are_told_as_one_sentence():
    partnership, person = PartnershipFactory(), UserFactory(email="eva@example.org")
    StageFactory(partnership=partnership, valid_from=day(1989))
    change_stage(partnership, kind=TWINNING, status=PAUSED, on=day(2022, 3, 30), by=person)
    assert entries(partnership)[0].sentence == (
        "eva@example.org hat Art und Status „Städtepartnerschaft“ geändert: gültig bis von leer zu „29.03.2022“; "
        "Art und Status „Städtepartnerschaft“ hinzugefügt."
    )


REFUSED = [
    (TWINNING, PAUSED, day(2020, 1, 1), "Vom 01.01.2020 an gilt „Städtepartnerschaft, aktiv“."),
    (TWINNING, PAUSED, day(2019, 12, 31), "Vom 01.01.2020 an gilt „Städtepartnerschaft, aktiv“."),
    (TWINNING, PAUSED, datetime.date.min, "Vor diesem Tag kann nichts enden."),
    (TWINNING, ACTIVE, TODAY, "Am 06.05.2026 gilt schon „Städtepartnerschaft, aktiv“."),
]


@pytest.mark.parametrize(("kind", "status", "on", "sentence"), REFUSED)
def test_a_change_out_of_turn_or_to_the_same_is_refused_and_leaves_everything(kind, status, on, sentence):
    partnership = StageFactory(valid_from=day(2020)).partnership
    before = stages(partnership)
    with pytest.raises(ValidationError) as refused:
        change(partnership, kind, status, on)
    assert refused.value.messages[0].startswith(sentence)
    assert stages(partnership) == before


def test_a_planned_stage_is_not_overrun():
    partnership = StageFactory(valid_to=day(2026, 12, 31)).partnership
    StageFactory(partnership=partnership, status=PAUSED, valid_from=day(2027))
    with pytest.raises(ValidationError, match=r"Vom 01\.01\.2027 an gilt „Städtepartnerschaft, ruht“"):
        change(partnership, TWINNING, ENDED, TODAY)


def test_the_same_may_begin_again_after_a_gap():
    partnership = StageFactory(valid_to=day(2020, 12, 31)).partnership
    change(partnership, TWINNING, ACTIVE, TODAY)
    assert [row[2:] for row in stages(partnership)] == [(None, day(2020, 12, 31)), (TODAY, None)]


def test_a_new_stage_that_breaks_a_rule_does_not_close_the_old_one():
    partnership = StageFactory().partnership
    with pytest.raises(ValidationError):
        change(partnership, "unsinn", ACTIVE, TODAY)
    assert Stage.objects.get(partnership=partnership).valid_to is None


def test_two_stages_at_a_time_are_refused():
    stage = StageFactory(valid_from=day(2020))
    with pytest.raises(ValidationError, match="Zur selben Zeit gilt schon: Städtepartnerschaft, aktiv"):
        StageFactory.build(partnership=stage.partnership, valid_to=day(2020)).full_clean()
    StageFactory.build(partnership=stage.partnership, valid_to=day(2019, 12, 31)).full_clean()
    StageFactory.build(partnership=PartnershipFactory(), valid_to=day(2020)).full_clean()


# --- Successors ----------------------------------------------------------------------------------------------------
def renew(agreement, **values):
    given = {"kind": AgreementKind.MOA, "title": "Neu", "signed": None, "valid_from": None, "valid_to": None}
    return renew_agreement(agreement, **{**given, **values}, by=UserFactory())


def test_a_successor_is_made_and_noted_and_the_old_agreement_keeps_its_words():
    agreement = AgreementFactory(valid_from=day(2023, 5, 13), valid_to=day(2026, 5, 12))
    signed = Period(day(2026, 5, 1), day(2026, 5, 1))
    successor = renew(agreement, signed=signed, valid_from=day(2026, 5, 13), valid_to=day(2030, 12, 31))
    stored = Agreement.objects.get(pk=agreement.pk)
    assert (stored.successor, stored.valid_to, stored.kind) == (successor, day(2026, 5, 12), AgreementKind.MOU)
    new = Agreement.objects.get(pk=successor.pk)
    assert (new.partnership, new.kind, new.title, new.signed) == (agreement.partnership, "moa", "Neu", signed)
    assert (new.valid_from, new.valid_to) == (day(2026, 5, 13), day(2030, 12, 31))


def test_a_second_successor_is_refused():
    agreement = AgreementFactory(title="Alt")
    renew(agreement)
    with pytest.raises(ValidationError, match="„Alt“ ist schon abgelöst durch „Neu“"):
        renew(Agreement.objects.get(pk=agreement.pk))
    assert Agreement.objects.count() == 2


def test_a_successor_begins_later():
    agreement = AgreementFactory(title="Alt", valid_from=day(2023))
    with pytest.raises(ValidationError, match=r"„Alt“ gilt ab 01\.01\.2023; die Nachfolge beginnt später"):
        renew(agreement, valid_from=day(2023))
    assert renew(agreement, valid_from=day(2023, 1, 2)).valid_from == day(2023, 1, 2)


def test_who_renews_what_somebody_changed_meanwhile_gets_a_conflict_and_makes_nothing():
    agreement = AgreementFactory()
    other = Agreement.objects.get(pk=agreement.pk)
    other.languages = "Deutsch"
    other.save()
    with pytest.raises(Conflict):
        renew(agreement)
    assert Agreement.objects.count() == 1


def test_a_successor_with_its_days_the_wrong_way_round_is_not_made():
    agreement = AgreementFactory()
    with pytest.raises(ValidationError, match="„gültig bis“ liegt vor „gültig ab“"):
        renew(agreement, valid_from=day(2027), valid_to=day(2026))
    assert Agreement.objects.get() == agreement


def test_a_circle_of_successors_is_named():
    first = AgreementFactory(title="Eins")
    second = AgreementFactory(title="Zwei", partnership=first.partnership, successor=first)
    third = AgreementFactory(title="Drei", partnership=first.partnership, successor=second)
    first.successor = third
    with pytest.raises(ValidationError) as refused:
        first.full_clean()
    assert refused.value.message_dict == {"successor": ["Das ergäbe einen Kreis: Eins → Drei → Zwei → Eins."]}


def test_a_circle_further_on_is_not_walked_for_ever():
    one = AgreementFactory()
    other = AgreementFactory(partnership=one.partnership, successor=one)
    Agreement.objects.filter(pk=one.pk).update(successor=other)
    AgreementFactory(partnership=one.partnership, successor=Agreement.objects.get(pk=other.pk)).full_clean()


def test_a_successor_belongs_to_the_same_partnership():
    with pytest.raises(ValidationError, match="gehört zu einer anderen Partnerschaft"):
        AgreementFactory.build(partnership=PartnershipFactory(), successor=AgreementFactory()).full_clean()


def test_the_status_of_a_project_is_set_by_whoever_did_it():
    project, person = ProjectFactory(), UserFactory(email="eva@example.org")
    set_project_status(project, status="completed", by=person)
    assert entries(project)[0].sentence == "eva@example.org hat geändert: Status von „läuft“ zu „abgeschlossen“."


# --- History in German ---------------------------------------------------------------------------------------------
def test_history_tells_periods_and_amounts_in_german():
    transfer = InKindTransferFactory(sent=None, value_cents=None)
    transfer.sent, transfer.value_cents = Period(day(2023, 12), day(2023, 12, 31), named=True), 180_000_00
    transfer.save()
    transfer.sent, transfer.value_cents = Period(day(2023, 12, 4), day(2023, 12, 5)), 180_000_50
    transfer.save()
    told = [entry.sentence for entry in entries(transfer)]
    assert told[:2] == [
        "Das System hat geändert: Wert von „180.000,00 €“ zu „180.000,50 €“, versandt von „Dezember 2023“ zu „04.–05.12.2023“.",
        "Das System hat geändert: Wert von leer zu „180.000,00 €“, versandt von leer zu „Dezember 2023“.",
    ]


def test_history_names_the_resolution():
    visit = VisitFactory()
    visit.approval = ConsultationFactory(
        committee__name="Hauptausschuss", meeting_date=day(2025, 3, 5), submission__subject="Reise"
    )
    visit.save()
    assert Consultation.objects.get() == visit.approval
    assert entries(visit)[0].sentence.endswith("Zustimmung von leer zu „Hauptausschuss 05.03.2025 – Reise“.")
