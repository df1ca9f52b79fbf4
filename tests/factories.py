"""One factory per model; they speak the domain and hold no surprises."""

import datetime

import factory
from django.contrib.auth.models import Group
from factory.django import DjangoModelFactory

from kepol.accounts.choices import Role
from kepol.accounts.models import User
from kepol.council.choices import CommitteeKind, ConsultationRole, Office, Origin, SubmissionKind
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
from kepol.reference.models import Country, Sdg
from stakeholders.choices import MembershipRole, OrganisationKind
from stakeholders.models import Membership, Organisation, OrganisationAlias, OrganisationName, Person

PASSWORD = "ein-langes-Passwort-2026"


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    password = factory.django.Password(PASSWORD)

    @factory.post_generation
    def roles(self, create: bool, extracted: list[Role] | None, **_: object) -> None:
        for role in extracted or []:
            self.groups.add(Group.objects.get_or_create(name=role.value)[0])


class SdgFactory(DjangoModelFactory):
    class Meta:
        model = Sdg
        django_get_or_create = ("number",)

    number = 17
    title = "Partnerschaften zur Erreichung der Ziele"


class CountryFactory(DjangoModelFactory):
    class Meta:
        model = Country
        django_get_or_create = ("code",)

    code = "ZA"
    name = "Südafrika"


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


class CommitteeFactory(DjangoModelFactory):
    class Meta:
        model = Committee

    kind = CommitteeKind.COMMITTEE
    name = factory.Sequence(lambda n: f"Ausschuss Nummer {n}")
    short_name = factory.Sequence(lambda n: f"A{n}")


class CommitteeNameFactory(DjangoModelFactory):
    class Meta:
        model = CommitteeName

    committee = factory.SubFactory(CommitteeFactory)
    name = factory.Sequence(lambda n: f"Anderer Name {n}")


class CouncilTermFactory(DjangoModelFactory):
    class Meta:
        model = CouncilTerm
        django_get_or_create = ("number",)

    number = factory.Sequence(lambda n: 50 + n % 40)


class OfficeHolderFactory(DjangoModelFactory):
    class Meta:
        model = OfficeHolder

    office = Office.DEPUTY
    person = factory.SubFactory(PersonFactory)
    title = "Beigeordnete"


class SubmissionFactory(DjangoModelFactory):
    """A draft written here."""

    class Meta:
        model = Submission
        skip_postgeneration_save = True

    kind = SubmissionKind.FOR_DECISION
    subject = factory.Sequence(lambda n: f"Gegenstand Nummer {n}")
    lead = factory.SubFactory(UnitFactory)

    class Params:
        from_council = factory.Trait(
            origin=Origin.COUNCIL_SYSTEM,
            kind=SubmissionKind.FOR_INFORMATION,
            reference=factory.Sequence(lambda n: f"FB 01/{n + 1:04}/WP18"),
        )

    @factory.post_generation
    def involved(self, create: bool, extracted: list[Organisation] | None, **_: object) -> None:
        self.involved.add(*(extracted or []))


class ConsultationFactory(DjangoModelFactory):
    class Meta:
        model = Consultation

    submission = factory.SubFactory(SubmissionFactory)
    committee = factory.SubFactory(CommitteeFactory)
    position = factory.Sequence(lambda n: n % 1000 + 1)
    role = ConsultationRole.INFORMATION


class DraftResolutionFactory(DjangoModelFactory):
    class Meta:
        model = DraftResolution

    submission = factory.SubFactory(SubmissionFactory)
    position = factory.Sequence(lambda n: n % 1000 + 1)
    text = "<p>Der Ausschuss nimmt den Bericht zur Kenntnis.</p>"


class SectionFactory(DjangoModelFactory):
    class Meta:
        model = Section

    submission = factory.SubFactory(SubmissionFactory)
    position = factory.Sequence(lambda n: n % 1000 + 1)
    heading = "Anlass"
    body = "<p>Ein erfundener Anlass.</p>"


class AttachmentFactory(DjangoModelFactory):
    class Meta:
        model = Attachment

    submission = factory.SubFactory(SubmissionFactory)
    position = factory.Sequence(lambda n: n % 1000 + 1)
    title = factory.Sequence(lambda n: f"Anlage {n}")


FACTORIES = {
    factory_class._meta.model: factory_class
    for factory_class in (
        UserFactory,
        SdgFactory,
        CountryFactory,
        OrganisationFactory,
        OrganisationNameFactory,
        OrganisationAliasFactory,
        PersonFactory,
        MembershipFactory,
        CommitteeFactory,
        CommitteeNameFactory,
        CouncilTermFactory,
        OfficeHolderFactory,
        SubmissionFactory,
        ConsultationFactory,
        DraftResolutionFactory,
        SectionFactory,
        AttachmentFactory,
    )
}
