"""Events: with times or with a period, in their order, near or over, and read by whom they concern."""

import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from kepol.accounts.choices import Role
from kepol.accounts.roles import sync_roles
from kepol.lib.history import entries
from kepol.lib.periods import Period
from stakeholders.models import Event
from tests.factories.accounts import UserFactory
from tests.factories.reference import SdgFactory
from tests.factories.stakeholders import (
    BERLIN,
    EventFactory,
    MembershipFactory,
    OrganisationAliasFactory,
    OrganisationFactory,
    PersonFactory,
    UnitFactory,
)
from tests.forms import read_form

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 5, 13)
ONE = datetime.timedelta(days=1)


@pytest.fixture(autouse=True)
def _roles():
    sync_roles()


@pytest.fixture
def desk():
    client = Client()
    client.force_login(UserFactory(email="eva@example.org", roles=[Role.KOORDINATION]))
    return client


def address(obj, page="change"):
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_{page}", args=[obj.pk])


def listed(client, **query):
    return list(client.get(reverse("admin:stakeholders_event_changelist"), query).context["cl"].result_list)


def at(day, hour=18, minute=0):
    return datetime.datetime.combine(day, datetime.time(hour, minute), tzinfo=BERLIN)


def timed(start, end=None):
    return {"starts_at": start, "ends_at": end}


def spanned(start, end, *, named=False):
    return {"starts_at": None, "period": Period(start, end, named=named)}


# --- How it reads ------------------------------------------------------------------------------------------------
MAY = spanned(datetime.date(2026, 5, 1), datetime.date(2026, 5, 31), named=True)
READINGS = [
    (timed(at(DAY), at(DAY, 19, 30)), "13.05.2026, 18:00–19:30 Uhr"),
    (timed(at(DAY)), "13.05.2026, 18:00 Uhr"),
    (timed(at(DAY), at(DAY + ONE, 9)), "13.05.2026, 18:00 Uhr bis 14.05.2026, 09:00 Uhr"),
    (timed(at(datetime.date(2026, 1, 13))), "13.01.2026, 18:00 Uhr"),
    (timed(datetime.datetime(2026, 5, 13, 22, 30, tzinfo=datetime.UTC)), "14.05.2026, 00:30 Uhr"),
    (MAY, "Mai 2026"),
    ({"starts_at": None}, "ohne Termin"),
]


@pytest.mark.parametrize(("values", "expected"), READINGS)
def test_the_list_shows_when_it_is(desk, values, expected):
    event = EventFactory(**values)
    assert event.when() == expected
    assert (
        f'<td class="field-when_shown">{expected}</td>' in desk.get(reverse("admin:stakeholders_event_changelist")).text
    )


def test_events_with_a_period_stand_among_the_others_and_those_without_a_date_last(desk):
    ordered = [
        EventFactory(**timed(at(datetime.date(2026, 6, 1)))),
        EventFactory(**MAY),
        EventFactory(**timed(at(DAY, 20))),
        EventFactory(**timed(at(DAY, 9))),
        EventFactory(**spanned(datetime.date(2026, 4, 1), None)),
        EventFactory(**spanned(None, datetime.date(2026, 3, 31), named=True)),
        EventFactory(starts_at=None),
    ]
    assert listed(desk) == list(Event.objects.all()) == ordered
    columns = desk.get(reverse("admin:stakeholders_event_changelist")).context["cl"].list_display
    place = columns.index("when_shown")
    by_hand = listed(desk, o=f"{place}")
    assert by_hand[-1] == ordered[-1]
    assert [event.first_day for event in by_hand[:2]] == [None, datetime.date(2026, 4, 1)]


