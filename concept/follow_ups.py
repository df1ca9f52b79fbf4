"""What the concept wants to be seen today."""

import datetime
from collections.abc import Iterator
from typing import Any

from django.urls import reverse

from concept.models import Milestone
from kepol.lib.contracts import Count, FollowUp


class ConceptFollowUp(FollowUp):
    """Milestones that are late, due, without news, or endangered by what they wait for."""

    def counts(self, user: Any, *, on: datetime.date) -> Iterator[Count]:
        """Four counts for whoever works on milestones."""
        if not user.has_perm("concept.change_milestone"):
            return
        rows = Milestone.objects
        late, silent = rows.overdue(on=on), rows.report_overdue(on=on)
        yield Count("Meilensteine verzögert", late.count(), _list("verzoegert"), is_urgent=True)
        yield Count("Meilensteine in 14 Tagen fällig", rows.due_soon(on=on).count(), _list("in-14-tagen"))
        yield Count("Rückmeldung überfällig", silent.count(), _list("ohne-rueckmeldung"), is_urgent=True)
        yield Count("Meilensteine gefährdet", rows.endangered().count(), _list("gefaehrdet"))


def _list(situation: str) -> str:
    return reverse("admin:concept_milestone_changelist", query={"lage": situation})
