"""The Sachstandsabfrage: who is asked for what, what counts as answered, what closing keeps, and its pages in the back office."""

import datetime
import re
from concurrent.futures import ThreadPoolExecutor
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from concept import lifecycle, round_page
from concept.choices import Channel, PostponementReason, ReportStep, Status
from concept.lifecycle import OnBehalf
from concept.models import Milestone, RoundItem, StatusRound
from concept.responsibility import assign
from concept.round_mail import letters, text_of
from concept.round_text import plain, text_for_paper
from concept.rounds import asked_of, close_round, extend, open_round, remind, time_left, unanswered, with_answers
from concept.standing import Answer, kept, standings
from kepol.accounts.choices import Role
from kepol.accounts.roles import sync_roles
from kepol.lib.periods import Period
from kepol.lib.versions import Conflict
from kepol.mail.models import Mail
from stakeholders.choices import MembershipRole
from stakeholders.models import Absence
from tests.factories import MembershipFactory, PersonFactory, UnitFactory, UserFactory
from tests.factories.concept import (
    FieldOfActionFactory,
    MeasureFactory,
    MilestoneFactory,
    RoundItemFactory,
    StatusRoundFactory,
)
from tests.forms import read_form

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime.datetime(2026, 6, 22, 10, 0, tzinfo=BERLIN)
TODAY = NOW.date()
DAY = datetime.timedelta(days=1)
KEY_DATE, DEADLINE = datetime.date(2026, 6, 30), datetime.date(2026, 7, 10)
LATER = datetime.datetime(2026, 7, 13, 10, 0, tzinfo=BERLIN)


@pytest.fixture(autouse=True)
def _roles(request):
    marker = request.node.get_closest_marker("django_db")
    request.getfixturevalue("transactional_db" if marker.kwargs.get("transaction") else "db")
    sync_roles()


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as travelling:
        yield travelling


@pytest.fixture
def boss():
    return UserFactory(roles=[Role.KOORDINATION])


def colleague(*units, roles=(Role.FACHBEREICH,), valid_from=None, valid_to=None, **account):
    """Somebody with an account who belongs to `units`."""
    person = PersonFactory(user=UserFactory(roles=roles, **account))
    for unit in units:
        MembershipFactory(
            person=person, organisation=unit, role=MembershipRole.STAFF, valid_from=valid_from, valid_to=valid_to
        )
    return person


def asked(by, **given):
    """A round opened at the moment the tests begin."""
    words = {"title": "Sachstand zum 30.06.2026", "key_date": KEY_DATE, "deadline": DEADLINE, "intro": "", "now": NOW}
    return open_round(**{**words, "by": by, **given})


def signed_in(*roles, **account):
    client = Client(raise_request_exception=False)
    client.force_login(UserFactory(roles=list(roles), **account))
    return client


# --- Opening ------------------------------------------------------------------------------------------------------
def test_every_open_milestone_is_asked_for_and_none_else(boss):
    milestones = {
        status: MilestoneFactory(status=status, note="Grund", reached_on=TODAY if status == Status.REACHED else None)
        for status in Status
    }
    opened = asked(boss)
    asked_for = {(item.milestone, item.unit) for item in opened.items.all()}
    assert asked_for == {(milestones[one], milestones[one].responsible) for one in (Status.PLANNED, Status.IN_PROGRESS)}
    assert (opened.opened_by, opened.opened_at, opened.is_open) == (boss, NOW, True)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"key_date": TODAY - DAY}, "Gefragt wird der heutige Stand; frühere Stände rechnet KEpol nicht zurück."),
        ({"key_date": datetime.date(1, 1, 1)}, "Gefragt wird der heutige Stand"),
        ({"key_date": TODAY + 367 * DAY}, "Dieser Tag liegt mehr als ein Jahr in der Zukunft."),
        ({"deadline": TODAY - DAY}, "Die Frist liegt in der Vergangenheit."),
        ({"deadline": KEY_DATE - DAY}, "Die Frist liegt vor dem Stichtag 30.06.2026."),
        ({"title": " "}, "Dieses Feld darf nicht leer sein."),
    ],
)
def test_a_round_that_makes_no_sense_is_refused(boss, given, message):
    colleague(MilestoneFactory().responsible)
    with pytest.raises(ValidationError) as refused:
        asked(boss, **given)
    assert any(message in one for one in refused.value.messages)
    assert (StatusRound.objects.count(), RoundItem.objects.count(), Mail.objects.count()) == (0, 0, 0)


def test_the_last_day_may_be_today_and_the_key_date(boss):
    MilestoneFactory()
    assert asked(boss, key_date=TODAY, deadline=TODAY).pk


def test_without_open_milestones_there_is_nothing_to_ask(boss):
    MilestoneFactory(reached=True)
    with pytest.raises(ValidationError, match="Es ist kein Meilenstein offen"):
        asked(boss)
    assert not StatusRound.objects.exists()


def test_a_second_round_with_the_same_key_date_waits_for_the_end_of_the_first(boss):
    MilestoneFactory()
    first = asked(boss, title="Sommer")
    with pytest.raises(ValidationError, match="läuft schon die Abfrage „Sommer“"):
        asked(boss)
    other = asked(boss, key_date=KEY_DATE + DAY)
    close_round(first, by=boss, now=LATER)
    assert {asked(boss), other} <= set(StatusRound.objects.running())


@pytest.mark.parametrize("role", [*sorted(set(Role) - {Role.KOORDINATION}), None])
def test_only_the_koordination_leads_rounds(role, boss):
    MilestoneFactory()
    other, opened = UserFactory(roles=[role] if role else []), asked(boss)
    for verb in (
        lambda: asked(other, key_date=KEY_DATE + DAY),
        lambda: extend(opened, deadline=DEADLINE + DAY, by=other, today=TODAY),
        lambda: remind(opened, units=[], by=other, now=NOW),
        lambda: close_round(opened, by=other, now=LATER),
    ):
        with pytest.raises(PermissionDenied):
            verb()
    assert StatusRound.objects.get() == opened
    assert StatusRound.objects.get().version == opened.version