# --- Near, over --------------------------------------------------------------------------------------------------
LIMIT = DAY + 30 * ONE
TIMES = {
    "yesterday": (timed(at(DAY - ONE)), {"past"}),
    "today, over by the clock": (timed(at(DAY, 0, 1), at(DAY, 0, 2)), {"upcoming", "soon"}),
    "today, just before midnight": (timed(at(DAY, 23, 59)), {"upcoming", "soon"}),
    "yesterday until today": (timed(at(DAY - ONE), at(DAY, 1)), {"upcoming", "soon"}),
    "today in Berlin, yesterday in London": (timed(at(DAY, 0, 30)), {"upcoming", "soon"}),
    "in thirty days": (timed(at(LIMIT, 23, 59)), {"upcoming", "soon"}),
    "in thirty-one days": (timed(at(LIMIT + ONE, 0, 1)), {"upcoming"}),
    "began, ends much later": (timed(at(DAY - ONE), at(LIMIT + ONE)), {"upcoming"}),
    "period over": (spanned(DAY - 9 * ONE, DAY - ONE), {"past"}),
    "period ends today": (spanned(DAY - 9 * ONE, DAY), {"upcoming", "soon"}),
    "period begins in thirty days": (spanned(LIMIT, LIMIT + 99 * ONE), {"upcoming", "soon"}),
    "period begins later": (spanned(LIMIT + ONE, LIMIT + 99 * ONE), {"upcoming"}),
    "period open since yesterday": (spanned(DAY - ONE, None), {"upcoming"}),
    "period open from tomorrow": (spanned(DAY + ONE, None), {"upcoming", "soon"}),
    "until yesterday": (spanned(None, DAY - ONE), {"past"}),
    "until tomorrow": (spanned(None, DAY + ONE), {"upcoming", "soon"}),
    "without a date": ({"starts_at": None}, {"undated"}),
}


@pytest.mark.parametrize("name", TIMES)
def test_sql_and_python_agree_on_what_is_over_near_or_ahead(name):
    values, expected = TIMES[name]
    EventFactory(**values)
    event, events = Event.objects.get(), Event.objects
    found = {
        "past": events.past(on=DAY),
        "upcoming": events.upcoming(on=DAY),
        "soon": events.soon(on=DAY),
        "undated": events.undated(),
    }
    assert {key for key, rows in found.items() if rows.exists()} == expected
    assert (event.is_past(DAY), event.is_soon(DAY)) == ("past" in expected, "soon" in expected)


def test_the_filter_of_the_list_knows_today(desk):
    today = timezone.localdate()
    over, near, far = (EventFactory(**timed(at(day, 12))) for day in (today - ONE, today, today + 90 * ONE))
    undated = EventFactory(starts_at=None)
    found = {key: set(listed(desk, termin=key)) for key in ("vorbei", "bald", "kommend", "ohne")}
    assert found == {"vorbei": {over}, "bald": {near}, "kommend": {near, far}, "ohne": {undated}}


# --- The form ----------------------------------------------------------------------------------------------------
def filled(**typed):
    """What is typed into a new form."""
    return typed


