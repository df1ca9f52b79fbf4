"""Single sign-on against a small provider run here: it opens accounts that exist, and nothing else."""

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.hashers import check_password
from django.test import Client

from kepol.accounts.choices import Role
from kepol.accounts.demo import DEMO_LOGINS
from kepol.accounts.models import User
from tests.factories import PASSWORD, UserFactory
from tests.logins import LOGIN, SECOND_STEP, SECURITY, SET_UP, is_signed_in, with_factor
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider
from tests.test_setup import GOOD_KEY, load_settings

pytestmark = pytest.mark.django_db

BEGIN, BACK = "/anmelden/dienst/", "/anmelden/dienst/zurueck/"
KNOWN = "erika@stadt.example"


@pytest.fixture(scope="module")
def running():
    provider = Provider()
    yield provider
    provider.stop()


@pytest.fixture
def provider(running, settings):
    settings.OIDC_SERVER_URL, settings.OIDC_NAME = running.address, "dem Dienstkonto"
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT_ID, CLIENT_SECRET
    running.claims, running.faults = {"email": KNOWN, "email_verified": True}, set()
    return running


@pytest.fixture
def erika():
    return UserFactory(email=KNOWN)


def go(client, provider, query=""):
    """The way to the provider and back; the answer to the person's return."""
    return client.get(provider.authorise(client.get(f"{BEGIN}{query}")["Location"]))


def stored():
    return User.objects.count(), EmailAddress.objects.count(), SocialAccount.objects.count()


# --- Without a provider -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", [BEGIN, BACK])
def test_without_settings_there_is_no_single_sign_on(client, path):
    assert client.get(path).status_code == 404
    assert "Anmelden mit" not in client.get(LOGIN).text


@pytest.mark.usefixtures("provider")
def test_the_login_page_offers_it_and_passes_the_target_on(client):
    page = client.get(f"{LOGIN}?next=/vorlagen/").text
    assert "Anmelden mit dem Dienstkonto" in page
    assert f'href="{BEGIN}?next=%2Fvorlagen%2F"' in page


# --- Who gets in --------------------------------------------------------------------------------------------------
def test_it_signs_in_the_account_of_the_verified_address(client, provider, erika):
    before = stored()
    response = go(client, provider, "?next=/vorlagen/%3Fq%3D1")
    assert (response["Location"], client.session["_auth_user_id"]) == ("/vorlagen/?q=1", str(erika.pk))
    assert stored() == before
    erika.refresh_from_db()
    assert check_password(PASSWORD, erika.password)


def test_the_address_may_carry_capitals(client, provider, erika):
    provider.claims["email"] = "Erika@Stadt.Example"
    go(client, provider)
    assert is_signed_in(client)


def test_it_asks_with_state_nonce_and_pkce_and_nothing_from_the_address(client, provider):
    go(client, provider, "?scope=admin&auth_params=prompt%3Dnone&process=connect")
    asked = provider.asked[-1]
    assert (asked["code_challenge_method"], set(asked["scope"].split())) == ("S256", {"openid", "profile", "email"})
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 16
    assert "prompt" not in asked
    assert asked["redirect_uri"] == f"http://testserver{BACK}"


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "niemand@stadt.example"},
        {"email_verified": False},
        {"email_verified": "false"},
        {"email_verified": "true"},
        {"email_verified": None},
        {"email": "weg@stadt.example"},
        {"email": DEMO_LOGINS[1].email},
        {"email": ""},
        {"email": [KNOWN]},
        {"email": "eri\u212aa@stadt.example"},
    ],
)
def test_everybody_else_gets_the_same_page(client, provider, erika, claims):
    UserFactory(email="weg@stadt.example", is_active=False)
    UserFactory(email=DEMO_LOGINS[1].email)
    provider.claims |= claims
    before = stored()
    response = go(client, provider)
    assert (response.status_code, is_signed_in(client), stored()) == (403, False, before)
    assert "mit seiner E-Mail-Adresse gibt es hier keinen Zugang" in response.text
    assert "@" not in response.text


