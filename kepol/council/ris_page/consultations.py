"""Reads the table of the Beratungsfolge, however its cells fell apart."""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from kepol.council.ris_page.lines import Line
from kepol.council.ris_page.result import Finding, ParsedConsultation, UnreadablePage

_STATUS = {"geplant": "planned", "erledigt": "done"}
_ROLES = {
    "kenntnisnahme": "information",
    "zur kenntnisnahme": "information",
    "anhörung/empfehlung": "recommendation",
    "anhörung": "recommendation",
    "empfehlung": "recommendation",
    "entscheidung": "decision",
}
_OUTCOMES = {
    "ungeändert beschlossen": "adopted_unchanged",
    "ungeänd. beschl": "adopted_unchanged",
    "beschlossen": "adopted",
    "geändert beschlossen": "adopted_amended",
    "geänd. beschl": "adopted_amended",
    "zur kenntnis genommen": "noted",
    "zur kenntnis genommen / ohne votum": "noted",
    "z.k": "noted",
    "z. k": "noted",
    "abgelehnt": "rejected",
    "von der tagesordnung abgesetzt": "removed",
    "abgesetzt": "removed",
    "vertagt": "adjourned",
    "zurückgestellt": "deferred",
    "zurückgezogen": "withdrawn",
    "verwiesen": "referred",
    "ohne votum": "no_vote",
}
_MAX_CELL = 300
_NOTHING = re.compile(r"[-–—?:_.…]*|NA|n/a", re.IGNORECASE)
_TABLE_HEAD = {"status", "datum", "gremium", "beschluss", "zuständigkeit", "kompetenz", "na", "top"}
_AGENDA_ITEM = re.compile(r"(?:TOP:?\s*)?(?P<part>[ÖN])\s*(?P<number>\d+(?:\.\d+)*)")
_VOTE = re.compile(r"(?:einstimmig|mehrheitlich|mit (?:\w+ )?Mehrheit|bei \w+|Zustimmung:)\b.*", re.IGNORECASE)
_OUTCOME_AND_VOTE = re.compile(r"(?P<outcome>[^,(;–]+?)\s*[,(;–]\s*(?P<vote>.+?)\)?")
_COMMITTEE_WORD = re.compile(r"Rat\b|\w*(?:ausschuss|vertretung|beirat|kommission|rat)\b", re.IGNORECASE)

_MONTH_STARTS = ("jan", "feb", "mar mär mrz", "apr", "may mai", "jun", "jul", "aug", "sep", "oct okt", "nov", "dec dez")
_MONTHS = {start: number for number, starts in enumerate(_MONTH_STARTS, start=1) for start in starts.split()}
MONTH_NAME = (
    r"(?:Jan(?:uary|uar)?|Feb(?:ruary|ruar)?|Mar(?:ch)?|März?|Mrz|Apr(?:il)?|May|Mai|June?|Juni|July?|Juli|"
    r"Aug(?:ust)?|Sept?(?:ember)?|O[ck]t(?:ober)?|Nov(?:ember)?|De[cz](?:ember)?)\.?"
)
_MONTH = rf"(?P<month>{MONTH_NAME})"
_LAST_MONTH = 12
_YEARS = range(1900, 2101)
_WEEKDAY = r"(?:(?:Mo|Di|Mi|Do|Fr|Sa|So|Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-zä]*\.?,?\s+)?"
_TIME = r"(?P<time>,?\s+(?:um\s+)?\d{1,2}[:.]\d{2}\b.{0,30})?"
_YEAR = r"(?P<year>\d{4}|\d{2})"
_DATES = [
    re.compile(rf"{_WEEKDAY}{form}{_TIME}", re.IGNORECASE | re.ASCII)
    for form in (
        rf"(?P<day>\d{{1,2}})\.\s?(?P<month>\d{{1,2}})\.\s?{_YEAR}",
        r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})",
        rf"{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})",
        rf"(?P<day>\d{{1,2}})\.?\s*{_MONTH},?\s+(?P<year>\d{{4}})",
    )
]
_SLASHED = re.compile(rf"(?P<first>\d{{1,2}})/(?P<second>\d{{1,2}})/{_YEAR}{_TIME}", re.ASCII)
_DATE_LIKE = re.compile(
    rf"{_WEEKDAY}(?:\d{{1,2}}\.\s?\d{{1,2}}\.|\d{{4}}-\d|\d{{1,2}}/\d{{1,2}}/\d{{2}}|\d{{1,2}}/\d{{4}}|{MONTH_NAME}\s+\d|"
    rf"\d{{1,2}}\.?\s*{MONTH_NAME}\s)(?:[\d.,:/\s–-]|\b(?:um|von|bis|Uhr|AM|PM)\b){{0,40}}",
    re.IGNORECASE | re.ASCII,
)


