"""Names of the people behind accounts, for pages on which colleagues read what somebody said."""

from collections.abc import Iterable, Mapping

from concept.models import MilestoneReport
from stakeholders.models import Person


def names_of(accounts: Iterable[int]) -> dict[int, str]:
    """Name of the person with each of the `accounts` (keys); one query. An account without a person is missing."""
    people = Person.objects.filter(user__in={*accounts})
    return {person.user_id: str(person) for person in people if person.user_id is not None}


def signature(report: MilestoneReport, names: Mapping[int, str]) -> str:
    """Who said it: the name, else the address, and the unit; what was passed on says for whom, how and when it was received."""
    name = names.get(report.by_id, str(report.by))
    if report.is_on_behalf and report.unit and report.received_on:
        return f"{name} für {report.unit.code} ({report.get_channel_display()} vom {report.received_on:%d.%m.%Y})"
    return f"{name} ({report.unit.code})" if report.unit else name
