"""`PeriodField` puts a `Period` on a model: three columns under its own name, and the questions one asks them in SQL."""

import datetime
from typing import Any, Self, overload

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import OrderBy
from django.db.models.functions import Coalesce

from kepol.lib.history import HistoryRow
from kepol.lib.periods.forms import PeriodFormField
from kepol.lib.periods.value import Period

OUT_OF_ORDER = "{label}: Das Ende liegt vor dem Beginn."


class PeriodAttribute:
    """The period of an object, made of its three columns; None when all are empty ("ohne Termin")."""

    def __init__(self, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, row: None, owner: type[models.Model]) -> Self: ...
    @overload
    def __get__(self, row: models.Model, owner: type[models.Model]) -> Period | None: ...
    def __get__(self, row: models.Model | None, owner: type[models.Model]) -> Any:
        """Return the period of `row`; raises `ValidationError` when somebody put into the columns what is no period."""
        if row is None:
            return self
        try:
            return read_from(row, self.name)
        except ValueError as error:
            # `full_clean` reads every field; so it tells what is wrong instead of failing.
            raise ValidationError({self.name: str(error)}, code="invalid") from error

    def __set__(self, row: models.Model, period: Period | None) -> None:
        """Write `period` into the columns; text is refused, because reading it may fail and belongs to a form."""
        if period is not None and not isinstance(period, Period):
            raise TypeError(f"{self.name} takes a Period or None, not {period!r}")
        values = (None, None, None) if period is None else (period.start, period.end, period.named)
        for column, value in zip(columns(self.name), values, strict=True):
            setattr(row, column, value)


class PeriodField(models.Field):
    """A vague date as a field of a model.

    It has no column of its own: `<name>_start` and `<name>_end` hold the days, both inclusive, one of them may be NULL;
    `<name>_named` tells a named span from days. All three are NULL without a period. The order of the days is a constraint.
    """

    # How history and forms recognise a value that stands in several columns.
    is_period = True

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        """Put the columns, the attribute and the constraint on the model `cls`."""
        self.set_attributes_from_name(name)
        self.model = cls
        cls._meta.add_field(self, private=True)
        present = {field.name for field in cls._meta.local_fields}
        for column, field in self._columns().items():
            if column not in present:
                field.contribute_to_class(cls, column)
        setattr(cls, name, PeriodAttribute(name))
        # History tells what was, whether it kept the rules or not.
        if not cls._meta.abstract and not issubclass(cls, HistoryRow):
            _add_constraint(cls, self)

    def _columns(self) -> dict[str, models.Field]:
        start, end, named = columns(self.name)
        common: dict[str, Any] = {"null": True, "blank": True, "editable": False}
        return {
            start: models.DateField(f"{self.verbose_name} (Beginn)", **common),
            end: models.DateField(f"{self.verbose_name} (Ende)", **common),
            named: models.BooleanField(f"{self.verbose_name} (benannt)", **common),
        }

    def get_lookup(self, lookup_name: str) -> None:
        """Nothing can be asked of a field without a column; the questions of this module ask its columns."""

    def get_attname_column(self) -> tuple[str, None]:
        """No column of its own."""
        return self.get_attname(), None

    def formfield(self, **kwargs: Any) -> Any:
        """One line of text that says how it was understood."""
        allowed: dict[str, Any] = {
            name: kwargs[name] for name in ("help_text", "label", "required", "disabled") if name in kwargs
        }
        defaults: dict[str, Any] = {
            "required": not self.blank,
            "label": str(self.verbose_name),
            "help_text": self.help_text,
        }
        return PeriodFormField(**{**defaults, **allowed})

    def to_text(self, period: Period) -> str:
        """How history and the conflict page show the value."""
        return str(period)

    def from_row(self, row: Any) -> Period | None:
        """The period that `row`, an object or a row of its history, holds."""
        return read_from(row, self.name)


def columns(name: str) -> tuple[str, str, str]:
    """Names of the three columns of the field `name`: first day, last day, whether the span was named."""
    return f"{name}_start", f"{name}_end", f"{name}_named"


def read_from(row: Any, name: str) -> Period | None:
    """Period in the columns of the field `name` of `row`; None when there is none. Raises `ValueError` as `Period` does."""
    start, end, named = (getattr(row, column) for column in columns(name))
    return None if start is None and end is None else Period(start, end, bool(named))


def _add_constraint(cls: type[models.Model], field: PeriodField) -> None:
    start, end, named = columns(field.name)
    nothing = Q(**{f"{start}__isnull": True, f"{end}__isnull": True, f"{named}__isnull": True})
    something = Q(**{f"{start}__isnull": False}) | Q(**{f"{end}__isnull": False})
    ordered = Q(**{f"{start}__isnull": True}) | Q(**{f"{end}__isnull": True}) | Q(**{f"{start}__lte": F(end)})
    constraint = models.CheckConstraint(
        condition=nothing | something & ordered & Q(**{f"{named}__isnull": False}),
        name=f"{cls._meta.app_label}_{cls._meta.model_name}_{field.name}_in_order",
        violation_error_message=OUT_OF_ORDER.format(label=field.verbose_name),
    )
    # A new list: the one at hand may belong to an abstract base.
    cls._meta.constraints = [*cls._meta.constraints, constraint]
    # Migrations read the options from here.
    cls._meta.original_attrs["constraints"] = cls._meta.constraints


# --- Questions in SQL ---------------------------------------------------------------------------------------------
def is_past(name: str, *, on: datetime.date) -> Q:
    """Rows whose period `name` is over before day `on`; without an end it never is. Like `Period.is_past`."""
    return Q(**{f"{name}_end__lt": on})


def contains(name: str, *, day: datetime.date) -> Q:
    """Rows whose period `name` holds `day`. Like `Period.contains`."""
    started = Q(**{f"{name}_start__lte": day}) | Q(**{f"{name}_start__isnull": True})
    running = Q(**{f"{name}_end__gte": day}) | Q(**{f"{name}_end__isnull": True})
    return is_dated(name) & started & running


def ends_between(name: str, first: datetime.date, last: datetime.date) -> Q:
    """Rows whose period `name` ends from `first` to `last`, both inclusive."""
    return Q(**{f"{name}_end__gte": first, f"{name}_end__lte": last})


def touches(name: str, first: datetime.date, last: datetime.date) -> Q:
    """Rows whose period `name` has a day from `first` to `last`, both inclusive."""
    started = Q(**{f"{name}_start__lte": last}) | Q(**{f"{name}_start__isnull": True})
    running = Q(**{f"{name}_end__gte": first}) | Q(**{f"{name}_end__isnull": True})
    return is_dated(name) & started & running


def is_dated(name: str) -> Q:
    """Rows that have a period `name`."""
    return Q(**{f"{name}_named__isnull": False})


def by_time(name: str, *, descending: bool = False) -> OrderBy:
    """Order by when the period `name` ends, an open one by when it begins; rows without one come last either way."""
    when = Coalesce(F(f"{name}_end"), F(f"{name}_start"))
    return when.desc(nulls_last=True) if descending else when.asc(nulls_last=True)