class Token(NamedTuple):
    """A piece of a row: what it is, its text, its line, and whether it stands in the same cell as the one before."""

    kind: str
    text: str
    line: int
    same_cell: bool


@dataclass
class _Row:
    line: int
    marked: bool = False
    committee: str = ""
    last_kind: str = ""
    parts: dict[str, Token] = field(default_factory=dict)
    raw: list[str] = field(default_factory=list)
    not_understood: list[Token] = field(default_factory=list)

    def take(self, token: Token) -> None:
        """Put a token where it belongs; a second one of its kind is not understood."""
        if token.kind == "marker":
            self.marked = True
            return
        self.raw.append(token.text)
        if token.kind in ("name", "other"):
            self._take_name(token)
        elif token.kind in self.parts:
            self.not_understood.append(token)
        elif token.kind != "nothing":
            self.parts[token.kind] = token
        self.last_kind = token.kind

    def _take_name(self, token: Token) -> None:
        if self.committee and token.same_cell and self.last_kind in ("name", "other"):
            self.committee = f"{self.committee} {token.text}"
        elif self.marked and len(self.raw) == 1 and token.kind == "other":
            self.not_understood.append(token)  # the first cell is the status; this one is an unknown word
        elif not self.committee:
            self.committee = token.text
        else:
            self.not_understood.append(token)

    def ends_before(self, token: Token) -> bool:
        """Whether the token opens the next row; without a status, a second committee does."""
        if token.kind in ("marker", "status"):
            return bool(self.raw)
        return token.kind == "name" and bool(self.committee) and bool(self.parts.keys() & {"role", "date"})


def read_consultations(
    blocks: dict[str, list[Line]], findings: list[Finding], *, is_last: bool
) -> tuple[ParsedConsultation, ...]:
    """The rows in the order of the page, which is not always the order of their dates."""
    if "consultations" not in blocks:
        findings.append(Finding("missing", "Die Seite hat keine Beratungsfolge."))
        return ()
    rows = [row for row in _rows(_tokens(blocks["consultations"])) if row.raw]
    if not rows:
        findings.append(Finding("missing", "Die Beratungsfolge nennt keine Beratung."))
    if rows and is_last and not (rows[-1].committee and "role" in rows[-1].parts):
        raise UnreadablePage(
            f"Der Text bricht in der Beratungsfolge ab (Zeile {rows[-1].line}): "
            f"Die letzte Beratung „{' | '.join(rows[-1].raw)}“ ist unvollständig."
        )
    return tuple(_consultation(row, position, findings) for position, row in enumerate(rows, start=1))


def _rows(tokens: Iterable[Token]) -> list[_Row]:
    rows: list[_Row] = []
    for token in tokens:
        if not rows or rows[-1].ends_before(token):
            rows.append(_Row(token.line))
        rows[-1].take(token)
    return rows


def _tokens(lines: list[Line]) -> Iterator[Token]:
    in_head = True
    same_cell = False
    for line in lines:
        for index, cell in enumerate(re.split(r"[|\t]", line.text)):
            same_cell = same_cell and index == 0
            for kind, text in _pieces(cell.strip()):
                in_head = in_head and (kind == "nothing" or text.casefold() in _TABLE_HEAD)
                if text and not in_head:
                    yield Token(kind, text, line.number, same_cell)
                    same_cell = True


def _pieces(cell: str) -> Iterator[tuple[str, str]]:
    """A cell and what it is; a row pasted without separators is taken apart from both ends."""
    if cell.startswith(("●", "•")):
        yield "marker", cell[0]
        cell = cell[1:].strip()
    kind = _token_kind(cell)
    if kind not in ("name", "other"):
        yield kind, cell
        return
    words = cell.split() if len(cell) <= _MAX_CELL else []
    front = next((n for n in (3, 2, 1) if n < len(words) and _token_kind(" ".join(words[:n])) in ("status", "date")), 0)
    back = next((n for n in (3, 2, 1) if n < len(words) and _token_kind(" ".join(words[-n:])) in ("role", "date")), 0)
    if front:
        yield _token_kind(" ".join(words[:front])), " ".join(words[:front])
        yield from _pieces(" ".join(words[front:]))
    elif back:
        yield from _pieces(" ".join(words[:-back]))
        yield _token_kind(" ".join(words[-back:])), " ".join(words[-back:])
    else:
        yield kind, cell


