"""The admin site: closed to roles without desk work, and its index grouped by what people do."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from kepol.lib.contracts import Count, follow_up, implementations

# In the order of a working day; a model admin names its group.
GROUPS = (
    "Schreibtisch",
    "Konzept und Maßnahmen",
    "Partnerschaften",
    "Förderung",
    "Akteure",
    "Gremien und Vorlagen",
    "Stammdaten",
    "Zugänge",
)


class BackOfficeSite(admin.AdminSite):
    """Admin site of KEpol."""

    site_title = "KEpol"
    site_header = "KEpol – Verwaltung"
    index_title = "Übersicht"
    enable_nav_sidebar = True
    empty_value_display = "–"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        # Rows are retired, or deleted one by one on a page that shows what hangs on them.
        self.disable_action("delete_selected")

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Take in only admins of the house; those that libraries bring know neither its versions nor its history."""
        if hasattr(admin_class, "work_group"):
            super().register(model_or_iterable, admin_class, **options)

    @property
    def site_url(self) -> str:  # type: ignore[override]
        """Way back to the front of the house."""
        return reverse("start")

    def has_permission(self, request: HttpRequest) -> bool:
        """Only roles with desk work; the role is read anew at each request."""
        return request.user.is_active and request.user.is_staff

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """One login for the whole house; who is signed in without the right role is told so instead of sent round in a circle."""
        if request.user.is_authenticated and not self.has_permission(request):
            return TemplateResponse(request, "admin/no_access.html", status=403)
        if request.user.is_authenticated:
            return redirect("admin:index")
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"), reverse(settings.LOGIN_URL))

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """One way out of the house."""
        return redirect("account_logout")

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """One page for the password."""
        return redirect("account_change_password")

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """Models grouped by work for the index; per application where Django asks for one application."""
        apps = super().get_app_list(request, app_label)
        models = [model for app in apps for model in app["models"] if not self._registry[model["model"]].index_hidden]
        if app_label is not None:
            return [{**app, "models": [model for model in app["models"] if model in models]} for app in apps]
        return [group for name in GROUPS if (group := self._group(name, models))["models"]]

    def _group(self, name: str, models: list[dict[str, Any]]) -> dict[str, Any]:
        mine = [model for model in models if self._registry[model["model"]].work_group == name]
        mine.sort(key=lambda model: self._registry[model["model"]].work_order)
        return {
            "name": name,
            "app_label": f"group-{GROUPS.index(name)}",
            "app_url": "",
            "has_module_perms": True,
            "models": mine,
        }

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Start page with what matters today."""
        today = timezone.localdate()
        counts, tables = follow_up(implementations(settings.FOLLOW_UPS), request.user, on=today)
        counts.sort(key=_importance)
        has_work = any(count.count for count in counts)
        context = {"counts": counts, "tables": tables, "has_work": has_work, "today": today}
        return super().index(request, {**context, **(extra_context or {})})


def _importance(count: Count) -> int:
    """What is urgent first, what is empty last; the rest in the order of the settings."""
    if not count.count:
        return 2
    return 0 if count.is_urgent else 1
