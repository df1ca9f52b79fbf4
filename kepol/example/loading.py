"""Puts the example into the database; what is there already stays as it is."""

import datetime
import tomllib
from pathlib import Path
from typing import Any

from django.db import transaction

from kepol.accounts.choices import Role
from kepol.accounts.demo import DEMO_LOGINS, create_demo_accounts
from kepol.accounts.models import User
from kepol.council.importing import apply_import, plan_import
from kepol.council.models import (
    Attachment,
    Committee,
    CommitteeName,
    Consultation,
    CouncilTerm,
    DraftResolution,
    OfficeHolder,
    Section,
    Submission,
)
from kepol.council.ris_page import parse_page
from kepol.lib.history import operation
from stakeholders.choices import MembershipRole
from stakeholders.models import Membership, Organisation, OrganisationAlias, OrganisationName, Person

HERE = Path(__file__).parent
DEMO_SOURCE = "erfunden, für die Vorführung"
# Where the people of the demonstration work; roles without a unit belong to none.
DEMO_UNITS = {
    Role.KOORDINATION: ("FB 01/400", MembershipRole.STAFF),
    Role.LEITUNG: ("FB 01", MembershipRole.HEAD),
    Role.FACHBEREICH: ("FB 36", MembershipRole.STAFF),
}


def is_empty() -> bool:
    """Whether nobody has put anything into the installation yet."""
    return not any(model.objects.exists() for model in (User, Organisation, Committee, Submission))


@transaction.atomic
def load(*, on: datetime.date) -> list[Submission]:
    """Load register, demo accounts and the two papers; days of the draft are counted from `on`. Returns the papers."""
    with operation():
        load_register(read("register.toml"))
        load_people()
        return [load_council_paper(on=on), load_draft(read("beschlussvorlage.toml"), on=on)]


def read(name: str) -> dict[str, Any]:
    """Content of a data file."""
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))


def load_register(data: dict[str, Any]) -> None:
    """Units, organisations, committees, terms and holders of offices."""
    for fact in data["unit"]:
        load_organisation(fact)
    for fact in data["organisation"]:
        load_organisation(fact)
    for fact in data["committee"]:
        load_committee(fact)
    for fact in data["term"]:
        stored(
            CouncilTerm, {"number": fact["number"]}, valid_from=fact.get("valid_from"), valid_to=fact.get("valid_to")
        )
    for fact in data["office"]:
        load_office(fact)


def load_organisation(fact: dict[str, Any]) -> None:
    """One organisation with earlier names and other spellings."""
    key = {"code": fact["code"]} if "code" in fact else {"name": fact["name"], "code": ""}
    parent = Organisation.objects.get(code=fact["parent"]) if "parent" in fact else None
    values = {"kind": fact["kind"], "name": fact["name"], "parent": parent, "website": fact.get("website", "")}
    organisation = stored(Organisation, key, **values, note=f"Quelle: {fact['source']}")
    for former in fact.get("former", ()):
        dates = {"valid_from": former.get("valid_from"), "valid_to": former["valid_to"]}
        stored(OrganisationName, {"organisation": organisation, "name": former["name"]}, **dates)
    for alias in fact.get("aliases", ()):
        stored(OrganisationAlias, {"organisation": organisation, "name": alias})


def load_committee(fact: dict[str, Any]) -> None:
    """One committee with its other names."""
    committee = stored(Committee, {"name": fact["name"]}, kind=fact["kind"], short_name=fact.get("short_name", ""))
    for name in fact.get("other_names", ()):
        stored(CommitteeName, {"committee": committee, "name": name})


def load_office(fact: dict[str, Any]) -> None:
    """One holder of an office."""
    key = {"given_name": fact["given_name"], "family_name": fact["family_name"]}
    person = stored(Person, key, title=fact.get("academic_title", ""), function=fact["title"], source=fact["source"])
    words = {"title": fact["title"], "issuer_line": fact["issuer_line"]}
    dates = {"valid_from": fact.get("valid_from"), "valid_to": fact.get("valid_to")}
    stored(OfficeHolder, {"office": fact["office"], "person": person}, **words, **dates)


def load_people() -> None:
    """A person for each demo account; functions instead of names, because nobody is meant."""
    create_demo_accounts()
    for login in DEMO_LOGINS:
        user = User.objects.get(email=login.email)
        person = stored(
            Person,
            {"user": user},
            family_name=f"{login.role.value} (Beispiel)",
            function=login.role.value,
            source=DEMO_SOURCE,
        )
        if login.role in DEMO_UNITS:
            code, role = DEMO_UNITS[login.role]
            stored(Membership, {"person": person, "organisation": Organisation.objects.get(code=code)}, role=role)


def load_council_paper(*, on: datetime.date) -> Submission:
    """Our own paper, read the way every paper of the council information system is read."""
    parsed = parse_page((HERE / "sachstand.txt").read_text(encoding="utf-8"))
    if present := Submission.objects.filter(reference=str(parsed.reference)).first():
        return present
    submission = apply_import(plan_import(parsed, create_missing=False, replace=False, on=on), by=None)
    submission.is_example = True
    submission.save()
    return submission


def load_draft(data: dict[str, Any], *, on: datetime.date) -> Submission:
    """The draft Beschlussvorlage."""
    if present := Submission.objects.drafts().filter(is_example=True, subject=data["subject"]).first():
        return present
    values = {name: data[name] for name in ("kind", "subject", "goals", "author_text")}
    submission = Submission(**values, lead=Organisation.objects.get(code=data["lead"]), is_example=True)
    submission.full_clean()
    submission.save()
    submission.involved.set(Organisation.objects.filter(code__in=data["involved"]))
    for position, fact in enumerate(data["consultation"], start=1):
        committee = Committee.objects.get(name=fact["committee"])
        day = working_day(on + datetime.timedelta(days=fact["in_days"]))
        Consultation.objects.create(
            submission=submission, position=position, committee=committee, role=fact["role"], meeting_date=day
        )
    load_texts(submission, data)
    return submission


def load_texts(submission: Submission, data: dict[str, Any]) -> None:
    """Draft resolutions, sections and attachments."""
    for position, fact in enumerate(data["draft_resolution"], start=1):
        resolution = DraftResolution.objects.create(submission=submission, position=position, text=fact["text"])
        resolution.committees.set(Committee.objects.filter(name__in=fact["committees"]))
    for position, fact in enumerate(data["section"], start=1):
        Section.objects.create(submission=submission, position=position, heading=fact["heading"], body=fact["body"])
    for position, fact in enumerate(data["attachment"], start=1):
        Attachment.objects.create(submission=submission, position=position, title=fact["title"])


def working_day(day: datetime.date) -> datetime.date:
    """The Wednesday of the week of `day`: the day on which these committees sit."""
    wednesday = 2
    return day + datetime.timedelta(days=wednesday - day.weekday())


def stored(model: Any, key: dict[str, Any], **values: Any) -> Any:
    """The object with `key`; made with `values` and checked when it is missing, untouched when it is there."""
    if present := model.objects.filter(**key).first():
        return present
    made = model(**{**values, **key})
    made.full_clean()
    made.save()
    return made
