"""Files that show how far a milestone has come."""

import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.files import File
from django.db import transaction

from concept.choices import ReportStep
from concept.lifecycle import NOT_ALLOWED, may_take
from concept.models import Milestone, MilestoneEvidence
from kepol.lib.history import operation


def add_evidence(milestone: Milestone, *, title: str, file: File, by: Any, today: datetime.date) -> MilestoneEvidence:
    """Store `file` under `title` with `milestone`, whatever its state; who may report on it may.

    Raises `PermissionDenied` when `by` may not on day `today`, `ValidationError` without a title and for a file that is too large,
    of a kind not accepted, or not what its name says. It changes nothing of the milestone, so there is no conflict.
    """
    if not may_take(by, ReportStep.REPORT, milestone, on=today):
        raise PermissionDenied(NOT_ALLOWED)
    evidence = MilestoneEvidence(milestone=milestone, title=title.strip(), file=file, added_by=by)
    evidence.full_clean()
    with transaction.atomic(), operation(by=by):
        evidence.save()
    return evidence
