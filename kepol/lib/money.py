"""Amounts of money: whole cents in the database, German amounts in forms, lists and on pages."""

import re
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models

MULTIPLES = {
    "teur": 1_000,
    "t€": 1_000,
    "tsd": 1_000,
    "tausend": 1_000,
    "mio": 1_000_000,
    "million": 1_000_000,
    "millionen": 1_000_000,
}
CURRENCY = r"(?:€|eur|euro)"
# 1.234.567,89 · 1 234 567 · 1234567,89 · 22.000,-- (an amount without cents), with sign or in brackets, with unit and currency.
AMOUNT = re.compile(
    rf"(?P<bracket>\()?(?P<sign>-)? ?(?:{CURRENCY} ?)?"
    r"(?P<whole>[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]{1,3}(?: [0-9]{3})+|[0-9]+)(?:,(?:(?P<decimals>[0-9]+)|[-–—]{1,2}))?"
    rf"(?: ?(?P<multiple>{'|'.join(MULTIPLES)})\.?)?(?: ?{CURRENCY})?(?(bracket)\))"
)
BLANKS = re.compile(r"\s+")
MINUS = str.maketrans({"\N{MINUS SIGN}": "-"})
MAX_LENGTH = 40
MAX_CENTS = 10**15
HELP = "In Euro, zum Beispiel 1.234,56 oder 22.000."


def parse_cents(text: str) -> int:
    """Cents of a German amount: `1.234,56 €`, `22.000,-- €`, `19 TEUR`, `83,9 Mio. Euro`, `-500,00`, `(500,00)`.

    A dot groups thousands: `1.234` is 1,234 euros. Raises `ValueError` with a German message for everything else, above all for
    amounts in English or Swiss spelling, which might be read a hundred times too large, and for fractions of a cent.
    """
    plain = BLANKS.sub(" ", text.strip()).casefold().translate(MINUS)
    found = AMOUNT.fullmatch(plain) if len(text) <= MAX_LENGTH else None
    if found is None or (found["bracket"] and found["sign"]):
        raise ValueError(f"„{text[:MAX_LENGTH]}“ ist kein Betrag. Schreiben Sie ihn wie 1.234,56 oder 22.000.")
    decimals = found["decimals"] or ""
    digits = int(re.sub(r"\D", "", found["whole"]) + decimals)
    # Whole numbers throughout: nothing is rounded on the way.
    scale: int = 10 ** len(decimals)
    cents, rest = divmod(digits * MULTIPLES.get(found["multiple"], 1) * 100, scale)
    if rest:
        raise ValueError(
            f"„{text}“ ist auf Bruchteile eines Cents genau. Schreiben Sie höchstens zwei Stellen nach dem Komma."
        )
    if cents > MAX_CENTS:
        raise ValueError(f"„{text}“ ist zu groß. Möglich sind Beträge bis {format_cents(MAX_CENTS)}.")
    return -cents if found["bracket"] or found["sign"] else cents


def format_cents(cents: int, *, currency: str = " €") -> str:
    """Cents as a German amount, `1.234,50 €`; whole euros keep their two zeros."""
    euros, rest = divmod(abs(cents), 100)
    grouped = f"{euros:,}".replace(",", ".")
    return f"{'-' if cents < 0 else ''}{grouped},{rest:02}{currency}"


def money_column(name: str, description: str, *, empty: str = "nicht bekannt") -> Callable[[Any], str | None]:
    """Column of a list for the field `name`: a German amount; `empty` stands where nobody knows it."""

    @admin.display(description=description, ordering=name, empty_value=empty)
    def column(row: Any) -> str | None:
        cents = getattr(row, name)
        return None if cents is None else format_cents(cents)

    column.__name__ = name
    return column


class MoneyFormField(forms.CharField):
    """Reads whole cents from a German amount; empty is None."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["help_text"] = kwargs.get("help_text") or HELP
        super().__init__(**{**kwargs, "max_length": MAX_LENGTH})

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Narrow, and with the keyboard of numbers on a phone."""
        return {**super().widget_attrs(widget), "inputmode": "decimal", "class": "money-input"}

    def prepare_value(self, value: Any) -> Any:
        """Stored cents as people write them."""
        return format_cents(value, currency="") if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        """Cents, or None."""
        if value in (None, "") or isinstance(value, int):
            return None if value == "" else value
        text = str(value).strip()
        if not text:
            return None
        try:
            return parse_cents(text)
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from error

    def run_validators(self, value: Any) -> None:
        """The rules of a text do not apply to the number it stands for."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the amount is another one; a different spelling is no change."""
        if self.disabled:
            return False
        try:
            return bool(self.to_python(data) != self.to_python(initial))
        except ValidationError:
            return True


class MoneyField(models.BigIntegerField):
    """Whole cents; None means that the amount is not known, which is not the same as 0."""

    def formfield(self, **kwargs: Any) -> Any:
        """A German amount."""
        allowed: dict[str, Any] = {
            name: kwargs[name] for name in ("help_text", "label", "required", "disabled") if name in kwargs
        }
        defaults: dict[str, Any] = {
            "required": not self.blank,
            "label": str(self.verbose_name),
            "help_text": self.help_text,
        }
        return MoneyFormField(**{**defaults, **allowed})

    def to_text(self, value: int) -> str:
        """How history and the conflict page show the value."""
        return format_cents(value)
