"""Addresses of the milestones in the portal."""

from django.urls import path

from concept.answer_views import milestone_answer
from concept.views import milestone_comment, milestone_detail, milestone_evidence, milestone_list, milestone_own

app_name = "concept"
urlpatterns = [
    path("meilensteine/", milestone_own, name="milestone_own"),
    path("meilensteine/alle/", milestone_list, name="milestone_list"),
    path("meilensteine/<int:pk>/", milestone_detail, name="milestone_detail"),
    path("meilensteine/<int:pk>/melden/", milestone_answer, name="milestone_answer"),
    path("meilensteine/<int:pk>/kommentar/", milestone_comment, name="milestone_comment"),
    path("meilensteine/<int:pk>/nachweis/", milestone_evidence, name="milestone_evidence"),
]
