"""How long personal data may be kept, and how nothing of what was deleted lives on in the history of changes."""

import datetime
from typing import Any

from django.apps import apps
from django.db import models

from kepol.lib.backoffice.attached import Attached, content_type_of

#: A contact is of use as long as the cooperation it belongs to: a project phase with its proof of use (Art. 5 (1) e GDPR).
CONTACT_YEARS = 3
#: Somebody who left is asked after for a while; then nobody needs the number any more.
REVIEW_YEARS = 2


def years_after(day: datetime.date, years: int) -> datetime.date:
    """The same day `years` later; 28 February where a 29th does not exist."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def forget_words(record: models.Model, **further: Any) -> None:
    """Take every word out of the history of the stored `record` and of what hangs on it; `further` are columns to overwrite.

    That something was done, when and by whom stays, so that a deletion can be proved.
    """
    _blank(type(record), {"id": record.pk}, further)
    forget_company(record)


def forget_company(record: models.Model) -> None:
    """The same only for what hangs on `record`: such rows keep its name and have a note about it."""
    place = {"content_type": content_type_of(record), "object_id": record.pk}
    for model in apps.get_models():
        if issubclass(model, Attached) and hasattr(model, "history"):
            _blank(model, place, {})


def _blank(model: Any, rows: dict[str, Any], further: dict[str, Any]) -> None:
    words = {
        column.attname: ""
        for column in model._meta.concrete_fields
        if isinstance(column, models.CharField | models.TextField)
    }
    model.history.model.objects.filter(**rows).update(**words, **further)
