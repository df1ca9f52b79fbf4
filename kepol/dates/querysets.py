"""Adjectives for Wiedervorlagen."""

import datetime
from typing import Any, Self

from django.db.models import Q

from kepol.lib.backoffice.attached import AttachedQuerySet


class TicklerQuerySet(AttachedQuerySet):
    """Wiedervorlagen, told apart by whether and when they ring, and for whom."""

    def open(self) -> Self:
        """Nobody has done it yet."""
        return self.filter(done_on__isnull=True)

    def done(self) -> Self:
        """Somebody has done it."""
        return self.filter(done_on__isnull=False)

    def due(self, *, on: datetime.date) -> Self:
        """Open, and its day is `on` or earlier."""
        return self.open().filter(due_on__lte=on)

    def meant_for(self, user: Any) -> Self:
        """For `user`, and those of accounts that were ended: otherwise they would ring for nobody."""
        return self.filter(Q(for_whom=user) | Q(for_whom__is_active=False))
