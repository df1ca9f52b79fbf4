"""Tells a form, while somebody types, how a vague date is understood."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from kepol.lib.periods.forms import read, reading


@require_safe
def period_reading(request: HttpRequest) -> JsonResponse:
    """Answer for `?text=`: whether it is understood, and the sentence that says how or why not."""
    try:
        period = read(request.GET.get("text", ""))
    except ValueError as error:
        return JsonResponse({"understood": False, "sentence": str(error)})
    return JsonResponse({"understood": True, "sentence": reading(period) if period else ""})
