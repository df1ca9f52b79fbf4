"""Files of the document system in the back office: a list to find them by number. They are named on the page of a record."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html

from kepol.files.models import DocumentReference
from kepol.files.steps import UNLINK
from kepol.lib.backoffice.admin import BaseAdmin


@admin.register(DocumentReference)
class DocumentReferenceAdmin(BaseAdmin):
    """All references by number."""

    work_group = "Schreibtisch"
    work_order = 20
    steps = (UNLINK,)
    list_display = ("number_shown", "record_link", "web_link")
    readonly_fields = ("record_link",)
    fields = ("record_link", "file_number", "url")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """They are named on the page of a record."""
        return False

    @admin.display(description="Aktenzeichen", ordering="sort_key")
    def number_shown(self, reference: DocumentReference) -> str:
        """Number, or that there is a link only."""
        return reference.file_number or "ohne Aktenzeichen"

    @admin.display(description="Eintrag")
    def record_link(self, reference: DocumentReference) -> str:
        """Link to the record, under the name it bore when the file was named."""
        return reference.record_link

    @admin.display(description="Link", empty_value="–")
    def web_link(self, reference: DocumentReference) -> str | None:
        """Opens the file."""
        if not reference.url:
            return None
        opening = '<a href="{}" rel="noreferrer noopener">öffnen<span class="visually-hidden">: {}</span></a>'
        return format_html(opening, reference.url, reference)
