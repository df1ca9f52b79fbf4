"""Sums of a grant, and what does not fit together in its figures. All amounts are cents; None is an amount nobody knows."""

from decimal import Decimal

from django.db.models import Sum

from kepol.funding.models import Grant
from kepol.lib.money import format_cents

HUNDRED = Decimal(100)
#: Contracts round: the quota to hundredths of a percent, amounts to whole euros.
ROUNDING_OF_QUOTA = Decimal("0.005")
ROUNDING_OF_AMOUNTS = 100


def by_year(grant: Grant) -> dict[int, int]:
    """Year → sum of the budget lines of that year, in order; one query."""
    sums = grant.budget_lines.order_by("year").values("year").annotate(cents=Sum("amount_cents"))
    return {row["year"]: row["cents"] for row in sums}


def compared(cents: int, total: int | None) -> str:
    """How the sum of all budget lines, `cents`, compares with the total cost `total`, in German words."""
    if total is None:
        return "Gesamtkosten nicht bekannt"
    if cents == total:
        return "gleich den Gesamtkosten"
    return f"{format_cents(abs(cents - total))} {'mehr' if cents > total else 'weniger'} als die Gesamtkosten"


def own_share_in_percent(grant: Grant) -> Decimal | None:
    """Own share of the total cost in percent; None when one of the two is not known or nothing costs anything."""
    if grant.own_share_cents is None or not grant.total_cents:
        return None
    return HUNDRED * grant.own_share_cents / grant.total_cents


def doubt(grant: Grant) -> str:
    """German sentence that says how quota and own share miss the total cost; empty when they fit or one is not known.

    Others may bear a part of the cost, so this is a hint and no rule.
    """
    if grant.quota is None or grant.total_cents is None or grant.own_share_cents is None:
        return ""
    funded = int((grant.total_cents * grant.quota / HUNDRED).to_integral_value())
    gap = funded + grant.own_share_cents - grant.total_cents
    if abs(gap) <= grant.total_cents * ROUNDING_OF_QUOTA / HUNDRED + ROUNDING_OF_AMOUNTS:
        return ""
    return (
        f"Förderquote und Eigenanteil passen nicht zu den Gesamtkosten: {percent(grant.quota)} sind {format_cents(funded)}, "
        f"mit dem Eigenanteil zusammen {compared(funded + grant.own_share_cents, grant.total_cents)}. {_remedy(gap)}"
    )


def _remedy(gap: int) -> str:
    if gap > 0:
        return "Bitte prüfen Sie die drei Angaben."
    return "Trägt jemand anderes den Rest, nennen Sie ihn bitte unter „Bemerkung“; sonst prüfen Sie die drei Angaben."


def percent(share: Decimal) -> str:
    """Share as German text with at most two decimals: "90 %", "12,5 %"."""
    return f"{share:.2f}".rstrip("0").rstrip(".").replace(".", ",") + " %"
