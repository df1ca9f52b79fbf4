"""Vague dates: what people write is read, kept and printed as what they meant."""

import calendar
import time
from datetime import date, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kepol.lib.periods.value import Period
from tests.period_examples import READ, REFUSED

SITTING = date(2025, 5, 7)


def day(text):
    return date.fromisoformat(text) if text else None


def period(start, end, named=False):
    return Period(day(start), day(end), named)


# --- Reading and printing ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(("text", "year", "expected", "printed"), READ)
def test_what_people_write_is_read_and_printed(text, year, expected, printed):
    found = Period.parse(text, year=year)
    assert found == period(*expected)
    assert str(found) == printed


@pytest.mark.parametrize(("text", "year", "message"), REFUSED, ids=[repr(text[:40]) for text, *_ in REFUSED])
def test_what_is_unclear_or_impossible_is_refused(text, year, message):
    with pytest.raises(ValueError) as refusal:
        Period.parse(text, year=year)
    assert message in str(refusal.value)


@pytest.mark.parametrize(("text", "year"), [(text, year) for text, year, _ in REFUSED])
def test_a_refusal_is_short_and_says_what_to_do(text, year):
    with pytest.raises(ValueError) as refusal:
        Period.parse(text, year=year)
    message = str(refusal.value)
    assert "Sie" in message or "Erwartet wird" in message
    assert len(message) < 320
    assert message.isprintable()


def test_the_table_is_the_specification():
    texts = [row[:2] for row in READ + REFUSED]
    assert len(texts) == len(set(texts)) > 130


@pytest.mark.parametrize(
    "text", ["Mitte Mai", "15.-23. März", "28.02.–03.03.", "Q2", "KW 17", "bis 7. Mai", "Jahresende"]
)
def test_the_proposal_for_a_missing_year_can_be_read(text):
    with pytest.raises(ValueError) as refusal:
        Period.parse(text)
    proposal = str(refusal.value).split("„")[-1].split("“")[0]
    assert Period.parse(proposal) == Period.parse(text, year=2025)


@pytest.mark.parametrize(("text", "year", "message"), [row for row in REFUSED if "chreiben Sie" in row[2]])
def test_proposals_in_questions_can_be_read(text, year, message):
    with pytest.raises(ValueError) as refusal:
        Period.parse(text, year=year)
    _, _, advice = str(refusal.value).partition("chreiben Sie")
    proposals = [part.split("“")[0] for part in advice.split("„")[1:]]
    assert [str(Period.parse(proposal)) for proposal in proposals]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2024", "2024"),
        ("seit Oktober 2024", "seit Oktober 2024"),
        ("im März 2025", "März 2025"),
        ("Ende April 2025", "Ende April 2025"),
        ("07.05.2025", "07.05.2025"),
        ("Q2/2025", "Q2/2025"),
        ("August 2025", "August 2025"),
        ("bis 2026", "bis 2026"),
    ],
)
def test_milestones_of_the_paper_show_as_they_were_written(text, shown):
    assert Period.parse(text).text(on=SITTING) == shown


# --- Exact and named ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("exact", "named"),
    [
        ("11.–20.03.2025", "Mitte März 2025"),
        ("21.–30.04.2025", "Ende April 2025"),
        ("01.–31.03.2025", "März 2025"),
        ("01.04.–30.06.2025", "Q2/2025"),
        ("01.01.–30.06.2025", "1. Halbjahr 2025"),
        ("01.01.–31.12.2025", "2025"),
        ("01.03.–31.05.2025", "März bis Mai 2025"),
        ("01.01.2024 bis 31.12.2026", "2024 bis 2026"),
        ("ab 01.10.2024", "ab Oktober 2024"),
        ("bis 31.12.2026", "bis 2026"),
    ],
)
def test_the_same_days_named_and_exact_are_two_values(exact, named):
    first, second = Period.parse(exact), Period.parse(named)
    assert (first.start, first.end) == (second.start, second.end)
    assert first != second
    assert (first.named, second.named) == (False, True)
    assert (str(first), str(second)) == (exact, named)


@pytest.mark.parametrize(
    ("start", "end", "named", "message"),
    [
        ("", "", False, "braucht einen Beginn oder ein Ende"),
        ("", "", True, "braucht einen Beginn oder ein Ende"),
        ("2025-05-08", "2025-05-07", False, "Das Ende 07.05.2025 liegt vor dem Beginn 08.05.2025"),
        ("2025-04-02", "2025-04-30", True, "beginnt nicht am 02.04.2025"),
        ("2025-04-01", "2025-04-29", True, "endet nicht am 29.04.2025"),
        ("2025-04-02", "", True, "beginnt nicht am 02.04.2025"),
        ("", "2024-02-28", True, "endet nicht am 28.02.2024"),
        ("1899-12-31", "", False, "Das Jahr 1899 liegt außerhalb"),
        ("", "2101-01-01", False, "Das Jahr 2101 liegt außerhalb"),
    ],
)
def test_what_is_no_period_cannot_be_made(start, end, named, message):
    with pytest.raises(ValueError, match=message):
        period(start, end, named)


