"""Rules of the app stakeholders."""

from stakeholders.models import OrganisationAlias, OrganisationName
from tests.factories import (
    MembershipFactory,
    OrganisationAliasFactory,
    OrganisationFactory,
    OrganisationNameFactory,
    PersonFactory,
    UnitFactory,
)
from tests.rules.words import BACKWARDS, ORDER, RETIRED, day

RULES = {
    "stakeholders_organisation_retired_with_reason": (OrganisationFactory, {"retired_on": day(2026)}, RETIRED),
    "stakeholders_organisation_code_of_unit": (
        UnitFactory,
        {"code": ""},
        "Städtische Dienststellen brauchen ein Kürzel, andere Organisationen haben keines.",
    ),
    "stakeholders_organisation_code_once": (
        UnitFactory,
        lambda: {"code": UnitFactory().code},
        "Dieses Kürzel ist schon vergeben.",
    ),
    "stakeholders_organisation_not_own_parent": (
        OrganisationFactory,
        "parent",
        "Eine Organisation kann nicht zu sich selbst gehören.",
    ),
    "stakeholders_organisationname_valid_in_order": (OrganisationNameFactory, BACKWARDS, ORDER),
    "stakeholders_organisationname_has_end": (
        OrganisationNameFactory,
        {"valid_to": None},
        "Ein früherer Name braucht den letzten Tag seiner Gültigkeit.",
    ),
    "stakeholders_organisationalias_once": (OrganisationAliasFactory, "twin", "Diese Schreibweise steht schon da."),
    "stakeholders_person_retired_with_reason": (PersonFactory, {"retired_reason": "ohne Tag"}, RETIRED),
    "stakeholders_membership_valid_in_order": (MembershipFactory, BACKWARDS, ORDER),
}
PARENTS = {
    OrganisationName: ("organisation", "former_names"),
    OrganisationAlias: ("organisation", "aliases"),
}
