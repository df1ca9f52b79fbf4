"""Milestones in the back office: the daily work."""

import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin import RelatedOnlyFieldListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from concept.forms import MilestoneForm, PlanForm, UnitForm, plan_form_for
from concept.lifecycle import NO_PLAN, confirm, correct_plan
from concept.models import Milestone
from concept.plan_admin import DESK
from concept.querysets import MilestoneQuerySet, expected_time
from concept.responsibility import assign
from kepol.lib.backoffice.admin import BaseAdmin
from kepol.lib.backoffice.steps import Step
from kepol.lib.periods.admin import period_filter

IN_A_MONTH = datetime.timedelta(days=30)
CONTEXT = "Stand und Abhängigkeiten"

# What the list and the form show by name; read with the rows instead of one by one.
RELATED = (
    "responsible",
    "contact",
    "measure",
    "project",
    "visit",
    "event",
    "resolution__committee",
    "resolution__submission",
)


class SituationFilter(admin.SimpleListFilter):
    """What follows from dates today; the start page links to these lists."""

    title = "Lage"
    parameter_name = "lage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """In the order of urgency."""
        return [
            ("verzoegert", "verzögert"),
            ("in-14-tagen", "in 14 Tagen fällig"),
            ("in-30-tagen", "in 30 Tagen fällig"),
            ("ohne-rueckmeldung", "Rückmeldung überfällig"),
            ("gefaehrdet", "gefährdet"),
            ("verschoben", "verschoben"),
            ("ohne-termin", "ohne Termin"),
            ("offen", "noch offen"),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Rows after the choice."""
        return _in_situation(queryset, self.value() or "", on=timezone.localdate())


def _in_situation(rows: MilestoneQuerySet, situation: str, *, on: datetime.date) -> MilestoneQuerySet:
    choices = {
        "verzoegert": rows.overdue(on=on),
        "in-14-tagen": rows.due_soon(on=on),
        "in-30-tagen": rows.due_soon(on=on, within=IN_A_MONTH),
        "ohne-rueckmeldung": rows.report_overdue(on=on),
        "gefaehrdet": rows.endangered(),
        "verschoben": rows.moved(),
        "ohne-termin": rows.undated(),
        "offen": rows.open(),
    }
    return choices.get(situation, rows)


def _confirm_today(milestone: Milestone, *, by: Any) -> None:
    confirm(milestone, today=timezone.localdate(), by=by)


def _correct_today(milestone: Milestone, *, planned: Any, reason: str, by: Any) -> None:
    correct_plan(milestone, planned=planned, reason=reason, by=by, today=timezone.localdate())


