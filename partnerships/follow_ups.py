"""What partnerships want to be seen today."""

import datetime
from collections.abc import Iterator
from typing import Any

from django.db.models.functions import JSONObject
from django.urls import reverse

from kepol.lib.contracts import FollowUp, Question
from partnerships.choices import AgreementState
from partnerships.models import Agreement, Visit

MISSING = "fehlt"
AHEAD = "bald"


class PartnershipFollowUp(FollowUp):
    """Agreements that run out or have run out, trips without consent, and the visits of the next weeks."""

    def questions(self, user: Any, *, on: datetime.date) -> Iterator[Question]:
        """Two counts for whoever works on agreements, two for whoever works on visits."""
        if user.has_perm("partnerships.change_agreement"):
            yield _expiring(on)
            expired = Agreement.objects.expired(on=on)
            url = _agreements(AgreementState.EXPIRED)
            yield Question("Vereinbarungen abgelaufen ohne Nachfolge", expired, url, is_urgent=True)
        if user.has_perm("partnerships.change_visit"):
            lacking, ahead = Visit.objects.lacking_approval(on=on), Visit.objects.ahead(on=on)
            yield Question("Reisen ohne Zustimmung", lacking, _visit_list(zustimmung=MISSING))
            yield Question("Besuche in den nächsten 60 Tagen", ahead, _visit_list(wann=AHEAD))


def _expiring(on: datetime.date) -> Question:
    rows = Agreement.objects.expiring(on=on)
    return Question(
        "Vereinbarungen laufen aus",
        rows,
        _agreements(AgreementState.EXPIRING),
        is_urgent=True,
        first=rows.order_by("valid_to", "pk").values(first=JSONObject(title="title", day="valid_to"))[:1],
        about=_next_end,
    )


def _next_end(agreement: dict[str, Any]) -> dict[str, str]:
    day = datetime.date.fromisoformat(agreement["day"])
    return {"note": f"Als Nächstes „{agreement['title']}“ am {day:%d.%m.%Y}."}


def _agreements(state: AgreementState) -> str:
    return reverse("admin:partnerships_agreement_changelist", query={"stand": state.value})


def _visit_list(**query: str) -> str:
    return reverse("admin:partnerships_visit_changelist", query=query)
