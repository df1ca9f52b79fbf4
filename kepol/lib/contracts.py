"""Small base classes by which a lower package shows what the packages above it contribute, without importing them.

An app implements a class, `settings` lists its dotted path, and the page below iterates over the list.
"""

import datetime
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import IntegerField, Subquery, Value
from django.db.models.fields.files import FieldFile
from django.db.models.functions import Coalesce
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


@dataclass(frozen=True)
class Question:
    """A count that is still to be read, in one statement with all others of the start page: `rows` are what is counted.

    `first` is a query for one JSON value, such as the next of the rows, and `about` says what follows from it for the count
    (`note`, `is_urgent`); it is not asked when there is no such value.
    """

    label: str
    rows: models.QuerySet
    url: str
    is_urgent: bool = False
    first: models.QuerySet | None = None
    about: Callable[[dict[str, Any]], Mapping[str, Any]] | None = None

    def number(self) -> Coalesce:
        """How many rows there are, as part of a statement."""
        one = self.rows.order_by().annotate(same=Value(1)).values("same")
        counted = one.annotate(number=models.Count("pk", distinct=True)).values("number")
        return Coalesce(Subquery(counted), 0, output_field=IntegerField())

    def answer(self, number: int, first: dict[str, Any] | None) -> Count:
        """The count, now that its `number` and its `first` are known; nothing is never urgent."""
        known = {"is_urgent": self.is_urgent and number > 0, **(self.about(first) if self.about and first else {})}
        return Count(self.label, number, self.url, **known)


@dataclass(frozen=True)
class Cell:
    """A field of a table: words or a number, and the list it leads to ("" for none)."""

    content: str | int
    url: str = ""

    @property
    def is_number(self) -> bool:
        """Whether it stands on the right."""
        return isinstance(self.content, int)


@dataclass(frozen=True)
class Table:
    """A table on the start page; the first field of a row names it.

    `empty` is the sentence in the place of a table without rows, `note` one below the table, `more` the link to all rows.
    """

    title: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    empty: str
    note: str = ""
    more: Cell | None = None

    @property
    def heads(self) -> list[tuple[str, bool]]:
        """Each column with whether it holds numbers."""
        return [(name, cell.is_number) for name, cell in zip(self.columns, self.rows[0], strict=True)]

    @property
    def lines(self) -> list[list[tuple[str, Cell]]]:
        """Each row as pairs of column and field: on a small screen a field stands below its name."""
        return [list(zip(self.columns, row, strict=True)) for row in self.rows]


class FollowUp:
    """What an app wants to be seen today: in `questions` what can be read together with others, else in `counts`."""

    def questions(self, user: Any, *, on: datetime.date) -> Iterable[Question]:
        """Counts for `user` on day `on` that are still to be read; each links to a list with exactly its rows."""
        return ()

    def counts(self, user: Any, *, on: datetime.date) -> Iterable[Count]:
        """Counts for `user` on day `on`; each links to a list with exactly that many rows."""
        return answers(list(self.questions(user, on=on)), for_whom=user)

    def tables(self, user: Any, *, on: datetime.date) -> Iterable[Table]:
        """Tables for `user` on day `on`; each number in them links to exactly that many rows."""
        return ()


def answers(questions: Sequence[Question], *, for_whom: Any) -> list[Count]:
    """The counts that `questions` ask for, in one statement, which the row of the account `for_whom` carries."""
    if not questions:
        return []
    asked: list[Any] = []
    for question in questions:
        asked += [question.number()] if question.first is None else [question.number(), Subquery(question.first)]
    # A request holds the account in a wrapper that only `_meta` looks through.
    row = for_whom._meta.model._base_manager.filter(pk=for_whom.pk).values_list(*asked).get()
    read = iter(row)
    return [question.answer(next(read), None if question.first is None else next(read)) for question in questions]


def follow_up(sources: Sequence[FollowUp], user: Any, *, on: datetime.date) -> tuple[list[Count], list[Table]]:
    """Counts and tables of `sources` for `user` on day `on`, in their order; all questions in one statement."""
    pending = [list(source.questions(user, on=on)) for source in sources]
    read = iter(answers([question for questions in pending for question in questions], for_whom=user))
    counts: list[Count] = []
    for source, questions in zip(sources, pending, strict=True):
        counts += islice(read, len(questions)) if questions else source.counts(user, on=on)
    return counts, [table for source in sources for table in source.tables(user, on=on)]


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
