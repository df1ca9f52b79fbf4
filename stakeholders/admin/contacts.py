"""The contact log in the back office: to look through, to work off, to delete in time."""

import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from kepol.lib.backoffice.admin import BaseAdmin
from kepol.lib.backoffice.forms import VersionedForm
from stakeholders.admin.filters import DeletionFilter, NextStepFilter
from stakeholders.models import ContactEntry
from stakeholders.steps import FINISH, PURGE, REOPEN, refuse_future


class ContactEntryForm(VersionedForm):
    """A contact with everything that belongs to it."""

    def clean_day(self) -> datetime.date:
        """A contact has happened."""
        return refuse_future(self.cleaned_data["day"])


@admin.register(ContactEntry)
class ContactEntryAdmin(BaseAdmin):
    """All contacts, the latest first; the quick way to note one is the step at an organisation or a person."""

    form = ContactEntryForm
    work_group = "Schreibtisch"
    work_order = 20
    steps = (FINISH, REOPEN, PURGE)
    list_steps = (FINISH.name, PURGE.name)
    row_steps = (FINISH.name, PURGE.name)
    list_display = ("day", "with_whom", "subject", "channel", "next_step_shown")
    list_display_links = ("day", "subject")
    list_filter = (NextStepFilter, DeletionFilter, "channel", "day")
    list_select_related = ("organisation", "person")
    search_keys = (
        "search_key",
        "organisation__search_key",
        "organisation__aliases__search_key",
        "organisation__former_names__search_key",
        "person__search_key",
    )
    readonly_fields = ("next_step_done_on", "recorded_by")
    fieldsets = (
        (None, {"fields": ("organisation", "person", ("day", "channel"), "subject", "details")}),
        (
            "Wie es weitergeht",
            {
                "fields": ("next_step", "next_step_on", "next_step_done_on"),
                "description": "Ist der Tag erreicht, erscheint der Schritt auf der Übersicht.",
            },
        ),
        ("Aufbewahrung", {"fields": ("delete_on", "recorded_by")}),
    )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A contact is mostly noted on the day it took place."""
        return {"day": timezone.localdate(), **super().get_changeform_initial_data(request)}

    def save_model(self, request: HttpRequest, obj: ContactEntry, form: Any, change: bool) -> None:
        """Note who wrote it down."""
        if not change:
            obj.recorded_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)

    @admin.display(description="Mit", ordering="organisation__sort_key")
    def with_whom(self, entry: ContactEntry) -> str:
        """Person, organisation, or the person of the organisation."""
        return ", ".join(str(one) for one in (entry.person, entry.organisation) if one)

    @admin.display(description="nächster Schritt", ordering="next_step_on", empty_value="keiner")
    def next_step_shown(self, entry: ContactEntry) -> str | None:
        """What comes next, until when, and whether that was done or is late."""
        if not entry.next_step:
            return None
        return f"{entry.next_step} ({_state_of_step(entry, on=timezone.localdate())})"


def _state_of_step(entry: ContactEntry, *, on: datetime.date) -> str:
    if entry.next_step_done_on is not None:
        return f"erledigt am {entry.next_step_done_on:%d.%m.%Y}"
    if entry.next_step_on is None:
        return "ohne Termin"
    if entry.next_step_on == on:
        return "heute fällig"
    return f"{'überfällig seit' if entry.next_step_on < on else 'bis'} {entry.next_step_on:%d.%m.%Y}"
