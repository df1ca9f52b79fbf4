"""The text of a period: named spans by the largest unit that fits, days as digits. `reading` reads every one of them back.

Rules: architecture, "Printing". Within one year both sides of "A bis B" take units of one size (`Januar bis April 2025`, not
"2025 bis April 2025"). An open side is a year, a month or a third of one: `seit Oktober 2024`, not "seit Q4/2024".
"""

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
    """A named span of the calendar; `short` names it beside a second one of the same year."""

    start: date
    end: date
    name: str
    short: str


def write(period: Period, *, since: str = "ab") -> str:
    """German text of the period; `since` is the word before a beginning without an end, "ab" or "seit"."""
    start, end, named = period.start, period.end, period.named
    if start and end:
        return _named(start, end) if named else _days(start, end)
    side = []
    if start:
        side = [since, _named_start(start) if named else _day(start)]
    if end:
        side = ["bis", _named_end(end) if named else _day(end)]
    return " ".join(side)


# --- Days --------------------------------------------------------------------------------------------------------
def _day(day: date) -> str:
    return f"{day:%d.%m.%Y}"


def _days(start: date, end: date) -> str:
    if start == end:
        return _day(start)
    if start.year != end.year:
        return f"{_day(start)} bis {_day(end)}"
    return f"{start:%d.}–{_day(end)}" if start.month == end.month else f"{start:%d.%m.}–{_day(end)}"


# --- Named spans -------------------------------------------------------------------------------------------------
def _named(start: date, end: date) -> str:
    pairs = list(zip(_units(start), _units(end), strict=True))
    for first, _ in pairs:
        if (first.start, first.end) == (start, end):
            return first.name
    if start.year != end.year:
        first = next(unit for unit in _units(start) if unit.start == start)
        last = next(unit for unit in _units(end) if unit.end == end)
        return f"{first.name} bis {last.name}"
    first, last = next((first, last) for first, last in pairs if first.start == start and last.end == end)
    return f"{_short(first, last)} bis {last.name}"


def _short(first: Unit, last: Unit) -> str:
    """The name of the first side without what the second says too."""
    return first.short.split()[0] if first.start.month == last.end.month else first.short


def _named_start(day: date) -> str:
    return next(unit.name for unit in _units_of_open_sides(day) if unit.start == day)


def _named_end(day: date) -> str:
    return next(unit.name for unit in _units_of_open_sides(day) if unit.end == day)


def _units_of_open_sides(day: date) -> list[Unit]:
    year, _half, _quarter, month, third_of_month = _units(day)
    return [year, month, third_of_month]


def _units(day: date) -> list[Unit]:
    """Year, half, quarter, month and third of a month around a day."""
    return [_year(day), _half(day), _quarter(day), _month(day), _third(day)]


def _year(day: date) -> Unit:
    return Unit(*months(day.year, 1, 12), f"{day.year}", f"{day.year}")


def _half(day: date) -> Unit:
    number = (day.month + 5) // 6
    name = f"{number}. Halbjahr {day.year}"
    return Unit(*months(day.year, 6 * number - 5, 6), name, name)


def _quarter(day: date) -> Unit:
    number = (day.month + 2) // 3
    name = f"Q{number}/{day.year}"
    return Unit(*months(day.year, 3 * number - 2, 3), name, name)


def _month(day: date) -> Unit:
    name = MONTHS[day.month - 1]
    return Unit(*months(day.year, day.month, 1), f"{name} {day.year}", name)


def _third(day: date) -> Unit:
    number = sum(day.day >= first for first in THIRDS) - 1
    name = f"{PARTS[number]} {MONTHS[day.month - 1]}"
    return Unit(*third(day.year, day.month, number), f"{name} {day.year}", name)
