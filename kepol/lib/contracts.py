"""Small base classes by which a lower package shows what the packages above it contribute, without importing them.

An app implements a class, `settings` lists its dotted path, and the page below iterates over the list.
"""

import datetime
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models.fields.files import FieldFile
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class Count:
    """A number on the start page that leads to exactly its rows."""

    label: str
    count: int
    url: str


class FollowUp(ABC):
    """What an app wants to be seen today."""

    @abstractmethod
    def counts(self, user: Any, *, on: datetime.date) -> Iterable[Count]:
        """Counts for `user` on day `on`; each links to a list with exactly that many rows."""


class FileRule(ABC):
    """Who may fetch the files of one kind of object."""

    key: str

    @abstractmethod
    def fetch(self, user: Any, pk: int, *, on: datetime.date) -> tuple[FieldFile, str] | None:
        """File and the name it is offered under; None when it is missing or `user` may not have it: both look alike."""


def implementations(paths: Sequence[str]) -> list[Any]:
    """Instances of the classes that a setting lists."""
    return [import_string(path)() for path in paths]
