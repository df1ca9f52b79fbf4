"""Wiedervorlagen in the back office: a list to work off. They are set on the page of a record. And the city's closed days."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from kepol.accounts.models import User
from kepol.dates.models import ClosedDay, Tickler
from kepol.dates.panels import lateness
from kepol.dates.steps import FINISH, REOPEN, colleagues
from kepol.lib.backoffice.admin import BaseAdmin, DefaultFilter


class StateFilter(DefaultFilter):
    """Due, open or done; the list starts with what is open."""

    title = "Stand"
    parameter_name = "stand"
    default = "offen"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Choices beside the default."""
        return [("faellig", "fällig"), ("erledigt", "erledigt"), (self.everything, "alle")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        """Rows after the choice."""
        if self.value() == self.everything:
            return queryset
        if self.value() == "faellig":
            return queryset.due(on=timezone.localdate())
        return queryset.done() if self.value() == "erledigt" else queryset.open()


class MineFilter(admin.SimpleListFilter):
    """Those meant for whoever looks."""

    title = "Für wen"
    parameter_name = "fuer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """One choice beside everybody's."""
        return [("mich", "meine")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        """Rows after the choice."""
        return queryset.meant_for(request.user) if self.value() == "mich" else queryset


@admin.register(Tickler)
class TicklerAdmin(BaseAdmin):
    """All Wiedervorlagen by day."""

    work_group = "Schreibtisch"
    work_order = 10
    steps = (FINISH, REOPEN)
    list_steps = (FINISH.name,)
    row_steps = (FINISH.name, REOPEN.name)
    list_display = ("due_shown", "note", "record_link", "for_whom", "done_on")
    list_display_links = ("due_shown", "note")
    list_filter = (StateFilter, MineFilter)
    list_select_related = ("for_whom",)
    readonly_fields = ("record_link", "done_on", "done_by")
    fieldsets = (
        (None, {"fields": ("record_link", "due_on", "note", "for_whom")}),
        ("Erledigung", {"fields": ("done_on", "done_by")}),
    )

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """For whom: only who can see it, and whoever it was set for."""
        if db_field.name == "for_whom" and request.resolver_match is not None:
            held = Tickler.objects.filter(pk=request.resolver_match.kwargs.get("object_id", "").strip() or None)
            kwargs["queryset"] = (
                colleagues(request.user) | User.objects.filter(pk__in=held.values("for_whom")).distinct()
            )
            kwargs["widget"] = forms.Select()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """They are set on the page of a record."""
        return False

    @admin.display(description="Tag", ordering="due_on")
    def due_shown(self, tickler: Tickler) -> str:
        """Day, and how late it is."""
        late = lateness(tickler, on=timezone.localdate())
        return f"{tickler.due_on:%d.%m.%Y} ({late})" if late else f"{tickler.due_on:%d.%m.%Y}"

    @admin.display(description="Eintrag", ordering="sort_key")
    def record_link(self, tickler: Tickler) -> str:
        """Link to the record, under the name it bore when the Wiedervorlage was set."""
        return tickler.record_link


@admin.register(ClosedDay)
class ClosedDayAdmin(BaseAdmin):
    """Days on which nobody is reminded, beside weekends and holidays."""

    work_group = "Stammdaten"
    work_order = 60
    list_display = ("name", "first_day", "last_day")
    fields = ("name", "first_day", "last_day")
