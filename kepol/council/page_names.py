"""Which stored units and committees the words of a page mean, and what would have to be created for the others."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from kepol.council.choices import CommitteeKind
from kepol.council.models import Committee, Submission
from kepol.council.references import UnitLabel
from kepol.council.ris_page import Finding, ParsedSubmission
from kepol.lib.names import search_key
from stakeholders.choices import OrganisationKind
from stakeholders.codes import is_code
from stakeholders.models import Organisation

UNIT, COMMITTEE = "Dienststelle", "Gremium"
UNIT_KINDS = {
    "FB": OrganisationKind.DEPARTMENT,
    "E": OrganisationKind.MUNICIPAL_ENTERPRISE,
    "S": OrganisationKind.STAFF_OFFICE,
    "Dez": OrganisationKind.DIRECTORATE,
    "B": OrganisationKind.DISTRICT_OFFICE,
}
# The first word that fits decides; a "Betriebsausschuss" is an "Ausschuss" too.
COMMITTEE_KINDS = {
    "rat ": CommitteeKind.COUNCIL,
    "bezirksvertretung": CommitteeKind.DISTRICT,
    "betriebsausschuss": CommitteeKind.OPERATING_COMMITTEE,
}


@dataclass(frozen=True)
class Unknown:
    """A name of the page that is not stored; `creation` says what would be created, "" when that is not possible."""

    noun: str
    written: str
    creation: str


@dataclass
class PageNames:
    """What the names of one page mean here.

    `new_units` and `new_committees` are unsaved objects that stand for unknown names. `committees` follows the rows of the
    Beratungsfolge (None for a row that cannot be placed), `draft_committees` the draft resolutions (None: not found).
    """

    lead: Organisation | None = None
    involved: list[Organisation] = field(default_factory=list)
    committees: list[Committee | None] = field(default_factory=list)
    draft_committees: list[list[Committee | None]] = field(default_factory=list)
    new_units: list[Organisation] = field(default_factory=list)
    new_committees: list[Committee] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)


def find_names(parsed: ParsedSubmission, *, stored: Submission | None, on: dt.date) -> PageNames:
    """Look up every unit and committee the page names; reads only, one query for units with a code and one per other name.

    A page without Federführend leaves the stored one; without a stored paper the unit of its number leads. Committees that
    share a name are told apart by the day of the sitting, or day `on` when the page names none.
    """
    names = PageNames()
    _find_units(parsed, names, stored)
    days = [row.meeting_date for row in parsed.consultations if row.meeting_date]
    _find_committees(parsed, names, min(days, default=on))
    _find_draft_committees(parsed, names, stored, min(days, default=on))
    return names


# --- Units -------------------------------------------------------------------------------------------------------
def unit_kind(code: str) -> OrganisationKind:
    """Kind of the unit with a canonical code: `FB 36` is a department, `FB 36/200` a division of it."""
    return OrganisationKind.DIVISION if "/" in code else UNIT_KINDS[code.partition(" ")[0]]


def parent_code(code: str) -> str:
    """Code of the unit a division belongs to; "" for any other unit."""
    return code.partition("/")[0] if "/" in code else ""


def _find_units(parsed: ParsedSubmission, names: PageNames, stored: Submission | None) -> None:
    lead = parsed.lead or (None if stored else _lead_of_number(parsed, names))
    labels = [*([lead] if lead else []), *parsed.involved]
    known = {unit.code: unit for unit in Organisation.objects.units().filter(code__in={one.code for one in labels})}
    names.lead = _unit(lead, known, names) if lead else (stored.lead if stored else None)
    for label in parsed.involved:
        unit = _unit(label, known, names)
        if unit is not None and all(unit.code != other.code for other in names.involved):
            names.involved.append(unit)


def _lead_of_number(parsed: ParsedSubmission, names: PageNames) -> UnitLabel:
    code = parsed.reference.unit
    names.findings.append(
        Finding("note", f"Ohne Angabe auf der Seite gilt die Dienststelle der Vorlagenummer als federführend: {code}.")
    )
    return UnitLabel(code, code)


def _unit(label: UnitLabel, known: dict[str, Organisation], names: PageNames) -> Organisation | None:
    if label.code in known:
        _note_other_name(label, known[label.code], names)
        return known[label.code]
    if not label.code:
        return _unit_by_name(label.name, names)
    unit = known[label.code] = _new_unit(label)
    names.new_units.append(unit)
    division = f", gehört zu {above}" if (above := parent_code(unit.code)) else ""
    names.unknown.append(
        Unknown(UNIT, str(unit), f"„{unit.name}“ ({unit.get_kind_display()}), Kürzel {unit.code}{division}")
    )
    return unit


def _note_other_name(label: UnitLabel, unit: Organisation, names: PageNames) -> None:
    """The council system shows old papers with the names of today, so a page never renames a unit."""
    if is_code(label.name) or unit.pk is None or search_key(label.name) == search_key(unit.name):
        return
    message = f"{unit.code} heißt auf der Seite „{label.name}“, hier „{unit.name}“. Der Name hier bleibt."
    names.findings.append(Finding("note", message))


def _unit_by_name(name: str, names: PageNames) -> Organisation | None:
    found: list[Organisation] = list(Organisation.objects.units().named(name)) if search_key(name) else []
    found = [unit for unit in found if not unit.is_retired] or found
    if len(found) == 1:
        return found[0]
    if found:
        names.ambiguous.append(_several(UNIT, name, found))
    else:
        names.unknown.append(Unknown(UNIT, name, ""))
    return None


def _new_unit(label: UnitLabel) -> Organisation:
    kind = unit_kind(label.code)
    name = label.name if label.name and not is_code(label.name) else f"{kind.label} {_number(label.code)}"
    return Organisation(kind=kind, code=label.code, name=name)


def _number(code: str) -> str:
    return code if "/" in code else code.split(" ")[1]


# --- Committees --------------------------------------------------------------------------------------------------
def committee_kind(name: str) -> CommitteeKind:
    """Kind of a committee as far as its name shows it."""
    key = f"{search_key(name)} "
    return next((kind for start, kind in COMMITTEE_KINDS.items() if key.startswith(start)), CommitteeKind.COMMITTEE)


def _find_committees(parsed: ParsedSubmission, names: PageNames, day: dt.date) -> None:
    for row in parsed.consultations:
        if search_key(row.committee):
            names.committees.append(_committee(row.committee, row.meeting_date or day, names))
            continue
        names.committees.append(None)
        message = f"Beratungsfolge, {row.position}. Beratung: Ohne Gremium wird sie nicht übernommen: „{row.raw}“."
        names.findings.append(Finding("not_understood", message))


def _committee(written: str, day: dt.date, names: PageNames) -> Committee | None:
    found = _best(written, list(Committee.objects.named(written)), day)
    if len(found) == 1:
        return found[0]
    if found:
        names.ambiguous.append(_several(COMMITTEE, written, found))
        return None
    for new in names.new_committees:
        if search_key(new.name) == search_key(written):
            return new
    return _new_committee(written, names)


def _new_committee(written: str, names: PageNames) -> Committee:
    new = Committee(name=written, kind=committee_kind(written))
    names.new_committees.append(new)
    names.unknown.append(Unknown(COMMITTEE, written, f"„{written}“ ({new.get_kind_display()})"))
    return new


def _best(written: str, found: list[Committee], day: dt.date) -> list[Committee]:
    """Those in force on the day before the others, then those in use, then those whose full name it is."""
    found = [one for one in found if one.is_in_force(day)] or found
    found = [one for one in found if not one.is_retired] or found
    return [one for one in found if one.name_key == search_key(written)] or found


def _find_draft_committees(parsed: ParsedSubmission, names: PageNames, stored: Submission | None, day: dt.date) -> None:
    own = list({id(one): one for one in names.committees if one is not None}.values())
    if not own and stored is not None:
        # A page without Beratungsfolge leaves the stored one.
        own = [row.committee for row in stored.consultations.all()]
    for draft in parsed.draft_resolutions:
        found = [_draft_committee(written, own, day) for written in draft.committees]
        names.draft_committees.append(found)
        for written, committee in zip(draft.committees, found, strict=True):
            if committee is None:
                message = (
                    f"Beschlussvorschlag: Das Gremium „{written}“ ist nicht bekannt; die Überschrift bleibt im Text."
                )
                names.findings.append(Finding("not_understood", message))


def _draft_committee(written: str, own: list[Committee], day: dt.date) -> Committee | None:
    """Headings are short, so the committees of the paper itself come first: "Rat der Stadt" is its "Rat der Stadt Aachen"."""
    key = search_key(written)
    if not key:
        return None
    stored = list(Committee.objects.named(written))
    found = [one for one in own if one in stored or search_key(one.name) == key]
    found = found or _best(written, stored, day) or [one for one in own if search_key(one.name).startswith(f"{key} ")]
    same = {one.pk or one.name for one in found}
    return found[0] if len(same) == 1 else None


def _several(noun: str, written: str, found: Iterable[Organisation | Committee]) -> str:
    names = "; ".join(str(one) for one in found)
    return (
        f"„{written}“ ist nicht eindeutig, in Frage kommen: {names}. Legen Sie fest, welcher Eintrag ({noun}) so heißt."
    )
