"""Agreements between cities: what was signed, how long it holds, and what replaced it."""

import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from kepol.council.models import Consultation
from kepol.files.fields import StoredFileField
from kepol.lib.names import Keyed
from kepol.lib.periods.fields import PeriodField, by_time
from kepol.lib.records import Record, Sourced
from kepol.lib.validity import Valid
from partnerships.choices import AgreementKind, AgreementState
from partnerships.models.partnerships import Partnership
from partnerships.querysets import AGREEMENT_CLOCK_MONTHS, AgreementQuerySet, months_after

OWN_SUCCESSOR = "Eine Vereinbarung kann sich nicht selbst ablösen."


class Agreement(Keyed, Valid, Sourced, Record):
    """An agreement of a partnership; not signed as long as `signed` is empty, open-ended without `valid_to`."""

    partnership = models.ForeignKey(
        Partnership, models.PROTECT, verbose_name="Partnerschaft", related_name="agreements"
    )
    kind = models.CharField("Art", max_length=20, choices=AgreementKind)
    title = models.CharField("Titel", max_length=200)
    signed = PeriodField(
        "unterzeichnet",
        null=True,
        blank=True,
        help_text="Tag der Unterschrift, oder so genau, wie er bekannt ist. Leer: noch nicht unterzeichnet.",
    )
    signatories = models.CharField(
        "Unterzeichnende", max_length=300, blank=True, help_text="Ämter; Namen nur von Personen öffentlichen Amtes."
    )
    languages = models.CharField("Sprachen", max_length=100, blank=True, help_text="Zum Beispiel: Deutsch, Englisch.")
    successor = models.ForeignKey(
        "self", models.PROTECT, verbose_name="abgelöst durch", null=True, blank=True, related_name="predecessors"
    )
    resolution = models.ForeignKey(
        Consultation, models.PROTECT, verbose_name="Beschluss", null=True, blank=True, related_name="+"
    )
    file = StoredFileField("Datei", rule="vereinbarung", blank=True)
    content = models.TextField("Inhalt", blank=True)

    unit_paths = ("partnership__unit", "partnership__involvements__organisation")

    objects = AgreementQuerySet.as_manager()

    class Meta:
        verbose_name = "Vereinbarung"
        verbose_name_plural = "Vereinbarungen"
        ordering = [by_time("signed", descending=True), "pk"]
        constraints = [
            *Valid.Meta.constraints,
            models.CheckConstraint(
                condition=Q(successor__isnull=True) | ~Q(successor=F("pk")),
                name="partnerships_agreement_not_own_successor",
                violation_error_message=OWN_SUCCESSOR,
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """Refuse successors of another partnership and in a circle."""
        super().clean()
        refuse_succession_circle(self)

    @property
    def is_replaced(self) -> bool:
        """Whether another agreement has taken its place: only a signed one does."""
        return self.successor is not None and self.successor.signed is not None

    def is_expiring(self, on: datetime.date) -> bool:
        """Whether it holds on day `on`, ends within nine months, and nothing replaces it (architecture, agreement clock)."""
        ends_in_time = self.valid_to is not None and self.valid_to <= months_after(on, AGREEMENT_CLOCK_MONTHS)
        return not self.is_replaced and ends_in_time and self.is_in_force(on)

    def is_expired(self, on: datetime.date) -> bool:
        """Whether it was over before day `on`, and nothing replaces it."""
        return not self.is_replaced and self.valid_to is not None and self.valid_to < on

    def state_on(self, on: datetime.date) -> AgreementState:
        """The one word for how it stands on day `on`; what asks for work comes first."""
        if self.is_expired(on):
            return AgreementState.EXPIRED
        if self.is_expiring(on):
            return AgreementState.EXPIRING
        if self.is_replaced:
            return AgreementState.REPLACED
        if self.signed is None:
            return AgreementState.UNSIGNED
        return AgreementState.IN_FORCE if self.is_in_force(on) else AgreementState.UPCOMING


def refuse_succession_circle(agreement: Agreement) -> None:
    """Raise `ValidationError` when the successor belongs to another partnership, or leads back to `agreement`."""
    after = agreement.successor
    if after is None:
        return
    if after.partnership_id != agreement.partnership_id:
        raise ValidationError({"successor": "Die ablösende Vereinbarung gehört zu einer anderen Partnerschaft."})
    if agreement.pk is not None and after.pk == agreement.pk:
        raise ValidationError({"successor": OWN_SUCCESSOR}, code="circle")
    way, passed = [str(agreement)], set()
    while after is not None and after.pk not in passed:
        way.append(str(after))
        if after.pk == agreement.pk and agreement.pk is not None:
            raise ValidationError({"successor": f"Das ergäbe einen Kreis: {' → '.join(way)}."}, code="circle")
        passed.add(after.pk)
        after = after.successor
