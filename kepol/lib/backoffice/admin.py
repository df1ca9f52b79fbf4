"""Base classes of every model admin: versions, history, steps, safe delete, search by folded keys, bounded inlines."""

import logging
from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.options import csrf_protect_m
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import IS_POPUP_VAR, ChangeList
from django.contrib.admin.widgets import AdminSplitDateTime, RelatedFieldWidgetWrapper
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import IntegrityError, models, transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.text import capfirst

from kepol.lib import history
from kepol.lib.backoffice import conflicts
from kepol.lib.backoffice.changelist import DefaultFilter, RangedChangeList
from kepol.lib.backoffice.forms import (
    SEEN,
    KnownAutocomplete,
    KnownAutocompleteMultiple,
    VersionedForm,
    VersionedFormSet,
)
from kepol.lib.backoffice.panels import (
    company_of,
    delete_with_company,
    panel_list_steps,
    panel_steps,
    rendered,
)
from kepol.lib.backoffice.related import incoming, outgoing
from kepol.lib.backoffice.steps import BACK, Step, as_action, may_take, rows_token, run_step, were_seen
from kepol.lib.locks import lock_kinds
from kepol.lib.names import terms
from kepol.lib.retirement import Retirable, reinstate, retire
from kepol.lib.versions import Conflict, is_seen_whole, lock_parts, whole_token

ATTEMPTS = 3
logger = logging.getLogger(__name__)
HISTORY_PAGE = 50
#: Each word costs a subquery per key; nobody looks for more, and an address with a thousand words must not stop the server.
MAX_WORDS = 10
COMPANY = "company"
HOURS_AND_MINUTES = "%H:%M"
#: The day somebody put a row aside; no column for it as long as a list shows only what is in use.
RETIRED_ON = "retired_on"


class RelationsMixin:
    """Autocomplete for every relation to a model that can be searched, with labels known in advance."""

    formfield_overrides: ClassVar[dict[Any, Any]] = {
        models.URLField: {"assume_scheme": "https"},
        models.DecimalField: {"localize": True},
        models.DateField: {"error_messages": {"invalid": "Bitte schreiben Sie den Tag wie 07.05.2025."}},
        models.TimeField: {"error_messages": {"invalid": "Bitte schreiben Sie die Uhrzeit wie 18:30."}},
    }

    def _is_searchable(self, db_field: Any) -> bool:
        related = self.admin_site._registry.get(db_field.remote_field.model)  # noqa: SLF001 - as Django itself does  # type: ignore[attr-defined]
        return related is not None and bool(related.get_search_fields(None))

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Beside a relation only what can be undone: nobody deletes a committee from the form of a submission."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if db_field.name == "position" and field is not None:
            # Left empty, a new row goes behind the others and an existing one stays where it is.
            field.required, field.initial = False, None
        if field is not None:
            # A period calls itself as in the middle of a sentence.
            field.label = capfirst(field.label)
        if isinstance(field and field.widget, AdminSplitDateTime):
            field.widget.widgets[1].format = HOURS_AND_MINUTES
            # Two inputs share one label; alone, neither would say to assistive technology what it is.
            for part, kind in zip(field.widget.widgets, ("Datum", "Uhrzeit"), strict=True):
                part.attrs["aria-label"] = f"{field.label}: {kind}"
        if isinstance(field and field.widget, RelatedFieldWidgetWrapper):
            field.widget.can_delete_related = field.widget.can_view_related = False
            field.widget.can_add_related &= isinstance(self, admin.ModelAdmin)
            field.widget.can_change_related &= isinstance(self, admin.ModelAdmin)
        return field

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Autocomplete instead of a long select."""
        if "widget" not in kwargs and self._is_searchable(db_field):
            kwargs["widget"] = KnownAutocomplete(db_field, self.admin_site, using=kwargs.get("using"))  # type: ignore[attr-defined]
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Autocomplete instead of a long list."""
        if "widget" not in kwargs and self._is_searchable(db_field):
            kwargs["widget"] = KnownAutocompleteMultiple(db_field, self.admin_site, using=kwargs.get("using"))  # type: ignore[attr-defined]
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]


