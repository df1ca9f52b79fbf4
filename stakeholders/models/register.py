"""One register of everybody the city works with: its own units, associations, partner cities, funders, and their people."""

import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q

from kepol.lib.names import Keyed
from kepol.lib.records import Record
from kepol.lib.retirement import Retirable
from kepol.lib.validity import Exclusive, Valid, ValidQuerySet, in_force
from kepol.reference.models import Sdg
from stakeholders.choices import MembershipRole, OrganisationKind
from stakeholders.codes import canonical_code
from stakeholders.models.privacy import forget_name, forget_words
from stakeholders.querysets import ERASED_NAME, OrganisationQuerySet, PersonQuerySet

OWN_PARENT = "Eine Organisation kann nicht zu sich selbst gehören."


class Organisation(Keyed, Retirable, Record):
    """An organisation of any kind under its present name; earlier names and other spellings are rows of their own.

    A unit of the city has a code; `name_on` gives the name it bore on a day, so that an old paper keeps its words.
    """

    kind = models.CharField("Art", max_length=30, choices=OrganisationKind)
    code = models.CharField(
        "Kürzel",
        max_length=20,
        blank=True,
        help_text="Nur bei städtischen Dienststellen, zum Beispiel FB 36 oder FB 01/300.",
    )
    name = models.CharField(
        "Name", max_length=200, help_text="Der heutige Name. Frühere Namen stehen unten mit ihrer Gültigkeit."
    )
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        verbose_name="gehört zu",
        null=True,
        blank=True,
        related_name="children",
        help_text="Die übergeordnete Dienststelle oder Organisation.",
    )
    website = models.URLField("Internetseite", blank=True)
    sdgs = models.ManyToManyField(
        Sdg,
        verbose_name="Interesse an SDG",
        related_name="+",
        blank=True,
        help_text="Zu welchen Nachhaltigkeitszielen die Organisation arbeitet oder mitarbeiten möchte.",
    )
    note = models.TextField("Bemerkung", blank=True, help_text="Keine privaten Angaben über Personen.")
    name_key = models.TextField(editable=False, default="", db_index=True)

    exact_keys = {"name_key": "name"}
    history_parts = ("former_names", "aliases", "memberships")
    _history_m2m_fields = ["sdgs"]

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = "Organisation"
        verbose_name_plural = "Organisationen"
        ordering = ["sort_key", "pk"]
        constraints = [
            *Retirable.Meta.constraints,
            models.CheckConstraint(
                condition=Q(kind__in=sorted(OrganisationKind.UNITS)) & ~Q(code="")
                | ~Q(kind__in=sorted(OrganisationKind.UNITS)) & Q(code=""),
                name="stakeholders_organisation_code_of_unit",
                violation_error_message="Städtische Dienststellen brauchen ein Kürzel, andere Organisationen haben keines.",
            ),
            models.UniqueConstraint(
                "code",
                condition=~Q(code=""),
                name="stakeholders_organisation_code_once",
                violation_error_message="Dieses Kürzel ist schon vergeben.",
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("pk")),
                name="stakeholders_organisation_not_own_parent",
                violation_error_message=OWN_PARENT,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} - {self.name}" if self.code else self.name

    def key_source(self) -> str:
        """Code and name."""
        return f"{self.code} {self.name}"

    def clean(self) -> None:
        """Write the code as the city does and refuse a hierarchy that runs in a circle."""
        super().clean()
        if self.code:
            self.code = self._canonical_code()
        refuse_circle(self)

    def _canonical_code(self) -> str:
        try:
            return canonical_code(self.code)
        except ValueError as error:
            raise ValidationError({"code": str(error)}, code="code") from error

    def name_on(self, on: datetime.date) -> str:
        """Name borne on day `on`: an earlier name valid then, otherwise the present one."""
        former = self.former_names.filter(in_force(on)).first()
        return former.name if former else self.name


def refuse_circle(organisation: Organisation) -> None:
    """Raise `ValidationError` naming the way round when `organisation` would stand above itself."""
    if organisation.pk is not None and organisation.parent_id == organisation.pk:
        raise ValidationError({"parent": OWN_PARENT}, code="circle")
    way, above, passed = [str(organisation)], organisation.parent, set()
    while above is not None and above.pk not in passed:
        way.append(str(above))
        if above.pk == organisation.pk and organisation.pk is not None:
            raise ValidationError({"parent": f"Das ergäbe einen Kreis: {' → '.join(way)}."}, code="circle")
        passed.add(above.pk)
        above = above.parent


