"""Puts the example into the database, layer by layer; what somebody entered or changed here stays as it is."""

import datetime
from collections.abc import Collection, Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from kepol.accounts.demo import create_demo_accounts
from kepol.accounts.models import User
from kepol.council.importing import apply_import, plan_import
from kepol.council.models import Committee, Submission
from kepol.council.page_content import PART_KINDS, content_of
from kepol.council.ris_page import parse_page
from kepol.example.facts import LAYERS, Change, Fact, entries, facts, has_source, said, text_of
from kepol.example.reports import lay_out
from kepol.example.rows import REASON, Rows, is_untouched
from kepol.example.values import read_value
from kepol.lib.history import operation
from stakeholders.models import Organisation

# Values of a file that are no fields: the record a row hangs on; that a paper counts as read from the council system.
RECORD, AS_READ = "record", "as_read"


def is_empty() -> bool:
    """Whether nobody has put anything into the installation yet."""
    return not any(model.objects.exists() for model in (User, Organisation, Committee, Submission))


@transaction.atomic
def load(*, on: datetime.date, layers: Collection[str] = tuple(LAYERS)) -> list[Submission]:
    """Load `layers` and the demo accounts, days counted from `on`; returns the example papers, the one read before the draft.

    Rows that are there stay as they are, but for days counted from `on` in rows nobody has changed: they are laid out anew.
    Raises `ValidationError` with a German sentence when a layer is missing on which another one stands.
    """
    create_demo_accounts()
    with operation():
        loader = Loader(on)
        for layer in LAYERS:
            if layer in layers:
                loader.load(layer)
    return list(Submission.objects.filter(is_example=True).order_by("pk"))


class Loader:
    """Makes rows of facts on a day."""

    def __init__(self, on: datetime.date) -> None:
        self.on = on
        self.rows = Rows()
        self.read_papers: list[Any] = []

    def load(self, layer: str) -> None:
        """Rows of the layer, and what it changes in earlier ones, in the order of the files."""
        self._refuse_gap(layer)
        for entry in entries(layer):
            if isinstance(entry, Change):
                self._apply(entry)
            else:
                self._load_fact(entry)
        for paper in self.read_papers:
            mark_as_read(paper)
        self.read_papers.clear()
        for key, steps in said(layer).items():
            milestone = self.rows.own(facts()[key])
            if milestone is not None and is_untouched(milestone):
                lay_out(milestone, steps, on=self.on)

    def _refuse_gap(self, layer: str) -> None:
        for below in list(LAYERS)[: list(LAYERS).index(layer)]:
            if not self.rows.is_loaded(below):
                raise ValidationError(
                    f"Die Schicht „{layer}“ baut auf „{below}“ auf. Laden Sie „{below}“ zuerst oder zusammen mit ihr."
                )

    def _load_fact(self, fact: Fact) -> None:
        row = self.rows.own(fact)
        if row is not None:
            if fact.relative and is_untouched(row):
                self._put(row, fact.relative, fact.source_key)
        elif self.rows.is_deleted(fact) or self.rows.find(fact) is not None:
            return
        elif "page" in fact.values:
            self.rows.add(fact, self._read_page(fact))
        else:
            self._add(fact)

    def _add(self, fact: Fact) -> None:
        """Store a new row, unless a row it cannot do without was deleted by somebody."""
        row, many = fact.model(source_key=fact.source_key), {}
        for name, written in (fact.values | _source_of(fact)).items():
            if name == AS_READ:
                self.read_papers.append(row)
            elif name == RECORD:
                if (record := self.rows.target(None, written)) is None:
                    return
                row.attach_to(record)
            elif (column := fact.model._meta.get_field(name)).many_to_many:
                many[name] = [one for key in written if (one := self.rows.target(column.related_model, key))]
            else:
                setattr(row, name, self._value(column, written))
                if column.is_relation and not column.null and getattr(row, column.attname) is None:
                    return
        store(row, fact.source_key)
        for name, targets in many.items():
            getattr(row, name).set(targets)
        self.rows.add(fact, row)

    def _value(self, column: Any, written: Any) -> Any:
        return (
            self.rows.target(column.related_model, written)
            if column.is_relation
            else read_value(column, written, on=self.on)
        )

    def _put(self, row: Any, written: dict[str, Any], what: str) -> None:
        """Give fields of a stored row other values; nothing is written when they have them."""
        values = {name: self._value(row._meta.get_field(name), value) for name, value in written.items()}
        if any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(row, name, value)
            store(row, what)

    def _apply(self, change: Change) -> None:
        row = self.rows.own(facts()[change.row])
        if row is not None and is_untouched(row):
            self._put(row, change.values, change.row)

    def _read_page(self, fact: Fact) -> Submission:
        """An example paper, read the way every paper of the council information system is read."""
        plan = plan_import(parse_page(text_of(fact.values["page"])), create_missing=False, replace=False, on=self.on)
        paper = apply_import(plan, by=None)
        paper.is_example = True
        for row, key in ((paper, fact.source_key), *_keys_of_parts(paper, fact.source_key)):
            row.source_key = key
            store(row, key)
        return paper


def _keys_of_parts(paper: Submission, stem: str) -> Iterator[tuple[Any, str]]:
    """Parts that came with a page, and a key for each."""
    for kind in PART_KINDS:
        for number, part in enumerate(getattr(paper, kind.name).all(), start=1):
            yield part, f"{stem}.{kind.name}.{number}"


def mark_as_read(paper: Submission) -> None:
    """Let `paper` count as read from the council system just as it is stored, so that reading its page fills it unasked."""
    paper.imported, paper.imported_at = content_of(paper), timezone.now()
    store(paper, paper.source_key)


def store(row: Any, what: str) -> None:
    """Check and save `row`; an error names the fact `what` it came from."""
    row._change_reason = REASON  # noqa: SLF001 - where the history takes the reason from
    try:
        row.full_clean()
    except ValidationError as error:
        raise ValidationError(f"{what}: {' '.join(error.messages)}") from error
    row.save()


def _source_of(fact: Fact) -> dict[str, str]:
    """Where the row itself can say what it comes from; elsewhere the source stands in the file alone."""
    if has_source(fact.model):
        return {"source": fact.source}
    if fact.model is Organisation:
        return {"note": " ".join(filter(None, (fact.values.get("note", ""), f"Quelle: {fact.source}")))}
    return {}
