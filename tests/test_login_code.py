"""Login by a code sent by mail: the way to exactly the page of a link, silence about accounts, limits that lock nobody out."""

import datetime
import html
import re

import pytest
import time_machine
from django.contrib.auth.password_validation import validate_password
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kepol.accounts.choices import Role
from kepol.accounts.demo import DEMO_LOGINS
from kepol.accounts.models import User
from kepol.accounts.roles import sync_roles
from kepol.accounts.views import AnswerFirst
from tests.factories import PASSWORD, PersonFactory, UserFactory
from tests.logins import (
    ENTER_CODE,
    LOGIN,
    PROOF,
    REQUEST_CODE,
    by_code,
    by_invitation,
    by_password,
    is_signed_in,
    letters,
    mailed_code,
)

pytestmark = pytest.mark.django_db

TARGET = "/verwaltung/council/submission/?q=a%26b"
SET_PASSWORD = "/passwort/setzen/"
NEW_PASSWORD = "Wenig-Sonne-am-Freitag-8"


def masked(response):
    """The answer as bytes, without the two values that differ from request to request and without the address typed."""
    text = re.sub(rb'name="csrfmiddlewaretoken" value="[^"]+"', b"", response.content)
    return re.sub(rb"[\w.]+@[\w.]+", b"ADDRESS", text)


# --- The way in ---------------------------------------------------------------------------------------------------
def test_a_link_leads_through_the_code_to_exactly_its_page():
    client, user = Client(), UserFactory()
    first = client.get(TARGET, follow=True)
    login, _ = first.redirect_chain[-1]
    assert 'formaction="/anmelden/code/"' in first.text
    hidden = re.search(r'name="next"\s+value="([^"]+)"', first.text)[1].replace("&amp;", "&")
    second = client.post(REQUEST_CODE, {"login": user.email, "password": "", "next": hidden}, follow=True)
    hidden = re.search(r'name="next"\s+value="([^"]+)"', second.text)[1].replace("&amp;", "&")
    third = client.post(ENTER_CODE, {"code": mailed_code(), "next": hidden})
    assert (login.startswith(LOGIN), third["Location"], is_signed_in(client)) == (True, TARGET, True)


def test_the_mail_speaks_german_and_holds_no_link():
    user = UserFactory()
    Client().post(REQUEST_CODE, {"login": user.email})
    (letter,) = letters()
    assert (letter.recipient, letter.subject) == (user.email, "Ihr Code für die Anmeldung bei KEpol")
    assert re.search(r"^ +\d{4}-\d{4}$", letter.text, flags=re.MULTILINE)
    assert "Stadt Aachen" in letter.text
    assert [sign for sign in ("://", "&", "<") if sign in letter.text] == []


def test_the_code_goes_out_at_once_and_the_outbox_keeps_none(django_capture_on_commit_callbacks):
    user = UserFactory()
    before = timezone.now()
    with django_capture_on_commit_callbacks(execute=True):
        Client().post(REQUEST_CODE, {"login": user.email})
    (sent,), (stored,) = mail.outbox, letters()
    assert (sent.to, bool(re.search(r"\d{4}-\d{4}", sent.body))) == ([user.email], True)
    assert (stored.is_secret, stored.text) == (True, "")
    assert abs(stored.expires_at - before - datetime.timedelta(minutes=10)) < datetime.timedelta(seconds=5)


def test_the_mail_goes_to_the_stored_address_whatever_was_typed():
    user = UserFactory(email="erika@stadt.example")
    Client().post(REQUEST_CODE, {"login": "  Erika@STADT.example "})
    assert letters()[-1].recipient == user.email


@pytest.mark.parametrize(
    "typed", ["{0}{1}", "{0}-{1}", " {0} {1} ", "{0} - {1}", "{0}\t{1}", "{0}\u00a0{1}", "{0}–{1}"]
)
def test_a_code_is_taken_however_it_is_pasted(typed):
    client, user = Client(), UserFactory()
    client.post(REQUEST_CODE, {"login": user.email})
    response = client.post(ENTER_CODE, {"code": typed.format(*mailed_code().split("-"))})
    assert (response.status_code, is_signed_in(client)) == (302, True)


