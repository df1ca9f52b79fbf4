"""Read a paper from the text of its page in the council information system."""

import codecs
import sys
import textwrap
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from kepol.accounts.models import User
from kepol.council.importing import ImportPlan, apply_import, plan_import
from kepol.council.ris_page import Finding, UnreadablePage, parse_page
from kepol.lib.versions import Conflict

WIDTH = 110
STDIN = "-"
# First bytes of files that hold the page in another form than plain text.
NOT_TEXT = {
    b"%PDF": "eine PDF-Datei",
    b"PK\x03\x04": "eine Word-, Excel- oder ZIP-Datei",
    b"\xd0\xcf\x11\xe0": "eine alte Word- oder Excel-Datei",
    b"{\\rtf": "eine RTF-Datei",
    b"<!DOCTYPE": "eine gespeicherte Internetseite (HTML)",
    b"<html": "eine gespeicherte Internetseite (HTML)",
}
LEVELS = {"missing": "Fehlt", "not_understood": "Nicht verstanden", "note": "Hinweis"}


class Command(BaseCommand):
    """Exit code 0 when the paper is stored as the page has it, otherwise 1."""

    help = "Liest eine Vorlage aus dem kopierten Text ihrer Seite im Ratsinformationssystem ein."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """File and what may be done with it."""
        parser.add_argument(
            "file", metavar="DATEI", help="Textdatei mit der kopierten Seite; „-“ liest von der Standardeingabe."
        )
        parser.add_argument("--dry-run", action="store_true", help="Nur zeigen, was geschehen würde; nichts speichern.")
        parser.add_argument(
            "--create-missing", action="store_true", help="Unbekannte Dienststellen und Gremien anlegen."
        )
        parser.add_argument(
            "--replace", action="store_true", help="Eine hier geänderte Vorlage durch den gelesenen Stand ersetzen."
        )
        parser.add_argument("--by", metavar="E-MAIL", help="Konto, unter dem die Änderung im Verlauf steht.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Show what was understood, then store it; `CommandError` when nothing could be stored."""
        by = _user(options["by"])
        text = text_of(_bytes(options["file"]), options["file"])
        try:
            parsed = parse_page(text)
        except UnreadablePage as error:
            raise CommandError(f"Die Vorlage wurde nicht gelesen und nichts gespeichert. {error}") from error
        allowed = {"create_missing": options["create_missing"], "replace": options["replace"]}
        plan = plan_import(parsed, **allowed, on=timezone.localdate())
        self._show(plan)
        if plan.is_refused:
            raise CommandError(_refusal(plan))
        if options["dry_run"]:
            self.stdout.write(f"\nProbelauf, es wurde nichts gespeichert. {plan.verdict}")
        else:
            self._carry_out(plan, by)

    def _carry_out(self, plan: ImportPlan, by: User | None) -> None:
        try:
            apply_import(plan, by=by)
        except Conflict as conflict:
            raise CommandError(
                f"{conflict} Es wurde nichts gespeichert. Starten Sie den Befehl noch einmal."
            ) from conflict
        except ValidationError as error:
            raise CommandError(f"Es wurde nichts gespeichert. {' '.join(error.messages)}") from error
        self.stdout.write(self.style.SUCCESS(f"\n{plan.done}"))

    def _show(self, plan: ImportPlan) -> None:
        self._block("Verstanden", plan.understood)
        self._block("Fehlend, nicht verstanden, zu beachten", [_finding(one) for one in plan.findings])
        self._block("Unbekannte Namen", [(one.noun, _unknown(one.written, one.creation)) for one in plan.unknown])
        for row in plan.differences:
            self._block(
                f"Unterschied: {row.label}", [("gespeichert", row.stored or "leer"), ("gelesen", row.read or "leer")]
            )

    def _block(self, title: str, rows: list[tuple[str, str]]) -> None:
        """A heading and its rows, the values one below the other."""
        if not rows:
            return
        self.stdout.write(f"\n{title}")
        column = max(len(label) for label, _ in rows) + 4
        for label, value in rows:
            lines = [
                part for line in value.splitlines() or [""] for part in textwrap.wrap(line, WIDTH - column) or [""]
            ]
            for index, line in enumerate(lines):
                self.stdout.write(f"  {label if index == 0 else '':{column - 2}}{line}".rstrip())


def text_of(raw: bytes, name: str) -> str:
    """Text of a file: UTF-8 or UTF-16 as its first bytes say, otherwise UTF-8, otherwise Windows-1252.

    Raises `CommandError` naming what the file is when it is no text.
    """
    start = raw.lstrip()[:16]
    kind = next((kind for sign, kind in NOT_TEXT.items() if start.lower().startswith(sign.lower())), None)
    if kind is not None:
        raise CommandError(f"„{name}“ ist {kind}. Gebraucht wird der kopierte Text der Seite als Textdatei.")
    is_utf16 = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if b"\x00" not in raw or is_utf16:
        for encoding in ("utf-16",) if is_utf16 else ("utf-8-sig", "cp1252"):
            try:
                return raw.decode(encoding)
            except UnicodeDecodeError:
                continue
    raise CommandError(f"„{name}“ ist keine Textdatei. Gebraucht wird der kopierte Text der Seite.")


def _bytes(name: str) -> bytes:
    if name == STDIN:
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except FileNotFoundError as error:
        raise CommandError(f"Die Datei „{name}“ gibt es nicht.") from error
    except OSError as error:
        raise CommandError(f"Die Datei „{name}“ lässt sich nicht lesen ({error.strerror}).") from error


def _user(email: str | None) -> User | None:
    if email is None:
        return None
    user = User.objects.filter(email__iexact=email.strip()).first()
    if user is None:
        raise CommandError(f"Ein Konto „{email}“ gibt es nicht.")
    return user


def _finding(finding: Finding) -> tuple[str, str]:
    place = f", Zeile {finding.line}" if finding.line else ""
    return f"{LEVELS[finding.level]}{place}", finding.message


def _unknown(written: str, creation: str) -> str:
    return f"{written} → {creation}" if creation else f"{written} → kann nicht angelegt werden"


def _refusal(plan: ImportPlan) -> str:
    ways = []
    if plan.asks_to_replace:
        ways.append("Mit --replace wird der gelesene Stand übernommen; der Verlauf behält den bisherigen.")
    if plan.asks_to_create:
        ways.append("Mit --create-missing werden unbekannte Dienststellen und Gremien angelegt.")
    return " ".join([plan.verdict, *plan.obstacles, *ways, "Es wurde nichts gespeichert."])
