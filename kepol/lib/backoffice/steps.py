"""Steps: what a door offers is a button on the change page that leads to a small form; one POST calls the verb.

The same step serves as list action: it shows the chosen rows first and then calls the verb per row in one transaction.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import helpers
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from kepol.lib.history import operation
from kepol.lib.versions import Conflict, seen_token, seen_version

CONFIRMED = "confirmed"
NAMED = 3


class Nothing(forms.Form):
    """A step that asks only for confirmation."""


@dataclass(frozen=True)
class Step:
    """A verb offered in the back office.

    `run(obj, by=user, **form fields)` is the verb; `allowed(obj)` tells whether it makes sense for the object's present state;
    `explanation` says in a sentence what will happen; `done` is the message afterwards.
    """

    name: str
    label: str
    run: Callable[..., Any]
    explanation: str
    done: str
    form: type[forms.Form] = Nothing
    allowed: Callable[[Any], bool] = lambda _: True
    permission: str = "change"

    @property
    def confirm_label(self) -> str:
        """Words on the button that does it."""
        return self.label.removesuffix(" …")


def run_step(model_admin: Any, request: HttpRequest, step: Step, obj: Any) -> HttpResponse:
    """Page of one step for one object: its form on GET, the verb on POST."""
    if not getattr(model_admin, f"has_{step.permission}_permission")(request, obj):
        raise PermissionDenied
    back = reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])
    if not step.allowed(obj):
        messages.warning(request, f"„{step.label}“ ist bei „{obj}“ nicht möglich.")
        return HttpResponseRedirect(back)
    form = step.form(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if seen_version(obj, request.POST.get("seen", "")) != obj.version:
            messages.warning(
                request,
                f"„{obj}“ wurde inzwischen geändert. Prüfen Sie den neuen Stand und bestätigen Sie noch einmal.",
            )
        elif _run(request, form, step, [obj]):
            return HttpResponseRedirect(back)
    return _page(model_admin, request, step, [obj], form=form, back=back)


def as_action(step: Step) -> Callable[..., HttpResponse | None]:
    """The step as an action of the list."""

    def action(model_admin: Any, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        rows = [row for row in queryset if step.allowed(row)]
        if not rows:
            messages.warning(request, f"„{step.label}“ ist bei keiner der gewählten Zeilen möglich.")
            return None
        form = step.form(request.POST if CONFIRMED in request.POST else None)
        if CONFIRMED in request.POST and form.is_valid() and _run(request, form, step, rows):
            return None
        return _page(
            model_admin,
            request,
            step,
            rows,
            form=form,
            back=request.get_full_path(),
            action=step.name,
            left_out=len(queryset) - len(rows),
        )

    action.short_description = step.label  # type: ignore[attr-defined]
    action.allowed_permissions = [step.permission]  # type: ignore[attr-defined]
    action.__name__ = step.name
    return action


def _run(request: HttpRequest, form: forms.Form, step: Step, rows: Sequence[Any]) -> bool:
    """Call the verb for each row, all or nothing; False with messages in the form when it was refused."""
    try:
        with transaction.atomic(), operation(by=request.user):
            for row in rows:
                step.run(row, by=request.user, **form.cleaned_data)
    except ValidationError as error:
        form.add_error(None, error.messages)  # type: ignore[arg-type]
        return False
    except Conflict as conflict:
        form.add_error(None, f"{conflict} Prüfen Sie den neuen Stand und bestätigen Sie noch einmal.")
        return False
    names = ", ".join(f"„{row}“" for row in rows[:NAMED])
    if len(rows) > NAMED:
        names += f" und {len(rows) - NAMED} weitere"
    messages.success(request, f"{step.done}: {names}.")
    return True


def _page(  # noqa: PLR0913 - what the page shows
    model_admin: Any,
    request: HttpRequest,
    step: Step,
    rows: Sequence[Any],
    *,
    form: forms.Form,
    back: str,
    action: str = "",
    left_out: int = 0,
) -> HttpResponse:
    context = {
        **model_admin.admin_site.each_context(request),
        "title": f"{step.confirm_label}: {rows[0]}" if len(rows) == 1 else step.confirm_label,
        "opts": model_admin.opts,
        "step": step,
        "rows": rows,
        "form": form,
        "back": back,
        "action": action,
        "left_out": left_out,
        "seen": seen_token(rows[0]),
        "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME,
        "media": model_admin.media,
    }
    return TemplateResponse(request, "admin/step.html", context)
