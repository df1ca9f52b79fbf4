"""The contact log: who was spoken to, about what, and what comes next."""

import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q

from kepol.lib.names import Keyed
from kepol.lib.records import Record
from stakeholders.choices import ContactChannel
from stakeholders.models.privacy import CONTACT_YEARS, forget_words, years_after
from stakeholders.models.register import Organisation, Person
from stakeholders.querysets import ContactQuerySet

DONE_NAMELESS = "Der nächste Schritt ist als erledigt vermerkt. Lassen Sie stehen, was zu tun war."


class ContactEntry(Keyed, Record):
    """One contact with an organisation, a person or both; it is deleted on its own day (storage limitation, Art. 5 GDPR)."""

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, verbose_name="Organisation", null=True, blank=True, related_name="contacts"
    )
    person = models.ForeignKey(
        Person, models.PROTECT, verbose_name="Person", null=True, blank=True, related_name="contacts"
    )
    day = models.DateField("Tag")
    channel = models.CharField("Weg", max_length=20, choices=ContactChannel, default=ContactChannel.TALK)
    subject = models.CharField("Worum ging es?", max_length=300)
    details = models.TextField("Einzelheiten", blank=True, help_text="Keine privaten Angaben über Personen.")
    next_step = models.CharField("nächster Schritt", max_length=300, blank=True)
    next_step_on = models.DateField("nächster Schritt bis", null=True, blank=True)
    next_step_done_on = models.DateField("nächster Schritt erledigt am", null=True, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name="notiert von",
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )
    delete_on = models.DateField(
        "löschen am",
        blank=True,
        help_text="Leer: drei Jahre nach dem Kontakt. An diesem Tag werden Sie an das Löschen erinnert.",
    )

    history_also = ("recorded_by",)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = "Kontakt"
        verbose_name_plural = "Kontakte"
        ordering = ["-day", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(organisation__isnull=False) | Q(person__isnull=False),
                name="stakeholders_contactentry_with_somebody",
                violation_error_message="Mit wem war der Kontakt? Nennen Sie eine Organisation oder eine Person.",
            ),
            models.CheckConstraint(
                condition=Q(next_step_on__isnull=True) | ~Q(next_step=""),
                name="stakeholders_contactentry_step_named",
                violation_error_message="Zu einem Tag für den nächsten Schritt gehört, was zu tun ist.",
            ),
            models.CheckConstraint(
                condition=Q(next_step_done_on__isnull=True) | ~Q(next_step=""),
                name="stakeholders_contactentry_done_step_named",
                violation_error_message=DONE_NAMELESS,
            ),
            models.CheckConstraint(
                condition=Q(delete_on__gt=F("day")),
                name="stakeholders_contactentry_kept_for_a_while",
                violation_error_message="„löschen am“ liegt nicht nach dem Tag des Kontakts.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day:%d.%m.%Y} {self.get_channel_display()}: {self.subject}"

    def key_source(self) -> str:
        """What it was about and what comes next."""
        return f"{self.subject} {self.next_step}"

    def clean(self) -> None:
        """Without a day of deletion it is kept for the usual time; a done step keeps its words."""
        super().clean()
        if self.next_step_done_on is not None and not self.next_step:
            # The form only shows the day, so that Django leaves out the constraint there.
            raise ValidationError({"next_step": DONE_NAMELESS}, code="done")
        if self.delete_on is None and self.day is not None:
            self.delete_on = years_after(self.day, CONTACT_YEARS)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete it together with its words in the history of changes, where they would outlive it."""
        with transaction.atomic():
            forgotten = type(self)(pk=self.pk)
            result = super().delete(*args, **kwargs)
            forget_words(forgotten, organisation=None, person=None)
        return result

    @property
    def has_open_step(self) -> bool:
        """Whether something is still to be done."""
        return bool(self.next_step) and self.next_step_done_on is None

    def is_step_due(self, *, on: datetime.date) -> bool:
        """Whether the next step is open and due on day `on` or earlier; without a day it never is."""
        return self.has_open_step and self.next_step_on is not None and self.next_step_on <= on

    def is_to_delete(self, *, on: datetime.date) -> bool:
        """Whether its time was up on day `on` or earlier."""
        return self.delete_on <= on
