"""Wiedervorlagen: set on any record, shown there, done with one click, and gone with the record."""

import datetime
from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kepol.accounts.choices import Role
from kepol.accounts.roles import sync_roles
from kepol.dates.models import Tickler
from kepol.dates.panels import lateness
from kepol.dates.ticklers import finish, remind, reopen
from kepol.lib.backoffice.attached import GONE
from kepol.lib.versions import Conflict
from stakeholders.models import Organisation
from tests.factories import MembershipFactory, OrganisationFactory, PersonFactory, SdgFactory, UserFactory
from tests.factories.dates import TicklerFactory
from tests.forms import FormReader, read_form

pytestmark = pytest.mark.django_db

DAY = datetime.date(2026, 11, 30)
TODAY = datetime.timedelta()


@pytest.fixture(autouse=True)
def _roles(request):
    request.getfixturevalue("transactional_db" if _is_race(request) else "db")
    sync_roles()


def _is_race(request):
    marker = request.node.get_closest_marker("django_db")
    return bool(marker.kwargs.get("transaction"))


@pytest.fixture
def user():
    return UserFactory(roles=[Role.KOORDINATION])


@pytest.fixture
def desk(user):
    client = Client()
    client.force_login(user)
    return client


def page(obj, name="change", *more, **query):
    label = f"{obj._meta.app_label}_{obj._meta.model_name}"
    return reverse(f"admin:{label}_{name}", args=[obj.pk, *more], query=query or None)


def listed(client, **query):
    response = client.get(reverse("admin:dates_tickler_changelist"), query)
    return {row.note for row in response.context["cl"].result_list}


# --- The verbs ---------------------------------------------------------------------------------------------------
def test_remind_keeps_the_name_the_record_bears_now(user):
    record = OrganisationFactory(name="Kolping Aachen")
    tickler = remind(record, on=DAY, note=" Anrufen ", for_whom=user, by=user)
    record.name = "Kolpingwerk"
    record.save()
    stored = Tickler.objects.of(record).get()
    assert (stored, stored.title, stored.note, stored.history.get().history_user) == (
        tickler,
        "Kolping Aachen",
        "Anrufen",
        user,
    )


@pytest.mark.parametrize("note", ["", "   ", "x" * 301])
def test_remind_refuses_a_note_nobody_could_read(user, note):
    with pytest.raises(ValidationError):
        remind(OrganisationFactory(), on=DAY, note=note, for_whom=user, by=user)
    assert not Tickler.objects.exists()


def test_remind_refuses_a_record_that_was_deleted_meanwhile(user):
    record = OrganisationFactory()
    Organisation.objects.all().delete()
    with pytest.raises(ValidationError, match=GONE):
        remind(record, on=DAY, note="Anrufen", for_whom=user, by=user)


def test_finish_notes_who_and_when_and_reopen_takes_it_back(user):
    tickler = TicklerFactory()
    finish(tickler, on=DAY, by=user)
    stored = Tickler.objects.get()
    assert (stored.done_on, stored.done_by, stored.is_done) == (DAY, user, True)
    reopen(stored, by=user)
    stored = Tickler.objects.get()
    assert (stored.done_on, stored.done_by, stored.is_done) == (None, None, False)


def test_what_is_done_is_not_done_twice_and_what_is_open_not_reopened(user):
    with pytest.raises(ValidationError, match="schon erledigt"):
        finish(TicklerFactory(is_done=True), on=DAY, by=user)
    with pytest.raises(ValidationError, match="noch nicht erledigt"):
        reopen(TicklerFactory(), by=user)


def test_finish_refuses_an_unseen_change_and_what_is_gone(user):
    tickler = TicklerFactory()
    Tickler.objects.get().save()
    with pytest.raises(Conflict):
        finish(tickler, on=DAY, by=user)
    Tickler.objects.all().delete()
    with pytest.raises(ValidationError, match=GONE):
        finish(tickler, on=DAY, by=user)


@pytest.mark.parametrize(
    ("due", "is_done", "words", "is_due", "is_overdue"),
    [
        (0, False, "heute fällig", True, False),
        (1, False, "", False, False),
        (-1, False, "überfällig seit gestern", True, True),
        (-12, False, "überfällig seit 12 Tagen", True, True),
        (-12, True, "", False, False),
    ],
)
def test_python_sql_and_words_agree_on_what_is_due(due, is_done, words, is_due, is_overdue):
    tickler = TicklerFactory(due_on=DAY + datetime.timedelta(days=due), is_done=is_done)
    assert lateness(tickler, on=DAY) == words
    assert tickler.is_overdue(on=DAY) is is_overdue
    assert Tickler.objects.due(on=DAY).exists() is is_due
    assert Tickler.objects.open().exists() is not is_done
    assert Tickler.objects.done().exists() is is_done


