"""The concept: plan, milestones, and the way to it."""

import datetime

import factory
from django.core.files.base import ContentFile
from factory.django import DjangoModelFactory

from concept.choices import ReportStep, Status, WorkshopKind
from concept.models import (
    Escalation,
    Evaluation,
    FieldOfAction,
    Goal,
    Indicator,
    IndicatorValue,
    InventoryItem,
    Measure,
    Milestone,
    MilestoneEvidence,
    MilestoneReport,
    Occasion,
    PeerConcept,
    ReminderItem,
    ReminderLevel,
    RoundItem,
    StatusRound,
    Workshop,
)
from kepol.lib.periods import Period
from stakeholders.choices import OrganisationKind
from stakeholders.models import Organisation
from tests.factories.accounts import UserFactory
from tests.factories.mail import MailFactory
from tests.factories.stakeholders import OrganisationFactory, PersonFactory, UnitFactory


class FieldOfActionFactory(DjangoModelFactory):
    class Meta:
        model = FieldOfAction

    code = factory.Sequence(lambda n: f"{n + 1}")
    title = factory.Sequence(lambda n: f"Handlungsfeld Nummer {n}")


class GoalFactory(DjangoModelFactory):
    class Meta:
        model = Goal

    field_of_action = factory.SubFactory(FieldOfActionFactory)
    code = factory.LazyAttributeSequence(lambda row, n: f"{row.field_of_action.code}.{n + 1}")
    title = factory.Sequence(lambda n: f"Ziel Nummer {n}")


class MeasureFactory(DjangoModelFactory):
    class Meta:
        model = Measure
        skip_postgeneration_save = True

    field_of_action = factory.SubFactory(FieldOfActionFactory)
    code = factory.Sequence(lambda n: f"M{n + 1}")
    title = factory.Sequence(lambda n: f"Maßnahme Nummer {n}")
    lead = factory.SubFactory(UnitFactory)
    period = Period(datetime.date(2025, 1, 1), datetime.date(2026, 12, 31), named=True)

    @factory.post_generation
    def involved(self, create: bool, extracted: list[Organisation] | None, **_: object) -> None:
        if extracted:
            self.involved.add(*extracted)


class IndicatorFactory(DjangoModelFactory):
    class Meta:
        model = Indicator

    measure = factory.SubFactory(MeasureFactory)
    name = factory.Sequence(lambda n: f"Indikator Nummer {n}")
    unit = "Schulen"
    baseline = 4
    baseline_year = 2024
    target = 20
    target_year = 2028


class IndicatorValueFactory(DjangoModelFactory):
    class Meta:
        model = IndicatorValue

    indicator = factory.SubFactory(IndicatorFactory)
    as_of = factory.Sequence(lambda n: datetime.date(2015, 1, 1) + datetime.timedelta(days=n % 3000))
    value = 7


class MilestoneFactory(DjangoModelFactory):
    """A planned one whose day is long ahead."""

    class Meta:
        model = Milestone
        skip_postgeneration_save = True

    title = factory.Sequence(lambda n: f"Meilenstein Nummer {n}")
    responsible = factory.SubFactory(UnitFactory)
    planned = Period(datetime.date(2099, 10, 1), datetime.date(2099, 12, 31), named=True)
    reported_on = datetime.date(2026, 1, 15)

    class Params:
        undated = factory.Trait(planned=None)
        reached = factory.Trait(status=Status.REACHED, reached_on=datetime.date(2026, 1, 15))

    @factory.post_generation
    def involved(self, create: bool, extracted: list[Organisation] | None, **_: object) -> None:
        if extracted:
            self.involved.add(*extracted)

    @factory.post_generation
    def predecessors(self, create: bool, extracted: list[Milestone] | None, **_: object) -> None:
        if extracted:
            self.predecessors.add(*extracted)


class MilestoneReportFactory(DjangoModelFactory):
    """A row as the door writes it; the door itself also changes the milestone."""

    class Meta:
        model = MilestoneReport

    milestone = factory.SubFactory(MilestoneFactory)
    step = ReportStep.REPORT
    by = factory.SubFactory(UserFactory)
    as_of = datetime.date(2026, 1, 15)
    status_before = Status.PLANNED
    status = Status.IN_PROGRESS
    text = factory.Sequence(lambda n: f"Es geht voran, Nummer {n}")


