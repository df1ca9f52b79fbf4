"""Single sign-on with the city's own accounts (OpenID Connect): it opens accounts that exist, and creates none.

On top of allauth, which keeps the state and PKCE: a nonce, the signature of the ID token checked in every case, and the same
person in both answers of the provider. The mail address counts only if the provider says that it has verified it.
"""

import logging
import secrets
from collections.abc import Mapping
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from kepol.accounts.adapter import may_sign_in
from kepol.accounts.models import User
from kepol.accounts.second_factor import SINGLE_SIGN_ON

PROVIDER_ID = "stadt"
logger = logging.getLogger(__name__)


class CityProtocol(OpenIDConnectOAuth2Adapter):
    """What is asked of the provider, and what its answers have to hold; `nonce` is the one of the login under way."""

    def __init__(self, request: HttpRequest, nonce: str = "") -> None:
        super().__init__(request, PROVIDER_ID)
        self.nonce = nonce

    def get_provider(self) -> "CityProvider":
        """The one provider of the settings."""
        return CityProvider(self.request)

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Where the provider sends the person back to."""
        return request.build_absolute_uri(reverse("single_sign_on_callback"))

    def complete_login(self, request: HttpRequest, app: SocialApp, token: Any, **kwargs: Any) -> SocialLogin:
        """Check the ID token; raise `OAuth2Error` when it is not the answer to this login or not about the same person."""
        claims = self._decode_id_token(app, kwargs["response"]["id_token"])
        if not self.nonce or not constant_time_compare(str(claims.get("nonce", "")), self.nonce):
            raise OAuth2Error("nonce")
        info = self._fetch_user_info(token.token)
        if info["sub"] != claims["sub"]:
            raise OAuth2Error("sub")
        return self.get_provider().sociallogin_from_response(request, {"userinfo": {**claims, **info}})

    def _decode_id_token(self, app: SocialApp, id_token: str) -> dict[str, Any]:
        claims: dict[str, Any] = jwtkit.verify_and_decode(
            credential=id_token,
            keys_url=self.openid_config["jwks_uri"],
            issuer=self.openid_config["issuer"],
            audience=app.client_id,
            lookup_kid=jwtkit.lookup_kid_jwk,
        )
        return claims


class CityProvider(OpenIDConnectProvider):
    """The provider of the settings."""

    oauth2_adapter_class = CityProtocol
    pkce_enabled_default = True

    def __init__(self, request: HttpRequest) -> None:
        app = SocialApp(
            provider=self.id,
            provider_id=PROVIDER_ID,
            name=settings.OIDC_NAME,
            client_id=settings.OIDC_CLIENT_ID,
            secret=settings.OIDC_CLIENT_SECRET,
            settings={"server_url": settings.OIDC_SERVER_URL.rstrip("/")},
        )
        super().__init__(request, app=app)

    def get_oauth2_adapter(self, request: HttpRequest) -> CityProtocol:
        """The protocol, which knows its provider."""
        return CityProtocol(request)

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        """Take only the target from the address: scope and parameters for the provider are nobody's choice."""
        given = super().get_redirect_from_request_kwargs(request)
        nonce = secrets.token_urlsafe(32)
        chosen = {"process": AuthProcess.LOGIN, "nonce": nonce, "auth_params": {"nonce": nonce}}
        return {**chosen, "next_url": given.get("next_url")}


class InvitedOnlyAdapter(DefaultSocialAccountAdapter):
    """Lets allauth sign in accounts that exist; nothing is created, connected or stored."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Answer the login here: sign in the account of the verified address, or show the page for everybody else."""
        user = account_of(sociallogin.account.extra_data["userinfo"])
        if user is None:
            raise ImmediateHttpResponse(no_access(request))
        record_authentication(request, user, SINGLE_SIGN_ON, provider=PROVIDER_ID)
        raise ImmediateHttpResponse(perform_login(request, user, redirect_url=sociallogin.state.get("next")))

    def on_authentication_error(self, request: HttpRequest, provider: Any, **kwargs: Any) -> None:
        """Back to the login for whoever cancelled, otherwise the page that says what to do now."""
        if kwargs.get("error") != AuthError.CANCELLED:
            raise ImmediateHttpResponse(failed(request, kwargs.get("exception")))
        messages.info(request, "Die Anmeldung wurde abgebrochen.")
        raise ImmediateHttpResponse(redirect("account_login"))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Return False: there is no sign-up."""
        return False


def account_of(claims: Mapping[str, Any]) -> User | None:
    """The account that may sign in with what the provider says about a person; None when there is none.

    The address has to be verified, by `true` and not by a text. Capitals are folded in plain ASCII only, where no two letters become
    one by it.
    """
    email = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(email, str):
        return None
    user = User.objects.filter(email=email.lower() if email.isascii() else email).first()
    return user if user is not None and may_sign_in(user) else None


def no_access(request: HttpRequest) -> HttpResponse:
    """The page for whoever the provider knows and KEpol does not, whatever the reason."""
    return render(request, "socialaccount/no_access.html", status=403)


def failed(request: HttpRequest, problem: Exception | None) -> HttpResponse:
    """The page for a login that came to no end: the provider is down, or its answer does not fit; `problem` is None for an unknown state."""
    # Only the kind: the text may hold a token.
    logger.warning("single sign-on failed: %s", type(problem).__name__)
    return render(request, "socialaccount/failed.html", status=502)