# --- On the page of a record --------------------------------------------------------------------------------------
@pytest.mark.parametrize("make", [OrganisationFactory, PersonFactory, MembershipFactory, SdgFactory])
def test_one_is_set_on_any_record_and_shown_there(desk, user, make):
    record = make()
    step = page(record, "step", "wiedervorlage")
    assert step in desk.get(page(record)).text
    form = read_form(desk.get(step))
    assert form["for_whom"] == [str(user.pk)]
    day = timezone.localdate() + datetime.timedelta(days=3)
    response = desk.post(step, {**form, "on": f"{day:%d.%m.%Y}", "note": "Gastgeschenk klären"}, follow=True)
    assert response.redirect_chain == [(page(record), 302)]
    assert f"{day:%d.%m.%Y}" in response.text
    assert "Gastgeschenk klären" in response.text
    assert '<span class="quiet">für mich</span>' in response.text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"on": "01.01.2020"}, "Der Tag liegt in der Vergangenheit."),
        ({"on": "irgendwann"}, "Bitte ein gültiges Datum eingeben."),
        ({"note": " "}, "Dieses Feld ist zwingend erforderlich."),
        ({"for_whom": ""}, "Dieses Feld ist zwingend erforderlich."),
    ],
)
def test_the_form_says_in_german_what_is_missing(desk, change, sentence):
    step = page(OrganisationFactory(), "step", "wiedervorlage")
    response = desk.post(step, {**read_form(desk.get(step)), "note": "Anrufen", **change})
    assert sentence in response.text
    assert not Tickler.objects.exists()


def test_only_accounts_that_see_it_are_offered(desk, user):
    colleague = UserFactory(roles=[Role.KOORDINATION, Role.LEITUNG])
    UserFactory(roles=[Role.LESEZUGRIFF, Role.LEITUNG])
    UserFactory(roles=[Role.KOORDINATION], is_active=False)
    UserFactory()
    form = desk.get(page(OrganisationFactory(), "step", "wiedervorlage")).context["form"]
    assert list(form.fields["for_whom"].queryset) == sorted([user, colleague], key=lambda one: one.email)


def button(response, step):
    """What a browser posts for the first button of `step` on the page, and where to."""
    reader = ActionReader()
    reader.feed(response.text)
    return next((target, data) for target, data in zip(reader.targets, reader.forms, strict=True) if step in target)


class ActionReader(FormReader):
    def __init__(self):
        super().__init__()
        self.targets = []

    def handle_starttag(self, tag, attrs):
        if tag == "form":
            self.targets.append(dict(attrs).get("action", ""))
        super().handle_starttag(tag, attrs)


def test_one_click_does_it_and_leads_back_and_one_click_takes_it_back(desk, user):
    record = OrganisationFactory()
    TicklerFactory(record=record, note="Rückruf", due_on=timezone.localdate() - datetime.timedelta(days=2))
    shown = desk.get(page(record))
    assert "überfällig seit 2 Tagen" in shown.text
    response = desk.post(*button(shown, "/schritt/erledigt/"), follow=True)
    assert response.redirect_chain == [(page(record), 302)]
    assert "Erledigt: „" in response.text
    assert Tickler.objects.get().done_by == user
    response = desk.post(*button(response, "/schritt/doch-nicht-erledigt/"), follow=True)
    assert response.redirect_chain == [(page(record), 302)]
    assert "Wieder offen: „" in response.text
    assert not Tickler.objects.get().is_done


def test_a_second_click_says_that_it_is_done_and_changes_nothing(desk):
    record = OrganisationFactory()
    tickler = TicklerFactory(record=record)
    clicked = button(desk.get(page(record)), "/schritt/erledigt/")
    finish(tickler, on=DAY, by=tickler.for_whom)
    response = desk.post(*clicked, follow=True)
    assert response.redirect_chain == [(page(record), 302)]
    assert "Diese Wiedervorlage ist schon erledigt." in response.text
    assert Tickler.objects.get().done_by == tickler.for_whom


