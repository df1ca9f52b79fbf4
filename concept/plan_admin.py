"""The plan in the back office: fields of action, goals, measures and indicators."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import RelatedOnlyFieldListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from concept.forms import IndicatorValueForm, IndicatorValueFormSet, MeasureForm, ProgressForm
from concept.models import FieldOfAction, Goal, Indicator, IndicatorValue, Measure
from concept.models.figures import number_text
from concept.progress import set_progress
from concept.querysets import about_sdg
from kepol.lib.backoffice.admin import BaseAdmin, BoundedInline, RetiredFilter
from kepol.lib.backoffice.steps import Step
from kepol.lib.periods.admin import period_column, period_filter

DESK = "Konzept und Maßnahmen"
RETIREMENT: tuple[str, Any] = ("Stilllegung", {"fields": ("retired_on", "retired_reason"), "classes": ("collapse",)})
SOURCE: tuple[str, Any] = ("Quelle", {"fields": ("source",), "classes": ("collapse",)})
MILESTONES_SHOWN = 50
SDGS = {str(number): f"SDG {number}" for number in range(1, 18)}


class SdgFilter(admin.SimpleListFilter):
    """Rows that serve one of the 17 goals."""

    title = "SDG"
    parameter_name = "sdg"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """All goals, by their number alone: these need no query."""
        return list(SDGS.items())

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Rows after the choice."""
        number = self.value()
        return queryset.filter(about_sdg(queryset.model, int(number))) if number in SDGS else queryset


class NumberedAdmin(BaseAdmin):
    """Fields of action and goals: how many measures they have; `measure_field` is the field of a measure that points here."""

    measure_field: str

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the number of measures."""
        return super().get_queryset(request).with_number_of_measures()  # type: ignore[attr-defined]

    @admin.display(description="Maßnahmen", ordering="number_of_measures")
    def measures_shown(self, row: Any) -> str:
        """Number of measures, linked to their list."""
        url = reverse("admin:concept_measure_changelist", query={f"{self.measure_field}__id__exact": row.pk})
        return format_html('<a href="{}">{}</a>', url, row.number_of_measures)


class MeasureOfGoalInline(BoundedInline):
    """Measures of a goal, to look at; that a goal stays in their field of action is a rule between rows of both kinds."""

    model = Measure
    lock_all = True
    fields = readonly_fields = ("code", "title", "status")
    show_change_link = True
    verbose_name_plural = "Maßnahmen dieses Ziels"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Measures are kept on their own page."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Measures are kept on their own page."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Measures are kept on their own page."""
        return False


@admin.register(FieldOfAction)
class FieldOfActionAdmin(NumberedAdmin):
    """Fields of action."""

    measure_field = "field_of_action"
    work_group = DESK
    work_order = 30
    list_display = ("code", "title", "lead_shown", "main_sdg", "measures_shown", "retired_on")
    list_display_links = ("code", "title")
    list_filter = (RetiredFilter, SdgFilter, ("lead", RelatedOnlyFieldListFilter))
    list_select_related = ("lead", "main_sdg")
    search_keys = ("search_key", "lead__search_key", "lead__aliases__search_key")
    readonly_fields = ("retired_on", "retired_reason")
    fieldsets = (
        (None, {"fields": ("code", "title", "lead", "description")}),
        ("Nachhaltigkeitsziele", {"fields": ("main_sdg", "sdgs")}),
        SOURCE,
        RETIREMENT,
    )

    @admin.display(description="Federführung", ordering="lead__sort_key", empty_value="offen")
    def lead_shown(self, field: FieldOfAction) -> str | None:
        """Code of the unit."""
        return field.lead.code if field.lead else None


@admin.register(Goal)
class GoalAdmin(NumberedAdmin):
    """Goals of the fields of action."""

    measure_field = "goal"
    work_group = DESK
    work_order = 40
    list_display = ("code", "title", "level", "field_of_action", "measures_shown", "retired_on")
    list_display_links = ("code", "title")
    list_filter = (RetiredFilter, "level", ("field_of_action", RelatedOnlyFieldListFilter), SdgFilter)
    list_select_related = ("field_of_action",)
    search_keys = ("search_key", "field_of_action__search_key")
    inlines = (MeasureOfGoalInline,)
    readonly_fields = ("retired_on", "retired_reason")
    fieldsets = (
        (None, {"fields": ("field_of_action", "code", "title", "level", "description", "sdgs")}),
        SOURCE,
        RETIREMENT,
    )


