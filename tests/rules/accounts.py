"""Rules of the app accounts."""

from tests.factories import UserFactory

RULES = {
    "accounts_user_email_lower": (UserFactory, {"email": "Groß@example.org"}, None),
}
