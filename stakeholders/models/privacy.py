"""How long personal data may be kept, and how nothing of what was deleted lives on in the history of changes."""

import datetime
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import models

from kepol.lib.backoffice.attached import TITLE_LENGTH, Attached, content_type_of
from kepol.lib.records import Record

#: A contact is of use as long as the cooperation it belongs to: a project phase with its proof of use (Art. 5 (1) e GDPR).
CONTACT_YEARS = 3
#: Somebody who left is asked after for a while; then nobody needs the number any more.
REVIEW_YEARS = 2


def years_after(day: datetime.date, years: int) -> datetime.date:
    """The same day `years` later; 28 February where a 29th does not exist, the last day there is behind the end of the calendar."""
    if day.year + years > datetime.MAXYEAR:
        return datetime.date.max
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
    for model in _attached_models():
        _blank(model, place, {})


def forget_name(record: models.Model) -> None:
    """What hangs on rows that point to `record`, or once did, was called after it: give it the title those rows bear now.

    Former states get that title too, an empty one where the row is gone. Words that somebody wrote themselves stay.
    """
    for model, column in _pointing(record):
        keys = {*model._base_manager.filter(**{column: record.pk}).values_list("pk", flat=True)}
        keys |= {*model.history.filter(**{column: record.pk}).values_list("id", flat=True)}
        rows = {row.pk: row for row in model._base_manager.filter(pk__in=keys)}
        place = {"content_type": content_type_of(model()), "object_id__in": keys}
        for attached in _attached_models():
            _follow_titles(attached._base_manager.filter(**place), rows)
            _rewrite_titles(attached.history.filter(**place), rows)


def _attached_models() -> Iterator[Any]:
    return (model for model in apps.get_models() if issubclass(model, Attached) and issubclass(model, Record))


def _pointing(record: models.Model) -> Iterator[tuple[Any, str]]:
    """Models whose rows point to rows like `record`, with the column that does."""
    for relation in record._meta.get_fields(include_hidden=True):
        if relation.auto_created and relation.one_to_many and issubclass(relation.related_model, Record):  # type: ignore[arg-type]
            yield relation.related_model, relation.remote_field.attname  # type: ignore[union-attr]


def _follow_titles(attached: models.QuerySet, rows: dict[Any, models.Model]) -> None:
    for one in attached:
        record = rows.get(one.object_id)
        if record is not None and one.title != str(record)[:TITLE_LENGTH]:
            one.attach_to(record)
            one.save()


def _rewrite_titles(states: models.QuerySet, rows: dict[Any, models.Model]) -> None:
    for state in states:
        state.title = str(rows.get(state.object_id, ""))[:TITLE_LENGTH]
        # The keys were made of the title and are found like it.
        keys = state.instance.derived_keys()
        type(state)._base_manager.filter(pk=state.pk).update(title=state.title, **keys)


def _blank(model: Any, rows: dict[str, Any], further: dict[str, Any]) -> None:
    # The key of the source is no word: by it, what was taken over once and deleted here stays away.
    words = {
        column.attname: ""
        for column in model._meta.concrete_fields
        if isinstance(column, models.CharField | models.TextField) and column.name != "source_key"
    }
    model.history.model.objects.filter(**rows).update(**words, **further)
