"""When somebody is away, so that whoever stands in is asked instead."""

import datetime
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from kepol.lib.records import Record
from stakeholders.models.register import Person

OWN_DEPUTY = "Niemand vertritt sich selbst. Nennen Sie jemand anderen, oder lassen Sie das Feld leer."


class AbsenceQuerySet(models.QuerySet):
    """Absences, told apart by when they are."""

    def on(self, day: datetime.date) -> Self:
        """Those that hold on `day`."""
        return self.filter(first_day__lte=day, last_day__gte=day)


class Absence(Record):
    """A person is away from `first_day` to `last_day`, both included; `deputy` stands in, None: nobody in particular.

    Why somebody is away is nobody's business here (data minimisation, Art. 5 GDPR); the rows go with the person.
    """

    person = models.ForeignKey(Person, models.CASCADE, verbose_name="Person", related_name="absences")
    first_day = models.DateField("abwesend ab")
    last_day = models.DateField("abwesend bis", help_text="Letzter Tag der Abwesenheit.")
    deputy = models.ForeignKey(
        Person,
        models.SET_NULL,
        verbose_name="Vertretung",
        null=True,
        blank=True,
        related_name="+",
        help_text="Wer aus derselben Dienststelle erinnert wird. Leer: die stellvertretende Leitung.",
    )

    history_title = "first_day"

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        verbose_name = "Abwesenheit"
        verbose_name_plural = "Abwesenheiten"
        ordering = ["-first_day", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(first_day__lte=F("last_day")),
                name="stakeholders_absence_in_order",
                violation_error_message="„abwesend bis“ liegt vor „abwesend ab“.",
            ),
            models.CheckConstraint(
                condition=Q(deputy__isnull=True) | ~Q(deputy=F("person")),
                name="stakeholders_absence_other_deputy",
                violation_error_message=OWN_DEPUTY,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.first_day:%d.%m.%Y} bis {self.last_day:%d.%m.%Y}"

    def clean(self) -> None:
        """Refuse that somebody stands in for themselves; a form of the person's page does not ask the constraint."""
        super().clean()
        if self.deputy_id is not None and self.deputy_id == self.person_id:
            raise ValidationError({"deputy": OWN_DEPUTY}, code="own_deputy")
