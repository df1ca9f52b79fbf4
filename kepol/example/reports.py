"""What is said in the example about its milestones: it goes through the door like everything people say.

Reports carry no key of their source. Those of the example are the first of their milestone, just as the files state them; what
people say comes after. The files state each milestone as it stands after its steps, but for the forecast, which a step brings.
"""

import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db import connection, transaction

from concept import lifecycle
from concept.choices import Channel, PostponementReason
from concept.models import Milestone, MilestoneReport
from kepol.accounts.models import User
from kepol.example.facts import Said
from kepol.example.rows import REASON
from kepol.example.values import day_from, read_period

#: How files name the verbs of the door.
VERBS: Mapping[str, Callable[..., MilestoneReport]] = {
    "report": lifecycle.report,
    "confirm": lifecycle.confirm,
    "reschedule": lifecycle.reschedule,
    "comment": lifecycle.comment,
}
ON_BEHALF = "channel"
#: The trigger of SQLite that keeps reports; on PostgreSQL a setting of the transaction lets them go.
KEEPER = "concept_milestonereport_is_kept"


def lay_out(milestone: Milestone, steps: list[Said], *, on: datetime.date) -> None:
    """Take `steps` with `milestone`, days counted from `on`; those taken on another day are forgotten and taken anew.

    Nothing happens where they stand already, or where somebody else has said something.
    """
    ours = reports_of_example(milestone, steps)
    if milestone.reports.count() > len(ours):
        return
    if [report.as_of for report in ours] == [day_from(step.on, on=on) for step in steps]:
        return
    forget(ours)
    milestone.forecast, milestone.forecast_reason = None, ""
    for step in steps:
        _take(milestone, step, on=on)
        _sign(milestone)


def reports_of_example(milestone: Milestone, steps: list[Said]) -> list[MilestoneReport]:
    """The reports made of `steps`; empty when they were not taken, or somebody else spoke first."""
    first = list(milestone.reports.select_related("by").order_by("pk")[: len(steps)])
    stated = [(step.step, step.by, step.values.get("text", "")) for step in steps]
    return first if [(report.step, report.by.email, report.text) for report in first] == stated else []


def forget(reports: Iterable[MilestoneReport]) -> None:
    """Delete `reports`: the one way around "what was said stays", for rows nobody has said."""
    with transaction.atomic(), letting_go():
        MilestoneReport._base_manager.filter(pk__in=[report.pk for report in reports]).delete()


@contextmanager
def letting_go() -> Iterator[None]:
    """Let reports be deleted inside, by this transaction only; whatever fails puts the guard of the database back with it."""
    is_sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        if is_sqlite:
            cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = %s", [KEEPER])
            (keeper,) = cursor.fetchone()
            cursor.execute(f"DROP TRIGGER {KEEPER}")
        else:
            cursor.execute("SET LOCAL kepol.forget_reports = 'on'")
        yield
        cursor.execute(keeper if is_sqlite else "SET LOCAL kepol.forget_reports = 'off'")


def _take(milestone: Milestone, step: Said, *, on: datetime.date) -> None:
    day = day_from(step.on, on=on)
    values = {name: value for name, value in step.values.items() if name != ON_BEHALF}
    verb = partial(VERBS[step.step], milestone, by=User.objects.get(email=step.by), today=day)
    if ON_BEHALF in step.values:
        values["on_behalf_of"] = lifecycle.OnBehalf(milestone.responsible, Channel(step.values[ON_BEHALF]), day)
    if "to" in values:
        values |= {"to": read_period(values["to"], on=on), "reason": PostponementReason(values["reason"])}
    verb(**values)


def _sign(milestone: Milestone) -> None:
    """Note in the history that the example wrote the row last, like every row of it."""
    history: Any = Milestone
    last = history.history.filter(id=milestone.pk).order_by("-history_id").first()
    history.history.filter(pk=last.pk).update(history_change_reason=REASON)
