"""Locks for rules between rows, which no constraint can hold on both databases."""

from django.contrib.contenttypes.models import ContentType
from django.db import models


def lock_kinds(*kinds: type[models.Model]) -> None:
    """Make everybody who saves rows of `kinds` in a form with `lock_all`, or behind this call, wait until the end of the transaction.

    Kinds are locked in one order, and before rows, so that nobody waits in a circle. Call it inside `atomic()`.
    """
    # One query for the keys of all kinds, and none once they are known.
    keys = sorted(content_type.pk for content_type in ContentType.objects.get_for_models(*kinds).values())
    for pk in keys:
        ContentType.objects.select_for_update().get(pk=pk)
