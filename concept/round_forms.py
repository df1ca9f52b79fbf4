"""Forms of the Sachstandsabfrage in the back office."""

import datetime
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminDateWidget, AdminTextareaWidget, AdminTextInputWidget
from django.db.models import Count
from django.utils import timezone

from concept.models import StatusRound
from concept.round_mail import reachable
from concept.round_page import Preview
from concept.rounds import unanswered
from stakeholders.models import Organisation

NOT_SEEN = (
    "Inzwischen hat sich geändert, wonach oder wer gefragt wird. Prüfen Sie die Übersicht und eröffnen Sie noch einmal."
)
EARLY = "Verspätungen werden dann nach dem heutigen Tag beurteilt."
DAY = "Zum Beispiel 30.06.2026."


class OpeningForm(forms.ModelForm):
    """What a new round is called, for which day it asks, and until when."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = StatusRound
        fields = ("title", "key_date", "deadline", "intro")
        widgets = {
            "title": AdminTextInputWidget,
            "key_date": AdminDateWidget,
            "deadline": AdminDateWidget,
            "intro": AdminTextareaWidget(attrs={"rows": 6}),
        }

    def __init__(self, *args: Any, shown: Preview, **kwargs: Any) -> None:
        """`shown` is what opening would do now; the form is valid only for whoever has seen just this."""
        super().__init__(*args, **kwargs)
        self.shown = shown
        self.fields["deadline"].help_text = DAY
        for name in ("key_date", "deadline"):
            self.fields[name].error_messages["invalid"] = "Bitte schreiben Sie den Tag wie 07.05.2025."

    def clean(self) -> dict[str, Any]:
        """Refuse what was not shown."""
        given: dict[str, Any] = super().clean() or {}
        if given.pop("seen", "") != self.shown.fingerprint:
            self.add_error(None, NOT_SEEN)
        return given


class DeadlineForm(forms.Form):
    """A later day for answers."""

    deadline = forms.DateField(
        label="Antwort bis",
        widget=AdminDateWidget,
        help_text=DAY,
        error_messages={"invalid": "Bitte schreiben Sie den Tag wie 07.05.2025."},
    )


def deadline_form_for(status_round: StatusRound | None, user: Any) -> dict[str, Any]:
    """Starts with the day that holds now."""
    return {"initial": {"deadline": status_round.deadline}} if status_round else {}


class RemindForm(forms.Form):
    """The units that are written to again."""

    units = forms.ModelMultipleChoiceField(
        label="Dienststellen",
        queryset=Organisation.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Wählen Sie mindestens eine Dienststelle."},
    )

    def __init__(self, *args: Any, waiting: dict[int, int] | None = None, **kwargs: Any) -> None:
        """`waiting` tells how many milestones of which unit (key) wait for an answer."""
        super().__init__(*args, **kwargs)
        self.waiting = waiting or {}
        people = reachable(list(self.waiting), on=timezone.localdate())
        field: Any = self.fields["units"]
        field.queryset = Organisation.objects.filter(pk__in=self.waiting)
        field.initial = [pk for pk in self.waiting if people.get(pk)]
        field.label_from_instance = lambda unit: (
            f"{unit} ({_told(self.waiting[unit.pk], len(people.get(unit.pk, ())))})"
        )


def _told(number: int, people: int) -> str:
    reached = {0: "niemand erreichbar", 1: "1 Person"}.get(people, f"{people} Personen")
    return f"{number} ohne Antwort, {reached}"


def remind_form_for(status_round: StatusRound | None, user: Any) -> dict[str, Any]:
    """Offers the units from which an answer is missing."""
    return {"waiting": missing(status_round)} if status_round else {}


class CloseForm(forms.Form):
    """What is missing, and that it may be missing."""

    early = forms.BooleanField(
        label="Trotzdem abschließen", error_messages={"required": "Bitte bestätigen Sie, dass Sie vorher abschließen."}
    )
    accept = forms.BooleanField(
        label="Ohne diese Antworten abschließen", error_messages={"required": "Bitte bestätigen Sie es."}
    )

    def __init__(
        self,
        *args: Any,
        waiting: dict[int, int] | None = None,
        ahead: datetime.date | None = None,
        **kwargs: Any,
    ) -> None:
        """`waiting` tells how many milestones of which unit (key) wait for an answer, `ahead` the key date when it is still to come.

        With nothing missing and no day ahead nothing is asked.
        """
        super().__init__(*args, **kwargs)
        if ahead is None:
            del self.fields["early"]
        else:
            self.fields["early"].help_text = f"Der Stichtag {ahead:%d.%m.%Y} ist noch nicht erreicht. {EARLY}"
        if not waiting:
            del self.fields["accept"]
            return
        units = Organisation.objects.in_bulk(list(waiting))
        named = ", ".join(f"{units[pk].code} ({number})" for pk, number in waiting.items())
        self.fields["accept"].help_text = f"{_lacking(sum(waiting.values()))}: {named}."


def close_form_for(status_round: StatusRound | None, user: Any) -> dict[str, Any]:
    """Names what is missing, and the key date as long as it is ahead."""
    if status_round is None:
        return {}
    key_date = status_round.key_date
    return {"waiting": missing(status_round), "ahead": key_date if key_date > timezone.localdate() else None}


def _lacking(number: int) -> str:
    return "Es fehlt die Antwort zu 1 Meilenstein" if number == 1 else f"Es fehlen Antworten zu {number} Meilensteinen"


def missing(status_round: StatusRound) -> dict[int, int]:
    """How many milestones of which unit (key) wait for an answer, by unit."""
    rows = unanswered(status_round).order_by("unit__sort_key").values_list("unit").annotate(number=Count("pk"))
    return dict(rows)
