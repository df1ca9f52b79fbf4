"""Rules of the app partnerships."""

import datetime

from partnerships.models import Beginning
from tests.factories.partnerships import (
    AgreementFactory,
    BeginningFactory,
    InKindTransferFactory,
    InvolvementFactory,
    PartnershipFactory,
    ProgrammePointFactory,
    ProjectFactory,
    StageFactory,
    VisitFactory,
    VisitParticipantFactory,
)
from tests.factories.stakeholders import PersonFactory
from tests.rules.words import BACKWARDS, ORDER, day


def turned(name):
    """The period `name` with its end before its beginning."""
    return {f"{name}_start": day(2026), f"{name}_end": day(2025), f"{name}_named": False}


RULES = {
    "partnerships_partnership_once": (
        PartnershipFactory,
        lambda: {"partner": PartnershipFactory().partner},
        "Zu dieser Kommune gibt es schon eine Partnerschaft.",
    ),
    "partnerships_stage_valid_in_order": (StageFactory, BACKWARDS, ORDER),
    "partnerships_beginning_dated": (
        BeginningFactory,
        {"when_start": None, "when_end": None, "when_named": None},
        "Nennen Sie, seit wann.",
    ),
    "partnerships_beginning_when_in_order": (
        BeginningFactory,
        turned("when"),
        "seit: Das Ende liegt vor dem Beginn.",
    ),
    "partnerships_beginning_with_source": (
        BeginningFactory,
        {"source": ""},
        "Zu jedem Beginn gehört seine Quelle.",
    ),
    "partnerships_involvement_valid_in_order": (InvolvementFactory, BACKWARDS, ORDER),
    "partnerships_agreement_valid_in_order": (AgreementFactory, BACKWARDS, ORDER),
    "partnerships_agreement_signed_in_order": (
        AgreementFactory,
        turned("signed"),
        "unterzeichnet: Das Ende liegt vor dem Beginn.",
    ),
    "partnerships_agreement_not_own_successor": (
        AgreementFactory,
        "successor",
        "Eine Vereinbarung kann sich nicht selbst ablösen.",
    ),
    "partnerships_visit_official_in_order": (
        VisitFactory,
        turned("official"),
        "Reisezeit: Das Ende liegt vor dem Beginn.",
    ),
    "partnerships_visit_programme_in_order": (
        VisitFactory,
        turned("programme"),
        "Programmzeit: Das Ende liegt vor dem Beginn.",
    ),
    "partnerships_visitparticipant_at_least_one": (
        VisitParticipantFactory,
        {"number": 0},
        "Die Anzahl ist mindestens 1.",
    ),
    "partnerships_visitparticipant_one_person": (
        lambda: VisitParticipantFactory(person=PersonFactory()),
        {"number": 2},
        "Eine Zeile mit Person zählt genau eine.",
    ),
    "partnerships_programmepoint_time_with_day": (
        lambda: ProgrammePointFactory(time=datetime.time(9, 30)),
        {"day": None},
        "Zu einer Uhrzeit gehört ein Tag.",
    ),
    "partnerships_project_period_in_order": (
        ProjectFactory,
        turned("period"),
        "Laufzeit: Das Ende liegt vor dem Beginn.",
    ),
    "partnerships_inkindtransfer_sent_in_order": (
        InKindTransferFactory,
        turned("sent"),
        "versandt: Das Ende liegt vor dem Beginn.",
    ),
    "partnerships_inkindtransfer_value_not_negative": (
        InKindTransferFactory,
        {"value_cents": -1},
        "Der Wert kann nicht negativ sein.",
    ),
}
#: A period has one form field, which refuses such days when it reads them; the form also demands one for a beginning.
NOT_IN_FORMS = frozenset(
    name
    for name, (_, change, _) in RULES.items()
    if isinstance(change, dict) and any(column.endswith("_named") for column in change)
)
PARENTS = {Beginning: ("partnership", "beginnings")}
