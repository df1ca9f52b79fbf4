"""The concept as an app."""

from django.apps import AppConfig


class ConceptConfig(AppConfig):
    """Fields of action, goals, measures, milestones and what leads to them."""

    name = "concept"
    verbose_name = "Konzept"
