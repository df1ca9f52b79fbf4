"""Accounts, roles as data, login."""

import re
import time
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.middleware import SessionMiddleware
from django.contrib.sessions.models import Session
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from kepol.accounts import roles
from kepol.accounts.apps import last_migrated_app, sync_roles_after_migrate
from kepol.accounts.checks import check_demo_accounts
from kepol.accounts.choices import Role
from kepol.accounts.demo import DEMO_LOGINS, DEMO_PASSWORD, create_demo_accounts
from kepol.accounts.middleware import SIGNED_IN_AT, session_guard
from kepol.accounts.models import User

PASSWORD = "Viel-Regen-am-Montag-7"
NEW_PASSWORD = "Wenig-Sonne-am-Freitag-8"
LOGIN, LOGOUT, CHANGE = "/anmelden/", "/abmelden/", "/passwort/aendern/"
WRONG = "E-Mail-Adresse oder Passwort stimmen nicht."
TOO_MANY = "Zu viele Fehlversuche."

pytestmark = pytest.mark.django_db


def make_user(*given, email="erika@stadt.example", **fields):
    user = User.objects.create_user(email, PASSWORD, **fields)
    user.groups.set(Group.objects.filter(name__in=[role.value for role in given]))
    return User.objects.get(pk=user.pk)


def sign_in(client, email="erika@stadt.example", password=PASSWORD, **extra):
    return client.post(LOGIN, {"login": email, "password": password}, **extra)


def is_signed_in(client):
    return "_auth_user_id" in client.session


