"""Access to KEpol: a colleague gets it by one verb, and loses it by one."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from kepol.accounts import second_factor
from kepol.accounts.choices import Role
from kepol.accounts.invitations import invitation_path, may_manage, reach
from kepol.accounts.models import User
from kepol.accounts.roles import Verb
from kepol.lib.history import operation
from kepol.lib.locks import lock_kinds
from kepol.lib.names import search_key
from kepol.lib.validity import in_force
from kepol.mail.choices import MailKind
from kepol.mail.links import absolute
from kepol.mail.outbox import deliver_soon, queue
from kepol.mail.texts import written
from kepol.mail.validators import one_line
from stakeholders.choices import MembershipRole, OrganisationKind
from stakeholders.models import Membership, Organisation, Person
from stakeholders.reviews import proposing_reviews

SUBJECT = "Einladung zu KEpol"
NO_ADDRESS = "Bei dieser Person steht keine E-Mail-Adresse. Tragen Sie zuerst die dienstliche Adresse ein."
NO_ACCESS = "Diese Person hat keinen aktiven Zugang."
SIGNED_IN_BEFORE = (
    "„{user}“ hat sich schon einmal angemeldet und braucht keine Einladung mehr: Auf der Anmeldeseite kommt man auch ohne Passwort "
    "hinein, mit einem Code per E-Mail."
)
OWN_ACCESS = "Den eigenen Zugang kann niemand beenden. Bitten Sie eine Kollegin oder einen Kollegen darum."


@dataclass(frozen=True)
class Details:
    """What is entered once about somebody who gets access; `email` is their address at work."""

    given_name: str
    family_name: str
    email: str
    function: str = ""


def invite(  # noqa: PLR0913 - what is entered, who enters it, and when
    who: Person | Details,
    role: Role,
    organisation: Organisation,
    *,
    by: Any,
    on: datetime.date,
    member_role: str = MembershipRole.STAFF,
) -> Person:
    """Give `who` an account with `role` and a membership in the unit `organisation` from day `on`, and mail the invitation.

    Details lead to the person who is there under their address, otherwise to a new one. A membership in force is kept; an account
    that was ended comes back with `role` alone and without its old password; one that waits for its first login with the same role
    gets a new mail. Raises `ValidationError` in German for whatever stands against it.
    """
    refuse_role(role, by=by)
    refuse_place(organisation)
    with transaction.atomic(), operation(by=by):
        # Two who invite the same person wait for each other, and for forms that save memberships.
        lock_kinds(Person, Membership)
        person = who if isinstance(who, Person) else _person(who, by=by)
        user = _account(person, role, by=by)
        if person.user_id != user.pk:
            person.user = user
            person.full_clean()
            person.save()
        _join(person, organisation, member_role, on=on)
        _send(person, user, role, str(organisation), by=by)
    person.refresh_from_db()
    return person


def invite_again(user: User, *, by: Any, on: datetime.date) -> None:
    """Mail a new link to somebody who was invited and has never signed in; day `on` tells which units the mail names.

    Raises `ValidationError` when the account was ended, was used, or has a role that `by` may not invite.
    """
    _refuse_foreign(user, Verb.INVITE, by=by)
    if not user.is_active:
        raise ValidationError(NO_ACCESS, code="ended")
    if user.last_login is not None:
        raise ValidationError(SIGNED_IN_BEFORE.format(user=user), code="used")
    with transaction.atomic(), operation(by=by):
        person = Person.objects.filter(user=user).first()
        roles = ", ".join(sorted(role.value for role in user.roles))
        _send(person, user, roles, holder(user, on=on)[1], by=by)


def end_access(person: Person, *, on: datetime.date, by: Any) -> None:
    """Let the memberships of `person` in units of the city end on day `on`, and switch the account off at once.

    Memberships elsewhere, in an association say, are none of the city's business. Raises `ValidationError` when there is no access,
    when `by` may not end it, or when a membership has yet to begin.
    """
    user = person.user
    if user is None or not user.is_active:
        raise ValidationError(NO_ACCESS, code="ended")
    if user == by:
        raise ValidationError(OWN_ACCESS, code="own")
    _refuse_foreign(user, Verb.END, by=by)
    with transaction.atomic(), operation(by=by):
        lock_kinds(Person, Membership)
        with proposing_reviews({person.pk}):
            _end_memberships(person, on)
        user.is_active = False
        user.save()


def holder(user: User, *, on: datetime.date) -> tuple[str, str]:
    """Name of who holds the account, its address when nobody is known, and the city's units they belong to on day `on`."""
    person = Person.objects.filter(user=user).first()
    units = Organisation.objects.units().of_member(user, on=on)
    return str(person or user), ", ".join(map(str, units))


# --- What stands against it ----------------------------------------------------------------------------------------
def refuse_role(role: Role, *, by: Any) -> None:
    """Raise `ValidationError` when `by` may not give `role`."""
    if role not in reach(by, Verb.INVITE):
        raise ValidationError(
            f"Die Rolle „{role}“ dürfen Sie nicht vergeben. Wenden Sie sich an die Technik.", code="role"
        )


def refuse_place(organisation: Organisation) -> None:
    """Raise `ValidationError` when nobody gets access by belonging to `organisation`."""
    if organisation.kind not in OrganisationKind.UNITS:
        raise ValidationError(f"„{organisation}“ ist keine städtische Dienststelle.", code="unit")
    if organisation.is_retired:
        raise ValidationError(
            f"„{organisation}“ ist stillgelegt. Wählen Sie die Dienststelle von heute.", code="retired"
        )


