"""Reminders: what rings when, who is told in which turn, the rhythm of the week, and the words."""

import datetime
from io import StringIO

import pytest
from django.core import mail as django_mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from concept import lifecycle
from concept.choices import PostponementReason
from concept.models import Escalation, Milestone, Occasion, ReminderItem, ReminderLevel
from concept.reminders import held_up, last_tuesday, plan, queue_letter, week_of
from concept.ringing import candidates, ring
from kepol.accounts.choices import Role
from kepol.lib.periods import Period
from kepol.mail.choices import MailKind, MailState
from kepol.mail.models import Mail
from kepol.mail.outbox import discard
from stakeholders.choices import MembershipRole
from tests.factories import MembershipFactory, PersonFactory, UnitFactory, UserFactory
from tests.factories.concept import MilestoneFactory
from tests.factories.dates import ClosedDayFactory
from tests.factories.stakeholders import AbsenceFactory, EventFactory

pytestmark = pytest.mark.django_db

ONE_DAY = datetime.timedelta(days=1)
TUESDAY = datetime.date(2026, 3, 3)
FRIDAY_BEFORE = datetime.date(2026, 2, 27)


def day(text):
    return datetime.date.fromisoformat(text)


def until(end, **more):
    """A milestone whose day is `end`."""
    period = Period(end, end) if end else None
    return MilestoneFactory(**{"planned": period, "reported_on": day("2026-01-15"), **more})


def member(unit, name, *, role=MembershipRole.STAFF, roles=(Role.FACHBEREICH,), **more):
    """Somebody of `unit` with an account, called and addressed by `name`."""
    user = UserFactory(email=f"{name}@stadt.example", roles=roles)
    person = PersonFactory(family_name=name.capitalize(), user=user)
    MembershipFactory(person=person, organisation=unit, role=role, **more)
    return person


@pytest.fixture
def unit():
    return UnitFactory(code="FB 36", name="Fachbereich Klima und Umwelt")


