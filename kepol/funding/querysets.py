"""Adjectives for grants and the duties they bring."""

import datetime
from typing import Self

from stakeholders.querysets import ProgrammeQuerySet

#: A report takes weeks to write: it is announced that long before it is due.
LEAD_TIME = datetime.timedelta(days=60)


class ReportDutyQuerySet(ProgrammeQuerySet):
    """Duties to report, told apart by how near they are."""

    def open(self) -> Self:
        """Not submitted yet."""
        return self.filter(submitted_on__isnull=True)

    def overdue(self, *, on: datetime.date) -> Self:
        """Open, and due before day `on`."""
        return self.open().filter(due_on__lt=on)

    def due_soon(self, *, on: datetime.date) -> Self:
        """Open, and due from day `on` within the lead time of sixty days."""
        return self.open().filter(due_on__gte=on, due_on__lte=on + LEAD_TIME)
