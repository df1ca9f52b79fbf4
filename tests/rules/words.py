"""Days and sentences that several tables use."""

import datetime


def day(year: int, month: int = 1, number: int = 1) -> datetime.date:
    """A day, the first of January unless said otherwise."""
    return datetime.date(year, month, number)


BACKWARDS = {"valid_from": day(2026), "valid_to": day(2025)}
ORDER = "„gültig bis“ liegt vor „gültig ab“."
RETIRED = "Wer etwas stilllegt, nennt Tag und Grund."
