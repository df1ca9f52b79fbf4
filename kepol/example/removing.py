"""Takes a layer of the example out again: what it changed goes back, its rows go with their history."""

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import PROTECT

from concept.models import Milestone, MilestoneReport
from kepol.example.facts import LAYERS, Change, Fact, entries, facts, models, said
from kepol.example.loading import store
from kepol.example.reports import forget, reports_of_example
from kepol.example.rows import Rows, is_untouched, last_written
from kepol.example.values import read_value
from kepol.lib.contracts import record_panels
from kepol.lib.history import HistoryRow, operation
from kepol.lib.periods.fields import PeriodField

NAMED = 5


@transaction.atomic
def remove(layer: str, *, on: datetime.date, also_changed: bool = False) -> int:
    """Delete the rows of `layer` and return how many there were; `on` is the day of doing so.

    Raises `ValidationError` with a German sentence naming what still points to them: a later layer, or rows entered here; and,
    unless `also_changed`, naming the rows of the layer that somebody has changed, whose work and history would go too, and what
    was said about them. The reports of the example go with its milestones.
    """
    rows = Rows()
    refuse_while_stood_on(layer, rows)
    own = [row for key, row in rows.stored.items() if key.startswith(f"{layer}/")]
    back = [change for change in entries(layer) if isinstance(change, Change) and _is_as_written(change, rows)]
    if not also_changed:
        refuse_said(layer, rows)
    reports = list(MilestoneReport.objects.filter(milestone__in=[row for row in own if isinstance(row, Milestone)]))
    released = {(_row(change, rows), name) for change in back for name in change.to}
    refuse_pointers(layer, own, released=released, going=reports)
    if not also_changed:
        refuse_changed(layer, own)
    with operation():
        forget(reports)
        for entry in reversed(entries(layer)):
            if isinstance(entry, Fact):
                _delete(rows.own(entry))
            elif entry in back:
                _take_back(entry, rows, on)
        _delete_forgotten(layer)
    return len(own)


def _delete(row: Any) -> None:
    if row is not None:
        type(row)._base_manager.get(pk=row.pk).delete()


def _delete_forgotten(layer: str) -> None:
    """Rows that the files no longer know, and the history of all rows of the layer."""
    ours = f"{layer}/"
    for model in reversed(models().values()):
        for row in model._base_manager.filter(source_key__startswith=ours):
            row.delete()
        rows = model.history.filter(source_key__startswith=ours)
        for name in getattr(model, "_history_m2m_fields", ()):
            many = getattr(model.history.model, name).model
            many._base_manager.filter(history_id__in=rows.values("history_id")).delete()
        rows.delete()


# --- What the layer changed ---------------------------------------------------------------------------------------
def _row(change: Change, rows: Rows) -> Any:
    return rows.own(facts()[change.row])


def _is_as_written(change: Change, rows: Rows) -> bool:
    """Whether the fields of `change` still hold what the example wrote last; otherwise somebody has decided about them."""
    row = _row(change, rows)
    written = last_written(row) if row is not None else None
    columns = [row._meta.get_field(name) for name in change.values] if row is not None else []
    return written is not None and all(_stored(column, row) == _stored(column, written) for column in columns)


def _take_back(change: Change, rows: Rows, on: datetime.date) -> None:
    """Put the earlier values back; nothing is written when the change was never made."""
    fact, row = facts()[change.row], _row(change, rows)
    values = {name: _earlier(rows, fact, row._meta.get_field(name), on) for name in change.values}
    if any(getattr(row, name) != value for name, value in values.items()):
        for name, value in values.items():
            setattr(row, name, value)
        store(row, change.row)


def _stored(column: Any, row: Any) -> Any:
    return column.from_row(row) if isinstance(column, PeriodField) else getattr(row, column.attname)


def _earlier(rows: Rows, fact: Fact, column: Any, on: datetime.date) -> Any:
    """The value of the earlier layer; where its file is silent, that of a new row."""
    if column.name == "source":
        return fact.source
    if column.name not in fact.values:
        return None if isinstance(column, PeriodField) else column.get_default()
    written = fact.values[column.name]
    return rows.target(column.related_model, written) if column.is_relation else read_value(column, written, on=on)


