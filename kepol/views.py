"""Start page and health."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kepol.accounts.choices import Role


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Lead everybody to where their work is: desk workers to the back office, units to their milestones, readers to the submissions."""
    user: Any = request.user
    if user.is_staff:
        return redirect("admin:index")
    return redirect("concept:milestone_own" if Role.FACHBEREICH in user.roles else "council:submission_list")


@require_safe
@never_cache
@login_not_required
def health(request: HttpRequest) -> HttpResponse:
    """Answer "ok" when the database answers; for the monitoring of the data centre."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")
