"""What the concept wants to be seen today."""

import datetime
from collections.abc import Iterator
from typing import Any

from django.urls import reverse

from concept.models import Milestone
from concept.overview import moved_dates, units_at_work
from kepol.lib.contracts import FollowUp, Question, Table


class ConceptFollowUp(FollowUp):
    """Milestones that are late, due, without news, or endangered by what they wait for; the same by unit, and moved dates."""

    def questions(self, user: Any, *, on: datetime.date) -> Iterator[Question]:
        """Four counts for whoever works on milestones."""
        if not user.has_perm("concept.change_milestone"):
            return
        rows = Milestone.objects
        yield Question("Meilensteine verzögert", rows.overdue(on=on), _list("verzoegert"), is_urgent=True)
        yield Question("Meilensteine in 14 Tagen fällig", rows.due_soon(on=on), _list("in-14-tagen"))
        yield Question("Rückmeldung überfällig", rows.report_overdue(on=on), _list("ohne-rueckmeldung"), is_urgent=True)
        yield Question("Meilensteine gefährdet", rows.endangered(), _list("gefaehrdet"))

    def tables(self, user: Any, *, on: datetime.date) -> Iterator[Table]:
        """Two tables for whoever works on milestones; one query each."""
        if user.has_perm("concept.change_milestone"):
            yield units_at_work(on=on)
            yield moved_dates(on=on)


def _list(situation: str) -> str:
    return reverse("admin:concept_milestone_changelist", query={"lage": situation})
