"""The one kind of file field: private storage, generated names, checked size and content."""

import uuid
import zipfile
import zlib
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import models
from django.db.models.fields.files import FieldFile
from django.urls import reverse

# First bytes by which a file shows what it is; the office formats are zip archives that name themselves inside.
SIGNATURES = {
    ".pdf": (b"%PDF-",),
    ".docx": (b"PK\x03\x04",),
    ".xlsx": (b"PK\x03\x04",),
    ".odt": (b"PK\x03\x04",),
    ".ods": (b"PK\x03\x04",),
    ".png": (b"\x89PNG\r\n\x1a\n",),
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
}
MEMBERS = {".docx": "word/", ".xlsx": "xl/", ".odt": "content.xml", ".ods": "content.xml"}
MACRO_FOLDERS = ("basic/", "scripts/", "xl/macrosheets/")
MACRO_TYPES = (b"vbaproject", b"macroenabled", b"macrosheet")
TYPES = "[Content_Types].xml"
MEGABYTE = 1024 * 1024


def generated_name(instance: models.Model, filename: str) -> str:
    """Name on disk: nothing of what the sender called the file but its ending, and no two alike."""
    return f"{instance._meta.label_lower}/{uuid.uuid4().hex}{PurePath(filename).suffix.lower()}"


def check_file(upload: File) -> None:
    """Raise `ValidationError` when `upload` is too large, of a kind not accepted, or not what its name says."""
    if upload.size > settings.UPLOAD_LIMIT:
        raise ValidationError(
            f"Die Datei ist zu groß ({upload.size / MEGABYTE:.1f} MB). Erlaubt sind {settings.UPLOAD_LIMIT // MEGABYTE} MB.".replace(
                ".", ",", 1
            )
        )
    ending = PurePath(upload.name or "").suffix.lower()
    if ending not in SIGNATURES:
        raise ValidationError(
            "Diese Dateiart wird nicht angenommen. Erlaubt sind PDF, DOCX, XLSX, ODT, ODS, PNG und JPEG."
        )
    if not _is_what_it_says(upload, ending):
        raise ValidationError(
            f"Der Inhalt passt nicht zur Endung „{ending}“. Speichern Sie die Datei neu und laden Sie sie noch einmal hoch."
        )


def _is_what_it_says(upload: File, ending: str) -> bool:
    upload.seek(0)
    head = upload.read(8192)
    upload.seek(0)
    return head.startswith(SIGNATURES[ending]) and (ending not in MEMBERS or _has_member(upload, MEMBERS[ending]))


def _has_member(upload: File, member: str) -> bool:
    try:
        with zipfile.ZipFile(upload) as archive:
            names = [name.lower() for name in archive.namelist()]
            return any(name.startswith(member) for name in names) and not _has_macro(archive, names)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError, EOFError, zlib.error):
        # Broken, encrypted or packed in a way no office program uses.
        return False
    finally:
        upload.seek(0)


def _has_macro(archive: zipfile.ZipFile, names: list[str]) -> bool:
    """Whether an office file brings programs: Microsoft declares their type, whatever they are called; OpenDocument has folders."""
    if any("vbaproject" in name or name.startswith(MACRO_FOLDERS) for name in names):
        return True
    if TYPES not in archive.namelist():
        return False
    with archive.open(TYPES) as declared:
        types = declared.read(MEGABYTE).lower()
    return any(word in types for word in MACRO_TYPES)


class StoredFile(FieldFile):
    """A stored file, whose address is that of the one serving view."""

    @property
    def url(self) -> str:
        """Address under which who may have the file fetches it."""
        field: Any = self.field
        return reverse("files:serve", args=[field.rule, self.instance.pk])


class StoredFileField(models.FileField):
    """File in the private storage; new uploads are checked, the original name is not kept.

    `rule` is the key of the `FileRule` that says who may fetch it.
    """

    attr_class = StoredFile

    # How history tells that one file took the place of another.
    same_text_change = "ersetzt"

    def __init__(self, *args: Any, rule: str = "", **kwargs: Any) -> None:
        self.rule = rule
        kwargs.setdefault("upload_to", generated_name)
        kwargs.setdefault("max_length", 200)
        super().__init__(*args, **kwargs)

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        """Check the content of a file that was just uploaded."""
        super().validate(value, model_instance)
        if value and not value._committed:  # noqa: SLF001 - the only sign of a new upload
            check_file(value.file)

    def to_text(self, value: str) -> str:
        """How history shows the value: whether there is a file."""
        return "Datei" if value else ""
