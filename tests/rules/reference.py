"""Rules of the app reference."""

from tests.factories import SdgFactory

RULES = {
    "reference_sdg_one_to_seventeen": (SdgFactory, {"number": 18}, "Es gibt die Ziele 1 bis 17."),
}
#: Reference data is view-only.
NOT_IN_FORMS = {"reference_sdg_one_to_seventeen"}
