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

    `source_key` tells where a row was taken over from and under which key it is known there (`paper/kapstadt`); empty for what
    people enter here. Taking it over again finds the row by it, and what came from one source can be taken out together.
    """

    source_key = models.CharField(
        "Schlüssel der Quelle", max_length=120, blank=True, default="", editable=False, db_index=True
    )

    history_parts: ClassVar[tuple[str, ...]] = ()

    history = HistoricalRecords(inherit=True, bases=[HistoryRow], get_user=acting_user, excluded_fields=())

    class Meta:
        abstract = True


class Sourced(models.Model):
    """Says where a fact comes from, for whoever asks a year later."""

    source = models.CharField(
        "Quelle",
        max_length=500,
        blank=True,
        help_text="Woher stammt die Angabe? Zum Beispiel eine Vorlage-Nr. oder eine Internetadresse.",
    )

    class Meta:
        abstract = True


class Part(Record):
    """A row that lives inside another object and is edited with it; `position` orders it, gaps do not matter."""

    position = models.PositiveSmallIntegerField("Position", default=0)

    class Meta:
        abstract = True
        ordering = ["position", "pk"]
