"""What a page says about a submission, as plain values: of the page, of what is stored, and how the two differ.

Formatting is left out, so that a word made bold here is no difference. Committees stand with their key, because a corrected
name changes no paper; one that is not stored yet stands with its name.
"""

import datetime as dt
import operator
from collections import Counter
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from django.utils import formats

from kepol.council.choices import ConsultationRole, ConsultationStatus, Outcome, Publicity, SubmissionKind
from kepol.council.models import Attachment, Committee, Consultation, DraftResolution, Section, Submission
from kepol.council.page_names import PageNames
from kepol.council.ris_page import ParsedConsultation, ParsedDraftResolution, ParsedSubmission
from kepol.lib.history import narrow
from kepol.lib.richtext import from_paragraphs, to_text

Row = dict[str, Any]
Content = dict[str, Any]
Names = Mapping[int | str, str]
PARAGRAPH = "\n\n"


@dataclass(frozen=True)
class Difference:
    """One place in which the stored paper and the page differ; of long texts only the words around the difference."""

    label: str
    stored: str
    read: str


# --- What is stored ----------------------------------------------------------------------------------------------
def content_of(submission: Submission) -> Content:
    """Everything a page could say about `submission`, as it is stored; equal to JSON that was written and read again."""
    content: Content = {name: _tidy(getattr(submission, name)) for name in TEXTS}
    content |= {"lead": submission.lead.code, "involved": sorted(unit.code for unit in submission.involved.all())}
    for kind in PART_KINDS:
        content[kind.name] = [kind.row(part) for part in getattr(submission, kind.name).all()]
    return content


def _tidy(text: str) -> str:
    """A form sends line ends as CR LF; blank lines carry no meaning in a line of text."""
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def _consultation_row(part: Consultation) -> Row:
    return {
        "committee": part.committee_id,
        "role": part.role,
        "meeting_date": part.meeting_date.isoformat() if part.meeting_date else "",
        "status": part.status,
        "outcome": part.outcome,
        "vote_text": part.vote_text,
        "agenda_item": part.agenda_item,
    }


def _draft_row(part: DraftResolution) -> Row:
    return {"committees": sorted(one.pk for one in part.committees.all()), "text": to_text(part.text)}


def _section_row(part: Section) -> Row:
    return {"heading": part.heading, "text": to_text(part.body)}


def _attachment_row(part: Attachment) -> Row:
    return {"title": part.title}


# --- What the page says ------------------------------------------------------------------------------------------
def content_read(
    parsed: ParsedSubmission, names: PageNames, stored: Content | None, with_file: AbstractSet[str] = frozenset()
) -> Content:
    """Everything the page says in the form of `content_of`; what it does not say stays as in `stored` (None: nothing stored).

    That holds for whole parts too: a page without Anlagen or without Beschlussvorschlag deletes none. Attachments under the
    titles `with_file` stay even where the page lists others, because no page brings back a file uploaded here. A new paper
    whose page does not say that it is public counts as non-public.
    """
    silent = stored or {
        "kind": "",
        "subject": "",
        "publicity": Publicity.NON_PUBLIC.value,
        "council_status": "",
        "goals": "",
    }
    return {
        "kind": parsed.kind or silent["kind"],
        "subject": _tidy(parsed.subject) or silent["subject"],
        "publicity": parsed.publicity or silent["publicity"],
        "council_status": _tidy(parsed.status_text) or silent["council_status"],
        "author_text": _tidy(parsed.author_text) or silent.get("author_text", ""),
        "goals": _tidy(parsed.goals) or silent["goals"],
        "lead": names.lead.code if names.lead else "",
        "involved": sorted(unit.code for unit in names.involved) or silent.get("involved", []),
        **_parts_read(parsed, names, silent, with_file),
    }


def _parts_read(parsed: ParsedSubmission, names: PageNames, silent: Content, with_file: AbstractSet[str]) -> Content:
    stored = {kind.name: silent.get(kind.name, []) for kind in PART_KINDS}
    sections = [{"heading": section.heading, "text": _text(section.paragraphs)} for section in parsed.sections]
    return {
        "consultations": _consultations_read(parsed, names, stored["consultations"]) or stored["consultations"],
        "draft_resolutions": _drafts_read(parsed, names) or stored["draft_resolutions"],
        "sections": sections or stored["sections"],
        "attachments": _attachments_read(parsed, stored["attachments"], with_file),
    }


def _attachments_read(parsed: ParsedSubmission, stored: list[Row], with_file: AbstractSet[str]) -> list[Row]:
    """The titles of the page, and in their places the stored ones that have a file and are not on it."""
    rows = [{"title": title} for title in parsed.attachments]
    if not rows:
        return stored
    for place in kept_places(parsed, [row["title"] for row in stored], with_file):
        rows.insert(place, stored[place])
    return rows


