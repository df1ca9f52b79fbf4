"""Reference data in the back office: to look up, not to edit."""

from django.contrib import admin

from kepol.lib.backoffice.admin import ViewOnlyAdmin
from kepol.reference.models import Country, Sdg


@admin.register(Sdg)
class SdgAdmin(ViewOnlyAdmin):
    """The 17 goals."""

    work_order = 90
    list_display = ("number", "title")
    fields = ("number", "title")


@admin.register(Country)
class CountryAdmin(ViewOnlyAdmin):
    """Countries of the world."""

    work_order = 91
    list_display = ("name", "code", "is_europe")
    list_filter = ("is_europe",)
    fields = ("name", "code", "is_europe")
