"""The verbs of the outbox: queue a mail, hand over what waits, decide about a mail nobody knows the fate of.

Never twice, never lost: a mail is marked as being sent, and that is committed, before the server gets it. Of two who deliver at
once only the one whose mark it is goes on. A refusal puts the mail back; what was interrupted keeps its mark, and a person decides.
"""

import datetime
import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Case, F, Q, QuerySet, TextField, Value, When
from django.utils import timezone

from kepol.lib.history import operation
from kepol.mail import background
from kepol.mail.choices import MailKind, MailState
from kepol.mail.models import SUBJECT_LENGTH, Mail
from kepol.mail.transport import Refused, Transport, Unknown, Unreachable
from kepol.mail.validators import one_line

#: Waiting time after the first, second … attempt that failed; then always the last one.
BACK_OFF = tuple(datetime.timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
#: A run begins no further mail after this many seconds, however slowly the server takes them.
RUN_SECONDS = 300
#: Mails that a run in the background hands over at most; the rest waits for the next run.
BACKGROUND_LIMIT = 50

NOT_UNCLEAR = "Diese Mail ist nicht ungeklärt."
NOT_WAITING = "Diese Mail wartet weder, noch ist sie ungeklärt."
OUT_OF_DATE = "Diese Mail nützt seit {:%d.%m.%Y, %H:%M} Uhr niemandem mehr. Verwerfen Sie sie, oder lassen Sie sie als gesendet gelten."
logger = logging.getLogger(__name__)


@dataclass
class Report:
    """What a run has done, in numbers of mails; `server_error` is the German sentence that ended it early, empty otherwise."""

    sent: int = 0
    put_back: int = 0
    unclear: int = 0
    expired: int = 0
    server_error: str = ""

    @property
    def tried(self) -> int:
        """How many mails the run had in hand."""
        return self.sent + self.put_back + self.unclear


# --- Queueing ----------------------------------------------------------------------------------------------------
def queue(  # noqa: PLR0913 - what a mail consists of
    *,
    to: str,
    subject: str,
    text: str,
    kind: MailKind,
    key: str = "",
    expires_at: datetime.datetime | None = None,
    is_secret: bool = False,
) -> Mail:
    """Put a mail into the outbox, in the transaction of the caller; a second one for the occasion `key` is not made.

    Returns the new row or the one that is there for that occasion already. Raises `ValidationError` for an address that is none.
    """
    if key and (known := Mail.objects.filter(key=key).first()):
        return known
    mail = Mail(recipient=to.strip(), kind=kind, key=key, expires_at=expires_at, is_secret=is_secret)
    mail.subject, mail.text = one_line(subject)[:SUBJECT_LENGTH], text.replace("\x00", "")
    mail.message_id = new_message_id()
    mail.clean_fields()
    try:
        with transaction.atomic():
            mail.save()
    except IntegrityError:
        # Somebody else was queueing the same occasion at this moment.
        known = Mail.objects.filter(key=key).first() if key else None
        if known is None:
            raise
        return known
    return mail


def new_message_id() -> str:
    """A Message-ID that no other mail has, under the domain of the sender."""
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{uuid.uuid4()}@{host}>"


def send_account_mail(
    *, to: str, subject: str, text: str, is_secret: bool, expires_at: datetime.datetime | None
) -> None:
    """Queue what the accounts have to say and hand it over soon; `is_secret` when the text holds a code or link for signing in."""
    kind = MailKind.LOGIN_CODE if is_secret else MailKind.ACCOUNT
    deliver_soon(queue(to=to, subject=subject, text=text, kind=kind, is_secret=is_secret, expires_at=expires_at))


# --- Handing over ------------------------------------------------------------------------------------------------
def deliver_soon(mail: Mail) -> None:
    """Hand `mail` over once the transaction is committed, without making whoever asked for it wait.

    With MAIL_IN_BACKGROUND off, in tests and commands, that happens at once. An error leaves the mail in the outbox.
    """
    if settings.MAIL_IN_BACKGROUND:
        transaction.on_commit(lambda: background.run_soon(_deliver_waiting), robust=True)
    else:
        transaction.on_commit(lambda: deliver(now=timezone.now(), pk=mail.pk), robust=True)


def _deliver_waiting() -> None:
    deliver(now=timezone.now(), limit=BACKGROUND_LIMIT)


def deliver(*, now: datetime.datetime, limit: int | None = None, pk: int | None = None) -> Report:
    """Hand over what is due from `now` on: `limit` mails at most (None: all), only the mail `pk` if given.

    Raises `RuntimeError` inside a transaction: a mail that went out cannot be taken back with it. Ends when the server cannot be
    reached or is lost, and after `RUN_SECONDS`.
    """
    clock = _clock(now)
    with transaction.atomic(durable=True):
        report = Report(expired=_expire(now))
    limit = 1 if pk is not None else limit
    end = now + datetime.timedelta(seconds=RUN_SECONDS)
    seen: set[int] = set()
    with Transport() as transport:
        while not report.server_error and report.tried != limit and clock() < end:
            mail = _next(clock(), pk, besides=seen)
            if mail is None:
                break
            seen.add(mail.pk)
            _attempt(mail, transport, report, clock)
    return report


def _clock(now: datetime.datetime) -> Callable[[], datetime.datetime]:
    """A clock that shows `now` at this moment and goes on from there."""
    began = time.monotonic()
    return lambda: now + datetime.timedelta(seconds=time.monotonic() - began)


def _next(now: datetime.datetime, pk: int | None, *, besides: set[int]) -> Mail | None:
    # Whatever goes wrong, a run never takes the same mail twice.
    rows = Mail.objects.due(now=now).exclude(pk__in=besides)
    mail: Mail | None = (rows if pk is None else rows.filter(pk=pk)).first()
    return mail


def _attempt(mail: Mail, transport: Transport, report: Report, clock: Callable[[], datetime.datetime]) -> None:
    """Try to hand over `mail` and note in `report` what came of it: nothing when somebody else has it in hand already."""
    try:
        # Before the mark: without a server nothing begins that could be interrupted.
        transport.open()
    except Unreachable as error:
        put_back(mail, str(error), failed=mail.attempts + 1, now=clock())
        report.put_back, report.server_error = report.put_back + 1, str(error)
        return
    if not claim(mail, now=clock()):
        return
    try:
        transport.hand_over(mail)
    except Refused as error:
        put_back(mail, str(error), failed=mail.attempts, now=clock())
        report.put_back += 1
        report.server_error = str(error) if isinstance(error, Unreachable) else ""
    except Unknown as error:
        _note_unclear(mail, str(error))
        report.unclear, report.server_error = report.unclear + 1, str(error)
    else:
        mark_sent(mail, now=clock())
        report.sent += 1


def claim(mail: Mail, *, now: datetime.datetime) -> bool:
    """Mark the queued `mail` as being sent and commit that; False when somebody else has done it first.

    From here on `attempts` is the number under which this attempt may write: another one has another number.
    """
    # Durable: inside a transaction that could still be rolled back the mark would protect from nothing.
    with transaction.atomic(durable=True):
        taken = _as_read(mail).filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), state=MailState.QUEUED)
        if not _change(taken, state=MailState.SENDING, sending_since=now, attempts=F("attempts") + 1, last_error=""):
            return False
    mail.attempts += 1
    return True


