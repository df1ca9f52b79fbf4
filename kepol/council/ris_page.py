"""Reads the text copied from the page of a paper (Vorlage) in the council information system.

The copy is broken in known ways: the table of the Beratungsfolge falls apart into lines, labels stand without value
or twice, dates follow the language of the visitor. Whatever is not understood becomes a `Finding`; nothing is dropped
silently, and the words of the explanation are counted again after it was split into sections.
"""

import datetime as dt
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from kepol.council.references import Reference, UnitLabel, find_references, split_unit_label
from stakeholders.codes import is_code

Level = Literal["missing", "not_understood", "note"]

HOW_TO_COPY = (
    "Bitte im Ratsinformationssystem die Seite der Vorlage öffnen, alles markieren (Strg+A), kopieren (Strg+C) und "
    "hier einfügen – von der Überschrift mit der Vorlagenummer bis zum Ende der Erläuterungen."
)


class UnreadablePage(ValueError):
    """The text is no page of a paper; the message says what is missing and how to copy the page."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"{problem} {HOW_TO_COPY}")


@dataclass(frozen=True)
class Finding:
    """What was missing, not understood or is worth a look; ``line`` counts the lines of the source from 1."""

    level: Level
    message: str
    line: int | None = None


@dataclass(frozen=True)
class ParsedConsultation:
    """One row of the Beratungsfolge; ``raw`` holds all its cells, ``outcome`` only what the row says itself."""

    position: int
    committee: str
    role: str | None
    meeting_date: dt.date | None
    status: str
    outcome: str | None = None
    vote_text: str = ""
    agenda_item: str = ""
    raw: str = ""


@dataclass(frozen=True)
class ParsedDraftResolution:
    """A draft resolution; ``committees`` are names or short names as written, empty means all of the paper."""

    committees: tuple[str, ...]
    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class ParsedSection:
    """A part of the explanation; text before the first heading has an empty one."""

    heading: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class ParsedSubmission:
    """Everything the page says; texts are "" and keys ``None`` where the page says nothing (see ``findings``)."""

    reference: Reference
    kind_text: str = ""
    kind: str | None = None
    subject: str = ""
    status_text: str = ""
    publicity: str | None = None
    lead: UnitLabel | None = None
    involved: tuple[UnitLabel, ...] = ()
    author_text: str = ""
    goals: str = ""
    consultations: tuple[ParsedConsultation, ...] = ()
    draft_resolutions: tuple[ParsedDraftResolution, ...] = ()
    sections: tuple[ParsedSection, ...] = ()
    attachments: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


class Line(NamedTuple):
    """A line of the source that is not blank."""

    number: int
    text: str


def parse_page(text: str) -> ParsedSubmission:
    """Read one page. Raises `UnreadablePage` when it has no number, no Grunddaten or breaks off inside them."""
    findings: list[Finding] = []
    lines = _without_print_footers(_lines(text), findings)
    if not lines:
        raise UnreadablePage("Der Text ist leer.")
    head, body = _split_at_basic_data(lines)
    field_lines, blocks = _split_blocks(body, findings)
    fields = _read_fields(field_lines, findings)
    title = _read_title(head, fields, findings)
    _refuse_cut_page(blocks, lines[-1].number)
    consultations = _read_consultations(blocks, findings, is_last=list(blocks)[-1] == "consultations")
    explanation, attachments = _split_attachments(blocks, findings)
    sections = _read_sections(explanation, findings)
    _check_words(sections, explanation)
    kind_text = _read_kind(title, fields, findings)
    _note_merge_fields(lines, findings)
    parsed = ParsedSubmission(
        reference=title.reference,
        kind_text=kind_text,
        kind=_kind_key(kind_text),
        subject="\n".join(line.text for line in fields["subject"]),
        status_text=_joined(fields["status"]),
        publicity=_publicity(_joined(fields["status"])),
        lead=_read_lead(fields["lead"], findings),
        involved=_read_involved(fields["involved"]),
        author_text=_joined(fields["author"]),
        goals="\n".join(_plain(line.text) for line in [*fields["goals"], *blocks.get("goals", [])]),
        consultations=consultations,
        draft_resolutions=_read_drafts(blocks.get("draft", [])),
        sections=sections,
        attachments=attachments,
    )
    findings += _what_is_missing(parsed, fields, blocks)
    return replace(parsed, findings=tuple(sorted(findings, key=lambda finding: finding.line or 0)))


def explanation_words(parsed: ParsedSubmission) -> list[str]:
    """The words of all headings and paragraphs in order; they are the words of the source."""
    return _words_of(parsed.sections)


# Lines


_LINE_BREAK = re.compile(r"\r\n|[\n\r\v\f\x85\u2028\u2029]")
_INVISIBLE = re.compile(r"[\x00-\x08\x0e-\x1b\x7f\u00ad\u200b\u2060\ufeff]")
_LIGATURES = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
_CLOSED = re.compile(r"[.!?:…][“”\"»«‘’')\]]*$")
_PRINT_FOOTER = re.compile(
    r"Vorlage .{5,60} der Stadt .{0,80}Ausdruck vom:? .{0,40}Seite:? ?\d+ ?/ ?\d+", re.IGNORECASE
)
_MERGE_FIELD = re.compile(r"«[A-Z][A-Z0-9_]*»")


def _lines(text: str) -> list[Line]:
    """NFC, one kind of blank, no blank lines; a tab stays, because it separates the cells of a pasted table."""
    lines: list[Line] = []
    word_continues = False
    for number, raw in enumerate(_LINE_BREAK.split(unicodedata.normalize("NFC", text)), start=1):
        tidy = _tidy(raw)
        if tidy and word_continues:
            lines[-1] = Line(lines[-1].number, lines[-1].text + tidy)
        elif tidy:
            lines.append(Line(number, tidy))
        word_continues = bool(tidy) and raw.rstrip().endswith("\u00ad")
    return lines


def _tidy(raw: str) -> str:
    visible = _INVISIBLE.sub("", raw).translate(_LIGATURES)
    return re.sub(r" *\t[\t ]*", "\t", re.sub(r"[^\S\t]+", " ", visible)).strip(" \t")


def _plain(text: str) -> str:
    return text.replace("\t", " ").strip()


def _joined(lines: Iterable[Line]) -> str:
    return " ".join(_plain(line.text) for line in lines)


def _without_print_footers(lines: list[Line], findings: list[Finding]) -> list[Line]:
    """Take out the footers of the printed paper and join the sentence that one of them cut."""
    kept: list[Line] = []
    after_footer = False
    for line in lines:
        if _PRINT_FOOTER.fullmatch(line.text):
            findings.append(
                Finding("note", f"Die Fußzeile des Ausdrucks wurde weggelassen: „{line.text}“.", line.number)
            )
            after_footer = True
            continue
        if after_footer and kept and line.text[0].islower() and not _CLOSED.search(kept[-1].text):
            kept[-1] = Line(kept[-1].number, f"{kept[-1].text} {line.text}")
        else:
            kept.append(line)
        after_footer = False
    return kept


def _note_merge_fields(lines: list[Line], findings: list[Finding]) -> None:
    for line in lines:
        for merge_field in _MERGE_FIELD.findall(line.text):
            message = f"Das Serienbrieffeld {merge_field} ist nicht ausgefüllt. Bitte den Text im Formular ergänzen."
            findings.append(Finding("not_understood", message, line.number))


# Grunddaten


_BULLET = re.compile(r"^(?:[-–—•●*](?:\s+|$))")
_BASIC_DATA = re.compile(r"#*\s*Grunddaten\b\s*[-–—:]?\s*(?P<rest>.*)", re.IGNORECASE)
_FIELD_LABELS = {
    "subject": r"Betreff",
    "status": r"Status",
    "kind": r"Vorlage-?art|Art der Vorlage",
    "reference": r"Vorlagen?-?\s?(?:Nr\.?|Nummer)",
    "lead": r"Federführend(?:e Dienststelle|es Amt)?",
    "involved": r"Beteiligte?(?: Dienststellen?(?:/n)?)?",
    "author": r"Verfasst von|Verfasser(?:[/*:]in)?",
    "goals": r"Ziele",
}
_FIELD_NAMES = {
    "subject": "Betreff",
    "status": "Status",
    "kind": "Vorlageart",
    "reference": "Vorlage-Nr.",
    "lead": "Federführend",
    "involved": "Beteiligt",
    "author": "Verfasst von",
    "goals": "Ziele",
}
_FIELDS = {
    key: re.compile(rf"(?:[-–—•●*]\s*)?(?:{label})(?:\s*[:\t]\s*|\s+[-–—]\s+|\s*[-–—]?$)(?P<rest>.*)", re.IGNORECASE)
    for key, label in _FIELD_LABELS.items()
}
_UNKNOWN_LABEL = re.compile(r"(?:[-–—•●*]\s*)?[A-ZÄÖÜ][\w /.*()-]{1,40}:")
_UNKNOWN_FIELD = re.compile(r"[-–—•●*]\s*[A-ZÄÖÜ][\w/.*()-]{1,30}(?: [\w/.*()-]{1,20}){0,2}:\s.+")
_PUBLIC = re.compile(r"öffentlich\b", re.IGNORECASE)
_NON_PUBLIC = re.compile(r"nicht[ -]?öffentlich\b", re.IGNORECASE)
_KINDS = {
    "kenntnisnahme": "for_information",
    "entscheidungsvorlage": "for_decision",
    "beschlussvorlage": "for_decision",
    "entscheidungsvorlage (beschlussvorlage)": "for_decision",
    "anhörung": "hearing",
    "empfehlungsvorlage": "recommendation",
}


class _Title(NamedTuple):
    reference: Reference
    kind_text: str
    line: int | None
    rest: str = ""


def _split_at_basic_data(lines: list[Line]) -> tuple[list[Line], list[Line]]:
    """The lines above the Grunddaten and the rest; the word itself may be missing when its labels are there."""
    for index, line in enumerate(lines):
        if match := _BASIC_DATA.fullmatch(line.text):
            rest = match["rest"]
            return lines[:index], [*([Line(line.number, rest)] if rest else []), *lines[index + 1 :]]
        if _field_of(line.text):
            return lines[:index], lines[index:]
    if any(find_references(line.text) for line in lines):
        raise UnreadablePage("Die Seite hat keine Grunddaten (Betreff, Status, Vorlageart, Federführend).")
    raise UnreadablePage(
        f"Der Text hat keine Vorlagenummer und keine Grunddaten. Er beginnt mit „{lines[0].text[:80]}“."
    )


def _field_of(text: str) -> tuple[str, str] | None:
    """The label a line begins with and what follows it; a label that is doubled in the line counts once."""
    for key, pattern in _FIELDS.items():
        rest, found = text, False
        while match := pattern.fullmatch(rest):
            rest, found = match["rest"], True
            if not rest:
                break
        if found:
            return key, _BULLET.sub("", rest)
    return None


def _read_fields(lines: list[Line], findings: list[Finding]) -> dict[str, list[Line]]:
    """The lines of every field. A key is always there; a field that is missing on the page has no lines."""
    found: defaultdict[str, list[list[Line]]] = defaultdict(list)
    current = ""
    for line in lines:
        current = _take_field_line(line, current, found, findings)
    settled = {key: _settle(key, found.get(key, []), findings) for key in _FIELD_LABELS}
    for occurrence in found.get("unknown", []):
        _report_unknown(occurrence, findings)
    return settled


def _take_field_line(
    line: Line, current: str, found: defaultdict[str, list[list[Line]]], findings: list[Finding]
) -> str:
    """Add the line to the field it belongs to; returns the key of the field that is open now."""
    value = _BULLET.sub("", line.text)
    if not value or value.casefold() == "grunddaten":
        return current
    if opened := _opened_field(line, value, current, findings, is_empty=bool(current and not found[current][-1])):
        key, lines = opened
        found[key].append(lines)
        return key
    if current:
        found[current][-1].append(Line(line.number, value))
    else:
        findings.append(Finding("not_understood", f"„{value}“ steht in den Grunddaten ohne Bezeichnung.", line.number))
    return current


def _opened_field(
    line: Line, value: str, current: str, findings: list[Finding], *, is_empty: bool
) -> tuple[str, list[Line]] | None:
    """The field a line opens and its first value; ``is_empty`` says that the field before still waits for one."""
    if label := _field_of(line.text):
        key, rest = label
        return key, [Line(line.number, rest)] if rest else []
    may_be_field = not is_empty and current != "subject"
    if _UNKNOWN_LABEL.fullmatch(line.text) or (may_be_field and _UNKNOWN_FIELD.fullmatch(line.text)):
        return "unknown", [line]
    if is_empty or (shown := _field_without_label(value, current)) is None:
        return None
    findings.append(Finding("note", f"Die Bezeichnung „{_FIELD_NAMES[shown]}“ fehlt vor „{value}“.", line.number))
    return shown, [Line(line.number, value)]


def _field_without_label(value: str, current: str) -> str | None:
    """The field a value shows by its form alone, when it cannot belong to the field before it."""
    if current not in ("", "subject", "status", "kind"):
        return None
    if current != "status" and re.match(r"(?:nicht[ -]?)?öffentlich(?: \(|$)", value, re.IGNORECASE):
        return "status"
    if current != "kind" and _kind_key(value):
        return "kind"
    return "lead" if split_unit_label(value).code and not is_code(value) else None


def _settle(key: str, occurrences: list[list[Line]], findings: list[Finding]) -> list[Line]:
    """One value for a field whose label may stand there twice: the first one that is not empty."""
    filled = [occurrence for occurrence in occurrences if occurrence]
    if not filled:
        return []
    name = _FIELD_NAMES[key]
    if len(occurrences) > 1:
        number = occurrences[1][0].number if occurrences[1] else None
        findings.append(Finding("note", f"Die Bezeichnung „{name}“ steht mehrfach in den Grunddaten.", number))
    for other in filled[1:]:
        if _joined(other) != _joined(filled[0]):
            message = f"„{name}“ hat einen zweiten Wert, der nicht übernommen wurde: „{_joined(other)}“."
            findings.append(Finding("not_understood", message, other[0].number))
    return filled[0]


def _report_unknown(occurrence: list[Line], findings: list[Finding]) -> None:
    message = f"Diese Angabe der Grunddaten ist unbekannt und wurde nicht übernommen: „{_joined(occurrence)}“."
    findings.append(Finding("not_understood", message, occurrence[0].number))


def _read_title(head: list[Line], fields: dict[str, list[Line]], findings: list[Finding]) -> _Title:
    """The number and the Vorlageart from the line "Kenntnisnahme - FB 36/0284/WP17" or from the Grunddaten."""
    titles = [title for line in head if (title := _title_in(line))]
    title = next((title for title in titles if _kind_key(title.kind_text)), titles[0] if titles else None)
    for line in head:
        if title is None or line.number != title.line:
            message = f"Diese Zeile steht vor den Grunddaten und wurde nicht übernommen: „{_plain(line.text)}“."
            findings.append(Finding("note", message, line.number))
    if title and title.rest:
        message = f"Hinter der Vorlagenummer steht „{title.rest}“; das wurde nicht übernommen."
        findings.append(Finding("note", message, title.line))
    in_field = find_references(_joined(fields["reference"]))
    if title and in_field and in_field[0] != title.reference:
        message = f"Die Grunddaten nennen eine andere Vorlagenummer als die Überschrift: „{in_field[0]}“."
        findings.append(Finding("not_understood", message, fields["reference"][0].number))
    if title or in_field:
        return title or _Title(in_field[0], "", None)
    first = f" Der Text beginnt mit „{_plain(head[0].text)[:80]}“." if head else ""
    raise UnreadablePage(
        "Die Seite hat keine Vorlagenummer. Erwartet wird vor den Grunddaten eine Zeile wie "
        f"„Kenntnisnahme - FB 36/0284/WP17“.{first}"
    )


_TITLE = re.compile(
    r"#*\s*(?:(?P<kind>[^/]{0,80}?)\s*[-–—:]\s*|Vorlage\s+)?"
    r"(?P<number>[A-Za-z][^:–—/]{0,12}/[^/]{0,8}/\s*WP\.?\s?\d{2}(?:-\d{1,2})?)(?P<rest>(?!\w).*)",
    re.IGNORECASE,
)


def _title_in(line: Line) -> _Title | None:
    match = _TITLE.fullmatch(line.text)
    if match is None:
        return None
    try:
        reference = Reference.parse(match["number"])
    except ValueError:
        return None
    return _Title(reference, match["kind"] or "", line.number, match["rest"].strip())


def _read_kind(title: _Title, fields: dict[str, list[Line]], findings: list[Finding]) -> str:
    named = _joined(fields["kind"])
    is_kind = title.kind_text and title.kind_text.casefold() != "vorlage"
    if named and is_kind and _kind_key(named) != _kind_key(title.kind_text):
        message = (
            f"Die Überschrift nennt die Vorlageart „{title.kind_text}“, die Grunddaten „{named}“. Es gilt „{named}“."
        )
        findings.append(Finding("not_understood", message, title.line))
    kind_text = named or (title.kind_text if is_kind else "")
    if kind_text and _kind_key(kind_text) is None:
        line = fields["kind"][0].number if named else title.line
        message = f"Die Vorlageart „{kind_text}“ ist unbekannt. Bitte im Formular eine Vorlageart wählen."
        findings.append(Finding("not_understood", message, line))
    return kind_text


def _kind_key(text: str) -> str | None:
    return _KINDS.get(re.sub(r"\s*\(inaktiv\)$", "", text.casefold()))


def _publicity(status: str) -> str | None:
    if _NON_PUBLIC.match(status):
        return "non_public"
    return "public" if _PUBLIC.match(status) else None


def _read_lead(lines: list[Line], findings: list[Finding]) -> UnitLabel | None:
    labels = _read_involved(lines)
    for further in labels[1:]:
        message = (
            f"Federführend ist genau eine Dienststelle; „{' - '.join(filter(None, further))}“ wurde nicht übernommen."
        )
        findings.append(Finding("not_understood", message, lines[0].number))
    return labels[0] if labels else None


def _read_involved(lines: list[Line]) -> tuple[UnitLabel, ...]:
    """Units joined with "; " or one on a line; a line without a code continues the name before it."""
    parts: list[str] = []
    continues = False
    for line in lines:
        for part in _plain(line.text).split(";"):
            if continues and parts and not split_unit_label(part).code:
                parts[-1] = f"{parts[-1]} {part.strip()}"
            elif part.strip():
                parts.append(part.strip())
            continues = False
        continues = not line.text.rstrip().endswith(";")
    return tuple(split_unit_label(part) for part in parts)


# Blocks


_BLOCKS = {
    "consultations": r"Beratungsfolge",
    "draft": r"Beschlussvorschl(?:ag|äge)",
    "explanation": r"Erläuterung(?:en)?",
    "attachments": r"Anlagen?(?:/n|\(n\)|/-n)?",
    "goals": r"Ziele",
    "finance": r"Finanzielle Auswirkungen",
    "climate": r"Klimarelevanz",
}
_BLOCK_LABELS = {
    key: re.compile(rf"(?:#+\s*|[-–—•]\s+)?(?:{label})\s*:?", re.IGNORECASE) for key, label in _BLOCKS.items()
}
_BLOCK_WITH_TEXT = {
    key: re.compile(rf"(?:#+\s*)?(?:{_BLOCKS[key]})\s*:\s+(?P<rest>.+)", re.IGNORECASE)
    for key in ("draft", "explanation", "goals")
}
_DRAFT_FOR = re.compile(r"(?:#+\s*)?Beschlussvorschlag\s+für\s.{3,160}", re.IGNORECASE)


def _split_blocks(lines: list[Line], findings: list[Finding]) -> tuple[list[Line], dict[str, list[Line]]]:
    """The lines of the Grunddaten and those of every block after them, without the labels of the blocks."""
    basic: list[Line] = []
    blocks: dict[str, list[Line]] = {}
    current = ""
    for line in lines:
        label = _block_of(line.text, current, blocks)
        if label is None:
            (blocks[current] if current else basic).append(line)
            continue
        key, rest = label
        if key in blocks:
            findings.append(Finding("note", f"Die Zeile „{_plain(line.text)}“ steht doppelt.", line.number))
        current = key
        blocks.setdefault(key, []).extend([Line(line.number, rest)] if rest else [])
    for key in ("finance", "climate"):
        _report_block(blocks.get(key, []), findings)
    return basic, blocks


def _block_of(text: str, current: str, blocks: dict[str, list[Line]]) -> tuple[str, str] | None:
    """The block a line opens and the text behind the label. Inside the explanation all words belong to it."""
    if current == "explanation":
        return ("explanation", "") if not blocks[current] and _BLOCK_LABELS[current].fullmatch(text) else None
    if "draft" not in blocks and _DRAFT_FOR.fullmatch(text):
        return "draft", text
    for key, pattern in _BLOCK_LABELS.items():
        if pattern.fullmatch(text):
            return (key, "") if _may_open(key, current, blocks) else None
    for key, pattern in _BLOCK_WITH_TEXT.items():
        if (match := pattern.fullmatch(text)) and key != current and _may_open(key, current, blocks):
            return key, match["rest"]
    return None


def _may_open(key: str, current: str, blocks: dict[str, list[Line]]) -> bool:
    """„Ziele" among the Grunddaten is a field; a word that comes again later is text, unless it is just doubled."""
    if key == "goals" and not current:
        return False
    return key not in blocks or (key == current and not blocks[key])


