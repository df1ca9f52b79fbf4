"""Wiedervorlagen on the page of any record."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.urls import reverse

from kepol.dates.models import Tickler
from kepol.dates.steps import FINISH, REMIND, REOPEN
from kepol.lib.backoffice.steps import Step
from kepol.lib.contracts import RecordPanel
from kepol.lib.versions import seen_token

SHOWN = 10
SHOWN_DONE = 3


class TicklerPanel(RecordPanel):
    """What is to be done about a record, with one button to say that it was done, and what was done last."""

    template = "admin/panels/ticklers.html"
    list_steps = (REMIND.name,)

    def context(self, record: models.Model, *, user: Any, on: datetime.date) -> dict[str, Any] | None:
        """The next ones and the last ones; two queries."""
        if not user.has_perm("dates.view_tickler"):
            return None
        rows = Tickler.objects.of(record).select_related("for_whom", "done_by")
        waiting = list(rows.open()[: SHOWN + 1])
        done = list(rows.done().order_by("-done_on", "-pk")[:SHOWN_DONE])
        if not (waiting or done):
            return None
        may = user.has_perm("dates.change_tickler")
        return {
            "waiting": [_line(tickler, FINISH, on=on) for tickler in waiting[:SHOWN]],
            "done": [_line(tickler, REOPEN, on=on) for tickler in done],
            "has_more": len(waiting) > SHOWN,
            "may_change": may,
        }

    def steps(self) -> tuple[Step, ...]:
        """Set one."""
        return (REMIND,)

    def rows_on(self, records: Iterable[models.Model]) -> models.QuerySet:
        """Open and done ones."""
        rows: models.QuerySet = Tickler.objects.on_any(records)
        return rows


def _line(tickler: Tickler, step: Step, *, on: datetime.date) -> dict[str, Any]:
    """A Wiedervorlage, how late it is in words, and what its button needs."""
    return {
        "tickler": tickler,
        "lateness": lateness(tickler, on=on),
        "url": reverse("admin:dates_tickler_change", args=[tickler.pk]),
        "step_url": reverse("admin:dates_tickler_step", args=[tickler.pk, step.name]),
        "seen": seen_token(tickler),
    }


def lateness(tickler: Tickler, *, on: datetime.date) -> str:
    """In words: due today, or for how many days overdue; empty when its day is still to come or it is done."""
    if tickler.is_done or tickler.due_on > on:
        return ""
    days = (on - tickler.due_on).days
    if days == 0:
        return "heute fällig"
    return "überfällig seit gestern" if days == 1 else f"überfällig seit {days} Tagen"
