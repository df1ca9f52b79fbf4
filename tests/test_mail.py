"""The outbox: queued with its occasion, handed over once, put back when refused, decided about when nobody knows."""

import datetime
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core import mail as django_mail
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kepol.accounts.choices import Role
from kepol.accounts.roles import sync_roles
from kepol.lib.history import entries
from kepol.lib.versions import Conflict, seen_token
from kepol.mail import background, outbox, transport
from kepol.mail.admin import HIDDEN
from kepol.mail.choices import MailKind, MailState
from kepol.mail.links import absolute
from kepol.mail.models import Mail
from kepol.mail.texts import written
from kepol.mail.transport import (
    CUT_OFF,
    IMPOSSIBLE,
    RECIPIENT_REFUSED,
    SENDER_REFUSED,
    TEXT_REFUSED,
    UNKNOWN,
    UNREACHABLE,
)
from tests import smtp
from tests.factories import UserFactory
from tests.factories.mail import QUEUED_AT, MailFactory

pytestmark = pytest.mark.django_db

NOW = QUEUED_AT + datetime.timedelta(minutes=1)
MINUTE = datetime.timedelta(minutes=1)
ROOT = Path(__file__).parent.parent


@pytest.fixture
def server(settings):
    """A mail server that the settings name."""
    with smtp.running() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", running.port, 1
        settings.DEFAULT_FROM_EMAIL = "KEpol <kepol@stadt.example>"
        yield running


def queue(**given):
    return outbox.queue(**{"to": "a@stadt.example", "subject": "S", "text": "T", "kind": MailKind.REMINDER, **given})


def stored(mail):
    return Mail.objects.get(pk=mail.pk)


# --- Queueing ----------------------------------------------------------------------------------------------------
def test_an_occasion_is_queued_once():
    first = queue(key="reminder/7/2026-W48", subject="erste")
    again = queue(key="reminder/7/2026-W48", subject="zweite")
    assert (again.pk, again.subject) == (first.pk, "erste")
    assert queue().pk != queue().pk
    assert Mail.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_an_occasion_queued_by_two_at_once_is_one_mail():
    def one(_):
        try:
            return queue(key="runde/3/fb36").pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(one, range(8)))) == 1
    assert Mail.objects.count() == 1


def test_what_is_rolled_back_was_never_queued():
    with transaction.atomic():
        outbox.deliver_soon(queue())
        transaction.set_rollback(True)
    assert (Mail.objects.count(), django_mail.outbox) == (0, [])


@pytest.mark.parametrize(
    "address", ["", "niemand", "a@b@c.example", "a@stadt.example\nBcc: b@stadt.example", "a, b@c.de"]
)
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(ValidationError):
        queue(to=address)


HOSTILE_NAMES = [
    "FB 36\r\nBcc: alle@stadt.example",
    "FB 36\nX-Evil: 1",
    "FB 36\rSubject: anders",
    "FB 36\x0b\x0c\x1c\x85\u2028\u2029Bcc: x@y.de",
    "\r\n\r\nNeuer Text",
    "\x00Null",
    "Ä" * 400,
]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_hostile_name_begins_no_header(server, name):
    mail = queue(subject=f"Einladung: {name}", text=f"Guten Tag {name}")
    outbox.deliver(now=timezone.now())
    (message,) = server.messages
    assert message.keys() == [
        "Content-Type", "MIME-Version", "Content-Transfer-Encoding", "Subject", "From", "To", "Date", "Message-ID",
        "Auto-Submitted",
    ]  # fmt: skip
    assert message["To"] == "a@stadt.example"
    assert message["Subject"].strip() == mail.subject
    assert stored(mail).state == MailState.SENT


def test_umlauts_arrive_as_they_were_written(server):
    text = "Guten Tag Frau Özdemir,\n\nfür den „Klima-Meilenstein“ – 1.200 € – fehlt der Stand.\n"
    queue(subject="Rückmeldung für „Fair-Trade-Städte“ überfällig", text=text)
    outbox.deliver(now=timezone.now())
    (message,) = server.messages
    assert message["Subject"].strip() == "Rückmeldung für „Fair-Trade-Städte“ überfällig"
    assert message.get_content().replace("\r\n", "\n") == text
    assert message.get_content_charset() == "utf-8"


