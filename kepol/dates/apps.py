"""The app of days on which something is to be done."""

from django.apps import AppConfig


class DatesConfig(AppConfig):
    """Wiedervorlagen."""

    name = "kepol.dates"
    label = "dates"
    verbose_name = "Termine"
