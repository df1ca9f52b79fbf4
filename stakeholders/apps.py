"""The app of the stakeholder register."""

from django.apps import AppConfig


class StakeholdersConfig(AppConfig):
    """Stakeholder register."""

    name = "stakeholders"
    verbose_name = "Akteure"
