"""The verbs of the Sachstandsabfrage, and who has answered in one.

A milestone is answered when the unit asked, or the Koordination itself, reported on it or confirmed it after the round was
opened. What the Koordination passed on for that unit counts too, as soon as it was received on the day of opening or later.
"""

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import BooleanField, Case, Count, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import TruncDate
from django.utils import timezone

from concept.lifecycle import coordinates
from concept.models import Milestone, MilestoneReport, RoundItem, StatusRound
from concept.round_mail import letters, post, wrote_today
from concept.standing import standings
from kepol.accounts.choices import Role
from kepol.lib.history import operation
from kepol.lib.locks import lock_kinds
from kepol.lib.versions import Conflict
from stakeholders.models import Organisation

YEAR = datetime.timedelta(days=366)
NOT_ALLOWED = "Sachstandsabfragen führt die Koordination."
NOTHING_OPEN = "Es ist kein Meilenstein offen; es gibt nichts abzufragen."
KEY_DATE_PAST = "Gefragt wird der heutige Stand; frühere Stände rechnet KEpol nicht zurück. Nennen Sie den heutigen oder einen späteren Tag."
KEY_DATE_FAR = "Dieser Tag liegt mehr als ein Jahr in der Zukunft. Prüfen Sie die Jahreszahl."
DEADLINE_PAST = "Die Frist liegt in der Vergangenheit. Nennen Sie den heutigen oder einen späteren Tag."
DEADLINE_TOO_EARLY = "Die Frist liegt vor dem Stichtag {:%d.%m.%Y}. Wie es an diesem Tag steht, weiß vorher niemand."
ASKED_ALREADY = "Zu diesem Stichtag läuft schon die Abfrage „{}“. Schließen Sie sie zuerst ab."
NOT_LATER = "Bisher gilt der {:%d.%m.%Y}. Nennen Sie einen späteren Tag."
CLOSED = "Diese Abfrage ist abgeschlossen."
NOBODY_LEFT = "Es ging keine Mail hinaus: Den gewählten Dienststellen wurde heute schon geschrieben, oder es ist niemand erreichbar."


# --- Opening -----------------------------------------------------------------------------------------------------
def to_ask() -> QuerySet:
    """What a round opened now would ask for: all open milestones, and none else."""
    return Milestone.objects.open()


def open_round(  # noqa: PLR0913 - what a round consists of
    *,
    title: str,
    key_date: datetime.date,
    deadline: datetime.date,
    intro: str,
    by: Any,
    now: datetime.datetime,
) -> StatusRound:
    """Ask every unit how its open milestones stand on `key_date`, with a mail to everybody who can answer for it.

    `deadline` is the last day for answers; `intro` stands above the list in the mail, empty for none. Whoever is responsible now has
    to answer. Raises `PermissionDenied` when `by` may not, `ValidationError` for a key date that has passed or is more than a year
    away, for a deadline that has passed or lies before the key date, when nothing is open, and when a round with this key date is
    still running.
    """
    _refuse_others(by)
    _refuse_key_date(key_date, today=timezone.localdate(now))
    _refuse_deadline(deadline, key_date=key_date, today=timezone.localdate(now))
    with transaction.atomic(), operation(by=by):
        # Of two who open at once the second has to see the first.
        lock_kinds(StatusRound)
        _refuse_second(key_date)
        opened = StatusRound(title=title.strip(), key_date=key_date, deadline=deadline, intro=intro.strip())
        opened.opened_at, opened.opened_by = now, by
        opened.full_clean()
        opened.save()
        _ask(opened)
        post(letters(opened, on=timezone.localdate(now)))
    return opened


def _ask(opened: StatusRound) -> None:
    asked = to_ask().values_list("pk", "responsible")
    items = [RoundItem(round=opened, milestone_id=pk, unit_id=unit) for pk, unit in asked]
    if not items:
        raise ValidationError(NOTHING_OPEN, code="nothing_open")
    RoundItem.objects.bulk_create(items)


