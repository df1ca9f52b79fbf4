"""The verbs of the contact log: note a contact, do its next step, delete it when its time is up."""

import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from kepol.lib.backoffice.attached import lock
from kepol.lib.contracts import take_along
from kepol.lib.history import operation
from stakeholders.models import ContactEntry, Organisation, Person

NOTHING_OPEN = "Bei diesem Kontakt ist kein nächster Schritt offen."
NOTHING_DONE = "Bei diesem Kontakt ist kein nächster Schritt als erledigt vermerkt."
TOO_EARLY = (
    "„{entry}“ wird noch bis zum {day} aufbewahrt. Ist der Kontakt nicht mehr nötig, ändern Sie zuerst „löschen am“."
)


def note_contact(  # noqa: PLR0913 - one line of the log
    *,
    organisation: Organisation | None = None,
    person: Person | None = None,
    day: datetime.date,
    channel: str,
    subject: str,
    next_step: str = "",
    next_step_on: datetime.date | None = None,
    by: Any,
) -> ContactEntry:
    """Write down that there was a contact on `day` over `channel` (a `ContactChannel`), and what comes next until when.

    At least one of `organisation` and `person` is given; a person alone stands for the one organisation they belong to that day.
    The entry is kept for `CONTACT_YEARS` after `day`. Raises `ValidationError` when words are missing or too long.
    """
    entry = ContactEntry(
        organisation=organisation or (only_organisation(person, on=day) if person else None),
        person=person,
        day=day,
        channel=channel,
        subject=subject.strip(),
        next_step=next_step.strip(),
        next_step_on=next_step_on,
        recorded_by=by,
    )
    with transaction.atomic(), operation(by=by):
        entry.full_clean()
        entry.save()
    return entry


def only_organisation(person: Person, *, on: datetime.date) -> Organisation | None:
    """The organisation that `person` belongs to on day `on`; None without one, and with several: nobody knows which was meant."""
    memberships: Any = person.memberships
    found = list(Organisation.objects.filter(pk__in=memberships.in_force(on).values("organisation"))[:2])
    return found[0] if len(found) == 1 else None


def finish_next_step(entry: ContactEntry, *, on: datetime.date, by: Any) -> None:
    """Note that the next step of `entry` was done on day `on`.

    Raises `ValidationError` when none is open, `Conflict` when the entry was changed since it was read.
    """
    if not entry.has_open_step:
        raise ValidationError(NOTHING_OPEN, code="no_step")
    _set_done(entry, on, by=by)


def reopen_next_step(entry: ContactEntry, *, by: Any) -> None:
    """Take back that the next step of `entry` was done.

    Raises `ValidationError` when it was not, `Conflict` when the entry was changed since it was read.
    """
    if entry.next_step_done_on is None:
        raise ValidationError(NOTHING_DONE, code="not_done")
    _set_done(entry, None, by=by)


def _set_done(entry: ContactEntry, on: datetime.date | None, *, by: Any) -> None:
    with transaction.atomic(), operation(by=by):
        entry.next_step_done_on = on
        entry.full_clean()
        entry.save()


def purge(entry: ContactEntry, *, on: datetime.date, by: Any) -> None:
    """Delete `entry`, what hangs on it, and its words in the history, because its time is up on day `on`.

    Of the history only remains that something was deleted, when and by whom (Art. 5 (2) GDPR). Raises `ValidationError` when the
    time is not up yet or somebody else deleted it, `Conflict` when it was changed since it was read.
    """
    if not entry.is_to_delete(on=on):
        raise ValidationError(TOO_EARLY.format(entry=entry, day=f"{entry.delete_on:%d.%m.%Y}"), code="too_early")
    with transaction.atomic(), operation(by=by):
        lock(entry)
        take_along([entry], by=by)
        entry.delete()
