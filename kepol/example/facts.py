"""The data files of the example: readable TOML, a folder per layer, beside each fact its source.

A table is named after its model (`[[field_of_action]]`), a table inside it after the relation to its parts
(`[[partnership.stages]]`). A row is known by its `key`, unique in the whole example; where it points to another row stands the
key of that row. `[[change]]` gives fields of a row of an earlier layer other values, `[[said]]` is what somebody said about a
milestone of the layer. Files are read in the order of their names; inside a file all tables of one name stand together, where the
first of them stands.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.apps import apps

from kepol.council.models import Submission
from kepol.example.values import is_relative
from kepol.lib.records import Part, Record

HERE = Path(__file__).parent
#: The layers with what they hold; each stands on those before it.
LAYERS = {
    "paper": "die Vorlage FB 01/0674/WP18, Stand 07.05.2025",
    "public": "öffentliche Angaben darüber hinaus",
    "continuation": "eine erfundene Fortsetzung mit Terminen ab dem Tag des Ladens",
}
CHANGE, PAGE, SAID = "change", "page", "said"


@dataclass(frozen=True)
class Fact:
    """A row as a file states it. `parent` is the key of the row it is a part of; "" for a row of its own."""

    key: str
    layer: str
    model: Any
    values: dict[str, Any]
    source: str
    parent: str = ""

    @property
    def source_key(self) -> str:
        """What the row carries in its column of that name."""
        return f"{self.layer}/{self.key}"

    @property
    def relative(self) -> dict[str, Any]:
        """The values that are counted from the day of loading."""
        return {name: value for name, value in self.values.items() if is_relative(value)}


@dataclass(frozen=True)
class Change:
    """Fields of the row `row` of an earlier layer get the values `to`, all of them or none.

    No two layers change the same row: each knows the values before its own from the file of the row alone.
    """

    layer: str
    row: str
    to: dict[str, Any]
    source: str

    @property
    def values(self) -> dict[str, Any]:
        """The fields with their values; a row that can say where it comes from names both sources."""
        fact = facts()[self.row]
        return self.to | ({"source": f"{fact.source}; {self.source}"} if has_source(fact.model) else {})


@dataclass(frozen=True)
class Said:
    """A step with the milestone `milestone`, taken by the account `by` on the day `on`, counted from the day of loading.

    `step` names a verb of `concept.lifecycle`, `values` what else it asks for.
    """

    milestone: str
    by: str
    step: str
    on: dict[str, Any]
    values: dict[str, Any]
    source: str


def has_source(model: Any) -> bool:
    """Whether rows of `model` say themselves where they come from."""
    return any(column.name == "source" for column in model._meta.concrete_fields)


@cache
def entries(layer: str) -> list[Fact | Change]:
    """Rows and changes of `layer` in the order in which they are loaded: what is pointed to comes first."""
    return [entry for name, table in _tables(layer) for entry in _entries(layer, name, table)]


@cache
def facts() -> dict[str, Fact]:
    """Every row of all layers by its key."""
    found = [entry for layer in LAYERS for entry in entries(layer) if isinstance(entry, Fact)]
    twice = [key for key, times in Counter(fact.key for fact in found).items() if times > 1]
    if twice:
        raise ValueError(f"keys used twice: {twice}")
    return {fact.key: fact for fact in found}


@cache
def said(layer: str) -> dict[str, list[Said]]:
    """What was said in `layer`, by the key of the milestone, in the order in which it was said."""
    found: dict[str, list[Said]] = {}
    for name, table in _tables(layer):
        if name == SAID:
            fixed = {key: table[key] for key in ("milestone", "by", "step", "on", "source")}
            values = {key: value for key, value in table.items() if key not in fixed}
            found.setdefault(table["milestone"], []).append(Said(**fixed, values=values))
    return found


def text_of(name: str) -> str:
    """Content of a text file of the example."""
    return (HERE / name).read_text(encoding="utf-8")


@cache
def models() -> dict[str, Any]:
    """Every model a file may speak of, by the name of its table."""
    return {_table_name(model): model for model in apps.get_models() if issubclass(model, Record)}


def _table_name(model: Any) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", model.__name__).lower()


def _tables(layer: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and content of each table of a layer, file after file."""
    for path in sorted((HERE / layer).glob("*.toml")):
        for name, rows in tomllib.loads(path.read_text(encoding="utf-8")).items():
            yield from ((name, row) for row in rows)


def _entries(layer: str, name: str, table: dict[str, Any]) -> Iterator[Fact | Change]:
    if name == CHANGE:
        yield Change(layer, table["row"], table["to"], table["source"])
    elif name == SAID:
        return
    elif name == PAGE:
        yield Fact(table["key"], layer, Submission, {"page": table["file"]}, table["source"])
    else:
        yield from _with_parts(layer, models()[name], table)


def _with_parts(layer: str, model: Any, row: dict[str, Any]) -> Iterator[Fact]:
    """The row, then its parts; a part without a source has that of the row."""
    found = [relation for relation in model._meta.related_objects if not relation.hidden]
    relations = {relation.get_accessor_name(): relation for relation in found}
    values = {name: value for name, value in row.items() if name not in {*relations, "key", "source"}}
    whole = Fact(row["key"], layer, model, values, row["source"])
    yield whole
    for name in (name for name in row if name in relations):
        yield from (_part(whole, relations[name], number, part) for number, part in enumerate(row[name], start=1))


def _part(whole: Fact, relation: Any, number: int, written: Any) -> Fact:
    """A part of `whole` given as a table, or as a text that is its name."""
    values = {"name": written} if isinstance(written, str) else dict(written)
    key = values.pop("key", f"{whole.key}.{relation.get_accessor_name()}.{number}")
    source = values.pop("source", whole.source)
    place = {"position": number} if issubclass(relation.related_model, Part) else {}
    values = {relation.field.name: whole.key, **place, **values}
    return Fact(key, whole.layer, relation.related_model, values, source, whole.key)
