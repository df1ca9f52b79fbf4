"""What belongs together stays on one line: "§ 60 Abs. 2", "7. Mai 2025", "22.000 €", and no hyphen beside a gender star.

Only markup is added (`nb`: no line break, `whole`: no hyphenation; both are in the base stylesheet of every PDF), never
a character, so the text taken out of the PDF is the text that was put in.
"""

import re

MONTHS = "Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember"
NUMBER = r"\d+(?:\.\d{3})*(?:,\d+)?"
UNITS = r"€|Euro|EUR|%|Prozent|Mio\.|Mrd\.|Tsd\.|km|m²|kWh|kg|CO₂|Uhr|[tmh](?!\w)"
GAP = r"[ \t\r\n\u00a0]+"

TOGETHER = (
    rf"\b\d{{1,2}}[:.]\d{{2}}(?:{GAP}–{GAP}\d{{1,2}}[:.]\d{{2}})?{GAP}Uhr\b",
    rf"\b(?:FB|E|S|B|Dez){GAP}[0-9IVX]+/\d{{2,4}}(?:/WP\d{{2}}(?:-\d+)?)?\b",
    rf"§§?{GAP}\d+[a-z]?(?:{GAP}Abs\.{GAP}\d+)?(?:{GAP}(?:Satz|S\.|Nr\.){GAP}\d+)?",
    rf"\b(?:Art|Abs|Nr|Ziff|Kap|Abb|Tab|S)\.{GAP}\d+[a-z]?\b",
    rf"\b(?:FB|WP|TOP|SDG|Anlage|Ziffer|Seite|Satz|KW){GAP}\d+[a-z]?\b",
    rf"\b(?:[1-9]|[12]\d|3[01])\.{GAP}(?:{MONTHS})\b(?:{GAP}\d{{4}}\b)?",
    rf"(?<![\d.,:]){NUMBER}{GAP}(?:{UNITS})(?:{GAP}(?:€|Euro|EUR)(?!\w))?(?!\w)",
    rf"\b(?:z\.{GAP}B\.|d\.{GAP}h\.|u\.{GAP}a\.|i\.{GAP}d\.{GAP}R\.|u\.{GAP}U\.|o\.{GAP}g\.|i\.{GAP}V\.|z\.{GAP}T\.)",
)
# A word with a star, colon or underscore inside: Bürger*innen, Mitarbeiter:innen, Kolleg_innen.
GENDERED = r"\w+(?:-\w+)*[*:_](?=[a-zäöü])\w+(?:-\w+)*"
PATTERN = re.compile(f"(?P<together>{'|'.join(TOGETHER)})|(?P<gendered>{GENDERED})")
# Comments and tags, whose attribute values may hold a `>`; what is between them is text.
MARKUP = re.compile(r"""(<!--.*?-->|<(?:"[^"]*"|'[^']*'|[^'">])*>)""", re.DOTALL)
OPAQUE = re.compile(r"^<(/?)(head|script|style|title|textarea|code|pre)\b", re.IGNORECASE)


def bind(html: str) -> str:
    """Return well-formed `html` with what belongs together wrapped in spans; attributes and code stay untouched."""
    parts: list[str] = []
    opaque = 0
    for index, part in enumerate(MARKUP.split(html)):
        is_markup = index % 2 == 1
        if is_markup:
            opaque += depth_change(part)
        parts.append(part if is_markup or opaque else bind_text(part))
    return "".join(parts)


def depth_change(tag: str) -> int:
    """Return by how much a tag changes the number of open elements whose text is not ours to touch."""
    found = OPAQUE.match(tag)
    if found is None or tag.endswith("/>"):
        return 0
    return -1 if found[1] else 1


def bind_text(text: str) -> str:
    """Return one text node with its spans; character references in it are left whole."""
    return PATTERN.sub(lambda match: f'<span class="{"nb" if match["together"] else "whole"}">{match[0]}</span>', text)