def test_a_mail_says_that_a_machine_sent_it_and_which_mail_it_is(server):
    mail = queue()
    outbox.deliver(now=timezone.now())
    (message,) = server.messages
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["From"] == "KEpol <kepol@stadt.example>"
    assert message["Message-ID"] == mail.message_id
    assert mail.message_id.endswith("@stadt.example>")
    assert "Date" in message


# --- Handing over: what comes of each answer of the server -----------------------------------------------------------
REFUSALS = [
    ({"refuse_sender": smtp.BUSY}, SENDER_REFUSED),
    ({"refuse_sender": "550 Wer sind Sie"}, SENDER_REFUSED),
    ({"refuse_recipient": smtp.BUSY}, RECIPIENT_REFUSED),
    ({"refuse_recipient": smtp.NEVER}, RECIPIENT_REFUSED),
    ({"refuse_text": "452 Kein Platz"}, TEXT_REFUSED),
    ({"refuse_text": "554 Spam"}, TEXT_REFUSED),
    ({"refuse_sender": "421 Zu viele Verbindungen"}, SENDER_REFUSED),
    ({"drop": "mail"}, CUT_OFF),
]


@pytest.mark.parametrize(("answer", "sentence"), REFUSALS)
def test_what_the_server_surely_did_not_take_waits_and_goes_out_later(server, answer, sentence):
    mail = MailFactory()
    for name, value in answer.items():
        setattr(server, name, value)
    report = outbox.deliver(now=NOW)
    row = stored(mail)
    assert (report.sent, report.put_back, report.unclear) == (0, 1, 0)
    assert (row.state, row.attempts, row.sending_since) == (MailState.QUEUED, 1, None)
    assert row.last_error.startswith(sentence)
    assert "]" in row.last_error
    for name in answer:
        setattr(server, name, "")
    assert outbox.deliver(now=NOW + datetime.timedelta(seconds=50)).sent == 0
    assert outbox.deliver(now=NOW + 2 * MINUTE).sent == 1
    assert (stored(mail).state, stored(mail).last_error, len(server.accepted)) == (MailState.SENT, "", 1)


def test_a_server_that_is_away_loses_nothing_and_is_asked_once_per_run(settings, server):
    settings.EMAIL_PORT = smtp.free_port()
    mails = [MailFactory() for _ in range(3)]
    report = outbox.deliver(now=NOW)
    assert (report.sent, report.put_back) == (0, 1)
    assert report.server_error.startswith(UNREACHABLE)
    assert [stored(mail).attempts for mail in mails] == [1, 0, 0]
    settings.EMAIL_PORT = server.port
    assert outbox.deliver(now=NOW + 2 * MINUTE).sent == 3


@pytest.mark.parametrize("answer", [{"drop": "before"}, {"drop": "after"}, {"slow": 1.5}])
def test_what_nobody_knows_stays_marked_with_the_error_and_is_not_sent_again(server, answer):
    mail, other = MailFactory(), MailFactory()
    for name, value in answer.items():
        setattr(server, name, value)
    report = outbox.deliver(now=NOW)
    row = stored(mail)
    assert (report.sent, report.put_back, report.unclear) == (0, 0, 1)
    assert (row.state, row.is_unclear(now=NOW)) == (MailState.SENDING, True)
    assert row.last_error.startswith(UNKNOWN)
    assert stored(other).attempts == 0
    server.drop, server.slow = "", 0
    taken = len(server.accepted)
    outbox.deliver(now=NOW + 60 * MINUTE)
    assert len(server.accepted) == taken + 1
    assert stored(mail).state == MailState.SENDING