def test_a_click_on_what_was_changed_meanwhile_shows_the_new_state_first(desk):
    record = OrganisationFactory()
    tickler = TicklerFactory(record=record)
    clicked = button(desk.get(page(record)), "/schritt/erledigt/")
    tickler.note = "Etwas ganz anderes"
    tickler.save()
    response = desk.post(*clicked)
    assert "wurde inzwischen geändert" in response.text
    assert "Etwas ganz anderes" in response.text
    assert not Tickler.objects.get().is_done


def test_the_page_shows_the_next_ones_and_says_that_there_are_more(desk):
    record = OrganisationFactory()
    for number in range(12):
        TicklerFactory(record=record, due_on=DAY + datetime.timedelta(days=number))
    text = desk.get(page(record)).text
    assert text.count(">Erledigt<") == 10
    assert "Liste der Wiedervorlagen" in text


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.KOORDINATION])
def test_who_may_not_see_them_neither_sees_nor_sets_nor_does_them(role):
    client, tickler = Client(), TicklerFactory(note="Vertraulicher Rückruf")
    client.force_login(UserFactory(roles=[role]))
    record = Organisation.objects.get()
    for address in (page(record), page(tickler), reverse("admin:dates_tickler_changelist"), reverse("admin:index")):
        assert "Vertraulicher Rückruf" not in client.get(address, follow=True).text
    data = {"on": "31.12.2099", "note": "heimlich", "for_whom": str(tickler.for_whom_id)}
    client.post(page(record, "step", "wiedervorlage"), data)
    client.post(page(tickler, "step", "erledigt"), data)
    assert [row.is_done for row in Tickler.objects.all()] == [False]


# --- In lists -----------------------------------------------------------------------------------------------------
def test_the_list_action_shows_the_rows_and_sets_one_on_each(desk, user):
    records = [OrganisationFactory() for _ in range(3)]
    address = reverse("admin:stakeholders_organisation_changelist")
    shown = desk.post(address, {"action": "wiedervorlage", "_selected_action": [row.pk for row in records]})
    assert "Betroffen sind 3 Einträge" in shown.text
    assert not Tickler.objects.exists()
    data = {**read_form(shown), "on": "31.12.2099", "note": "Jahresgruß"}
    assert desk.post(address, data).status_code == 302
    assert {tickler.title for tickler in Tickler.objects.meant_for(user)} == {str(row) for row in records}


FILTERS = [
    ({}, {"morgen", "gestern", "fremd"}),
    ({"stand": "faellig"}, {"gestern", "fremd"}),
    ({"stand": "erledigt"}, {"getan"}),
    ({"stand": "alle"}, {"morgen", "gestern", "fremd", "getan"}),
    ({"stand": "faellig", "fuer": "mich"}, {"gestern"}),
    ({"q": "GESTERN"}, {"gestern"}),
    ({"q": "ökumene"}, {"morgen"}),
]


@pytest.mark.parametrize(("query", "expected"), FILTERS)
def test_the_list_finds_them_by_state_person_note_and_record(desk, user, query, expected):
    day = datetime.timedelta(days=1)
    ecumenical = OrganisationFactory(name="Ökumene e.V.")
    TicklerFactory(note="morgen", due_on=timezone.localdate() + day, for_whom=user, record=ecumenical)
    TicklerFactory(note="gestern", due_on=timezone.localdate() - day, for_whom=user)
    TicklerFactory(note="fremd", due_on=timezone.localdate())
    TicklerFactory(note="getan", for_whom=user, is_done=True)
    assert listed(desk, **query) == expected


def test_the_list_links_to_the_record_and_does_several_at_once(desk):
    ticklers = [TicklerFactory() for _ in range(2)]
    address = reverse("admin:dates_tickler_changelist")
    text = desk.get(address).text
    assert all(f'<a href="{tickler.record_url}">{tickler.title}</a>' in text for tickler in ticklers)
    shown = desk.post(address, {"action": "erledigt", "_selected_action": [row.pk for row in ticklers]})
    assert desk.post(address, read_form(shown)).status_code == 302
    assert not Tickler.objects.open().exists()


def test_day_note_and_person_can_be_changed_and_what_has_a_door_cannot(desk):
    tickler = TicklerFactory()
    form = read_form(desk.get(page(tickler)))
    assert {"due_on", "note", "for_whom"} <= form.keys()
    assert not {"done_on", "done_by", "title", "object_id", "content_type"} & form.keys()
    assert desk.post(page(tickler), {**form, "due_on": "24.12.2026", "done_on": "01.01.2026"}).status_code == 302
    stored = Tickler.objects.get()
    assert (stored.due_on, stored.done_on) == (datetime.date(2026, 12, 24), None)


