"""What reminders want to be seen today: hints that wait for a decision, and units of which nobody can be asked."""

import datetime
from collections.abc import Iterator
from typing import Any

from django.urls import reverse

from concept.addressees import without_addressee
from concept.models import Escalation, Milestone
from kepol.lib.contracts import Count, FollowUp, Question


class EscalationFollowUp(FollowUp):
    """Hints to heads of units that nobody sends by itself."""

    def questions(self, user: Any, *, on: datetime.date) -> Iterator[Question]:
        """One count for whoever decides about them."""
        if user.has_perm("concept.change_escalation"):
            url = reverse("admin:concept_escalation_changelist")
            yield Question("Hinweise an Leitungen zu entscheiden", Escalation.objects.proposed(), url, is_urgent=True)


class UnreachableFollowUp(FollowUp):
    """Units that answer for open milestones and have nobody to ask: no contact, no account, or no address."""

    def counts(self, user: Any, *, on: datetime.date) -> Iterator[Count]:
        """One count; one query, because the address of the list names its rows."""
        if not (user.has_perm("concept.change_milestone") and user.has_perm("stakeholders.view_organisation")):
            return
        rows = without_addressee(Milestone.objects.open(), on=on)
        units = sorted(rows.order_by().values_list("responsible", flat=True).distinct())
        # No unit has the key 0: without any the list is empty too.
        query = {"id__in": ",".join(map(str, units)) or "0", "verwendung": "alle"}
        yield Count(
            "Dienststellen, die niemand erinnern kann",
            len(units),
            reverse("admin:stakeholders_organisation_changelist", query=query),
        )
