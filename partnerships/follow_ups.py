"""What partnerships want to be seen today."""

import datetime
from collections.abc import Iterator
from typing import Any

from django.urls import reverse

from kepol.lib.contracts import Count, FollowUp
from partnerships.choices import AgreementState
from partnerships.models import Agreement, Visit

MISSING = "fehlt"
AHEAD = "bald"


class PartnershipFollowUp(FollowUp):
    """Agreements that run out or have run out, trips without consent, and the visits of the next weeks."""

    def counts(self, user: Any, *, on: datetime.date) -> Iterator[Count]:
        """Two counts for whoever works on agreements, two for whoever works on visits."""
        if user.has_perm("partnerships.change_agreement"):
            yield _expiring(on)
            yield _expired(on)
        if user.has_perm("partnerships.change_visit"):
            yield from _visits(on)


def _expiring(on: datetime.date) -> Count:
    rows = list(Agreement.objects.expiring(on=on).order_by("valid_to", "pk").values_list("title", "valid_to"))
    note = f"Als Nächstes „{rows[0][0]}“ am {rows[0][1]:%d.%m.%Y}." if rows else ""
    return Count(
        label="Vereinbarungen laufen aus",
        count=len(rows),
        url=_agreements(AgreementState.EXPIRING),
        is_urgent=bool(rows),
        note=note,
    )


def _expired(on: datetime.date) -> Count:
    number = Agreement.objects.expired(on=on).count()
    return Count(
        label="Vereinbarungen abgelaufen ohne Nachfolge",
        count=number,
        url=_agreements(AgreementState.EXPIRED),
        is_urgent=number > 0,
    )


def _visits(on: datetime.date) -> Iterator[Count]:
    lacking = Visit.objects.lacking_approval(on=on).count()
    yield Count(label="Reisen ohne Zustimmung", count=lacking, url=_visit_list(zustimmung=MISSING))
    ahead = Visit.objects.ahead(on=on).count()
    yield Count(label="Besuche in den nächsten 60 Tagen", count=ahead, url=_visit_list(wann=AHEAD))


def _agreements(state: AgreementState) -> str:
    return reverse("admin:partnerships_agreement_changelist", query={"stand": state.value})


def _visit_list(**query: str) -> str:
    return reverse("admin:partnerships_visit_changelist", query=query)
