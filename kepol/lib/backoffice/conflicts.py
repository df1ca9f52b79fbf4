"""The conflict page: field by field what the person typed, what is stored now, and what they had found.

The page posts the whole form again. Nothing typed is lost: every value of the form travels in hidden fields, and a choice per
field says whether the typed or the stored value goes on. The new post carries the versions the page showed, so a third person
who saves in between leads to the page again.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db import models
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse

from kepol.lib.backoffice.forms import SEEN, VersionedForm, VersionedFormSet
from kepol.lib.history import display
from kepol.lib.versions import seen_token

RESOLVE = "_resolve"
CHOICE, STORED, NAMES = "choice-", "stored-", "names-"
MINE, THEIRS = "mine", "stored"
VANISHED = "vanished-"
MAX_ROWS = 1000


@dataclass
class Difference:
    """One field two people see differently. `preselected` is empty when both changed it and the person must choose."""

    name: str
    label: str
    mine: str
    stored: str
    found: str
    preselected: str
    posted: dict[str, list[str]] = field(default_factory=dict)

    @property
    def widget_names(self) -> str:
        """Names under which a browser posts the field."""
        return " ".join(self.posted)


@dataclass
class Clash:
    """Everything in dispute in one object or row; a vanished row can be created again or dropped."""

    title: str
    differences: list[Difference] = field(default_factory=list)
    vanished: str = ""
    form: VersionedForm | None = None


def clashes(form: forms.Form, formsets: Iterable[Any]) -> list[Clash]:
    """What stands in the way of saving; empty when no unseen work would be overwritten."""
    found = [_of_form(form)] if isinstance(form, VersionedForm) and form.touched else []
    for formset in formsets:
        if isinstance(formset, VersionedFormSet):
            found += list(_of_formset(formset))
    return found


def _of_formset(formset: VersionedFormSet) -> Iterator[Clash]:
    for index, form in enumerate(formset.initial_forms):
        if index in formset.vanished:
            yield _vanished(formset, form, index)
        elif form.stale and formset.is_doomed(form):
            yield _stale_deletion(form)
        elif form.touched:
            yield _of_form(form)


def _title(form: VersionedForm) -> str:
    return f"{form.instance._meta.verbose_name} „{form.instance}“"


def _of_form(form: VersionedForm) -> Clash:
    return Clash(_title(form), [row for name in form.stored if (row := _difference(form, name))], form=form)


def _difference(form: VersionedForm, name: str) -> Difference | None:
    stored = form.stored[name]
    if not form.differs(name, stored):
        return None
    known = form.found or {}
    return Difference(
        name=form.add_prefix(name),
        label=str(form.fields[name].label),
        mine=_typed(form, name),
        stored=_shown(form, name, stored),
        found=_shown(form, name, known[name]) if name in known else "nicht mehr bekannt",
        preselected=_preselected(form, name, stored, known),
        posted=posted(form.fields[name], form.add_prefix(name), stored),
    )


def _preselected(form: VersionedForm, name: str, stored: Any, known: dict[str, Any]) -> str:
    if name not in form.touched:
        return THEIRS
    return MINE if name in known and _same(known[name], stored) else ""


def _same(one: Any, other: Any) -> bool:
    def plain(value: Any) -> Any:
        if isinstance(value, list | tuple):
            return sorted(str(getattr(item, "pk", item)) for item in value)
        # No amount is something else than the amount 0.
        return "" if value is None else value

    return plain(one) == plain(other)


def _vanished(formset: VersionedFormSet, form: VersionedForm, index: int) -> Clash:
    title = f"{formset.model._meta.verbose_name} (inzwischen gelöscht)"
    typed = [
        Difference(
            name="", label=str(field.label), mine=_typed(form, name), stored="gelöscht", found="", preselected=MINE
        )
        for name, field in form.fields.items()
        if name not in {SEEN, "id", formset.fk.name, "DELETE"} and _typed(form, name)
    ]
    return Clash(title, typed, vanished=f"{VANISHED}{formset.prefix}-{index}")


def _stale_deletion(form: VersionedForm) -> Clash:
    changes = [_shown(form, name, form.stored[name]) for name in form.stored]
    row = Difference(
        name=form.add_prefix("DELETE"),
        label="Löschen",
        mine="Zeile löschen",
        stored=f"Zeile behalten, wie sie jetzt ist: {' · '.join(text for text in changes if text)}",
        found="",
        preselected="",
        posted=_whole_row(form),
    )
    return Clash(_title(form), [row], form=form)


def _whole_row(form: VersionedForm) -> dict[str, list[str]]:
    """What keeps a row exactly as it is stored: no deletion, and none of the values the person had found."""
    values = {form.add_prefix("DELETE"): []}
    for name, value in form.stored.items():
        values |= posted(form.fields[name], form.add_prefix(name), value)
    return values


def _typed(form: VersionedForm, name: str) -> str:
    if name in form.cleaned_data:
        return _shown(form, name, form.cleaned_data[name])
    raw = form.widget_data(name)
    return ", ".join(map(str, raw)) if isinstance(raw, list) else str(raw or "")


def _shown(form: VersionedForm, name: str, value: Any) -> str:
    """How `value` reads on the page, whether it is an object, a key, a list of either, or a plain value."""
    column = form.instance._meta.get_field(name)
    if value in (None, "", []) or (value is False and isinstance(column, models.FileField)):
        return ""
    if not column.is_relation:
        return display(column, value)
    values = value if isinstance(value, list | tuple) or hasattr(value, "all") else [value]
    keys = [getattr(item, "pk", item) for item in values]
    labels = form.fields[name].queryset.model._base_manager.in_bulk(keys)  # type: ignore[attr-defined]
    return ", ".join(str(labels.get(key, f"gelöscht (Nr. {key})")) for key in keys)


def posted(field: forms.Field, name: str, value: Any) -> dict[str, list[str]]:
    """What a browser would post for `value` in `field`, by widget name; an unchecked box posts nothing."""
    widget = getattr(field.widget, "widget", field.widget)
    value = field.prepare_value(value)
    if isinstance(widget, forms.MultiWidget):
        parts = widget.decompress(value)
        return {
            f"{name}_{i}": [str(part.format_value(item) or "")]
            for i, (part, item) in enumerate(zip(widget.widgets, parts, strict=True))
        }
    if isinstance(widget, forms.ClearableFileInput):
        return {name: [], widget.clear_checkbox_name(name): []}
    if isinstance(widget, forms.CheckboxInput):
        return {name: ["on"] if value else []}
    if isinstance(value, list | tuple):
        return {name: [str(item) for item in value]}
    shown = widget.format_value(value)
    return {name: [str(item) for item in shown] if isinstance(shown, list | tuple) else [str(shown or "")]}


def page(request: HttpRequest, model_admin: Any, found: list[Clash]) -> HttpResponse:
    """The page, answered with 409: the request could not be carried out because of the state of the object.

    Only what the page shows gets the new version. Everything else keeps the version it was opened with, so that a stale row
    nobody touched still overwrites nothing.
    """
    fresh = {clash.form.add_prefix(SEEN): seen_token(clash.form.instance) for clash in found if clash.form}
    skipped = ("csrfmiddlewaretoken", RESOLVE, CHOICE, STORED, NAMES, VANISHED)
    kept = [
        (key, value)
        for key, values in request.POST.lists()
        if not key.startswith(skipped) and key not in fresh
        for value in values
    ]
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "Gleichzeitige Bearbeitung",
        "opts": model_admin.opts,
        "clashes": found,
        "kept": [*kept, *fresh.items()],
        "has_files": bool(request.FILES),
        "media": model_admin.media,
    }
    return TemplateResponse(request, "admin/conflict.html", context, status=409)


def resolved(data: QueryDict) -> QueryDict:
    """The form as the person wants it after choosing on the conflict page."""
    result = data.copy()
    for key in [key for key in data if key.startswith(CHOICE) and data[key] == THEIRS]:
        name = key.removeprefix(CHOICE)
        for widget_name in data.get(f"{NAMES}{name}", name).split(" "):
            result.setlist(widget_name, data.getlist(f"{STORED}{widget_name}"))
            if not result.getlist(widget_name):
                result.pop(widget_name, None)
    gone = sorted((key for key in data if key.startswith(VANISHED)), key=_row_number, reverse=True)
    for key in gone:
        prefix, index = key.removeprefix(VANISHED).rsplit("-", 1)
        _renumber(result, prefix, int(index), again=data[key] == MINE)
    return result


def plain_lines(data: QueryDict) -> QueryDict:
    """`data` with the line ends under which texts are stored; browsers send others, which would look like changes."""
    result = data.copy()
    for key, values in data.lists():
        result.setlist(key, [value.replace("\r\n", "\n") for value in values])
    return result


def _row_number(key: str) -> int:
    return int(key.rsplit("-", 1)[1])


def _renumber(data: QueryDict, prefix: str, index: int, *, again: bool) -> None:
    """Take row `index` out of the stored rows of a formset; with `again` it comes back as a new row at the end."""
    total, initial = int(data[f"{prefix}-TOTAL_FORMS"]), int(data[f"{prefix}-INITIAL_FORMS"])
    if not index < initial <= total <= MAX_ROWS:
        raise ValueError("no such row")
    rows = [_take_row(data, prefix, number) for number in range(total)]
    row = rows.pop(index)
    if again:
        rows.append({key: value for key, value in row.items() if key not in {"id", SEEN}})
    for number, values in enumerate(rows):
        for key, value in values.items():
            data.setlist(f"{prefix}-{number}-{key}", value)
    data[f"{prefix}-TOTAL_FORMS"], data[f"{prefix}-INITIAL_FORMS"] = str(len(rows)), str(initial - 1)


def _take_row(data: QueryDict, prefix: str, number: int) -> dict[str, list[str]]:
    pattern = re.compile(rf"{re.escape(prefix)}-{number}-(.+)")
    keys = {match[1]: key for key in list(data) if (match := pattern.fullmatch(key))}
    return {name: data.pop(key) for name, key in keys.items()}
