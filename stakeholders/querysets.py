"""Adjectives for the stakeholder register."""

import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q

from kepol.accounts.choices import Role
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


class ProgrammeQuerySet(models.QuerySet):
    """Rows of the programme; `unit_paths` of the model names the relations that lead to the units a row names."""

    def visible_to(self, user: Any, *, on: datetime.date) -> Self:
        """Rows that `user` may read on day `on`, after "Who may" in the architecture.

        Koordination, Leitung and Lesezugriff read everything; Fachbereich what names a unit they belong to; Technik nothing.
        """
        if user.is_superuser or user.roles & {Role.KOORDINATION, Role.LEITUNG, Role.LESEZUGRIFF}:
            return self
        return self.naming_unit_of(user, on=on)

    def naming_unit_of(self, user: Any, *, on: datetime.date) -> Self:
        """Rows that name a unit `user` belongs to on day `on`, if they work for a Fachbereich."""
        if Role.FACHBEREICH not in user.roles:
            return self.none()
        from stakeholders.models import Organisation  # noqa: PLC0415 - models are built with these querysets

        own = Organisation.objects.of_member(user, on=on).values("pk")
        named = Q(pk__in=())
        for path in self.model.unit_paths:  # type: ignore[attr-defined]
            # As subqueries, because joins over several units would double rows.
            named |= Q(pk__in=self.model._base_manager.filter(**{f"{path}__in": own}).values("pk"))
        return self.filter(named)


class ContactQuerySet(models.QuerySet):
    """Contact entries, told apart by what is still to be done and by how long they may be kept."""

    def next_step_due(self, *, on: datetime.date) -> Self:
        """Entries whose next step is open and due on day `on` or earlier."""
        return self.filter(next_step_on__lte=on, next_step_done_on__isnull=True)

    def to_delete(self, *, on: datetime.date) -> Self:
        """Entries that have to be deleted on day `on` or should have been."""
        return self.filter(delete_on__lte=on)
