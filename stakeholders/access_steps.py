"""Inviting somebody and ending their access in the back office, with the forms it takes."""

import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin.widgets import AdminDateWidget
from django.utils import timezone

from kepol.accounts.choices import Role
from kepol.accounts.invitations import reach
from kepol.accounts.roles import Verb
from kepol.lib.backoffice.steps import Step
from stakeholders.access import NO_ACCESS, SIGNED_IN_BEFORE, Details, end_access, invite, invite_again
from stakeholders.choices import MembershipRole
from stakeholders.models import Organisation, Person


class PlaceForm(forms.Form):
    """Where somebody works and what they may do; `user`, who invites, gives the roles within their right."""

    organisation = forms.ModelChoiceField(Organisation.objects.none(), label="Dienststelle")
    role = forms.ChoiceField(label="Rolle in KEpol")
    member_role = forms.ChoiceField(
        label="Rolle in der Dienststelle",
        choices=[
            (role.value, role.label) for role in MembershipRole if role.value in {"head", "deputy", "contact", "staff"}
        ],
        initial=MembershipRole.STAFF,
        help_text="Zählt nur, wenn die Person dort noch nicht eingetragen ist.",
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A select, not a search: there are few units, and Technik, who may invite too, may not search the register.
        self.fields["organisation"].queryset = Organisation.objects.units().active()  # type: ignore[attr-defined]
        allowed = reach(user, Verb.INVITE)
        self.fields["role"].choices = [(role.value, role.value) for role in Role if role in allowed]  # type: ignore[attr-defined]
        self.fields["role"].initial = Role.FACHBEREICH.value

    def clean_role(self) -> Role:
        """The role itself."""
        return Role(self.cleaned_data["role"])


class InviteForm(PlaceForm):
    """All that is entered about a new colleague, once."""

    given_name = forms.CharField(label="Vorname", max_length=100, widget=forms.TextInput(attrs={"class": "vTextField"}))
    family_name = forms.CharField(
        label="Nachname", max_length=100, widget=forms.TextInput(attrs={"class": "vTextField"})
    )
    function = forms.CharField(
        label="Funktion", max_length=200, required=False, widget=forms.TextInput(attrs={"class": "vTextField"})
    )
    email = forms.EmailField(
        label="Dienstliche E-Mail",
        widget=forms.EmailInput(attrs={"class": "vTextField"}),
        help_text="Dorthin geht die Einladung. Steht die Adresse schon bei einer Person, bekommt diese den Zugang.",
    )

    field_order = ("given_name", "family_name", "function", "email", "organisation", "role", "member_role")

    def details(self) -> Details:
        """What was entered about the person."""
        given = self.cleaned_data
        return Details(given["given_name"], given["family_name"], given["email"], given["function"])


class EndForm(forms.Form):
    """The last day."""

    on = forms.DateField(
        label="Letzter Tag der Mitgliedschaft",
        initial=timezone.localdate,
        widget=AdminDateWidget,
        help_text="Das Konto wird in jedem Fall sofort abgeschaltet.",
    )

    def clean_on(self) -> datetime.date:
        """No day to come: until then the membership would hold."""
        on: datetime.date = self.cleaned_data["on"]
        if on > timezone.localdate():
            raise forms.ValidationError(
                "Der Tag liegt in der Zukunft. Beenden Sie den Zugang an dem Tag, an dem er endet."
            )
        return on


def has_access(person: Person) -> bool:
    """Whether the account of `person` is in use."""
    return person.user is not None and person.user.is_active


def is_waiting(person: Person) -> bool:
    """Whether `person` was invited and has never signed in."""
    return has_access(person) and person.user.last_login is None  # type: ignore[union-attr]


def _form_for(person: Any, user: Any) -> dict[str, Any]:
    return {"user": user}


def _invite(person: Person, *, by: Any, organisation: Organisation, role: Role, member_role: str) -> None:
    invite(person, role, organisation, by=by, on=timezone.localdate(), member_role=member_role)


def _invite_again(person: Person, *, by: Any) -> None:
    invite_again(person.user, by=by, on=timezone.localdate())  # type: ignore[arg-type]


INVITE = Step(
    name="einladen",
    label="Zugang einladen …",
    run=_invite,
    form=PlaceForm,
    form_for=_form_for,
    allowed=lambda person: not has_access(person),
    refusal="Diese Person hat schon einen aktiven Zugang.",
    explanation=f"Die Person bekommt ein Konto und eine E-Mail mit einem Link, der {settings.INVITATION_DAYS} Tage gilt.",
    done="Eingeladen",
    button="Einladen",
)
INVITE_AGAIN = Step(
    name="erneut-einladen",
    label="Einladung noch einmal senden …",
    run=_invite_again,
    allowed=is_waiting,
    refusal=SIGNED_IN_BEFORE.format(user="Die Person"),
    explanation=f"Die Person bekommt eine neue E-Mail mit einem neuen Link, der {settings.INVITATION_DAYS} Tage gilt.",
    done="Einladung noch einmal gesendet",
    button="Einladung senden",
)
END = Step(
    name="zugang-beenden",
    label="Zugang beenden …",
    run=end_access,
    form=EndForm,
    allowed=has_access,
    refusal=NO_ACCESS,
    explanation=(
        "Das Konto wird sofort abgeschaltet; wer angemeldet ist, ist beim nächsten Seitenaufruf abgemeldet. Die Mitgliedschaften in "
        "städtischen Dienststellen enden. Was die Person eingetragen hat, bleibt unter ihrem Namen stehen."
    ),
    done="Zugang beendet",
)
ACCESS_STEPS = (INVITE, INVITE_AGAIN, END)
