"""One factory per model, in a module per app; they speak the domain and hold no surprises."""

from tests.factories import (
    accounts,
    concept,
    council,
    dates,
    files,
    funding,
    mail,
    partnerships,
    reference,
    stakeholders,
)
from tests.factories.accounts import PASSWORD, UserFactory
from tests.factories.council import (
    AttachmentFactory,
    CommitteeFactory,
    CommitteeNameFactory,
    ConsultationFactory,
    CouncilTermFactory,
    DraftResolutionFactory,
    OfficeHolderFactory,
    SectionFactory,
    SubmissionFactory,
)
from tests.factories.reference import CountryFactory, SdgFactory
from tests.factories.stakeholders import (
    MembershipFactory,
    OrganisationAliasFactory,
    OrganisationFactory,
    OrganisationNameFactory,
    PersonFactory,
    UnitFactory,
)

APPS = (accounts, reference, mail, files, dates, stakeholders, council, funding, partnerships, concept)
#: Model → its factory. A test demands one for every model of the house.
FACTORIES = {factory._meta.model: factory for app in APPS for factory in app.FACTORIES}

__all__ = [
    "FACTORIES",
    "PASSWORD",
    "AttachmentFactory",
    "CommitteeFactory",
    "CommitteeNameFactory",
    "ConsultationFactory",
    "CouncilTermFactory",
    "CountryFactory",
    "DraftResolutionFactory",
    "MembershipFactory",
    "OfficeHolderFactory",
    "OrganisationAliasFactory",
    "OrganisationFactory",
    "OrganisationNameFactory",
    "PersonFactory",
    "SdgFactory",
    "SectionFactory",
    "SubmissionFactory",
    "UnitFactory",
    "UserFactory",
]
