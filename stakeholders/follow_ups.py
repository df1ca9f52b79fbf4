"""What contacts, people and events want to be seen today."""

import datetime
from collections.abc import Iterator
from typing import Any

from django.urls import reverse

from kepol.lib.contracts import Count, FollowUp
from stakeholders.models import ContactEntry, Event, Person


class StakeholderFollowUp(FollowUp):
    """Next steps, details whose time is up, and the next events; one query for each count."""

    def counts(self, user: Any, *, on: datetime.date) -> Iterator[Count]:
        """Counts for whoever may change the rows."""
        if user.has_perm("stakeholders.change_contactentry"):
            yield from _contacts(on)
        if user.has_perm("stakeholders.change_person"):
            # A retired person's details are kept no longer than anybody's.
            yield Count(
                "Personen zu prüfen",
                Person.objects.to_review(on=on).count(),
                _list("person", pruefung="faellig", verwendung="alle"),
            )
            yield Count(
                "Personen ohne Prüfdatum",
                Person.objects.without_review_day().count(),
                _list("person", pruefung="fehlt", verwendung="alle"),
            )
        if user.has_perm("stakeholders.change_event"):
            yield Count(
                "Veranstaltungen in den nächsten 30 Tagen",
                Event.objects.soon(on=on).count(),
                _list("event", termin="bald"),
            )


def _contacts(on: datetime.date) -> Iterator[Count]:
    yield Count(
        "Nächste Schritte aus Kontakten fällig",
        ContactEntry.objects.next_step_due(on=on).count(),
        _list("contactentry", schritt="faellig"),
        is_urgent=True,
    )
    yield Count(
        "Kontakte mit abgelaufener Löschfrist",
        ContactEntry.objects.to_delete(on=on).count(),
        _list("contactentry", frist="abgelaufen"),
    )


def _list(model: str, **filters: str) -> str:
    return reverse(f"admin:stakeholders_{model}_changelist", query=filters)
