"""Adjectives for measures and milestones. Each question about a day is asked in SQL here and in Python at the model."""

import datetime
from typing import Any, Self

from django.db.models import Case, DateField, F, Q, When
from django.db.models.functions import Coalesce

from concept.choices import Status
from stakeholders.querysets import ProgrammeQuerySet

#: Defaults of the house (architecture, settings with their defaults).
DUE_SOON = datetime.timedelta(days=14)
REPORT_OVERDUE = datetime.timedelta(days=100)

OPEN = Q(status__in=sorted(Status.OPEN))


def expected_end() -> Any:
    """Last day of what is expected now: of the forecast where there is one, otherwise of the plan; NULL without an end."""
    return Case(
        When(forecast_named__isnull=False, then=F("forecast_end")), default=F("planned_end"), output_field=DateField()
    )


def expected_time() -> Any:
    """By which milestones are ordered: the day reached, otherwise the end expected, otherwise the beginning; NULL without a date."""
    ends = Case(
        When(forecast_named__isnull=False, then=Coalesce(F("forecast_end"), F("forecast_start"))),
        default=Coalesce(F("planned_end"), F("planned_start")),
        output_field=DateField(),
    )
    return Coalesce(F("reached_on"), ends)


class MilestoneQuerySet(ProgrammeQuerySet):
    """Milestones; what is said of them and what follows from their dates."""

    def open(self) -> Self:
        """Still to be reached: planned or in progress."""
        return self.filter(OPEN)

    def with_expected_end(self) -> Self:
        """With `expected_end`, the last day of forecast or plan."""
        return self.annotate(expected_end=expected_end())

    def overdue(self, *, on: datetime.date) -> Self:
        """Open, and their expected end has passed on day `on` (verzögert); without an end nothing is ever late."""
        return self.open().with_expected_end().filter(expected_end__lt=on)

    def due_soon(self, *, on: datetime.date, within: datetime.timedelta = DUE_SOON) -> Self:
        """Open, and expected to end from day `on` within fourteen days or the time given."""
        return self.open().with_expected_end().filter(expected_end__gte=on, expected_end__lte=on + within)

    def report_overdue(self, *, on: datetime.date) -> Self:
        """Open, and nobody has confirmed or changed the entry for more than a hundred days (Rückmeldung überfällig)."""
        return self.open().filter(reported_on__lt=on - REPORT_OVERDUE)

    def moved(self) -> Self:
        """With a forecast other than the plan."""
        return self.filter(forecast_named__isnull=False)
