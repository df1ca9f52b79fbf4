"""Who may do what: the one table behind permissions, the matrix test and the pages that explain it.

Permissions of Django count in the admin only, so only roles that enter it get any. In the portal querysets
(`visible_to`, `editable_by` …) decide row by row; the scopes below say what they have to do.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from kepol.accounts.choices import ADMIN_ROLES, Role


class Area(StrEnum):
    """The rows of the table."""

    PROGRAMME = "Partnerschaften, Konzept, Förderung, Gremien der Steuerung"
    MILESTONES = "Meilensteine"
    DRAFT_SUBMISSIONS = "Vorlagen vor der Abgabe"
    PUBLIC_SUBMISSIONS = "öffentliche Vorlagen nach der Abgabe"
    CLOSED_SUBMISSIONS = "nichtöffentliche Vorlagen und Anlagen"
    REGISTER = "Organisationen, politische Gremien, Wahlperioden, Ämter"
    REFERENCE = "Stammdaten aus festen Quellen"
    CONTACTS = "Personen mit Kontaktdaten, Kontaktprotokoll, Notizen"
    PARTNER_CONTACTS = "Kontakte in Partnerstädten"
    ACCOUNTS = "Konten"
    OPERATIONS = "Postausgang, Importläufe, Betriebszustand, Sicherungen"


class Verb(StrEnum):
    """What a role may do in an area."""

    READ = "lesen"
    CHANGE = "ändern"
    SIGN = "schlusszeichnen"
    COSIGN = "mitzeichnen"
    RECORD_RESULT = "Ergebnis eintragen"
    REPORT = "zurückmelden"
    COMMENT = "kommentieren"
    INVITE = "einladen"
    END = "beenden"


class Scope(StrEnum):
    """On which rows of an area."""

    ALL = "alle"
    OWN_UNIT = "der eigenen Einheit"
    NAMES_OWN_UNIT = "die die eigene Einheit nennen"
    INVOLVED = "bei Beteiligung"
    SENT_FOR_COSIGNING = "zur Mitzeichnung vorgelegt"
    PORTAL_ACCOUNTS = "Konten von Fachbereich, Leitung, Lesezugriff"


@dataclass(frozen=True)
class Grant:
    """One right: what may be done on which rows."""

    verb: Verb
    scope: Scope = Scope.ALL


READ = Grant(Verb.READ)
CHANGE = Grant(Verb.CHANGE)

#: A role missing from a row may do nothing there. A named change includes reading.
TABLE: Mapping[Area, Mapping[Role, tuple[Grant, ...]]] = {
    Area.PROGRAMME: {
        Role.KOORDINATION: (CHANGE,),
        Role.LEITUNG: (READ,),
        Role.FACHBEREICH: (Grant(Verb.READ, Scope.NAMES_OWN_UNIT),),
        Role.LESEZUGRIFF: (READ,),
    },
    Area.MILESTONES: {
        Role.KOORDINATION: (CHANGE,),
        Role.LEITUNG: (READ,),
        Role.FACHBEREICH: (Grant(Verb.REPORT, Scope.OWN_UNIT), Grant(Verb.COMMENT, Scope.INVOLVED)),
        Role.LESEZUGRIFF: (READ,),
    },
    Area.DRAFT_SUBMISSIONS: {
        Role.KOORDINATION: (CHANGE,),
        Role.LEITUNG: (READ, Grant(Verb.SIGN)),
        Role.FACHBEREICH: (Grant(Verb.COSIGN, Scope.SENT_FOR_COSIGNING),),
    },
    Area.PUBLIC_SUBMISSIONS: {
        Role.KOORDINATION: (CHANGE, Grant(Verb.RECORD_RESULT)),
        Role.LEITUNG: (READ,),
        Role.FACHBEREICH: (READ,),
        Role.LESEZUGRIFF: (READ,),
    },
    Area.CLOSED_SUBMISSIONS: {
        Role.KOORDINATION: (CHANGE,),
        Role.LEITUNG: (READ,),
        Role.FACHBEREICH: (Grant(Verb.READ, Scope.INVOLVED),),
    },
    Area.REGISTER: {
        Role.KOORDINATION: (CHANGE,),
        Role.LEITUNG: (READ,),
        Role.FACHBEREICH: (READ,),
        Role.LESEZUGRIFF: (READ,),
    },
    Area.REFERENCE: {role: (READ,) for role in Role if role is not Role.TECHNIK},
    Area.CONTACTS: {
        Role.KOORDINATION: (CHANGE,),
        Role.LEITUNG: (READ,),
        Role.FACHBEREICH: (Grant(Verb.READ, Scope.OWN_UNIT),),
    },
    Area.PARTNER_CONTACTS: {Role.KOORDINATION: (CHANGE,)},
    Area.ACCOUNTS: {
        Role.KOORDINATION: (
            READ,
            Grant(Verb.INVITE, Scope.PORTAL_ACCOUNTS),
            Grant(Verb.END, Scope.PORTAL_ACCOUNTS),
        ),
        Role.TECHNIK: (CHANGE, Grant(Verb.INVITE), Grant(Verb.END)),
    },
    Area.OPERATIONS: {Role.KOORDINATION: (READ,), Role.TECHNIK: (CHANGE,)},
}

SUBMISSION_MODELS = (
    "council.submission",
    "council.consultation",
    "council.draftresolution",
    "council.section",
    "council.attachment",
)

#: The models of each area as `app_label.modelname`; the rows of a submission lie in three areas at once.
#: Labels are text so that the accounts need not import the apps above them; an app adds its rows here.
AREA_MODELS: Mapping[Area, tuple[str, ...]] = {
    Area.PROGRAMME: (
        "files.documentreference",
        "stakeholders.body",
        "stakeholders.bodymember",
        "stakeholders.event",
        "funding.grant",
        "funding.budgetline",
        "funding.reportduty",
        "partnerships.partnership",
        "partnerships.stage",
        "partnerships.beginning",
        "partnerships.involvement",
        "partnerships.agreement",
        "partnerships.visit",
        "partnerships.visitparticipant",
        "partnerships.programmepoint",
        "partnerships.project",
        "partnerships.inkindtransfer",
        "concept.fieldofaction",
        "concept.goal",
        "concept.measure",
        "concept.indicator",
        "concept.indicatorvalue",
        "concept.workshop",
        "concept.inventoryitem",
        "concept.peerconcept",
        "concept.evaluation",
    ),
    Area.MILESTONES: (
        "concept.milestone",
        "concept.milestonereport",
        "concept.milestoneevidence",
        "concept.statusround",
        "concept.rounditem",
        "concept.reminderitem",
        "concept.escalation",
    ),
    Area.DRAFT_SUBMISSIONS: SUBMISSION_MODELS,
    Area.PUBLIC_SUBMISSIONS: SUBMISSION_MODELS,
    Area.CLOSED_SUBMISSIONS: SUBMISSION_MODELS,
    Area.REGISTER: (
        "stakeholders.organisation",
        "stakeholders.organisationname",
        "stakeholders.organisationalias",
        "council.committee",
        "council.committeename",
        "council.councilterm",
        "council.officeholder",
        "dates.closedday",
    ),
    Area.REFERENCE: ("reference.sdg", "reference.country"),
    Area.CONTACTS: (
        "stakeholders.person",
        "stakeholders.membership",
        "stakeholders.absence",
        "stakeholders.contactentry",
        "dates.tickler",
    ),
    Area.ACCOUNTS: ("accounts.user",),
    Area.OPERATIONS: ("mail.mail",),
}

#: Only a right on all rows becomes a permission of Django, which knows no rows.
ADMIN_ACTIONS: Mapping[Verb, frozenset[str]] = {
    Verb.READ: frozenset({"view"}),
    Verb.CHANGE: frozenset({"view", "add", "change", "delete"}),
}


def grants(role: Role, area: Area) -> tuple[Grant, ...]:
    """Return what `role` may do in `area`; empty when the table gives it nothing there."""
    return TABLE[area].get(role, ())


def has_role(user: Any, role: Role) -> bool:
    """Return whether `user` has `role`; anonymous visitors have none, superusers only those given to them."""
    return role in getattr(user, "roles", frozenset())


def model_labels() -> frozenset[str]:
    """Return every model the table speaks of."""
    return frozenset(label for labels in AREA_MODELS.values() for label in labels)


def areas_of(label: str) -> list[Area]:
    """Return the areas the model `label` (`app_label.modelname`) lies in."""
    return [area for area, labels in AREA_MODELS.items() if label in labels]


def actions(role: Role, label: str) -> frozenset[str]:
    """Return what `role` may do to the model `label` in the admin: only what *every* area of the model gives."""
    if role not in ADMIN_ROLES:
        return frozenset()
    return frozenset.intersection(*(_actions_in(role, area) for area in areas_of(label)))


def _actions_in(role: Role, area: Area) -> frozenset[str]:
    unlimited = (grant.verb for grant in grants(role, area) if grant.scope is Scope.ALL)
    return frozenset().union(*(ADMIN_ACTIONS.get(verb, frozenset()) for verb in unlimited))


def permission_names(role: Role) -> frozenset[str]:
    """Return the permissions of `role` as Django names them, for example `council.change_submission`."""
    return frozenset(_permission_name(label, action) for label in model_labels() for action in actions(role, label))


def _permission_name(label: str, action: str) -> str:
    app_label, model = label.split(".")
    return f"{app_label}.{action}_{model}"


@dataclass(frozen=True)
class RoleChange:
    """What `sync_roles` did to one role."""

    role: Role
    added: frozenset[str]
    removed: frozenset[str]

    def __str__(self) -> str:
        if not (self.added or self.removed):
            return f"{self.role}: unverändert"
        return f"{self.role}: {len(self.added)} Rechte ergänzt, {len(self.removed)} entzogen"


def sync_roles(*, using: str = "default") -> list[RoleChange]:
    """Create the groups of all roles and give each exactly its permissions; running it again changes nothing.

    Permissions of models that are not installed (yet) are left out silently; a test knows every label.
    """
    with transaction.atomic(using=using):
        stored = _stored_permissions(using)
        return [_sync_role(role, stored, using) for role in Role]


def _stored_permissions(using: str) -> dict[str, Permission]:
    app_labels = {label.split(".")[0] for label in model_labels()}
    found = Permission.objects.using(using).filter(content_type__app_label__in=app_labels)
    return _by_name(found.select_related("content_type"))


def _by_name(permissions: Iterable[Permission]) -> dict[str, Permission]:
    return {f"{one.content_type.app_label}.{one.codename}": one for one in permissions}


def _sync_role(role: Role, stored: Mapping[str, Permission], using: str) -> RoleChange:
    group, _ = Group.objects.using(using).get_or_create(name=role.value)
    present = _by_name(group.permissions.select_related("content_type"))
    wanted = permission_names(role) & stored.keys()
    added, removed = wanted - present.keys(), present.keys() - wanted
    if added:
        group.permissions.add(*(stored[name] for name in added))
    if removed:
        group.permissions.remove(*(present[name] for name in removed))
    return RoleChange(role, frozenset(added), frozenset(removed))