@pytest.mark.django_db(transaction=True)
def test_of_two_who_open_at_once_one_is_told():
    boss = UserFactory(roles=[Role.KOORDINATION])
    colleague(MilestoneFactory().responsible)

    def attempt(_):
        try:
            return asked(boss).pk
        except ValidationError as error:
            return error.messages[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(attempt, range(2)))
    assert StatusRound.objects.count() == Mail.objects.count() == 1
    assert next(one for one in results if isinstance(one, str)).startswith("Zu diesem Stichtag läuft schon")


def test_a_milestone_stands_once_in_a_round():
    item = RoundItemFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        RoundItemFactory(round=item.round, milestone=item.milestone)


# --- Mails --------------------------------------------------------------------------------------------------------
def recipients():
    return sorted(Mail.objects.values_list("recipient", flat=True))


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        ({}, True),
        ({"valid_from": TODAY, "valid_to": TODAY}, True),
        ({"valid_to": TODAY - DAY}, False),
        ({"valid_from": TODAY + DAY}, False),
        ({"roles": ()}, False),
        ({"roles": (Role.LEITUNG,)}, False),
        ({"is_active": False}, False),
    ],
)
def test_mail_reaches_who_can_answer_today(boss, account, expected):
    person = colleague(MilestoneFactory().responsible, **account)
    asked(boss)
    assert recipients() == ([person.user.email] if expected else [])


@pytest.mark.parametrize(("days", "expected"), [((-3, -1), True), ((-3, 0), False), ((0, 0), False), ((1, 3), True)])
def test_nothing_goes_to_whom_is_away(boss, days, expected):
    person = colleague(MilestoneFactory().responsible)
    first, last = (TODAY + number * DAY for number in days)
    Absence.objects.create(person=person, first_day=first, last_day=last)
    asked(boss)
    assert bool(recipients()) is expected


def test_who_stands_in_is_asked_and_told_so(boss):
    unit = MilestoneFactory().responsible
    away, deputy = colleague(unit), colleague(unit, roles=())
    Absence.objects.create(person=away, first_day=TODAY, last_day=TODAY, deputy=deputy)
    opened = asked(boss)
    assert recipients() == [deputy.user.email]
    text = Mail.objects.get().text
    assert "in Vertretung einer Person, die heute nicht da ist" in text
    assert ("Haben\nSie keinen, sagen Sie der Koordination" in text, "ein Code per Mail" in text) == (True, False)
    deputy.user.groups.set(away.user.groups.all())
    assert "ein Code per Mail" in text_of(letters(opened, on=TODAY)[0])


def test_with_everybody_away_the_deputy_heads_are_asked(boss):
    unit = MilestoneFactory().responsible
    Absence.objects.create(person=colleague(unit), first_day=TODAY, last_day=TODAY)
    person = PersonFactory(user=UserFactory())
    MembershipFactory(person=person, organisation=unit, role=MembershipRole.DEPUTY)
    asked(boss)
    assert recipients() == [person.user.email]


def test_one_mail_a_person_with_the_lists_of_all_their_units(boss):
    climate, schools = UnitFactory(code="FB 36", name="Klima"), UnitFactory(code="FB 45", name="Schule")
    for unit in (climate, schools):
        MilestoneFactory(responsible=unit, title=f"Vorhaben {unit.code} & <b>mehr</b>")
    person = colleague(climate, schools)
    MembershipFactory(person=person, organisation=climate, role=MembershipRole.HEAD)
    other = colleague(schools)
    asked(boss, intro="Bitte denken Sie an die Kosten.")
    mails = {mail.recipient: mail for mail in Mail.objects.all()}
    assert set(mails) == {person.user.email, other.user.email}
    both, one = mails[person.user.email], mails[other.user.email]
    assert both.subject == "Sachstandsabfrage: 2 Meilensteine, Antwort bis 10.07.2026"
    assert one.subject == "Sachstandsabfrage: 1 Meilenstein, Antwort bis 10.07.2026"
    assert both.text.index("FB 36 - Klima") < both.text.index("FB 45 - Schule")
    assert ("FB 36" in one.text, "Vorhaben FB 45 & <b>mehr</b>" in one.text) == (False, True)
    assert "Bitte denken Sie an die Kosten." in both.text
    for milestone in Milestone.objects.all():
        assert f"https://testserver/meilensteine/{milestone.pk}/\n" in both.text


def test_the_mail_reads_well(boss):
    unit = UnitFactory(code="FB 36", name="Klima")
    late = Period(datetime.date(2026, 1, 1), datetime.date(2026, 3, 31), named=True)
    milestone = MilestoneFactory(responsible=unit, title="Konzept beschlossen", planned=late)
    colleague(unit)
    opened = asked(boss)
    letter = letters(opened, on=TODAY)[0]
    body = text_of(letter).split("Mit freundlichen Grüßen")[0]
    assert body == (
        "Guten Tag,\n\n"
        "die Koordination bittet Sie um Ihren Sachstand zum 30.06.2026:\n„Sachstand zum 30.06.2026“.\n\n"
        "Bitte antworten Sie bis zum 10.07.2026. Je Meilenstein genügt ein Satz; hat sich nichts\n"
        "geändert, genügt ein Klick auf „Unverändert bestätigen“.\n\n"
        "FB 36 - Klima\n\n"
        "* Konzept beschlossen\n"
        "  Termin: Q1/2026 (verzögert)\n"
        f"  https://testserver/meilensteine/{milestone.pk}/\n\n"
        "Alle Meilensteine auf einer Seite:\n"
        "https://testserver/meilensteine/\n\n"
        "Sie melden sich mit Ihrer E-Mail-Adresse an; ein Passwort brauchen Sie nicht, auf Wunsch kommt\n"
        "ein Code per Mail.\n\n"
    )


