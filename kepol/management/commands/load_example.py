"""Load the example: public facts of Aachen, two papers of our own, one login per role."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from kepol.accounts.demo import DEMO_LOGINS, DEMO_PASSWORD
from kepol.council.documents import file_name, snapshot, to_pdf_document
from kepol.council.models import Submission
from kepol.example.loading import is_empty, load
from kepol.lib.pdf.renderer import render_pdf


class Command(BaseCommand):
    """Loading twice changes nothing."""

    help = (
        "Lädt das Beispiel (Dienststellen, Gremien, zwei Vorlagen, Zugänge) und schreibt seine PDF. Nur mit DEMO=True."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Options of the command line."""
        parser.add_argument("--if-empty", action="store_true", help="nur in eine leere Datenbank laden")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, write the PDFs, tell the logins."""
        if not settings.DEMO:
            raise CommandError("Das Beispiel bringt allgemein bekannte Zugänge mit und lädt deshalb nur mit DEMO=True.")
        if not options["if_empty"] or is_empty():
            self.write_papers(load(on=timezone.localdate()))
            self.stdout.write("Das Beispiel ist geladen.")
        self.stdout.write(f"PDF der Beispielvorlagen: {folder()}")
        self.stdout.write(f"Zugänge zum Ausprobieren (Passwort für alle: {DEMO_PASSWORD}):")
        for login in DEMO_LOGINS:
            self.stdout.write(f"  {login.email:<30} {login.role.value}: {login.description}")

    def write_papers(self, papers: list[Submission]) -> None:
        """Write the PDF of each paper."""
        folder().mkdir(parents=True, exist_ok=True)
        today = timezone.localdate()
        for paper in papers:
            taken = snapshot(paper, on=today)
            (folder() / file_name(taken)).write_bytes(render_pdf(to_pdf_document(taken, printed_on=today)))


def folder() -> Path:
    """Where the PDFs of the example lie."""
    return settings.DATA_DIR / "beispiel"
