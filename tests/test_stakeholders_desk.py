"""What contacts, people and events put on the start page: for whom, how much, and that each count leads to just its rows."""

import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from kepol.accounts.choices import Role
from kepol.accounts.roles import sync_roles
from stakeholders.follow_ups import StakeholderFollowUp
from tests.factories.accounts import UserFactory
from tests.factories.stakeholders import ContactEntryFactory, EventFactory, MembershipFactory, PersonFactory

pytestmark = pytest.mark.django_db
ONE = datetime.timedelta(days=1)
LABELS = [
    "Nächste Schritte aus Kontakten fällig",
    "Kontakte mit abgelaufener Löschfrist",
    "Personen zu prüfen",
    "Personen ohne Prüfdatum",
    "Veranstaltungen in den nächsten 30 Tagen",
]


@pytest.fixture(autouse=True)
def _roles():
    sync_roles()


def counts(user, on):
    return list(StakeholderFollowUp().counts(user, on=on))


def fill(today):
    """One row more of each kind than of the kind before, and beside them rows that do not count."""
    ContactEntryFactory(has_step=True, next_step_on=today, day=today - ONE)
    ContactEntryFactory(has_step=True, next_step_on=today + ONE, day=today - ONE)
    for _ in range(2):
        ContactEntryFactory(day=today - 2000 * ONE, delete_on=today)
    for retired in ({}, {}, {"retired_on": today, "retired_reason": "fort"}):
        PersonFactory(review_on=today, **retired)
    MembershipFactory(person=PersonFactory(review_on=today + ONE))
    MembershipFactory(valid_to=None)
    for retired in ({}, {}, {}, {"retired_on": today, "retired_reason": "fort"}):
        MembershipFactory(person=PersonFactory(**retired), valid_to=today)
    noon = timezone.make_aware(datetime.datetime.combine(today, datetime.time(12)))
    for days in (0, 1, 2, 29, 30):
        EventFactory(starts_at=noon + days * ONE)
    EventFactory(starts_at=noon + 31 * ONE)


@pytest.mark.parametrize("who", [Role.KOORDINATION, "Superuser"])
def test_each_count_leads_to_a_list_with_just_that_many_rows(who):
    today, client = timezone.localdate(), Client()
    user = UserFactory(is_superuser=who == "Superuser", roles=[Role.KOORDINATION] if who != "Superuser" else [])
    client.force_login(user)
    fill(today)
    found = counts(user, today)
    assert [(one.label, one.count, one.is_urgent) for one in found] == [
        (label, number, number == 1) for number, label in enumerate(LABELS, start=1)
    ]
    for one in found:
        page = client.get(one.url)
        assert (page.status_code, page.context["cl"].result_count) == (200, one.count), one
        assert page.context["cl"].has_active_filters, one


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.KOORDINATION])
def test_who_may_not_change_the_rows_is_told_nothing_about_them(role):
    fill(timezone.localdate())
    assert counts(UserFactory(roles=[role]), timezone.localdate()) == []


def test_all_counts_cost_one_query():
    user = UserFactory(roles=[Role.KOORDINATION])
    user.has_perm("stakeholders.change_person")
    with CaptureQueriesContext(connection) as captured:
        found = counts(user, timezone.localdate())
    assert (len(found), len(captured)) == (5, 1)


def test_the_start_page_shows_them():
    client = Client()
    client.force_login(UserFactory(roles=[Role.KOORDINATION]))
    fill(timezone.localdate())
    text = client.get(reverse("admin:index")).text
    assert [label for label in LABELS if label not in text] == []
