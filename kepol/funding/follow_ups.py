"""What funding wants to be seen today."""

import datetime
from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.models import Min
from django.urls import reverse

from kepol.funding.models import Grant, ReportDuty
from kepol.lib.contracts import Count, FollowUp


class FundingFollowUp(FollowUp):
    """Reports that are late or near, and grants that end within a year."""

    def counts(self, user: Any, *, on: datetime.date) -> Iterator[Count]:
        """Two counts for whoever works on report duties, one for whoever works on grants; one query each."""
        if user.has_perm("funding.change_reportduty"):
            yield _overdue(on)
            yield _due_soon(on)
        if user.has_perm("funding.change_grant"):
            yield _ending(on)


def _overdue(on: datetime.date) -> Count:
    count, first = _counted(ReportDuty.objects.overdue(on=on), "due_on")
    url = reverse("admin:funding_reportduty_changelist", query={"stand": "ueberfaellig"})
    note = f"die älteste seit dem {first:%d.%m.%Y}" if first else ""
    return Count(label="Berichtspflichten überfällig", count=count, url=url, is_urgent=True, note=note)


def _due_soon(on: datetime.date) -> Count:
    count, first = _counted(ReportDuty.objects.due_soon(on=on), "due_on")
    url = reverse("admin:funding_reportduty_changelist", query={"stand": "bald"})
    note = f"die nächste am {first:%d.%m.%Y}" if first else ""
    return Count(label="Berichtspflichten in 60 Tagen fällig", count=count, url=url, note=note)


def _ending(on: datetime.date) -> Count:
    count, first = _counted(Grant.objects.ending(on=on), "period_end")
    url = reverse("admin:funding_grant_changelist", query={"ende": "in-12-monaten"})
    note = f"die nächste am {first:%d.%m.%Y}" if first else ""
    return Count(label="Förderungen enden in 12 Monaten", count=count, url=url, note=note)


def _counted(rows: models.QuerySet, column: str) -> tuple[int, datetime.date | None]:
    """How many rows there are, and the first day in `column`."""
    found = rows.aggregate(count=models.Count("pk"), first=Min(column))
    return found["count"], found["first"]
