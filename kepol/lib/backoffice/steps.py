"""Steps: what a door offers is a button on the change page that leads to a small form; one POST calls the verb.

The same step serves as list action: it shows the chosen rows first and then calls the verb per row in one transaction. And it
serves as a small link in each row of a list, which leads back to that list.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import helpers
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from kepol.lib.history import operation
from kepol.lib.versions import SALT, Conflict, seen_token, seen_version

CONFIRMED = "confirmed"
BACK = "back"
SEEN = "seen"
NAMED = 3
CHECK_AGAIN = "Prüfen Sie den neuen Stand und bestätigen Sie noch einmal."


class Nothing(forms.Form):
    """A step that asks only for confirmation."""


def no_arguments(obj: Any, user: Any) -> dict[str, Any]:
    """A form that needs to know neither the object nor the person."""
    return {}


@dataclass(frozen=True)
class Step:
    """A verb offered in the back office.

    `run(obj, by=user, **form fields)` is the verb; `allowed(obj)` tells whether it makes sense for the object's present state,
    and `refusal` is the sentence for whoever tries nevertheless (empty: one that names step and object); `explanation` says
    what will happen; `done` is the message afterwards; `button` are the words on the button, where those of `label` do not fit.

    Who may: `permission` names what Django calls the right to the model at hand ("change"); `right`, where it is not empty, is
    a permission in full ("dates.add_tickler") that counts instead, for steps on records of any kind.

    `form_for(obj, user)` gives further arguments of the form, such as `initial`; `obj` is None when the form is for several
    rows. `one_line` puts the fields into one row. After a step that `removes` the object the person is led to the list.
    """

    name: str
    label: str
    run: Callable[..., Any]
    explanation: str
    done: str
    form: type[forms.Form] = Nothing
    allowed: Callable[[Any], bool] = lambda _: True
    refusal: str = ""
    permission: str = "change"
    right: str = ""
    form_for: Callable[[Any, Any], dict[str, Any]] = no_arguments
    one_line: bool = False
    removes: bool = False
    button: str = ""

    @property
    def title(self) -> str:
        """What the step is called, without the dots that promise a question."""
        return self.label.removesuffix(" …")

    @property
    def confirm_label(self) -> str:
        """Words on the button that does it."""
        return self.button or self.title


def may_take(model_admin: Any, request: HttpRequest, step: Step, obj: Any = None) -> bool:
    """Whether the person may take `step` with `obj`, or with rows of the list when `obj` is None."""
    if step.right:
        return bool(request.user.has_perm(step.right) and model_admin.has_view_permission(request, obj))
    return bool(getattr(model_admin, f"has_{step.permission}_permission")(request, obj))


def run_step(model_admin: Any, request: HttpRequest, step: Step, obj: Any) -> HttpResponse:
    """Page of one step for one object: its form on GET, the verb on POST; then back to where the person came from."""
    if not may_take(model_admin, request, step, obj):
        raise PermissionDenied
    back = _way_back(request, step, obj)
    if not step.allowed(obj):
        messages.warning(request, step.refusal or f"„{step.label}“ ist bei „{obj}“ nicht möglich.")
        return HttpResponseRedirect(back)
    form = step.form(request.POST if request.method == "POST" else None, **step.form_for(obj, request.user))
    if request.method == "POST" and form.is_valid():
        if seen_version(obj, request.POST.get(SEEN, "")) != obj.version:
            messages.warning(request, f"„{obj}“ wurde inzwischen geändert. {CHECK_AGAIN}")
        elif _run(request, form, step, [obj]):
            return HttpResponseRedirect(back)
    return _page(model_admin, request, step, [obj], form=form, back=back)


def _way_back(request: HttpRequest, step: Step, obj: Any) -> str:
    """Where the address says one came from, if that is a page of ours; else the page of the object."""
    wanted = request.GET.get(BACK, "")
    if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    name = f"admin:{obj._meta.app_label}_{obj._meta.model_name}"
    return reverse(f"{name}_changelist") if step.removes else reverse(f"{name}_change", args=[obj.pk])


def rows_token(rows: Sequence[Any]) -> str:
    """Signed note, for a hidden form field, of which rows in which versions a page shows."""
    return signing.dumps(_versions(rows), salt=SALT, compress=True)


def _versions(rows: Sequence[Any]) -> list[Any]:
    return sorted([row._meta.label_lower, row.pk, row.version] for row in rows)


def were_seen(rows: Sequence[Any], token: str) -> bool:
    """Whether `token` was made by `rows_token` for just these rows as they are now: none changed, went or joined."""
    try:
        return bool(signing.loads(token, salt=SALT) == _versions(rows))
    except signing.BadSignature:
        return False


def as_action(step: Step) -> Callable[..., HttpResponse | None]:
    """The step as an action of the list; it is carried out only for the rows, and their versions, that its page showed."""

    def action(model_admin: Any, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        rows = [row for row in queryset if step.allowed(row)]
        if not rows:
            messages.warning(request, f"„{step.label}“ ist bei keiner der gewählten Zeilen möglich.")
            return None
        form = step.form(request.POST if CONFIRMED in request.POST else None, **step.form_for(None, request.user))
        if CONFIRMED in request.POST and form.is_valid():
            if not were_seen(rows, request.POST.get(SEEN, "")):
                form.add_error(None, f"Von den gezeigten Zeilen hat sich inzwischen eine geändert. {CHECK_AGAIN}")
            elif _run(request, form, step, rows):
                return None
        left_out = len(queryset) - len(rows)
        back = request.get_full_path()
        return _page(model_admin, request, step, rows, form=form, back=back, action=step.name, left_out=left_out)

    action.short_description = step.label  # type: ignore[attr-defined]
    action.__name__ = step.name
    return action


def _run(request: HttpRequest, form: forms.Form, step: Step, rows: Sequence[Any]) -> bool:
    """Call the verb for each row, all or nothing; False with messages in the form when it was refused."""
    names = ", ".join(f"„{row}“" for row in rows[:NAMED])
    if len(rows) > NAMED:
        names += f" und {len(rows) - NAMED} weitere"
    try:
        with transaction.atomic(), operation(by=request.user):
            # In the order in which everybody else locks rows, so that nobody waits in a circle.
            for row in sorted(rows, key=lambda row: row.pk):
                step.run(row, by=request.user, **form.cleaned_data)
    except ValidationError as error:
        form.add_error(None, error.messages)  # type: ignore[arg-type]
        return False
    except Conflict as conflict:
        form.add_error(None, f"{conflict} {CHECK_AGAIN}")
        return False
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
        "title": f"{step.title}: {rows[0]}" if len(rows) == 1 else step.title,
        "opts": model_admin.opts,
        "step": step,
        "rows": rows,
        "object": None if action else rows[0],
        "standing": "" if action else model_admin.standing(rows[0]),
        "form": form,
        "back": back,
        "action": action,
        "left_out": left_out,
        "seen": rows_token(rows) if action else seen_token(rows[0]),
        "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME,
        "media": model_admin.media + form.media,
    }
    return TemplateResponse(request, "admin/step.html", context)
