"""The accounts one can try KEpol with: one per role, three for departments, one known password, only while `DEMO` is on."""

from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from kepol.accounts.choices import Role
from kepol.accounts.models import User
from kepol.accounts.roles import sync_roles


class DemoLogin(NamedTuple):
    """An account announced on the login page."""

    email: str
    role: Role
    description: str


#: Known to everybody: `DEMO` allows the own machine only, and without it these accounts cannot sign in.
DEMO_PASSWORD = "Aachen-Demo-2026"  # noqa: S105 no secret

DEMO_LOGINS = (
    DemoLogin("koordination@demo.example", Role.KOORDINATION, "pflegt alle Fachdaten in der Verwaltungsoberfläche"),
    DemoLogin("leitung@demo.example", Role.LEITUNG, "liest alle Vorlagen, auch Entwürfe"),
    DemoLogin("fb36@demo.example", Role.FACHBEREICH, "sieht, was den FB 36 betrifft (Klima und Umwelt)"),
    DemoLogin("fb60@demo.example", Role.FACHBEREICH, "sieht, was den FB 60 betrifft (Vergabe und Fördermittel)"),
    DemoLogin("fb61@demo.example", Role.FACHBEREICH, "sieht, was den FB 61 betrifft (Stadtentwicklung)"),
    DemoLogin("lesezugriff@demo.example", Role.LESEZUGRIFF, "liest, was allen Beteiligten offensteht"),
    DemoLogin("technik@demo.example", Role.TECHNIK, "verwaltet Konten und Betrieb"),
)


def is_demo_address(email: str) -> bool:
    """Return whether `email` (any letter case) belongs to a demo account."""
    return email.lower() in {login.email for login in DEMO_LOGINS}


@transaction.atomic
def create_demo_accounts() -> list[User]:
    """Create the missing demo accounts and return those created; existing ones stay as they are.

    Raise `ImproperlyConfigured` when `DEMO` is off.
    """
    if not settings.DEMO:
        raise ImproperlyConfigured("Demo-Konten gibt es nur mit DEMO=True.")
    sync_roles()
    present = set(User.objects.values_list("email", flat=True))
    return [_create(login) for login in DEMO_LOGINS if login.email not in present]


def _create(login: DemoLogin) -> User:
    user = User.objects.create_user(login.email, DEMO_PASSWORD)
    user.groups.add(Group.objects.get(name=login.role.value))
    return user
