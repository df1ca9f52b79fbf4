"""Amounts of money: whole cents in the database, German amounts in forms and on pages."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

# What stands around a number: a currency and the dashes of an amount without cents ("22.000,-- €").
CURRENCY = re.compile(r"(?:€|eur|euro)$")
NO_CENTS = re.compile(r",-{1,2}$|,–$|,—$")
MULTIPLES = {"teur": 1_000, "t€": 1_000, "tsd.": 1_000, "tsd": 1_000, "mio.": 1_000_000, "mio": 1_000_000}
# 1.234.567,89 and 1234567,89; thousands in groups of three, decimals after a comma.
NUMBER = re.compile(r"(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?")
MAX_LENGTH = 40
MAX_CENTS = 10**15
HELP = "In Euro, zum Beispiel 1.234,56 oder 22.000."


def parse_cents(text: str) -> int:
    """Cents of a German amount: `1.234,56 €`, `22.000,-- €`, `19 TEUR`, `83,9 Mio. Euro`, `-500,00`, `(500,00)`.

    A dot groups thousands: `1.234` is 1,234 euros. Raises `ValueError` with a German message for everything else, above all for
    amounts in English or Swiss spelling, which might be read a hundred times too large, and for fractions of a cent.
    """
    plain = text.strip().casefold().replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")
    plain = plain.replace("\N{MINUS SIGN}", "-")
    negative = plain.startswith("-") or (plain.startswith("(") and plain.endswith(")"))
    plain = plain.strip("()").removeprefix("-").strip()
    factor, plain = _multiple(plain)
    number = NO_CENTS.sub("", plain).replace(" ", "")
    if len(text) > MAX_LENGTH or not number.isascii() or not NUMBER.fullmatch(number):
        raise ValueError(f"„{text[:MAX_LENGTH]}“ ist kein Betrag. Schreiben Sie ihn wie 1.234,56 oder 22.000.")
    cents = Decimal(number.replace(".", "").replace(",", ".")) * factor * 100
    if cents != cents.to_integral_value():
        raise ValueError(f"„{text}“ hat mehr als zwei Stellen nach dem Komma.")
    if cents > MAX_CENTS:
        raise ValueError(f"„{text}“ ist zu groß.")
    return -int(cents) if negative else int(cents)


def _multiple(text: str) -> tuple[int, str]:
    words = text.split()
    if words and words[-1] in MULTIPLES:
        return MULTIPLES[words[-1]], " ".join(words[:-1])
    text = CURRENCY.sub("", text).strip()
    last = text.rsplit(" ", 1)[-1]
    return (MULTIPLES[last], text.removesuffix(last).strip()) if last in MULTIPLES else (1, text)


def format_cents(cents: int, *, currency: str = " €") -> str:
    """Cents as a German amount, `1.234,50 €`; whole euros keep their two zeros."""
    euros, rest = divmod(abs(cents), 100)
    grouped = f"{euros:,}".replace(",", ".")
    return f"{'-' if cents < 0 else ''}{grouped},{rest:02}{currency}"


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

    def formfield(self, **kwargs: Any) -> Any:  # type: ignore[override]
        """A German amount."""
        allowed = {name: kwargs[name] for name in ("help_text", "label", "required", "disabled") if name in kwargs}
        defaults = {"required": not self.blank, "label": str(self.verbose_name), "help_text": self.help_text}
        return MoneyFormField(**{**defaults, **allowed})

    def to_text(self, value: int) -> str:
        """How history and the conflict page show the value."""
        return format_cents(value)