def _report_block(lines: list[Line], findings: list[Finding]) -> None:
    for line in lines:
        message = f"Diese Zeile gehört zu einem Block, der nicht übernommen wird: „{_plain(line.text)}“."
        findings.append(Finding("not_understood", message, line.number))


def _refuse_cut_page(blocks: dict[str, list[Line]], last_line: int) -> None:
    if not blocks.keys() & {"consultations", "draft", "explanation"}:
        raise UnreadablePage(
            f"Der Text bricht nach Zeile {last_line} in den Grunddaten ab: "
            "Beratungsfolge, Beschlussvorschlag und Erläuterungen fehlen."
        )


# Beratungsfolge


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
_MONTH_NAME = (
    r"(?:Jan(?:uary|uar)?|Feb(?:ruary|ruar)?|Mar(?:ch)?|März?|Mrz|Apr(?:il)?|May|Mai|June?|Juni|July?|Juli|"
    r"Aug(?:ust)?|Sept?(?:ember)?|O[ck]t(?:ober)?|Nov(?:ember)?|De[cz](?:ember)?)\.?"
)
_MONTH = rf"(?P<month>{_MONTH_NAME})"
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
    rf"{_WEEKDAY}(?:\d{{1,2}}\.\s?\d{{1,2}}\.|\d{{4}}-\d|\d{{1,2}}/\d{{1,2}}/\d{{2}}|\d{{1,2}}/\d{{4}}|{_MONTH_NAME}\s+\d|"
    rf"\d{{1,2}}\.?\s*{_MONTH_NAME}\s)(?:[\d.,:/\s–-]|\b(?:um|von|bis|Uhr|AM|PM)\b){{0,40}}",
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


