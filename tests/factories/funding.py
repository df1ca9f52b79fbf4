"""Grants with their budget and their duties to report; amounts are invented."""

import datetime
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from kepol.funding.choices import CostCategory, Programme, ReportKind
from kepol.funding.models import BudgetLine, Grant, ReportDuty
from kepol.lib.periods.value import Period
from tests.factories.stakeholders import OrganisationFactory


class GrantFactory(DjangoModelFactory):
    """Two years, 90 percent of 100,000 euros."""

    class Meta:
        model = Grant

    title = factory.Sequence(lambda n: f"Förderung Nummer {n}")
    programme = Programme.KEPOL
    funder = factory.SubFactory(OrganisationFactory)
    contract_number = factory.Sequence(lambda n: f"V-{n + 1:05}")
    period = Period(datetime.date(2025, 1, 1), datetime.date(2026, 12, 31), named=True)
    quota = Decimal(90)
    total_cents = 100_000_00
    own_share_cents = 10_000_00


class BudgetLineFactory(DjangoModelFactory):
    class Meta:
        model = BudgetLine

    grant = factory.SubFactory(GrantFactory)
    category = CostCategory.PERSONNEL
    year = factory.Sequence(lambda n: 1990 + n % 100)
    amount_cents = 50_000_00


class ReportDutyFactory(DjangoModelFactory):
    """An open one."""

    class Meta:
        model = ReportDuty

    grant = factory.SubFactory(GrantFactory)
    kind = ReportKind.INTERIM
    covers = Period(datetime.date(2025, 1, 1), datetime.date(2025, 12, 31), named=True)
    due_on = datetime.date(2026, 4, 30)


FACTORIES = (GrantFactory, BudgetLineFactory, ReportDutyFactory)
