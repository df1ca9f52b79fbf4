"""The gate before a PDF leaves the application: accessible (PDF/UA-1), without active content, in our own fonts.

The rule engine decides what software can decide of PDF/UA-1. What it does not ask for, but a reader or the security
of the house does, is checked here on the finished bytes, not on what we believe to have written.
"""

import io
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import page
import pikepdf

from kepol.lib.pdf.errors import Finding, PdfRejected

ALLOWED_FONTS = ("Fira-Sans",)
ALLOWED_SCHEMES = {"http", "https", "mailto"}
ALLOWED_ACTIONS = {"/URI", "/GoTo"}
FORBIDDEN_KEYS = ("/OpenAction", "/AA", "/JS", "/EmbeddedFiles", "/EF", "/AF", "/XFA", "/AcroForm")
FORBIDDEN_TYPES = {"/EmbeddedFile", "/Filespec"}
FORBIDDEN_ANNOTATIONS = {"/FileAttachment", "/RichMedia", "/Movie", "/Sound", "/Screen", "/3D"}
SUBSET_PREFIX = re.compile(r"^/?(?:[A-Z]{6}\+)?")
# The engine's own limit of 1,024 rows is below what an export of all milestones has.
ENGINE_LIMITS = page.SafetyLimits(max_table_grid_rows=20_000)
HEADING = re.compile(r"^/H([1-6])$")


class Opened:
    """A parsed PDF with what the checks share: its own objects once, and the structure tree in reading order."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self.pdf = pdf
        self.root = pdf.Root
        self.dictionaries = [found for top in pdf.objects for found in nested_dictionaries(top)]
        tree = self.root.get("/StructTreeRoot")
        self.elements = list(structure_elements(tree)) if tree is not None else []

    def tagged(self, *tags: str) -> list[pikepdf.Object]:
        """Return the structure elements with one of the tags, in reading order."""
        return [element for tag, element in self.elements if tag in tags]


def nested_dictionaries(value: Any) -> Iterator[Any]:
    """Walk an indirect object and the direct ones inside it; what is behind a reference has its own turn."""
    if isinstance(value, pikepdf.Array):
        inner = list(value)
    elif isinstance(value, pikepdf.Dictionary | pikepdf.Stream):
        yield value
        inner = list(value.values())
    else:
        return
    for item in inner:
        if isinstance(item, pikepdf.Object) and not item.is_indirect:
            yield from nested_dictionaries(item)


def kids_of(element: pikepdf.Object) -> list[Any]:
    """Return the kids of a structure element, of which one may stand without an array."""
    kids = element.get("/K")
    if kids is None:
        return []
    return list(kids) if isinstance(kids, pikepdf.Array) else [kids]


def structure_elements(parent: pikepdf.Object) -> Iterator[tuple[str, pikepdf.Object]]:
    """Walk all structure elements under `parent` with their tags, in reading order, without recursion limits."""
    waiting = kids_of(parent)[::-1]
    while waiting:
        element = waiting.pop()
        if isinstance(element, pikepdf.Dictionary) and "/S" in element:
            yield str(element["/S"]), element
            waiting += kids_of(element)[::-1]


# --- The rules -----------------------------------------------------------------------------------------------------
def about_document(opened: Opened) -> Iterator[Finding]:
    """Title, language and the wish to show the title: what a reader announces first."""
    if not str(opened.pdf.docinfo.get("/Title", "")).strip():
        yield Finding("title", "Das Dokument hat keinen Titel.")
    if not str(opened.root.get("/Lang", "")).strip():
        yield Finding("language", "Die Sprache des Dokuments ist nicht angegeben.")
    preferences = opened.root.get("/ViewerPreferences")
    if preferences is None or preferences.get("/DisplayDocTitle") is not True:
        yield Finding("display-title", "Das Dokument zeigt seinen Titel nicht an.")


def about_active_content(opened: Opened) -> Iterator[Finding]:
    """No attachment, no script, no action but a link, no form."""
    for found in opened.dictionaries:
        for key in FORBIDDEN_KEYS:
            if key in found:
                yield Finding("active", f"Das Dokument enthält unzulässigen Inhalt ({key[1:]}).")
        if found.get("/Type") in FORBIDDEN_TYPES or found.get("/Subtype") in FORBIDDEN_ANNOTATIONS:
            yield Finding("attachment", "Das Dokument enthält eine angehängte Datei.")
        if is_action(found) and str(found["/S"]) not in ALLOWED_ACTIONS:
            yield Finding("action", f"Das Dokument enthält eine unzulässige Aktion ({str(found['/S'])[1:]}).")


def is_action(found: pikepdf.Object) -> bool:
    """Tell an action from other dictionaries with an `/S`; its `/Type` is optional, so known names count too."""
    return "/S" in found and (found.get("/Type") == "/Action" or str(found["/S"]) in {"/JavaScript", "/Launch"})


def about_links(opened: Opened) -> Iterator[Finding]:
    """Links lead to the web or to a mail address, and say where."""
    for found in opened.dictionaries:
        if "/URI" in found and not allowed_target(str(found["/URI"])):
            yield Finding("link-scheme", f"Ein Link führt zu einem unzulässigen Ziel („{str(found['/URI'])[:80]}“).")
        if found.get("/Subtype") == "/Link" and not str(found.get("/Contents", "")).strip():
            yield Finding("link-text", "Ein Link hat keinen Text.")


def allowed_target(target: str) -> bool:
    """Tell whether a link target is one of the web or of mail; relative ones have no meaning in a file."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    return parts.scheme in ALLOWED_SCHEMES and (parts.scheme == "mailto" or bool(parts.netloc))