# --- What does not fit --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "fault",
    [
        "wrong_state",
        "wrong_nonce",
        "no_nonce",
        "wrong_signature",
        "unsigned",
        "no_key_id",
        "wrong_audience",
        "wrong_issuer",
        "expired",
        "no_id_token",
        "other_person",
        "down:/token",
        "down:/keys",
        "down:/userinfo",
        "no_json:/token",
        "no_json:/keys",
        "no_json:/userinfo",
    ],
)
@pytest.mark.usefixtures("erika")
def test_an_answer_that_does_not_fit_opens_nothing(client, provider, fault):
    provider.faults = {fault}
    response = go(client, provider)
    assert (response.status_code, is_signed_in(client)) == (502, False)
    assert "Anmeldung nicht gelungen" in response.text


@pytest.mark.parametrize(
    "fault", ["down:/.well-known/openid-configuration", "no_json:/.well-known/openid-configuration"]
)
def test_a_provider_that_is_down_gets_a_page(client, provider, fault):
    provider.faults = {fault}
    response = client.get(BEGIN)
    assert (response.status_code, "Anmeldung nicht gelungen" in response.text) == (502, True)


def test_a_provider_that_is_not_there_gets_a_page(client, provider, settings):
    settings.OIDC_SERVER_URL = "http://127.0.0.1:9"
    assert client.get(BEGIN).status_code == 502


def test_a_provider_with_half_a_description_gets_a_page(client, provider):
    provider.faults = {"no_token_endpoint"}
    assert client.get(BEGIN).status_code == 502


@pytest.mark.usefixtures("erika")
def test_an_answer_is_good_once_and_in_its_own_browser_only(client, provider):
    back = provider.authorise(client.get(BEGIN)["Location"])
    other = Client()
    assert (other.get(back).status_code, is_signed_in(other)) == (502, False)
    assert client.get(back).status_code == 302
    client.post("/abmelden/")
    assert (client.get(back).status_code, is_signed_in(client)) == (502, False)


def test_whoever_cancels_is_back_at_the_login(client, provider):
    provider.faults = {"cancelled"}
    page = client.get(provider.authorise(client.get(BEGIN)["Location"]), follow=True)
    assert (page.redirect_chain, "Die Anmeldung wurde abgebrochen." in page.text) == ([(LOGIN, 302)], True)


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
@pytest.mark.usefixtures("erika")
def test_it_leads_to_no_other_host(client, provider, target):
    assert go(client, provider, f"?next={target}")["Location"] == "/"


@pytest.mark.parametrize("path", [BEGIN, BACK])
def test_both_addresses_only_read(client, provider, path):
    assert client.post(path).status_code == 405


# --- Second factor ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("counts", "next_page"), [(False, SET_UP), (True, None)])
def test_the_provider_replaces_the_second_factor_only_where_the_settings_say_so(
    client, provider, settings, counts, next_page
):
    settings.SECOND_FACTOR_REQUIRED, settings.OIDC_IS_SECOND_FACTOR = True, counts
    UserFactory(email=KNOWN, roles=[Role.TECHNIK])
    go(client, provider)
    assert client.get(SECURITY).get("Location") == next_page


@pytest.mark.parametrize("counts", [False, True])
def test_an_own_second_factor_is_asked_unless_the_provider_replaces_it(client, provider, settings, erika, counts):
    settings.OIDC_IS_SECOND_FACTOR = counts
    with_factor(erika)
    response = go(client, provider)
    assert (response["Location"], is_signed_in(client)) == (("/", True) if counts else (SECOND_STEP, False))


# --- Settings -----------------------------------------------------------------------------------------------------
OPERATION = {"SECRET_KEY": GOOD_KEY, "ALLOWED_HOSTS": "kepol.example.org", "SITE_URL": "https://kepol.example.org"}
COMPLETE = {
    "OIDC_SERVER_URL": "https://login.example.org/realms/stadt",
    "OIDC_CLIENT_ID": "kepol",
    "OIDC_CLIENT_SECRET": "geheim",
}


def test_complete_settings_are_accepted():
    assert load_settings(**OPERATION, **COMPLETE) == (0, "")


@pytest.mark.parametrize(
    "change",
    [{"OIDC_SERVER_URL": "http://login.example.org"}, {"OIDC_CLIENT_ID": ""}, {"OIDC_CLIENT_SECRET": ""}],
)
def test_half_settings_are_refused_with_what_to_set(change):
    code, last_line = load_settings(**OPERATION, **(COMPLETE | change))
    assert (code, "Die Anmeldung über OIDC ist unvollständig" in last_line) == (1, True)
