"""Rules of the app funding."""

from decimal import Decimal

from kepol.funding.models import BudgetLine, ReportDuty
from tests.factories.funding import BudgetLineFactory, GrantFactory, ReportDutyFactory
from tests.rules.words import day


def with_a_sister():
    """A budget line beside another one of the same grant and category."""
    row = BudgetLineFactory(year=2025)
    BudgetLineFactory(grant=row.grant, year=2026)
    return row


def backwards(name):
    """A period whose end lies before its beginning."""
    return {f"{name}_start": day(2026), f"{name}_end": day(2025), f"{name}_named": False}


RULES = {
    "funding_grant_quota_in_percent": (
        GrantFactory,
        {"quota": Decimal("100.01")},
        "Die Förderquote liegt zwischen 0 und 100 Prozent.",
    ),
    "funding_grant_amounts_not_negative": (
        GrantFactory,
        {"own_share_cents": -1},
        "Gesamtkosten und Eigenanteil können nicht negativ sein.",
    ),
    "funding_grant_own_share_within_total": (
        GrantFactory,
        {"own_share_cents": 100_000_01},
        "Der Eigenanteil ist größer als die Gesamtkosten.",
    ),
    "funding_grant_period_in_order": (GrantFactory, backwards("period"), "Laufzeit: Das Ende liegt vor dem Beginn."),
    "funding_budgetline_once": (
        with_a_sister,
        {"year": 2026},
        "Für diese Kostenart und dieses Jahr gibt es schon einen Ansatz.",
    ),
    "funding_budgetline_not_negative": (
        BudgetLineFactory,
        {"amount_cents": -1},
        "Ein Ansatz kann nicht negativ sein.",
    ),
    "funding_budgetline_year": (BudgetLineFactory, {"year": 1989}, "Das Jahr liegt zwischen 1990 und 2100."),
    "funding_reportduty_covers_in_order": (
        ReportDutyFactory,
        backwards("covers"),
        "Berichtszeitraum: Das Ende liegt vor dem Beginn.",
    ),
}
PARENTS = {BudgetLine: ("grant", "budget_lines"), ReportDuty: ("grant", "report_duties")}
#: A period is one field of its form, which refuses the wrong order when it reads the text. Budget lines stand in one form, where
#: Django itself compares them before it asks the database.
NOT_IN_FORMS = frozenset(
    {"funding_grant_period_in_order", "funding_reportduty_covers_in_order", "funding_budgetline_once"}
)
