"""When a milestone rings: it is late, due soon, or without news, and nobody has said anything since that began."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from concept.models import Milestone, Occasion, ReminderLevel
from concept.querysets import DUE_SOON, REPORT_OVERDUE

ONE_DAY = datetime.timedelta(days=1)
#: An answer is good until something new happens to the milestone (it is late now, say), but for no longer than this.
AFTER_ANSWER = datetime.timedelta(days=30)


@dataclass(frozen=True)
class Ring:
    """Why and since when a milestone rings, told by its dates alone."""

    occasion: Occasion
    since: datetime.date


@dataclass(frozen=True)
class Entry:
    """One milestone in somebody's mail. `told_on` is the last day on which anybody was told of it at its present date, or None."""

    milestone: Any
    ring: Ring
    level: ReminderLevel
    stands_in: bool
    told_on: datetime.date | None

    @property
    def is_for_somebody_else(self) -> bool:
        """Whether the person gets it in the place of whoever answers for it."""
        return self.stands_in or self.level is not ReminderLevel.FIRST

    def was_told_since(self, day: datetime.date) -> bool:
        """Whether anybody was told of it, at its present date, on `day` or later."""
        return self.told_on is not None and self.told_on >= day


def ring(milestone: Any, *, on: datetime.date) -> Ring | None:
    """Why the open `milestone`, read with `expected_end`, rings on day `on`; None when it does not.

    An occasion that was there when the unit last answered is settled for `AFTER_ANSWER`.
    """
    ringing = {}
    for occasion, start in _starts(milestone, on=on).items():
        is_settled = milestone.reported_on >= start
        since = milestone.reported_on + AFTER_ANSWER if is_settled else start
        if since <= on:
            ringing[occasion] = since
    if not ringing:
        return None
    return Ring(next(iter(ringing)), min(ringing.values()))


def _starts(milestone: Any, *, on: datetime.date) -> dict[Occasion, datetime.date]:
    """The first day of each occasion there is, or was, on day `on`, the most pressing first; it may still be to come."""
    starts, end = {}, milestone.expected_end
    if end is not None and end < on:
        starts[Occasion.OVERDUE] = end + ONE_DAY
    if end is not None:
        # Also of what is late by now: it has rung since then, if nobody answered.
        starts[Occasion.DUE_SOON] = end - DUE_SOON
    starts[Occasion.SILENT] = milestone.reported_on + REPORT_OVERDUE + ONE_DAY
    return starts


def candidates(*, on: datetime.date) -> QuerySet:
    """Milestones that are overdue, due soon or without news on day `on`, answered or not; with `expected_end`."""
    dated = Q(expected_end__lte=on + DUE_SOON)
    rows = Milestone.objects.open().with_expected_end()
    return rows.filter(dated | Q(reported_on__lt=on - REPORT_OVERDUE))


def ringing(*, on: datetime.date) -> dict[Any, Ring]:
    """Each milestone that rings on day `on`, with why; one query."""
    rows = candidates(on=on).select_related("responsible", "event").order_by("pk")
    return {row: why for row in rows if (why := ring(row, on=on)) is not None}