class MilestoneEvidenceFactory(DjangoModelFactory):
    class Meta:
        model = MilestoneEvidence

    milestone = factory.SubFactory(MilestoneFactory)
    title = factory.Sequence(lambda n: f"Nachweis Nummer {n}")
    file = factory.LazyFunction(lambda: ContentFile(b"%PDF-1.7\n", name="a.pdf"))
    added_by = factory.SubFactory(UserFactory)


class ReminderItemFactory(DjangoModelFactory):
    """A milestone in a reminder that went out."""

    class Meta:
        model = ReminderItem

    mail = factory.SubFactory(MailFactory, sent=True)
    milestone = factory.SubFactory(MilestoneFactory)
    person = factory.SubFactory(PersonFactory)
    on = datetime.date(2026, 3, 3)
    level = ReminderLevel.FIRST
    occasion = Occasion.OVERDUE


class EscalationFactory(DjangoModelFactory):
    """A hint about `milestones` that waits for a decision."""

    class Meta:
        model = Escalation
        skip_postgeneration_save = True

    unit = factory.SubFactory(UnitFactory)
    person = factory.SubFactory(PersonFactory)
    subject = factory.Sequence(lambda n: f"Rückmeldung zu Meilenstein {n}")
    text = "Guten Tag,\n\nzu einem Meilenstein fehlt eine Rückmeldung.\n"
    proposed_on = datetime.date(2026, 3, 17)

    @factory.post_generation
    def milestones(self, create: bool, extracted: list[Milestone] | None, **_: object) -> None:
        if extracted:
            self.milestones.add(*extracted)


class StatusRoundFactory(DjangoModelFactory):
    """One that runs, without rows."""

    class Meta:
        model = StatusRound

    title = factory.Sequence(lambda n: f"Sachstand Nummer {n}")
    key_date = datetime.date(2026, 6, 30)
    deadline = datetime.date(2026, 7, 10)
    opened_at = datetime.datetime(2026, 6, 22, 9, 0, tzinfo=datetime.UTC)
    opened_by = factory.SubFactory(UserFactory)


class RoundItemFactory(DjangoModelFactory):
    """A row whose unit is the one responsible for the milestone."""

    class Meta:
        model = RoundItem

    round = factory.SubFactory(StatusRoundFactory)
    milestone = factory.SubFactory(MilestoneFactory)
    unit = factory.LazyAttribute(lambda row: row.milestone.responsible)


class WorkshopFactory(DjangoModelFactory):
    class Meta:
        model = Workshop
        skip_postgeneration_save = True

    title = factory.Sequence(lambda n: f"Workshop Nummer {n}")
    kind = WorkshopKind.FOCUS_GROUP
    organiser = factory.SubFactory(UnitFactory)

    @factory.post_generation
    def participants(self, create: bool, extracted: list[Organisation] | None, **_: object) -> None:
        if extracted:
            self.participants.add(*extracted)


class InventoryItemFactory(DjangoModelFactory):
    class Meta:
        model = InventoryItem
        skip_postgeneration_save = True

    title = factory.Sequence(lambda n: f"Bestehende Aktivität Nummer {n}")
    unit = factory.SubFactory(UnitFactory)
    period = Period(datetime.date(2011, 1, 1), None, named=True)

    @factory.post_generation
    def organisations(self, create: bool, extracted: list[Organisation] | None, **_: object) -> None:
        if extracted:
            self.organisations.add(*extracted)


class PeerConceptFactory(DjangoModelFactory):
    class Meta:
        model = PeerConcept

    city = factory.SubFactory(OrganisationFactory, kind=OrganisationKind.MUNICIPALITY)
    title = factory.Sequence(lambda n: f"Konzept Nummer {n}")


class EvaluationFactory(DjangoModelFactory):
    class Meta:
        model = Evaluation

    title = factory.Sequence(lambda n: f"Evaluation Nummer {n}")
    unit = factory.SubFactory(UnitFactory)


FACTORIES = (
    FieldOfActionFactory,
    GoalFactory,
    MeasureFactory,
    IndicatorFactory,
    IndicatorValueFactory,
    MilestoneFactory,
    MilestoneReportFactory,
    MilestoneEvidenceFactory,
    ReminderItemFactory,
    EscalationFactory,
    StatusRoundFactory,
    RoundItemFactory,
    WorkshopFactory,
    InventoryItemFactory,
    PeerConceptFactory,
    EvaluationFactory,
)