# --- What counts as answered --------------------------------------------------------------------------------------
STEPS = {
    "report": lambda one, **who: lifecycle.report(one, text="Läuft.", **who),
    "confirm": lifecycle.confirm,
    "reschedule": lambda one, **who: lifecycle.reschedule(
        one, to=Period.parse("Q4/2099"), reason=PostponementReason.STAFF, **who
    ),
    "reach": lambda one, **who: lifecycle.reach(one, on=who["today"], **who),
    "pause": lambda one, **who: lifecycle.pause(one, reason="Personal fehlt", **who),
    "drop": lambda one, **who: lifecycle.drop(one, reason="Nicht mehr gewollt", **who),
    "comment": lambda one, **who: lifecycle.comment(one, text="Frage", **who),
    "correct": lambda one, **who: lifecycle.correct_plan(
        one, planned=Period.parse("Q1/2099"), reason="Tippfehler", **who
    ),
}


def answered_in_sql(opened):
    return with_answers(opened.items.all()).filter(is_answered=True).exists()


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_report_or_confirmation_after_the_opening_is_an_answer(boss, clock, step, when):
    milestone = MilestoneFactory(planned=Period.parse("Q3/2099"))
    clock.move_to(NOW - datetime.timedelta(minutes=5))
    if when == "before":
        STEPS["report"](milestone, by=boss, today=TODAY)
    clock.move_to(NOW)
    opened = asked(boss)
    clock.move_to(NOW + datetime.timedelta(minutes=5))
    if when == "after":
        STEPS[step](milestone, by=boss, today=TODAY)
    expected = when == "after" and step not in {"comment", "correct"}
    assert answered_in_sql(opened) is expected
    assert standings(opened, on=LATER.date())[0].is_answered is expected
    assert milestone.reports.answers().since(opened.opened_at).exists() is expected
    close_round(opened, by=boss, now=LATER)
    assert answered_in_sql(opened) is expected
    assert standings(opened, on=LATER.date())[0].is_answered is expected


@pytest.mark.parametrize(("day", "expected"), [(TODAY - DAY, None), (TODAY, "22.06.2026"), (TODAY + DAY, "23.06.2026")])
def test_what_was_received_before_the_opening_is_no_answer(boss, clock, day, expected):
    milestone = MilestoneFactory()
    opened = asked(boss)
    clock.move_to(NOW + DAY)
    told = OnBehalf(milestone.responsible, Channel.PHONE, day)
    lifecycle.confirm(milestone, by=boss, today=TODAY + DAY, on_behalf_of=told)
    row = standings(opened, on=LATER.date())[0]
    assert answered_in_sql(opened) is (expected is not None)
    words = f"unverändert bestätigt, im Auftrag (Telefon vom {expected})"
    assert (str(row.answer) if row.answer else None) == (words if expected else None)


@pytest.mark.parametrize("channel", [None, Channel.PHONE])
def test_what_another_unit_said_does_not_answer_for_this_one(boss, clock, channel):
    milestone, after = MilestoneFactory(), UnitFactory()
    reporter = colleague(milestone.responsible).user
    opened = asked(boss)
    clock.move_to(NOW + DAY)
    if channel is None:
        lifecycle.confirm(milestone, by=reporter, today=TODAY + DAY)
        assert answered_in_sql(opened)
        assign(Milestone.objects.get(), unit=after, by=boss)
    else:
        told = OnBehalf(after, channel, TODAY + DAY)
        lifecycle.confirm(milestone, by=boss, today=TODAY + DAY, on_behalf_of=told)
    assert not answered_in_sql(opened)
    assert standings(opened, on=TODAY)[0].answer is None


def test_the_last_answer_is_shown(boss, clock):
    milestone = MilestoneFactory()
    opened = asked(boss)
    for step in ("report", "confirm", "comment"):
        clock.shift(datetime.timedelta(hours=1))
        STEPS[step](Milestone.objects.get(), by=boss, today=TODAY)
    assert (
        str(standings(opened, on=LATER.date())[0].answer)
        == "unverändert bestätigt am 22.06.2026, von der Koordination eingetragen"
    )
    assert standings(opened, on=LATER.date())[0].text == "Läuft."
    assert milestone.reports.count() == 3


# --- For the portal -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("days", "words"),
    [
        (5, "noch 5 Tage"),
        (1, "noch 1 Tag"),
        (0, "heute"),
        (-1, "seit 1 Tag abgelaufen"),
        (-2, "seit 2 Tagen abgelaufen"),
    ],
)
def test_the_time_left_in_words(days, words):
    assert time_left(days) == words


def test_somebody_sees_the_rounds_that_ask_their_units(boss, clock):
    unit = UnitFactory()
    own = [MilestoneFactory(responsible=unit) for _ in range(3)]
    MilestoneFactory()
    user = colleague(unit).user
    asked(boss)
    clock.shift(DAY)
    lifecycle.confirm(own[0], by=user, today=TODAY + DAY)
    found = asked_of(user, on=DEADLINE + 2 * DAY)
    assert [(one.answered, one.total, one.time_left, one.is_late) for one in found] == [
        (1, 3, "seit 2 Tagen abgelaufen", True)
    ]
    assert asked_of(colleague(UnitFactory()).user, on=TODAY) == []
    assert asked_of(colleague(unit, valid_to=TODAY - DAY).user, on=TODAY) == []
    assert asked_of(boss, on=TODAY) == []
    close_round(StatusRound.objects.get(), by=boss, now=LATER)
    assert asked_of(user, on=TODAY) == []


