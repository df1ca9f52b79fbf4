"""The page „Sicherheit“ and what hangs on it: the second factor, spare codes, and the proof that the right person sits there."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.mixins import NextRedirectMixin
from allauth.core import ratelimit
from allauth.core.internal.httpkit import authenticated_user
from allauth.decorators import rate_limit
from allauth.mfa.base.views import IndexView
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic.edit import FormView

from kepol.accounts import fresh_login, second_factor
from kepol.accounts.forms import CodeForm, ProofByFactor, ProofByPassword

BY_MAIL = "per_mail"


class SecurityView(IndexView):
    """What protects the account: password, second factor, spare codes left."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add how many spare codes are left (None: no second factor), and whether the person needs a second factor."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        codes = context["authenticators"].get("recovery_codes")
        left = None if codes is None else len(codes.get_unused_codes())
        return {**context, "codes_left": left, "is_required": second_factor.is_required(self.request.user)}


@method_decorator(fresh_login.fresh_login_required, name="dispatch")
class SetUpView(ActivateTOTPView):
    """Sets up a second factor; for whoever needs one it is the only page until that is done."""

    template_name = "mfa/totp/activate_form.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Ask for the second factor itself where it has been set up meanwhile in another session."""
        if second_factor.is_missing(request) and second_factor.has_factor(authenticated_user(request)):
            return HttpResponseRedirect(fresh_login.proof_url(reverse("mfa_index")))
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add whether the person has to."""
        return {**super().get_context_data(**kwargs), "is_forced": second_factor.is_missing(self.request)}

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """The code just shown counts for this session."""
        response: HttpResponse = super().form_valid(form)
        second_factor.note_set_up(self.request)
        return response


@method_decorator(fresh_login.fresh_login_required, name="dispatch")
class RemoveView(DeactivateTOTPView):
    """Removes the second factor, to go without or to set up another device."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add whether the person has to set up another one at once."""
        return {**super().get_context_data(**kwargs), "is_required": second_factor.is_required(self.request.user)}

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """What was removed does not count any more, in this session neither."""
        response: HttpResponse = super().form_valid(form)
        second_factor.forget(self.request)
        return response


@method_decorator(fresh_login.fresh_login_required, name="dispatch")
class SpareCodesView(ViewRecoveryCodesView):
    """Shows the spare codes that are left."""


@method_decorator(fresh_login.fresh_login_required, name="dispatch")
class NewSpareCodesView(GenerateRecoveryCodesView):
    """Replaces the spare codes."""


@method_decorator(sensitive_post_parameters("password"), name="dispatch")
@method_decorator(rate_limit(action="reauthenticate"), name="dispatch")
class ProofView(NextRedirectMixin, FormView):
    """Asks somebody who is signed in to prove it anew: by the second factor if they have one, else by password or mailed code."""

    template_name = "account/reauthenticate.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Find out which proof counts for the person."""
        self.has_factor = second_factor.has_factor(authenticated_user(request))
        self.mailed = None if self.has_factor else fresh_login.MailedProof.resume(request)
        return super().dispatch(request, *args, **kwargs)

    def get_form(self, form_class: Any = None) -> forms.Form:
        """The second factor, the code that was mailed, or the password; no fields for whoever has only a mailbox."""
        given, user = self.get_form_kwargs(), authenticated_user(self.request)
        if self.has_factor:
            return ProofByFactor(user=user, **given)
        if self.mailed is not None:
            return CodeForm(code=self.mailed.code, **given)
        return ProofByPassword(user=user, **given) if user.has_usable_password() else forms.Form()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add which proof is asked for."""
        return {**super().get_context_data(**kwargs), "has_factor": self.has_factor, "mailed": self.mailed}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Send a code where the person wants one, otherwise check the proof."""
        if BY_MAIL not in request.POST or self.has_factor:
            response: HttpResponse = super().post(request, *args, **kwargs)
            return response
        # Counted for itself: what strangers ask for at the login takes nothing from somebody who is signed in.
        if ratelimit.consume(request, action="mail_login_code", key=f"proof:{request.user.pk}"):
            fresh_login.MailedProof.begin(request)
        else:
            messages.error(request, "Zu viele Anfragen. Bitte warten Sie einen Augenblick.")
        return HttpResponseRedirect(self.passthrough_next_url(request.path))

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Note the proof and go where the person wanted to."""
        if isinstance(form, ProofByFactor):
            form.save()
        elif self.mailed is not None:
            self.mailed.abort()
            record_authentication(self.request, self.request.user, "code", reauthenticated=True)
        else:
            record_authentication(self.request, self.request.user, "password", reauthenticated=True)
        return HttpResponseRedirect(self.get_next_url() or reverse("mfa_index"))

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        """A mailed code has three tries."""
        if self.mailed is not None and not self.mailed.record_invalid_attempt():
            messages.error(self.request, "Der Code war dreimal falsch. Bitte lassen Sie sich einen neuen senden.")
            return HttpResponseRedirect(self.passthrough_next_url(self.request.path))
        return super().form_invalid(form)