def test_there_is_no_page_to_add_one_and_none_on_one(desk):
    assert desk.get(reverse("admin:dates_tickler_add")).status_code == 403
    assert "/schritt/wiedervorlage/" not in desk.get(page(TicklerFactory())).text


# --- The start page -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("days", "is_urgent", "note"), [((0, 5), False, ""), ((-3, 0), True, "die älteste seit "), ((), False, "")]
)
def test_the_start_page_counts_my_own_that_are_due(desk, user, days, is_urgent, note):
    for number in days:
        TicklerFactory(for_whom=user, due_on=timezone.localdate() + datetime.timedelta(days=number))
    TicklerFactory(due_on=timezone.localdate())
    counts = desk.get(reverse("admin:index")).context["counts"]
    count = next(count for count in counts if count.label == "Wiedervorlagen fällig")
    assert count.count == sum(number <= 0 for number in days)
    assert (count.is_urgent, count.note.startswith(note), bool(count.note)) == (is_urgent, True, bool(note))
    assert desk.get(count.url).context["cl"].result_count == count.count


# --- Deleting a record --------------------------------------------------------------------------------------------
def delete(desk, record):
    shown = desk.get(page(record, "delete"), follow=True)
    address = shown.redirect_chain[-1][0]
    return shown, lambda: desk.post(address, {"post": "yes"}, follow=True)


def test_a_deleted_record_takes_them_along_and_says_so_before(desk):
    record = OrganisationFactory()
    TicklerFactory(record=record, note="Rückruf")
    TicklerFactory(note="bleibt")
    shown, confirm = delete(desk, record)
    assert "Rückruf" in shown.text
    confirm()
    assert [tickler.note for tickler in Tickler.objects.all()] == ["bleibt"]
    call_command("check_data", stdout=StringIO(), stderr=StringIO())


def test_one_that_was_set_after_the_confirmation_page_is_not_lost_unseen(desk):
    record = OrganisationFactory()
    _, confirm = delete(desk, record)
    TicklerFactory(record=record)
    assert "wurde inzwischen geändert" in confirm().text
    assert Organisation.objects.filter(pk=record.pk).exists()
    assert Tickler.objects.count() == 1


def test_a_row_deleted_in_the_form_of_another_takes_them_along(desk):
    member = MembershipFactory()
    TicklerFactory(record=member)
    form = read_form(desk.get(page(member.person)))
    row = next(key for key, value in form.items() if key.endswith("-id") and value == [str(member.pk)])
    assert desk.post(page(member.person), {**form, f"{row.removesuffix('id')}DELETE": "on"}).status_code == 302
    assert not Tickler.objects.exists()


def test_check_data_finds_one_whose_record_is_gone():
    TicklerFactory()
    Organisation.objects.all().delete()
    told = StringIO()
    with pytest.raises(Exception, match="verletzen eine Regel"):
        call_command("check_data", stdout=StringIO(), stderr=told)
    assert GONE in told.getvalue()


# --- Two at once --------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_of_two_clicks_at_once_one_does_it_and_the_other_is_told():
    clients = []
    for _ in range(2):
        client = Client(raise_request_exception=False)
        client.force_login(UserFactory(roles=[Role.KOORDINATION]))
        clients.append(client)
    record = OrganisationFactory()
    TicklerFactory(record=record)
    clicks = [button(client.get(page(record)), "/schritt/erledigt/") for client in clients]

    def send(number):
        try:
            return clients[number].post(*clicks[number])
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        responses = list(pool.map(send, range(2)))
    assert all(response.status_code in {200, 302} for response in responses)
    stored = Tickler.objects.get()
    assert stored.is_done
    assert stored.history.filter(done_on__isnull=False).count() == 1


def test_what_was_meant_for_an_ended_account_rings_for_the_others():
    left, here = UserFactory(roles=[Role.KOORDINATION]), UserFactory(roles=[Role.KOORDINATION])
    tickler = TicklerFactory(for_whom=left)
    assert tickler not in Tickler.objects.meant_for(here)
    left.is_active = False
    left.save()
    assert tickler in Tickler.objects.meant_for(here)
