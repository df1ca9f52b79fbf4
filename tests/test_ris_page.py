"""The parser of the council system's page: invented pages with all they hold, and what may never happen."""

import datetime as dt
import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kepol.council.references import Reference
from kepol.council.ris_page import HOW_TO_COPY, ParsedSubmission, UnreadablePage, explanation_words, parse_page

PAGES = Path(__file__).parent / "pages"
REAL_PAPER = Path(__file__).parents[2] / "shared" / "reference" / "vorlage-fb01-0674-wp18.txt"
PAGE_NAMES = sorted(path.stem for path in PAGES.glob("*.txt"))


def read(name: str) -> str:
    return (PAGES / f"{name}.txt").read_bytes().decode()


def compact(parsed: ParsedSubmission) -> dict:
    """The whole structure as plain JSON values; what the page does not say is left out."""
    values = {
        "reference": str(parsed.reference),
        "kind_text": parsed.kind_text,
        "kind": parsed.kind,
        "subject": parsed.subject,
        "status_text": parsed.status_text,
        "publicity": parsed.publicity,
        "lead": list(parsed.lead or ()),
        "involved": [list(unit) for unit in parsed.involved],
        "author_text": parsed.author_text,
        "goals": parsed.goals,
        "consultations": [
            {key: str(value) if key == "meeting_date" else value for key, value in vars(row).items() if value}
            for row in parsed.consultations
        ],
        "draft_resolutions": [[list(draft.committees), list(draft.paragraphs)] for draft in parsed.draft_resolutions],
        "sections": [[section.heading, list(section.paragraphs)] for section in parsed.sections],
        "attachments": list(parsed.attachments),
        "findings": [[finding.level, finding.line, finding.message] for finding in parsed.findings],
    }
    return {key: value for key, value in values.items() if value}


def outcome(text: str) -> dict:
    try:
        return compact(parse_page(text))
    except UnreadablePage as error:
        return {"error": str(error).removesuffix(f" {HOW_TO_COPY}")}


@pytest.mark.parametrize("name", PAGE_NAMES)
def test_page_is_read_as_expected(name):
    assert outcome(read(name)) == json.loads((PAGES / f"{name}.json").read_text(encoding="utf-8"))


def test_pages_show_every_case_of_the_issue():
    parsed = [outcome(read(name)) for name in PAGE_NAMES]
    assert len(parsed) >= 12
    assert {page.get("kind") for page in parsed} == {
        None,
        "for_information",
        "for_decision",
        "hearing",
        "recommendation",
    }
    assert {len(page.get("consultations", [])) for page in parsed} == {0, 1, 2, 5}


@pytest.mark.parametrize("name", [name for name in PAGE_NAMES if "error" not in outcome(read(name))])
def test_no_word_of_a_page_is_lost(name):
    text = unicodedata.normalize("NFC", read(name)).replace("\u00ad\r\n", "").replace("\u00ad", "").replace("ﬁ", "fi")
    labels = (
        "Grunddaten Betreff Status Vorlageart Federführend Beteiligt Verfasst von Beratungsfolge Datum Gremium "
        "Beschluss NA Beschlussvorschlag Erläuterungen Anlage/n Ziele für den und den die HA, Entsch. # ## ● | - – "
        "---|---|---|---|---|"
        "Entscheidungsvorlage (Beschlussvorlage)"  # the Vorlageart of the Grunddaten counts, it says the same
        "FB61"  # printed canonically
    )
    shown = json.dumps(outcome(text), ensure_ascii=False) + labels
    words = text.replace("|", " ").replace("\ufeff", "").split()
    assert [word for word in words if word.strip("-:;,● ") not in shown] == []


def test_real_paper_is_read_completely():
    if not REAL_PAPER.exists():
        return
    text = REAL_PAPER.read_text(encoding="utf-8")
    parsed = parse_page(text)
    after_label = text.partition("\nErläuterungen\n")[2]
    assert explanation_words(parsed) == after_label.split()
    assert [bool(section.heading) for section in parsed.sections] == [True] * 8
    assert parsed.findings == ()
    assert (str(parsed.reference), parsed.kind, parsed.publicity) == ("FB 01/0674/WP18", "for_information", "public")
    assert (parsed.lead.code, parsed.involved, parsed.author_text) == ("FB 01", (), "DEZ I, FB 01/300")
    assert [
        (row.position, row.committee, row.role, row.meeting_date, row.status, row.outcome)
        for row in parsed.consultations
    ] == [(1, "Hauptausschuss", "information", dt.date(2025, 5, 7), "planned", None)]


