"""The form field of a vague date: one line of text, and beside it at once how it was understood."""

import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse

from kepol.lib.periods.value import Period

HELP = "Zum Beispiel 07.05.2025, 15.–23.03.2025, Ende April 2025, Q2/2025, 2026, ab März 2025. Leer: ohne Termin."
MAX_LENGTH = 100


def reading(period: Period) -> str:
    """German sentence on how `period` was understood, with its days."""
    if period.named:
        return f"Verstanden als {period} ({_days(period.start, period.end)})."
    if period.start is None or period.end is None:
        return f"Verstanden als {period} (auf den Tag genau)."
    return f"Verstanden als {period} ({'genau dieser Tag' if period.start == period.end else 'genau diese Tage'})."


def read(text: str) -> Period | None:
    """What `text`, as somebody typed it, says; None when it is empty. Raises `ValueError` with a German sentence."""
    text = text.strip()
    if len(text) > MAX_LENGTH:
        raise ValueError(f"Der Termin ist zu lang (höchstens {MAX_LENGTH} Zeichen).")
    return Period.parse(text) if text else None


def _days(start: datetime.date | None, end: datetime.date | None) -> str:
    if start is None:
        return f"bis {end:%d.%m.%Y}"
    return f"{start:%d.%m.%Y} bis {end:%d.%m.%Y}" if end else f"ab {start:%d.%m.%Y}"


class PeriodInput(forms.TextInput):
    """Text input that asks the server how what stands in it is understood; without script it shows that after saving."""

    template_name = "admin/widgets/period.html"

    class Media:
        js = ("kepol/period.js",)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """With the present reading and the address that gives a new one."""
        context = super().get_context(name, value, attrs)
        context["widget"]["reading"] = self._reading(value)
        context["widget"]["asks"] = reverse("period_reading")
        return context

    def _reading(self, value: Any) -> str:
        try:
            period = read(str(value or ""))
        except ValueError:
            return ""
        return reading(period) if period else ""


class PeriodFormField(forms.Field):
    """Reads a `Period` from text; empty is None. Raises `ValidationError` with the sentence of `Period.parse`."""

    widget = PeriodInput

    def __init__(self, **kwargs: Any) -> None:
        kwargs["help_text"] = kwargs.get("help_text") or HELP
        super().__init__(**kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Wide enough for the longest span people write."""
        return {"maxlength": MAX_LENGTH, "class": "vTextField period-input", "autocomplete": "off"}

    def prepare_value(self, value: Any) -> Any:
        """Stored value as text."""
        return str(value) if isinstance(value, Period) else value

    def to_python(self, value: Any) -> Period | None:
        """Read what was typed."""
        try:
            return read(str(value or ""))
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the text says something else than `initial`; another spelling of the same span is no change."""
        if self.disabled:
            return False
        try:
            return self.to_python(data) != self.to_python(self.prepare_value(initial))
        except ValidationError:
            return True


class HoldsPeriods:
    """For model forms: the columns of a period have no form field of their own, but their rules count all the same."""

    instance: Any
    cleaned_data: dict[str, Any]

    def _periods(self) -> list[Any]:
        private = self.instance._meta.private_fields
        return [field for field in private if getattr(field, "is_period", False) and field.name in self.cleaned_data]

    def _get_validation_exclusions(self) -> set[str]:
        # Django leaves out every column without a form field of its own, and with it the constraints on it.
        checked = {f"{field.name}_{column}" for field in self._periods() for column in ("start", "end", "named")}
        return set(super()._get_validation_exclusions()) - checked  # type: ignore[misc]
