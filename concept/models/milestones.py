"""Milestones: planned, expected now, reached; what somebody said of them, and what follows from their dates."""

import datetime
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from concept.choices import PostponementReason, Status
from concept.models.plan import UNITS, Measure
from concept.querysets import DUE_SOON, REPORT_OVERDUE, MilestoneQuerySet, expected_time
from kepol.council.models import Consultation
from kepol.lib.names import Keyed
from kepol.lib.periods import Period
from kepol.lib.periods.fields import PeriodField
from kepol.lib.records import Record, Sourced
from partnerships.models import Project, Visit
from stakeholders.models import Event, Organisation, Person

UNDATED = "ohne Termin"


def _same(one: str, other: str) -> Q:
    """Rows in which both columns hold the same day, or none."""
    return Q(**{one: F(other)}) | Q(**{f"{one}__isnull": True, f"{other}__isnull": True})


class Milestone(Keyed, Sourced, Record):
    """A milestone of the programme, of a measure or of a project.

    `planned` stays as it was adopted; `forecast` is what is expected now, when that is something else; `reached_on` is the day it
    was reached. Milestones without a date stand in their `position`.
    """

    title = models.CharField("Meilenstein", max_length=300)
    position = models.PositiveSmallIntegerField(
        "Position", default=0, help_text="Reihenfolge unter Meilensteinen ohne Termin oder mit demselben."
    )
    measure = models.ForeignKey(
        Measure, models.PROTECT, verbose_name="Maßnahme", null=True, blank=True, related_name="milestones"
    )
    project = models.ForeignKey(
        Project, models.PROTECT, verbose_name="Projekt", null=True, blank=True, related_name="+"
    )
    result_criterion = models.TextField(
        "erreicht, wenn", blank=True, help_text="Woran sich erkennen lässt, dass er erreicht ist."
    )
    responsible = models.ForeignKey(
        Organisation,
        models.PROTECT,
        verbose_name="verantwortlich",
        related_name="+",
        limit_choices_to=UNITS,
        help_text="Genau eine Dienststelle.",
    )
    involved = models.ManyToManyField(
        Organisation, verbose_name="beteiligt", related_name="+", blank=True, limit_choices_to=UNITS
    )
    contact = models.ForeignKey(
        Person, models.PROTECT, verbose_name="Ansprechperson", null=True, blank=True, related_name="+"
    )
    planned = PeriodField("geplant", null=True, blank=True)
    forecast = PeriodField(
        "Prognose",
        null=True,
        blank=True,
        help_text="Nur wenn sich der Termin verschoben hat; der geplante bleibt stehen.",
    )
    forecast_reason = models.CharField("Grund der Verschiebung", max_length=20, choices=PostponementReason, blank=True)
    reached_on = models.DateField("erreicht am", null=True, blank=True)
    status = models.CharField("Status", max_length=20, choices=Status, default=Status.PLANNED)
    note = models.TextField("Bemerkung, Begründung", blank=True)
    reported_on = models.DateField("Stand vom", help_text="Tag der letzten Rückmeldung.")
    predecessors = models.ManyToManyField(
        "self", verbose_name="abhängig von", symmetrical=False, related_name="successors", blank=True
    )
    resolution = models.ForeignKey(
        Consultation, models.PROTECT, verbose_name="Beschluss", null=True, blank=True, related_name="+"
    )
    visit = models.ForeignKey(Visit, models.PROTECT, verbose_name="Besuch", null=True, blank=True, related_name="+")
    event = models.ForeignKey(
        Event, models.PROTECT, verbose_name="Veranstaltung", null=True, blank=True, related_name="+"
    )

    unit_paths = ("responsible", "involved")
    history_parts = ("evidence",)
    _history_m2m_fields = ["involved", "predecessors"]

    # Set by a form, which checks the relations chosen in it instead of those stored.
    is_checked_by_form = False

    objects = MilestoneQuerySet.as_manager()

    class Meta:
        verbose_name = "Meilenstein"
        verbose_name_plural = "Meilensteine"
        ordering = [expected_time().asc(nulls_last=True), "position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status=Status.REACHED.value, reached_on__isnull=False)
                | ~Q(status=Status.REACHED.value) & Q(reached_on__isnull=True),
                name="concept_milestone_reached_with_day",
                violation_error_message="Zum Status „erreicht“ gehört der Tag, und nur zu ihm.",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=sorted(Status.WITH_REASON)) | ~Q(note=""),
                name="concept_milestone_reason",
                violation_error_message="Warum ruht oder entfällt der Meilenstein? Tragen Sie eine Begründung ein.",
            ),
            models.CheckConstraint(
                condition=Q(forecast_named__isnull=True, forecast_reason="")
                | Q(forecast_named__isnull=False) & ~Q(forecast_reason=""),
                name="concept_milestone_forecast_with_reason",
                violation_error_message="Zu einer Prognose gehört der Grund der Verschiebung, und nur zu ihr.",
            ),
            models.CheckConstraint(
                condition=Q(forecast_named__isnull=True)
                | ~(
                    Q(forecast_named=F("planned_named"))
                    & _same("forecast_start", "planned_start")
                    & _same("forecast_end", "planned_end")
                ),
                name="concept_milestone_forecast_is_other",
                violation_error_message="Die Prognose nennt den geplanten Termin. Lassen Sie sie leer, solange sich nichts verschoben hat.",
            ),
            models.CheckConstraint(
                condition=Q(measure__isnull=True) | Q(project__isnull=True),
                name="concept_milestone_measure_or_project",
                violation_error_message="Ein Meilenstein gehört zu einer Maßnahme oder zu einem Projekt, nicht zu beiden.",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def key_source(self) -> str:
        """Title and note."""
        return f"{self.title} {self.note}"

    def clean(self) -> None:
        """Refuse stored predecessors that lead back here, and a responsible unit that is stored as involved too."""
        super().clean()
        if self.pk is not None and not self.is_checked_by_form:
            refuse_predecessor_circle(self, self.predecessors.all())
            refuse_double_role(self.responsible_id, self.involved.all())

    @property
    def expected(self) -> Period | None:
        """What is expected now: the forecast, otherwise the plan, otherwise the period of the event.

        None without a date, and when it takes place at the times of an event; `ends_on` knows the day of these too.
        """
        return self.forecast or self.planned or (self.event.period if self.event else None)

    @property
    def ends_on(self) -> datetime.date | None:
        """Last day of what is expected now, that of the event included; None without an end. Like `expected_end` in SQL."""
        if self.expected is not None:
            return self.expected.end
        return self.event.last_day if self.event else None

    @property
    def must_start_on(self) -> datetime.date | None:
        """Day by which what it waits for has to be there; None without a date. Like `must_start` in SQL."""
        if self.expected is not None:
            return self.expected.start or self.expected.end
        return self.event.first_day if self.event else None

    @property
    def is_open(self) -> bool:
        """Whether it is still to be reached."""
        return self.status in Status.OPEN

    def is_overdue(self, on: datetime.date) -> bool:
        """Whether it is late on day `on` (verzögert). Like `MilestoneQuerySet.overdue`."""
        return self.is_open and self.ends_on is not None and self.ends_on < on

    def is_due_soon(self, on: datetime.date, within: datetime.timedelta = DUE_SOON) -> bool:
        """Whether it is expected to end from day `on` within fourteen days or the time given."""
        return self.is_open and self.ends_on is not None and on <= self.ends_on <= on + within

    def is_report_overdue(self, on: datetime.date) -> bool:
        """Whether nobody has looked after the entry for more than a hundred days."""
        return self.is_open and self.reported_on < on - REPORT_OVERDUE

    def is_endangered(self) -> bool:
        """Whether it waits for an open one that is expected to end after it must start. Like `MilestoneQuerySet.endangered`."""
        start = self.must_start_on
        if not self.is_open or start is None:
            return False
        waits_for = (one.ends_on for one in self.predecessors.all() if one.is_open)
        return any(day is not None and day > start for day in waits_for)

    def situation(self, *, on: datetime.date, is_endangered: bool | None = None) -> list[str]:
        """What follows from its dates on day `on`, in words; empty when there is nothing to say.

        `is_endangered` where a list has it already (`with_danger`); None looks at the predecessors, a query.
        """
        endangered = self.is_endangered() if is_endangered is None else is_endangered
        words = {
            "verzögert": self.is_overdue(on),
            "bald fällig": self.is_due_soon(on),
            "gefährdet": endangered,
            "Rückmeldung überfällig": self.is_report_overdue(on),
        }
        return [word for word, holds in words.items() if holds]

    def postponement(self) -> str:
        """From which date to which it moved, and why; empty when it did not."""
        if self.forecast is None:
            return ""
        before = self.planned or (self.event.when() if self.event else UNDATED)
        return f"{before} → {self.forecast} ({self.get_forecast_reason_display()})"

    def date_text(self, *, on: datetime.date) -> str:
        """Its date as readers see it on day `on`: the day reached, the forecast, the event's times, the plan, or "ohne Termin"."""
        if self.reached_on:
            return f"{self.reached_on:%d.%m.%Y}"
        if self.forecast is None and self.event is not None and self.event.starts_at is not None:
            return self.event.when()
        return self.expected.text(on=on) if self.expected else UNDATED


def refuse_double_role(responsible: int | None, involved: Iterable[Organisation]) -> None:
    """Raise `ValidationError` when the unit with the key `responsible` is among the `involved` too."""
    for unit in involved:
        if unit.pk == responsible:
            message = f"„{unit}“ ist schon verantwortlich. Nehmen Sie die Dienststelle bei den beteiligten heraus."
            raise ValidationError({"involved": message}, code="double_role")


def refuse_predecessor_circle(milestone: Milestone, predecessors: Iterable[Milestone]) -> None:
    """Raise `ValidationError` naming the way round when `milestone` would wait for itself through one of `predecessors`.

    A rule between rows: callers that write hold the lock on the kind. One query per step back, whatever the number of rows.
    """
    ways = {one.pk: [str(milestone), str(one)] for one in predecessors}
    passed: set[int] = set()
    while ways:
        if milestone.pk in ways:
            raise ValidationError(
                {"predecessors": f"Das ergäbe einen Kreis: {' → '.join(ways[milestone.pk])}."}, code="circle"
            )
        passed |= ways.keys()
        links = Milestone.predecessors.through.objects.filter(from_milestone__in=ways).order_by("-pk")
        ways = {
            link.to_milestone_id: [*ways[link.from_milestone_id], str(link.to_milestone)]
            for link in links.select_related("to_milestone")
            if link.to_milestone_id not in passed
        }
