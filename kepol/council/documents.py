"""The printed submission: first what it says is taken down as plain data, then page and PDF are made from these data alone.

Order and words follow the city's printed Vorlage. A snapshot is never migrated: it names its `schema`, and the templates in
`council/submission/v<schema>/` keep rendering it.
"""

import datetime
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import prefetch_related_objects
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify

from kepol.council.models import Consultation, DraftResolution, OfficeHolder, Submission
from kepol.lib.pdf.document import PdfDocument
from kepol.lib.pdf.typography import MARKUP, bind, depth_change
from kepol.lib.richtext import safe_html
from stakeholders.models import Organisation

SCHEMA = 1
# The last word of a paragraph, an item or a cell, if it is long enough to be hyphenated.
LAST_WORD = re.compile(r"(?<=[\s>])([^\s<>&;]{6,})(?=</(?:p|li|th|td)>)")
WRITTEN_OUT = {ord("ä"): "ae", ord("ö"): "oe", ord("ü"): "ue"}
EXAMPLE_MARK = "BEISPIEL – keine amtliche Vorlage"
DRAFT_MARK = "ENTWURF"
PDF, SCREEN = "pdf", "screen"
LONGEST_SLUG = 60

# What people paste from Word and the font of the PDF lacks, so that one sign does not make the whole PDF impossible. The
# private signs are those of Word's own lists and arrows. Replaced is only what keeps its meaning; all else is refused.
STAND_INS = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011", "-"),
        **dict.fromkeys("●■▪◦○‣\uf0b7\uf0a7", "•"),
        **dict.fromkeys("☐□\uf0a8", "[\u00a0]"),
        **dict.fromkeys("☑☒✓✔\uf0fe\uf0fc", "[x]"),
        "\u2032": "'",
        "\u2033": '"',
        "\uf0e0": "→",
    }
)
# A word with hyphens at which no line may end.
UNBROKEN = re.compile("\\w*(?:\u2011\\w*)+")

PARTS = (
    "lead__former_names",
    "involved__former_names",
    "term",
    "consultations__committee",
    "draft_resolutions__committees",
    "sections",
    "attachments",
)


# --- Taking down -------------------------------------------------------------------------------------------------
def snapshot(submission: Submission, *, on: datetime.date) -> dict[str, Any]:
    """Everything the paper prints, as JSON; `on` is the day of printing, which counts only when the paper has no day of its own.

    Names and the issuer line are those of the paper's day. Objects keep their keys, so that two snapshots can be compared.
    """
    prefetch_related_objects([submission], *PARTS)
    day = submission.day(printed_on=on)
    issuer = OfficeHolder.objects.issuer(on=day).first()
    return {
        "schema": SCHEMA,
        "day": day.isoformat(),
        "municipality": {"name": settings.MUNICIPALITY_NAME, "genitive": settings.MUNICIPALITY_GENITIVE},
        "issuer_line": issuer.issuer_line if issuer else "",
        **_master_data(submission, day),
        "consultations": [_consultation(row) for row in submission.consultations.all()],
        "draft_resolutions": [_draft_resolution(row) for row in submission.draft_resolutions.all()],
        "sections": [{"key": row.pk, "heading": row.heading, "body": row.body} for row in submission.sections.all()],
        "attachments": [
            {"key": row.pk, "title": row.title, "is_public": row.is_public, "has_file": bool(row.file)}
            for row in submission.attachments.all()
        ],
    }


def _master_data(submission: Submission, day: datetime.date) -> dict[str, Any]:
    """Grunddaten, with the units under the names of `day`."""
    return {
        "key": submission.pk,
        "origin": submission.origin,
        "is_draft": submission.is_draft,
        "is_example": submission.is_example,
        "reference": submission.reference,
        "term": str(submission.term or ""),
        "kind": {"key": submission.kind, "label": submission.get_kind_display()},
        "publicity": {"key": submission.publicity, "label": submission.get_publicity_display()},
        "subject": submission.subject.splitlines(),
        "lead": _unit(submission.lead, day),
        "involved": [_unit(organisation, day) for organisation in submission.involved.all()],
        "author": submission.author_text,
        "file_number": submission.file_number,
        "dated_on": _iso(submission.dated_on),
        "goals": submission.goals,
    }