_TOKEN_KINDS: dict[str, Callable[[str], object]] = {
    "nothing": _NOTHING.fullmatch,
    "status": lambda text: text.casefold() in _STATUS,
    "role": lambda text: text.casefold() in _ROLES,
    "outcome": lambda text: _outcome(text) is not None,
    "vote": _VOTE.fullmatch,
    "agenda_item": _AGENDA_ITEM.fullmatch,
    "date": _DATE_LIKE.fullmatch,
    "name": _COMMITTEE_WORD.search,
}


def _token_kind(text: str) -> str:
    return next((kind for kind, fits in _TOKEN_KINDS.items() if fits(text)), "other")


def _outcome(text: str) -> tuple[str, str] | None:
    """The key of a result and the vote behind it ("ungeändert beschlossen, einstimmig")."""
    if key := _OUTCOMES.get(text.casefold().rstrip(".")):
        return key, ""
    match = _OUTCOME_AND_VOTE.fullmatch(text)
    key = _OUTCOMES.get(match["outcome"].casefold().rstrip(".")) if match else None
    return (key, match["vote"]) if match and key else None


def _consultation(row: _Row, position: int, findings: list[Finding]) -> ParsedConsultation:
    for token in row.not_understood:
        message = f"Beratungsfolge, {position}. Beratung: „{token.text}“ wurde nicht verstanden und nicht übernommen."
        findings.append(Finding("not_understood", message, token.line))
    for key, name in (("status", "der Status"), ("role", "die Zuständigkeit"), ("date", "das Datum")):
        if key not in row.parts:
            findings.append(Finding("missing", f"Beratungsfolge, {position}. Beratung: Es fehlt {name}.", row.line))
    if not row.committee:
        findings.append(Finding("missing", f"Beratungsfolge, {position}. Beratung: Es fehlt das Gremium.", row.line))
    words = {key: token.text for key, token in row.parts.items()}
    outcome, vote = _outcome(words.get("outcome", "")) or (None, "")
    return ParsedConsultation(
        position=position,
        committee=row.committee,
        role=_ROLES.get(words.get("role", "").casefold()),
        meeting_date=_meeting_date(row.parts.get("date"), position, findings),
        status=_STATUS.get(words.get("status", "").casefold(), "planned"),
        outcome=outcome,
        vote_text="; ".join(filter(None, (vote, words.get("vote")))),
        agenda_item=_AGENDA_ITEM.sub(r"\g<part> \g<number>", words.get("agenda_item", "")),
        raw=" | ".join(row.raw),
    )


def _meeting_date(token: Token | None, position: int, findings: list[Finding]) -> dt.date | None:
    if token is None:
        return None
    try:
        day, time = _read_date(token.text)
    except ValueError as error:
        message = f"Beratungsfolge, {position}. Beratung: {error} Bitte das Datum im Formular eintragen."
        findings.append(Finding("not_understood", message, token.line))
        return None
    if time:
        message = f"Beratungsfolge, {position}. Beratung: Die Uhrzeit „{time}“ wurde nicht übernommen."
        findings.append(Finding("note", message, token.line))
    return day


def _read_date(text: str) -> tuple[dt.date, str]:
    """The day and the words about the time behind it; ``ValueError`` with a German message."""
    if match := _SLASHED.fullmatch(text):
        return _slashed_date(match)
    for pattern in _DATES:
        if match := pattern.fullmatch(text):
            month = match["month"]
            number = int(month) if month.isdecimal() else _MONTHS[month[:3].casefold()]
            return _day(match["year"], number, int(match["day"]), text), (match["time"] or "").strip(" ,")
    raise ValueError(f"„{text}“ ist kein Tag in der Form 07.05.2025.")


def _slashed_date(match: re.Match[str]) -> tuple[dt.date, str]:
    """``05/07/2025`` can be 5 July or 7 May: refused; a number above 12 leaves one reading."""
    first, second = int(match["first"]), int(match["second"])
    if max(first, second) <= _LAST_MONTH and first != second:
        raise ValueError(f"„{match[0]}“ ist mehrdeutig: Ist der {first}.{second}. oder der {second}.{first}. gemeint?")
    day, month = (first, second) if first > _LAST_MONTH else (second, first)
    return _day(match["year"], month, day, match[0]), (match["time"] or "").strip(" ,")


def _day(year: str, month: int, day: int, text: str) -> dt.date:
    full_year = int(f"20{year}"[-4:]) if len(year) < len("2025") else int(year)
    try:
        found = dt.date(full_year, month, day)
    except ValueError:
        raise ValueError(f"Den Tag „{text}“ gibt es nicht.") from None
    if full_year not in _YEARS:
        raise ValueError(f"Das Jahr in „{text}“ liegt nicht zwischen 1900 und 2100.")
    return found
