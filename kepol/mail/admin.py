"""The outbox in the back office: what was sent, what waits, and what somebody has to decide about. Nobody writes mails here."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from kepol.lib.backoffice.admin import ViewOnlyAdmin
from kepol.lib.backoffice.steps import Step
from kepol.mail.choices import MailState
from kepol.mail.models import Mail
from kepol.mail.outbox import NOT_UNCLEAR, NOT_WAITING, count_as_sent, discard, send_again

RIGHT = "mail.change_mail"
HIDDEN = "Der Text öffnet ein Konto und wird deshalb niemandem gezeigt."


def _is_open(mail: Mail) -> bool:
    return mail.state == MailState.QUEUED or _is_unclear(mail)


def _is_unclear(mail: Mail) -> bool:
    return mail.is_unclear(now=timezone.now())


def _send_again(mail: Mail, *, by: Any) -> None:
    send_again(mail, by=by, now=timezone.now())


def _count_as_sent(mail: Mail, *, by: Any) -> None:
    count_as_sent(mail, by=by, now=timezone.now())


def _discard(mail: Mail, *, by: Any) -> None:
    discard(mail, by=by, now=timezone.now())


SEND_AGAIN = Step(
    name="erneut-senden",
    label="Erneut senden …",
    run=_send_again,
    right=RIGHT,
    allowed=_is_open,
    refusal=NOT_WAITING,
    explanation=(
        "Die Mail wird sofort noch einmal an den Mailserver übergeben. War sie schon angekommen, bekommt die Person sie ein "
        "zweites Mal; beide tragen dieselbe Message-ID."
    ),
    done="Zum Senden eingereiht",
)
COUNT_AS_SENT = Step(
    name="gilt-als-gesendet",
    label="Gilt als gesendet …",
    run=_count_as_sent,
    right=RIGHT,
    allowed=_is_unclear,
    refusal=NOT_UNCLEAR,
    explanation="Die Mail wird nicht noch einmal übergeben. Richtig ist das, wenn der Mailserver oder die Person sie bestätigt.",
    done="Gilt als gesendet",
)
DISCARD = Step(
    name="verwerfen",
    label="Verwerfen …",
    run=_discard,
    right=RIGHT,
    allowed=_is_open,
    refusal=NOT_WAITING,
    explanation="Die Mail wird nicht gesendet. Das lässt sich nicht zurücknehmen.",
    done="Verworfen",
)


class StateFilter(admin.SimpleListFilter):
    """What needs somebody first, then the states in the order of a mail's life."""

    title = "Stand"
    parameter_name = "stand"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """All states, with two that follow from the time."""
        states = [(str(state.value), str(state.label)) for state in MailState]
        return [("ungeklaert", "ungeklärt"), ("verspaetet", "wartet länger als eine Stunde"), *states]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        """Rows after the choice."""
        now = timezone.now()
        if self.value() == "ungeklaert":
            return queryset.unclear(now=now)
        if self.value() == "verspaetet":
            return queryset.late(now=now)
        return queryset.filter(state=self.value()) if self.value() else queryset


@admin.register(Mail)
class MailAdmin(ViewOnlyAdmin):
    """All mails, the newest first."""

    work_group = "Zugänge"
    work_order = 30
    steps = (SEND_AGAIN, COUNT_AS_SENT, DISCARD)
    list_steps = (SEND_AGAIN.name, COUNT_AS_SENT.name, DISCARD.name)
    list_display = ("recipient", "subject", "kind", "state_shown", "queued_at", "sent_at")
    list_display_links = ("recipient", "subject")
    list_filter = (StateFilter, "kind")
    # Django would let a list be narrowed by the text, and so tell a code sign by sign.
    secret_columns = ("text",)
    fieldsets = (
        (None, {"fields": ("recipient", "subject", "kind", "text_shown")}),
        ("Versand", {"fields": ("state_shown", "attempts", "last_error", "decision")}),
        ("Zeiten", {"fields": ("queued_at", "try_after", "sending_since", "sent_at", "expires_at")}),
        ("Kennung", {"fields": ("message_id", "key"), "classes": ("collapse",)}),
    )
    readonly_fields = (
        "recipient", "subject", "kind", "text_shown", "state_shown", "attempts", "last_error", "decision", "queued_at",
        "try_after", "sending_since", "sent_at", "expires_at", "message_id", "key",
    )  # fmt: skip

    @admin.display(description="Stand", ordering="state")
    def state_shown(self, mail: Mail) -> str:
        """State in words, with what nobody knows and what has failed."""
        if _is_unclear(mail):
            return f"ungeklärt seit {_moment(mail.sending_since)}"
        if mail.state == MailState.QUEUED and mail.attempts:
            return f"wartet, {mail.attempts}-mal vergeblich versucht"
        return mail.get_state_display()

    @admin.display(description="Text")
    def text_shown(self, mail: Mail) -> str:
        """The text, unless it opens an account."""
        return HIDDEN if mail.is_secret else mail.text


def _moment(moment: Any) -> str:
    return f"{timezone.localtime(moment):%d.%m.%Y %H:%M}"
