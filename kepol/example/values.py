"""What a data file writes for a value, as the field wants it: periods and amounts as people write them, days counted from a day."""

import datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils import timezone

from kepol.lib.money import MoneyField, parse_cents
from kepol.lib.periods import Period
from kepol.lib.periods.fields import PeriodField
from kepol.lib.periods.value import months
from partnerships.querysets import months_after

# Steps from the day of loading; `weekday` (1 is Monday) then moves to that day of the same week, `at` adds a time.
STEPS = {"in_days", "days_ago", "in_months", "months_ago"}
ALLOWED = {*STEPS, "weekday", "at", "as"}
MONTH = "month"


def is_relative(written: Any) -> bool:
    """Whether a value is counted from the day of loading: `{ in_days = 20 }`, `{ from = { … }, to = { … } }`."""
    return isinstance(written, dict)


def read_value(column: Any, written: Any, *, on: datetime.date) -> Any:
    """Value for the field `column` of what the file writes, days counted from `on`; texts, numbers and times stay as they are."""
    if isinstance(column, PeriodField):
        return read_period(written, on=on)
    if isinstance(column, MoneyField):
        return parse_cents(written)
    if isinstance(column, models.DateTimeField):
        return _moment(written, on=on)
    if isinstance(column, models.DateField) and is_relative(written):
        return day_from(written, on=on)
    return Decimal(str(written)) if isinstance(column, models.DecimalField) else written


def read_period(written: Any, *, on: datetime.date) -> Period:
    """The period of a text (`Ende April 2025`), of a day counted from `on`, of the month around it (`as = "month"`), or of two days."""
    if not is_relative(written):
        return Period.parse(written)
    if "from" in written:
        return Period(day_from(written["from"], on=on), day_from(written["to"], on=on))
    day = day_from(written, on=on)
    return Period(*months(day.year, day.month, 1), named=True) if written.get("as") == MONTH else Period(day, day)


def day_from(written: dict[str, Any], *, on: datetime.date) -> datetime.date:
    """Day so many days or months before or after `on`; of a month without that day the last one."""
    if not written.keys() <= ALLOWED or not written.keys() & STEPS:
        raise ValueError(f"no day: {written}")
    day = months_after(on, written.get("in_months", 0) - written.get("months_ago", 0))
    day += datetime.timedelta(days=written.get("in_days", 0) - written.get("days_ago", 0))
    return day + datetime.timedelta(days=written["weekday"] - day.isoweekday()) if "weekday" in written else day


def _moment(written: Any, *, on: datetime.date) -> datetime.datetime:
    """A point in time in Europe/Berlin."""
    if is_relative(written):
        written = datetime.datetime.combine(day_from(written, on=on), written["at"])
    return timezone.make_aware(written)
