"""The finished bytes: accessible for a screen reader, fit for the archive, the same every time, in our own fonts."""

import io
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import page as validator
import pikepdf
import pypdf
import pytest
from PIL import Image

from kepol.lib.pdf.document import PdfDocument
from kepol.lib.pdf.errors import CharactersMissing, PdfRejected
from kepol.lib.pdf.gate import check, font_name, require_valid
from kepol.lib.pdf.renderer import Renderer, render_pdf, renderer_for
from kepol.lib.pdf.typography import bind

pytestmark = pytest.mark.one_database

FONTS = Path(__file__).resolve().parent.parent / "static" / "fonts"
ROWS = 90
LONG_PARAGRAPH = "Die Partnerschaft trägt das Vorhaben gemeinsam mit den Bürger*innen weiter. " * 40
STYLE = """
@page { size: A4; margin: 2cm; @bottom-center { content: "Seite " counter(page) " von " counter(pages) } }
table { table-layout: fixed; width: 100%; border-collapse: collapse }
td, th { border: 1px solid #555 }
p { hyphens: auto }
.low { padding-top: 18cm }
"""


def page_of(body, title="Prüfung"):
    return f'<html lang="de"><head><title>{title}</title></head><body><h1>Prüfung</h1>{body}</body></html>'


def document_of(body, **values):
    return PdfDocument(**({"html": page_of(body), "stylesheet": STYLE, "created_on": date(2025, 5, 13)} | values))


def long_body():
    rows = "".join(
        f'<tr><th scope="row">Maßnahme {number}</th><td>Ziel {number}</td><td>{number}.000 €</td></tr>'
        for number in range(ROWS)
    )
    return f"""
    <p>Siehe <a href="https://example.org/bericht">den Bericht der Verwaltung</a> und
    <a href="#zwei">den zweiten Teil</a>, <em lang="en">fair trade</em> und CO₂.</p>
    <h2>Tabelle</h2>
    <table><caption>Maßnahmen</caption>
    <thead><tr><th>Maßnahme</th><th>Ziel</th><th>Kosten</th></tr></thead><tbody>{rows}</tbody>
    <tfoot><tr><th scope="row">Summe</th><td></td><td>alles</td></tr></tfoot></table>
    <h2 id="zwei">Text</h2><div class="low"><p>{LONG_PARAGRAPH}</p></div>
    <h3>Liste</h3><ul>{"".join(f"<li>Punkt {number}<ul><li>darunter</li></ul></li>" for number in range(40))}</ul>
    <h2>Hohe Zeile</h2><table><tbody><tr><td>{LONG_PARAGRAPH * 3}</td><td>{LONG_PARAGRAPH * 3}</td></tr></tbody></table>
    """


@pytest.fixture(scope="module")
def renderer():
    return renderer_for(FONTS)


@pytest.fixture(scope="module")
def long_paper(renderer):
    return renderer.render(document_of(long_body()))


@pytest.fixture(scope="module")
def short_paper(renderer):
    return renderer.render(
        document_of(
            '<p><a href="https://example.org/">Bericht</a></p><table><thead><tr><th>A</th></tr></thead>'
            "<tbody><tr><td>b</td></tr></tbody></table>"
        )
    )


class Tree:
    """The tag tree of a PDF, as a reader walks it."""

    def __init__(self, data):
        self.pdf = pikepdf.open(io.BytesIO(data))
        self.root = self.pdf.Root.StructTreeRoot
        self.elements = list(self.walk(self.root))

    def walk(self, parent):
        for child in self.children(parent):
            yield child
            yield from self.walk(child)

    @staticmethod
    def kids(parent):
        kids = parent.get("/K", [])
        return list(kids) if isinstance(kids, pikepdf.Array) else [kids]

    def children(self, parent):
        return [kid for kid in self.kids(parent) if isinstance(kid, pikepdf.Dictionary) and "/S" in kid]

    def tagged(self, *tags):
        return [element for element in self.elements if str(element.S) in tags]

    def under(self, parent, tag):
        return [element for element in self.walk(parent) if str(element.S) == tag]

    def links(self):
        annotations = (annotation for page in self.pdf.pages for annotation in page.get("/Annots", ()))
        return {str(annotation.Contents) for annotation in annotations}


