"""Formatted text of clerks: one canonical HTML, its sanitiser, the model field and the editor's widget.

The text is hostile on its way in (paste, import, fixture) and on its way out (old rows), so it is cleaned on both ways. nh3 reads it
as a browser would and removes what is active; what remains is rebuilt here after a small schema: paragraphs, sub-headings, lists,
quotations and tables that hold runs of text. Because the result never depends on how a parser repairs markup, cleaning it again
changes nothing, and the same words always have the same HTML, whatever program wrote them.

Underline is left out (it reads as a link on a page), and of the headings only one level is kept, because sections carry their own.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape, unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import nh3
from django import forms, template
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.widgets import Script
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe

MAX_LENGTH = 500_000
HEADING_LEVEL = 4
# Deep nesting ends WeasyPrint with a RecursionError; wide spans cost it minutes (400 quotations, colspan=100000).
MAX_DEPTH = 20
MAX_COLUMNS = 20
MAX_START = 999
# The tree read may be deeper than the tree written, because wrappers such as <div> disappear.
MAX_READ_DEPTH = 60
# A browser's parser needs quadratic time for deep nesting: 90,000 open elements take it half a minute, 20,000 one second.
MAX_TAGS = 20_000

HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
CELLS = {"th", "td"}
LISTS = {"ul", "ol"}
VOID = {"br", "hr"}
# The order of nesting, outermost first; sub and sup exclude each other.
MARK_RANKS = {"a": 0, "span": 1, "strong": 2, "b": 2, "em": 3, "i": 3, "sub": 4, "sup": 4}
MARK_NAMES = {"b": "strong", "i": "em"}
# Read as boundaries only: without them the words of two pasted blocks would run into each other.
WRAPPERS = {
    *(
        "address",
        "article",
        "aside",
        "caption",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
    ),
    *("footer", "form", "header", "hr", "legend", "main", "nav", "option", "pre", "section", "summary"),
}
READ_TAGS = WRAPPERS | HEADINGS | CELLS | LISTS | set(MARK_RANKS) | {"p", "br", "li", "blockquote"}
READ_TAGS |= {"table", "thead", "tbody", "tfoot", "tr"}
READ_ATTRIBUTES = {
    "a": {"href"},
    "p": {"lang"},
    "span": {"lang"},
    "ol": {"start"},
    "th": {"colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
}
DROPPED_WITH_CONTENT = {
    *(
        "script",
        "style",
        "svg",
        "math",
        "iframe",
        "object",
        "noscript",
        "noembed",
        "noframes",
        "template",
        "title",
        "audio",
        "video",
    ),
}
CLEANER = nh3.Cleaner(
    tags=READ_TAGS,
    attributes=READ_ATTRIBUTES,
    clean_content_tags=DROPPED_WITH_CONTENT,
    url_schemes={"http", "https", "mailto"},
    link_rel=None,
    strip_comments=True,
)

TAG = re.compile(r"</?[A-Za-z][^>]*>?")
LINE_ENDS = re.compile("[\x0b\x0c\x85\u2028\u2029]")
# Controls, lone surrogates, zero width space and byte order mark, and what turns the direction of reading around.
INVISIBLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\uffff\ud800-\udfff]")
SPACES = re.compile(r"[ \t\n\r]+")
# Beside a line break (\n) or another space a space is not seen.
UNSEEN_SPACES = re.compile(r" +(?=[ \n])|(?<=\n) +")
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
MAIL = re.compile(r"mailto:[^\s@?<>\"\\]+@[^\s@?<>\"\\]+(\?[^\s<>\"\\]*)?", re.IGNORECASE)
WEB = re.compile(r"https?://[^\s<>\"\\/?#@]+([/?#][^\s<>\"\\]*)?", re.IGNORECASE)

register = template.Library()


# --- Reading -----------------------------------------------------------------------------------------------------
@dataclass(slots=True)
class Element:
    """An element as read; `children` are elements and text."""

    tag: str
    attributes: dict[str, str | None] = field(default_factory=dict)
    children: list["Element | str"] = field(default_factory=list)


class TreeReader(HTMLParser):
    """Reads the well-formed output of nh3 into elements, without recursion; what lies too deep joins its ancestor."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("body")
        self.open: list[Element] = [self.root]
        self.ignored = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Append the element; open it unless the limit of depth is reached."""
        element = Element(tag, dict(attrs))
        too_deep = len(self.open) > MAX_READ_DEPTH
        if not too_deep or tag not in MARK_RANKS:
            self.open[-1].children.append(element)
        if tag in VOID:
            return
        if too_deep:
            self.ignored += 1
        else:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element (nh3 writes every end tag)."""
        if tag in VOID:
            return
        if self.ignored:
            self.ignored -= 1
        elif len(self.open) > 1:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        """Append text; character references may have brought invisible characters back."""
        self.open[-1].children.append(SPACES.sub(" ", visible(data)))


