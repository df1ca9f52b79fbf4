"""What funding wants to be seen today."""

import datetime
from collections.abc import Iterator
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import JSONObject
from django.urls import reverse

from kepol.funding.models import Grant, ReportDuty
from kepol.lib.contracts import FollowUp, Question


class FundingFollowUp(FollowUp):
    """Reports that are late or near, and grants that end within a year."""

    def questions(self, user: Any, *, on: datetime.date) -> Iterator[Question]:
        """Two counts for whoever works on report duties, one for whoever works on grants."""
        if user.has_perm("funding.change_reportduty"):
            yield _overdue(on)
            yield _due_soon(on)
        if user.has_perm("funding.change_grant"):
            yield _ending(on)


def _overdue(on: datetime.date) -> Question:
    rows = ReportDuty.objects.overdue(on=on)
    url = reverse("admin:funding_reportduty_changelist", query={"stand": "ueberfaellig"})
    first, about = _first(rows, "due_on"), partial(_note, words="die älteste seit dem")
    return Question("Berichtspflichten überfällig", rows, url, is_urgent=True, first=first, about=about)


def _due_soon(on: datetime.date) -> Question:
    rows = ReportDuty.objects.due_soon(on=on)
    url = reverse("admin:funding_reportduty_changelist", query={"stand": "bald"})
    first, about = _first(rows, "due_on"), partial(_note, words="die nächste am")
    return Question("Berichtspflichten in 60 Tagen fällig", rows, url, first=first, about=about)


def _ending(on: datetime.date) -> Question:
    rows = Grant.objects.ending(on=on)
    url = reverse("admin:funding_grant_changelist", query={"ende": "in-12-monaten"})
    first, about = _first(rows, "period_end"), partial(_note, words="die nächste am")
    return Question("Förderungen enden in 12 Monaten", rows, url, first=first, about=about)


def _first(rows: QuerySet, column: str) -> QuerySet:
    """The first day in `column`."""
    return rows.order_by(column).values(first=JSONObject(day=column))[:1]


def _note(first: dict[str, Any], *, words: str) -> dict[str, str]:
    day = datetime.date.fromisoformat(first["day"])
    return {"note": f"{words} {day:%d.%m.%Y}"}
