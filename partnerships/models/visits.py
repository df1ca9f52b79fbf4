"""Visits in both directions: official and programme time, participants by group, programme."""

import datetime

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q, Sum

from kepol.council.models import Consultation
from kepol.lib.names import Keyed
from kepol.lib.periods.fields import PeriodField, by_time
from kepol.lib.periods.value import Period
from kepol.lib.records import Part, Record, Sourced
from partnerships.choices import CONSENTING, Direction, ParticipantGroup, VisitFormat
from partnerships.models.partnerships import Partnership
from partnerships.querysets import VisitQuerySet
from stakeholders.models import Organisation, Person

AT_LEAST_ONE = "Die Anzahl ist mindestens 1."


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

    objects = VisitQuerySet.as_manager()

    class Meta:
        verbose_name = "Besuch"
        verbose_name_plural = "Besuche"
        ordering = [by_time("official", descending=True), "pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def when(self) -> Period | None:
        """The time that counts: of the business trip, otherwise that on site; None without a date."""
        return self.official or self.programme

    def is_past(self, on: datetime.date) -> bool:
        """Whether it was over before day `on`; without a date it never is."""
        return self.when is not None and self.when.is_past(on)

    @property
    def leaves_europe(self) -> bool:
        """Whether it is a trip that needs the consent of the Hauptausschuss (§ 23 Abs. 10 Hauptsatzung)."""
        return self.direction == Direction.OUTBOUND and not self.partnership.country.is_europe

    def lacks_approval(self, on: datetime.date) -> bool:
        """Whether that consent is missing and still needed on day `on`. Like `VisitQuerySet.lacking_approval`."""
        return self.leaves_europe and not self.is_approved and not self.is_past(on)

    @property
    def is_approved(self) -> bool:
        """Whether the consent was given; a consultation that is planned, or ended otherwise, is none."""
        return self.approval is not None and self.approval.outcome in CONSENTING

    def numbers_by_group(self) -> dict[ParticipantGroup, int]:
        """How many take part from each group that is represented, in the order of the groups; one query."""
        rows = self.participants.order_by().values("group").annotate(total=Sum("number"))
        found = {row["group"]: row["total"] for row in rows}
        return {group: found[group] for group in ParticipantGroup if group in found}


class VisitParticipant(Part):
    """One or several participants with the same function; a name only by reference to the register."""

    visit = models.ForeignKey(Visit, models.CASCADE, verbose_name="Besuch", related_name="participants")
    group = models.CharField("Gruppe", max_length=20, choices=ParticipantGroup)
    function = models.CharField("Funktion", max_length=200, help_text="Zum Beispiel: Mitglied einer Ratsfraktion.")
    number = models.PositiveSmallIntegerField("Anzahl", default=1, validators=[MinValueValidator(1, AT_LEAST_ONE)])
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, verbose_name="Organisation", null=True, blank=True, related_name="+"
    )
    person = models.ForeignKey(Person, models.PROTECT, verbose_name="Person", null=True, blank=True, related_name="+")

    history_title = "function"

    class Meta:
        verbose_name = "Teilnahme"
        verbose_name_plural = "Teilnahmen"
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(number__gte=1),
                name="partnerships_visitparticipant_at_least_one",
                violation_error_message=AT_LEAST_ONE,
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
        verbose_name_plural = "Programmpunkte"
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

    def clean(self) -> None:
        """Refuse a day on which the visit is not."""
        super().clean()
        visit = getattr(self, "visit", None)
        if visit is not None and self.day is not None:
            refuse_day_outside(visit, self)


def refuse_day_outside(visit: Visit, point: ProgrammePoint) -> None:
    """Raise `ValidationError` naming `point` when its day lies in none of the periods of `visit`; without periods any day goes."""
    spans = [(name, span) for name, span in (("Reisezeit", visit.official), ("Programmzeit", visit.programme)) if span]
    if point.day is None or not spans or any(span.contains(point.day) for _, span in spans):
        return
    times = " und ".join(f"der {name} ({span})" for name, span in spans)
    message = (
        f"„{point}“ am {point.day:%d.%m.%Y} liegt außerhalb {times}. Berichtigen Sie den Tag oder die Zeit des Besuchs."
    )
    raise ValidationError({"day": message}, code="outside")
