"""Doors of a report duty: it is submitted, or it turns out that it was not."""

import datetime
from typing import Any

from django.core.exceptions import ValidationError

from kepol.funding.models import ReportDuty
from kepol.lib.history import operation


def submit(duty: ReportDuty, *, on: datetime.date, by: Any) -> None:
    """Note that `duty` was submitted on day `on`, by the user `by`.

    Raises `ValidationError` when another day is noted already, and `Conflict` when somebody changed the duty meanwhile. Whether
    `on` lies in the future only the caller can tell, who knows what day it is.
    """
    if not duty.is_open:
        raise ValidationError(f"„{duty}“ ist schon {duty.standing(on)}.", code="submitted")
    _note(duty, on, by)


def withdraw(duty: ReportDuty, *, by: Any) -> None:
    """Take back the note that `duty` was submitted, by the user `by`; its file stays.

    Raises `ValidationError` when it is open, and `Conflict` when somebody changed the duty meanwhile.
    """
    if duty.is_open:
        raise ValidationError(f"„{duty}“ ist nicht als abgegeben vermerkt.", code="open")
    _note(duty, None, by)


def _note(duty: ReportDuty, on: datetime.date | None, by: Any) -> None:
    with operation(by=by):
        duty.submitted_on = on
        duty.full_clean()
        duty.save()
