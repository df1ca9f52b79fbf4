"""What contacts, people and events want to be seen today."""

import datetime
from collections.abc import Iterator
from typing import Any

from django.urls import reverse

from kepol.lib.contracts import FollowUp, Question
from stakeholders.models import ContactEntry, Event, Person


class StakeholderFollowUp(FollowUp):
    """Next steps, details whose time is up, and the next events."""

    def questions(self, user: Any, *, on: datetime.date) -> Iterator[Question]:
        """Counts for whoever may change the rows."""
        if user.has_perm("stakeholders.change_contactentry"):
            yield from _contacts(on)
        if user.has_perm("stakeholders.change_person"):
            # A retired person's details are kept no longer than anybody's.
            due, missing = Person.objects.to_review(on=on), Person.objects.without_review_day()
            yield Question("Personen zu prüfen", due, _list("person", pruefung="faellig", verwendung="alle"))
            yield Question("Personen ohne Prüfdatum", missing, _list("person", pruefung="fehlt", verwendung="alle"))
        if user.has_perm("stakeholders.change_event"):
            soon = Event.objects.soon(on=on)
            yield Question("Veranstaltungen in den nächsten 30 Tagen", soon, _list("event", termin="bald"))


def _contacts(on: datetime.date) -> Iterator[Question]:
    due, over = ContactEntry.objects.next_step_due(on=on), ContactEntry.objects.to_delete(on=on)
    url = _list("contactentry", schritt="faellig")
    yield Question("Nächste Schritte aus Kontakten fällig", due, url, is_urgent=True)
    yield Question("Kontakte mit abgelaufener Löschfrist", over, _list("contactentry", frist="abgelaufen"))


def _list(model: str, **filters: str) -> str:
    return reverse(f"admin:stakeholders_{model}_changelist", query=filters)
