"""Reads one page as a whole."""

from collections.abc import Iterator
from dataclasses import replace

from kepol.council.ris_page.basic_data import (
    FIELD_NAMES,
    kind_key,
    publicity_of,
    read_fields,
    read_involved,
    read_kind,
    read_lead,
    read_title,
    split_at_basic_data,
)
from kepol.council.ris_page.blocks import BLOCK_LABELS, refuse_cut_page, split_blocks
from kepol.council.ris_page.consultations import read_consultations
from kepol.council.ris_page.drafts import read_drafts
from kepol.council.ris_page.explanation import LIST_ITEM, check_words, read_sections, split_attachments, words_of
from kepol.council.ris_page.lines import (
    CLOSED,
    Line,
    joined,
    note_merge_fields,
    plain,
    split_lines,
    without_print_footers,
)
from kepol.council.ris_page.result import Finding, ParsedSubmission, UnreadablePage


def parse_page(text: str) -> ParsedSubmission:
    """Read one page. Raises `UnreadablePage` when it has no number, no Grunddaten or breaks off inside them."""
    findings: list[Finding] = []
    lines = without_print_footers(split_lines(text), findings)
    if not lines:
        raise UnreadablePage("Der Text ist leer.")
    head, body = split_at_basic_data(lines)
    field_lines, blocks = split_blocks(body, findings)
    fields = read_fields(field_lines, findings)
    title = read_title(head, fields, findings)
    refuse_cut_page(blocks, lines[-1].number)
    consultations = read_consultations(blocks, findings, is_last=list(blocks)[-1] == "consultations")
    explanation, attachments = split_attachments(blocks, findings)
    sections = read_sections(explanation, findings)
    check_words(sections, explanation)
    kind_text = read_kind(title, fields, findings)
    note_merge_fields(lines, findings)
    parsed = ParsedSubmission(
        reference=title.reference,
        kind_text=kind_text,
        kind=kind_key(kind_text),
        subject="\n".join(line.text for line in fields["subject"]),
        status_text=joined(fields["status"]),
        publicity=publicity_of(joined(fields["status"])),
        lead=read_lead(fields["lead"], findings),
        involved=read_involved(fields["involved"]),
        author_text=joined(fields["author"]),
        goals="\n".join(plain(line.text) for line in [*fields["goals"], *blocks.get("goals", [])]),
        consultations=consultations,
        draft_resolutions=read_drafts(blocks.get("draft", [])),
        sections=sections,
        attachments=attachments,
    )
    findings += _what_is_missing(parsed, fields, blocks)
    return replace(parsed, findings=tuple(sorted(findings, key=lambda finding: finding.line or 0)))


def explanation_words(parsed: ParsedSubmission) -> list[str]:
    """The words of all headings and paragraphs in order; they are the words of the source."""
    return words_of(parsed.sections)


def _what_is_missing(
    parsed: ParsedSubmission, fields: dict[str, list[Line]], blocks: dict[str, list[Line]]
) -> Iterator[Finding]:
    for key in ("subject", "status", "lead"):
        if not fields[key]:
            yield Finding("missing", f"Die Angabe „{FIELD_NAMES[key]}“ fehlt.")
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
        if BLOCK_LABELS["draft"].fullmatch(line.text) and "draft" not in blocks:
            message = "Der Beschlussvorschlag steht nach den Erläuterungen und wurde als deren Teil gelesen."
            yield Finding("not_understood", message, line.number)
    if not parsed.sections:
        yield Finding("missing", "Die Erläuterungen fehlen. Wurde die Seite bis zum Ende kopiert?")
    elif not (parsed.attachments or LIST_ITEM.match(lines[-1].text) or CLOSED.search(lines[-1].text)):
        message = "Die letzte Zeile endet ohne Satzzeichen. Wurde die Seite bis zum Ende kopiert?"
        yield Finding("note", message, lines[-1].number)
