"""Nobody overwrites unseen work: each row carries a version, and saving demands that it is still the one that was read."""

from typing import Any

from django.core import signing
from django.db import models, router, transaction
from django.db.models import F

SALT = "kepol.versions"


class Conflict(Exception):
    """Somebody else saved or deleted the object since it was read."""

    def __init__(self, stale: "Versioned") -> None:
        super().__init__(f"{stale._meta.verbose_name} „{stale}“ wurde inzwischen von jemand anderem geändert.")
        self.stale = stale


class Versioned(models.Model):
    """Base of everything a person edits.

    `save()` writes only when `version` in the database is the one this instance was read with, and raises `Conflict`
    otherwise. Bulk writes set `version=F("version") + 1` themselves, so that open forms notice them.
    """

    version = models.PositiveIntegerField("Fassung", default=1, editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert, or update the row of the version that was read; raises `Conflict` when that version is gone."""
        if self._state.adding or self.pk is None:
            super().save(*args, **kwargs)
            return
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "version"}
        using = kwargs.get("using") or router.db_for_write(type(self), instance=self)
        seen = self.version
        try:
            with transaction.atomic(using=using):
                # Taking the row by its version also locks it until the end of the transaction, so that of two
                # writers with the same version exactly one finds it.
                self._take(using)
                super().save(*args, **kwargs)
        except BaseException:
            self.version = seen
            raise

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete the row of the version that was read; raises `Conflict` when that version is gone."""
        using = kwargs.get("using") or router.db_for_write(type(self), instance=self)
        seen = self.version
        try:
            with transaction.atomic(using=using):
                self._take(using)
                return super().delete(*args, **kwargs)
        except BaseException:
            self.version = seen
            raise

    def _take(self, using: str) -> None:
        rows = type(self)._base_manager.using(using).filter(pk=self.pk, version=self.version)
        if not rows.update(version=F("version") + 1):
            raise Conflict(self)
        self.version += 1


def seen_token(obj: Versioned) -> str:
    """Signed note, for a hidden form field, of which version of `obj` the form shows."""
    return signing.dumps([obj._meta.label_lower, obj.pk, obj.version], salt=SALT)


def whole_token(obj: Versioned) -> str:
    """Signed note of the versions of `obj` and of all its parts: whoever deletes it deletes them too."""
    parts = [[name, *map(list, getattr(obj, name).order_by("pk").values_list("pk", "version"))] for name in _parts(obj)]
    return signing.dumps([obj._meta.label_lower, obj.pk, obj.version, parts], salt=SALT)


def is_seen_whole(obj: Versioned, token: str) -> bool:
    """Whether `token` was made by `whole_token` for what is stored now of `obj` and its parts."""
    try:
        return bool(signing.loads(token, salt=SALT) == signing.loads(whole_token(obj), salt=SALT))
    except signing.BadSignature:
        return False


def lock_parts(obj: Versioned) -> None:
    """Let nobody change a part of `obj` until the end of the transaction."""
    for name in _parts(obj):
        list(getattr(obj, name).order_by("pk").select_for_update(of=("self",)).values_list("pk"))


def _parts(obj: Versioned) -> tuple[str, ...]:
    return getattr(obj, "history_parts", ())


def seen_version(obj: Versioned, token: str) -> int | None:
    """Version that `token` notes for `obj`; None when the token is forged, cut or belongs to another object."""
    try:
        label, pk, version = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return version if (label, pk) == (obj._meta.label_lower, obj.pk) else None
