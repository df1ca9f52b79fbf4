"""Bodies that steer the programme, and who sits in them, in the back office."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from kepol.lib.backoffice.admin import BaseAdmin, BoundedInline
from kepol.lib.backoffice.forms import VersionedFormSet
from stakeholders.admin.filters import TermFilter
from stakeholders.models import Body, BodyMember
from stakeholders.models.bodies import NOBODY_YET, refuse_lost_deputies, refuse_wrong_deputy

DELETED_TOO = "Diesen Sitz löschen Sie gerade. Wählen Sie einen anderen, oder lassen Sie das Feld leer."


class SeatFormSet(VersionedFormSet):
    """Seats of a body; who deputises for whom is compared as the seats will be, not as they are stored."""

    def clean(self) -> None:
        """Refuse, at its row, a deputy for a seat without a vote or for one that is deleted at the same time."""
        super().clean()
        doomed = {form.instance.pk for form in self.initial_forms if self.is_doomed(form)}
        kept = [form for form in self.initial_forms if not self.is_doomed(form)]
        new = [form for form in self.extra_forms if form.has_changed() and not self.is_doomed(form)]
        seats = {form.instance.pk: form.instance for form in kept}
        for form in (*kept, *new):
            try:
                _refuse_deputised(form.instance, seats, doomed)
                if form.instance.pk is not None:
                    refuse_lost_deputies(form.instance, _deputies(form, (*kept, *new), doomed))
            except ValidationError as error:
                form.add_error(None, error)


def _refuse_deputised(seat: BodyMember, seats: dict[Any, BodyMember], doomed: set[Any]) -> None:
    if seat.deputises_for_id is not None and seat.deputises_for_id in doomed:
        raise ValidationError({"deputises_for": DELETED_TOO}, code="deleted")
    refuse_wrong_deputy(seat, seats.get(seat.deputises_for_id) or seat.deputises_for)


def _deputies(form: Any, forms: Iterable[Any], doomed: set[Any]) -> list[BodyMember]:
    """Seats that will deputise for the one of `form`: those shown as they are filled in, all others as they are stored."""
    if "role" not in form.changed_data:
        return []
    shown = [other.instance for other in forms]
    handled = {*doomed, *(seat.pk for seat in shown if seat.pk is not None)}
    stored = BodyMember.objects.filter(deputises_for=form.instance).exclude(pk__in=handled)
    return [*(seat for seat in shown if seat.deputises_for_id == form.instance.pk), *stored]


class SeatInline(BoundedInline):
    """Who sits in a body today or will; whose term is over stands in the list of seats."""

    model = BodyMember
    fk_name = "body"
    formset = SeatFormSet
    lock_all = True
    fields = ("position", "person", "organisation", "role", "deputises_for", "valid_from", "valid_to")
    show_change_link = True
    verbose_name_plural = "Sitze heute und künftig (wer ausgeschieden ist, steht unter „Frühere Sitze“)"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Present and future seats; on the way back all of them, because a term may have ended meanwhile."""
        seats: Any = super().get_queryset(request)
        return seats if request.method == "POST" else seats.not_former(timezone.localdate())

    def get_formset(self, request: HttpRequest, obj: Body | None = None, **kwargs: Any) -> Any:
        """A deputy chooses among the seats of the same body that have a vote; these are read once for all rows."""
        formset = super().get_formset(request, obj, **kwargs)
        fields: dict[str, Any] = formset.form.base_fields
        if "deputises_for" in fields:
            fields["deputises_for"].choices = [("", "---------"), *_seats_with_vote(obj)]
        return formset

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A short select for the deputised seat instead of a search over all bodies."""
        if db_field.name == "deputises_for":
            return db_field.formfield(**{"queryset": BodyMember.objects.all(), **kwargs})
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


def _seats_with_vote(body: Body | None) -> list[tuple[int, str]]:
    if body is None:
        return []
    seats = BodyMember.objects.filter(body=body).voting()
    return [(seat.pk, str(seat)) for seat in seats]


@admin.register(Body)
class BodyAdmin(BaseAdmin):
    """Steuerungsgruppe, working groups, networks and advisory boards."""

    work_group = "Akteure"
    work_order = 30
    list_display = ("name", "kind", "office", "seats_today", "valid_from", "valid_to")
    list_filter = (TermFilter, "kind")
    list_select_related = ("office",)
    search_keys = (
        "search_key",
        "office__search_key",
        "office__aliases__search_key",
        "members__person__search_key",
        "members__organisation__search_key",
        "members__organisation__aliases__search_key",
    )
    inlines = (SeatInline,)
    fieldsets = (
        (None, {"fields": ("kind", "name", "office", "purpose")}),
        ("Bestehen und Quelle", {"fields": (("valid_from", "valid_to"), "source"), "classes": ("collapse",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the number of seats filled today."""
        return super().get_queryset(request).with_seats(on=timezone.localdate())  # type: ignore[attr-defined]

    def object_links(self, request: HttpRequest, obj: Body) -> list[tuple[str, str]]:
        """Seats whose term is over."""
        former = BodyMember.objects.filter(body=obj).former(timezone.localdate()).count()
        if not former:
            return []
        query = {"body__id__exact": obj.pk, TermFilter.parameter_name: "frueher"}
        return [(f"Frühere Sitze ({former})", reverse("admin:stakeholders_bodymember_changelist", query=query))]

    @admin.display(description="Sitze heute", ordering="seats")
    def seats_today(self, body: Any) -> int:
        """How many."""
        return int(body.seats)


@admin.register(BodyMember)
class BodyMemberAdmin(BaseAdmin):
    """All seats, former ones too; they are kept with the body."""

    index_hidden = True
    lock_all = True
    list_display = ("person_shown", "organisation", "body", "role", "valid_from", "valid_to")
    list_filter = (TermFilter, "role", "body")
    search_keys = (
        "person__search_key",
        "organisation__search_key",
        "organisation__aliases__search_key",
        "body__search_key",
    )
    fieldsets = (
        (None, {"fields": ("body", "person", "organisation", "role", "deputises_for")}),
        ("Dauer", {"fields": (("valid_from", "valid_to"), "position", "note")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the body; the rest of what a seat is called by comes with every seat."""
        return super().get_queryset(request).select_related("body")

    @admin.display(description="Person", ordering="person__sort_key")
    def person_shown(self, seat: BodyMember) -> str:
        """Name, or that there is none yet."""
        return str(seat.person or NOBODY_YET)
