"""Who may fetch the files of partnerships: whoever may read the row they belong to."""

import datetime
from pathlib import PurePath
from typing import Any

from django.db.models.fields.files import FieldFile

from kepol.lib.contracts import FileRule
from partnerships.models import Agreement, InKindTransfer


class AgreementRule(FileRule):
    """The document of an agreement goes with the agreement."""

    key = "vereinbarung"

    def fetch(self, user: Any, pk: int, *, on: datetime.date) -> tuple[FieldFile, str] | None:
        """File and name, or None."""
        agreement = Agreement.objects.visible_to(user, on=on).filter(pk=pk).exclude(file="").first()
        return None if agreement is None else (agreement.file, _named(agreement.title, agreement.file))


class TransferRule(FileRule):
    """The evidence of a hand-over goes with the transfer."""

    key = "uebergabe"

    def fetch(self, user: Any, pk: int, *, on: datetime.date) -> tuple[FieldFile, str] | None:
        """File and name, or None."""
        transfer = InKindTransfer.objects.visible_to(user, on=on).filter(pk=pk).exclude(evidence="").first()
        return None if transfer is None else (transfer.evidence, _named(transfer.goods, transfer.evidence))


def _named(title: str, file: FieldFile) -> str:
    return f"{title}{PurePath(str(file.name)).suffix}"
