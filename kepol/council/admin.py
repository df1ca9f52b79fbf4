"""Committees, terms, offices and submissions in the back office."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone

from kepol.council.import_admin import import_view
from kepol.council.models import (
    Attachment,
    Committee,
    CommitteeName,
    Consultation,
    CouncilTerm,
    DraftResolution,
    OfficeHolder,
    Section,
    Submission,
)
from kepol.lib.backoffice.admin import BaseAdmin, BoundedInline, BoundedStackedInline, RetiredFilter

DESK = "Gremien und Vorlagen"


class OtherNameInline(BoundedInline):
    """Other names of a committee."""

    model = CommitteeName
    fields = ("name",)
    verbose_name_plural = "Andere Namen (werden beim Einlesen und bei der Suche erkannt)"


@admin.register(Committee)
class CommitteeAdmin(BaseAdmin):
    """Bodies of the council."""

    work_group = DESK
    work_order = 20
    list_display = ("name", "short_name", "kind", "valid_from", "valid_to", "retired_on")
    list_filter = (RetiredFilter, "kind")
    search_keys = ("search_key", "other_names__search_key")
    inlines = (OtherNameInline,)
    readonly_fields = ("retired_on", "retired_reason")
    fieldsets = (
        (None, {"fields": ("name", "short_name", "kind")}),
        (
            "Gültigkeit",
            {"fields": (("valid_from", "valid_to"),), "description": "Ein umbenanntes Gremium ist ein neuer Eintrag."},
        ),
        ("Stilllegung", {"fields": ("retired_on", "retired_reason"), "classes": ("collapse",)}),
    )


@admin.register(CouncilTerm)
class CouncilTermAdmin(BaseAdmin):
    """Council terms."""

    work_group = DESK
    work_order = 40
    lock_all = True
    list_display = ("__str__", "number", "valid_from", "valid_to")
    search_keys = ()
    fields = ("number", ("valid_from", "valid_to"))


@admin.register(OfficeHolder)
class OfficeHolderAdmin(BaseAdmin):
    """Holders of offices."""

    work_group = DESK
    work_order = 30
    lock_all = True
    list_display = ("person", "title", "issuer_line", "valid_from", "valid_to")
    list_filter = ("office",)
    list_select_related = ("person",)
    search_keys = ("person__search_key",)
    fields = ("office", "person", "title", "issuer_line", ("valid_from", "valid_to"))


class ConsultationInline(BoundedInline):
    """Rows of the Beratungsfolge as they are printed."""

    model = Consultation
    fields = ("position", "meeting_date", "committee", "role", "status", "agenda_item", "outcome")
    show_change_link = True
    verbose_name_plural = "Beratungsfolge (in der gedruckten Reihenfolge; Abstimmungsergebnis unter „Ändern“ der Zeile)"


class DraftResolutionInline(BoundedStackedInline):
    """Draft resolutions."""

    model = DraftResolution
    fields = ("position", "committees", "text")


class SectionInline(BoundedStackedInline):
    """Sections of the explanation."""

    model = Section
    fields = ("position", "heading", "body")
    verbose_name_plural = "Erläuterungen (Abschnitte)"


class AttachmentInline(BoundedInline):
    """Attachments."""

    model = Attachment
    fields = ("position", "title", "file", "is_public")


class WhenFilter(admin.SimpleListFilter):
    """Sittings ahead, and sittings whose result is missing."""

    title = "Sitzung"
    parameter_name = "wann"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The two lists of the start page."""
        return [("bald", "in den nächsten 30 Tagen"), ("offen", "vorbei, Ergebnis offen")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Rows after the choice."""
        today = timezone.localdate()
        if self.value() == "bald":
            return queryset.upcoming(on=today)
        return queryset.awaiting_outcome(on=today) if self.value() == "offen" else queryset


@admin.register(Consultation)
class ConsultationAdmin(BaseAdmin):
    """All consultations by day, to record what the committees decided."""

    work_group = DESK
    work_order = 15
    list_display = ("meeting_date", "committee", "submission", "role", "status", "outcome")
    list_display_links = ("meeting_date", "committee")
    list_filter = (WhenFilter, "status", "role", "committee")
    list_select_related = ("committee", "submission")
    search_keys = ("committee__search_key", "submission__search_key")
    ordering = (F("meeting_date").desc(nulls_last=True), "pk")
    fieldsets = (
        (None, {"fields": ("submission", "committee", "meeting_date", "role", "agenda_item")}),
        ("Ergebnis", {"fields": ("status", "outcome", "vote_text", ("votes_yes", "votes_no", "votes_abstained"))}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With committee and submission, which stand in the label that other objects choose from."""
        return super().get_queryset(request).select_related("committee", "submission")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rows are added at the submission, where their order shows."""
        return False


@admin.register(Submission)
class SubmissionAdmin(BaseAdmin):
    """Submissions: the drafts written here and the papers read from the council information system."""

    work_group = DESK
    work_order = 10
    list_display = ("reference_shown", "first_line", "kind_shown", "lead_shown", "first_meeting")
    list_display_links = ("reference_shown", "first_line")
    list_filter = ("origin", "kind", "publicity", "term")
    list_select_related = ("lead", "term")
    search_keys = ("search_key", "lead__search_key", "lead__aliases__search_key")
    inlines = (ConsultationInline, DraftResolutionInline, SectionInline, AttachmentInline)
    readonly_fields = ("origin", "term", "imported_at")
    change_list_template = "admin/council/submission/change_list.html"
    fieldsets = (
        (None, {"fields": ("kind", "subject", "goals", "reference")}),
        ("Grunddaten", {"fields": ("publicity", "lead", "involved", "author_text", "dated_on", "file_number")}),
        (
            "Bezüge",
            {
                "fields": ("predecessor", "motions"),
                "classes": ("collapse",),
                "description": "Ergänzte Vorlage und Anträge, die behandelt werden.",
            },
        ),
        (
            "Ratsinformationssystem",
            {
                "fields": (
                    "origin",
                    "term",
                    "council_status",
                    "council_status_seen_on",
                    "ris_id",
                    "ris_url",
                    "imported_at",
                ),
                "classes": ("collapse",),
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the first sitting."""
        return super().get_queryset(request).with_first_sitting()  # type: ignore[attr-defined]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """One or two lines for the subject, no page-long box."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name in {"subject", "goals"}:
            field.widget = forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"})
        return field

    def get_urls(self) -> list[Any]:
        """The page for pasting a paper of the council information system."""
        view = self.admin_site.admin_view(self.import_page)
        return [path("einlesen/", view, name="council_submission_import"), *super().get_urls()]

    def import_page(self, request: HttpRequest) -> HttpResponse:
        """Paste, look, take over."""
        return import_view(request, self)

    def object_links(self, request: HttpRequest, obj: Submission) -> list[tuple[str, str]]:
        """Preview and PDF."""
        return [
            ("Vorschau", reverse("council:submission_detail", args=[obj.pk])),
            ("PDF erzeugen", reverse("council:submission_pdf", args=[obj.pk])),
        ]

    @admin.display(description="Vorlage-Nr.", ordering="reference")
    def reference_shown(self, submission: Submission) -> str:
        """Number, or that there is none yet."""
        return submission.reference or "Entwurf"

    @admin.display(description="Vorlageart", ordering="kind")
    def kind_shown(self, submission: Submission) -> str:
        """The word of the council information system alone; the list is narrow."""
        return submission.get_kind_display().split(" (")[0]

    @admin.display(description="Federführend", ordering="lead__sort_key")
    def lead_shown(self, submission: Submission) -> str:
        """Code of the unit."""
        return submission.lead.code

    @admin.display(description="Betreff", ordering="sort_key")
    def first_line(self, submission: Submission) -> str:
        """First line of the subject."""
        return submission.first_line

    @admin.display(description="Erste Sitzung", ordering="first_sitting", empty_value="offen")
    def first_meeting(self, submission: Any) -> str | None:
        """Day of the first sitting, written as on the paper."""
        return f"{submission.first_sitting:%d.%m.%Y}" if submission.first_sitting else None
