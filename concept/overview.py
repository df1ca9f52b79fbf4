"""What the Koordination sees first: how each unit keeps up with its milestones, and which dates moved lately."""

import datetime
from typing import Any

from django.db.models import Count, Exists, Q, QuerySet, Subquery, Value
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils import timezone

from concept.authors import names_of, signature
from concept.choices import PostponementReason
from concept.models import Milestone, MilestoneReport, StatusRound
from concept.models.milestones import UNDATED
from concept.querysets import number_of
from concept.rounds import waiting_in_running_rounds
from kepol.lib.contracts import Cell, Table
from stakeholders.models import Organisation

LATELY = datetime.timedelta(days=30)
SHOWN = 10
COLUMNS = ("Dienststelle", "offen", "verzögert", "Rückmeldung überfällig", "in der Abfrage ohne Antwort")
MOVED = {"art": "verschoben"}


# --- By unit -----------------------------------------------------------------------------------------------------
def units_at_work(*, on: datetime.date) -> Table:
    """Units with open milestones: how many, how many late, unanswered for long, and on day `on` unanswered in the running round.

    The last one only while a round runs. One query; each number leads to exactly these rows of the list.
    """
    units = list(_units(on))
    shown = len(COLUMNS) if any(unit.is_asked for unit in units) else len(COLUMNS) - 1
    return Table(
        title="Nach Dienststelle",
        columns=COLUMNS[:shown],
        rows=[_unit_row(unit)[:shown] for unit in units],
        empty="Keine Dienststelle hat einen offenen Meilenstein.",
    )


def _units(on: datetime.date) -> QuerySet:
    milestones = Milestone.objects
    asked = milestones.filter(pk__in=waiting_in_running_rounds().values("milestone"))
    units: QuerySet = Organisation.objects.annotate(
        open=number_of(milestones.open(), "responsible"),
        late=number_of(milestones.overdue(on=on), "responsible"),
        silent=number_of(milestones.report_overdue(on=on), "responsible"),
        asked=number_of(asked, "responsible"),
        is_asked=Exists(StatusRound.objects.running()),
    )
    return units.filter(open__gt=0)


def _unit_row(unit: Any) -> tuple[Cell, ...]:
    return (
        Cell(str(unit), _milestones(unit, lage="offen")),
        _number(unit.open, _milestones(unit, lage="offen")),
        _number(unit.late, _milestones(unit, lage="verzoegert")),
        _number(unit.silent, _milestones(unit, lage="ohne-rueckmeldung")),
        _number(unit.asked, _milestones(unit, abfrage="offen")),
    )


def _milestones(unit: Any, **query: str) -> str:
    query = {"responsible__id__exact": str(unit.pk), **query}
    return reverse("admin:concept_milestone_changelist", query=query)


def _number(number: int, url: str) -> Cell:
    """Nothing needs no link."""
    return Cell(number, url if number else "")


# --- Moved dates -------------------------------------------------------------------------------------------------
def moved_dates(*, on: datetime.date) -> Table:
    """The last dates that moved within thirty days before day `on`, from when to when, why, who said so, and how often which reason.

    Two queries: the rows, and the names of who said so.
    """
    rows = list(_moved(on)[:SHOWN])
    names = names_of(row.by_id for row in rows)
    return Table(
        title="Zuletzt verschobene Termine",
        columns=("Meilenstein", "von → auf", "Grund", "gemeldet von", "am"),
        rows=[_moved_row(row, signature(row, names)) for row in rows],
        empty="In den letzten 30 Tagen wurde kein Termin verschoben.",
        note=_reasons(rows[0].reasons) if rows else "",
        more=Cell("Alle verschobenen Termine", reverse("admin:concept_milestonereport_changelist", query=MOVED)),
    )


def _moved(on: datetime.date) -> Any:
    midnight = timezone.make_aware(datetime.datetime.combine(on - LATELY, datetime.time.min))
    lately = MilestoneReport.objects.moved().filter(at__gte=midnight)
    each = {reason.value: Count("pk", filter=Q(reason=reason.value)) for reason in PostponementReason}
    counted = lately.order_by().annotate(same=Value(1)).values("same").annotate(found=JSONObject(**each))
    # The same for every row, so that one query is enough.
    return lately.select_related("milestone", "unit", "by").annotate(reasons=Subquery(counted.values("found")))


def _moved_row(report: MilestoneReport, who: str) -> tuple[Cell, ...]:
    return (
        Cell(str(report.milestone), reverse("admin:concept_milestone_change", args=[report.milestone_id])),
        Cell(f"{report.moved_from or UNDATED} → {report.moved_to}"),
        Cell(report.get_reason_display()),
        Cell(who),
        Cell(f"{timezone.localtime(report.at):%d.%m.%Y}"),
    )


def _reasons(numbers: dict[str, int]) -> str:
    """How often which reason was given, the most frequent first."""
    told = sorted(PostponementReason, key=lambda reason: -numbers[reason.value])
    words = ", ".join(f"{reason.label} {numbers[reason.value]}" for reason in told if numbers[reason.value])
    return f"Gründe in den letzten 30 Tagen: {words}."
