"""Rules of the app accounts."""

from tests.factories import UserFactory

RULES = {
    "accounts_user_email_lower": (UserFactory, {"email": "Groß@example.org"}, None),
}
#: The form brings an address into its one form.
NOT_IN_FORMS = {"accounts_user_email_lower"}