def visible(text: str) -> str:
    """Remove characters nobody sees: NUL, controls, direction overrides, lone surrogates; odd line ends become spaces."""
    return INVISIBLE.sub("", LINE_ENDS.sub(" ", text))


def read_tree(html: str) -> Element:
    """Return what `html` holds after nh3 has removed everything active; its words only when it has more than 20,000 tags."""
    html = visible(html)
    if has_too_many_tags(html):
        html = escape(unescape(TAG.sub(" ", html)))
    reader = TreeReader()
    reader.feed(CLEANER.clean(html))
    reader.close()
    return reader.root


def has_too_many_tags(html: str) -> bool:
    """Tell whether parsing `html` could hold up everybody else."""
    return html.count("<") > MAX_TAGS and sum(1 for _ in TAG.finditer(html)) > MAX_TAGS


def safe_address(href: str | None) -> str:
    """Return a complete http, https or mailto address without user name; anything else, relative ones too, gives ""."""
    address = visible(href or "").strip()
    if MAIL.fullmatch(address):
        return address
    if not WEB.fullmatch(address) or not has_host(address):
        return ""
    return address


def has_host(address: str) -> bool:
    """Tell whether `address` names a host that can be read."""
    try:
        return bool(urlsplit(address).hostname)
    except ValueError:
        return False


def number(value: str | None, limit: int) -> int:
    """Return the whole number in `value` between 1 and `limit`; 1 when there is none."""
    text = (value or "").strip()
    if not re.fullmatch(r"[0-9]{1,9}", text):
        return 1
    return max(1, min(int(text), limit))


def language(element: Element) -> str:
    """Return the attribute ` lang="…"` of `element`, or "" without a well-formed tag (BCP 47)."""
    tag = (element.attributes.get("lang") or "").strip()
    return f' lang="{tag}"' if LANGUAGE.fullmatch(tag) else ""


# --- Runs of text ------------------------------------------------------------------------------------------------
@dataclass(frozen=True, order=True, slots=True)
class Mark:
    """What a run of text carries: bold, link …; `attributes` begins with a space or is empty."""

    rank: int
    name: str
    attributes: str = ""


Marks = tuple[Mark, ...]
Run = tuple[str, Marks]


def marked(marks: Marks, element: Element) -> Marks:
    """Return `marks` plus the one of `element`; the inner one wins over one of its kind, a link without address is none."""
    rank, name, attributes = MARK_RANKS[element.tag], MARK_NAMES.get(element.tag, element.tag), ""
    if name == "a":
        address = safe_address(element.attributes.get("href"))
        attributes = f' href="{escape(address)}"' if address else ""
    elif name == "span":
        attributes = language(element)
    if name in {"a", "span"} and not attributes:
        return marks
    return tuple(sorted([mark for mark in marks if mark.rank != rank] + [Mark(rank, name, attributes)]))


def trimmed(runs: list[Run]) -> list[Run]:
    """Remove the spaces and line breaks at both ends and the spaces nobody sees; runs may stay empty."""
    text = "".join(words for words, _ in runs)
    if not text.strip():
        return []
    dropped = set(range(len(text) - len(text.lstrip(" \n")))) | set(range(len(text.rstrip(" \n")), len(text)))
    for match in UNSEEN_SPACES.finditer(text):
        dropped.update(range(*match.span()))
    kept, start = [], 0
    for words, marks in runs:
        kept.append(("".join(sign for at, sign in enumerate(words, start) if at not in dropped), marks))
        start += len(words)
    return kept