@pytest.mark.parametrize("answer", [smtp.NEVER, "421 Zu viele"])
def test_one_refused_recipient_does_not_hold_up_the_others(server, answer):
    mails = [MailFactory(recipient=f"{name}@stadt.example") for name in ("a", "weg", "b")]
    server.refused_recipients = {"weg@stadt.example": answer}
    report = outbox.deliver(now=NOW)
    assert (report.sent, report.put_back, report.server_error) == (2, 1, "")
    assert [stored(mail).state for mail in mails] == ["sent", "queued", "sent"]
    assert answer in stored(mails[1]).last_error


def test_waiting_grows_from_one_minute_to_four_hours(server):
    mail, now, waits = MailFactory(), NOW, []
    server.refuse_recipient = smtp.NEVER
    for _ in range(6):
        outbox.deliver(now=now)
        waits.append(round((stored(mail).try_after - now) / MINUTE))
        now = stored(mail).try_after
    assert waits == [1, 5, 15, 60, 240, 240]


def test_an_error_of_the_system_has_one_pair_of_brackets():
    assert transport.told("Nicht da.", OSError(111, "Connection refused")) == "Nicht da. [Errno 111] Connection refused"


def test_an_error_of_any_other_backend_is_told_apart_too(settings, monkeypatch):
    mail = MailFactory()

    def fail(*_):
        raise ValueError("Ungültige Adresse")

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", fail)
    outbox.deliver(now=NOW)
    assert stored(mail).last_error == f"{IMPOSSIBLE} [Ungültige Adresse]"
    assert stored(mail).state == MailState.QUEUED


def test_expired_mails_are_not_sent_and_their_secret_is_gone(server):
    late = MailFactory(secret=True, expires_at=NOW)
    alive = MailFactory(expires_at=NOW + MINUTE)
    report = outbox.deliver(now=NOW)
    assert (report.expired, report.sent) == (1, 1)
    assert (stored(late).state, stored(late).text) == ("expired", "")
    assert stored(alive).state == MailState.SENT


@pytest.mark.parametrize(("secret", "kept"), [(True, False), (False, True)])
def test_what_is_unclear_never_expires_in_silence(server, secret, kept):
    mail = MailFactory(secret=secret, stuck=True, expires_at=NOW, last_error=UNKNOWN)
    assert outbox.deliver(now=NOW).expired == 0
    mail = stored(mail)
    assert (mail.is_unclear(now=NOW), bool(mail.text)) == (True, kept)
    with pytest.raises(ValidationError, match="nützt seit"):
        outbox.send_again(mail, by=UserFactory(), now=NOW)
    outbox.discard(mail, by=UserFactory(), now=NOW)


def test_what_expires_first_goes_first(server):
    MailFactory(recipient="erinnerung@stadt.example")
    MailFactory(recipient="einladung@stadt.example", expires_at=NOW + 60 * MINUTE)
    MailFactory(recipient="code@stadt.example", secret=True, expires_at=NOW + 10 * MINUTE)
    outbox.deliver(now=NOW)
    assert [message["To"].split("@")[0] for message in server.messages] == ["code", "einladung", "erinnerung"]


def test_a_run_takes_as_many_as_it_was_told_and_ends_in_time(server, monkeypatch):
    mails = [MailFactory() for _ in range(4)]
    assert outbox.deliver(now=NOW, limit=2).sent == 2
    assert outbox.deliver(now=NOW, pk=mails[3].pk).sent == 1
    monkeypatch.setattr(outbox, "RUN_SECONDS", 0)
    assert outbox.deliver(now=NOW).sent == 0
    assert stored(mails[2]).state == MailState.QUEUED


def test_a_secret_is_blanked_once_it_is_sent(server):
    secret, plain = MailFactory(secret=True), MailFactory()
    outbox.deliver(now=NOW)
    assert (stored(secret).text, stored(plain).text) == ("", plain.text)
    assert "123-456" in server.messages[0].get_content()


# --- Never twice -------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_delivering_inside_a_transaction_is_refused(server):
    mail = MailFactory()
    with pytest.raises(RuntimeError), transaction.atomic():
        outbox.deliver(now=NOW)
    assert (stored(mail).attempts, server.accepted) == (0, [])


