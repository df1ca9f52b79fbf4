"""The register of organisations and people."""

import datetime

import factory
from factory.django import DjangoModelFactory

from stakeholders.choices import MembershipRole, OrganisationKind
from stakeholders.models import Membership, Organisation, OrganisationAlias, OrganisationName, Person


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


FACTORIES = (OrganisationFactory, OrganisationNameFactory, OrganisationAliasFactory, PersonFactory, MembershipFactory)
