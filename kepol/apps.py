"""The composition root as an app: its commands and checks span all others."""

from django.apps import AppConfig


class KepolConfig(AppConfig):
    """Commands and deployment checks of the whole."""

    name = "kepol"
    label = "kepol"
    verbose_name = "KEpol"

    def ready(self) -> None:
        """Register the deployment checks."""
        from kepol import checks  # noqa: F401, PLC0415 - registers itself once all apps are loaded
