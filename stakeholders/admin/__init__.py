"""Everybody the city works with, in the back office."""

from stakeholders.admin.bodies import BodyAdmin, BodyMemberAdmin
from stakeholders.admin.contacts import ContactEntryAdmin
from stakeholders.admin.events import EventAdmin
from stakeholders.admin.register import MembershipAdmin, OrganisationAdmin, PersonAdmin

__all__ = [
    "BodyAdmin",
    "BodyMemberAdmin",
    "ContactEntryAdmin",
    "EventAdmin",
    "MembershipAdmin",
    "OrganisationAdmin",
    "PersonAdmin",
]
