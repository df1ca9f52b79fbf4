"""The app of stored files, whose fields lie in the models they belong to, and of references to the city's document system."""

from django.apps import AppConfig


class FilesConfig(AppConfig):
    """Stored files."""

    name = "kepol.files"
    label = "files"
    verbose_name = "Akten"
