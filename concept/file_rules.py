"""Who may fetch the documentation of a workshop, the report of an evaluation and the evidence of a milestone."""

import datetime
from pathlib import PurePath
from typing import Any

from django.db.models.fields.files import FieldFile

from concept.models import Evaluation, Milestone, MilestoneEvidence, Workshop
from kepol.lib.contracts import FileRule


class WorkshopRule(FileRule):
    """The documentation goes with its workshop."""

    key = "workshop"

    def fetch(self, user: Any, pk: int, *, on: datetime.date) -> tuple[FieldFile, str] | None:
        """File and name, or None."""
        workshop = Workshop.objects.visible_to(user, on=on).filter(pk=pk).exclude(file="").first()
        if workshop is None:
            return None
        return workshop.file, f"{workshop.title} – Dokumentation{PurePath(str(workshop.file.name)).suffix}"


class EvaluationRule(FileRule):
    """The report goes with its evaluation."""

    key = "evaluation"

    def fetch(self, user: Any, pk: int, *, on: datetime.date) -> tuple[FieldFile, str] | None:
        """File and name, or None."""
        evaluation = Evaluation.objects.visible_to(user, on=on).filter(pk=pk).exclude(file="").first()
        if evaluation is None:
            return None
        return evaluation.file, f"{evaluation.title} – Bericht{PurePath(str(evaluation.file.name)).suffix}"


class EvidenceRule(FileRule):
    """The evidence goes with its milestone."""

    key = "meilenstein-nachweis"

    def fetch(self, user: Any, pk: int, *, on: datetime.date) -> tuple[FieldFile, str] | None:
        """File and name, or None."""
        readable = Milestone.objects.visible_to(user, on=on).values("pk")
        evidence = MilestoneEvidence.objects.filter(pk=pk, milestone__in=readable).first()
        if evidence is None:
            return None
        return evidence.file, f"{evidence.title}{PurePath(str(evidence.file.name)).suffix}"
