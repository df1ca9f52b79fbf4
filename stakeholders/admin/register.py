"""The register of organisations, people and memberships in the back office."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from kepol.lib.backoffice.admin import BaseAdmin, BoundedInline, RetiredFilter
from stakeholders.access_steps import ACCESS_STEPS
from stakeholders.admin.access import InvitingAdmin
from stakeholders.admin.filters import LastContactFilter, ReviewFilter, TermFilter
from stakeholders.models import Absence, Membership, Organisation, OrganisationAlias, OrganisationName, Person
from stakeholders.reviews import proposing_reviews
from stakeholders.steps import ERASE, EXTEND, NOTE_WITH_ORGANISATION, NOTE_WITH_PERSON


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


@contextmanager
def _reviews_following(request: HttpRequest, people: Collection[int]) -> Iterator[None]:
    """Say whose day of review was entered or taken away because of what happened to the memberships of `people` inside."""
    with proposing_reviews(people) as changed:
        yield
    for person in changed:
        messages.info(request, f"{person}: {_told(person)}")


def _told(person: Person) -> str:
    if person.review_on is None:
        return "Das vorgeschlagene Prüfdatum ist wieder leer, weil eine Mitgliedschaft ohne Ende läuft."
    return f"Als Prüfdatum ist der {person.review_on:%d.%m.%Y} eingetragen, weil keine Mitgliedschaft mehr läuft."


def _people_of(form: Any) -> set[int]:
    """Keys of the people a form of a membership takes it from and gives it to; none when it changes nothing."""
    if not form.has_changed():
        return set()
    return {int(key) for key in (form.initial.get("person"), form.instance.person_id) if key}


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


class AbsenceInline(BoundedInline):
    """When somebody is away."""

    model = Absence
    fk_name = "person"
    fields = ("first_day", "last_day", "deputy")
    verbose_name_plural = "Abwesenheiten (ohne Grund; in dieser Zeit wird die Vertretung erinnert)"


@admin.register(Organisation)
class OrganisationAdmin(BaseAdmin):
    """All organisations in one register, the city's own units among them."""

    work_group = "Akteure"
    work_order = 10
    lock_all = True
    steps = (NOTE_WITH_ORGANISATION,)
    list_steps = row_steps = (NOTE_WITH_ORGANISATION.name,)
    list_display = ("name_shown", "kind", "parent", "last_contact_shown", "retired_on")
    list_filter = (RetiredFilter, LastContactFilter, "kind", "sdgs")
    list_select_related = ("parent",)
    search_keys = ("search_key", "aliases__search_key", "former_names__search_key")
    inlines = (AliasInline, FormerNameInline, MemberInline)
    readonly_fields = ("retired_on", "retired_reason")
    fieldsets = (
        (None, {"fields": ("kind", "name", "code", "parent")}),
        ("Weiteres", {"fields": ("sdgs", "website", "note")}),
        ("Stilllegung", {"fields": ("retired_on", "retired_reason"), "classes": ("collapse",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the day of the last contact."""
        return super().get_queryset(request).with_last_contact()  # type: ignore[attr-defined]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The day to look at somebody again follows their memberships."""
        rows = [row for formset in formsets if formset.model is Membership for row in formset.forms]
        with _reviews_following(request, set().union(*map(_people_of, rows))):
            super().save_related(request, form, formsets, change)

    @admin.display(description="Kürzel und Name", ordering="sort_key")
    def name_shown(self, organisation: Organisation) -> str:
        """In one column, because the rows are ordered by both."""
        return str(organisation)

    @admin.display(description="letzter Kontakt", ordering="last_contact", empty_value="noch keiner")
    def last_contact_shown(self, organisation: Any) -> Any:
        """Day of the last contact that was noted."""
        return organisation.last_contact


@admin.register(Person)
class PersonAdmin(InvitingAdmin):
    """People with their work contact."""

    work_group = "Akteure"
    work_order = 20
    steps = (NOTE_WITH_PERSON, *ACCESS_STEPS, EXTEND, ERASE)
    list_steps = (NOTE_WITH_PERSON.name, EXTEND.name, ERASE.name)
    row_steps = (NOTE_WITH_PERSON.name,)
    list_display = ("family_name", "given_name", "organisations_shown", "function", "email", "review_on", "retired_on")
    list_filter = (RetiredFilter, ReviewFilter, "memberships__role", "may_be_named")
    search_keys = (
        "search_key",
        "memberships__organisation__search_key",
        "memberships__organisation__aliases__search_key",
        "memberships__organisation__former_names__search_key",
    )
    inlines = (MembershipInline, AbsenceInline)
    readonly_fields = ("retired_on", "retired_reason")
    fieldsets = (
        (None, {"fields": (("title", "given_name", "family_name"), "function")}),
        ("Dienstlicher Kontakt", {"fields": (("email", "phone"), "may_be_named")}),
        (
            "Datenschutz",
            {
                "fields": ("source", "purpose", "review_on"),
                "description": "Woher die Angaben stammen, wofür sie gebraucht werden und wann sie zu prüfen oder zu löschen sind.",
            },
        ),
        ("Zugang zur Anwendung", {"fields": ("user",)}),
        ("Stilllegung", {"fields": ("retired_on", "retired_reason"), "classes": ("collapse",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With today's organisations."""
        today = Membership.objects.in_force(timezone.localdate()).select_related("organisation")
        return super().get_queryset(request).prefetch_related(Prefetch("memberships", today, to_attr="current"))

    @admin.display(description="Organisation")
    def organisations_shown(self, person: Any) -> str | None:
        """Codes or names of the organisations somebody belongs to today."""
        organisations = (membership.organisation for membership in person.current)
        return ", ".join(one.code or one.name for one in organisations) or None

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """When all memberships have an end, propose a day to look at the details again."""
        with _reviews_following(request, {form.instance.pk}):
            super().save_related(request, form, formsets, change)


@admin.register(Membership)
class MembershipAdmin(BaseAdmin):
    """All memberships, for looking through; they are kept with the person or the organisation."""

    index_hidden = True
    list_display = ("person", "role", "organisation", "valid_from", "valid_to")
    list_filter = (TermFilter, "role")
    list_select_related = ("person", "organisation")
    search_keys = ("person__search_key", "organisation__search_key", "organisation__aliases__search_key")
    lock_all = True
    fields = ("person", "organisation", "role", "valid_from", "valid_to")

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        """The day to look at the person again follows their memberships."""
        with _reviews_following(request, _people_of(form)):
            super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        """The same when one is deleted."""
        with _reviews_following(request, {obj.person_id}):
            super().delete_model(request, obj)
