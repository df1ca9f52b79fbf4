"""The files of the example: each fact with its source, nobody without a public office, nothing misread."""

import datetime
import hashlib
import re

import pytest

from kepol.example import facts as example_facts
from kepol.example.facts import LAYERS, Change, entries, facts
from kepol.example.values import day_from, read_period, read_value
from kepol.funding.models import Grant
from kepol.lib.periods import Period
from tests.example_rows import DAY, REAL_PAPER, ROOT

ALL = [entry for layer in LAYERS for entry in entries(layer)]


WITHOUT_ADDRESS = re.compile(r"^(?!.*https?://)")


NAMES = ("title", "name", "family_name", "subject", "goods")


# First characters of the hashes of given and family names of the people whom the paper names without a public office.
PRIVATE = {"28bfff45f6e1582a", "db51c0ab6bc903e7", "6792adea40894066", "5e4eacb14b39f849"}


def hashed(text):
    words = set(re.findall(r"\w+", text.casefold()))
    return {hashlib.sha256(word.encode()).hexdigest()[:16] for word in words}


def test_every_fact_names_its_source():
    assert len(ALL) > 250
    assert [entry for entry in ALL if not entry.source.strip()] == []


def test_facts_of_the_paper_name_their_paragraph_and_public_ones_an_address():
    assert [one for one in entries("paper") if not one.source.startswith("Vorlage FB 01/0674/WP18, ")] == []
    assert [one for one in entries("public") if WITHOUT_ADDRESS.match(one.source)] == []
    assert {one.source for one in entries("continuation")} == {"erfunden, für die Vorführung"}


def test_everything_invented_says_so_in_its_name_or_note():
    rows = [one for one in entries("continuation") if not isinstance(one, Change)]
    named = [(one.key, one.values[name]) for one in rows for name in NAMES if name in one.values and not one.parent]
    assert len(named) > 20
    assert [pair for pair in named if "(Beispiel)" not in pair[1]] == []
    changed = [one.to["note"] for one in entries("continuation") if isinstance(one, Change) and "note" in one.to]
    assert changed
    assert [note for note in changed if not note.startswith("(Beispiel)")] == []


def test_no_two_layers_change_the_same_row_and_each_only_earlier_ones():
    changes = [entry for entry in ALL if isinstance(entry, Change)]
    rows = [one.row for one in changes]
    assert sorted(set(rows)) == sorted(rows)
    order = list(LAYERS)
    assert [one.row for one in changes if order.index(facts()[one.row].layer) >= order.index(one.layer)] == []


def test_nobody_without_a_public_office_is_named():
    files = [path for path in (ROOT / "kepol" / "example").rglob("*.*") if path.suffix in {".toml", ".txt"}]
    assert len(files) > 10
    assert [path.name for path in files if hashed(path.read_text(encoding="utf-8")) & PRIVATE] == []


@pytest.mark.skipif(not REAL_PAPER.exists(), reason="the paper is not part of the repository")
def test_the_hashes_are_those_of_the_names_in_the_paper():
    assert hashed(REAL_PAPER.read_text(encoding="utf-8")) >= PRIVATE


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ({"in_days": 20}, "2028-03-01"),
        ({"days_ago": 10}, "2028-01-31"),
        ({"in_months": 1}, "2028-03-10"),
        ({"months_ago": 12, "in_days": 1}, "2027-02-11"),
        ({"in_days": 0, "weekday": 3}, "2028-02-09"),
    ],
)
def test_days_counted_from_the_day_of_loading(written, day):
    assert day_from(written, on=datetime.date(2028, 2, 10)) == datetime.date.fromisoformat(day)


@pytest.mark.parametrize("day", ["2028-01-31", "2027-03-31"])
def test_a_month_without_that_day_ends_earlier(day):
    day = datetime.date.fromisoformat(day)
    last = {1: 29, 3: 30}[day.month]
    assert day_from({"in_months": 1}, on=day).day == last


def test_the_month_around_a_day_is_a_named_span():
    on = datetime.date(2026, 11, 30)
    assert read_period({"in_months": 3, "as": "month"}, on=on) == Period.parse("Februar 2027")


@pytest.mark.parametrize("written", [{"in_day": 3}, {"weekday": 3}, {}])
def test_a_slip_in_a_file_is_refused(written):
    with pytest.raises(ValueError, match="no day"):
        day_from(written, on=DAY)


def test_amounts_are_read_as_people_write_them():
    assert read_value(Grant._meta.get_field("total_cents"), "188.000,00", on=DAY) == 18_800_000


def test_a_key_used_twice_is_refused(monkeypatch):
    monkeypatch.setattr(example_facts, "entries", lambda layer: entries("paper")[:1])
    with pytest.raises(ValueError, match="dez-1"):
        facts.__wrapped__()
