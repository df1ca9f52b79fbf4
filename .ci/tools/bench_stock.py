"""Django's own admin of the milestones, for comparison: nothing but a plain `ModelAdmin`, with the templates Django brings.

Its list shows the columns of ours, as far as they are columns of the table, and the filters of ours that Django knows.
`settings.ROOT_URLCONF` of the bench is this module, so that both answer in the same run through the same middleware.
"""

from django.contrib import admin
from django.urls import path

from concept.models import Milestone
from kepol.urls import urlpatterns as ours


class StockMilestoneAdmin(admin.ModelAdmin):
    """As many rows to a page as our list, so that both show the same ones."""

    list_display = ("title", "planned", "forecast", "status", "responsible", "measure", "reported_on")
    list_filter = ("status", "responsible", "measure__field_of_action")
    search_fields = ("title",)
    ordering = ("title",)
    list_per_page = 50


class StockMilestoneAdminFullPage(StockMilestoneAdmin):
    """A hundred rows to a page, as Django has it where nobody says otherwise."""

    list_per_page = 100


stock = admin.AdminSite(name="stock")
stock.register(Milestone, StockMilestoneAdmin)
full = admin.AdminSite(name="full")
full.register(Milestone, StockMilestoneAdminFullPage)

urlpatterns = [*ours, path("stock/", stock.urls), path("full/", full.urls)]
