"""The second factor: required for the back office, set up by the person, asked at every login, taken away by Technik alone."""

import datetime
import re
from collections import defaultdict

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kepol.accounts import second_factor
from kepol.accounts.choices import Role
from kepol.accounts.models import User
from kepol.council.models import Submission
from tests.addresses import addresses
from tests.factories import SubmissionFactory, UserFactory
from tests.logins import (
    LOGIN,
    PROOF,
    REMOVE,
    SECOND_STEP,
    SECURITY,
    SET_UP,
    SPARE_CODES,
    app_code,
    by_code,
    by_invitation,
    by_password,
    factors,
    is_signed_in,
    letters,
    with_factor,
)

pytestmark = pytest.mark.django_db

WAYS_IN = pytest.mark.parametrize("way_in", [by_password, by_code, by_invitation])
STAFF = pytest.mark.parametrize("who", [Role.KOORDINATION, Role.TECHNIK, "superuser"])
START = "/verwaltung/accounts/user/"


@pytest.fixture(autouse=True)
def _required(settings):
    """A second factor is required; and time stands still, or a code of the app would run out between two lines."""
    settings.SECOND_FACTOR_REQUIRED = True
    with time_machine.travel(timezone.now(), tick=False):
        yield


def person(who):
    return UserFactory(is_superuser=True) if who == "superuser" else UserFactory(roles=[who])


def secret_shown(page):
    return re.search(r"<code>([A-Z2-7 ]{32,})</code>", page.text)[1].replace(" ", "")


def set_up(client):
    """Set up a second factor as the page says; returns the secret."""
    secret = secret_shown(client.get(SET_UP))
    response = client.post(SET_UP, {"code": app_code(secret)})
    assert response["Location"] == SPARE_CODES
    return secret


# --- Required -----------------------------------------------------------------------------------------------------
@WAYS_IN
@STAFF
def test_whoever_enters_the_back_office_has_to_set_one_up(who, way_in):
    client, user = Client(), person(who)
    way_in(client, user)
    page = client.get(START, follow=True)
    assert page.redirect_chain == [(SET_UP, 302)]
    assert "Für Ihre Rolle ist ein zweiter Faktor vorgeschrieben." in page.text
    assert 'aria-label="Hauptnavigation"' not in page.text
    set_up(client)
    assert (client.get(START).status_code, factors(user)) == (200, ["recovery_codes", "totp"])


@pytest.mark.parametrize("role", [Role.LEITUNG, Role.FACHBEREICH, Role.LESEZUGRIFF])
def test_everybody_else_may_do_without(role):
    client, user = Client(), UserFactory(roles=[role])
    by_password(client, user)
    assert client.get(SECURITY).status_code == 200
    set_up(client)
    other = Client()
    assert by_password(other, user)["Location"] == SECOND_STEP


@pytest.mark.parametrize("method", ["get", "post"])
def test_every_address_leads_to_the_set_up(method):
    client = Client()
    by_password(client, person("superuser"))
    # No row is reached, so one stands for those of all models.
    submission = SubmissionFactory()
    rows = defaultdict(lambda: submission, {Submission: submission})
    open_ones = {reverse("account_logout"), reverse("account_reauthenticate"), SET_UP}
    seen = {
        address.path: response.get("Location")
        for address in addresses(rows)
        if address.path not in open_ones and (response := getattr(client, method)(address.path))
    }
    assert len(seen) > 80
    assert set(seen.values()) == {SET_UP}
    assert client.get("/nichts/")["Location"] == SET_UP


def test_logout_stays_open_without_a_factor(client):
    by_password(client, person(Role.TECHNIK))
    assert client.post("/abmelden/")["Location"] == LOGIN
    assert not is_signed_in(client)


def test_a_role_given_later_counts_at_the_next_request(client):
    user = UserFactory(roles=[Role.FACHBEREICH])
    by_password(client, user)
    assert client.get(SECURITY).status_code == 200
    user.groups.add(UserFactory(roles=[Role.TECHNIK]).groups.get())
    assert client.get(SECURITY)["Location"] == SET_UP


def test_a_demonstration_asks_for_none(client, settings):
    settings.SECOND_FACTOR_REQUIRED = False
    by_password(client, person(Role.KOORDINATION))
    assert client.get(START).status_code == 200


