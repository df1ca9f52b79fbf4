"""The register of organisations and people, the contact log, bodies and events."""

import datetime
from zoneinfo import ZoneInfo

import factory
from factory.django import DjangoModelFactory

from stakeholders.choices import BodyKind, MembershipRole, OrganisationKind
from stakeholders.models import (
    Absence,
    Body,
    BodyMember,
    ContactEntry,
    Event,
    Membership,
    Organisation,
    OrganisationAlias,
    OrganisationName,
    Person,
)

BERLIN = ZoneInfo("Europe/Berlin")


class UnitFactory(DjangoModelFactory):
    """A unit of the city."""

    class Meta:
        model = Organisation

    kind = OrganisationKind.DEPARTMENT
    code = factory.Sequence(lambda n: f"FB {n % 99 + 1:02}/{n + 100:03}"[:9])
    name = factory.Sequence(lambda n: f"Fachbereich Nummer {n}")


class OrganisationFactory(DjangoModelFactory):
    class Meta:
        model = Organisation

    kind = OrganisationKind.ASSOCIATION
    name = factory.Sequence(lambda n: f"Verein Nummer {n} e.V.")


class OrganisationNameFactory(DjangoModelFactory):
    class Meta:
        model = OrganisationName

    organisation = factory.SubFactory(OrganisationFactory)
    name = factory.Sequence(lambda n: f"Früherer Name {n}")
    valid_from = factory.Sequence(lambda n: datetime.date(1900 + n % 100, 1, 1))
    valid_to = factory.LazyAttribute(lambda row: row.valid_from.replace(month=12, day=31))


class OrganisationAliasFactory(DjangoModelFactory):
    class Meta:
        model = OrganisationAlias

    organisation = factory.SubFactory(OrganisationFactory)
    name = factory.Sequence(lambda n: f"Andere Schreibweise {n}")


class PersonFactory(DjangoModelFactory):
    class Meta:
        model = Person

    given_name = "Eva"
    family_name = factory.Sequence(lambda n: f"Müller-{n}")
    source = "erfunden für Tests"


class MembershipFactory(DjangoModelFactory):
    class Meta:
        model = Membership

    person = factory.SubFactory(PersonFactory)
    organisation = factory.SubFactory(OrganisationFactory)
    role = MembershipRole.MEMBER


class AbsenceFactory(DjangoModelFactory):
    """A week without anybody who stands in."""

    class Meta:
        model = Absence

    person = factory.SubFactory(PersonFactory)
    first_day = datetime.date(2026, 3, 2)
    last_day = datetime.date(2026, 3, 8)


class ContactEntryFactory(DjangoModelFactory):
    """A contact with an organisation, without a next step."""

    class Meta:
        model = ContactEntry

    organisation = factory.SubFactory(OrganisationFactory)
    day = datetime.date(2026, 3, 2)
    subject = factory.Sequence(lambda n: f"Absprache Nummer {n}")
    delete_on = factory.LazyAttribute(lambda row: row.day.replace(year=row.day.year + 3))

    class Params:
        has_step = factory.Trait(next_step="Unterlagen schicken", next_step_on=datetime.date(2026, 3, 16))


class BodyFactory(DjangoModelFactory):
    class Meta:
        model = Body

    kind = BodyKind.STEERING_GROUP
    name = factory.Sequence(lambda n: f"Steuerungsgruppe Nummer {n}")


class BodyMemberFactory(DjangoModelFactory):
    """The seat of an organisation that has not named anybody yet."""

    class Meta:
        model = BodyMember

    body = factory.SubFactory(BodyFactory)
    organisation = factory.SubFactory(OrganisationFactory)
    position = factory.Sequence(lambda n: n % 1000 + 1)


class EventFactory(DjangoModelFactory):
    """An event whose times are known."""

    class Meta:
        model = Event
        skip_postgeneration_save = True

    title = factory.Sequence(lambda n: f"Vortrag Nummer {n}")
    starts_at = datetime.datetime(2026, 5, 13, 18, 0, tzinfo=BERLIN)
    ends_at = factory.LazyAttribute(lambda row: row.starts_at and row.starts_at + datetime.timedelta(minutes=90))
    place = "Aachen"

    @factory.post_generation
    def involved(self, create: bool, extracted: list[Organisation] | None, **_: object) -> None:
        self.involved.add(*(extracted or []))


FACTORIES = (
    OrganisationFactory,
    OrganisationNameFactory,
    OrganisationAliasFactory,
    PersonFactory,
    MembershipFactory,
    AbsenceFactory,
    ContactEntryFactory,
    BodyFactory,
    BodyMemberFactory,
    EventFactory,
)