@pytest.mark.parametrize("number", [1, 30])
def test_what_is_asked_of_somebody_costs_two_queries(number, boss):
    units = [UnitFactory() for _ in range(number)]
    for unit in units:
        MilestoneFactory(responsible=unit)
    user = colleague(*units).user
    asked(boss)
    with CaptureQueriesContext(connection) as captured:
        assert asked_of(user, on=TODAY)[0].total == number
    assert len(captured) <= 2


# --- While it runs ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("deadline", "today", "message"),
    [
        (DEADLINE + DAY, TODAY, None),
        (DEADLINE, TODAY, "Bisher gilt der 10.07.2026."),
        (DEADLINE - DAY, TODAY, "Bisher gilt der 10.07.2026."),
        (DEADLINE + DAY, DEADLINE + 2 * DAY, "Die Frist liegt in der Vergangenheit."),
    ],
)
def test_a_deadline_moves_to_a_later_day_only(boss, deadline, today, message):
    MilestoneFactory()
    opened = asked(boss)
    if message is None:
        extend(opened, deadline=deadline, by=boss, today=today)
    else:
        with pytest.raises(ValidationError, match=message):
            extend(opened, deadline=deadline, by=boss, today=today)
    assert StatusRound.objects.get().deadline == (DEADLINE if message else deadline)


def test_who_has_not_answered_is_reminded_once_a_day(boss, clock):
    silent, done = (MilestoneFactory().responsible for _ in range(2))
    waiting, finished = colleague(silent), colleague(done)
    opened = asked(boss)
    with pytest.raises(ValidationError, match="heute schon geschrieben"):
        remind(opened, units=[silent, done], by=boss, now=NOW)
    newcomer = colleague(silent)
    assert remind(opened, units=[silent, done], by=boss, now=NOW) == 1
    clock.move_to(NOW + DAY)
    lifecycle.confirm(Milestone.objects.get(responsible=done), by=finished.user, today=TODAY + DAY)
    assert remind(opened, units=[silent, done], by=boss, now=NOW + DAY) == 2
    with pytest.raises(ValidationError, match="heute schon geschrieben"):
        remind(opened, units=[silent, done], by=boss, now=NOW + DAY)
    latest = Mail.objects.filter(key__endswith=f":{TODAY + DAY}")
    assert {mail.recipient for mail in latest} == {waiting.user.email, newcomer.user.email}
    assert {mail.subject for mail in latest} == {
        "Erinnerung an die Sachstandsabfrage: 1 Meilenstein, Antwort bis 10.07.2026"
    }
    assert "fehlt noch Ihre Antwort zu einem Meilenstein." in latest[0].text


def test_who_becomes_responsible_meanwhile_is_asked_instead(boss, clock):
    before, after = UnitFactory(), UnitFactory()
    milestone = MilestoneFactory(responsible=before)
    former, new = colleague(before), colleague(after)
    closed, opened = asked(boss, key_date=KEY_DATE + DAY), asked(boss)
    close_round(closed, by=boss, now=LATER)
    clock.move_to(NOW + DAY)
    assign(milestone, unit=after, by=boss)
    assert [len(asked_of(one.user, on=TODAY)) for one in (former, new)] == [0, 1]
    assert remind(opened, units=[before, after], by=boss, now=NOW + DAY) == 1
    assert Mail.objects.latest("pk").recipient == new.user.email
    assert (closed.items.get().unit, opened.items.get().unit) == (before, after)


def test_only_the_chosen_units_are_reminded(boss, clock):
    units = [MilestoneFactory().responsible for _ in range(2)]
    people = [colleague(unit) for unit in units]
    opened = asked(boss)
    clock.move_to(NOW + DAY)
    assert remind(opened, units=units[:1], by=boss, now=NOW + DAY) == 1
    assert Mail.objects.latest("pk").recipient == people[0].user.email


# --- Closing ------------------------------------------------------------------------------------------------------
def test_what_was_kept_never_changes(boss, clock):
    milestone = MilestoneFactory(measure=MeasureFactory(), planned=Period.parse("Q2/2026"))
    silent = MilestoneFactory(undated=True)
    opened = asked(boss)
    clock.move_to(NOW + DAY)
    STEPS["reschedule"](milestone, by=boss, today=TODAY + DAY)
    clock.move_to(LATER)
    close_round(opened, by=boss, now=LATER)
    before = (
        [(row.title, row.as_data()) for row in standings(opened, on=LATER.date())],
        text_for_paper(opened, on=LATER.date()),
    )
    clock.shift(DAY)
    now = LATER.date() + DAY
    lifecycle.reach(Milestone.objects.get(pk=milestone.pk), on=now, by=boss, today=now, text="Fertig.")
    lifecycle.confirm(silent, by=boss, today=now)
    Milestone.objects.filter(pk=silent.pk).update(title="Anders")
    milestone.measure.title = "Umbenannt"
    milestone.measure.save()
    assert (
        [(row.title, row.as_data()) for row in standings(opened, on=LATER.date())],
        text_for_paper(opened, on=LATER.date()),
    ) == before


def test_keeping_loses_nothing(boss, clock):
    unit = UnitFactory()
    rows = {
        "late": MilestoneFactory(planned=Period.parse("Q1/2026"), responsible=unit),
        "undated": MilestoneFactory(undated=True, responsible=unit),
        "moved": MilestoneFactory(planned=Period.parse("2026"), measure=MeasureFactory(), responsible=unit),
        "reached": MilestoneFactory(responsible=unit),
        "paused": MilestoneFactory(responsible=unit),
    }
    opened = asked(boss)
    clock.move_to(NOW + DAY)
    for name, step in (("moved", "reschedule"), ("reached", "reach"), ("paused", "pause"), ("late", "report")):
        told = OnBehalf(unit, Channel.MAIL, TODAY) if name == "late" else None
        STEPS[step](rows[name], by=boss, today=TODAY + DAY, on_behalf_of=told)
    live = standings(opened, on=LATER.date())
    close_round(opened, by=boss, now=LATER)
    assert standings(opened, on=LATER.date()) == live
    assert {row.row.milestone_id: row.status for row in live}[rows["paused"].pk] == Status.PAUSED


