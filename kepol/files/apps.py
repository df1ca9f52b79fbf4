"""The app of stored files; it has no models of its own, the fields lie in the models they belong to."""

from django.apps import AppConfig


class FilesConfig(AppConfig):
    """Stored files."""

    name = "kepol.files"
    label = "files"