# --- While it runs -----------------------------------------------------------------------------------------------
def extend(status_round: StatusRound, *, deadline: datetime.date, by: Any, today: datetime.date) -> None:
    """Let answers to the open `status_round` come in until `deadline`, a later day than before.

    Raises `PermissionDenied`, `ValidationError` when it is closed or the day is none later, `Conflict` when it was changed meanwhile.
    """
    _refuse_others(by)
    with transaction.atomic(), operation(by=by):
        stored = _locked(status_round)
        if deadline <= stored.deadline:
            raise ValidationError({"deadline": NOT_LATER.format(stored.deadline)}, code="not_later")
        _refuse_deadline(deadline, key_date=stored.key_date, today=today)
        status_round.deadline = deadline
        status_round.full_clean()
        status_round.save()


def remind(status_round: StatusRound, *, units: Collection[Organisation], by: Any, now: datetime.datetime) -> int:
    """Write again to the people of those `units` that have not answered for everything; returns how many mails that were.

    Nobody gets two mails about one round on a day. Raises `PermissionDenied`, `ValidationError` when the round is closed or nobody
    is left to write to, `Conflict` when it was changed meanwhile.
    """
    _refuse_others(by)
    with transaction.atomic(), operation(by=by):
        _locked(status_round)
        chosen = {unit.pk for unit in units}
        waiting = unanswered(status_round).filter(unit__in=chosen)
        told = wrote_today(status_round, now=now)
        found = [
            one
            for one in letters(status_round, on=timezone.localdate(now), items=waiting)
            if one.to.person.pk not in told
        ]
        if not found:
            raise ValidationError(NOBODY_LEFT, code="nobody_left")
        post(found)
    return len(found)


# --- Closing -----------------------------------------------------------------------------------------------------
def close_round(status_round: StatusRound, *, by: Any, now: datetime.datetime) -> None:
    """Close the open `status_round` and keep for every milestone in it how it stands; nothing changes these rows afterwards.

    "Stand dieses Tages" means: what is stored at the moment of closing, judged for the key date, or for the day of closing when
    that comes first. A milestone reached between key date and closing is kept as reached, with its day.

    Raises `PermissionDenied`, `ValidationError` when it is closed already, `Conflict` when it was changed meanwhile.
    """
    _refuse_others(by)
    with transaction.atomic(), operation(by=by):
        _locked(status_round)
        # Whoever is reporting at this moment comes before the closing or after it.
        rows = Milestone.objects.filter(round_items__round=status_round).order_by("pk")
        list(rows.select_for_update(of=("self",)).values_list("pk"))
        found = standings(status_round, on=timezone.localdate(now))
        for item in found:
            item.row.frozen = item.as_data()
        RoundItem.objects.bulk_update([item.row for item in found], ["frozen"], batch_size=100)
        status_round.closed_at, status_round.closed_by = now, by
        status_round.full_clean()
        status_round.save()


# --- Who has answered --------------------------------------------------------------------------------------------
def with_answers(items: QuerySet) -> QuerySet:
    """`items` of any rounds with `is_answered`: live while their round is open, afterwards as it was kept.

    In SQL what `ReportQuerySet.answers().since(round.opened_at)` says of one round, of the unit asked or the Koordination itself.
    """
    answers = MilestoneReport.objects.answers().filter(
        Q(received_on__isnull=True) | Q(received_on__gte=OuterRef("opened_day")),
        Q(unit__isnull=True) | Q(unit=OuterRef("unit")),
        milestone=OuterRef("milestone"),
        at__gt=OuterRef("round__opened_at"),
    )
    kept = When(frozen__answered=True, then=Value(True))
    live = When(frozen__isnull=True, then=Exists(answers))
    return items.annotate(opened_day=TruncDate("round__opened_at")).annotate(
        is_answered=Case(live, kept, default=Value(False), output_field=BooleanField())
    )