def test_a_code_is_good_once_and_in_its_own_browser_only():
    client, other, user = Client(), Client(), UserFactory()
    client.post(REQUEST_CODE, {"login": user.email})
    code = mailed_code()
    other.post(REQUEST_CODE, {"login": user.email})
    other.post(ENTER_CODE, {"code": code})
    client.post(ENTER_CODE, {"code": code})
    assert (is_signed_in(client), is_signed_in(other)) == (True, False)
    client.post("/abmelden/")
    assert client.post(ENTER_CODE, {"code": code})["Location"] == REQUEST_CODE


@pytest.mark.parametrize(("minutes", "signed_in"), [(9, True), (11, False)])
def test_a_code_lives_ten_minutes(minutes, signed_in):
    client, user, now = Client(), UserFactory(), timezone.now()
    with time_machine.travel(now, tick=False):
        client.post(REQUEST_CODE, {"login": user.email, "next": TARGET})
    with time_machine.travel(now + datetime.timedelta(minutes=minutes), tick=False):
        client.post(ENTER_CODE, {"code": mailed_code()})
    assert is_signed_in(client) is signed_in


@pytest.mark.parametrize("method", ["get", "post"])
def test_whoever_comes_too_late_is_told_and_keeps_the_target(method):
    client, user, now = Client(), UserFactory(), timezone.now()
    with time_machine.travel(now, tick=False):
        client.post(REQUEST_CODE, {"login": user.email})
    with time_machine.travel(now + datetime.timedelta(minutes=11), tick=False):
        response = getattr(client, method)(f"{ENTER_CODE}?next=/vorlagen/", follow=True)
    assert response.redirect_chain == [(f"{REQUEST_CODE}?next=%2Fvorlagen%2F", 302)]
    assert "Der Code ist abgelaufen." in response.text


