"""The real bytes of the printed submission: running lines, page breaks, unbroken pairs, tags, fonts, the command."""

import io
import re
from collections import Counter
from html import unescape
from itertools import cycle, islice
from random import Random

import pikepdf
import pypdf
import pytest
from django.core.management import CommandError, call_command
from django.utils.html import strip_tags

from kepol.council import documents
from kepol.council.management.commands import export_submission
from kepol.lib.pdf.errors import RenderRefused
from kepol.lib.pdf.gate import Opened, attribute, check, font_name
from kepol.lib.pdf.renderer import render_pdf
from tests.factories import SubmissionFactory
from tests.papers import MAY, council_paper, offices, paper, section, stored_submission

VOCABULARY = [
    "Verwaltung",
    "gemeinsam",
    "mit",
    "Bürger*innen",
    "Zusammenarbeitsvereinbarung",
    "und",
    "Förderung",
    "für",
]
PAIRS = ("FB 36", "7. Mai", "§ 60", "22.000 €", "WP 18")
LISTS = "<ul><li><p>Erstens</p><ul><li>darunter</li></ul></li><li>Zweitens</li></ul>"


# --- Reading a PDF -----------------------------------------------------------------------------------------------
def lines_of(page):
    """Lines of a page from top to bottom."""
    rows = {}

    def collect(text, current, matrix, font, size):
        if text.strip():
            rows.setdefault(round(matrix[5] * current[3] + current[5]), []).append(text.strip("\n"))

    page.extract_text(visitor_text=collect)
    return ["".join(rows[height]) for height in sorted(rows, reverse=True)]


class Printed:
    """A finished file, its pages as lines; the running lines apart from the text between them."""

    def __init__(self, data, *, marked=False):
        self.data = data
        self.reader = pypdf.PdfReader(io.BytesIO(data))
        pages = [lines_of(page) for page in self.reader.pages]
        self.heads = [lines[0] if marked else "" for lines in pages]
        self.feet = [lines[-1] for lines in pages]
        self.pages = [lines[1 if marked else 0 : -1] for lines in pages]
        self.lines = [line for lines in self.pages for line in lines]


def made(snapshot):
    return render_pdf(documents.to_pdf_document(snapshot, printed_on=MAY))


# --- Papers ------------------------------------------------------------------------------------------------------
def paragraph(number, length):
    """Invented words that all carry the number of their paragraph."""
    return " ".join(f"{word}{number}q" for word in islice(cycle(VOCABULARY), length))


def sections_of_all_lengths(count=70):
    """Headed sections with paragraphs, lists, tables of every length, so that pages end everywhere in them."""
    random, numbers = Random(5), iter(range(10_000))  # noqa: S311 - the same invented lengths every time

    def text(lengths):
        return paragraph(next(numbers), random.choice(lengths))

    for key in range(count):
        body = f"<h4>Zwischentitel{key}h</h4>" if key % 5 == 0 else ""
        if key % 7 == 0:
            body += "<ul>" + "".join(f"<li>{text([3, 20, 30])}</li>" for _ in range(4)) + "</ul>"
        if key % 9 == 0:
            rows = "".join(f"<tr><td>Zeile</td><td>{text([3, 20, 30])}</td></tr>" for _ in range(4))
            body += f'<table><thead><tr><th scope="col">A</th><th scope="col">B</th></tr></thead><tbody>{rows}</tbody></table>'
        body += "".join(
            f"<p>{text([3, 8, 12, 16, 20, 26, 30, 40, 60])}</p>" for _ in range(random.choice([1, 1, 2, 3]))
        )
        yield section(key, body, heading=f"Titel{key}h")


def sittings(count):
    for key in range(count):
        name = f"Ausschuss{key}q für die Nachbarschaft, die Zusammenarbeit und die Leitlinien der Städte{key}q"
        committee = {"key": key, "name": name}
        yield {
            "key": key,
            "date": "2025-05-07",
            "committee": committee,
            "role": {"key": "decision", "label": "Entscheidung"},
        }


