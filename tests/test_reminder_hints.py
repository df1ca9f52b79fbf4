"""Hints to heads of units: proposed by the application, read and sent by the Koordination, or discarded; and what the start page says."""

import datetime

import pytest
from django.core import mail as django_mail
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from concept import lifecycle
from concept.escalations import ANSWERED, DECIDED, discard, proposals, send
from concept.models import Escalation, EscalationState, Milestone
from concept.reminder_follow_ups import EscalationFollowUp, UnreachableFollowUp
from concept.reminder_texts import escalation_text
from kepol.accounts.choices import Role
from kepol.accounts.roles import sync_roles
from kepol.lib.history import entries
from kepol.lib.versions import Conflict
from kepol.mail.choices import MailKind
from kepol.mail.models import Mail
from stakeholders.choices import MembershipRole
from stakeholders.models import Absence, Membership
from tests.factories import UnitFactory, UserFactory
from tests.factories.concept import EscalationFactory, MilestoneFactory, ReminderItemFactory
from tests.factories.stakeholders import AbsenceFactory
from tests.forms import read_form
from tests.test_reminders import FRIDAY_BEFORE, TUESDAY, day, member, until, walk

pytestmark = pytest.mark.django_db

PROPOSED_ON = day("2026-03-17")
ONE_DAY = datetime.timedelta(days=1)


@pytest.fixture(autouse=True)
def _roles():
    sync_roles()


@pytest.fixture
def by():
    return UserFactory(roles=[Role.KOORDINATION])


@pytest.fixture
def hint():
    """A hint to the head of FB 36 about two milestones nobody answered for."""
    unit = UnitFactory(code="FB 36", name="Fachbereich Klima und Umwelt")
    head = member(unit, "hans", role=MembershipRole.HEAD, roles=())
    rows = [until(FRIDAY_BEFORE, responsible=unit, title=title) for title in ("Workshop", "Vorlage")]
    return EscalationFactory(unit=unit, person=head, milestones=rows, proposed_on=PROPOSED_ON)


def stored(hint):
    return Escalation.objects.get(pk=hint.pk)


def sent(hint, by, **more):
    send(
        hint,
        **{
            "subject": "Bitte um Rückmeldung",
            "text": "Guten Tag,\n\nes fehlt etwas.\n",
            "by": by,
            "today": PROPOSED_ON,
            **more,
        },
    )


# --- Proposing -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("given", "on", "is_proposed"),
    [
        ({}, PROPOSED_ON, False),  # one waits already
        ({"state": EscalationState.SENT}, PROPOSED_ON + 28 * ONE_DAY, False),
        ({"state": EscalationState.SENT}, PROPOSED_ON + 29 * ONE_DAY, True),
        ({"state": EscalationState.DISCARDED}, PROPOSED_ON + 28 * ONE_DAY, False),
        ({"state": EscalationState.DISCARDED}, PROPOSED_ON + 29 * ONE_DAY, True),
    ],
)
def test_the_same_is_not_proposed_again_before_four_weeks(hint, by, given, on, is_proposed):
    if given:
        Escalation.objects.update(**given, decided_on=PROPOSED_ON, decided_by=by)
    rows = {hint.unit: list(Milestone.objects.with_expected_end())}
    assert [unit for unit, _, _ in proposals(rows, on=on)] == ([hint.unit] if is_proposed else [])


def test_another_milestone_is_proposed_although_one_was_decided_about(hint, by):
    discard(hint, by=by, today=PROPOSED_ON)
    other = until(FRIDAY_BEFORE, responsible=hint.unit)
    ((_, to, rows),) = proposals({hint.unit: [*hint.milestones.all(), other]}, on=PROPOSED_ON)
    assert (to.person, rows) == (hint.person, [other])


def test_without_a_head_to_reach_the_command_says_so():
    unit = UnitFactory(code="FB 36", name="Fachbereich Klima und Umwelt")
    member(unit, "anna")
    AbsenceFactory(person=member(unit, "hans", role=MembershipRole.HEAD, roles=()), last_day=day("2026-03-20"))
    until(FRIDAY_BEFORE, responsible=unit)
    walk(TUESDAY, day("2026-03-18"))
    assert not Escalation.objects.exists()
    walk(day("2026-03-19"), day("2026-03-23"))
    assert Escalation.objects.get().proposed_on == day("2026-03-23")


@pytest.mark.parametrize(
    ("roles", "account", "only_reads"), [((), True, True), ((Role.FACHBEREICH,), True, False), ((), False, False)]
)
def test_a_head_who_cannot_report_is_told_who_can(roles, account, only_reads):
    unit = UnitFactory(code="FB 36")
    head = member(unit, "hans", role=MembershipRole.HEAD, roles=roles)
    if not account:
        head.user, head.email = None, "hans@stadt.example"
        head.save()
    until(FRIDAY_BEFORE, responsible=unit)
    ((_, to, rows),) = proposals({unit: list(Milestone.objects.with_expected_end())}, on=PROPOSED_ON)
    text = " ".join(escalation_text(unit, to, rows, on=PROPOSED_ON).split())
    told = "Über den Link sehen Sie den Stand; antworten kann Ihre Dienststelle oder, auf Ihren Anruf hin, die Koordination."
    assert (told in text, "Können Sie uns sagen, wer antworten kann" in text) == (only_reads, not only_reads)