def unanswered(status_round: StatusRound) -> QuerySet:
    """Rows of `status_round` for which nobody has answered."""
    return with_answers(RoundItem.objects.filter(round=status_round)).filter(is_answered=False)


def waiting_in_running_rounds() -> QuerySet:
    """Rows of all running rounds for which nobody has answered."""
    return with_answers(RoundItem.objects.filter(round__closed_at__isnull=True)).filter(is_answered=False)


@dataclass(frozen=True)
class Asked:
    """A running round as somebody sees it whose units are asked: how many of `total` milestones are `answered`."""

    title: str
    key_date: datetime.date
    deadline: datetime.date
    answered: int
    total: int
    days_left: int

    @property
    def is_late(self) -> bool:
        """Whether the deadline has passed and something is still open."""
        return self.days_left < 0 and not self.is_done

    @property
    def is_done(self) -> bool:
        """Whether everything is answered."""
        return self.answered == self.total

    @property
    def time_left(self) -> str:
        """How long there is still time, in words."""
        return time_left(self.days_left)


def time_left(days: int) -> str:
    """ "noch 5 Tage", "heute", "seit 2 Tagen abgelaufen"; `days` from today to the deadline."""
    if days == 0:
        return "heute"
    unit = "Tag" if abs(days) == 1 else "Tage"
    return f"noch {days} {unit}" if days > 0 else f"seit {-days} {unit}{'n' * (days < -1)} abgelaufen"


def asked_of(user: Any, *, on: datetime.date) -> list[Asked]:
    """Running rounds that ask units to which `user` belongs on day `on`, the nearest deadline first; one query.

    Empty for everybody who does not answer for a unit.
    """
    if Role.FACHBEREICH not in user.roles:
        return []
    own = Organisation.objects.of_member(user, on=on).values("pk")
    items = with_answers(RoundItem.objects.filter(round__closed_at__isnull=True, unit__in=own))
    columns = ("round__title", "round__key_date", "round__deadline")
    rows = (
        items.order_by()
        .values_list("round", *columns)
        .annotate(answered=Count("pk", filter=Q(is_answered=True)), total=Count("pk"))
    )
    return [
        Asked(title, key_date, deadline, answered, total, (deadline - on).days)
        for _, title, key_date, deadline, answered, total in rows.order_by("round__deadline", "round")
    ]


# --- Refusals ----------------------------------------------------------------------------------------------------
def _refuse_others(by: Any) -> None:
    if not coordinates(by):
        raise PermissionDenied(NOT_ALLOWED)


def _refuse_key_date(key_date: datetime.date, *, today: datetime.date) -> None:
    if key_date < today:
        raise ValidationError({"key_date": KEY_DATE_PAST}, code="past")
    if key_date > today + YEAR:
        raise ValidationError({"key_date": KEY_DATE_FAR}, code="far")


def _refuse_deadline(deadline: datetime.date, *, key_date: datetime.date, today: datetime.date) -> None:
    if deadline < today:
        raise ValidationError({"deadline": DEADLINE_PAST}, code="past")
    if deadline < key_date:
        raise ValidationError({"deadline": DEADLINE_TOO_EARLY.format(key_date)}, code="before_key_date")


def _refuse_second(key_date: datetime.date) -> None:
    running = StatusRound.objects.running().filter(key_date=key_date).first()
    if running is not None:
        raise ValidationError({"key_date": ASKED_ALREADY.format(running)}, code="second")


def _locked(status_round: StatusRound) -> StatusRound:
    """The open round as it is stored, held until the end of the transaction, in the version that was read."""
    stored = StatusRound.objects.select_for_update(of=("self",)).filter(pk=status_round.pk).first()
    if stored is None:
        raise Conflict(status_round)
    if not stored.is_open:
        raise ValidationError(CLOSED, code="closed")
    if stored.version != status_round.version:
        raise Conflict(status_round)
    return stored
