"""Forms around submissions that are no model forms."""

from django import forms

MAX_PAGE_BYTES = 1024 * 1024


class PageTextForm(forms.Form):
    """The text of a page of the council information system, and what may be done with it.

    `checked` says what the person has seen: the fingerprint of the plan that the page showed.
    """

    text = forms.CharField(
        label="Text der Seite",
        strip=False,
        widget=forms.Textarea({"rows": 16, "cols": 100, "class": "vLargeTextField", "spellcheck": "false"}),
        help_text=(
            "Öffnen Sie im Ratsinformationssystem die Seite der Vorlage, markieren Sie alles (Strg+A), kopieren Sie es "
            "(Strg+C) und fügen Sie es hier ein."
        ),
        error_messages={"required": "Fügen Sie den Text der Seite ein."},
    )
    create_missing = forms.BooleanField(label="Unbekannte Dienststellen und Gremien anlegen", required=False)
    replace = forms.BooleanField(label="Gespeicherten Stand durch den gelesenen ersetzen", required=False)
    checked = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean_text(self) -> str:
        """Refuse what is far longer than any page."""
        text: str = self.cleaned_data["text"]
        if len(text.encode()) > MAX_PAGE_BYTES:
            raise forms.ValidationError(
                "Der Text ist zu lang: Erlaubt ist höchstens 1 MB. Fügen Sie nur eine Seite ein."
            )
        return text