def page_text(response):
    """The page without what differs from request to request and without the echo of the address typed."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", response.text)
    return re.sub(r'(name="login" value=")[^"]*', r"\1", text)


# --- Accounts ---------------------------------------------------------------------------------------------------


def test_create_user_stores_the_address_in_lower_case():
    assert make_user(email=" Erika.Muster@Stadt.Example ").email == "erika.muster@stadt.example"


def test_clean_brings_the_address_into_lower_case():
    user = User(email="Erika@Stadt.Example", password="x")
    user.full_clean()
    assert user.email == "erika@stadt.example"


def test_create_user_refuses_a_taken_address_in_other_letter_case():
    make_user()
    with pytest.raises(ValidationError) as raised:
        User.objects.create_user("ERIKA@stadt.example", PASSWORD)
    assert raised.value.message_dict == {"email": ["Zu dieser E-Mail-Adresse gibt es schon ein Konto."]}


def test_database_refuses_an_address_with_capitals():
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(email="Erika@stadt.example", password="x")])


def test_create_superuser_may_everything():
    user = User.objects.create_superuser("Chefin@stadt.example", PASSWORD)
    assert (user.is_superuser, user.is_staff, user.roles) == (True, True, frozenset())


def test_user_without_password_cannot_sign_in(client):
    User.objects.create_user("neu@stadt.example")
    assert sign_in(client, "neu@stadt.example", "").status_code == 200
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((), False),
        ((Role.KOORDINATION,), True),
        ((Role.LEITUNG,), False),
        ((Role.FACHBEREICH,), False),
        ((Role.LESEZUGRIFF,), False),
        ((Role.TECHNIK,), True),
        ((Role.LEITUNG, Role.TECHNIK), True),
    ],
)
def test_is_staff_follows_from_the_roles(given, expected):
    assert make_user(*given).is_staff is expected


def test_roles_are_read_once_per_instance(django_assert_num_queries):
    user = make_user(Role.LEITUNG, Role.FACHBEREICH)
    with django_assert_num_queries(1):
        assert user.roles == {Role.LEITUNG, Role.FACHBEREICH}
        assert user.is_staff is False
        assert roles.has_role(user, Role.LEITUNG)
        assert not roles.has_role(user, Role.TECHNIK)


def test_anonymous_visitor_has_no_role():
    assert [role for role in Role if roles.has_role(AnonymousUser(), role)] == []


# --- Roles as data ----------------------------------------------------------------------------------------------

ALL = {"view", "add", "change", "delete"}
SEE = {"view"}
CHANGED_BY_KOORDINATION = [
    "stakeholders.organisation",
    "stakeholders.organisationname",
    "stakeholders.organisationalias",
    "stakeholders.person",
    "stakeholders.membership",
    "stakeholders.absence",
    "dates.closedday",
    "council.committee",
    "council.committeename",
    "council.councilterm",
    "council.officeholder",
    "council.submission",
    "council.consultation",
    "council.draftresolution",
    "council.section",
    "council.attachment",
    "files.documentreference",
    "dates.tickler",
    "stakeholders.contactentry",
    "stakeholders.body",
    "stakeholders.bodymember",
    "stakeholders.event",
    "funding.grant",
    "funding.budgetline",
    "funding.reportduty",
    "partnerships.partnership",
    "partnerships.stage",
    "partnerships.beginning",
    "partnerships.involvement",
    "partnerships.agreement",
    "partnerships.visit",
    "partnerships.visitparticipant",
    "partnerships.programmepoint",
    "partnerships.project",
    "partnerships.inkindtransfer",
    "concept.fieldofaction",
    "concept.goal",
    "concept.measure",
    "concept.indicator",
    "concept.indicatorvalue",
    "concept.milestone",
    "concept.milestonereport",
    "concept.milestoneevidence",
    "concept.statusround",
    "concept.rounditem",
    "concept.workshop",
    "concept.inventoryitem",
    "concept.peerconcept",
    "concept.evaluation",
    "concept.reminderitem",
    "concept.escalation",
]
MATRIX = {
    Role.KOORDINATION: {
        **dict.fromkeys(CHANGED_BY_KOORDINATION, ALL),
        "reference.sdg": SEE,
        "reference.country": SEE,
        "accounts.user": SEE,
        "mail.mail": SEE,
    },
    Role.LEITUNG: {},
    Role.FACHBEREICH: {},
    Role.LESEZUGRIFF: {},
    Role.TECHNIK: {"accounts.user": ALL, "mail.mail": ALL},
}


@pytest.mark.parametrize("role", Role)
def test_table_gives_each_role_exactly_these_actions(role):
    given = {label: set(roles.actions(role, label)) for label in roles.model_labels()}
    assert {label: actions for label, actions in given.items() if actions} == MATRIX[role]


def test_table_names_only_models_that_exist():
    known = {model._meta.label_lower for model in apps.get_models()}
    assert sorted(roles.model_labels() - known) == []


def test_every_model_of_ours_lies_in_an_area():
    ours = {
        model._meta.label_lower
        for model in apps.get_models()
        if not model.__module__.startswith(("django.", "allauth.", "simple_history."))
        and not model._meta.model_name.startswith("historical")
    }
    assert sorted(ours - roles.model_labels()) == []


def test_table_has_a_row_for_every_area():
    assert set(roles.TABLE) == set(roles.Area)


def stored_matrix():
    return {
        role: {f"{one.content_type.app_label}.{one.codename}" for one in Group.objects.get(name=role).permissions.all()}
        for role in Role
    }


def test_migrating_created_the_roles_with_their_permissions():
    assert stored_matrix() == {role: set(roles.permission_names(role)) for role in Role}


def test_sync_repairs_and_then_changes_nothing():
    foreign = Permission.objects.get(codename="add_group")
    Group.objects.get(name=Role.LEITUNG).permissions.add(foreign)
    Group.objects.get(name=Role.TECHNIK).permissions.clear()
    Group.objects.get(name=Role.LESEZUGRIFF).delete()
    first = {str(change) for change in roles.sync_roles()}
    assert {"Leitung: 0 Rechte ergänzt, 1 entzogen", "Technik: 8 Rechte ergänzt, 0 entzogen"} <= first
    assert stored_matrix() == {role: set(roles.permission_names(role)) for role in Role}
    assert {str(change) for change in roles.sync_roles()} == {f"{role}: unverändert" for role in Role}


def test_sync_command_prints_a_line_per_role():
    out = StringIO()
    call_command("sync_roles", stdout=out)
    assert out.getvalue().splitlines() == [f"{role}: unverändert" for role in Role]


def test_hook_after_migration_runs_for_the_last_app_only():
    Group.objects.all().delete()
    sync_roles_after_migrate(apps.get_app_config("accounts"), "default")
    assert Group.objects.count() == 0
    sync_roles_after_migrate(last_migrated_app(), "default")
    assert Group.objects.count() == len(Role)


def test_hook_after_migration_leaves_a_state_without_groups_alone():
    class NoGroups:
        def get_model(self, *_names):
            raise LookupError

    Group.objects.all().delete()
    sync_roles_after_migrate(last_migrated_app(), "default", apps=NoGroups())
    assert Group.objects.count() == 0


@pytest.mark.parametrize("role", Role)
def test_user_permissions_are_those_of_the_role(role):
    assert make_user(role).get_all_permissions() == roles.permission_names(role)


# --- Login ------------------------------------------------------------------------------------------------------


def test_login_page_speaks_german_and_names_its_fields(client):
    response = client.get(LOGIN)
    assert response.status_code == 200
    assert '<h1 class="kern-heading-large">Anmelden</h1>' in response.text
    assert re.findall(r'autocomplete="([a-z-]+)"', response.text) == ["username", "current-password"]
    assert "placeholder" not in response.text
    assert [tag for tag in ("<script", "<style", " style=", " onclick=") if tag in response.text] == []


def test_login_accepts_the_address_in_any_letter_case_and_goes_to_the_start(client):
    make_user()
    response = sign_in(client, "Erika@STADT.example")
    assert (response.status_code, response["Location"]) == (302, reverse("start"))
    assert is_signed_in(client)


def test_login_follows_next_on_our_host_only(client):
    make_user()
    assert (
        client.post(f"{LOGIN}?next={CHANGE}", {"login": "erika@stadt.example", "password": PASSWORD})["Location"]
        == CHANGE
    )
    other = Client()
    data = {"login": "erika@stadt.example", "password": PASSWORD, "next": "https://evil.example/"}
    assert other.post(LOGIN, data)["Location"] == reverse("start")


def test_login_changes_the_session_key(client):
    make_user()
    before = client.session.session_key
    sign_in(client)
    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


def test_login_looks_the_same_for_unknown_wrong_and_ended_accounts():
    make_user()
    make_user(email="weg@stadt.example", is_active=False)
    answers = [
        sign_in(Client(), "erika@stadt.example", "falsch"),
        sign_in(Client(), "niemand@stadt.example", "falsch"),
        sign_in(Client(), "weg@stadt.example", "falsch"),
        sign_in(Client(), "weg@stadt.example", PASSWORD),
    ]
    assert {answer.status_code for answer in answers} == {200}
    assert len({page_text(answer) for answer in answers}) == 1
    assert WRONG in answers[0].text
    assert "Fehler: Anmelden – KEpol" in answers[0].text


def test_login_leaves_no_second_address_behind(client):
    make_user()
    sign_in(client)
    assert EmailAddress.objects.count() == 0


def test_failed_logins_stop_this_account_at_this_address_only():
    make_user()
    make_user(email="kollege@stadt.example")
    for _ in range(5):
        assert WRONG in sign_in(Client(), password="falsch", REMOTE_ADDR="192.0.2.1").text
    stopped = Client()
    assert TOO_MANY in sign_in(stopped, REMOTE_ADDR="192.0.2.1").text
    assert not is_signed_in(stopped)
    for email, address in [("erika@stadt.example", "192.0.2.2"), ("kollege@stadt.example", "192.0.2.1")]:
        free = Client()
        assert sign_in(free, email, REMOTE_ADDR=address).status_code == 302


def test_failed_logins_stop_an_unknown_account_with_the_same_words():
    for _ in range(5):
        sign_in(Client(), "niemand@stadt.example", "falsch")
    assert TOO_MANY in sign_in(Client(), "niemand@stadt.example", "falsch").text


def test_successful_logins_are_not_counted():
    make_user()
    answers = [sign_in(Client()).status_code for _ in range(8)]
    assert answers == [302] * 8


def test_too_many_logins_from_one_address_get_a_german_page(client, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login": "2/m/ip"}
    answers = [sign_in(client, "niemand@stadt.example", "falsch") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "Zu viele Anfragen" in answers[2].text


@pytest.mark.parametrize(
    "name",
    [
        "account_signup",
        "account_email",
        "account_reset_password",
        "account_inactive",
        "mfa_trust",
        "mfa_download_recovery_codes",
        "socialaccount_signup",
        "socialaccount_connections",
        "openid_connect_login",
    ],
)
def test_other_pages_of_allauth_have_no_address(name):
    with pytest.raises(NoReverseMatch):
        reverse(name)


@pytest.mark.parametrize("path", ["/signup/", "/registrieren/", "/accounts/signup/", "/anmelden/signup/"])
def test_sign_up_is_closed(client, path):
    assert client.post(path, {"email": "fremd@stadt.example", "password1": PASSWORD}).status_code == 404
    assert User.objects.count() == 0


@pytest.mark.parametrize("path", [CHANGE, "/passwort/setzen/"])
def test_password_pages_ask_for_login(client, path):
    assert client.get(path)["Location"] == f"{LOGIN}?next={path}"


# --- Logout and sessions ----------------------------------------------------------------------------------------


def test_logout_asks_and_leads_to_the_login(client):
    make_user()
    sign_in(client)
    assert "Möchten Sie sich abmelden?" in client.get(LOGOUT).text
    assert is_signed_in(client)
    response = client.post(LOGOUT, follow=True)
    assert response.redirect_chain == [(LOGIN, 302)]
    assert "Sie sind abgemeldet." in response.text
    assert not is_signed_in(client)


def test_logout_answer_carries_clear_site_data_and_no_store(client):
    make_user()
    sign_in(client)
    response = client.post(LOGOUT)
    assert (response["Clear-Site-Data"], response["Cache-Control"]) == ('"cache", "storage"', "no-store")


def test_logout_of_an_ended_session_leads_to_the_login(client):
    response = client.post(LOGOUT)
    assert response["Location"] == LOGIN
    assert "Clear-Site-Data" not in response
    assert client.get(LOGOUT)["Location"] == LOGIN


def test_session_ends_at_its_absolute_age(client, settings):
    make_user()
    sign_in(client)
    age = settings.SESSION_ABSOLUTE_AGE
    for back, signed_in in [(age - 30, True), (age, False)]:
        session = client.session
        session[SIGNED_IN_AT] = int(time.time()) - back
        session.save()
        response = client.get(CHANGE)
        assert (response.status_code == 200) is signed_in
        assert is_signed_in(client) is signed_in
    assert response["Location"] == f"{LOGIN}?next={CHANGE}"


def test_session_age_starts_at_login_and_is_not_renewed(client):
    make_user()
    sign_in(client)
    session = client.session
    assert abs(session[SIGNED_IN_AT] - time.time()) < 5
    session[SIGNED_IN_AT] -= 100
    session.save()
    client.get(CHANGE)
    assert client.session[SIGNED_IN_AT] == session[SIGNED_IN_AT]


def test_session_ends_after_an_idle_hour_and_lives_on_while_somebody_works(client):
    make_user()
    with time_machine.travel("2026-03-02 08:00+01:00", tick=False) as clock:
        sign_in(client)
        for minutes, signed_in in [(59, True), (59, True), (61, False)]:
            clock.shift(minutes * 60)
            assert (client.get(CHANGE).status_code == 200) is signed_in
    assert not client.cookies["sid"]["max-age"]


def test_slow_request_does_not_undo_what_another_one_stored_meanwhile(rf, client):
    make_user()
    sign_in(client)

    def meanwhile(request):
        assert request.user.is_authenticated
        other = SessionStore(client.session.session_key)
        other["message"] = "gespeichert"
        other.save()
        return HttpResponse()

    request = rf.get("/")
    request.COOKIES = {"sid": client.cookies["sid"].value}
    with time_machine.travel(timezone.now() + timedelta(minutes=5)):
        SessionMiddleware(AuthenticationMiddleware(session_guard(meanwhile)))(request)
    assert client.session["message"] == "gespeichert"


def test_pages_of_signed_in_people_are_not_stored(client):
    make_user()
    assert sign_in(client)["Cache-Control"] == "no-store"
    for path in (CHANGE, LOGOUT, "/gibt-es-nicht/"):
        assert client.get(path)["Cache-Control"] == "no-store"


def test_answers_keep_other_sites_out(client):
    assert client.get(LOGIN)["Cross-Origin-Resource-Policy"] == "same-origin"


def test_ended_account_is_out_at_the_next_request(client):
    user = make_user()
    sign_in(client)
    assert client.get(CHANGE).status_code == 200
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert client.get(CHANGE)["Location"] == f"{LOGIN}?next={CHANGE}"


def test_role_change_holds_from_the_next_request(client):
    user = make_user(Role.KOORDINATION)
    sign_in(client)
    assert client.get(reverse("admin:index")).status_code == 200
    user.groups.set([])
    assert client.get(reverse("admin:index"), follow=True).status_code == 403


# --- Password ---------------------------------------------------------------------------------------------------


def change_password(client, old=PASSWORD, new=NEW_PASSWORD, again=None):
    return client.post(CHANGE, {"oldpassword": old, "password1": new, "password2": again or new})


def test_password_change_keeps_this_session_and_ends_the_others(client):
    make_user()
    other = Client()
    for browser in (client, other):
        sign_in(browser)
    response = change_password(client)
    assert (response.status_code, response["Location"]) == (302, reverse("start"))
    assert client.get(CHANGE).status_code == 200
    assert other.get(CHANGE)["Location"] == f"{LOGIN}?next={CHANGE}"
    assert sign_in(Client(), password=PASSWORD).status_code == 200
    assert sign_in(Client(), password=NEW_PASSWORD).status_code == 302


@pytest.mark.parametrize(
    ("data", "field", "message"),
    [
        ({"old": "falsch"}, "oldpassword", "Das bisherige Passwort stimmt nicht."),
        ({"again": "Etwas-ganz-anderes-9"}, "password2", "Die beiden neuen Passwörter stimmen nicht überein."),
        ({"new": "Zu-kurz-1"}, "password1", "Dieses Passwort ist zu kurz. Es muss mindestens 12 Zeichen enthalten."),
    ],
)
def test_password_change_says_what_is_wrong(client, data, field, message):
    make_user()
    sign_in(client)
    response = change_password(client, **data)
    assert response.context["form"].errors == {field: [message]}
    assert f'href="#id_{field}"' in response.text
    assert f'id="id_{field}_error"' in response.text


def test_password_page_names_its_fields_for_password_managers(client):
    make_user()
    sign_in(client)
    found = re.findall(r'autocomplete="([a-z-]+)"', client.get(CHANGE).text)
    assert found == ["username", "current-password", "new-password", "new-password"]


# --- Admin ------------------------------------------------------------------------------------------------------


def test_admin_uses_this_login(client):
    response = client.get(reverse("admin:index"), follow=True)
    assert response.redirect_chain[-1][0].startswith(f"{LOGIN}?next=")
    assert response.status_code == 200


@pytest.mark.parametrize("role", [Role.LEITUNG, Role.FACHBEREICH, Role.LESEZUGRIFF])
def test_admin_is_closed_to_portal_roles(client, role):
    make_user(role)
    sign_in(client)
    assert client.get(reverse("admin:index"), follow=True).status_code == 403


# --- Demonstration ----------------------------------------------------------------------------------------------


def test_demo_logins_cover_every_role():
    assert {login.role for login in DEMO_LOGINS} == set(Role)


def test_demo_accounts_need_demo(settings):
    with pytest.raises(ImproperlyConfigured):
        create_demo_accounts()
    settings.DEMO = True
    assert len(create_demo_accounts()) == len(DEMO_LOGINS)
    assert create_demo_accounts() == []
    assert {user.email: set(user.roles) for user in User.objects.all()} == {
        one.email: {one.role} for one in DEMO_LOGINS
    }


def test_demo_accounts_sign_in_only_with_demo(settings):
    settings.DEMO = True
    create_demo_accounts()
    email = DEMO_LOGINS[0].email
    assert sign_in(Client(), email, DEMO_PASSWORD).status_code == 302
    settings.DEMO = False
    assert WRONG in sign_in(Client(), email, DEMO_PASSWORD).text


@pytest.mark.parametrize("demo", [True, False])
def test_login_page_announces_demo_accounts_only_with_demo(client, settings, demo):
    settings.DEMO = demo
    text = client.get(LOGIN).text
    assert [DEMO_PASSWORD in text, *(login.email in text for login in DEMO_LOGINS)] == [demo] * (1 + len(DEMO_LOGINS))


def test_check_refuses_demo_accounts_without_demo(settings):
    settings.DEMO = True
    create_demo_accounts()
    assert check_demo_accounts(databases=["default"]) == []
    settings.DEMO = False
    assert [error.id for error in check_demo_accounts(databases=["default"])] == ["kepol.E001"]
    assert check_demo_accounts(databases=None) == []
    User.objects.update(is_active=False)
    assert check_demo_accounts(databases=["default"]) == []


# --- Error pages ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "429", "500"])
def test_error_page_is_german_and_needs_no_database(name, django_assert_num_queries):
    with django_assert_num_queries(0):
        text = render_to_string(f"{name}.html")
    assert '<html lang="de">' in text
    assert "Zur Startseite" in text


def test_missing_page_does_not_echo_the_address(client):
    response = client.get("/gibt-es-nicht-4711/")
    assert response.status_code == 404
    assert "4711" not in response.text


def test_expired_form_gets_a_german_page():
    make_user()
    response = sign_in(Client(enforce_csrf_checks=True))
    assert response.status_code == 403
    assert "Formular abgelaufen" in response.text
