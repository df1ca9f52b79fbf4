"""Money that others give: grants, their budget by category and year, and the duties to report."""

import datetime
from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from kepol.files.fields import StoredFileField
from kepol.funding.choices import CostCategory, Programme, ReportKind
from kepol.funding.querysets import LEAD_TIME, GrantQuerySet, ReportDutyQuerySet
from kepol.lib.money import MoneyField
from kepol.lib.names import Keyed
from kepol.lib.periods.fields import PeriodField
from kepol.lib.records import Record, Sourced
from stakeholders.models import Organisation

FIRST_YEAR, LAST_YEAR = 1990, 2100
QUOTA_LIMITS = "Die Förderquote liegt zwischen 0 und 100 Prozent."
YEAR_LIMITS = f"Das Jahr liegt zwischen {FIRST_YEAR} und {LAST_YEAR}."


class Grant(Keyed, Sourced, Record):
    """A grant with its contract; amounts that are not known stay empty."""

    title = models.CharField("Titel", max_length=200)
    programme = models.CharField("Programm", max_length=20, choices=Programme)
    programme_name = models.CharField(
        "Name des Programms", max_length=200, blank=True, help_text="Wie es der Fördergeber nennt."
    )
    funder = models.ForeignKey(
        Organisation,
        models.PROTECT,
        verbose_name="Fördergeber",
        related_name="+",
        help_text="Mit wem der Vertrag besteht.",
    )
    origin_of_funds = models.ForeignKey(
        Organisation,
        models.PROTECT,
        verbose_name="Mittel von",
        null=True,
        blank=True,
        related_name="+",
        help_text="Wessen Mittel weitergeleitet werden, zum Beispiel ein Bundesministerium.",
    )
    unit = models.ForeignKey(
        Organisation,
        models.PROTECT,
        verbose_name="zuständige Dienststelle",
        null=True,
        blank=True,
        related_name="+",
    )
    contract_number = models.CharField("Vertragsnummer", max_length=60, blank=True)
    period = PeriodField("Laufzeit", null=True, blank=True)
    quota = models.DecimalField(
        "Förderquote in Prozent",
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0), QUOTA_LIMITS), MaxValueValidator(Decimal(100), QUOTA_LIMITS)],
        help_text="Anteil des Fördergebers an den Gesamtkosten, zum Beispiel 90.",
    )
    total_cents = MoneyField("Gesamtkosten", null=True, blank=True)
    own_share_cents = MoneyField("Eigenanteil", null=True, blank=True)
    note = models.TextField("Bemerkung", blank=True)

    history_parts = ("budget_lines", "report_duties")
    unit_paths = ("unit",)

    objects = GrantQuerySet.as_manager()

    class Meta:
        verbose_name = "Förderung"
        verbose_name_plural = "Förderungen"
        ordering = ["sort_key", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quota__isnull=True) | Q(quota__gte=0, quota__lte=100),
                name="funding_grant_quota_in_percent",
                violation_error_message=QUOTA_LIMITS,
            ),
            models.CheckConstraint(
                condition=(Q(total_cents__isnull=True) | Q(total_cents__gte=0))
                & (Q(own_share_cents__isnull=True) | Q(own_share_cents__gte=0)),
                name="funding_grant_amounts_not_negative",
                violation_error_message="Gesamtkosten und Eigenanteil können nicht negativ sein.",
            ),
            models.CheckConstraint(
                condition=Q(total_cents__isnull=True)
                | Q(own_share_cents__isnull=True)
                | Q(own_share_cents__lte=F("total_cents")),
                name="funding_grant_own_share_within_total",
                violation_error_message="Der Eigenanteil ist größer als die Gesamtkosten.",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def key_source(self) -> str:
        """Title, programme and contract."""
        return f"{self.title} {self.get_programme_display()} {self.programme_name} {self.contract_number}"


class BudgetLine(Record):
    """What a category may cost in a year."""

    grant = models.ForeignKey(Grant, models.CASCADE, verbose_name="Förderung", related_name="budget_lines")
    category = models.CharField("Kostenart", max_length=20, choices=CostCategory)
    year = models.PositiveSmallIntegerField(
        "Jahr", validators=[MinValueValidator(FIRST_YEAR, YEAR_LIMITS), MaxValueValidator(LAST_YEAR, YEAR_LIMITS)]
    )
    amount_cents = MoneyField("Betrag")
    note = models.CharField("Bemerkung", max_length=200, blank=True)

    class Meta:
        verbose_name = "Haushaltsansatz"
        verbose_name_plural = "Haushaltsansätze"
        ordering = ["year", "category", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["grant", "category", "year"],
                name="funding_budgetline_once",
                violation_error_message="Für diese Kostenart und dieses Jahr gibt es schon einen Ansatz.",
            ),
            models.CheckConstraint(
                condition=Q(amount_cents__gte=0),
                name="funding_budgetline_not_negative",
                violation_error_message="Ein Ansatz kann nicht negativ sein.",
            ),
            models.CheckConstraint(
                condition=Q(year__gte=FIRST_YEAR, year__lte=LAST_YEAR),
                name="funding_budgetline_year",
                violation_error_message=YEAR_LIMITS,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_category_display()} {self.year}"


class ReportDuty(Record):
    """Something a funder wants to have by a day."""

    grant = models.ForeignKey(Grant, models.CASCADE, verbose_name="Förderung", related_name="report_duties")
    kind = models.CharField("Art", max_length=20, choices=ReportKind)
    covers = PeriodField("Berichtszeitraum", null=True, blank=True)
    due_on = models.DateField("fällig am")
    submitted_on = models.DateField("abgegeben am", null=True, blank=True)
    file = StoredFileField("Datei", rule="nachweis", blank=True)
    note = models.CharField("Bemerkung", max_length=300, blank=True)

    unit_paths = ("grant__unit",)

    objects = ReportDutyQuerySet.as_manager()

    class Meta:
        verbose_name = "Berichtspflicht"
        verbose_name_plural = "Berichtspflichten"
        ordering = ["due_on", "pk"]

    def __str__(self) -> str:
        about = f" {self.covers}" if self.covers else ""
        return f"{self.get_kind_display()}{about} bis {self.due_on:%d.%m.%Y}"

    @property
    def is_open(self) -> bool:
        """Whether it is still to be submitted."""
        return self.submitted_on is None

    def is_overdue(self, on: datetime.date) -> bool:
        """Whether it should have been submitted before day `on`."""
        return self.is_open and self.due_on < on

    def is_due_soon(self, on: datetime.date) -> bool:
        """Whether it is open and due from day `on` within the lead time of sixty days."""
        return self.is_open and on <= self.due_on <= on + LEAD_TIME

    def standing(self, on: datetime.date) -> str:
        """How it stands on day `on`, in German words."""
        if self.submitted_on is not None:
            return f"abgegeben am {self.submitted_on:%d.%m.%Y}"
        days = (self.due_on - on).days
        if days == 0:
            return "heute fällig"
        return f"fällig in {_days(days)}" if days > 0 else f"überfällig seit {_days(-days)}"


def _days(number: int) -> str:
    return "1 Tag" if number == 1 else f"{number} Tagen"
