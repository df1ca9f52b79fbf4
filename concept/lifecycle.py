"""What somebody says about a milestone."""

import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from concept.models import Milestone
from kepol.lib.history import operation

NOT_OPEN = "Bestätigen lässt sich nur, was noch zu erreichen ist: Meilensteine, die geplant oder in Umsetzung sind."


def confirm(milestone: Milestone, *, on: datetime.date, by: Any) -> None:
    """Note that on day `on` user `by` found the open `milestone` unchanged: only "Stand vom" is renewed.

    Raises `ValidationError` when there is nothing left to reach, `Conflict` when somebody has changed it meanwhile.
    """
    if not milestone.is_open:
        raise ValidationError(NOT_OPEN, code="not_open")
    with transaction.atomic(), operation(by=by):
        milestone.reported_on = on
        milestone.full_clean()
        milestone.save()
