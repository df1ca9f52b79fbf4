"""The contact log: noted in one line, its next step done, deleted in time without a word left behind."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from kepol.accounts.choices import Role
from kepol.accounts.roles import sync_roles
from kepol.dates.models import Tickler
from kepol.dates.ticklers import remind
from kepol.files.models import DocumentReference
from kepol.lib.history import entries
from kepol.lib.versions import Conflict, seen_token
from stakeholders.contacts import finish_next_step, note_contact, only_organisation, purge, reopen_next_step
from stakeholders.models import ContactEntry, Organisation
from stakeholders.models.privacy import years_after
from tests.factories.accounts import UserFactory
from tests.factories.files import DocumentReferenceFactory
from tests.factories.stakeholders import (
    ContactEntryFactory,
    MembershipFactory,
    OrganisationAliasFactory,
    OrganisationFactory,
    PersonFactory,
    UnitFactory,
)
from tests.forms import read_form

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 3, 2)
ONE = datetime.timedelta(days=1)
SECRET = "Kanarienvogel"


@pytest.fixture(autouse=True)
def _roles():
    sync_roles()


@pytest.fixture
def user():
    return UserFactory(email="eva@example.org", roles=[Role.KOORDINATION])


@pytest.fixture
def desk(user):
    client = Client()
    client.force_login(user)
    return client


def address(obj, page="change", *more):
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_{page}", args=[obj.pk, *more])


def listed(client, model, **query):
    response = client.get(reverse(f"admin:stakeholders_{model}_changelist"), query)
    return set(response.context["cl"].result_list)


# --- Noting ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("day", "years", "expected"),
    [
        (datetime.date(2026, 3, 2), 3, datetime.date(2029, 3, 2)),
        (datetime.date(2024, 2, 29), 3, datetime.date(2027, 2, 28)),
        (datetime.date(2024, 2, 29), 4, datetime.date(2028, 2, 29)),
        (datetime.date(2026, 3, 2), -1, datetime.date(2025, 3, 2)),
    ],
)
def test_years_later_is_the_same_day_or_the_last_of_february(day, years, expected):
    assert years_after(day, years) == expected


def test_a_noted_contact_says_who_wrote_it_and_is_kept_for_three_years(user):
    organisation = OrganisationFactory()
    entry = note_contact(organisation=organisation, day=DAY, channel="phone", subject=" Projekttag ", by=user)
    stored = ContactEntry.objects.get()
    assert (stored, stored.subject, stored.recorded_by, stored.delete_on, stored.next_step_on) == (
        entry,
        "Projekttag",
        user,
        datetime.date(2029, 3, 2),
        None,
    )
    assert stored.history.get().history_user == user


REFUSED = [
    ({"channel": "phone", "subject": "x"}, "Mit wem war der Kontakt? Nennen Sie eine Organisation oder eine Person."),
    (
        {"channel": "phone", "subject": "x", "next_step_on": DAY, "with_one": True},
        "Zu einem Tag für den nächsten Schritt gehört, was zu tun ist.",
    ),
    ({"channel": "phone", "subject": " ", "with_one": True}, "Dieses Feld darf nicht leer sein."),
    ({"channel": "fax", "subject": "x", "with_one": True}, "Wert 'fax' ist keine gültige Option."),
]


@pytest.mark.parametrize(("values", "message"), REFUSED)
def test_what_is_no_contact_is_refused_and_nothing_stored(user, values, message):
    organisation = OrganisationFactory() if values.pop("with_one", False) else None
    with pytest.raises(ValidationError) as refused:
        note_contact(organisation=organisation, day=DAY, by=user, **values)
    assert message in refused.value.messages
    assert not ContactEntry.objects.exists()


TERMS = [
    ([], False),
    ([(None, None)], True),
    ([(DAY, DAY)], True),
    ([(None, DAY - ONE)], False),
    ([(DAY + ONE, None)], False),
    ([(None, None), (None, None)], False),
    ([(None, None), (None, DAY - ONE)], True),
]


@pytest.mark.parametrize(("terms", "is_clear"), TERMS)
def test_a_person_stands_for_the_one_organisation_of_that_day(user, terms, is_clear):
    person = PersonFactory()
    first = [MembershipFactory(person=person, valid_from=start, valid_to=end) for start, end in terms][:1]
    expected = first[0].organisation if is_clear else None
    assert only_organisation(person, on=DAY) == expected
    assert note_contact(person=person, day=DAY, channel="email", subject="x", by=user).organisation == expected


def test_two_roles_in_one_organisation_are_one_organisation():
    membership = MembershipFactory(role="member")
    MembershipFactory(person=membership.person, organisation=membership.organisation, role="contact")
    assert only_organisation(membership.person, on=DAY) == membership.organisation


LINE = {"channel": "phone", "subject": "Projekttag im Herbst", "next_step": "Raum klären", "seen": ""}


@pytest.mark.parametrize("make", [OrganisationFactory, PersonFactory])
def test_from_a_list_a_contact_is_noted_in_one_line_and_one_is_back_in_the_list(desk, user, make):
    row, today = make(), timezone.localdate()
    home = reverse(f"admin:stakeholders_{row._meta.model_name}_changelist")
    page = desk.get(home)
    link = f"{address(row, 'step', 'kontakt')}?back={home.replace('/', '%2F')}"
    assert link in page.text
    form = desk.get(link)
    assert "one-line" in form.text
    typed = read_form(form)
    assert typed["day"] == [f"{today:%d.%m.%Y}"]
    response = desk.post(
        link, {**typed, "subject": "Projekttag", "next_step": "Raum klären", "next_step_on": "31.12.2099"}
    )
    assert (response.status_code, response.url) == (302, home)
    entry = ContactEntry.objects.get()
    assert (entry.organisation or entry.person) == row
    assert (entry.day, entry.next_step, entry.recorded_by) == (today, "Raum klären", user)


def test_as_a_list_action_it_is_noted_for_each_row(desk):
    rows = [OrganisationFactory(), OrganisationFactory()]
    home = reverse("admin:stakeholders_organisation_changelist")
    data = {"action": "kontakt", "_selected_action": [row.pk for row in rows]}
    typed = read_form(desk.post(home, data))
    assert not ContactEntry.objects.exists()
    assert desk.post(home, {**typed, "subject": "Rundruf"}).status_code == 302
    assert set(ContactEntry.objects.values_list("organisation", "subject")) == {(row.pk, "Rundruf") for row in rows}


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"day": "31.12.2099"}, "Der Tag liegt in der Zukunft."),
        ({"next_step_on": "31.12.2099"}, "Was ist bis zu diesem Tag zu tun?"),
        ({"subject": ""}, "Dieses Feld ist zwingend erforderlich."),
        ({"day": "gestern"}, "Bitte ein gültiges Datum eingeben."),
    ],
)
def test_the_line_says_what_is_wrong_with_it(desk, typed, message):
    page = address(OrganisationFactory(), "step", "kontakt")
    form = read_form(desk.get(page))
    response = desk.post(page, {**form, "subject": "Projekttag", **typed})
    assert (response.status_code, message in response.text) == (200, True)
    assert not ContactEntry.objects.exists()


def test_whoever_may_not_keep_contacts_is_not_offered_to_note_one():
    client, row = Client(), OrganisationFactory()
    client.force_login(UserFactory(roles=[Role.TECHNIK]))
    data = {**LINE, "day": "02.03.2026", "seen": seen_token(row)}
    assert client.post(address(row, "step", "kontakt"), data).status_code == 403
    assert not ContactEntry.objects.exists()


def test_the_form_of_a_new_contact_notes_the_writer_and_proposes_the_day_of_deletion(desk, user):
    page = reverse("admin:stakeholders_contactentry_add")
    form = read_form(desk.get(page))
    assert form["day"] == [f"{timezone.localdate():%d.%m.%Y}"]
    typed = {"organisation": OrganisationFactory().pk, "subject": "Besuch", "day": "02.03.2026", "delete_on": ""}
    assert desk.post(page, {**form, **typed}).status_code == 302
    entry = ContactEntry.objects.get()
    assert (entry.recorded_by, entry.delete_on) == (user, datetime.date(2029, 3, 2))


def test_in_the_form_too_the_future_is_no_contact(desk):
    entry = ContactEntryFactory()
    response = desk.post(address(entry), {**read_form(desk.get(address(entry))), "day": "31.12.2099"})
    assert "Der Tag liegt in der Zukunft." in response.text


# --- The next step -----------------------------------------------------------------------------------------------
STEPS = {
    "none": ({"next_step": ""}, False, False),
    "without a day": ({"next_step": "x"}, True, False),
    "tomorrow": ({"next_step": "x", "next_step_on": DAY + ONE}, True, False),
    "today": ({"next_step": "x", "next_step_on": DAY}, True, True),
    "yesterday": ({"next_step": "x", "next_step_on": DAY - ONE}, True, True),
    "done": ({"next_step": "x", "next_step_on": DAY - ONE, "next_step_done_on": DAY}, False, False),
}


@pytest.mark.parametrize("name", STEPS)
def test_sql_and_python_agree_on_what_is_open_and_due(name):
    values, is_open, is_due = STEPS[name]
    entry = ContactEntryFactory(**values)
    assert (entry.has_open_step, ContactEntry.objects.with_open_step().exists()) == (is_open, is_open)
    assert (entry.is_step_due(on=DAY), ContactEntry.objects.next_step_due(on=DAY).exists()) == (is_due, is_due)
    assert ContactEntry.objects.with_done_step().exists() is (name == "done")


def test_a_step_is_done_and_taken_back_with_the_history_to_tell(user):
    entry = ContactEntryFactory(has_step=True)
    finish_next_step(entry, on=DAY, by=user)
    assert ContactEntry.objects.get().next_step_done_on == DAY
    assert entries(entry)[0].sentence == (
        "eva@example.org hat geändert: nächster Schritt erledigt am von leer zu „02.03.2026“."
    )
    reopen_next_step(entry, by=user)
    assert ContactEntry.objects.get().has_open_step


@pytest.mark.parametrize(
    ("verb", "values"),
    [
        (lambda entry, user: finish_next_step(entry, on=DAY, by=user), {}),
        (lambda entry, user: finish_next_step(entry, on=DAY, by=user), {"next_step": "x", "next_step_done_on": DAY}),
        (lambda entry, user: reopen_next_step(entry, by=user), {"has_step": True}),
    ],
)
def test_a_step_that_makes_no_sense_is_refused(user, verb, values):
    entry = ContactEntryFactory(**values)
    with pytest.raises(ValidationError):
        verb(entry, user)
    assert ContactEntry.objects.get().version == entry.version


def test_a_step_on_an_entry_changed_meanwhile_is_a_conflict(user):
    entry = ContactEntryFactory(has_step=True)
    ContactEntry.objects.get().save()
    with pytest.raises(Conflict):
        finish_next_step(entry, on=DAY, by=user)


def test_the_list_shows_how_the_next_step_stands(desk):
    today = timezone.localdate()
    shown = {
        "keiner": {},
        "Anrufen (ohne Termin)": {"next_step": "Anrufen"},
        "Anrufen (heute fällig)": {"next_step": "Anrufen", "next_step_on": today},
        f"Anrufen (überfällig seit {today - ONE:%d.%m.%Y})": {"next_step": "Anrufen", "next_step_on": today - ONE},
        f"Anrufen (bis {today + ONE:%d.%m.%Y})": {"next_step": "Anrufen", "next_step_on": today + ONE},
        f"Anrufen (erledigt am {today:%d.%m.%Y})": {"next_step": "Anrufen", "next_step_done_on": today},
    }
    for values in shown.values():
        ContactEntryFactory(**values)
    text = desk.get(reverse("admin:stakeholders_contactentry_changelist")).text
    assert [words for words in shown if words not in text] == []


# --- Deleting in time --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("offset", "is_due"), [(-1, True), (0, True), (1, False)])
def test_sql_and_python_agree_on_what_is_to_be_deleted(offset, is_due):
    entry = ContactEntryFactory(delete_on=DAY + ONE * (30 + offset))
    on = DAY + ONE * 30
    assert (entry.is_to_delete(on=on), ContactEntry.objects.to_delete(on=on).exists()) == (is_due, is_due)


def full_of_words(user, **values):
    """A contact whose every text holds the canary, with a history and with things hung on it."""
    entry = ContactEntryFactory(person=PersonFactory(), subject=SECRET, details=SECRET, next_step=SECRET, **values)
    entry.details = f"noch ein {SECRET}"
    entry.save()
    remind(entry, on=DAY, note=SECRET, for_whom=user, by=user)
    DocumentReferenceFactory(record=entry, file_number=SECRET)
    return entry


def everything_stored(*models):
    return [str(row) for model in models for row in (*model.objects.values(), *model.history.values())]


MODELS = (ContactEntry, Tickler, DocumentReference)


@pytest.mark.parametrize("way", ["purge", "page"])
def test_nothing_of_a_deleted_contact_is_left_but_that_it_was_deleted(desk, user, way):
    entry = full_of_words(user)
    pk, folded = entry.pk, SECRET.lower()
    assert sum(folded in row.lower() for row in everything_stored(*MODELS)) > len(MODELS)
    if way == "purge":
        purge(entry, on=entry.delete_on, by=user)
    else:
        page = address(entry, "delete")
        desk.post(desk.get(page).url, {"post": "yes"})
    assert [row for row in everything_stored(*MODELS) if folded in row.lower()] == []
    assert not any(model.objects.exists() for model in MODELS)
    last = ContactEntry.history.filter(id=pk).latest()
    assert (last.history_type, last.history_user, last.person_id, last.organisation_id) == ("-", user, None, None)
    assert set(ContactEntry.history.filter(id=pk).values_list("person", "organisation")) == {(None, None)}


def test_the_history_of_other_contacts_stays(user):
    other = ContactEntryFactory(subject="bleibt")
    purge(full_of_words(user), on=datetime.date(2029, 3, 2), by=user)
    assert other.history.get().subject == "bleibt"


def test_before_its_day_a_contact_is_not_deleted(user):
    entry = ContactEntryFactory()
    with pytest.raises(ValidationError, match=r"wird noch bis zum 02\.03\.2029 aufbewahrt"):
        purge(entry, on=entry.delete_on - ONE, by=user)
    assert ContactEntry.objects.exists()


def test_a_contact_changed_meanwhile_is_not_deleted(user):
    entry = ContactEntryFactory()
    ContactEntry.objects.get().save()
    with pytest.raises(Conflict):
        purge(entry, on=entry.delete_on, by=user)
    assert ContactEntry.objects.exists()


def test_the_action_asks_first_shows_what_goes_and_leaves_what_is_not_due(desk):
    old = datetime.date(2020, 1, 1)
    due = [ContactEntryFactory(day=old), ContactEntryFactory(day=old)]
    kept = ContactEntryFactory(delete_on=datetime.date(2099, 1, 1))
    home = reverse("admin:stakeholders_contactentry_changelist")
    page = desk.post(home, {"action": "loeschen", "_selected_action": [row.pk for row in (*due, kept)]})
    assert ContactEntry.objects.count() == 3
    assert all(row.subject in page.text for row in due)
    assert kept.subject not in page.text
    assert "1 weitere gewählte Zeilen bleiben unberührt" in page.text
    desk.post(home, read_form(page))
    assert ContactEntry.objects.get() == kept


# --- Lists -------------------------------------------------------------------------------------------------------
def test_a_contact_is_found_by_the_other_spelling_of_its_organisation(desk):
    entry = ContactEntryFactory(organisation=OrganisationFactory(name="Welthaus"))
    OrganisationAliasFactory(organisation=entry.organisation, name="Büro für Öffentliches")
    ContactEntryFactory()
    assert listed(desk, "contactentry", q="buro ÖFFENTLICHES") == {entry}


def test_filters_of_the_list_of_contacts(desk):
    today = timezone.localdate()
    late = ContactEntryFactory(next_step="x", next_step_on=today)
    open_ended = ContactEntryFactory(next_step="x")
    done = ContactEntryFactory(next_step="x", next_step_done_on=today)
    expired = ContactEntryFactory(day=datetime.date(2020, 1, 1))
    assert listed(desk, "contactentry", schritt="faellig") == {late}
    assert listed(desk, "contactentry", schritt="offen") == {late, open_ended}
    assert listed(desk, "contactentry", schritt="erledigt") == {done}
    assert listed(desk, "contactentry", frist="abgelaufen") == {expired}


CONTACTED = {
    "never": ([], {"keiner", "nie"}),
    "a year and a day ago": ([366], {"keiner"}),
    "just a year ago": ([365], {"kuerzlich"}),
    "lately and long ago": ([3, 900], {"kuerzlich"}),
}


@pytest.mark.parametrize("name", CONTACTED)
def test_organisations_are_told_apart_by_the_last_contact(desk, name):
    ages, found_by = CONTACTED[name]
    today, organisation = datetime.date(2026, 11, 23), OrganisationFactory()
    for age in ages:
        ContactEntryFactory(organisation=organisation, day=today - ONE * age)
    a_year_ago = years_after(today, -1)
    rows = Organisation.objects
    found = {
        "kuerzlich": rows.contacted_since(a_year_ago),
        "keiner": rows.not_contacted_since(a_year_ago),
        "nie": rows.never_contacted(),
    }
    assert {key for key, queryset in found.items() if queryset.exists()} == found_by
    last = rows.with_last_contact().get().last_contact
    assert last == (today - ONE * min(ages) if ages else None)


def test_the_list_of_organisations_shows_the_last_contact_and_filters_by_it(desk):
    today = timezone.localdate()
    lately, long_ago, never = (OrganisationFactory() for _ in range(3))
    ContactEntryFactory(organisation=lately, day=today)
    ContactEntryFactory(organisation=long_ago, day=datetime.date(2019, 4, 5))
    text = desk.get(reverse("admin:stakeholders_organisation_changelist")).text
    assert ("05.04.2019" in text, "noch keiner" in text) == (True, True)
    assert listed(desk, "organisation", kontakt="kuerzlich") == {lately}
    assert listed(desk, "organisation", kontakt="keiner") == {long_ago, never}
    assert listed(desk, "organisation", kontakt="nie") == {never}


def test_the_list_of_organisations_shows_code_and_name_as_it_orders_by_them(desk):
    for code, name in (("", "Elternverein"), ("E 26", "Gebäudemanagement"), ("FB 36", "Klima"), ("", "Deutsche Welle")):
        (UnitFactory if code else OrganisationFactory)(code=code, name=name)
    page = desk.get(reverse("admin:stakeholders_organisation_changelist"))
    rows = [page.context["cl"].model_admin.name_shown(row) for row in page.context["cl"].result_list]
    assert rows == ["Deutsche Welle", "E 26 - Gebäudemanagement", "Elternverein", "FB 36 - Klima"]
    assert (">E 26 - Gebäudemanagement</a>" in page.text, "?o=" in page.text) == (True, True)


@pytest.mark.parametrize("is_superuser", [False, True])
def test_the_lists_need_the_same_few_queries_for_thirty_rows(is_superuser):
    client = Client()
    client.force_login(UserFactory(is_superuser=is_superuser, roles=[Role.KOORDINATION]))

    def queries(model):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse(f"admin:stakeholders_{model}_changelist")).status_code == 200
        return len(captured)

    def fill():
        entry = ContactEntryFactory(person=PersonFactory())
        MembershipFactory(person=entry.person, organisation=entry.organisation)

    fill()
    models = ("contactentry", "organisation", "person", "membership")
    [queries(model) for model in models]
    few = {model: queries(model) for model in models}
    for _ in range(30):
        fill()
    assert {model: queries(model) for model in models} == few
    assert max(few.values()) <= 12, few
