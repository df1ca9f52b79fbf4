"""Makes the back office the admin site of the project."""

from django.contrib.admin.apps import AdminConfig


class BackOfficeConfig(AdminConfig):
    """Django's admin with KEpol's site."""

    default_site = "kepol.lib.backoffice.site.BackOfficeSite"
