"""Adjectives for measures and milestones. Each question about a day is asked in SQL here and in Python at the model."""

import datetime
from typing import Any, NoReturn, Self

from django.db import models
from django.db.models import (
    BooleanField,
    Case,
    Count,
    DateField,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    Max,
    OuterRef,
    Q,
    Subquery,
    When,
)
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from concept.choices import ReportStep, Status
from kepol.accounts.choices import Role
from kepol.lib.retirement import RetirableQuerySet
from stakeholders.models import Organisation
from stakeholders.querysets import ProgrammeQuerySet

#: Defaults of the house (architecture, settings with their defaults).
DUE_SOON = datetime.timedelta(days=14)
REPORT_OVERDUE = datetime.timedelta(days=100)

OPEN = Q(status__in=sorted(Status.OPEN))


#: Days of the event (Europe/Berlin) to which a milestone is tied, whether its times are known or only a period.
EVENT_START = Coalesce(TruncDate("event__starts_at"), "event__period_start")
EVENT_END = Coalesce(TruncDate(Coalesce("event__ends_at", "event__starts_at")), "event__period_end")


def expected_end() -> Any:
    """Last day of what is expected now: of the forecast, otherwise of the plan, otherwise of the event; NULL without an end."""
    return Case(
        When(forecast_named__isnull=False, then=F("forecast_end")),
        When(planned_named__isnull=False, then=F("planned_end")),
        default=EVENT_END,
        output_field=DateField(),
    )


def must_start() -> Any:
    """Day by which what a milestone waits for has to be there: the beginning of what is expected now, else its end; NULL undated."""
    return Case(
        When(forecast_named__isnull=False, then=Coalesce(F("forecast_start"), F("forecast_end"))),
        When(planned_named__isnull=False, then=Coalesce(F("planned_start"), F("planned_end"))),
        default=Coalesce(EVENT_START, EVENT_END),
        output_field=DateField(),
    )


def expected_time() -> Any:
    """By which milestones are ordered: the day reached, otherwise the end expected, otherwise the beginning; NULL without a date."""
    ends = Case(
        When(forecast_named__isnull=False, then=Coalesce(F("forecast_end"), F("forecast_start"))),
        When(planned_named__isnull=False, then=Coalesce(F("planned_end"), F("planned_start"))),
        default=Coalesce(EVENT_END, EVENT_START),
        output_field=DateField(),
    )
    return Coalesce(F("reached_on"), ends)


def number_of(rows: models.QuerySet, relation: str) -> Coalesce:
    """How many of `rows` point to a row of the list through `relation`; a subquery, because joins would count rows twice."""
    counted = rows.filter(**{relation: OuterRef("pk")}).order_by().values(relation).annotate(number=Count("pk"))
    return Coalesce(Subquery(counted.values("number")), 0, output_field=IntegerField())


def _rows_of(model: Any, relation: str) -> Any:
    """All rows that point to `model` through its reverse `relation`; the querysets are made before the models."""
    return model._meta.get_field(relation).related_model._default_manager


class PlanQuerySet(RetirableQuerySet, ProgrammeQuerySet):  # type: ignore[override]
    """Fields of action and goals, told apart by use and by who may read them."""

    def with_number_of_measures(self) -> Self:
        """With `number_of_measures`."""
        relation: Any = self.model._meta.get_field("measures")
        measures = _rows_of(self.model, "measures")
        return self.annotate(number_of_measures=number_of(measures, relation.field.name))


class MeasureQuerySet(ProgrammeQuerySet):
    """Measures, with what follows from their milestones."""

    def with_number_of_milestones(self, *, on: datetime.date) -> Self:
        """With `open_milestones` and `late_milestones`, how many are still to be reached and how many of these are late on day `on`."""
        milestones = _rows_of(self.model, "milestones")
        return self.annotate(
            open_milestones=number_of(milestones.open(), "measure"),
            late_milestones=number_of(milestones.overdue(on=on), "measure"),
        )

    def about_sdg(self, number: int) -> Self:
        """Measures that serve the goal `number` of the 2030 Agenda, as their main one or as a further one."""
        return self.filter(about_sdg(self.model, number))


def about_sdg(model: Any, number: int) -> Q:
    """Rows of `model` whose `main_sdg`, if they have one, or whose `sdgs` hold the goal `number` of the 2030 Agenda."""
    # As a subquery, because a join would double rows.
    wanted = Q(pk__in=model._base_manager.filter(sdgs__number=number).values("pk"))
    has_main = any(column.name == "main_sdg" for column in model._meta.fields)
    return wanted | Q(main_sdg__number=number) if has_main else wanted


class IndicatorQuerySet(ProgrammeQuerySet):
    """Indicators, with what was counted last."""

    def with_latest(self) -> Self:
        """With `latest_value` and `latest_on`, both None when nothing has been counted yet."""
        values = _rows_of(self.model, "values").filter(indicator=OuterRef("pk")).order_by("-as_of", "pk")
        return self.annotate(
            latest_value=Subquery(values.values("value")[:1]), latest_on=Subquery(values.values("as_of")[:1])
        )


