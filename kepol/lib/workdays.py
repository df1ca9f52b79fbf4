"""Working days in North Rhine-Westphalia: neither weekend nor statutory holiday, nor a day on which the city itself is closed.

Days are days in Germany; nothing here knows a time. The closed days of the city (Betriebsferien, Weiberfastnacht) are given by
whoever asks, as `closed`; customs such as Rosenmontag are no holidays.
"""

import datetime
from collections.abc import Collection, Mapping
from functools import cache

import holidays

ONE_DAY = datetime.timedelta(days=1)
SATURDAY = 5
NOTHING: frozenset[datetime.date] = frozenset()


@cache
def statutory_holidays(year: int) -> Mapping[datetime.date, str]:
    """Day and German name of each holiday by law (Feiertagsgesetz NW) in `year`; known from 1991 on."""
    return dict(holidays.country_holidays("DE", subdiv="NW", years=year, language="de"))


def is_workday(day: datetime.date, closed: Collection[datetime.date] = NOTHING) -> bool:
    """Whether people work on `day`."""
    return day.weekday() < SATURDAY and day not in statutory_holidays(day.year) and day not in closed


def next_workday(day: datetime.date, closed: Collection[datetime.date] = NOTHING) -> datetime.date:
    """The first working day after `day`."""
    return add_workdays(day, 1, closed)


def workdays_between(
    first: datetime.date, last: datetime.date, closed: Collection[datetime.date] = NOTHING
) -> list[datetime.date]:
    """The working days from `first` to `last`, both included; none when `last` lies before `first`."""
    days = (first + number * ONE_DAY for number in range((last - first).days + 1))
    return [day for day in days if is_workday(day, closed)]


def add_workdays(day: datetime.date, number: int, closed: Collection[datetime.date] = NOTHING) -> datetime.date:
    """The working day `number` working days after `day`, before it when `number` is negative; `day` itself for 0."""
    step = ONE_DAY if number > 0 else -ONE_DAY
    for _ in range(abs(number)):
        day += step
        while not is_workday(day, closed):
            day += step
    return day