def joined(runs: list[Run]) -> list[Run]:
    """Join neighbours with the same marks and bring each run into NFC."""
    result: list[tuple[list[str], Marks]] = []
    for text, marks in runs:
        if not text:
            continue
        if not result or result[-1][1] != marks:
            result.append(([], marks))
        result[-1][0].append(text)
    return [(unicodedata.normalize("NFC", "".join(texts)), marks) for texts, marks in result]


def write_runs(runs: list[Run]) -> str:
    """Return the HTML of one paragraph's runs, "" when nobody would see anything."""
    html: list[str] = []
    opened: Marks = ()
    for text, marks in [*joined(trimmed(runs)), ("", ())]:
        shared = common_length(opened, marks)
        html += [f"</{mark.name}>" for mark in reversed(opened[shared:])]
        html += [f"<{mark.name}{mark.attributes}>" for mark in marks[shared:]]
        html.append(escape(text, quote=False).replace("\n", "<br>"))
        opened = marks
    return "".join(html)


def common_length(first: Marks, second: Marks) -> int:
    """Count the marks both begin with."""
    length = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        length += 1
    return length


# --- Blocks ------------------------------------------------------------------------------------------------------
class Blocks:
    """Collects the canonical blocks of one container (the text, an item, a cell) from the elements read.

    `depth` counts the block elements around; `in_table` says that a table here would be one within a table.
    """

    def __init__(self, depth: int = 0, *, in_table: bool = False) -> None:
        self.depth = depth
        self.in_table = in_table
        self.finished: list[str] = []
        self.runs: list[Run] = []

    def read(self, children: Iterable[Element | str], marks: Marks = ()) -> "Blocks":
        """Read everything among `children` and end the paragraph they leave open only when a block begins."""
        for child in children:
            if isinstance(child, str):
                self.runs.append((child, marks))
            elif child.tag == "br":
                self.runs.append(("\n", marks))
            elif child.tag in MARK_RANKS:
                self.read(child.children, marked(marks, child))
            else:
                self.end_paragraph()
                self.read_block(child, marks)
                self.end_paragraph()
        return self

    def read_block(self, element: Element, marks: Marks) -> None:
        """Read one block; a container that would nest too deep, and an unknown one, gives its content only."""
        shallow = self.depth + 4 <= MAX_DEPTH
        if element.tag == "p" or element.tag in HEADINGS:
            self.read(element.children, marks)
            self.end_paragraph(element)
        elif element.tag in LISTS and shallow:
            self.read_list(element)
        elif element.tag == "blockquote" and shallow:
            self.wrap("blockquote", self.inner(1).read(element.children).all())
        elif element.tag == "table" and shallow and not self.in_table:
            self.read_table(element)
        else:
            self.read(element.children, marks)

    def end_paragraph(self, element: Element | None = None) -> None:
        """Write the runs read so far as a paragraph, or as the sub-heading that `element` is; nothing when empty."""
        content, self.runs = write_runs(self.runs), []
        if element is not None and element.tag in HEADINGS:
            self.wrap("h4", content)
        else:
            self.wrap("p", content, language(element) if element else "")

    def read_list(self, element: Element) -> None:
        """Write a list; what stands between items, such as a list put there by a word processor, joins the item before."""
        items: list[list[Element | str]] = []
        for child in element.children:
            if isinstance(child, Element) and child.tag == "li":
                items.append(child.children)
            elif items:
                items[-1] = [*items[-1], child]
            else:
                items.append([child])
        content = "".join(f"<li>{item}</li>" for item in (self.inner(2).read(item).flow() for item in items) if item)
        start = number(element.attributes.get("start"), MAX_START) if element.tag == "ol" else 1
        self.wrap(element.tag, content, f' start="{start}"' if start > 1 else "")

    def read_table(self, element: Element) -> None:
        """Write a table with a header row; its caption and stray text come before it."""
        rows, stray = read_rows(element, depth=self.depth + 4)
        self.read(stray)
        self.end_paragraph()
        if any(cell.blocks for row in rows for cell in row.cells):
            self.finished.append(write_table(rows))

    def inner(self, levels: int) -> "Blocks":
        """Return an empty collection for a container `levels` elements further in."""
        return Blocks(self.depth + levels, in_table=self.in_table)

    def wrap(self, tag: str, content: str, attributes: str = "") -> None:
        """Add `content` as an element unless it is empty."""
        if content:
            self.finished.append(f"<{tag}{attributes}>{content}</{tag}>")

    def all(self) -> str:
        """Return all blocks as HTML."""
        self.end_paragraph()
        return "".join(self.finished)

    def flow(self) -> str:
        """Return the HTML of an item or a cell."""
        self.end_paragraph()
        return flow(self.finished)


