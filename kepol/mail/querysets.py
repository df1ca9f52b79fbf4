"""Adjectives for mails; `now` is the moment they are asked for."""

import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q

from kepol.mail.choices import MailState

#: Nobody hands over a mail for longer; who still stands there after it was interrupted.
STUCK_AFTER = datetime.timedelta(minutes=5)
#: A mail that waits longer deserves a look at the mail server.
LATE_AFTER = datetime.timedelta(hours=1)


class MailQuerySet(models.QuerySet):
    """Mails, told apart by what is still to happen to them."""

    def queued(self) -> Self:
        """Nobody hands them over at the moment."""
        return self.filter(state=MailState.QUEUED)

    def due(self, *, now: datetime.datetime) -> Self:
        """To be handed over now; what expires first goes first, so that a login code does not wait behind reminders."""
        rows = self.queued().filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), try_after__lte=now)
        return rows.order_by(F("expires_at").asc(nulls_last=True), "try_after", "pk")

    def late(self, *, now: datetime.datetime) -> Self:
        """Queued for longer than `LATE_AFTER`."""
        return self.queued().filter(queued_at__lt=now - LATE_AFTER)

    def unclear(self, *, now: datetime.datetime) -> Self:
        """Begun and never finished: nobody knows whether the server took them; in SQL what `Mail.is_unclear` says."""
        interrupted = ~Q(last_error="") | Q(sending_since__lte=now - STUCK_AFTER)
        return self.filter(interrupted, state=MailState.SENDING)
