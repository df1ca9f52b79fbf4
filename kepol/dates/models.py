"""Wiedervorlage: on a day, somebody wants to look at a record again. And the days on which the city is closed."""

import datetime
from collections.abc import Iterator

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from kepol.dates.querysets import TicklerQuerySet
from kepol.lib.backoffice.attached import Attached
from kepol.lib.names import Keyed
from kepol.lib.records import Record

NOTE_LENGTH = 300


class Tickler(Keyed, Attached, Record):
    """A record is to be looked at again on a day, by somebody, for a reason; `kepol.dates.ticklers` has the verbs."""

    due_on = models.DateField("Tag", help_text="An diesem Tag erscheint der Eintrag auf der Übersicht.")
    note = models.CharField("Notiz", max_length=NOTE_LENGTH, help_text="Was ist dann zu tun?")
    for_whom = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="für wen", related_name="+")
    done_on = models.DateField("erledigt am", null=True, blank=True, editable=False)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name="erledigt von",
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )

    history_also = ("done_on", "done_by")

    objects = TicklerQuerySet.as_manager()

    class Meta:
        verbose_name = "Wiedervorlage"
        verbose_name_plural = "Wiedervorlagen"
        ordering = ["due_on", "pk"]
        indexes = [
            *Attached.Meta.indexes,
            models.Index(fields=["for_whom", "due_on"], condition=Q(done_on__isnull=True), name="dates_tickler_open"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_on__isnull=True, done_by__isnull=True)
                | Q(done_on__isnull=False, done_by__isnull=False),
                name="dates_tickler_done_by_somebody",
                violation_error_message="Wer eine Wiedervorlage erledigt, wird mit dem Tag vermerkt.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.due_on:%d.%m.%Y}: {self.note}"

    def key_source(self) -> str:
        """Record and note."""
        return f"{self.title} {self.note}"

    @property
    def is_done(self) -> bool:
        """Whether somebody has done it."""
        return self.done_on is not None

    def is_overdue(self, *, on: datetime.date) -> bool:
        """Whether it is open and its day lies before `on`."""
        return not self.is_done and self.due_on < on


class ClosedDay(Keyed, Record):
    """One day or several in a row, both ends included, on which the city is closed although nobody has a holiday by law."""

    first_day = models.DateField("erster Tag")
    last_day = models.DateField("letzter Tag", help_text="Bei einem einzelnen Tag derselbe.")
    name = models.CharField("Anlass", max_length=100, help_text="Zum Beispiel: Betriebsferien, Weiberfastnacht.")

    class Meta:
        verbose_name = "Schließtag"
        verbose_name_plural = "Schließtage"
        ordering = ["-first_day", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(first_day__lte=F("last_day")),
                name="dates_closedday_in_order",
                violation_error_message="Der letzte Tag liegt vor dem ersten.",
            )
        ]

    def __str__(self) -> str:
        if self.first_day == self.last_day:
            return f"{self.name} am {self.first_day:%d.%m.%Y}"
        return f"{self.name} vom {self.first_day:%d.%m.%Y} bis {self.last_day:%d.%m.%Y}"

    def key_source(self) -> str:
        """The occasion."""
        return self.name

    def days(self, *, first: datetime.date, last: datetime.date) -> Iterator[datetime.date]:
        """Each of its days from `first` to `last`, both included."""
        day, end = max(self.first_day, first), min(self.last_day, last)
        while day <= end:
            yield day
            day += datetime.timedelta(days=1)
