"""Vague dates: a span of days that knows how it was named; stored, read, printed, filtered and sorted as one value."""

from kepol.lib.periods.value import Period

__all__ = ["Period"]
