"""Vague dates in spreadsheets: read from text, day cells and day numbers; written as the text that reads back."""

import datetime
from typing import Any

from import_export.widgets import Widget

from kepol.lib.periods.value import Period


class PeriodWidget(Widget):
    """Column of a spreadsheet that holds a `Period`."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Period | None:
        """Read a cell: text, a day, or Excel's number of a day; None when empty. Raises `ValueError` in German."""
        if isinstance(value, datetime.datetime):
            value = value.date() if value.time() == datetime.time() else f"{value:%d.%m.%Y %H:%M} Uhr"
        if isinstance(value, datetime.date):
            return Period(value, value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        text = "" if value is None else str(value).strip()
        return Period.parse(text) if text else None

    def render(self, value: Period | None, obj: Any = None, **kwargs: Any) -> str:
        """Write a cell."""
        return "" if value is None else str(value)