class PositionedQuerySet(ProgrammeQuerySet):
    """Rows that stand in a position where they have no date."""

    def next_position(self) -> int:
        """Position behind all rows there are."""
        return (self.aggregate(last=Max("position"))["last"] or 0) + 1


class MilestoneQuerySet(PositionedQuerySet):
    """Milestones; what is said of them and what follows from their dates."""

    def open(self) -> Self:
        """Still to be reached: planned or in progress."""
        return self.filter(OPEN)

    def with_expected_end(self) -> Self:
        """With `expected_end`, the last day of forecast, plan or event; like `Milestone.ends_on`."""
        return self.annotate(expected_end=expected_end())

    def overdue(self, *, on: datetime.date) -> Self:
        """Open, and their expected end has passed on day `on` (verzögert); without an end nothing is ever late."""
        return self.open().with_expected_end().filter(expected_end__lt=on)

    def due_soon(self, *, on: datetime.date, within: datetime.timedelta = DUE_SOON) -> Self:
        """Open, and expected to end from day `on` within fourteen days or the time given."""
        return self.open().with_expected_end().filter(expected_end__gte=on, expected_end__lte=on + within)

    def report_overdue(self, *, on: datetime.date) -> Self:
        """Open, and nobody has confirmed or changed the entry for more than a hundred days (Rückmeldung überfällig)."""
        return self.open().filter(reported_on__lt=on - REPORT_OVERDUE)

    def with_danger(self) -> Self:
        """With `in_danger`: whether it is open and waits for an open one expected to end after it must start.

        Undated ones say nothing.
        """
        later = self.model._default_manager.open().with_expected_end()  # type: ignore[attr-defined]
        later = later.filter(successors=OuterRef("pk"), expected_end__gt=OuterRef("must_start"))
        in_danger = ExpressionWrapper(OPEN & Exists(later), output_field=BooleanField())
        return self.with_expected_end().annotate(must_start=must_start()).annotate(in_danger=in_danger)

    def endangered(self) -> Self:
        """Open, and waiting for an open one that is expected to end after it must start (gefährdet)."""
        return self.with_danger().filter(in_danger=True)

    def reportable_by(self, user: Any, *, on: datetime.date) -> Self:
        """Milestones about which `user` may report on day `on`: all for the Koordination, those of the own unit for a Fachbereich."""
        if user.is_superuser or Role.KOORDINATION in user.roles:
            return self
        if Role.FACHBEREICH not in user.roles:
            return self.none()
        return self.filter(responsible__in=Organisation.objects.of_member(user, on=on).values("pk"))

    def commentable_by(self, user: Any, *, on: datetime.date) -> Self:
        """Milestones `user` may comment on day `on`: those to report on, and those in which the own unit is involved."""
        if user.is_superuser or Role.KOORDINATION in user.roles:
            return self
        return self.naming_unit_of(user, on=on)

    def with_latest_report(self) -> Self:
        """With `latest_text` and `latest_at`, words and time of the last report that had words; both None without one."""
        reports = _rows_of(self.model, "reports").answers().exclude(text="").filter(milestone=OuterRef("pk"))
        latest = reports.order_by("-at", "-pk")
        return self.annotate(
            latest_text=Subquery(latest.values("text")[:1]), latest_at=Subquery(latest.values("at")[:1])
        )

    def moved(self) -> Self:
        """With a forecast other than the plan."""
        return self.filter(forecast_named__isnull=False)

    def undated(self) -> Self:
        """Without any date: neither reached, nor expected, nor tied to an event with a date ("ohne Termin")."""
        nothing = Q(reached_on__isnull=True, planned_named__isnull=True, forecast_named__isnull=True)
        return self.filter(nothing, event__starts_at__isnull=True, event__period_named__isnull=True)


class ReportQuerySet(models.QuerySet):
    """What was said about milestones. The rows stay as they are: nothing changes or deletes them in bulk either."""

    def answers(self) -> Self:
        """What says how a milestone stands; like `MilestoneReport.is_answer`."""
        return self.exclude(step__in=sorted(ReportStep.NO_ANSWER))

    def since(self, moment: datetime.datetime) -> Self:
        """Said after `moment`; what the Koordination passed on counts from the day on which it was received."""
        day = timezone.localdate(moment)
        return self.filter(at__gt=moment).filter(Q(received_on__isnull=True) | Q(received_on__gte=day))

    def moved(self) -> Self:
        """What moved a date."""
        return self.filter(moved_to_named__isnull=False)

    def update(self, **_: Any) -> NoReturn:
        """Refuse."""
        raise self._append_only()

    def delete(self) -> NoReturn:
        """Refuse."""
        raise self._append_only()

    def _append_only(self) -> Exception:
        from concept.models import AppendOnly  # noqa: PLC0415 - models are built with these querysets

        return AppendOnly()


class RoundQuerySet(models.QuerySet):
    """Rounds of questions."""

    def running(self) -> Self:
        """Those in which answers still count."""
        return self.filter(closed_at__isnull=True)