def _unit(organisation: Organisation, day: datetime.date) -> dict[str, Any]:
    """Key and label; as `Organisation.name_on`, but from the fetched names, so that thirty units cost no query each."""
    former = (name.name for name in organisation.former_names.all() if name.is_in_force(day))
    return {"key": organisation.pk, "label": f"{organisation.code} - {next(former, organisation.name)}"}


def _consultation(row: Consultation) -> dict[str, Any]:
    return {
        "key": row.pk,
        "date": _iso(row.meeting_date),
        "committee": {"key": row.committee_id, "name": row.committee.name},
        "role": {"key": row.role, "label": row.get_role_display()},
    }


def _draft_resolution(row: DraftResolution) -> dict[str, Any]:
    committees = [{"key": committee.pk, "name": committee.name} for committee in row.committees.all()]
    return {"key": row.pk, "committees": committees, "text": row.text}


def _iso(day: datetime.date | None) -> str | None:
    return day.isoformat() if day else None


# --- Rendering ---------------------------------------------------------------------------------------------------
def to_html(
    snapshot: Mapping[str, Any],
    *,
    printed_on: datetime.date,
    media: str = SCREEN,
    include_non_public: bool = False,
    links: Mapping[int, str] | None = None,
) -> SafeString:
    """HTML of a snapshot: a whole page for `media="pdf"`, a fragment for a page of the portal for `"screen"`.

    Titles of non-public attachments appear only with `include_non_public`, for readers who may know them. `links` maps keys
    of attachments to the addresses under which the reader may fetch them; the others stay plain text.
    """
    name = "page.html" if media == PDF else "paper.html"
    attachments = [row for row in snapshot["attachments"] if row["is_public"] or include_non_public]
    context = _context({**snapshot, "attachments": attachments}, links or {})
    context |= {"media": media, "printed_on": printed_on}
    html = render_to_string(f"council/submission/v{snapshot['schema']}/{name}", context)
    return mark_safe(bind(_printable(html) if media == PDF else html))  # noqa: S308


def _printable(html: str) -> str:
    """The page with signs of word processors written so that the font of the PDF has them; attributes stay as they are."""
    parts = MARKUP.split(html)
    opaque = 0
    for place, part in enumerate(parts):
        if place % 2:
            opaque += depth_change(part)
            continue
        # Without its own sign the word is kept on one line by markup, which a title cannot hold.
        text = part if opaque else UNBROKEN.sub(r'<span class="nb">\g<0></span>', part)
        parts[place] = text.translate(STAND_INS)
    return "".join(parts)


def to_pdf_document(
    snapshot: Mapping[str, Any], *, printed_on: datetime.date, include_non_public: bool = False
) -> PdfDocument:
    """What the render process needs for the PDF of a snapshot; the same snapshot and day give the same bytes.

    Titles of non-public attachments are printed only with `include_non_public`.
    """
    example = (EXAMPLE_MARK,) if snapshot["is_example"] else ()
    return PdfDocument(
        html=to_html(snapshot, printed_on=printed_on, media=PDF, include_non_public=include_non_public),
        stylesheet=_stylesheet(),
        created_on=printed_on,
        identifier=snapshot["reference"],
        subject=": ".join((*example, _footer(snapshot))),
        keywords=(*example, snapshot["kind"]["label"], *_committees(snapshot)),
        publisher=snapshot["municipality"]["name"],
    )


def title(snapshot: Mapping[str, Any]) -> str:
    """Title of the document: kind of paper, number and subject, examples marked."""
    number = snapshot["reference"] or "(Entwurf)"
    named = f"Vorlage {number}: {' '.join(snapshot['subject'])}"
    return f"{EXAMPLE_MARK}: {named}" if snapshot["is_example"] else named


def day_without_issuer(snapshot: Mapping[str, Any]) -> datetime.date | None:
    """The day of the paper if nobody is recorded as Lord Mayor for it, so that the line at its head stays empty."""
    return None if snapshot["issuer_line"] else _day(snapshot["day"])


def places_with(snapshot: Mapping[str, Any], characters: Iterable[str]) -> list[str]:
    """Where in the paper one of `characters` stands, in the words of the form; [] for characters of names and marks."""
    wanted = set(characters)
    return [label for label, text in _places(snapshot) if wanted.intersection(text)]


