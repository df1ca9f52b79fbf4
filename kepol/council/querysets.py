"""Adjectives for committees and submissions; fetching a submission is being permitted to read it."""

import datetime
from typing import Any, Self

from django.db import models
from django.db.models import OuterRef, Q, QuerySet, Subquery

from kepol.accounts.choices import Role
from kepol.council.choices import ConsultationStatus, Origin, Publicity
from kepol.lib.names import search_key, terms
from kepol.lib.retirement import RetirableQuerySet
from kepol.lib.validity import ValidQuerySet
from stakeholders.models import Organisation

UPCOMING = datetime.timedelta(days=30)


def _units_with(term: str) -> QuerySet:
    former, other = Q(former_names__search_key__contains=term), Q(aliases__search_key__contains=term)
    return Organisation.objects.filter(Q(search_key__contains=term) | former | other).values("pk")


class CommitteeQuerySet(ValidQuerySet, RetirableQuerySet):  # type: ignore[override]
    """Bodies of the council."""

    def named(self, name: str) -> Self:
        """Committees called `name` in full, in short, or by another known name, however it is spelled."""
        key = search_key(name)
        return self.filter(Q(name_key=key) | Q(short_name_key=key) | Q(other_names__search_key=key)).distinct()


class SubmissionQuerySet(models.QuerySet):
    """Submissions, told apart by where they come from and who may read them."""

    def drafts(self) -> Self:
        """Papers written here that were not handed over yet."""
        return self.filter(origin=Origin.HERE)

    def read_from_council(self) -> Self:
        """Papers as the council information system shows them."""
        return self.filter(origin=Origin.COUNCIL_SYSTEM)

    def matching(self, query: str) -> Self:
        """Submissions in which every word of `query` stands: in number, subject, kind, or a unit that leads or is involved.

        Units are also found by their other and their former names.
        """
        rows = self
        for term in terms(query):
            units = _units_with(term)
            # As subqueries, because joins over units and names would double rows.
            involving = self.model._default_manager.filter(involved__in=units).values("pk")
            rows = rows.filter(Q(search_key__contains=term) | Q(lead__in=units) | Q(pk__in=involving))
        return rows

    def with_first_sitting(self) -> Self:
        """With `first_sitting`, the day of the earliest sitting, None without one."""
        rows: Any = self.model._meta.get_field("consultations").related_model._default_manager  # type: ignore[union-attr]
        sittings = rows.filter(submission=OuterRef("pk"), meeting_date__isnull=False).order_by("meeting_date")
        # As a subquery, because grouping would drop the order of the rows.
        return self.annotate(first_sitting=Subquery(sittings.values("meeting_date")[:1]))

    def visible_to(self, user: Any, *, on: datetime.date) -> Self:
        """Submissions that `user` may read on day `on`, after "Who may" in the architecture.

        Koordination and Leitung read everything; Lesezugriff reads public papers that were handed over; Fachbereich these and
        the non-public ones that name a unit they belong to on that day; Technik reads none.
        """
        roles = user.roles
        if user.is_superuser or roles & {Role.KOORDINATION, Role.LEITUNG}:
            return self
        if not roles & {Role.FACHBEREICH, Role.LESEZUGRIFF}:
            return self.none()
        return self.read_from_council().filter(
            Q(publicity=Publicity.PUBLIC) | Q(pk__in=self.naming_unit_of(user, on=on).values("pk"))
        )

    def naming_unit_of(self, user: Any, *, on: datetime.date) -> Self:
        """Submissions in which a unit leads or is involved that `user` belongs to on day `on`, if they work for a Fachbereich."""
        if Role.FACHBEREICH not in user.roles:
            return self.none()
        own = Organisation.objects.of_member(user, on=on).values("pk")
        # As a subquery, because a join over the units would double rows.
        involving = self.model._default_manager.filter(involved__in=own).values("pk")
        return self.filter(Q(lead__in=own) | Q(pk__in=involving))


class ConsultationQuerySet(models.QuerySet):
    """Rows of the Beratungsfolge."""

    def planned(self) -> Self:
        """Not dealt with yet."""
        return self.filter(status=ConsultationStatus.PLANNED)

    def ahead(self, *, on: datetime.date) -> Self:
        """Planned sittings from day `on`."""
        return self.planned().filter(meeting_date__gte=on)

    def upcoming(self, *, on: datetime.date) -> Self:
        """Sittings from day `on` to thirty days later."""
        return self.ahead(on=on).filter(meeting_date__lte=on + UPCOMING)

    def awaiting_outcome(self, *, on: datetime.date) -> Self:
        """Sittings before day `on` whose result nobody has recorded, planned or done.

        A paper read from the council information system says "Erledigt" in every past row and hardly ever how it ended.
        """
        return self.filter(meeting_date__lt=on, outcome="")


class AttachmentQuerySet(models.QuerySet):
    """Attachments of submissions."""

    def visible_to(self, user: Any, *, on: datetime.date) -> Self:
        """Attachments of readable submissions; the non-public ones only for whom a non-public submission would be readable."""
        submissions: Any = self.model._meta.get_field("submission").related_model._default_manager  # type: ignore[union-attr]
        rows = self.filter(submission__in=submissions.visible_to(user, on=on))
        if user.is_superuser or user.roles & {Role.KOORDINATION, Role.LEITUNG}:
            return rows
        return rows.filter(Q(is_public=True) | Q(submission__in=submissions.naming_unit_of(user, on=on)))
