"""Forms of the steps of partnerships, agreements and projects, and the rows of a programme."""

import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminDateWidget, AutocompleteSelect
from django.utils import timezone

from kepol.council.models import Consultation
from kepol.lib.backoffice.forms import VersionedFormSet
from kepol.lib.periods.forms import PeriodFormField
from partnerships.choices import AgreementKind, PartnershipKind, PartnershipStatus, ProjectStatus
from partnerships.models import Agreement, Partnership, ProgrammePoint, Stage, Visit, refuse_day_outside

DAY = datetime.timedelta(days=1)
FIRST_DAY = "Erster Tag, zum Beispiel 17.09.2025."
LONG = {"class": "vLargeTextField"}


class StageForm(forms.Form):
    """Another kind or status from a day on."""

    kind = forms.ChoiceField(label="Art", choices=PartnershipKind.choices)
    status = forms.ChoiceField(label="Status", choices=PartnershipStatus.choices)
    on = forms.DateField(label="Gültig ab", widget=AdminDateWidget, help_text=FIRST_DAY)
    resolution = forms.ModelChoiceField(
        label="Beschluss",
        queryset=Consultation.objects.select_related("committee"),
        required=False,
        widget=AutocompleteSelect(Stage._meta.get_field("resolution"), admin.site),
        help_text="Die Beratung, in der es beschlossen wurde.",
    )
    source = forms.CharField(
        label="Quelle",
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs=LONG),
        help_text="Woher stammt die Angabe? Zum Beispiel eine Vorlage-Nr. oder eine Internetadresse.",
    )


def stage_form_for(partnership: Partnership | None, user: Any) -> dict[str, Any]:
    """Begin with what holds today, and with today."""
    today = timezone.localdate()
    stage = partnership.stage_on(today) if partnership else None
    present = {"kind": stage.kind, "status": stage.status} if stage else {}
    return {"initial": {"on": today, **present}}


class RenewalForm(forms.Form):
    """The agreement that follows another one."""

    kind = forms.ChoiceField(label="Art", choices=AgreementKind.choices)
    title = forms.CharField(label="Titel", max_length=200, widget=forms.TextInput(attrs=LONG))
    signed = PeriodFormField(
        label="Unterzeichnet",
        required=False,
        help_text="Tag der Unterschrift, oder so genau, wie er bekannt ist. Leer: noch nicht unterzeichnet.",
    )
    valid_from = forms.DateField(
        label="Gültig ab",
        required=False,
        widget=AdminDateWidget,
        help_text=f"{FIRST_DAY} Leer: Beginn nicht bekannt.",
    )
    valid_to = forms.DateField(
        label="Gültig bis",
        required=False,
        widget=AdminDateWidget,
        help_text="Letzter Tag. Leer: unbefristet.",
    )


def renewal_form_for(agreement: Agreement | None, user: Any) -> dict[str, Any]:
    """Begin with the same kind and title, on the day after the last."""
    if agreement is None:
        return {}
    last = agreement.valid_to
    # After the last day of the calendar nothing begins.
    begins = last + DAY if last is not None and last < datetime.date.max else None
    return {"initial": {"kind": agreement.kind, "title": agreement.title, "valid_from": begins}}


class ProjectStatusForm(forms.Form):
    """Where projects stand."""

    status = forms.ChoiceField(label="Status", choices=ProjectStatus.choices)


class ProgrammeFormSet(VersionedFormSet):
    """Programme points of a visit, also those that somebody added or moved since the page was opened."""

    def clean(self) -> None:
        """Refuse to move the visit away from a stored point that this form leaves as it is; the others refuse for themselves."""
        super().clean()
        handled = [form.instance.pk for form in self.initial_forms if self._speaks_for_itself(form)]
        for point in ProgrammePoint.objects.filter(visit=self.instance.pk).exclude(pk__in=handled):
            refuse_unseen(self.instance, point)

    def _speaks_for_itself(self, form: forms.ModelForm) -> bool:
        return bool(form.errors) or form.has_changed() or self.is_doomed(form)


def refuse_unseen(visit: Visit, point: ProgrammePoint) -> None:
    """Raise what `refuse_day_outside` says as an error of the whole list."""
    try:
        refuse_day_outside(visit, point)
    except forms.ValidationError as error:
        raise forms.ValidationError(error.messages, code="outside") from error