@admin.register(Milestone)
class MilestoneAdmin(BaseAdmin):
    """Milestones by the time they are expected, with what follows from their dates."""

    form = MilestoneForm
    work_group = DESK
    work_order = 10
    lock_all = True
    # The second count would be one query more, beside those of the filters.
    show_full_result_count = False
    list_display = (
        "title",
        "date_shown",
        "postponement_shown",
        "status_shown",
        "responsible_shown",
        "belongs_to",
        "reported_on",
    )
    list_filter = (
        SituationFilter,
        "status",
        ("responsible", RelatedOnlyFieldListFilter),
        ("measure__field_of_action", RelatedOnlyFieldListFilter),
        period_filter("planned", "geplant"),
    )
    search_keys = (
        "search_key",
        "responsible__search_key",
        "responsible__aliases__search_key",
        "involved__search_key",
        "involved__aliases__search_key",
        "measure__search_key",
        "project__search_key",
    )
    readonly_fields = ("situation_shown", "waits_for", "waited_for_by")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "title",
                    ("status", "reached_on"),
                    "planned",
                    ("forecast", "forecast_reason"),
                    "note",
                    "reported_on",
                )
            },
        ),
        (CONTEXT, {"fields": ("situation_shown", "waits_for", "waited_for_by")}),
        ("Wer", {"fields": ("responsible", "involved", "contact")}),
        ("Wozu", {"fields": ("measure", "project", "result_criterion", "predecessors", "position")}),
        (
            "Bezüge und Quelle",
            {"fields": ("resolution", "visit", "event", "source"), "classes": ("collapse",)},
        ),
    )
    steps = (
        Step(
            name="bestaetigen",
            label="Stand bestätigen …",
            run=_confirm_today,
            allowed=lambda milestone: milestone.is_open,
            explanation="Es hat sich nichts geändert: Nur „Stand vom“ wird auf heute gesetzt.",
            done="Stand bestätigt",
        ),
        Step(
            name="verantwortlich",
            label="Verantwortliche Dienststelle setzen …",
            run=assign,
            form=UnitForm,
            explanation="Die Dienststelle wird für die Meilensteine verantwortlich. Die bisherige verliert die Zuständigkeit.",
            done="Verantwortliche Dienststelle gesetzt",
        ),
        Step(
            name="plan-berichtigen",
            label="Geplanten Termin berichtigen …",
            run=_correct_today,
            form=PlanForm,
            form_for=plan_form_for,
            allowed=lambda milestone: milestone.planned is not None,
            refusal=NO_PLAN,
            explanation="Nur wenn der geplante Termin falsch eingetragen war. Hat er sich verschoben, tragen Sie eine Prognose ein.",
            done="Geplanter Termin berichtigt",
        ),
    )
    list_steps = ("bestaetigen", "verantwortlich")
    row_steps = ("bestaetigen",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the objects each one names, and whether it is in danger, all in one query."""
        return super().get_queryset(request).select_related(*RELATED).with_danger()  # type: ignore[attr-defined]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A stored plan is only shown: postponing never erases it (architecture). The form refuses another one that arrives."""
        fields = super().get_readonly_fields(request, obj)
        is_fixed = obj is not None and obj.planned is not None and "planned" not in request.POST
        return (*fields, "planned") if is_fixed else fields

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Without what follows from stored dates as long as nothing is stored."""
        fieldsets = super().get_fieldsets(request, obj)
        return fieldsets if obj else [one for one in fieldsets if one[0] != CONTEXT]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Whoever enters a milestone tells how things are today."""
        return {"reported_on": timezone.localdate(), **super().get_changeform_initial_data(request)}

    @admin.display(description="Termin", ordering=expected_time().asc(nulls_last=True))
    def date_shown(self, milestone: Milestone) -> str:
        """Reached, expected, or that there is no date."""
        return milestone.date_text(on=timezone.localdate())

    @admin.display(description="verschoben")
    def postponement_shown(self, milestone: Milestone) -> str | None:
        """From when to when, and why."""
        return milestone.postponement() or None

    @admin.display(description="Status", ordering="status")
    def status_shown(self, milestone: Any) -> str:
        """What somebody said, and what follows from the dates."""
        follows = milestone.situation(on=timezone.localdate(), is_endangered=milestone.in_danger)
        return ", ".join([milestone.get_status_display(), *follows])

    @admin.display(description="verantwortlich", ordering="responsible__sort_key")
    def responsible_shown(self, milestone: Milestone) -> str:
        """Code of the unit."""
        return milestone.responsible.code

    @admin.display(description="Maßnahme, Projekt", ordering="measure__sort_key", empty_value="keiner zugeordnet")
    def belongs_to(self, milestone: Milestone) -> Any:
        """Measure or project."""
        return milestone.measure or milestone.project

    @admin.display(description="Lage heute")
    def situation_shown(self, milestone: Milestone) -> str:
        """The date as it is now, and what follows from it."""
        today = timezone.localdate()
        is_endangered = getattr(milestone, "in_danger", None)
        words = ", ".join(milestone.situation(on=today, is_endangered=is_endangered)) or "keine Auffälligkeiten"
        return f"{milestone.date_text(on=today)}: {words}"

    @admin.display(description="wartet auf")
    def waits_for(self, milestone: Milestone) -> str:
        """What has to be reached before."""
        return _linked(milestone.predecessors.all())

    @admin.display(description="darauf warten")
    def waited_for_by(self, milestone: Milestone) -> str:
        """What cannot be reached before this one."""
        return _linked(milestone.successors.all())


def _linked(milestones: QuerySet) -> str:
    """List of milestones with date and status, each a link; says so when there are none."""
    today = timezone.localdate()
    lines = [
        (
            reverse("admin:concept_milestone_change", args=[one.pk]),
            one,
            one.date_text(on=today),
            one.get_status_display(),
        )
        for one in milestones.select_related("event")
    ]
    if not lines:
        return "nichts"
    return format_html("<ul>{}</ul>", format_html_join("", '<li><a href="{}">{}</a> – {} ({})</li>', lines))
