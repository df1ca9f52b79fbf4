"""Who changed what from what to what: history rows gathered into one German sentence per saved form.

django-simple-history writes a row per model and save. A form of the back office saves an object, its parts and its many-to-many
fields; all rows written inside one `operation()` carry the same mark and are told together.
"""

import datetime
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.db import models
from django.utils import formats, timezone

NOBODY = "Das System"
EMPTY = "leer"
LONG_TEXT_WORDS = 30
TITLE_WORDS = 8
CREATED, CHANGED, DELETED = "+", "~", "-"

_operation: ContextVar[tuple[uuid.UUID, Any] | None] = ContextVar("operation", default=None)


@contextmanager
def operation(*, by: Any = None) -> Iterator[uuid.UUID]:
    """Mark all history rows written inside as one change by user `by` (None: whoever sent the request, else the system).

    Nested operations join the outer one.
    """
    if (outer := _operation.get()) is not None:
        yield outer[0]
        return
    token = _operation.set((uuid.uuid4(), by))
    try:
        yield _operation.get()[0]  # type: ignore[index]
    finally:
        _operation.reset(token)


def current_operation() -> uuid.UUID:
    """Mark for a history row: that of the running operation, or one of its own."""
    running = _operation.get()
    return running[0] if running else uuid.uuid4()


def acting_user(instance: models.Model, request: Any = None, **_: Any) -> Any:
    """Who is acting: the user an operation names, otherwise the one who sent the request, otherwise None."""
    running = _operation.get()
    if running and running[1] is not None:
        return running[1]
    user = getattr(request, "user", None)
    return user if user is not None and user.is_authenticated else None


class HistoryRow(models.Model):
    """What every history row carries beside the fields of its model."""

    operation = models.UUIDField(default=current_operation, editable=False, db_index=True)

    class Meta:
        abstract = True


@dataclass(frozen=True)
class Entry:
    """One saved change, ready to be shown."""

    at: datetime.datetime
    who: str
    sentence: str


@dataclass
class Trail:
    """All history rows of one object, oldest first, with the many-to-many values of each row."""

    model: type[models.Model]
    label: str
    rows: list[Any] = field(default_factory=list)
    many: dict[tuple[str, int], list[int]] = field(default_factory=dict)

    def states(self) -> Iterator[tuple[Any, Any, bool]]:
        """For each operation the last row before it (None at the beginning), the last row in it, and whether it began there."""
        before = None
        for _, group in groupby(self.rows, key=lambda row: row.operation):
            rows = list(group)
            yield before, rows[-1], rows[0].history_type == CREATED
            before = rows[-1]


def entries(obj: models.Model) -> list[Entry]:
    """What happened to `obj` and to its parts, newest first; a fixed number of queries whatever the length."""
    trails = _trails(type(obj), "", {"id": obj.pk})
    for name in getattr(obj, "history_parts", ()):
        relation: Any = type(obj)._meta.get_field(name)
        part = relation.related_model
        trails += _trails(part, str(part._meta.verbose_name), {relation.field.attname: obj.pk})
    labels = _labels(trails)
    told: dict[uuid.UUID, list[tuple[Any, str]]] = defaultdict(list)
    for trail in trails:
        for before, after, is_new in trail.states():
            if clause := _clause(trail, before, after, labels, is_new=is_new):
                told[after.operation].append((after, clause))
    result = [_entry(clauses) for clauses in told.values()]
    return sorted(result, key=lambda entry: entry.at, reverse=True)


def _trails(model: Any, label: str, condition: dict[str, Any]) -> list[Trail]:
    rows = model.history.model.objects.filter(**condition).select_related("history_user").order_by("history_id")
    trails: dict[Any, Trail] = {}
    for row in rows:
        trails.setdefault(row.id, Trail(model, label)).rows.append(row)
    many = _many_values(model, [row.history_id for trail in trails.values() for row in trail.rows])
    for trail in trails.values():
        trail.many = many
    return list(trails.values())


def _many_values(model: Any, history_ids: list[int]) -> dict[tuple[str, int], list[int]]:
    values: dict[tuple[str, int], list[int]] = defaultdict(list)
    for name in getattr(model, "_history_m2m_fields", ()):
        rows = getattr(model.history.model, name).model
        target = model._meta.get_field(name).m2m_reverse_field_name()
        pairs = (
            rows.objects.filter(history_id__in=history_ids)
            .values_list("history_id", f"{target}_id")
            .order_by(f"{target}_id")
        )
        for history_id, pk in pairs:
            values[name, history_id].append(pk)
    return values


def _labels(trails: Iterable[Trail]) -> dict[tuple[Any, Any], str]:
    """Names of all objects the rows point to, one query per model."""
    wanted: dict[Any, set[Any]] = defaultdict(set)
    for trail in trails:
        for column in trail.model._meta.concrete_fields:
            if column.is_relation and column.name in _tracked(trail.model):
                wanted[column.related_model].update(getattr(row, column.attname) for row in trail.rows)
        for (name, _), pks in trail.many.items():
            wanted[trail.model._meta.get_field(name).related_model].update(pks)
    return {
        (model, pk): str(target)
        for model, pks in wanted.items()
        for pk, target in model._base_manager.in_bulk([pk for pk in pks if pk is not None]).items()
    }


def _entry(clauses: list[tuple[Any, str]]) -> Entry:
    last = max((row for row, _ in clauses), key=lambda row: row.history_date)
    who = str(last.history_user) if last.history_user_id else NOBODY
    text = "; ".join(clause for _, clause in clauses)
    return Entry(last.history_date, who, f"{who} hat {text}.")