class IndicatorInline(BoundedInline):
    """Indicators of a measure."""

    model = Indicator
    fields = ("name", "unit", "baseline", "baseline_year", "target", "target_year")
    show_change_link = True
    verbose_name_plural = "Indikatoren (Messwerte unter „Ändern“ der Zeile)"


class MilestoneNumberFilter(admin.SimpleListFilter):
    """Measures that need a look because of their milestones."""

    title = "Meilensteine"
    parameter_name = "meilensteine"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Late, open, none."""
        return [("verzoegert", "mit verzögerten"), ("offen", "mit offenen"), ("keine", "ohne offene")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Rows after the choice; the list is annotated with both numbers."""
        wanted = {
            "verzoegert": {"late_milestones__gt": 0},
            "offen": {"open_milestones__gt": 0},
            "keine": {"open_milestones": 0},
        }
        return queryset.filter(**wanted.get(self.value() or "", {}))


@admin.register(Measure)
class MeasureAdmin(BaseAdmin):
    """Measures of the concept with their progress."""

    form = MeasureForm
    work_group = DESK
    work_order = 20
    lock_all = True
    # The second count would be one query more, beside those of the filters.
    show_full_result_count = False
    list_display = (
        "code",
        "title",
        "field_of_action",
        "lead_shown",
        period_column("period", "Zeitraum", empty="nicht bekannt"),
        "status",
        "open_shown",
        "late_shown",
    )
    list_display_links = ("code", "title")
    list_filter = (
        "status",
        MilestoneNumberFilter,
        ("field_of_action", RelatedOnlyFieldListFilter),
        "priority",
        ("lead", RelatedOnlyFieldListFilter),
        period_filter("period", "Zeitraum"),
        SdgFilter,
    )
    list_select_related = ("field_of_action", "lead")
    search_keys = (
        "search_key",
        "field_of_action__search_key",
        "lead__search_key",
        "lead__aliases__search_key",
        "involved__search_key",
        "involved__aliases__search_key",
        "partners__search_key",
        "partners__aliases__search_key",
    )
    inlines = (IndicatorInline,)
    readonly_fields = ("milestones_shown",)
    fieldsets = (
        (None, {"fields": ("field_of_action", "goal", "code", "title", "status", "reason")}),
        ("Wer und wann", {"fields": ("lead", "involved", "partners", "period", "duration", "priority")}),
        ("Meilensteine", {"fields": ("milestones_shown",)}),
        ("Inhalt", {"fields": ("description", "target_group", "initial_situation", "main_sdg", "sdgs")}),
        (
            "Kosten und Finanzierung",
            {
                "fields": (
                    ("total_cost_cents", "yearly_cost_cents"),
                    "financing",
                    "budget_line",
                    "staff_effort",
                    "grants",
                ),
                "classes": ("collapse",),
                "description": "Leer heißt: nicht bekannt. 0 heißt: kostet nichts.",
            },
        ),
        ("Beschluss und Quelle", {"fields": ("resolution", "source"), "classes": ("collapse",)}),
    )
    steps = (
        Step(
            name="umsetzungsstand",
            label="Umsetzungsstand setzen …",
            run=set_progress,
            form=ProgressForm,
            explanation="Der Umsetzungsstand wird gesetzt; was aus den Terminen der Meilensteine folgt, bleibt davon unberührt.",
            done="Umsetzungsstand gesetzt",
        ),
    )
    list_steps = ("umsetzungsstand",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the numbers of open and of late milestones."""
        return super().get_queryset(request).with_number_of_milestones(on=timezone.localdate())  # type: ignore[attr-defined]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The progress of a stored measure has a step of its own."""
        fields = super().get_readonly_fields(request, obj)
        return fields if obj is None else (*fields, "status")

    @admin.display(description="Federführung", ordering="lead__sort_key", empty_value="offen")
    def lead_shown(self, measure: Measure) -> str | None:
        """Code of the unit."""
        return measure.lead.code if measure.lead else None

    @admin.display(description="Meilensteine offen", ordering="open_milestones")
    def open_shown(self, measure: Any) -> str:
        """How many milestones are still to be reached, linked to them."""
        return _milestones(measure, measure.open_milestones)

    @admin.display(description="davon verzögert", ordering="late_milestones")
    def late_shown(self, measure: Any) -> str:
        """How many of these are late, linked to them."""
        return _milestones(measure, measure.late_milestones, "verzoegert")

    @admin.display(description="Termin und Stand")
    def milestones_shown(self, measure: Measure) -> str:
        """Milestones with date and status, each a link; a list of its own leads to more than fifty."""
        today, rows = timezone.localdate(), measure.milestones.select_related("event", "responsible")
        found = list(rows[: MILESTONES_SHOWN + 1]) if measure.pk else []
        lines = [
            (
                reverse("admin:concept_milestone_change", args=[row.pk]),
                row,
                f"{row.date_text(on=today)} · {row.get_status_display()} · {row.responsible.code}",
            )
            for row in found[:MILESTONES_SHOWN]
        ]
        if not lines:
            return "noch keine"
        shown = format_html("<ul>{}</ul>", format_html_join("", '<li><a href="{}">{}</a> – {}</li>', lines))
        return shown + _milestones(measure, "alle Meilensteine", "alle") if len(found) > MILESTONES_SHOWN else shown


def _milestones(measure: Measure, text: Any, situation: str = "") -> SafeString:
    """`text` as a link to the milestones of `measure` in a `situation` of their filter; empty: the open ones."""
    wanted = {"measure__id__exact": measure.pk} | ({"lage": situation} if situation else {})
    return format_html('<a href="{}">{}</a>', reverse("admin:concept_milestone_changelist", query=wanted), text)


class IndicatorValueInline(BoundedInline):
    """What was counted."""

    model = IndicatorValue
    form = IndicatorValueForm
    formset = IndicatorValueFormSet
    fields = ("as_of", "value", "note", "source")


@admin.register(Indicator)
class IndicatorAdmin(BaseAdmin):
    """All indicators with what was counted last."""

    work_group = DESK
    work_order = 25
    index_hidden = True
    list_display = ("name", "measure", "latest_shown", "target_shown", "missing_shown")
    list_filter = (("measure__field_of_action", RelatedOnlyFieldListFilter),)
    list_select_related = ("measure",)
    search_keys = ("search_key", "measure__search_key")
    inlines = (IndicatorValueInline,)
    readonly_fields = ("latest_shown", "missing_shown")
    fieldsets = (
        (None, {"fields": ("measure", "name", "unit", ("baseline", "baseline_year"), ("target", "target_year"))}),
        ("Stand", {"fields": ("latest_shown", "missing_shown")}),
        SOURCE,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With what was counted last."""
        return super().get_queryset(request).with_latest()  # type: ignore[attr-defined]

    @admin.display(description="letzter Wert", ordering="latest_value")
    def latest_shown(self, indicator: Any) -> str:
        """Value and day."""
        value = getattr(indicator, "latest_value", None)
        return "noch keiner" if value is None else f"{number_text(value)} am {indicator.latest_on:%d.%m.%Y}"

    @admin.display(description="Zielwert", ordering="target")
    def target_shown(self, indicator: Indicator) -> str:
        """Target and its year."""
        return "keiner" if indicator.target is None else f"{number_text(indicator.target)} bis {indicator.target_year}"

    @admin.display(description="bis zum Ziel fehlen")
    def missing_shown(self, indicator: Any) -> str:
        """How much is missing, or that the target is reached."""
        value = getattr(indicator, "latest_value", None)
        missing = None if value is None else indicator.missing(value)
        if missing is None:
            return "nicht bekannt"
        return f"{number_text(missing)} {indicator.unit}" if missing else "erreicht"