def test_knowing_about_the_factor_costs_no_query(client, django_assert_num_queries):
    user = person("superuser")
    with_factor(user)
    by_password(client, user)
    client.post(SECOND_STEP, {"code": app_code()})
    request = client.get(SECURITY).wsgi_request
    with django_assert_num_queries(0):
        assert not second_factor.is_missing(request)


def test_a_session_from_before_the_set_up_gives_the_factor(client):
    user, other = person(Role.TECHNIK), Client()
    by_password(client, user)
    by_password(other, user)
    secret = set_up(other)
    page = client.get(START, follow=True)
    assert page.redirect_chain == [(SET_UP, 302), (f"{PROOF}?next=%2Fsicherheit%2F", 302)]
    with time_machine.travel(timezone.now() + datetime.timedelta(seconds=30), tick=False):
        assert client.post(PROOF, {"code": app_code(secret)}).status_code == 302
    assert client.get(START).status_code == 200


# --- Set-up -------------------------------------------------------------------------------------------------------
def test_the_page_shows_the_secret_as_picture_and_text(client):
    by_password(client, person(Role.TECHNIK))
    page = client.get(SET_UP)
    assert 'src="data:image/svg+xml;base64,' in page.text
    assert [tag for tag in ("<script", "<style", " style=") if tag in page.text] == []
    assert secret_shown(page) == secret_shown(client.get(SET_UP))


def test_a_wrong_code_sets_nothing_up(client):
    user = person(Role.TECHNIK)
    by_password(client, user)
    before = secret_shown(client.get(SET_UP))
    page = client.post(SET_UP, {"code": "000000"})
    assert "Der Code stimmt nicht." in page.text
    assert (secret_shown(page), factors(user)) == (before, [])
    assert client.get(START)["Location"] == SET_UP


def test_setting_up_and_removing_are_told_by_mail(client, django_capture_on_commit_callbacks):
    user = UserFactory()
    by_password(client, user)
    with django_capture_on_commit_callbacks(execute=True):
        set_up(client)
    client.post(REMOVE)
    assert [(letter.recipient, letter.subject) for letter in letters()] == [
        (user.email, "Ihr zweiter Faktor für KEpol ist eingerichtet"),
        (user.email, "Ihr zweiter Faktor für KEpol ist entfernt"),
    ]
    assert [word for letter in letters() for word in ("{{", "&#", "None") if word in letter.text] == []


# --- Login --------------------------------------------------------------------------------------------------------
@WAYS_IN
def test_the_login_asks_for_the_factor_and_keeps_the_target(way_in):
    user = person(Role.KOORDINATION)
    with_factor(user)
    client = Client()
    response = way_in(client, user)
    assert (response["Location"], is_signed_in(client)) == (SECOND_STEP, False)
    assert client.get(START)["Location"].startswith(LOGIN)
    assert "Der Code stimmt nicht." in client.post(SECOND_STEP, {"code": "123"}).text
    client.post(SECOND_STEP, {"code": f"{app_code()[:3]} {app_code()[3:]}"})
    assert (is_signed_in(client), client.get(START).status_code) == (True, 200)


def test_the_target_outlives_the_second_step(client):
    user = person(Role.KOORDINATION)
    with_factor(user)
    client.post(LOGIN, {"login": user.email, "password": "ein-langes-Passwort-2026", "next": "/vorlagen/?q=1"})
    assert client.post(SECOND_STEP, {"code": app_code()})["Location"] == "/vorlagen/?q=1"


def test_a_code_of_the_app_is_good_once():
    user = person(Role.TECHNIK)
    with_factor(user)
    first, second = Client(), Client()
    for client in (first, second):
        by_password(client, user)
        client.post(SECOND_STEP, {"code": app_code()})
    assert (is_signed_in(first), is_signed_in(second)) == (True, False)


def test_a_spare_code_is_good_once():
    user = person(Role.TECHNIK)
    code, *_ = with_factor(user)
    signed_in = []
    for _ in range(2):
        client = Client()
        by_password(client, user)
        client.post(SECOND_STEP, {"code": code})
        signed_in.append(is_signed_in(client))
    assert signed_in == [True, False]
    client.force_login(user)
    assert client.get(PROOF).status_code == 200


def test_guessing_the_second_step_is_stopped():
    user = person(Role.TECHNIK)
    with_factor(user)
    client = Client()
    by_password(client, user)
    for _ in range(5):
        client.post(SECOND_STEP, {"code": "000000"})
    assert "Zu viele Fehlversuche." in client.post(SECOND_STEP, {"code": app_code()}).text
    assert not is_signed_in(client)


