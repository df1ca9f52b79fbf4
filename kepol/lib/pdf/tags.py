"""Repair of the tag tree WeasyPrint 70.0 writes, so that a screen reader hears what the HTML says.

Unrepaired, a table over three pages is three tables, a split paragraph two; running footers and repeated table heads
are read as content; header cells have no scope, parts in another language no language, links only their URL.
The repair runs in the public `finisher` hook. What it needs to know of the HTML is noted by a wrapper around the
private `_build_box_tree`; therefore the version is pinned and the tree is tested.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast
from xml.etree.ElementTree import Element

import pydyf
from weasyprint.pdf import tags as weasyprint_tags

ROW_SCOPES = {"row", "rowgroup"}
WHOLE_PAGE_TAGS = {"html", "body"}
WRAPPED = "_build_box_tree"
# Parents whose kids a page break may deal out again: cells of a split row, items around a list inside an item.
REPEATING_PARENTS = {"/TR", "/L"}
ITEM_PARTS = {"/Lbl", "/LBody"}
NULL = b"null"


@dataclass(frozen=True)
class Origin:
    """Where a structure element comes from: the HTML element, the box's tag (`li::marker`), and the PDF tag."""

    element: Element
    box_tag: str
    tag: str


Origins = dict[int, Origin]


def link_text(element: Element) -> str:
    """Return what a link says; a link around an image says its alternative text, an empty one nothing."""
    said = " ".join("".join(element.itertext()).split())
    return said or " ".join(filter(None, (image.get("alt") for image in element.iter("img"))))


def describe_link(box: Any) -> None:
    """Let the link's annotation say the link's text instead of the bare URL."""
    if box.link_annotation is not None and (text := link_text(box.element)):
        box.link_annotation["Contents"] = pydyf.String(text)


def drop_inner_link(box: Any, pdf: pydyf.PDF, page_number: int) -> None:
    """Take back the second link WeasyPrint lays over every box inside a link (`<a><b>…`): it has no Link element."""
    annotation = box.link_annotation
    if annotation is None or box.element.tag == "a":
        return
    page = pdf.objects[int(pdf.page_references[page_number].split()[0])]
    page["Annots"].remove(annotation.reference)
    annotation.clear()
    box.link_annotation = None


def describe_element(structure: pydyf.Dictionary, box: Any) -> None:
    """Add language and scope, which WeasyPrint does not carry over from the HTML."""
    language = box.element.get("lang")
    if language and box.element_tag not in WHOLE_PAGE_TAGS:
        structure["Lang"] = pydyf.String(language)
    if structure["S"] == "/TH" and box.element_tag == "th":
        structure["A"]["Scope"] = "/Row" if box.element.get("scope") in ROW_SCOPES else "/Column"


@contextmanager
def recorded_origins() -> Iterator[Origins]:
    """Note, while a PDF is written inside the block, from which HTML element every structure element comes."""
    origins: Origins = {}
    original = getattr(weasyprint_tags, WRAPPED)

    def recording(box: Any, parent: Any, pdf: Any, page_number: int, *rest: Any) -> Iterator[pydyf.Dictionary]:
        box = getattr(box, "_box", box)
        if box.element is not None:
            drop_inner_link(box, pdf, page_number)
            describe_link(box)
        for structure in original(box, parent, pdf, page_number, *rest):
            if structure.number not in origins and box.element is not None:
                origins[structure.number] = Origin(box.element, box.element_tag, structure["S"])
                describe_element(structure, box)
            yield structure

    setattr(weasyprint_tags, WRAPPED, recording)
    try:
        yield origins
    finally:
        setattr(weasyprint_tags, WRAPPED, original)


