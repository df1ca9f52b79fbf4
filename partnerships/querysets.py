"""Adjectives for partnerships and what belongs to them. Each question about a day is asked in SQL here and in Python at the model."""

import calendar
import datetime
from typing import Any, Self

from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum

from kepol.lib.periods.fields import is_dated, is_past, touches
from kepol.lib.validity import ValidQuerySet, in_force
from partnerships.choices import CONSENTING, AgreementState, Direction
from stakeholders.querysets import ProgrammeQuerySet

#: Renewing, converting or ending an agreement needs a resolution: the clock rings nine months ahead (architecture, settings).
AGREEMENT_CLOCK_MONTHS = 9
MONTHS = 12
#: How far the start page looks ahead for visits: a trip needs its paper for the Hauptausschuss weeks before.
VISITS_AHEAD = datetime.timedelta(days=60)

#: Only a signed successor replaces an agreement; the clock rings on while it is drafted. Like `not Agreement.is_replaced`.
KEPT = Q(successor__signed_named__isnull=True)


def months_after(day: datetime.date, months: int) -> datetime.date:
    """The same day `months` later; the last of the month where it has no such day."""
    year, month = divmod(day.year * MONTHS + day.month - 1 + months, MONTHS)
    last = calendar.monthrange(year, month + 1)[1]
    return datetime.date(year, month + 1, min(day.day, last))


class AgreementQuerySet(ValidQuerySet, ProgrammeQuerySet):  # type: ignore[override]
    """Agreements, told apart by how long they still hold."""

    def without_successor(self) -> Self:
        """Not replaced by another agreement; one that is not signed replaces nothing."""
        return self.filter(KEPT)

    def expiring(self, *, on: datetime.date) -> Self:
        """In force on day `on`, ending within nine months, and not replaced."""
        last = months_after(on, AGREEMENT_CLOCK_MONTHS)
        return self.without_successor().filter(in_force(on), valid_to__lte=last)

    def expired(self, *, on: datetime.date) -> Self:
        """Over before day `on` and not replaced."""
        return self.without_successor().filter(valid_to__lt=on)

    def in_state(self, state: str, *, on: datetime.date) -> Self:
        """Agreements that stand in `state` on day `on`; like `Agreement.state_on`."""
        return self.filter(_states(on)[AgreementState(state)])


def _states(on: datetime.date) -> dict[AgreementState, Q]:
    over = Q(valid_to__lt=on)
    soon = in_force(on) & Q(valid_to__lte=months_after(on, AGREEMENT_CLOCK_MONTHS))
    calm, signed = KEPT & ~over & ~soon, is_dated("signed")
    return {
        AgreementState.EXPIRED: KEPT & over,
        AgreementState.EXPIRING: KEPT & soon,
        AgreementState.REPLACED: Q(successor__signed_named__isnull=False),
        AgreementState.UNSIGNED: calm & ~signed,
        AgreementState.IN_FORCE: calm & signed & in_force(on),
        AgreementState.UPCOMING: calm & signed & ~in_force(on),
    }


class PartnershipQuerySet(ProgrammeQuerySet):
    """Partnerships, told apart by their stage on a day."""

    def with_status(self, status: str, *, on: datetime.date) -> Self:
        """Partnerships whose stage on day `on` has `status`."""
        return self._in_stage(on, status=status)

    def of_kind(self, kind: str, *, on: datetime.date) -> Self:
        """Partnerships whose stage on day `on` is of `kind`."""
        return self._in_stage(on, kind=kind)

    def without_stage(self, *, on: datetime.date) -> Self:
        """Partnerships of which nothing is recorded for day `on`."""
        return self.exclude(pk__in=self._stages(on).values("partnership"))

    def with_stage(self, *, on: datetime.date) -> Self:
        """With `kind_then` and `status_then`, the values of the stage on day `on`; None when nothing is recorded for it."""
        then = self._stages(on).filter(partnership=OuterRef("pk"))
        return self.annotate(
            kind_then=Subquery(then.values("kind")[:1]), status_then=Subquery(then.values("status")[:1])
        )

    def _in_stage(self, on: datetime.date, **values: str) -> Self:
        return self.filter(pk__in=self._stages(on).filter(**values).values("partnership"))

    def _stages(self, on: datetime.date) -> QuerySet:
        stages: Any = self.model._meta.get_field("stages").related_model
        return stages._base_manager.filter(in_force(on))


class VisitQuerySet(ProgrammeQuerySet):
    """Visits, told apart by when they are and what they still need. The time that counts is that of `Visit.when`."""

    def past(self, *, on: datetime.date) -> Self:
        """Over before day `on`."""
        return self.filter(is_past("official", on=on) | ~is_dated("official") & is_past("programme", on=on))

    def not_past(self, *, on: datetime.date) -> Self:
        """Ahead or running on day `on`, or without a date."""
        return self.exclude(pk__in=self.past(on=on).values("pk"))

    def ahead(self, *, on: datetime.date) -> Self:
        """With a day from day `on` to sixty days later."""
        last = on + VISITS_AHEAD
        return self.filter(touches("official", on, last) | ~is_dated("official") & touches("programme", on, last))

    def outside_europe(self) -> Self:
        """Trips that need the consent of the Hauptausschuss (§ 23 Abs. 10 Hauptsatzung)."""
        return self.filter(direction=Direction.OUTBOUND, partnership__country__is_europe=False)

    def lacking_approval(self, *, on: datetime.date) -> Self:
        """Trips outside Europe without a consent, as long as they are not over on day `on`; asking for it is no consent."""
        return self.outside_europe().exclude(pk__in=self.approved().values("pk")).not_past(on=on)

    def approved(self) -> Self:
        """With a consultation in which the consent was given."""
        return self.filter(approval__outcome__in=sorted(CONSENTING))

    def awaiting_approval(self) -> Self:
        """With a consultation that has no result yet."""
        return self.filter(approval__isnull=False, approval__outcome="")

    def with_participants(self) -> Self:
        """With `participants_number`, how many take part; None when nobody is named."""
        rows: Any = self.model._meta.get_field("participants").related_model
        mine = rows._base_manager.filter(visit=OuterRef("pk")).order_by().values("visit")
        # As a subquery, because joins over other parts would multiply the numbers.
        return self.annotate(participants_number=Subquery(mine.annotate(total=Sum("number")).values("total")))


class TransferQuerySet(ProgrammeQuerySet):
    """Transfers in kind."""

    def value(self) -> int:
        """Sum of the known values in cents; one query."""
        return int(self.aggregate(total=Sum("value_cents"))["total"] or 0)
