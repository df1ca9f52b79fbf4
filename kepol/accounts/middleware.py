"""What holds for every response: how long a session lives, what a browser may keep, and no work without a second factor."""

import datetime
import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from kepol.accounts import second_factor

SIGNED_IN_AT = "signed_in_at"
PROLONGED_EVERY = datetime.timedelta(minutes=1)
#: When this process prolonged which session last; forgotten as a whole when it grows, which costs one statement each.
_prolonged: dict[str, datetime.datetime] = {}
_LONG_AGO = datetime.datetime.min.replace(tzinfo=datetime.UTC)
REMEMBERED = 10_000
#: All that is open to somebody who still has to set up or give a second factor.
OPEN_WITHOUT_FACTOR = ("mfa_activate_totp", "account_reauthenticate", "account_logout")
View = Callable[[HttpRequest], HttpResponse]


def resource_policy(get_response: View) -> View:
    """Keep other sites from embedding any answer of ours, static files included."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response

    return middleware


def session_guard(get_response: View) -> View:
    """End sessions at their absolute age, keep pages of signed-in people out of every cache, tidy up after logout."""

    def middleware(request: HttpRequest) -> HttpResponse:
        was_signed_in = request.user.is_authenticated
        if was_signed_in and is_too_old(request):
            logout(request)
        response = get_response(request)
        if request.user.is_authenticated:
            request.session.setdefault(SIGNED_IN_AT, int(time.time()))
            prolong(request.session)
        elif was_signed_in:
            # Not "cookies": that would reach the other applications of the city under the same domain.
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
        if was_signed_in or request.user.is_authenticated:
            response.headers["Cache-Control"] = "no-store"
        return response

    return middleware


def prolong(session: SessionBase) -> None:
    """Let `session` live SESSION_COOKIE_AGE from now on; one statement that leaves what it holds alone.

    Saving it would write back what this request read at its start, and so undo what another request of the same person, a saved
    form with its message say, has stored meanwhile. Each process writes it once a minute at most, and not
    when the session has changed: then it is saved with a new end anyway.
    """
    now, key = timezone.now(), session.session_key
    if key is None or now - _prolonged.get(key, _LONG_AGO) < PROLONGED_EVERY:
        return
    if len(_prolonged) >= REMEMBERED:
        _prolonged.clear()
    _prolonged[key] = now
    if session.modified:
        return
    wanted = now + datetime.timedelta(seconds=settings.SESSION_COOKIE_AGE)
    Session.objects.filter(pk=key, expire_date__lt=wanted).update(expire_date=wanted)


def is_too_old(request: HttpRequest) -> bool:
    """Return whether the session began longer ago than SESSION_ABSOLUTE_AGE, however busy it was since."""
    now = int(time.time())
    return bool(now - request.session.get(SIGNED_IN_AT, now) >= settings.SESSION_ABSOLUTE_AGE)


def second_factor_guard(get_response: View) -> View:
    """Lead whoever needs a second factor and has not given one to the page that sets it up, whatever they asked for."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if second_factor.is_missing(request) and request.path not in map(reverse, OPEN_WITHOUT_FACTOR):
            return HttpResponseRedirect(reverse("mfa_activate_totp"))
        return get_response(request)

    return middleware
