"""Deployment checks: what would only show when the first person works with the installation."""

import os
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 - Django's name
from django.db import connection

from kepol.lib.pdf.fonts import font_files

FULL = 2


@register(Tags.files)
def pdf_fonts(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The PDF is set in a font of the project; without it nothing can be printed."""
    if font_files(settings.PDF_FONT_DIR):
        return []
    return [Warning("Die Schriften der PDF fehlen.", hint="`make run` oder `make test` legt sie an.", id="kepol.W001")]


@register(Tags.files, deploy=True)
def data_directory(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Uploads need a folder this process may write to."""
    target = settings.DATA_DIR if settings.DATA_DIR.exists() else settings.DATA_DIR.parent
    if os.access(target, os.W_OK):
        return []
    return [
        Error(
            f"In DATA_DIR ({target}) kann nicht geschrieben werden.", hint="Rechte des Ordners ändern.", id="kepol.E002"
        )
    ]


@register(Tags.security, deploy=True)
def mail_server(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Mails hold codes and links that open accounts: without a mail server they would stand in the log instead of a mailbox."""
    if "console" not in settings.EMAIL_BACKEND:
        return []
    hint = "EMAIL_URL setzen, zum Beispiel smtp+tls://benutzer:passwort@mail.example.org:587."
    return [Warning("Mails werden nicht verschickt, sondern in das Protokoll geschrieben.", hint=hint, id="kepol.W004")]


@register(Tags.database)
def durable_sqlite(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Confirmed is stored: SQLite has to wait for the disk, also when the power fails (`synchronous=FULL`)."""
    if not databases or connection.vendor != "sqlite":
        return []
    with connection.cursor() as cursor:
        level = cursor.execute("PRAGMA synchronous").fetchone()[0]
    if level >= FULL:
        return []
    return [Error("SQLite bestätigt, bevor die Daten sicher sind.", hint="synchronous=FULL setzen.", id="kepol.E003")]
