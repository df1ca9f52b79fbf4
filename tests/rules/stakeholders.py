"""Rules of the app stakeholders."""

import datetime

from kepol.lib.periods.value import Period
from stakeholders.models import Absence, BodyMember, OrganisationAlias, OrganisationName
from tests.factories.stakeholders import (
    BERLIN,
    AbsenceFactory,
    BodyFactory,
    BodyMemberFactory,
    ContactEntryFactory,
    EventFactory,
    MembershipFactory,
    OrganisationAliasFactory,
    OrganisationFactory,
    OrganisationNameFactory,
    PersonFactory,
    UnitFactory,
)
from tests.rules.words import BACKWARDS, ORDER, RETIRED, day


def midnight(on: datetime.date) -> datetime.datetime:
    """Its first moment."""
    return datetime.datetime.combine(on, datetime.time(), tzinfo=BERLIN)


RULES = {
    "stakeholders_organisation_retired_with_reason": (OrganisationFactory, {"retired_on": day(2026)}, RETIRED),
    "stakeholders_organisation_code_of_unit": (
        UnitFactory,
        {"code": ""},
        "Städtische Dienststellen brauchen ein Kürzel, andere Organisationen haben keines.",
    ),
    "stakeholders_organisation_code_once": (
        UnitFactory,
        lambda: {"code": UnitFactory().code},
        "Dieses Kürzel ist schon vergeben.",
    ),
    "stakeholders_organisation_not_own_parent": (
        OrganisationFactory,
        "parent",
        "Eine Organisation kann nicht zu sich selbst gehören.",
    ),
    "stakeholders_organisationname_valid_in_order": (OrganisationNameFactory, BACKWARDS, ORDER),
    "stakeholders_organisationname_has_end": (
        OrganisationNameFactory,
        {"valid_to": None},
        "Ein früherer Name braucht den letzten Tag seiner Gültigkeit.",
    ),
    "stakeholders_organisationalias_once": (OrganisationAliasFactory, "twin", "Diese Schreibweise steht schon da."),
    "stakeholders_person_retired_with_reason": (PersonFactory, {"retired_reason": "ohne Tag"}, RETIRED),
    "stakeholders_membership_valid_in_order": (MembershipFactory, BACKWARDS, ORDER),
    "stakeholders_contactentry_with_somebody": (
        ContactEntryFactory,
        {"organisation": None},
        "Mit wem war der Kontakt? Nennen Sie eine Organisation oder eine Person.",
    ),
    "stakeholders_absence_in_order": (
        AbsenceFactory,
        {"last_day": day(2026)},
        "„abwesend bis“ liegt vor „abwesend ab“.",
    ),
    "stakeholders_absence_other_deputy": (
        AbsenceFactory,
        lambda: {"deputy": Absence.objects.latest("pk").person},
        "Niemand vertritt sich selbst. Nennen Sie jemand anderen, oder lassen Sie das Feld leer.",
    ),
    "stakeholders_contactentry_step_named": (
        ContactEntryFactory,
        {"next_step_on": day(2026, 4)},
        "Zu einem Tag für den nächsten Schritt gehört, was zu tun ist.",
    ),
    "stakeholders_contactentry_done_step_named": (
        lambda: ContactEntryFactory(next_step="Anrufen", next_step_done_on=day(2026, 4)),
        {"next_step": ""},
        "Der nächste Schritt ist als erledigt vermerkt. Lassen Sie stehen, was zu tun war.",
    ),
    "stakeholders_contactentry_kept_for_a_while": (
        ContactEntryFactory,
        {"delete_on": day(2026)},
        "„löschen am“ liegt nicht nach dem Tag des Kontakts.",
    ),
    "stakeholders_body_valid_in_order": (BodyFactory, BACKWARDS, ORDER),
    "stakeholders_bodymember_valid_in_order": (BodyMemberFactory, BACKWARDS, ORDER),
    "stakeholders_bodymember_somebody": (
        BodyMemberFactory,
        {"organisation": None},
        "Nennen Sie eine Person oder die Organisation, für die der Sitz ist.",
    ),
    "stakeholders_bodymember_only_deputies_deputise": (
        BodyMemberFactory,
        "deputises_for",
        "Nur eine Stellvertretung vertritt jemanden. Ändern Sie die Rolle oder leeren Sie „vertritt“.",
    ),
    "stakeholders_event_times_or_period": (
        lambda: EventFactory(starts_at=None, period=Period(day(2026, 5), day(2026, 5, 31), named=True)),
        {"starts_at": midnight(day(2026, 5, 13))},
        "Geben Sie entweder Beginn und Ende mit Uhrzeit an oder einen Zeitraum, nicht beides.",
    ),
    "stakeholders_event_times_in_order": (
        EventFactory,
        {"ends_at": midnight(day(2026))},
        "Das Ende liegt vor dem Beginn, oder der Beginn fehlt.",
    ),
    "stakeholders_event_period_in_order": (
        lambda: EventFactory(starts_at=None),
        {"period_start": day(2026, 6), "period_end": day(2026, 5), "period_named": False},
        "Zeitraum: Das Ende liegt vor dem Beginn.",
    ),
}
PARENTS = {
    OrganisationName: ("organisation", "former_names"),
    OrganisationAlias: ("organisation", "aliases"),
    BodyMember: ("body", "members"),
    Absence: ("person", "absences"),
}
#: A period is one field of its form, which refuses the wrong order when it reads the text; times are two inputs each, which
#: tests/test_stakeholders_events.py fills in.
NOT_IN_FORMS = frozenset(
    {
        "stakeholders_event_period_in_order",
        "stakeholders_event_times_in_order",
        "stakeholders_event_times_or_period",
    }
)