class BaseAdmin(RelationsMixin, admin.ModelAdmin):
    """Model admin of the house.

    `search_keys` are lookups of folded keys (`"search_key"`, `"aliases__search_key"`); each typed word must occur in one of them.
    `steps` are offered as buttons, those also named in `list_steps` as list actions, and those named in `row_steps` as links in
    the last column of the list, which lead back to it. `lock_all`, here or at an inline, locks the whole kind while saving: for
    rules between rows that no constraint can hold.

    Records show what apps have hung on them (`RecordPanel`), and every page links to everything related.
    """

    form = VersionedForm
    work_group = "Stammdaten"
    work_order = 50
    index_hidden = False
    list_per_page = 50
    show_full_result_count = True
    save_on_top = False
    search_keys: tuple[str, ...] = ("search_key",)
    steps: tuple[Step, ...] = ()
    list_steps: tuple[str, ...] = ()
    row_steps: tuple[str, ...] = ()
    lock_all = False
    #: Columns whose beginning nobody may ask for in an address: the list would tell them sign by sign.
    secret_columns: tuple[str, ...] = ()
    object_history_template = "admin/object_history.html"
    delete_confirmation_template = "admin/delete_page.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """List that says which rows it shows."""
        return RangedChangeList

    def get_list_display(self, request: HttpRequest) -> Any:
        """Declared columns, and behind them the steps of each row that the person may take."""
        columns = super().get_list_display(request)
        if RetiredFilter.parameter_name not in request.GET:
            columns = [column for column in columns if column != RETIRED_ON]
        offered = [step for step in self.all_steps() if step.name in self.row_steps and may_take(self, request, step)]
        if not offered or IS_POPUP_VAR in request.GET:
            return columns
        return [*columns, self._row_links(offered, request.get_full_path())]

    def _row_links(self, offered: list[Step], here: str) -> Any:
        @admin.display(description="Schritte")
        def row_links(obj: Any) -> str:
            links = (
                (self._step_url(obj, step, here), step.confirm_label, obj) for step in offered if step.allowed(obj)
            )
            return format_html_join(
                " ", '<a class="row-step" href="{}">{}<span class="visually-hidden">: {}</span></a>', links
            )

        return row_links

    # --- Search ------------------------------------------------------------------------------------------------
    def get_search_fields(self, request: HttpRequest | None) -> tuple[str, ...]:
        """Keys stand in for the fields: Django shows the search box and offers autocomplete when there are any."""
        return self.search_keys

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        """Rows in which each typed word occurs, however it is spelled; relations are searched without doubling rows.

        An autocomplete offers only what is in use.
        """
        if issubclass(self.model, Retirable) and request.path.endswith("/autocomplete/"):
            queryset = queryset.active()  # type: ignore[attr-defined]
        words = self.first_words(request, terms(search_term))
        for term in words:
            found = Q()
            for key in self.search_keys:
                found |= self._holds(key, term)
            queryset = queryset.filter(found)
        if search_term.strip() and not words:
            return queryset.none(), False
        return queryset, False

    def first_words(self, request: HttpRequest, words: list[str]) -> list[str]:
        """As many of `words` as are looked for; whoever typed more is told."""
        if len(words) > MAX_WORDS and not request.path.endswith("/autocomplete/"):
            messages.info(request, f"Gesucht wird nach den ersten {MAX_WORDS} Wörtern.")
        return words[:MAX_WORDS]

    def _holds(self, key: str, term: str) -> Q:
        if "__" not in key:
            return Q(**{f"{key}__contains": term})
        return Q(pk__in=self.model._base_manager.filter(**{f"{key}__contains": term}).values("pk"))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """As Django, which allows any column of the model itself, without those that are secret."""
        is_secret = lookup.partition("__")[0] in self.secret_columns
        return not is_secret and super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    # --- Forms -------------------------------------------------------------------------------------------------
    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Fieldsets as declared, and the hidden version in the first one where the form can be saved."""
        fieldsets = [(title, dict(options)) for title, options in super().get_fieldsets(request, obj)]
        if obj is None or not self.has_change_permission(request, obj) or not fieldsets:
            return fieldsets
        first = fieldsets[0][1]
        first["fields"] = [*(name for name in first["fields"] if name != SEEN), SEEN]
        return fieldsets

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What the address proposes for a new object, as far as it can be read."""
        proposed = super().get_changeform_initial_data(request)
        return {name: value for name, value in proposed.items() if not self._is_unreadable_time(name, value)}

    def _is_unreadable_time(self, name: str, value: Any) -> bool:
        columns = {column.name: column for column in self.opts.fields}
        if not isinstance(columns.get(name), models.DateTimeField):
            return False
        try:
            forms.DateTimeField().clean(value)
        except ValidationError:
            return True
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Model fields in their order; the version is put in by `get_fieldsets`."""
        return [name for name in super().get_fields(request, obj) if name != SEEN]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save only what changed, so that opening and saving a form never makes another person's version stale."""
        if not change or form.has_changed():
            super().save_model(request, obj, form, change)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Declared actions and the steps that work on several rows."""
        actions = super().get_actions(request)
        if IS_POPUP_VAR in request.GET:
            return actions
        offered = {*self.list_steps, *RETIREMENT_STEPS, *panel_list_steps(self.model)}
        for step in self.all_steps():
            if step.name in offered and may_take(self, request, step):
                actions[step.name] = (as_action(step), step.name, step.label)
        return actions

    def all_steps(self) -> tuple[Step, ...]:
        """Own steps, retiring where the model can be retired, and those of panels."""
        retirement = RETIREMENT if issubclass(self.model, Retirable) else ()
        return (*self.steps, *retirement, *panel_steps(self.model))

    def step_links(self, request: HttpRequest, obj: Any) -> list[tuple[str, str]]:
        """Label and address of every step that is possible now."""
        return [
            (step.label, self._step_url(obj, step))
            for step in self.all_steps()
            if step.allowed(obj) and may_take(self, request, step, obj)
        ]

    def _step_url(self, obj: Any, step: Step, back: str = "") -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_step"
        return reverse(name, args=[obj.pk, step.name], query={BACK: back} if back else None)

    def object_links(self, request: HttpRequest, obj: Any) -> list[tuple[str, str]]:
        """Further buttons of the change page: label and address."""
        return []

    def standing(self, obj: Any) -> str:
        """How `obj` stands now, in one line above the form of a step; empty where its name says enough."""
        return ""

    def get_urls(self) -> list[Any]:
        """Django's pages and one per step."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_step"
        step = path("<path:object_id>/schritt/<slug:step>/", self.admin_site.admin_view(self.step_view), name=name)
        return [step, *super().get_urls()]

    def step_view(self, request: HttpRequest, object_id: str, step: str) -> HttpResponse:
        """Page of one step."""
        obj = self.get_object(request, unquote(object_id))
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        chosen = next((one for one in self.all_steps() if one.name == step), None)
        if obj is None or chosen is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return run_step(self, request, chosen, obj)

    # --- Saving ------------------------------------------------------------------------------------------------
    @csrf_protect_m
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show or save the form; unseen work of others leads to the conflict page instead of being overwritten."""
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context or {})
        self._prepare(request)
        for _ in range(ATTEMPTS):
            try:
                response = self._save(request, object_id, form_url, extra_context or {})
            except (Conflict, IntegrityError) as error:
                # Somebody saved between our reading and our writing: read again, and the checks of the form see it.
                logger.warning("Saving %s is tried again: %s", self.opts.label, error)
                continue
            return self._conflict_page(request, response) or response
        messages.error(
            request,
            "Ihre Eingabe wurde nicht gespeichert, weil gerade mehrere Personen speichern. Versuchen Sie es noch einmal.",
        )
        return HttpResponseRedirect(request.get_full_path())

    def _prepare(self, request: HttpRequest) -> None:
        request.POST = conflicts.plain_lines(request.POST)  # type: ignore[assignment]
        if conflicts.RESOLVE not in request.POST:
            return
        try:
            request.POST = conflicts.resolved(request.POST)  # type: ignore[assignment]
        except (KeyError, ValueError) as error:
            raise BadRequest("The choices of the conflict page arrived incomplete.") from error

    def _save(self, request: HttpRequest, object_id: str | None, form_url: str, extra: dict[str, Any]) -> HttpResponse:
        with transaction.atomic(), history.operation(by=request.user):
            self._lock(request, object_id)
            return super().changeform_view(request, object_id, form_url, extra)

    def _lock(self, request: HttpRequest, object_id: str | None) -> None:
        """Make savers of the same object or (with `lock_all`) of the same kind wait for each other.

        Kinds are locked before rows, so that nobody waits in a circle.
        """
        lock_kinds(*(admin.model for admin in (self, *self.inlines) if getattr(admin, "lock_all", False)))
        if object_id is not None and unquote(object_id).isascii() and unquote(object_id).isdigit():
            self.model._base_manager.select_for_update(of=("self",)).filter(pk=unquote(object_id)).first()

    def _conflict_page(self, request: HttpRequest, response: HttpResponse) -> HttpResponse | None:
        context = getattr(response, "context_data", None) or {}
        if "adminform" not in context:
            return None
        form = context["adminform"].form
        formsets = [inline.formset for inline in context.get("inline_admin_formsets", [])]
        found = conflicts.clashes(form, formsets)
        if not found:
            return None
        return conflicts.page(request, self, found)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the buttons of the object, what hangs on it and what is related to it."""
        obj = kwargs.get("obj")
        if obj is not None and obj.pk:
            context["step_links"] = self.step_links(request, obj)
            context["object_links"] = self.object_links(request, obj)
            if not context.get("is_popup"):
                context["panels"] = rendered(request, obj)
                context["incoming"] = incoming(self, request, obj)
                context["outgoing"] = outgoing(self, request, obj)
            if not self.has_change_permission(request, obj):
                # Whoever only looks reads it from the page; Django's title says it a second time.
                context["title"] = capfirst(str(self.opts.verbose_name))
            elif self.has_delete_permission(request, obj) and self.why_it_stays(obj):
                context["show_delete"] = False
        return super().render_change_form(request, context, *args, **kwargs)

    # --- Deleting ----------------------------------------------------------------------------------------------
    def why_it_stays(self, obj: Any) -> str:
        """Why `obj` is never deleted, and what one does instead; empty where it may be tried."""
        return ""

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Delete only the versions, of the object, its parts and what hangs on them, that the confirmation page showed."""
        try:
            with transaction.atomic(), history.operation(by=request.user):
                self._lock(request, object_id)
                return self._delete_seen(request, object_id, extra_context or {})
        except Conflict:
            return self._confirm_again(request)

    def _delete_seen(self, request: HttpRequest, object_id: str, extra: dict[str, Any]) -> HttpResponse:
        obj = self.get_object(request, unquote(object_id))
        if obj is None or not self.has_delete_permission(request, obj):
            return super().delete_view(request, object_id, extra)
        if stays := self.why_it_stays(obj):
            return self._stays_page(request, obj, stays)
        lock_parts(obj)
        company = company_of(obj)
        if is_seen_whole(obj, request.GET.get(SEEN, "")) and were_seen(company, request.GET.get(COMPANY, "")):
            links = [link for link in self.step_links(request, obj) if "stilllegen" in link[1]]
            return super().delete_view(request, object_id, {"retire_links": links, **extra})
        if request.method == "POST":
            return self._confirm_again(request)
        seen = {SEEN: whole_token(obj), COMPANY: rows_token(company)}
        return HttpResponseRedirect(f"{request.path}?{urlencode(seen)}")

    def _stays_page(self, request: HttpRequest, obj: Any, stays: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Löschen ist nicht möglich",
            "opts": self.opts,
            "object": obj,
            "stays": stays,
        }
        return TemplateResponse(request, self.delete_confirmation_template, context)

    def _confirm_again(self, request: HttpRequest) -> HttpResponse:
        messages.warning(
            request, "Der Eintrag wurde inzwischen geändert. Prüfen Sie den neuen Stand und bestätigen Sie noch einmal."
        )
        return HttpResponseRedirect(request.path)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What would go with it, what hangs on it included, without the rows that only tie two objects together.

        Such rows have no name in German.
        """
        to_delete, counts, perms_needed, protected = super().get_deleted_objects(objs, request)
        ties = {
            capfirst(str(model._meta.verbose_name))
            for model in apps.get_models(include_auto_created=True)
            if model._meta.auto_created
        }
        counts = {name: number for name, number in counts.items() if not capfirst(str(name)).startswith(tuple(ties))}
        company = [row for obj in objs for row in company_of(obj)]
        for row in company:
            name = str(row._meta.verbose_name_plural)
            counts[name] = counts.get(name, 0) + 1
        told = [f"{row._meta.verbose_name}: {row}" for row in company]
        return [*_without(to_delete, ties), *told], counts, perms_needed, protected

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete the object, and what hangs on it."""
        delete_with_company(obj, by=request.user)

    # --- History -----------------------------------------------------------------------------------------------
    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Who changed what from what to what; view only."""
        obj = self.get_object(request, unquote(object_id))
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        told = Paginator(history.entries(obj), HISTORY_PAGE).get_page(request.GET.get("p"))
        context = {
            **self.admin_site.each_context(request),
            "title": f"Verlauf: {obj}",
            "subtitle": None,
            "opts": self.opts,
            "object": obj,
            "told": told,
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.object_history_template, context)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """History is kept by the model, for every way of saving; Django's own log would tell it a second time."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """See `log_addition`."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """See `log_addition`."""


def _without(entries: list[Any], titles: set[str]) -> list[Any]:
    """Nested list of what will be deleted, without the entries that begin with one of `titles`."""
    kept = []
    for entry in entries:
        if isinstance(entry, list):
            kept.append(_without(entry, titles))
        elif str(entry).split(":")[0] not in titles:
            kept.append(entry)
    return [entry for entry in kept if entry != []]


class ViewOnlyAdmin(BaseAdmin):
    """Reference data: everybody with the right looks, nobody edits."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False


