"""Names of the people behind accounts, for pages on which colleagues read what somebody said."""

from collections.abc import Iterable, Mapping

from concept.models import MilestoneReport
from stakeholders.models import Person


def names_of(accounts: Iterable[int]) -> dict[int, str]:
    """Name of the person with each of the `accounts` (keys); one query. An account without a person is missing."""
    people = Person.objects.filter(user__in={*accounts})
    return {person.user_id: str(person) for person in people if person.user_id is not None}


def signature(report: MilestoneReport, names: Mapping[int, str]) -> str:
    """Who said it, with the name from `names` where there is one."""
    return report.author(names.get(report.by_id, ""))
