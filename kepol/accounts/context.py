"""What every page may print without asking the database."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """Return the names of the municipality and whether this is a demonstration."""
    return {
        "municipality_name": settings.MUNICIPALITY_NAME,
        "municipality_genitive": settings.MUNICIPALITY_GENITIVE,
        "demo": settings.DEMO,
    }
