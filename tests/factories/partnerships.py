"""Partnerships and what belongs to them."""

import datetime

import factory
from factory.django import DjangoModelFactory

from kepol.lib.periods.value import Period
from partnerships.choices import AgreementKind, Direction, ParticipantGroup, PartnershipKind, ProjectKind
from partnerships.models import (
    Agreement,
    Beginning,
    InKindTransfer,
    Involvement,
    Partnership,
    ProgrammePoint,
    Project,
    Stage,
    Visit,
    VisitParticipant,
)
from stakeholders.choices import OrganisationKind
from tests.factories.reference import CountryFactory
from tests.factories.stakeholders import OrganisationFactory

TRIP = Period(datetime.date(2025, 3, 15), datetime.date(2025, 3, 23))


class MunicipalityFactory(OrganisationFactory):
    """A partner city in the register."""

    class Meta:
        model = OrganisationFactory._meta.model

    kind = OrganisationKind.MUNICIPALITY
    name = factory.Sequence(lambda n: f"Stadt Nummer {n}")


class PartnershipFactory(DjangoModelFactory):
    """With a city outside Europe, without stages."""

    class Meta:
        model = Partnership

    name = factory.Sequence(lambda n: f"Partnerstadt {n}")
    partner = factory.SubFactory(MunicipalityFactory)
    country = factory.SubFactory(CountryFactory)


class StageFactory(DjangoModelFactory):
    """A Städtepartnerschaft that has always been active."""

    class Meta:
        model = Stage

    partnership = factory.SubFactory(PartnershipFactory)
    kind = PartnershipKind.TWINNING


class BeginningFactory(DjangoModelFactory):
    class Meta:
        model = Beginning

    partnership = factory.SubFactory(PartnershipFactory)
    position = factory.Sequence(lambda n: n % 1000 + 1)
    when = Period(datetime.date(1999, 1, 1), datetime.date(1999, 12, 31), named=True)
    what = factory.Sequence(lambda n: f"Ereignis Nummer {n}")
    source = "erfunden für Tests"


class InvolvementFactory(DjangoModelFactory):
    class Meta:
        model = Involvement

    partnership = factory.SubFactory(PartnershipFactory)
    position = factory.Sequence(lambda n: n % 1000 + 1)
    organisation = factory.SubFactory(OrganisationFactory)
    role = "Partnerschaftsverein"


class AgreementFactory(DjangoModelFactory):
    """Signed and open-ended."""

    class Meta:
        model = Agreement

    partnership = factory.SubFactory(PartnershipFactory)
    kind = AgreementKind.MOU
    title = factory.Sequence(lambda n: f"Vereinbarung Nummer {n}")
    signed = Period(datetime.date(2000, 6, 28), datetime.date(2000, 6, 28))


class VisitFactory(DjangoModelFactory):
    """A trip to the partner."""

    class Meta:
        model = Visit

    partnership = factory.SubFactory(PartnershipFactory)
    direction = Direction.OUTBOUND
    title = factory.Sequence(lambda n: f"Reise Nummer {n}")
    official = TRIP


class VisitParticipantFactory(DjangoModelFactory):
    class Meta:
        model = VisitParticipant

    visit = factory.SubFactory(VisitFactory)
    position = factory.Sequence(lambda n: n % 1000 + 1)
    group = ParticipantGroup.ADMINISTRATION
    function = factory.Sequence(lambda n: f"Funktion Nummer {n}")


class ProgrammePointFactory(DjangoModelFactory):
    """On the first day of the trip."""

    class Meta:
        model = ProgrammePoint

    visit = factory.SubFactory(VisitFactory)
    position = factory.Sequence(lambda n: n % 1000 + 1)
    day = TRIP.start
    title = factory.Sequence(lambda n: f"Programmpunkt Nummer {n}")


class ProjectFactory(DjangoModelFactory):
    class Meta:
        model = Project

    partnership = factory.SubFactory(PartnershipFactory)
    title = factory.Sequence(lambda n: f"Projekt Nummer {n}")
    kind = ProjectKind.CLIMATE


class InKindTransferFactory(DjangoModelFactory):
    class Meta:
        model = InKindTransfer

    partnership = factory.SubFactory(PartnershipFactory)
    goods = factory.Sequence(lambda n: f"Lieferung Nummer {n}")
    value_cents = 1_234_50


FACTORIES = (
    PartnershipFactory,
    StageFactory,
    BeginningFactory,
    InvolvementFactory,
    AgreementFactory,
    VisitFactory,
    VisitParticipantFactory,
    ProgrammePointFactory,
    ProjectFactory,
    InKindTransferFactory,
)
