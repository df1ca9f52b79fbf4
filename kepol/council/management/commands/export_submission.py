"""Write the PDF of a submission into a file."""

import datetime
import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from kepol.council import documents
from kepol.council.models import Submission
from kepol.council.references import Reference
from kepol.lib.pdf.errors import PdfError
from kepol.lib.pdf.renderer import render_pdf

DRAFT_PREFIX = "entwurf:"
DAY_FORMATS = ("%Y-%m-%d", "%d.%m.%Y")


class Command(BaseCommand):
    """`export_submission "FB 01/0674/WP18" --output vorlage.pdf`."""

    help = "Schreibt eine Vorlage als PDF in eine Datei."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which submission, whither, and as printed on which day."""
        parser.add_argument(
            "submission",
            metavar="NUMMER",
            help="Vorlage-Nr. in jeder Schreibweise, zum Beispiel „FB 01/0674/WP18“; bei Entwürfen „entwurf:5“ oder „5“.",
        )
        parser.add_argument(
            "--output", required=True, type=Path, metavar="DATEI", help="PDF-Datei, die geschrieben wird."
        )
        parser.add_argument(
            "--on", metavar="TAG", help="Tag des Ausdrucks, zum Beispiel 07.05.2025. Ohne Angabe: heute."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Check what is asked for before anything is rendered, then render, then write."""
        printed_on = _day(options["on"])
        target = _target(options["output"])
        snapshot = documents.snapshot(_submission(options["submission"]), on=printed_on)
        # Whoever may run commands here may read everything.
        document = documents.to_pdf_document(snapshot, printed_on=printed_on, include_non_public=True)
        try:
            data = render_pdf(document)
        except PdfError as error:
            raise CommandError(str(error)) from error
        _write(target, data)
        self.stdout.write(f"{documents.title(snapshot)}\ngeschrieben nach {target}")


def _day(text: str | None) -> datetime.date:
    if text is None:
        return timezone.localdate()
    for day_format in DAY_FORMATS:
        try:
            return datetime.datetime.strptime(text.strip(), day_format).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise CommandError(f"„{text}“ ist kein Tag. Erwartet wird zum Beispiel 07.05.2025 oder 2025-05-07.")


def _target(path: Path) -> Path:
    if path.is_dir():
        raise CommandError(
            f"„{path}“ ist ein Verzeichnis. Nennen Sie eine Datei, zum Beispiel „{path / 'vorlage.pdf'}“."
        )
    if not path.parent.is_dir():
        raise CommandError(
            f"Das Verzeichnis „{path.parent}“ gibt es nicht. Legen Sie es an oder nennen Sie ein anderes."
        )
    return path


def _submission(text: str) -> Submission:
    """The submission a number or the key of a draft names."""
    key = text.strip().casefold().removeprefix(DRAFT_PREFIX)
    if key.isdecimal():
        found = Submission.objects.filter(pk=int(key)).first()
    else:
        found = Submission.objects.filter(reference=str(_reference(text))).first()
    if found is None:
        raise CommandError(
            f"Eine Vorlage „{text}“ gibt es hier nicht. Lesen Sie sie zuerst ein (import_submission) oder prüfen Sie die Nummer."
        )
    return found


def _reference(text: str) -> Reference:
    try:
        return Reference.parse(text)
    except ValueError as error:
        raise CommandError(f"{error} Einen Entwurf ohne Nummer nennen Sie „entwurf:5“.") from error


def _write(target: Path, data: bytes) -> None:
    """Put the file in place as a whole: whoever looks sees the old one or the new one, never half of one."""
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        temporary.write_bytes(data)
        temporary.replace(target)
    except OSError as error:
        raise CommandError(
            f"„{target}“ lässt sich nicht schreiben ({error.strerror}). Nennen Sie eine andere Datei."
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
