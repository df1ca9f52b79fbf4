"""The form of the page behind an invitation."""

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError

from kepol.accounts.forms import INPUT_CLASS
from kepol.accounts.models import User


def _password(label: str, help_text: str = "") -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password", "class": INPUT_CLASS})
    return forms.CharField(label=label, strip=False, required=False, widget=widget, help_text=help_text)


class AcceptForm(forms.Form):
    """A password for `user`, typed twice, or none: then a code comes by mail at each login."""

    password1 = _password("Passwort", "Mindestens 12 Zeichen; kein gebräuchliches Passwort.")
    password2 = _password("Passwort wiederholen")

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self) -> dict[str, Any]:
        """Both alike and good enough, or both empty."""
        cleaned = super().clean() or {}
        first, second = cleaned.get("password1", ""), cleaned.get("password2", "")
        if first != second:
            self.add_error("password2", "Die beiden Passwörter stimmen nicht überein.")
        elif first:
            self._check_strength(first)
        return cleaned

    def _check_strength(self, password: str) -> None:
        try:
            password_validation.validate_password(password, self.user)
        except ValidationError as error:
            self.add_error("password1", error)
