"""The one door: everything that happens to a milestone after it was entered.

Each verb locks the milestone, checks who may and whether the step is allowed in its state, writes a report row that nothing ever
changes, and the new state, in one transaction. `docs/meilensteine.md` draws states and steps.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from concept.choices import Channel, PostponementReason, ReportStep, Status
from concept.models import Milestone, MilestoneReport
from kepol.accounts.choices import Role
from kepol.lib.history import operation
from kepol.lib.periods import Period
from kepol.lib.versions import Conflict
from stakeholders.models import Organisation

NOT_ALLOWED = "Dazu sind Sie bei diesem Meilenstein nicht berechtigt."
NO_PLAN = "Dieser Meilenstein hat noch keinen geplanten Termin. Tragen Sie ihn im Formular ein."
NOTHING_SAID = "Es steht nichts Neues da. Hat sich nichts geändert, nehmen Sie „Unverändert bestätigen“."
SAME_DATE = "Erwartet wird schon „{}“. Nennen Sie einen anderen Termin."
FUTURE = "Dieser Tag liegt in der Zukunft. Nennen Sie den heutigen oder einen früheren."

_ALWAYS = frozenset({ReportStep.COMMENT, ReportStep.CORRECT})
_WHILE_OPEN = _ALWAYS | {
    ReportStep.REPORT,
    ReportStep.CONFIRM,
    ReportStep.RESCHEDULE,
    ReportStep.REACH,
    ReportStep.PAUSE,
    ReportStep.DROP,
}
#: Which steps each state allows; the table in `docs/meilensteine.md` is compared with it by a test.
STEPS: Mapping[Status, frozenset[ReportStep]] = {
    Status.PLANNED: _WHILE_OPEN,
    Status.IN_PROGRESS: _WHILE_OPEN,
    Status.PAUSED: _ALWAYS | {ReportStep.REOPEN, ReportStep.REACH, ReportStep.DROP},
    Status.REACHED: _ALWAYS | {ReportStep.REOPEN},
    Status.DROPPED: _ALWAYS | {ReportStep.REOPEN},
}
#: Why a step is refused, after the state in which it is.
REFUSALS: Mapping[Status, str] = {
    Status.PLANNED: "Der Meilenstein ist noch offen; es gibt nichts wieder aufzunehmen.",
    Status.IN_PROGRESS: "Der Meilenstein ist noch offen; es gibt nichts wieder aufzunehmen.",
    Status.PAUSED: "Der Meilenstein ruht. Nehmen Sie ihn zuerst wieder auf.",
    Status.REACHED: "Der Meilenstein ist schon erreicht. War das ein Irrtum, nehmen Sie ihn zuerst wieder auf.",
    Status.DROPPED: "Der Meilenstein ist entfallen. Soll er doch kommen, nehmen Sie ihn zuerst wieder auf.",
}
#: What only the Koordination may do: the plan is what was adopted.
_COORDINATION_ONLY = frozenset({ReportStep.CORRECT})


@dataclass(frozen=True)
class OnBehalf:
    """What a unit told the Koordination: `unit`, by which `channel`, on which `day`."""

    unit: Organisation
    channel: Channel
    day: datetime.date


def report(  # noqa: PLR0913 - what a report consists of
    milestone: Milestone,
    *,
    by: Any,
    today: datetime.date,
    status: Status | None = None,
    text: str = "",
    on_behalf_of: OnBehalf | None = None,
) -> MilestoneReport:
    """Say how the open `milestone` stands: its `status`, geplant or in Umsetzung (None: as it is), and a `text` in one's own words.

    Raises like every verb here: `PermissionDenied` when `by` may not on day `today`, `ValidationError` when the step is not
    allowed or says nothing new, `Conflict` when somebody changed the milestone since it was read.
    """
    new = milestone.status if status is None else _open_status(status)
    if new == milestone.status and not text.strip():
        raise ValidationError({"text": NOTHING_SAID}, code="nothing")
    return _take(milestone, ReportStep.REPORT, by, today, {"status": new}, text=text, on_behalf_of=on_behalf_of)


def confirm(
    milestone: Milestone, *, by: Any, today: datetime.date, on_behalf_of: OnBehalf | None = None
) -> MilestoneReport:
    """Note that the open `milestone` stands unchanged: only "Stand vom" is renewed. Raises like `report`."""
    return _take(milestone, ReportStep.CONFIRM, by, today, {}, on_behalf_of=on_behalf_of)


def reschedule(  # noqa: PLR0913 - what a postponement consists of
    milestone: Milestone,
    *,
    to: Period,
    reason: PostponementReason,
    by: Any,
    today: datetime.date,
    text: str = "",
    status: Status | None = None,
    on_behalf_of: OnBehalf | None = None,
) -> MilestoneReport:
    """Expect the open `milestone` at another time, `to`, for one of six reasons; the plan stays as it was adopted.

    Back to the planned date, without one to the days of the event, the forecast ends. Raises like `report`, and for the date
    that is expected already.
    """
    adopted = _adopted(milestone)
    before = milestone.forecast or adopted
    if to == before:
        raise ValidationError({"to": SAME_DATE.format(to)}, code="same_date")
    is_back = to == adopted
    change = {
        "status": milestone.status if status is None else _open_status(status),
        "forecast": None if is_back else to,
        "forecast_reason": "" if is_back else reason,
    }
    moved = {"moved_from": before, "moved_to": to, "reason": reason}
    return _take(milestone, ReportStep.RESCHEDULE, by, today, change, text=text, on_behalf_of=on_behalf_of, **moved)


def reach(  # noqa: PLR0913 - what a success consists of
    milestone: Milestone,
    *,
    on: datetime.date,
    by: Any,
    today: datetime.date,
    text: str = "",
    on_behalf_of: OnBehalf | None = None,
) -> MilestoneReport:
    """Note that `milestone` was reached on day `on`, today or earlier. Raises like `report`."""
    if on > today:
        raise ValidationError({"on": FUTURE}, code="future")
    change = {"status": Status.REACHED, "reached_on": on}
    return _take(milestone, ReportStep.REACH, by, today, change, text=text, reached_on=on, on_behalf_of=on_behalf_of)


def drop(
    milestone: Milestone, *, reason: str, by: Any, today: datetime.date, on_behalf_of: OnBehalf | None = None
) -> MilestoneReport:
    """Note that `milestone` will not come, and why; the reason becomes a line of its note. Raises like `report`."""
    return _end(milestone, ReportStep.DROP, Status.DROPPED, reason, by, today, on_behalf_of)


def pause(
    milestone: Milestone, *, reason: str, by: Any, today: datetime.date, on_behalf_of: OnBehalf | None = None
) -> MilestoneReport:
    """Note that the open `milestone` rests, and why; the reason becomes a line of its note. Raises like `report`."""
    return _end(milestone, ReportStep.PAUSE, Status.PAUSED, reason, by, today, on_behalf_of)


def reopen(  # noqa: PLR0913 - what taking something up again consists of
    milestone: Milestone,
    *,
    by: Any,
    today: datetime.date,
    text: str = "",
    status: Status = Status.IN_PROGRESS,
    on_behalf_of: OnBehalf | None = None,
) -> MilestoneReport:
    """Take up again what was reached by mistake, rests or was dropped; it is then geplant or in Umsetzung. Raises like `report`."""
    change = {"status": _open_status(status), "reached_on": None}
    return _take(milestone, ReportStep.REOPEN, by, today, change, text=text, on_behalf_of=on_behalf_of)


def comment(milestone: Milestone, *, text: str, by: Any, today: datetime.date) -> MilestoneReport:
    """Add a remark that changes nothing; units involved may, too. No answer to the question how the milestone stands.

    Raises `PermissionDenied`, and `ValidationError` without words. Never a conflict: it overwrites nothing.
    """
    return _take(milestone, ReportStep.COMMENT, by, today, {}, text=text)


def correct_plan(
    milestone: Milestone, *, planned: Period, reason: str, by: Any, today: datetime.date
) -> MilestoneReport:
    """Put `planned` in the place of a planned date that was entered by mistake; only the Koordination may.

    Postponing is something else: it never erases the plan (architecture), but is told by the forecast. The report names the date
    there was and the `reason`. Raises like `report`, and without a plan to correct, for the same one, or when the forecast names
    the new one.
    """
    _refuse_no_correction(milestone, planned, reason)
    told = f"Geplanter Termin berichtigt (war {milestone.planned}): {reason.strip()}"
    return _take(milestone, ReportStep.CORRECT, by, today, {"planned": planned}, text=told)


def coordinates(user: Any) -> bool:
    """Whether `user` may take every step with every milestone: the Koordination and superusers, as long as the account is in use."""
    return bool(user.is_active and (user.is_superuser or Role.KOORDINATION in user.roles))


def may_take(user: Any, step: ReportStep, milestone: Milestone, *, on: datetime.date) -> bool:
    """Whether `user` may take `step` with `milestone` on day `on`, whatever its state; a query for a Fachbereich.

    "Who may" of the architecture: the Koordination all, a Fachbereich reports on its own and comments where it is involved.
    """
    if coordinates(user):
        return True
    if not user.is_active:
        return False
    if step in _COORDINATION_ONLY:
        return False
    own = Milestone.objects.filter(pk=milestone.pk)
    own = own.commentable_by(user, on=on) if step == ReportStep.COMMENT else own.reportable_by(user, on=on)
    return own.exists()


def is_allowed(step: ReportStep, milestone: Milestone) -> bool:
    """Whether the state of `milestone` allows `step`."""
    return step in STEPS[Status(milestone.status)]


def locked(milestone: Milestone) -> Milestone:
    """The row of `milestone` as it is stored, held until the end of the transaction; raises `Conflict` when it is gone."""
    stored = Milestone.objects.select_for_update(of=("self",)).filter(pk=milestone.pk).first()
    if stored is None:
        raise Conflict(milestone)
    return stored


def _end(  # noqa: PLR0913, PLR0917 - what ending consists of
    milestone: Milestone,
    step: ReportStep,
    status: Status,
    reason: str,
    by: Any,
    today: datetime.date,
    on_behalf_of: OnBehalf | None,
) -> MilestoneReport:
    if not reason.strip():
        raise ValidationError({"reason": "Warum? Tragen Sie eine Begründung ein."}, code="reason")
    day = on_behalf_of.day if on_behalf_of else today
    line = f"{status.label.capitalize()} seit {day:%d.%m.%Y}: {reason.strip()}"
    change = {"status": status, "note": f"{milestone.note.rstrip()}\n{line}".lstrip()}
    return _take(milestone, step, by, today, change, text=reason, on_behalf_of=on_behalf_of)


def _take(  # noqa: PLR0913 - the door
    milestone: Milestone,
    step: ReportStep,
    by: Any,
    today: datetime.date,
    change: dict[str, Any],
    /,
    *,
    text: str = "",
    on_behalf_of: OnBehalf | None = None,
    **said: Any,
) -> MilestoneReport:
    """Take `step`: write `change` into `milestone` and a row with `text` and what else was `said`, or neither."""
    with transaction.atomic(), operation(by=by):
        stored = locked(milestone)
        if not may_take(by, step, stored, on=today):
            raise PermissionDenied(NOT_ALLOWED)
        if on_behalf_of is not None:
            _refuse_hearsay(on_behalf_of, by, today)
        if not is_allowed(step, stored):
            raise ValidationError(REFUSALS[Status(stored.status)], code="step")
        # A comment overwrites nothing, so it need not know what others wrote.
        if step != ReportStep.COMMENT and stored.version != milestone.version:
            raise Conflict(milestone)
        as_of = on_behalf_of.day if on_behalf_of else today
        if step not in ReportStep.NO_ANSWER:
            change = {**change, "reported_on": max(as_of, stored.reported_on)}
        row = MilestoneReport(
            milestone=milestone,
            step=step,
            by=by,
            as_of=as_of,
            unit=on_behalf_of.unit if on_behalf_of else _speaking_unit(by, step, stored, today),
            channel=on_behalf_of.channel if on_behalf_of else "",
            received_on=on_behalf_of.day if on_behalf_of else None,
            status_before=stored.status,
            status=change.get("status", stored.status),
            text=text.strip(),
            **said,
        )
        if change:
            _write(stored, change)
        _add(row)
    _bring_up_to_date(milestone, stored, change)
    return row


def _write(stored: Milestone, change: dict[str, Any]) -> None:
    """Save `change`, and nothing else the caller may have put into an object of its own; only what changes is checked."""
    for name, value in change.items():
        setattr(stored, name, value)
    stored.clean_fields(exclude={column.name for column in stored._meta.fields} - change.keys())
    stored.validate_constraints()
    stored.save()


def _bring_up_to_date(milestone: Milestone, stored: Milestone, change: dict[str, Any]) -> None:
    """Let the caller's object show what is stored, now that nothing was refused."""
    if not change:
        return
    for name, value in change.items():
        setattr(milestone, name, value)
    milestone.version = stored.version


