"""Who may fetch the files of report duties."""

import datetime
from pathlib import PurePath
from typing import Any

from django.db.models.fields.files import FieldFile

from kepol.funding.models import ReportDuty
from kepol.lib.contracts import FileRule


class ReportDutyRule(FileRule):
    """A report goes with its grant: whoever may read the grant may have the report."""

    key = "nachweis"

    def fetch(self, user: Any, pk: int, *, on: datetime.date) -> tuple[FieldFile, str] | None:
        """File and name, or None."""
        duty = ReportDuty.objects.visible_to(user, on=on).filter(pk=pk).exclude(file="").first()
        if duty is None:
            return None
        return duty.file, f"{duty}{PurePath(str(duty.file.name)).suffix}"