# --- What points to the layer -------------------------------------------------------------------------------------
def refuse_while_stood_on(layer: str, rows: Rows) -> None:
    """Raise `ValidationError` when a later layer is loaded; it names the one to remove first."""
    later = list(LAYERS)[list(LAYERS).index(layer) + 1 :]
    above = [name for name in later if rows.is_loaded(name)]
    if above:
        raise ValidationError(
            f"Die Schicht „{layer}“ lässt sich noch nicht entfernen: „{above[-1]}“ baut auf ihr auf. "
            f"Entfernen Sie zuerst „{above[-1]}“."
        )


def refuse_changed(layer: str, own: list[Any]) -> None:
    """Raise `ValidationError` naming rows of `layer` that somebody has changed since they were loaded."""
    changed = [row for row in own if not is_untouched(row)]
    if changed:
        raise ValidationError(
            f"In der Schicht „{layer}“ wurde hier etwas geändert: {_named(changed)}. "
            "Mit --also-changed gehen auch diese Einträge mit ihrem Verlauf verloren."
        )


def refuse_said(layer: str, rows: Rows) -> None:
    """Raise `ValidationError` naming what somebody has said about milestones of `layer`: it would go with them."""
    steps = {facts()[key].source_key: taken for key, taken in said(layer).items()}
    spoken: list[Any] = []
    for key, row in rows.stored.items():
        if isinstance(row, Milestone) and key.startswith(f"{layer}/"):
            ours = reports_of_example(row, steps.get(key, []))
            spoken += row.reports.exclude(pk__in=[report.pk for report in ours]).select_related("milestone")
    if spoken:
        about = "; ".join(f"{report} zu „{report.milestone}“" for report in spoken[:NAMED])
        raise ValidationError(
            f"Zu Meilensteinen der Schicht „{layer}“ wurde hier etwas gemeldet: {about}. "
            "Mit --also-changed gehen auch diese Rückmeldungen verloren."
        )


def _named(rows: list[Any]) -> str:
    named = "; ".join(f"{row._meta.verbose_name} „{row}“" for row in rows[:NAMED])
    return named + (f" und {len(rows) - NAMED} weitere" if len(rows) > NAMED else "")


def refuse_pointers(layer: str, own: list[Any], *, released: set[tuple[Any, str]], going: Collection[Any] = ()) -> None:
    """Raise `ValidationError` when a row that is not among `own`, the rows of `layer`, points to one of them or hangs on it.

    `released` holds rows and names of their fields that are about to point elsewhere, `going` rows that go with `own`.
    """
    pointers = [row for row, name in _pointers(own) if (row, name) not in released and row not in going]
    if pointers:
        raise ValidationError(
            f"Die Schicht „{layer}“ lässt sich noch nicht entfernen, weil hier Eingetragenes zu ihr gehört: {_named(pointers)}. "
            "Löschen Sie diese Einträge vorher oder lösen Sie die Verbindung."
        )


def _pointers(own: list[Any]) -> Iterator[tuple[Any, str]]:
    """Rows outside `own` that point to one of them, with the field that does; "" for what hangs on one without a foreign key."""
    keys: dict[Any, set[Any]] = defaultdict(set)
    for row in own:
        keys[type(row)].add(row.pk)
    for model, pks in list(keys.items()):
        for holder, name in _ways_to(model):
            found = holder._base_manager.filter(**{f"{name}__in": pks}).exclude(pk__in=keys[holder]).distinct()
            yield from ((row, name) for row in found)
    for panel in record_panels():
        yield from ((row, "") for row in panel.rows_on(own) if row.pk not in keys[type(row)])


def _ways_to(model: Any) -> Iterator[tuple[Any, str]]:
    """Every model of a row and the name of its field that leads to `model`; history tells what was and holds nothing."""
    for relation in model._meta.get_fields(include_hidden=True):
        if not relation.auto_created or relation.concrete or not relation.is_relation:
            continue
        holder = relation.related_model
        if issubclass(holder, HistoryRow) or holder._meta.auto_created:
            continue
        # Of rows that are no records only those hold that the database would not let go: reports, rows of a Sachstandsabfrage.
        if holder not in models().values() and relation.on_delete is not PROTECT:
            continue
        yield holder, relation.field.name