def _clause(trail: Trail, before: Any, after: Any, labels: dict[tuple[Any, Any], str], *, is_new: bool) -> str:
    """What happened to one object in one operation; empty when nothing a reader could see changed."""
    name = _name(trail, after, labels)
    if is_new and after.history_type == DELETED:
        return ""
    if after.history_type == DELETED:
        return f"{name}gelöscht" if trail.label else "den Eintrag gelöscht"
    if is_new:
        return f"{name}hinzugefügt" if trail.label else "den Eintrag angelegt"
    if before is None:
        return ""
    changes = [change for column in _shown(trail.model) if (change := _change(trail, column, before, after, labels))]
    return f"{name}geändert: {', '.join(changes)}" if changes else ""


def _name(trail: Trail, row: Any, labels: dict[tuple[Any, Any], str]) -> str:
    """How a part is called in a sentence; nothing for the object whose history it is."""
    if not trail.label:
        return ""
    words = _title(row, labels).split()
    title = " ".join([*words[:TITLE_WORDS], "…"] if len(words) > TITLE_WORDS else words)
    return f"{trail.label} „{title}“ " if title else f"{trail.label} "


def _title(row: Any, labels: dict[tuple[Any, Any], str]) -> str:
    """How a row of a part is called: its model says so (`history_title`, the first field filled in), without asking the database."""
    model = type(row).instance_type
    titles = getattr(model, "history_title", ())
    for title in (titles,) if isinstance(titles, str) else titles:
        value = model._meta.get_field(title)
        if words := _shown_value(value, getattr(row, value.attname), labels):
            return words
    return "" if titles else str(row.instance)


def _shown(model: Any) -> list[Any]:
    also = getattr(model, "history_also", ())
    columns = [
        column for column in model._meta.concrete_fields if column.name in _tracked(model) and not column.primary_key
    ]
    fields = [column for column in columns if column.editable or column.name in also]
    # A period stands in several columns, which nobody reads one by one.
    fields += [column for column in model._meta.private_fields if getattr(column, "is_period", False)]
    fields.sort(key=lambda column: column.creation_counter)
    return fields + [model._meta.get_field(name) for name in getattr(model, "_history_m2m_fields", ())]


def _tracked(model: Any) -> set[str]:
    """Names of the fields of which history is kept; a password is none of them."""
    return {column.name for column in model.history.model._meta.concrete_fields}


def _change(trail: Trail, column: Any, before: Any, after: Any, labels: dict[tuple[Any, Any], str]) -> str:
    old, new = _raw(trail, column, before), _raw(trail, column, after)
    if old == new:
        return ""
    old_text, new_text = narrow(_shown_value(column, old, labels), _shown_value(column, new, labels))
    if old_text == new_text:
        return f"{column.verbose_name} ({getattr(column, 'same_text_change', 'nur die Form')})"
    return f"{column.verbose_name} von {old_text} zu {new_text}"


def _raw(trail: Trail, column: Any, row: Any) -> Any:
    if column.many_to_many:
        return trail.many.get((column.name, row.history_id), [])
    return column.from_row(row) if hasattr(column, "from_row") else getattr(row, column.attname)


def _shown_value(column: Any, value: Any, labels: dict[tuple[Any, Any], str]) -> str:
    if value in (None, "", []):
        return ""
    if column.many_to_many:
        return ", ".join(_name_of(column.related_model, pk, labels) for pk in value)
    if column.is_relation:
        return _name_of(column.related_model, value, labels)
    return display(column, value)


def _name_of(model: Any, pk: Any, labels: dict[tuple[Any, Any], str]) -> str:
    return labels.get((model, pk), f"gelöschter Eintrag Nr. {pk}")


def display(column: models.Field, value: Any) -> str:
    """How a stored `value` of `column` reads in German: labels of choices, German dates, ja/nein, rich text as words."""
    if isinstance(value, bool):
        return "ja" if value else "nein"
    if column.flatchoices:
        return str(dict(column.flatchoices).get(value, value))
    if isinstance(value, datetime.datetime):
        return formats.date_format(timezone.localtime(value), "d.m.Y H:i")
    if isinstance(value, datetime.date):
        return formats.date_format(value, "d.m.Y")
    plain = getattr(column, "to_text", None)
    return plain(value) if plain else str(value)


def narrow(old: str, new: str) -> tuple[str, str]:
    """Both texts in quotation marks; of long ones only the words that differ, with a few words around them."""
    before, after = old.split(), new.split()
    if max(len(before), len(after)) <= LONG_TEXT_WORDS:
        return _quoted(old), _quoted(new)
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    return _cut(before, head, tail), _cut(after, head, tail)


def _common(one: list[str], other: list[str]) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _cut(words: list[str], head: int, tail: int, around: int = 3) -> str:
    start, end = max(head - around, 0), len(words) - max(tail - around, 0)
    middle = words[start:end]
    if len(middle) > 2 * LONG_TEXT_WORDS:
        middle = [*middle[:LONG_TEXT_WORDS], "…", *middle[-LONG_TEXT_WORDS:]]
    return _quoted(" ".join((["…"] if start else []) + middle + (["…"] if end < len(words) else [])))


def _quoted(text: str) -> str:
    return f"„{text}“" if text else EMPTY


def as_found(model: Any, pk: Any, version: int) -> Any:
    """History row of `model` with key `pk` at `version`, or None when it is not kept (many-to-many rows included last)."""
    return model.history.model.objects.filter(id=pk, version=version).order_by("-history_id").first()