@pytest.mark.django_db(transaction=True)
def test_several_who_deliver_at_once_send_each_mail_once(server):
    mails = [MailFactory() for _ in range(24)]

    def deliver(_):
        try:
            return outbox.deliver(now=NOW).sent
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(deliver, range(4)))
    assert sum(sent) == len(server.accepted) == len(mails)
    assert {message["Message-ID"] for message in server.messages} == {mail.message_id for mail in mails}
    assert set(Mail.objects.values_list("state", "attempts")) == {("sent", 1)}


def test_of_two_who_read_the_same_mail_one_gets_the_mark():
    mail = MailFactory()
    twin = stored(mail)
    assert [outbox.claim(mail, now=NOW), outbox.claim(twin, now=NOW)] == [True, False]


def test_a_late_answer_does_not_undo_what_somebody_decided():
    mail = MailFactory()
    outbox.claim(mail, now=NOW)
    outbox.discard(stored(mail), by=UserFactory(), now=NOW + 6 * MINUTE)
    outbox.mark_sent(mail, now=NOW + 7 * MINUTE)
    assert stored(mail).state == MailState.DISCARDED


def test_a_late_refusal_does_not_put_back_what_another_attempt_has_in_hand():
    first = MailFactory()
    outbox.claim(first, now=NOW)
    outbox.send_again(stored(first), by=UserFactory(), now=NOW + 6 * MINUTE)
    outbox.claim(stored(first), now=NOW + 6 * MINUTE)
    outbox.put_back(first, TEXT_REFUSED, failed=1, now=NOW + 7 * MINUTE)
    outbox.mark_sent(first, now=NOW + 7 * MINUTE)
    assert (stored(first).state, stored(first).attempts) == (MailState.SENDING, 2)


#: Ends itself with SIGKILL at a point of the way: nothing is tidied up, as when the machine loses power.
CHILD = """
import datetime, os, signal, sys
import django
django.setup()
from kepol.mail import outbox
from kepol.mail.transport import Transport

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def then_die(work):
    def both(*given, **named):
        work(*given, **named)
        die()
    return both

point, now = sys.argv[1], datetime.datetime.fromisoformat(sys.argv[2])
if point == "before the mark":
    outbox.claim = die
elif point == "after the mark":
    Transport.hand_over = die
elif point == "after the server took it":
    outbox.mark_sent = die
elif point == "after it was noted":
    outbox.mark_sent = then_die(outbox.mark_sent)
outbox.deliver(now=now)
"""
KILLED = {
    # point → how many the server has taken, and what is stored six minutes later
    "before the mark": (0, "wartet"),
    "after the mark": (0, "ungeklärt"),
    "after the server took it": (1, "ungeklärt"),
    "after it was noted": (1, "gesendet"),
}
SHORT = {"after the mark", "after the server took it"}


