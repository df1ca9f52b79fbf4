"""The verbs of a reference to the document system: name the file of a record, and take the name away again."""

from typing import Any

from django.db import transaction

from kepol.files.models import DocumentReference
from kepol.lib.backoffice.attached import lock
from kepol.lib.history import operation
from kepol.lib.records import Record


def link(record: Record, *, file_number: str = "", url: str = "", by: Any) -> DocumentReference:
    """Note the number or the address, or both, of the file that belongs to `record`.

    Raises `ValidationError` when both are missing, when the address is none of the web, when `record` has this number already,
    or when somebody has deleted it meanwhile.
    """
    with transaction.atomic(), operation(by=by):
        lock(record)
        reference = DocumentReference(file_number=file_number, url=url)
        reference.attach_to(record)
        reference.full_clean()
        reference.save()
    return reference


def unlink(reference: DocumentReference, *, by: Any) -> None:
    """Take the reference away; nothing happens to the file itself. Raises `Conflict` when somebody changed it since it was read."""
    with operation(by=by):
        reference.delete()
