"""Adjectives for grants and the duties they bring."""

import datetime
from typing import Self

from kepol.lib.periods.fields import ends_between
from stakeholders.querysets import ProgrammeQuerySet

#: A report takes weeks to write: it is announced that long before it is due.
LEAD_TIME = datetime.timedelta(days=60)
#: An application for what comes after a grant has to be in about half a year before its end, and takes months to prepare.
LAST_YEAR_OF_GRANT = datetime.timedelta(days=365)


class GrantQuerySet(ProgrammeQuerySet):
    """Grants, told apart by how near their end is."""

    def ending(self, *, on: datetime.date) -> Self:
        """Those whose period ends from day `on` within a year; without an end a grant is none of them."""
        return self.filter(ends_between("period", on, on + LAST_YEAR_OF_GRANT))


class ReportDutyQuerySet(ProgrammeQuerySet):
    """Duties to report, told apart by how near they are."""

    def open(self) -> Self:
        """Not submitted yet."""
        return self.filter(submitted_on__isnull=True)

    def submitted(self) -> Self:
        """Done."""
        return self.filter(submitted_on__isnull=False)

    def overdue(self, *, on: datetime.date) -> Self:
        """Open, and due before day `on`."""
        return self.open().filter(due_on__lt=on)

    def due_soon(self, *, on: datetime.date) -> Self:
        """Open, and due from day `on` within the lead time of sixty days."""
        return self.open().filter(due_on__gte=on, due_on__lte=on + LEAD_TIME)