def put_back(mail: Mail, error: str, *, failed: int, now: datetime.datetime) -> None:
    """Let `mail` wait for another attempt after `failed` ones, because the server surely has not taken it; `error` says why."""
    rows = _as_read(mail).filter(state__in=[MailState.QUEUED, MailState.SENDING])
    again = now + BACK_OFF[min(failed, len(BACK_OFF)) - 1]
    _change(rows, state=MailState.QUEUED, attempts=failed, try_after=again, sending_since=None, last_error=error)


def _note_unclear(mail: Mail, error: str) -> None:
    logger.error("Mail %s may or may not have been taken by the server: %s", mail.message_id, error)
    _change(_as_read(mail).filter(state=MailState.SENDING), last_error=error)


def mark_sent(mail: Mail, *, now: datetime.datetime) -> None:
    """Note that the server has taken `mail`; a text that opens an account is not kept."""
    rows = _as_read(mail).filter(state=MailState.SENDING)
    if not _change(rows, state=MailState.SENT, sent_at=now, sending_since=None, last_error="", text=_kept_text()):
        logger.warning("Mail %s was decided about by somebody while it was handed over", mail.message_id)


def _expire(now: datetime.datetime) -> int:
    """Close what waits and is of no more use to its recipient; returns how many.

    About what is unclear a person decides; only a text that opens an account goes at once.
    """
    over = Mail.objects.filter(expires_at__lte=now)
    _change(over.unclear(now=now).filter(is_secret=True).exclude(text=""), text="")
    return _change(over.queued(), state=MailState.EXPIRED, text=_kept_text())


