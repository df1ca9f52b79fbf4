"""Who is asked about a milestone, turn by turn: who answers for it, then the deputies of the unit, then its head.

Nobody is asked who cannot be reached (no address, account switched off, membership over, put aside). Whoever is away today is
represented by the one named in the absence, otherwise by the deputies of the unit; without either the question waits.
"""

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from concept.models import Milestone
from kepol.accounts.choices import Role
from kepol.accounts.models import User
from stakeholders.choices import MembershipRole
from stakeholders.models import Absence, Membership, Organisation, Person

#: Mail reaches the address of the account, or that of a person who has none.
REACHABLE = Q(person__retired_on__isnull=True) & (
    Q(person__user__is_active=True) | Q(person__user__isnull=True) & ~Q(person__email="")
)


@dataclass(frozen=True)
class Addressee:
    """Somebody to ask; `may_report` in the portal, and `stands_in` for somebody who is away."""

    person: Person
    may_report: bool
    stands_in: bool = False

    @property
    def address(self) -> str:
        """Where mail reaches the person: the account's address, because the code for signing in goes there too."""
        return str(self.person.user.email) if self.person.user else self.person.email


def reachable_members(*, on: datetime.date) -> QuerySet:
    """Memberships on day `on` of people whom mail reaches, with `is_reporter` (role Fachbereich) and `may_report`."""
    account = User.objects.filter(pk=OuterRef("person__user"))
    working = account.filter(groups__name__in=[Role.FACHBEREICH.value, Role.KOORDINATION.value])
    return (
        Membership.objects.in_force(on)
        .filter(REACHABLE)
        .annotate(is_reporter=Exists(account.filter(groups__name=Role.FACHBEREICH.value)), may_report=Exists(working))
    )


class Roster:
    """The people of some units, and who of them is away on a day; one query."""

    def __init__(self, units: Collection[int], *, on: datetime.date) -> None:
        """Read the members of the units with the keys `units` as they are on day `on`."""
        self._members: dict[int, list[Any]] = defaultdict(list)
        self._away: dict[int, int | None] = {}
        away = Absence.objects.on(on).filter(person=OuterRef("person")).order_by("-pk")
        rows = reachable_members(on=on).filter(organisation__in=units).select_related("person__user")
        rows = rows.annotate(absence=Subquery(away.values(found=JSONObject(deputy="deputy"))[:1]))
        for row in rows.order_by("person__sort_key", "pk"):
            self._members[row.organisation_id].append(row)
            if row.absence:
                self._away[row.person_id] = row.absence["deputy"]

    def first_turn(self, milestone: Milestone) -> list[Any]:
        """Memberships of who answers for `milestone`: its contact, otherwise the members of the unit who work with the portal."""
        own = self._members[milestone.responsible_id]
        named = [row for row in own if row.person_id == milestone.contact_id]
        return named[:1] or [row for row in own if row.is_reporter]

    def asked_first(self, milestone: Milestone) -> list[Addressee]:
        """Whom to ask today; empty when nobody can be asked, or when all are away and nobody stands in."""
        unit = milestone.responsible_id
        present = self._represented(self.first_turn(milestone), unit)
        if present or not self.first_turn(milestone):
            return present
        return [Addressee(one.person, one.may_report, stands_in=True) for one in self.deputies(unit)]

    def answering(self, unit: int) -> list[Addressee]:
        """Everybody who can answer today for the unit with the key `unit`; when all are away, who stands in, otherwise the deputies."""
        reporters = [row for row in self._members[unit] if row.is_reporter]
        present = self._represented(reporters, unit)
        if present or not reporters:
            return present
        return [Addressee(one.person, one.may_report, stands_in=True) for one in self.deputies(unit)]

    def deputies(self, unit: int) -> list[Addressee]:
        """The deputy heads of the unit with the key `unit`, or who stands in for them today."""
        return self._represented(self._in_role(unit, MembershipRole.DEPUTY), unit)

    def heads(self, unit: int) -> list[Addressee]:
        """The heads of the unit with the key `unit` who are there today; nobody stands in for them."""
        present = (row for row in self._in_role(unit, MembershipRole.HEAD) if row.person_id not in self._away)
        return [Addressee(row.person, row.may_report) for row in present]

    def _in_role(self, unit: int, role: MembershipRole) -> list[Any]:
        return [row for row in self._members[unit] if row.role == role]

    def _represented(self, rows: Iterable[Any], unit: int) -> list[Addressee]:
        """Who of `rows` is there, and who stands in for the others, each once."""
        found: dict[int, Addressee] = {}
        for one in self._present(rows, unit):
            known = found.get(one.person.pk)
            if known is None or known.stands_in:
                found[one.person.pk] = one
        return list(found.values())

    def _present(self, rows: Iterable[Any], unit: int) -> Iterator[Addressee]:
        for row in rows:
            if row.person_id not in self._away:
                yield Addressee(row.person, row.may_report)
            elif deputy := self._stand_in(self._away[row.person_id], unit):
                yield Addressee(deputy.person, deputy.may_report, stands_in=True)

    def _stand_in(self, person: int | None, unit: int) -> Any:
        """Membership in the unit of the one named in an absence; None when that one is away too, or is no member of it."""
        there = (row for row in self._members[unit] if row.person_id == person and person not in self._away)
        return next(there, None)


def units_of(milestones: Iterable[Milestone]) -> dict[int, Organisation]:
    """The responsible units of `milestones`, by their keys."""
    return {one.responsible_id: one.responsible for one in milestones}
