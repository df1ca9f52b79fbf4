"""Reminders: which milestones ring on a day, who is told of them in which turn, and the one mail in which they are told.

Everything follows from the dates as they are on that day, so that a moved date moves its reminder. The rhythm: `manage.py
send_reminders` runs every day and writes on Tuesdays. On other working days it makes up only for what rang on the last Tuesday
already and of which nobody was told since, because the city was closed, somebody away or the server down. A person gets at most
one mail a week (Monday to Sunday), unless a date has moved since the last one so that it should have stood there.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from concept.addressees import Addressee, Roster, units_of
from concept.models import Milestone, Occasion, ReminderItem, ReminderLevel
from concept.models.reminders import TOLD
from concept.reminder_texts import reminder_subject, reminder_text
from concept.ringing import ONE_DAY, Entry, Ring, ring, ringing
from kepol.lib.history import operation
from kepol.mail.choices import MailKind
from kepol.mail.models import Mail
from kepol.mail.outbox import queue
from stakeholders.models import Organisation, Person

WEEK = datetime.timedelta(days=7)
TUESDAY = 1
#: So long after the first reminder without an answer the deputies are asked too, and after twice that time the head.
NEXT_TURN = WEEK


@dataclass
class Letter:
    """What one person is told on a day; `last` is the day of their last mail in the running week, None without one."""

    to: Addressee
    last: datetime.date | None
    entries: list[Entry] = field(default_factory=list)


@dataclass
class Plan:
    """What is to be sent on day `on`, and what cannot be.

    `speechless` holds units of which nobody can be asked, `waiting` those in which all are away; both with their milestones.
    `unanswered` holds milestones of which the head of the unit could be told.
    """

    on: datetime.date
    letters: list[Letter]
    speechless: dict[Organisation, list[Any]]
    waiting: dict[Organisation, list[Any]]
    unanswered: dict[Organisation, list[Any]]


@dataclass
class _Memory:
    """What has been told of one milestone, at its present date, since it was last answered: days, None for never.

    `told_on` is the last one, `first` and `first_deputy` the first ones on which somebody, and a deputy, was written to.
    """

    told_on: datetime.date | None = None
    first: datetime.date | None = None
    first_deputy: datetime.date | None = None

    def note(self, item: Any) -> None:
        """Take in `item`, a line read with the `state` of its mail; only who was surely written to can have left it unanswered."""
        self.told_on = item.on
        if item.state in TOLD:
            self.first = self.first or item.on
            if item.level == ReminderLevel.DEPUTY:
                self.first_deputy = self.first_deputy or item.on


# --- Who is told -------------------------------------------------------------------------------------------------
def plan(*, on: datetime.date) -> Plan:
    """What is to be sent on day `on`, a working day, and to whom; changes nothing, in a fixed number of queries."""
    rings = ringing(on=on)
    roster, memories = Roster(units_of(rings), on=on), _memories(rings)
    letters = _letters(rings, roster, memories, on=on)
    due = [letter for letter in letters if is_turn(letter, on=on)]
    silent = _silent(rings, roster, memories, on=on)
    return Plan(on, due, *(_by_unit(rows) for rows in (silent.speechless, silent.waiting, silent.unanswered)))


@dataclass
class _Silent:
    """Milestones nobody can be asked about, those about whom all are away, and those the head of the unit could be told of."""

    speechless: list[Any] = field(default_factory=list)
    waiting: list[Any] = field(default_factory=list)
    unanswered: list[Any] = field(default_factory=list)


def _silent(rings: Iterable[Any], roster: Roster, memories: dict[int, _Memory], *, on: datetime.date) -> _Silent:
    found = _Silent()
    for one in rings:
        if not roster.first_turn(one):
            found.speechless.append(one)
        elif not roster.asked_first(one):
            found.waiting.append(one)
        if _is_for_head(memories[one.pk], on=on):
            found.unanswered.append(one)
    return found


def _by_unit(milestones: Iterable[Any]) -> dict[Organisation, list[Any]]:
    found: dict[Organisation, list[Any]] = defaultdict(list)
    for one in milestones:
        found[one.responsible].append(one)
    return found


@dataclass(frozen=True)
class HeldUp:
    """Keys of units: with nobody to ask about an open milestone; and, where one rings, all away, or a hint due and no head to tell."""

    speechless: set[int]
    away: set[int]
    headless: set[int]


def held_up(*, on: datetime.date) -> HeldUp:
    """Where reminders and hints lead nowhere on day `on`; four queries."""
    rows = list(Milestone.objects.open().with_expected_end().only("responsible", "contact", "reported_on"))
    roster = Roster({one.responsible_id for one in rows}, on=on)
    rings = [one for one in rows if ring(one, on=on)]
    silent = _silent(rings, roster, _memories(rings), on=on)
    units = {one.responsible_id for one in silent.unanswered}
    return HeldUp(
        speechless={one.responsible_id for one in rows if not roster.first_turn(one)},
        away={one.responsible_id for one in silent.waiting},
        headless={unit for unit in units if not roster.heads(unit)},
    )


def is_turn(letter: Letter, *, on: datetime.date) -> bool:
    """Whether the person gets a mail on day `on`; see the rhythm above."""
    tuesday = last_tuesday(on)
    if letter.last is not None:
        return any(_has_moved(entry, since=letter.last) for entry in letter.entries)
    if on == tuesday:
        return bool(letter.entries)
    monday = week_of(on)
    return any(entry.ring.since <= tuesday and not entry.was_told_since(monday) for entry in letter.entries)


def last_tuesday(on: datetime.date) -> datetime.date:
    """The Tuesday on day `on` or before it."""
    return on - (on.weekday() - TUESDAY) % 7 * ONE_DAY


def week_of(on: datetime.date) -> datetime.date:
    """The first day of the week for which day `on` counts: the Monday before the last Tuesday."""
    return last_tuesday(on) - ONE_DAY


def _has_moved(entry: Entry, *, since: datetime.date) -> bool:
    """Whether by its present date it should have stood in the mail of day `since`, and nobody was told of it at that date."""
    return entry.ring.since <= since and not entry.was_told_since(entry.ring.since)


def _letters(
    rings: dict[Any, Ring], roster: Roster, memories: dict[int, _Memory], *, on: datetime.date
) -> list[Letter]:
    lasts, letters = _last_mails(on=on), dict[int, Letter]()
    for one, why in rings.items():
        told_on = memories[one.pk].told_on
        for to, level in _turns(one, roster, memories[one.pk], on=on):
            letter = letters.setdefault(to.person.pk, Letter(to, lasts.get(to.person.pk)))
            letter.entries.append(Entry(one, why, level, to.stands_in, told_on))
    for letter in letters.values():
        letter.entries.sort(key=_order)
    return sorted(letters.values(), key=lambda letter: (letter.to.person.sort_key, letter.to.person.pk))


def _turns(
    milestone: Any, roster: Roster, memory: _Memory, *, on: datetime.date
) -> Iterator[tuple[Addressee, ReminderLevel]]:
    """Who is told of `milestone` on day `on`, each once."""
    first = roster.asked_first(milestone)
    yield from ((to, ReminderLevel.FIRST) for to in first)
    if memory.first is not None and on >= memory.first + NEXT_TURN:
        asked = {to.person.pk for to in first}
        deputies = roster.deputies(milestone.responsible_id)
        yield from ((to, ReminderLevel.DEPUTY) for to in deputies if to.person.pk not in asked)


def _order(entry: Entry) -> tuple[Any, ...]:
    end = entry.milestone.expected_end or datetime.date.max
    return entry.is_for_somebody_else, list(Occasion).index(entry.ring.occasion), end, entry.milestone.sort_key


def _is_for_head(memory: _Memory, *, on: datetime.date) -> bool:
    if memory.first is None or on < memory.first + 2 * NEXT_TURN:
        return False
    return memory.first_deputy is None or on >= memory.first_deputy + NEXT_TURN


def _memories(milestones: Iterable[Milestone]) -> dict[int, _Memory]:
    """What was told of each of `milestones`; one query. An answer, and a moved date, begin a new chapter."""
    found = {one.pk: _Memory() for one in milestones}
    ends = {one.pk: one.expected_end for one in milestones}  # type: ignore[attr-defined]
    rows = ReminderItem.objects.alive().filter(milestone__in=found, on__gt=F("milestone__reported_on"))
    for item in rows.annotate(state=F("mail__state")).order_by("on", "pk"):
        if item.expected_end == ends[item.milestone_id]:
            found[item.milestone_id].note(item)
    return found


def _last_mails(*, on: datetime.date) -> dict[int, datetime.date]:
    """The day of the last reminder in the running week of each person who had one, by their keys; one query."""
    rows = ReminderItem.objects.alive().filter(on__gte=week_of(on), on__lte=on)
    return dict(rows.order_by().values_list("person").annotate(last=Max("on")))


# --- Telling -----------------------------------------------------------------------------------------------------
def queue_letter(letter: Letter, *, on: datetime.date, now: datetime.datetime) -> Mail | None:
    """Put the mail of `letter` for day `on` and a line of memory for each milestone into the outbox, or neither; `now` is the moment.

    Of several who do this at once the first one does it; the others, and who finds nothing left to ask, get None. What is still
    waiting when the next Tuesday begins expires: by then another mail tells what holds then.
    """
    person = letter.to.person
    with transaction.atomic(), operation():
        stored = Person.objects.select_for_update(of=("self",)).filter(pk=person.pk).first()
        if stored is None or _last_mails(on=on).get(person.pk) != letter.last:
            return None
        key = f"reminder:{person.pk}:{on.isoformat()}"
        entries = _unchanged(letter.entries)
        if not entries or Mail.objects.filter(key=key).exists():
            return None
        mail = queue(
            to=letter.to.address,
            subject=reminder_subject(entries),
            text=reminder_text(entries, letter.to, on=on),
            kind=MailKind.REMINDER,
            key=key,
            expires_at=_expiry(on, now),
        )
        ReminderItem.objects.bulk_create(_line(entry, mail, person, on) for entry in entries)
    return mail


def _unchanged(entries: Iterable[Entry]) -> list[Entry]:
    """Those of `entries` whose milestone nobody has changed, answered or reached since the plan was made; one query."""
    entries = list(entries)
    stored = Milestone.objects.filter(pk__in=[entry.milestone.pk for entry in entries])
    versions = dict(stored.values_list("pk", "version"))
    return [entry for entry in entries if versions.get(entry.milestone.pk) == entry.milestone.version]


def _line(entry: Entry, mail: Mail, person: Person, on: datetime.date) -> ReminderItem:
    return ReminderItem(
        mail=mail,
        milestone=entry.milestone,
        person=person,
        on=on,
        level=entry.level,
        occasion=entry.ring.occasion,
        expected_end=entry.milestone.expected_end,
    )


def _expiry(on: datetime.date, now: datetime.datetime) -> datetime.datetime:
    """The beginning of the Tuesday after day `on`, counted from `now`, in Germany."""
    day = timezone.localdate(now) + (last_tuesday(on) + WEEK - on)
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time.min))
