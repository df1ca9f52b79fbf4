"""What a paper says: names and offices of its day, order and words of the form, nothing from live rows."""

import datetime
import json
import re
from html import unescape
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags
from fontTools.ttLib import TTFont

from kepol.council import documents
from kepol.council.choices import Origin
from kepol.council.management.commands import export_submission
from kepol.council.models import Submission
from kepol.lib.pdf.fonts import font_files, missing_characters
from tests.factories import AttachmentFactory, ConsultationFactory, SubmissionFactory
from tests.papers import LAST_DAY, MAY, ONE_DAY, council_paper, offices, paper, section, stored_submission

ADVENT = datetime.date(2025, 12, 3)
BLOCK = re.compile("<(?!/?span)")


def words(snapshot, **options):
    html = documents.to_html(snapshot, printed_on=MAY, **options)
    return " ".join(strip_tags(BLOCK.sub(" <", html)).split())


# --- Taking down -------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_snapshot_is_plain_json_with_the_keys_of_its_schema():
    taken = documents.snapshot(stored_submission(dated_on=MAY), on=MAY)
    assert json.loads(json.dumps(taken)) == taken
    assert shape(taken) == shape(paper())


def shape(value):
    """Keys at every level; lists by their first entry."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value and isinstance(value[0], dict) else None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("day", "issuer", "unit"),
    [
        (MAY, "Die Oberbürgermeisterin", "Fachbereich Früher"),
        (LAST_DAY, "Die Oberbürgermeisterin", "Fachbereich Früher"),
        (LAST_DAY + ONE_DAY, "Der Oberbürgermeister", "Fachbereich Heute"),
    ],
)
def test_issuer_and_units_are_those_of_the_papers_day_whenever_it_is_printed(day, issuer, unit):
    offices()
    submission = stored_submission(dated_on=day)
    for printed_on in (MAY, ADVENT):
        taken = documents.snapshot(submission, on=printed_on)
        assert (taken["issuer_line"], taken["lead"]["label"]) == (issuer, f"{submission.lead.code} - {unit}")


@pytest.mark.django_db
def test_without_a_date_the_first_sitting_counts_and_then_the_day_of_printing():
    offices()
    submission = SubmissionFactory()
    assert documents.snapshot(submission, on=ADVENT)["issuer_line"] == "Der Oberbürgermeister"
    for day in (ADVENT, MAY):
        ConsultationFactory(submission=submission, meeting_date=day)
    again = Submission.objects.get(pk=submission.pk)
    assert documents.snapshot(again, on=ADVENT)["day"] == "2025-05-07"


@pytest.mark.django_db
def test_without_a_holder_of_the_office_the_line_stays_empty():
    assert documents.snapshot(SubmissionFactory(), on=MAY)["issuer_line"] == ""


@pytest.mark.django_db
def test_snapshot_asks_as_often_for_thirty_rows_as_for_one():
    counted = []
    for rows in (1, 30):
        submission = Submission.objects.get(pk=stored_submission(rows=rows).pk)
        with CaptureQueriesContext(connection) as queries:
            documents.snapshot(submission, on=MAY)
        counted.append(len(queries))
    assert counted[0] == counted[1]
    assert counted[1] <= 12


@pytest.mark.django_db
def test_rendering_never_asks_the_database(django_assert_num_queries):
    taken = documents.snapshot(stored_submission(rows=3), on=MAY)
    with django_assert_num_queries(0):
        documents.to_html(taken, printed_on=MAY)
        documents.to_pdf_document(taken, printed_on=MAY)


# --- Words of the form -------------------------------------------------------------------------------------------
def test_paper_has_the_words_of_the_form_in_its_order():
    assert words(paper(), media=documents.SCREEN, include_non_public=True) == (
        "BEISPIEL – keine amtliche Vorlage ENTWURF "
        "Die Oberbürgermeisterin Vorlage "
        "Federführende Dienststelle: FB 01 - Fachbereich Dialog mit den Bürger*innen "
        "Beteiligte Dienststelle/n: FB 36 - Fachbereich Wald und Wiese FB 61 - Fachbereich Straßen und Plätze "
        "Vorlage-Nr: Status: öffentlich Datum: 22.04.2025 Verfasser/in: DEZ I, FB 01/300 "
        "Gesamtkonzept für die Nachbarschaft der Städte hier: Beschluss über die Leitlinien "
        "Ziele: Gute Nachbarschaft (SDG 17) "
        "Beratungsfolge: Datum Gremium Zuständigkeit "
        "07.05.2025 Hauptausschuss Anhörung/Empfehlung Rat der Stadt Aachen Entscheidung "
        "Beschlussvorschlag: "
        "Hauptausschuss: Der Hauptausschuss empfiehlt dem Rat, die Leitlinien zu beschließen. "
        "Rat der Stadt Aachen: Der Rat beschließt die Leitlinien. "
        "Entwurf – nicht gezeichnet "
        "Erläuterungen: Am 7. Mai 2025 stellt FB 36 die „Leitlinien der Nachbarschaft“ vor – so, wie es § 60 der Satzung will. "
        "Kosten Das Land gibt 22.000 € dazu. Im Einzelnen Jahr Betrag 2026 12.000 € 2027 10.000 € "
        "Anlage/n: Leitlinien im Wortlaut Karte der Plätze "
        "Vorlage (Entwurf) der Stadt Aachen Ausdruck vom: 07.05.2025"
    )


def test_paper_from_the_council_system_bears_no_mark_and_no_line_for_a_signature():
    text = words(council_paper())
    assert text.startswith("Die Oberbürgermeisterin Vorlage Federführende")
    assert [word for word in ("ENTWURF", "Entwurf", "gezeichnet", "BEISPIEL") if word in text] == []
    assert text.endswith("Vorlage FB 01/0674/WP18 der Stadt Aachen Ausdruck vom: 07.05.2025")


@pytest.mark.parametrize(("file_number", "expected"), [("", False), ("36-12/4", True)])
def test_file_number_is_printed_only_if_there_is_one(file_number, expected):
    assert ("AZ: 36-12/4" in words(paper(file_number=file_number))) is expected


@pytest.mark.parametrize(
    ("part", "heading"),
    [
        ("consultations", "Beratungsfolge:"),
        ("draft_resolutions", "Beschlussvorschlag:"),
        ("sections", "Erläuterungen:"),
        ("attachments", "Anlage/n:"),
    ],
)
def test_part_without_content_has_no_heading(part, heading):
    assert heading in words(paper())
    assert heading not in words(paper(**{part: []}))


def resolution(text, *committees):
    named = [{"key": number, "name": name} for number, name in enumerate(committees)]
    return {"key": 1, "committees": named, "text": f"<p>{text}</p>"}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([resolution("Ja.")], "Ja."),
        ([resolution("Ja.", "HA")], "HA: Ja."),
        ([resolution("Ja.", "HA", "FA"), resolution("Nein.", "Rat")], "HA, FA: Ja. Rat: Nein."),
        ([resolution("Ja.", "HA"), resolution("Nein.", "Rat"), resolution("Auch.", "HA")], "HA: Ja. Auch. Rat: Nein."),
        ([resolution("Ja."), resolution("Nein.", "Rat")], "Alle Gremien: Ja. Rat: Nein."),
        ([resolution("Ja."), resolution("Auch.")], "Ja. Auch."),
    ],
)
def test_resolutions_stand_under_their_committees(rows, expected):
    text = words(council_paper(draft_resolutions=rows, sections=[], attachments=[]))
    assert text.split("Beschlussvorschlag: ")[1].split(" Vorlage FB")[0] == expected


def test_sub_headings_leave_out_no_level():
    sections = [section(1, "<h4>Ohne Kopf</h4><p>A</p>", heading=""), section(2, "<h4>Mit Kopf</h4><p>B</p>")]
    html = documents.to_html(paper(sections=sections), printed_on=MAY)
    assert "<h3>Ohne Kopf</h3>" in html
    assert "<h4>Mit Kopf</h4>" in html


def test_last_words_of_paragraphs_are_not_hyphenated():
    sections = [section(1, "<p>Die Verwaltung ermöglichen.</p><ul><li>Zusammenarbeit</li><li>kurz &amp; gut</li></ul>")]
    html = documents.to_html(council_paper(sections=sections, draft_resolutions=[]), printed_on=MAY)
    assert re.findall(r'<span class="whole">([^<]*)</span>', html)[-2:] == ["ermöglichen.", "Zusammenarbeit"]
    assert "kurz &amp; gut</li>" in html


def test_what_people_typed_stays_text():
    evil = "<script>alert(1)</script>"
    typed = {"author": evil, "goals": evil, "subject": [evil], "issuer_line": evil, "file_number": evil}
    html = documents.to_html(
        paper(**typed, sections=[section(1, evil, heading=evil)]), printed_on=MAY, media=documents.PDF
    )
    assert "<script" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 7  # the subject twice: title and heading


def test_attachments_lead_where_the_reader_may_go():
    html = documents.to_html(paper(), printed_on=MAY, include_non_public=True, links={1: "/dateien/anlage/1/"})
    assert '<a href="/dateien/anlage/1/">Leitlinien im Wortlaut</a>' in html
    assert "<li>Karte der Plätze</li>" in html
    assert html.count("<a ") == 1


@pytest.mark.parametrize("media", [documents.PDF, documents.SCREEN])
@pytest.mark.parametrize(("allowed", "titles"), [({}, [True, False]), ({"include_non_public": True}, [True, True])])
def test_non_public_attachments_appear_only_for_who_may_know_them(media, allowed, titles):
    html = documents.to_html(paper(), printed_on=MAY, media=media, **allowed)
    assert [title in html for title in ("Leitlinien im Wortlaut", "Karte der Plätze")] == titles


@pytest.mark.django_db
def test_exported_paper_names_every_attachment(monkeypatch, tmp_path):
    documents_made = []
    monkeypatch.setattr(export_submission, "render_pdf", lambda made: documents_made.append(made) or b"%PDF-")
    submission = SubmissionFactory(from_council=True)
    AttachmentFactory(submission=submission, title="Angebot im Wortlaut", is_public=False)
    call_command("export_submission", submission.reference, output=tmp_path / "vorlage.pdf", stdout=StringIO())
    assert "Angebot im Wortlaut" in documents_made[0].html


def test_without_an_attachment_the_reader_may_know_there_is_no_heading():
    closed = [{"key": 2, "title": "Karte", "is_public": False, "has_file": False}]
    assert "Anlage" not in words(council_paper(attachments=closed))


def test_page_and_screen_show_the_same_paper():
    def body(media):
        html = documents.to_html(council_paper(), printed_on=MAY, media=media, include_non_public=True)
        return html[html.index('<p class="paper-issuer"') : html.index("Karte der Plätze")]

    assert body(documents.PDF) == body(documents.SCREEN)


# --- Signs the font of the PDF lacks -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("E\u2010Mail", "E-Mail"),
        ("Zeit\u2011 und Ostplan", "Zeit- und Ostplan"),
        ("● eins ■ zwei \uf0b7 drei", "• eins • zwei • drei"),
        ("☐ nein ☑ ja ✓ gut", "[ ] nein [x] ja [x] gut"),
        ("6\u2032 30\u2033 \uf0e0 Ziel", "6' 30\" → Ziel"),
        ("星 bleibt", "星 bleibt"),
    ],
)
def test_pasted_signs_are_printed_as_what_the_font_has_and_shown_as_typed(typed, printed):
    values = council_paper(sections=[section(1, f"<p>{typed}</p>", heading=typed)], subject=[typed])
    page, screen = (
        documents.to_html(values, printed_on=MAY, media=media) for media in (documents.PDF, documents.SCREEN)
    )
    assert [html_text(page).count(printed), html_text(screen).count(" ".join(typed.split()))] == [4, 3]


def html_text(html):
    return " ".join(unescape(strip_tags(html)).split())


def test_word_with_an_unbreakable_hyphen_stays_on_one_line_except_in_the_title():
    html = documents.to_html(council_paper(subject=["Die E\u2011Mail"]), printed_on=MAY, media=documents.PDF)
    assert 'Die <span class="nb">E-Mail</span>' in html
    assert "Die E-Mail</title>" in html


def test_replaced_is_only_what_a_font_lacks_and_by_what_every_font_has():
    for path in font_files(settings.PDF_FONT_DIR).values():
        with TTFont(path) as font:
            known = frozenset(map(chr, font.getBestCmap()))
        assert missing_characters("".join(documents.STAND_INS.values()), known) == []
        assert missing_characters("\u2010", known) == ["\u2010"]


def test_places_of_a_sign_are_named_as_in_the_form():
    values = council_paper(goals="星", sections=[section(1, "<p>gut</p>"), section(2, "<p>ein 星</p>", heading="Lage")])
    assert documents.places_with(values, ["星"]) == ["Ziele", "Erläuterungen, 2. Abschnitt „Lage“"]
    assert documents.places_with(values, []) == []


@pytest.mark.parametrize(("line", "day"), [("", datetime.date(2025, 4, 22)), ("Der Oberbürgermeister", None)])
def test_day_without_a_lord_mayor_is_that_of_the_paper(line, day):
    assert documents.day_without_issuer(paper(issuer_line=line)) == day


# --- Titles and names --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (council_paper(), "Vorlage-FB-01-0674-WP18.pdf"),
        (council_paper(reference="FB 36/0316/WP17-1"), "Vorlage-FB-36-0316-WP17-1.pdf"),
        (council_paper(is_example=True), "BEISPIEL-Vorlage-FB-01-0674-WP18.pdf"),
        (paper(is_example=False), "Entwurf-gesamtkonzept-fuer-die-nachbarschaft-der-staedte-hier.pdf"),
        (paper(subject=["Größe"]), "BEISPIEL-Entwurf-groesse.pdf"),
        (paper(subject=["x" * 90], is_example=False), f"Entwurf-{'x' * 60}.pdf"),
    ],
)
def test_file_name_says_what_is_inside(values, expected):
    assert documents.file_name(values) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (council_paper(subject=["Eins", "hier: zwei"]), "Vorlage FB 01/0674/WP18: Eins hier: zwei"),
        (paper(subject=["Eins"]), "BEISPIEL – keine amtliche Vorlage: Vorlage (Entwurf): Eins"),
    ],
)
def test_title_names_number_and_subject(values, expected):
    assert documents.title(values) == expected
    assert f"<title>{expected}</title>" in documents.to_pdf_document(values, printed_on=MAY).html


def test_metadata_mark_the_example():
    document = documents.to_pdf_document(paper(), printed_on=MAY)
    assert document.subject == "BEISPIEL – keine amtliche Vorlage: Vorlage (Entwurf) der Stadt Aachen"
    assert document.keywords[0] == "BEISPIEL – keine amtliche Vorlage"
    assert (document.created_on, document.publisher) == (MAY, "Stadt Aachen")


@pytest.mark.django_db
def test_paper_read_from_the_council_is_no_draft():
    council, here = SubmissionFactory(from_council=True), SubmissionFactory()
    assert [documents.snapshot(one, on=MAY)["is_draft"] for one in (council, here)] == [False, True]
    assert council.origin == Origin.COUNCIL_SYSTEM
