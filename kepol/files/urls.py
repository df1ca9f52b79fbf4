"""Address of stored files."""

from django.urls import path

from kepol.files.views import serve

app_name = "files"
urlpatterns = [path("<slug:key>/<int:pk>/", serve, name="serve")]