def _add(row: MilestoneReport) -> None:
    row.full_clean()
    row.save()


def _adopted(milestone: Milestone) -> Period | None:
    """What holds as long as there is no forecast: the plan, otherwise the days of the event; None without either."""
    event = milestone.event
    if milestone.planned is not None or event is None:
        return milestone.planned
    return event.period if event.starts_at is None else Period(event.first_day, event.last_day)


def _speaking_unit(by: Any, step: ReportStep, milestone: Milestone, today: datetime.date) -> Organisation | None:
    """The unit whose member `by` is: the responsible one, in a comment otherwise one involved; None for the Koordination."""
    own = Organisation.objects.of_member(by, on=today)
    if unit := own.filter(pk=milestone.responsible_id).first():
        return unit
    return own.filter(pk__in=milestone.involved.values("pk")).first() if step == ReportStep.COMMENT else None


def _open_status(status: Status | str) -> Status:
    found = Status(status)
    if found not in Status.OPEN:
        raise ValidationError({"status": "Dafür gibt es einen eigenen Schritt."}, code="status")
    return found


def _refuse_hearsay(on_behalf_of: OnBehalf, by: Any, today: datetime.date) -> None:
    if not coordinates(by):
        raise PermissionDenied(NOT_ALLOWED)
    if on_behalf_of.day > today:
        raise ValidationError({"received_on": FUTURE}, code="future")


def _refuse_no_correction(milestone: Milestone, planned: Period, reason: str) -> None:
    if milestone.planned is None:
        raise ValidationError(NO_PLAN, code="no_plan")
    if milestone.planned == planned:
        raise ValidationError(f"Geplant ist schon „{planned}“.", code="same_plan")
    if not reason.strip():
        raise ValidationError("Warum war der geplante Termin falsch? Tragen Sie eine Begründung ein.", code="reason")
