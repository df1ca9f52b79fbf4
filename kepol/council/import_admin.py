"""The page of the back office on which one pastes the text of a paper: check first, then take over."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from kepol.council.forms import PageTextForm
from kepol.council.importing import ImportPlan, apply_import, plan_import
from kepol.council.ris_page import UnreadablePage, parse_page
from kepol.lib.versions import Conflict

TAKE_OVER = "take_over"
NOT_YET = "Es wurde nichts gespeichert. Der Grund steht unten."
CHECK_AGAIN = "Prüfen Sie den Stand unten und bestätigen Sie dann noch einmal."


def import_view(request: HttpRequest, model_admin: Any) -> HttpResponse:
    """Check a pasted page, or take over what was checked; the text is kept on every error.

    Only what the person has seen is stored: when the text, the stored paper or the names have changed since the check, the page
    shows the new state first.
    """
    if not (model_admin.has_add_permission(request) and model_admin.has_change_permission(request)):
        raise PermissionDenied
    form = PageTextForm(request.POST if request.method == "POST" else None)
    plan = _plan(form) if form.is_valid() else None
    if plan is not None and TAKE_OVER in request.POST and _was_seen(form, plan):
        if response := _take_over(request, form, plan):
            return response
        plan = _plan(form)
    return _page(request, model_admin, form, plan)


def _plan(form: PageTextForm) -> ImportPlan | None:
    """Read the text; an unreadable one becomes an error at the field."""
    given = form.cleaned_data
    try:
        parsed = parse_page(given["text"])
    except UnreadablePage as error:
        form.add_error("text", str(error))
        return None
    return plan_import(
        parsed, create_missing=given["create_missing"], replace=given["replace"], on=timezone.localdate()
    )


def _was_seen(form: PageTextForm, plan: ImportPlan) -> bool:
    if form.cleaned_data["checked"] == plan.fingerprint:
        return True
    form.add_error(
        None, f"Was unten steht, haben Sie so noch nicht gesehen, und nichts wurde gespeichert. {CHECK_AGAIN}"
    )
    return False


def _take_over(request: HttpRequest, form: PageTextForm, plan: ImportPlan) -> HttpResponse | None:
    """Store and lead to the paper; None with an error in the form when that was not possible."""
    if plan.is_refused:
        form.add_error(None, NOT_YET)
        return None
    try:
        submission = apply_import(plan, by=request.user)
    except Conflict as conflict:
        form.add_error(None, f"{conflict} {CHECK_AGAIN}")
        return None
    except ValidationError as error:
        form.add_error(None, forms.ValidationError(error.messages))
        return None
    messages.success(request, plan.done)
    return HttpResponseRedirect(reverse("admin:council_submission_change", args=[submission.pk]))


def _page(request: HttpRequest, model_admin: Any, form: PageTextForm, plan: ImportPlan | None) -> HttpResponse:
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "Vorlage einlesen",
        "opts": model_admin.opts,
        "form": form,
        "plan": plan,
        "media": model_admin.media,
    }
    return TemplateResponse(request, "admin/council/submission/import.html", context)
