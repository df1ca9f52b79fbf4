"""Reads the title and the Grunddaten."""

import re
from collections import defaultdict
from typing import NamedTuple

from kepol.council.references import Reference, UnitLabel, find_references, split_unit_label
from kepol.council.ris_page.lines import Line, joined, plain
from kepol.council.ris_page.result import Finding, UnreadablePage
from stakeholders.codes import is_code

BULLET = re.compile(r"^(?:[-–—•●*](?:\s+|$))")
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
FIELD_NAMES = {
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


def split_at_basic_data(lines: list[Line]) -> tuple[list[Line], list[Line]]:
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
            return key, BULLET.sub("", rest)
    return None


def read_fields(lines: list[Line], findings: list[Finding]) -> dict[str, list[Line]]:
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
    value = BULLET.sub("", line.text)
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
    findings.append(Finding("note", f"Die Bezeichnung „{FIELD_NAMES[shown]}“ fehlt vor „{value}“.", line.number))
    return shown, [Line(line.number, value)]


def _field_without_label(value: str, current: str) -> str | None:
    """The field a value shows by its form alone, when it cannot belong to the field before it."""
    if current not in ("", "subject", "status", "kind"):
        return None
    if current != "status" and re.match(r"(?:nicht[ -]?)?öffentlich(?: \(|$)", value, re.IGNORECASE):
        return "status"
    if current != "kind" and kind_key(value):
        return "kind"
    return "lead" if split_unit_label(value).code and not is_code(value) else None


def _settle(key: str, occurrences: list[list[Line]], findings: list[Finding]) -> list[Line]:
    """One value for a field whose label may stand there twice: the first one that is not empty."""
    filled = [occurrence for occurrence in occurrences if occurrence]
    if not filled:
        return []
    name = FIELD_NAMES[key]
    if len(occurrences) > 1:
        number = occurrences[1][0].number if occurrences[1] else None
        findings.append(Finding("note", f"Die Bezeichnung „{name}“ steht mehrfach in den Grunddaten.", number))
    for other in filled[1:]:
        if joined(other) != joined(filled[0]):
            message = f"„{name}“ hat einen zweiten Wert, der nicht übernommen wurde: „{joined(other)}“."
            findings.append(Finding("not_understood", message, other[0].number))
    return filled[0]


def _report_unknown(occurrence: list[Line], findings: list[Finding]) -> None:
    message = f"Diese Angabe der Grunddaten ist unbekannt und wurde nicht übernommen: „{joined(occurrence)}“."
    findings.append(Finding("not_understood", message, occurrence[0].number))


def read_title(head: list[Line], fields: dict[str, list[Line]], findings: list[Finding]) -> _Title:
    """The number and the Vorlageart from the line "Kenntnisnahme - FB 36/0284/WP17" or from the Grunddaten."""
    titles = [title for line in head if (title := _title_in(line))]
    title = next((title for title in titles if kind_key(title.kind_text)), titles[0] if titles else None)
    for line in head:
        if title is None or line.number != title.line:
            message = f"Diese Zeile steht vor den Grunddaten und wurde nicht übernommen: „{plain(line.text)}“."
            findings.append(Finding("note", message, line.number))
    if title and title.rest:
        message = f"Hinter der Vorlagenummer steht „{title.rest}“; das wurde nicht übernommen."
        findings.append(Finding("note", message, title.line))
    in_field = find_references(joined(fields["reference"]))
    if title and in_field and in_field[0] != title.reference:
        message = f"Die Grunddaten nennen eine andere Vorlagenummer als die Überschrift: „{in_field[0]}“."
        findings.append(Finding("not_understood", message, fields["reference"][0].number))
    if title or in_field:
        return title or _Title(in_field[0], "", None)
    first = f" Der Text beginnt mit „{plain(head[0].text)[:80]}“." if head else ""
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


def read_kind(title: _Title, fields: dict[str, list[Line]], findings: list[Finding]) -> str:
    named = joined(fields["kind"])
    is_kind = title.kind_text and title.kind_text.casefold() != "vorlage"
    if named and is_kind and kind_key(named) != kind_key(title.kind_text):
        message = (
            f"Die Überschrift nennt die Vorlageart „{title.kind_text}“, die Grunddaten „{named}“. Es gilt „{named}“."
        )
        findings.append(Finding("not_understood", message, title.line))
    kind_text = named or (title.kind_text if is_kind else "")
    if kind_text and kind_key(kind_text) is None:
        line = fields["kind"][0].number if named else title.line
        message = f"Die Vorlageart „{kind_text}“ ist unbekannt. Bitte im Formular eine Vorlageart wählen."
        findings.append(Finding("not_understood", message, line))
    return kind_text


def kind_key(text: str) -> str | None:
    return _KINDS.get(re.sub(r"\s*\(inaktiv\)$", "", text.casefold()))


def publicity_of(status: str) -> str | None:
    if _NON_PUBLIC.match(status):
        return "non_public"
    return "public" if _PUBLIC.match(status) else None


def read_lead(lines: list[Line], findings: list[Finding]) -> UnitLabel | None:
    labels = read_involved(lines)
    for further in labels[1:]:
        message = (
            f"Federführend ist genau eine Dienststelle; „{' - '.join(filter(None, further))}“ wurde nicht übernommen."
        )
        findings.append(Finding("not_understood", message, lines[0].number))
    return labels[0] if labels else None


def read_involved(lines: list[Line]) -> tuple[UnitLabel, ...]:
    """Units joined with "; " or one on a line; a line without a code continues the name before it."""
    parts: list[str] = []
    continues = False
    for line in lines:
        for part in plain(line.text).split(";"):
            if continues and parts and not split_unit_label(part).code:
                parts[-1] = f"{parts[-1]} {part.strip()}"
            elif part.strip():
                parts.append(part.strip())
            continues = False
        continues = not line.text.rstrip().endswith(";")
    return tuple(split_unit_label(part) for part in parts)
