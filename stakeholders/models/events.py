"""Events: with their times when these are known, otherwise with the span that is."""

import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from kepol.lib.names import Keyed
from kepol.lib.periods.fields import PeriodField
from kepol.lib.records import Record, Sourced
from kepol.reference.models import Sdg
from stakeholders.models.register import Organisation
from stakeholders.querysets import EVENT_DAY, SOON, EventQuerySet


class Event(Keyed, Sourced, Record):
    """An event; either its times (Europe/Berlin) are known or only a period."""

    title = models.CharField("Titel", max_length=300)
    starts_at = models.DateTimeField("Beginn", null=True, blank=True)
    ends_at = models.DateTimeField("Ende", null=True, blank=True)
    period = PeriodField(
        "Zeitraum", null=True, blank=True, help_text="Nur wenn Beginn und Ende noch nicht auf die Stunde feststehen."
    )
    place = models.CharField("Ort", max_length=200, blank=True)
    url = models.URLField("Adresse im Netz", blank=True, max_length=500)
    organiser = models.ForeignKey(
        Organisation, models.PROTECT, verbose_name="Veranstalter", null=True, blank=True, related_name="+"
    )
    involved = models.ManyToManyField(Organisation, verbose_name="Beteiligte", related_name="+", blank=True)
    sdgs = models.ManyToManyField(Sdg, verbose_name="SDG", related_name="+", blank=True)
    description = models.TextField("Beschreibung", blank=True)

    unit_paths = ("organiser", "involved")
    _history_m2m_fields = ["involved", "sdgs"]

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = "Veranstaltung"
        verbose_name_plural = "Veranstaltungen"
        ordering = [EVENT_DAY.desc(nulls_last=True), F("starts_at").desc(nulls_last=True), "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True, ends_at__isnull=True) | Q(period_named__isnull=True),
                name="stakeholders_event_times_or_period",
                violation_error_message="Geben Sie entweder Beginn und Ende mit Uhrzeit an oder einen Zeitraum, nicht beides.",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(starts_at__isnull=False, ends_at__gte=F("starts_at")),
                name="stakeholders_event_times_in_order",
                violation_error_message="Das Ende liegt vor dem Beginn, oder der Beginn fehlt.",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def key_source(self) -> str:
        """Title and place."""
        return f"{self.title} {self.place}"

    def when(self) -> str:
        """Time as readers see it: `13.05.2025, 18:00–19:30 Uhr`, or the period, or "ohne Termin"."""
        if self.starts_at is None:
            return str(self.period or "ohne Termin")
        start = timezone.localtime(self.starts_at)
        if self.ends_at is None:
            return f"{start:%d.%m.%Y, %H:%M} Uhr"
        end = timezone.localtime(self.ends_at)
        if start.date() == end.date():
            return f"{start:%d.%m.%Y, %H:%M}–{end:%H:%M} Uhr"
        return f"{start:%d.%m.%Y, %H:%M} Uhr bis {end:%d.%m.%Y, %H:%M} Uhr"

    @property
    def first_day(self) -> datetime.date | None:
        """Day on which it begins; None when that is open or not known."""
        if self.starts_at is not None:
            return timezone.localtime(self.starts_at).date()
        return self.period.start if self.period else None

    @property
    def last_day(self) -> datetime.date | None:
        """Day on which it ends, without an end the day on which it begins; None when that is open or not known."""
        if self.starts_at is not None:
            return timezone.localtime(self.ends_at or self.starts_at).date()
        return self.period.end if self.period else None

    def is_past(self, on: datetime.date) -> bool:
        """Whether its last day lies before `on`; without one it never is over."""
        return self.last_day is not None and self.last_day < on

    def is_soon(self, on: datetime.date) -> bool:
        """Whether it begins or ends within `SOON` from day `on`."""
        return any(day is not None and on <= day <= on + SOON for day in (self.first_day, self.last_day))
