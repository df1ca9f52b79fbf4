"""Give every role exactly the permissions of the table in `kepol.accounts.roles`."""

from typing import Any

from django.core.management.base import BaseCommand

from kepol.accounts.roles import sync_roles


class Command(BaseCommand):
    """Runs by itself after every migration; by hand it repairs what was changed in the groups."""

    help = "Legt die Rollen an und gibt jeder genau die Rechte der Rechtetabelle."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line per role."""
        for change in sync_roles():
            self.stdout.write(str(change))
