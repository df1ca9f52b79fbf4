"""What Wiedervorlagen want to be seen today."""

import datetime
from collections.abc import Iterator
from typing import Any

from django.db.models.functions import JSONObject
from django.urls import reverse

from kepol.dates.models import Tickler
from kepol.lib.contracts import FollowUp, Question


class TicklerFollowUp(FollowUp):
    """The person's own ones that are due."""

    def questions(self, user: Any, *, on: datetime.date) -> Iterator[Question]:
        """One count, urgent when a day has passed."""
        if not user.has_perm("dates.view_tickler"):
            return
        due = Tickler.objects.due(on=on).meant_for(user)
        yield Question(
            "Wiedervorlagen fällig",
            due,
            reverse("admin:dates_tickler_changelist", query={"stand": "faellig", "fuer": "mich"}),
            first=due.filter(due_on__lt=on).order_by("due_on").values(first=JSONObject(day="due_on"))[:1],
            about=_lateness,
        )


def _lateness(oldest: dict[str, Any]) -> dict[str, Any]:
    day = datetime.date.fromisoformat(oldest["day"])
    return {"is_urgent": True, "note": f"die älteste seit {day:%d.%m.%Y}"}
