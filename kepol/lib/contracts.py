"""Small base classes by which a lower package shows what the packages above it contribute, without importing them.

An app implements a class, `settings` lists its dotted path, and the page below iterates over the list.
"""

import datetime
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models.fields.files import FieldFile
from django.utils.module_loading import import_string

from kepol.lib.backoffice.steps import Step
from kepol.lib.history import operation


@dataclass(frozen=True)
class Count:
    """A number on the start page that leads to exactly its rows.

    `is_urgent` puts it before the others, with that word; `note` is one more sentence, empty when there is nothing to add.
    """

    label: str
    count: int
    url: str
    is_urgent: bool = False
    note: str = ""


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


class RecordPanel(ABC):
    """What an app shows on the page of any record in the back office, which rows it hangs there, and its steps.

    `template` is rendered outside the form of the record, so that it may hold small forms of its own; it gets what `context`
    returns, and `here`, the address of the page, to come back to. Steps named in `list_steps` are offered in lists too.
    """

    template: str
    list_steps: tuple[str, ...] = ()

    @abstractmethod
    def context(self, record: models.Model, *, user: Any, on: datetime.date) -> dict[str, Any] | None:
        """What `user` sees of `record` on day `on`, in a fixed number of queries; None when there is nothing to show."""

    @abstractmethod
    def steps(self) -> tuple[Step, ...]:
        """What can be done with any record; each step names the right it needs (`Step.right`)."""

    @abstractmethod
    def rows_on(self, records: Iterable[models.Model]) -> models.QuerySet:
        """Rows that hang on any of `records` and go with them when they are deleted."""


def implementations(paths: Sequence[str]) -> list[Any]:
    """Instances of the classes that a setting lists."""
    return [import_string(path)() for path in paths]


def record_panels() -> list[RecordPanel]:
    """The panels of all apps, in the order in which pages show them."""
    return implementations(settings.RECORD_PANELS)


def take_along(records: Sequence[models.Model], *, by: Any) -> int:
    """Delete what panels have hung on `records`, which are about to be deleted by `by`; returns how many rows that were.

    Whoever deletes records, in a form or in a verb, calls this in the same transaction: no foreign key does it for them.
    """
    with transaction.atomic(), operation(by=by):
        return sum(panel.rows_on(records).delete()[0] for panel in record_panels())