def flow(blocks: list[str]) -> str:
    """Return the HTML of an item's or a cell's blocks: a single plain paragraph stands there without its tags."""
    if len(blocks) == 1 and blocks[0].startswith("<p>"):
        return blocks[0].removeprefix("<p>").removesuffix("</p>")
    return "".join(blocks)


# --- Tables ------------------------------------------------------------------------------------------------------
@dataclass(slots=True)
class Cell:
    """A cell of a table; `row` is its place in the group, known once laid out."""

    header: bool = False
    colspan: int = 1
    rowspan: int = 1
    blocks: list[str] = field(default_factory=list)
    row: int = 0


@dataclass(slots=True)
class Row:
    """A row of a table; `taken` counts the columns its cells and spans from above take, `reach` where they end."""

    cells: list[Cell]
    in_head: bool = False
    taken: int = 0
    reach: int = 0

    @property
    def is_header(self) -> bool:
        """A row of the table's head, or one that has header cells only (the editor knows no head)."""
        return self.in_head or all(cell.header for cell in self.cells)


def read_rows(table: Element, *, depth: int) -> tuple[list[Row], list[Element | str]]:
    """Return the rows that have cells, and everything that stands in the table without being in a cell."""
    rows: list[Row] = []
    stray: list[Element | str] = []
    for group in table.children:
        if isinstance(group, str) or group.tag not in {"thead", "tbody", "tfoot", "tr"}:
            stray.append(group)
            continue
        for row in [group] if group.tag == "tr" else group.children:
            if isinstance(row, str) or row.tag != "tr":
                stray.append(row)
                continue
            cells = [child for child in row.children if isinstance(child, Element) and child.tag in CELLS]
            stray += [child for child in row.children if isinstance(child, str) or child.tag not in CELLS]
            if cells:
                rows.append(Row([read_cell(cell, depth) for cell in cells], in_head=group.tag == "thead"))
    return rows, stray


def read_cell(element: Element, depth: int) -> Cell:
    """Return the cell; a table within it gives its words only."""
    inside = Blocks(depth, in_table=True).read(element.children)
    inside.end_paragraph()
    spans = [number(element.attributes.get(name), MAX_COLUMNS) for name in ("colspan", "rowspan")]
    return Cell(element.tag == "th", spans[0], spans[1], blocks=inside.finished)


def write_table(rows: list[Row]) -> str:
    """Return a regular table: a head of at least one row, every row as wide as the widest (PDF/UA asks for both)."""
    leading = next((at for at, row in enumerate(rows) if at and not row.is_header), len(rows))
    size = max(1, min(leading, len(rows) - 1))
    head, body = rows[:size], rows[size:]
    lay_out(head)
    lay_out(body)
    width = max(row.reach for row in rows)
    for row in rows:
        row.cells += [Cell() for _ in range(width - row.taken)]
    html = f"<thead>{write_rows(head, 'col')}</thead>"
    return f"<table>{html}<tbody>{write_rows(body, 'row')}</tbody></table>" if body else f"<table>{html}</table>"


