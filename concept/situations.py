"""Milestones by what follows from their dates, and by words, for lists that people narrow."""

import datetime
from typing import Any

from django.db.models import Q

from concept.models import Milestone
from concept.querysets import MilestoneQuerySet
from kepol.lib.names import terms
from stakeholders.models import Organisation

IN_A_MONTH = datetime.timedelta(days=30)
#: Key in an address → what people call it, in the order of urgency.
SITUATIONS = {
    "verzoegert": "verzögert",
    "in-14-tagen": "in 14 Tagen fällig",
    "in-30-tagen": "in 30 Tagen fällig",
    "ohne-rueckmeldung": "Rückmeldung überfällig",
    "gefaehrdet": "gefährdet",
    "verschoben": "verschoben",
    "ohne-termin": "ohne Termin",
    "offen": "noch offen",
}


def in_situation(rows: MilestoneQuerySet, situation: str, *, on: datetime.date) -> MilestoneQuerySet:
    """Those of `rows` that are in `situation`, a key of `SITUATIONS`, on day `on`; all of them for any other."""
    choices = {
        "verzoegert": rows.overdue(on=on),
        "in-14-tagen": rows.due_soon(on=on),
        "in-30-tagen": rows.due_soon(on=on, within=IN_A_MONTH),
        "ohne-rueckmeldung": rows.report_overdue(on=on),
        "gefaehrdet": rows.endangered(),
        "verschoben": rows.moved(),
        "ohne-termin": rows.undated(),
        "offen": rows.open(),
    }
    return choices.get(situation, rows)


def matching(rows: MilestoneQuerySet, query: str) -> MilestoneQuerySet:
    """Those of `rows` in which every word of `query` stands: in the title, the note, the measure, the project, or a unit named.

    Units are also found by their other and their former names.
    """
    for term in terms(query):
        units = _units_with(term)
        # As subqueries, because joins over units and names would double rows.
        involving = Milestone.involved.through.objects.filter(organisation__in=units).values("milestone")
        word = Q(search_key__contains=term) | Q(responsible__in=units) | Q(pk__in=involving)
        rows = rows.filter(word | Q(measure__search_key__contains=term) | Q(project__search_key__contains=term))
    return rows


def _units_with(term: str) -> Any:
    former, other = Q(former_names__search_key__contains=term), Q(aliases__search_key__contains=term)
    return Organisation.objects.filter(Q(search_key__contains=term) | former | other).values("pk")
