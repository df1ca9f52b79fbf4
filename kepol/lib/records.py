"""Base of every model a person edits: version, history, and constraints with German messages."""

from typing import ClassVar

from django.db import models
from simple_history.models import HistoricalRecords

from kepol.lib.history import HistoryRow, acting_user
from kepol.lib.versions import Versioned


class Record(Versioned):
    """A row with version and history.

    `history_parts` names the reverse relations whose rows are told in the history of this object (the rows of a
    submission's Beratungsfolge, say). Many-to-many fields of interest stand in `_history_m2m_fields`.
    """

    history_parts: ClassVar[tuple[str, ...]] = ()

    history = HistoricalRecords(inherit=True, bases=[HistoryRow], get_user=acting_user, excluded_fields=())

    class Meta:
        abstract = True


class Part(Record):
    """A row that lives inside another object and is edited with it; `position` orders it, gaps do not matter."""

    position = models.PositiveSmallIntegerField("Position", default=0)

    class Meta:
        abstract = True
        ordering = ["position", "pk"]
