"""All pages in a browser: what they load, whether everybody can use them, and a working day of the Koordination."""

import contextlib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kepol.accounts.choices import ADMIN_ROLES, Role
from kepol.council.models import Submission
from kepol.example import loading
from stakeholders.models import Organisation
from tests.factories import FACTORIES, UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).parent.parent
PAPER = (ROOT / "kepol" / "example" / "sachstand.txt").read_text(encoding="utf-8")
SUPERUSER, ANONYMOUS = "Superuser", "Anonym"
REPORT_VIOLATIONS = """document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`))"""


class Desk:
    """Somebody's browser: opens pages and notes everything a page must not do."""

    def __init__(self, context, host):
        self.context, self.host, self.complaints = context, host, []
        context.set_default_timeout(10_000)
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("requestfailed", self._failed)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.page = context.new_page()

    def open(self, path):
        self.page.goto(f"{self.host}{path}")
        return self.page

    def _request(self, request):
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and f"{address.scheme}://{address.netloc}" != self.host:
            self.complaints.append(f"foreign host: {request.url}")

    def _response(self, response):
        if response.status >= 400 and not response.request.is_navigation_request():
            self.complaints.append(f"{response.status}: {response.url}")

    def _failed(self, request):
        # A download ends the navigation, and leaving a page the requests that are under way.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"{request.failure}: {request.url}")

    def _console(self, message):
        # The status of a page is the matter of its test.
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            self.complaints.append(message.text)


@pytest.fixture
def desks(browser, browser_context_args, live_server):
    """Opens a browser as somebody: a role, the superuser or nobody."""
    with contextlib.ExitStack() as stack:

        def desk(who, **options):
            context = browser.new_context(**{**browser_context_args, **options})
            stack.callback(context.close)
            if who != ANONYMOUS:
                sign_in(context, live_server.url, who)
            return Desk(context, live_server.url)

        yield desk


def sign_in(context, url, who):
    """Put a session into the browser; the login itself has tests of its own."""
    client = Client()
    client.force_login(UserFactory(is_superuser=True) if who == SUPERUSER else UserFactory(roles=[who]))
    context.add_cookies([{"name": "sid", "value": client.cookies["sid"].value, "url": url}])


@pytest.fixture
def rows(live_server, settings):
    """The example, and an object of every model in the back office, by model."""
    settings.DEMO = True
    _, draft = loading.load(on=timezone.localdate())
    rows = {model: model._base_manager.first() or FACTORIES[model]() for model in admin.site._registry}
    return rows | {Submission: draft, Organisation: Organisation.objects.get(code="FB 36")}


def admin_page(obj, page, *more):
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_{page}", args=[obj.pk, *more])


def admin_pages(rows):
    """Index and every page of every model; who may not see one gets a page that says so."""
    yield reverse("admin:index")
    for model, row in rows.items():
        label = f"{model._meta.app_label}_{model._meta.model_name}"
        yield from (reverse(f"admin:{label}_changelist"), reverse(f"admin:{label}_add"))
        yield from (admin_page(row, page) for page in ("change", "history", "delete"))
        if hasattr(row, "is_retired"):
            yield admin_page(row, "step", "stilllegen")


def portal_pages(rows):
    yield from (reverse("account_login"), reverse("account_change_password"), reverse("council:submission_list"))
    yield from (reverse("council:submission_detail", args=[rows[Submission].pk]), "/nichts/")
    yield from (reverse("account_logout"), reverse("account_set_password"))


# --- What pages load ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", [*Role, SUPERUSER, ANONYMOUS])
def test_no_page_breaks_the_policy_or_leaves_the_house(desks, rows, who):
    desk = desks(who)
    pages = [*portal_pages(rows), reverse("admin:index")]
    if who == SUPERUSER or who in ADMIN_ROLES:
        pages += admin_pages(rows)
    for path in pages:
        before = len(desk.complaints)
        desk.open(path)
        desk.complaints[before:] = [f"{path}: {text}" for text in desk.complaints[before:]]
    assert desk.complaints == []
    assert {cookie["name"] for cookie in desk.context.cookies()} <= {"sid", "csrf"}


