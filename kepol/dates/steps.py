"""Wiedervorlagen as steps of the back office: one on every record, two on what was set."""

import datetime
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminDateWidget
from django.core.exceptions import ValidationError
from django.utils import timezone

from kepol.accounts.choices import Role
from kepol.accounts.models import User
from kepol.dates.models import NOTE_LENGTH, Tickler
from kepol.dates.ticklers import DONE_ALREADY, NOT_DONE, finish, remind, reopen
from kepol.lib.backoffice.steps import Step

USUAL_WAIT = datetime.timedelta(days=7)


class TicklerForm(forms.Form):
    """Day, note and for whom; `user`, who fills it in, is proposed."""

    on = forms.DateField(
        label="Tag", widget=AdminDateWidget, help_text="An diesem Tag erscheint der Eintrag auf der Übersicht."
    )
    note = forms.CharField(
        label="Notiz",
        max_length=NOTE_LENGTH,
        widget=forms.TextInput(attrs={"class": "vLargeTextField"}),
        help_text="Was ist dann zu tun? Zum Beispiel: „Termin der Delegation nachfragen“.",
    )
    for_whom = forms.ModelChoiceField(User.objects.none(), label="Für wen")

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = timezone.localdate() + USUAL_WAIT
        self.fields["for_whom"].queryset = colleagues(user)  # type: ignore[attr-defined]
        self.fields["for_whom"].initial = user

    def clean_on(self) -> datetime.date:
        """A day that is over would ring at once and never was one to wait for."""
        on: datetime.date = self.cleaned_data["on"]
        if on < timezone.localdate():
            raise ValidationError("Der Tag liegt in der Vergangenheit. Nennen Sie heute oder einen späteren Tag.")
        return on


def colleagues(user: Any) -> Any:
    """Accounts a Wiedervorlage can be meant for: active ones of the Koordination, who alone see it, and `user` in any case."""
    desk = User.objects.filter(is_active=True, groups__name=Role.KOORDINATION.value)
    return (desk | User.objects.filter(pk=user.pk)).distinct().order_by("email")


def form_for(record: Any, user: Any) -> dict[str, Any]:
    """The form is the same for every record."""
    return {"user": user}


def _finish(tickler: Tickler, *, by: Any) -> None:
    finish(tickler, on=timezone.localdate(), by=by)


REMIND = Step(
    name="wiedervorlage",
    label="Wiedervorlage …",
    run=remind,
    form=TicklerForm,
    form_for=form_for,
    right="dates.add_tickler",
    explanation="Der Eintrag erscheint an dem Tag auf der Übersicht, mit Ihrer Notiz.",
    done="Wiedervorlage gesetzt",
    button="Wiedervorlage setzen",
)
FINISH = Step(
    name="erledigt",
    label="Als erledigt vermerken …",
    run=_finish,
    allowed=lambda tickler: not tickler.is_done,
    refusal=DONE_ALREADY,
    explanation="Die Wiedervorlage verschwindet von der Übersicht. Sie bleibt beim Eintrag stehen.",
    done="Erledigt",
    button="Erledigt",
)
REOPEN = Step(
    name="doch-nicht-erledigt",
    label="Doch nicht erledigt …",
    run=reopen,
    allowed=lambda tickler: tickler.is_done,
    refusal=NOT_DONE,
    explanation="Die Wiedervorlage steht wieder auf der Übersicht, mit ihrem alten Tag.",
    done="Wieder offen",
)
