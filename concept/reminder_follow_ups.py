"""What reminders want to be seen today: hints that wait for a decision, and units of which nobody can be asked."""

import datetime
from collections.abc import Iterator
from typing import Any

from django.urls import reverse

from concept.models import Escalation
from concept.reminders import held_up
from kepol.lib.contracts import Count, FollowUp, Question


class EscalationFollowUp(FollowUp):
    """Hints to heads of units that nobody sends by itself."""

    def questions(self, user: Any, *, on: datetime.date) -> Iterator[Question]:
        """One count for whoever decides about them."""
        if user.has_perm("concept.change_escalation"):
            url = reverse("admin:concept_escalation_changelist")
            yield Question("Hinweise an Leitungen zu entscheiden", Escalation.objects.proposed(), url, is_urgent=True)


class UnreachableFollowUp(FollowUp):
    """Units that answer for open milestones and have nobody to ask, in which all are away, or of which no head can be told."""

    def counts(self, user: Any, *, on: datetime.date) -> Iterator[Count]:
        """Three counts; four queries, because the address of a list names its rows. The last two only where a reminder is due."""
        if not (user.has_perm("concept.change_milestone") and user.has_perm("stakeholders.view_organisation")):
            return
        units = held_up(on=on)
        yield _count("Dienststellen, die niemand erinnern kann", units.speechless)
        yield _count("Dienststellen, in denen alle abwesend sind", units.away, "Die Erinnerung wartet.")
        yield _count("Dienststellen ohne erreichbare Leitung", units.headless, "Ein Hinweis wäre fällig.")


def _count(label: str, units: set[int], note: str = "") -> Count:
    """How many `units` (keys) there are, with a list of just them; `note` only where there is one."""
    # No unit has the key 0: without any the list is empty too.
    query = {"id__in": ",".join(map(str, sorted(units))) or "0", "verwendung": "alle"}
    url = reverse("admin:stakeholders_organisation_changelist", query=query)
    return Count(label, len(units), url, note=note if units else "")