def send(on, **options):
    """Run the command for day `on`; what it said, and what it said about trouble."""
    out, err = StringIO(), StringIO()
    call_command("send_reminders", on=on, stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def walk(first, last):
    """Run the command every day; day, who got a mail, and about what."""
    told, on = [], first
    while on <= last:
        before = len(django_mail.outbox)
        send(on)
        for message in django_mail.outbox[before:]:
            name = message.to[0].split("@")[0]
            mail = Mail.objects.get(message_id=message.extra_headers["Message-ID"])
            titles = ReminderItem.objects.filter(mail=mail).order_by("pk").values_list("milestone__title", flat=True)
            told.append((f"{on:%d.%m.}", name, *titles))
        on += ONE_DAY
    return told


# --- What rings ---------------------------------------------------------------------------------------------------
RINGS = [
    # end, last report, day → occasion and since when (None: it does not ring)
    ("2026-03-20", "2026-01-15", "2026-03-05", None, None),
    ("2026-03-20", "2026-01-15", "2026-03-06", Occasion.DUE_SOON, "2026-03-06"),
    ("2026-03-20", "2026-01-15", "2026-03-20", Occasion.DUE_SOON, "2026-03-06"),
    ("2026-03-20", "2026-01-15", "2026-03-21", Occasion.OVERDUE, "2026-03-06"),
    # Over the night on which an hour is missing, and the one on which it comes twice.
    ("2026-03-29", "2026-01-15", "2026-03-30", Occasion.OVERDUE, "2026-03-15"),
    ("2026-03-29", "2026-01-15", "2026-03-15", Occasion.DUE_SOON, "2026-03-15"),
    ("2026-10-25", "2026-09-01", "2026-10-25", Occasion.DUE_SOON, "2026-10-11"),
    ("2026-10-25", "2026-09-01", "2026-10-26", Occasion.OVERDUE, "2026-10-11"),
    # Year and month ends, the leap day.
    ("2026-12-31", "2026-10-01", "2026-12-31", Occasion.DUE_SOON, "2026-12-17"),
    ("2026-12-31", "2026-10-01", "2027-01-01", Occasion.OVERDUE, "2026-12-17"),
    ("2027-01-05", "2026-11-01", "2026-12-22", Occasion.DUE_SOON, "2026-12-22"),
    ("2028-02-29", "2028-01-01", "2028-03-01", Occasion.OVERDUE, "2028-02-15"),
    ("2028-03-14", "2028-01-01", "2028-02-29", Occasion.DUE_SOON, "2028-02-29"),
    # Without news for more than a hundred days; the occasion that presses most is told.
    ("2027-12-31", "2026-01-15", "2026-04-25", None, None),
    ("2027-12-31", "2026-01-15", "2026-04-26", Occasion.SILENT, "2026-04-26"),
    (None, "2026-01-15", "2026-04-26", Occasion.SILENT, "2026-04-26"),
    (None, "2026-01-15", "2026-04-25", None, None),
    ("2026-06-01", "2026-01-15", "2026-06-02", Occasion.OVERDUE, "2026-04-26"),
    # What was there when the unit answered is settled for thirty days; what comes after is not.
    ("2026-03-20", "2026-03-06", "2026-03-20", None, None),
    ("2026-03-20", "2026-03-06", "2026-03-21", Occasion.OVERDUE, "2026-03-21"),
    ("2026-03-20", "2026-03-21", "2026-04-19", None, None),
    ("2026-03-20", "2026-03-21", "2026-04-20", Occasion.OVERDUE, "2026-04-20"),
]


@pytest.mark.parametrize(("end", "reported", "on", "occasion", "since"), RINGS)
def test_a_milestone_rings_by_its_dates(end, reported, on, occasion, since):
    until(end and day(end), reported_on=day(reported))
    found = ring(Milestone.objects.with_expected_end().get(), on=day(on))
    assert (found and found.occasion, found and str(found.since)) == (occasion, since)


@pytest.mark.parametrize(("end", "reported", "on"), sorted({row[:3] for row in RINGS}, key=str))
def test_what_is_looked_at_is_what_the_milestone_says_of_itself(end, reported, on):
    one, on = until(end and day(end), reported_on=day(reported)), day(on)
    says = one.is_overdue(on) or one.is_due_soon(on) or one.is_report_overdue(on)
    assert candidates(on=on).exists() is says


@pytest.mark.parametrize(
    "given", [{"reached": True}, {"status": "paused", "note": "ruht"}, {"status": "dropped", "note": "x"}]
)
def test_what_is_not_open_never_rings(given):
    until(FRIDAY_BEFORE, **given)
    assert not candidates(on=TUESDAY).exists()


@pytest.mark.parametrize(
    ("on", "tuesday", "monday"),
    [
        ("2026-03-03", "2026-03-03", "2026-03-02"),
        ("2026-03-04", "2026-03-03", "2026-03-02"),
        ("2026-03-08", "2026-03-03", "2026-03-02"),
        ("2026-03-09", "2026-03-03", "2026-03-02"),
        ("2026-03-10", "2026-03-10", "2026-03-09"),
        ("2026-03-30", "2026-03-24", "2026-03-23"),
        ("2027-01-04", "2026-12-29", "2026-12-28"),
    ],
)
def test_a_day_counts_for_the_week_of_the_last_tuesday(on, tuesday, monday):
    assert (last_tuesday(day(on)), week_of(day(on))) == (day(tuesday), day(monday))


# --- The rhythm of the week ----------------------------------------------------------------------------------------
def test_one_mail_a_week_on_tuesdays_while_nobody_answers(unit):
    member(unit, "anna")
    until(FRIDAY_BEFORE, responsible=unit, title="A")
    until(day("2026-03-19"), responsible=unit, title="B")
    assert walk(TUESDAY, day("2026-03-18")) == [
        ("03.03.", "anna", "A"),
        ("10.03.", "anna", "A", "B"),  # B is due soon since Thursday, which does not bring a mail of its own
        ("17.03.", "anna", "A", "B"),
    ]


@pytest.mark.parametrize(
    ("closed", "expected"),
    [
        (("2026-03-10", "2026-03-10"), ["03.03.", "11.03.", "17.03."]),
        (("2026-03-10", "2026-03-11"), ["03.03.", "12.03.", "17.03."]),
        # The whole rest of the week: made up on Monday, and the Tuesday after it brings no second mail.
        (("2026-03-10", "2026-03-15"), ["03.03.", "16.03.", "24.03."]),
        (("2026-03-11", "2026-03-13"), ["03.03.", "10.03.", "17.03."]),
    ],
)
def test_a_closed_tuesday_is_made_up_on_the_next_working_day(unit, closed, expected):
    ClosedDayFactory(first_day=day(closed[0]), last_day=day(closed[1]))
    member(unit, "anna")
    until(FRIDAY_BEFORE, responsible=unit)
    assert [told[0] for told in walk(TUESDAY, day("2026-03-24"))][: len(expected)] == expected


def test_over_christmas_and_new_year(unit):
    ClosedDayFactory(name="Betriebsferien", first_day=day("2026-12-28"), last_day=day("2026-12-31"))
    member(unit, "anna")
    until(day("2026-12-31"), responsible=unit, reported_on=day("2026-10-01"))
    assert [told[0] for told in walk(day("2026-12-17"), day("2027-01-13"))] == ["22.12.", "04.01.", "12.01."]


def test_a_holiday_on_tuesday_is_made_up_too(unit):
    # 1 November 2022 was a Tuesday and Allerheiligen.
    member(unit, "anna")
    until(day("2022-10-28"), responsible=unit, reported_on=day("2022-09-01"))
    assert [told[0] for told in walk(day("2022-11-01"), day("2022-11-09"))] == ["02.11.", "08.11."]


def test_what_begins_to_ring_on_another_day_waits_for_tuesday(unit):
    member(unit, "anna")
    until(day("2026-03-04"), responsible=unit, reported_on=day("2026-02-25"))
    assert [told[0] for told in walk(day("2026-03-03"), day("2026-03-10"))] == ["10.03."]


def test_a_server_that_stood_still_on_tuesday_is_made_up(unit):
    member(unit, "anna")
    until(FRIDAY_BEFORE, responsible=unit)
    assert [told[0] for told in walk(day("2026-03-05"), day("2026-03-10"))] == ["05.03.", "10.03."]


def test_the_days_on_which_the_clock_changes_bring_each_mail_once(unit):
    member(unit, "anna")
    until(day("2026-03-29"), responsible=unit)
    until(day("2026-10-25"), responsible=unit, reported_on=day("2026-09-20"))
    assert [told[0] for told in walk(day("2026-03-24"), day("2026-04-01"))] == ["24.03.", "31.03."]
    Milestone.objects.filter(planned_end=day("2026-03-29")).update(status="dropped", note="entfällt")
    assert [told[0] for told in walk(day("2026-10-20"), day("2026-10-28"))] == ["20.10.", "27.10."]


@pytest.mark.parametrize("again", [1, 3])
def test_running_again_on_the_same_day_sends_nothing(unit, again):
    member(unit, "anna")
    until(FRIDAY_BEFORE, responsible=unit)
    for _ in range(1 + again):
        send(TUESDAY)
    assert len(django_mail.outbox) == Mail.objects.count() == 1


# --- A moved date --------------------------------------------------------------------------------------------------
def test_a_moved_date_moves_its_reminder(unit):
    member(unit, "anna")
    one, by = until(day("2026-03-10"), responsible=unit), UserFactory(roles=[Role.KOORDINATION])
    assert walk(TUESDAY, TUESDAY) != []
    to, reason = Period(day("2026-06-10"), day("2026-06-10")), PostponementReason.STAFF
    lifecycle.reschedule(one, to=to, reason=reason, by=by, today=TUESDAY)
    assert [told[0] for told in walk(day("2026-03-04"), day("2026-06-03"))] == ["02.06."]


def test_a_date_that_moved_close_rings_although_there_was_a_mail_this_week(unit):
    member(unit, "anna")
    until(FRIDAY_BEFORE, responsible=unit, title="A")
    event = EventFactory(starts_at=None, ends_at=None, period=Period(day("2026-09-01"), day("2026-09-01")))
    until(None, responsible=unit, title="B", event=event)
    assert walk(TUESDAY, day("2026-03-04")) == [("03.03.", "anna", "A")]
    event.period = Period(day("2026-03-12"), day("2026-03-12"))
    event.save()
    assert walk(day("2026-03-05"), day("2026-03-09")) == [("05.03.", "anna", "A", "B")]


def test_a_date_the_unit_itself_moved_rings_no_bell(unit):
    anna = member(unit, "anna")
    one = until(day("2026-03-10"), responsible=unit)
    walk(TUESDAY, TUESDAY)
    to = Period(day("2026-03-13"), day("2026-03-13"))
    lifecycle.reschedule(one, to=to, reason=PostponementReason.PARTNER, by=anna.user, today=day("2026-03-04"))
    assert [told[0] for told in walk(day("2026-03-04"), day("2026-03-18"))] == ["17.03."]


# --- Answers -------------------------------------------------------------------------------------------------------
def test_whoever_answers_has_peace_for_thirty_days(unit):
    anna = member(unit, "anna")
    one = until(FRIDAY_BEFORE, responsible=unit)
    walk(TUESDAY, TUESDAY)
    lifecycle.confirm(one, by=anna.user, today=day("2026-03-04"))
    assert [told[0] for told in walk(day("2026-03-04"), day("2026-04-08"))] == ["07.04."]


def test_a_comment_is_no_answer(unit):
    anna = member(unit, "anna")
    one = until(FRIDAY_BEFORE, responsible=unit)
    walk(TUESDAY, TUESDAY)
    lifecycle.comment(one, text="Rückfrage", by=anna.user, today=day("2026-03-04"))
    assert [told[0] for told in walk(day("2026-03-04"), day("2026-03-10"))] == ["10.03."]


def test_what_is_answered_or_reached_between_plan_and_mail_is_left_out(unit):
    anna = member(unit, "anna")
    first, second = (until(FRIDAY_BEFORE, responsible=unit, title=title) for title in "AB")
    (letter,) = plan(on=TUESDAY).letters
    lifecycle.reach(first, on=TUESDAY, by=anna.user, today=TUESDAY)
    mail = queue_letter(letter, on=TUESDAY, now=timezone.now())
    assert mail.subject == "Ein Meilenstein braucht Ihre Rückmeldung"
    assert list(ReminderItem.objects.values_list("milestone", flat=True)) == [second.pk]


def test_no_mail_when_everything_was_answered_meanwhile(unit):
    anna = member(unit, "anna")
    one = until(FRIDAY_BEFORE, responsible=unit)
    (letter,) = plan(on=TUESDAY).letters
    lifecycle.confirm(one, by=anna.user, today=TUESDAY)
    assert queue_letter(letter, on=TUESDAY, now=timezone.now()) is None
    assert not Mail.objects.exists()


# --- Who is asked --------------------------------------------------------------------------------------------------
def asked(on=TUESDAY):
    """Addresses that get a mail on day `on`."""
    return {letter.to.address.split("@")[0] for letter in plan(on=on).letters}


def test_the_contact_is_asked_otherwise_who_works_with_the_portal(unit):
    anna, _ = member(unit, "anna"), member(unit, "bert")
    member(unit, "leserin", roles=[Role.LESEZUGRIFF])
    member(UnitFactory(), "fremd")
    one = until(FRIDAY_BEFORE, responsible=unit)
    assert asked() == {"anna", "bert"}
    Milestone.objects.filter(pk=one.pk).update(contact=anna)
    assert asked() == {"anna"}


def test_a_contact_without_account_gets_mail_and_other_words(unit):
    person = PersonFactory(email="ohne@stadt.example")
    MembershipFactory(person=person, organisation=unit)
    until(FRIDAY_BEFORE, responsible=unit, contact=person)
    send(TUESDAY)
    (message,) = django_mail.outbox
    assert message.to == ["ohne@stadt.example"]
    assert "Zum Eintragen in KEpol brauchen Sie einen Zugang." in message.body


NOBODY = {
    "left yesterday": lambda person: person.memberships.update(valid_to=TUESDAY - ONE_DAY),
    "begins tomorrow": lambda person: person.memberships.update(valid_from=TUESDAY + ONE_DAY),
    "account switched off": lambda person: type(person.user).objects.filter(pk=person.user_id).update(is_active=False),
    "put aside": lambda person: (
        type(person).objects.filter(pk=person.pk).update(retired_on=TUESDAY, retired_reason="weg")
    ),
    "neither account nor address": lambda person: type(person).objects.filter(pk=person.pk).update(user=None, email=""),
    "another role": lambda person: person.user.groups.clear(),
}


@pytest.mark.parametrize("why", NOBODY)
def test_who_cannot_be_reached_is_never_asked_and_the_unit_is_named(unit, why):
    NOBODY[why](member(unit, "anna"))
    until(FRIDAY_BEFORE, responsible=unit)
    out, _ = send(TUESDAY)
    assert f"Niemand ist zu erreichen: {unit} (ein Meilenstein)" in out
    assert not Mail.objects.exists()
    assert held_up(on=TUESDAY).speechless == {unit.pk}


@pytest.mark.parametrize("why", sorted(set(NOBODY) - {"another role"}))
def test_in_the_place_of_a_contact_who_cannot_be_reached_the_unit_is_asked(unit, why):
    anna, _ = member(unit, "anna"), member(unit, "bert")
    until(FRIDAY_BEFORE, responsible=unit, contact=anna)
    NOBODY[why](anna)
    assert asked() == {"bert"}


def test_a_contact_of_another_unit_is_not_asked(unit):
    stranger = member(UnitFactory(), "fremd")
    member(unit, "anna")
    until(FRIDAY_BEFORE, responsible=unit, contact=stranger)
    assert asked() == {"anna"}


def test_a_unit_is_named_for_any_open_milestone_nobody_can_be_asked_about(unit):
    anna, other, asked_unit = member(unit, "anna"), UnitFactory(), UnitFactory()
    reader = member(other, "leserin", roles=[Role.LESEZUGRIFF])
    member(asked_unit, "bert")
    far = day("2028-01-01")
    until(far, responsible=unit, contact=reader, reported_on=TUESDAY)
    until(far, responsible=other, contact=reader, reported_on=TUESDAY)
    until(far, responsible=asked_unit, contact=anna, reported_on=TUESDAY)
    assert held_up(on=TUESDAY).speechless == set()
    until(far, responsible=other, contact=anna, reported_on=TUESDAY)
    assert held_up(on=TUESDAY).speechless == {other.pk}


# --- Away ----------------------------------------------------------------------------------------------------------
def away(person, **more):
    return AbsenceFactory(person=person, first_day=TUESDAY, last_day=day("2026-03-04"), **more)


@pytest.mark.parametrize("named", [True, False])
def test_who_is_away_is_represented_at_once(unit, named):
    anna, bert = member(unit, "anna"), member(unit, "bert")
    member(unit, "dora", role=MembershipRole.DEPUTY, roles=())
    away(anna, deputy=bert if named else None)
    until(FRIDAY_BEFORE, responsible=unit, contact=anna)
    assert asked() == {"bert" if named else "dora"}
    send(TUESDAY)
    assert "In Vertretung\n" in django_mail.outbox[0].body
    assert ReminderItem.objects.get().level == ReminderLevel.FIRST


@pytest.mark.parametrize("why", ["away too", "of another unit", "left"])
def test_a_stand_in_who_cannot_be_asked_is_passed_over(unit, why):
    anna, dora = member(unit, "anna"), member(unit, "dora", role=MembershipRole.DEPUTY, roles=())
    deputy = member(UnitFactory() if why == "of another unit" else unit, "bert")
    if why == "away too":
        away(deputy)
    if why == "left":
        deputy.memberships.update(valid_to=TUESDAY - ONE_DAY)
    away(anna, deputy=deputy)
    until(FRIDAY_BEFORE, responsible=unit, contact=anna)
    assert asked() == {"dora"}
    away(dora)
    assert asked() == set()


def test_without_anybody_to_stand_in_it_waits_until_they_are_back(unit):
    away(member(unit, "anna"))
    until(FRIDAY_BEFORE, responsible=unit)
    out, _ = send(TUESDAY)
    assert f"Alle sind abwesend, ohne Vertretung: {unit}" in out
    assert [told[0] for told in walk(TUESDAY, day("2026-03-10"))] == ["05.03.", "10.03."]


def test_of_two_one_who_is_away_keeps_nobody_waiting(unit):
    away(member(unit, "anna"))
    member(unit, "bert")
    until(FRIDAY_BEFORE, responsible=unit)
    assert walk(TUESDAY, day("2026-03-09")) == [("03.03.", "bert", Milestone.objects.get().title)]


# --- The next turns ------------------------------------------------------------------------------------------------
def test_deputies_are_asked_a_week_after_the_first_reminder_and_the_head_is_only_proposed(unit):
    member(unit, "anna")
    member(unit, "dora", role=MembershipRole.DEPUTY, roles=())
    member(unit, "hans", role=MembershipRole.HEAD, roles=())
    until(FRIDAY_BEFORE, responsible=unit, title="A")
    assert [told[:2] for told in walk(TUESDAY, day("2026-03-16"))] == [
        ("03.03.", "anna"),
        ("10.03.", "anna"),
        ("10.03.", "dora"),
    ]
    assert not Escalation.objects.exists()
    out, _ = send(day("2026-03-17"))
    hint = Escalation.objects.get()
    assert f"Hinweis an die Leitung vorgeschlagen: {unit}, zu einem Meilenstein" in out
    assert (hint.unit, hint.person.family_name, hint.proposed_on) == (unit, "Hans", day("2026-03-17"))
    walk(day("2026-03-18"), day("2026-03-24"))
    assert Escalation.objects.count() == 1
    assert "hans@stadt.example" not in {message.to[0] for message in django_mail.outbox}


def test_an_answer_stops_the_turns(unit):
    anna = member(unit, "anna")
    member(unit, "dora", role=MembershipRole.DEPUTY, roles=())
    one = until(FRIDAY_BEFORE, responsible=unit)
    walk(TUESDAY, TUESDAY)
    lifecycle.confirm(one, by=anna.user, today=TUESDAY)
    told = walk(day("2026-03-04"), day("2026-04-14"))
    assert [row[:2] for row in told] == [("07.04.", "anna"), ("14.04.", "anna"), ("14.04.", "dora")]


def test_what_was_received_by_phone_before_the_reminder_is_no_answer_to_it(unit):
    member(unit, "anna")
    member(unit, "dora", role=MembershipRole.DEPUTY, roles=())
    one, by = until(FRIDAY_BEFORE, responsible=unit), UserFactory(roles=[Role.KOORDINATION])
    walk(TUESDAY, TUESDAY)
    heard = lifecycle.OnBehalf(unit, lifecycle.Channel.PHONE, day("2026-02-20"))
    lifecycle.confirm(one, by=by, today=day("2026-03-05"), on_behalf_of=heard)
    assert ("10.03.", "dora") in [told[:2] for told in walk(day("2026-03-06"), day("2026-03-10"))]


def test_a_moved_date_begins_a_new_chapter(unit):
    member(unit, "anna")
    member(unit, "dora", role=MembershipRole.DEPUTY, roles=())
    event = EventFactory(starts_at=None, ends_at=None, period=Period(day("2026-03-10"), day("2026-03-10")))
    until(None, responsible=unit, event=event)
    walk(TUESDAY, TUESDAY)
    event.period = Period(day("2026-03-20"), day("2026-03-20"))
    event.save()
    told = [row[:2] for row in walk(day("2026-03-04"), day("2026-03-17"))]
    assert told == [("10.03.", "anna"), ("17.03.", "anna"), ("17.03.", "dora")]


def test_the_deputy_who_answers_for_it_anyway_gets_it_once(unit):
    dora = member(unit, "dora", role=MembershipRole.DEPUTY)
    until(FRIDAY_BEFORE, responsible=unit, contact=dora)
    assert [told[:2] for told in walk(TUESDAY, day("2026-03-10"))] == [("03.03.", "dora"), ("10.03.", "dora")]


def test_what_never_left_the_outbox_calls_no_deputy(unit, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    member(unit, "anna")
    member(unit, "dora", role=MembershipRole.DEPUTY, roles=())
    until(FRIDAY_BEFORE, responsible=unit)
    send(TUESDAY)
    assert [letter.to.address for letter in plan(on=day("2026-03-10")).letters] == ["anna@stadt.example"]


def test_a_mail_that_expired_is_written_again(unit):
    member(unit, "anna")
    until(FRIDAY_BEFORE, responsible=unit)
    queue_letter(plan(on=TUESDAY).letters[0], on=TUESDAY, now=timezone.now())
    Mail.objects.update(state=MailState.EXPIRED)
    assert [told[0] for told in walk(TUESDAY, day("2026-03-05"))] == ["04.03."]


def test_a_discarded_mail_is_the_one_of_the_week_but_calls_no_deputy(unit):
    """Somebody did not want it sent: it does not come back the next day, and nobody has left it unanswered."""
    member(unit, "anna")
    member(unit, "dora", role=MembershipRole.DEPUTY, roles=())
    until(FRIDAY_BEFORE, responsible=unit)
    queue_letter(plan(on=TUESDAY).letters[0], on=TUESDAY, now=timezone.now())
    discard(Mail.objects.get(), by=UserFactory(), now=timezone.now())
    assert [told[:2] for told in walk(TUESDAY, day("2026-03-17"))] == [
        ("10.03.", "anna"),
        ("17.03.", "anna"),
        ("17.03.", "dora"),
    ]


def test_an_unclear_mail_reminds_once_and_still_does_when_it_is_out_of_date(unit):
    member(unit, "anna")
    until(FRIDAY_BEFORE, responsible=unit)
    queue_letter(plan(on=TUESDAY).letters[0], on=TUESDAY, now=timezone.now())
    past = timezone.now() - ONE_DAY
    Mail.objects.update(state=MailState.SENDING, sending_since=past, expires_at=past)
    assert [told[0] for told in walk(TUESDAY, day("2026-03-10"))] == ["10.03."]


def test_a_plan_older_than_the_last_mail_sends_nothing(unit):
    """Two machines whose clocks stand on both sides of midnight."""
    member(unit, "anna")
    until(FRIDAY_BEFORE, responsible=unit)
    wednesday = TUESDAY + ONE_DAY
    (letter,) = plan(on=wednesday).letters
    send(TUESDAY)
    assert queue_letter(letter, on=wednesday, now=timezone.now()) is None
    assert Mail.objects.count() == 1


# --- The mail ------------------------------------------------------------------------------------------------------
def test_one_mail_holds_all_milestones_by_occasion(unit):
    member(unit, "anna")
    late = until(FRIDAY_BEFORE, responsible=unit, title="Workshop BNE", reported_on=day("2026-01-20"))
    soon = until(day("2026-03-15"), responsible=unit, title="Vorlage für den Hauptausschuss")
    silent = until(None, responsible=unit, title="Schulpartnerschaft", reported_on=day("2025-10-01"))
    send(TUESDAY)
    (message,) = django_mail.outbox
    assert message.subject == "3 Meilensteine brauchen Ihre Rückmeldung"
    body = message.body
    order = [
        "Verzögert\n---------",
        "Workshop BNE",
        "Bald fällig",
        "Vorlage für",
        "Rückmeldung überfällig",
        "Schulpart",
    ]
    assert sorted(order, key=body.index) == order
    assert "Termin: 27.02.2026, verzögert seit 28.02.2026, Stand vom 20.01.2026" in body
    assert "  ohne Termin, Stand vom 01.10.2025" in body
    for one in (late, soon, silent):
        assert f"https://testserver{reverse('concept:milestone_detail', args=[one.pk])}" in body
    assert "In Vertretung" not in body
    assert max(map(len, body.splitlines())) <= 100


@pytest.mark.parametrize(("soon", "is_enough"), [(False, False), (True, True)])
def test_a_click_that_nothing_has_changed_is_not_offered_where_all_dates_are_over(unit, soon, is_enough):
    member(unit, "anna")
    until(FRIDAY_BEFORE, responsible=unit), until(FRIDAY_BEFORE, responsible=unit)
    if soon:
        until(day("2026-03-15"), responsible=unit)
    send(TUESDAY)
    body = " ".join(django_mail.outbox[0].body.split())
    assert ("Hat sich nichts geändert, reicht ein Klick" in body) is is_enough
    over = "Die Termine sind vorbei. Nennen Sie einen neuen Termin mit Grund, oder melden Sie „erreicht“."
    assert (over in body) is not is_enough


@pytest.mark.parametrize("title", ["A\r\nBcc: alle@stadt.example", "A & B <b>fett</b>", "\u202eumgekehrt", "Ä" * 300])
def test_a_hostile_title_stays_a_title(unit, title):
    member(unit, "anna")
    until(FRIDAY_BEFORE, responsible=unit, title=title)
    send(TUESDAY)
    (message,) = django_mail.outbox
    assert message.subject == "Ein Meilenstein braucht Ihre Rückmeldung"
    assert "\nBcc:" not in message.body
    assert "&amp;" not in message.body
    assert "\u202e" not in message.body


@pytest.mark.parametrize(
    ("on", "now", "expires"),
    [
        ("2026-03-03", "2026-03-03T06:00:00+00:00", "2026-03-09T23:00:00+00:00"),
        ("2026-03-05", "2026-03-05T06:00:00+00:00", "2026-03-09T23:00:00+00:00"),
        ("2026-03-09", "2026-03-09T06:00:00+00:00", "2026-03-09T23:00:00+00:00"),
        ("2026-03-24", "2026-03-24T06:00:00+00:00", "2026-03-30T22:00:00+00:00"),  # summer time begins between them
        ("2026-10-20", "2026-10-20T05:00:00+00:00", "2026-10-26T23:00:00+00:00"),  # and ends
        ("2026-12-29", "2026-12-29T06:00:00+00:00", "2027-01-04T23:00:00+00:00"),
    ],
)
def test_a_reminder_that_still_waits_on_the_next_tuesday_is_of_no_more_use(unit, on, now, expires):
    member(unit, "anna")
    until(day(on) - 10 * ONE_DAY, responsible=unit, reported_on=day(on) - 50 * ONE_DAY)
    (letter,) = plan(on=day(on)).letters
    mail = queue_letter(letter, on=day(on), now=datetime.datetime.fromisoformat(now))
    assert mail.expires_at == datetime.datetime.fromisoformat(expires)


# --- The command ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("on", "why"),
    [
        ("2026-03-01", "Am Sonntag, 01.03.2026, wird niemand erinnert (Wochenende). Der nächste Arbeitstag ist Montag, 02.03.2026."),
        ("2026-04-06", "Am Montag, 06.04.2026, wird niemand erinnert (Ostermontag). Der nächste Arbeitstag ist Dienstag, 07.04.2026."),
        ("2026-02-12", "Am Donnerstag, 12.02.2026, wird niemand erinnert (Weiberfastnacht). Der nächste Arbeitstag ist Freitag, 13.02.2026."),
    ],
)  # fmt: skip
def test_a_day_off_says_so_and_sends_nothing(unit, on, why):
    ClosedDayFactory()
    member(unit, "anna")
    until(day("2026-01-30"), responsible=unit)
    assert send(day(on)) == (f"{why}\n", "")
    assert not Mail.objects.exists()


def test_the_command_says_a_line_for_each_mail_and_a_summary(unit):
    member(unit, "anna")
    until(FRIDAY_BEFORE, responsible=unit)
    until(day("2026-03-10"), responsible=unit)
    out, err = send(TUESDAY)
    assert out.splitlines() == [
        "Erinnerungen am Dienstag, 03.03.2026",
        "anna@stadt.example: 2 Meilensteine (1 Verzögert, 1 Bald fällig)",
        "1 Mail gesendet, 0 Mails im Postausgang.",
    ]
    assert err == ""


def test_a_dry_run_shows_exactly_what_would_be_sent_and_changes_nothing(unit):
    member(unit, "anna")
    member(unit, "hans", role=MembershipRole.HEAD, roles=())
    until(FRIDAY_BEFORE, responsible=unit)
    walk(TUESDAY, day("2026-03-10"))
    before = Mail.objects.count(), ReminderItem.objects.count()
    with CaptureQueriesContext(connection) as captured:
        out, _ = send(day("2026-03-17"), dry_run=True)
    assert (Mail.objects.count(), ReminderItem.objects.count(), Escalation.objects.count()) == (*before, 0)
    assert [query["sql"] for query in captured if not query["sql"].startswith("SELECT")] == []
    sent = len(django_mail.outbox)
    send(day("2026-03-17"))
    (message,) = django_mail.outbox[sent:]
    assert f"An: {message.to[0]}\nBetreff: {message.subject}\n" in out
    assert message.body in out
    hint = Escalation.objects.get()
    assert f"Betreff: {hint.subject}\n" in out
    assert hint.text in out
    assert "Probelauf: 1 Mail, nichts wurde gesendet oder gespeichert." in out


@pytest.mark.parametrize("text", ["morgen", "31.02.2026", "24.11", "2026-13-01", ""])
def test_a_day_that_is_none_is_refused_in_german(text):
    with pytest.raises(CommandError, match=f"„{text}“ ist kein Tag"):
        call_command("send_reminders", f"--on={text}")


@pytest.mark.parametrize("text", ["01.03.2026", "2026-03-01"])
def test_a_day_is_read_in_two_spellings(text):
    out = StringIO()
    call_command("send_reminders", "--on", text, stdout=out)
    assert out.getvalue().startswith("Am Sonntag, 01.03.2026,")


def test_an_address_that_is_none_keeps_nobody_else_from_their_mail(unit):
    broken = PersonFactory(family_name="Aaa", email="keine Adresse")
    MembershipFactory(person=broken, organisation=unit)
    other = UnitFactory()
    member(other, "anna")
    until(FRIDAY_BEFORE, responsible=unit, contact=broken)
    until(FRIDAY_BEFORE, responsible=other)
    _, err = send(TUESDAY)
    assert "keine Adresse: ein Meilenstein (1 Verzögert) – nicht eingereiht" in err
    assert [message.to for message in django_mail.outbox] == [["anna@stadt.example"]]


def test_a_plan_takes_the_same_queries_for_ten_times_the_milestones():
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert plan(on=TUESDAY).letters
        return len(captured)

    def fill(number):
        for _ in range(number):
            unit = UnitFactory()
            member(unit, f"anna{unit.pk}")
            until(FRIDAY_BEFORE, responsible=unit, event=EventFactory())

    fill(1)
    few = queries()
    fill(10)
    assert (queries(), few) == (4, 4)


def test_a_mail_takes_the_same_queries_for_ten_times_the_milestones(unit):
    def queries(number):
        person = member(unit, f"anna{number}")
        for _ in range(number):
            until(FRIDAY_BEFORE, responsible=unit, contact=person)
        (letter,) = [one for one in plan(on=TUESDAY).letters if one.to.person == person]
        with CaptureQueriesContext(connection) as captured:
            assert queue_letter(letter, on=TUESDAY, now=timezone.now()).kind == MailKind.REMINDER
        return len(captured)

    assert queries(20) == queries(2)
