"""Numbers of fields of action, goals and measures (`1.2.3`): reads the spellings people use, writes the canonical one."""

import re
import unicodedata

_NUMBER = re.compile(r"[0-9A-Za-zÄÖÜäöü]+(?:\.[0-9A-Za-zÄÖÜäöü]+)*")
_BLANKS = re.compile(r"[\s\u00ad]+")


def canonical_number(text: str) -> str:
    """``1. 2 .3`` → ``1.2.3``, ``4.`` → ``4``; letters stay as they are. ``ValueError`` in German for anything else."""
    plain = _BLANKS.sub("", unicodedata.normalize("NFKC", text)).removesuffix(".")
    if not _NUMBER.fullmatch(plain):
        raise ValueError(
            f"„{text.strip()}“ ist keine Nummer. Erlaubt sind Ziffern und Buchstaben, durch Punkte gegliedert, etwa „1.2.3“."
        )
    return plain
