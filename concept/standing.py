"""How a milestone of a Sachstandsabfrage stands: read live while the round is open, from what was kept once it is closed."""

import datetime
from dataclasses import dataclass
from typing import Any, Self

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.utils import timezone

from concept.choices import Channel, ReportStep, Status
from concept.models import Milestone, MilestoneReport, RoundItem, StatusRound
from concept.models.milestones import UNDATED
from kepol.lib.periods import Period

#: Number of the form in which rows are kept. What was kept is never rewritten; another form gets another number.
SCHEMA = 1


@dataclass(frozen=True)
class Answer:
    """What counts as the answer for a milestone: the last report or confirmation after the round was opened.

    `as_of` is the day for which it holds; `channel` how the Koordination received it, None when nobody passed it on; `unit` the
    code of the unit that answered, "" when the Koordination itself said how it stands.
    """

    step: ReportStep
    as_of: datetime.date
    channel: Channel | None
    unit: str = ""

    @classmethod
    def read(cls, data: dict[str, Any]) -> Self:
        """The answer as `as_data` wrote it, or as the database tells it of a report."""
        channel = Channel(data["channel"]) if data["channel"] else None
        return cls(ReportStep(data["step"]), datetime.date.fromisoformat(data["as_of"]), channel, data["unit"] or "")

    def as_data(self) -> dict[str, Any]:
        """Plain data for keeping."""
        told = {"step": self.step.value, "as_of": self.as_of.isoformat()}
        return {**told, "channel": self.channel or "", "unit": self.unit}

    def __str__(self) -> str:
        if self.channel is None:
            entered = "" if self.unit else ", von der Koordination eingetragen"
            return f"{self.step.label} am {self.as_of:%d.%m.%Y}{entered}"
        return f"{self.step.label}, im Auftrag ({self.channel.label} vom {self.as_of:%d.%m.%Y})"


@dataclass(frozen=True)
class Standing:
    """One milestone of a round in plain values, for the page, the paper and keeping.

    `row` is the row of the round; `unit` the code of the unit asked and `unit_name` how it is called in full; `field` the Handlungsfeld and `belongs_to` the measure or project, "" without; `order` sorts by
    both; `moved` are the dates before and after and the reason, None when it did not move; `situation` the words that follow from
    its dates on the day of `judged_on`; `text` the latest sentence anybody wrote, "" without one; `answer` None as long as nobody answered.
    """

    row: RoundItem
    title: str
    unit: str
    unit_name: str
    field: str
    belongs_to: str
    order: tuple[str, str]
    status: Status
    date_text: str
    planned: Period | None
    forecast: Period | None
    reached_on: datetime.date | None
    moved: tuple[str, str, str] | None
    situation: tuple[str, ...]
    text: str
    reported_on: datetime.date
    answer: Answer | None

    @property
    def is_answered(self) -> bool:
        """Whether somebody has answered for it."""
        return self.answer is not None

    @property
    def state(self) -> str:
        """What somebody said and what follows from the dates, in words."""
        return ", ".join([self.status.label, *self.situation])

    @property
    def postponement(self) -> str:
        """From which date to which it moved, and why; empty when it did not."""
        return "{} → {} ({})".format(*self.moved) if self.moved else ""

    def as_data(self) -> dict[str, Any]:
        """Plain data for keeping; `kept` reads it back."""
        return {
            "schema": SCHEMA,
            "title": self.title,
            "unit": self.unit,
            "unit_name": self.unit_name,
            "field": self.field,
            "belongs_to": self.belongs_to,
            "order": list(self.order),
            "status": self.status.value,
            "date_text": self.date_text,
            "planned": _period_data(self.planned),
            "forecast": _period_data(self.forecast),
            "reached_on": self.reached_on.isoformat() if self.reached_on else None,
            "moved": list(self.moved) if self.moved else None,
            "situation": list(self.situation),
            "text": self.text,
            "reported_on": self.reported_on.isoformat(),
            "answered": self.is_answered,
            "answer": self.answer.as_data() if self.answer else None,
        }


def kept(row: RoundItem) -> Standing:
    """How the milestone of `row` stood when its round was closed."""
    data: dict[str, Any] = row.frozen or {}
    first, second = data["order"]
    return Standing(
        row=row,
        title=data["title"],
        unit=data["unit"],
        unit_name=data["unit_name"],
        field=data["field"],
        belongs_to=data["belongs_to"],
        order=(first, second),
        status=Status(data["status"]),
        date_text=data["date_text"],
        planned=_period(data["planned"]),
        forecast=_period(data["forecast"]),
        reached_on=datetime.date.fromisoformat(data["reached_on"]) if data["reached_on"] else None,
        moved=_moved(data["moved"]),
        situation=tuple(data["situation"]),
        text=data["text"],
        reported_on=datetime.date.fromisoformat(data["reported_on"]),
        answer=Answer.read(data["answer"]) if data["answer"] else None,
    )


