"""Numbers of council papers (``FB 36/0284/WP17``) and codes of units (``FB 36``, ``FB 01/300``, ``Dez II``).

The council system assigns the numbers; this module only reads the spellings people use and prints the canonical one.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple, Self

from stakeholders.codes import UNIT, canonical_code, canonical_unit, is_code, plain

_TWO_DIGITS = range(1, 100)
_FOUR_DIGITS = range(1, 10_000)
_PAPER = r"\s*/\s*(?P<paper>[0-9]{1,4})\s*/\s*WP\.?\s*(?P<term>[0-9]{2})(?![0-9])"
_REFERENCE = re.compile(rf"{UNIT}{_PAPER}(?:\s*-\s*(?P<supplement>[0-9]{{1,2}}))?", re.IGNORECASE)
_MENTION = re.compile(rf"(?<![\w/]){UNIT}{_PAPER}(?:-(?P<supplement>[0-9]{{1,2}})(?![0-9]))?(?![\w/])", re.IGNORECASE)
_FURTHER_DIVISIONS = re.compile(r"(?P<first>.*/[0-9]{2,3})(?P<further>(?:\s*/\s*[0-9]{2,3})+)", re.DOTALL)
_LABEL = re.compile(r"(?P<code>[^\s].{0,14}?)\s+[-–—]\s+(?P<name>\S.*)", re.DOTALL)
_CODE_AHEAD = "(?=" + re.sub(r"\?P<\w+>", "?:", UNIT) + r"(?!\w))"
_HARD_SEPARATOR = re.compile(r"\s*(?://|;|\n)\s*")
_SOFT_SEPARATOR = re.compile(r"\s*(?:,|\+|&|\bund\b|\bsowie\b|\bu\.)\s*", re.IGNORECASE)
_BEFORE_CODE = re.compile(rf"\s*(?:,|\+|&|/|\bund\b|\bsowie\b|\bu\.)\s*{_CODE_AHEAD}", re.IGNORECASE)

EXPECTED = "Erwartet wird eine Nummer wie „FB 36/0284/WP17“ (Dienststelle/Nummer/Wahlperiode, auch mit Ergänzung „-1“)."


class UnitLabel(NamedTuple):
    """A unit as a page names it: canonical ``code`` ("" if the label has none) and ``name`` as written."""

    code: str
    name: str


@dataclass(frozen=True)
class Reference:
    """The number of a council paper. A supplement (``-1``) is a paper of its own, not a spelling of the first."""

    unit: str
    number: int
    term: int
    supplement: int | None = None

    def __post_init__(self) -> None:
        supplement_fits = self.supplement is None or self.supplement in _TWO_DIGITS
        if self.number not in _FOUR_DIGITS or self.term not in _TWO_DIGITS or not supplement_fits:
            raise ValueError(f"Diese Vorlagenummer gibt es nicht. {EXPECTED}")
        if canonical_code(self.unit) != self.unit or "/" in self.unit:
            raise ValueError(f"„{self.unit}“ ist keine Dienststelle einer Vorlagenummer. {EXPECTED}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one number in any spelling met so far; ``ValueError`` with a German message for everything else."""
        match = _REFERENCE.fullmatch(plain(text))
        if match is None:
            raise ValueError(f"„{text.strip()}“ ist keine Vorlagenummer. {EXPECTED}")
        supplement = match["supplement"]
        return cls(
            canonical_unit(match), int(match["paper"]), int(match["term"]), int(supplement) if supplement else None
        )

    def __str__(self) -> str:
        supplement = f"-{self.supplement}" if self.supplement else ""
        return f"{self.unit}/{self.number:04d}/WP{self.term:02d}{supplement}"


def find_references(text: str) -> list[Reference]:
    """All numbers of papers in running text, each once, in the order of their first mention."""
    found = []
    for match in _MENTION.finditer(plain(text)):
        try:
            found.append(Reference.parse(match[0]))
        except ValueError:
            continue  # has the form of a number but cannot be one, such as FB 36/0000/WP17
    return list(dict.fromkeys(found))


def split_units(text: str) -> list[str]:
    """The units named in one cell: canonical codes; what is no code (a name, a person) stays as written.

    ``//``, ``;`` and line ends always separate; a comma or "und" only next to a code, so that
    "Klima und Umwelt" stays one name. ``FB 61/200 /100`` names two divisions of FB 61.
    """
    units = []
    for part in _HARD_SEPARATOR.split(unicodedata.normalize("NFC", text)):
        for piece in _BEFORE_CODE.split(part):
            units.extend(_units_of(piece.strip()))
    return list(dict.fromkeys(units))


def split_unit_label(text: str) -> UnitLabel:
    """``FB 01 - Fachbereich X`` → code and name; ``Dezernat II`` is both; a label without a code has an empty one."""
    label = unicodedata.normalize("NFC", text).strip()
    match = _LABEL.fullmatch(label)
    if match and is_code(match["code"]):
        return UnitLabel(canonical_code(match["code"]), match["name"])
    return UnitLabel(canonical_code(label) if is_code(label) else "", label)


def _units_of(piece: str) -> list[str]:
    """A piece of a cell that has at most one code, at its beginning."""
    if not piece:
        return []
    if is_code(piece):
        return [canonical_code(piece)]
    if several := _FURTHER_DIVISIONS.fullmatch(piece):
        return _divisions(several, piece)
    first, *rest = _SOFT_SEPARATOR.split(piece, maxsplit=1)
    return [canonical_code(first), *_units_of(rest[0])] if rest and is_code(first) else [piece]


def _divisions(several: re.Match[str], piece: str) -> list[str]:
    first = re.sub(r"(/\s*[0-9]{2,3})\s*/.*", r"\1", several["first"], flags=re.DOTALL)
    if not is_code(first):
        return [piece]
    code = canonical_code(first)
    numbers = re.findall(r"/\s*([0-9]{2,3})(?![0-9])", piece)
    return [f"{code.partition('/')[0]}/{number}" for number in numbers]
