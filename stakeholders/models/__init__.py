"""Everybody the city works with: the register, contacts, bodies that steer the programme, events."""

from stakeholders.models.absences import Absence
from stakeholders.models.bodies import Body, BodyMember
from stakeholders.models.contacts import ContactEntry
from stakeholders.models.events import Event
from stakeholders.models.register import (
    Membership,
    Organisation,
    OrganisationAlias,
    OrganisationName,
    Person,
    refuse_circle,
)

__all__ = [
    "Absence",
    "Body",
    "BodyMember",
    "ContactEntry",
    "Event",
    "Membership",
    "Organisation",
    "OrganisationAlias",
    "OrganisationName",
    "Person",
    "refuse_circle",
]
