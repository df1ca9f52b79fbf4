"""A fresh login: what touches the keys of an account asks for proof that the right person still sits there.

Every login counts for ACCOUNT_REAUTHENTICATION_TIMEOUT seconds, afterwards the person proves it anew: by the second factor if they
have one, else by the password or by a code from their mailbox. allauth would let people without a password pass unasked.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Self

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.code_verification import AbstractCodeVerificationProcess
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.internal.httpkit import authenticated_user
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

SESSION_KEY = "fresh_login_code"
View = Callable[..., HttpResponseBase]


def is_fresh(request: HttpRequest, *methods: str) -> bool:
    """Whether the person proved who they are a short while ago, by one of `methods` (allauth's words; none: by any)."""
    records = get_authentication_records(request, request.user)
    times = [record["at"] for record in records if not methods or record["method"] in methods]
    return bool(times) and time.time() - max(times) < app_settings.REAUTHENTICATION_TIMEOUT


def fresh_login_required(view: View) -> View:
    """Send whoever signed in too long ago to the page that asks for proof, and back to this address afterwards."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if is_fresh(request):
            return view(request, *args, **kwargs)
        return HttpResponseRedirect(proof_url(request.path))

    return wrapper


def proof_url(path: str) -> str:
    """Address of the page that asks for proof and then leads to `path`."""
    return f"{reverse('account_reauthenticate')}?{urlencode({REDIRECT_FIELD_NAME: path})}"


class MailedProof(AbstractCodeVerificationProcess):
    """A code sent to somebody who is signed in; it lives in the session as long and for as many tries as one for the login."""

    def __init__(self, request: HttpRequest, state: dict[str, Any]) -> None:
        super().__init__(
            max_attempts=app_settings.LOGIN_BY_CODE_MAX_ATTEMPTS,
            timeout=app_settings.LOGIN_BY_CODE_TIMEOUT,
            state=state,
            user=authenticated_user(request),
        )
        self.request = request

    @classmethod
    def begin(cls, request: HttpRequest) -> Self:
        """Send a code to the address of the person."""
        user = authenticated_user(request)
        process = cls(request, cls.initial_state(user=user, email=user.email))
        process.send()
        process.persist()
        return process

    @classmethod
    def resume(cls, request: HttpRequest) -> Self | None:
        """The code on its way to the person; None when there is none or it is too old."""
        state = request.session.get(SESSION_KEY)
        return cls(request, state).abort_if_invalid() if state else None

    def send(self) -> None:
        """Make a code and mail it."""
        self.state["code"] = get_adapter().generate_login_code()
        get_adapter().send_mail("account/email/login_code", self.state["email"], {"code": self.state["code"]})

    def persist(self) -> None:
        """Keep the state for the next request."""
        self.request.session[SESSION_KEY] = self.state

    def abort(self) -> None:
        """Forget the code."""
        self.request.session.pop(SESSION_KEY, None)