def test_the_state_is_judged_for_the_key_date(boss, clock):
    planned = Period(KEY_DATE - DAY, KEY_DATE - DAY), Period(KEY_DATE, KEY_DATE)
    late, in_time = (MilestoneFactory(planned=one, reported_on=TODAY) for one in planned)
    opened = asked(boss)
    close_round(opened, by=boss, now=LATER)
    words = {row.row.milestone_id: row.situation for row in standings(opened, on=LATER.date())}
    assert words == {late.pk: ("verzögert",), in_time.pk: ("bald fällig",)}


@pytest.mark.parametrize(("closed", "expected"), [(NOW + DAY, ()), (LATER, ("verzögert",))])
def test_nothing_is_late_that_was_not_so_when_it_was_read(boss, closed, expected):
    MilestoneFactory(planned=Period(KEY_DATE - DAY, KEY_DATE - DAY), reported_on=TODAY)
    opened = asked(boss)
    close_round(opened, by=boss, now=closed)
    kept_row = standings(opened, on=LATER.date())[0]
    assert tuple(word for word in kept_row.situation if word == "verzögert") == expected
    early = "Stichtag 30.06.2026, Angaben vom 23.06.2026: Gefragt wurde nach einem Meilenstein. Er ist noch in Arbeit."
    assert (early in text_for_paper(opened, on=LATER.date())) is (not expected)


def test_a_closed_round_calls_units_as_they_were_called(boss):
    unit = MilestoneFactory(responsible=UnitFactory(code="FB 36", name="Klima")).responsible
    opened = asked(boss)
    close_round(opened, by=boss, now=LATER)
    unit.code, unit.name = "FB 99", "Umbenannt"
    unit.save()
    text = signed_in(Role.KOORDINATION).get(page(opened) + f"?dienststelle={unit.pk}").text
    assert ("FB 36 - Klima" in text, "FB 99" in text, "Umbenannt" in text) == (True, False, False)


#: As it was written by the first version; it has to stay readable.
FIRST_SCHEMA = {
    "schema": 1,
    "title": "Konzept beschlossen",
    "unit": "FB 36",
    "unit_name": "FB 36 - Klima",
    "field": "1 Klima",
    "belongs_to": "M1 Klimapartnerschaft",
    "order": ["0000001", "m1"],
    "status": "in_progress",
    "date_text": "Q4/2026",
    "planned": {"start": "2026-04-01", "end": "2026-06-30", "named": True, "text": "Q2/2026"},
    "forecast": {"start": "2026-10-01", "end": "2026-12-31", "named": True, "text": "Q4/2026"},
    "reached_on": None,
    "moved": ["Q2/2026", "Q4/2026", "Personal"],
    "situation": ["gefährdet"],
    "text": "Der Entwurf liegt vor.",
    "reported_on": "2026-06-23",
    "answered": True,
    "answer": {"step": "report", "as_of": "2026-06-23", "channel": "phone", "unit": "FB 36"},
}


def test_rows_of_the_first_schema_stay_readable():
    row = kept(RoundItemFactory(frozen=FIRST_SCHEMA))
    assert row.as_data() == FIRST_SCHEMA
    assert row.answer == Answer(ReportStep.REPORT, datetime.date(2026, 6, 23), Channel.PHONE, "FB 36")
    assert row.postponement == "Q2/2026 → Q4/2026 (Personal)"


def test_a_closed_round_takes_no_further_step(boss):
    unit = MilestoneFactory().responsible
    colleague(unit)
    opened = asked(boss)
    close_round(opened, by=boss, now=LATER)
    for verb in (
        lambda: close_round(opened, by=boss, now=LATER),
        lambda: extend(opened, deadline=DEADLINE + DAY, by=boss, today=TODAY),
        lambda: remind(opened, units=[unit], by=boss, now=LATER),
    ):
        with pytest.raises(ValidationError, match="abgeschlossen"):
            verb()
    assert (opened.closed_by, opened.closed_at) == (boss, LATER)


def test_who_has_not_seen_the_last_change_is_told(boss):
    unit = MilestoneFactory().responsible
    stale = StatusRound.objects.get(pk=asked(boss).pk)
    extend(StatusRound.objects.get(), deadline=DEADLINE + DAY, by=boss, today=TODAY)
    for verb in (
        lambda: close_round(stale, by=boss, now=LATER),
        lambda: extend(stale, deadline=DEADLINE + 2 * DAY, by=boss, today=TODAY),
        lambda: remind(stale, units=[unit], by=boss, now=LATER),
    ):
        with pytest.raises(Conflict):
            verb()
    assert StatusRound.objects.get().is_open
    assert unanswered(stale).filter(frozen__isnull=True).count() == 1


