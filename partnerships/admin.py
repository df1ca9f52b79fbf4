"""Partnerships and what belongs to them in the back office."""

import datetime
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from kepol.lib.backoffice.admin import BaseAdmin, BoundedInline
from kepol.lib.backoffice.changelist import RangedChangeList
from kepol.lib.backoffice.steps import Step
from kepol.lib.money import format_cents
from kepol.lib.periods.admin import period_column, period_filter
from partnerships.choices import AgreementState, PartnershipKind, PartnershipStatus
from partnerships.follow_ups import AHEAD, MISSING
from partnerships.forms import (
    ProgrammeFormSet,
    ProjectStatusForm,
    RenewalForm,
    StageForm,
    renewal_form_for,
    stage_form_for,
)
from partnerships.lifecycle import change_stage, renew_agreement, set_project_status
from partnerships.models import (
    Agreement,
    Beginning,
    InKindTransfer,
    Involvement,
    Partnership,
    ProgrammePoint,
    Project,
    Stage,
    Visit,
    VisitParticipant,
)

DESK = "Partnerschaften"
UNKNOWN = "nicht bekannt"
APPROVAL_MISSING = (
    "Diese Reise führt aus Europa hinaus, und die Zustimmung des Hauptausschusses ist nicht eingetragen "
    "(§ 23 Abs. 10 Hauptsatzung). Wählen Sie unter „Zustimmung“ die Beratung aus, in der sie erteilt wurde."
)
RESULT_MISSING = (
    "Diese Reise führt aus Europa hinaus. Unter „Zustimmung“ steht eine Beratung, deren Ergebnis noch nicht eingetragen ist "
    "(§ 23 Abs. 10 Hauptsatzung). Tragen Sie es bei der Vorlage ein, sobald der Hauptausschuss beschlossen hat."
)
NOT_CONSENTED = (
    "Diese Reise führt aus Europa hinaus, und in der eingetragenen Beratung wurde ihr nicht zugestimmt (Ergebnis: {}; "
    "§ 23 Abs. 10 Hauptsatzung). Wählen Sie unter „Zustimmung“ die Beratung aus, in der sie erteilt wurde."
)
BY_PARTNERSHIP = ("partnership", admin.RelatedOnlyFieldListFilter)


def names_of(path: str) -> tuple[str, str, str]:
    """Search keys of the organisation to which `path` leads: its name, other spellings, earlier names."""
    return f"{path}__search_key", f"{path}__aliases__search_key", f"{path}__former_names__search_key"


PARTNER = ("partnership__search_key", *names_of("partnership__partner"))


