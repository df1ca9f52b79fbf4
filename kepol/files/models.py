"""Akte: where the papers of a record lie in the city's document system. Nothing of them is stored here."""

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q

from kepol.lib.backoffice.attached import Attached, AttachedQuerySet
from kepol.lib.names import Keyed
from kepol.lib.records import Record

SCHEMES = ("http", "https")
WEB_ADDRESS = "Der Link beginnt mit https:// oder http://."
MISSING = "Nennen Sie ein Aktenzeichen oder einen Link."
TWICE = "Dieses Aktenzeichen steht bei dem Eintrag schon."


class DocumentReference(Keyed, Attached, Record):
    """Number or link, or both, of a file in the document system that belongs to a record."""

    file_number = models.CharField("Aktenzeichen", max_length=120, blank=True)
    url = models.URLField(
        "Link",
        max_length=500,
        blank=True,
        validators=[URLValidator(schemes=SCHEMES, message=WEB_ADDRESS, code="scheme")],
        help_text="Adresse der Akte im Dokumentenmanagement der Stadt.",
    )

    objects = AttachedQuerySet.as_manager()

    class Meta:
        verbose_name = "Akte"
        verbose_name_plural = "Akten"
        ordering = ["sort_key", "pk"]
        indexes = [*Attached.Meta.indexes]
        constraints = [
            models.CheckConstraint(
                condition=~Q(file_number="") | ~Q(url=""),
                name="files_documentreference_leads_somewhere",
                violation_error_message=MISSING,
            ),
            models.CheckConstraint(
                condition=Q(url="") | Q(url__startswith="https://") | Q(url__startswith="http://"),
                name="files_documentreference_web_address",
                violation_error_message=WEB_ADDRESS,
            ),
            models.UniqueConstraint(
                "content_type",
                "object_id",
                "file_number",
                condition=~Q(file_number=""),
                name="files_documentreference_once",
                violation_error_message=TWICE,
            ),
        ]

    def __str__(self) -> str:
        return self.file_number or self.url

    def key_source(self) -> str:
        """File number and record."""
        return f"{self.file_number} {self.title}"

    def clean(self) -> None:
        """Write number and scheme in their one form."""
        super().clean()
        self.file_number = " ".join(self.file_number.split())
        scheme, mark, rest = self.url.partition("://")
        self.url = f"{scheme.lower()}{mark}{rest}"
        self._refuse_twin()

    def _refuse_twin(self) -> None:
        # No form shows the record, so Django skips the constraint there.
        twins = DocumentReference.objects.filter(content_type=self.content_type_id, object_id=self.object_id)
        if self.file_number and twins.filter(file_number=self.file_number).exclude(pk=self.pk).exists():
            raise ValidationError({"file_number": TWICE}, code="twice")