@pytest.mark.parametrize("name", ["kenntnisnahme", "beschlussvorlage_je_gremium", "anhoerung_fuenf_zeilen"])
def test_cut_page_is_refused_or_says_that_the_end_is_missing(name):
    lines = read(name).splitlines()
    end = next(index for index, line in enumerate(lines) if line.startswith("Erläuterungen"))
    table = lines.index("Beratungsfolge")
    for cut in range(1, end + 2):
        page = outcome("\n".join(lines[:cut]))
        assert "error" in page or any(level == "missing" for level, _, _ in page["findings"]), cut
        assert ("error" in page) or cut > table, cut


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (" \n\n", "Der Text ist leer."),
        ("Guten Tag", "Der Text hat keine Vorlagenummer und keine Grunddaten. Er beginnt mit „Guten Tag“."),
        (
            "Kenntnisnahme - FB 36/0001/WP18",
            "Die Seite hat keine Grunddaten (Betreff, Status, Vorlageart, Federführend).",
        ),
    ],
)
def test_unreadable_text_says_what_is_missing_and_how_to_copy(text, problem):
    with pytest.raises(UnreadablePage) as caught:
        parse_page(text)
    assert str(caught.value) == f"{problem} {HOW_TO_COPY}"


def page_with_date(day: str) -> str:
    return read("kenntnisnahme").replace("04.03.2025", day)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("Nov 6, 2024", dt.date(2024, 11, 6)),
        ("January 7, 2025", dt.date(2025, 1, 7)),
        ("May 31, 2025", dt.date(2025, 5, 31)),
        ("Dec 1, 2025", dt.date(2025, 12, 1)),
        ("6 March 2025", dt.date(2025, 3, 6)),
        ("6. März 2025", dt.date(2025, 3, 6)),
        ("7.5.25", dt.date(2025, 5, 7)),
        ("2025-05-07", dt.date(2025, 5, 7)),
        ("Mi., 07.05.2025", dt.date(2025, 5, 7)),
        ("17/05/2025", dt.date(2025, 5, 17)),
    ],
)
def test_date_is_read_in_every_language_of_the_visitor(written, day):
    parsed = parse_page(page_with_date(written))
    assert (parsed.consultations[0].meeting_date, parsed.findings) == (day, ())


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("05/07/2025", "„05/07/2025“ ist mehrdeutig: Ist der 5.7. oder der 7.5. gemeint?"),
        ("31.04.2025", "Den Tag „31.04.2025“ gibt es nicht."),
        ("05/2025", "„05/2025“ ist kein Tag in der Form 07.05.2025."),
        ("07.05.1025", "Das Jahr in „07.05.1025“ liegt nicht zwischen 1900 und 2100."),
    ],
)
def test_unclear_date_is_a_question_and_no_date(written, problem):
    parsed = parse_page(page_with_date(written))
    assert parsed.consultations[0].meeting_date is None
    assert [(finding.level, finding.line, finding.message) for finding in parsed.findings] == [
        (
            "not_understood",
            28,
            f"Beratungsfolge, 1. Beratung: {problem} Bitte das Datum im Formular eintragen.",
        )
    ]


LONG = "Dieser Absatz ist lang genug, um als Absatz zu gelten, und er endet, wie es sich gehört, mit einem Punkt."


@pytest.mark.parametrize(
    "heading",
    [
        "Ausblick",
        "Ziele",
        "Warum gerade jetzt?",
        "2. Zeitplan",
        "2.1 Zeitplan",
        "Reise im März 2025",
        "Beschlussvorschlag",
    ],
)
def test_short_line_between_paragraphs_is_a_heading(heading):
    parsed = parse_page(read("kenntnisnahme").partition("Anlass")[0] + f"{LONG}\n{heading}\n{LONG}")
    assert [section.heading for section in parsed.sections] == ["", heading]


@pytest.mark.parametrize(
    "line",
    [
        "„Faire Woche“ am Montag, 15. September 2025, von 16:30 – 18:15 Uhr",
        "Treffen am 13.05. im Rathaus",
        "Beginn 18 Uhr",
        "13.05.2025",
        "März 2025",
        "Die Anmeldung ist offen.",
        "Die Anmeldung ist kostenlos",
        "Folgende Schulen:",
        "„Langer Tisch“",
        "- Schulen",
        "Schulen, Vereine, Kirchen, Betriebe",
        "Ort: Rathaus",
        "(Stand Mai)",
        "www.example.org",
        "Personalkosten 12.000 €",
        "Abbildung 3 Lageplan",
        "und so weiter",
    ],
)
def test_other_short_line_stays_a_paragraph(line):
    parsed = parse_page(read("kenntnisnahme").partition("Anlass")[0] + f"{LONG}\n{line}\n{LONG}")
    assert [(section.heading, section.paragraphs) for section in parsed.sections] == [("", (LONG, line, LONG))]