# --- Text for the paper -------------------------------------------------------------------------------------------
def test_the_text_begins_with_figures_and_tells_every_milestone(boss, clock):
    climate, schools = UnitFactory(code="FB 36"), UnitFactory(code="FB 45")
    field = FieldOfActionFactory(code="2", title="Klima")
    first, second = (
        MeasureFactory(field_of_action=field, code=code, title=title)
        for code, title in (("2.10", "Wald"), ("2.9", "Wasser"))
    )
    moved = MilestoneFactory(
        title="Entwurf", measure=first, responsible=climate, planned=Period.parse("Q2/2027"), status=Status.IN_PROGRESS
    )
    MilestoneFactory(
        title="Auftakt",
        measure=second,
        responsible=climate,
        planned=Period.parse("Q1/2026"),
        reported_on=datetime.date(2025, 1, 1),
    )
    MilestoneFactory(title="Reise & Bericht", responsible=schools, undated=True)
    done = MilestoneFactory(title="Vertrag", measure=first, responsible=climate)
    opened = asked(boss)
    clock.move_to(NOW + DAY)
    lifecycle.reschedule(
        moved,
        to=Period.parse("Q4/2027"),
        reason=PostponementReason.STAFF,
        by=boss,
        today=TODAY + DAY,
        text="Die Stelle ist <b>frei</b>.",
    )
    lifecycle.reach(done, on=TODAY, by=boss, today=TODAY + DAY)
    text = text_for_paper(opened, on=LATER.date())
    assert plain(text).split("\n\n") == [
        "Zum Stichtag 30.06.2026 wurde nach 4 Meilensteinen gefragt. 1 ist erreicht und 3 sind noch in Arbeit.",
        "Von 3 offenen Meilensteinen ist 1 verzögert; bei 1 hat sich der Termin verschoben.",
        "Noch ohne Rückmeldung sind Meilensteine von FB 36 (1 von 3), FB 45 (1 von 1).",
        "Bei 2 Meilensteinen hat die Koordination den Stand eingetragen.",
        "2 Klima",
        "2.9 Wasser",
        "– Auftakt (FB 36): Q1/2026, geplant, verzögert.",
        "2.10 Wald",
        "– Entwurf (FB 36): Q4/2027, in Umsetzung; verschoben von Q2/2027 auf Q4/2027 (Personal). Die Stelle ist <b>frei</b>.",
        "– Vertrag (FB 36): erreicht am 22.06.2026.",
        "Ohne Handlungsfeld",
        "Ohne Maßnahme",
        "– Reise & Bericht (FB 45): ohne Termin, geplant.",
    ]
    assert "<b>" not in text
    close_round(opened, by=boss, now=LATER)
    closed = text.replace("Noch ohne Rückmeldung sind", "Ohne Rückmeldung blieben")
    assert text_for_paper(opened, on=LATER.date()) == closed != text


@pytest.mark.parametrize(
    ("milestones", "sentences"),
    [
        (
            [{}],
            [
                "wurde nach einem Meilenstein gefragt. Er ist noch in Arbeit.",
                "Der eine offene Meilenstein ist im Plan.",
            ],
        ),
        (
            [{"planned": Period.parse("2025")}],
            ["wurde nach einem Meilenstein gefragt.", "Der eine offene Meilenstein ist verzögert."],
        ),
        (
            [{}, {}],
            [
                "wurde nach 2 Meilensteinen gefragt. Alle sind noch in Arbeit.",
                "Von 2 offenen Meilensteinen ist keiner verzögert.",
            ],
        ),
        ([{"planned": Period.parse("2025")}] * 2, ["Von 2 offenen Meilensteinen sind 2 verzögert."]),
    ],
)
def test_the_figures_are_good_german(boss, milestones, sentences):
    for fields in milestones:
        MilestoneFactory(**fields)
    text = plain(text_for_paper(asked(boss), on=KEY_DATE))
    assert [sentence for sentence in sentences if sentence not in text] == []


@pytest.mark.parametrize(
    ("by_unit", "by_koordination", "sentence"),
    [
        (1, 0, "Zu allen Meilensteinen haben die Dienststellen ihren Stand gemeldet oder bestätigt."),
        (0, 1, "Den Stand des Meilensteins hat die Koordination eingetragen."),
        (0, 2, "Den Stand aller Meilensteine hat die Koordination eingetragen."),
        (
            1,
            1,
            "Bei 1 Meilenstein hat die Koordination den Stand eingetragen, zu allen anderen haben ihn die Dienststellen",
        ),
    ],
)
def test_the_text_tells_who_has_answered(boss, clock, by_unit, by_koordination, sentence):
    unit = UnitFactory()
    reporter = colleague(unit).user
    milestones = [MilestoneFactory(responsible=unit) for _ in range(by_unit + by_koordination)]
    opened = asked(boss)
    clock.move_to(NOW + DAY)
    for number, milestone in enumerate(milestones):
        lifecycle.confirm(milestone, by=reporter if number < by_unit else boss, today=TODAY + DAY)
    text = text_for_paper(opened, on=LATER.date())
    assert sentence in text
    close_round(opened, by=boss, now=LATER)
    assert text_for_paper(opened, on=LATER.date()) == text


def test_a_text_never_names_people(boss, clock):
    unit = UnitFactory()
    person = colleague(unit)
    milestone = MilestoneFactory(responsible=unit, contact=person)
    opened = asked(boss)
    clock.move_to(NOW + DAY)
    lifecycle.report(milestone, text="Läuft.", by=person.user, today=TODAY + DAY)
    text = text_for_paper(opened, on=LATER.date())
    assert not any(word in text for word in (person.family_name, person.user.email, boss.email))
    assert "Zu allen Meilensteinen haben die Dienststellen" in text


# --- Back office --------------------------------------------------------------------------------------------------
OPENING = "/verwaltung/concept/statusround/add/"
LIST = "/verwaltung/concept/statusround/"
TYPED = {"title": "Herbst", "key_date": "30.06.2026", "deadline": "10.07.2026", "intro": "Bitte kurz."}


def page(status_round, *more):
    name = "step" if more else "change"
    return reverse(f"admin:concept_statusround_{name}", args=[status_round.pk, *more])


