"""How allauth behaves here: nobody signs up, and a failed login tells nothing about the account."""

import datetime
from collections.abc import Callable
from functools import partial
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as current
from allauth.core.internal.ratelimit import get_ip
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils import timezone

from kepol.accounts.demo import is_demo_address
from kepol.accounts.letters import send_letter
from kepol.accounts.models import User

CODE_MAIL = "account/email/login_code"
STAGES = {"allauth.mfa.stages.AuthenticateStage": "kepol.accounts.second_factor.SecondFactorStage"}


class ClosedAccountAdapter(DefaultAccountAdapter):
    """Accounts come by invitation only."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "E-Mail-Adresse oder Passwort stimmen nicht.",
        "too_many_login_attempts": "Zu viele Fehlversuche. Bitte warten Sie fünf Minuten und versuchen Sie es dann erneut.",
        "enter_current_password": "Das bisherige Passwort stimmt nicht.",
        "incorrect_password": "Das Passwort stimmt nicht.",
        "incorrect_code": "Der Code stimmt nicht.",
        "account_inactive": "Dieses Konto ist abgeschaltet. Fragen dazu beantwortet die Koordination.",
        "rate_limited": "Zu viele Anfragen. Bitte warten Sie einen Augenblick.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: there is no sign-up."""
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Return the account, or None for wrong data *and* for an account that may not sign in: both look the same."""
        user = super().authenticate(request, **credentials)
        return user if user is not None and may_sign_in(user) else None

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """Say so on the page of the login; here gets who has proved to be the owner, and whose account was ended meanwhile."""
        messages.error(request, self.error_messages["account_inactive"])
        return redirect("account_login")

    def get_login_stages(self) -> list[str]:
        """The stages of allauth, with our own question for the second factor."""
        return [STAGES.get(path, path) for path in super().get_login_stages()]

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Go back to work after a change of password."""
        return resolve_url(settings.LOGIN_REDIRECT_URL)

    def generate_login_code(self) -> str:
        """Return a code for one browser, or the open one that the view has made (`open_code`)."""
        return getattr(current.request, "open_code", "") or str(super().generate_login_code())

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Hand the mail to the outbox, or keep it for later where the view asks for that (`held_letters`)."""
        is_code = template_prefix == CODE_MAIL
        life = datetime.timedelta(seconds=settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT)
        expires_at = timezone.now() + life if is_code else None
        send = partial(send_letter, template_prefix, email, context, is_secret=is_code, expires_at=expires_at)
        held: list[Callable[[], None]] | None = getattr(current.request, "held_letters", None)
        if held is None:
            send()
        else:
            held.append(send)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        return attempts_key(request, credentials.get("email", ""))


def attempts_key(request: HttpRequest, email: str) -> str:
    """Under which attempts with the account `email` are counted: per account *and* address of the visitor.

    allauth counts per account: anybody could lock a colleague out by guessing. So only the one who guesses waits.
    """
    return f"{get_ip(request)}:{email.lower()}"


def may_sign_in(user: User) -> bool:
    """Return whether the account is in use; demo accounts are only while `DEMO` is on."""
    return user.is_active and (settings.DEMO or not is_demo_address(user.email))
