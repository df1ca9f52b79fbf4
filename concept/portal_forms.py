"""Small forms of the portal: what a list of milestones shows, a comment, a file."""

import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.http import QueryDict

from concept.choices import Status
from concept.models import MilestoneEvidence
from concept.models.reports import TEXT_LENGTH
from concept.querysets import MilestoneQuerySet
from concept.situations import SITUATIONS, in_situation, matching
from kepol.files.fields import MEGABYTE, check_file
from stakeholders.models import Organisation

#: Open and ended ones together.
EVERYTHING, OPEN = "alle", "offen"


def _select() -> forms.Select:
    return forms.Select(attrs={"class": "kern-form-input__select"})


class MilestoneFilter(forms.Form):
    """What the list shows; nothing chosen shows what is open. `visible` are the milestones the reader may know."""

    q = forms.CharField(
        label="Suche",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "kern-form-input__input"}),
    )
    lage = forms.ChoiceField(
        label="Lage", required=False, choices=[*SITUATIONS.items(), (EVERYTHING, "alle")], widget=_select()
    )
    status = forms.ChoiceField(
        label="Status", required=False, choices=[("", "alle"), *Status.choices], widget=_select()
    )
    dienststelle: forms.ModelChoiceField = forms.ModelChoiceField(
        label="Dienststelle", required=False, queryset=Organisation.objects.none(), empty_label="alle", widget=_select()
    )

    def __init__(self, data: QueryDict, *, visible: QuerySet) -> None:
        super().__init__(_with_situation(data))
        named = visible.order_by().values("responsible")
        self.fields["dienststelle"].queryset = Organisation.objects.filter(pk__in=named)  # type: ignore[attr-defined]

    @property
    def is_open_only(self) -> bool:
        """Whether the list leaves out what has ended."""
        return self.is_valid() and self.cleaned_data["lage"] == OPEN

    def narrow(self, milestones: MilestoneQuerySet, *, on: datetime.date) -> MilestoneQuerySet:
        """Milestones that fit on day `on`; none while the choice itself is wrong, because the page says so instead of showing others."""
        if not self.is_valid():
            return milestones.none()
        chosen = self.cleaned_data
        milestones = in_situation(matching(milestones, chosen["q"]), chosen["lage"], on=on)
        if chosen["status"]:
            milestones = milestones.filter(status=chosen["status"])
        if chosen["dienststelle"]:
            milestones = milestones.filter(responsible=chosen["dienststelle"])
        return milestones


def _with_situation(data: QueryDict) -> QueryDict:
    """`data` with the situation it shows: what is open, but everything for a status in which nothing is open."""
    data = data.copy()
    if data.get("lage", "") in ("", OPEN):
        has_ended = data.get("status", "") in {*Status.values} - Status.OPEN
        data["lage"] = EVERYTHING if has_ended else OPEN
    return data


class CommentForm(forms.Form):
    """A remark that changes nothing."""

    text = forms.CharField(
        label="Kommentar",
        max_length=TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3, "class": "kern-form-input__input"}),
        help_text="Er steht im Verlauf und ändert nichts am Stand.",
    )

    use_required_attribute = False

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="kommentar-%s")


class EvidenceForm(forms.Form):
    """A file with its title."""

    title = forms.CharField(
        label="Titel",
        max_length=MilestoneEvidence._meta.get_field("title").max_length,
        widget=forms.TextInput(attrs={"class": "kern-form-input__input"}),
        help_text="Zum Beispiel: Protokoll des Workshops.",
    )
    file = forms.FileField(
        label="Datei",
        validators=[check_file],
        widget=forms.FileInput(attrs={"class": "kern-form-input__input"}),
        help_text=f"PDF, DOCX, XLSX, ODT, ODS, PNG oder JPEG, höchstens {settings.UPLOAD_LIMIT // MEGABYTE} MB.",
    )

    use_required_attribute = False

    def __init__(self, data: Any = None, files: Any = None) -> None:
        super().__init__(data, files, auto_id="nachweis-%s")
