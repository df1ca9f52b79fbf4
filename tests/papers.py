"""Submissions for the tests of page and PDF: the stored snapshot of schema 1 with changes, and one held in the database."""

import datetime
import json
from pathlib import Path

from kepol.council.choices import ConsultationRole, Office
from tests.factories import (
    AttachmentFactory,
    CommitteeFactory,
    ConsultationFactory,
    DraftResolutionFactory,
    OfficeHolderFactory,
    OrganisationNameFactory,
    SectionFactory,
    SubmissionFactory,
    UnitFactory,
)

STORED = Path(__file__).parent / "snapshots" / "submission_v1.json"
MAY = datetime.date(2025, 5, 7)
LAST_DAY = datetime.date(2025, 10, 31)
ONE_DAY = datetime.timedelta(days=1)


def paper(**changes):
    """The stored example of schema 1, a draft, with other values where the test needs them."""
    return json.loads(STORED.read_text("utf-8")) | changes


def council_paper(**changes):
    """The same as if read from the council system."""
    values = {
        "origin": "council_system",
        "is_draft": False,
        "is_example": False,
        "reference": "FB 01/0674/WP18",
        "term": "WP18",
    }
    return paper(**(values | changes))


def section(key, body, heading="Abschnitt"):
    return {"key": key, "heading": heading, "body": body}


def offices():
    """A Lord Mayor until the last day of the term, her successor from the next."""
    OfficeHolderFactory(office=Office.LORD_MAYOR, title="OB", issuer_line="Die Oberbürgermeisterin", valid_to=LAST_DAY)
    OfficeHolderFactory(
        office=Office.LORD_MAYOR, title="OB", issuer_line="Der Oberbürgermeister", valid_from=LAST_DAY + ONE_DAY
    )


def stored_submission(*, rows=1, **values):
    """A submission with `rows` of each part, each part with units and committees of its own."""
    unit = UnitFactory(name="Fachbereich Heute")
    OrganisationNameFactory(organisation=unit, name="Fachbereich Früher", valid_from=None, valid_to=LAST_DAY)
    involved = UnitFactory.create_batch(rows)
    for other in involved:
        OrganisationNameFactory(
            organisation=other, name="Altname", valid_from=None, valid_to=datetime.date(1999, 12, 31)
        )
    submission = SubmissionFactory(lead=unit, involved=involved, **values)
    for number in range(rows):
        committee = CommitteeFactory()
        ConsultationFactory(submission=submission, committee=committee, position=number, role=ConsultationRole.DECISION)
        DraftResolutionFactory(submission=submission, position=number).committees.add(committee)
        SectionFactory(submission=submission, position=number, heading=f"Abschnitt {number}")
        AttachmentFactory(submission=submission, position=number, title=f"Anlage {number}")
    return submission
