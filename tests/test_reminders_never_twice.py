"""Reminders against a real mail server: killed at every step, run by several at once, with a dead server; never twice, never lost."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.utils import timezone

from concept.escalations import propose
from concept.models import Escalation, Milestone, ReminderItem
from concept.reminders import plan
from kepol.mail import outbox
from kepol.mail.models import Mail
from stakeholders.choices import MembershipRole
from tests import smtp
from tests.factories import UnitFactory, UserFactory
from tests.test_mail import MINUTE, ROOT, database_url, server  # noqa: F401 - a fixture
from tests.test_reminders import FRIDAY_BEFORE, TUESDAY, member, send, until

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = ("anna", "bert")


@pytest.fixture
def unit():
    """A unit in which two people are asked about one milestone."""
    unit = UnitFactory(code="FB 36")
    for name in PEOPLE:
        member(unit, name)
    until(FRIDAY_BEFORE, responsible=unit)
    return unit


def recipients(server):  # noqa: F811 - the fixture
    return sorted(message["To"].split("@")[0] for message in server.messages)


#: Ends itself with SIGKILL at a point of the way: nothing is tidied up, as when the machine loses power.
CHILD = """
import datetime, os, signal, sys
import django
django.setup()
from django.core.management import call_command
from concept.management.commands import send_reminders
from concept.models import ReminderItem
from kepol.mail import outbox
from kepol.mail.transport import Transport

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def then_die(work):
    def both(*given, **named):
        work(*given, **named)
        die()
    return both

point, on = sys.argv[1], datetime.date.fromisoformat(sys.argv[2])
if point == "before the mail is committed":
    ReminderItem.objects.bulk_create = die
    ReminderItem._default_manager.bulk_create = die
elif point == "after the first mail is committed":
    send_reminders.queue_letter = then_die(send_reminders.queue_letter)
elif point == "before handing over":
    send_reminders.deliver = die
elif point == "after the mark":
    Transport.hand_over = die
elif point == "after the server took it":
    outbox.mark_sent = die
elif point == "after it was noted":
    outbox.mark_sent = then_die(outbox.mark_sent)
call_command("send_reminders", on=on)
"""
#: point → who has got a mail when the process is dead, and after the command has run again; anna comes first
KILLED = {
    "before the mail is committed": ([], ["anna", "bert"]),
    "after the first mail is committed": ([], ["anna", "bert"]),
    "before handing over": ([], ["anna", "bert"]),
    "after the mark": ([], ["bert"]),
    "after the server took it": (["anna"], ["anna", "bert"]),
    "after it was noted": (["anna"], ["anna", "bert"]),
}
SHORT = {"after the first mail is committed"}


@pytest.mark.parametrize(
    "point", [pytest.param(point, marks=() if point in SHORT else pytest.mark.audit) for point in KILLED]
)
def test_killed_on_the_way_everybody_gets_one_mail(server, unit, point):  # noqa: F811
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": database_url(),
        "EMAIL_URL": f"smtp://127.0.0.1:{server.port}",
    }
    command = [sys.executable, "-c", CHILD, point, TUESDAY.isoformat()]
    assert subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True).returncode == -9
    at_once, after_another_run = KILLED[point]
    assert recipients(server) == at_once
    send(TUESDAY)
    send(TUESDAY)
    assert recipients(server) == after_another_run
    # What nobody knows the fate of waits for somebody who decides.
    for mail in Mail.objects.unclear(now=timezone.now() + 6 * MINUTE):
        outbox.send_again(mail, by=UserFactory(), now=timezone.now() + 6 * MINUTE)
    outbox.deliver(now=timezone.now() + 7 * MINUTE)
    assert {*recipients(server)} == {*PEOPLE}
    assert len({message["Message-ID"] for message in server.messages}) == len(PEOPLE)
    assert (Mail.objects.count(), ReminderItem.objects.count()) == (2, 2)


def test_several_at_once_send_everybody_one_mail(server, unit):  # noqa: F811
    def run(_):
        try:
            return send(TUESDAY)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert [err for _, err in pool.map(run, range(4))] == [""] * 4
    assert recipients(server) == ["anna", "bert"]
    assert (Mail.objects.count(), ReminderItem.objects.count()) == (2, 2)


def test_several_at_once_propose_one_hint(unit):
    member(unit, "hans", role=MembershipRole.HEAD, roles=())
    (one,) = Milestone.objects.with_expected_end()
    to = plan(on=TUESDAY).letters[0].to

    def run(_):
        try:
            return propose(unit, to, [one], on=TUESDAY)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert len([hint for hint in pool.map(run, range(4)) if hint]) == 1
    assert Escalation.objects.count() == 1


def test_a_dead_server_loses_nothing_and_a_later_run_sends_once(server, unit, settings):  # noqa: F811
    settings.EMAIL_PORT = smtp.free_port()
    out, err = send(TUESDAY)
    assert out.splitlines()[-1] == "0 Mails gesendet, 2 Mails im Postausgang."
    assert err.rstrip().endswith("Die Mails bleiben im Postausgang und gehen später hinaus.")
    settings.EMAIL_PORT = server.port
    send(TUESDAY)
    outbox.deliver(now=timezone.now() + 2 * MINUTE)
    send(TUESDAY)
    assert recipients(server) == ["anna", "bert"]
    assert Mail.objects.count() == 2


def test_an_answer_that_comes_in_between_waits_for_nobody(server, unit):  # noqa: F811
    """While one process queues, another one reports; whoever comes first, nothing fails and nobody gets two mails."""

    def work(number):
        try:
            if number % 2:
                return send(TUESDAY)[1]
            one = Milestone.objects.get()
            one.note = f"{number}"
            Milestone.objects.filter(pk=one.pk).update(note=one.note, version=one.version + 1)
            return ""
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert [*pool.map(work, range(8))] == [""] * 8
    send(TUESDAY)
    assert recipients(server) == ["anna", "bert"]
