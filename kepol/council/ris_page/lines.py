"""The lines of the copied text: tidied, without the footers of a print."""

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from kepol.council.ris_page.result import Finding


class Line(NamedTuple):
    """A line of the source that is not blank."""

    number: int
    text: str


_LINE_BREAK = re.compile(r"\r\n|[\n\r\v\f\x85\u2028\u2029]")
_INVISIBLE = re.compile(r"[\x00-\x08\x0e-\x1b\x7f\u00ad\u200b\u2060\ufeff]")
_LIGATURES = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
CLOSED = re.compile(r"[.!?:…][“”\"»«‘’')\]]*$")
_PRINT_FOOTER = re.compile(
    r"Vorlage .{5,60} der Stadt .{0,80}Ausdruck vom:? .{0,40}Seite:? ?\d+ ?/ ?\d+", re.IGNORECASE
)
_MERGE_FIELD = re.compile(r"«[A-Z][A-Z0-9_]*»")


def split_lines(text: str) -> list[Line]:
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


def plain(text: str) -> str:
    return text.replace("\t", " ").strip()


def joined(lines: Iterable[Line]) -> str:
    return " ".join(plain(line.text) for line in lines)


def without_print_footers(lines: list[Line], findings: list[Finding]) -> list[Line]:
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
        if after_footer and kept and line.text[0].islower() and not CLOSED.search(kept[-1].text):
            kept[-1] = Line(kept[-1].number, f"{kept[-1].text} {line.text}")
        else:
            kept.append(line)
        after_footer = False
    return kept


def note_merge_fields(lines: list[Line], findings: list[Finding]) -> None:
    for line in lines:
        for merge_field in _MERGE_FIELD.findall(line.text):
            message = f"Das Serienbrieffeld {merge_field} ist nicht ausgefüllt. Bitte den Text im Formular ergänzen."
            findings.append(Finding("not_understood", message, line.number))
