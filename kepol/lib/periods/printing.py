"""The text of a period: named spans by the largest unit that fits, days as digits. `reading` reads every one of them back.

Rules: architecture, "Printing". Within one year both sides of "A bis B" take units of one size (`Januar bis April 2025`, not
"2025 bis April 2025"). An open side is a year, a month or a third of one: `seit Oktober 2024` is not "seit Q4/2024".
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from kepol.lib.periods.value import THIRDS, Period, months, third

MONTHS = (
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
)
PARTS = ("Anfang", "Mitte", "Ende")


class Unit(NamedTuple):
    """A span of the calendar with a name; `short` is the name as the first of two in the same year."""

    start: date
    end: date
    name: str
    short: str


def write(period: Period, *, since: str = "ab") -> str:
    """Return the German text; `since` is the word before the beginning of a period without end, "ab" or "seit"."""
    if period.start is None or period.end is None:
        return _open(period, since)
    return _named(period.start, period.end) if period.named else _days(period.start, period.end)


def _open(period: Period, since: str) -> str:
    if period.end is None and period.start is not None:
        return f"{since} {_largest(_open_units(period.start), start=period.start) if period.named else _day(period.start)}"
    assert period.end is not None  # noqa: S101 - one side is always given
    return f"bis {_largest(_open_units(period.end), end=period.end) if period.named else _day(period.end)}"
