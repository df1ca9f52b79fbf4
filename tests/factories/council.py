"""Committees and submissions."""

import factory
from factory.django import DjangoModelFactory

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
from stakeholders.models import Organisation
from tests.factories.stakeholders import PersonFactory, UnitFactory


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


FACTORIES = (
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
