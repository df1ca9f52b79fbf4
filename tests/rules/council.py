"""Rules of the app council."""

from kepol.council.choices import Office
from kepol.council.models import CommitteeName
from tests.factories import (
    CommitteeFactory,
    CommitteeNameFactory,
    ConsultationFactory,
    CouncilTermFactory,
    OfficeHolderFactory,
    SubmissionFactory,
)
from tests.rules.words import BACKWARDS, ORDER, RETIRED, day

RULES = {
    "council_committee_retired_with_reason": (CommitteeFactory, {"retired_on": day(2026)}, RETIRED),
    "council_committee_valid_in_order": (CommitteeFactory, BACKWARDS, ORDER),
    "council_committee_name_once": (
        CommitteeFactory,
        lambda: {"name": CommitteeFactory().name},
        "Ein Gremium mit diesem Namen gibt es schon.",
    ),
    "council_committeename_once": (CommitteeNameFactory, "twin", "Dieser Name steht schon da."),
    "council_councilterm_valid_in_order": (CouncilTermFactory, BACKWARDS, ORDER),
    "council_officeholder_valid_in_order": (OfficeHolderFactory, BACKWARDS, ORDER),
    "council_officeholder_issuer_line": (
        OfficeHolderFactory,
        {"office": Office.LORD_MAYOR, "issuer_line": ""},
        "Für dieses Amt fehlt die Kopfzeile der Vorlage.",
    ),
    "council_submission_reference_once": (
        SubmissionFactory,
        lambda: {"reference": SubmissionFactory(from_council=True).reference},
        "Eine Vorlage mit dieser Nummer gibt es schon.",
    ),
    "council_submission_council_has_reference": (
        lambda: SubmissionFactory(from_council=True),
        {"reference": ""},
        "Eine Vorlage aus dem Ratsinformationssystem hat immer eine Nummer.",
    ),
    "council_submission_status_seen": (
        SubmissionFactory,
        {"council_status": "öffentlich"},
        "Zum Status im Ratsinformationssystem gehört der Tag, an dem er gesehen wurde.",
    ),
    "council_submission_not_own_predecessor": (
        SubmissionFactory,
        "predecessor",
        "Eine Vorlage kann sich nicht selbst ergänzen.",
    ),
    "council_submission_written_here_complete": (
        SubmissionFactory,
        {"subject": ""},
        "Eine Vorlage, die hier geschrieben wird, braucht Vorlageart und Betreff.",
    ),
    "council_consultation_outcome_when_done": (
        ConsultationFactory,
        {"outcome": "noted"},
        "Ein Ergebnis gibt es erst, wenn die Beratung erledigt ist.",
    ),
}
PARENTS = {CommitteeName: ("committee", "other_names")}
