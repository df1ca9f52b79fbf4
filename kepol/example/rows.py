"""The stored rows of the example, found by their key or, when somebody entered them before, by what they are."""

from typing import Any

from django.db.models import Model, Q

from kepol.accounts.models import User
from kepol.council.models import Committee, Consultation, CouncilTerm, OfficeHolder, Submission
from kepol.example.facts import LAYERS, Fact, facts, models
from kepol.lib.history import DELETED
from kepol.reference.models import Country, Sdg
from partnerships.models import Partnership
from stakeholders.models import Membership, Organisation, Person

#: What the history rows of the example carry as their reason: so one sees who wrote a row last, the example or somebody else.
REASON = "load_example"
# By which fields a row is the same as one entered here: the first set of which the file states all.
IDENTITY: dict[Any, tuple[tuple[str, ...], ...]] = {
    Organisation: (("code",), ("name",)),
    Person: (("user",), ("given_name", "family_name")),
    Membership: (("person", "organisation", "role"),),
    Committee: (("name",),),
    CouncilTerm: (("number",),),
    OfficeHolder: (("office", "person"),),
    Submission: (("reference",),),
    Consultation: (("submission", "committee"),),
    Partnership: (("partner",),),
}
# Rows that are no part of the example, and how files name them.
NAMED_BY = {Sdg: "number", Country: "code", User: "email"}


class Rows:
    """Rows by the key of their fact; read once, so that loading again costs few queries."""

    def __init__(self) -> None:
        self.stored: dict[str, Any] = {}
        self.deleted: set[str] = set()
        ours = Q()
        for layer in LAYERS:
            ours |= Q(source_key__startswith=f"{layer}/")
        for model in models().values():
            self.stored |= {row.source_key: row for row in model._base_manager.filter(ours)}
            gone = model.history.filter(ours, history_type=DELETED).values_list("source_key", flat=True)
            self.deleted.update(gone)
        self.deleted -= self.stored.keys()

    def is_loaded(self, layer: str) -> bool:
        """Whether anything of `layer` is stored."""
        return any(key.startswith(f"{layer}/") for key in self.stored)

    def add(self, fact: Fact, row: Any) -> None:
        """Remember a row that was stored just now."""
        self.stored[fact.source_key] = row

    def own(self, fact: Fact) -> Any:
        """The row that was made of `fact`; None when there is none, or when somebody else entered it."""
        return self.stored.get(fact.source_key)

    def is_deleted(self, fact: Fact) -> bool:
        """Whether somebody deleted the row, or the one it was a part of: then it stays away."""
        if fact.source_key in self.deleted:
            return True
        return bool(fact.parent) and self.own(facts()[fact.parent]) is None

    def find(self, fact: Fact) -> Any:
        """The row of `fact`, whoever entered it; None when there is none."""
        return self.own(fact) or self._alike(fact)

    def target(self, model: Any, written: Any) -> Any:
        """The row of `model` that a value of a file means; None when it was deleted. Raises `KeyError` for an unknown key."""
        if model in NAMED_BY:
            return model._base_manager.get(**{NAMED_BY[model]: written})
        return self.find(facts()[written])

    def _alike(self, fact: Fact) -> Any:
        """A row entered here that is the same in nature."""
        fields = next((one for one in IDENTITY.get(fact.model, ()) if set(one) <= fact.values.keys()), None)
        if fields is None:
            return None
        wanted = {name: self._part_of_identity(fact, name) for name in fields}
        if None in wanted.values():
            return None
        return fact.model._base_manager.filter(**wanted).order_by("pk").first()

    def _part_of_identity(self, fact: Fact, name: str) -> Any:
        column = fact.model._meta.get_field(name)
        written = fact.values[name]
        return self.target(column.related_model, written) if column.is_relation else written


def last_written(row: Model) -> Any:
    """Last history row of `row` that the example wrote; None when it wrote none."""
    history: Any = type(row)
    return history.history.filter(id=row.pk, history_change_reason=REASON).order_by("-history_id").first()


def is_untouched(row: Model) -> bool:
    """Whether nobody but the example has written `row`."""
    history: Any = type(row)
    last = history.history.filter(id=row.pk).order_by("-history_id").first()
    return last is not None and last.history_change_reason == REASON
