"""Forms of the concept: rules that need today or what is chosen in the form itself, and the small forms of steps."""

import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminDateWidget
from django.core.exceptions import ValidationError
from django.utils import timezone

from concept.choices import Channel, PostponementReason, Status
from concept.models import Milestone, refuse_double_role, refuse_predecessor_circle
from concept.models.plan import NO_REASON, SAME_DAY
from concept.models.reports import TEXT_LENGTH
from kepol.lib.backoffice.forms import KnownAutocomplete, VersionedForm, VersionedFormSet
from kepol.lib.periods.fields import columns
from kepol.lib.periods.forms import PeriodFormField
from stakeholders.models import Organisation

PLAN_STAYS = (
    "Der geplante Termin ({}) bleibt stehen. Hat er sich verschoben, nehmen Sie „Termin verschieben …“; war er falsch, "
    "„Geplanten Termin berichtigen …“."
)
NOT_YET = "Dieser Tag liegt in der Zukunft. Tragen Sie den heutigen oder einen früheren ein."
NO_CHANNEL = "Wie haben Sie es erhalten? Wählen Sie es bei „Wer sagt das?“, oder leeren Sie dieses Feld."
#: Who speaks in a step: the Koordination, or a unit and by which way it told it.
SPEAKERS = {
    "": "die Koordination selbst",
    Channel.PHONE: "eine Dienststelle, am Telefon",
    Channel.MAIL: "eine Dienststelle, per E-Mail",
    Channel.TALK: "eine Dienststelle, im Gespräch",
}
LONG = {"rows": 3, "class": "vLargeTextField"}


def _refuse_future(day: datetime.date | None) -> datetime.date | None:
    if day is not None and day > timezone.localdate():
        raise ValidationError(NOT_YET, code="future")
    return day


class PositionedForm(VersionedForm):
    """For rows with a position of their own: a new one without a position goes behind the others."""

    def clean_position(self) -> int:
        """Position given, kept, or behind the others."""
        if self.cleaned_data["position"] is None and self.instance.pk is None:
            return int(self._meta.model._default_manager.next_position())
        return super().clean_position()


class DoorForm(VersionedForm):
    """For rows some of whose fields only a step changes: they are shown, and what is typed is still compared with them.

    Django leaves out rules that name a field the form does not offer; the database would refuse what they forbid.
    """

    behind_door: frozenset[str] = frozenset()

    def _get_validation_exclusions(self) -> set[str]:
        return super()._get_validation_exclusions() - self.behind_door


