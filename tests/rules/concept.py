"""Rules of the app concept."""

from concept.choices import PermanenceDecision, Status
from concept.models import IndicatorValue
from tests.factories.accounts import UserFactory
from tests.factories.concept import (
    EscalationFactory,
    EvaluationFactory,
    FieldOfActionFactory,
    GoalFactory,
    IndicatorFactory,
    IndicatorValueFactory,
    InventoryItemFactory,
    MeasureFactory,
    MilestoneFactory,
    PeerConceptFactory,
    StatusRoundFactory,
    WorkshopFactory,
)
from tests.factories.partnerships import ProjectFactory
from tests.rules.words import RETIRED, day

TAKEN = "Diese Nummer ist schon vergeben."
PERIODS = (
    (MeasureFactory, "period", "Zeitraum"),
    (MilestoneFactory, "planned", "geplant"),
    (MilestoneFactory, "forecast", "Prognose"),
    (WorkshopFactory, "held", "Termin"),
    (InventoryItemFactory, "period", "Zeitraum"),
    (PeerConceptFactory, "adopted", "beschlossen"),
    (EvaluationFactory, "period", "Zeitraum"),
    (EvaluationFactory, "decision_due", "Entscheidung vorgesehen"),
)


def out_of_order(make, name, label):
    """Name and row of the rule that a period does not end before it begins."""
    rule = f"concept_{make._meta.model._meta.model_name}_{name}_in_order"
    backwards = {f"{name}_start": day(2026), f"{name}_end": day(2025), f"{name}_named": False}
    return rule, (make, backwards, f"{label}: Das Ende liegt vor dem Beginn.")


def value_with_a_sister():
    """A value beside one of 2014 of the same indicator."""
    indicator = IndicatorFactory()
    IndicatorValueFactory(indicator=indicator, as_of=day(2014))
    return IndicatorValueFactory(indicator=indicator)


#: A period is typed as one text, not column by column; what has a door is typed in the form of a new milestone only, which
#: `test_concept_admin` fills in, a forecast that is the plan too. Hints to heads of
#: units are proposed by the application and decided about in steps, like the closing of a round.
NOT_IN_FORMS = frozenset(out_of_order(*row)[0] for row in PERIODS) | {
    "concept_milestone_forecast_is_other",
    "concept_milestone_forecast_with_reason",
    "concept_milestone_reached_with_day",
    "concept_escalation_one_open",
    "concept_escalation_decided_by_somebody",
    "concept_statusround_closed_by_somebody",
}
RULES = {
    **dict(out_of_order(*row) for row in PERIODS),
    "concept_fieldofaction_retired_with_reason": (FieldOfActionFactory, {"retired_on": day(2026)}, RETIRED),
    "concept_fieldofaction_code_once": (FieldOfActionFactory, lambda: {"code": FieldOfActionFactory().code}, TAKEN),
    "concept_goal_retired_with_reason": (GoalFactory, {"retired_on": day(2026)}, RETIRED),
    "concept_goal_code_once": (GoalFactory, lambda: {"code": GoalFactory().code}, TAKEN),
    "concept_measure_code_once": (MeasureFactory, lambda: {"code": MeasureFactory().code}, TAKEN),
    "concept_measure_reason": (
        lambda: MeasureFactory(status=Status.PAUSED, reason="Stelle frei"),
        {"reason": ""},
        "Warum ruht oder entfällt die Maßnahme? Tragen Sie eine Begründung ein.",
    ),
    "concept_measure_cost_not_negative": (
        MeasureFactory,
        {"total_cost_cents": -100},
        "Kosten können nicht negativ sein.",
    ),
    "concept_indicator_years": (IndicatorFactory, {"baseline_year": 1889}, "Jahre liegen zwischen 1990 und 2100."),
    "concept_indicator_target_with_year": (
        IndicatorFactory,
        {"target_year": None},
        "Zu einem Zielwert gehört das Zieljahr.",
    ),
    "concept_indicatorvalue_once": (
        value_with_a_sister,
        {"as_of": day(2014)},
        "Für diesen Tag gibt es schon einen Wert.",
    ),
    "concept_milestone_reached_with_day": (
        MilestoneFactory,
        {"status": Status.REACHED.value},
        "Zum Status „erreicht“ gehört der Tag, und nur zu ihm.",
    ),
    "concept_milestone_reason": (
        lambda: MilestoneFactory(status=Status.PAUSED, note="Stelle frei"),
        {"note": ""},
        "Warum ruht oder entfällt der Meilenstein? Tragen Sie eine Begründung ein.",
    ),
    "concept_milestone_forecast_with_reason": (
        MilestoneFactory,
        {"forecast_reason": "staff"},
        "Zu einer Prognose gehört der Grund der Verschiebung, und nur zu ihr.",
    ),
    "concept_milestone_forecast_is_other": (
        MilestoneFactory,
        {
            "forecast_start": day(2099, 10),
            "forecast_end": day(2099, 12, 31),
            "forecast_named": True,
            "forecast_reason": "staff",
        },
        "Die Prognose nennt den geplanten Termin. Lassen Sie sie leer, solange sich nichts verschoben hat.",
    ),
    "concept_milestone_measure_or_project": (
        lambda: MilestoneFactory(measure=MeasureFactory()),
        lambda: {"project": ProjectFactory()},
        "Ein Meilenstein gehört zu einer Maßnahme oder zu einem Projekt, nicht zu beiden.",
    ),
    "concept_evaluation_decision_with_resolution": (
        EvaluationFactory,
        {"decision": PermanenceDecision.PERMANENT.value},
        "Zu einer Entscheidung gehört der Beschluss, mit dem sie gefallen ist.",
    ),
    "concept_escalation_one_open": (
        EscalationFactory,
        lambda: {"unit": EscalationFactory().unit},
        "Für diese Dienststelle wartet schon ein Hinweis auf Ihre Entscheidung.",
    ),
    "concept_escalation_decided_by_somebody": (
        EscalationFactory,
        {"decided_on": day(2026, 3, 18)},
        "Wer über einen Hinweis entscheidet, wird mit dem Tag vermerkt.",
    ),
    "concept_statusround_closed_by_somebody": (
        StatusRoundFactory,
        lambda: {"closed_by": UserFactory()},
        "Wer eine Abfrage abschließt, wird mit dem Zeitpunkt vermerkt.",
    ),
}
PARENTS = {IndicatorValue: ("indicator", "values")}
