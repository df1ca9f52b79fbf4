"""The views of allauth that are open here, with our additions: login by password and by code, passwords."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from allauth.account.internal.stagekit import get_pending_stage
from allauth.account.internal.userkit import user_id_to_str
from allauth.account.stages import LoginByCodeStage
from allauth.account.views import (
    ConfirmLoginCodeView,
    LoginView,
    PasswordChangeView,
    PasswordSetView,
    RequestLoginCodeView,
)
from allauth.core.internal.httpkit import authenticated_user
from allauth.decorators import rate_limit
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic.edit import FormView

from kepol.accounts import fresh_login, open_codes
from kepol.accounts.demo import DEMO_LOGINS, DEMO_PASSWORD
from kepol.accounts.forms import CodeRequestForm
from kepol.accounts.models import User

logger = logging.getLogger(__name__)


class SignInView(LoginView):
    """The login; on a demonstration it announces the accounts to try."""

    def _redirect_to_pending_stage(self, request: HttpRequest, stage: Any) -> None:
        """Stay here although a code is awaited: the person may have mistyped the address, or a link led here anew."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the button of the city's own login, and the demo accounts on a demonstration only."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        if settings.OIDC_SERVER_URL:
            address = reverse("single_sign_on")
            context.update(
                single_sign_on_name=settings.OIDC_NAME, single_sign_on_url=self.passthrough_next_url(address)
            )
        if settings.DEMO:
            context.update(demo_logins=DEMO_LOGINS, demo_password=DEMO_PASSWORD)
        return context


class AnswerFirst(HttpResponseRedirect):
    """A redirect that does `work` only when the server has it in hand: its time tells nothing about the work."""

    def __init__(self, url: str, work: list[Callable[[], None]]) -> None:
        super().__init__(url)
        self.work = work

    def close(self) -> None:
        """Do the work; nobody is there any more who could be told that it failed."""
        try:
            for do in self.work:
                do()
        except Exception:
            logger.exception("a mail about an account could not be queued")
        super().close()


class RequestCodeView(RequestLoginCodeView):
    """Sends a code for the login; the second button of the login page leads here."""

    def _redirect_to_pending_stage(self, request: HttpRequest, stage: Any) -> None:
        """Let a new code be asked for although one is awaited."""

    def form_valid(self, form: CodeRequestForm) -> HttpResponse:
        """Answer before the mail is queued: by the time it takes nobody may learn that there is an account."""
        self.request.held_letters = []
        self.request.open_code = code = open_codes.new() if form.wants_open_code else ""
        response = super().form_valid(form)
        if code and self.request.held_letters:
            self.request.held_letters.insert(0, partial(open_codes.remember, form.cleaned_data["email"], code))
        return AnswerFirst(response.url, self.request.held_letters)


@method_decorator(login_not_required, name="dispatch")
class EnterCodeView(ConfirmLoginCodeView):
    """Takes the code from the mail."""

    reason = "Der Code ist abgelaufen. Bitte fordern Sie einen neuen an."

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Say why one is back at the start when the code was too old or tried too often."""
        stage = get_pending_stage(request)
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        address = reverse("account_request_login_code")
        if not isinstance(response, HttpResponseRedirect) or response.url != address:
            return response
        if stage is not None and stage.key == LoginByCodeStage.key:
            messages.warning(request, self.reason)
        return HttpResponseRedirect(self.passthrough_next_url(address))

    def get_form_kwargs(self) -> dict[str, Any]:
        """Tell the form whose code it is about."""
        return {**super().get_form_kwargs(), "email": self._process.state["email"]}

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """An open code names an account this browser knew nothing of so far."""
        if self._process.user is None:
            user = User.objects.get(email=self._process.state["email"])
            self._process.state["user_id"] = user_id_to_str(user)
        response: HttpResponse = super().form_valid(form)
        return response

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        """After the last try only a new code helps; nobody has to wait for it."""
        if self._process.record_invalid_attempt():
            return FormView.form_invalid(self, form)
        self.reason = "Der Code war dreimal falsch. Bitte fordern Sie einen neuen an."
        return redirect("account_request_login_code")


class ChangePasswordView(PasswordChangeView):
    """Another password, for whoever knows the old one."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Who has just come in by a code may have forgotten it, and is not asked."""
        if fresh_login.is_fresh(request, "code"):
            return redirect("account_set_password")
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response


@method_decorator(sensitive_post_parameters("password1", "password2"), name="dispatch")
@method_decorator(rate_limit(action="change_password"), name="dispatch")
class NewPasswordView(PasswordSetView):
    """A password without the old one: for whoever has none yet or has forgotten it and has just come in by a code."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Everybody else has to know the old one."""
        if not authenticated_user(request).has_usable_password() or fresh_login.is_fresh(request, "code"):
            # Past the parent, which knows only the first of the two; so its decorators are repeated above.
            return FormView.dispatch(self, request, *args, **kwargs)  # type: ignore[return-value]
        return redirect("account_change_password")
