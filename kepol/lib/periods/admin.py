"""Vague dates in the back office: a column that sorts and a filter that knows what is over, near, or without a date."""

import datetime
from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from kepol.lib.periods.fields import by_time, contains, ends_between, is_dated, is_past, touches

SOON = datetime.timedelta(days=30)


def period_column(name: str, description: str, *, empty: str = "ohne Termin") -> Callable[[Any], str]:
    """Column of a list for the field `name`: as readers see it today, sorted by time; `empty` stands where there is none."""

    @admin.display(description=description, ordering=by_time(name), empty_value=empty)
    def column(row: Any) -> Any:
        period = getattr(row, name)
        return None if period is None else period.text(on=timezone.localdate())

    column.__name__ = name
    return column


def period_filter(name: str, label: str) -> type[admin.SimpleListFilter]:
    """Filter of a list by the field `name`; its parameter in the address is the name of the field."""

    class PeriodFilter(admin.SimpleListFilter):
        """Over, running, near, this year, next year, without a date."""

        title = label
        parameter_name = name

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
            """Choices."""
            year = timezone.localdate().year
            return [
                ("vorbei", "vorbei"),
                ("laeuft", "läuft heute"),
                ("bald", "endet in den nächsten 30 Tagen"),
                ("dieses-jahr", f"im Jahr {year}"),
                ("naechstes-jahr", f"im Jahr {year + 1}"),
                ("ohne", "ohne Termin"),
            ]

        def queryset(self, request: HttpRequest, queryset: Any) -> Any:
            """Rows after the choice."""
            today = timezone.localdate()
            wanted = _conditions(name, today).get(self.value() or "")
            return queryset if wanted is None else queryset.filter(wanted)

    return PeriodFilter


def _conditions(name: str, today: datetime.date) -> dict[str, Any]:
    return {
        "vorbei": is_past(name, on=today),
        "laeuft": contains(name, day=today),
        "bald": ends_between(name, today, today + SOON),
        "dieses-jahr": touches(name, *_year(today.year)),
        "naechstes-jahr": touches(name, *_year(today.year + 1)),
        "ohne": ~is_dated(name),
    }


def _year(year: int) -> tuple[datetime.date, datetime.date]:
    return datetime.date(year, 1, 1), datetime.date(year, 12, 31)
