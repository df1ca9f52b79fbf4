"""How allauth behaves here: nobody signs up, and a failed login tells nothing about the account."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal.ratelimit import get_ip
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url

from kepol.accounts.demo import is_demo_address
from kepol.accounts.models import User


class ClosedAccountAdapter(DefaultAccountAdapter):
    """Accounts come by invitation only."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "E-Mail-Adresse oder Passwort stimmen nicht.",
        "too_many_login_attempts": "Zu viele Fehlversuche. Bitte warten Sie fünf Minuten und versuchen Sie es dann erneut.",
        "enter_current_password": "Das bisherige Passwort stimmt nicht.",
        "incorrect_password": "Das Passwort stimmt nicht.",
        "rate_limited": "Zu viele Anfragen. Bitte warten Sie einen Augenblick.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: there is no sign-up."""
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Return the account, or None for wrong data *and* for an account that may not sign in: both look the same."""
        user = super().authenticate(request, **credentials)
        return user if user is not None and may_sign_in(user) else None

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Go back to work after a change of password."""
        return resolve_url(settings.LOGIN_REDIRECT_URL)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # allauth counts per account: anybody could lock a colleague out by guessing. Counted per account *and*
        # address only the one who guesses waits.
        return f"{get_ip(request)}:{credentials.get('email', '').lower()}"


def may_sign_in(user: User) -> bool:
    """Return whether the account is in use; demo accounts are only while `DEMO` is on."""
    return user.is_active and (settings.DEMO or not is_demo_address(user.email))
