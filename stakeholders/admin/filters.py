"""Filters of the lists; the start page links to some of them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from stakeholders.models.privacy import years_after

DUE = "faellig"


class LastContactFilter(admin.SimpleListFilter):
    """Organisations by how long ago the last contact was."""

    title = "Kontakt"
    parameter_name = "kontakt"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Choices."""
        return [
            ("kuerzlich", "in den letzten 12 Monaten"),
            ("keiner", "kein Kontakt seit 12 Monaten"),
            ("nie", "noch kein Kontakt notiert"),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        """Rows after the choice."""
        a_year_ago = years_after(timezone.localdate(), -1)
        if self.value() == "kuerzlich":
            return queryset.contacted_since(a_year_ago)
        if self.value() == "keiner":
            return queryset.not_contacted_since(a_year_ago)
        return queryset.never_contacted() if self.value() == "nie" else queryset


class ReviewFilter(admin.SimpleListFilter):
    """People whose details are to be checked or deleted, and those for whom nobody has said when."""

    title = "Prüfung"
    parameter_name = "pruefung"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Choices."""
        return [(DUE, "Prüfung fällig"), ("fehlt", "Prüfdatum fehlt")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        """Rows after the choice."""
        if self.value() == DUE:
            return queryset.to_review(on=timezone.localdate())
        return queryset.without_review_day() if self.value() == "fehlt" else queryset


class NextStepFilter(admin.SimpleListFilter):
    """Contacts by what comes next."""

    title = "nächster Schritt"
    parameter_name = "schritt"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Choices."""
        return [(DUE, "fällig"), ("offen", "offen"), ("erledigt", "erledigt")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        """Rows after the choice."""
        if self.value() == DUE:
            return queryset.next_step_due(on=timezone.localdate())
        if self.value() == "offen":
            return queryset.with_open_step()
        return queryset.with_done_step() if self.value() == "erledigt" else queryset


class DeletionFilter(admin.SimpleListFilter):
    """Contacts whose time is up."""

    title = "Löschfrist"
    parameter_name = "frist"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Choices."""
        return [("abgelaufen", "erreicht")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        """Rows after the choice."""
        return queryset.to_delete(on=timezone.localdate()) if self.value() == "abgelaufen" else queryset


class TermFilter(admin.SimpleListFilter):
    """Memberships and seats by their term."""

    title = "Dauer"
    parameter_name = "dauer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Choices."""
        return [("heute", "heute"), ("frueher", "früher"), ("kuenftig", "künftig")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        """Rows after the choice."""
        today = timezone.localdate()
        if self.value() == "heute":
            return queryset.in_force(today)
        if self.value() == "frueher":
            return queryset.filter(valid_to__lt=today)
        return queryset.filter(valid_from__gt=today) if self.value() == "kuenftig" else queryset


class EventFilter(admin.SimpleListFilter):
    """Events ahead, near, over, and those nobody has dated."""

    title = "Termin"
    parameter_name = "termin"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Choices."""
        return [
            ("kommend", "heute und künftig"),
            ("bald", "Beginn oder Ende in den nächsten 30 Tagen"),
            ("vorbei", "vorbei"),
            ("ohne", "ohne Termin"),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        """Rows after the choice."""
        today = timezone.localdate()
        if self.value() == "kommend":
            return queryset.upcoming(on=today)
        if self.value() == "bald":
            return queryset.soon(on=today)
        if self.value() == "vorbei":
            return queryset.past(on=today)
        return queryset.undated() if self.value() == "ohne" else queryset
