"""What hangs on a record of any kind: a date to look at it again, the number of its file. It knows the record by kind and key.

A foreign key would need a column per model and an import upwards; so the database cannot hold this reference, and three things
stand in for it: verbs lock the record they attach to, deleting a record takes along what hangs on it (`RecordPanel.rows_on`),
and `clean` refuses what points nowhere.
"""

from collections.abc import Iterable
from typing import Any, Self

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html

TITLE_LENGTH = 300
GONE = "Der Eintrag, zu dem dies gehört, ist nicht mehr da."


def content_type_of(record: models.Model) -> ContentType:
    """Kind of `record` as it is stored; read once per process."""
    return ContentType.objects.get_for_model(record, for_concrete_model=False)


class AttachedQuerySet(models.QuerySet):
    """Rows told apart by what they hang on."""

    def of(self, record: models.Model) -> Self:
        """Rows on `record`."""
        return self.filter(content_type=content_type_of(record), object_id=record.pk)

    def on_any(self, records: Iterable[models.Model]) -> Self:
        """Rows on any of `records`, of whatever kinds; one query."""
        keys: dict[int, set[Any]] = {}
        for record in records:
            keys.setdefault(content_type_of(record).pk, set()).add(record.pk)
        wanted = Q(pk__in=[])
        for kind, pks in keys.items():
            wanted |= Q(content_type=kind, object_id__in=pks)
        return self.filter(wanted)


class Attached(models.Model):
    """Hangs on a record; `title` keeps what the record was called then, so that a list needs no SQL per row."""

    content_type = models.ForeignKey(
        ContentType, models.PROTECT, verbose_name="Art des Eintrags", related_name="+", editable=False
    )
    object_id = models.PositiveBigIntegerField("Nummer des Eintrags", editable=False)
    title = models.CharField("Eintrag", max_length=TITLE_LENGTH, editable=False)

    class Meta:
        abstract = True
        indexes = [models.Index(fields=["content_type", "object_id"], name="%(app_label)s_%(class)s_of")]

    def attach_to(self, record: models.Model) -> None:
        """Let this hang on `record` under the name it bears now."""
        self.content_type, self.object_id = content_type_of(record), record.pk
        self.title = str(record)[:TITLE_LENGTH]

    def clean(self) -> None:
        """Refuse what points to a record that does not exist."""
        super().clean()
        model = self.record_model
        if model is None or not model._base_manager.filter(pk=self.object_id).exists():
            raise ValidationError(GONE, code="gone")

    @property
    def record_model(self) -> Any:
        """Model of the record; None when it is not part of the application any more."""
        if self.content_type_id is None:
            return None
        return ContentType.objects.get_for_id(self.content_type_id).model_class()

    @property
    def record_url(self) -> str:
        """Address of the record's page in the back office; empty when it has none."""
        model = self.record_model
        if model is None:
            return ""
        try:
            return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[self.object_id])
        except NoReverseMatch:
            return ""

    @property
    def record_link(self) -> str:
        """Name of the record, as a link where it has a page."""
        return format_html('<a href="{}">{}</a>', url, self.title) if (url := self.record_url) else self.title


def lock(record: models.Model) -> None:
    """Let nobody delete `record` until the end of the transaction; `clean` of what is attached tells when somebody has already."""
    list(type(record)._base_manager.select_for_update(of=("self",)).filter(pk=record.pk))
