"""Codes of the city's units (`FB 36`, `FB 01/300`, `Dez II`): reads the spellings people use, writes the canonical one."""

import re
import unicodedata

_ROMAN = r"(?:IX|IV|VI{0,3}|I{1,3}|X|V)"
UNIT = rf"(?:(?P<kind>FB|E|S|B)\s*(?P<number>[0-9]{{1,2}})|Dez(?:ernat|\.)?\s*(?P<roman>{_ROMAN})(?![a-z]))"
_DIVISION = r"(?:\s*/\s*(?P<division>[0-9]{2,3})|\s*-\s*(?P<dashed>[0-9]{3}))(?![0-9])"
_CODE = re.compile(rf"{UNIT}(?:{_DIVISION})?", re.IGNORECASE)
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))


def canonical_code(text: str) -> str:
    """``FB36`` → ``FB 36``, ``FB01-300`` → ``FB 01/300``, ``DEZ I`` → ``Dez I``; ``ValueError`` if it is no code."""
    match = _CODE.fullmatch(plain(text))
    if match is None:
        raise ValueError(
            f"„{text.strip()}“ ist kein Kürzel einer Dienststelle. Erwartet wird etwa „FB 36“, „FB 01/300“ "
            "oder „Dez II“."
        )
    division = match["division"] or match["dashed"]
    return f"{canonical_unit(match)}/{division}" if division else canonical_unit(match)


def is_code(text: str) -> bool:
    """Whether the text as a whole is the code of a unit, in any spelling."""
    return _CODE.fullmatch(plain(text)) is not None


def canonical_unit(match: re.Match[str]) -> str:
    """Unit of a match of `UNIT`, without its division."""
    if match["roman"]:
        return f"Dez {match['roman'].upper()}"
    return f"{match['kind'].upper()} {int(match['number']):02d}"


def plain(text: str) -> str:
    """One form of blanks and dashes and no soft hyphens: they carry no meaning in a number or a code."""
    return unicodedata.normalize("NFKC", text).replace("\u00ad", "").translate(_DASHES).strip()
