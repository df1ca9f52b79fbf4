"""Grants and the duties they bring in the back office."""

from typing import Any

from django.contrib import admin
from django.db.models import Min, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join

from kepol.funding.budget import by_year, compared, doubt, own_share_in_percent, percent
from kepol.funding.models import BudgetLine, Grant, ReportDuty
from kepol.funding.steps import SUBMIT, WITHDRAW
from kepol.lib.backoffice.admin import BaseAdmin, BoundedInline, DefaultFilter
from kepol.lib.money import format_cents, money_column
from kepol.lib.periods.admin import period_column, period_filter

DESK = "Förderung"
UNKNOWN = "nicht bekannt"
LATER = "erscheint nach dem Speichern"
#: A grant is found by the names of everybody who belongs to it.
GRANT_KEYS = (
    "search_key",
    "funder__search_key",
    "funder__aliases__search_key",
    "origin_of_funds__search_key",
    "origin_of_funds__aliases__search_key",
    "unit__search_key",
    "unit__aliases__search_key",
)


class BudgetLineInline(BoundedInline):
    """What each category may cost in each year."""

    model = BudgetLine
    fields = ("year", "category", "amount_cents", "note")
    verbose_name_plural = "Haushaltsansätze (je Jahr und Kostenart)"


class ReportDutyInline(BoundedInline):
    """Duties to report."""

    model = ReportDuty
    fields = ("kind", "covers", "due_on", "submitted_on", "note")
    readonly_fields = ("submitted_on",)
    show_change_link = True
    verbose_name_plural = "Berichtspflichten (Abgabe und Datei unter „Ändern“ der Zeile)"


class EndFilter(admin.SimpleListFilter):
    """Grants for which the time after has to be prepared."""

    title = "Ende"
    parameter_name = "ende"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The list of the start page."""
        return [("in-12-monaten", "in den nächsten 12 Monaten")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        """Rows after the choice."""
        return queryset.ending(on=timezone.localdate()) if self.value() == "in-12-monaten" else queryset


@admin.register(Grant)
class GrantAdmin(BaseAdmin):
    """Grants with their budget and their duties."""

    work_group = DESK
    work_order = 10
    list_display = (
        "title",
        "programme_shown",
        "funder",
        period_column("period", "Laufzeit", empty=UNKNOWN),
        money_column("total_cents", "Gesamtkosten"),
        "next_report",
    )
    list_filter = ("programme", EndFilter, period_filter("period", "Laufzeit"), "unit")
    list_select_related = ("funder",)
    # Said here, because rows that are grouped lose the order of the model.
    ordering = ("sort_key", "pk")
    search_keys = GRANT_KEYS
    inlines = (ReportDutyInline, BudgetLineInline)
    readonly_fields = ("own_share_shown", "budget_sums")
    fieldsets = (
        (None, {"fields": ("title", "programme", "programme_name", "funder", "contract_number", "period", "unit")}),
        (
            "Geld",
            {
                "fields": ("total_cents", "own_share_cents", "quota", "own_share_shown", "budget_sums"),
                "description": "Was Sie nicht wissen, lassen Sie leer. Die letzten beiden Angaben werden berechnet.",
            },
        ),
        ("Weiteres", {"fields": ("origin_of_funds", "source", "note"), "classes": ("collapse",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the day of the next report."""
        is_open = Q(report_duties__submitted_on__isnull=True)
        return super().get_queryset(request).annotate(next_due=Min("report_duties__due_on", filter=is_open))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        """Say at once when the figures do not fit together; they are saved all the same."""
        super().save_related(request, form, formsets, change)
        if hint := doubt(form.instance):
            self.message_user(request, hint, "warning")

    @admin.display(description="Programm", ordering="programme")
    def programme_shown(self, grant: Grant) -> str:
        """The funder's name where there is one; the list is narrow."""
        return grant.programme_name or grant.get_programme_display()

    @admin.display(description="Nächste Berichtspflicht", ordering="next_due", empty_value="keine offen")
    def next_report(self, grant: Any) -> str | None:
        """Day of the first report that is still to be submitted."""
        return f"{grant.next_due:%d.%m.%Y}" if grant.next_due else None

    @admin.display(description="Eigenanteil an den Gesamtkosten", empty_value=UNKNOWN)
    def own_share_shown(self, grant: Grant) -> str | None:
        """In percent."""
        share = own_share_in_percent(grant)
        return None if share is None else percent(share)

    @admin.display(description="Summe der Ansätze")
    def budget_sums(self, grant: Grant) -> str:
        """By year, in total, and compared with the total cost."""
        if grant.pk is None:
            return LATER
        sums = by_year(grant)
        if not sums:
            return "Noch keine Ansätze eingetragen."
        total = sum(sums.values())
        lines = [f"{year}: {format_cents(cents)}" for year, cents in sums.items()]
        lines.append(f"zusammen {format_cents(total)}, {compared(total, grant.total_cents)}")
        return format_html_join("", "<div>{}</div>", ((line,) for line in lines))


class StandingFilter(DefaultFilter):
    """Duties by how near they are; the list starts with what is still to be submitted."""

    title = "Stand"
    parameter_name = "stand"
    default = "offen"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Choices beside the default; two of them are lists of the start page."""
        return [
            ("ueberfaellig", "überfällig"),
            ("bald", "in den nächsten 60 Tagen fällig"),
            ("abgegeben", "abgegeben"),
            (self.everything, "alle"),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        """Rows after the choice."""
        today = timezone.localdate()
        wanted = {
            "ueberfaellig": queryset.overdue(on=today),
            "bald": queryset.due_soon(on=today),
            "abgegeben": queryset.submitted(),
            self.everything: queryset,
        }
        return wanted.get(self.value() or "", queryset.open())


@admin.register(ReportDuty)
class ReportDutyAdmin(BaseAdmin):
    """All duties to report by day, to work off."""

    work_group = DESK
    work_order = 20
    steps = (SUBMIT, WITHDRAW)
    list_steps = (SUBMIT.name,)
    row_steps = (SUBMIT.name,)
    list_display = (
        "due_on",
        "kind",
        "grant",
        "standing_shown",
        period_column("covers", "Berichtszeitraum", empty="nicht angegeben"),
    )
    list_display_links = ("due_on", "kind")
    list_filter = (StandingFilter, "kind", "grant__programme", period_filter("covers", "Berichtszeitraum"))
    list_select_related = ("grant",)
    search_keys = tuple(f"grant__{key}" for key in GRANT_KEYS)
    readonly_fields = ("standing_shown",)
    fieldsets = (
        (None, {"fields": ("grant", "kind", "covers", "due_on", "standing_shown")}),
        (
            "Unterlagen",
            {
                "fields": ("file", "note"),
                "description": "Die Datei erhalten alle, die die Förderung lesen dürfen.",
            },
        ),
    )

    @admin.display(description="Stand", ordering="due_on", empty_value="noch offen")
    def standing_shown(self, duty: ReportDuty) -> str | None:
        """How it stands today."""
        return duty.standing(timezone.localdate()) if duty.due_on else None


@admin.register(BudgetLine)
class BudgetLineAdmin(BaseAdmin):
    """All budget lines, for looking through; they are kept with the grant."""

    work_group = DESK
    index_hidden = True
    list_display = ("year", "category", "grant", money_column("amount_cents", "Betrag"))
    list_display_links = ("year", "category")
    list_filter = ("category", "year")
    list_select_related = ("grant",)
    search_keys = ("grant__search_key",)
    fields = ("grant", "year", "category", "amount_cents", "note")
