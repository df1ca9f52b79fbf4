"""Empty values stand last in every list, whichever way it is sorted: PostgreSQL and SQLite put them at different ends."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import F
from django.db.models.constants import LOOKUP_SEP
from django.db.models.expressions import OrderBy

MAX_DEPTH = 3


def empty_last(ordering: Iterable[Any], opts: Any) -> list[Any]:
    """The same order, given as Django takes it (text, `F`, expressions), with empty values last.

    `opts` is the `_meta` of the model. What is no column of it, an annotation, may be empty too.
    """
    return [one for term in ordering for one in _terms(term, opts)]


def _terms(term: Any, opts: Any) -> Iterator[Any]:
    if isinstance(term, OrderBy):
        yield _last(term)
    elif hasattr(term, "resolve_expression"):
        yield _last(term.asc())
    elif term == "?":
        yield term
    else:
        yield from _columns(term.removeprefix("-"), opts, descending=term.startswith("-"))


def _last(term: OrderBy) -> OrderBy:
    """A copy, because reversing an order turns empty values around with it."""
    term = term.copy()
    term.nulls_first, term.nulls_last = None, True
    return term


def _columns(path: str, opts: Any, *, descending: bool, depth: int = 0) -> Iterator[Any]:
    """Order by one path; that of a relation is the order of the model it leads to, as in Django."""
    target, nullable = _walk(path, opts)
    if target is not None and depth < MAX_DEPTH:
        for term in target.ordering or ["pk"]:
            yield from _through(path, term, opts, descending=descending, depth=depth + 1)
    elif nullable:
        yield OrderBy(F(path), descending=descending, nulls_last=True)
    else:
        yield f"-{path}" if descending else path


def _through(path: str, term: Any, opts: Any, *, descending: bool, depth: int) -> Iterator[Any]:
    if isinstance(term, str):
        turned = descending is not term.startswith("-")
        yield from _columns(f"{path}{LOOKUP_SEP}{term.removeprefix('-')}", opts, descending=turned, depth=depth)
    elif isinstance(term, OrderBy) and isinstance(term.expression, F):
        turned = descending is not term.descending
        yield OrderBy(F(f"{path}{LOOKUP_SEP}{term.expression.name}"), descending=turned, nulls_last=True)
    else:
        # An expression of the other model cannot be carried over; its key keeps the order steady.
        yield OrderBy(F(f"{path}{LOOKUP_SEP}pk"), descending=descending, nulls_last=True)


def _walk(path: str, opts: Any) -> tuple[Any, bool]:
    """`_meta` of the model when the path ends in a relation (else None), and whether anything on the way may be empty."""
    nullable, column = False, None
    for part in path.split(LOOKUP_SEP):
        try:
            column = opts.pk if part == "pk" else opts.get_field(part)
        except FieldDoesNotExist:
            # An annotation, or a transform behind a column.
            return None, True
        nullable |= getattr(column, "null", True)
        opts = column.related_model._meta if column.is_relation else opts
    ends_in_relation = column is not None and column.is_relation and path.rpartition(LOOKUP_SEP)[2] != column.attname
    return (opts if ends_in_relation else None), nullable
