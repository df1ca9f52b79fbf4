"""Accounts in the back office: Technik opens, changes and closes them; Koordination looks them up."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth import password_validation
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from kepol.accounts import second_factor
from kepol.accounts.choices import Role
from kepol.accounts.models import User
from kepol.lib.backoffice.admin import BaseAdmin
from kepol.lib.backoffice.forms import VersionedForm
from kepol.lib.backoffice.steps import Step


def password_field(label: str, help_text: str = "") -> forms.CharField:
    """A field for a new password, which browsers and password stores recognise as one."""
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "vTextField"})
    return forms.CharField(label=label, strip=False, widget=widget, help_text=help_text)


class PasswordPair(forms.Form):
    """A new password, typed twice."""

    password1 = password_field("Passwort", "Mindestens 12 Zeichen; kein gebräuchliches Passwort.")
    password2 = password_field("Passwort wiederholen")

    def clean(self) -> dict[str, Any]:
        """Both alike, and good enough."""
        cleaned = super().clean() or {}
        first, second = cleaned.get("password1"), cleaned.get("password2")
        if first and second and first != second:
            self.add_error("password2", "Die beiden Passwörter stimmen nicht überein.")
        elif first:
            self.check_strength(first)
        return cleaned

    def check_strength(self, password: str) -> None:
        """Ask the validators of the settings."""
        try:
            password_validation.validate_password(password, getattr(self, "instance", None))
        except ValidationError as error:
            self.add_error("password1", error)


class AccountCreationForm(PasswordPair, VersionedForm):
    """A new account."""

    class Meta:
        model = User
        fields = ("email", "groups")

    def save(self, commit: bool = True) -> User:
        """Store the hash of the password only."""
        self.instance.set_password(self.cleaned_data["password1"])
        return super().save(commit)


def set_password(user: User, *, by: Any, password1: str, password2: str) -> None:
    """Give `user` a new password; all their sessions end with the next request."""
    user.set_password(password1)
    user.save()


SET_PASSWORD = Step(
    name="passwort",
    label="Passwort setzen …",
    run=set_password,
    form=PasswordPair,
    explanation="Die Person wird überall abgemeldet und meldet sich mit dem neuen Passwort an.",
    done="Das Passwort wurde gesetzt",
)


RESET_SECOND_FACTOR = Step(
    name="zweiter-faktor",
    label="Zweiten Faktor zurücksetzen …",
    run=second_factor.reset,
    explanation="Für ein verlorenes Gerät: Der zweite Faktor und die Ersatzcodes gelten nicht mehr, die Person wird überall abgemeldet "
    "und bekommt eine E-Mail. Vergewissern Sie sich vorher, dass wirklich diese Person darum bittet.",
    done="Der zweite Faktor wurde zurückgesetzt",
    allowed=second_factor.has_factor,
    refusal="Für dieses Konto ist kein zweiter Faktor eingerichtet.",
)


class RoleFilter(admin.SimpleListFilter):
    """Accounts with a role."""

    title = "Rolle"
    parameter_name = "rolle"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """All roles."""
        return [(role.value, role.value) for role in Role]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Rows after the choice."""
        return queryset.filter(groups__name=self.value()) if self.value() else queryset


@admin.register(User)
class UserAdmin(BaseAdmin):
    """Accounts. What an account may do follows from its roles alone; accounts are switched off, not deleted."""

    work_group = "Zugänge"
    work_order = 10
    steps = (SET_PASSWORD, RESET_SECOND_FACTOR)
    list_display = ("email", "roles_shown", "is_active", "login_shown")
    list_filter = ("is_active", RoleFilter)
    ordering = ("email",)
    readonly_fields = ("last_login", "joined_at")
    search_keys = ("email",)
    secret_columns = ("password",)
    fieldsets = (
        (None, {"fields": ("email", "is_active")}),
        ("Rollen", {"fields": ("groups",)}),
        ("Zeiten", {"fields": ("joined_at", "last_login")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "fields": ("email", "password1", "password2", "groups"),
                "description": "Danach verknüpft die Koordination das Konto mit einer Person, damit deren Dienststelle bekannt ist.",
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the roles of all rows in one query; only a superuser sees superusers."""
        rows = super().get_queryset(request).prefetch_related("groups")
        return rows if request.user.is_superuser else rows.filter(is_superuser=False)

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Passwords only for a new account; later they are set by a step."""
        if obj is None:
            kwargs["form"] = AccountCreationForm
        return super().get_form(request, obj, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """A new account needs a password, an existing one shows its times."""
        return self.add_fieldsets if obj is None else super().get_fieldsets(request, obj)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        """Parts of the address; it is stored in lower case and has no accents to fold."""
        for word in self.first_words(request, search_term.lower().split()):
            queryset = queryset.filter(Q(email__contains=word))
        return queryset, False

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Roles as boxes to tick, in the order of the table of rights."""
        return forms.ModelMultipleChoiceField(
            Group.objects.filter(name__in=[role.value for role in Role]).order_by("pk"),
            required=False,
            label="Rollen",
            widget=forms.CheckboxSelectMultiple,
            help_text="Mehrere sind möglich. Die Rechte folgen beim nächsten Seitenaufruf.",
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: what somebody did stays connected with who it was."""
        return False

    @admin.display(description="letzte Anmeldung", ordering="last_login")
    def login_shown(self, user: User) -> str:
        """When the person last signed in; who never did may still need an invitation."""
        if user.last_login is None:
            return f"noch nie, angelegt am {timezone.localtime(user.joined_at):%d.%m.%Y}"
        return f"{timezone.localtime(user.last_login):%d.%m.%Y %H:%M}"

    @admin.display(description="Rollen")
    def roles_shown(self, user: User) -> str:
        """Names of the roles."""
        return ", ".join(sorted(group.name for group in user.groups.all())) or "keine"