def lay_out(group: list[Row]) -> None:
    """Put the cells of a row group on a grid as browsers do; cut spans that overlap or leave the group.

    A cell beyond the last column allowed joins the one before it.
    """
    free_from = [0] * MAX_COLUMNS
    owners: list[Cell | None] = [None] * MAX_COLUMNS
    for index, row in enumerate(group):
        if min(free_from) > index:
            end_spans(owners, index)
            free_from = [index] * MAX_COLUMNS
        placed: list[Cell] = []
        for cell in row.cells:
            columns = free_columns(free_from, index, cell.colspan)
            if not columns:
                placed[-1].blocks += cell.blocks
                placed[-1].header &= cell.header
                continue
            cell.row, cell.colspan, cell.rowspan = index, len(columns), min(cell.rowspan, len(group) - index)
            for column in columns:
                free_from[column], owners[column] = index + cell.rowspan, cell
            placed.append(cell)
        taken = [column for column in range(MAX_COLUMNS) if free_from[column] > index]
        row.cells, row.taken, row.reach = placed, len(taken), taken[-1] + 1


def end_spans(owners: list[Cell | None], index: int) -> None:
    """End the spans of all `owners` above row `index`, which would have no room for a cell of its own."""
    for cell in owners:
        if cell is not None:
            cell.rowspan = index - cell.row


def free_columns(free_from: list[int], index: int, wanted: int) -> list[int]:
    """Return up to `wanted` neighbouring columns free in row `index`, from the first free one on."""
    columns: list[int] = []
    for column in range(MAX_COLUMNS):
        if free_from[column] <= index and len(columns) < wanted:
            columns.append(column)
        elif columns:
            break
    return columns


def write_rows(rows: list[Row], scope: str) -> str:
    """Return the rows; in the head (`scope` is "col") every cell is a header cell."""
    return "".join(f"<tr>{''.join(write_cell(cell, scope) for cell in row.cells)}</tr>" for row in rows)


def write_cell(cell: Cell, scope: str) -> str:
    """Return one cell; a header cell says what it heads."""
    tag = "th" if cell.header or scope == "col" else "td"
    attributes = f' scope="{scope}"' if tag == "th" else ""
    attributes += f' colspan="{cell.colspan}"' if cell.colspan > 1 else ""
    attributes += f' rowspan="{cell.rowspan}"' if cell.rowspan > 1 else ""
    return f"<{tag}{attributes}>{flow(cell.blocks)}</{tag}>"


# --- What others use ---------------------------------------------------------------------------------------------
@lru_cache(maxsize=512)
def sanitise(html: str) -> str:
    """Return the canonical, harmless HTML of `html`; "" when it holds no visible text.

    Elements p, h4, ul, ol, li, blockquote, table (always with a header row), strong, em, sub, sup, a, br, span; attributes href (http,
    https, mailto), lang, start, scope, colspan and rowspan (at most 20). Applied twice it changes nothing more.
    """
    return Blocks().read(read_tree(html).children).all()


@register.filter
def safe_html(value: str | None, heading: int = HEADING_LEVEL) -> SafeString:
    """Return stored text for a template, cleaned once more because old rows, imports and fixtures may differ.

    None gives "". Sub-headings are written at level `heading`, so that a page's or a paper's headings leave out no level.
    """
    html = sanitise(value or "")
    if heading != HEADING_LEVEL:
        html = html.replace("<h4>", f"<h{heading:d}>").replace("</h4>", f"</h{heading:d}>")
    return mark_safe(html)  # noqa: S308 (the only place that may say so: this function has cleaned it)


class TextReader(HTMLParser):
    """Collects the words of canonical HTML; the cells of a row stand on one line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.cells = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line, a cell or a block."""
        if tag == "br":
            self.parts.append(" " if self.cells else "\n")
        elif tag in CELLS:
            self.cells += 1
            self.parts.append("\t")
        elif tag == "tr":
            self.cells = 0

    def handle_endtag(self, tag: str) -> None:
        """End a block; within a row only a space."""
        if tag == "tr":
            self.cells = 0
        if tag not in CELLS and tag not in MARK_RANKS:
            self.parts.append(" " if self.cells else "\n\n")

    def handle_data(self, data: str) -> None:
        """Collect words."""
        self.parts.append(data)