@pytest.fixture(scope="module")
def tree(long_paper):
    return Tree(long_paper)


# --- Both standards ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("profile", [validator.ValidationProfile.PDF_UA_1, validator.ValidationProfile.PDF_A_2A])
def test_long_paper_meets_both_standards(long_paper, profile):
    report = validator.validate_pdf_bytes(long_paper, profile=profile)
    assert [failure.rule_id for failure in report.failures] == []


def test_long_paper_passes_the_gate(long_paper):
    assert check(long_paper, tables=2) == []


CONSTRUCTS = {
    "paragraphs in items": "<ul><li><p>a</p><p>b</p><ul><li><p>c</p></li></ul></li></ul>",
    "long nested list": "<ol>" + f"<li><p>{LONG_PARAGRAPH}</p><ul><li>{LONG_PARAGRAPH}</li></ul>x</li>" * 4 + "</ol>",
    "table in an item": "<ul><li>a<table><tbody>" + "<tr><td>b</td></tr>" * 60 + "</tbody></table></li></ul>",
    "table in a table": "<table><tbody><tr><td><table><tbody>"
    + "<tr><td>a</td></tr>" * 60
    + "</tbody></table></td><td>b</td></tr></tbody></table>",
    "spanning cells": "<table><thead><tr><th colspan=2>a</th><th rowspan=2>b</th></tr><tr><th>c</th><th>d</th></tr></thead>"
    "<tbody>"
    + "<tr><th scope=row rowspan=2>e</th><td>1</td><td>2</td></tr><tr><td>3</td><td>4</td></tr>" * 40
    + "</tbody></table>",
    "group of rows": "<table><tbody><tr><th scope=rowgroup>a</th></tr><tr><td>b</td></tr></tbody></table>",
    "empty parts": "<table></table><ul><li></li></ul><p></p>",
    "long link": f'<p><a href="https://example.org/">{LONG_PARAGRAPH * 3}</a></p>',
    "link around blocks": f'<a href="https://example.org/"><div><p>{LONG_PARAGRAPH * 3}</p></div></a>',
    "link in a heading": '<h2><a href="https://example.org/">a <em>b</em></a></h2>',
    "picture with caption": '<figure><img src="asset:dot.png" alt="a"><figcaption>b</figcaption></figure>',
    "columns": f'<div style="columns: 2"><p>{LONG_PARAGRAPH * 2}</p><p>{LONG_PARAGRAPH * 2}</p></div>',
    "side by side": f'<div style="display: flex"><div><p>{LONG_PARAGRAPH}</p></div><div>b</div></div>',
    "running head": '<div style="position: running(head)"><p>Kopf <a href="https://example.org/">a</a></p></div>',
    "old formatting": "<p><del>a</del><sub>2</sub><q>b</q><code>c</code><br>d</p><hr><pre>e</pre><dl><dt>f<dd>g</dl>",
}


@pytest.mark.parametrize("body", CONSTRUCTS.values(), ids=CONSTRUCTS)
def test_construct_meets_both_standards_and_passes_the_gate(renderer, body):
    style = f"{STYLE} @page {{ @top-left {{ content: element(head) }} }}"
    data = renderer.render(document_of(bind(body), stylesheet=style, assets={"asset:dot.png": (dot(), "image/png")}))
    archive = validator.validate_pdf_bytes(data, profile=validator.ValidationProfile.PDF_A_2A)
    assert [failure.rule_id for failure in archive.failures] == []
    assert check(data, tables=body.count("<table>")) == []


# --- Tag tree ----------------------------------------------------------------------------------------------------
def test_table_over_several_pages_is_one_table(tree):
    first, second = tree.tagged("/Table")
    assert len(tree.pdf.pages) >= 5
    assert len(tree.under(first, "/TR")) == 1 + ROWS + 1
    assert Counter(str(child.S) for child in tree.children(first)) == Counter(
        ["/Caption", "/THead", "/TBody", "/TFoot"]
    )
    assert str(tree.children(first)[-1].S) == "/TFoot"
    assert len(tree.under(second, "/TR")) == 1