words = st.text("abcdefghijklmnopqrstuvwxyzäöüß", min_size=2, max_size=12)
paragraphs = st.lists(words, min_size=12, max_size=30).map(lambda parts: " ".join(parts).capitalize() + ".")
titles = words.map(lambda word: f"Thema {word}")
committees = st.sampled_from(
    ["Hauptausschuss", "Rat der Stadt Aachen", "Bezirksvertretung Aachen-Mitte", "Finanzausschuss"]
)
roles = st.sampled_from(
    [("Kenntnisnahme", "information"), ("Anhörung/Empfehlung", "recommendation"), ("Entscheidung", "decision")]
)
rows = st.lists(
    st.tuples(st.booleans(), committees, roles, st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31))), max_size=6
)
parts = st.fixed_dictionaries(
    {
        "number": st.integers(1, 9999),
        "kind": st.sampled_from([("Kenntnisnahme", "for_information"), ("Anhörung", "hearing")]),
        "subject": titles,
        "author": st.one_of(st.none(), titles),
        "involved": st.lists(st.sampled_from(["FB 61 - Stadtplanung", "E 26 - Gebäude"]), unique=True),
        "rows": rows,
        "drafts": st.dictionaries(committees, st.lists(paragraphs, min_size=1, max_size=2), max_size=3),
        "sections": st.lists(st.tuples(titles, st.lists(paragraphs, min_size=1, max_size=3)), min_size=1, max_size=4),
    }
)


def page_of(part: dict) -> str:
    """A page as the council system would copy it."""
    lines = [f"{part['kind'][0]} - FB 36/{part['number']:04d}/WP18", "Grunddaten", "- Betreff:", "-", part["subject"]]
    lines += ["- Status:", "- öffentlich (Vorlage abgeschlossen)", "- Vorlageart:", f"- {part['kind'][0]}"]
    lines += ["- Federführend:", "- FB 36 - Klima"]
    lines += ["- Beteiligt:", "- " + "; ".join(part["involved"])] if part["involved"] else []
    lines += ["- Verfasst von:", f"- {part['author']}"] if part["author"] else []
    lines += ["Beratungsfolge", "Status | Datum | Gremium | Beschluss | NA |", "---|---|---|---|---|"]
    for done, committee, role, day in part["rows"]:
        lines += ["●", "Erledigt" if done else "Geplant", "|", "|", committee, "|", role[0], "|", "|", "|"]
        lines += [f"{day:%d.%m.%Y}", "|"]
    lines += ["Beschlussvorschlag"] if part["drafts"] else []
    for committee, texts in part["drafts"].items():
        lines += [f"{committee}:", *texts]
    lines.append("Erläuterungen")
    for heading, texts in part["sections"]:
        lines += [heading, *texts]
    return "\n".join(lines)


@given(parts)
@settings(max_examples=150, deadline=None)
def test_page_built_from_parts_parses_back_to_the_parts(part):
    parsed = parse_page(page_of(part))
    assert parsed.reference == Reference("FB 36", part["number"], 18)
    assert (parsed.kind, parsed.subject, parsed.author_text) == (part["kind"][1], part["subject"], part["author"] or "")
    assert [f"{unit.code} - {unit.name}" for unit in parsed.involved] == part["involved"]
    assert [(row.status == "done", row.committee, row.role, row.meeting_date) for row in parsed.consultations] == [
        (done, committee, role[1], day) for done, committee, role, day in part["rows"]
    ]
    assert {draft.committees: list(draft.paragraphs) for draft in parsed.draft_resolutions} == {
        (committee,): texts for committee, texts in part["drafts"].items()
    }
    assert [(section.heading, list(section.paragraphs)) for section in parsed.sections] == part["sections"]
    assert [finding.message for finding in parsed.findings] == (
        [] if part["rows"] else ["Die Beratungsfolge nennt keine Beratung."]
    )


known_lines = st.sampled_from(
    "\n".join(read(name) for name in ("anhoerung_fuenf_zeilen", "fehlende_angaben", "geteilter_beschluss")).splitlines()
)


@given(st.lists(st.one_of(known_lines, st.text(max_size=40)), max_size=40).map("\n".join))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_or_refused_with_a_message(text):
    page = outcome(f"Kenntnisnahme - FB 36/0001/WP18\nGrunddaten\n{text}")
    assert page.keys() & {"error", "reference"}


def test_hostile_length_is_read_in_reasonable_time():
    head = read("kenntnisnahme").partition("●")[0]
    noise = "\n".join(["Kenntnisnahme " * 5000, "Ausschuss für " + "Aa, " * 5000, "/11" * 5000, "1." * 5000])
    assert "error" in outcome(head + noise) or outcome(head + noise)["findings"]
