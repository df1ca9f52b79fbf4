"""Working days: weekends, holidays by law in NRW, and the city's own closed days."""

import datetime

import pytest

from kepol.dates.closed_days import closed_days
from kepol.lib.workdays import (
    add_workdays,
    is_workday,
    next_workday,
    statutory_holidays,
    workdays_between,
)
from tests.factories.dates import ClosedDayFactory


def day(text):
    return datetime.date.fromisoformat(text)


def days(*texts):
    return {day(text) for text in texts}


# After the Feiertagsgesetz NW; 31 October 2017 was one only that year (500 years of the Reformation).
HOLIDAYS = {
    2017: days(
        "2017-01-01", "2017-04-14", "2017-04-17", "2017-05-01", "2017-05-25", "2017-06-05", "2017-06-15", "2017-10-03",
        "2017-10-31", "2017-11-01", "2017-12-25", "2017-12-26",
    ),
    2024: days(
        "2024-01-01", "2024-03-29", "2024-04-01", "2024-05-01", "2024-05-09", "2024-05-20", "2024-05-30", "2024-10-03",
        "2024-11-01", "2024-12-25", "2024-12-26",
    ),
    2026: days(
        "2026-01-01", "2026-04-03", "2026-04-06", "2026-05-01", "2026-05-14", "2026-05-25", "2026-06-04", "2026-10-03",
        "2026-11-01", "2026-12-25", "2026-12-26",
    ),
    2027: days(
        "2027-01-01", "2027-03-26", "2027-03-29", "2027-05-01", "2027-05-06", "2027-05-17", "2027-05-27", "2027-10-03",
        "2027-11-01", "2027-12-25", "2027-12-26",
    ),
}  # fmt: skip


@pytest.mark.parametrize("year", HOLIDAYS)
def test_holidays_are_those_of_the_law(year):
    assert set(statutory_holidays(year)) == HOLIDAYS[year]


def test_holidays_have_german_names():
    assert statutory_holidays(2026)[day("2026-06-04")] == "Fronleichnam"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-02-12", True),  # Weiberfastnacht
        ("2026-02-16", True),  # Rosenmontag
        ("2026-10-31", False),  # Reformationstag is a holiday elsewhere; in 2026 it is a Saturday
        ("2025-10-31", True),  # the same on a Friday
        ("2026-01-06", True),  # Heilige Drei Könige
        ("2026-12-24", True),
        ("2026-12-31", True),
        ("2026-08-15", False),  # a Saturday
        ("2026-06-04", False),  # Fronleichnam
        ("2026-03-29", False),  # a Sunday, the night on which an hour is missing
        ("2026-03-30", True),
        ("2026-10-26", True),
    ],
)
def test_a_day_is_a_working_day_or_not(text, expected):
    assert is_workday(day(text)) is expected


def test_closed_days_are_no_working_days():
    assert not is_workday(day("2026-02-12"), days("2026-02-12"))


@pytest.mark.parametrize(
    ("start", "number", "end"),
    [
        ("2026-04-02", 1, "2026-04-07"),  # Easter
        ("2026-12-23", 2, "2026-12-28"),  # Heiligabend counts, Christmas does not
        ("2026-12-31", 1, "2027-01-04"),  # year end
        ("2026-01-02", -1, "2025-12-31"),
        ("2026-03-27", 1, "2026-03-30"),  # over the missing hour
        ("2026-10-26", -1, "2026-10-23"),  # over the double hour
        ("2026-02-28", 0, "2026-02-28"),
        ("2026-05-13", 10, "2026-05-29"),
        ("2024-02-28", 2, "2024-03-01"),
    ],
)
def test_working_days_are_added(start, number, end):
    assert add_workdays(day(start), number) == day(end)


def test_the_next_working_day_is_a_later_one():
    assert next_workday(day("2026-11-24")) == day("2026-11-25")
    assert next_workday(day("2026-12-23"), days("2026-12-24", "2026-12-28")) == day("2026-12-29")


@pytest.mark.parametrize(
    ("first", "last", "number"),
    [
        ("2026-03-23", "2026-03-29", 5),
        ("2026-12-21", "2027-01-03", 8),
        ("2026-05-01", "2026-05-01", 0),
        ("2026-05-05", "2026-05-05", 1),
        ("2026-05-05", "2026-05-04", 0),
    ],
)
def test_working_days_between_two_days_include_both(first, last, number):
    assert len(workdays_between(day(first), day(last))) == number


@pytest.mark.django_db
def test_closed_days_come_from_the_database_within_the_days_asked_for(django_assert_num_queries):
    ClosedDayFactory(name="Betriebsferien", first_day=day("2026-12-24"), last_day=datetime.date.max)
    ClosedDayFactory(name="Weiberfastnacht", first_day=day("2026-02-12"), last_day=day("2026-02-12"))
    with django_assert_num_queries(1):
        found = closed_days(day("2026-12-22"), day("2026-12-26"))
    assert found == dict.fromkeys(days("2026-12-24", "2026-12-25", "2026-12-26"), "Betriebsferien")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("last", "text"),
    [
        ("2026-02-12", "Weiberfastnacht am 12.02.2026"),
        ("2026-02-13", "Weiberfastnacht vom 12.02.2026 bis 13.02.2026"),
    ],
)
def test_a_closed_day_says_when(last, text):
    assert str(ClosedDayFactory(last_day=day(last))) == text
