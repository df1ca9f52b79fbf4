"""Forms of the concept: rules that need today or what is chosen in the form itself, and the small forms of steps."""

import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils import timezone

from concept.choices import Status
from concept.models import Milestone, refuse_double_role, refuse_predecessor_circle
from concept.models.plan import NO_REASON, SAME_DAY
from kepol.lib.backoffice.forms import KnownAutocomplete, VersionedForm, VersionedFormSet
from kepol.lib.periods.fields import columns
from kepol.lib.periods.forms import PeriodFormField
from stakeholders.models import Organisation

#: Who changes one of these has looked at the entry, so "Stand vom" moves to today.
NEWS = frozenset({"status", "forecast", "forecast_reason", "reached_on", "note"})
PLAN_STAYS = (
    "Der geplante Termin ({}) bleibt stehen. Hat er sich verschoben, tragen Sie eine Prognose ein; war er falsch, "
    "nehmen Sie „Geplanten Termin berichtigen …“."
)
NOT_YET = "Dieser Tag liegt in der Zukunft. Tragen Sie den heutigen oder einen früheren ein."


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


class MilestoneForm(PositionedForm):
    """A milestone. What is chosen in the form counts, not what is stored; who reports news need not date them."""

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
        """Check the relations, and date the news."""
        cleaned = super().clean() or self.cleaned_data
        if self.stale:
            return cleaned
        refuse_predecessor_circle(self.instance, cleaned.get("predecessors", ()))
        refuse_double_role(getattr(cleaned.get("responsible"), "pk", None), cleaned.get("involved", ()))
        self._refuse_another_plan(cleaned)
        if self._brings_undated_news():
            cleaned["reported_on"] = timezone.localdate()
        return cleaned

    def _refuse_another_plan(self, cleaned: dict[str, Any]) -> None:
        """The form offers no field for a stored plan; one opened earlier may still bring it."""
        plan = self.instance.planned
        if self.instance.pk is not None and plan is not None and cleaned.get("planned", plan) != plan:
            raise ValidationError({"planned": PLAN_STAYS.format(plan)}, code="plan_stays")

    def _get_validation_exclusions(self) -> set[str]:
        # Where the plan is only shown, the forecast is compared with it all the same.
        return super()._get_validation_exclusions() - {*columns("planned")}

    def _brings_undated_news(self) -> bool:
        changed = set(self.changed_data)
        return self.instance.pk is not None and bool(changed & NEWS) and "reported_on" not in changed


class PlanForm(forms.Form):
    """The planned date as it should have been entered."""

    planned = PeriodFormField(label="Geplanter Termin")
    reason = forms.CharField(
        label="Begründung",
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text="Was war falsch? Sie wird der Bemerkung als neue Zeile angefügt, mit dem bisherigen Termin.",
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
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text="Nötig für „ruht“ und „entfallen“. Sie ersetzt die bisherige; leer bleibt diese stehen.",
    )

    def clean(self) -> dict[str, Any]:
        """Demand a new reason for what rests or is dropped now."""
        cleaned = super().clean() or {}
        if cleaned.get("status") in Status.WITH_REASON and not cleaned.get("reason"):
            raise ValidationError({"reason": NO_REASON}, code="reason")
        return cleaned