class MilestoneForm(DoorForm, PositionedForm):
    """A milestone. What is chosen in the form counts, not what is stored; how a stored one stands is told through the door."""

    behind_door = frozenset(
        {
            "status",
            "reached_on",
            "forecast_reason",
            *columns("planned"),
            *columns("forecast"),
        }
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.is_checked_by_form = True

    def clean_reached_on(self) -> datetime.date | None:
        """Nothing is reached in advance."""
        return _refuse_future(self.cleaned_data["reached_on"])

    def clean_reported_on(self) -> datetime.date | None:
        """Nobody reports in advance."""
        return _refuse_future(self.cleaned_data["reported_on"])

    def clean(self) -> dict[str, Any] | None:
        """Check the relations; who is responsible for a stored milestone stands beside the form."""
        cleaned = super().clean() or self.cleaned_data
        if self.stale:
            return cleaned
        refuse_predecessor_circle(self.instance, cleaned.get("predecessors", ()))
        responsible = cleaned["responsible"].pk if cleaned.get("responsible") else self.instance.responsible_id
        refuse_double_role(responsible, cleaned.get("involved", ()))
        self._refuse_another_plan(cleaned)
        return cleaned

    def _refuse_another_plan(self, cleaned: dict[str, Any]) -> None:
        """The form offers no field for a stored plan; one opened earlier may still bring it."""
        plan = self.instance.planned
        if self.instance.pk is not None and plan is not None and cleaned.get("planned", plan) != plan:
            raise ValidationError({"planned": PLAN_STAYS.format(plan)}, code="plan_stays")


class MeasureForm(DoorForm):
    """A measure; how far a stored one has come is set by its step."""

    behind_door = frozenset({"status"})


def _words(label: str, *, required: bool = False, help_text: str = "") -> forms.CharField:
    """A few sentences."""
    area = forms.Textarea(attrs=LONG)
    return forms.CharField(label=label, required=required, max_length=TEXT_LENGTH, widget=area, help_text=help_text)


def _open_statuses() -> list[tuple[str, str]]:
    return [(status.value, str(status.label)) for status in Status if status in Status.OPEN]


class PassedOnForm(forms.Form):
    """A step with a milestone that the Koordination may take for a unit that told it; left empty, it speaks for itself."""

    field_order = ("channel", "unit", "received_on", "status", "to", "on", "reason", "text")

    channel = forms.ChoiceField(
        label="Wer sagt das?",
        choices=list(SPEAKERS.items()),
        required=False,
        help_text="Was eine Dienststelle Ihnen gesagt oder geschrieben hat, zählt als ihre Antwort und ist überall so gekennzeichnet.",
    )
    unit = forms.ModelChoiceField(
        label="Dienststelle",
        queryset=Organisation.objects.units().active(),
        required=False,
        widget=KnownAutocomplete(Milestone._meta.get_field("responsible"), admin.site),
        help_text="Für wen Sie es weitergeben. Leer: die verantwortliche Dienststelle.",
    )
    received_on = forms.DateField(
        label="Erhalten am", required=False, widget=AdminDateWidget, help_text="Zum Beispiel 07.05.2025. Leer: heute."
    )

    def clean_received_on(self) -> datetime.date | None:
        """Nothing was received in advance."""
        return _refuse_future(self.cleaned_data["received_on"])

    def clean(self) -> dict[str, Any]:
        """Whoever names another unit or a day passes something on, and says how it was received."""
        cleaned = super().clean() or {}
        if not cleaned.get("channel"):
            named = [name for name in ("unit", "received_on") if cleaned.get(name) and name in self.changed_data]
            for name in named:
                self.add_error(name, ValidationError(NO_CHANNEL, code="channel"))
        return cleaned


def passed_on_for(milestone: Milestone | None, user: Any) -> dict[str, Any]:
    """Begin with the responsible unit; in a list each milestone has its own."""
    return {"initial": {"unit": milestone.responsible_id}} if milestone else {}


class ReportForm(PassedOnForm):
    """How an open milestone stands."""

    status = forms.ChoiceField(label="Status", choices=_open_statuses)
    text = _words("Ein Satz", help_text="Wie steht es? Darf leer bleiben, wenn sich der Status ändert.")


def report_form_for(milestone: Milestone | None, user: Any) -> dict[str, Any]:
    """Begin with the status it has."""
    return _begin_with(milestone, user, status=milestone.status if milestone else None)


class RescheduleForm(PassedOnForm):
    """Another date, and why; beside it plan and forecast as they are."""

    to = PeriodFormField(label="Neuer Termin")
    reason = forms.ChoiceField(label="Grund", choices=[("", "---------"), *PostponementReason.choices])
    text = _words("Ein Satz")

    def __init__(self, *args: Any, standing: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        example = "Zum Beispiel 07.05.2025, Ende April 2025, Q2/2025 oder ab März 2025."
        back = "Nennen Sie wieder den geplanten Termin, endet die Prognose."
        self.fields["to"].help_text = " ".join(filter(None, (standing, example, back)))


def reschedule_form_for(milestone: Milestone | None, user: Any) -> dict[str, Any]:
    """Tell what is planned and what is expected now."""
    if milestone is None:
        return {}
    planned = f"Geplant: {milestone.planned or 'nichts'}."
    event = f" Veranstaltung: {milestone.event.when()}." if milestone.event and milestone.planned is None else ""
    forecast = (
        f" Prognose: {milestone.forecast} ({milestone.get_forecast_reason_display()})." if milestone.forecast else ""
    )
    return {**passed_on_for(milestone, user), "standing": f"{planned}{event}{forecast}"}


class ReachForm(PassedOnForm):
    """The day on which a milestone was reached."""

    on = forms.DateField(label="Erreicht am", widget=AdminDateWidget)
    text = _words("Ein Satz")

    def clean_on(self) -> datetime.date | None:
        """Nothing is reached in advance."""
        return _refuse_future(self.cleaned_data["on"])


def reach_form_for(milestone: Milestone | None, user: Any) -> dict[str, Any]:
    """Begin with today."""
    return _begin_with(milestone, user, on=timezone.localdate())


class EndForm(PassedOnForm):
    """Why a milestone rests or will not come."""

    reason = _words("Begründung", required=True, help_text="Sie wird auch der Bemerkung als neue Zeile angefügt.")


class ReopenForm(PassedOnForm):
    """How a milestone stands that is taken up again."""

    status = forms.ChoiceField(label="Status", choices=_open_statuses)
    text = _words("Ein Satz")


def reopen_form_for(milestone: Milestone | None, user: Any) -> dict[str, Any]:
    """Begin with in Umsetzung."""
    return _begin_with(milestone, user, status=Status.IN_PROGRESS)


def _begin_with(milestone: Milestone | None, user: Any, **initial: Any) -> dict[str, Any]:
    unit = passed_on_for(milestone, user).get("initial", {})
    return {"initial": {**unit, **initial}}


class CommentForm(forms.Form):
    """A remark."""

    text = _words("Kommentar", required=True)


class PlanForm(forms.Form):
    """The planned date as it should have been entered."""

    planned = PeriodFormField(label="Geplanter Termin")
    reason = _words(
        "Begründung",
        required=True,
        help_text="Was war falsch? Sie steht mit dem bisherigen Termin bei den Rückmeldungen.",
    )


def plan_form_for(milestone: Milestone | None, user: Any) -> dict[str, Any]:
    """Begin with the plan as it stands."""
    return {"initial": {"planned": milestone.planned}} if milestone else {}


class IndicatorValueForm(VersionedForm):
    """What was counted on a day that has come."""

    def clean_as_of(self) -> datetime.date | None:
        """Nothing is counted in advance."""
        return _refuse_future(self.cleaned_data["as_of"])


class IndicatorValueFormSet(VersionedFormSet):
    """What was counted of one indicator: one value a day."""

    def get_unique_error_message(self, unique_check: Any) -> str:
        """In the words of the rule."""
        return SAME_DAY


class UnitForm(forms.Form):
    """Which unit is to answer for milestones."""

    unit = forms.ModelChoiceField(
        label="Dienststelle",
        queryset=Organisation.objects.units().active(),
        widget=KnownAutocomplete(Milestone._meta.get_field("responsible"), admin.site),
        help_text="Suchen Sie nach Kürzel oder Name. War die Dienststelle bisher beteiligt, ist sie dann verantwortlich.",
    )


class ProgressForm(forms.Form):
    """How far measures have come."""

    status = forms.ChoiceField(label="Umsetzungsstand", choices=Status.choices)
    reason = forms.CharField(
        label="Begründung, Hemmnisse",
        required=False,
        widget=forms.Textarea(attrs=LONG),
        help_text="Nötig für „ruht“ und „entfallen“. Sie ersetzt die bisherige; leer bleibt diese stehen.",
    )

    def clean(self) -> dict[str, Any]:
        """Demand a new reason for what rests or is dropped now."""
        cleaned = super().clean() or {}
        if cleaned.get("status") in Status.WITH_REASON and not cleaned.get("reason"):
            raise ValidationError({"reason": NO_REASON}, code="reason")
        return cleaned
