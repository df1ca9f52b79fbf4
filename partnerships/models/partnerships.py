"""A partnership, its dated type and status, since when it counts after which source, and who takes part."""

import datetime

from django.db import models
from django.db.models import F

from kepol.council.models import Consultation
from kepol.lib.names import Keyed
from kepol.lib.periods.fields import PeriodField
from kepol.lib.records import Part, Record, Sourced
from kepol.lib.validity import Exclusive, Valid, ValidQuerySet, in_force
from kepol.reference.models import Country, Sdg
from partnerships.choices import PartnershipKind, PartnershipStatus
from partnerships.querysets import PartnershipQuerySet
from stakeholders.choices import OrganisationKind
from stakeholders.models import Organisation

UNITS = {"kind__in": sorted(OrganisationKind.UNITS)}


class Partnership(Keyed, Sourced, Record):
    """A partnership with a municipality; its type and status are stages, its beginnings rows with their source."""

    name = models.CharField(
        "Name", max_length=200, help_text="Wie die Partnerschaft genannt wird, meist wie die Stadt."
    )
    partner = models.ForeignKey(
        Organisation,
        models.PROTECT,
        verbose_name="Partnerkommune",
        related_name="+",
        limit_choices_to={"kind": OrganisationKind.MUNICIPALITY.value},
        help_text="Aus dem Verzeichnis der Organisationen, Art „Kommune“.",
    )
    country = models.ForeignKey(Country, models.PROTECT, verbose_name="Land", related_name="+")
    unit = models.ForeignKey(
        Organisation,
        models.PROTECT,
        verbose_name="zuständige Dienststelle",
        null=True,
        blank=True,
        related_name="+",
        limit_choices_to=UNITS,
    )
    sdgs = models.ManyToManyField(Sdg, verbose_name="SDG", related_name="+", blank=True)
    description = models.TextField("Beschreibung", blank=True)
    note = models.TextField("Bemerkung", blank=True, help_text="Nur für die Koordination.")

    history_parts = ("stages", "beginnings", "involvements")
    unit_paths = ("unit", "involvements__organisation")
    _history_m2m_fields = ["sdgs"]

    objects = PartnershipQuerySet.as_manager()

    class Meta:
        verbose_name = "Partnerschaft"
        verbose_name_plural = "Partnerschaften"
        ordering = ["sort_key", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["partner"],
                name="partnerships_partnership_once",
                violation_error_message="Zu dieser Kommune gibt es schon eine Partnerschaft.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def stage_on(self, on: datetime.date) -> "Stage | None":
        """Type and status on day `on`; None when nothing is recorded for it."""
        return self.stages.filter(in_force(on)).first()


class Stage(Exclusive, Sourced, Record):
    """Type and status of a partnership from a day to a day; only one holds at a time."""

    partnership = models.ForeignKey(Partnership, models.CASCADE, verbose_name="Partnerschaft", related_name="stages")
    kind = models.CharField("Art", max_length=20, choices=PartnershipKind)
    status = models.CharField("Status", max_length=20, choices=PartnershipStatus, default=PartnershipStatus.ACTIVE)
    resolution = models.ForeignKey(
        Consultation,
        models.PROTECT,
        verbose_name="Beschluss",
        null=True,
        blank=True,
        related_name="+",
        help_text="Die Beratung, in der es beschlossen wurde.",
    )

    history_title = "kind"
    exclusive_for = ("partnership",)
    overlap_message = "Zur selben Zeit gilt schon: {rival}. Passen Sie die Gültigkeit an."
    objects = ValidQuerySet.as_manager()

    class Meta:
        verbose_name = "Art und Status"
        verbose_name_plural = "Art und Status"
        ordering = [F("valid_from").asc(nulls_first=True), "pk"]
        constraints = [*Valid.Meta.constraints]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.get_status_display()}"


class Beginning(Sourced, Part):
    """One answer to "since when?", with what happened then; sources differ, and all of them may stand here."""

    partnership = models.ForeignKey(
        Partnership, models.CASCADE, verbose_name="Partnerschaft", related_name="beginnings"
    )
    when = PeriodField("seit", help_text="So genau, wie die Quelle es sagt: 1999, 28.06.2000.")
    what = models.CharField("was da geschah", max_length=200)

    history_title = "what"

    class Meta:
        verbose_name = "Beginn"
        verbose_name_plural = "Beginn nach verschiedenen Quellen"
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(when_named__isnull=False),
                name="partnerships_beginning_dated",
                violation_error_message="Nennen Sie, seit wann.",
            ),
            models.CheckConstraint(
                condition=~models.Q(source=""),
                name="partnerships_beginning_with_source",
                violation_error_message="Zu jedem Beginn gehört seine Quelle.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.when}: {self.what}"


class Involvement(Valid, Part):
    """An organisation takes part in a partnership, in a role, for a time."""

    partnership = models.ForeignKey(
        Partnership, models.CASCADE, verbose_name="Partnerschaft", related_name="involvements"
    )
    organisation = models.ForeignKey(Organisation, models.PROTECT, verbose_name="Organisation", related_name="+")
    role = models.CharField("Rolle", max_length=200, blank=True, help_text="Zum Beispiel: Partnerschaftsverein.")

    history_title = "organisation"
    objects = ValidQuerySet.as_manager()

    class Meta:
        verbose_name = "beteiligte Organisation"
        verbose_name_plural = "beteiligte Organisationen"
        ordering = ["position", "pk"]
        constraints = [*Valid.Meta.constraints]

    def __str__(self) -> str:
        return f"{self.organisation} ({self.role})" if self.role else str(self.organisation)
