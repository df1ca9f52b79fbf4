"""With whom the city works abroad: partnerships and what belongs to them."""

from partnerships.models.agreements import Agreement, refuse_succession_circle
from partnerships.models.partnerships import Beginning, Involvement, Partnership, Stage
from partnerships.models.projects import InKindTransfer, Project
from partnerships.models.visits import ProgrammePoint, Visit, VisitParticipant, refuse_day_outside

__all__ = [
    "Agreement",
    "Beginning",
    "InKindTransfer",
    "Involvement",
    "Partnership",
    "ProgrammePoint",
    "Project",
    "Stage",
    "Visit",
    "VisitParticipant",
    "refuse_day_outside",
    "refuse_succession_circle",
]