def _refuse_foreign(user: User, verb: Verb, *, by: Any) -> None:
    if not may_manage(by, user, verb):
        raise ValidationError(
            f"Um das Konto „{user}“ kümmert sich wegen seiner Rollen die Technik.",
            code="role",
        )


# --- Person --------------------------------------------------------------------------------------------------------
def _person(details: Details, *, by: Any) -> Person:
    """The person with this address, or a new one."""
    email = details.email.strip()
    known = list(Person.objects.filter(email__iexact=email)) if email else []
    if known:
        _refuse_other(known, details)
        return known[0]
    person = Person(
        given_name=one_line(details.given_name),
        family_name=one_line(details.family_name),
        function=one_line(details.function),
        email=email,
        source=f"Einladung durch {by}",
    )
    person.full_clean()
    person.save()
    return person


def _refuse_other(known: list[Person], details: Details) -> None:
    """Raise `ValidationError` when the address does not lead to exactly the person meant."""
    if len(known) > 1:
        names = ", ".join(f"„{person}“" for person in known)
        raise ValidationError(
            f"Diese Adresse steht bei mehreren Personen: {names}. Laden Sie die richtige auf ihrer eigenen Seite ein.",
            code="several",
        )
    person = known[0]
    if search_key(f"{person.given_name} {person.family_name}") != search_key(
        f"{details.given_name} {details.family_name}"
    ):
        raise ValidationError(
            f"Unter dieser Adresse steht schon „{person}“. Ist das dieselbe Person, dann laden Sie sie auf ihrer Seite ein; sonst prüfen "
            "Sie die Adresse.",
            code="other_name",
        )


# --- Account -------------------------------------------------------------------------------------------------------
def _account(person: Person, role: Role, *, by: Any) -> User:
    """The account of `person` with `role`: a new one, one that was ended, or one that waits for its first login."""
    if not person.email:
        raise ValidationError(NO_ADDRESS, code="address")
    if person.is_retired:
        raise ValidationError(
            f"„{person}“ ist stillgelegt. Nehmen Sie den Eintrag zuerst wieder in Gebrauch.", code="retired"
        )
    user = person.user or User.objects.filter(email=person.email.lower()).first()
    if user is None:
        user = User.objects.create_user(person.email)
        user.groups.set(Group.objects.filter(name=role.value))
        return user
    _refuse_taken(user, person)
    _refuse_foreign(user, Verb.INVITE, by=by)
    if user.is_active:
        _refuse_in_use(user, role)
        return user
    return _reopened(user, person.email, role)


def _refuse_taken(user: User, person: Person) -> None:
    other = Person.objects.filter(user=user).exclude(pk=person.pk).first()
    if other is not None:
        raise ValidationError(f"Das Konto „{user}“ gehört schon zu „{other}“. Prüfen Sie die Adresse.", code="taken")


def _refuse_in_use(user: User, role: Role) -> None:
    """Raise `ValidationError` unless the active account still waits for its first login, with just this role."""
    if user.last_login is None and user.roles == {role}:
        return
    roles = ", ".join(sorted(one.value for one in user.roles)) or "keine Rolle"
    raise ValidationError(
        f"„{user}“ hat schon ein aktives Konto ({roles}). Eine andere Dienststelle tragen Sie bei der Person unter „Mitgliedschaften“ "
        "ein; eine andere Rolle gibt die Technik.",
        code="in_use",
    )


def _reopened(user: User, email: str, role: Role) -> User:
    """Whoever comes back gets in by the new invitation only, at the address of today, and with the role of today."""
    user.email, user.is_active = email, True
    user.set_unusable_password()
    user.full_clean()
    user.save()
    user.groups.set(Group.objects.filter(name=role.value))
    return user


# --- Membership ----------------------------------------------------------------------------------------------------
def _join(person: Person, organisation: Organisation, member_role: str, *, on: datetime.date) -> None:
    if person.memberships.filter(in_force(on), organisation=organisation).exists():
        return
    with proposing_reviews({person.pk}):
        membership = Membership(person=person, organisation=organisation, role=member_role, valid_from=on)
        membership.full_clean()
        membership.save()


def _end_memberships(person: Person, on: datetime.date) -> None:
    running = Q(valid_to__isnull=True) | Q(valid_to__gt=on)
    for membership in person.memberships.filter(running, organisation__in=Organisation.objects.units()):
        if membership.valid_from is not None and membership.valid_from > on:
            raise ValidationError(
                f"Die Mitgliedschaft „{membership}“ beginnt erst am {membership.valid_from:%d.%m.%Y}. Löschen oder ändern Sie sie zuerst.",
                code="future",
            )
        membership.valid_to = on
        membership.full_clean()
        membership.save()


# --- Mail ----------------------------------------------------------------------------------------------------------
def _send(person: Person | None, user: User, role: str, unit: str, *, by: Any) -> None:
    """Queue the invitation; its link opens the account, so nobody can read it in the outbox."""
    until = timezone.now() + datetime.timedelta(days=settings.INVITATION_DAYS)
    text = written(
        "invitation",
        inviter=one_line(str(Person.objects.filter(user=by).first() or by)),
        name=one_line(str(person or user)),
        unit=one_line(unit),
        role=role,
        link=absolute(invitation_path(user)),
        until=until,
        needs_factor=second_factor.is_required(User.objects.get(pk=user.pk)),
    )
    deliver_soon(
        queue(to=user.email, subject=SUBJECT, text=text, kind=MailKind.INVITATION, expires_at=until, is_secret=True)
    )