def test_row_split_by_a_page_break_keeps_its_two_cells(tree):
    row = tree.under(tree.tagged("/Table")[1], "/TR")[0]
    pages = {span.Pg.objgen for span in tree.walk(row) if "/Pg" in span}
    assert [str(cell.S) for cell in tree.children(row)] == ["/TD", "/TD"]
    assert len(pages) > 1


def test_header_cells_have_their_scope(tree):
    scopes = Counter(str(cell.A.Scope) for cell in tree.tagged("/TH"))
    assert scopes == {"/Row": ROWS + 1, "/Column": 3}


def test_headers_of_every_cell_resolve_to_its_row_and_column(tree):
    known = {str(cell.ID): cell for cell in tree.tagged("/TH")}
    scopes = [
        sorted(str(known[str(header)].A.Scope) for header in cell.A.Headers)
        for cell in tree.under(tree.tagged("/Table")[0], "/TD")
    ]
    assert scopes == [["/Column", "/Row"]] * (2 * ROWS + 2)


def test_id_tree_leads_to_every_header_cell(tree):
    names = list(tree.root.IDTree.Names)
    indexed = {str(name): element.objgen for name, element in zip(names[::2], names[1::2], strict=True)}
    assert indexed == {str(cell.ID): cell.objgen for cell in tree.tagged("/TH")}
    assert list(indexed) == sorted(indexed)


def test_paragraph_and_list_split_by_page_breaks_are_one(tree):
    assert len(tree.tagged("/P")) == 2
    outer = [element for element in tree.tagged("/L") if str(element.P.S) != "/L"]
    items = [item for item in tree.children(outer[0]) if str(item.S) == "/LI"]
    assert (len(outer), len(items)) == (1, 40)


def test_every_kid_names_its_parent(tree):
    assert_kids_name_their_parents(tree)


def assert_kids_name_their_parents(tree):
    assert [
        child for parent in tree.elements for child in tree.children(parent) if child.P.objgen != parent.objgen
    ] == []


def test_list_inside_a_split_item_stays_one_list(renderer):
    item = f"<li><p>{LONG_PARAGRAPH}</p><ul><li>{LONG_PARAGRAPH * 3}</li></ul></li>"
    tree = Tree(renderer.render(document_of(f"<ol>{item * 4}</ol>")))
    assert len(tree.pdf.pages) > 1
    assert (len(tree.tagged("/L")), len(tree.tagged("/LI")), len(tree.tagged("/P"))) == (5, 8, 4)
    assert_kids_name_their_parents(tree)


def test_headings_are_in_order(tree):
    headings = [str(element.S) for element in tree.tagged("/H1", "/H2", "/H3")]
    assert headings == ["/H1", "/H2", "/H2", "/H3", "/H2"]


def test_language_of_a_part_reaches_the_tree(tree):
    assert [str(element.Lang) for element in tree.elements if "/Lang" in element] == ["en"]


def test_links_say_their_text(tree):
    assert tree.links() == {"den Bericht der Verwaltung", "den zweiten Teil"}


def test_link_around_an_image_says_what_the_image_shows(renderer):
    body = '<p><a href="https://example.org/"><img src="asset:dot.png" alt="Wappen der Stadt"></a></p>'
    data = renderer.render(document_of(body, assets={"asset:dot.png": (dot(), "image/png")}))
    assert Tree(data).links() == {"Wappen der Stadt"}
    assert check(data) == []


def test_link_with_markup_inside_is_one_link(renderer):
    data = renderer.render(document_of('<p><a href="https://example.org/">Bericht <b>des</b> FB 36</a></p>'))
    tree = Tree(data)
    assert [str(link.Contents) for link in tree.pdf.pages[0].Annots] == ["Bericht des FB 36"]
    assert check(data) == []


def dot():
    target = io.BytesIO()
    Image.new("RGB", (2, 2), "red").save(target, "PNG")
    return target.getvalue()