def live(row: Any, milestone: Any, *, on: datetime.date) -> Standing:
    """How `milestone`, read by `_milestones`, stands now, judged for day `on`; `row` was read by `_with_answer`."""
    field, belongs_to, order = _place(milestone)
    return Standing(
        row=row,
        title=milestone.title,
        unit=row.unit.code,
        unit_name=str(row.unit),
        field=field,
        belongs_to=belongs_to,
        order=order,
        status=Status(milestone.status),
        date_text=milestone.date_text(on=on),
        planned=milestone.planned,
        forecast=milestone.forecast,
        reached_on=milestone.reached_on,
        moved=_movement(milestone),
        situation=tuple(milestone.situation(on=on, is_endangered=milestone.in_danger)),
        text=milestone.latest_text or "",
        reported_on=milestone.reported_on,
        answer=Answer.read(row.answer) if row.answer else None,
    )


def judged_on(status_round: StatusRound, *, on: datetime.date) -> datetime.date:
    """The day for which lateness is told: the key date, or the day on which the data was read when that lies before it.

    That is the day of closing, and day `on` as long as the round is open: nobody knows yet what will be late later.
    """
    read_on = timezone.localdate(status_round.closed_at) if status_round.closed_at else on
    return min(status_round.key_date, read_on)


def standings(status_round: StatusRound, *, on: datetime.date) -> list[Standing]:
    """All milestones of `status_round` by unit, then by date, as they stand on day `on` or stood when it was closed.

    One query once it is closed, two before, whatever its size.
    """
    rows = status_round.items.select_related("unit")
    if not status_round.is_open:
        return [kept(row) for row in rows]
    milestones = {one.pk: one for one in _milestones(status_round)}
    day = judged_on(status_round, on=on)
    return [live(row, milestones[row.milestone_id], on=day) for row in _with_answer(rows, status_round)]


def _milestones(status_round: StatusRound) -> QuerySet:
    """The milestones of `status_round` with all that is told of them."""
    rows = Milestone.objects.filter(round_items__round=status_round).with_danger().with_latest_report()
    return rows.select_related("measure__field_of_action", "project", "event")


def _with_answer(rows: QuerySet, status_round: StatusRound) -> QuerySet:
    """`rows` of `status_round` with `answer`, the last one for each as JSON, None without one."""
    since = MilestoneReport.objects.answers().since(status_round.opened_at).filter(milestone=OuterRef("milestone"))
    # What another unit said does not answer for this one.
    own = since.filter(Q(unit__isnull=True) | Q(unit=OuterRef("unit"))).order_by("-at", "-pk")
    found = JSONObject(step="step", as_of="as_of", channel="channel", unit="unit__code")
    return rows.annotate(answer=Subquery(own.values(found=found)[:1]))


def _place(milestone: Milestone) -> tuple[str, str, tuple[str, str]]:
    """Handlungsfeld, measure or project, and what both are sorted by; rows without a measure stand last."""
    if milestone.measure is not None:
        measure, field = milestone.measure, milestone.measure.field_of_action
        return str(field), str(measure), (f"0{field.sort_key}", measure.sort_key)
    if milestone.project is not None:
        return "", f"Projekt „{milestone.project}“", ("1", milestone.project.sort_key)
    return "", "", ("2", "")


def _movement(milestone: Milestone) -> tuple[str, str, str] | None:
    """Like `Milestone.postponement`, in parts."""
    if milestone.forecast is None:
        return None
    before = milestone.planned or (milestone.event.when() if milestone.event else UNDATED)
    return str(before), str(milestone.forecast), milestone.get_forecast_reason_display()


def _period_data(period: Period | None) -> dict[str, Any] | None:
    if period is None:
        return None
    days = {name: day.isoformat() if day else None for name, day in (("start", period.start), ("end", period.end))}
    return {**days, "named": period.named, "text": str(period)}


def _period(data: dict[str, Any] | None) -> Period | None:
    if data is None:
        return None
    start, end = (datetime.date.fromisoformat(data[name]) if data[name] else None for name in ("start", "end"))
    return Period(start, end, named=data["named"])


def _moved(data: list[str] | None) -> tuple[str, str, str] | None:
    if data is None:
        return None
    before, after, reason = data
    return before, after, reason