def to_text(html: str) -> str:
    """Return the plain words of `html`: blank lines between paragraphs, items and rows, tabs between the cells of a row."""
    reader = TextReader()
    reader.feed(sanitise(html))
    reader.close()
    blocks = (block.strip() for block in "".join(reader.parts).split("\n\n"))
    return "\n\n".join(re.sub(r" *\t *", "\t", block) for block in blocks if block)


def words(html: str) -> list[str]:
    """Return the words of `html` in order, as separated by white space (for comparing two versions)."""
    return to_text(html).split()


def from_paragraphs(paragraphs: Iterable[str]) -> str:
    """Return the HTML of plain `paragraphs`: every sign stays what it is (Bürger*innen, <, &), a line end becomes a break."""
    return sanitise("".join(f"<p>{escape(text.strip()).replace(chr(10), '<br>')}</p>" for text in paragraphs))


# --- Field, form field, widget -----------------------------------------------------------------------------------
class RichTextWidget(forms.Textarea):
    """The editor in place of a text area; needs no exception from the Content Security Policy.

    The text area names the address of the editor's module, which `richtext.js` imports: no import map, so no nonce, and hashed file names.
    """

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"rows": 8, **(attrs or {})})

    @property
    def media(self) -> forms.Media:
        """Style sheets and the module that starts the editors of a page."""
        sheets = [f"django_prose_editor/{name}.css" for name in ("material-icons", "editor", "overrides")]
        return forms.Media(
            css={"all": [*sheets, "kepol/richtext.css"]},
            js=[Script("kepol/richtext.js", type="module")],  # type: ignore[list-item]
        )

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Add the address of the editor's module."""
        address = static("django_prose_editor/editor.js")
        return super().get_context(name, value, {**(attrs or {}), "data-richtext": address})

    def use_required_attribute(self, initial: Any) -> bool:
        """A browser cannot point at the hidden text area; the server says what is missing."""
        return False


class RichTextFormField(forms.CharField):
    """Takes formatted text and hands on canonical HTML; text without a visible word counts as empty."""

    widget = RichTextWidget

    def to_python(self, value: Any) -> str:
        """Return the sanitised text; refuse one that is too long to be read in reasonable time."""
        text = super().to_python(value) or ""
        if len(text) > MAX_LENGTH or has_too_many_tags(text):
            raise ValidationError(
                "Der Text ist zu lang: Kürzen Sie ihn oder hängen Sie ihn als Datei an.", code="max_length"
            )
        return sanitise(text)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare the canonical forms: another way of writing the same text is no change."""
        if len(data or "") > MAX_LENGTH:
            return True
        return sanitise(initial or "") != sanitise(data or "")


class RichTextField(models.TextField):
    """Formatted text, stored as canonical HTML whatever way it is written (form, `save()`, `update()`, bulk writes, fixtures)."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Sanitise on the instance too, so that it holds what is stored."""
        value = stored_form(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Sanitise every value on its way into the database."""
        return super().get_db_prep_save(stored_form(value), connection)

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        """Sanitise before validation: a text without words is a blank one."""
        return super().clean(stored_form(value), model_instance)

    def to_text(self, value: str) -> str:
        """How history and the conflict page show a value: its words."""
        return to_text(value)

    def formfield(self, **kwargs: Any) -> Any:
        """Return the form field with the editor, in the admin too, whose own widget for long text gives way."""
        if is_plain(kwargs.get("widget")):
            kwargs["widget"] = RichTextWidget
        return super().formfield(**{"form_class": RichTextFormField, **kwargs})


def stored_form(value: Any) -> Any:
    """Return sanitised text; expressions, `None` and other values are left to the database layer."""
    return sanitise(value) if isinstance(value, str) else value


def is_plain(widget: Any) -> bool:
    """Tell whether `widget` (a class, an instance or None) is missing or the admin's text area."""
    kind = widget if isinstance(widget, type) else type(widget)
    return widget is None or issubclass(kind, AdminTextareaWidget)