def pagination_artifacts(page):
    """Count what the repair turned into artifacts on one page."""
    return sum(
        str(operator) == "BDC" and list(map(str, operands[:1])) == ["/Artifact"]
        for operands, operator in pikepdf.parse_content_stream(page)
    )


def test_footers_and_repeated_heads_are_artifacts(renderer):
    rows = "".join(f"<tr><td>{number}</td><td>x</td></tr>" for number in range(100))
    table = f"<table><thead><tr><th>A</th><th>B</th></tr></thead><tbody>{rows}</tbody></table>"
    tree = Tree(renderer.render(document_of(table)))
    first, *others = (pagination_artifacts(page) for page in tree.pdf.pages)
    assert (first, set(others)) == (1, {3})


def test_all_marked_content_belongs_to_the_tree(tree):
    alive = {element.objgen for element in tree.elements}
    numbers = list(tree.root.ParentTree.Nums)
    pages = [entry for entry in numbers[1::2] if isinstance(entry, pikepdf.Array)]
    assert len(pages) == len(tree.pdf.pages)
    assert {element.objgen for entry in pages for element in entry if element is not None} <= alive


def test_link_in_a_repeated_head_is_a_link_once(renderer):
    rows = "".join(f"<tr><td>{number}</td></tr>" for number in range(100))
    head = '<thead><tr><th><a href="https://example.org/">Kopf</a></th></tr></thead>'
    data = renderer.render(document_of(f"<table>{head}<tbody>{rows}</tbody></table>"))
    tree = Tree(data)
    assert sum(len(page.get("/Annots", ())) for page in tree.pdf.pages) == 1
    assert check(data, tables=1) == []


# --- Fonts and text ----------------------------------------------------------------------------------------------
def test_only_the_projects_fonts_are_embedded(tree):
    fonts = [
        found for found in tree.pdf.objects if isinstance(found, pikepdf.Dictionary) and found.get("/Type") == "/Font"
    ]
    assert {font_name(font).startswith("Fira-Sans") for font in fonts} == {True}


def test_text_taken_out_equals_the_text_put_in(renderer):
    lines = [
        "Ärger über Öl, Übermut, Straße",
        "22.000 € für CO₂ – „Grünes“ Aachen",
        "Die Bürger*innen am 7. Mai 2025 nach § 60 Abs. 2",
    ]
    body = bind("".join(f"<p>{line}</p>" for line in lines))
    data = renderer.render(document_of(body, stylesheet="p { hyphens: auto }"))
    text = pypdf.PdfReader(io.BytesIO(data)).pages[0].extract_text()
    assert [" ".join(line.split()) for line in text.splitlines()] == ["Prüfung", *lines]


def test_bound_text_is_not_broken_and_gendered_word_not_hyphenated(renderer):
    narrow = "body { width: 1.6cm; font-size: 10pt } h1 { font-size: 4pt } p { hyphens: auto }"
    body = bind("<p>Ratsbeschluss FB 36 Bürger*innen 7. Mai</p>")
    text = pypdf.PdfReader(io.BytesIO(renderer.render(document_of(body, stylesheet=narrow)))).pages[0].extract_text()
    lines = [line.strip() for line in text.splitlines()]
    assert lines[-3:] == ["FB 36", "Bürger*innen", "7. Mai"]
    assert lines[1].endswith("-")


# --- Metadata ----------------------------------------------------------------------------------------------------
RECORD = {
    "identifier": "FB 36/0674/WP18",
    "authors": ("Fachbereich Klima & Umwelt",),
    "subject": "Über die <Partnerschaften>",
    "keywords": ("Eine Welt", "Bericht"),
    "publisher": "Stadt Beispiel",
    "rights": "CC BY 4.0",
}
DC = "{http://purl.org/dc/elements/1.1/}"
XMP = "{http://ns.adobe.com/xap/1.0/}"


def packet_of(data):
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert "/Filter" not in pdf.Root.Metadata
        return ET.fromstring(pdf.Root.Metadata.read_raw_bytes())  # noqa: S314 - our own file


def values(packet, name):
    return ["".join(found.itertext()).strip() for found in packet.iter(name)]


