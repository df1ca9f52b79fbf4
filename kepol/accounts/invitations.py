"""Invitations: who may give which role, and the link that opens a new account."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.encoding import force_bytes
from django.utils.http import base36_to_int, urlsafe_base64_decode, urlsafe_base64_encode

from kepol.accounts.adapter import may_sign_in
from kepol.accounts.choices import PORTAL_ROLES, Role
from kepol.accounts.models import User
from kepol.accounts.roles import Area, Scope, Verb, grants

SECONDS_OF_A_DAY = 24 * 60 * 60
#: Which roles a scope of the table of rights means.
REACH: Mapping[Scope, frozenset[Role]] = {Scope.ALL: frozenset(Role), Scope.PORTAL_ACCOUNTS: PORTAL_ROLES}


def reach(user: Any, verb: Verb) -> frozenset[Role]:
    """Roles whose accounts `user` may invite or end (`verb`), after the table of rights; a superuser all."""
    if user.is_superuser:
        return frozenset(Role)
    scopes = [grant.scope for role in user.roles for grant in grants(role, Area.ACCOUNTS) if grant.verb is verb]
    return frozenset[Role]().union(*(REACH[scope] for scope in scopes))


def may_manage(user: Any, account: User, verb: Verb) -> bool:
    """Whether `user` may invite or end (`verb`) the present `account`, with every role it has."""
    return (user.is_superuser or not account.is_superuser) and account.roles <= reach(user, verb)


class InvitationTokens(PasswordResetTokenGenerator):
    """Tokens that die with the first login, with a password, with another address, and after INVITATION_DAYS.

    The first three follow from what Django's generator signs: address, password and time of the last login.
    """

    key_salt = "kepol.accounts.invitations"

    def check_token(self, user: User | None, token: str | None) -> bool:
        """Whether `token` was made for `user` as the account is now; Django's own limit is that of forgotten passwords."""
        if user is None or not token:
            return False
        try:
            made = base36_to_int(token.partition("-")[0])
        except ValueError:
            return False
        expected = (
            self._make_token_with_timestamp(user, made, secret) for secret in (self.secret, *self.secret_fallbacks)
        )
        if not any(constant_time_compare(one, token) for one in expected):
            return False
        age = self._num_seconds(self._now()) - made
        return bool(age <= settings.INVITATION_DAYS * SECONDS_OF_A_DAY)


tokens = InvitationTokens()


def invitation_path(user: User) -> str:
    """Path of the page on which `user` accepts the invitation; whoever knows it can sign in as `user`."""
    return reverse("invitation", args=[urlsafe_base64_encode(force_bytes(user.pk)), tokens.make_token(user)])


def invited_account(uidb64: str, token: str, *, is_locked: bool = False) -> User | None:
    """The account that the two parts of a link open; None when it is wrong, used, too old, or the account was ended.

    With `is_locked`, inside a transaction, nobody else can use the same link until it ends.
    """
    rows = User.objects.select_for_update(of=("self",)) if is_locked else User.objects.all()
    try:
        user = rows.filter(pk=int(urlsafe_base64_decode(uidb64))).first()
    except (ValueError, OverflowError):
        return None
    return user if user is not None and may_sign_in(user) and tokens.check_token(user, token) else None
