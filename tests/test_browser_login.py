"""Getting in, in a browser: the way of a link, a second factor set up and used, single sign-on; and whether everybody can use the pages."""

import re

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from kepol.accounts.choices import Role
from tests.desks import ANONYMOUS
from tests.factories import PASSWORD, UserFactory
from tests.logins import LOGIN, PROOF, REMOVE, REQUEST_CODE, SECURITY, SET_UP, SPARE_CODES, app_code
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider
from tests.test_browser_pages import SMALL, findings, tab_to

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("reference_data")]

WORK = "/verwaltung/accounts/user/?q=stadt"


@pytest.fixture
def technik(settings):
    """Somebody who needs a second factor; time stands still, or a code of the app would run out before it is typed."""
    settings.SECOND_FACTOR_REQUIRED = True
    with time_machine.travel(timezone.now(), tick=False):
        yield UserFactory(roles=[Role.TECHNIK])


def look(desk, name):
    """What is wrong with the page as it stands: for axe, on a small telephone, and against the policy."""
    page = desk.page
    page.set_viewport_size(SMALL)
    wide = page.evaluate("document.documentElement.scrollWidth") > SMALL["width"]
    problems = [found for part in findings(page).values() for found in part] + (["wide"] if wide else [])
    return {f"{name}: {problem}" for problem in problems}


def submit(page, button="main form [type=submit]"):
    with page.expect_navigation():
        page.locator(button).first.click()


def enter(page, field, value):
    page.fill(f"[name={field}]", value)
    submit(page)


def newest_code():
    return re.search(r"^ +(\d{4}-\d{4})\r?$", mail.outbox[-1].body, flags=re.MULTILINE)[1]


def test_a_link_reaches_its_page_in_three_loads_with_the_keyboard_alone(desks):
    user = UserFactory(roles=[Role.TECHNIK])
    desk = desks(ANONYMOUS)
    loads = []
    desk.page.on("load", lambda page: loads.append(page.url))
    page = desk.open(WORK)
    tab_to(page, "login", most=6)
    page.keyboard.type(user.email)
    tab_to(page, "Code per E-Mail senden", most=3)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    tab_to(page, "code", most=6)
    page.keyboard.type(newest_code().replace("-", " "))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.wait_for_load_state()
    assert (page.url, len(loads), desk.complaints) == (f"{desk.host}{WORK}", 3, [])


def test_enter_signs_in_with_the_password(desks):
    user = UserFactory(roles=[Role.TECHNIK])
    page = desks(ANONYMOUS).open(WORK)
    page.fill("[name=login]", user.email)
    page.fill("[name=password]", PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith(WORK)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_second_factor_is_set_up_and_used(desks, technik, scripts):
    desk = desks(ANONYMOUS, java_script_enabled=scripts)
    page = desk.open(LOGIN)
    page.fill("[name=login]", technik.email)
    enter(page, "password", PASSWORD)
    assert page.url.endswith(SET_UP)
    if scripts:
        assert page.evaluate("document.querySelector('.qr-code').naturalWidth") > 0
    secret = page.locator("main code").inner_text().replace(" ", "")
    enter(page, "code", app_code(secret))
    assert page.locator(".spare-codes li").count() == 10
    spare = page.locator(".spare-codes code").first.inner_text()
    submit(page, ".user-menu [type=submit]")
    page.fill("[name=login]", technik.email)
    enter(page, "password", PASSWORD)
    enter(page, "code", spare)
    desk.open(SECURITY)
    assert "noch 9 von 10" in page.locator("main").inner_text()
    assert desk.complaints == []


def test_everybody_can_use_the_pages_of_the_login(desks):
    user = UserFactory()
    desk = desks(ANONYMOUS, bypass_csp=True)
    page, wrong = desk.open(LOGIN), set()
    wrong |= look(desk, "login")
    desk.open(REQUEST_CODE)
    wrong |= look(desk, "request-code")
    submit(page)
    wrong |= look(desk, "request-code-refused")
    enter(page, "login", user.email)
    wrong |= look(desk, "enter-code")
    enter(page, "code", "12")
    wrong |= look(desk, "enter-code-refused")
    enter(page, "code", newest_code())
    desk.open(SECURITY)
    wrong |= look(desk, "security-without-factor")
    desk.open("/passwort/setzen/")
    wrong |= look(desk, "password-set")
    desk.open("/passwort/aendern/")
    wrong |= look(desk, "password-change")
    assert (wrong, desk.complaints) == (set(), [])


def test_everybody_can_use_the_pages_of_the_second_factor(desks, technik, settings):
    desk = desks(ANONYMOUS, bypass_csp=True)
    page, wrong = desk.open(LOGIN), set()
    page.fill("[name=login]", technik.email)
    enter(page, "password", PASSWORD)
    wrong |= look(desk, "set-up")
    secret = page.locator("main code").inner_text().replace(" ", "")
    enter(page, "code", "000")
    wrong |= look(desk, "set-up-refused")
    enter(page, "code", app_code(secret))
    wrong |= look(desk, "spare-codes")
    spare = page.locator(".spare-codes code").first.inner_text()
    for name, path in {"security": SECURITY, "remove": REMOVE, "new-spare-codes": f"{SPARE_CODES}neu/"}.items():
        desk.open(path)
        wrong |= look(desk, name)
    submit(page, ".user-menu [type=submit]")
    page.fill("[name=login]", technik.email)
    enter(page, "password", PASSWORD)
    wrong |= look(desk, "second-step")
    enter(page, "code", spare)
    desk.open(PROOF)
    wrong |= look(desk, "proof")
    assert (wrong, desk.complaints) == (set(), [])


def test_everybody_can_use_the_other_proofs(desks):
    user = UserFactory()
    desk = desks(ANONYMOUS, bypass_csp=True)
    page, wrong = desk.open(f"{LOGIN}?next={PROOF}"), set()
    page.fill("[name=login]", user.email)
    enter(page, "password", PASSWORD)
    wrong |= look(desk, "proof-by-password")
    submit(page, "[name=per_mail]")
    wrong |= look(desk, "proof-by-mail")
    enter(page, "code", newest_code())
    assert (page.url, wrong, desk.complaints) == (f"{desk.host}{SECURITY}", set(), [])


def test_single_sign_on_works_under_the_policy_of_the_pages(desks, settings):
    provider = Provider()
    settings.OIDC_SERVER_URL, settings.OIDC_NAME = provider.address, "dem Dienstkonto"
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT_ID, CLIENT_SECRET
    user, desk, axe = UserFactory(roles=[Role.TECHNIK]), desks(ANONYMOUS), desks(ANONYMOUS, bypass_csp=True)
    provider.claims = {"email": "niemand@stadt.example", "email_verified": True}
    axe.open(LOGIN)
    wrong = look(axe, "login-with-provider")
    submit(axe.page, "text=Anmelden mit dem Dienstkonto")
    wrong |= look(axe, "no-access")
    axe.open("/anmelden/dienst/zurueck/?state=x")
    wrong |= look(axe, "failed")
    provider.claims["email"] = user.email
    page = desk.open(WORK)
    submit(page, "text=Anmelden mit dem Dienstkonto")
    provider.stop()
    assert (page.url, wrong) == (f"{desk.host}{WORK}", set())
    assert {text.split("?")[0] for text in desk.complaints} == {f"foreign host: {provider.address}/authorize"}
