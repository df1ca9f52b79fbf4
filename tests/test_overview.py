"""The start page of the back office: counts read together, and the tables of milestones by unit and of moved dates."""

import datetime

import pytest
from django.db import connection
from django.db.models.functions import JSONObject
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from concept import lifecycle
from concept.choices import Channel, PostponementReason
from concept.follow_ups import ConceptFollowUp
from concept.lifecycle import OnBehalf
from concept.models import Milestone, MilestoneReport
from concept.rounds import close_round, open_round
from kepol.accounts.choices import Role
from kepol.accounts.roles import sync_roles
from kepol.lib.contracts import Count, FollowUp, Question, answers, follow_up
from kepol.lib.periods import Period
from stakeholders.models import Organisation
from tests.factories import MembershipFactory, OrganisationFactory, PersonFactory, UnitFactory, UserFactory
from tests.factories.concept import MilestoneFactory
from tests.factories.dates import TicklerFactory

pytestmark = pytest.mark.django_db
INDEX = "/verwaltung/"
DAY = datetime.timedelta(days=1)


@pytest.fixture(autouse=True)
def _roles(db):
    sync_roles()


@pytest.fixture
def boss():
    return UserFactory(roles=[Role.KOORDINATION])


def today():
    return timezone.localdate()


def signed_in(*roles, **account):
    client = Client(raise_request_exception=False)
    client.force_login(UserFactory(roles=list(roles), **account))
    return client


def tables(client):
    return {table.title: table for table in client.get(INDEX).context["tables"]}


def contents(table):
    return [[cell.content for cell in row] for row in table.rows]


def moved(milestone, by, to, reason=PostponementReason.STAFF, **more):
    return lifecycle.reschedule(milestone, to=Period.parse(to), reason=reason, by=by, today=today(), **more)


# --- Counts in one statement --------------------------------------------------------------------------------------
class Asking(FollowUp):
    def questions(self, user, *, on):
        rows = Organisation.objects.filter(kind="association")
        first = rows.order_by("sort_key").values(first=JSONObject(name="name"))[:1]
        yield Question("Vereine", rows, "/a/", first=first, about=lambda one: {"note": one["name"], "is_urgent": True})
        yield Question("Konten", type(user).objects.filter(pk=user.pk), "/b/", is_urgent=True)


class Counting(FollowUp):
    def counts(self, user, *, on):
        return [Count("Gezählt", 7, "/c/")]


def test_counts_that_are_asked_for_together_come_in_the_order_of_their_sources(django_assert_num_queries):
    OrganisationFactory(name="Kolping")
    OrganisationFactory(name="Ärzte")
    user = UserFactory()
    with django_assert_num_queries(1):
        counts, found = follow_up([Counting(), Asking(), Counting()], user, on=today())
    assert counts == [
        Count("Gezählt", 7, "/c/"),
        Count("Vereine", 2, "/a/", is_urgent=True, note="Ärzte"),
        Count("Konten", 1, "/b/", is_urgent=True),
        Count("Gezählt", 7, "/c/"),
    ]
    assert found == []


def test_without_rows_nothing_is_said_about_the_first(django_assert_num_queries):
    user = UserFactory()
    with django_assert_num_queries(1):
        assert Asking().counts(user, on=today())[0] == Count("Vereine", 0, "/a/")
    with django_assert_num_queries(0):
        assert answers([], for_whom=user) == []


def test_rows_that_a_join_doubles_are_counted_once():
    unit, user = UnitFactory(), UserFactory()
    for _ in range(2):
        MembershipFactory(organisation=unit)
    question = Question("Doppelt", Organisation.objects.filter(memberships__isnull=False), "/a/")
    assert answers([question], for_whom=user)[0].count == 1


# --- Milestones by unit -------------------------------------------------------------------------------------------
def test_each_unit_stands_with_its_numbers(boss):
    climate, schools, quiet = (UnitFactory(code=code, name="Amt") for code in ("FB 36", "FB 45", "FB 60"))
    fresh = {"reported_on": today()}
    late = Period(None, today() - DAY)
    MilestoneFactory(responsible=schools, planned=late, **fresh)
    MilestoneFactory(responsible=schools, planned=Period(None, today()), reported_on=today() - 101 * DAY)
    answered = MilestoneFactory(responsible=climate, **fresh)
    MilestoneFactory(responsible=climate, involved=[quiet], **fresh)
    MilestoneFactory(responsible=quiet, reached=True)
    open_round(
        title="Sommer", key_date=today(), deadline=today() + DAY, intro="", by=boss, now=timezone.now() - DAY / 24
    )
    lifecycle.confirm(answered, by=boss, today=today())
    table = tables(signed_in(Role.KOORDINATION))["Nach Dienststelle"]
    assert contents(table) == [["FB 36 - Amt", 2, 0, 0, 1], ["FB 45 - Amt", 2, 1, 1, 2]]


@pytest.mark.parametrize("runs", [False, True])
def test_the_column_of_the_round_stands_only_while_one_runs(boss, runs):
    milestone = MilestoneFactory()
    opened = open_round(
        title="Sommer", key_date=today(), deadline=today(), intro="", by=boss, now=timezone.now() - DAY / 24
    )
    lifecycle.confirm(milestone, by=boss, today=today())
    if not runs:
        close_round(opened, by=boss, now=timezone.now())
    table = tables(signed_in(Role.KOORDINATION))["Nach Dienststelle"]
    assert ("in der Abfrage ohne Antwort" in table.columns) is runs
    assert {len(row) for row in table.rows} == {len(table.columns)}


