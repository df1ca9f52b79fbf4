"""Pages of milestones ask the database as often for thirty rows as for one, whoever looks: at most twelve times, a form five."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from concept.choices import ReportStep
from concept.models import StatusRound
from kepol.accounts.roles import sync_roles
from tests.factories.concept import (
    MeasureFactory,
    MilestoneEvidenceFactory,
    MilestoneFactory,
    MilestoneReportFactory,
)
from tests.factories.stakeholders import EventFactory
from tests.matrix import Who, stage

pytestmark = pytest.mark.django_db

PAGE, FORM = 12, 5
READERS = (Who.OWN, Who.INVOLVED, Who.READING, Who.LEADING, Who.COORDINATING, Who.SUPERUSER)
REPORTING = (Who.OWN, Who.COORDINATING, Who.SUPERUSER)
#: Address → most queries, and who opens the page.
BUDGETS = {
    "concept:milestone_own": (PAGE, READERS),
    "concept:milestone_list": (PAGE, READERS),
    "concept:milestone_detail": (PAGE, READERS),
    "concept:milestone_answer": (FORM, REPORTING),
    "admin:index": (PAGE, (Who.COORDINATING, Who.TECHNICAL, Who.SUPERUSER)),
}
OF_ONE = {"concept:milestone_detail", "concept:milestone_answer"}


@pytest.fixture(autouse=True)
def _roles():
    sync_roles()


def surround(on_stage, milestone, number):
    """Put `number` of everything around `milestone`: what it waits for and what waits for it, reports, comments, files."""
    units = {"responsible": on_stage.units[Who.OWN], "involved": [on_stage.units[Who.INVOLVED]]}
    for _ in range(number):
        milestone.predecessors.add(MilestoneFactory(**units, measure=MeasureFactory()))
        MilestoneFactory(**units, predecessors=[milestone], event=EventFactory())
        author = {"milestone": milestone, "by": on_stage.users[Who.OWN], "unit": units["responsible"]}
        MilestoneReportFactory(**author)
        MilestoneReportFactory(**author, step=ReportStep.COMMENT)
        MilestoneEvidenceFactory(milestone=milestone, added_by=on_stage.users[Who.OWN])


def ask(on_stage):
    """Open a round that asks for every milestone there is."""
    now = timezone.now()
    asked = StatusRound(title="Sachstand", key_date=now.date(), deadline=now.date() + datetime.timedelta(days=14))
    asked.opened_at, asked.opened_by = now, on_stage.users[Who.COORDINATING]
    asked.save()
    return asked


def questions(client, path):
    """The statements of one request, without the one that prolongs the session once a minute."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return [query["sql"] for query in captured if not query["sql"].startswith('UPDATE "django_session"')]


@pytest.mark.parametrize("address", BUDGETS)
def test_a_page_asks_as_often_for_thirty_rows_as_for_one(address):
    most, people = BUDGETS[address]
    on_stage = stage()
    milestone, asked = on_stage.objects["milestone"], ask(on_stage)
    path = reverse(address, args=[milestone.pk] if address in OF_ONE else [])
    clients = {who: on_stage.client(who) for who in people}
    counted = {}
    for number in (1, 29):
        surround(on_stage, milestone, number)
        asked.items.all().delete()
        for row in type(milestone).objects.open():
            asked.items.create(milestone=row, unit_id=row.responsible_id)
        for who, client in clients.items():
            client.get(path)  # content types and the like are cached by the first request
            counted.setdefault(who, []).append(questions(client, path))
    for who, (few, many) in counted.items():
        assert len(many) == len(few), (who, "\n".join(many))
        assert len(many) <= most, (who, "\n".join(many))
