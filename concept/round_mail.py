"""Whom a Sachstandsabfrage can ask, and the mails to them."""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from concept.addressees import Addressee, Roster
from concept.models import RoundItem, StatusRound
from kepol.mail.choices import MailKind
from kepol.mail.links import absolute
from kepol.mail.models import Mail
from kepol.mail.outbox import deliver_soon, queue
from kepol.mail.texts import written
from stakeholders.models import Organisation


@dataclass(frozen=True)
class Letter:
    """A mail about `status_round` to one person: the rows of every unit for which they can answer or stand in, as of day `on`.

    `key` is its occasion.
    """

    status_round: StatusRound
    to: Addressee
    lists: tuple[tuple[Organisation, tuple[RoundItem, ...]], ...]
    on: datetime.date
    is_reminder: bool
    key: str

    @property
    def number(self) -> int:
        """How many milestones it asks for."""
        return sum(len(rows) for _, rows in self.lists)

    @property
    def subject(self) -> str:
        """What it wants, of how many milestones, until when."""
        wanted = "Erinnerung an die Sachstandsabfrage" if self.is_reminder else "Sachstandsabfrage"
        count = "1 Meilenstein" if self.number == 1 else f"{self.number} Meilensteine"
        return f"{wanted}: {count}, Antwort bis {self.status_round.deadline:%d.%m.%Y}"


def reachable(units: Iterable[int], *, on: datetime.date) -> dict[int, list[Addressee]]:
    """For each of the `units` (keys) the people who are asked on day `on`, by name; a unit without anybody is missing.

    These are its members of that day whose account answers for units, and who stands in for those who are away. One query.
    """
    units = list(units)
    roster = Roster(units, on=on)
    return {unit: people for unit in units if (people := roster.answering(unit))}


def letters(status_round: StatusRound, *, on: datetime.date, items: QuerySet | None = None) -> list[Letter]:
    """The mails that tell everybody who can be asked on day `on` of the rows of their units; two queries.

    `items`: only these rows, as a reminder; None: all of the round, for its opening.
    """
    rows = (status_round.items.all() if items is None else items).select_related("unit", "milestone__event")
    by_unit: dict[Organisation, list[RoundItem]] = defaultdict(list)
    for row in rows:
        by_unit[row.unit].append(row)
    people = reachable([unit.pk for unit in by_unit], on=on)
    found: dict[int, Addressee] = {}
    lists: dict[int, list[Any]] = defaultdict(list)
    for unit, asked in by_unit.items():
        for one in people.get(unit.pk, ()):
            known = found.setdefault(one.person.pk, one)
            found[one.person.pk] = replace(known, stands_in=known.stands_in or one.stands_in)
            lists[one.person.pk].append((unit, tuple(asked)))
    day = None if items is None else on
    return [
        Letter(status_round, found[person], tuple(asked), on, day is not None, _key(status_round, person, day))
        for person, asked in lists.items()
    ]


def _key(status_round: StatusRound, person: int, day: datetime.date | None) -> str:
    """Occasion of a mail to the `person` with that key: the opening (`day` None), or being reminded on a day."""
    opening = f"round:{status_round.pk}:{person}"
    return f"{opening}:{day.isoformat()}" if day else opening


def wrote_today(status_round: StatusRound, *, now: datetime.datetime) -> frozenset[int]:
    """Keys of the people to whom a mail about `status_round` was made on the day of `now`."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    mails = Mail.objects.filter(kind=MailKind.ROUND, key__startswith=f"round:{status_round.pk}:")
    keys = mails.filter(queued_at__gte=midnight).values_list("key", flat=True)
    return frozenset(int(key.split(":")[2]) for key in keys)


def post(found: Iterable[Letter]) -> None:
    """Put the mails into the outbox, in the transaction of the caller, and hand them over once that is committed."""
    for letter in found:
        mail = queue(
            to=letter.to.address,
            subject=letter.subject,
            text=text_of(letter),
            kind=MailKind.ROUND,
            key=letter.key,
        )
        deliver_soon(mail)


def text_of(letter: Letter) -> str:
    """The words of the mail."""
    lists = [(unit, [_line(row, letter.on) for row in rows]) for unit, rows in letter.lists]
    return written(
        "sachstandsabfrage",
        round=letter.status_round,
        lists=lists,
        number=letter.number,
        is_reminder=letter.is_reminder,
        stands_in=letter.to.stands_in,
        may_report=letter.to.may_report,
        overview=absolute(reverse("concept:milestone_own")),
    )


def _line(row: RoundItem, on: datetime.date) -> dict[str, str]:
    milestone = row.milestone
    late = " (verzögert)" if milestone.is_overdue(on) else ""
    return {
        "title": milestone.title,
        "date": f"{milestone.date_text(on=on)}{late}",
        "link": absolute(reverse("concept:milestone_detail", args=[milestone.pk])),
    }
