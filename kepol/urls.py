"""All addresses of KEpol."""

from django.contrib import admin
from django.urls import include, path

from kepol.lib.periods.views import period_reading
from kepol.views import health, start

urlpatterns = [
    path("", start, name="start"),
    path("", include("kepol.accounts.urls")),
    path("", include("kepol.council.urls")),
    path("", include("concept.urls")),
    path("dateien/", include("kepol.files.urls")),
    path("verwaltung/", admin.site.urls),
    path("zeitraum/", period_reading, name="period_reading"),
    path("healthz", health, name="health"),
]
