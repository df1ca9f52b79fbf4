"""Reads the text copied from the page of a paper (Vorlage) in the council information system.

The copy is broken in known ways: the table of the Beratungsfolge falls apart into lines, labels stand without value
or twice, dates follow the language of the visitor. Whatever is not understood becomes a `Finding`; nothing is dropped
silently, and the words of the explanation are counted again after it was split into sections.
"""

from kepol.council.ris_page.page import explanation_words, parse_page
from kepol.council.ris_page.result import (
    HOW_TO_COPY,
    Finding,
    ParsedConsultation,
    ParsedDraftResolution,
    ParsedSection,
    ParsedSubmission,
    UnreadablePage,
)

__all__ = [
    "HOW_TO_COPY",
    "Finding",
    "ParsedConsultation",
    "ParsedDraftResolution",
    "ParsedSection",
    "ParsedSubmission",
    "UnreadablePage",
    "explanation_words",
    "parse_page",
]
