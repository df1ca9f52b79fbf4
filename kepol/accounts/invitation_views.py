"""The page behind the link of an invitation. Looking at it changes nothing: mail scanners open every link."""

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils import timezone
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from kepol.accounts.invitation_forms import AcceptForm
from kepol.accounts.invitations import invited_account
from kepol.accounts.models import User

INVITATION = "invitation"


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password1", "password2")
def invitation(request: HttpRequest, uidb64: str, token: str) -> HttpResponse:
    """Show whom the invitation is for; a POST accepts it and signs in. Every link that does not hold gets the same page."""
    with transaction.atomic():
        user = invited_account(uidb64, token, is_locked=request.method == "POST")
        if user is None:
            return render(request, "account/invitation_invalid.html", {"contact": settings.MAIL_CONTACT}, status=404)
        form = AcceptForm(user, request.POST if request.method == "POST" else None)
        if form.is_valid():
            return _accept(request, user, form.cleaned_data["password1"])
    name, units = _holder(user)
    return render(request, "account/invitation.html", {"form": form, "invited": user, "name": name, "units": units})


def _holder(user: User) -> tuple[str, str]:
    name, units = import_string(settings.ACCOUNT_HOLDER)(user, on=timezone.localdate())
    return name, units


def _accept(request: HttpRequest, user: User, password: str) -> HttpResponse:
    """Sign in through allauth, so that whoever has a second factor is asked for it."""
    if password:
        user.set_password(password)
        user.save()
    record_authentication(request, user, INVITATION)
    messages.success(request, f"Willkommen, {_holder(user)[0]}. Ihr Zugang ist eingerichtet.")
    response: HttpResponse = perform_login(request, user, redirect_url=resolve_url(settings.LOGIN_REDIRECT_URL))
    return response
