"""What a unit enters about a milestone in one go: it becomes exactly one step through the door of `concept.lifecycle`."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from concept import lifecycle
from concept.choices import PostponementReason, Status
from concept.models import Milestone, MilestoneReport
from kepol.lib.periods import Period

WHY = "Zu „{}“ gehört ein Satz, der sagt, warum."
NO_DATE = "Zu „{}“ gehört kein neuer Termin. Leeren Sie das Feld."
NO_REASON = "Ein Grund gehört nur zu einem neuen Termin. Bei „{}“ bleibt er leer."
WHICH_DAY = (
    "Nennen Sie den Tag, an dem er erreicht wurde, zum Beispiel 07.05.2025, oder lassen Sie das Feld leer für heute."
)
WHICH_REASON = "Warum verschiebt sich der Termin? Wählen Sie einen Grund."
WHICH_DATE = "Auf wann verschiebt sich der Termin? Nennen Sie den neuen Termin, oder nehmen Sie den Grund heraus."
FIRST_REOPEN = "Nehmen Sie den Meilenstein zuerst wieder auf. Den neuen Termin nennen Sie danach."


@dataclass(frozen=True)
class Answer:
    """How a milestone stands: its `status`, a sentence, and a new date `to` with its `reason`, both None when nothing moved.

    With the status erreicht, `to` is the day on which it was reached, None today.
    """

    status: Status
    text: str = ""
    to: Period | None = None
    reason: PostponementReason | None = None


def give(
    milestone: Milestone,
    answer: Answer,
    *,
    by: Any,
    today: datetime.date,
    on_behalf_of: lifecycle.OnBehalf | None = None,
) -> MilestoneReport:
    """Take the one step that `answer` means in the state of `milestone`; what is said of an ended one is a comment.

    Raises `ValidationError` by the names of the fields of `Answer` where they contradict each other, and what the verbs of the
    door raise.
    """
    if contradictions := dict(_contradictions(milestone, answer, today)):
        raise ValidationError(contradictions)
    try:
        return _step(milestone, answer, by=by, today=today, on_behalf_of=on_behalf_of)
    except ValidationError as error:
        raise _by_field(error) from error


def _step(milestone: Milestone, answer: Answer, **who: Any) -> MilestoneReport:
    status, text = answer.status, answer.text
    if status == milestone.status and not milestone.is_open:
        return _remark(milestone, text, **who)
    if status == Status.REACHED:
        return lifecycle.reach(milestone, on=_day(answer, who["today"]), text=text, **who)
    if status == Status.PAUSED:
        return lifecycle.pause(milestone, reason=text, **who)
    if status == Status.DROPPED:
        return lifecycle.drop(milestone, reason=text, **who)
    return _go_on(milestone, answer, **who)


def _go_on(milestone: Milestone, answer: Answer, **who: Any) -> MilestoneReport:
    status, text = answer.status, answer.text
    if not milestone.is_open:
        return lifecycle.reopen(milestone, status=status, text=text, **who)
    if answer.to is not None and answer.reason is not None:
        return lifecycle.reschedule(milestone, to=answer.to, reason=answer.reason, status=status, text=text, **who)
    return lifecycle.report(milestone, status=status, text=text, **who)


def _remark(milestone: Milestone, text: str, *, by: Any, today: datetime.date, **_: Any) -> MilestoneReport:
    if not text.strip():
        raise ValidationError(lifecycle.REFUSALS[Status(milestone.status)], code="step")
    return lifecycle.comment(milestone, text=text, by=by, today=today)


def _day(answer: Answer, today: datetime.date) -> datetime.date:
    """The day reached; `_contradictions` has let only one exact day through."""
    return answer.to.start if answer.to and answer.to.start else today


def _contradictions(milestone: Milestone, answer: Answer, today: datetime.date) -> Iterator[tuple[str, str]]:
    """Field and sentence of everything that does not go together."""
    label = answer.status.label
    if answer.status in Status.WITH_REASON and not answer.text.strip():
        yield "text", WHY.format(label)
    if answer.status in Status.OPEN:
        yield from _of_open(milestone, answer)
        return
    if answer.reason is not None:
        yield "reason", NO_REASON.format(label)
    if answer.to is None:
        return
    if answer.status != Status.REACHED or milestone.status == Status.REACHED:
        yield "to", NO_DATE.format(label)
    elif answer.to.named or answer.to.start is None or answer.to.start != answer.to.end:
        yield "to", WHICH_DAY
    elif answer.to.start > today:
        yield "to", lifecycle.FUTURE


def _of_open(milestone: Milestone, answer: Answer) -> Iterator[tuple[str, str]]:
    if not milestone.is_open and (answer.to is not None or answer.reason is not None):
        yield "to", FIRST_REOPEN
    elif answer.to is not None and answer.reason is None:
        yield "reason", WHICH_REASON
    elif answer.to is None and answer.reason is not None:
        yield "to", WHICH_DATE


def _by_field(error: ValidationError) -> ValidationError:
    """`error` by the names of the fields of `Answer`: the verbs call the day reached `on` and why something ends `reason`."""
    if not hasattr(error, "error_dict"):
        return error
    names = {"on": "to", "reason": "text"}
    return ValidationError({names.get(name, name): found for name, found in error.error_dict.items()})
