"""The one view that hands out stored files: as attachment, to whom the file's rule allows."""

import logging

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest
from django.utils import timezone
from django.views.decorators.http import require_safe

from kepol.lib.contracts import FileRule, implementations

logger = logging.getLogger(__name__)


@require_safe
def serve(request: HttpRequest, key: str, pk: int) -> FileResponse:
    """Send the file of object `pk` under the rule `key`; missing and forbidden files look alike."""
    rules: list[FileRule] = implementations(settings.FILE_RULES)
    rule = next((rule for rule in rules if rule.key == key), None)
    found = rule.fetch(request.user, pk, on=timezone.localdate()) if rule else None
    if found is None:
        raise Http404
    file, name = found
    try:
        content = file.open("rb")
    except FileNotFoundError as error:
        logger.exception("File %s of %s %s is missing in the storage", file.name, key, pk)
        raise Http404 from error
    # A line break in the name would break the header.
    filename = " ".join(name.split())
    response = FileResponse(content, as_attachment=True, filename=filename, content_type="application/octet-stream")
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    return response
