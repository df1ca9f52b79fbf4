"""Addresses of the submissions in the portal."""

from django.urls import path

from kepol.council.views import submission_detail, submission_list, submission_pdf

app_name = "council"
urlpatterns = [
    path("vorlagen/", submission_list, name="submission_list"),
    path("vorlagen/<int:pk>/", submission_detail, name="submission_detail"),
    path("vorlagen/<int:pk>/pdf/", submission_pdf, name="submission_pdf"),
]
