"""Visits in both directions: official and programme time, participants by group, programme."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from kepol.council.models import Consultation
from kepol.lib.names import Keyed
from kepol.lib.periods.fields import PeriodField, by_time
from kepol.lib.records import Part, Record, Sourced
from partnerships.choices import Direction, ParticipantGroup, VisitFormat
from partnerships.models.partnerships import Partnership
from stakeholders.models import Organisation, Person
from stakeholders.querysets import ProgrammeQuerySet


class Visit(Keyed, Sourced, Record):
    """A visit; `official` is the time of the business trip with travel days, `programme` that of the programme on site."""

    partnership = models.ForeignKey(Partnership, models.PROTECT, verbose_name="Partnerschaft", related_name="visits")
    direction = models.CharField("Richtung", max_length=20, choices=Direction)
    format = models.CharField("Format", max_length=20, choices=VisitFormat, default=VisitFormat.DELEGATION)
    title = models.CharField("Titel", max_length=200)
    official = PeriodField("Reisezeit", null=True, blank=True, help_text="Mit Reisetagen, wie in der Vorlage.")
    programme = PeriodField("Programmzeit", null=True, blank=True, help_text="Die Tage vor Ort.")
    purpose = models.TextField("Zweck", blank=True)
    hosts = models.ManyToManyField(Organisation, verbose_name="Mitveranstalter", related_name="+", blank=True)
    approval = models.ForeignKey(
        Consultation,
        models.PROTECT,
        verbose_name="Zustimmung",
        null=True,
        blank=True,
        related_name="+",
        help_text="Dienstreisen außerhalb Europas brauchen die Zustimmung des Hauptausschusses (§ 23 Abs. 10 Hauptsatzung).",
    )
    outcome = models.TextField("Ergebnis", blank=True)

    history_parts = ("participants", "programme_points")
    unit_paths = ("partnership__unit", "hosts", "participants__organisation")
    _history_m2m_fields = ["hosts"]

    objects = ProgrammeQuerySet.as_manager()

    class Meta:
        verbose_name = "Besuch"
        verbose_name_plural = "Besuche"
        ordering = [by_time("official", descending=True), "pk"]

    def __str__(self) -> str:
        return self.title


class VisitParticipant(Part):
    """One or several participants with the same function; a name only by reference to the register."""

    visit = models.ForeignKey(Visit, models.CASCADE, verbose_name="Besuch", related_name="participants")
    group = models.CharField("Gruppe", max_length=20, choices=ParticipantGroup)
    function = models.CharField("Funktion", max_length=200, help_text="Zum Beispiel: Mitglied einer Ratsfraktion.")
    number = models.PositiveSmallIntegerField("Anzahl", default=1, validators=[MinValueValidator(1)])
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, verbose_name="Organisation", null=True, blank=True, related_name="+"
    )
    person = models.ForeignKey(Person, models.PROTECT, verbose_name="Person", null=True, blank=True, related_name="+")

    history_title = "function"

    class Meta:
        verbose_name = "Teilnahme"
        verbose_name_plural = "Teilnehmende nach Gruppen"
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(number__gte=1),
                name="partnerships_visitparticipant_at_least_one",
                violation_error_message="Die Anzahl ist mindestens 1.",
            ),
            models.CheckConstraint(
                condition=Q(person__isnull=True) | Q(number=1),
                name="partnerships_visitparticipant_one_person",
                violation_error_message="Eine Zeile mit Person zählt genau eine.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} × {self.function}" if self.number > 1 else self.function


class ProgrammePoint(Part):
    """What happens during a visit, with day and time as far as they are known."""

    visit = models.ForeignKey(Visit, models.CASCADE, verbose_name="Besuch", related_name="programme_points")
    day = models.DateField("Tag", null=True, blank=True)
    time = models.TimeField("Uhrzeit", null=True, blank=True)
    title = models.CharField("Programmpunkt", max_length=200)
    place = models.CharField("Ort", max_length=200, blank=True)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, verbose_name="bei", null=True, blank=True, related_name="+"
    )

    history_title = "title"

    class Meta:
        verbose_name = "Programmpunkt"
        verbose_name_plural = "Programm"
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(time__isnull=True) | Q(day__isnull=False),
                name="partnerships_programmepoint_time_with_day",
                violation_error_message="Zu einer Uhrzeit gehört ein Tag.",
            )
        ]

    def __str__(self) -> str:
        return self.title