def test_three_wrong_codes_end_it_and_keep_the_target():
    client, user = Client(), UserFactory()
    client.post(REQUEST_CODE, {"login": user.email})
    code = mailed_code()
    answers = [client.post(ENTER_CODE, {"code": "0000-0000", "next": "/vorlagen/"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 302]
    assert "Der Code stimmt nicht." in answers[0].text
    assert answers[2]["Location"] == f"{REQUEST_CODE}?next=%2Fvorlagen%2F"
    assert "Der Code war dreimal falsch." in client.get(answers[2]["Location"]).text
    client.post(ENTER_CODE, {"code": code})
    assert not is_signed_in(client)


def test_the_login_page_stays_open_while_a_code_is_awaited():
    client, user = Client(), UserFactory()
    client.post(REQUEST_CODE, {"login": "vertippt@stadt.example"})
    assert client.get(LOGIN).status_code == 200
    assert (by_password(client, user).status_code, is_signed_in(client)) == (302, True)


def test_an_account_switched_off_meanwhile_stays_out():
    client, user = Client(), UserFactory()
    client.post(REQUEST_CODE, {"login": user.email})
    User.objects.filter(pk=user.pk).update(is_active=False)
    response = client.post(ENTER_CODE, {"code": mailed_code()}, follow=True)
    assert (response.redirect_chain, is_signed_in(client)) == ([(LOGIN, 302)], False)
    assert "Dieses Konto ist abgeschaltet." in response.text


@pytest.mark.parametrize("address", ["", "keine Adresse", "a@b\x00.example", "x" * 400 + "@stadt.example"])
def test_what_is_no_address_comes_back_with_an_error(client, address):
    response = client.post(REQUEST_CODE, {"login": address, "next": "/vorlagen/"})
    assert response.status_code == 200
    assert "Fehler: Code anfordern" in response.text
    assert 'value="/vorlagen/"' in response.text
    assert letters() == []


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_the_code_leads_to_no_other_host(target):
    client, user = Client(), UserFactory()
    response = client.post(REQUEST_CODE, {"login": user.email, "next": target})
    assert "evil" not in response["Location"].partition("?")[0]
    response = client.post(f"{ENTER_CODE}?next={target}", {"code": mailed_code(), "next": target})
    assert response["Location"] == "/"


# --- Silence ------------------------------------------------------------------------------------------------------
def ask(address):
    """Ask for a code and look at the next page; everything a stranger sees."""
    client = Client()
    answer = client.post(REQUEST_CODE, {"login": address, "next": "/vorlagen/"})
    page = client.get(answer["Location"])
    wrong = client.post(ENTER_CODE, {"code": "0000-0000"})
    seen = [(one.status_code, masked(one), {**one.headers, "Content-Length": ""}) for one in (answer, page, wrong)]
    cookies = {name: (len(morsel.value), morsel["path"], morsel["samesite"]) for name, morsel in client.cookies.items()}
    return seen, cookies


@time_machine.travel("2026-11-24 09:00", tick=False)
def test_asking_looks_the_same_for_accounts_that_are_and_are_not():
    demo = DEMO_LOGINS[1].email
    UserFactory(email="da@stadt.example")
    UserFactory(email="weg@stadt.example", is_active=False)
    UserFactory(email=demo)
    known = ask("da@stadt.example")
    assert len(letters()) == 1
    for address in ["weg@stadt.example", demo, "niemand@stadt.example"]:
        assert ask(address) == known
    assert len(letters()) == 1


def test_a_demo_account_gets_a_code_on_a_demonstration(settings):
    settings.DEMO = True
    user = UserFactory(email=DEMO_LOGINS[1].email)
    assert by_code(Client(), user).status_code == 302


@time_machine.travel("2026-11-24 09:00", tick=False)
def test_beyond_the_limit_one_more_mail_goes_out_and_nothing_looks_different():
    UserFactory(email="da@stadt.example")
    first, *others = [ask("da@stadt.example") for _ in range(8)]
    assert others == [first] * 7
    assert [ask("niemand@stadt.example") for _ in range(8)] == [first] * 8
    assert len(letters()) == 4


@pytest.mark.parametrize("before", [0, 3, 4])
def test_asking_costs_the_same_number_of_queries_beyond_the_limit(monkeypatch, before):
    UserFactory(email="da@stadt.example")
    counts = []
    for address in ["da@stadt.example", "niemand@stadt.example"]:
        for _ in range(before):
            Client().post(REQUEST_CODE, {"login": address})
        client = Client()
        with monkeypatch.context() as patch, CaptureQueriesContext(connection) as queries:
            patch.setattr(AnswerFirst, "close", lambda self: None)
            client.post(REQUEST_CODE, {"login": address})
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_an_address_that_asks_without_end_is_refused(settings):
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "request_login_code": "2/m/ip"}
    answers = [Client().post(REQUEST_CODE, {"login": f"a{n}@stadt.example"}) for n in range(3)]
    assert [answer.status_code for answer in answers] == [302, 302, 200]
    assert "Zu viele Anfragen." in answers[2].text


def test_the_answer_does_not_wait_for_the_outbox(monkeypatch):
    """What a known address costs more is done when the answer has gone: until then nothing was written for the mail."""
    UserFactory(email="da@stadt.example")
    waiting = []
    monkeypatch.setattr(AnswerFirst, "close", lambda self: waiting.extend(self.work))
    assert Client().post(REQUEST_CODE, {"login": "da@stadt.example"}).status_code == 302
    assert letters() == []
    waiting[0]()
    assert [letter.recipient for letter in letters()] == ["da@stadt.example"]


def test_an_outbox_that_fails_shows_nothing(settings):
    settings.MAIL_SENDER = "kepol.mail.outbox.gone"
    UserFactory(email="da@stadt.example")
    assert masked(Client().post(REQUEST_CODE, {"login": "da@stadt.example"})) == b""


def test_asking_costs_the_same_number_of_queries(monkeypatch):
    monkeypatch.setattr(AnswerFirst, "close", lambda self: None)
    UserFactory(email="da@stadt.example")
    counts = []
    for address in ["da@stadt.example", "niemand@stadt.example"]:
        client = Client(REMOTE_ADDR="192.0.2.7")
        with CaptureQueriesContext(connection) as queries:
            client.post(REQUEST_CODE, {"login": address})
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- Limits -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("way_in", [by_password, by_code])
def test_eighty_people_get_in_from_one_proxy_address(way_in):
    people = UserFactory.create_batch(80)
    clients = [Client(REMOTE_ADDR="192.0.2.80") for _ in people]
    codes = [way_in(client, user).status_code for client, user in zip(clients, people, strict=True)]
    assert codes == [302] * 80
    assert all(is_signed_in(client) for client in clients)


def exhaust(user, address, *, codes=True, passwords=True):
    """Try everything for the account of somebody else until nothing goes any more."""
    client = Client(REMOTE_ADDR=address)
    for _ in range(12):
        if passwords:
            by_password(client, user, "geraten")
        if codes:
            client.post(REQUEST_CODE, {"login": user.email})
            client.post(ENTER_CODE, {"code": "0000-0000"})
            client.post(ENTER_CODE, {"code": "0000-0000-0000"})


@pytest.mark.parametrize("way_in", [by_password, by_code])
def test_nobody_locks_a_colleague_out_from_another_address(way_in):
    user = UserFactory()
    exhaust(user, "192.0.2.66")
    client = Client(REMOTE_ADDR="192.0.2.1")
    assert (way_in(client, user).status_code, is_signed_in(client)) == (302, True)


@pytest.mark.parametrize(("tried", "way_in"), [("codes", by_password), ("passwords", by_code)])
def test_behind_the_same_proxy_the_other_way_in_stays_open(tried, way_in):
    user = UserFactory()
    exhaust(user, "192.0.2.80", codes=tried == "codes", passwords=tried == "passwords")
    client = Client(REMOTE_ADDR="192.0.2.80")
    assert (way_in(client, user).status_code, is_signed_in(client)) == (302, True)


def asked_in_vain(user, address="192.0.2.80"):
    """The browser of a colleague who asks for a code when others have used the limit up, and so gets no mail for it."""
    client = Client(REMOTE_ADDR=address)
    count = len(letters())
    client.post(REQUEST_CODE, {"login": user.email})
    assert len(letters()) == count
    return client


def test_behind_the_same_proxy_the_owner_of_the_mailbox_gets_in():
    user = UserFactory()
    exhaust(user, "192.0.2.80")
    client = asked_in_vain(user)
    assert by_password(client, user).status_code == 200
    client = asked_in_vain(user)
    assert client.post(ENTER_CODE, {"code": mailed_code()}).status_code == 302
    assert int(client.session["_auth_user_id"]) == user.pk


def test_the_newest_mail_is_good_whoever_made_it_go_out():
    user, now = UserFactory(), timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        exhaust(user, "192.0.2.80")
        client = asked_in_vain(user)
        Client(REMOTE_ADDR="192.0.2.66").post(REQUEST_CODE, {"login": user.email})
        assert len(letters()) == 5
        clock.shift(59)
        assert (client.post(ENTER_CODE, {"code": mailed_code()}).status_code, is_signed_in(client)) == (302, True)


def test_an_open_code_is_good_once_and_the_next_asking_mails_another():
    user = UserFactory()
    exhaust(user, "192.0.2.80")
    one, other = asked_in_vain(user), asked_in_vain(user)
    code = mailed_code()
    one.post(ENTER_CODE, {"code": code})
    other.post(ENTER_CODE, {"code": code})
    assert (is_signed_in(one), is_signed_in(other)) == (True, False)
    assert (by_code(Client(REMOTE_ADDR="192.0.2.80"), user).status_code, mailed_code() == code) == (302, False)


@pytest.mark.parametrize(("minutes", "signed_in"), [(9, True), (11, False)])
def test_an_open_code_lives_ten_minutes(minutes, signed_in):
    user, now = UserFactory(), timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        exhaust(user, "192.0.2.80")
        code = mailed_code()
        clock.shift(datetime.timedelta(minutes=5))
        Client(REMOTE_ADDR="192.0.2.66").post(REQUEST_CODE, {"login": user.email})
        clock.shift(datetime.timedelta(minutes=minutes - 5))
        (client := Client(REMOTE_ADDR="192.0.2.80")).post(REQUEST_CODE, {"login": user.email})
        client.post(ENTER_CODE, {"code": code})
    assert is_signed_in(client) is signed_in


def test_an_open_code_of_one_account_opens_no_other():
    user, other = UserFactory.create_batch(2)
    exhaust(user, "192.0.2.80")
    code = mailed_code()
    exhaust(other, "192.0.2.80")
    client = asked_in_vain(other)
    client.post(ENTER_CODE, {"code": code})
    assert not is_signed_in(client)


def test_three_wrong_open_codes_end_it():
    user = UserFactory()
    exhaust(user, "192.0.2.80")
    client = asked_in_vain(user)
    answers = [client.post(ENTER_CODE, {"code": "0000-0000-0000"}).status_code for _ in range(3)]
    assert answers == [200, 200, 302]
    client.post(ENTER_CODE, {"code": mailed_code()})
    assert not is_signed_in(client)


def test_a_proof_by_mail_is_not_used_up_by_strangers():
    client, user = Client(REMOTE_ADDR="192.0.2.80"), UserFactory()
    by_password(client, user)
    exhaust(user, "192.0.2.80")
    client.post(PROOF, {"per_mail": "1"})
    assert client.post(PROOF, {"code": mailed_code()}).status_code == 302
    answers = [client.post(PROOF, {"per_mail": "1"}, follow=True).text for _ in range(3)]
    assert ["Zu viele Anfragen." in answer for answer in answers] == [False, False, True]


@pytest.mark.parametrize(
    ("path", "errors"),
    [
        (LOGIN, ["Geben Sie Ihre E-Mail-Adresse ein.", "Geben Sie Ihr Passwort ein."]),
        (REQUEST_CODE, ["Geben Sie Ihre E-Mail-Adresse ein."]),
        (ENTER_CODE, ["Geben Sie den Code aus der E-Mail ein."]),
    ],
)
def test_a_field_left_empty_says_what_to_type(client, path, errors):
    client.post(REQUEST_CODE, {"login": "niemand@stadt.example"})
    page = client.post(path, {}).text
    assert [page.count(f">{error}<") for error in errors] == [1] * len(errors)


def test_who_accepts_an_invitation_is_welcomed_by_name():
    client, user = Client(), UserFactory()
    PersonFactory(given_name="Erika", family_name="Muster", title="", user=user)
    assert "Willkommen, Erika Muster. Ihr Zugang ist eingerichtet." in html.unescape(
        by_invitation(client, user, follow=True).text
    )


@pytest.mark.parametrize(
    ("roles", "is_shown"), [([Role.TECHNIK], False), ([Role.TECHNIK, Role.LEITUNG], True), ([Role.LESEZUGRIFF], True)]
)
def test_the_menu_of_the_technik_alone_shows_nothing_of_the_portal(roles, is_shown):
    sync_roles()
    client = Client()
    client.force_login(UserFactory(roles=roles))
    menu = client.get(SET_PASSWORD, follow=True).text.partition("<nav")[2].partition("</nav>")[0]
    assert [name in menu for name in ("Alle Meilensteine", "Vorlagen")] == [is_shown] * 2


def test_who_is_switched_off_gets_in_by_no_open_code():
    user = UserFactory()
    exhaust(user, "192.0.2.80")
    client = asked_in_vain(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    client.post(ENTER_CODE, {"code": mailed_code()})
    assert not is_signed_in(client)


def test_no_flood_of_entries_makes_the_limits_forgotten():
    """The cache drops a third of itself when it is full; so nobody may be able to fill it."""
    user = UserFactory()
    exhaust(user, "192.0.2.80")
    for n in range(330):
        cache.set(f"flood:{n}", n)
    assert by_password(Client(REMOTE_ADDR="192.0.2.80"), user).status_code == 200
    client = asked_in_vain(user)
    assert client.post(ENTER_CODE, {"code": mailed_code()}).status_code == 302


def test_an_invented_forwarded_address_does_not_help(client):
    user = UserFactory()
    for n in range(6):
        client.post(REQUEST_CODE, {"login": user.email}, headers={"x-forwarded-for": f"198.51.100.{n}"})
    assert len(letters()) == 4


# --- Passwords ----------------------------------------------------------------------------------------------------
def new_password(client, password=NEW_PASSWORD):
    return client.post(SET_PASSWORD, {"password1": password, "password2": password})


def test_a_forgotten_password_needs_nobody():
    client, user = Client(), UserFactory()
    by_code(client, user)
    assert client.get("/passwort/aendern/")["Location"] == SET_PASSWORD
    assert client.get(SET_PASSWORD).status_code == 200
    assert new_password(client)["Location"] == "/"
    assert by_password(Client(), user, NEW_PASSWORD).status_code == 302
    assert letters()[-1].subject == "Ihr Passwort für KEpol wurde gesetzt"


def test_who_came_in_by_password_or_long_ago_has_to_know_the_old_one():
    user, now = UserFactory(), timezone.now()
    client = Client()
    by_password(client, user)
    assert client.get(SET_PASSWORD)["Location"] == "/passwort/aendern/"
    assert new_password(client)["Location"] == "/passwort/aendern/"
    with time_machine.travel(now, tick=False):
        by_code(late := Client(), user)
    with time_machine.travel(now + datetime.timedelta(minutes=11), tick=False):
        assert new_password(late)["Location"] == "/passwort/aendern/"
    assert by_password(Client(), user).status_code == 302


def test_a_new_password_ends_the_other_sessions():
    user = UserFactory()
    other, client = Client(), Client()
    by_password(other, user)
    by_code(client, user)
    new_password(client)
    assert (client.get("/sicherheit/").status_code, other.get("/sicherheit/").status_code) == (200, 302)


@pytest.mark.parametrize(
    "password",
    [
        "aachen2026",
        "Aachen-2026-Aachen!",
        "KEpol-KEpol-2026",
        "kepol1234567890",
        "Stadt Aachen 2026",
        "aachen-xyz-2026",
        "MeilensteinVorlage1",
    ],
)
def test_passwords_made_of_own_words_are_refused(password):
    with pytest.raises(ValidationError):
        validate_password(password)
    with pytest.raises(ValidationError) as raised:
        validate_password(f"{password}!2027")
    assert "leicht zu erraten" in " ".join(raised.value.messages)


@pytest.mark.parametrize(
    "password",
    ["Die Brunnen in Aachen plätschern laut", "größere Füße übers Öl " * 3, "x7$Kq!mZ2&pW-aachen", "z" * 40 + "Ü" * 90],
)
def test_long_passwords_with_umlauts_and_blanks_are_accepted(password):
    user = UserFactory()
    by_code(client := Client(), user)
    assert new_password(client, password)["Location"] == "/"
    assert by_password(Client(), user, password).status_code == 302


def test_the_words_follow_the_name_of_the_municipality(settings):
    settings.MUNICIPALITY_NAME = "Kreis Recklinghausen"
    with pytest.raises(ValidationError):
        validate_password("Recklinghausen26")
    validate_password("Aachen-Aachener-26")


# --- Proof that the right person still sits there -----------------------------------------------------------------
SENSITIVE = ["/sicherheit/zweiter-faktor/", "/sicherheit/zweiter-faktor/entfernen/", "/sicherheit/ersatzcodes/neu/"]


@pytest.fixture
def late():
    """Somebody whose login lies eleven minutes back."""
    client, user, now = Client(), UserFactory(), timezone.now()
    with time_machine.travel(now, tick=False):
        by_password(client, user)
    client.user = user
    with time_machine.travel(now + datetime.timedelta(minutes=11), tick=False):
        yield client


@pytest.mark.parametrize("path", SENSITIVE)
@pytest.mark.parametrize("method", ["get", "post"])
def test_old_logins_have_to_prove_themselves(late, path, method):
    assert getattr(late, method)(path)["Location"] == f"{PROOF}?next={path.replace('/', '%2F')}"


def test_the_password_is_a_proof(late):
    assert "Das Passwort stimmt nicht." in late.post(PROOF, {"password": "falsch"}).text
    response = late.post(f"{PROOF}?next={SENSITIVE[0]}", {"password": PASSWORD})
    assert response["Location"] == SENSITIVE[0]
    assert late.get(SENSITIVE[0]).status_code == 200


def test_a_mailed_code_is_a_proof_and_opens_a_new_password(late):
    assert late.post(f"{PROOF}?next={SET_PASSWORD}", {"per_mail": "1"}, follow=True).status_code == 200
    assert letters()[-1].recipient == late.user.email
    assert "Der Code stimmt nicht." in late.post(PROOF, {"code": "0000-0000"}).text
    response = late.post(f"{PROOF}?next={SET_PASSWORD}", {"code": mailed_code()})
    assert response["Location"] == SET_PASSWORD
    assert late.get(SET_PASSWORD).status_code == 200
    assert late.post(PROOF, {"code": mailed_code()}).status_code == 200


def test_a_mailed_proof_has_three_tries(late):
    late.post(PROOF, {"per_mail": "1"})
    code = mailed_code()
    answers = [late.post(PROOF, {"code": "0000-0000"}).status_code for _ in range(3)]
    assert answers == [200, 200, 302]
    assert late.post(PROOF, {"code": code}).status_code == 200
    assert late.get(SENSITIVE[0]).status_code == 302


def test_without_a_password_the_mailbox_is_asked():
    client, now = Client(), timezone.now()
    user = User.objects.create_user("ohne@stadt.example")
    with time_machine.travel(now, tick=False):
        by_code(client, user)
    with time_machine.travel(now + datetime.timedelta(minutes=11), tick=False):
        page = client.get(SENSITIVE[0], follow=True)
        assert ('type="password"' in page.text, "Code per E-Mail senden" in page.text) == (False, True)
        assert client.post(PROOF, {}).status_code == 200
        assert client.get(SENSITIVE[0]).status_code == 302
