"""What the council side wants to be seen today."""

import datetime
from collections.abc import Iterator
from typing import Any

from django.urls import reverse

from kepol.council.choices import Origin
from kepol.council.models import Consultation, Submission
from kepol.lib.contracts import Count, FollowUp


class CouncilFollowUp(FollowUp):
    """Drafts, the next sittings, and sittings whose result is not recorded yet."""

    def counts(self, user: Any, *, on: datetime.date) -> Iterator[Count]:
        """Three counts for whoever works on submissions."""
        if not user.has_perm("council.change_submission"):
            return
        drafts = reverse("admin:council_submission_changelist", query={"origin__exact": Origin.HERE.value})
        yield Count("Entwürfe von Vorlagen", Submission.objects.drafts().count(), drafts)
        yield Count(
            "Beratungen in den nächsten 30 Tagen",
            Consultation.objects.upcoming(on=on).count(),
            _consultations("bald"),
            note=_next_sitting(on=on),
        )
        yield Count(
            "Sitzung vorbei, Ergebnis offen",
            Consultation.objects.awaiting_outcome(on=on).count(),
            _consultations("offen"),
        )


def _next_sitting(*, on: datetime.date) -> str:
    """Committee, day and how far off that is, however far; empty when no sitting is planned."""
    ahead = Consultation.objects.ahead(on=on).select_related("committee")
    first = ahead.order_by("meeting_date", "position", "pk").first()
    if first is None or first.meeting_date is None:
        return ""
    days = (first.meeting_date - on).days
    name = first.committee.short_name or first.committee.name
    return f"die nächste: {name} am {first.meeting_date:%d.%m.%Y}, {_in_words(days)}"


def _in_words(days: int) -> str:
    return {0: "heute", 1: "morgen"}.get(days, f"in {days} Tagen")


def _consultations(when: str) -> str:
    return reverse("admin:council_consultation_changelist", query={"wann": when})