class OrganisationName(Keyed, Exclusive, Record):
    """A name an organisation bore earlier, with its validity."""

    organisation = models.ForeignKey(
        Organisation, models.CASCADE, verbose_name="Organisation", related_name="former_names"
    )
    name = models.CharField("früherer Name", max_length=200)

    history_title = "name"
    exclusive_for = ("organisation",)
    overlap_message = "Zur selben Zeit hieß die Organisation schon „{rival}“. Passen Sie die Gültigkeit an."
    objects = ValidQuerySet.as_manager()

    class Meta:
        verbose_name = "früherer Name"
        verbose_name_plural = "frühere Namen"
        ordering = ["-valid_to", "pk"]
        constraints = [
            *Valid.Meta.constraints,
            models.CheckConstraint(
                condition=Q(valid_to__isnull=False),
                name="stakeholders_organisationname_has_end",
                violation_error_message="Ein früherer Name braucht den letzten Tag seiner Gültigkeit.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class OrganisationAlias(Keyed, Record):
    """Another spelling or short form under which an organisation is found."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, verbose_name="Organisation", related_name="aliases")
    name = models.CharField("andere Schreibweise", max_length=200)

    history_title = "name"

    class Meta:
        verbose_name = "andere Schreibweise"
        verbose_name_plural = "andere Schreibweisen"
        ordering = ["sort_key", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "name"],
                name="stakeholders_organisationalias_once",
                violation_error_message="Diese Schreibweise steht schon da.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Person(Keyed, Retirable, Record):
    """A person with work contact only; no private address, no birthday (data minimisation, Art. 5 GDPR)."""

    title = models.CharField("Titel", max_length=40, blank=True, help_text="Zum Beispiel Dr.")
    given_name = models.CharField("Vorname", max_length=100, blank=True)
    family_name = models.CharField("Nachname", max_length=100)
    function = models.CharField("Funktion", max_length=200, blank=True)
    email = models.EmailField("dienstliche E-Mail", blank=True)
    phone = models.CharField("dienstliches Telefon", max_length=50, blank=True)
    source = models.CharField(
        "Herkunft der Angaben",
        max_length=300,
        help_text="Woher stammen die Angaben (Art. 14 DSGVO)? Zum Beispiel: Visitenkarte, Internetseite.",
    )
    purpose = models.CharField(
        "Zweck",
        max_length=300,
        default="Zusammenarbeit in der kommunalen Entwicklungspolitik",
        help_text="Wofür die Angaben gebraucht werden (Art. 5 DSGVO).",
    )
    review_on = models.DateField(
        "prüfen oder löschen am",
        null=True,
        blank=True,
        help_text="Leer: zwei Jahre nach dem Ende der letzten Mitgliedschaft, sobald keine mehr läuft.",
    )
    may_be_named = models.BooleanField(
        "darf öffentlich genannt werden",
        default=False,
        help_text="Nur ankreuzen, wenn die Person zugestimmt hat oder ein öffentliches Amt hat. Sonst erscheint nur die Funktion.",
    )
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name="Zugang",
        null=True,
        blank=True,
        related_name="+",
        help_text="Der Zugang, mit dem sich diese Person anmeldet.",
    )

    history_parts = ("memberships",)

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name = "Person"
        verbose_name_plural = "Personen"
        ordering = ["sort_key", "pk"]
        constraints = [*Retirable.Meta.constraints]

    def __str__(self) -> str:
        return " ".join(part for part in (self.title, self.given_name, self.family_name) if part)

    def key_source(self) -> str:
        """Family name first, as a register orders people."""
        return f"{self.family_name} {self.given_name} {self.title}"

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete the person together with their words in the history of changes, where they would outlive them."""
        with transaction.atomic():
            forgotten = type(self)(pk=self.pk)
            result = super().delete(*args, **kwargs)
            forget_words(forgotten, user=None)
            forget_name(forgotten)
        return result

    @property
    def is_erased(self) -> bool:
        """Whether the personal details were deleted and only the function is left."""
        return self.family_name == ERASED_NAME


class Membership(Exclusive, Record):
    """A person belongs to an organisation, in a role, from a day to a day; rights of a unit follow from it."""

    person = models.ForeignKey(Person, models.PROTECT, verbose_name="Person", related_name="memberships")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, verbose_name="Organisation", related_name="memberships"
    )
    role = models.CharField("Rolle", max_length=20, choices=MembershipRole, default=MembershipRole.MEMBER)

    history_title = "person"
    exclusive_for = ("person", "organisation", "role")
    overlap_message = "Zur selben Zeit gibt es schon: {rival}."
    objects = ValidQuerySet.as_manager()

    class Meta:
        verbose_name = "Mitgliedschaft"
        verbose_name_plural = "Mitgliedschaften"
        ordering = [F("valid_from").desc(nulls_last=True), "pk"]
        constraints = [*Valid.Meta.constraints]

    def __str__(self) -> str:
        return f"{self.person} – {self.get_role_display()} – {self.organisation}"
