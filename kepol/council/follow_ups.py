"""What the council side wants to be seen today."""

import datetime
from collections.abc import Iterator
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import JSONObject
from django.urls import reverse

from kepol.council.choices import Origin
from kepol.council.models import Consultation, Submission
from kepol.lib.contracts import FollowUp, Question


class CouncilFollowUp(FollowUp):
    """Drafts, the next sittings, and sittings whose result is not recorded yet."""

    def questions(self, user: Any, *, on: datetime.date) -> Iterator[Question]:
        """Three counts for whoever works on submissions."""
        if not user.has_perm("council.change_submission"):
            return
        drafts = reverse("admin:council_submission_changelist", query={"origin__exact": Origin.HERE.value})
        rows = Consultation.objects
        yield Question("Entwürfe von Vorlagen", Submission.objects.drafts(), drafts)
        yield Question(
            "Beratungen in den nächsten 30 Tagen",
            rows.upcoming(on=on),
            _consultations("bald"),
            first=_next_sitting(on),
            about=partial(_countdown, on=on),
        )
        yield Question("Sitzung vorbei, Ergebnis offen", rows.awaiting_outcome(on=on), _consultations("offen"))


def _next_sitting(on: datetime.date) -> QuerySet:
    """The next sitting, however far off."""
    ahead = Consultation.objects.ahead(on=on).filter(meeting_date__isnull=False)
    found = JSONObject(short="committee__short_name", name="committee__name", day="meeting_date")
    first: QuerySet = ahead.order_by("meeting_date", "position", "pk").values(first=found)[:1]
    return first


def _countdown(sitting: dict[str, Any], *, on: datetime.date) -> dict[str, str]:
    """Committee, day and how far off that is."""
    day = datetime.date.fromisoformat(sitting["day"])
    name = sitting["short"] or sitting["name"]
    return {"note": f"die nächste: {name} am {day:%d.%m.%Y}, {_in_words((day - on).days)}"}


def _in_words(days: int) -> str:
    return {0: "heute", 1: "morgen"}.get(days, f"in {days} Tagen")


def _consultations(when: str) -> str:
    return reverse("admin:council_consultation_changelist", query={"wann": when})