def test_every_number_leads_to_exactly_these_rows(boss):
    for number in range(3):
        unit = UnitFactory()
        for _ in range(number + 1):
            MilestoneFactory(responsible=unit, planned=Period(None, today() - DAY), reported_on=today() - 101 * DAY)
        MilestoneFactory(responsible=unit, reported_on=today())
    moment = timezone.now() - DAY / 24
    open_round(title="Sommer", key_date=today(), deadline=today() + DAY, intro="", by=boss, now=moment)
    for milestone in Milestone.objects.all()[:3]:
        lifecycle.confirm(milestone, by=boss, today=today())
    client = signed_in(Role.KOORDINATION)
    walked = 0
    for row in tables(client)["Nach Dienststelle"].rows:
        for cell in row[1:]:
            assert bool(cell.url) is bool(cell.content)
            if cell.url:
                walked += 1
                assert client.get(cell.url).context["cl"].result_count == cell.content, cell
    assert walked >= 9


@pytest.mark.parametrize(("choice", "expected"), [("offen", 2), ("beantwortet", 1), ("alles", 3), ("", 3)])
def test_the_list_of_milestones_narrows_by_the_running_round(boss, choice, expected):
    milestones = [MilestoneFactory() for _ in range(3)]
    moment = timezone.now() - DAY / 24
    open_round(title="Sommer", key_date=today(), deadline=today() + DAY, intro="", by=boss, now=moment)
    lifecycle.confirm(milestones[0], by=boss, today=today())
    address = reverse("admin:concept_milestone_changelist", query={"abfrage": choice})
    assert signed_in(Role.KOORDINATION).get(address).context["cl"].result_count == expected


# --- Moved dates --------------------------------------------------------------------------------------------------
def test_moved_dates_stand_with_reason_and_who_said_so(boss):
    unit = UnitFactory(code="FB 36")
    PersonFactory(user=boss, given_name="Ada", family_name="Meier")
    own = MilestoneFactory(title="Konzept", responsible=unit, planned=Period.parse("Q2/2099"))
    told = OnBehalf(unit, Channel.PHONE, today() - DAY)
    moved(own, boss, "Q4/2099", PostponementReason.FUNDS, on_behalf_of=told)
    lifecycle.report(MilestoneFactory(), text="Läuft.", by=boss, today=today())
    moved(
        MilestoneFactory(title="Reise", undated=True),
        UserFactory(roles=[Role.KOORDINATION], email="o@x.example"),
        "2099",
    )
    table = tables(signed_in(Role.KOORDINATION))["Zuletzt verschobene Termine"]
    day, before = f"{today():%d.%m.%Y}", f"{today() - DAY:%d.%m.%Y}"
    assert contents(table) == [
        ["Reise", "ohne Termin → 2099", "Personal", "o@x.example", day],
        ["Konzept", "Q2/2099 → Q4/2099", "Mittel", f"Ada Meier für FB 36 (Telefon vom {before})", day],
    ]
    assert table.note == "Gründe in den letzten 30 Tagen: Personal 1, Mittel 1."


def test_ten_are_shown_and_a_list_leads_to_all(boss):
    for _ in range(12):
        moved(MilestoneFactory(), boss, "Q1/2099", PostponementReason.COMMITTEE)
    client = signed_in(Role.KOORDINATION)
    table = tables(client)["Zuletzt verschobene Termine"]
    assert (len(table.rows), table.note) == (10, "Gründe in den letzten 30 Tagen: Gremientermin 12.")
    assert client.get(table.more.url).context["cl"].result_count == MilestoneReport.objects.moved().count() == 12
    for row in table.rows:
        assert client.get(row[0].url).status_code == 200


@pytest.mark.parametrize(("days", "expected"), [(0, 1), (30, 1), (31, 0)])
def test_lately_means_thirty_days(boss, days, expected):
    moved(MilestoneFactory(), boss, "Q1/2099")
    found = list(ConceptFollowUp().tables(boss, on=today() + days * DAY))[1]
    assert len(found.rows) == expected


# --- The page -----------------------------------------------------------------------------------------------------
def test_empty_tables_say_so():
    text = signed_in(Role.KOORDINATION).get(INDEX).text
    assert "Keine Dienststelle hat einen offenen Meilenstein." in text
    assert "In den letzten 30 Tagen wurde kein Termin verschoben." in text
    assert "Gründe in den" not in text


def test_whoever_does_not_work_on_milestones_sees_no_tables():
    MilestoneFactory()
    assert signed_in(Role.TECHNIK).get(INDEX).context["tables"] == []


def test_names_in_tables_are_words_and_no_markup(boss):
    moved(MilestoneFactory(title="<b>Fett</b>"), boss, "Q1/2099")
    assert "&lt;b&gt;Fett&lt;/b&gt;" in signed_in(Role.KOORDINATION).get(INDEX).text


@pytest.mark.parametrize("who", [Role.KOORDINATION, Role.TECHNIK, "superuser"])
def test_the_start_page_needs_at_most_twelve_queries_however_much_there_is(who, boss):
    client = signed_in(is_superuser=True) if who == "superuser" else signed_in(who)
    numbers = []
    for size in (1, 30):
        for _ in range(size):
            moved(MilestoneFactory(planned=Period(None, today() - DAY)), boss, "Q1/2026")
            TicklerFactory(record=OrganisationFactory())
        client.get(INDEX)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(INDEX).status_code == 200
        numbers.append(len(captured))
    assert numbers[0] == numbers[1] <= 12, "\n".join(one["sql"] for one in captured)
