"""Retire, do not delete: what is no longer used stays, with the day and the reason, and can come back."""

import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q

from kepol.lib.history import operation


class RetirableQuerySet(models.QuerySet):
    """Rows told apart by whether they are still in use."""

    def active(self) -> Self:
        """Rows that are in use."""
        return self.filter(retired_on__isnull=True)

    def retired(self) -> Self:
        """Rows that were put aside."""
        return self.filter(retired_on__isnull=False)


class Retirable(models.Model):
    """Can be put aside with day and reason; old papers keep pointing to it."""

    retired_on = models.DateField("stillgelegt am", null=True, blank=True, editable=False)
    retired_reason = models.CharField("Grund der Stilllegung", max_length=300, blank=True, editable=False)

    history_also = ("retired_on", "retired_reason")

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(retired_on__isnull=True, retired_reason="")
                | Q(retired_on__isnull=False) & ~Q(retired_reason=""),
                name="%(app_label)s_%(class)s_retired_with_reason",
                violation_error_message="Wer etwas stilllegt, nennt Tag und Grund.",
            )
        ]

    @property
    def is_retired(self) -> bool:
        """Whether it was put aside."""
        return self.retired_on is not None


def retire(obj: Retirable, *, on: datetime.date, reason: str, by: Any) -> None:
    """Put `obj` aside as of day `on`; `reason` is shown wherever it still appears."""
    with operation(by=by):
        obj.retired_on, obj.retired_reason = on, reason.strip()
        obj.full_clean()
        obj.save()


def reinstate(obj: Retirable, *, by: Any) -> None:
    """Take `obj` back into use."""
    with operation(by=by):
        obj.retired_on, obj.retired_reason = None, ""
        obj.full_clean()
        obj.save()
