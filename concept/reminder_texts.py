"""The words of reminders and of hints to heads of units: plain German text, without blame, with a link to each milestone."""

import datetime
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from django.urls import reverse
from django.utils.text import capfirst

from concept.addressees import Addressee
from concept.models import Occasion
from concept.models.milestones import UNDATED
from concept.ringing import ONE_DAY, Entry
from kepol.mail.links import absolute
from kepol.mail.texts import written
from kepol.mail.validators import one_line
from stakeholders.models import Organisation

IN_PLACE_OF = "In Vertretung"


def number_of_milestones(number: int, *, dative: bool = False) -> str:
    """`number` with its noun, in the nominative or dative: "ein Meilenstein", "einem Meilenstein", "3 Meilensteine(n)"."""
    if number == 1:
        return "einem Meilenstein" if dative else "ein Meilenstein"
    return f"{number} Meilensteinen" if dative else f"{number} Meilensteine"


def reminder_subject(entries: Sequence[Entry]) -> str:
    """What the mail wants, in one line."""
    verb = "braucht" if len(entries) == 1 else "brauchen"
    whose = "eine" if all(entry.is_for_somebody_else for entry in entries) else "Ihre"
    return f"{capfirst(number_of_milestones(len(entries)))} {verb} {whose} Rückmeldung"


def reminder_text(entries: Sequence[Entry], to: Addressee, *, on: datetime.date) -> str:
    """The whole mail: `entries`, in their order, under the occasion of each."""
    return written(
        "reminder",
        about=number_of_milestones(len(entries), dative=True),
        is_one=len(entries) == 1,
        groups=[(title, _underline(title), lines) for title, lines in _groups(entries, on=on)],
        are_late=all(entry.ring.occasion == Occasion.OVERDUE for entry in entries),
        stands_in=any(entry.is_for_somebody_else for entry in entries),
        may_report=to.may_report,
    )


def escalation_subject(unit: Organisation, milestones: Sequence[Any]) -> str:
    """What the hint is about, in one line."""
    return f"{unit.code}: Rückmeldung zu {number_of_milestones(len(milestones), dative=True)}"


def escalation_text(unit: Organisation, to: Addressee, milestones: Sequence[Any], *, on: datetime.date) -> str:
    """The hint that is proposed for `to`, the head of `unit`, all of it; whoever sends it may change it."""
    return written(
        "escalation",
        unit=one_line(str(unit)),
        about=number_of_milestones(len(milestones), dative=True),
        is_one=len(milestones) == 1,
        lines=[milestone_lines(one, on=on) for one in milestones],
        only_reads=to.person.user_id is not None and not to.may_report,
    )


def milestone_lines(milestone: Any, *, on: datetime.date) -> dict[str, str]:
    """Title, dates and link of `milestone`, read with `expected_end`, as they stand in a mail of day `on`."""
    end = milestone.expected_end
    text = milestone.date_text(on=on)
    dates = [text if text == UNDATED else f"Termin: {text}"]
    if end is not None and end < on:
        dates.append(f"verzögert seit {end + ONE_DAY:%d.%m.%Y}")
    dates.append(f"Stand vom {milestone.reported_on:%d.%m.%Y}")
    return {"title": one_line(milestone.title), "dates": ", ".join(dates), "link": milestone_link(milestone)}


def milestone_link(milestone: Any) -> str:
    """Where its page is, for a mail."""
    return absolute(reverse("concept:milestone_detail", args=[milestone.pk]))


def _groups(entries: Iterable[Entry], *, on: datetime.date) -> list[tuple[str, list[dict[str, str]]]]:
    return [
        (title, [milestone_lines(entry.milestone, on=on) for entry in group])
        for title, group in groupby(entries, key=_heading)
    ]


def _heading(entry: Entry) -> str:
    return IN_PLACE_OF if entry.is_for_somebody_else else str(Occasion(entry.ring.occasion).label)


def _underline(title: str) -> str:
    return "-" * len(title)
