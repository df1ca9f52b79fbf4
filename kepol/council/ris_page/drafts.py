"""Reads the Beschlussvorschlag and splits it by committee."""

import re

from kepol.council.ris_page.lines import Line, plain
from kepol.council.ris_page.result import ParsedDraftResolution

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


def read_drafts(lines: list[Line]) -> tuple[ParsedDraftResolution, ...]:
    """One resolution for all, or one for each heading that names committees, or for each committee as subject."""
    drafts: list[tuple[tuple[str, ...], list[str]]] = []
    for line in lines:
        committees, text = _draft_heading(plain(line.text))
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