def kept_places(parsed: ParsedSubmission, stored: list[str], with_file: AbstractSet[str]) -> list[int]:
    """Places of the stored attachments that stay for their file although the page lists only others.

    Of several with the same title, one of which has a file, as many stay as are stored: which of them has it does not show in
    a title.
    """
    on_page = Counter(parsed.attachments)
    kept = []
    for place, title in enumerate(stored):
        on_page[title] -= 1
        if on_page[title] < 0 and title in with_file:
            kept.append(place)
    return kept


def _consultations_read(parsed: ParsedSubmission, names: PageNames, stored: list[Row]) -> list[Row]:
    left = list(stored)
    pairs = zip(parsed.consultations, names.committees, strict=True)
    return [_consultation_read(row, key_of(committee), left) for row, committee in pairs if committee is not None]


def _consultation_read(row: ParsedConsultation, committee: int | str, left: list[Row]) -> Row:
    """The row of the page; results recorded here stay, because the page seldom shows them. Takes its counterpart out of `left`."""
    day = row.meeting_date.isoformat() if row.meeting_date else ""
    before = _counterpart(committee, day, left)
    status = ConsultationStatus.DONE.value if row.outcome else row.status
    is_done = status == ConsultationStatus.DONE
    return {
        "committee": committee,
        "role": row.role or before.get("role", ""),
        "meeting_date": day or before.get("meeting_date", ""),
        "status": status,
        "outcome": row.outcome or (before.get("outcome", "") if is_done else ""),
        "vote_text": row.vote_text or before.get("vote_text", ""),
        "agenda_item": row.agenda_item or before.get("agenda_item", ""),
    }


def _counterpart(committee: int | str, day: str, left: list[Row]) -> Row:
    rows = [row for row in left if row["committee"] == committee]
    rows = [row for row in rows if row["meeting_date"] == day] or rows
    if not rows:
        return {}
    left.remove(rows[0])
    return rows[0]


def _drafts_read(parsed: ParsedSubmission, names: PageNames) -> list[Row]:
    pairs = zip(parsed.draft_resolutions, names.draft_committees, strict=True)
    return [_draft_read(draft, committees) for draft, committees in pairs]


def _draft_read(draft: ParsedDraftResolution, committees: list[Committee | None]) -> Row:
    """A heading with a committee nobody knows stays in the text, so that no word is lost."""
    heading = [f"{', '.join(draft.committees)}:"] if None in committees else []
    keys = {key_of(one) for one in committees if one is not None}
    return {"committees": sorted(keys, key=str_or_number), "text": _text((*heading, *draft.paragraphs))}


def str_or_number(key: int | str) -> tuple[bool, int | str]:
    """Order of keys: numbers first."""
    return (isinstance(key, str), key)


def key_of(committee: Committee) -> int | str:
    """How content names a committee: by its key, or by its name as long as it is not stored."""
    return committee.pk or committee.name


def _text(paragraphs: tuple[str, ...]) -> str:
    return to_text(from_paragraphs(paragraphs))


# --- Writing a row -----------------------------------------------------------------------------------------------
def fill(part: Any, row: Row) -> None:
    """Put the values of `row` on a part; the committees of a draft resolution follow after saving."""
    if isinstance(part, Consultation):
        day = row["meeting_date"]
        values = {
            **row,
            "meeting_date": dt.date.fromisoformat(day) if day else None,
            "committee_id": row["committee"],
        }
        del values["committee"]
    elif isinstance(part, DraftResolution):
        values = {"text": html_of(row["text"])}
    elif isinstance(part, Section):
        values = {"heading": row["heading"], "body": html_of(row["text"])}
    else:
        values = row
    for name, value in values.items():
        setattr(part, name, value)


def html_of(text: str) -> str:
    """Formatted text of the plain text in a row."""
    return from_paragraphs(text.split(PARAGRAPH))


# --- Kinds of parts ----------------------------------------------------------------------------------------------
def _consultation_text(row: Row, names: Names) -> str:
    day = formats.date_format(dt.date.fromisoformat(row["meeting_date"]), "d.m.Y") if row["meeting_date"] else ""
    values = [
        names.get(row["committee"], str(row["committee"])),
        day,
        _label(ConsultationRole, row["role"]),
        _label(ConsultationStatus, row["status"]),
        _label(Outcome, row["outcome"]),
        row["vote_text"],
        row["agenda_item"] and f"TOP {row['agenda_item']}",
    ]
    return " · ".join(value for value in values if value)


