"""The forms of allauth in our words: allauth speaks to people as „du“ and repeats labels as placeholders."""

from typing import Any

from allauth.account.forms import ChangePasswordForm, LoginForm, SetPasswordForm
from django import forms

INPUT_CLASS = "kern-form-input__input"


def dress(form: forms.Form, labels: dict[str, str]) -> None:
    """Give the fields of `form` their German `labels` and the class of the design system."""
    for name, label in labels.items():
        field = form.fields[name]
        field.label = label
        field.widget.attrs.pop("placeholder", None)
        field.widget.attrs["class"] = INPUT_CLASS


class SignInForm(LoginForm):
    """Email address and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self, {"login": "E-Mail-Adresse", "password": "Passwort"})
        # "username" is what password managers look for, whatever the login is called.
        self.fields["login"].widget.attrs["autocomplete"] = "username"
        self.fields["password"].help_text = ""


class RepeatedPassword(forms.Form):
    """The check that both new passwords are the same, with our wording."""

    def clean(self) -> dict[str, Any]:
        """Compare the two; a password that was refused itself is not compared."""
        data = self.cleaned_data
        first, second = data.get("password1"), data.get("password2")
        if first and second and first != second:
            self.add_error("password2", "Die beiden neuen Passwörter stimmen nicht überein.")
        return data


class NewPasswordForm(RepeatedPassword, SetPasswordForm):
    """A first password for an account that has none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self, {"password1": "Neues Passwort", "password2": "Neues Passwort wiederholen"})


class NewPasswordAfterOldForm(RepeatedPassword, ChangePasswordForm):
    """A new password; the old one proves that the right person sits there."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = {
            "oldpassword": "Bisheriges Passwort",
            "password1": "Neues Passwort",
            "password2": "Neues Passwort wiederholen",
        }
        dress(self, labels)
        self.fields["oldpassword"].help_text = ""
