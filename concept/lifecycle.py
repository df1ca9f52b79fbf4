"""What somebody says about a milestone, and how a mistake in its plan is put right."""

import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from concept.models import Milestone
from kepol.lib.history import operation
from kepol.lib.periods import Period

NOT_OPEN = "Bestätigen lässt sich nur, was noch zu erreichen ist: Meilensteine, die geplant oder in Umsetzung sind."

NO_PLAN = "Dieser Meilenstein hat noch keinen geplanten Termin. Tragen Sie ihn im Formular ein."


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


def correct_plan(milestone: Milestone, *, planned: Period, reason: str, by: Any) -> None:
    """Put `planned` in the place of a planned date that was entered by mistake; a line of the note tells which, and the `reason`.

    Postponing is something else: it never erases the plan (architecture), but is told by the forecast. Raises `ValidationError`
    without a plan to correct, for the same one, without a reason, or when the forecast names the new one; `Conflict` when somebody
    has changed the milestone meanwhile.
    """
    _refuse_no_correction(milestone, planned, reason)
    with transaction.atomic(), operation(by=by):
        told = f"Geplanter Termin berichtigt (war {milestone.planned}): {reason.strip()}"
        milestone.note = f"{milestone.note.rstrip()}\n{told}".lstrip()
        milestone.planned = planned
        milestone.full_clean()
        milestone.save()


def _refuse_no_correction(milestone: Milestone, planned: Period, reason: str) -> None:
    if milestone.planned is None:
        raise ValidationError(NO_PLAN, code="no_plan")
    if milestone.planned == planned:
        raise ValidationError(f"Geplant ist schon „{planned}“.", code="same_plan")
    if not reason.strip():
        raise ValidationError("Warum war der geplante Termin falsch? Tragen Sie eine Begründung ein.", code="reason")
