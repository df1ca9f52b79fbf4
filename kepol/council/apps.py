"""The app of committees and submissions."""

from django.apps import AppConfig


class CouncilConfig(AppConfig):
    """Committees and submissions."""

    name = "kepol.council"
    label = "council"
    verbose_name = "Gremien und Vorlagen"