# --- Days in and after it ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "on", "inside", "past"),
    [
        ("Q2/2025", "2025-03-31", False, False),
        ("Q2/2025", "2025-04-01", True, False),
        ("Q2/2025", "2025-06-30", True, False),
        ("Q2/2025", "2025-07-01", False, True),
        ("07.05.2025", "2025-05-07", True, False),
        ("07.05.2025", "2025-05-08", False, True),
        ("bis 2026", "1900-01-01", True, False),
        ("bis 2026", "2026-12-31", True, False),
        ("bis 2026", "2027-01-01", False, True),
        ("ab März 2025", "2025-02-28", False, False),
        ("ab März 2025", "2025-03-01", True, False),
        ("ab März 2025", "2100-12-31", True, False),
    ],
)
def test_a_day_lies_inside_or_the_end_has_passed(text, on, inside, past):
    found = Period.parse(text)
    assert (found.contains(day(on)), found.is_past(day(on))) == (inside, past)


@pytest.mark.parametrize(
    ("text", "on", "shown"),
    [
        ("ab Oktober 2024", "2024-09-30", "ab Oktober 2024"),
        ("ab Oktober 2024", "2024-10-01", "seit Oktober 2024"),
        ("seit Oktober 2024", "2024-09-30", "ab Oktober 2024"),
        ("ab 01.04.2025", "2025-04-02", "seit 01.04.2025"),
        ("ab 2025", "2026-01-01", "seit 2025"),
        ("bis 2026", "2027-06-01", "bis 2026"),
        ("März bis Mai 2025", "2025-04-01", "März bis Mai 2025"),
    ],
)
def test_a_period_that_has_begun_says_since(text, on, shown):
    assert Period.parse(text).text(on=day(on)) == shown


def test_the_canonical_text_does_not_depend_on_the_day():
    assert str(Period.parse("seit Oktober 2024")) == "ab Oktober 2024"


# --- Every period reads back -------------------------------------------------------------------------------------
FIRST, LAST = date(1900, 1, 1), date(2100, 12, 31)
days = st.dates(FIRST, LAST)
first_days = st.builds(date, st.integers(1900, 2100), st.integers(1, 12), st.sampled_from([1, 11, 21]))


def last_of_third(first):
    end_of_month = calendar.monthrange(first.year, first.month)[1]
    return first.replace(day={1: 10, 11: 20, 21: end_of_month}[first.day])


last_days = first_days.map(last_of_third)
firsts_of_large_units = st.builds(date, st.integers(1900, 2100), st.sampled_from([1, 4, 7, 10]), st.just(1))
edges = st.one_of(first_days, firsts_of_large_units)
ends = st.one_of(last_days, firsts_of_large_units.map(lambda first: max(FIRST, first - timedelta(days=1)))).filter(
    lambda end: end > FIRST
)


def reads_back(value):
    assert Period.parse(str(value)) == value
    assert Period.parse(str(value), year=1987) == value
    if value.start:
        assert Period.parse(value.text(on=value.start)) == value


@settings(max_examples=400)
@given(days, days)
@example(FIRST, LAST)
@example(date(2025, 4, 1), date(2025, 6, 30))
def test_exact_periods_read_back(one, other):
    reads_back(Period(min(one, other), max(one, other)))
    reads_back(Period(one, None))
    reads_back(Period(None, other))


@settings(max_examples=800)
@given(edges, ends)
@example(FIRST, LAST)
@example(date(2024, 2, 21), date(2024, 2, 29))
def test_named_periods_read_back(start, end):
    if start <= end:
        reads_back(Period(start, end, named=True))
    reads_back(Period(start, None, named=True))
    reads_back(Period(None, end, named=True))


@settings(max_examples=200)
@given(first_days, st.integers(0, 40))
def test_short_named_periods_read_back(start, thirds):
    """Both sides in one month or one year: the first side takes what it lacks from the second."""
    end = last_of_third(start)
    for _ in range(thirds):
        following = end + timedelta(days=1)
        end = last_of_third(following) if following <= LAST else end
    reads_back(Period(start, end, named=True))


@settings(max_examples=300)
@given(st.none() | days, st.none() | days, st.booleans())
def test_whatever_can_be_made_reads_back(start, end, named):
    try:
        value = Period(start, end, named)
    except ValueError:
        return
    reads_back(value)


@settings(max_examples=100)
@given(st.integers(1900, 2100), st.integers(1, 12))
def test_a_month_is_the_same_in_every_spelling(year, month):
    expected = Period.parse(f"{month:02}/{year}")
    assert [Period.parse(text) for text in (f"{year}-{month:02}", f"{month}.{year}", str(expected))] == [expected] * 3


# --- Hostile text ------------------------------------------------------------------------------------------------
@settings(max_examples=400)
@given(st.text(max_size=120) | st.text("0123456789 .-/–abisQKWmärz,'iv", max_size=40))
@example("ii. - 5. Mai 2025")
@example("99999 - 00000")
@example("0.0.0")
@example("0/0/0")
@example("kw 99 - 99")
def test_any_text_is_read_or_refused_in_german(text):
    try:
        reads_back(Period.parse(text, year=2025))
    except ValueError as refusal:
        assert "Sie" in str(refusal) or "Erwartet wird" in str(refusal)  # noqa: PT017 - most texts, not all, are refused


@pytest.mark.parametrize(
    "text",
    ["im " * 33, "1" * 100, "-" * 100, "bis " * 25, "ab " * 33, "Mai " * 25, ". " * 50, "1/" * 50, "x" * 5_000_000],
)
def test_hostile_text_is_refused_quickly(text):
    begun = time.perf_counter()
    with pytest.raises(ValueError):
        Period.parse(text, year=2025)
    assert time.perf_counter() - begun < 0.2
