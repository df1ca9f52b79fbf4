"""Files of the document system as steps of the back office: name one on any record, take it away again."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from kepol.files.linking import link, unlink
from kepol.files.models import MISSING
from kepol.lib.backoffice.steps import Step


class DocumentForm(forms.Form):
    """Number or address, or both."""

    file_number = forms.CharField(
        label="Aktenzeichen",
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    url = forms.URLField(
        label="Link",
        max_length=500,
        required=False,
        assume_scheme="https",
        widget=forms.URLInput(attrs={"class": "vURLField"}),
        help_text="Adresse der Akte im Dokumentenmanagement der Stadt, wenn es eine gibt.",
    )

    def clean(self) -> dict[str, Any] | None:
        """One of the two."""
        cleaned = super().clean() or {}
        if not (self.errors or cleaned.get("file_number") or cleaned.get("url")):
            raise ValidationError(MISSING)
        return cleaned


LINK = Step(
    name="akte",
    label="Akte verknüpfen …",
    run=link,
    form=DocumentForm,
    right="files.add_documentreference",
    explanation="Das Aktenzeichen und der Link stehen künftig oben auf der Seite des Eintrags.",
    done="Akte verknüpft",
)
UNLINK = Step(
    name="loesen",
    label="Verknüpfung lösen …",
    run=unlink,
    permission="delete",
    removes=True,
    explanation="Der Verweis auf die Akte wird gelöscht. Die Akte im Dokumentenmanagement bleibt, wie sie ist.",
    done="Verknüpfung gelöst",
)
