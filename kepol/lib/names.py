"""Keys by which people's words are found and ordered alike on SQLite and PostgreSQL.

SQLite does not find "ökumene" in "Ökumene" and sorts Ä behind Z; PostgreSQL sorts by the collation of its host. Both compare
plain ASCII alike, so each name is stored a second time as a key: Latin letters without accents, numbers, and words of other
scripts as they are.
"""

import re
import unicodedata
from typing import Any, ClassVar

from django.db import models

# Letters that Unicode does not decompose into a base letter and an accent.
STROKE_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "ð": "d"})
# A sign of gender between letters belongs to the word: Bürger*innen, Bürger:innen, Vertreter_in, ein/e.
GENDER_SIGN = re.compile(r"(?<=[a-z])[*:_/](?=[a-z])")
# Letters of other scripts come after Z; databases agree on ASCII only.
FOREIGN = re.compile(r"[^a-z]")
NUMBER_WIDTH = 6


def search_key(text: str) -> str:
    """Fold `text` so that spellings of one name share a key: no case, accents, dashes, gender signs; "FB36" like "FB 36"."""
    folded = unicodedata.normalize("NFKD", text.casefold().translate(STROKE_LETTERS))
    folded = "".join(letter for letter in folded if not unicodedata.combining(letter))
    folded = GENDER_SIGN.sub("", folded)
    return " ".join(re.findall(r"\d+|[^\W\d_]+", folded))


def sort_key(text: str) -> str:
    """Key for ordering after DIN 5007-1: ä like a, numbers by value and behind letters, a short name before its extensions."""
    first, *rest = search_key(text).split() or [""]
    return _sortable(first) + "".join(f"{1 if part.isdigit() else 0}{_sortable(part)}" for part in rest)


def _sortable(part: str) -> str:
    return part.zfill(NUMBER_WIDTH) if part.isdigit() else FOREIGN.sub(_ordinal, part)


def _ordinal(letter: re.Match[str]) -> str:
    return f"zz{ord(letter[0]):07}"


def terms(query: str) -> list[str]:
    """Split what somebody typed into a search box into folded terms; each must occur in a key."""
    return search_key(query).split()


class Keyed(models.Model):
    """Stores the search and the sort key of the words that `key_source` names; both follow at each `save()`.

    `exact_keys` names further key columns and the field each follows, for recognising exactly this name.
    """

    search_key = models.TextField(editable=False, default="")
    sort_key = models.TextField(editable=False, default="", db_index=True)

    exact_keys: ClassVar[dict[str, str]] = {}

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save with keys that follow the name."""
        keys = self.derived_keys()
        for column, key in keys.items():
            setattr(self, column, key)
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], *keys}
        super().save(*args, **kwargs)

    def derived_keys(self) -> dict[str, str]:
        """What the key columns have to hold for the present words."""
        words = self.key_source()
        exact = {column: search_key(getattr(self, name)) for column, name in self.exact_keys.items()}
        return {"search_key": search_key(words), "sort_key": sort_key(words), **exact}

    def key_source(self) -> str:
        """Words under which this object is found and ordered."""
        return str(self)