def _places(snapshot: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "Betreff", " ".join(snapshot["subject"])
    yield from (("Ziele", snapshot["goals"]), ("Verfasst von", snapshot["author"]))
    yield "Aktenzeichen", snapshot["file_number"]
    for number, row in enumerate(snapshot["draft_resolutions"], start=1):
        yield f"Beschlussvorschlag, {number}.", row["text"]
    for number, row in enumerate(snapshot["sections"], start=1):
        named = f" „{row['heading']}“" if row["heading"] else ""
        yield f"Erläuterungen, {number}. Abschnitt{named}", row["heading"] + row["body"]
    for number, row in enumerate(snapshot["attachments"], start=1):
        yield f"Anlagen, {number}.", row["title"]


def file_name(snapshot: Mapping[str, Any]) -> str:
    """Name under which the PDF is offered: only letters, digits and hyphens, examples marked."""
    number = snapshot["reference"].replace("/", "-").replace(" ", "-")
    stem = f"Vorlage-{number}" if number else f"Entwurf-{_slug(' '.join(snapshot['subject']))}"
    return f"BEISPIEL-{stem}.pdf" if snapshot["is_example"] else f"{stem}.pdf"


def _slug(text: str) -> str:
    """ASCII words joined by hyphens, umlauts written out as Germans do, cut between words."""
    composed = unicodedata.normalize("NFC", text.casefold())
    words = slugify(composed.translate(WRITTEN_OUT))
    return words if len(words) <= LONGEST_SLUG else words[: LONGEST_SLUG + 1].rpartition("-")[0] or words[:LONGEST_SLUG]


def _context(snapshot: Mapping[str, Any], links: Mapping[int, str]) -> dict[str, Any]:
    """The snapshot as the templates of schema 1 read it: days as days, text as safe HTML, resolutions by committee."""
    return {
        "paper": snapshot,
        "title": title(snapshot),
        "footer": _footer(snapshot),
        "example_mark": EXAMPLE_MARK if snapshot["is_example"] else "",
        "draft_mark": DRAFT_MARK if snapshot["is_draft"] else "",
        "dated_on": _day(snapshot["dated_on"]),
        "consultations": [{**row, "date": _day(row["date"])} for row in snapshot["consultations"]],
        "resolutions": _resolutions(snapshot["draft_resolutions"]),
        "sections": [_section(row) for row in snapshot["sections"]],
        "attachments": [{**row, "url": links.get(row["key"], "")} for row in snapshot["attachments"]],
    }


def _section(row: Mapping[str, Any]) -> dict[str, Any]:
    """Without a heading of its own the sub-headings of a section move up one level, so that none is left out."""
    return {"heading": row["heading"], "html": _text(row["body"], 4 if row["heading"] else 3)}


def _text(html: str, heading: int) -> SafeString:
    """Safe HTML whose paragraphs do not end in a line with the rest of a hyphenated word; sub-headings at level `heading`."""
    return mark_safe(LAST_WORD.sub(r'<span class="whole">\1</span>', safe_html(html, heading)))  # noqa: S308


def _resolutions(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Texts of the Beschlussvorschlag under the committees they are meant for, in the order of their first text."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for row in rows:
        groups.setdefault(tuple(committee["name"] for committee in row["committees"]), []).append(row["text"])
    everybody = "Alle Gremien" if len(groups) > 1 else ""
    headings = {names: ", ".join(names) or everybody for names in groups}
    return [
        {"heading": headings[names], "html": [_text(text, 4 if headings[names] else 3) for text in texts]}
        for names, texts in groups.items()
    ]


def _committees(snapshot: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(row["committee"]["name"] for row in snapshot["consultations"]))


def _footer(snapshot: Mapping[str, Any]) -> str:
    """Left part of the line at the foot of every page."""
    return f"Vorlage {snapshot['reference'] or '(Entwurf)'} {snapshot['municipality']['genitive']}"


def _day(text: str | None) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if text else None


@cache
def _stylesheet() -> str:
    """Rules of the paper on every medium, then those of the page of paper."""
    folder = settings.BASE_DIR / "static" / "kepol"
    return "\n".join((folder / name).read_text("utf-8") for name in ("submission.css", "submission-pdf.css"))