def database_url():
    """The database of the tests, for another process."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "point", [pytest.param(point, marks=() if point in SHORT else pytest.mark.audit) for point in KILLED]
)
def test_killed_on_the_way_nothing_is_lost_and_nothing_goes_out_twice(server, point):
    mail = MailFactory()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": database_url(),
        "EMAIL_URL": f"smtp://127.0.0.1:{server.port}",
    }
    command = [sys.executable, "-c", CHILD, point, NOW.isoformat()]
    assert subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == -9
    later = NOW + 6 * MINUTE
    taken, stand = KILLED[point]
    row = stored(mail)
    assert len(server.accepted) == taken
    assert ("ungeklärt" if row.is_unclear(now=later) else row.get_state_display()) == stand
    assert list(Mail.objects.unclear(now=later)) == ([row] if stand == "ungeklärt" else [])
    # Only what surely did not go out goes out by itself.
    assert outbox.deliver(now=later).sent == (stand == "wartet")
    if stand == "ungeklärt":
        outbox.send_again(row, by=UserFactory(), now=later)
        assert len(server.accepted) == taken + 1
    assert {message["Message-ID"] for message in server.messages} == {mail.message_id}
    assert stored(mail).state == MailState.SENT


# --- Without making anybody wait ---------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_whoever_causes_a_mail_does_not_wait_for_the_server(server, settings):
    settings.MAIL_IN_BACKGROUND = True
    server.slow = 0.5
    began = time.monotonic()
    with transaction.atomic():
        mail = queue()
        outbox.deliver_soon(mail)
    assert time.monotonic() - began < 0.4
    background._thread().submit(connections.close_all).result()
    assert (stored(mail).state, len(server.accepted)) == (MailState.SENT, 1)


@pytest.mark.django_db(transaction=True)
def test_a_dead_server_keeps_neither_saving_nor_the_thread_busy(server, settings):
    settings.MAIL_IN_BACKGROUND = True
    settings.EMAIL_PORT = smtp.free_port()
    began = time.monotonic()
    for _ in range(20):
        outbox.deliver_soon(queue())
    assert time.monotonic() - began < 2
    background._thread().submit(connections.close_all).result()
    assert Mail.objects.queued().count() == 20
    settings.EMAIL_PORT = server.port
    assert outbox.deliver(now=timezone.now() + 2 * MINUTE).sent == 20


def test_a_run_that_fails_does_not_stop_the_next_one():
    done = []

    def fail():
        raise RuntimeError("kaputt")

    background.run_soon(fail)
    background._thread().submit(int).result()
    background.run_soon(lambda: done.append(1))
    background._thread().submit(int).result()
    assert done == [1]


@pytest.mark.parametrize(("is_secret", "kind"), [(True, MailKind.LOGIN_CODE), (False, MailKind.ACCOUNT)])
def test_accounts_send_through_one_function(django_capture_on_commit_callbacks, is_secret, kind):
    until = timezone.now() + 10 * MINUTE
    with django_capture_on_commit_callbacks(execute=True):
        outbox.send_account_mail(to="a@b.example", subject="Code", text="123", is_secret=is_secret, expires_at=until)
    row = Mail.objects.get()
    assert (row.kind, row.state, row.expires_at) == (kind, MailState.SENT, until)
    assert [message.body for message in django_mail.outbox] == ["123"]


# --- The command -------------------------------------------------------------------------------------------------
def send_mail(**options):
    out, err = StringIO(), StringIO()
    call_command("send_mail", stdout=out, stderr=err, **options)
    return out.getvalue().strip(), err.getvalue().strip()


def test_the_command_delivers_and_says_what_came_of_it(server):
    MailFactory(), MailFactory(), MailFactory(expires_at=NOW)
    assert send_mail(limit=1) == ("Mails: 1 gesendet, 0 zurückgestellt, 0 ungeklärt, 1 verfallen; 1 wartet.", "")


def test_the_command_says_on_stderr_that_the_server_is_away(server, settings):
    settings.EMAIL_PORT = smtp.free_port()
    MailFactory(), MailFactory()
    out, err = send_mail()
    assert out == "Mails: 0 gesendet, 1 zurückgestellt, 0 ungeklärt, 0 verfallen; 2 warten."
    assert err.startswith(UNREACHABLE)
    assert err.endswith("Die Mails bleiben im Postausgang.")


# --- Deciding, and the back office ---------------------------------------------------------------------------------
STEPS = ("erneut-senden", "gilt-als-gesendet", "verwerfen")
STUCK_MAIL, REFUSED_MAIL = {"stuck": True}, {"attempts": 2, "last_error": RECIPIENT_REFUSED}
SENT_MAIL, CLOSED_MAIL = {"sent": True}, {"state": MailState.DISCARDED}
#: What may be done with a mail in which state.
POSSIBLE = [
    (STUCK_MAIL, set(STEPS)),
    (REFUSED_MAIL, {"erneut-senden", "verwerfen"}),
    ({}, {"erneut-senden", "verwerfen"}),
    (SENT_MAIL, set()),
    (CLOSED_MAIL, set()),
    ({"state": MailState.SENDING, "sending_since": timezone.now() + datetime.timedelta(days=365)}, set()),
]
VERBS = dict(zip(STEPS, (outbox.send_again, outbox.count_as_sent, outbox.discard), strict=True))


def told(mail):
    """What the history says about `mail`."""
    return " ".join(entry.sentence for entry in entries(mail))


@pytest.mark.parametrize(("given", "possible"), POSSIBLE)
@pytest.mark.parametrize("step", STEPS)
def test_each_decision_is_possible_where_it_makes_sense(given, possible, step):
    mail, by = MailFactory(**given), UserFactory()
    if step not in possible:
        with pytest.raises(ValidationError):
            VERBS[step](mail, by=by, now=timezone.now())
        return
    VERBS[step](mail, by=by, now=timezone.now())
    expected = {"erneut-senden": "queued", "gilt-als-gesendet": "sent", "verwerfen": "discarded"}
    assert stored(mail).state == expected[step]
    assert by.email in told(mail)


@pytest.fixture
def _roles():
    sync_roles()


def signed_in(role):
    client = Client()
    client.force_login(UserFactory(roles=[role]))
    return client


def url(page, *args):
    return reverse(f"admin:mail_mail_{page}", args=args)


def take(client, mail, step):
    return client.post(url("step", mail.pk, step), {"seen": seen_token(mail)}, follow=True)


@pytest.mark.usefixtures("_roles")
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("role", Role)
def test_only_technik_decides_about_a_mail(role, step):
    mail, client = MailFactory(stuck=True), signed_in(role)
    response = take(client, mail, step)
    changed = stored(mail).version != mail.version
    assert changed is (role is Role.TECHNIK), response.status_code
    offered = client.get(url("change", mail.pk), follow=True).text
    assert ("Erneut senden …" in client.get(url("change", MailFactory().pk), follow=True).text) is changed, offered


@pytest.mark.usefixtures("_roles")
@pytest.mark.parametrize("role", Role)
def test_koordination_and_technik_read_the_outbox(role):
    mail, client = MailFactory(), signed_in(role)
    reads = role in {Role.KOORDINATION, Role.TECHNIK}
    for page in (url("changelist"), url("change", mail.pk), url("history", mail.pk)):
        assert (client.get(page, follow=True).status_code == 200) is reads
    for page in (url("add"), url("delete", mail.pk)):
        assert client.get(page, follow=True).status_code == 403


@pytest.mark.usefixtures("_roles")
def test_nothing_of_a_mail_can_be_written_in_the_back_office():
    mail, client = MailFactory(), signed_in(Role.TECHNIK)
    page = client.get(url("change", mail.pk)).text
    assert 'name="subject"' not in page
    assert "Sichern" not in page
    client.post(url("change", mail.pk), {"subject": "anders", "state": "sent", "seen": seen_token(mail)})
    assert (stored(mail).subject, stored(mail).state) == (mail.subject, MailState.QUEUED)


@pytest.mark.usefixtures("_roles")
@pytest.mark.parametrize("given", [{}, {"stuck": True, "last_error": UNKNOWN}])
def test_a_text_that_opens_an_account_is_on_no_page(given):
    mail, client = MailFactory(secret=True, **given), signed_in(Role.TECHNIK)
    take(client, mail, "erneut-senden")
    pages = [url("changelist"), url("change", mail.pk), url("history", mail.pk), url("step", mail.pk, "verwerfen")]
    pages += [url("changelist") + "?q=123"]
    texts = [client.get(page, follow=True).text for page in pages]
    assert HIDDEN in texts[1]
    assert [page for page, text in zip(pages, texts, strict=True) if "123-456" in text] == []
    assert "text" not in {column.name for column in Mail.history.model._meta.fields}
    plain = MailFactory()
    assert "bitte melden Sie den Stand zurück" in client.get(url("change", plain.pk)).text


@pytest.mark.parametrize("step", ["gilt-als-gesendet", "verwerfen"])
def test_a_decision_blanks_a_secret(step):
    mail = MailFactory(secret=True, stuck=True)
    VERBS[step](mail, by=UserFactory(), now=NOW + 6 * MINUTE)
    assert stored(mail).text == ""


def test_of_a_person_whose_details_are_deleted_no_mail_is_left():
    MailFactory(recipient="Eva@stadt.example", sent=True), MailFactory(recipient="eva@stadt.example")
    other = MailFactory()
    assert outbox.forget("eva@stadt.example") == 2
    assert list(Mail.objects.all()) == [other]
    assert outbox.forget("") == 0


def test_who_decides_about_an_old_state_is_told():
    mail = MailFactory(stuck=True)
    outbox.count_as_sent(stored(mail), by=UserFactory(), now=NOW + 6 * MINUTE)
    with pytest.raises(ValidationError):
        outbox.send_again(mail, by=UserFactory(), now=NOW + 6 * MINUTE)
    fresh = MailFactory()
    Mail.objects.filter(pk=fresh.pk).update(version=7)
    with pytest.raises(Conflict):
        outbox.discard(fresh, by=UserFactory(), now=NOW)


def test_unclear_is_the_same_in_sql_and_in_python():
    for minutes, error in [(4, ""), (5, ""), (6, ""), (1, UNKNOWN)]:
        MailFactory(state="sending", sending_since=NOW - minutes * MINUTE, last_error=error, attempts=1)
    MailFactory(last_error=RECIPIENT_REFUSED), MailFactory(sent=True, last_error=UNKNOWN)
    in_sql = set(Mail.objects.unclear(now=NOW))
    assert in_sql == {mail for mail in Mail.objects.all() if mail.is_unclear(now=NOW)}
    assert len(in_sql) == 3


@pytest.mark.usefixtures("_roles")
def test_the_list_says_in_words_how_far_each_mail_is_and_filters_lead_to_it():
    MailFactory(stuck=True), MailFactory(sent=True), MailFactory(**REFUSED_MAIL), MailFactory(queued_at=timezone.now())
    client = signed_in(Role.KOORDINATION)
    text = client.get(url("changelist")).text
    for words in ("ungeklärt seit 02.03.2026 08:00", "gesendet", "wartet, 2-mal vergeblich versucht"):
        assert words in text
    found = {
        stand: client.get(url("changelist"), {"stand": stand}).context["cl"].result_count
        for stand in ("ungeklaert", "verspaetet", "queued", "sending", "sent", "expired")
    }
    assert found == {"ungeklaert": 1, "verspaetet": 1, "queued": 2, "sending": 1, "sent": 1, "expired": 0}


@pytest.mark.usefixtures("_roles")
@pytest.mark.parametrize("role", [Role.KOORDINATION, Role.TECHNIK])
def test_the_start_page_counts_what_is_stuck(role):
    MailFactory(stuck=True), MailFactory()
    client = signed_in(role)
    counts = {count.label: count for count in client.get(reverse("admin:index")).context["counts"]}
    for label, urgent in (("Mails ungeklärt", True), ("Mails warten länger als eine Stunde", False)):
        assert (counts[label].count, counts[label].is_urgent) == (1, urgent)
        assert client.get(counts[label].url).context["cl"].result_count == 1


# --- Words and links ---------------------------------------------------------------------------------------------
def test_links_lead_to_the_configured_address(settings):
    settings.SITE_URL = "https://kepol.stadt.example"
    assert absolute("/meilensteine/12/?x=1#ende") == "https://kepol.stadt.example/meilensteine/12/?x=1#ende"


@pytest.mark.parametrize(
    "path", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", ""]
)
def test_a_link_to_elsewhere_is_refused(path):
    with pytest.raises(ValueError):
        absolute(path)


@pytest.mark.parametrize(
    ("contact", "sentence"),
    [
        ("", "Fragen beantwortet die Koordination der kommunalen Entwicklungspolitik."),
        ("kep@stadt.example", "Fragen beantwortet die Koordination: kep@stadt.example"),
    ],
)
def test_every_mail_names_the_city_and_whom_to_ask(settings, contact, sentence):
    settings.MAIL_CONTACT, settings.MUNICIPALITY_NAME = contact, "Stadt <Köln> & Umland"
    text = written("base")
    assert text.startswith("Guten Tag,")
    assert "Stadt <Köln> & Umland" in text
    assert "Bitte antworten Sie nicht darauf." in text
    assert sentence in text
