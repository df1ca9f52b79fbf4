"""The value: a range of days that knows whether it was named or given as days."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

FIRST_YEAR = 1900
LAST_YEAR = 2100
# First days of Anfang, Mitte and Ende of a month; each lasts until the next one begins.
THIRDS = (1, 11, 21)


def months(year: int, first: int, count: int) -> tuple[date, date]:
    """First and last day of `count` months from month `first` (1 is January) of `year`; they may reach into the next year."""
    years, last = divmod(first + count - 2, 12)
    end_year, end_month = year + years, last + 1
    return date(year, first, 1), date(end_year, end_month, calendar.monthrange(end_year, end_month)[1])


def third(year: int, month: int, number: int) -> tuple[date, date]:
    """First and last day of Anfang (0), Mitte (1) or Ende (2) of a month."""
    start, end = months(year, month, 1)
    first = start.replace(day=THIRDS[number])
    return first, end if number == len(THIRDS) - 1 else start.replace(day=THIRDS[number + 1] - 1)


def check_year(year: int) -> None:
    """Refuse years outside 1900 to 2100 with a German `ValueError`: they are slips of the pen."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"Das Jahr {year} liegt außerhalb von {FIRST_YEAR} bis {LAST_YEAR}. Bitte berichtigen Sie es.")


@dataclass(frozen=True)
class Period:
    """A vague date: from `start` to `end`, both inclusive; `None` is an open side. "Ohne Termin" is no period but `None`.

    `named` tells a span that was named (Q2/2025, Ende April 2025, 2026) from one given as days: with the same days they
    are two values. Thirds of a month are the smallest spans with a name, so a named side lies on the edge of one.
    Raises `ValueError` with a German message for sides that are both open, in the wrong order, outside 1900 to 2100,
    or named without lying on such an edge. What holds here is set in the architecture, "A vague date is a date range".
    """

    start: date | None
    end: date | None
    named: bool = False

    def __post_init__(self) -> None:
        for day in (self.start, self.end):
            if day is not None:
                check_year(day.year)
        _check_order(self.start, self.end)
        if self.named:
            _check_edges(self.start, self.end)

    @classmethod
    def parse(cls, text: str, *, year: int | None = None) -> Self:
        """Read what people write for a date. `year` completes a text without one; with `None` such a text is refused.

        Raises `ValueError` with a German message that names the problem and what to write instead.
        """
        from kepol.lib.periods import reading  # noqa: PLC0415 - reading stands on this module

        return cls(*reading.read(text, year=year))

    def __str__(self) -> str:
        """Text that `parse` reads back as this very value, whatever the day: "ab …" even when that day has passed."""
        from kepol.lib.periods import printing  # noqa: PLC0415 - printing stands on this module

        return printing.write(self)

    def text(self, *, on: date) -> str:
        """Text for readers on the day `on`: an open period that has begun says "seit" instead of "ab"."""
        from kepol.lib.periods import printing  # noqa: PLC0415 - printing stands on this module

        begun = self.start is not None and self.start <= on
        return printing.write(self, since="seit" if begun else "ab")

    def contains(self, day: date) -> bool:
        """Whether `day` lies inside, the edges included; an open side has no limit."""
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)

    def is_past(self, on: date) -> bool:
        """Whether the end has passed on the day `on`: not on the last day itself, never without an end."""
        return self.end is not None and self.end < on


def _check_order(start: date | None, end: date | None) -> None:
    if start is None and end is None:
        raise ValueError("Ein Zeitraum braucht einen Beginn oder ein Ende. Ohne Termin lassen Sie das Feld bitte leer.")
    if start and end and start > end:
        raise ValueError(
            f"Das Ende {end:%d.%m.%Y} liegt vor dem Beginn {start:%d.%m.%Y}. "
            "Bitte schreiben Sie den früheren Tag zuerst und beide mit Jahr, etwa „28.12.2025 bis 03.01.2026“."
        )


def _check_edges(start: date | None, end: date | None) -> None:
    if start and start.day not in THIRDS:
        raise ValueError(
            f"Ein benannter Zeitraum beginnt nicht am {start:%d.%m.%Y}, sondern am 1., 11. oder 21. eines Monats. "
            "Bitte geben Sie ihn in Tagen an."
        )
    if end and (end + timedelta(days=1)).day not in THIRDS:
        raise ValueError(
            f"Ein benannter Zeitraum endet nicht am {end:%d.%m.%Y}, sondern am 10., 20. oder letzten Tag eines Monats. "
            "Bitte geben Sie ihn in Tagen an."
        )