def _read_consultations(
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


# Beschlussvorschlag


_ARTICLE = r"(?:(?:[Ff]ür\s+)?(?:[Dd]e[rnm]|[Dd]ie|[Dd]as)\s+)?"
_SHORT_NAME = r"(?:[A-ZÄÖÜ]{2,6}|[A-ZÄÖÜ][a-zäöü]{1,2}[A-ZÄÖÜ][A-Za-z]{0,2})"
_COMMITTEE_NAME = (
    r"(?:Rat|Stadtrat|Ältestenrat|Integrationsrat|Verwaltungsrat|(?:[A-ZÄÖÜ][\w*-]*)?[Aa]usschuss|"
    r"Bezirksvertretung(?:en)?|BV|[A-ZÄÖÜ]\w*beirat|Beirat|[A-ZÄÖÜ]\w*kommission|Kommission)\b"
)
_COMMITTEE = rf"{_ARTICLE}(?:{_COMMITTEE_NAME}|{_SHORT_NAME}(?=\s*(?:[,;:/&(]|und\b|sowie\b|$)))"
_FURTHER_WORDS = r"(?:[\s,;/&]+(?:[A-ZÄÖÜ][\w*-]*|und|sowie|der|des|die|den|dem|für|zur|\([A-ZÄÖÜ]\w*\)))*"
_COMMITTEES = rf"(?P<committees>{_COMMITTEE}{_FURTHER_WORDS})"
_NUMBERING = r"(?:(?:\d{1,2}[.)]|[a-z]\))\s*)?"
_DRAFT_HEADINGS = [
    re.compile(rf"(?:#+\s*)?(?:Beschlussvorschlag|Beschluss)\s+{_COMMITTEES}\s*(?::\s*(?P<text>.*))?"),
    re.compile(rf"{_NUMBERING}{_COMMITTEES}\s*:\s*(?P<text>.*)"),
    re.compile(rf"{_COMMITTEES}(?P<text>)"),
    re.compile(rf"(?P<committees>{_SHORT_NAME})\s+(?P<text>(?:Entsch|Empf|Kenntn)\.\s.*)"),
]
_GRAMMATICAL_SUBJECT = re.compile(
    rf"(?:Der|Die)\s+(?P<committees>(?:{_COMMITTEE_NAME})(?:\s+(?:[A-ZÄÖÜ][\w*/-]*,?|und|der|für))*)\s+[a-zäöü]"
)
_COMMITTEE_SEPARATOR = re.compile(rf"\s*(?:[,;/&]|\bund\b|\bsowie\b)\s*(?={_COMMITTEE})")


def _read_drafts(lines: list[Line]) -> tuple[ParsedDraftResolution, ...]:
    """One resolution for all, or one for each heading that names committees, or for each committee as subject."""
    drafts: list[tuple[tuple[str, ...], list[str]]] = []
    for line in lines:
        committees, text = _draft_heading(_plain(line.text))
        if committees or not drafts:
            drafts.append((committees, []))
        if text:
            drafts[-1][1].append(text)
    if len(drafts) == 1 and not drafts[0][0]:
        drafts = _split_by_subject(drafts[0][1])
    return tuple(ParsedDraftResolution(committees, tuple(paragraphs)) for committees, paragraphs in drafts)


def _draft_heading(text: str) -> tuple[tuple[str, ...], str]:
    """The committees a line names as heading and the text behind them; a line of text names none."""
    for pattern in _DRAFT_HEADINGS:
        if match := pattern.fullmatch(text):
            return _split_committees(match["committees"]), match["text"] or ""
    return (), text


def _split_committees(text: str) -> tuple[str, ...]:
    """„AUK, MOA und Rat" are three, "Ausschuss für Umwelt und Klimaschutz" is one."""
    return tuple(re.sub(rf"^{_ARTICLE}", "", part).strip() for part in _COMMITTEE_SEPARATOR.split(text))


def _split_by_subject(paragraphs: list[str]) -> list[tuple[tuple[str, ...], list[str]]]:
    """Paragraphs that begin with different committees ("Der Hauptausschuss …", "Der Rat …") are theirs."""
    subjects = [match["committees"] if (match := _GRAMMATICAL_SUBJECT.match(text)) else "" for text in paragraphs]
    if not subjects or not subjects[0] or set(subjects) <= {subjects[0], ""}:
        return [((), paragraphs)]
    drafts: list[tuple[tuple[str, ...], list[str]]] = []
    for subject, text in zip(subjects, paragraphs, strict=True):
        if subject and (not drafts or drafts[-1][0] != (subject,)):
            drafts.append(((subject,), []))
        drafts[-1][1].append(text)
    return drafts


# Erläuterungen


_MAX_TITLE = 200
_MAX_HEADING = 90
_MAX_HEADING_WORDS = 12
_LIST_ITEM = re.compile(r"(?:[-–—•●*·▪◦]|[a-z]\))\s")
_QUOTED = ("„", "“", "”", '"', "»", "«", "\u201a", "‘", "’", "'", ",", "(", "[")
_PART_NUMBER = re.compile(
    rf"^(?:\d{{1,2}}(?:[.)]|(?:\.[1-9]\d?)+)|[IVX]{{1,4}}\.)\s+(?!{_MONTH_NAME}\b|\d)", re.IGNORECASE
)
_DAY_OR_TIME = re.compile(
    rf"\b\d{{1,2}}\.\s?\d{{1,2}}\.|\b\d{{1,2}}\.\s?{_MONTH_NAME}(?!\w)|\b\d{{1,2}}[:.]\d{{2}}\b|"
    r"\bUhr\b|\b(?:Mon|Diens|Donners|Frei|Sams|Sonn)tag,|\bMittwoch,",
    re.IGNORECASE,
)
_ONLY_MONTH = re.compile(rf"(?:(?:Anfang|Mitte|Ende|im|bis|ab)\s+)*{_MONTH_NAME}\s+\d{{4}}|[\d\s./–-]+", re.IGNORECASE)
_NO_HEADING = re.compile(
    r"@|https?:|www\.|\||\t|€|^(?:Abb|Abbildung|Tab|Tabelle|Foto|Bild|Quelle|Tel)\b|[a-zäöüß]{2}[.!] [A-ZÄÖÜ]|"
    r"(?<!\d): |(?:,.*){3}"
)
_FINITE_VERB = re.compile(
    r"\b(?:ist|sind|war|waren|wird|werden|wurde|wurden|hat|haben|kann|können|soll|sollen|muss|müssen|findet|finden|"
    r"steht|stehen|gibt|bietet|beginnt|erfolgt|bleibt|liegt)\b"
)


def _split_attachments(blocks: dict[str, list[Line]], findings: list[Finding]) -> tuple[list[Line], tuple[str, ...]]:
    """The explanation without the list of attachments at its end; a text under such a heading stays a text."""
    lines = blocks.get("explanation", [])
    titles = list(blocks.get("attachments", []))
    for index in range(len(lines) - 1, -1, -1):
        if not _BLOCK_LABELS["attachments"].fullmatch(lines[index].text):
            continue
        tail = lines[index + 1 :]
        if not tail:
            findings.append(Finding("missing", "Unter „Anlagen“ steht nichts.", lines[index].number))
        if all(len(line.text) <= _MAX_TITLE and not line.text.endswith((".", "!", "?", ":")) for line in tail):
            lines, titles = lines[:index], [*titles, *tail]
        else:
            message = "Unter dieser Zeile steht Text und keine Liste von Anlagen; sie gehört zu den Erläuterungen."
            findings.append(Finding("note", message, lines[index].number))
        break
    return lines, tuple(_plain(_BULLET.sub("", line.text)) for line in titles)


def _read_sections(lines: list[Line], findings: list[Finding]) -> tuple[ParsedSection, ...]:
    if not lines:
        return ()
    headings = _heading_indexes(lines, findings)
    starts = sorted({0, *headings})
    sections = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        heading = _plain(lines[start].text) if start in headings else ""
        paragraphs = lines[start + bool(heading) : end]
        sections.append(ParsedSection(heading, tuple(_plain(line.text) for line in paragraphs)))
    return tuple(sections)


def _heading_indexes(lines: list[Line], findings: list[Finding]) -> set[int]:
    """A heading is a short line alone between paragraphs; several short lines in a row are a list.

    A short line after one that ends in a colon is what the colon announces; the last line heads nothing.
    """
    headings: set[int] = set()
    for first, last in _short_runs(lines):
        announced = first > 0 and lines[first - 1].text.endswith(":")
        if first == last and last + 1 < len(lines) and not announced:
            headings.add(first)
        elif last + 1 < len(lines):
            where = "Diese kurze Zeile wurde" if first == last else f"{last - first + 1} kurze Zeilen ab hier wurden"
            message = f"{where} als Absatz gelesen, nicht als Überschrift: „{_plain(lines[first].text)}“."
            findings.append(Finding("note", message, lines[first].number))
    return headings


def _short_runs(lines: list[Line]) -> Iterator[tuple[int, int]]:
    """First and last index of neighbouring lines that have the form of a heading."""
    first = None
    for index, line in enumerate(lines):
        if _has_heading_form(line.text):
            first = index if first is None else first
            continue
        if first is not None:
            yield first, index - 1
        first = None
    if first is not None:
        yield first, len(lines) - 1


def _has_heading_form(text: str) -> bool:
    if len(text) > _MAX_HEADING or text.startswith(_QUOTED) or _LIST_ITEM.match(text):
        return False
    words = _PART_NUMBER.sub("", text)
    if not words or words[0].islower() or len(words.split()) > _MAX_HEADING_WORDS:
        return False
    if text.endswith((".", "!", ":", ";", ",", "…", "-", "–", "“", "”", '"', "«", "‘", "’", "'")):
        return False
    if _DAY_OR_TIME.search(words) or _ONLY_MONTH.fullmatch(text) or _NO_HEADING.search(words):
        return False
    return text.endswith("?") or not _FINITE_VERB.search(words)


def _words_of(sections: Iterable[ParsedSection]) -> list[str]:
    return " ".join(text for section in sections for text in (section.heading, *section.paragraphs)).split()


def _check_words(sections: tuple[ParsedSection, ...], explanation: list[Line]) -> None:
    if _words_of(sections) != _joined(explanation).split():
        raise UnreadablePage("Beim Aufteilen der Erläuterungen gingen Wörter verloren; es wurde nichts übernommen.")


# What is missing


def _what_is_missing(
    parsed: ParsedSubmission, fields: dict[str, list[Line]], blocks: dict[str, list[Line]]
) -> Iterator[Finding]:
    for key in ("subject", "status", "lead"):
        if not fields[key]:
            yield Finding("missing", f"Die Angabe „{_FIELD_NAMES[key]}“ fehlt.")
    if not parsed.kind_text:
        yield Finding("missing", "Die Angabe „Vorlageart“ fehlt.")
    if parsed.status_text and parsed.publicity is None:
        message = f"Der Status „{parsed.status_text}“ sagt nicht, ob die Vorlage öffentlich oder nichtöffentlich ist."
        yield Finding("not_understood", message, fields["status"][0].number)
    if "draft" in blocks and not parsed.draft_resolutions:
        yield Finding("missing", "Unter „Beschlussvorschlag“ steht kein Text.")
    elif parsed.kind == "for_decision" and not parsed.draft_resolutions:
        yield Finding("missing", "Diese Entscheidungsvorlage hat keinen Beschlussvorschlag.")
    yield from _end_of_page(parsed, blocks)


def _end_of_page(parsed: ParsedSubmission, blocks: dict[str, list[Line]]) -> Iterator[Finding]:
    """A page that was not copied to its end shows it at the explanation."""
    lines = blocks.get("explanation", [])
    for line in lines:
        if _BLOCK_LABELS["draft"].fullmatch(line.text) and "draft" not in blocks:
            message = "Der Beschlussvorschlag steht nach den Erläuterungen und wurde als deren Teil gelesen."
            yield Finding("not_understood", message, line.number)
    if not parsed.sections:
        yield Finding("missing", "Die Erläuterungen fehlen. Wurde die Seite bis zum Ende kopiert?")
    elif not (parsed.attachments or _LIST_ITEM.match(lines[-1].text) or _CLOSED.search(lines[-1].text)):
        message = "Die letzte Zeile endet ohne Satzzeichen. Wurde die Seite bis zum Ende kopiert?"
        yield Finding("note", message, lines[-1].number)
