"""Partnerships as an app."""

from django.apps import AppConfig


class PartnershipsConfig(AppConfig):
    """Partner cities, agreements, visits, projects and transfers in kind."""

    name = "partnerships"
    verbose_name = "Partnerschaften"
