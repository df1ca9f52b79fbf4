"""Milestones in the back office: the daily work, and what was said about them."""

import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin import DateFieldListFilter, RelatedOnlyFieldListFilter
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from concept import door_admin
from concept.authors import names_of, signature
from concept.choices import ReportStep
from concept.forms import MilestoneForm
from concept.lifecycle import is_allowed
from concept.models import Milestone, MilestoneEvidence, MilestoneReport
from concept.models.milestones import UNDATED
from concept.plan_admin import DESK
from concept.querysets import expected_time
from concept.round_filters import RoundFilter
from concept.situations import SITUATIONS, in_situation
from kepol.lib.backoffice.admin import BaseAdmin, BoundedInline, DefaultFilter, ViewOnlyAdmin
from kepol.lib.backoffice.changelist import RangedChangeList
from kepol.lib.periods.admin import period_filter

CONTEXT, SAID = "Stand und Abhängigkeiten", "Rückmeldungen und Kommentare"
OPEN = "offen"
REPORTS_SHOWN = 50
TEXT_SHOWN = 120
#: Only a step changes these in a stored milestone: the door of `concept.lifecycle`, `assign` for who is responsible.
BEHIND_DOORS = ("status", "reached_on", "forecast", "forecast_reason", "reported_on", "responsible")

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


