"""Rules of the app files."""

from tests.factories.files import DocumentReferenceFactory
from tests.factories.stakeholders import OrganisationFactory


def with_a_sister():
    """A file beside another one of the same record."""
    record = OrganisationFactory()
    DocumentReferenceFactory(record=record, file_number="36-1/2026")
    return DocumentReferenceFactory(record=record)


RULES = {
    "files_documentreference_leads_somewhere": (
        DocumentReferenceFactory,
        {"file_number": ""},
        "Nennen Sie ein Aktenzeichen oder einen Link.",
    ),
    "files_documentreference_web_address": (
        DocumentReferenceFactory,
        {"url": "ftp://dms.example/akte/7"},
        "Der Link beginnt mit https:// oder http://.",
    ),
    "files_documentreference_once": (
        with_a_sister,
        {"file_number": "36-1/2026"},
        "Dieses Aktenzeichen steht bei dem Eintrag schon.",
    ),
}
