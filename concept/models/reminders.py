"""What was asked of whom: a line for each milestone in each reminder, and hints to heads of units, which a person sends."""

import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from concept.models.milestones import Milestone
from concept.models.plan import UNITS
from kepol.lib.names import Keyed
from kepol.lib.records import Record
from kepol.mail.choices import MailState
from kepol.mail.models import SUBJECT_LENGTH, Mail
from kepol.mail.validators import refuse_line_break
from stakeholders.models import Organisation, Person


class Occasion(models.TextChoices):
    """Why a milestone is asked about; the first that holds is the one that is told."""

    OVERDUE = "overdue", "Verzögert"
    DUE_SOON = "due_soon", "Bald fällig"
    SILENT = "silent", "Rückmeldung überfällig"


class ReminderLevel(models.IntegerChoices):
    """In which turn somebody is asked."""

    FIRST = 1, "zuständig"
    DEPUTY = 2, "stellvertretende Leitung"


class EscalationState(models.TextChoices):
    """What the Koordination made of a hint to a head of unit."""

    PROPOSED = "proposed", "vorgeschlagen"
    SENT = "sent", "gesendet"
    DISCARDED = "discarded", "verworfen"


#: States of a mail that was handed over, as far as anybody knows.
TOLD = frozenset({MailState.SENT, MailState.SENDING})


class ReminderQuerySet(models.QuerySet):
    """Lines of reminders, told apart by what became of the mail."""

    def alive(self) -> Self:
        """In a mail that went out, may still do so, or was discarded by somebody who did not want it sent; what expired is void."""
        return self.exclude(mail__state=MailState.EXPIRED)


class ReminderItem(models.Model):
    """One milestone in one reminder, written together with its mail; nothing ever changes a row.

    `on` is the day for which the reminder was made, `expected_end` the end expected then (None: none): when it differs from that of
    today, the date has moved since. The rows go with the person, the milestone or the mail.
    """

    mail = models.ForeignKey(Mail, models.CASCADE, verbose_name="Mail", related_name="+")
    milestone = models.ForeignKey(Milestone, models.CASCADE, verbose_name="Meilenstein", related_name="reminders")
    person = models.ForeignKey(Person, models.CASCADE, verbose_name="Person", related_name="+")
    on = models.DateField("Tag")
    level = models.PositiveSmallIntegerField("gefragt als", choices=ReminderLevel)
    occasion = models.CharField("Anlass", max_length=20, choices=Occasion)
    expected_end = models.DateField("damals erwartet bis", null=True, blank=True)

    objects = ReminderQuerySet.as_manager()

    class Meta:
        verbose_name = "Erinnerung"
        verbose_name_plural = "Erinnerungen"
        ordering = ["-on", "-pk"]
        indexes = [
            models.Index(fields=["person", "-on"], name="concept_reminder_of_person"),
            models.Index(fields=["milestone", "-on"], name="concept_reminder_of_milestone"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["mail", "milestone"],
                name="concept_reminderitem_once",
                violation_error_message="Dieser Meilenstein steht schon in der Mail.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.milestone} am {self.on:%d.%m.%Y}"


class EscalationQuerySet(models.QuerySet):
    """Hints to heads of units, told apart by what was made of them."""

    def proposed(self) -> Self:
        """Nobody has decided yet."""
        return self.filter(state=EscalationState.PROPOSED)

    def settled_since(self, day: datetime.date) -> Self:
        """Still open, or decided on `day` or later."""
        return self.filter(Q(decided_on__isnull=True) | Q(decided_on__gte=day))


class Escalation(Keyed, Record):
    """A hint to the head of a unit that nobody there has answered for some milestones; `concept.escalations` has the verbs.

    The application proposes it, with a text; only the Koordination sends it. `mail` is None until then.
    """

    unit = models.ForeignKey(
        Organisation, models.PROTECT, verbose_name="Dienststelle", related_name="+", limit_choices_to=UNITS
    )
    person = models.ForeignKey(Person, models.PROTECT, verbose_name="an", related_name="+")
    milestones = models.ManyToManyField(Milestone, verbose_name="Meilensteine", related_name="+")
    subject = models.CharField("Betreff", max_length=SUBJECT_LENGTH, validators=[refuse_line_break])
    text = models.TextField("Text")
    proposed_on = models.DateField("vorgeschlagen am")
    state = models.CharField("Stand", max_length=20, choices=EscalationState, default=EscalationState.PROPOSED)
    decided_on = models.DateField("entschieden am", null=True, blank=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name="entschieden von",
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )
    mail = models.ForeignKey(
        Mail, models.SET_NULL, verbose_name="Mail", null=True, blank=True, related_name="+", editable=False
    )

    history_also = ("decided_on", "decided_by")

    objects = EscalationQuerySet.as_manager()

    class Meta:
        verbose_name = "Hinweis an die Leitung"
        verbose_name_plural = "Hinweise an die Leitung"
        ordering = ["-proposed_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit"],
                condition=Q(state="proposed"),
                name="concept_escalation_one_open",
                violation_error_message="Für diese Dienststelle wartet schon ein Hinweis auf Ihre Entscheidung.",
            ),
            models.CheckConstraint(
                condition=Q(state="proposed", decided_on__isnull=True, decided_by__isnull=True, mail__isnull=True)
                | ~Q(state="proposed") & Q(decided_on__isnull=False, decided_by__isnull=False),
                name="concept_escalation_decided_by_somebody",
                violation_error_message="Wer über einen Hinweis entscheidet, wird mit dem Tag vermerkt.",
            ),
        ]

    def __str__(self) -> str:
        return self.subject

    def key_source(self) -> str:
        """Unit and subject."""
        return f"{self.unit} {self.subject}"

    @property
    def is_open(self) -> bool:
        """Whether nobody has decided yet."""
        return self.state == EscalationState.PROPOSED
