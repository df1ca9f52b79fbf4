"""The second factor: who needs one, whether this session was opened with one, and how Technik takes a lost one away.

allauth notes in the session how somebody signed in. That note is asked here, so that no request costs a query; it goes with the
session, and a factor that was taken away counts at the next login.
"""

from typing import Any

from allauth.account.internal.flows.login import (
    AUTHENTICATION_METHODS_SESSION_KEY,
    get_authentication_records,
    record_authentication,
)
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from kepol.accounts.letters import send_letter
from kepol.accounts.models import User
from kepol.accounts.sessions import end_sessions

FACTOR, SINGLE_SIGN_ON = "mfa", "socialaccount"


class SecondFactorAdapter(DefaultMFAAdapter):
    """The messages of allauth in our words."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "Der Code stimmt nicht.",
        "cannot_generate_recovery_codes": "Ersatzcodes gibt es erst, wenn ein zweiter Faktor eingerichtet ist.",
    }


class SecondFactorStage(AuthenticateStage):
    """The step of the login that asks for the second factor of whoever has one."""

    def _should_handle(self, request: HttpRequest) -> bool:
        if settings.OIDC_IS_SECOND_FACTOR and SINGLE_SIGN_ON in methods_used(request, self.login.user):
            return False
        return bool(super()._should_handle(request))


def methods_used(request: HttpRequest, user: Any) -> set[str]:
    """How `user` proved in this session who they are, in allauth's words: password, code, mfa, socialaccount; no query."""
    return {record["method"] for record in get_authentication_records(request, user)}


def is_required(user: User) -> bool:
    """Whether `user` may work with a second factor only: whoever enters the back office, unless this is a demonstration."""
    return bool(settings.SECOND_FACTOR_REQUIRED and user.is_staff)


def was_given(request: HttpRequest) -> bool:
    """Whether the person gave a second factor in this session, here or, where the settings trust it, at the city's login."""
    methods = methods_used(request, request.user)
    return FACTOR in methods or bool(settings.OIDC_IS_SECOND_FACTOR and SINGLE_SIGN_ON in methods)


def is_missing(request: HttpRequest) -> bool:
    """Whether the person has to give or set up a second factor before anything else."""
    if not settings.SECOND_FACTOR_REQUIRED or not request.user.is_authenticated:
        return False
    return not was_given(request) and is_required(request.user)


def has_factor(user: User) -> bool:
    """Whether `user` has set up a second factor; spare codes alone are none."""
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


def note_set_up(request: HttpRequest) -> None:
    """Note that the person has just shown, by setting it up, to have a second factor."""
    record_authentication(request, request.user, FACTOR, type=Authenticator.Type.TOTP.value)


def forget(request: HttpRequest) -> None:
    """Forget that a second factor was given in this session, because the person has removed it."""
    records = get_authentication_records(request, request.user)
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = [one for one in records if one["method"] != FACTOR]


@transaction.atomic
def reset(user: User, *, by: Any) -> None:
    """Take away the second factor and the spare codes of `user`, sign them out everywhere and tell them by mail.

    For a lost device. Saving the account leaves a row in its history that says who did it.
    """
    Authenticator.objects.filter(user=user).delete()
    user.save()
    end_sessions(user)
    send_letter("mfa/email/second_factor_reset", user.email, {})
