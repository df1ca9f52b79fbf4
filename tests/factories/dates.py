"""Wiedervorlagen and closed days."""

import datetime

import factory
from factory.django import DjangoModelFactory

from kepol.dates.models import ClosedDay, Tickler
from kepol.lib.backoffice.attached import content_type_of
from tests.factories.accounts import UserFactory
from tests.factories.stakeholders import OrganisationFactory


class TicklerFactory(DjangoModelFactory):
    """An open one on `record`, an organisation unless said otherwise."""

    class Meta:
        model = Tickler
        exclude = ("record",)

    record = factory.SubFactory(OrganisationFactory)
    content_type = factory.LazyAttribute(lambda row: content_type_of(row.record))
    object_id = factory.SelfAttribute("record.pk")
    title = factory.LazyAttribute(lambda row: str(row.record))
    due_on = datetime.date(2026, 11, 30)
    note = factory.Sequence(lambda n: f"Nachfragen, ob Punkt {n} geklärt ist")
    for_whom = factory.SubFactory(UserFactory)

    class Params:
        is_done = factory.Trait(
            done_on=datetime.date(2026, 11, 30), done_by=factory.LazyAttribute(lambda row: row.for_whom)
        )


class ClosedDayFactory(DjangoModelFactory):
    class Meta:
        model = ClosedDay

    first_day = last_day = datetime.date(2026, 2, 12)
    name = "Weiberfastnacht"


FACTORIES = (TicklerFactory, ClosedDayFactory)
