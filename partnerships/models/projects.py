"""What partners do together: projects, and transfers in kind."""

from django.db import models
from django.db.models import Q

from kepol.files.fields import StoredFileField
from kepol.funding.models import Grant
from kepol.lib.money import MoneyField
from kepol.lib.names import Keyed
from kepol.lib.periods.fields import PeriodField, by_time
from kepol.lib.records import Record, Sourced
from kepol.reference.models import Sdg
from partnerships.choices import ProjectKind, ProjectStatus
from partnerships.models.partnerships import Partnership
from partnerships.querysets import TransferQuerySet
from stakeholders.models import Organisation
from stakeholders.querysets import ProgrammeQuerySet


class Project(Keyed, Sourced, Record):
    """A project, mostly within a partnership, with the fields of a fact sheet."""

    partnership = models.ForeignKey(
        Partnership, models.PROTECT, verbose_name="Partnerschaft", null=True, blank=True, related_name="projects"
    )
    title = models.CharField("Titel", max_length=200)
    kind = models.CharField("Art der Zusammenarbeit", max_length=20, choices=ProjectKind)
    status = models.CharField("Status", max_length=20, choices=ProjectStatus, default=ProjectStatus.RUNNING)
    period = PeriodField("Laufzeit", null=True, blank=True)
    lead = models.ForeignKey(
        Organisation, models.PROTECT, verbose_name="Federführung", null=True, blank=True, related_name="+"
    )
    partners = models.ManyToManyField(Organisation, verbose_name="Kooperationspartner", related_name="+", blank=True)
    sdgs = models.ManyToManyField(Sdg, verbose_name="SDG", related_name="+", blank=True)
    grants = models.ManyToManyField(Grant, verbose_name="Förderung", related_name="+", blank=True)
    description = models.TextField("Beschreibung", blank=True)
    website = models.URLField("Weitere Informationen", blank=True, max_length=500)

    unit_paths = ("lead", "partners", "partnership__unit")
    _history_m2m_fields = ["partners", "sdgs", "grants"]

    objects = ProgrammeQuerySet.as_manager()

    class Meta:
        verbose_name = "Projekt"
        verbose_name_plural = "Projekte"
        ordering = ["sort_key", "pk"]

    def __str__(self) -> str:
        return self.title


class InKindTransfer(Keyed, Sourced, Record):
    """Goods given to a partner: what, worth how much, sent when, carried and paid by whom."""

    partnership = models.ForeignKey(Partnership, models.PROTECT, verbose_name="Partnerschaft", related_name="transfers")
    goods = models.CharField("Güter", max_length=300)
    value_cents = MoneyField("Wert", null=True, blank=True)
    sent = PeriodField("versandt", null=True, blank=True)
    programme = models.CharField("Programm", max_length=200, blank=True, help_text="Zum Beispiel ein Programm der GIZ.")
    grant = models.ForeignKey(Grant, models.PROTECT, verbose_name="Förderung", null=True, blank=True, related_name="+")
    carrier = models.ForeignKey(
        Organisation, models.PROTECT, verbose_name="Transport durch", null=True, blank=True, related_name="+"
    )
    paid_by_donations = models.BooleanField("Transport aus Spenden bezahlt", default=False)
    handed_over_on = models.DateField("übergeben am", null=True, blank=True)
    evidence = StoredFileField("Übergabenachweis", rule="uebergabe", blank=True)
    note = models.TextField("Bemerkung", blank=True)

    unit_paths = ("partnership__unit", "partnership__involvements__organisation")

    objects = TransferQuerySet.as_manager()

    class Meta:
        verbose_name = "Sachspende"
        verbose_name_plural = "Sachspenden"
        ordering = [by_time("sent", descending=True), "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(value_cents__isnull=True) | Q(value_cents__gte=0),
                name="partnerships_inkindtransfer_value_not_negative",
                violation_error_message="Der Wert kann nicht negativ sein.",
            )
        ]

    def __str__(self) -> str:
        return self.goods
