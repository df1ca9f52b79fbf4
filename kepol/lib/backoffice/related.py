"""Links from everything to everything related: what points to an object, counted, and what the object points to.

Foreign keys that go down hide their way back (`related_name="+"`); the page of the lower object still shows, through the
registry of the back office, who points to it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from django.contrib.admin import ModelAdmin
from django.db import models
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.forms.models import _get_foreign_key
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst

from kepol.lib.backoffice.changelist import DefaultFilter
from kepol.lib.backoffice.site import GROUPS

MAX_TARGETS = 10


@dataclass(frozen=True)
class Incoming:
    """A list of rows that point to an object: what they are, how many, and the list with exactly these rows."""

    label: str
    count: int
    url: str


@dataclass(frozen=True)
class Outgoing:
    """What an object points to through one of its fields: names and addresses, and whether there are more."""

    label: str
    targets: tuple[tuple[str, str], ...]
    has_more: bool


@dataclass(frozen=True)
class _Way:
    """A relation by which rows of another model point to the object."""

    column: Any
    model_admin: Any

    @property
    def model(self) -> Any:
        return self.column.model


def incoming(model_admin: Any, request: HttpRequest, obj: models.Model) -> list[Incoming]:
    """What points to `obj` and may be seen, without the rows its own page shows already; one query for all counts."""
    ways = sorted(_ways(model_admin, request, obj), key=_place)
    if not ways:
        return []
    counts = {f"related_{number}": _count(way, request) for number, way in enumerate(ways)}
    row = type(obj)._base_manager.filter(pk=obj.pk).values_list(*counts.values()).first()
    several = Counter(way.model for way in ways)
    return [
        Incoming(_incoming_label(way, alone=several[way.model] == 1), count, _list_url(way, obj))
        for way, count in zip(ways, row or (), strict=False)
        if count
    ]


def _ways(model_admin: Any, request: HttpRequest, obj: models.Model) -> Iterator[_Way]:
    shown = set(_shown_inline(model_admin, request, obj))
    for relation in obj._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and relation.is_relation and not relation.concrete):
            continue
        column = relation.remote_field
        other = _admin_of(model_admin, column.model)
        if other is not None and column not in shown and other.has_view_permission(request):
            yield _Way(column, other)


def _shown_inline(model_admin: Any, request: HttpRequest, obj: models.Model) -> Iterator[Any]:
    for inline in model_admin.get_inline_instances(request, obj):
        yield _get_foreign_key(model_admin.model, inline.model, fk_name=inline.fk_name)


def _admin_of(model_admin: Any, model: Any) -> Any:
    return model_admin.admin_site._registry.get(model)  # noqa: SLF001 - as Django itself does


def _place(way: _Way) -> tuple[int, int, str]:
    group = way.model_admin.work_group
    return GROUPS.index(group) if group in GROUPS else len(GROUPS), way.model_admin.work_order, way.column.name


def _count(way: _Way, request: HttpRequest) -> Coalesce:
    """Subquery that counts the rows of `way`: those that the list would show to this person."""
    rows = way.model._base_manager.filter(**{way.column.name: OuterRef("pk")})
    if type(way.model_admin).get_queryset is not ModelAdmin.get_queryset:
        rows = rows.filter(pk__in=_visible(way, request))
    one = rows.order_by().annotate(same=models.Value(1)).values("same")
    return Coalesce(
        Subquery(one.annotate(number=Count("pk", distinct=True)).values("number")), 0, output_field=IntegerField()
    )


def _visible(way: _Way, request: HttpRequest) -> QuerySet:
    return way.model_admin.get_queryset(request).order_by().values("pk")


def _incoming_label(way: _Way, *, alone: bool) -> str:
    plural = capfirst(str(way.model._meta.verbose_name_plural))
    return plural if alone else f"{plural}, {capfirst(str(way.column.verbose_name))}"


def _list_url(way: _Way, obj: models.Model) -> str:
    """The list narrowed to `obj`, with every filter off that hides rows from the start."""
    wanted = {f"{way.column.name}__{obj._meta.pk.name}__exact": obj.pk}
    for one in way.model_admin.list_filter:
        if isinstance(one, type) and issubclass(one, DefaultFilter):
            wanted[str(one.parameter_name)] = one.everything
    return reverse(f"admin:{_name(way.model)}_changelist", query=wanted)


def _name(model: Any) -> str:
    return f"{model._meta.app_label}_{model._meta.model_name}"


def outgoing(model_admin: Any, request: HttpRequest, obj: models.Model) -> list[Outgoing]:
    """What `obj` points to and may be seen; one query at most for each field that the form has not read yet."""
    found = []
    for column in (*obj._meta.fields, *obj._meta.many_to_many):
        other = _admin_of(model_admin, column.related_model) if column.is_relation else None
        if other is None or not other.has_view_permission(request):
            continue
        targets = list(islice(_targets(obj, column), MAX_TARGETS + 1))
        if targets:
            shown = tuple(map(partial(_link, column), targets[:MAX_TARGETS]))
            found.append(Outgoing(capfirst(str(column.verbose_name)), shown, len(targets) > MAX_TARGETS))
    return found


def _targets(obj: models.Model, column: Any) -> Iterable[models.Model]:
    if column.many_to_many:
        return getattr(obj, column.name).all()
    target = getattr(obj, column.name)
    return [] if target is None else [target]


def _link(column: Any, target: models.Model) -> tuple[str, str]:
    return str(target), reverse(f"admin:{_name(column.related_model)}_change", args=[target.pk])
