"""Committees, terms and offices; submissions and their parts."""

from kepol.council.models.bodies import Committee, CommitteeName, CouncilTerm, OfficeHolder
from kepol.council.models.submissions import Attachment, Consultation, DraftResolution, Section, Submission

__all__ = [
    "Attachment",
    "Committee",
    "CommitteeName",
    "Consultation",
    "CouncilTerm",
    "DraftResolution",
    "OfficeHolder",
    "Section",
    "Submission",
]
