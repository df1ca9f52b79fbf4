"""Adjectives for the stakeholder register."""

import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, TruncDate

from kepol.accounts.choices import Role
from kepol.lib.names import search_key
from kepol.lib.periods.fields import is_dated
from kepol.lib.retirement import RetirableQuerySet
from kepol.lib.validity import ValidQuerySet, in_force
from stakeholders.choices import BodyRole, OrganisationKind

#: How far "soon" reaches for events.
SOON = datetime.timedelta(days=30)
#: The name that stands where the details of a person were deleted.
ERASED_NAME = "Frühere Ansprechperson"

#: Days of an event (Europe/Berlin), whether its times are known or only a period.
FIRST_DAY = Coalesce(TruncDate("starts_at"), "period_start")
LAST_DAY = Coalesce(TruncDate(Coalesce("ends_at", "starts_at")), "period_end")
#: The day by which it stands among others: when it begins, with a period alone when that ends, like all periods.
EVENT_DAY = Coalesce(TruncDate("starts_at"), "period_end", "period_start")


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

    def with_last_contact(self) -> Self:
        """With `last_contact`, the day of the latest contact with the organisation, None without one."""
        latest = self._contacts().order_by("-day").values("day")[:1]
        # As a subquery, because grouping would drop the order of the rows.
        return self.annotate(last_contact=Subquery(latest))

    def contacted_since(self, day: datetime.date) -> Self:
        """Organisations with a contact on `day` or later."""
        return self.filter(Exists(self._contacts().filter(day__gte=day)))

    def not_contacted_since(self, day: datetime.date) -> Self:
        """Organisations without a contact on `day` or later, those never contacted among them."""
        return self.exclude(Exists(self._contacts().filter(day__gte=day)))

    def never_contacted(self) -> Self:
        """Organisations without any contact."""
        return self.exclude(Exists(self._contacts()))

    def _contacts(self) -> models.QuerySet:
        return _rows_behind(self.model, "contacts")

    def of_member(self, user: Any, *, on: datetime.date) -> Self:
        """Organisations of which `user` is a member on day `on`."""
        return self.filter(Q(memberships__person__user=user) & in_force(on, "memberships__")).distinct()


class PersonQuerySet(RetirableQuerySet):
    """People, told apart by whether their details are to be checked."""

    def to_review(self, *, on: datetime.date) -> Self:
        """People whose details have to be checked or deleted on day `on` or should have been."""
        return self.filter(review_on__lte=on)

    def without_review_day(self) -> Self:
        """People all of whose memberships have an end, without a day on which somebody looks at them again."""
        memberships = _rows_behind(self.model, "memberships")
        left = Exists(memberships) & ~Exists(memberships.filter(valid_to__isnull=True))
        return self.filter(left, review_on__isnull=True).exclude(family_name=ERASED_NAME)


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
        return self.with_open_step().filter(next_step_on__lte=on)

    def with_open_step(self) -> Self:
        """Entries after which something is still to be done."""
        return self.filter(next_step_done_on__isnull=True).exclude(next_step="")

    def with_done_step(self) -> Self:
        """Entries whose next step was done."""
        return self.filter(next_step_done_on__isnull=False)

    def to_delete(self, *, on: datetime.date) -> Self:
        """Entries that have to be deleted on day `on` or should have been."""
        return self.filter(delete_on__lte=on)


class BodyQuerySet(ValidQuerySet, ProgrammeQuerySet):  # type: ignore[override]
    """Bodies, told apart by validity and by who may read them."""

    def with_seats(self, *, on: datetime.date) -> Self:
        """With `seats`, the number of seats filled on day `on`, guests among them."""
        seats = _rows_behind(self.model, "members").filter(in_force(on)).order_by().values("body")
        number = seats.annotate(number=Count("pk")).values("number")
        # As a subquery, because grouping would drop the order of the rows.
        return self.annotate(seats=Coalesce(Subquery(number), 0))


class BodyMemberQuerySet(ValidQuerySet):
    """Seats in bodies, told apart by term and by vote."""

    def former(self, on: datetime.date) -> Self:
        """Seats whose term was over before day `on`."""
        return self.filter(valid_to__lt=on)

    def not_former(self, on: datetime.date) -> Self:
        """Seats whose term runs on day `on` or is still to come."""
        return self.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=on))

    def voting(self) -> Self:
        """Seats with a vote of their own."""
        return self.filter(role__in=sorted(BodyRole.VOTING))


class EventQuerySet(ProgrammeQuerySet):
    """Events, told apart by when they are; in SQL what `Event.is_past` and `Event.is_soon` say in Python."""

    def past(self, *, on: datetime.date) -> Self:
        """Events whose last day lies before `on`."""
        return self.alias(last=LAST_DAY).filter(last__lt=on)

    def upcoming(self, *, on: datetime.date) -> Self:
        """Events that have a date and are not over before day `on`."""
        return self.alias(last=LAST_DAY).filter(Q(last__isnull=True) | Q(last__gte=on)).exclude(self._undated())

    def soon(self, *, on: datetime.date) -> Self:
        """Events that begin or end from day `on` to `SOON` later."""
        days = self.alias(first=FIRST_DAY, last=LAST_DAY)
        return days.filter(Q(first__range=(on, on + SOON)) | Q(last__range=(on, on + SOON)))

    def undated(self) -> Self:
        """Events without times and without a period."""
        return self.filter(self._undated())

    def _undated(self) -> Q:
        return Q(starts_at__isnull=True) & ~is_dated("period")


def _rows_behind(model: type[models.Model], relation: str) -> models.QuerySet:
    """Rows of the reverse `relation` of the row of `model` at hand, for a subquery; models are built with these querysets."""
    column: Any = model._meta.get_field(relation)
    return column.related_model._base_manager.filter(**{column.field.name: OuterRef("pk")})
