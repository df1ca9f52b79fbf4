"""Splits the Erläuterungen into sections, and loses no word."""

import re
from collections.abc import Iterable, Iterator

from kepol.council.ris_page.basic_data import BULLET
from kepol.council.ris_page.blocks import BLOCK_LABELS
from kepol.council.ris_page.consultations import MONTH_NAME
from kepol.council.ris_page.lines import Line, joined, plain
from kepol.council.ris_page.result import Finding, ParsedSection, UnreadablePage

_MAX_TITLE = 200
_MAX_HEADING = 90
_MAX_HEADING_WORDS = 12
LIST_ITEM = re.compile(r"(?:[-–—•●*·▪◦]|[a-z]\))\s")
_QUOTED = ("„", "“", "”", '"', "»", "«", "\u201a", "‘", "’", "'", ",", "(", "[")
_PART_NUMBER = re.compile(
    rf"^(?:\d{{1,2}}(?:[.)]|(?:\.[1-9]\d?)+)|[IVX]{{1,4}}\.)\s+(?!{MONTH_NAME}\b|\d)", re.IGNORECASE
)
_DAY_OR_TIME = re.compile(
    rf"\b\d{{1,2}}\.\s?\d{{1,2}}\.|\b\d{{1,2}}\.\s?{MONTH_NAME}(?!\w)|\b\d{{1,2}}[:.]\d{{2}}\b|"
    r"\bUhr\b|\b(?:Mon|Diens|Donners|Frei|Sams|Sonn)tag,|\bMittwoch,",
    re.IGNORECASE,
)
_ONLY_MONTH = re.compile(rf"(?:(?:Anfang|Mitte|Ende|im|bis|ab)\s+)*{MONTH_NAME}\s+\d{{4}}|[\d\s./–-]+", re.IGNORECASE)
_NO_HEADING = re.compile(
    r"@|https?:|www\.|\||\t|€|^(?:Abb|Abbildung|Tab|Tabelle|Foto|Bild|Quelle|Tel)\b|[a-zäöüß]{2}[.!] [A-ZÄÖÜ]|"
    r"(?<!\d): |(?:,.*){3}"
)
_FINITE_VERB = re.compile(
    r"\b(?:ist|sind|war|waren|wird|werden|wurde|wurden|hat|haben|kann|können|soll|sollen|muss|müssen|findet|finden|"
    r"steht|stehen|gibt|bietet|beginnt|erfolgt|bleibt|liegt)\b"
)


def split_attachments(blocks: dict[str, list[Line]], findings: list[Finding]) -> tuple[list[Line], tuple[str, ...]]:
    """The explanation without the list of attachments at its end; a text under such a heading stays a text."""
    lines = blocks.get("explanation", [])
    titles = list(blocks.get("attachments", []))
    for index in range(len(lines) - 1, -1, -1):
        if not BLOCK_LABELS["attachments"].fullmatch(lines[index].text):
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
    return lines, tuple(plain(BULLET.sub("", line.text)) for line in titles)


def read_sections(lines: list[Line], findings: list[Finding]) -> tuple[ParsedSection, ...]:
    if not lines:
        return ()
    headings = _heading_indexes(lines, findings)
    starts = sorted({0, *headings})
    sections = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        heading = plain(lines[start].text) if start in headings else ""
        paragraphs = lines[start + bool(heading) : end]
        sections.append(ParsedSection(heading, tuple(plain(line.text) for line in paragraphs)))
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
            message = f"{where} als Absatz gelesen, nicht als Überschrift: „{plain(lines[first].text)}“."
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
    if len(text) > _MAX_HEADING or text.startswith(_QUOTED) or LIST_ITEM.match(text):
        return False
    words = _PART_NUMBER.sub("", text)
    if not words or words[0].islower() or len(words.split()) > _MAX_HEADING_WORDS:
        return False
    if text.endswith((".", "!", ":", ";", ",", "…", "-", "–", "“", "”", '"', "«", "‘", "’", "'")):
        return False
    if _DAY_OR_TIME.search(words) or _ONLY_MONTH.fullmatch(text) or _NO_HEADING.search(words):
        return False
    return text.endswith("?") or not _FINITE_VERB.search(words)


def words_of(sections: Iterable[ParsedSection]) -> list[str]:
    return " ".join(text for section in sections for text in (section.heading, *section.paragraphs)).split()


def check_words(sections: tuple[ParsedSection, ...], explanation: list[Line]) -> None:
    if words_of(sections) != joined(explanation).split():
        raise UnreadablePage("Beim Aufteilen der Erläuterungen gingen Wörter verloren; es wurde nichts übernommen.")


# What is missing
