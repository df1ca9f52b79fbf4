"""What `make bench` measures against: a city with ten years behind it, put in by bulk inserts in seconds.

Nothing here goes through the doors, which take a transaction per report; the rows are such as the doors would have written.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from concept.models import Milestone
    from kepol.accounts.models import User
    from stakeholders.models import Organisation

UNITS, FIELDS_OF_ACTION, MEASURES, MILESTONES, YEARS = 17, 6, 60, 400, 10
QUARTER = datetime.timedelta(days=91)
REPORTS = YEARS * 4
BATCH = 2000
SENTENCES = (
    "Die Abstimmung mit den Partnern läuft; der Entwurf liegt vor.",
    "Der Auftrag ist vergeben, die Arbeiten haben begonnen.",
    "Es fehlt noch die Zusage der Mittel für das zweite Halbjahr.",
    "",
)


@dataclass
class City:
    """Its units with somebody who reports for each, an account per role by the name of the role, and the day of the bench."""

    units: Sequence[Organisation]
    authors: Sequence[User]
    people: dict[str, User]
    today: datetime.date


def found() -> City:
    """Units and accounts; whoever stands for the role Fachbereich belongs to the first unit."""
    from django.utils import timezone

    from kepol.accounts.choices import Role
    from tests.factories import MembershipFactory, PersonFactory, UnitFactory, UserFactory

    units: list[Any] = [UnitFactory() for _ in range(UNITS)]
    authors: list[Any] = [UserFactory(roles=[Role.FACHBEREICH]) for _ in units]
    for author, unit in zip(authors, units, strict=True):
        MembershipFactory(person=PersonFactory(user=author), organisation=unit)
    others = {role.value: UserFactory(roles=[role]) for role in (Role.LEITUNG, Role.LESEZUGRIFF, Role.KOORDINATION)}
    people: dict[str, Any] = {Role.FACHBEREICH.value: authors[0], **others, "Superuser": UserFactory(is_superuser=True)}
    return City(units, authors, people, timezone.localdate())


def grow(city: City, times: int = 1) -> None:
    """Add measures, milestones and their reports, `times` as many as one city of this size has after ten years."""
    measures = _measures(city, MEASURES * times)
    milestones = _milestones(city, measures, MILESTONES * times)
    _ties(city, milestones)
    _reports(city, milestones)


def _measures(city: City, number: int) -> list[Any]:
    from concept.models import FieldOfAction, Measure
    from tests.factories.concept import FieldOfActionFactory

    fields: list[Any] = list(FieldOfAction.objects.all()) or [FieldOfActionFactory() for _ in range(FIELDS_OF_ACTION)]
    first = Measure.objects.count()
    rows = [
        Measure(
            field_of_action=fields[index % len(fields)],
            code=f"B{first + index + 1}",
            title=f"Maßnahme {first + index + 1} des Konzepts",
            lead=city.units[index % UNITS],
        )
        for index in range(number)
    ]
    return Measure.objects.bulk_create(_with_keys(rows), BATCH)


def _with_keys(rows: list[Any]) -> list[Any]:
    """Keys follow at each `save()`, which a bulk insert leaves out."""
    for row in rows:
        for column, key in row.derived_keys().items():
            setattr(row, column, key)
    return rows


def _milestones(city: City, measures: Sequence[Any], number: int) -> list[Any]:
    from concept.models import Milestone

    rows = [_milestone(city, measures[index % len(measures)], index) for index in range(number)]
    return Milestone.objects.bulk_create(_with_keys(rows), BATCH)


def _milestone(city: City, measure: Any, index: int) -> Milestone:
    """Two of five are reached, every fourth of the others was moved; the open ones end within a year before or after today."""
    from concept.choices import PostponementReason, Status
    from concept.models import Milestone
    from kepol.lib.periods import Period

    is_reached = index % 5 in {0, 3}
    end = city.today + datetime.timedelta(days=index * 37 % 730 - 365)
    planned = Period(end - QUARTER, end)
    is_moved = not is_reached and index % 4 == 0
    return Milestone(
        title=f"Meilenstein {index + 1} zu {measure.code}",
        measure=measure,
        responsible=city.units[index % UNITS],
        planned=planned,
        forecast=Period(end, end + QUARTER) if is_moved else None,
        forecast_reason=PostponementReason.STAFF if is_moved else "",
        status=Status.REACHED if is_reached else Status.IN_PROGRESS,
        reached_on=city.today - datetime.timedelta(days=index % 900) if is_reached else None,
        reported_on=city.today - datetime.timedelta(days=index % 140),
        position=index % 30_000,
    )


def _ties(city: City, milestones: Sequence[Any]) -> None:
    """Two units take part in each milestone, and each waits for the one before it."""
    from concept.models import Milestone

    involved, predecessors = Milestone.involved.through, Milestone.predecessors.through
    involved.objects.bulk_create(
        [
            involved(milestone=row, organisation=city.units[(index + shift) % UNITS])
            for index, row in enumerate(milestones)
            for shift in (1, 5)
        ],
        BATCH,
    )
    pairs = zip(milestones[1:], milestones, strict=False)
    predecessors.objects.bulk_create(
        [predecessors(from_milestone=later, to_milestone=earlier) for later, earlier in pairs], BATCH
    )


def _reports(city: City, milestones: Sequence[Any]) -> None:
    """One a quarter and milestone, the last one in the past quarter."""
    from concept.models import MilestoneReport

    numbers = count()
    for start in range(0, len(milestones), 100):
        rows = [
            _report(city, milestone, quarter, next(numbers))
            for milestone in milestones[start : start + 100]
            for quarter in range(REPORTS)
        ]
        MilestoneReport.objects.bulk_create(rows, BATCH)


def _report(city: City, milestone: Any, quarter: int, number: int) -> Any:
    from django.utils import timezone

    from concept.choices import ReportStep, Status
    from concept.models import MilestoneReport

    text = SENTENCES[number % len(SENTENCES)]
    unit = city.units.index(milestone.responsible)
    day = city.today - QUARTER * quarter - datetime.timedelta(days=1 + number % 60)
    return MilestoneReport(
        milestone=milestone,
        step=ReportStep.REPORT if text else ReportStep.CONFIRM,
        at=timezone.make_aware(datetime.datetime.combine(day, datetime.time(9, number % 60))),
        by=city.authors[unit],
        as_of=day,
        unit=city.units[unit],
        status_before=Status.IN_PROGRESS,
        status=Status.IN_PROGRESS,
        text=text,
    )


def ask_for_all(city: City) -> Any:
    """A running Sachstandsabfrage for every open milestone."""
    from django.utils import timezone

    from concept.models import Milestone, RoundItem, StatusRound

    by = city.people["Koordination"]
    asked = StatusRound(
        title="Sachstand zum Quartalsende",
        key_date=city.today,
        deadline=city.today + datetime.timedelta(days=14),
        opened_at=timezone.now() - QUARTER,
        opened_by=by,
    )
    asked.save()
    rows = Milestone.objects.open()
    RoundItem.objects.bulk_create(
        [RoundItem(round=asked, milestone=row, unit_id=row.responsible_id) for row in rows], BATCH
    )
    return asked
