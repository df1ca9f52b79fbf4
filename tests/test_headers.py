"""What every response says to the browser, who gets in without a login, and that looking at pages changes nothing."""

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from kepol.accounts.roles import sync_roles
from tests.addresses import addresses, one_of_each
from tests.factories import AttachmentFactory, SubmissionFactory, UserFactory

pytestmark = pytest.mark.django_db

# These vary with the day or the content, or are compared by a test of their own.
VARYING = {
    "Content-Length",
    "Content-Type",
    "Content-Disposition",
    "Expires",
    "Last-Modified",
    "Location",
    "Set-Cookie",
}
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "object-src 'none'",
}
EVERYWHERE = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), "
    "payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "Vary": "Cookie",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
UNCACHED = EVERYWHERE | {"Cache-Control": "max-age=0, no-cache, no-store, must-revalidate, private"}
SIGNED_IN = EVERYWHERE | {"Cache-Control": "no-store"}
OPEN = {
    "account_login",
    "account_logout",
    "account_request_login_code",
    "account_confirm_login_code",
    "mfa_authenticate",
    "single_sign_on",
    "single_sign_on_callback",
    "invitation",
    "health",
}


def headers(response):
    """Headers without what varies, the policy as a set: its order carries no meaning."""
    found = {name: value for name, value in response.headers.items() if name not in VARYING}
    found["Content-Security-Policy"] = set(found.get("Content-Security-Policy", "").split("; "))
    return found


def signed_in(**options):
    sync_roles()
    client = Client(raise_request_exception=False, **options)
    client.force_login(UserFactory(is_superuser=True))
    return client


def test_pages_before_the_login_have_exactly_these_headers(client):
    assert headers(client.get(reverse("account_login"))) == UNCACHED
    assert headers(client.get(reverse("health"))) == UNCACHED
    assert headers(client.get(reverse("council:submission_list"))) == EVERYWHERE  # on the way to the login
    assert headers(client.get("/nichts/")) == EVERYWHERE


def test_pages_behind_the_login_have_exactly_these_headers():
    client, submission = signed_in(), SubmissionFactory()
    pages = {
        "portal list": (200, reverse("council:submission_list")),
        "preview": (200, reverse("council:submission_detail", args=[submission.pk])),
        "PDF": (200, reverse("council:submission_pdf", args=[submission.pk])),
        "back office": (200, reverse("admin:index")),
        "form": (200, reverse("admin:council_submission_change", args=[submission.pk])),
        "translations": (200, reverse("admin:jsi18n")),
        "refused": (403, reverse("admin:autocomplete")),
        "missing": (404, "/nichts/"),
        "missing in the back office": (404, f"{reverse('admin:index')}nichts/"),
    }
    found = {name: client.get(path) for name, (_, path) in pages.items()}
    assert {name: response.status_code for name, response in found.items()} == {
        n: code for n, (code, _) in pages.items()
    }
    assert {name: headers(response) for name, response in found.items()} == dict.fromkeys(pages, SIGNED_IN)


def test_a_stored_file_comes_as_attachment_in_a_sandbox():
    attachment = AttachmentFactory(file=ContentFile(b"%PDF-1.7", "plan.pdf"))
    response = signed_in().get(reverse("files:serve", args=["anlage", attachment.pk]))
    assert b"".join(response.streaming_content) == b"%PDF-1.7"
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment; filename")
    assert headers(response) == SIGNED_IN | {"Content-Security-Policy": {"default-src 'none'", "sandbox"}}


def test_an_error_of_the_application_has_the_headers_too(monkeypatch):
    client = signed_in()

    def broken(*_, **__):
        raise RuntimeError("broken")

    monkeypatch.setattr("kepol.council.views.SubmissionFilter", broken)
    response = client.get(reverse("council:submission_list"))
    assert (response.status_code, headers(response)) == (500, SIGNED_IN)


def test_every_address_needs_a_login_except_the_named_ones(client):
    logins = reverse("account_login"), reverse("admin:login")
    without_login = set()
    for address in addresses(one_of_each()):
        response = client.get(address.path)
        if response.get("Location") not in {f"{login}?next={address.path}" for login in logins}:
            without_login.add(address.name)
    assert without_login == OPEN


def test_no_page_for_a_signed_in_person_is_kept_by_a_cache():
    client = signed_in()
    kept = {
        address.path: response.headers.get("Cache-Control")
        for address in addresses(one_of_each())
        if address.name != "account_logout"
        and (response := client.get(address.path)).headers.get("Cache-Control") != "no-store"
    }
    assert kept == {}


@pytest.mark.parametrize(
    "sender", [{}, {"headers": {"origin": "https://anderswo.example"}}], ids=["no token", "foreign"]
)
def test_every_address_refuses_a_post_without_token_or_from_elsewhere(sender):
    client = signed_in(enforce_csrf_checks=True)
    rows = one_of_each()
    token = client.get(reverse("council:submission_list")) and client.cookies["csrf"].value if sender else ""
    before = everything()
    for address in addresses(rows):
        response = client.post(address.path, {"csrfmiddlewaretoken": token}, **sender)
        assert (response.status_code, "Formular abgelaufen" in response.text) == (403, True), address
    assert everything() == before


def test_looking_at_every_page_changes_no_row():
    client, rows = signed_in(), one_of_each()
    before, codes = everything(), {}
    for address in addresses(rows):
        codes[address.path] = client.get(address.path, follow=True).status_code
    assert everything() == before
    assert sum(code == 200 for code in codes.values()) > 80
    assert {path for path, code in codes.items() if code >= 500} == set()


def everything():
    """All stored rows by model, except sessions, which every request prolongs."""
    return {
        model: sorted(map(repr, model._base_manager.values_list()))
        for model in apps.get_models(include_auto_created=True)
        if model is not Session
    }