# --- Deciding ------------------------------------------------------------------------------------------------------
def test_send_sends_the_words_that_were_seen_and_notes_who_decided(hint, by, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        sent(hint, by)
    (message,) = django_mail.outbox
    assert (message.to, message.subject) == (["hans@stadt.example"], "Bitte um Rückmeldung")
    assert message.body == "Guten Tag,\n\nes fehlt etwas."
    row = stored(hint)
    assert (row.state, row.decided_by, row.decided_on) == (EscalationState.SENT, by, PROPOSED_ON)
    assert (row.mail.kind, row.mail.key) == (MailKind.ESCALATION, f"escalation:{row.pk}")
    assert by.email in " ".join(entry.who + entry.sentence for entry in entries(row))


def test_discard_sends_nothing(hint, by):
    discard(hint, by=by, today=PROPOSED_ON)
    assert (stored(hint).state, Mail.objects.exists()) == (EscalationState.DISCARDED, False)


@pytest.mark.parametrize("verb", [sent, lambda hint, by: discard(hint, by=by, today=PROPOSED_ON)])
def test_a_decision_is_made_once(hint, by, verb):
    discard(stored(hint), by=by, today=PROPOSED_ON)
    with pytest.raises(ValidationError, match=DECIDED):
        verb(hint, by)


@pytest.mark.parametrize("verb", [sent, lambda hint, by: discard(hint, by=by, today=PROPOSED_ON)])
def test_a_hint_that_was_changed_unseen_is_not_decided_about(hint, by, verb):
    stored(hint).save()
    with pytest.raises(Conflict):
        verb(hint, by)
    assert not Mail.objects.exists()


def test_what_was_answered_meanwhile_is_not_sent(hint, by):
    first, second = hint.milestones.order_by("pk")
    lifecycle.confirm(first, by=by, today=PROPOSED_ON)
    sent(stored(hint), by)
    other = EscalationFactory(unit=hint.unit, person=hint.person, milestones=[first, second], proposed_on=PROPOSED_ON)
    lifecycle.reach(second, on=PROPOSED_ON, by=by, today=PROPOSED_ON)
    with pytest.raises(ValidationError, match=ANSWERED):
        sent(other, by)


@pytest.mark.parametrize(
    "why",
    [
        lambda person: AbsenceFactory(person=person, first_day=PROPOSED_ON, last_day=PROPOSED_ON),
        lambda person: Membership.objects.filter(person=person).update(valid_to=PROPOSED_ON - ONE_DAY),
        lambda person: Membership.objects.filter(person=person).update(role=MembershipRole.STAFF),
        lambda person: type(person.user).objects.update(is_active=False),
    ],
)
def test_only_who_is_head_today_gets_it(hint, by, why):
    why(hint.person)
    with pytest.raises(ValidationError, match="nicht als Leitung erreichbar"):
        sent(hint, by)
    assert (stored(hint).state, Mail.objects.exists()) == (EscalationState.PROPOSED, False)


# --- The back office -----------------------------------------------------------------------------------------------
def url(hint, page="change", *more):
    return reverse(f"admin:concept_escalation_{page}", args=[hint.pk, *more])


@pytest.fixture
def desk(by):
    client = Client()
    client.force_login(by)
    return client


def test_the_page_shows_the_text_and_sends_what_was_changed_there(desk, hint, django_capture_on_commit_callbacks):
    lifecycle.confirm(hint.milestones.order_by("pk")[0], by=UserFactory(is_superuser=True), today=timezone.localdate())
    page = desk.get(url(hint, "step", "senden"))
    assert hint.text.strip() in page.text
    assert "Inzwischen gibt es Neues zu „Workshop“." in page.text
    assert "Eva Hans (hans@stadt.example)" in page.text
    form = {**read_form(page), "text": "Guten Tag,\r\n\r\nneuer Text\r\n"}
    with django_capture_on_commit_callbacks(execute=True):
        assert desk.post(url(hint, "step", "senden"), form).status_code == 302
    assert "neuer Text" in django_mail.outbox[0].body
    assert "\r" not in Mail.objects.get().text
    assert stored(hint).state == EscalationState.SENT


def test_the_empty_list_says_when_a_hint_is_proposed(desk, hint, by):
    said = "Zurzeit ist nichts zu entscheiden. KEpol schlägt einen Hinweis vor, wenn zwei Wochen nach der Erinnerung keine Antwort da ist."
    address = reverse("admin:concept_escalation_changelist")
    assert said not in desk.get(address).text
    discard(hint, by=by, today=PROPOSED_ON)
    assert said in " ".join(desk.get(address).text.split())
    assert said not in " ".join(desk.get(address, {"stand": "gesendet"}).text.split())


def test_the_page_shows_everything_and_changes_nothing(desk, hint):
    page = desk.get(url(hint))
    assert all(text in page.text for text in (hint.subject, "Workshop", "Vorlage", "FB 36", "Senden …", "Verwerfen …"))
    assert desk.post(url(hint), {"subject": "Anderer Betreff", "state": "sent", "mail": "1"}).status_code == 403
    assert (stored(hint).subject, stored(hint).state) == (hint.subject, EscalationState.PROPOSED)


@pytest.mark.parametrize("step", ["senden", "verwerfen"])
def test_steps_of_a_decided_hint_lead_back(desk, hint, by, step):
    discard(hint, by=by, today=PROPOSED_ON)
    assert DECIDED in desk.get(url(hint, "step", step), follow=True).text


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.KOORDINATION])
def test_nobody_but_the_koordination_decides(hint, role):
    client = Client()
    client.force_login(UserFactory(roles=[role]))
    client.post(url(hint, "step", "senden"), {"subject": "x", "text": "y"})
    client.post(url(hint, "step", "verwerfen"), {})
    assert (stored(hint).state, Mail.objects.exists()) == (EscalationState.PROPOSED, False)


