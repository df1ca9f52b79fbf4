"""Hand over what waits in the outbox; to be run every minute or so (cron, systemd timer)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from kepol.mail.models import Mail
from kepol.mail.outbox import Report, deliver


class Command(BaseCommand):
    """`manage.py send_mail`: exit code 0 also when the server is away, which it says on stderr; the mails wait."""

    help = "Übergibt die wartenden Mails des Postausgangs an den Mailserver."

    def add_arguments(self, parser: CommandParser) -> None:
        """Options of the command line."""
        parser.add_argument("--limit", type=int, help="höchstens so viele Mails (ohne Angabe: alle)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Deliver once and say what came of it."""
        report = deliver(now=timezone.now(), limit=options["limit"])
        self.stdout.write(summary(report, waiting=Mail.objects.queued().count()))
        if report.server_error:
            self.stderr.write(f"{report.server_error} Die Mails bleiben im Postausgang.")


def summary(report: Report, *, waiting: int) -> str:
    """One German line: what happened to how many mails, and how many still wait."""
    parts = [
        f"{report.sent} gesendet",
        f"{report.put_back} zurückgestellt",
        f"{report.unclear} ungeklärt",
        f"{report.expired} verfallen",
    ]
    return f"Mails: {', '.join(parts)}; {waiting} {'wartet' if waiting == 1 else 'warten'}."
