"""What the pages of a Sachstandsabfrage show: a preview before it is opened, afterwards who has answered for what."""

import datetime
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from concept.models import StatusRound
from concept.round_mail import reachable
from concept.round_text import plain, text_for_paper
from concept.rounds import to_ask
from concept.standing import Standing, standings
from stakeholders.models import Organisation, Person

OPEN, ANSWERED = "offen", "beantwortet"


@dataclass(frozen=True)
class UnitLine:
    """A unit before a round or in one: how many milestones it is asked for, how many of these are answered, and whom mail reaches."""

    unit: Organisation
    total: int
    answered: int = 0
    people: tuple[Person, ...] = ()

    @property
    def open(self) -> int:
        """How many still wait for an answer."""
        return self.total - self.answered


# --- Before it is opened -----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Preview:
    """What opening a round would do now; `fingerprint` tells whether somebody has seen just this."""

    units: tuple[UnitLine, ...]
    fingerprint: str

    @property
    def total(self) -> int:
        """How many milestones are asked for."""
        return sum(line.total for line in self.units)

    @property
    def people(self) -> list[Person]:
        """Who gets a mail, each once, by name."""
        found = {person.pk: person for line in self.units for person in line.people}
        return sorted(found.values(), key=lambda person: person.sort_key)

    @property
    def unreachable(self) -> list[Organisation]:
        """Units nobody can be asked for."""
        return [line.unit for line in self.units if not line.people]


def preview(*, on: datetime.date) -> Preview:
    """What opening a round on day `on` would do; two queries."""
    asked = list(to_ask().select_related("responsible").order_by("responsible__sort_key", "pk"))
    units: dict[Organisation, int] = {}
    for milestone in asked:
        units[milestone.responsible] = units.get(milestone.responsible, 0) + 1
    people = reachable([unit.pk for unit in units], on=on)
    lines = tuple(UnitLine(unit, total, people=tuple(people.get(unit.pk, ()))) for unit, total in units.items())
    seen = [(milestone.pk, milestone.responsible_id) for milestone in asked]
    mailed = sorted((line.unit.pk, person.pk) for line in lines for person in line.people)
    return Preview(lines, hashlib.sha256(repr((sorted(seen), mailed)).encode()).hexdigest())


# --- While it runs and afterwards --------------------------------------------------------------------------------
@dataclass(frozen=True)
class RoundPage:
    """A round as the Koordination sees it: units with their numbers, the milestones chosen, and the text for the paper."""

    status_round: StatusRound
    units: tuple[UnitLine, ...]
    chosen: tuple[tuple[Organisation, tuple[Standing, ...]], ...]
    choice: str
    text: str

    @property
    def total(self) -> int:
        """How many milestones were asked for."""
        return sum(line.total for line in self.units)

    @property
    def answered(self) -> int:
        """For how many somebody has answered."""
        return sum(line.answered for line in self.units)

    @property
    def unreachable(self) -> list[Organisation]:
        """Units with open rows for which nobody can be asked; always empty once the round is closed."""
        return [line.unit for line in self.units if self.status_round.is_open and line.open and not line.people]

    @property
    def plain_text(self) -> str:
        """The text as words alone."""
        return plain(self.text)


def round_page(status_round: StatusRound, *, on: datetime.date, unit: str = "", state: str = "") -> RoundPage:
    """The page of `status_round` on day `on`, narrowed to the `unit` (its key) and to the answers in `state` that an address names.

    Both empty: everything. One query once it is closed, three before.
    """
    found = standings(status_round)
    units = _lines(found, on=on if status_round.is_open else None)
    rows = [row for row in found if unit in {"", str(row.row.unit_id)} and _is_in(row, state)]
    name = next((line.unit.code for line in units if str(line.unit.pk) == unit), "")
    return RoundPage(status_round, units, _by_unit(rows), _choice(name, state), text_for_paper(status_round, found))


def _lines(found: Iterable[Standing], *, on: datetime.date | None) -> tuple[UnitLine, ...]:
    """One line a unit; whom mail reaches on day `on`, nobody for None."""
    by_unit = _by_unit(found)
    people = reachable([unit.pk for unit, _ in by_unit], on=on) if on else {}
    return tuple(
        UnitLine(unit, len(rows), sum(row.is_answered for row in rows), tuple(people.get(unit.pk, ())))
        for unit, rows in by_unit
    )


def _by_unit(found: Iterable[Standing]) -> tuple[tuple[Organisation, tuple[Standing, ...]], ...]:
    groups: dict[Organisation, list[Standing]] = {}
    for row in found:
        groups.setdefault(row.row.unit, []).append(row)
    return tuple((unit, tuple(rows)) for unit, rows in groups.items())


def _is_in(row: Standing, state: str) -> bool:
    return {OPEN: not row.is_answered, ANSWERED: row.is_answered}.get(state, True)


def _choice(unit: str, state: str) -> str:
    """What the list is narrowed to, in words; empty when it shows everything."""
    words = {OPEN: "ohne Antwort", ANSWERED: "beantwortet"}.get(state, "")
    return ", ".join(part for part in (unit, words) if part)
