"""How far a measure has come."""

from typing import Any

from django.db import transaction

from concept.choices import Status
from concept.models import Measure
from kepol.lib.history import operation


def set_progress(measure: Measure, *, status: Status, reason: str, by: Any) -> None:
    """Set the Umsetzungsstand of `measure`; a `reason` replaces the one there is, an empty one leaves it.

    Raises `ValidationError` when the measure rests or is dropped without any reason, `Conflict` when somebody has changed it
    meanwhile.
    """
    with transaction.atomic(), operation(by=by):
        measure.status = status
        measure.reason = reason.strip() or measure.reason
        measure.full_clean()
        measure.save()
