"""What apps show on the page of any record, what they offer there, and what goes with a record when it is deleted."""

from collections.abc import Sequence
from typing import Any

from django.contrib.admin.utils import NestedObjects
from django.db import models, router
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from kepol.lib.backoffice.attached import Attached
from kepol.lib.backoffice.steps import Step
from kepol.lib.contracts import RecordPanel, record_panels, take_along
from kepol.lib.records import Record


def panels_for(model: type[models.Model]) -> list[RecordPanel]:
    """Panels of the pages of `model`; none for what is no record, and none for what hangs on records itself."""
    if not issubclass(model, Record) or issubclass(model, Attached):
        return []
    return record_panels()


def panel_steps(model: type[models.Model]) -> tuple[Step, ...]:
    """Steps that panels offer on each record of `model`."""
    return tuple(step for panel in panels_for(model) for step in panel.steps())


def panel_list_steps(model: type[models.Model]) -> frozenset[str]:
    """Names of the steps that panels offer in the list of `model`."""
    return frozenset(name for panel in panels_for(model) for name in panel.list_steps)


def rendered(request: HttpRequest, record: models.Model) -> list[SafeString]:
    """The panels of `record` that have something to show to the person."""
    shown = []
    for panel in panels_for(type(record)):
        context = panel.context(record, user=request.user, on=timezone.localdate())
        if context is not None:
            shown.append(render_to_string(panel.template, {**context, "here": request.get_full_path()}, request))
    return shown


def company_of(record: models.Model) -> list[Any]:
    """Rows that panels have hung on `record` and on everything that is deleted with it; a query per panel and kind of part."""
    records = doomed_with(record)
    return [row for panel in record_panels() for row in panel.rows_on(records).order_by("pk")]


def doomed_with(record: models.Model) -> Sequence[models.Model]:
    """`record` and all rows that are deleted with it."""
    collector = NestedObjects(using=router.db_for_write(type(record)), origin=record)
    collector.collect([record])
    return [row for rows in collector.model_objs.values() for row in rows if isinstance(row, Record)]


def delete_with_company(record: models.Model, *, by: Any) -> None:
    """Delete `record` and what panels have hung on it and on its parts."""
    take_along(doomed_with(record), by=by)
    record.delete()
