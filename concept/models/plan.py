"""The plan: fields of action, goals, measures, and the indicators by which one sees whether they work."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from concept.choices import Duration, GoalLevel, Priority, Status
from concept.models.figures import FigureField, number_text
from concept.querysets import IndicatorQuerySet, MeasureQuerySet, PlanQuerySet
from concept.validators import canonical_number
from kepol.council.models import Consultation
from kepol.funding.models import Grant
from kepol.lib.money import MoneyField
from kepol.lib.names import Keyed
from kepol.lib.periods.fields import PeriodField
from kepol.lib.records import Record, Sourced
from kepol.lib.retirement import Retirable
from kepol.reference.models import Sdg
from stakeholders.choices import OrganisationKind
from stakeholders.models import Organisation

UNITS = {"kind__in": sorted(OrganisationKind.UNITS)}
FIRST_YEAR, LAST_YEAR = 1990, 2100
NO_REASON = "Warum ruht oder entfällt die Maßnahme? Tragen Sie eine Begründung ein."
SAME_DAY = "Für diesen Tag gibt es schon einen Wert."
NO_YEAR = "Jahre liegen zwischen 1990 und 2100."
YEARS = [MinValueValidator(FIRST_YEAR, NO_YEAR), MaxValueValidator(LAST_YEAR, NO_YEAR)]


class Numbered(models.Model):
    """Has a `code` like 1.2.3, written in one form."""

    code: "models.CharField[str, str]"

    class Meta:
        abstract = True

    def clean(self) -> None:
        """Write the number in its one form; refuse what is none."""
        super().clean()
        try:
            self.code = canonical_number(self.code)
        except ValueError as error:
            raise ValidationError({"code": str(error)}, code="code") from error


class FieldOfAction(Numbered, Keyed, Retirable, Sourced, Record):
    """A field of action of the concept (Handlungsfeld)."""

    code = models.CharField("Nr.", max_length=10, help_text="Zum Beispiel 1.")
    title = models.CharField("Titel", max_length=200)
    description = models.TextField("Beschreibung", blank=True)
    main_sdg = models.ForeignKey(Sdg, models.PROTECT, verbose_name="Haupt-SDG", null=True, blank=True, related_name="+")
    sdgs = models.ManyToManyField(Sdg, verbose_name="weitere SDG", related_name="+", blank=True)
    lead = models.ForeignKey(
        Organisation,
        models.PROTECT,
        verbose_name="Federführung",
        null=True,
        blank=True,
        related_name="+",
        limit_choices_to=UNITS,
    )

    unit_paths = ("lead",)
    _history_m2m_fields = ["sdgs"]

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = "Handlungsfeld"
        verbose_name_plural = "Handlungsfelder"
        ordering = ["sort_key", "pk"]
        constraints = [
            *Retirable.Meta.constraints,
            models.UniqueConstraint(
                fields=["code"],
                name="concept_fieldofaction_code_once",
                violation_error_message="Diese Nummer ist schon vergeben.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class Goal(Numbered, Keyed, Retirable, Sourced, Record):
    """A goal within a field of action."""

    field_of_action = models.ForeignKey(
        FieldOfAction, models.PROTECT, verbose_name="Handlungsfeld", related_name="goals"
    )
    code = models.CharField(
        "Nr.", max_length=10, help_text="Zum Beispiel 1.2; beginnt üblicherweise mit der Nummer des Handlungsfelds."
    )
    title = models.CharField("Ziel", max_length=300)
    level = models.CharField("Ebene", max_length=20, choices=GoalLevel, default=GoalLevel.STRATEGIC)
    description = models.TextField("Beschreibung", blank=True)
    sdgs = models.ManyToManyField(Sdg, verbose_name="SDG", related_name="+", blank=True)

    unit_paths = ("field_of_action__lead",)
    _history_m2m_fields = ["sdgs"]

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = "Ziel"
        verbose_name_plural = "Ziele"
        ordering = ["sort_key", "pk"]
        constraints = [
            *Retirable.Meta.constraints,
            models.UniqueConstraint(
                fields=["code"],
                name="concept_goal_code_once",
                violation_error_message="Diese Nummer ist schon vergeben.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def clean(self) -> None:
        """Refuse to leave the field of action in which measures of this goal stand."""
        super().clean()
        stray = self.pk and self.measures.exclude(field_of_action=self.field_of_action_id).first()
        if stray:
            raise ValidationError(
                {"field_of_action": f"Die Maßnahme „{stray}“ dieses Ziels gehört zu einem anderen Handlungsfeld."},
                code="other_field",
            )


class Measure(Numbered, Keyed, Sourced, Record):
    """A measure with all columns of a municipal table of measures; amounts that are not known stay empty."""

    field_of_action = models.ForeignKey(
        FieldOfAction, models.PROTECT, verbose_name="Handlungsfeld", related_name="measures"
    )
    goal = models.ForeignKey(Goal, models.PROTECT, verbose_name="Ziel", null=True, blank=True, related_name="measures")
    code = models.CharField(
        "Nr.", max_length=10, help_text="Zum Beispiel 1.2.3; beginnt üblicherweise mit der Nummer des Ziels."
    )
    title = models.CharField("Titel", max_length=300)
    description = models.TextField("Kurzbeschreibung", blank=True)
    main_sdg = models.ForeignKey(Sdg, models.PROTECT, verbose_name="Haupt-SDG", null=True, blank=True, related_name="+")
    sdgs = models.ManyToManyField(Sdg, verbose_name="weitere SDG", related_name="+", blank=True)
    lead = models.ForeignKey(
        Organisation,
        models.PROTECT,
        verbose_name="Federführung",
        null=True,
        blank=True,
        related_name="+",
        limit_choices_to=UNITS,
    )
    involved = models.ManyToManyField(
        Organisation, verbose_name="Beteiligte (intern)", related_name="+", blank=True, limit_choices_to=UNITS
    )
    partners = models.ManyToManyField(Organisation, verbose_name="Beteiligte (extern)", related_name="+", blank=True)
    target_group = models.CharField("Zielgruppe", max_length=200, blank=True)
    initial_situation = models.TextField("Ausgangslage", blank=True)
    period = PeriodField("Zeitraum", null=True, blank=True)
    duration = models.CharField("Dauer", max_length=20, choices=Duration, default=Duration.ONCE)
    priority = models.CharField("Priorität", max_length=10, choices=Priority, blank=True)
    status = models.CharField("Umsetzungsstand", max_length=20, choices=Status, default=Status.PLANNED)
    reason = models.TextField("Begründung, Hemmnisse", blank=True)
    total_cost_cents = MoneyField("Kosten gesamt", null=True, blank=True)
    yearly_cost_cents = MoneyField("Kosten je Jahr", null=True, blank=True)
    financing = models.CharField("Finanzierung", max_length=300, blank=True, help_text="Eigenmittel, Drittmittel.")
    budget_line = models.CharField("Haushaltsstelle", max_length=60, blank=True)
    staff_effort = models.CharField("Personalaufwand", max_length=100, blank=True)
    grants = models.ManyToManyField(Grant, verbose_name="Förderung", related_name="+", blank=True)
    resolution = models.ForeignKey(
        Consultation, models.PROTECT, verbose_name="Beschluss", null=True, blank=True, related_name="+"
    )

    history_parts = ("indicators",)
    unit_paths = ("lead", "involved")
    _history_m2m_fields = ["sdgs", "involved", "partners", "grants"]

    objects = MeasureQuerySet.as_manager()

    class Meta:
        verbose_name = "Maßnahme"
        verbose_name_plural = "Maßnahmen"
        ordering = ["sort_key", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                name="concept_measure_code_once",
                violation_error_message="Diese Nummer ist schon vergeben.",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=sorted(Status.WITH_REASON)) | ~Q(reason=""),
                name="concept_measure_reason",
                violation_error_message=NO_REASON,
            ),
            models.CheckConstraint(
                condition=(Q(total_cost_cents__isnull=True) | Q(total_cost_cents__gte=0))
                & (Q(yearly_cost_cents__isnull=True) | Q(yearly_cost_cents__gte=0)),
                name="concept_measure_cost_not_negative",
                violation_error_message="Kosten können nicht negativ sein.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def clean(self) -> None:
        """Refuse a goal of another field of action."""
        super().clean()
        if self.goal is not None and self.goal.field_of_action_id != self.field_of_action_id:
            raise ValidationError({"goal": "Dieses Ziel gehört zu einem anderen Handlungsfeld."}, code="other_field")


class Indicator(Keyed, Sourced, Record):
    """What is counted to see whether a measure works."""

    measure = models.ForeignKey(Measure, models.PROTECT, verbose_name="Maßnahme", related_name="indicators")
    name = models.CharField("Indikator", max_length=200)
    unit = models.CharField("Einheit", max_length=50, help_text="Zum Beispiel: Schulen, Euro, Prozent.")
    baseline = FigureField("Ausgangswert", null=True, blank=True)
    baseline_year = models.PositiveSmallIntegerField("Jahr des Ausgangswerts", null=True, blank=True, validators=YEARS)
    target = FigureField("Zielwert", null=True, blank=True)
    target_year = models.PositiveSmallIntegerField("Zieljahr", null=True, blank=True, validators=YEARS)

    history_parts = ("values",)
    history_title = "name"
    unit_paths = ("measure__lead", "measure__involved")

    objects = IndicatorQuerySet.as_manager()

    class Meta:
        verbose_name = "Indikator"
        verbose_name_plural = "Indikatoren"
        ordering = ["sort_key", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(baseline_year__isnull=True) | Q(baseline_year__gte=FIRST_YEAR, baseline_year__lte=LAST_YEAR)
                )
                & (Q(target_year__isnull=True) | Q(target_year__gte=FIRST_YEAR, target_year__lte=LAST_YEAR)),
                name="concept_indicator_years",
                violation_error_message=NO_YEAR,
            ),
            models.CheckConstraint(
                condition=Q(target__isnull=True) | Q(target_year__isnull=False),
                name="concept_indicator_target_with_year",
                violation_error_message="Zu einem Zielwert gehört das Zieljahr.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.unit})"

    def missing(self, value: Decimal) -> Decimal | None:
        """How much is missing from `value` to the target, 0 when it is reached; None without a target.

        Where the target lies below the baseline, the figure is to fall.
        """
        if self.target is None:
            return None
        falls = self.baseline is not None and self.target < self.baseline
        return max(value - self.target if falls else self.target - value, Decimal(0))


class IndicatorValue(Sourced, Record):
    """What was counted on a day."""

    indicator = models.ForeignKey(Indicator, models.CASCADE, verbose_name="Indikator", related_name="values")
    as_of = models.DateField("Stand")
    value = FigureField("Wert")
    note = models.CharField("Bemerkung", max_length=200, blank=True)

    history_title = "as_of"

    class Meta:
        verbose_name = "Messwert"
        verbose_name_plural = "Messwerte"
        ordering = ["-as_of", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "as_of"],
                name="concept_indicatorvalue_once",
                violation_error_message=SAME_DAY,
            )
        ]

    def __str__(self) -> str:
        return f"{number_text(self.value)} am {self.as_of:%d.%m.%Y}"
