"""Takes the page of a paper into the register of submissions: first a plan that shows everything, then one transaction.

A paper that was corrected here since it was last read is never overwritten unasked. What the page does not say stays.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from kepol.council.choices import Origin
from kepol.council.models import Attachment, Committee, Consultation, CouncilTerm, Section, Submission
from kepol.council.page_content import (
    PART_KINDS,
    TEXTS,
    Content,
    Difference,
    Names,
    PartKind,
    Row,
    content_of,
    content_read,
    differences,
    fill,
    kept_places,
    key_of,
    paired,
    removed,
    shown,
)
from kepol.council.page_names import PageNames, Unknown, find_names, parent_code
from kepol.council.ris_page import Finding, ParsedSubmission
from kepol.lib.history import operation
from kepol.lib.versions import Conflict
from stakeholders.models import Organisation

MAX_ROWS = 500
NOT_SAID = "– (steht nicht auf der Seite)"


class ImportOutcome(StrEnum):
    """What taking in a page does."""

    NEW = "new"
    UNCHANGED = "unchanged"
    UPDATE = "update"
    DIFFERS = "differs"
    REPLACE = "replace"
    BLOCKED = "blocked"


VERDICTS = {
    ImportOutcome.NEW: "Die Vorlage ist hier noch nicht gespeichert und wird neu angelegt.",
    ImportOutcome.UNCHANGED: "Die Vorlage ist hier schon genau so gespeichert. Es gibt nichts zu tun.",
    ImportOutcome.UPDATE: "Die Vorlage wurde hier seit dem letzten Einlesen nicht geändert. Der neue Stand wird übernommen.",
    ImportOutcome.DIFFERS: "Die Vorlage wurde hier geändert und wird deshalb nicht überschrieben.",
    ImportOutcome.REPLACE: "Der gespeicherte Stand wird durch den gelesenen ersetzt. Der Verlauf behält den bisherigen.",
    ImportOutcome.BLOCKED: "Die Vorlage kann so nicht gespeichert werden.",
}
DONE = {
    ImportOutcome.NEW: "Die Vorlage {} wurde angelegt.",
    ImportOutcome.UNCHANGED: "Die Vorlage {} war schon genau so gespeichert. Es wurde nichts geändert.",
    ImportOutcome.UPDATE: "Die Vorlage {} wurde auf den neuen Stand gebracht.",
    ImportOutcome.REPLACE: "Der gespeicherte Stand der Vorlage {} wurde ersetzt. Der bisherige steht im Verlauf.",
}
STORING = frozenset({ImportOutcome.NEW, ImportOutcome.UPDATE, ImportOutcome.REPLACE})


@dataclass(frozen=True)
class ImportPlan:
    """What a page says and what taking it in would do. `stored` is the paper as it was when the plan was made, or None."""

    parsed: ParsedSubmission
    create_missing: bool
    replace: bool
    on: dt.date
    stored: Submission | None
    before: Content | None
    names: PageNames
    content: Content
    is_changed_here: bool
    outcome: ImportOutcome
    obstacles: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def reference(self) -> str:
        """Number of the paper."""
        return str(self.parsed.reference)

    @property
    def unknown(self) -> list[Unknown]:
        """Units and committees that are not stored."""
        return self.names.unknown

    @property
    def verdict(self) -> str:
        """What happens when the plan is carried out, in a sentence."""
        return VERDICTS[self.outcome]

    @property
    def done(self) -> str:
        """What has happened when the plan was carried out, in a sentence."""
        return DONE[self.outcome].format(self.reference)

    @property
    def will_store(self) -> bool:
        """Whether carrying the plan out writes anything."""
        return self.outcome in STORING

    @property
    def is_refused(self) -> bool:
        """Whether the plan needs a decision first: the paper was changed here, or names are unknown."""
        return self.outcome in (ImportOutcome.DIFFERS, ImportOutcome.BLOCKED)

    @property
    def asks_to_replace(self) -> bool:
        """Whether the paper was changed here, so that overwriting it is a decision (taken or not)."""
        return self.is_changed_here and self.outcome is not ImportOutcome.UNCHANGED

    @property
    def asks_to_create(self) -> bool:
        """Whether there are unknown names that could be created but may not yet."""
        return not self.create_missing and any(unknown.creation for unknown in self.unknown)

    @property
    def can_be_confirmed(self) -> bool:
        """Whether it can be carried out as it is or as soon as somebody allows creating or overwriting."""
        creatable = 0 if self.create_missing else sum(bool(unknown.creation) for unknown in self.unknown)
        return self.outcome is not ImportOutcome.UNCHANGED and len(self.obstacles) == creatable

    @cached_property
    def differences(self) -> list[Difference]:
        """Where the stored paper and the page differ; empty for a new paper."""
        if self.stored is None or self.before is None:
            return []
        found = differences(self.before, self.content, self.committee_names)
        if self.stored.origin != Origin.COUNCIL_SYSTEM:
            found.insert(0, Difference("Herkunft", Origin.HERE.label, Origin.COUNCIL_SYSTEM.label))
        return found

    @cached_property
    def understood(self) -> list[tuple[str, str]]:
        """Labels and values of everything that was understood, in the order of the page."""
        return list(_understood(self))

    @property
    def fingerprint(self) -> str:
        """Changes whenever the page, the stored paper or the names known here change; ignores what was asked for."""
        state = [self.reference, self.content, _versions(self.stored), [one.written for one in self.unknown]]
        return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()

    @cached_property
    def committee_names(self) -> dict[int | str, str]:
        """Names of all committees of the page and of the stored paper, by the keys of the content."""
        committees = [*self.names.committees, *(one for draft in self.names.draft_committees for one in draft)]
        if self.stored:
            committees += [row.committee for row in self.stored.consultations.all()]
            committees += [one for draft in self.stored.draft_resolutions.all() for one in draft.committees.all()]
        return {key_of(one): str(one) for one in committees if one is not None}


# --- Planning ----------------------------------------------------------------------------------------------------
def plan_import(parsed: ParsedSubmission, *, create_missing: bool, replace: bool, on: dt.date) -> ImportPlan:
    """Find out what the page means here and what taking it in would do; reads only.

    `create_missing` allows creating unknown units and committees, `replace` overwriting a paper that was changed here. `on` is
    the day of reading: the page has no date of its own.
    """
    stored = _stored(str(parsed.reference))
    before = content_of(stored) if stored else None
    names = find_names(parsed, stored=stored, on=on)
    content = content_read(parsed, names, before, _with_file(stored))
    obstacles = (
        *_open_names(names, create_missing=create_missing),
        *names.ambiguous,
        *filter(None, _too_much(content, names)),
    )
    is_changed_here = stored is not None and before is not None and _is_changed_here(stored, before, content)
    return ImportPlan(
        parsed=parsed,
        create_missing=create_missing,
        replace=replace,
        on=on,
        stored=stored,
        before=before,
        names=names,
        content=content,
        is_changed_here=is_changed_here,
        outcome=_outcome(
            stored,
            is_same=before == content,
            is_changed_here=is_changed_here,
            is_blocked=bool(obstacles),
            replace=replace,
        ),
        obstacles=obstacles,
        findings=(*parsed.findings, *names.findings, *_own_findings(parsed, stored), *_kept_files(parsed, stored)),
    )


def _stored(reference: str) -> Submission | None:
    parts = ("involved", "consultations__committee", "draft_resolutions__committees", "sections", "attachments")
    found = Submission.objects.filter(reference=reference).select_related("lead")
    return found.prefetch_related(*parts).first()


def _with_file(stored: Submission | None) -> frozenset[str]:
    """Titles of the stored attachments to which somebody uploaded a file here."""
    return frozenset(row.title for row in stored.attachments.all() if row.file) if stored else frozenset()


def _is_changed_here(stored: Submission, before: Content, content: Content) -> bool:
    """Whether taking the page in would overwrite work done here; a paper written here is such work as a whole."""
    is_untouched = stored.origin == Origin.COUNCIL_SYSTEM and stored.imported == before
    return not is_untouched or _loses_work(stored, before, content)


def _outcome(
    stored: Submission | None, *, is_same: bool, is_changed_here: bool, is_blocked: bool, replace: bool
) -> ImportOutcome:
    """A paper that is right as it is stays; one that was changed here waits for a decision; then the names have to be known."""
    if stored is not None and stored.origin == Origin.COUNCIL_SYSTEM and is_same:
        return ImportOutcome.UNCHANGED
    if is_changed_here and not replace:
        return ImportOutcome.DIFFERS
    if is_blocked:
        return ImportOutcome.BLOCKED
    if stored is None:
        return ImportOutcome.NEW
    return ImportOutcome.REPLACE if is_changed_here else ImportOutcome.UPDATE


def _loses_work(stored: Submission, before: Content, content: Content) -> bool:
    """Whether a row would go with counted votes, which somebody entered here and no page shows; files stay anyway."""
    kind = next(kind for kind in PART_KINDS if kind.model is Consultation)
    places = paired(kind, before[kind.name], content[kind.name])
    return any(_has_votes(row) for row in removed(places, list(stored.consultations.all())))


def _has_votes(row: Consultation) -> bool:
    return any(getattr(row, name) is not None for name in ("votes_yes", "votes_no", "votes_abstained"))


def _open_names(names: PageNames, *, create_missing: bool) -> Iterator[str]:
    for unknown in names.unknown:
        if not unknown.creation:
            yield f"Unbekannte {unknown.noun}: „{unknown.written}“. Ohne Kürzel kann sie nicht angelegt werden."
        elif not create_missing:
            article = "Unbekannte" if unknown.noun == "Dienststelle" else "Unbekanntes"
            yield f"{article} {unknown.noun}: „{unknown.written}“."


def _too_much(content: Content, names: PageNames) -> Iterator[str]:
    """Texts and numbers of parts that do not fit; a text is never cut."""
    yield from (_too_long(Submission, name, content[name], label) for name, label in TEXTS.items())
    for section in content["sections"]:
        yield _too_long(Section, "heading", section["heading"], "Überschrift")
    for row in content["attachments"]:
        yield _too_long(Attachment, "title", row["title"], "Titel der Anlage")
    for row in content["consultations"]:
        yield _too_long(Consultation, "vote_text", row["vote_text"], "Abstimmungsergebnis")
    yield from (_too_long(Organisation, "name", unit.name, "Name") for unit in names.new_units)
    yield from (_too_long(Committee, "name", committee.name, "Name") for committee in names.new_committees)
    for kind in PART_KINDS:
        yield f"„{kind.label}“ hat mehr als {MAX_ROWS} Teile." if len(content[kind.name]) > MAX_ROWS else ""


def _too_long(model: type[models.Model], name: str, value: str, label: str) -> str:
    limit = getattr(model._meta.get_field(name), "max_length", None)
    if limit is None or len(value) <= limit:
        return ""
    return f"„{label}“ ist länger als {limit} Zeichen: „{value[:60]} …“."


def _own_findings(parsed: ParsedSubmission, stored: Submission | None) -> Iterator[Finding]:
    if stored is None and parsed.publicity is None:
        yield Finding(
            "note", "Ob die Vorlage öffentlich ist, steht nicht fest. Sie wird als nichtöffentlich gespeichert."
        )
    if not CouncilTerm.objects.filter(number=parsed.reference.term).exists():
        yield Finding("note", f"Die Wahlperiode WP{parsed.reference.term:02} ist hier nicht angelegt.")


def _kept_files(parsed: ParsedSubmission, stored: Submission | None) -> Iterator[Finding]:
    titles = [row.title for row in stored.attachments.all()] if stored else []
    for place in kept_places(parsed, titles, _with_file(stored)) if parsed.attachments else []:
        message = f"Die Anlage „{titles[place]}“ steht nicht auf der Seite. Sie bleibt, weil sie hier eine Datei hat."
        yield Finding("note", message)


# --- Showing -----------------------------------------------------------------------------------------------------
def _understood(plan: ImportPlan) -> Iterator[tuple[str, str]]:
    yield "Vorlage-Nr.", plan.reference
    yield from _basic_data(plan)
    # Without what is stored: only what stands on the page itself.
    said = content_read(plan.parsed, plan.names, None)
    for kind in PART_KINDS:
        yield from _parts_understood(kind, said[kind.name], plan.committee_names)


def _basic_data(plan: ImportPlan) -> Iterator[tuple[str, str]]:
    parsed, names = plan.parsed, plan.names
    yield "Vorlageart", shown("kind", parsed.kind or "") or NOT_SAID
    yield "Betreff", parsed.subject or NOT_SAID
    yield "Status", parsed.status_text or NOT_SAID
    yield "Federführend", str(names.lead) if parsed.lead and names.lead else NOT_SAID
    yield "Beteiligt", "; ".join(str(unit) for unit in names.involved) or NOT_SAID
    yield "Verfasst von", parsed.author_text or NOT_SAID
    if parsed.goals:
        yield "Ziele", parsed.goals


def _parts_understood(kind: PartKind, rows: list[Row], names: Names) -> Iterator[tuple[str, str]]:
    if not rows:
        yield kind.label, NOT_SAID
    for number, row in enumerate(rows, start=1):
        yield f"{kind.label}, {number}.", _brief(row, kind.text(row, names))


def _brief(row: Row, text: str) -> str:
    """A heading and the number of words stands for a long text."""
    if "text" not in row:
        return text
    words = row["text"].split()
    beginning = row.get("heading") or " ".join(text.split()[:10])
    return f"{beginning} ({len(words)} {'Wort' if len(words) == 1 else 'Wörter'})"


# --- Carrying out ------------------------------------------------------------------------------------------------
def apply_import(plan: ImportPlan, *, by: Any) -> Submission:
    """Carry the plan out in one transaction and return the paper; `by` is the user history names (None: the system).

    Nothing is written for an unchanged paper. Raises `Conflict` when the paper or a name was changed since the plan was made,
    `ValidationError` when the plan is refused or a new unit or committee breaks a rule; then nothing at all is stored.
    """
    if plan.outcome is ImportOutcome.UNCHANGED and plan.stored is not None:
        return plan.stored
    if plan.is_refused:
        raise ValidationError([plan.verdict, *plan.obstacles])
    try:
        with transaction.atomic(), operation(by=by):
            return _store(_renewed(plan))
    except IntegrityError as error:
        # Two people took in the same new paper, or the same new unit, at the same moment.
        rival = _rival(plan)
        if rival is None:
            raise
        raise Conflict(rival) from error


def _renewed(plan: ImportPlan) -> ImportPlan:
    """The same plan made again under the lock of the paper; raises `Conflict` when it comes out differently."""
    list(Submission.objects.select_for_update(of=("self",)).filter(reference=plan.reference))
    fresh = plan_import(plan.parsed, create_missing=plan.create_missing, replace=plan.replace, on=plan.on)
    if (fresh.fingerprint, fresh.outcome) != (plan.fingerprint, plan.outcome):
        raise Conflict(fresh.stored or plan.stored or Submission(reference=plan.reference, subject=plan.parsed.subject))
    return fresh


def _versions(submission: Submission | None) -> list[tuple[str, int, int]]:
    if submission is None:
        return []
    versions = [
        (kind.name, part.pk, part.version) for kind in PART_KINDS for part in getattr(submission, kind.name).all()
    ]
    return [("submission", submission.pk, submission.version), *versions]


def _rival(plan: ImportPlan) -> Submission | Organisation | Committee | None:
    """What somebody else has created meanwhile under a name the plan wanted to create."""
    if plan.stored is None and (paper := Submission.objects.filter(reference=plan.reference).first()):
        return paper
    unit = Organisation.objects.filter(code__in=[new.code for new in plan.names.new_units]).first()
    return unit or Committee.objects.filter(name__in=[new.name for new in plan.names.new_committees]).first()


def _store(plan: ImportPlan) -> Submission:
    _create_names(plan.names)
    # The committees created just now have their keys.
    content = content_read(plan.parsed, plan.names, plan.before, _with_file(plan.stored))
    submission = plan.stored or Submission(reference=plan.reference)
    is_new = submission.pk is None
    _fill_submission(submission, plan, content)
    submission.save()
    if is_new or plan.before is None or plan.before["involved"] != content["involved"]:
        submission.involved.set(plan.names.involved)
    for kind in PART_KINDS:
        parts = [] if is_new else list(getattr(submission, kind.name).all())
        _store_parts(submission, kind, parts, content[kind.name])
    # Read anew, because the parts fetched with the plan are no longer those stored.
    return Submission.objects.get(pk=submission.pk)


def _create_names(names: PageNames) -> None:
    """Create unknown units, the upper ones first, and unknown committees."""
    for unit in sorted(names.new_units, key=lambda new: new.code):
        above = parent_code(unit.code)
        unit.parent = Organisation.objects.filter(code=above).first() if above else None
        unit.full_clean()
        unit.save()
    for committee in names.new_committees:
        committee.full_clean()
        committee.save()


def _fill_submission(submission: Submission, plan: ImportPlan, content: Content) -> None:
    for name in TEXTS:
        setattr(submission, name, content[name])
    if plan.parsed.status_text:
        submission.council_status_seen_on = plan.on
    if plan.names.lead is not None:
        submission.lead = plan.names.lead
    submission.origin = Origin.COUNCIL_SYSTEM
    submission.imported, submission.imported_at = content, timezone.now()


def _store_parts(submission: Submission, kind: PartKind, parts: list[Any], rows: list[Row]) -> None:
    """Write the parts in place: one that stays as it is writes no history."""
    before = [kind.row(part) for part in parts]
    places = paired(kind, before, rows)
    for part in removed(places, parts):
        part.delete()
    position = 0
    for place, row in zip(places, rows, strict=True):
        part = kind.model(submission=submission) if place is None else parts[place]
        position = _store_part(part, row, before[place] if place is not None else None, position)


def _store_part(part: Any, row: Row, before: Row | None, behind: int) -> int:
    """Write one part behind position `behind` and return its own; gaps between positions do not matter."""
    position = part.position if before is not None and part.position > behind else behind + 1
    if before == row and part.position == position:
        return position
    part.position = position
    if before != row:
        fill(part, row)
    part.save()
    if "committees" in row and (before or {}).get("committees", []) != row["committees"]:
        part.committees.set(row["committees"])
    return position
