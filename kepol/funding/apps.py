"""Funding as an app."""

from django.apps import AppConfig


class FundingConfig(AppConfig):
    """Grants, their budget and the duties they bring."""

    name = "kepol.funding"
    label = "funding"
    verbose_name = "Förderung"
