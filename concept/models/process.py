"""The way to the concept: inventory, reference concepts of other cities, workshops, evaluation and decision on permanence."""

from django.db import models
from django.db.models import Q

from concept.choices import PermanenceDecision, WorkshopKind
from concept.models.plan import UNITS, FieldOfAction
from concept.querysets import PositionedQuerySet
from kepol.council.models import Consultation
from kepol.files.fields import StoredFileField
from kepol.lib.names import Keyed
from kepol.lib.periods.fields import PeriodField, by_time
from kepol.lib.records import Record, Sourced
from kepol.reference.models import Sdg
from stakeholders.choices import OrganisationKind
from stakeholders.models import Organisation
from stakeholders.querysets import ProgrammeQuerySet


class Workshop(Keyed, Sourced, Record):
    """A workshop on the way to the concept; without a date it stands in its position."""

    title = models.CharField("Titel", max_length=200)
    kind = models.CharField("Art", max_length=20, choices=WorkshopKind)
    position = models.PositiveSmallIntegerField("Position", default=0)
    held = PeriodField("Termin", null=True, blank=True)
    place = models.CharField("Ort", max_length=200, blank=True)
    field_of_action = models.ForeignKey(
        FieldOfAction, models.PROTECT, verbose_name="Handlungsfeld", null=True, blank=True, related_name="+"
    )
    organiser = models.ForeignKey(
        Organisation, models.PROTECT, verbose_name="Veranstalter", null=True, blank=True, related_name="+"
    )
    participants = models.ManyToManyField(Organisation, verbose_name="Teilnehmende", related_name="+", blank=True)
    number_of_people = models.PositiveSmallIntegerField("Zahl der Teilnehmenden", null=True, blank=True)
    results = models.TextField("Ergebnisse", blank=True)
    file = StoredFileField("Dokumentation", rule="workshop", blank=True)

    unit_paths = ("organiser", "participants")
    _history_m2m_fields = ["participants"]

    objects = PositionedQuerySet.as_manager()

    class Meta:
        verbose_name = "Workshop"
        verbose_name_plural = "Workshops"
        ordering = [by_time("held"), "position", "pk"]

    def __str__(self) -> str:
        return self.title


class InventoryItem(Keyed, Sourced, Record):
    """An activity that exists already (Bestandsanalyse)."""

    title = models.CharField("Aktivität", max_length=200)
    description = models.TextField("Beschreibung", blank=True)
    unit = models.ForeignKey(
        Organisation,
        models.PROTECT,
        verbose_name="Dienststelle",
        null=True,
        blank=True,
        related_name="+",
        limit_choices_to=UNITS,
    )
    organisations = models.ManyToManyField(Organisation, verbose_name="Beteiligte", related_name="+", blank=True)
    field_of_action = models.ForeignKey(
        FieldOfAction, models.PROTECT, verbose_name="Handlungsfeld", null=True, blank=True, related_name="+"
    )
    sdgs = models.ManyToManyField(Sdg, verbose_name="SDG", related_name="+", blank=True)
    period = PeriodField("Zeitraum", null=True, blank=True, help_text="Zum Beispiel: ab 2011.")
    needs = models.TextField("Bedarf und Anregungen", blank=True)

    unit_paths = ("unit", "organisations")
    _history_m2m_fields = ["organisations", "sdgs"]

    objects = ProgrammeQuerySet.as_manager()

    class Meta:
        verbose_name = "bestehende Aktivität"
        verbose_name_plural = "Aktivitäten (Bestandsanalyse)"
        ordering = ["sort_key", "pk"]

    def __str__(self) -> str:
        return self.title


class PeerConcept(Keyed, Sourced, Record):
    """What another municipality does: its concept, or the topics on which one exchanges views."""

    city = models.ForeignKey(
        Organisation,
        models.PROTECT,
        verbose_name="Kommune",
        related_name="+",
        limit_choices_to={"kind": OrganisationKind.MUNICIPALITY.value},
    )
    title = models.CharField("Konzept", max_length=200)
    adopted = PeriodField(
        "beschlossen",
        null=True,
        blank=True,
        help_text="Leer, wenn es kein Konzept gibt oder das Jahr nicht bekannt ist.",
    )
    url = models.URLField("Adresse im Netz", blank=True, max_length=500)
    topics = models.TextField("Schwerpunkte", blank=True)
    lessons = models.TextField("Was wir daraus lernen", blank=True)

    objects = ProgrammeQuerySet.as_manager()
    unit_paths = ()

    class Meta:
        verbose_name = "Referenzkonzept"
        verbose_name_plural = "Referenzkonzepte"
        ordering = ["sort_key", "pk"]

    def __str__(self) -> str:
        return self.title


class Evaluation(Keyed, Sourced, Record):
    """The evaluation of the work, and the decision whether it becomes permanent."""

    title = models.CharField("Titel", max_length=200)
    subject = models.TextField("Gegenstand und Fragen", blank=True)
    period = PeriodField("Zeitraum", null=True, blank=True)
    unit = models.ForeignKey(
        Organisation,
        models.PROTECT,
        verbose_name="Dienststelle",
        null=True,
        blank=True,
        related_name="+",
        limit_choices_to=UNITS,
    )
    evaluator = models.ForeignKey(
        Organisation, models.PROTECT, verbose_name="durchgeführt von", null=True, blank=True, related_name="+"
    )
    findings = models.TextField("Ergebnisse", blank=True)
    file = StoredFileField("Bericht", rule="evaluation", blank=True)
    decision = models.CharField(
        "Entscheidung über die Verstetigung",
        max_length=20,
        choices=PermanenceDecision,
        default=PermanenceDecision.OPEN,
    )
    decision_due = PeriodField("Entscheidung vorgesehen", null=True, blank=True)
    resolution = models.ForeignKey(
        Consultation, models.PROTECT, verbose_name="Beschluss", null=True, blank=True, related_name="+"
    )

    unit_paths = ("unit",)

    objects = ProgrammeQuerySet.as_manager()

    class Meta:
        verbose_name = "Evaluation"
        verbose_name_plural = "Evaluationen"
        ordering = [by_time("period"), "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decision=PermanenceDecision.OPEN.value) | Q(resolution__isnull=False),
                name="concept_evaluation_decision_with_resolution",
                violation_error_message="Zu einer Entscheidung gehört der Beschluss, mit dem sie gefallen ist.",
            )
        ]

    def __str__(self) -> str:
        return self.title
