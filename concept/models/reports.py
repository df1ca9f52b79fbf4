"""What was said about milestones, in the order in which it was said: rows that are only ever added."""

from typing import Any, NoReturn

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.text import capfirst

from concept.choices import Channel, PostponementReason, ReportStep, Status
from concept.models.milestones import UNDATED, Milestone
from concept.models.plan import UNITS
from concept.querysets import ReportQuerySet
from kepol.files.fields import StoredFileField
from kepol.lib.periods.fields import PeriodField
from kepol.lib.records import Record
from stakeholders.models import Organisation

TEXT_LENGTH = 2000
STAYS = "Was über einen Meilenstein gemeldet wurde, wird weder geändert noch gelöscht. Melden Sie den neuen Stand."


class AppendOnly(TypeError):
    """Somebody tried to change or delete what was said."""

    def __init__(self) -> None:
        super().__init__(STAYS)


class MilestoneReport(models.Model):
    """One thing somebody said about a milestone; `concept.lifecycle` adds the rows, nothing ever changes or deletes one.

    The database refuses to change a row too (a trigger), whoever tries.
    """

    milestone = models.ForeignKey(Milestone, models.PROTECT, verbose_name="Meilenstein", related_name="reports")
    step = models.CharField("Art", max_length=20, choices=ReportStep)
    at = models.DateTimeField("eingetragen am", default=timezone.now, editable=False, db_index=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="von", related_name="+")
    as_of = models.DateField("Stand vom", help_text="Der Tag, für den die Angabe gilt.")
    unit = models.ForeignKey(
        Organisation,
        models.PROTECT,
        verbose_name="für Dienststelle",
        null=True,
        blank=True,
        related_name="+",
        limit_choices_to=UNITS,
        help_text="Die Dienststelle, für die gemeldet wurde; leer, wenn die Koordination selbst spricht.",
    )
    channel = models.CharField("erhalten durch", max_length=10, choices=Channel, blank=True)
    received_on = models.DateField("erhalten am", null=True, blank=True)
    status_before = models.CharField("Status vorher", max_length=20, choices=Status)
    status = models.CharField("Status", max_length=20, choices=Status)
    moved_from = PeriodField("Termin vorher", null=True, blank=True)
    moved_to = PeriodField("neuer Termin", null=True, blank=True)
    reason = models.CharField("Grund der Verschiebung", max_length=20, choices=PostponementReason, blank=True)
    reached_on = models.DateField("erreicht am", null=True, blank=True)
    text = models.TextField("Text", blank=True, validators=[MaxLengthValidator(TEXT_LENGTH)])

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = "Rückmeldung"
        verbose_name_plural = "Rückmeldungen"
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["milestone", "-at"], name="concept_report_latest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(channel="", received_on__isnull=True)
                | ~Q(channel="") & Q(received_on__isnull=False, unit__isnull=False),
                name="concept_milestonereport_on_behalf",
                violation_error_message="Zu einer Meldung für eine Dienststelle gehören die Dienststelle, der Weg und der Tag.",
            ),
            models.CheckConstraint(
                condition=Q(moved_to_named__isnull=True, reason="") | Q(moved_to_named__isnull=False) & ~Q(reason=""),
                name="concept_milestonereport_moved_with_reason",
                violation_error_message="Zu einem neuen Termin gehört der Grund, und ein Grund gehört zu einem neuen Termin.",
            ),
            models.CheckConstraint(
                condition=~Q(step=ReportStep.RESCHEDULE.value) | Q(moved_to_named__isnull=False),
                name="concept_milestonereport_reschedule_has_date",
                violation_error_message="Auf wann verschiebt sich der Meilenstein? Nennen Sie den neuen Termin.",
            ),
            models.CheckConstraint(
                condition=Q(step=ReportStep.REACH.value, reached_on__isnull=False)
                | ~Q(step=ReportStep.REACH.value) & Q(reached_on__isnull=True),
                name="concept_milestonereport_reached_with_day",
                violation_error_message="Wer einen Meilenstein als erreicht meldet, nennt den Tag.",
            ),
            models.CheckConstraint(
                condition=~Q(step__in=sorted(ReportStep.WITH_TEXT)) | ~Q(text=""),
                name="concept_milestonereport_with_text",
                violation_error_message="Schreiben Sie dazu, worum es geht.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_step_display()} am {timezone.localtime(self.at):%d.%m.%Y}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the row; raises `AppendOnly` for one that is stored already."""
        if not self._state.adding:
            raise AppendOnly
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnly

    @property
    def is_answer(self) -> bool:
        """Whether it says how the milestone stands; comments and corrections of the plan do not. Like `ReportQuerySet.answers`."""
        return self.step not in ReportStep.NO_ANSWER

    @property
    def holds_for_another_day(self) -> bool:
        """Whether it tells how things stood on another day than the one on which it was written down."""
        return timezone.localdate(self.at) != self.as_of

    @property
    def is_on_behalf(self) -> bool:
        """Whether the Koordination passed on what a unit had told it."""
        return bool(self.channel)

    def author(self, name: str = "") -> str:
        """Who said it, in words: `name`, or the account where that is not known, and the unit spoken for.

        What the Koordination passed on says by which way and on which day it was received.
        """
        who = name or str(self.by)
        if self.is_on_behalf and self.unit and self.received_on:
            return f"{who} für {self.unit.code} ({self.get_channel_display()} vom {self.received_on:%d.%m.%Y})"
        return f"{who} ({self.unit.code})" if self.unit else who

    def movement(self) -> str:
        """From which date to which it moved, and why; empty when it did not."""
        if self.moved_to is None:
            return ""
        return f"{self.moved_from or UNDATED} → {self.moved_to} ({self.get_reason_display()})"

    def headline(self) -> str:
        """What happened, in one line: the kind, another status, another date, the day reached."""
        words = [capfirst(self.get_step_display())]
        if self.reached_on:
            words.append(f"am {self.reached_on:%d.%m.%Y}")
        elif self.status != self.status_before:
            words.append(f"{self.get_status_before_display()} → {self.get_status_display()}")
        if self.moved_to is not None:
            words.append(self.movement())
        return ", ".join(words)


class MilestoneEvidence(Record):
    """A file that shows that, or how far, a milestone was reached."""

    milestone = models.ForeignKey(Milestone, models.CASCADE, verbose_name="Meilenstein", related_name="evidence")
    title = models.CharField("Titel", max_length=200, help_text="Zum Beispiel: Protokoll des Workshops.")
    file = StoredFileField("Datei", rule="meilenstein-nachweis")
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="hinzugefügt von", related_name="+", editable=False
    )
    added_at = models.DateTimeField("hinzugefügt am", default=timezone.now, editable=False)

    class Meta:
        verbose_name = "Nachweis"
        verbose_name_plural = "Nachweise"
        ordering = ["-added_at", "-pk"]

    def __str__(self) -> str:
        return self.title
