"""The two addresses of the single sign-on: the way to the provider and the way back."""

from typing import Any

from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from requests import RequestException

from kepol.accounts.single_sign_on import CityProtocol, CityProvider, failed

#: What an answer of the provider that is missing, malformed or incomplete leads to.
BAD_ANSWER = (OAuth2Error, RequestException, LookupError, TypeError, ValueError, AttributeError)


class CallbackView(OAuth2CallbackView):
    """The way back; tells the protocol which nonce this login began with."""

    def _get_state(self, request: HttpRequest, provider: Any) -> Any:
        state, response = super()._get_state(request, provider)
        if state is not None:
            self.adapter.nonce = state.get("nonce", "")
        return state, response


@login_not_required
@never_cache
@require_safe
def single_sign_on(request: HttpRequest) -> HttpResponse:
    """Send the person to the provider."""
    _demand_provider()
    try:
        response: HttpResponse = CityProvider(request).redirect_from_request(request)
    except BAD_ANSWER as problem:
        return failed(request, problem)
    return response


@login_not_required
@never_cache
@require_safe
def callback(request: HttpRequest) -> HttpResponse:
    """Take back whom the provider sends."""
    _demand_provider()
    try:
        response: HttpResponse = CallbackView.adapter_view(CityProtocol(request))(request)
    except BAD_ANSWER as problem:
        return failed(request, problem)
    return response


def _demand_provider() -> None:
    if not settings.OIDC_SERVER_URL:
        raise Http404
