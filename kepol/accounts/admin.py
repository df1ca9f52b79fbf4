"""Accounts in the back office: Technik opens, changes and closes them; Koordination looks them up."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from kepol.accounts.choices import Role
from kepol.accounts.models import User
from kepol.lib.backoffice.admin import BaseAdmin
from kepol.lib.backoffice.forms import VersionedForm


class RolesMixin:
    """Roles as boxes to tick, in the order of the table of rights."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "groups" in self.fields:  # type: ignore[attr-defined]
            self.fields["groups"].queryset = Group.objects.filter(name__in=[role.value for role in Role]).order_by("pk")  # type: ignore[attr-defined]
            self.fields["groups"].label = "Rollen"  # type: ignore[attr-defined]
            self.fields["groups"].help_text = "Mehrere sind möglich. Die Rechte folgen beim nächsten Seitenaufruf."  # type: ignore[attr-defined]


class AccountCreationForm(RolesMixin, AdminUserCreationForm):
    """A new account."""

    class Meta:
        model = User
        fields = ("email", "groups")
        widgets = {"groups": forms.CheckboxSelectMultiple}


class AccountChangeForm(RolesMixin, VersionedForm, UserChangeForm):
    """An existing account."""

    class Meta:
        model = User
        fields = ("email", "password", "is_active", "groups")
        widgets = {"groups": forms.CheckboxSelectMultiple}


@admin.register(User)
class UserAdmin(BaseAdmin, DjangoUserAdmin):
    """Accounts. What an account may do follows from its roles alone."""

    work_group = "Zugänge"
    work_order = 10
    form = AccountChangeForm
    add_form = AccountCreationForm
    list_display = ("email", "roles_shown", "is_active", "last_login")
    list_filter = ("is_active", ("groups", admin.RelatedOnlyFieldListFilter))
    ordering = ("email",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "joined_at")
    search_keys = ("email",)
    fieldsets = (
        (None, {"fields": ("email", "password", "is_active")}),
        ("Rollen", {"fields": ("groups",)}),
        ("Verlauf", {"fields": ("last_login", "joined_at")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("email", "usable_password", "password1", "password2", "groups")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the roles of all rows in one query; only a superuser sees superusers."""
        rows = super().get_queryset(request).prefetch_related("groups")
        return rows if request.user.is_superuser else rows.filter(is_superuser=False)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        """Parts of the address; it is stored in lower case and has no accents to fold."""
        for word in search_term.lower().split():
            queryset = queryset.filter(Q(email__contains=word))
        return queryset, False

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Keep the boxes of the form."""
        kwargs.setdefault("widget", forms.CheckboxSelectMultiple())
        return forms.ModelMultipleChoiceField(
            Group.objects.filter(name__in=[role.value for role in Role]).order_by("pk"),
            required=False,
            label="Rollen",
            widget=kwargs["widget"],
            help_text="Mehrere sind möglich. Die Rechte folgen beim nächsten Seitenaufruf.",
        )

    @admin.display(description="Rollen")
    def roles_shown(self, user: User) -> str:
        """Names of the roles."""
        return ", ".join(sorted(group.name for group in user.groups.all())) or "keine"