class ChoiceFilter(admin.SimpleListFilter):
    """A filter with the values `options`; `narrow` gives the rows of one of them."""

    options: ClassVar[dict[str, str]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Values with their labels."""
        return list(self.options.items())

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Rows after the choice; all of them for a value that does not exist."""
        value = self.value()
        return self.narrow(queryset, value, on=timezone.localdate()) if value in self.options else queryset

    def narrow(self, queryset: Any, value: str, *, on: datetime.date) -> Any:
        """Rows of `value` on day `on`."""
        raise NotImplementedError


# --- Partnerships --------------------------------------------------------------------------------------------------
class KindFilter(ChoiceFilter):
    """Kind today."""

    title = "Art heute"
    parameter_name = "art"
    options = dict(PartnershipKind.choices)

    def narrow(self, queryset: Any, value: str, *, on: datetime.date) -> Any:
        """Rows of that kind."""
        return queryset.of_kind(value, on=on)


class StatusFilter(ChoiceFilter):
    """Status today."""

    title = "Status heute"
    parameter_name = "stand"
    options = {**dict(PartnershipStatus.choices), "ohne": UNKNOWN}

    def narrow(self, queryset: Any, value: str, *, on: datetime.date) -> Any:
        """Rows with that status."""
        return queryset.without_stage(on=on) if value == "ohne" else queryset.with_status(value, on=on)


class StageInline(BoundedInline):
    """Kind and status over time."""

    model = Stage
    lock_all = True
    fields = ("kind", "status", "valid_from", "valid_to", "resolution", "source")
    verbose_name_plural = "Art und Status (Vergangenes und Berichtigungen; einen Wechsel trägt der Knopf oben ein)"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the committees that the labels of the resolutions name."""
        return super().get_queryset(request).select_related("resolution__committee", "resolution__submission")


class BeginningInline(BoundedInline):
    """Since when, after each source."""

    model = Beginning
    fields = ("position", "when", "what", "source")
    verbose_name_plural = "Beginn (die Quellen nennen verschiedene Jahre; jede Angabe steht hier mit ihrer Quelle)"


class InvolvementInline(BoundedInline):
    """Organisations that take part."""

    model = Involvement
    fields = ("position", "organisation", "role", "valid_from", "valid_to")


@admin.register(Partnership)
class PartnershipAdmin(BaseAdmin):
    """Partner cities."""

    work_group = DESK
    work_order = 10
    list_display = ("name", "country", "kind_today", "status_today", "since", "unit_shown")
    list_filter = (KindFilter, StatusFilter, ("country", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("country", "unit")
    # The beginnings need the query; how many rows a search leaves out is one click away.
    show_full_result_count = False
    search_keys = (
        "search_key",
        "country__search_key",
        *names_of("partner"),
        *names_of("involvements__organisation"),
    )
    inlines = (StageInline, BeginningInline, InvolvementInline)
    readonly_fields = ("today",)
    fieldsets = (
        (None, {"fields": ("today", "name", "partner", "country", "unit")}),
        ("Inhalt", {"fields": ("sdgs", "description")}),
        ("Bemerkung und Quelle", {"fields": ("note", "source"), "classes": ("collapse",)}),
    )
    steps = (
        Step(
            name="art-oder-status",
            label="Art oder Status ändern …",
            run=change_stage,
            form=StageForm,
            form_for=stage_form_for,
            explanation="Was bisher gilt, endet am Tag davor und bleibt mit seinem Zeitraum stehen.",
            done="Art und Status geändert",
        ),
    )
    list_steps = ("art-oder-status",)
    #: Models that can be added from the page of a partnership, with the words on the button.
    new: ClassVar[dict[str, str]] = {
        "agreement": "Neue Vereinbarung",
        "visit": "Neuer Besuch",
        "project": "Neues Projekt",
        "inkindtransfer": "Neue Sachspende",
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With kind and status of today and all beginnings."""
        rows: Any = super().get_queryset(request)
        return rows.with_stage(on=timezone.localdate()).prefetch_related("beginnings")

    def object_links(self, request: HttpRequest, obj: Partnership) -> list[tuple[str, str]]:
        """What is mostly added to a partnership."""
        return [
            (label, reverse(f"admin:partnerships_{name}_add", query={"partnership": obj.pk}))
            for name, label in self.new.items()
            if request.user.has_perm(f"partnerships.add_{name}")
        ]

    @admin.display(description="heute")
    def today(self, partnership: Partnership) -> str:
        """Kind and status on the day the page is opened."""
        stage = partnership.stage_on(timezone.localdate()) if partnership.pk else None
        return str(stage) if stage else UNKNOWN

    @admin.display(description="Art heute", ordering="kind_then", empty_value=UNKNOWN)
    def kind_today(self, partnership: Any) -> str | None:
        """Label of the kind."""
        return PartnershipKind(partnership.kind_then).label if partnership.kind_then else None

    @admin.display(description="Status heute", ordering="status_then", empty_value=UNKNOWN)
    def status_today(self, partnership: Any) -> str | None:
        """Label of the status."""
        return PartnershipStatus(partnership.status_then).label if partnership.status_then else None

    @admin.display(description="seit", empty_value=UNKNOWN)
    def since(self, partnership: Partnership) -> str | None:
        """All beginnings, each as its source has it."""
        return ", ".join(str(beginning.when) for beginning in partnership.beginnings.all()) or None

    @admin.display(description="zuständig", ordering="unit__sort_key", empty_value="niemand")
    def unit_shown(self, partnership: Partnership) -> str | None:
        """Code of the unit."""
        return partnership.unit.code if partnership.unit else None


@admin.register(Stage)
class StageAdmin(BaseAdmin):
    """Kind and status of all partnerships over time, for looking through; they are kept with the partnership."""

    work_group = DESK
    index_hidden = True
    lock_all = True
    list_display = ("partnership", "kind", "status", "valid_from", "valid_to", "resolution")
    list_filter = ("kind", "status")
    list_select_related = ("partnership", "resolution__committee", "resolution__submission")
    search_keys = PARTNER
    fields = ("partnership", "kind", "status", ("valid_from", "valid_to"), "resolution", "source")


@admin.register(Involvement)
class InvolvementAdmin(BaseAdmin):
    """In which partnerships organisations take part; they are kept with the partnership."""

    work_group = DESK
    index_hidden = True
    list_display = ("organisation", "role", "partnership", "valid_from", "valid_to")
    list_filter = (BY_PARTNERSHIP,)
    list_select_related = ("partnership", "organisation")
    search_keys = (*PARTNER, *names_of("organisation"))
    fields = ("partnership", "organisation", "role", ("valid_from", "valid_to"))


# --- Agreements ----------------------------------------------------------------------------------------------------
class StateFilter(ChoiceFilter):
    """How agreements stand today; the start page leads to two of these."""

    title = "Stand heute"
    parameter_name = "stand"
    options = dict(AgreementState.choices)

    def narrow(self, queryset: Any, value: str, *, on: datetime.date) -> Any:
        """Rows in that state."""
        return queryset.in_state(value, on=on)


@admin.register(Agreement)
class AgreementAdmin(BaseAdmin):
    """Agreements of all partnerships."""

    work_group = DESK
    work_order = 20
    lock_all = True
    list_display = (
        "title",
        "partnership",
        "kind",
        period_column("signed", "unterzeichnet", empty="noch nicht"),
        "ends",
        "state_today",
    )
    list_filter = (StateFilter, "kind", BY_PARTNERSHIP)
    list_select_related = ("partnership", "successor")
    search_keys = ("search_key", *PARTNER)
    readonly_fields = ("state_today",)
    fieldsets = (
        (
            None,
            {"fields": ("state_today", "partnership", "kind", "title", "signed", ("valid_from", "valid_to"))},
        ),
        (
            "Nachfolge",
            {
                "fields": ("successor",),
                "description": "Neun Monate vor dem Ende erinnert die Übersicht, solange hier keine unterzeichnete Nachfolge steht.",
            },
        ),
        ("Urkunde", {"fields": ("file", "signatories", "languages", "resolution")}),
        ("Inhalt und Quelle", {"fields": ("content", "source"), "classes": ("collapse",)}),
    )
    steps = (
        Step(
            name="nachfolge",
            label="Nachfolgevereinbarung anlegen …",
            run=renew_agreement,
            form=RenewalForm,
            form_for=renewal_form_for,
            allowed=lambda agreement: agreement.successor_id is None,
            refusal="Diese Vereinbarung ist schon durch eine andere abgelöst.",
            explanation="Die neue Vereinbarung gehört zur selben Partnerschaft und wird hier als Nachfolge eingetragen.",
            done="Nachfolge angelegt",
        ),
    )
    row_steps = ("nachfolge",)

    @admin.display(description="gültig bis", ordering="valid_to", empty_value="unbefristet")
    def ends(self, agreement: Agreement) -> datetime.date | None:
        """Last day."""
        return agreement.valid_to

    @admin.display(description="Stand heute")
    def state_today(self, agreement: Agreement) -> str:
        """Word for it."""
        return str(agreement.state_on(timezone.localdate()).label)


# --- Visits --------------------------------------------------------------------------------------------------------
class ApprovalFilter(ChoiceFilter):
    """Consent to trips outside Europe; the start page leads to those that lack it."""

    title = "Zustimmung"
    parameter_name = "zustimmung"
    options = {
        MISSING: "Zustimmung des Hauptausschusses fehlt",
        "beantragt": "Zustimmung beantragt",
        "erteilt": "erteilt",
    }

    def narrow(self, queryset: Any, value: str, *, on: datetime.date) -> Any:
        """Rows without it, as long as it can still be had, those that wait for a result, or those with it."""
        if value == MISSING:
            return queryset.lacking_approval(on=on)
        return queryset.approved() if value == "erteilt" else queryset.awaiting_approval()


class AheadFilter(ChoiceFilter):
    """The visits of the next weeks, as the start page counts them."""

    title = "Termin"
    parameter_name = "wann"
    options = {AHEAD: "in den nächsten 60 Tagen", "vorbei": "vorbei"}

    def narrow(self, queryset: Any, value: str, *, on: datetime.date) -> Any:
        """Rows ahead or past."""
        return queryset.ahead(on=on) if value == AHEAD else queryset.past(on=on)


class ParticipantInline(BoundedInline):
    """Who takes part."""

    model = VisitParticipant
    fields = ("position", "group", "number", "function", "organisation", "person")
    verbose_name_plural = "Teilnehmende nach Gruppen (eine Person nur, wenn sie im Verzeichnis steht)"


class ProgrammePointInline(BoundedInline):
    """What happens when."""

    model = ProgrammePoint
    formset = ProgrammeFormSet
    lock_all = True
    fields = ("position", "day", "time", "title", "place", "organisation")
    verbose_name_plural = "Programm"


@admin.register(Visit)
class VisitAdmin(BaseAdmin):
    """Visits in both directions."""

    work_group = DESK
    work_order = 30
    list_display = (
        "title",
        "partnership",
        period_column("official", "Reisezeit"),
        period_column("programme", "Programmzeit"),
        "direction",
        "participants_shown",
        "approval_shown",
    )
    list_filter = (ApprovalFilter, AheadFilter, "direction", "format", period_filter("official", "Reisezeit"))
    list_select_related = ("partnership__country", "approval__committee", "approval__submission")
    search_keys = ("search_key", *PARTNER, *names_of("hosts"))
    inlines = (ParticipantInline, ProgrammePointInline)
    readonly_fields = ("groups_shown",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "partnership",
                    ("direction", "format"),
                    "title",
                    "official",
                    "programme",
                    "approval",
                    "groups_shown",
                )
            },
        ),
        ("Zweck und Ergebnis", {"fields": ("purpose", "hosts", "outcome")}),
        ("Quelle", {"fields": ("source",), "classes": ("collapse",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the number of participants."""
        rows: Any = super().get_queryset(request)
        return rows.with_participants()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Warn of a trip that must not take place as it stands."""
        visit = kwargs.get("obj")
        if request.method == "GET" and visit is not None and visit.lacks_approval(timezone.localdate()):
            messages.warning(request, _approval_warning(visit))
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="Teilnehmende", ordering="participants_number", empty_value=UNKNOWN)
    def participants_shown(self, visit: Any) -> int | None:
        """How many."""
        return visit.participants_number

    @admin.display(description="Zustimmung")
    def approval_shown(self, visit: Visit) -> str:
        """The consultation that gave it, or whether there has to be one."""
        if visit.approval is not None:
            return f"{visit.approval} ({visit.approval.get_outcome_display() or 'noch kein Ergebnis'})"
        if not visit.leaves_europe:
            return "nicht nötig"
        return "nicht eingetragen" if visit.is_past(timezone.localdate()) else "fehlt"

    @admin.display(description="Teilnehmende")
    def groups_shown(self, visit: Visit) -> str:
        """Sum, and the sum of each group."""
        numbers = visit.numbers_by_group() if visit.pk else {}
        if not numbers:
            return "noch niemand eingetragen"
        groups = ", ".join(f"{group.label} {number}" for group, number in numbers.items())
        return f"{sum(numbers.values())} ({groups})"


def _approval_warning(visit: Visit) -> str:
    if visit.approval is None:
        return APPROVAL_MISSING
    outcome = visit.approval.get_outcome_display()
    return NOT_CONSENTED.format(outcome) if outcome else RESULT_MISSING


@admin.register(VisitParticipant)
class VisitParticipantAdmin(BaseAdmin):
    """Who took part in which visit; they are kept with the visit."""

    work_group = DESK
    index_hidden = True
    list_display = ("function", "number", "group", "organisation", "person", "visit")
    list_filter = ("group",)
    list_select_related = ("visit", "organisation", "person")
    search_keys = ("visit__search_key", "person__search_key", *names_of("organisation"))
    fields = ("visit", "group", "number", "function", "organisation", "person")


@admin.register(ProgrammePoint)
class ProgrammePointAdmin(BaseAdmin):
    """Programme points of all visits; they are kept with the visit."""

    work_group = DESK
    index_hidden = True
    lock_all = True
    list_display = ("title", "day", "time", "place", "organisation", "visit")
    list_select_related = ("visit", "organisation")
    search_keys = ("visit__search_key", *names_of("organisation"))
    ordering = (F("day").desc(nulls_last=True), F("time").asc(nulls_last=True), "pk")
    fields = ("visit", ("day", "time"), "title", "place", "organisation")


# --- Projects and transfers ----------------------------------------------------------------------------------------
@admin.register(Project)
class ProjectAdmin(BaseAdmin):
    """Projects with and without a partnership."""

    work_group = DESK
    work_order = 40
    list_display = ("title", "partnership_shown", "kind", "status", period_column("period", "Laufzeit"), "lead_shown")
    list_filter = ("status", "kind", period_filter("period", "Laufzeit"), BY_PARTNERSHIP)
    list_select_related = ("partnership", "lead")
    search_keys = ("search_key", *PARTNER, *names_of("lead"), *names_of("partners"))
    fieldsets = (
        (None, {"fields": ("title", "partnership", ("kind", "status"), "period", "description")}),
        ("Beteiligte und Förderung", {"fields": ("lead", "partners", "grants", "sdgs")}),
        ("Weitere Informationen und Quelle", {"fields": ("website", "source"), "classes": ("collapse",)}),
    )
    steps = (
        Step(
            name="status-setzen",
            label="Status setzen …",
            run=set_project_status,
            form=ProjectStatusForm,
            explanation="Alle gewählten Projekte erhalten diesen Status.",
            done="Status gesetzt",
        ),
    )
    list_steps = ("status-setzen",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Where a stored project stands is set by its step."""
        fields = super().get_readonly_fields(request, obj)
        return fields if obj is None else (*fields, "status")

    @admin.display(description="Partnerschaft", ordering="partnership__sort_key", empty_value="keine")
    def partnership_shown(self, project: Project) -> Partnership | None:
        """Name, or that there is none."""
        return project.partnership

    @admin.display(description="Federführung", ordering="lead__sort_key", empty_value=UNKNOWN)
    def lead_shown(self, project: Project) -> str | None:
        """Code of a unit, name of any other organisation."""
        return (project.lead.code or project.lead.name) if project.lead else None


class TransferChangeList(RangedChangeList):
    """The list says what all its rows are worth together."""

    @property
    def range_text(self) -> str:
        """Like "3 Einträge im bekannten Wert von 180.000,00 €"; the worth only where some is known."""
        value = self.queryset.value()
        return f"{super().range_text} im bekannten Wert von {format_cents(value)}" if value else super().range_text


class HandOverFilter(ChoiceFilter):
    """Whether transfers have arrived."""

    title = "Übergabe"
    parameter_name = "uebergabe"
    options = {"offen": "offen", "erfolgt": "erfolgt"}

    def narrow(self, queryset: Any, value: str, *, on: datetime.date) -> Any:
        """Rows without or with a day of hand-over."""
        return queryset.filter(handed_over_on__isnull=value == "offen")


@admin.register(InKindTransfer)
class InKindTransferAdmin(BaseAdmin):
    """Transfers in kind with their worth."""

    work_group = DESK
    work_order = 50
    list_display = (
        "goods",
        "partnership",
        period_column("sent", "versandt"),
        "value_shown",
        "programme",
        "carrier_shown",
        "handed_over",
    )
    list_filter = (period_filter("sent", "versandt"), HandOverFilter, "paid_by_donations", BY_PARTNERSHIP)
    list_select_related = ("partnership", "carrier")
    # The sum needs the query.
    show_full_result_count = False
    search_keys = ("search_key", *PARTNER, *names_of("carrier"))
    fieldsets = (
        (None, {"fields": ("partnership", "goods", "value_cents", "sent")}),
        ("Transport und Übergabe", {"fields": ("carrier", "paid_by_donations", "handed_over_on", "evidence")}),
        ("Förderung", {"fields": ("programme", "grant")}),
        ("Bemerkung und Quelle", {"fields": ("note", "source"), "classes": ("collapse",)}),
    )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """List with the sum."""
        return TransferChangeList

    @admin.display(description="Wert", ordering="value_cents", empty_value=UNKNOWN)
    def value_shown(self, transfer: InKindTransfer) -> str | None:
        """German amount."""
        return None if transfer.value_cents is None else format_cents(transfer.value_cents)

    @admin.display(description="Transport durch", ordering="carrier__sort_key", empty_value=UNKNOWN)
    def carrier_shown(self, transfer: InKindTransfer) -> str | None:
        """Name of the carrier."""
        return transfer.carrier.name if transfer.carrier else None

    @admin.display(description="übergeben am", ordering="handed_over_on", empty_value="offen")
    def handed_over(self, transfer: InKindTransfer) -> datetime.date | None:
        """Day of the hand-over."""
        return transfer.handed_over_on
