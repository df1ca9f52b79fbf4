"""Sachstandsabfrage: for a key date, the Koordination asks every unit how its milestones stand."""

import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from concept.models.milestones import Milestone
from concept.models.plan import UNITS
from concept.querysets import RoundQuerySet
from kepol.lib.names import Keyed
from kepol.lib.records import Record
from stakeholders.models import Organisation


class StatusRound(Keyed, Record):
    """A round of questions for a key date; `concept.rounds` opens and closes it."""

    title = models.CharField("Titel", max_length=200, help_text="Zum Beispiel: Sachstand zum 30.06.2026.")
    key_date = models.DateField("Stichtag", help_text="Der Tag, dessen Stand erfragt wird.")
    deadline = models.DateField("Antwort bis")
    intro = models.TextField(
        "Anschreiben", blank=True, help_text="Steht in der Mail an die Dienststellen über der Liste."
    )
    opened_at = models.DateTimeField("eröffnet am", editable=False)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="eröffnet von", related_name="+", editable=False
    )
    closed_at = models.DateTimeField("abgeschlossen am", null=True, blank=True, editable=False)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name="abgeschlossen von",
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )

    history_also = ("opened_at", "closed_at", "closed_by")

    objects = RoundQuerySet.as_manager()

    class Meta:
        verbose_name = "Sachstandsabfrage"
        verbose_name_plural = "Sachstandsabfragen"
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_by__isnull=True)
                | Q(closed_at__isnull=False, closed_by__isnull=False, closed_at__gte=F("opened_at")),
                name="concept_statusround_closed_by_somebody",
                violation_error_message="Wer eine Abfrage abschließt, wird mit dem Zeitpunkt vermerkt.",
            )
        ]

    def __str__(self) -> str:
        return self.title

    def key_source(self) -> str:
        """Title."""
        return self.title

    @property
    def is_open(self) -> bool:
        """Whether answers still count."""
        return self.closed_at is None

    def is_late(self, on: datetime.date) -> bool:
        """Whether it is open and its deadline has passed on day `on`."""
        return self.is_open and self.deadline < on


class RoundItem(models.Model):
    """One milestone asked for in a round, and the unit that has to answer for it.

    `frozen` holds how it stood when the round was closed, as plain data with the number of its schema; None while the round is open.
    """

    round = models.ForeignKey(StatusRound, models.CASCADE, verbose_name="Sachstandsabfrage", related_name="items")
    milestone = models.ForeignKey(Milestone, models.PROTECT, verbose_name="Meilenstein", related_name="round_items")
    unit = models.ForeignKey(
        Organisation, models.PROTECT, verbose_name="Dienststelle", related_name="+", limit_choices_to=UNITS
    )
    frozen = models.JSONField("Stand beim Abschluss", null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "Zeile der Sachstandsabfrage"
        verbose_name_plural = "Zeilen der Sachstandsabfrage"
        ordering = ["unit__sort_key", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "milestone"],
                name="concept_rounditem_once",
                violation_error_message="Dieser Meilenstein steht schon in der Abfrage.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.unit.code}: {self.milestone}"
