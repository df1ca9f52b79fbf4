"""Prove that what is stored keeps the rules: those of each row, those between rows, and the keys that follow from a row."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import models

from kepol.lib.names import Keyed
from kepol.lib.versions import Versioned

CHUNK = 500


class Command(BaseCommand):
    """`manage.py check_data`: names every offender; exit code 1 when there is one."""

    help = (
        "Prüft alle gespeicherten Daten gegen die Regeln und nennt jeden Verstoß; ändert nichts außer mit --renew-keys."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Options of the command line."""
        parser.add_argument(
            "--renew-keys", action="store_true", help="zuvor die Schlüssel für Suche und Reihenfolge neu schreiben"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Check all models of the house; raise `CommandError` (exit code 1) when a row breaks a rule."""
        if options["renew_keys"]:
            self.stdout.write(f"{renew_keys()} Schlüssel neu geschrieben.")
        rows = offenders = 0
        for model in _own_models():
            for row in model._base_manager.order_by("pk").iterator(chunk_size=CHUNK):
                rows += 1
                problems = list(offences(row))
                offenders += bool(problems)
                for problem in problems:
                    self.stderr.write(f"{model._meta.verbose_name} „{row}“ (Nr. {row.pk}): {problem}")
        if offenders:
            raise CommandError(f"{offenders} von {rows} Einträgen verletzen eine Regel.")
        self.stdout.write(f"{rows} Einträge geprüft, alle Regeln sind eingehalten.")


def renew_keys() -> int:
    """Write the keys of all rows that have wrong ones, after a change of how keys are made; returns how many.

    Keys follow from the row and are nobody's input: neither version nor history changes.
    """
    renewed = 0
    for model in _own_models():
        if issubclass(model, Keyed):
            for row in model._base_manager.iterator(chunk_size=CHUNK):
                if not keys_are_right(row):
                    renewed += model._base_manager.filter(pk=row.pk).update(**row.derived_keys())
    return renewed


def _own_models() -> list[Any]:
    return sorted(
        (model for model in apps.get_models() if issubclass(model, Versioned)), key=lambda model: model._meta.label
    )


def keys_are_right(row: Keyed) -> bool:
    """Whether the stored keys are those of the present words."""
    return {column: getattr(row, column) for column in row.derived_keys()} == row.derived_keys()


def offences(row: Any) -> Iterator[str]:
    """German sentences on what is wrong with the stored `row`; none when it keeps all rules.

    `full_clean` holds the rules between rows too, because `clean` of each model calls them.
    """
    stored = {column.attname: getattr(row, column.attname) for column in row._meta.concrete_fields}
    if isinstance(row, Keyed) and not keys_are_right(row):
        yield "Der Schlüssel für Suche und Reihenfolge passt nicht zum Namen (--renew-keys schreibt ihn neu)."
    try:
        row.full_clean()
    except ValidationError as error:
        yield from _told(row, error)
        return
    for column in row._meta.concrete_fields:
        if getattr(row, column.attname) != stored[column.attname]:
            yield f"{column.verbose_name} ist nicht in der einheitlichen Schreibweise gespeichert."


def _told(row: models.Model, error: ValidationError) -> Iterator[str]:
    for name, messages in error.message_dict.items():
        label = "" if name == NON_FIELD_ERRORS else f"{_label(row, name)}: "
        yield from (f"{label}{message}" for message in messages)


def _label(row: models.Model, name: str) -> str:
    return str(getattr(row._meta.get_field(name), "verbose_name", name))
