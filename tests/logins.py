"""What people do at the login, for the tests of the second factor and of the single sign-on."""

import re

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time

from kepol.accounts.invitations import invitation_path
from kepol.mail.models import Mail
from tests.factories import PASSWORD

LOGIN, REQUEST_CODE, ENTER_CODE = "/anmelden/", "/anmelden/code/", "/anmelden/code/eingeben/"
SECOND_STEP, PROOF = "/anmelden/zweiter-faktor/", "/anmelden/bestaetigen/"
SECURITY, SET_UP, REMOVE = "/sicherheit/", "/sicherheit/zweiter-faktor/", "/sicherheit/zweiter-faktor/entfernen/"
SPARE_CODES = "/sicherheit/ersatzcodes/"
SECRET = "JBSWY3DPEHPK3PXP"


def is_signed_in(client):
    return "_auth_user_id" in client.session


def by_password(client, user, password=PASSWORD, **extra):
    return client.post(LOGIN, {"login": user.email, "password": password}, **extra)


def letters():
    """The mails in the outbox, the newest last; they wait there, because the transaction of a test is never committed."""
    return list(Mail.objects.order_by("pk"))


def mailed_code():
    """The code in the newest mail."""
    return re.search(r"^ +(\d{4}(?:-\d{4})+)$", letters()[-1].text, flags=re.MULTILINE)[1]


def by_code(client, user, **extra):
    client.post(REQUEST_CODE, {"login": user.email}, **extra)
    return client.post(ENTER_CODE, {"code": mailed_code()}, **extra)


def by_invitation(client, user, **extra):
    return client.post(invitation_path(user), {"password1": "", "password2": ""}, **extra)


def with_factor(user):
    """Give `user` a second factor; returns the spare codes."""
    TOTP.activate(user, SECRET)
    return RecoveryCodes.activate(user).get_unused_codes()


def app_code(secret=SECRET):
    """What the app on the device shows now."""
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def factors(user):
    return sorted(Authenticator.objects.filter(user=user).values_list("type", flat=True))
