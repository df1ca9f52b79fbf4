"""What for: fields of action, goals, measures, milestones, and the way to the concept."""

from concept.models.milestones import Milestone, refuse_double_role, refuse_predecessor_circle
from concept.models.plan import FieldOfAction, Goal, Indicator, IndicatorValue, Measure
from concept.models.process import Evaluation, InventoryItem, PeerConcept, Workshop
from concept.models.reminders import Escalation, EscalationState, Occasion, ReminderItem, ReminderLevel
from concept.models.reports import AppendOnly, MilestoneEvidence, MilestoneReport
from concept.models.rounds import RoundItem, StatusRound

__all__ = [
    "AppendOnly",
    "Escalation",
    "EscalationState",
    "Evaluation",
    "FieldOfAction",
    "Goal",
    "Indicator",
    "IndicatorValue",
    "InventoryItem",
    "Measure",
    "Milestone",
    "MilestoneEvidence",
    "MilestoneReport",
    "Occasion",
    "PeerConcept",
    "ReminderItem",
    "ReminderLevel",
    "RoundItem",
    "StatusRound",
    "Workshop",
    "refuse_double_role",
    "refuse_predecessor_circle",
]
