"""Databases and browser of the tests; factories and people stand in modules of their own."""

import os
import time

import pytest
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.test import Client
from django.utils import timezone

from tests.desks import desks, reference_data  # noqa: F401 (fixtures)
from tools.packages import chromium


@pytest.fixture(autouse=True)
def _settled_sessions(monkeypatch):
    """Let a test client sign in as if a page had been answered since, so that counting queries counts those of the page."""
    from kepol.accounts import middleware  # noqa: PLC0415 - the settings have to stand first

    force_login = Client.force_login

    def settled(client, user, backend=None):
        force_login(client, user, backend)
        session = client.session
        session[middleware.SIGNED_IN_AT] = int(time.time())
        session.save()
        middleware._prolonged[session.session_key] = timezone.now()

    monkeypatch.setattr(Client, "force_login", settled)


@pytest.fixture(autouse=True, scope="session")
def _emptied_tables():
    """Let SQLite empty its tables after a test with transactions of its own; PostgreSQL asks no row when it does."""
    operations_of_sqlite = DatabaseWrapper.ops_class
    emptied = operations_of_sqlite.sql_flush

    def statements(operations, *args, **options):
        found = emptied(operations, *args, **options)
        with operations.connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%%_is_kept'")
            keepers = dict(cursor.fetchall())
        return [*(f"DROP TRIGGER {name}" for name in keepers), *found, *keepers.values()]

    # On the class: beside the event loop of the browser tests the connection is another object.
    operations_of_sqlite.sql_flush = statements
    yield
    operations_of_sqlite.sql_flush = emptied


# --- Browser ------------------------------------------------------------------------------------------------------
CHROMIUM_FLAGS = [
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """Start the machine's own Chromium; Playwright's download is never used."""
    return {**browser_type_launch_args, "executable_path": chromium(), "args": CHROMIUM_FLAGS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return {**browser_context_args, "locale": "de-DE", "timezone_id": "Europe/Berlin"}


def pytest_collection_modifyitems(items):
    """Run browser tests last: Playwright's event loop stays in the process once it has started."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group("browser"))
            if chromium() is None:
                item.add_marker(pytest.mark.skip(reason="Es gibt hier kein Chromium."))


def pytest_runtest_setup(item):
    """Allow Django's database calls beside Playwright's loop, from the first browser test on."""
    if item.get_closest_marker("browser"):
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