class TagTree:
    """The structure tree of one unwritten PDF, with the operations the repair needs."""

    def __init__(self, pdf: pydyf.PDF, origins: Origins) -> None:
        self.pdf = pdf
        self.origins = origins
        self.root = self.referenced(pdf.catalog["StructTreeRoot"])
        self.document = self.referenced(self.root["K"][0])
        self.renamed: dict[str, pydyf.String] = {}

    def referenced(self, reference: bytes) -> Any:
        """Return the object a reference such as `12 0 R` stands for."""
        return self.pdf.objects[int(reference.split()[0])]

    def element(self, kid: object) -> pydyf.Dictionary | None:
        """Return the structure element behind a kid; None for marked content and annotations."""
        if not isinstance(kid, bytes):
            return None
        found = self.referenced(kid)
        return found if found.get("Type") == "/StructElem" else None

    def children(self, parent: pydyf.Dictionary, *tags: str) -> list[pydyf.Dictionary]:
        """Return the structure elements right under `parent`, all or only those with one of the tags."""
        found = (self.element(kid) for kid in parent["K"])
        return [child for child in found if child is not None and (not tags or child["S"] in tags)]

    def descendants(self, parent: pydyf.Dictionary) -> Iterator[pydyf.Dictionary]:
        """Walk all structure elements under `parent` in reading order."""
        for child in self.children(parent):
            yield child
            yield from self.descendants(child)

    # --- One element for one element -----------------------------------------------------------------------------
    def merge(self, parent: pydyf.Dictionary) -> None:
        """Put together what page breaks tore apart, in `parent` and everything below it."""
        kept: list[object] = []
        for kid in parent["K"]:
            part = self.element(kid)
            first = self.earlier_part(part, kept, parent) if part is not None else None
            if part is None or first is None:
                kept.append(kid)
            else:
                self.join(first, part)
        parent["K"][:] = kept
        for child in self.children(parent):
            self.merge(child)

    def earlier_part(
        self, part: pydyf.Dictionary, kept: list[object], parent: pydyf.Dictionary
    ) -> pydyf.Dictionary | None:
        """Return the sibling that `part` continues: any under a repeating parent, else the one right before."""
        candidates = kept if parent["S"] in REPEATING_PARENTS else kept[-1:]
        for kid in candidates:
            sibling = self.element(kid)
            if sibling is not None and self.same_source(sibling, part):
                return sibling
        return None

    def same_source(self, first: pydyf.Dictionary, second: pydyf.Dictionary) -> bool:
        """Tell whether both are parts of one HTML element and hold only elements, which can move between pages."""
        origin = self.origins.get(first.number)
        if origin is None or origin != self.origins.get(second.number):
            return False
        return all(self.element(kid) is not None for kid in (*first["K"], *second["K"]))

    def join(self, first: pydyf.Dictionary, part: pydyf.Dictionary) -> None:
        """Append the kids of `part` to `first`; `part` is left out of the tree."""
        if part["S"] == "/Table":
            self.drop_repetitions(first, part)
        self.rename(part, first)
        for child in self.children(part):
            child["P"] = first.reference
        first["K"].extend(part["K"])

    def drop_repetitions(self, first: pydyf.Dictionary, part: pydyf.Dictionary) -> None:
        """Keep one head (the first), one foot (the last) and one caption of a table printed on several pages."""
        if heads := self.children(first, "/THead"):
            for repeated in self.children(part, "/THead"):
                self.rename_cells(repeated, heads[0])
            self.remove(part, "/THead")
        if self.children(first, "/Caption"):
            self.remove(part, "/Caption")
        if self.children(part, "/TFoot"):
            self.remove(first, "/TFoot")

    def remove(self, parent: pydyf.Dictionary, tag: str) -> None:
        """Take the children with this tag out of the tree; their content becomes an artifact later."""
        unwanted = {child.reference for child in self.children(parent, tag)}
        parent["K"][:] = [kid for kid in parent["K"] if kid not in unwanted]

    # --- Lists -----------------------------------------------------------------------------------------------------
    def complete_item(self, item: pydyf.Dictionary) -> None:
        """Give a list item with paragraphs or tables right inside (`<li><p>`) the one body PDF/UA wants."""
        if all(child["S"] in ITEM_PARTS for child in self.children(item)):
            return
        labels = [child.reference for child in self.children(item, "/Lbl")]
        body = pydyf.Dictionary({"Type": "/StructElem", "S": "/LBody", "Pg": item["Pg"], "P": item.reference})
        self.pdf.add_object(body)
        body["K"] = pydyf.Array([kid for kid in item["K"] if kid not in labels])
        for child in self.children(body):
            child["P"] = body.reference
            child["S"] = "/Div" if child["S"] == "/LBody" else child["S"]
        item["K"][:] = [*labels, body.reference]

    # --- Header cells ----------------------------------------------------------------------------------------------
    def rename_cells(self, repeated: pydyf.Dictionary, original: pydyf.Dictionary) -> None:
        """Remember which header cell of the first page each repeated header cell stands for."""
        cells = [[cell for cell in self.descendants(head) if "ID" in cell] for head in (repeated, original)]
        for old, new in zip(*cells, strict=False):
            self.rename(old, new)

    def rename(self, old: pydyf.Dictionary, new: pydyf.Dictionary) -> None:
        """Remember that references to `old`, if it is a header cell, mean `new` from now on."""
        if "ID" in old and "ID" in new:
            self.renamed[old["ID"].string] = new["ID"]

    def resolve_headers(self, cell: pydyf.Dictionary) -> None:
        """Point a data cell to the header cells that stayed in the tree, each once."""
        attributes = cell.get("A", {})
        if "Headers" not in attributes:
            return
        current = (self.renamed.get(header.string, header) for header in attributes.pop("Headers"))
        if headers := {header.string: header for header in current}:
            attributes["Headers"] = pydyf.Array(headers.values())

    def index_ids(self, elements: Iterable[pydyf.Dictionary]) -> None:
        """Write the IDTree, without which ISO 32000-1 gives the identifiers of header cells no meaning."""
        named = sorted((element["ID"].string, element) for element in elements if "ID" in element)
        names = pydyf.Array()
        for name, element in named:
            names.extend([pydyf.String(name), element.reference])
        if names:
            self.root["IDTree"] = pydyf.Dictionary({"Names": names})

    # --- What is not read ------------------------------------------------------------------------------------------
    def content_entries(self) -> Iterator[tuple[int, Any]]:
        """Walk the parent tree: a page's list of elements, or the element of one annotation, each with its number."""
        numbers = self.referenced(self.root["ParentTree"])["Nums"]
        yield from zip(numbers[::2], numbers[1::2], strict=True)

    def mark_artifacts(self, alive: set[int]) -> None:
        """Turn all content whose element is not in the tree into artifacts: running heads, feet, repeated heads."""
        for number, entry in list(self.content_entries()):
            if isinstance(entry, list):
                self.mark_page_artifacts(number, entry, alive)
            elif self.referenced(entry).number not in alive:
                self.drop_annotation(number)

    def mark_page_artifacts(self, page_number: int, elements: list[bytes], alive: set[int]) -> None:
        """Do this for one page, whose list of elements is indexed by the number of the marked content."""
        unread = {mark for mark, element in enumerate(elements) if self.referenced(element).number not in alive}
        page = self.referenced(self.pdf.page_references[page_number])
        stream = self.referenced(page["Contents"]).stream
        for index, item in enumerate(stream):
            if isinstance(item, pydyf.Dictionary) and item.get("MCID") in unread:
                stream[index - 1] = "/Artifact"
                stream[index] = pydyf.Dictionary({"Type": "/Pagination"})
        elements[:] = [NULL if mark in unread else element for mark, element in enumerate(elements)]

    def drop_annotation(self, number: int) -> None:
        """Take a link out that stands in an artifact: a link must be reachable through the tree."""
        numbers = self.referenced(self.root["ParentTree"])["Nums"]
        at = numbers.index(number, 2 * len(self.pdf.page_references))
        del numbers[at : at + 2]
        for page in map(self.referenced, self.pdf.page_references):
            kept = [link for link in page.get("Annots", ()) if self.referenced(link).get("StructParent") != number]
            if "Annots" in page:
                page["Annots"] = pydyf.Array(kept)

    def split_elements(self, tag: str) -> list[Element]:
        """Return the HTML elements that still have more than one structure element with this tag."""
        sources = [self.origins[found.number].element for found in self.descendants(self.document) if found["S"] == tag]
        return [source for index, source in enumerate(sources) if any(source is other for other in sources[:index])]


def repair(pdf: pydyf.PDF, origins: Origins) -> TagTree:
    """Repair the tag tree of an unwritten `pdf` in place and return it.

    `origins` is what `recorded_origins` noted while this PDF was built.
    """
    tree = TagTree(pdf, origins)
    tree.merge(tree.document)
    for item in [element for element in tree.descendants(tree.document) if element["S"] == "/LI"]:
        tree.complete_item(item)
    elements = list(tree.descendants(tree.document))
    for element in elements:
        if element["S"] == "/TD":
            tree.resolve_headers(element)
    tree.index_ids(elements)
    tree.mark_artifacts({cast("int", element.number) for element in elements})
    return tree
