"""Remind units of their milestones; to be run every working day in the morning (cron, systemd timer), best at seven."""

import datetime
from argparse import ArgumentTypeError
from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from django.utils.formats import date_format

from concept.addressees import Addressee
from concept.escalations import proposals, propose
from concept.models import Occasion
from concept.reminder_texts import (
    escalation_subject,
    escalation_text,
    number_of_milestones,
    reminder_subject,
    reminder_text,
)
from concept.reminders import Letter, plan, queue_letter
from kepol.dates.closed_days import closed_days
from kepol.lib.workdays import is_workday, next_workday, statutory_holidays
from kepol.mail.models import Mail
from kepol.mail.outbox import deliver
from stakeholders.models import Organisation

#: So far ahead the next working day is looked for.
HORIZON = datetime.timedelta(days=60)
Hint = tuple[Organisation, Addressee | None, list[Any]]


class Command(BaseCommand):
    """`manage.py send_reminders [--on DATE] [--dry-run]`: exit code 0 also without a mail server; the mails wait in the outbox.

    It writes on Tuesdays; on the other working days it makes up for what was held back, see `concept.reminders`. Run twice, or by two
    machines at once, it still sends each person one mail.
    """

    help = "Erinnert die Dienststellen an ihre Meilensteine (täglich aufzurufen; Mails gehen dienstags hinaus)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Options of the command line."""
        parser.add_argument("--on", type=_day, metavar="TAG", help="für diesen Tag statt für heute, z. B. 24.11.2026")
        parser.add_argument("--dry-run", action="store_true", help="zeigt nur, was hinausginge, und ändert nichts")

    def handle(self, *args: Any, **options: Any) -> None:
        """Plan, queue and deliver, and say each step."""
        on = options["on"] or timezone.localdate()
        closed = closed_days(on, on + HORIZON)
        if not is_workday(on, closed):
            self.stdout.write(_no_workday(on, closed))
            return
        self.stdout.write(f"Erinnerungen am {_weekday(on)}")
        planned = plan(on=on)
        for letter in planned.letters:
            self._tell(letter, on=on, is_trial=options["dry_run"])
        hints = proposals(planned.unanswered, on=on)
        for hint in hints:
            self._hint(*hint, on=on, is_trial=options["dry_run"])
        self._say_units("Niemand ist zu erreichen", planned.speechless)
        self._say_units("Alle sind abwesend, ohne Vertretung", planned.waiting)
        if options["dry_run"]:
            self.stdout.write(f"Probelauf: {_mails(len(planned.letters))}, nichts wurde gesendet oder gespeichert.")
        else:
            self._deliver()

    def _tell(self, letter: Letter, *, on: datetime.date, is_trial: bool) -> None:
        line = f"{letter.to.address}: {_summary(letter)}"
        if is_trial:
            self.stdout.write(f"\nAn: {letter.to.address}\nBetreff: {reminder_subject(letter.entries)}\n")
            self.stdout.write(reminder_text(letter.entries, letter.to, on=on))
        else:
            self._queue(letter, line, on=on)

    def _queue(self, letter: Letter, line: str, *, on: datetime.date) -> None:
        """One address that is none must not keep the others from their mail."""
        try:
            mail = queue_letter(letter, on=on, now=timezone.now())
        except ValidationError as error:
            self.stderr.write(f"{line} – nicht eingereiht: {' '.join(error.messages)}")
        else:
            self.stdout.write(line if mail else f"{line} – inzwischen erledigt oder von einem anderen Lauf eingereiht")

    def _hint(
        self, unit: Organisation, to: Addressee | None, milestones: list[Any], *, on: datetime.date, is_trial: bool
    ) -> None:
        if to is None:
            self.stdout.write(f"Für einen Hinweis an die Leitung ist niemand zu erreichen: {unit}")
            return
        if is_trial:
            self.stdout.write(f"\nVorschlag an {to.address}\nBetreff: {escalation_subject(unit, milestones)}\n")
            self.stdout.write(escalation_text(unit, to, milestones, on=on))
        elif propose(unit, to, milestones, on=on) is not None:
            about = number_of_milestones(len(milestones), dative=True)
            self.stdout.write(f"Hinweis an die Leitung vorgeschlagen: {unit}, zu {about}")

    def _say_units(self, sentence: str, units: Mapping[Organisation, list[Any]]) -> None:
        for unit in sorted(units, key=lambda unit: unit.sort_key):
            self.stdout.write(f"{sentence}: {unit} ({number_of_milestones(len(units[unit]))})")

    def _deliver(self) -> None:
        report = deliver(now=timezone.now())
        self.stdout.write(f"{_mails(report.sent)} gesendet, {_mails(Mail.objects.queued().count())} im Postausgang.")
        if report.unclear:
            self.stderr.write(f"{_mails(report.unclear)} ungeklärt: Sehen Sie im Postausgang nach.")
        if report.server_error:
            self.stderr.write(f"{report.server_error} Die Mails bleiben im Postausgang und gehen später hinaus.")


def _day(text: str) -> datetime.date:
    """Read 24.11.2026 or 2026-11-24."""
    turned = "-".join(reversed(text.split("."))) if "." in text else text
    try:
        return datetime.date.fromisoformat(turned)
    except ValueError as error:
        raise ArgumentTypeError(f"„{text}“ ist kein Tag. Schreiben Sie ihn wie 24.11.2026.") from error


def _no_workday(on: datetime.date, closed: Mapping[datetime.date, str]) -> str:
    why = statutory_holidays(on.year).get(on) or closed.get(on) or "Wochenende"
    again = next_workday(on, closed)
    return f"Am {_weekday(on)}, wird niemand erinnert ({why}). Der nächste Arbeitstag ist {_weekday(again)}."


def _weekday(day: datetime.date) -> str:
    return date_format(day, "l, d.m.Y")


def _summary(letter: Letter) -> str:
    """How many milestones, and of which occasion."""
    number = Counter(entry.ring.occasion for entry in letter.entries)
    parts = [f"{number[one]} {one.label}" for one in Occasion if number[one]]
    return f"{number_of_milestones(len(letter.entries))} ({', '.join(parts)})"


def _mails(number: int) -> str:
    return "1 Mail" if number == 1 else f"{number} Mails"