@pytest.mark.usefixtures("clock")
def test_opening_shows_first_who_is_asked_for_what():
    reachable, silent = UnitFactory(code="FB 36"), UnitFactory(code="FB 45")
    for unit in (reachable, reachable, silent):
        MilestoneFactory(responsible=unit)
    person = colleague(reachable)
    desk = signed_in(Role.KOORDINATION)
    shown = desk.get(OPENING)
    text = " ".join(shown.text.split())
    assert "werden 3 offene Meilensteine bei 2 Dienststellen abgefragt. 1 Person bekommt eine Mail" in text
    assert str(person) in text
    assert [unit.code for unit in shown.context["preview"].unreachable] == ["FB 45"]
    assert "Niemand erreichbar:" in text
    response = desk.post(OPENING, {**read_form(shown), **TYPED})
    opened = StatusRound.objects.get()
    assert response.url == page(opened)
    assert (opened.title, opened.intro, opened.items.count(), recipients()) == (
        "Herbst",
        "Bitte kurz.",
        3,
        [person.user.email],
    )


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"title": ""}, "Dieses Feld ist zwingend erforderlich."),
        ({"deadline": "morgen"}, "Bitte schreiben Sie den Tag wie 07.05.2025."),
        ({"deadline": "29.06.2026"}, "Die Frist liegt vor dem Stichtag 30.06.2026."),
        ({"deadline": "21.06.2026"}, "Die Frist liegt in der Vergangenheit."),
        ({"key_date": "01.01.0001"}, "frühere Stände rechnet KEpol nicht zurück."),
        ({"seen": "anderes"}, "Inzwischen hat sich geändert, wonach oder wer gefragt wird."),
    ],
)
def test_an_opening_that_is_refused_keeps_what_was_typed_and_sends_nothing(change, message):
    colleague(MilestoneFactory().responsible)
    desk = signed_in(Role.KOORDINATION)
    typed = {**read_form(desk.get(OPENING)), **TYPED, **change}
    response = desk.post(OPENING, typed)
    assert message in response.text
    assert "<title>Fehler: " in response.text
    assert (StatusRound.objects.count(), Mail.objects.count()) == (0, 0)
    again = read_form(response)
    assert {name: again[name] for name in TYPED} == {name: [typed[name]] for name in TYPED}
    assert desk.post(OPENING, {**again, **TYPED}).status_code == 302


@pytest.mark.usefixtures("clock")
def test_who_joined_since_the_preview_is_shown_before_mail_goes_out():
    unit = MilestoneFactory().responsible
    desk = signed_in(Role.KOORDINATION)
    typed = {**read_form(desk.get(OPENING)), **TYPED}
    newcomer = colleague(unit)
    response = desk.post(OPENING, typed)
    assert "Inzwischen hat sich geändert" in response.text
    assert str(newcomer) in response.text
    assert not Mail.objects.exists()


def test_without_open_milestones_the_page_says_so():
    response = signed_in(Role.KOORDINATION).get(OPENING)
    assert "Es ist kein Meilenstein offen" in response.text
    assert 'value="Eröffnen"' not in response.text


def test_every_number_of_the_page_leads_to_exactly_these_rows(boss, clock):
    units = [UnitFactory() for _ in range(3)]
    for number, unit in enumerate(units, start=1):
        for _ in range(number):
            MilestoneFactory(responsible=unit)
    opened = asked(boss)
    clock.move_to(NOW + DAY)
    for milestone in (*Milestone.objects.filter(responsible=units[2])[:2], Milestone.objects.get(responsible=units[0])):
        lifecycle.confirm(milestone, by=boss, today=TODAY + DAY)
    desk = signed_in(Role.KOORDINATION)
    shown = desk.get(page(opened))
    assert [(line.answered, line.waiting, line.total) for line in shown.context["page"].units] == [
        (1, 0, 1),
        (0, 2, 2),
        (2, 1, 3),
    ]
    links = re.findall(r'<a href="(\?dienststelle=[^"#]*)#meilensteine">(?:<strong>)?(\d+)', shown.text)
    assert len(links) == 7
    for address, number in links:
        rows = desk.get(page(opened) + address.replace("&amp;", "&")).context["page"].chosen
        assert sum(len(found) for _, found in rows) == int(number), address
    assert "3 von 6" in desk.get(LIST).text


@pytest.mark.usefixtures("clock")
def test_the_steps_of_the_page_call_the_verbs(boss):
    silent, gone = MilestoneFactory().responsible, MilestoneFactory().responsible
    person = colleague(silent)
    opened = asked(boss)
    desk = signed_in(Role.KOORDINATION)
    later = {**read_form(desk.get(page(opened, "frist"))), "deadline": "17.07.2026"}
    assert desk.post(page(opened, "frist"), later).status_code == 302
    assert StatusRound.objects.get().deadline == datetime.date(2026, 7, 17)
    with time_machine.travel(NOW + DAY, tick=False):
        desk = signed_in(Role.KOORDINATION)
        shown = desk.get(page(opened, "erinnern"))
        assert f"{silent} (1 ohne Antwort, 1 Person)" in shown.text
        assert f"{gone} (1 ohne Antwort, niemand erreichbar)" in shown.text
        assert desk.post(page(opened, "erinnern"), read_form(shown)).status_code == 302
        assert recipients() == [person.user.email] * 2
        assert "heute schon geschrieben" in desk.post(page(opened, "erinnern"), read_form(shown)).text
        shown = desk.get(page(opened, "abschliessen"))
        assert "Es fehlen Antworten zu 2 Meilensteinen" in shown.text
        assert "Der Stichtag 30.06.2026 ist noch nicht erreicht." in shown.text
        for given, message in (
            ({"early": "on"}, "Bitte bestätigen Sie es."),
            ({"accept": "on"}, "Bitte bestätigen Sie, dass Sie vorher abschließen."),
        ):
            unsure = desk.post(page(opened, "abschliessen"), {"seen": read_form(shown)["seen"], **given})
            assert message in unsure.text
        both = {"accept": "on", "early": "on"}
        assert desk.post(page(opened, "abschliessen"), {**read_form(shown), **both}).status_code == 302
    closed = StatusRound.objects.get()
    assert closed.closed_at == NOW + DAY
    text = signed_in(Role.KOORDINATION).get(page(opened)).text
    assert ("/schritt/frist/" in text, "Festgehalten am 23.06.2026" in text) == (False, True)


