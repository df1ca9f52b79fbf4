"""Events in the back office."""

from django.contrib import admin

from kepol.lib.backoffice.admin import BaseAdmin
from stakeholders.admin.filters import EventFilter
from stakeholders.models import Event
from stakeholders.querysets import EVENT_DAY


@admin.register(Event)
class EventAdmin(BaseAdmin):
    """Events, the latest first; those that have only a period stand among the others by its end."""

    work_group = "Akteure"
    work_order = 40
    list_display = ("title", "when_shown", "place_shown", "organiser")
    list_filter = (EventFilter, "sdgs")
    list_select_related = ("organiser",)
    search_keys = (
        "search_key",
        "organiser__search_key",
        "organiser__aliases__search_key",
        "involved__search_key",
        "involved__aliases__search_key",
    )
    fieldsets = (
        (None, {"fields": ("title", "place", "url")}),
        (
            "Termin",
            {
                "fields": ("starts_at", "ends_at", "period"),
                "description": "Beginn und Ende mit Uhrzeit (Ortszeit Deutschland). Steht die Uhrzeit noch nicht fest, genügt ein Zeitraum.",
            },
        ),
        ("Wer und wozu", {"fields": ("organiser", "involved", "sdgs", "description")}),
        ("Quelle", {"fields": ("source",), "classes": ("collapse",)}),
    )

    @admin.display(description="Termin", ordering=EVENT_DAY)
    def when_shown(self, event: Event) -> str:
        """Day and times, or the period, or that there is none."""
        return event.when()

    @admin.display(description="Ort", ordering="place", empty_value="nicht bekannt")
    def place_shown(self, event: Event) -> str | None:
        """Place, or the event's address on the web."""
        return event.place or event.url or None
