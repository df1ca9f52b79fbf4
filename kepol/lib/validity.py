"""Dated truth: rows that hold from a day to a day, both inclusive; an empty end holds for ever, an empty start since ever."""

import datetime
from collections.abc import Collection, Sequence
from itertools import combinations
from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q


def in_force(on: datetime.date, prefix: str = "") -> Q:
    """Condition for rows that hold on day `on`; `prefix` leads to them through relations (`"memberships__"`)."""
    started = Q(**{f"{prefix}valid_from__isnull": True}) | Q(**{f"{prefix}valid_from__lte": on})
    running = Q(**{f"{prefix}valid_to__isnull": True}) | Q(**{f"{prefix}valid_to__gte": on})
    return started & running


class ValidQuerySet(models.QuerySet):
    """Rows with a validity."""

    def in_force(self, on: datetime.date) -> Self:
        """Rows that hold on day `on`."""
        return self.filter(in_force(on))


class Valid(models.Model):
    """Holds from `valid_from` to `valid_to`, both inclusive; None means open."""

    valid_from = models.DateField("gültig ab", null=True, blank=True, help_text="Erster Tag. Leer: seit jeher.")
    valid_to = models.DateField("gültig bis", null=True, blank=True, help_text="Letzter Tag. Leer: bis auf Weiteres.")

    # Set by a form that saves several rows at once and compares them as they will be, not as they are stored.
    is_compared_by_form = False

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True) | Q(valid_to__isnull=True) | Q(valid_from__lte=F("valid_to")),
                name="%(app_label)s_%(class)s_valid_in_order",
                violation_error_message="„gültig bis“ liegt vor „gültig ab“.",
            )
        ]

    def is_in_force(self, on: datetime.date) -> bool:
        """Whether it holds on day `on`."""
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)

    def overlaps(self, other: "Valid") -> bool:
        """Whether there is a day on which both hold."""
        starts_in_time = self.valid_from is None or other.valid_to is None or self.valid_from <= other.valid_to
        return starts_in_time and (
            other.valid_from is None or self.valid_to is None or other.valid_from <= self.valid_to
        )

    def overlapping(self, siblings: models.QuerySet) -> models.QuerySet:
        """Rows among `siblings`, other than this one, that hold on a day on which this one holds too."""
        others = siblings.exclude(pk=self.pk)
        if self.valid_to is not None:
            others = others.filter(Q(valid_from__isnull=True) | Q(valid_from__lte=self.valid_to))
        if self.valid_from is not None:
            others = others.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=self.valid_from))
        return others


class Exclusive(Valid):
    """Rows of which only one holds at a time among those with the same values in the fields `exclusive_for`."""

    exclusive_for: ClassVar[tuple[str, ...]]
    overlap_message: ClassVar[str]

    class Meta:
        abstract = True

    def clean(self) -> None:
        """Refuse a second row at the same time."""
        super().clean()
        if not self.is_compared_by_form:
            self.refuse_rivals()

    def refuse_rivals(self, *, besides: Collection[Any] = ()) -> None:
        """Raise `ValidationError` when a stored row, other than those with the keys `besides`, holds at the same time."""
        values = {name: getattr(self, self.column(name)) for name in self.exclusive_for}
        if None not in values.values():
            rivals = type(self)._base_manager.filter(**values).exclude(pk__in=besides)
            refuse_overlap(self, rivals, self.overlap_message)

    @classmethod
    def column(cls, name: str) -> str:
        """Attribute that holds the value of field `name`, for a relation its key."""
        concrete: Any = cls._meta.get_field(name)
        return str(concrete.attname)

    def competes_with(self, other: "Exclusive") -> bool:
        """Whether `other` must not hold on a day on which this row holds."""
        columns = [self.column(name) for name in self.exclusive_for]
        mine = [getattr(self, column) for column in columns]
        # As in `refuse_rivals`: what is not named yet competes with nobody.
        return None not in mine and mine == [getattr(other, column) for column in columns]


def refuse_overlap_among(rows: Sequence[Exclusive], *, removed: Collection[Any]) -> None:
    """Raise `ValidationError` when `rows`, about to be saved together, compete with each other or with what stays stored.

    `removed` holds the keys of rows that are deleted at the same time.
    """
    for one, other in combinations(rows, 2):
        if one.competes_with(other) and one.overlaps(other):
            raise ValidationError(one.overlap_message.format(rival=other), code="overlap")
    handled = [*removed, *(row.pk for row in rows if row.pk is not None)]
    for row in rows:
        row.refuse_rivals(besides=handled)


def refuse_overlap(row: Valid, siblings: models.QuerySet, message: str) -> None:
    """Raise `ValidationError` with `message` when another row of `siblings` holds at the same time as `row`.

    A rule between rows cannot be a constraint on both databases: callers hold the lock on the parent row.
    """
    if rival := row.overlapping(siblings).first():
        raise ValidationError(message.format(rival=rival), code="overlap")