class SituationFilter(DefaultFilter):
    """What follows from dates today; the start page links to these lists. The list starts with what is open."""

    title = "Lage"
    parameter_name = "lage"
    default = SITUATIONS[OPEN]

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        super().__init__(request, *args)
        # Whoever asks for what is reached, or what was answered in a Sachstandsabfrage, must not be left with an empty list.
        self.asks_otherwise = any(name.startswith(("status", "abfrage")) for name in request.GET)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """In the order of urgency."""
        told = [(key, words) for key, words in SITUATIONS.items() if key != OPEN]
        return [*told, (self.everything, self.everything)]

    def value(self) -> str | None:
        """What the address asks for; None for what is open, whether it says so or nothing that is known."""
        found = super().value()
        if found is None:
            return self.everything if self.asks_otherwise else None
        return found if found in dict(self.lookup_choices) else None

    def choices(self, changelist: Any) -> Any:
        """What is open is asked for by name where the list would start with everything."""
        first, *rest = super().choices(changelist)
        address = {"query_string": changelist.get_query_string({self.parameter_name: OPEN})}
        yield {**first, **(address if self.asks_otherwise else {})}
        yield from rest

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Rows after the choice."""
        chosen = self.value()
        if chosen == self.everything:
            return queryset
        return in_situation(queryset, chosen or OPEN, on=timezone.localdate())


class EvidenceInline(BoundedInline):
    """Files that show how far the milestone has come."""

    model = MilestoneEvidence
    fields = ("title", "file", "added_shown")
    readonly_fields = ("added_shown",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the accounts that added them."""
        return super().get_queryset(request).select_related("added_by")

    @admin.display(description="Hinzugefügt", empty_value="")
    def added_shown(self, evidence: MilestoneEvidence) -> str | None:
        """By whom and when; nothing in a new row."""
        if evidence.pk is None:
            return None
        return f"{self._name(evidence)}, {timezone.localtime(evidence.added_at):%d.%m.%Y}"

    def _name(self, evidence: MilestoneEvidence) -> str:
        """Name of who added it; read with the first row for all rows of the page."""
        if not hasattr(self, "_names"):
            self._names = names_of(evidence.milestone.evidence.values_list("added_by", flat=True))
        return self._names.get(evidence.added_by_id, str(evidence.added_by))


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
        RoundFilter,
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
    inlines = (EvidenceInline,)
    readonly_fields = ("situation_shown", "waits_for", "waited_for_by", "reports_shown")
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
        (SAID, {"fields": ("reports_shown",)}),
        ("Wer", {"fields": ("responsible", "involved", "contact")}),
        ("Wozu", {"fields": ("measure", "project", "result_criterion", "predecessors", "position")}),
        (
            "Bezüge und Quelle",
            {"fields": ("resolution", "visit", "event", "source"), "classes": ("collapse",)},
        ),
    )
    steps = door_admin.STEPS
    list_steps = ("bestaetigen", "verantwortlich")
    row_steps = ("bestaetigen",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the objects each one names, and whether it is in danger, all in one query."""
        return super().get_queryset(request).select_related(*RELATED).with_danger()  # type: ignore[attr-defined]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What has a door is only shown once it is stored, like the plan: postponing never erases it (architecture).

        The form refuses another plan that arrives; whatever else an older form brings changes nothing.
        """
        fields = super().get_readonly_fields(request, obj)
        if obj is None:
            return fields
        is_fixed = obj.planned is not None and "planned" not in request.POST
        return (*fields, *BEHIND_DOORS, "planned") if is_fixed else (*fields, *BEHIND_DOORS)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Without what follows from stored dates and what was said as long as nothing is stored."""
        fieldsets = super().get_fieldsets(request, obj)
        return fieldsets if obj else [one for one in fieldsets if one[0] not in {CONTEXT, SAID}]

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Note who adds a file."""
        for row in formset.extra_forms:
            row.instance.added_by = request.user
        super().save_formset(request, form, formset, change)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Whoever enters a milestone tells how things are today."""
        return {"reported_on": timezone.localdate(), **super().get_changeform_initial_data(request)}

    def standing(self, milestone: Milestone) -> str:
        """Status, date and what was last said, for whoever is about to say something else."""
        line = f"Status {milestone.get_status_display()}{_dated(milestone)}, Stand vom {milestone.reported_on:%d.%m.%Y}"
        last = milestone.reports.answers().exclude(text="").first()
        return f"{line}: „{Truncator(last.text).chars(TEXT_SHOWN)}“" if last else line

    def why_it_stays(self, milestone: Milestone) -> str:
        """What was said about a milestone stays, and the milestone with it."""
        count = milestone.reports.count()
        if not count:
            return ""
        told = "eine Rückmeldung" if count == 1 else f"{count} Rückmeldungen"
        instead = " Wird er nicht mehr gebraucht, wählen Sie „Entfallen lassen …“."
        return (
            f"„{milestone}“ hat {told} und bleibt deshalb stehen."
            f"{instead if is_allowed(ReportStep.DROP, milestone) else ''}"
        )

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

    @admin.display(description="neueste zuerst")
    def reports_shown(self, milestone: Milestone) -> str:
        """What was said and by whom; a list of its own leads to more than fifty."""
        found = list(milestone.reports.select_related("by", "unit")[: REPORTS_SHOWN + 1])
        if not found:
            return "noch keine; wie er steht, wurde mit ihm eingetragen"
        names = names_of(row.by_id for row in found)
        shown = _told((row, signature(row, names)) for row in found[:REPORTS_SHOWN])
        if len(found) <= REPORTS_SHOWN:
            return shown
        address = reverse("admin:concept_milestonereport_changelist", query={"milestone__id__exact": milestone.pk})
        return shown + format_html('<a href="{}">alle Rückmeldungen und Kommentare</a>', address)


def _dated(milestone: Milestone) -> str:
    """Day reached or date, and what follows from it today, as it goes on after the status."""
    today = timezone.localdate()
    date = milestone.date_text(on=today)
    if milestone.reached_on:
        return f" am {date}"
    follows = ", ".join(milestone.situation(on=today, is_endangered=getattr(milestone, "in_danger", None)))
    return f", {'' if date == UNDATED else 'Termin '}{date}{f' ({follows})' if follows else ''}"


def _told(reports: Any) -> SafeString:
    """List of pairs of a report and who said it."""
    lines = (
        (
            row.headline(),
            timezone.localtime(row.at).strftime("%d.%m.%Y, %H:%M"),
            who,
            f"; Stand vom {row.as_of:%d.%m.%Y}" if row.is_answer else "",
            row.text,
        )
        for row, who in reports
    )
    line = "<li><strong>{}</strong> – {} Uhr, {}{}<br>{}</li>"
    return format_html("<ul>{}</ul>", format_html_join("", line, lines))


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


class KindFilter(admin.SimpleListFilter):
    """What was done; the start page links to the moved dates."""

    title = "Art"
    parameter_name = "art"
    moved = "verschoben"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Moved dates under the name the start page knows, the other steps under their own."""
        others = [(step.value, str(step.label)) for step in ReportStep if step != ReportStep.RESCHEDULE]
        return [(self.moved, str(ReportStep.RESCHEDULE.label)), *others]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Rows after the choice."""
        if self.value() == self.moved:
            return queryset.moved()
        return queryset.filter(step=self.value()) if self.value() in set(ReportStep) else queryset


class PassedOnFilter(admin.SimpleListFilter):
    """Whether a unit said it itself or through the Koordination."""

    title = "im Auftrag"
    parameter_name = "im-auftrag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Both."""
        return [("ja", "im Auftrag einer Dienststelle"), ("nein", "selbst gemeldet")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Rows after the choice."""
        wanted = {"ja": queryset.exclude(channel=""), "nein": queryset.filter(channel="")}
        return wanted.get(self.value() or "", queryset)


class ReportChangeList(RangedChangeList):
    """List that knows the names of the people behind the accounts of its page."""

    def get_results(self, request: HttpRequest) -> None:
        """Rows of the page, each with `who` said it; one query for all names."""
        super().get_results(request)
        self.result_list = list(self.result_list)
        names = names_of(row.by_id for row in self.result_list)
        for row in self.result_list:
            row.who = signature(row, names)


@admin.register(MilestoneReport)
class MilestoneReportAdmin(ViewOnlyAdmin):
    """Everything that was said about milestones, newest first; it stays as it was said."""

    work_group = DESK
    work_order = 15
    list_display = ("at", "milestone", "headline_shown", "who_shown", "as_of_shown", "text_shown")
    list_display_links = ("milestone",)
    list_filter = (
        KindFilter,
        "reason",
        ("milestone__responsible", RelatedOnlyFieldListFilter),
        PassedOnFilter,
        ("at", DateFieldListFilter),
    )
    list_select_related = ("milestone", "by", "unit")
    search_keys = ("milestone__search_key",)
    # The second count would be one query more, beside those of the filters.
    show_full_result_count = False
    fields = (
        "milestone",
        "headline_shown",
        "text",
        "who_shown",
        "at",
        "as_of_shown",
        "unit",
        ("channel", "received_on"),
        ("status_before", "status"),
        ("moved_from", "moved_to", "reason"),
        "reached_on",
    )
    readonly_fields = ("headline_shown", "who_shown", "at", "as_of_shown")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[RangedChangeList]:
        """List that knows names."""
        return ReportChangeList

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What was said has no history; that of its milestone tells what became of it."""
        report = self.get_object(request, unquote(object_id))
        if report is None or not self.has_view_permission(request, report):
            return super().history_view(request, object_id, extra_context)
        return HttpResponseRedirect(reverse("admin:concept_milestone_history", args=[report.milestone_id]))

    @admin.display(description="Was", ordering="step")
    def headline_shown(self, report: MilestoneReport) -> str:
        """The kind, another status, another date."""
        return report.headline()

    @admin.display(description="Stand vom", ordering="as_of", empty_value="–")
    def as_of_shown(self, report: MilestoneReport) -> datetime.date | None:
        """The day for which it holds; a comment tells of none."""
        return report.as_of if report.is_answer else None

    @admin.display(description="Wer")
    def who_shown(self, report: Any) -> str:
        """Name and unit; for what was passed on also how and when it was received."""
        return getattr(report, "who", None) or signature(report, names_of([report.by_id]))

    @admin.display(description="Text", empty_value="")
    def text_shown(self, report: MilestoneReport) -> str | None:
        """The words, as long as a line of the list holds."""
        return Truncator(report.text).chars(TEXT_SHOWN) or None