def about_fonts(opened: Opened) -> Iterator[Finding]:
    """Every font is embedded and one of ours; another one means that a character is missing in ours."""
    for found in opened.dictionaries:
        if found.get("/Type") == "/FontDescriptor" and not any(f"/FontFile{kind}" in found for kind in ("", "2", "3")):
            yield Finding("font-embedded", "Eine Schrift ist nicht in das Dokument eingebettet.")
        if found.get("/Type") == "/Font" and not font_name(found).startswith(ALLOWED_FONTS):
            yield Finding("font-foreign", f"Das Dokument verwendet eine fremde Schrift ({font_name(found)}).")


def font_name(font: pikepdf.Object) -> str:
    """Return the name of a font without the random-looking prefix of a subset."""
    return SUBSET_PREFIX.sub("", str(font.get("/BaseFont", "")))


def about_headings(opened: Opened) -> Iterator[Finding]:
    """Headings begin with the first level and skip none."""
    levels = [int(match[1]) for tag, _ in opened.elements if (match := HEADING.match(tag))]
    for before, level in zip([0, *levels], levels, strict=False):
        if level > before + 1:
            yield Finding("heading-order", f"Die Überschriften überspringen eine Ebene (H{level} nach H{before}).")


def about_tables(opened: Opened) -> Iterator[Finding]:
    """Header cells say what they head, data cells name header cells that exist, a table has one head."""
    known = {str(cell["/ID"]) for cell in opened.tagged("/TH") if "/ID" in cell}
    for cell in opened.tagged("/TH"):
        if attribute(cell, "/Scope") is None:
            yield Finding("header-scope", "Eine Kopfzelle sagt nicht, ob sie für Zeile oder Spalte gilt.")
    for cell in opened.tagged("/TD"):
        if unknown := {str(header) for header in attribute(cell, "/Headers") or ()} - known:
            yield Finding("cell-headers", f"Eine Zelle verweist auf Kopfzellen, die es nicht gibt ({len(unknown)}).")
    for table in opened.tagged("/Table"):
        if sum(kid.get("/S") == "/THead" for kid in kids_of(table) if isinstance(kid, pikepdf.Dictionary)) > 1:
            yield Finding("table-head", "Eine Tabelle hat mehr als einen Kopf.")


def attribute(element: pikepdf.Object, name: str) -> Any:
    """Return an attribute of a structure element, whose attributes are one dictionary or a list of them."""
    attributes = element.get("/A")
    owners = list(attributes) if isinstance(attributes, pikepdf.Array) else [attributes]
    values = (owner[name] for owner in owners if isinstance(owner, pikepdf.Dictionary) and name in owner)
    return next(values, None)


RULES: tuple[Callable[[Opened], Iterator[Finding]], ...] = (
    about_document,
    about_active_content,
    about_links,
    about_fonts,
    about_headings,
    about_tables,
)


def accessibility(data: bytes) -> list[Finding]:
    """Return what the rule engine finds against PDF/UA-1."""
    report = page.validate_pdf_bytes(data, profile=page.ValidationProfile.PDF_UA_1, limits=ENGINE_LIMITS)
    return [
        Finding(f"ua1:{failure.rule_id}", f"Barrierefreiheit (PDF/UA-1), Regel {failure.rule_id}: {failure.message}.")
        for failure in report.failures
    ]


def check(data: bytes, *, tables: int | None = None) -> list[Finding]:
    """Return every reason why these bytes may not leave; an empty list means they may.

    `tables` is the number of tables the document has, if the caller knows it: a table that page breaks tore apart
    would count more than once. Bytes that are no PDF are a finding, not an error.
    """
    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            opened = Opened(pdf)
            findings = [finding for rule in RULES for finding in rule(opened)]
            found = len(opened.tagged("/Table"))
        if tables not in (None, found):
            findings.append(Finding("table-count", f"Das Dokument hat {tables} Tabellen, ausgezeichnet sind {found}."))
        return findings + accessibility(data)
    except page.SafetyLimitError:
        return [Finding("too-large", "Die Datei ist zu groß, um sie zu prüfen.")]
    except (pikepdf.PdfError, page.PageError):
        return [Finding("unreadable", "Die Datei ist kein lesbares PDF.")]


def require_valid(data: bytes, *, tables: int | None = None) -> None:
    """Raise `PdfRejected` with all findings unless these bytes may leave; arguments as for `check`."""
    if findings := check(data, tables=tables):
        raise PdfRejected(findings)
