"""What the portal reads of milestones, in a number of queries that does not grow with the rows."""

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

from django.core.paginator import Page, Paginator
from django.db.models import BooleanField, Case, Count, Exists, F, OuterRef, Q, Value, When

from concept.authors import names_of, signature
from concept.models import Milestone, MilestoneEvidence, MilestoneReport, RoundItem
from concept.querysets import REPORT_OVERDUE, MilestoneQuerySet
from concept.rounds import with_answers
from kepol.council.models import Submission
from stakeholders.models import Organisation

CARD = ("responsible", "measure__field_of_action", "project", "event")
#: Reports and comments a page.
SAID_SIZE = 50
LIFE = (*CARD, "contact", "visit", "resolution__committee", "resolution__submission")


def readable(user: Any, *, on: datetime.date) -> Any:
    """Milestones `user` may read on day `on`, with what a card shows and `may_report`."""
    rows = Milestone.objects.visible_to(user, on=on).select_related(*CARD).with_danger().with_latest_report()
    may = Q(pk__in=Milestone.objects.reportable_by(user, on=on).values("pk"))
    return rows.annotate(may_report=_says(may))


def own_open(user: Any, *, on: datetime.date) -> Any:
    """Open milestones of the units `user` belongs to on day `on`: those to answer for, then those involved in, by expected end."""
    units = Organisation.objects.of_member(user, on=on).values("pk")
    involving = Milestone.involved.through.objects.filter(organisation__in=units).values("milestone")
    is_own = Q(responsible__in=units)
    rows = readable(user, on=on).open().filter(is_own | Q(pk__in=involving)).annotate(is_own=_says(is_own))
    # What is late has the earliest ends, so it comes first.
    return rows.order_by("-is_own", F("expected_end").asc(nulls_last=True), "position", "pk")


def _says(condition: Q) -> Case:
    return Case(When(condition, then=Value(value=True)), default=Value(value=False), output_field=BooleanField())


@dataclass(frozen=True)
class Overview:
    """How many open milestones there are to answer for, how many of them are late or unanswered, and in how many one is involved."""

    open: int
    late: int
    silent: int
    involved: int


def overview(rows: MilestoneQuerySet, *, on: datetime.date) -> Overview:
    """Counts of `own_open` on day `on`; one query."""
    own = Q(is_own=True)
    counts = rows.order_by().aggregate(
        open=Count("pk", filter=own),
        late=Count("pk", filter=own & Q(expected_end__lt=on)),
        silent=Count("pk", filter=own & Q(reported_on__lt=on - REPORT_OVERDUE)),
        involved=Count("pk", filter=Q(is_own=False)),
    )
    return Overview(**counts)


def asked_for(milestones: Collection[int]) -> dict[int, datetime.date | Literal[""]]:
    """Which of the `milestones` (keys) running rounds ask for: the nearest deadline without an answer, "" when all have one."""
    items = RoundItem.objects.filter(round__closed_at__isnull=True, milestone__in=milestones)
    found: dict[int, datetime.date | Literal[""]] = {}
    rows = with_answers(items).order_by("-round__deadline").values_list("milestone", "round__deadline", "is_answered")
    for milestone, deadline, is_answered in rows:
        found[milestone] = found.get(milestone, "") if is_answered else deadline
    return found


@dataclass(frozen=True)
class Said:
    """A report or comment, and who said it, in words."""

    report: MilestoneReport
    who: str


@dataclass(frozen=True)
class Proof:
    """A file, and who added it, in words."""

    evidence: MilestoneEvidence
    who: str


@dataclass(frozen=True)
class Neighbours:
    """Milestones that wait for one another: those the reader may know, with their dates, and the number of the others."""

    shown: list[tuple[Milestone, str]]
    hidden: int


@dataclass(frozen=True)
class Life:
    """All that is known of a milestone, as far as the reader may know it."""

    said: list[Said]
    page: Page
    proofs: list[Proof]
    waits_for: Neighbours
    waited_for_by: Neighbours


def with_life(user: Any, *, on: datetime.date) -> Any:
    """`readable` with what the page of one milestone shows beside: `may_comment`, and `shows_paper`, whether its paper may be read."""
    may = Q(pk__in=Milestone.objects.commentable_by(user, on=on).values("pk"))
    paper = Submission.objects.visible_to(user, on=on).filter(pk=OuterRef("resolution__submission"))
    rows = readable(user, on=on).select_related(*LIFE).prefetch_related("involved")
    return rows.annotate(may_comment=_says(may), shows_paper=Exists(paper))


def life(milestone: Milestone, user: Any, *, on: datetime.date, number: str | None = None) -> Life:
    """What was said, proved and waits; newest first. Of what was said page `number`, the first for None. Six queries."""
    page = Paginator(milestone.reports.select_related("by", "unit"), SAID_SIZE).get_page(number)
    reports = list(page)
    evidence = list(milestone.evidence.select_related("added_by"))
    names = names_of([row.by_id for row in reports] + [row.added_by_id for row in evidence])
    return Life(
        said=[Said(row, signature(row, names)) for row in reports],
        page=page,
        proofs=[Proof(row, names.get(row.added_by_id, str(row.added_by))) for row in evidence],
        waits_for=_neighbours(milestone.predecessors, user, on=on),
        waited_for_by=_neighbours(milestone.successors, user, on=on),
    )


def _neighbours(related: Any, user: Any, *, on: datetime.date) -> Neighbours:
    known = Milestone.objects.visible_to(user, on=on).filter(pk=OuterRef("pk"))
    rows = list(related.select_related("event", "responsible").annotate(is_known=Exists(known)))
    shown = [(row, row.date_text(on=on)) for row in rows if row.is_known]
    return Neighbours(shown, len(rows) - len(shown))