def test_metadata_equal_the_documents_values(renderer):
    html = page_of("<p>x</p>", title="Bericht </rdf:RDF> & mehr\x01")
    packet = packet_of(renderer.render(document_of("", html=html, modified_on=date(2025, 6, 1), **RECORD)))
    assert values(packet, f"{DC}title") == ["Bericht </rdf:RDF> & mehr"]
    assert {name: values(packet, DC + name) for name in ("identifier", "creator", "description", "publisher")} == {
        "identifier": ["FB 36/0674/WP18"],
        "creator": ["Fachbereich Klima & Umwelt"],
        "description": ["Über die <Partnerschaften>"],
        "publisher": ["Stadt Beispiel"],
    }
    assert {name: values(packet, DC + name) for name in ("subject", "rights", "language", "date")} == {
        "subject": ["Eine WeltBericht"],
        "rights": ["CC BY 4.0"],
        "language": ["de"],
        "date": ["2025-05-13"],
    }
    assert values(packet, f"{XMP}CreateDate") + values(packet, f"{XMP}ModifyDate") == ["2025-05-13", "2025-06-01"]


def test_information_dictionary_has_the_documents_day_and_title(long_paper):
    with pikepdf.open(io.BytesIO(long_paper)) as pdf:
        information = {key: str(value) for key, value in pdf.docinfo.items()}
    assert information["/Title"] == "Prüfung"
    assert information["/CreationDate"] == information["/ModDate"] == "D:20250513"


def test_every_stream_ends_with_crlf(long_paper):
    assert long_paper.count(b"\r\nendstream") == long_paper.count(b"\nendstream") > 0


# --- Same input, same bytes --------------------------------------------------------------------------------------
def test_two_processes_give_the_same_bytes(renderer, long_paper):
    other = Renderer(FONTS)
    renderer.render(document_of("<p>dazwischen</p>"))
    try:
        assert other.render(document_of(long_body())) == long_paper == renderer.render(document_of(long_body()))
    finally:
        other.stop()


def test_another_day_gives_other_bytes(renderer, short_paper):
    document = document_of("<p>x</p>")
    assert renderer.render(document) != renderer.render(replace(document, created_on=date(2025, 5, 14)))


# --- The gate ----------------------------------------------------------------------------------------------------
def changed(data, change):
    with pikepdf.open(io.BytesIO(data)) as pdf:
        change(pdf)
        target = io.BytesIO()
        pdf.save(target)
    return target.getvalue()


def first(pdf, key, value):
    return next(found for found in pdf.objects if isinstance(found, pikepdf.Dictionary) and found.get(key) == value)


def attach(pdf):
    pdf.attachments["geheim.txt"] = b"geheim"


def add_script(pdf):
    pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")


def add_launch(pdf):
    first(pdf, "/Subtype", "/Link").A = pikepdf.Dictionary(S=pikepdf.Name.Launch, F="a.exe")


def set_target(target):
    def change(pdf):
        first(pdf, "/Subtype", "/Link").A.URI = pikepdf.String(target)

    return change


def drop(find, key):
    def change(pdf):
        del find(pdf)[key]

    return change


SPOILED = {
    "title": drop(lambda pdf: pdf.docinfo, "/Title"),
    "language": drop(lambda pdf: pdf.Root, "/Lang"),
    "display-title": drop(lambda pdf: pdf.Root, "/ViewerPreferences"),
    "attachment": attach,
    "active": add_script,
    "action": add_launch,
    "link-scheme": set_target("javascript:alert(1)"),
    "link-text": drop(lambda pdf: first(pdf, "/Subtype", "/Link"), "/Contents"),
    "font-embedded": drop(lambda pdf: first(pdf, "/Type", "/FontDescriptor"), "/FontFile2"),
    "header-scope": drop(lambda pdf: first(pdf, "/S", "/TH").A, "/Scope"),
    "cell-headers": lambda pdf: first(pdf, "/S", "/TD").A.update({"/Headers": [pikepdf.String("nirgends")]}),
    "heading-order": lambda pdf: first(pdf, "/S", "/H1").update({"/S": pikepdf.Name.H3}),
    "font-foreign": lambda pdf: first(pdf, "/Subtype", "/Type0").update({"/BaseFont": pikepdf.Name("/ABCDEF+Comic")}),
}