def test_a_subject_in_two_lines_is_refused(desk, hint):
    form = {**read_form(desk.get(url(hint, "step", "senden"))), "subject": "A\nBcc: alle@stadt.example"}
    desk.post(url(hint, "step", "senden"), form)
    assert all("\n" not in subject for subject in Mail.objects.values_list("subject", flat=True))


# --- The start page ------------------------------------------------------------------------------------------------
def counts(source, user):
    return {count.label: count for count in source.counts(user, on=timezone.localdate())}


def test_the_start_page_counts_what_waits_and_links_to_it(desk, hint, by):
    discard(EscalationFactory(), by=by, today=PROPOSED_ON)
    (count,) = counts(EscalationFollowUp(), by).values()
    assert (count.count, count.is_urgent) == (1, True)
    assert list(desk.get(count.url).context["cl"].result_list) == [hint]


def test_the_start_page_counts_units_nobody_can_be_asked_for_and_links_to_them(desk, by):
    silent, reached, spoken = UnitFactory(), UnitFactory(), UnitFactory()
    silent.retired_on, silent.retired_reason = day("2026-01-01"), "aufgelöst"
    silent.save()
    member(spoken, "anna")
    MilestoneFactory(responsible=silent), MilestoneFactory(responsible=silent), MilestoneFactory(responsible=spoken)
    MilestoneFactory(responsible=reached, reached=True)
    count = counts(UnreachableFollowUp(), by)["Dienststellen, die niemand erinnern kann"]
    assert count.count == 1
    assert list(desk.get(count.url).context["cl"].result_list) == [silent]


def test_the_start_page_names_units_in_which_all_are_away_and_those_without_a_head(desk, by):
    today = timezone.localdate()
    away, headless = UnitFactory(), UnitFactory()
    anna = member(away, "anna")
    AbsenceFactory(person=anna, first_day=today, last_day=today)
    member(headless, "bert")
    late = {"reported_on": today - 60 * ONE_DAY}
    until(today - 50 * ONE_DAY, responsible=away, **late)
    one = until(today - 50 * ONE_DAY, responsible=headless, **late)
    for days in (21, 14, 7):
        ReminderItemFactory(milestone=one, on=today - days * ONE_DAY, expected_end=one.planned.end)
    found = counts(UnreachableFollowUp(), by)
    rows = {label: list(desk.get(count.url).context["cl"].result_list) for label, count in found.items()}
    assert rows == {
        "Dienststellen, die niemand erinnern kann": [],
        "Dienststellen, in denen alle abwesend sind": [away],
        "Dienststellen ohne erreichbare Leitung": [headless],
    }
    member(headless, "hans", role=MembershipRole.HEAD, roles=())
    assert counts(UnreachableFollowUp(), by)["Dienststellen ohne erreichbare Leitung"].count == 0


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.KOORDINATION])
def test_counts_are_for_who_can_do_something(role, hint):
    user = UserFactory(roles=[role])
    assert [*counts(EscalationFollowUp(), user), *counts(UnreachableFollowUp(), user)] == []


# --- Absences ------------------------------------------------------------------------------------------------------
def test_an_absence_is_entered_with_the_person_and_goes_with_them(desk, hint):
    page = reverse("admin:stakeholders_person_change", args=[hint.person.pk])
    form = read_form(desk.get(page))
    form |= {
        "absences-TOTAL_FORMS": "1",
        "absences-0-first_day": "02.03.2026",
        "absences-0-last_day": "13.03.2026",
        "absences-0-person": str(hint.person.pk),
    }
    assert desk.post(page, form).status_code == 302
    absence = Absence.objects.get()
    assert (absence.person, absence.first_day, absence.deputy) == (hint.person, day("2026-03-02"), None)
    assert str(absence) == "Eva Hans: 02.03.2026 bis 13.03.2026"


@pytest.mark.parametrize(
    ("on", "is_away"), [("2026-03-01", False), ("2026-03-02", True), ("2026-03-08", True), ("2026-03-09", False)]
)
def test_an_absence_holds_from_its_first_to_its_last_day(on, is_away):
    AbsenceFactory()
    assert Absence.objects.on(day(on)).exists() is is_away