def _draft_text(row: Row, names: Names) -> str:
    committees = ", ".join(names.get(key, str(key)) for key in row["committees"])
    return f"{committees}: {row['text']}" if committees else row["text"]


def _section_text(row: Row, _: Names) -> str:
    return f"{row['heading']}\n{row['text']}".strip()


def _attachment_text(row: Row, _: Names) -> str:
    return str(row["title"])


def _anything(_: Row, __: Row) -> bool:
    return True


def _same(name: str) -> Callable[[Row, Row], bool]:
    return lambda one, other: one[name] == other[name]


def _same_sitting(one: Row, other: Row) -> bool:
    return (one["committee"], one["meeting_date"]) == (other["committee"], other["meeting_date"])


@dataclass(frozen=True)
class PartKind:
    """One kind of parts. `matches` tell, the surest first, that a row of the page is the new form of a stored one.

    What hangs on a part but is not on the page (a file, counted votes) must never end up at another committee or title.
    """

    name: str
    label: str
    model: type[Any]
    row: Callable[[Any], Row]
    text: Callable[[Row, Names], str]
    matches: tuple[Callable[[Row, Row], bool], ...]


PART_KINDS = (
    PartKind(
        "consultations",
        "Beratungsfolge",
        Consultation,
        _consultation_row,
        _consultation_text,
        (_same_sitting, _same("committee")),
    ),
    PartKind(
        "draft_resolutions",
        "Beschlussvorschlag",
        DraftResolution,
        _draft_row,
        _draft_text,
        (_same("committees"), _anything),
    ),
    PartKind("sections", "Erläuterungen", Section, _section_row, _section_text, (_same("heading"), _anything)),
    PartKind("attachments", "Anlagen", Attachment, _attachment_row, _attachment_text, ()),
)


def paired(kind: PartKind, stored: list[Row], read: list[Row]) -> list[int | None]:
    """For each row of the page the place of the stored row it replaces or repeats, None for a new one."""
    left = list(range(len(stored)))
    found: dict[int, int] = {}
    for fits in (operator.eq, *kind.matches):
        for index, row in enumerate(read):
            place = None if index in found else next((at for at in left if fits(stored[at], row)), None)
            if place is not None:
                found[index] = place
                left.remove(place)
    return [found.get(index) for index in range(len(read))]


def removed(places: list[int | None], stored: list[Any]) -> list[Any]:
    """Those of `stored` that no row of the page repeats or replaces."""
    return [one for at, one in enumerate(stored) if at not in places]


# --- Differences -------------------------------------------------------------------------------------------------
TEXTS = {
    "kind": "Vorlageart",
    "subject": "Betreff",
    "publicity": "Status",
    "council_status": "Status im Ratsinformationssystem",
    "author_text": "Verfasst von",
    "goals": "Ziele",
}


def differences(stored: Content, read: Content, names: Names) -> list[Difference]:
    """Where the stored paper and the page differ; `names` gives the names of committees by their keys."""
    found = [
        Difference(label, shown(name, stored[name]), shown(name, read[name]))
        for name, label in (*TEXTS.items(), ("lead", "Federführend"), ("involved", "Beteiligt"))
        if stored[name] != read[name]
    ]
    for kind in PART_KINDS:
        found += _part_differences(kind, stored[kind.name], read[kind.name], names)
    return found


def shown(name: str, value: Any) -> str:
    """How the value of a field reads in German."""
    if isinstance(value, list):
        return ", ".join(value)
    return _label({"kind": SubmissionKind, "publicity": Publicity}.get(name), value)


def _label(choices: Any, value: str) -> str:
    return choices(value).label if choices and value else value


def _part_differences(kind: PartKind, stored: list[Row], read: list[Row], names: Names) -> list[Difference]:
    places = paired(kind, stored, read)
    found = []
    for number, (place, row) in enumerate(zip(places, read, strict=True), start=1):
        before = stored[place] if place is not None else None
        if before != row:
            found.append(_difference(f"{kind.label}, {number}.", kind, before, row, names))
    found += [_difference(f"{kind.label}, entfällt", kind, row, None, names) for row in removed(places, stored)]
    if not found and stored != read:
        found.append(Difference(f"{kind.label}, Reihenfolge", _order(kind, stored, names), _order(kind, read, names)))
    return found


def _difference(label: str, kind: PartKind, stored: Row | None, read: Row | None, names: Names) -> Difference:
    old, new = (kind.text(row, names) if row else "" for row in (stored, read))
    return Difference(label, *narrow(old, new))


def _order(kind: PartKind, rows: list[Row], names: Names) -> str:
    return " | ".join(" ".join(kind.text(row, names).split()[:6]) for row in rows)
