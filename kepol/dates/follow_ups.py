"""What Wiedervorlagen want to be seen today."""

import datetime
from collections.abc import Iterator
from typing import Any

from django.db.models import Count as Number
from django.db.models import Min
from django.urls import reverse

from kepol.dates.models import Tickler
from kepol.lib.contracts import Count, FollowUp


class TicklerFollowUp(FollowUp):
    """The person's own ones that are due."""

    def counts(self, user: Any, *, on: datetime.date) -> Iterator[Count]:
        """One count, urgent when a day has passed; one query."""
        if not user.has_perm("dates.view_tickler"):
            return
        due = Tickler.objects.due(on=on).meant_for(user).aggregate(number=Number("pk"), oldest=Min("due_on"))
        oldest = due["oldest"]
        is_late = oldest is not None and oldest < on
        yield Count(
            "Wiedervorlagen fällig",
            due["number"],
            reverse("admin:dates_tickler_changelist", query={"stand": "faellig", "fuer": "mich"}),
            is_urgent=is_late,
            note=f"die älteste seit {oldest:%d.%m.%Y}" if is_late else "",
        )
