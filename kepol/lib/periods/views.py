"""Tells a form, while somebody types, how a vague date is understood."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from kepol.lib.periods.forms import MAX_LENGTH, reading
from kepol.lib.periods.value import Period


@require_safe
def period_reading(request: HttpRequest) -> JsonResponse:
    """Answer for `?text=`: whether it is understood, and the sentence that says how or why not."""
    text = request.GET.get("text", "").strip()[: MAX_LENGTH + 1]
    try:
        return JsonResponse({"understood": True, "sentence": reading(Period.parse(text)) if text else ""})
    except ValueError as error:
        return JsonResponse({"understood": False, "sentence": str(error)})
