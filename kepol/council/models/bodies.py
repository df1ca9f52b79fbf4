"""Who decides and who signs: committees, council terms and holders of offices, each with its validity."""

import datetime
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from kepol.council.choices import CommitteeKind, Office
from kepol.council.querysets import CommitteeQuerySet
from kepol.lib.names import Keyed
from kepol.lib.records import Record
from kepol.lib.retirement import Retirable
from kepol.lib.validity import Valid, ValidQuerySet, refuse_overlap
from stakeholders.models import Person

NAME_TAKEN = "Ein Gremium mit diesem Namen gibt es schon."


class Committee(Keyed, Retirable, Valid, Record):
    """A body of the council under the name it bears; a renamed committee is a new row, so that old papers keep their words."""

    name = models.CharField("Name", max_length=200)
    short_name = models.CharField("Kurzname", max_length=20, blank=True, help_text="Zum Beispiel HA, Rat, AUK.")
    kind = models.CharField("Art", max_length=30, choices=CommitteeKind, default=CommitteeKind.COMMITTEE)
    name_key = models.TextField(editable=False, default="", db_index=True)
    short_name_key = models.TextField(editable=False, default="", db_index=True)

    exact_keys = {"name_key": "name", "short_name_key": "short_name"}
    history_parts = ("other_names",)

    objects = CommitteeQuerySet.as_manager()

    class Meta:
        verbose_name = "Gremium"
        verbose_name_plural = "Gremien"
        ordering = ["sort_key", "pk"]
        constraints = [
            *Retirable.Meta.constraints,
            *Valid.Meta.constraints,
            models.UniqueConstraint(
                fields=["name"],
                condition=Q(retired_on__isnull=True),
                name="council_committee_name_once",
                violation_error_message=NAME_TAKEN,
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def key_source(self) -> str:
        """Full and short name."""
        return f"{self.name} {self.short_name}"

    def clean(self) -> None:
        """One committee in use per name; the constraint says so too, but a form does not show the retirement and skips it."""
        super().clean()
        same = type(self).objects.active().filter(name=self.name).exclude(pk=self.pk)
        if not self.is_retired and same.exists():
            raise ValidationError({"name": NAME_TAKEN}, code="taken")


class CommitteeName(Keyed, Record):
    """Another name under which papers speak of a committee, such as "Rat der Stadt" for "Rat der Stadt Aachen"."""

    committee = models.ForeignKey(Committee, models.CASCADE, verbose_name="Gremium", related_name="other_names")
    name = models.CharField("anderer Name", max_length=200)

    history_title = "name"

    class Meta:
        verbose_name = "anderer Name"
        verbose_name_plural = "andere Namen"
        ordering = ["sort_key", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["committee", "name"],
                name="council_committeename_once",
                violation_error_message="Dieser Name steht schon da.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class CouncilTerm(Valid, Record):
    """Wahlperiode. Its number stands in every reference (`WP18`)."""

    number = models.PositiveSmallIntegerField("Nummer", unique=True, help_text="Zum Beispiel 18.")

    objects = ValidQuerySet.as_manager()

    class Meta:
        verbose_name = "Wahlperiode"
        verbose_name_plural = "Wahlperioden"
        ordering = ["-number"]
        constraints = [*Valid.Meta.constraints]

    def __str__(self) -> str:
        return f"WP{self.number:02}"

    def clean(self) -> None:
        """One term follows the other."""
        super().clean()
        if self.valid_from or self.valid_to:
            dated = type(self).objects.exclude(valid_from__isnull=True, valid_to__isnull=True)
            refuse_overlap(self, dated, "Diese Tage gehören schon zur Wahlperiode {rival}.")


class OfficeHolderQuerySet(ValidQuerySet):
    """Holders of offices."""

    def issuer(self, *, on: datetime.date) -> Self:
        """The Lord Mayor of day `on`, in whose name every submission is issued."""
        return self.in_force(on).filter(office=Office.LORD_MAYOR)


class OfficeHolder(Valid, Record):
    """Who holds an office, with the words a submission prints for it ("Die Oberbürgermeisterin")."""

    office = models.CharField("Amt", max_length=20, choices=Office)
    person = models.ForeignKey(Person, models.PROTECT, verbose_name="Person", related_name="+")
    title = models.CharField(
        "Amtsbezeichnung", max_length=100, help_text="Unter der Unterschrift, zum Beispiel Oberbürgermeisterin."
    )
    issuer_line = models.CharField(
        "Kopfzeile",
        max_length=100,
        blank=True,
        help_text="Oben auf der Vorlage, zum Beispiel: Die Oberbürgermeisterin.",
    )

    objects = OfficeHolderQuerySet.as_manager()

    class Meta:
        verbose_name = "Amtsinhaberin/Amtsinhaber"
        verbose_name_plural = "Ämter"
        ordering = [F("valid_from").desc(nulls_last=True), "pk"]
        constraints = [
            *Valid.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(office=Office.LORD_MAYOR.value) | ~Q(issuer_line=""),
                name="council_officeholder_issuer_line",
                violation_error_message="Für dieses Amt fehlt die Kopfzeile der Vorlage.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.person}"

    def clean(self) -> None:
        """One holder of the Lord Mayor's office at a time."""
        super().clean()
        if self.office != Office.LORD_MAYOR:
            return
        siblings = type(self).objects.filter(office=self.office).select_related("person")
        try:
            refuse_overlap(
                self, siblings, "Zur selben Zeit hat schon {rival} dieses Amt. Passen Sie die Gültigkeit an."
            )
        except ValidationError as error:
            raise ValidationError({"valid_from": error.messages}, code="overlap") from error
