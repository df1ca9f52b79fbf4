"""Bodies that steer the programme: the Steuerungsgruppe, working groups, their members and terms."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from kepol.lib.names import Keyed
from kepol.lib.records import Part, Record, Sourced
from kepol.lib.validity import Exclusive, Valid
from stakeholders.choices import BodyKind, BodyRole
from stakeholders.models.register import Organisation, Person
from stakeholders.querysets import BodyMemberQuerySet, BodyQuerySet

NOBODY_YET = "noch nicht benannt"


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


class NamedSeats(models.Manager.from_queryset(BodyMemberQuerySet)):  # type: ignore[misc]
    """Seats with what they are called by, so that whoever comes upon many of them needs no query for each."""

    def get_queryset(self) -> BodyMemberQuerySet:
        """With person and organisation."""
        rows: BodyMemberQuerySet = super().get_queryset().select_related("person", "organisation")
        return rows


class BodyMember(Exclusive, Part):
    """A seat in a body for a term: a person, or an organisation that has yet to name one."""

    body = models.ForeignKey(Body, models.CASCADE, verbose_name="Gruppe", related_name="members")
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        verbose_name="für",
        null=True,
        blank=True,
        related_name="+",
        help_text="Die Dienststelle oder Organisation, die der Sitz vertritt.",
    )
    person = models.ForeignKey(
        Person,
        models.PROTECT,
        verbose_name="Person",
        null=True,
        blank=True,
        related_name="+",
        help_text="Leer: noch nicht benannt.",
    )
    role = models.CharField(
        "Rolle",
        max_length=20,
        choices=BodyRole,
        default=BodyRole.MEMBER,
        help_text="Vorsitz und Mitglieder stimmen ab, eine Stellvertretung an deren Stelle. Gäste haben kein Stimmrecht.",
    )
    deputises_for = models.ForeignKey(
        "self",
        models.PROTECT,
        verbose_name="vertritt",
        null=True,
        blank=True,
        related_name="deputies",
        help_text="Nur bei einer Stellvertretung: der Sitz, für den sie einspringt. Leer: für alle.",
    )
    note = models.CharField("Bemerkung", max_length=200, blank=True)

    history_title = ("person", "organisation")
    exclusive_for = ("body", "person")
    overlap_message = "Zur selben Zeit gehört diese Person schon dazu: {rival}."
    objects = NamedSeats()

    class Meta:
        base_manager_name = "objects"
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
            models.CheckConstraint(
                condition=Q(deputises_for__isnull=True) | Q(role=BodyRole.DEPUTY),
                name="stakeholders_bodymember_only_deputies_deputise",
                violation_error_message="Nur eine Stellvertretung vertritt jemanden. Ändern Sie die Rolle oder leeren Sie „vertritt“.",
            ),
        ]

    def __str__(self) -> str:
        who = str(self.person or NOBODY_YET)
        return (
            f"{who} für {self.organisation} ({self.role_label})" if self.organisation else f"{who} ({self.role_label})"
        )

    @property
    def role_label(self) -> str:
        """Role in German."""
        return BodyRole(self.role).label if self.role in BodyRole.values else self.role

    def clean(self) -> None:
        """Refuse who deputises for a seat of another body or one without a vote."""
        super().clean()
        if not self.is_compared_by_form:
            refuse_wrong_deputy(self, self.deputises_for)
            refuse_lost_deputies(self, self.deputies.all() if self.pk else ())


def refuse_wrong_deputy(seat: BodyMember, other: BodyMember | None) -> None:
    """Raise `ValidationError` when `seat` is a deputy for `other`, a seat that stands elsewhere or has no vote.

    Like `refuse_lost_deputies` a rule between rows: callers hold the lock on all seats.
    """
    if seat.role != BodyRole.DEPUTY or other is None:
        return
    if other.body_id != seat.body_id or other.role not in BodyRole.VOTING:
        message = "Vertreten wird der Vorsitz oder ein Mitglied derselben Gruppe. Wählen Sie einen solchen Sitz, oder lassen Sie das Feld leer."
        raise ValidationError({"deputises_for": message}, code="deputy")


def refuse_lost_deputies(seat: BodyMember, deputies: Iterable[BodyMember]) -> None:
    """Raise `ValidationError` naming those of its `deputies` that `seat` would lose by its new role or body."""
    has_vote = seat.role in BodyRole.VOTING
    lost = [deputy for deputy in deputies if not has_vote or deputy.body_id != seat.body_id]
    if names := ", ".join(f"„{deputy}“" for deputy in lost):
        message = f"Dieser Sitz wird vertreten: {names}. Ändern Sie zuerst dort, wen die Stellvertretung vertritt."
        raise ValidationError({"role": message}, code="deputies")