def test_a_new_password_does_not_go_round_the_factor(client):
    user = person(Role.TECHNIK)
    with_factor(user)
    by_code(client, user)
    assert client.get("/passwort/setzen/")["Location"].startswith(LOGIN)


# --- The page „Sicherheit“ ----------------------------------------------------------------------------------------
@pytest.fixture
def at_work(client):
    """Somebody of Technik with a factor, just signed in."""
    client.user = person(Role.TECHNIK)
    client.codes = with_factor(client.user)
    by_password(client, client.user)
    client.post(SECOND_STEP, {"code": client.codes[0]})
    return client


def test_the_page_counts_the_spare_codes(at_work, django_capture_on_commit_callbacks):
    assert "noch 9 von 10" in at_work.get(SECURITY).text
    assert all(code in at_work.get(SPARE_CODES).text for code in at_work.codes[1:])
    with django_capture_on_commit_callbacks(execute=True):
        at_work.post(f"{SPARE_CODES}neu/")
    assert "noch 10 von 10" in at_work.get(SECURITY).text
    assert at_work.codes[1] not in at_work.get(SPARE_CODES).text
    assert letters()[-1].subject == "Neue Ersatzcodes für KEpol"


def test_changing_the_device_leads_at_once_to_the_set_up(at_work):
    assert "Gerät wechseln" in at_work.get(SECURITY).text
    assert at_work.post(REMOVE).status_code == 302
    assert (at_work.get(START)["Location"], factors(at_work.user)) == (SET_UP, [])
    set_up(at_work)
    assert at_work.get(START).status_code == 200


@pytest.mark.parametrize("path", [REMOVE, SPARE_CODES, f"{SPARE_CODES}neu/"])
def test_later_only_the_factor_itself_is_a_proof(at_work, path):
    later = timezone.now() + datetime.timedelta(minutes=11)
    with time_machine.travel(later, tick=False):
        assert at_work.post(path)["Location"].startswith(PROOF)
        page = at_work.get(f"{PROOF}?next={path}")
        assert ('type="password"' in page.text, "Code per E-Mail" in page.text) == (False, False)
        at_work.post(PROOF, {"password": "ein-langes-Passwort-2026"})
        at_work.post(PROOF, {"per_mail": "1"})
        assert (letters(), at_work.get(path).status_code) == ([], 302)
        assert at_work.post(f"{PROOF}?next={path}", {"code": app_code()})["Location"] == path
        assert at_work.get(path).status_code == 200


# --- A lost device ------------------------------------------------------------------------------------------------
def reset_page(user):
    return reverse("admin:accounts_user_step", args=[user.pk, "zweiter-faktor"])


def confirm_reset(client, user):
    seen = re.search(r'name="seen" value="([^"]+)"', client.get(reset_page(user)).text)
    return client.post(reset_page(user), {"seen": seen[1] if seen else ""})


def test_technik_takes_a_lost_factor_away(at_work):
    lost, other = person(Role.KOORDINATION), Client()
    codes = with_factor(lost)
    by_password(other, lost)
    other.post(SECOND_STEP, {"code": codes[0]})
    assert other.get(START).status_code == 200
    sessions = Session.objects.count()
    confirm_reset(at_work, lost)
    assert (factors(lost), Session.objects.count()) == ([], sessions - 1)
    assert other.get(START)["Location"].startswith(LOGIN)
    assert (letters()[-1].recipient, letters()[-1].subject) == (
        lost.email,
        "Ihr zweiter Faktor für KEpol wurde zurückgesetzt",
    )
    assert User.history.filter(id=lost.pk).latest().history_user == at_work.user
    by_password(other, lost)
    assert other.get(START)["Location"] == SET_UP


def test_nobody_else_may(at_work):
    lost = person(Role.TECHNIK)
    with_factor(lost)
    for role in [Role.KOORDINATION, Role.LEITUNG]:
        client, user = Client(), person(role)
        codes = with_factor(user)
        by_password(client, user)
        client.post(SECOND_STEP, {"code": codes[0]})
        assert client.post(reset_page(lost)).status_code in {302, 403}
    superuser = person("superuser")
    with_factor(superuser)
    confirm_reset(at_work, superuser)
    assert (factors(lost), factors(superuser)) == (["recovery_codes", "totp"],) * 2


def test_without_a_factor_there_is_nothing_to_reset(at_work):
    assert "kein zweiter Faktor eingerichtet" in at_work.get(reset_page(UserFactory()), follow=True).text