def pairs_at_every_width():
    """Each pair behind fillers of growing width, so that each would once be cut at the end of a line."""
    for pair in PAIRS:
        for width in range(50, 90):
            filler = " ".join(["nnnnn"] * (width // 6) + ["n" * (width % 6 + 1)])
            yield f"<p>{filler} {pair} {'n' * 25} Bürger*innen und Mitarbeiter:innenversammlungen</p>"


@pytest.fixture(scope="module")
def draft():
    return Printed(made(paper(sections=[section(1, LISTS), *sections_of_all_lengths()])), marked=True)


@pytest.fixture(scope="module")
def council():
    return Printed(made(council_paper()))


@pytest.fixture(scope="module")
def long_table():
    return Printed(made(council_paper(consultations=list(sittings(30)))))


@pytest.fixture(scope="module")
def pairs():
    return Printed(made(council_paper(involved=[], sections=[section(1, "".join(pairs_at_every_width()))])))


# --- Running lines, order, words ---------------------------------------------------------------------------------
def test_footer_is_one_line_on_every_page_with_the_right_total(draft):
    total = len(draft.pages)
    assert total > 15
    assert draft.feet == [
        f"Vorlage (Entwurf) der Stadt AachenAusdruck vom: 07.05.2025Seite: {number}/{total}"
        for number in range(1, total + 1)
    ]


def test_footer_names_the_number(council):
    assert council.feet == [
        f"Vorlage FB 01/0674/WP18 der Stadt AachenAusdruck vom: 07.05.2025Seite: {page}/2" for page in (1, 2)
    ]


def test_marks_stand_on_every_page_of_an_example_draft(draft):
    assert set(draft.heads) == {"BEISPIEL – keine amtliche VorlageENTWURF"}


def test_paper_from_the_council_has_no_mark(council):
    text = "\n".join(council.lines)
    assert [word for word in ("ENTWURF", "BEISPIEL", "gezeichnet") if word in text] == []
    assert council.lines[:2] == ["Die Oberbürgermeisterin", "Vorlage"]


def test_blocks_stand_in_the_order_of_the_form(draft):
    page = "\n".join(draft.pages[0])
    marks = [
        "Die Oberbürgermeisterin",
        "Vorlage\n",
        "Federführende",
        "Gesamtkonzept",
        "hier:",
        "Ziele:",
        "Beratungsfolge:",
    ]
    marks += ["DatumGremiumZuständigkeit", "Beschlussvorschlag:", "Hauptausschuss:", "Rat der Stadt Aachen:"]
    marks += ["Entwurf – nicht gezeichnet"]
    places = [page.index(mark) for mark in marks]
    assert places == sorted(places)
    assert "Anlage/n:" in draft.pages[-1]


def bare(text):
    """Letters and signs without what line ends change: white space and hyphens."""
    return re.sub(r"[\s\-]", "", unescape(text))


def test_extracted_text_is_the_text(council):
    html = documents.to_pdf_document(council_paper(), printed_on=MAY).html
    body = strip_tags(html[html.index("<article") :])
    extracted = "".join(page.extract_text() for page in council.reader.pages)
    for running in ("Vorlage FB 01/0674/WP18 der Stadt Aachen", "Ausdruck vom: 07.05.2025", "Seite: 1/2", "Seite: 2/2"):
        extracted = extracted.replace(running, "")
    assert bare(extracted) == bare(body)


# --- Page breaks -------------------------------------------------------------------------------------------------
def places(printed):
    """For each numbered paragraph or row: how many of its lines stand on which page."""
    found = {}
    for page, lines in enumerate(printed.pages):
        for line in lines:
            for number in set(re.findall(r"[a-zä](\d+)q", line)):
                found.setdefault(number, Counter())[page] += 1
    return found


def test_never_fewer_than_two_lines_of_a_paragraph_at_a_page_end(draft):
    split = {number: pages for number, pages in places(draft).items() if len(pages) > 1}
    assert len(split) >= 4
    assert {number: pages for number, pages in split.items() if min(pages.values()) < 2} == {}


def test_no_heading_is_the_last_line_of_a_page(draft):
    headings = re.compile(r"(Titel|Zwischentitel)\d+h$|:$")
    assert [lines[-1] for lines in draft.pages if headings.match(lines[-1])] == []
    assert sum(bool(headings.match(line)) for line in draft.lines) > 70


def test_no_table_row_stands_on_two_pages_and_the_head_is_repeated(long_table):
    rows = places(long_table)
    assert len(rows) == 30
    assert {number: pages for number, pages in rows.items() if len(pages) > 1} == {}
    with_rows = sorted({page for pages in rows.values() for page in pages})
    assert len(with_rows) > 1
    assert [page for page in with_rows if "DatumGremiumZuständigkeit" not in long_table.pages[page]] == []


def test_short_table_is_moved_as_a_whole(council):
    on_last_page = council.pages[-1]
    assert [line for line in on_last_page if line.startswith(("Jahr", "20"))] == [
        "JahrBetrag",
        "202612.000 €",
        "202710.000 €",
    ]


# --- Lines -------------------------------------------------------------------------------------------------------
def test_pairs_are_never_cut(pairs):
    typed = len(list(pairs_at_every_width())) // len(PAIRS)
    assert {pair: sum(line.count(pair) for line in pairs.lines) for pair in PAIRS} == dict.fromkeys(PAIRS, typed)
    assert set(PAIRS) <= {" ".join(line.split()[-2:]) for line in pairs.lines}
    assert set(PAIRS) <= {" ".join(line.split()[:2]) for line in pairs.lines}


def test_words_with_a_gender_star_are_never_hyphenated(pairs, draft):
    lines = pairs.lines + draft.lines
    assert [line for line in lines if re.search(r"[*:]\w*-$", line) or re.search(r"Bür-$|Mitarbei\w*-$", line)] == []
    assert sum(line.endswith("-") for line in lines) > 20


def test_quotation_marks_and_dashes_stay(council):
    assert "„Leitlinien der Nachbarschaft“ vor – so" in " ".join(council.lines)


# --- The file ----------------------------------------------------------------------------------------------------
def test_same_paper_and_day_give_the_same_bytes(council):
    assert made(council_paper()) == council.data


def test_files_pass_the_gate_with_one_table_per_table(draft, council, long_table):
    user_tables = documents.to_html(paper(sections=list(sections_of_all_lengths())), printed_on=MAY).count("<table")
    assert check(draft.data, tables=user_tables) == []
    assert check(council.data, tables=3) == []
    assert check(long_table.data, tables=3) == []


def test_only_the_fonts_of_the_project_are_embedded(draft):
    with pikepdf.open(io.BytesIO(draft.data)) as pdf:
        fonts = {font_name(found) for found in Opened(pdf).dictionaries if found.get("/Type") == "/Font"}
        descriptors = [found for found in Opened(pdf).dictionaries if found.get("/Type") == "/FontDescriptor"]
        assert all("/FontFile2" in found or "/FontFile3" in found for found in descriptors)
    assert {name.split("-Italic")[0] for name in fonts} <= {"Fira-Sans", "Fira-Sans-Semi-Bold", "Fira-Sans-SemiBold"}


def test_tags_tell_headings_header_cells_language_and_title(council):
    with pikepdf.open(io.BytesIO(council.data)) as pdf:
        opened = Opened(pdf)
        levels = [tag for tag, _ in opened.elements if re.fullmatch(r"/H\d", tag)]
        scopes = [str(attribute(cell, "/Scope")) for cell in opened.tagged("/TH")]
        assert str(pdf.Root.Lang) == "de"
        assert str(pdf.docinfo.Title) == documents.title(council_paper())
    assert levels == ["/H1", "/H2", "/H2", "/H2", "/H3", "/H3", "/H2", "/H3", "/H4", "/H2"]
    assert scopes == ["/Row"] * 4 + ["/Column"] * 5


def test_metadata_of_an_example_say_so(draft):
    metadata = draft.reader.metadata
    assert metadata.title.startswith("BEISPIEL – keine amtliche Vorlage: ")
    assert metadata.subject.startswith("BEISPIEL – keine amtliche Vorlage: ")
    assert metadata["/Keywords"].startswith("BEISPIEL – keine amtliche Vorlage")


# --- The command -------------------------------------------------------------------------------------------------
def export(capsys, *arguments):
    call_command("export_submission", *map(str, arguments))
    return capsys.readouterr().out


@pytest.mark.django_db
@pytest.mark.parametrize("spelling", ["FB 01/0674/WP18", "fb01/674/wp.18"])
def test_export_writes_the_paper_as_of_a_day(capsys, tmp_path, spelling):
    offices()
    stored_submission(origin="council_system", reference="FB 01/0674/WP18", subject="Nachbarschaft", dated_on=MAY)
    target = tmp_path / "vorlage.pdf"
    said = export(capsys, spelling, "--output", target, "--on", "03.12.2025")
    printed = Printed(target.read_bytes())
    assert printed.lines[0] == "Die Oberbürgermeisterin"
    assert printed.feet[0].startswith("Vorlage FB 01/0674/WP18 der Stadt AachenAusdruck vom: 03.12.2025Seite: 1/")
    assert said == f"Vorlage FB 01/0674/WP18: Nachbarschaft\ngeschrieben nach {target}\n"
    assert list(tmp_path.iterdir()) == [target]


@pytest.fixture
def unrendered(monkeypatch):
    monkeypatch.setattr(export_submission, "render_pdf", lambda _document: b"%PDF-neu")


@pytest.mark.django_db
@pytest.mark.parametrize("prefix", ["", "entwurf:", "Entwurf:"])
def test_export_finds_drafts_by_their_key(capsys, tmp_path, unrendered, prefix):
    target = tmp_path / "entwurf.pdf"
    export(capsys, f"{prefix}{SubmissionFactory().pk}", "--output", target)
    assert target.read_bytes() == b"%PDF-neu"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["FB 99/0001/WP18", "--output", "x.pdf"], "Eine Vorlage „FB 99/0001/WP18“ gibt es hier nicht."),
        (["entwurf:99999", "--output", "x.pdf"], "Eine Vorlage „entwurf:99999“ gibt es hier nicht."),
        (["Rat/33/WP.17", "--output", "x.pdf"], "„Rat/33/WP.17“ ist keine Vorlagenummer."),
        (["1", "--output", "."], "„.“ ist ein Verzeichnis."),
        (["1", "--output", "fehlt/x.pdf"], "Das Verzeichnis „fehlt“ gibt es nicht."),
        (["1", "--output", "x.pdf", "--on", "gestern"], "„gestern“ ist kein Tag."),
    ],
)
def test_export_says_what_to_do(monkeypatch, tmp_path, arguments, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandError) as caught:
        call_command("export_submission", *arguments)
    assert str(caught.value).startswith(message)
    assert caught.value.returncode == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db
def test_export_leaves_the_old_file_when_no_pdf_comes_out(monkeypatch, tmp_path):
    def refuse(document):
        raise RenderRefused(["https://example.org/logo.png"])

    monkeypatch.setattr(export_submission, "render_pdf", refuse)
    target = tmp_path / "alt.pdf"
    target.write_bytes(b"alt")
    with pytest.raises(CommandError, match="von außen laden"):
        call_command("export_submission", str(SubmissionFactory().pk), "--output", str(target))
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("alt.pdf", b"alt")]


@pytest.mark.django_db
def test_export_leaves_nothing_behind_when_the_disk_refuses(monkeypatch, tmp_path, unrendered):
    def full(self, target):
        raise OSError(28, "Kein Platz")

    monkeypatch.setattr(export_submission.Path, "replace", full)
    with pytest.raises(CommandError, match=r"lässt sich nicht schreiben \(Kein Platz\)"):
        call_command("export_submission", str(SubmissionFactory().pk), "--output", str(tmp_path / "x.pdf"))
    assert list(tmp_path.iterdir()) == []
