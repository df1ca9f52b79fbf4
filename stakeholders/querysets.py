"""Adjectives for the stakeholder register."""

import datetime
from typing import Any, Self

from django.db.models import Q

from kepol.lib.names import search_key
from kepol.lib.retirement import RetirableQuerySet
from kepol.lib.validity import in_force
from stakeholders.choices import OrganisationKind


class OrganisationQuerySet(RetirableQuerySet):
    """Organisations of all kinds."""

    def units(self) -> Self:
        """The city's own units, which carry a code."""
        return self.filter(kind__in=OrganisationKind.UNITS)

    def named(self, name: str) -> Self:
        """Organisations that bear `name` now, bore it once, or are also known by it, however it is spelled."""
        key = search_key(name)
        known = Q(name_key=key) | Q(aliases__search_key=key) | Q(former_names__search_key=key)
        return self.filter(known).distinct()

    def of_member(self, user: Any, *, on: datetime.date) -> Self:
        """Organisations of which `user` is a member on day `on`."""
        return self.filter(Q(memberships__person__user=user) & in_force(on, "memberships__")).distinct()
