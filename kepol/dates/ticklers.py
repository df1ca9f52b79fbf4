"""The verbs of a Wiedervorlage: set it, do it, take that back."""

import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from kepol.dates.models import Tickler
from kepol.lib.backoffice.attached import GONE, lock
from kepol.lib.history import operation
from kepol.lib.records import Record

DONE_ALREADY = "Diese Wiedervorlage ist schon erledigt."
NOT_DONE = "Diese Wiedervorlage ist noch nicht erledigt."


def remind(record: Record, *, on: datetime.date, note: str, for_whom: Any, by: Any) -> Tickler:
    """Let `record` come up again on day `on` for the account `for_whom`, with a line `note` on what is to be done then.

    Raises `ValidationError` when the note is empty or too long, or when somebody has deleted the record meanwhile.
    """
    with transaction.atomic(), operation(by=by):
        lock(record)
        tickler = Tickler(due_on=on, note=note.strip(), for_whom=for_whom)
        tickler.attach_to(record)
        tickler.full_clean()
        tickler.save()
    return tickler


def finish(tickler: Tickler, *, on: datetime.date, by: Any) -> None:
    """Note that `by` has done on day `on` what the Wiedervorlage was about.

    Raises `ValidationError` when somebody has done or deleted it already, `Conflict` when it was changed since it was read.
    """
    with transaction.atomic(), operation(by=by):
        if _stored(tickler).is_done:
            raise ValidationError(DONE_ALREADY, code="done")
        tickler.done_on, tickler.done_by = on, by
        tickler.full_clean()
        tickler.save()


def reopen(tickler: Tickler, *, by: Any) -> None:
    """Take back that it was done; it is due again on its old day.

    Raises `ValidationError` when it is open or was deleted, `Conflict` when it was changed since it was read.
    """
    with transaction.atomic(), operation(by=by):
        if not _stored(tickler).is_done:
            raise ValidationError(NOT_DONE, code="open")
        tickler.done_on = tickler.done_by = None
        tickler.full_clean()
        tickler.save()


def _stored(tickler: Tickler) -> Tickler:
    """The row as it is stored, held until the end of the transaction, so that of two people one decides first."""
    stored = Tickler.objects.select_for_update(of=("self",)).filter(pk=tickler.pk).first()
    if stored is None:
        raise ValidationError(GONE, code="gone")
    return stored
