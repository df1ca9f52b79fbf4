"""Bodies that steer the programme: the Steuerungsgruppe, working groups, their members and terms."""

from django.db import models
from django.db.models import Q

from kepol.lib.names import Keyed
from kepol.lib.records import Part, Record, Sourced
from kepol.lib.validity import Exclusive, Valid, ValidQuerySet
from stakeholders.choices import BodyKind, BodyRole
from stakeholders.models.register import Organisation, Person
from stakeholders.querysets import ProgrammeQuerySet


class BodyQuerySet(ValidQuerySet, ProgrammeQuerySet):
    """Bodies, told apart by validity and by who may read them."""


class Body(Keyed, Valid, Sourced, Record):
    """A body of the programme; committees of the council live in `kepol.council`."""

    kind = models.CharField("Art", max_length=20, choices=BodyKind)
    name = models.CharField("Name", max_length=200)
    purpose = models.TextField("Aufgabe", blank=True)
    office = models.ForeignKey(
        Organisation,
        models.PROTECT,
        verbose_name="Geschäftsführung",
        null=True,
        blank=True,
        related_name="+",
        help_text="Die Dienststelle, die einlädt und protokolliert.",
    )

    history_parts = ("members",)
    unit_paths = ("office", "members__organisation")

    objects = BodyQuerySet.as_manager()

    class Meta:
        verbose_name = "Steuerungs- oder Arbeitsgruppe"
        verbose_name_plural = "Steuerungs- und Arbeitsgruppen"
        ordering = ["sort_key", "pk"]
        constraints = [*Valid.Meta.constraints]

    def __str__(self) -> str:
        return self.name


class BodyMember(Exclusive, Part):
    """A seat in a body for a term: a person, or an organisation that has yet to name one."""

    body = models.ForeignKey(Body, models.CASCADE, verbose_name="Gruppe", related_name="members")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, verbose_name="für", null=True, blank=True, related_name="+"
    )
    person = models.ForeignKey(Person, models.PROTECT, verbose_name="Person", null=True, blank=True, related_name="+")
    role = models.CharField("Rolle", max_length=20, choices=BodyRole, default=BodyRole.MEMBER)
    deputises_for = models.ForeignKey(
        "self", models.PROTECT, verbose_name="vertritt", null=True, blank=True, related_name="deputies"
    )
    note = models.CharField("Bemerkung", max_length=200, blank=True)

    history_title = "organisation"
    exclusive_for = ("body", "person")
    overlap_message = "Zur selben Zeit gehört diese Person schon dazu: {rival}."
    objects = ValidQuerySet.as_manager()

    class Meta:
        verbose_name = "Sitz"
        verbose_name_plural = "Sitze"
        ordering = ["position", "pk"]
        constraints = [
            *Valid.Meta.constraints,
            models.CheckConstraint(
                condition=Q(organisation__isnull=False) | Q(person__isnull=False),
                name="stakeholders_bodymember_somebody",
                violation_error_message="Nennen Sie eine Person oder die Organisation, für die der Sitz ist.",
            ),
        ]

    def __str__(self) -> str:
        who = " für ".join(str(part) for part in (self.person, self.organisation) if part)
        return f"{who} ({self.get_role_display()})"
