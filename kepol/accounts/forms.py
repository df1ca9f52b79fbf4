"""The forms of allauth in our words: allauth speaks to people as „du“ and repeats labels as placeholders."""

import re
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import (
    ChangePasswordForm,
    ConfirmLoginCodeForm,
    LoginForm,
    ReauthenticateForm,
    RequestLoginCodeForm,
    SetPasswordForm,
)
from allauth.core import context, ratelimit
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as FactorAgainForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import get_totp_secret
from django import forms

from kepol.accounts import open_codes
from kepol.accounts.adapter import attempts_key, may_sign_in
from kepol.accounts.models import User

INPUT_CLASS = "kern-form-input__input"
GROUP = 4


#: What to say when a field stays empty, by its label; other fields say that they have to be filled in.
EMPTY = {
    "E-Mail-Adresse": "Geben Sie Ihre E-Mail-Adresse ein.",
    "Passwort": "Geben Sie Ihr Passwort ein.",
    "Bisheriges Passwort": "Geben Sie Ihr bisheriges Passwort ein.",
    "Neues Passwort": "Geben Sie ein neues Passwort ein.",
    "Neues Passwort wiederholen": "Geben Sie das neue Passwort noch einmal ein.",
    "Code aus der E-Mail": "Geben Sie den Code aus der E-Mail ein.",
    "Code aus der App": "Geben Sie den Code aus der App ein.",
}


def dress(form: forms.Form, labels: dict[str, str]) -> None:
    """Give the fields of `form` their German `labels`, what they say when left empty, and the class of the design system."""
    for name, label in labels.items():
        field = form.fields[name]
        field.label = label
        field.error_messages["required"] = EMPTY[label]
        field.widget.attrs.pop("placeholder", None)
        field.widget.attrs["class"] = INPUT_CLASS


def dress_code(form: forms.Form, label: str, help_text: str) -> None:
    """Make the field `code` one that telephones fill in by themselves and open the number pad for."""
    dress(form, {"code": label})
    form.fields["code"].help_text = help_text
    form.fields["code"].widget.attrs.update(inputmode="numeric", autocomplete="one-time-code")


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


class CodeRequestForm(RequestLoginCodeForm):
    """The address a code for the login is sent to; it looks the same whether the address is known or not.

    `_user`, where allauth looks for it, is the account or None: unknown, switched off or a demo account outside a demonstration.
    It is None, too, where no mail goes out because the mailbox already holds a code that is good here (`open_codes`).
    `wants_open_code` says that the code to be mailed has to be one of those.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self, {"email": "E-Mail-Adresse"})
        self.fields["email"].widget.attrs["autocomplete"] = "username"

    def add_prefix(self, field_name: str) -> str:
        """The field is that of the login page, whose second button posts here."""
        return str(super().add_prefix("login" if field_name == "email" else field_name))

    def clean_email(self) -> str:
        """Count the request per address of the visitor and per account and address, and find the account."""
        email: str = self.cleaned_data["email"]
        if not ratelimit.consume(context.request, action="request_login_code"):
            raise get_adapter().validation_error("rate_limited")
        user = User.objects.filter(email=email).first()
        self._user = user if user is not None and may_sign_in(user) else None
        key = attempts_key(context.request, email)
        is_within = ratelimit.consume(context.request, action="mail_login_code", key=key)
        has_open = open_codes.is_any(email)
        self.wants_open_code = has_open or not is_within
        if has_open and not is_within:
            self._user = None
        return email


class PastedCode:
    """Takes a code of digits with whatever blanks and dashes it was pasted with."""

    def clean_code(self) -> str:
        """Compare the digits alone."""
        self.cleaned_data["code"] = re.sub(r"[^0-9]", "", self.cleaned_data["code"])  # type: ignore[attr-defined]
        return str(super().clean_code())  # type: ignore[misc]


class CodeForm(PastedCode, ConfirmLoginCodeForm):
    """The code from the mail: one for this browser or, at the login with `email`, an open one of that account."""

    def __init__(self, *args: Any, email: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email
        dress_code(self, "Code aus der E-Mail", "Die Ziffern aus der E-Mail, mit oder ohne Bindestrich.")

    def clean_code(self) -> str:
        """Look a long code up among the open ones only, so that it is good once whichever browser asked for it."""
        typed = re.sub(r"[^0-9]", "", self.cleaned_data["code"])
        if not self.email or len(typed) != open_codes.LENGTH:
            return super().clean_code()
        if not open_codes.use(self.email, typed):
            raise get_adapter().validation_error("incorrect_code")
        return typed


class SecondFactorForm(PastedCode, AuthenticateForm):
    """The code of the second step of the login."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress_code(self, "Code aus der App", "Sechs Ziffern. Ohne Ihr Gerät geben Sie einen Ersatzcode ein.")


class SetUpForm(PastedCode, ActivateTOTPForm):
    """The first code of an app, which proves that the app has taken the secret over.

    allauth makes a new secret whenever the page is opened; then the app of somebody who only reloads it holds the wrong one.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        forms.Form.__init__(self, *args, **{name: value for name, value in kwargs.items() if name != "user"})
        self.user = kwargs["user"]
        self.secret = get_totp_secret()
        dress_code(self, "Code aus der App", "Sechs Ziffern; die App zeigt alle 30 Sekunden neue.")

    @property
    def secret_in_groups(self) -> str:
        """The secret for typing, in groups of four."""
        return " ".join(self.secret[start : start + GROUP] for start in range(0, len(self.secret), GROUP))


class ProofByFactor(PastedCode, FactorAgainForm):
    """Proof by the second factor."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress_code(self, "Code aus der App", "Sechs Ziffern. Ohne Ihr Gerät geben Sie einen Ersatzcode ein.")


class ProofByPassword(ReauthenticateForm):
    """Proof by the password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self, {"password": "Passwort"})
        self.fields["password"].help_text = ""
