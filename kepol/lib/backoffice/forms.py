"""Forms that know which version they show, and inline formsets that stay bounded and ask the database once."""

from functools import cached_property
from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.models import BaseInlineFormSet, model_to_dict

from kepol.lib.backoffice.panels import doomed_with
from kepol.lib.contracts import take_along
from kepol.lib.history import as_found
from kepol.lib.periods.forms import HoldsPeriods
from kepol.lib.validity import Exclusive, refuse_overlap_among
from kepol.lib.versions import Versioned, seen_token, seen_version

SEEN = "seen"
MAX_DIGITS = 18  # of a key, in both databases
MAX_POSITION = 32_767  # of a small integer in PostgreSQL
INCOMPLETE = "Das Formular ist unvollständig angekommen. Laden Sie die Seite neu und speichern Sie noch einmal."


class _Known:
    """Autocomplete that already knows the labels of what is selected; without them it asks the database."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known: dict[str, str] = {}

    def optgroups(self, name: str, value: list[Any], attr: Any = None) -> list[Any]:
        """Options for the selected values only."""
        # What is no key at all, from an address somebody wrote by hand, selects nothing.
        value = [pk for pk in value if str(pk).isascii() and str(pk).isdigit() and len(str(pk)) <= MAX_DIGITS]
        selected = [str(pk) for pk in value if str(pk) not in self.choices.field.empty_values]  # type: ignore[attr-defined]
        if not set(selected) <= self.known.keys():
            return super().optgroups(name, value, attr)  # type: ignore[misc]
        options = [self.create_option(name, pk, self.known[pk], selected, i) for i, pk in enumerate(selected)]  # type: ignore[attr-defined]
        if not self.is_required and not self.allow_multiple_selected:  # type: ignore[attr-defined]
            options.insert(0, self.create_option(name, "", "", False, 0))  # type: ignore[attr-defined]
        return [(None, options, 0)]


class KnownAutocomplete(_Known, AutocompleteSelect):
    """For one object."""


class KnownAutocompleteMultiple(_Known, AutocompleteSelectMultiple):
    """For several objects."""


class VersionedForm(HoldsPeriods, forms.ModelForm):
    """Carries the version it was opened with; who would overwrite unseen work gets `stale` and, if they typed something, an error.

    `stale` is True when the stored version is another one than the form showed, `forged` when no version arrived. `touched` names
    the fields the person changed compared with what they found. A stale form without touched fields changes nothing and passes.
    """

    seen = forms.CharField(widget=forms.HiddenInput, required=False, label="Fassung")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._read_selections_once(kwargs.get("instance"), is_bound=bool(args) or kwargs.get("data") is not None)
        super().__init__(*args, **kwargs)
        self.stale = self.forged = False
        self.touched: list[str] = []
        self.found: dict[str, Any] | None = None
        self.stored: dict[str, Any] = {}
        if not self.is_versioned:
            return
        self.stored = {
            name: self.get_initial_for_field(field, name) for name, field in self.fields.items() if name != SEEN
        }
        self.initial[SEEN] = seen_token(self.instance)
        self._tell_labels()

    def _read_selections_once(self, instance: Any, *, is_bound: bool) -> None:
        """Django reads what is selected in a field for several objects for itself, we for the labels and the links."""
        if is_bound or instance is None or instance.pk is None:
            return
        many = [column.name for column in instance._meta.many_to_many if column.name in self.base_fields]  # type: ignore[attr-defined]
        models.prefetch_related_objects([instance], *many)

    @property
    def is_versioned(self) -> bool:
        """Whether the form shows a stored row, which somebody else may have changed meanwhile."""
        return isinstance(self.instance, Versioned) and self.instance.pk is not None

    def _tell_labels(self) -> None:
        for name, field in self.fields.items():
            widget = getattr(field.widget, "widget", field.widget)
            if isinstance(widget, _Known):
                widget.known = {str(target.pk): str(target) for target in self._targets(name)}

    def _targets(self, name: str) -> list[Any]:
        if self.instance._meta.get_field(name).many_to_many:
            return list(getattr(self.instance, name).all())
        return [target] if (target := getattr(self.instance, name)) else []

    @property
    def changed_data(self) -> list[str]:
        """Fields that differ from what is stored; none for a stale form in which nothing was touched."""
        if self.stale and not self.touched:
            return []
        return [name for name in super().changed_data if name != SEEN]

    def clean_position(self) -> int:
        """An empty position leaves the row where it is; new rows get theirs from the formset."""
        given = self.cleaned_data["position"]
        return self.instance.position if given is None else given

    def clean(self) -> dict[str, Any] | None:
        """Find out whether somebody saved in between."""
        cleaned = super().clean()
        if self.is_versioned:
            self._compare_versions()
        return cleaned

    def _compare_versions(self) -> None:
        version = seen_version(self.instance, self.cleaned_data.get(SEEN, ""))
        if version is None:
            self.forged = True
            raise ValidationError(INCOMPLETE)
        if version == self.instance.version:
            return
        self.stale = True
        self.found = self._found_values(version)
        # Who typed what is stored by now loses nothing and overwrites nothing.
        typed = [name for name, value in self.stored.items() if self.differs(name, value)]
        self.touched = [name for name in typed if self.found is None or self.differs(name, self.found[name])]
        if self.touched:
            raise ValidationError("Inzwischen hat jemand anderes gespeichert.", code="conflict")

    def _post_clean(self) -> None:
        """Leave the object as it is stored when an old form changes nothing: whoever reads it now must not see old values."""
        if not (self.stale and not self.touched):
            super()._post_clean()

    def _found_values(self, version: int) -> dict[str, Any] | None:
        row = as_found(type(self.instance), self.instance.pk, version)
        if row is None:
            return None
        return {name: self._found_value(row, name) for name in self.stored}

    def _found_value(self, row: Any, name: str) -> Any:
        column = self.instance._meta.get_field(name)
        if not column.many_to_many:
            return model_to_dict(row.instance, [name])[name]
        rows = getattr(row, name).all()
        return [getattr(link, f"{column.m2m_reverse_field_name()}_id") for link in rows]

    def differs(self, name: str, value: Any) -> bool:
        """Whether what the person typed into field `name` is something else than `value`."""
        field = self.fields[name]
        if field.disabled:
            return False
        return field.has_changed(value, self.widget_data(name))

    def widget_data(self, name: str) -> Any:
        """What arrived for field `name`, before it is understood."""
        return self.fields[name].widget.value_from_datadict(self.data, self.files, self.add_prefix(name))

    def _save_m2m(self) -> None:
        # A stale form that changed nothing must not write its old selections.
        if self.has_changed():
            super()._save_m2m()


class VersionedFormSet(BaseInlineFormSet):
    """Rows of an inline: each with its version, at most `limit` of them, labels of all relations in one query."""

    limit = 50
    hidden_rows = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.vanished: list[int] = []

    @cached_property
    def _bounded(self) -> models.QuerySet:
        rows = super().get_queryset()
        if self.is_bound:
            return self._related(rows)
        keys = list(rows.values_list("pk", flat=True)[: self.limit + 1])
        if len(keys) > self.limit:
            self.hidden_rows = rows.count() - self.limit
            rows = rows.filter(pk__in=keys[: self.limit])
        return self._related(rows)

    def _related(self, rows: models.QuerySet) -> models.QuerySet:
        shown = [self.model._meta.get_field(name) for name in self.form.base_fields if name in self._columns()]
        one = [column.name for column in shown if column.many_to_one]
        many = [column.name for column in shown if column.many_to_many]
        # Without a name `select_related` would follow every relation.
        rows = (rows.select_related(*one) if one else rows).prefetch_related(*many)
        for row in rows:
            # A row that is shown by name may name its parent, which is here already.
            setattr(row, self.fk.name, self.instance)
        return rows

    def _columns(self) -> set[str]:
        return {column.name for column in (*self.model._meta.fields, *self.model._meta.many_to_many)}

    def get_queryset(self) -> models.QuerySet:
        """Rows to show; on the way back all rows, because the list may have moved on meanwhile."""
        return self._bounded

    def clean(self) -> None:
        """Rows that somebody else deleted or changed meanwhile are conflicts too."""
        super().clean()
        self.vanished = [
            index for index, form in enumerate(self.initial_forms) if self._is_gone(form) and not self.is_doomed(form)
        ]
        doomed = [form for form in self.initial_forms if self.is_doomed(form)]
        if self.vanished or any(form.stale for form in doomed):
            raise ValidationError("Inzwischen hat jemand anderes Zeilen geändert oder gelöscht.", code="conflict")
        if any(form.forged for form in doomed):
            # Errors of a row that is to be deleted count for nothing in Django.
            raise ValidationError(INCOMPLETE)
        if issubclass(self.model, Exclusive):
            written = [form.instance for form in self.forms if self._is_written(form)]
            refuse_overlap_among(written, removed=[form.instance.pk for form in doomed])

    def get_unique_error_message(self, unique_check: Any) -> str:
        """The sentence of the constraint, instead of Django's, which names columns in English."""
        columns = {*unique_check} - {self.fk.name}
        for rule in self.model._meta.total_unique_constraints:
            if {*rule.fields} - {self.fk.name} == columns:
                return str(rule.violation_error_message)
        return super().get_unique_error_message(unique_check)

    def is_doomed(self, form: forms.ModelForm) -> bool:
        """Whether the row of `form` is to be deleted."""
        return self.can_delete and self._should_delete_form(form)

    def _is_written(self, form: forms.ModelForm) -> bool:
        return form.has_changed() and form.is_valid() and not self.is_doomed(form)

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        form = super()._construct_form(i, **kwargs)
        if isinstance(form.instance, Exclusive):
            form.instance.is_compared_by_form = True
        return form

    def _is_gone(self, form: forms.ModelForm) -> bool:
        return bool(form["id"].value()) and form.instance.pk is None

    def save_new(self, form: forms.ModelForm, commit: bool = True) -> Any:
        """Put a new row without a position behind the others."""
        if "position" in form.fields and not form.cleaned_data.get("position"):
            positions = [other.instance.position for other in self.initial_forms]
            form.instance.position = min(max([0, *positions, *self._given]) + 1, MAX_POSITION)
            self._given.append(form.instance.position)
        return super().save_new(form, commit=commit)

    def delete_existing(self, obj: Any, commit: bool = True) -> None:
        """Delete a row and what panels have hung on it."""
        if commit:
            take_along(doomed_with(obj), by=None)
        super().delete_existing(obj, commit=commit)

    @cached_property
    def _given(self) -> list[int]:
        return [form.cleaned_data.get("position") or 0 for form in self.extra_forms if form.has_changed()]
