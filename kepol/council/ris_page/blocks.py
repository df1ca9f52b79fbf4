"""Splits the page below the Grunddaten at the headings of its blocks."""

import re

from kepol.council.ris_page.lines import Line, plain
from kepol.council.ris_page.result import Finding, UnreadablePage

_BLOCKS = {
    "consultations": r"Beratungsfolge",
    "draft": r"Beschlussvorschl(?:ag|äge)",
    "explanation": r"Erläuterung(?:en)?",
    "attachments": r"Anlagen?(?:/n|\(n\)|/-n)?",
    "goals": r"Ziele",
    "finance": r"Finanzielle Auswirkungen",
    "climate": r"Klimarelevanz",
}
BLOCK_LABELS = {
    key: re.compile(rf"(?:#+\s*|[-–—•]\s+)?(?:{label})\s*:?", re.IGNORECASE) for key, label in _BLOCKS.items()
}
_BLOCK_WITH_TEXT = {
    key: re.compile(rf"(?:#+\s*)?(?:{_BLOCKS[key]})\s*:\s+(?P<rest>.+)", re.IGNORECASE)
    for key in ("draft", "explanation", "goals")
}
_DRAFT_FOR = re.compile(r"(?:#+\s*)?Beschlussvorschlag\s+für\s.{3,160}", re.IGNORECASE)


def split_blocks(lines: list[Line], findings: list[Finding]) -> tuple[list[Line], dict[str, list[Line]]]:
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
            findings.append(Finding("note", f"Die Zeile „{plain(line.text)}“ steht doppelt.", line.number))
        current = key
        blocks.setdefault(key, []).extend([Line(line.number, rest)] if rest else [])
    for key in ("finance", "climate"):
        _report_block(blocks.get(key, []), findings)
    return basic, blocks


def _block_of(text: str, current: str, blocks: dict[str, list[Line]]) -> tuple[str, str] | None:
    """The block a line opens and the text behind the label. Inside the explanation all words belong to it."""
    if current == "explanation":
        return ("explanation", "") if not blocks[current] and BLOCK_LABELS[current].fullmatch(text) else None
    if "draft" not in blocks and _DRAFT_FOR.fullmatch(text):
        return "draft", text
    for key, pattern in BLOCK_LABELS.items():
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
        message = f"Diese Zeile gehört zu einem Block, der nicht übernommen wird: „{plain(line.text)}“."
        findings.append(Finding("not_understood", message, line.number))


def refuse_cut_page(blocks: dict[str, list[Line]], last_line: int) -> None:
    if not blocks.keys() & {"consultations", "draft", "explanation"}:
        raise UnreadablePage(
            f"Der Text bricht nach Zeile {last_line} in den Grunddaten ab: "
            "Beratungsfolge, Beschlussvorschlag und Erläuterungen fehlen."
        )
