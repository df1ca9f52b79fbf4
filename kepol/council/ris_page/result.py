"""What a page says, as plain values, and what was not understood."""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from kepol.council.references import Reference, UnitLabel

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
