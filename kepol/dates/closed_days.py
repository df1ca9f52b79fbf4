"""The city's own closed days, as `kepol.lib.workdays` takes them."""

import datetime

from kepol.dates.models import ClosedDay


def closed_days(first: datetime.date, last: datetime.date) -> dict[datetime.date, str]:
    """Each day from `first` to `last`, both included, on which the city is closed, with the name of the occasion; one query."""
    rows = ClosedDay.objects.filter(first_day__lte=last, last_day__gte=first)
    return {day: row.name for row in rows for day in row.days(first=first, last=last)}