# --- Whether everybody can use them ---------------------------------------------------------------------------------
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = """async (tags) => {
    const found = await axe.run(document, {runOnly: tags, resultTypes: ["violations"]})
    return found.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")} ${node.html.slice(0, 150)} ${node.failureSummary.slice(0,300)}`))
}"""


def findings(page):
    """What axe finds on the page as it stands: wide and narrow, light and dark."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = set()
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(350)
            found |= {f"{width} {scheme} {finding}" for finding in page.evaluate(RUN_AXE, AXE_TAGS)}
    return sorted(found)


def checked_import(page):
    page.goto(page.url.split("/verwaltung")[0] + reverse("admin:council_submission_import"))
    page.fill("#id_text", PAPER.replace("9001", "9002").replace("Hauptausschuss", "Ausschuss für Teiche"))
    page.click("[name=check]")


def clash(page, row):
    page.goto(page.url.split("/verwaltung")[0] + admin_page(row, "change"))
    row = type(row).objects.get(pk=row.pk)
    row.goals = "Inzwischen von jemand anderem geschrieben"
    row.save()
    page.fill("#id_goals", "Zur selben Zeit hier geschrieben")
    page.click("[name=_save]")


def test_axe(desks, rows):
    from kepol.accounts.models import User
    from kepol.council.models import Consultation
    from stakeholders.models import Person, Membership
    import os, time
    desk = desks(SUPERUSER, bypass_csp=True)
    page = desk.open(reverse("admin:index"))
    shots = os.environ.get("SHOTS")
    t = time.time()
    targets = {
        "change": admin_page(rows[Submission], "change"),
        "login": None,
        "password": reverse("account_change_password"), "list": reverse("council:submission_list"), "listempty": reverse("council:submission_list")+"?q=nixda",
        "preview": reverse("council:submission_detail", args=[rows[Submission].pk]), "404": "/nichts/",
        "index": reverse("admin:index"), "changelist": reverse("admin:council_submission_changelist"),
        "orglist": reverse("admin:stakeholders_organisation_changelist"), "org": admin_page(rows[Organisation], "change"),
        "add": reverse("admin:council_submission_add"), "userlist": reverse("admin:accounts_user_changelist"),
        "user": admin_page(rows[User], "change"), "useradd": reverse("admin:accounts_user_add"), "userpw": reverse("admin:auth_user_password_change", args=[rows[User].pk]),
        "delete": admin_page(rows[Person], "delete"), "deleteorg": admin_page(rows[Organisation], "delete"), "history": admin_page(rows[Submission], "history"),
        "step": admin_page(rows[Organisation], "step", "stilllegen"), "consultation": admin_page(rows[Consultation], "change"),
        "consultations": reverse("admin:council_consultation_changelist"), "app": reverse("admin:app_list", args=["council"]),
        "sdg": admin_page(next(r for m, r in rows.items() if m._meta.model_name == "sdg"), "change"),
        "import": checked_import, "conflict": lambda page: clash(page, rows[Submission]),
    }
    only = os.environ.get("ONLY", "").split(",") if os.environ.get("ONLY") else list(targets)
    for name in only:
        target = targets[name]
        if name == "login":
            continue
        page.set_viewport_size({"width": 1280, "height": 800}); page.emulate_media(color_scheme="light")
        target(page) if callable(target) else desk.open(target)
        page.wait_for_timeout(300)
        if shots:
            page.screenshot(path=f"{shots}/{name}-1280.png", full_page=True)
            page.set_viewport_size({"width": 360, "height": 800})
            page.screenshot(path=f"{shots}/{name}-360.png", full_page=True)
            print(name, "scroll at 360:", page.evaluate("document.documentElement.scrollWidth"))
            page.set_viewport_size({"width": 1280, "height": 800})
        if os.environ.get("NOAXE"):
            continue
        print("==", name, round(time.time()-t, 1))
        for f in findings(page): print("   ", f)
