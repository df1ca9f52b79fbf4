"""Somebody's browser, for the tests that look at pages as people see them."""

import contextlib
from importlib import import_module
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.test import Client

from kepol.reference.models import Country
from tests.factories import UserFactory

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
def reference_data(live_server):
    """Goals and countries, which an installation always has; a browser test empties all tables when it ends."""
    if not Country.objects.exists():
        import_module("kepol.reference.migrations.0002_fill").fill(apps, None)


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
