"""Hints to heads of units in the back office: the application proposes them, a person sends them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import RelatedOnlyFieldListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from concept.addressees import Addressee
from concept.escalations import DECIDED, answered, discard, send
from concept.models import Escalation, EscalationState
from concept.plan_admin import DESK
from kepol.lib.backoffice.admin import DefaultFilter, ViewOnlyAdmin
from kepol.lib.backoffice.steps import Step
from kepol.mail.models import SUBJECT_LENGTH
from kepol.mail.validators import refuse_line_break

RIGHT = "concept.change_escalation"


class SendForm(forms.Form):
    """The words as they will go out; `answered` are milestones about which somebody has said something meanwhile."""

    to = forms.CharField(
        label="An", disabled=True, required=False, widget=forms.TextInput(attrs={"class": "vLargeTextField"})
    )
    subject = forms.CharField(
        label="Betreff",
        max_length=SUBJECT_LENGTH,
        validators=[refuse_line_break],
        widget=forms.TextInput(attrs={"class": "vLargeTextField"}),
    )
    # As wide and high as the mail, which the usual class would keep small.
    text = forms.CharField(label="Text", widget=forms.Textarea(attrs={"cols": 92, "rows": 28}))

    def __init__(self, *args: Any, answered: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if answered:
            names = ", ".join(f"„{one}“" for one in answered)
            self.fields["text"].help_text = f"Inzwischen gibt es Neues zu {names}. Nehmen Sie das aus dem Text heraus."


def _form_for(hint: Escalation, user: Any) -> dict[str, Any]:
    to = f"{hint.person} ({Addressee(hint.person, may_report=False).address})"
    return {"initial": {"to": to, "subject": hint.subject, "text": hint.text}, "answered": answered(hint)}


def _send(hint: Escalation, *, to: str, subject: str, text: str, by: Any) -> None:
    """Send; whom it goes `to` is only shown, and found out again."""
    send(hint, subject=subject, text=text, by=by, today=timezone.localdate())


def _discard(hint: Escalation, *, by: Any) -> None:
    discard(hint, by=by, today=timezone.localdate())


SEND = Step(
    name="senden",
    label="Senden …",
    run=_send,
    form=SendForm,
    form_for=_form_for,
    right=RIGHT,
    allowed=lambda hint: hint.is_open,
    refusal=DECIDED,
    explanation="Die Mail geht so, wie sie hier steht, an die Leitung der Dienststelle. Sie können den Text vorher ändern.",
    done="Gesendet",
)
DISCARD = Step(
    name="verwerfen",
    label="Verwerfen …",
    run=_discard,
    right=RIGHT,
    allowed=lambda hint: hint.is_open,
    refusal=DECIDED,
    explanation="Die Leitung bekommt keine Mail. Frühestens in vier Wochen wird zu denselben Meilensteinen wieder ein Hinweis vorgeschlagen.",
    done="Verworfen",
)


class EscalationStateFilter(DefaultFilter):
    """The list starts with what waits for a decision."""

    title = "Stand"
    parameter_name = "stand"
    default = "vorgeschlagen"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Choices beside the default."""
        return [("gesendet", "gesendet"), ("verworfen", "verworfen"), (self.everything, "alle")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        """Rows after the choice."""
        states = {"gesendet": EscalationState.SENT, "verworfen": EscalationState.DISCARDED}
        if self.value() == self.everything:
            return queryset
        return queryset.filter(state=states.get(self.value() or "", EscalationState.PROPOSED))


@admin.register(Escalation)
class EscalationAdmin(ViewOnlyAdmin):
    """Hints that wait for the Koordination, and those it has decided about; the words are changed in the step that sends them."""

    work_group = DESK
    work_order = 24
    steps = (SEND, DISCARD)
    row_steps = (SEND.name, DISCARD.name)
    list_display = ("subject", "unit_shown", "person", "proposed_on", "state")
    list_filter = (EscalationStateFilter, ("unit", RelatedOnlyFieldListFilter))
    list_select_related = ("unit", "person")
    search_keys = ("search_key", "person__search_key")
    # The second count would be one query more, beside those of the filters.
    show_full_result_count = False
    fieldsets = (
        (None, {"fields": ("unit", "person", "subject", "text")}),
        ("Worum es geht", {"fields": ("milestones_shown", "proposed_on")}),
        ("Entscheidung", {"fields": ("state", "decided_on", "decided_by", "mail_shown")}),
    )
    readonly_fields = ("milestones_shown", "mail_shown")

    @admin.display(description="Dienststelle", ordering="unit__sort_key")
    def unit_shown(self, hint: Escalation) -> str:
        """Code of the unit."""
        return hint.unit.code

    @admin.display(description="Meilensteine")
    def milestones_shown(self, hint: Escalation) -> SafeString:
        """Links to the milestones, with the day of the last report."""
        lines = (
            (reverse("admin:concept_milestone_change", args=[one.pk]), one, f"{one.reported_on:%d.%m.%Y}")
            for one in hint.milestones.all()
        )
        rows = format_html_join("", '<li><a href="{}">{}</a> (Stand vom {})</li>', lines)
        return format_html("<ul>{}</ul>", rows)

    @admin.display(description="Mail")
    def mail_shown(self, hint: Escalation) -> str:
        """Link to the mail in the outbox."""
        if hint.mail is None:
            return "noch keine"
        url = reverse("admin:mail_mail_change", args=[hint.mail_id])
        return format_html('<a href="{}">{}</a> ({})', url, hint.mail.recipient, hint.mail.get_state_display())