FORMS = {
    "times": (
        filled(starts_at_0="13.05.2026", starts_at_1="18:00", ends_at_0="13.05.2026", ends_at_1="19:30"),
        "13.05.2026, 18:00–19:30 Uhr",
        None,
    ),
    "winter time": (filled(starts_at_0="13.01.2026", starts_at_1="18:00"), "13.01.2026, 18:00 Uhr", None),
    "period": (filled(period="Mai 2026"), "Mai 2026", None),
    "nothing": ({}, "ohne Termin", None),
    "both": (
        filled(starts_at_0="13.05.2026", starts_at_1="18:00", period="Mai 2026"),
        "",
        "Geben Sie entweder Beginn und Ende mit Uhrzeit an oder einen Zeitraum, nicht beides.",
    ),
    "end before beginning": (
        filled(starts_at_0="13.05.2026", starts_at_1="18:00", ends_at_0="13.05.2026", ends_at_1="17:00"),
        "",
        "Das Ende liegt vor dem Beginn, oder der Beginn fehlt.",
    ),
    "only an end": (
        filled(ends_at_0="13.05.2026", ends_at_1="17:00"),
        "",
        "Das Ende liegt vor dem Beginn, oder der Beginn fehlt.",
    ),
    "a day without its time": (filled(starts_at_0="13.05.2026"), "", "Bitte eine gültige Uhrzeit eingeben."),
    "an hour that did not exist": (
        filled(starts_at_0="29.03.2026", starts_at_1="02:30"),
        "",
        "konnte mit der Zeitzone Europe/Berlin nicht eindeutig interpretiert werden",
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_times_and_periods_are_typed_as_people_write_them(desk, name):
    typed, when, message = FORMS[name]
    page = reverse("admin:stakeholders_event_add")
    response = desk.post(page, {**read_form(desk.get(page)), "title": "Vortrag", **typed})
    if message is None:
        assert (response.status_code, Event.objects.get().when()) == (302, when)
    else:
        assert (response.status_code, message in response.text) == (200, True), response.text
        assert not Event.objects.exists()


def test_the_form_shows_the_times_of_berlin(desk):
    form = read_form(desk.get(address(EventFactory())))
    assert (form["starts_at_0"], form["starts_at_1"][0][:5], form["ends_at_1"][0][:5]) == (
        ["13.05.2026"],
        "18:00",
        "19:30",
    )


def test_periods_and_times_are_told_in_german(desk):
    event = EventFactory(**MAY)
    desk.post(address(event), {**read_form(desk.get(address(event))), "period": "Q3/2026"})
    assert entries(event)[0].sentence == "eva@example.org hat geändert: Zeitraum von „Mai 2026“ zu „Q3/2026“."
    typed = {"period": "", "starts_at_0": "13.05.2026", "starts_at_1": "18:00"}
    desk.post(address(event), {**read_form(desk.get(address(event))), **typed})
    assert entries(event)[0].sentence == (
        "eva@example.org hat geändert: Beginn von leer zu „13.05.2026 18:00“, Zeitraum von „Q3/2026“ zu leer."
    )


def test_an_event_is_found_by_the_other_spelling_of_who_takes_part(desk):
    organisation = OrganisationFactory(name="Welthaus")
    OrganisationAliasFactory(organisation=organisation, name="Büro für Öffentliches")
    events = {EventFactory(organiser=organisation), EventFactory(involved=[organisation])}
    EventFactory()
    assert set(listed(desk, q="buro OFFENTLICHES")) == events


# --- Who may read ------------------------------------------------------------------------------------------------
MEMBERSHIPS = {
    "ended yesterday": (None, DAY - ONE),
    "ends today": (None, DAY),
    "begins today": (DAY, None),
    "begins tomorrow": (DAY + ONE, None),
    "always": (None, None),
}
ALL_SEEING = {Role.KOORDINATION, Role.LEITUNG, Role.LESEZUGRIFF}


@pytest.mark.parametrize("membership", MEMBERSHIPS)
@pytest.mark.parametrize("role", [*Role, None], ids=str)
def test_events_are_read_by_the_table(role, membership):
    unit, user = UnitFactory(), UserFactory(roles=[role] if role else [])
    start, end = MEMBERSHIPS[membership]
    MembershipFactory(person=PersonFactory(user=user), organisation=unit, valid_from=start, valid_to=end)
    own = {EventFactory(organiser=unit, involved=[unit, OrganisationFactory()]), EventFactory(involved=[unit])}
    foreign = {EventFactory(organiser=UnitFactory()), EventFactory()}
    is_member = role is Role.FACHBEREICH and membership in {"ends today", "begins today", "always"}
    expected = own | foreign if role in ALL_SEEING else own if is_member else set()
    rows = list(Event.objects.visible_to(user, on=DAY))
    assert (set(rows), len(rows)) == (expected, len(expected))


# --- Queries -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("is_superuser", [False, True])
def test_list_and_form_need_the_same_queries_for_thirty_rows(is_superuser):
    client = Client()
    client.force_login(UserFactory(is_superuser=is_superuser, roles=[Role.KOORDINATION]))

    def make(number):
        event = EventFactory(organiser=OrganisationFactory(), involved=[OrganisationFactory() for _ in range(number)])
        event.sdgs.add(SdgFactory())
        return event

    def queries(event):
        counts = []
        for page in (reverse("admin:stakeholders_event_changelist"), address(event), address(event, "history")):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(page).status_code == 200
            counts.append(len(captured))
        return counts

    one = make(1)
    queries(one)
    few = queries(one)
    for _ in range(30):
        make(1)
    assert queries(make(30)) == few
    assert (few[0] <= 12, max(few) <= 25) == (True, True), few
