"""The stakeholder register in the back office."""

from django.contrib import admin

from kepol.lib.backoffice.admin import BaseAdmin, BoundedInline, RetiredFilter
from stakeholders.models import Membership, Organisation, OrganisationAlias, OrganisationName, Person


class FormerNameInline(BoundedInline):
    """Earlier names with their validity."""

    model = OrganisationName
    fields = ("name", "valid_from", "valid_to")
    verbose_name_plural = "Frühere Namen (ältere Vorlagen drucken den Namen ihres Tages)"


class AliasInline(BoundedInline):
    """Other spellings."""

    model = OrganisationAlias
    fields = ("name",)
    verbose_name_plural = "Andere Schreibweisen (werden bei der Suche gefunden)"


class MemberInline(BoundedInline):
    """People of an organisation."""

    model = Membership
    fk_name = "organisation"
    lock_all = True
    fields = ("person", "role", "valid_from", "valid_to")
    verbose_name_plural = "Personen"


class MembershipInline(BoundedInline):
    """Organisations of a person."""

    model = Membership
    fk_name = "person"
    lock_all = True
    fields = ("organisation", "role", "valid_from", "valid_to")


@admin.register(Organisation)
class OrganisationAdmin(BaseAdmin):
    """All organisations in one register, the city's own units among them."""

    work_group = "Akteure"
    work_order = 10
    lock_all = True
    list_display = ("name", "code", "kind", "parent", "retired_on")
    list_filter = (RetiredFilter, "kind")
    list_select_related = ("parent",)
    search_keys = ("search_key", "aliases__search_key", "former_names__search_key")
    inlines = (AliasInline, FormerNameInline, MemberInline)
    readonly_fields = ("retired_on", "retired_reason")
    fieldsets = (
        (None, {"fields": ("kind", "name", "code", "parent")}),
        ("Weiteres", {"fields": ("website", "note")}),
        ("Stilllegung", {"fields": ("retired_on", "retired_reason"), "classes": ("collapse",)}),
    )


@admin.register(Person)
class PersonAdmin(BaseAdmin):
    """People with their work contact."""

    work_group = "Akteure"
    work_order = 20
    list_display = ("family_name", "given_name", "title", "function", "email", "retired_on")
    list_filter = (RetiredFilter, "memberships__role")
    inlines = (MembershipInline,)
    readonly_fields = ("retired_on", "retired_reason")
    fieldsets = (
        (None, {"fields": (("title", "given_name", "family_name"), "function")}),
        ("Dienstlicher Kontakt", {"fields": (("email", "phone"), "source")}),
        ("Zugang zur Anwendung", {"fields": ("user",)}),
        ("Stilllegung", {"fields": ("retired_on", "retired_reason"), "classes": ("collapse",)}),
    )


@admin.register(Membership)
class MembershipAdmin(BaseAdmin):
    """All memberships, for looking through; they are kept with the person or the organisation."""

    index_hidden = True
    list_display = ("person", "role", "organisation", "valid_from", "valid_to")
    list_filter = ("role",)
    list_select_related = ("person", "organisation")
    search_keys = ("person__search_key", "organisation__search_key")
    lock_all = True
    fields = ("person", "organisation", "role", "valid_from", "valid_to")
