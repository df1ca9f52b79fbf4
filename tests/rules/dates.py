"""Rules of the app dates."""

from tests.factories.dates import ClosedDayFactory, TicklerFactory
from tests.rules.words import day

RULES = {
    "dates_tickler_done_by_somebody": (
        TicklerFactory,
        {"done_on": day(2026)},
        "Wer eine Wiedervorlage erledigt, wird mit dem Tag vermerkt.",
    ),
    "dates_closedday_in_order": (
        ClosedDayFactory,
        {"last_day": day(2026)},
        "Der letzte Tag liegt vor dem ersten.",
    ),
}
#: Done is what a step makes it; the form shows it only.
NOT_IN_FORMS = frozenset({"dates_tickler_done_by_somebody"})
