"""The list of a model: it names its limits, says when it shows the rows of one object only, and puts empty values last."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR, ChangeList
from django.core.exceptions import FieldDoesNotExist
from django.db import DataError
from django.http import HttpRequest
from django.utils.text import capfirst

from kepol.lib.backoffice.ordering import empty_last

EXACT = "exact"


class DefaultFilter(admin.SimpleListFilter):
    """A filter that hides rows from the start; its value `everything` shows all of them. `default` names what it shows first."""

    default: str
    everything = "alle"

    def choices(self, changelist: Any) -> Any:
        """Django's "Alle" under the name of what is shown."""
        first, *rest = super().choices(changelist)
        yield {**first, "display": self.default}
        yield from rest


@dataclass(frozen=True)
class Narrowing:
    """The list shows only rows that point to one object: through which relation, to what, and the way to all rows."""

    relation: str
    target: str
    everything: str


class RangedChangeList(ChangeList):
    """List that never hides a limit."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        if any("\x00" in value for _, values in request.GET.lists() for value in values):
            # PostgreSQL answers such a value with an error, SQLite with no rows.
            raise IncorrectLookupParameters
        super().__init__(request, *args, **kwargs)
        self.title = capfirst(self.opts.verbose_name_plural)
        self.request = request

    def get_results(self, request: HttpRequest) -> None:
        """Rows of the page; a year or number no database knows leads to the list without that question, like any wrong one."""
        try:
            super().get_results(request)
        except (OverflowError, ValueError, DataError) as error:
            raise IncorrectLookupParameters(error) from error

    def get_ordering(self, request: HttpRequest, queryset: Any) -> list[Any]:
        """The order asked for, with empty values last in both directions."""
        return empty_last(super().get_ordering(request, queryset), self.lookup_opts)

    @property
    def range_text(self) -> str:
        """Like "1–50 von 412 Einträgen"; the title above says of what."""
        if not self.multi_page or self.show_all:
            return "1 Eintrag" if self.result_count == 1 else f"{self.result_count} Einträge"
        first = (self.page_num - 1) * self.list_per_page + 1
        last = min(first + self.list_per_page - 1, self.result_count)
        return f"{first}–{last} von {self.result_count} Einträgen"

    @property
    def without_search(self) -> str:
        """Address of the same list, filtered as it is, without the typed words."""
        return str(self.get_query_string(remove=[SEARCH_VAR, PAGE_VAR]))

    @cached_property
    def narrowings(self) -> list[Narrowing]:
        """One per relation by which the address narrows the list; each costs one query."""
        found = []
        for key, values in self.get_filters_params().items():
            column = self._relation(key)
            if column is not None:
                target = self._target(column, values[-1])
                found.append(Narrowing(_label(column), target, self.get_query_string(remove=[key])))
        return found

    def _relation(self, key: str) -> Any:
        """The relation that a parameter such as `partnership__id__exact` asks for; None when it is another question."""
        name, _, rest = key.partition("__")
        try:
            column = self.lookup_opts.get_field(name)
        except FieldDoesNotExist:
            return None
        if not (column.is_relation and column.related_model):
            return None
        return column if rest == f"{column.related_model._meta.pk.name}__{EXACT}" else None

    def _target(self, column: Any, key: str) -> str:
        """What the object is called, if the person may see it."""
        target_admin = self.model_admin.admin_site._registry.get(column.related_model)  # noqa: SLF001 - as Django does
        if target_admin is None or not target_admin.has_view_permission(self.request) or not key.isdecimal():
            return f"Nr. {key}"
        # A list may keep rows back from this person; what it prefetches is of no use here.
        rows = target_admin.get_queryset(self.request).prefetch_related(None)
        target = rows.filter(pk=key).first()
        return str(target) if target is not None else f"Nr. {key}"


def _label(column: Any) -> str:
    return str(capfirst(getattr(column, "verbose_name", None) or column.related_model._meta.verbose_name))
