"""Files of the city's document system on the page of any record."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.urls import reverse

from kepol.files.models import DocumentReference
from kepol.files.steps import LINK, UNLINK
from kepol.lib.backoffice.steps import Step
from kepol.lib.contracts import RecordPanel

SHOWN = 10


class DocumentPanel(RecordPanel):
    """Number and link of the files that belong to a record."""

    template = "admin/panels/documents.html"

    def context(self, record: models.Model, *, user: Any, on: datetime.date) -> dict[str, Any] | None:
        """The references by number; one query."""
        if not user.has_perm("files.view_documentreference"):
            return None
        rows = list(DocumentReference.objects.of(record)[: SHOWN + 1])
        if not rows:
            return None
        return {
            "lines": [(row, _step_url(row)) for row in rows[:SHOWN]],
            "has_more": len(rows) > SHOWN,
            "may_delete": user.has_perm("files.delete_documentreference"),
        }

    def steps(self) -> tuple[Step, ...]:
        """Name one."""
        return (LINK,)

    def rows_on(self, records: Iterable[models.Model]) -> models.QuerySet:
        """All references."""
        rows: models.QuerySet = DocumentReference.objects.on_any(records)
        return rows


def _step_url(reference: DocumentReference) -> str:
    return reverse("admin:files_documentreference_step", args=[reference.pk, UNLINK.name])
