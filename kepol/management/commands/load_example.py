"""Load the example in its three layers, or take a layer out again; with it come logins for every role."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from kepol.accounts.demo import DEMO_LOGINS, DEMO_PASSWORD
from kepol.council.documents import file_name, snapshot, to_pdf_document
from kepol.council.models import Submission
from kepol.example.facts import LAYERS
from kepol.example.loading import is_empty, load
from kepol.example.removing import remove
from kepol.lib.pdf.renderer import render_pdf


class Command(BaseCommand):
    """Loading twice on one day changes nothing; on another day the invented dates move on."""

    help = (
        "Lädt das Beispiel (Vorlage, öffentliche Angaben, erfundene Fortsetzung, Zugänge) und schreibt die PDF seiner "
        "Vorlagen, oder entfernt eine Schicht wieder. Nur mit DEMO=True."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Options of the command line."""
        told = "; ".join(f"{name}: {content}" for name, content in LAYERS.items())
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--if-empty", action="store_true", help="nur in eine leere Datenbank laden")
        what.add_argument("--layers", nargs="+", choices=[*LAYERS], default=[*LAYERS], help=f"nur diese laden. {told}")
        what.add_argument("--remove", choices=[*LAYERS], metavar="SCHICHT", help="diese Schicht wieder entfernen")
        parser.add_argument(
            "--also-changed", action="store_true", help="beim Entfernen auch, was hier inzwischen geändert wurde"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Load or remove; `CommandError` with the reason when that is not possible."""
        if not settings.DEMO:
            raise CommandError("Das Beispiel bringt allgemein bekannte Zugänge mit und lädt deshalb nur mit DEMO=True.")
        try:
            if options["remove"]:
                self.remove(options["remove"], also_changed=options["also_changed"])
            else:
                self.load(options["layers"], only_if_empty=options["if_empty"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error

    def remove(self, layer: str, *, also_changed: bool) -> None:
        """Take out a layer."""
        count = remove(layer, on=timezone.localdate(), also_changed=also_changed)
        done = f"ist entfernt ({count} Einträge)" if count else "war nicht geladen"
        self.stdout.write(f"Die Schicht „{layer}“ {done}.")

    def load(self, layers: list[str], *, only_if_empty: bool) -> None:
        """Load, write the PDFs, tell the logins."""
        if not only_if_empty or is_empty():
            self.write_papers(load(on=timezone.localdate(), layers=layers))
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
