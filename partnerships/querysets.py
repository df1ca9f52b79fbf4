"""Adjectives for partnerships and what belongs to them."""

import calendar
import datetime
from typing import Self

from django.db.models import Q

from kepol.lib.validity import ValidQuerySet, in_force
from stakeholders.querysets import ProgrammeQuerySet

#: Renewing, converting or ending an agreement needs a resolution: the clock rings nine months ahead (architecture, settings).
AGREEMENT_CLOCK_MONTHS = 9
MONTHS = 12


def months_after(day: datetime.date, months: int) -> datetime.date:
    """The same day `months` later; the last of the month where it has no such day."""
    year, month = divmod(day.year * MONTHS + day.month - 1 + months, MONTHS)
    last = calendar.monthrange(year, month + 1)[1]
    return datetime.date(year, month + 1, min(day.day, last))


class AgreementQuerySet(ValidQuerySet, ProgrammeQuerySet):
    """Agreements, told apart by how long they still hold."""

    def without_successor(self) -> Self:
        """Not replaced by another agreement."""
        return self.filter(successor__isnull=True)

    def expiring(self, *, on: datetime.date) -> Self:
        """In force on day `on`, ending within nine months, and not replaced."""
        last = months_after(on, AGREEMENT_CLOCK_MONTHS)
        return self.without_successor().filter(in_force(on), valid_to__lte=last)

    def expired(self, *, on: datetime.date) -> Self:
        """Over before day `on` and not replaced."""
        return self.without_successor().filter(valid_to__lt=on)


class PartnershipQuerySet(ProgrammeQuerySet):
    """Partnerships, told apart by their stage on a day."""

    def with_status(self, status: str, *, on: datetime.date) -> Self:
        """Partnerships whose stage on day `on` has `status`."""
        return self.filter(in_force(on, "stages__") & Q(stages__status=status)).distinct()
