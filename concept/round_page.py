"""What the pages of a Sachstandsabfrage show: a preview before it is opened, afterwards who has answered for what."""

import datetime
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from concept.addressees import Addressee
from concept.models import StatusRound
from concept.round_mail import reachable
from concept.round_text import plain, text_for_paper
from concept.rounds import to_ask
from concept.standing import Standing, judged_on, standings
from stakeholders.models import Organisation

WAITING, ANSWERED = "offen", "beantwortet"
#: More rows than these are shown one unit at a time.
AT_ONCE = 100


@dataclass(frozen=True)
class UnitLine:
    """A unit before a round or in one: how many milestones it is asked for, how many of these are answered, and whom mail reaches.

    `code` and `name` are how it was called when a closed round ended, otherwise how it is called now.
    """

    unit: Organisation
    code: str
    name: str
    total: int
    answered: int = 0
    people: tuple[Addressee, ...] = ()

    @property
    def waiting(self) -> int:
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
    def people(self) -> list[Addressee]:
        """Who gets a mail, each once, by name."""
        found = {one.person.pk: one for line in self.units for one in line.people}
        return sorted(found.values(), key=lambda one: one.person.sort_key)

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
    lines = tuple(
        UnitLine(unit, unit.code, str(unit), total, people=tuple(people.get(unit.pk, ())))
        for unit, total in units.items()
    )
    seen = [(milestone.pk, milestone.responsible_id) for milestone in asked]
    mailed = sorted((line.unit.pk, one.person.pk) for line in lines for one in line.people)
    return Preview(lines, hashlib.sha256(repr((sorted(seen), mailed)).encode()).hexdigest())


# --- While it runs and afterwards --------------------------------------------------------------------------------
@dataclass(frozen=True)
class RoundPage:
    """A round as the Koordination sees it: units with their numbers, the milestones chosen, and the text for the paper.

    `chosen` are rows by the name of their unit, `choice` what they are narrowed to; `judged_on` is the day lateness is told for, and
    `by_unit` tells that there are too many rows to show them all at once.
    """

    status_round: StatusRound
    units: tuple[UnitLine, ...]
    chosen: tuple[tuple[str, tuple[Standing, ...]], ...]
    choice: str
    text: str
    judged_on: datetime.date
    by_unit: bool

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
        """Units with unanswered rows for which nobody can be asked; always empty once the round is closed."""
        return [line.unit for line in self.units if self.status_round.is_open and line.waiting and not line.people]

    @property
    def plain_text(self) -> str:
        """The text as words alone."""
        return plain(self.text)


def round_page(status_round: StatusRound, *, on: datetime.date, unit: str = "", state: str = "") -> RoundPage:
    """The page of `status_round` on day `on`, narrowed to the `unit` (its key) and to the answers in `state` that an address names.

    Both empty: everything, but of more than a hundred rows those of one unit, the first from which an answer is missing. One query
    once it is closed, three before.
    """
    found = standings(status_round, on=on)
    units = _lines(found, on=on if status_round.is_open else None)
    is_long = len(found) > AT_ONCE
    unit = unit or (_first(units) if is_long else "")
    rows = [row for row in found if unit in {"", str(row.row.unit_id)} and _is_in(row, state)]
    chosen = tuple((own[0].unit_name, tuple(own)) for own in _grouped(rows))
    code = next((line.code for line in units if str(line.unit.pk) == unit), "")
    text = text_for_paper(status_round, found, on=on)
    return RoundPage(
        status_round, units, chosen, _choice(code, state), text, judged_on(status_round, on=on), by_unit=is_long
    )


def _first(units: Iterable[UnitLine]) -> str:
    """Key of the first unit from which an answer is missing, otherwise of the first."""
    return str(min(units, key=lambda line: not line.waiting).unit.pk)


def _lines(found: Iterable[Standing], *, on: datetime.date | None) -> tuple[UnitLine, ...]:
    """One line a unit; whom mail reaches on day `on`, nobody for None."""
    groups = _grouped(found)
    people = reachable([own[0].row.unit_id for own in groups], on=on) if on else {}
    return tuple(_line(own, tuple(people.get(own[0].row.unit_id, ()))) for own in groups)


def _line(own: Sequence[Standing], people: tuple[Addressee, ...]) -> UnitLine:
    first = own[0]
    return UnitLine(first.row.unit, first.unit, first.unit_name, len(own), sum(row.is_answered for row in own), people)


def _grouped(found: Iterable[Standing]) -> list[list[Standing]]:
    """The rows of each unit."""
    groups: dict[int, list[Standing]] = {}
    for row in found:
        groups.setdefault(row.row.unit_id, []).append(row)
    return list(groups.values())


def _is_in(row: Standing, state: str) -> bool:
    return {WAITING: not row.is_answered, ANSWERED: row.is_answered}.get(state, True)


def _choice(unit: str, state: str) -> str:
    """What the list is narrowed to, in words; empty when it shows everything."""
    words = {WAITING: "ohne Antwort", ANSWERED: "beantwortet"}.get(state, "")
    return ", ".join(part for part in (unit, words) if part)
