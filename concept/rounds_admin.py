"""The Sachstandsabfrage in the back office: open it, see who has answered for what, remind, close."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from concept.models import RoundItem, StatusRound
from concept.plan_admin import DESK
from concept.querysets import number_of
from concept.round_forms import (
    CloseForm,
    DeadlineForm,
    OpeningForm,
    RemindForm,
    close_form_for,
    deadline_form_for,
    remind_form_for,
)
from concept.round_page import preview, round_page
from concept.rounds import close_round, extend, open_round, remind, time_left, with_answers
from kepol.lib.backoffice.admin import BaseAdmin
from kepol.lib.backoffice.steps import Step

CLOSED = "Diese Abfrage ist abgeschlossen."


def _extend(status_round: StatusRound, *, by: Any, deadline: Any) -> None:
    extend(status_round, deadline=deadline, by=by, today=timezone.localdate())


def _remind(status_round: StatusRound, *, by: Any, units: Any) -> None:
    remind(status_round, units=units, by=by, now=timezone.now())


def _close(status_round: StatusRound, *, by: Any, **_: Any) -> None:
    close_round(status_round, by=by, now=timezone.now())


def _is_open(status_round: StatusRound) -> bool:
    return status_round.is_open


class StateFilter(admin.SimpleListFilter):
    """Running or closed."""

    title = "Stand"
    parameter_name = "stand"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Both."""
        return [("offen", "läuft"), ("abgeschlossen", "abgeschlossen")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Rows after the choice."""
        choices = {"offen": queryset.running(), "abgeschlossen": queryset.filter(closed_at__isnull=False)}
        return choices.get(self.value() or "", queryset)


@admin.register(StatusRound)
class StatusRoundAdmin(BaseAdmin):
    """Rounds, the latest first; what changes one is a step."""

    work_group = DESK
    work_order = 12
    list_display = ("title", "key_date", "deadline_shown", "state_shown", "answers_shown")
    list_filter = (StateFilter,)
    readonly_fields = ("key_date", "deadline", "intro", "opened_shown", "closed_shown")
    fieldsets = (("Angaben", {"fields": ("title", "key_date", "deadline", "intro", "opened_shown", "closed_shown")}),)
    steps = (
        Step(
            name="frist",
            label="Frist verlängern …",
            run=_extend,
            form=DeadlineForm,
            form_for=deadline_form_for,
            allowed=_is_open,
            refusal=CLOSED,
            explanation="Wer noch nicht geantwortet hat, sieht bei „Meine Meilensteine“ die neue Frist. Eine Mail geht dabei nicht hinaus.",
            done="Frist verlängert",
        ),
        Step(
            name="erinnern",
            label="Nicht beantwortete erinnern …",
            run=_remind,
            form=RemindForm,
            form_for=remind_form_for,
            allowed=_is_open,
            refusal=CLOSED,
            explanation="Wer für eine dieser Dienststellen antworten kann, bekommt eine Mail mit den Meilensteinen, zu denen eine Antwort "
            "fehlt; niemand mehr als eine am Tag.",
            done="Erinnert",
            button="Mails senden",
        ),
        Step(
            name="abschliessen",
            label="Abschließen …",
            run=_close,
            form=CloseForm,
            form_for=close_form_for,
            allowed=_is_open,
            refusal=CLOSED,
            explanation="Der jetzige Stand aller Meilensteine der Abfrage wird festgehalten und ändert sich danach nicht mehr.",
            done="Abgeschlossen",
        ),
    )

    # --- List ----------------------------------------------------------------------------------------------------
    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With who opened and closed each, and how many of its milestones are answered."""
        items = with_answers(RoundItem.objects.all())
        rows = super().get_queryset(request).select_related("opened_by", "closed_by")
        return rows.annotate(
            total=number_of(RoundItem.objects.all(), "round"),
            answered=number_of(items.filter(is_answered=True), "round"),
        )

    @admin.display(description="Antwort bis", ordering="deadline")
    def deadline_shown(self, status_round: StatusRound) -> str:
        """The day, and how long that is as long as answers count."""
        day = f"{status_round.deadline:%d.%m.%Y}"
        if not status_round.is_open:
            return day
        return f"{day} ({time_left((status_round.deadline - timezone.localdate()).days)})"

    @admin.display(description="Stand", ordering="closed_at")
    def state_shown(self, status_round: StatusRound) -> str:
        """Running, or closed on a day."""
        if status_round.closed_at is None:
            return "läuft"
        return f"abgeschlossen am {timezone.localtime(status_round.closed_at):%d.%m.%Y}"

    @admin.display(description="beantwortet")
    def answers_shown(self, status_round: Any) -> str:
        """How many of how many."""
        return f"{status_round.answered} von {status_round.total}"

    # --- Opening -------------------------------------------------------------------------------------------------
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Page on which a round is opened: it shows first who would be asked for what."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        shown = preview(on=timezone.localdate())
        form = OpeningForm(request.POST or None, shown=shown, initial={"seen": shown.fingerprint})
        if request.method == "POST" and form.is_valid() and (opened := self._open(request, form)):
            messages.success(request, f"Eröffnet: „{opened}“.")
            return HttpResponseRedirect(reverse("admin:concept_statusround_change", args=[opened.pk]))
        # Whoever is shown the page again has seen what it shows now.
        form.data = {**form.data.dict(), "seen": shown.fingerprint} if form.is_bound else form.data  # type: ignore[attr-defined]
        context = {
            **self.admin_site.each_context(request),
            "title": "Sachstandsabfrage eröffnen",
            "opts": self.opts,
            "form": form,
            "preview": shown,
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "admin/concept/statusround/open.html", context)

    def _open(self, request: HttpRequest, form: OpeningForm) -> StatusRound | None:
        try:
            return open_round(**form.cleaned_data, by=request.user, now=timezone.now())
        except ValidationError as error:
            form.add_error(None, error)
            return None

    # --- One round -----------------------------------------------------------------------------------------------
    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What a closed round found stays."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.is_open)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """With who has answered for what, and the text for the paper."""
        chosen = {"unit": request.GET.get("dienststelle", ""), "state": request.GET.get("antwort", "")}
        context["page"] = round_page(kwargs["obj"], on=timezone.localdate(), **chosen)
        context["show_save_and_add_another"] = False
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="Eröffnet")
    def opened_shown(self, status_round: StatusRound) -> str:
        """When and by whom."""
        return f"{timezone.localtime(status_round.opened_at):%d.%m.%Y, %H:%M} Uhr, {status_round.opened_by}"

    @admin.display(description="Abgeschlossen")
    def closed_shown(self, status_round: StatusRound) -> str:
        """When and by whom."""
        if status_round.closed_at is None:
            return "noch nicht"
        return f"{timezone.localtime(status_round.closed_at):%d.%m.%Y, %H:%M} Uhr, {status_round.closed_by}"