def test_gate_accepts_the_unspoiled_file(short_paper):
    require_valid(changed(short_paper, lambda _: None), tables=1)


@pytest.mark.parametrize("rule", SPOILED)
def test_gate_refuses_a_spoiled_file(short_paper, rule):
    spoiled = changed(short_paper, SPOILED[rule])
    assert rule in {finding.rule for finding in check(spoiled)}
    with pytest.raises(PdfRejected, match="Das PDF erfüllt die Regeln"):
        require_valid(spoiled)


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "/relativ", "ftp://a/"]
)
def test_gate_refuses_link_targets_outside_web_and_mail(renderer, target):
    data = renderer.render(document_of(f'<p><a href="{target}">klicken</a></p>'))
    assert {finding.rule for finding in check(data)} == {"link-scheme"}


@pytest.mark.parametrize(
    "target", ["https://example.org/a?b=c", "http://example.org", "mailto:amt@example.org", "#oben"]
)
def test_gate_accepts_links_to_web_mail_and_itself(renderer, target):
    data = renderer.render(document_of(f'<p id="oben"><a href="{target}">klicken</a></p>'))
    assert check(data) == []


def test_gate_refuses_a_known_asset_as_attachment(renderer):
    body = '<p><a rel="attachment" href="asset:dot.png">x</a></p>'
    data = renderer.render(document_of(body, assets={"asset:dot.png": (dot(), "image/png")}))
    assert {finding.rule for finding in check(data)} & {"attachment", "active"} != set()


def test_gate_refuses_a_character_our_fonts_lack(renderer):
    assert "font-foreign" in {finding.rule for finding in check(renderer.render(document_of("<p>&#x10d0;</p>")))}


def test_characters_our_fonts_lack_are_named(renderer):
    with pytest.raises(CharactersMissing, match=r"„ა“ \(U\+10D0\), „✓“ \(U\+2713\)") as refused:
        renderer.render(document_of("<p>✓ ა ja\u00ad\u200b\u202f</p>"))
    assert refused.value.characters == ("ა", "✓")


def test_gate_refuses_a_picture_without_description(renderer):
    body = '<p><img src="asset:dot.png" alt=""></p>'
    data = renderer.render(document_of(body, assets={"asset:dot.png": (dot(), "image/png")}))
    assert [finding.rule.split(":")[0] for finding in check(data)] == ["ua1"]


def test_gate_refuses_a_wrong_number_of_tables(short_paper):
    assert [finding.rule for finding in check(short_paper, tables=2)] == ["table-count"]


def test_gate_refuses_an_untagged_file():
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        target = io.BytesIO()
        pdf.save(target)
    assert {"title", "language", "display-title"} < {finding.rule for finding in check(target.getvalue())}


@pytest.mark.parametrize("data", [b"", b"kein PDF", b"%PDF-1.7\n%%EOF"])
def test_gate_refuses_what_is_no_pdf(data):
    assert [finding.rule for finding in check(data)] == ["unreadable"]


def test_render_pdf_lets_nothing_past_the_gate():
    with pytest.raises(PdfRejected, match="überspringen eine Ebene"):
        render_pdf(document_of("<h3>x</h3>"), font_dir=FONTS)


def test_render_pdf_takes_the_fonts_of_the_settings(settings):
    settings.PDF_FONT_DIR = FONTS
    assert render_pdf(document_of("<p>x</p>")).startswith(b"%PDF-1.7")


@pytest.mark.audit
def test_paper_of_fifty_pages_stays_within_the_limits(renderer):
    rows = "".join(
        f'<tr><th scope="row">{number}</th>' + "<td>Ziel und Maßnahme</td>" * 5 + "</tr>" for number in range(1200)
    )
    head = "<thead><tr>" + "<th>Spalte</th>" * 6 + "</tr></thead>"
    data = renderer.render(document_of(f"<table>{head}<tbody>{rows}</tbody></table>"))
    assert check(data, tables=1) == []
    assert len(Tree(data).pdf.pages) >= 50
