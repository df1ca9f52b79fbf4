"""Figures of indicators: exact to two decimals in the database, German numbers in forms and on pages."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.formats import number_format

# 1.234.567,89 and 1234567,89; thousands in groups of three, decimals after a comma.
_FIGURE = re.compile(r"-?(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d{1,2})?", re.ASCII)
MAX_LENGTH = 20


def parse_figure(text: str) -> Decimal:
    """Read a German number: `7,5`, `1.234`, `-0,25`. A dot groups thousands.

    Raises `ValueError` with a German message for everything else, above all for `7.5`, which might be read ten times too large.
    """
    plain = text.strip().replace("\N{MINUS SIGN}", "-")
    if not _FIGURE.fullmatch(plain):
        raise ValueError(
            f"„{text}“ ist keine Zahl mit höchstens zwei Nachkommastellen. Schreiben Sie sie wie 1.234 oder 7,5."
        )
    return Decimal(plain.replace(".", "").replace(",", "."))


def number_text(value: Decimal) -> str:
    """`value` as readers see it: `1.234`, `7,50`; no decimals where there are none."""
    whole = value == value.to_integral_value()
    return number_format(value, decimal_pos=0 if whole else None, force_grouping=True)


class FigureFormField(forms.CharField):
    """Reads a German number; empty is None."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "max_length": MAX_LENGTH})

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Narrow, and with the keyboard of numbers on a phone."""
        return {**super().widget_attrs(widget), "inputmode": "decimal", "class": "money-input"}

    def prepare_value(self, value: Any) -> Any:
        """Stored figure as people write it."""
        return number_text(value) if isinstance(value, Decimal) else value

    def to_python(self, value: Any) -> Any:
        """Figure, or None."""
        if value is None or isinstance(value, Decimal):
            return value
        text = str(value).strip()
        if not text:
            return None
        try:
            return parse_figure(text)
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from error

    def run_validators(self, value: Any) -> None:
        """The rules of a text do not apply to the number it stands for."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether it is another figure; a different spelling is no change."""
        if self.disabled:
            return False
        try:
            return bool(self.to_python(data) != self.to_python(initial))
        except ValidationError:
            return True


class FigureField(models.DecimalField):
    """A figure with at most two decimals; None means that it is not known, which is not the same as 0."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_digits": 14, "decimal_places": 2, **kwargs})

    def formfield(self, **kwargs: Any) -> Any:
        """A German number."""
        allowed = {name: kwargs[name] for name in ("help_text", "label", "required", "disabled") if name in kwargs}
        defaults: dict[str, Any] = {
            "required": not self.blank,
            "label": str(self.verbose_name),
            "help_text": self.help_text,
        }
        return FigureFormField(**(defaults | allowed))

    def to_text(self, value: Decimal) -> str:
        """How history and the conflict page show the value."""
        return number_text(value)
