"""The concept in the back office: the way to it here, the plan and its milestones in modules of their own."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import RelatedOnlyFieldListFilter

from concept.forms import PositionedForm
from concept.milestone_admin import MilestoneAdmin, MilestoneReportAdmin
from concept.models import Evaluation, InventoryItem, PeerConcept, Workshop
from concept.plan_admin import DESK, SOURCE, FieldOfActionAdmin, GoalAdmin, IndicatorAdmin, MeasureAdmin, SdgFilter
from concept.reminders_admin import EscalationAdmin
from concept.rounds_admin import StatusRoundAdmin
from kepol.lib.backoffice.admin import BaseAdmin
from kepol.lib.periods.admin import period_column, period_filter


@admin.register(Workshop)
class WorkshopAdmin(BaseAdmin):
    """Workshops on the way to the concept; those without a date in their position."""

    form = PositionedForm
    work_group = DESK
    work_order = 50
    list_display = (
        "title",
        "kind",
        period_column("held", "Termin"),
        "place",
        "field_of_action",
        "people_shown",
    )
    list_filter = ("kind", period_filter("held", "Termin"), ("field_of_action", RelatedOnlyFieldListFilter))
    list_select_related = ("field_of_action",)
    search_keys = (
        "search_key",
        "organiser__search_key",
        "organiser__aliases__search_key",
        "participants__search_key",
        "participants__aliases__search_key",
    )
    fieldsets = (
        (None, {"fields": ("title", "kind", "held", "position", "place", "field_of_action")}),
        ("Wer", {"fields": ("organiser", "participants", "number_of_people")}),
        ("Ergebnis", {"fields": ("results", "file")}),
        SOURCE,
    )

    @admin.display(description="Teilnehmende", ordering="number_of_people", empty_value="nicht bekannt")
    def people_shown(self, workshop: Workshop) -> int | None:
        """How many took part."""
        return workshop.number_of_people


@admin.register(InventoryItem)
class InventoryItemAdmin(BaseAdmin):
    """What exists already."""

    work_group = DESK
    work_order = 60
    # The second count would be one query more, beside those of the filters.
    show_full_result_count = False
    list_display = (
        "title",
        "unit_shown",
        "field_of_action",
        period_column("period", "Zeitraum", empty="nicht bekannt"),
    )
    list_filter = (
        ("field_of_action", RelatedOnlyFieldListFilter),
        ("unit", RelatedOnlyFieldListFilter),
        period_filter("period", "Zeitraum"),
        SdgFilter,
    )
    list_select_related = ("unit", "field_of_action")
    search_keys = (
        "search_key",
        "unit__search_key",
        "unit__aliases__search_key",
        "organisations__search_key",
        "organisations__aliases__search_key",
    )
    fieldsets = (
        (None, {"fields": ("title", "description", "period")}),
        ("Wer", {"fields": ("unit", "organisations")}),
        ("Einordnung", {"fields": ("field_of_action", "sdgs")}),
        ("Bedarf", {"fields": ("needs",)}),
        SOURCE,
    )

    @admin.display(description="Dienststelle", ordering="unit__sort_key", empty_value="keine genannt")
    def unit_shown(self, item: InventoryItem) -> str | None:
        """Code of the unit."""
        return item.unit.code if item.unit else None


@admin.register(PeerConcept)
class PeerConceptAdmin(BaseAdmin):
    """What other municipalities do."""

    work_group = DESK
    work_order = 70
    list_display = ("title", "city", period_column("adopted", "beschlossen", empty="nicht bekannt"))
    list_filter = (period_filter("adopted", "beschlossen"),)
    list_select_related = ("city",)
    search_keys = ("search_key", "city__search_key", "city__aliases__search_key")
    fieldsets = (
        (None, {"fields": ("city", "title", "adopted", "url")}),
        ("Inhalt", {"fields": ("topics", "lessons")}),
        SOURCE,
    )


@admin.register(Evaluation)
class EvaluationAdmin(BaseAdmin):
    """The evaluation of the work and the decision on its permanence."""

    work_group = DESK
    work_order = 80
    list_display = (
        "title",
        period_column("period", "Zeitraum"),
        "unit_shown",
        "decision",
        period_column("decision_due", "Entscheidung vorgesehen"),
    )
    list_filter = ("decision", period_filter("period", "Zeitraum"), period_filter("decision_due", "vorgesehen"))
    list_select_related = ("unit",)
    search_keys = (
        "search_key",
        "unit__search_key",
        "unit__aliases__search_key",
        "evaluator__search_key",
        "evaluator__aliases__search_key",
    )
    fieldsets = (
        (None, {"fields": ("title", "subject", "period", "unit", "evaluator")}),
        ("Ergebnis", {"fields": ("findings", "file")}),
        (
            "Verstetigung",
            {
                "fields": ("decision_due", "decision", "resolution"),
                "description": "Sobald entschieden ist, nennen Sie auch den Beschluss.",
            },
        ),
        SOURCE,
    )

    @admin.display(description="Dienststelle", ordering="unit__sort_key", empty_value="keine genannt")
    def unit_shown(self, evaluation: Any) -> str | None:
        """Code of the unit."""
        return evaluation.unit.code if evaluation.unit else None


__all__ = [
    "EscalationAdmin",
    "EvaluationAdmin",
    "FieldOfActionAdmin",
    "GoalAdmin",
    "IndicatorAdmin",
    "InventoryItemAdmin",
    "MeasureAdmin",
    "MilestoneAdmin",
    "MilestoneReportAdmin",
    "PeerConceptAdmin",
    "StatusRoundAdmin",
    "WorkshopAdmin",
]
