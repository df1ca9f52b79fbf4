"""Deployment check: no account with a password everybody knows."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections


@register(Tags.database, deploy=True)
def check_demo_accounts(
    databases: Sequence[str] | None = None,
    **kwargs: Any,
) -> list[CheckMessage]:
    """Refuse active demo accounts when `DEMO` is off; looks only into the databases named on the command line."""
    if settings.DEMO:
        return []
    return [error for alias in databases or () for error in _errors(alias)]


def _errors(alias: str) -> list[CheckMessage]:
    # Imported late: checks are registered before the models are loaded.
    from kepol.accounts.demo import DEMO_LOGINS  # noqa: PLC0415
    from kepol.accounts.models import User  # noqa: PLC0415

    if User._meta.db_table not in connections[alias].introspection.table_names():
        return []
    addresses = [login.email for login in DEMO_LOGINS]
    found = User.objects.using(alias).filter(email__in=addresses, is_active=True).values_list("email", flat=True)
    return [_error(list(found))] if found else []


def _error(emails: list[str]) -> Error:
    return Error(
        f"Demo-Konten mit bekanntem Passwort sind aktiv: {', '.join(emails)}.",
        hint="Schalten Sie diese Konten ab oder beginnen Sie für den Betrieb mit einer leeren Datenbank.",
        id="kepol.E001",
    )
