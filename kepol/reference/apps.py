"""The app of reference data."""

from django.apps import AppConfig


class ReferenceConfig(AppConfig):
    """Reference data."""

    name = "kepol.reference"
    label = "reference"
    verbose_name = "Stammdaten"