class BoundedInline(RelationsMixin, admin.TabularInline):
    """Rows of parts: bounded in number, without SQL per row, each with its version."""

    lock_all = False
    form = VersionedForm
    formset = VersionedFormSet
    extra = 0
    template = "admin/edit_inline/bounded_tabular.html"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Declared fields and, where rows can be saved, their hidden version."""
        names = [name for name in super().get_fields(request, obj) if name != SEEN]
        return [*names, SEEN] if self.has_change_permission(request, obj) else names


class BoundedStackedInline(BoundedInline):
    """The same with one block per row, for long texts."""

    template = "admin/edit_inline/bounded_stacked.html"


def _retire(obj: Any, *, by: Any, reason: str) -> None:
    retire(obj, on=timezone.localdate(), reason=reason, by=by)


class RetireForm(forms.Form):
    """Why something is put aside."""

    reason = forms.CharField(
        label="Grund",
        max_length=300,
        widget=forms.TextInput(attrs={"class": "vLargeTextField"}),
        help_text="Steht künftig beim Eintrag, zum Beispiel: „aufgelöst“ oder „jetzt FB 62“.",
    )


RETIREMENT = (
    Step(
        name="stilllegen",
        label="Stilllegen …",
        run=_retire,
        form=RetireForm,
        allowed=lambda obj: not obj.is_retired,
        explanation="Der Eintrag wird nicht mehr vorgeschlagen, bleibt aber überall stehen, wo er vorkommt, und kann zurückgeholt werden.",
        done="Stillgelegt",
    ),
    Step(
        name="zurueckholen",
        label="Wieder in Gebrauch nehmen …",
        run=reinstate,
        allowed=lambda obj: obj.is_retired,
        explanation="Der Eintrag wird wieder vorgeschlagen.",
        done="Wieder in Gebrauch",
    ),
)
RETIREMENT_STEPS = frozenset(step.name for step in RETIREMENT)


class RetiredFilter(DefaultFilter):
    """In use, put aside, or both; the list starts with what is in use."""

    title = "Verwendung"
    parameter_name = "verwendung"
    default = "in Gebrauch"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Choices beside the default."""
        return [("stillgelegt", "stillgelegt"), (self.everything, "alle")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Rows after the choice."""
        if self.value() == self.everything:
            return queryset
        return queryset.retired() if self.value() == "stillgelegt" else queryset.active()


__all__ = ["BaseAdmin", "BoundedInline", "BoundedStackedInline", "DefaultFilter", "RetiredFilter", "ViewOnlyAdmin"]