def test_with_every_answer_closing_asks_nothing(boss, clock):
    milestone = MilestoneFactory()
    opened = asked(boss, key_date=TODAY)
    clock.move_to(NOW + DAY)
    lifecycle.confirm(milestone, by=boss, today=TODAY + DAY)
    desk = signed_in(Role.KOORDINATION)
    shown = desk.get(page(opened, "abschliessen"))
    assert not {"accept", "early"} & set(read_form(shown))
    assert desk.post(page(opened, "abschliessen"), read_form(shown)).status_code == 302


def test_a_long_round_shows_one_unit_at_a_time(boss, clock, monkeypatch):
    monkeypatch.setattr(round_page, "AT_ONCE", 3)
    done, silent = UnitFactory(code="FB 1"), UnitFactory(code="FB 2")
    for unit in (done, done, silent, silent):
        MilestoneFactory(responsible=unit)
    opened = asked(boss)
    clock.move_to(NOW + DAY)
    for milestone in Milestone.objects.filter(responsible=done):
        lifecycle.confirm(milestone, by=boss, today=TODAY + DAY)
    desk = signed_in(Role.KOORDINATION)
    for query, expected in (("", silent), (f"?dienststelle={done.pk}", done), ("?antwort=offen", silent)):
        response = desk.get(page(opened) + query)
        shown = response.context["page"]
        assert [(name, len(rows)) for name, rows in shown.chosen] == [(str(expected), 2)], query
        assert (len(shown.units), shown.total) == (2, 4)
        assert "Andere Dienststellen wählen Sie oben" in response.text
    for milestone in Milestone.objects.filter(responsible=silent):
        lifecycle.confirm(milestone, by=boss, today=TODAY + DAY)
    assert [name for name, _ in desk.get(page(opened)).context["page"].chosen] == [str(done)]


@pytest.mark.usefixtures("clock")
def test_one_milestone_is_told_in_the_singular(boss):
    MilestoneFactory()
    desk = signed_in(Role.KOORDINATION)
    assert "Mit „Eröffnen“ wird 1 offener Meilenstein bei 1 Dienststelle abgefragt." in " ".join(
        desk.get(OPENING).text.split()
    )
    assert "Es fehlt die Antwort zu 1 Meilenstein: " in desk.get(page(asked(boss), "abschliessen")).text


def test_a_form_that_posts_what_has_a_door_changes_nothing(boss):
    MilestoneFactory()
    opened = asked(boss)
    desk = signed_in(Role.KOORDINATION)
    hostile = {
        "title": "Neuer Titel",
        "deadline": "31.12.2030",
        "key_date": "01.01.2020",
        "intro": "anders",
        "opened_at_0": "01.01.2020",
        "closed_by": boss.pk,
        "version": "99",
    }
    assert desk.post(page(opened), {**read_form(desk.get(page(opened))), **hostile}).status_code == 302
    stored = StatusRound.objects.get()
    assert (stored.title, stored.deadline, stored.key_date, stored.intro, stored.closed_by, stored.opened_at) == (
        "Neuer Titel",
        DEADLINE,
        KEY_DATE,
        "",
        None,
        NOW,
    )


def test_a_closed_round_cannot_be_deleted(boss):
    MilestoneFactory()
    running, closed = asked(boss), asked(boss, key_date=KEY_DATE + DAY)
    close_round(closed, by=boss, now=LATER)
    desk = signed_in(Role.KOORDINATION)
    delete = [
        desk.get(reverse("admin:concept_statusround_delete", args=[one.pk]), follow=True) for one in (running, closed)
    ]
    assert [response.status_code for response in delete] == [200, 403]


@pytest.mark.parametrize("role", [Role.LEITUNG, Role.FACHBEREICH, Role.LESEZUGRIFF, Role.TECHNIK])
def test_others_reach_no_page_of_a_round(role, boss):
    MilestoneFactory()
    opened = asked(boss)
    client = signed_in(role)
    for address in (LIST, OPENING, page(opened), page(opened, "abschliessen"), page(opened, "erinnern")):
        assert client.get(address, follow=True).status_code == 403, address
        assert client.post(address, TYPED, follow=True).status_code == 403, address
    assert StatusRound.objects.get().is_open


@pytest.mark.usefixtures("clock")
def test_opening_costs_the_same_however_much_is_asked():
    desk, numbers = signed_in(Role.KOORDINATION), []
    for size in (1, 30):
        for _ in range(size):
            colleague(MilestoneFactory().responsible)
        desk.get(OPENING)
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(OPENING).status_code == 200
        numbers.append(len(captured))
    assert numbers[0] == numbers[1] <= 12


@pytest.mark.parametrize("who", [Role.KOORDINATION, "superuser"])
@pytest.mark.parametrize("state", ["open", "closed"])
def test_list_and_page_need_the_same_few_queries(who, state, boss, clock):
    numbers = []
    for size in (1, 30):
        for _ in range(size):
            colleague(MilestoneFactory(measure=MeasureFactory()).responsible)
            StatusRoundFactory()
        clock.shift(DAY)
        opened = asked(boss, key_date=KEY_DATE + size * DAY, deadline=DEADLINE + 90 * DAY, now=NOW + size * DAY)
        lifecycle.confirm(Milestone.objects.order_by("?")[0], by=boss, today=TODAY + 2 * DAY)
        if state == "closed":
            close_round(opened, by=boss, now=LATER + 90 * DAY)
        desk = signed_in(is_superuser=True) if who == "superuser" else signed_in(who)
        for address in (LIST, page(opened)):
            desk.get(address)
            with CaptureQueriesContext(connection) as captured:
                assert desk.get(address).status_code == 200
            numbers.append(len(captured))
    assert numbers[:2] == numbers[2:]
    assert max(numbers) <= 12
