"""The outbox: every mail the application sends is a row first, so that none is lost and none goes out twice."""

import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from kepol.lib.history import HistoryRow, acting_user
from kepol.lib.names import Keyed
from kepol.lib.versions import Versioned
from kepol.mail.choices import MailKind, MailState
from kepol.mail.querysets import STUCK_AFTER, MailQuerySet
from kepol.mail.validators import LINE_BREAK, refuse_line_break

SUBJECT_LENGTH = 300
ERROR_LENGTH = 500


class Mail(Keyed, Versioned):
    """A mail to one person; `kepol.mail.outbox` has the verbs.

    `key` names the occasion ("reminder/17/2026-W48"; empty: no occasion) for which one mail is queued at most. `message_id` is made
    once, so that a mail sent again can be recognised as the same one. `is_secret` says that the text holds a link or a code that
    opens an account: it is shown to nobody and blanked as soon as it is of no more use. `attempts` counts how often somebody took
    the mail in hand; `try_after` is the moment of the next one. `expires_at` None: never.
    """

    recipient = models.EmailField("Empfänger")
    kind = models.CharField("Art", max_length=20, choices=MailKind)
    subject = models.CharField("Betreff", max_length=SUBJECT_LENGTH, validators=[refuse_line_break])
    text = models.TextField("Text", blank=True)
    is_secret = models.BooleanField("öffnet ein Konto", default=False)
    key = models.CharField("Anlass", max_length=200, blank=True, default="")
    message_id = models.CharField("Message-ID", max_length=300)
    state = models.CharField("Stand", max_length=20, choices=MailState, default=MailState.QUEUED)
    attempts = models.PositiveIntegerField("Versuche", default=0)
    last_error = models.CharField("letzter Fehler", max_length=ERROR_LENGTH, blank=True, default="")
    queued_at = models.DateTimeField("eingereiht", default=timezone.now)
    try_after = models.DateTimeField("nächster Versuch ab", default=timezone.now)
    sending_since = models.DateTimeField("wird gesendet seit", null=True, blank=True)
    sent_at = models.DateTimeField("gesendet", null=True, blank=True)
    expires_at = models.DateTimeField("verfällt", null=True, blank=True)
    decision = models.CharField("Entscheidung", max_length=200, blank=True, default="")

    objects = MailQuerySet.as_manager()
    # Words and addresses live as long as the mail itself; history tells who decided what about it.
    history = HistoricalRecords(
        bases=[HistoryRow],
        get_user=acting_user,
        excluded_fields=[
            "recipient", "subject", "text", "key", "message_id", "last_error", "search_key", "sort_key",
            "attempts", "try_after", "sending_since", "sent_at",
        ],
    )  # fmt: skip

    class Meta:
        verbose_name = "Mail"
        verbose_name_plural = "Postausgang"
        ordering = ["-queued_at", "-pk"]
        indexes = [models.Index(fields=["try_after"], condition=Q(state="queued"), name="mail_mail_waiting")]
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=~Q(key=""),
                name="mail_mail_once_per_occasion",
                violation_error_message="Zu diesem Anlass gibt es schon eine Mail.",
            ),
            models.CheckConstraint(
                condition=~Q(subject__contains="\n") & ~Q(subject__contains="\r"),
                name="mail_mail_subject_in_one_line",
                violation_error_message=LINE_BREAK,
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | ~Q(state="sent") & Q(sent_at__isnull=True),
                name="mail_mail_sent_at_a_time",
                violation_error_message="Zu einer gesendeten Mail gehört der Zeitpunkt, zu anderen nicht.",
            ),
            models.CheckConstraint(
                condition=~Q(state="sending") | Q(sending_since__isnull=False),
                name="mail_mail_sending_since_a_time",
                violation_error_message="Zu einer Mail, die gerade gesendet wird, gehört der Zeitpunkt des Beginns.",
            ),
            models.CheckConstraint(
                condition=Q(is_secret=False) | Q(state__in=["queued", "sending"]) | Q(text=""),
                name="mail_mail_secret_blanked",
                violation_error_message="Ein Text, der ein Konto öffnet, wird nach dem Versand nicht aufbewahrt.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} ({self.recipient})"

    def key_source(self) -> str:
        """Address and subject."""
        return f"{self.recipient} {self.subject}"

    @property
    def is_done(self) -> bool:
        """Whether nothing more happens to it."""
        return self.state in MailState.DONE

    def is_unclear(self, *, now: datetime.datetime) -> bool:
        """Whether handing it over began and never ended, so that nobody knows whether the server took it."""
        if self.state != MailState.SENDING or self.sending_since is None:
            return False
        return bool(self.last_error) or self.sending_since <= now - STUCK_AFTER