def _kept_text() -> Case:
    return Case(When(is_secret=True, then=Value("")), default=F("text"), output_field=TextField())


def _as_read(mail: Mail) -> QuerySet:
    """The row of `mail` as long as nobody has begun another attempt since it was read."""
    rows: QuerySet = Mail.objects.filter(pk=mail.pk, attempts=mail.attempts)
    return rows


def _change(rows: QuerySet, **values: Any) -> int:
    """Write in one statement, which takes a row only in the state it was asked for; open forms notice it."""
    return rows.update(version=F("version") + 1, **values)


# --- Deciding ----------------------------------------------------------------------------------------------------
def send_again(mail: Mail, *, by: Any, now: datetime.datetime) -> None:
    """Hand over once more, at once, what is unclear or has failed; with its old Message-ID, so that a double can be recognised.

    Raises `ValidationError` when there is nothing to send again or it is of no more use, `Conflict` when the mail was changed since
    it was read.
    """
    with transaction.atomic(), operation(by=by):
        stored = _stored(mail)
        if not (stored.is_unclear(now=now) or stored.state == MailState.QUEUED):
            raise ValidationError(NOT_WAITING, code="not_waiting")
        if stored.expires_at is not None and stored.expires_at <= now:
            raise ValidationError(OUT_OF_DATE.format(timezone.localtime(stored.expires_at)), code="expired")
        mail.state, mail.sending_since, mail.try_after, mail.last_error = MailState.QUEUED, None, now, ""
        _decide(mail, "erneut senden", now=now)
        deliver_soon(mail)


def count_as_sent(mail: Mail, *, by: Any, now: datetime.datetime) -> None:
    """Close an unclear mail as sent, because the recipient or the log of the server says so.

    Raises `ValidationError` when it is not unclear, `Conflict` when it was changed since it was read.
    """
    with transaction.atomic(), operation(by=by):
        if not _stored(mail).is_unclear(now=now):
            raise ValidationError(NOT_UNCLEAR, code="not_unclear")
        mail.state, mail.sent_at, mail.sending_since = MailState.SENT, mail.sending_since, None
        _decide(mail, "gilt als gesendet", now=now)


def discard(mail: Mail, *, by: Any, now: datetime.datetime) -> None:
    """Take a waiting or unclear mail out: it is not sent any more.

    Raises `ValidationError` when it is neither, `Conflict` when it was changed since it was read.
    """
    with transaction.atomic(), operation(by=by):
        stored = _stored(mail)
        if not (stored.is_unclear(now=now) or stored.state == MailState.QUEUED):
            raise ValidationError(NOT_WAITING, code="not_waiting")
        mail.state, mail.sending_since = MailState.DISCARDED, None
        _decide(mail, "verworfen", now=now)


def forget(address: str) -> int:
    """Delete all mails to `address`, because the details of that person are deleted; returns how many. What waits is not sent any more."""
    deleted: int = Mail.objects.filter(recipient__iexact=address).delete()[0]
    return deleted


def _decide(mail: Mail, decision: str, *, now: datetime.datetime) -> None:
    mail.decision = f"{decision} ({timezone.localtime(now):%d.%m.%Y %H:%M})"
    if mail.is_done and mail.is_secret:
        mail.text = ""
    mail.full_clean()
    mail.save()


def _stored(mail: Mail) -> Mail:
    """The row as it is stored, held until the end of the transaction, so that nobody delivers it meanwhile."""
    return Mail.objects.select_for_update(of=("self",)).get(pk=mail.pk)
