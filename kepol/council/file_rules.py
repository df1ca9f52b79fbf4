"""Who may fetch the attachments of a submission."""

import datetime
from pathlib import PurePath
from typing import Any

from django.db.models.fields.files import FieldFile

from kepol.council.models import Attachment
from kepol.lib.contracts import FileRule


class AttachmentRule(FileRule):
    """An attachment goes with its submission; a non-public one only to Koordination, Leitung and the units involved."""

    key = "anlage"

    def fetch(self, user: Any, pk: int, *, on: datetime.date) -> tuple[FieldFile, str] | None:
        """File and name, or None."""
        attachment = Attachment.objects.visible_to(user, on=on).filter(pk=pk).exclude(file="").first()
        if attachment is None:
            return None
        return attachment.file, f"{attachment.title}{PurePath(str(attachment.file.name)).suffix}"
