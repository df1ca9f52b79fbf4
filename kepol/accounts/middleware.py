"""What holds for every response: how long a session lives and what a browser may keep."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

SIGNED_IN_AT = "signed_in_at"
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
        elif was_signed_in:
            # Not "cookies": that would reach the other applications of the city under the same domain.
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
        if was_signed_in or request.user.is_authenticated:
            response.headers["Cache-Control"] = "no-store"
        return response

    return middleware


def is_too_old(request: HttpRequest) -> bool:
    """Return whether the session began longer ago than SESSION_ABSOLUTE_AGE, however busy it was since."""
    now = int(time.time())
    return bool(now - request.session.get(SIGNED_IN_AT, now) >= settings.SESSION_ABSOLUTE_AGE)
