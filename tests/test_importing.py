"""Taking a page of the council information system into the register, by command and by verb."""

import datetime as dt
import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.urls import reverse
from django.utils import timezone

from kepol.council import importing, page_content
from kepol.council.choices import ConsultationStatus, Origin, Publicity
from kepol.council.choices import Outcome as Result
from kepol.council.importing import ImportOutcome, apply_import, plan_import
from kepol.council.models import Committee, Consultation, DraftResolution, Section, Submission
from kepol.council.page_content import content_of
from kepol.council.page_names import committee_kind, unit_kind
from kepol.council.references import split_unit_label
from kepol.council.ris_page import explanation_words, parse_page
from kepol.lib.history import entries
from kepol.lib.richtext import words
from kepol.lib.versions import Conflict
from stakeholders.models import Organisation
from tests.factories import (
    CommitteeFactory,
    CommitteeNameFactory,
    CouncilTermFactory,
    SubmissionFactory,
    UnitFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

TODAY = dt.date(2026, 3, 2)
REFERENCE = "FB 36/0123/WP18"
PAGES = Path(__file__).parent / "pages"
REAL_PAPER = Path(__file__).parents[2] / "shared" / "reference" / "vorlage-fb01-0674-wp18.txt"
PAGE = f"""Entscheidungsvorlage - {REFERENCE}
Grunddaten
- Betreff:
-
Leihräder für den Schulhof
- Status:
- öffentlich (Vorlage für Öffentlichkeit freigegeben)
- Vorlageart:
- Entscheidungsvorlage
- Federführend:
- FB 36 - Fachbereich Klima und Umwelt
- Beteiligt:
- FB 61 - Fachbereich Stadtentwicklung
- Verfasst von:
- FB 36/200
Beratungsfolge
Status | Datum | Gremium | Beschluss | NA |
---|---|---|---|---|
●
Geplant
|
|
Hauptausschuss
|
Anhörung/Empfehlung
|
|
|
07.05.2025
|
●
Geplant
|
|
Rat der Stadt Aachen
|
Entscheidung
|
|
|
21.05.2025
|
Beschlussvorschlag
Hauptausschuss:
Der Hauptausschuss empfiehlt dem Rat den Kauf.
Rat der Stadt:
Der Rat der Stadt beschließt den Kauf.
Erläuterungen
Anlass
Die Kinder haben sich Leihräder gewünscht, und der Hausmeister hat einen trockenen Platz gefunden.
Kosten
Ein Rad kostet so viel wie zwei neue Bänke, hält aber deutlich länger als diese und braucht weniger Pflege.
Anlage/n
- Lageplan
- Kostenschätzung
"""
TRACKED = [model for model in apps.get_models() if model._meta.app_label in {"council", "stakeholders"}]


@pytest.fixture
def register():
    """Everything the page names, as it is known here."""
    CouncilTermFactory(number=18)
    return SimpleNamespace(
        lead=UnitFactory(code="FB 36", name="Fachbereich Klima und Umwelt"),
        involved=UnitFactory(code="FB 61", name="Fachbereich Stadtentwicklung"),
        main=CommitteeFactory(name="Hauptausschuss", short_name="HA"),
        council=CommitteeFactory(name="Rat der Stadt Aachen", short_name="Rat"),
    )


def plan_of(text=PAGE, *, create_missing=False, replace=False):
    return plan_import(parse_page(text), create_missing=create_missing, replace=replace, on=TODAY)


def take_in(text=PAGE, *, by=None, **allowed):
    return apply_import(plan_of(text, **allowed), by=by)


def changed(old, new, text=PAGE):
    assert text.count(old) == 1
    return text.replace(old, new)


def rows():
    """Every stored row with its version, history included: nothing may change unnoticed."""
    return {model._meta.label: sorted(map(str, model.objects.order_by("pk").values_list())) for model in TRACKED}


def run(path, *options):
    """Exit code, standard output and message of one run of the command."""
    output = io.StringIO()
    try:
        call_command("import_submission", str(path), *options, stdout=output, no_color=True)
    except CommandError as error:
        return error.returncode, output.getvalue(), str(error)
    return 0, output.getvalue(), ""


@pytest.fixture
def page_file(tmp_path):
    def write(text=PAGE, encoding="utf-8"):
        path = tmp_path / "vorlage.txt"
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return write


# --- A new paper -------------------------------------------------------------------------------------------------
def test_new_paper_is_stored_with_all_it_says(register):
    submission = take_in()
    assert (submission.reference, submission.origin, submission.kind) == (REFERENCE, "council_system", "for_decision")
    assert (submission.subject, submission.publicity) == ("Leihräder für den Schulhof", "public")
    assert submission.council_status == "öffentlich (Vorlage für Öffentlichkeit freigegeben)"
    assert (submission.council_status_seen_on, submission.author_text, submission.term.number) == (
        TODAY,
        "FB 36/200",
        18,
    )
    assert (submission.lead, list(submission.involved.all())) == (register.lead, [register.involved])
    sittings = submission.consultations.values_list("position", "committee__name", "meeting_date", "role", "status")
    assert list(sittings) == [
        (1, "Hauptausschuss", dt.date(2025, 5, 7), "recommendation", "planned"),
        (2, "Rat der Stadt Aachen", dt.date(2025, 5, 21), "decision", "planned"),
    ]
    drafts = [(list(draft.committees.all()), draft.text) for draft in submission.draft_resolutions.all()]
    assert drafts == [
        ([register.main], "<p>Der Hauptausschuss empfiehlt dem Rat den Kauf.</p>"),
        ([register.council], "<p>Der Rat der Stadt beschließt den Kauf.</p>"),
    ]
    assert [section.heading for section in submission.sections.all()] == ["Anlass", "Kosten"]
    assert [attachment.title for attachment in submission.attachments.all()] == ["Lageplan", "Kostenschätzung"]
    assert (submission.imported, submission.imported_at is not None) == (content_of(submission), True)


def test_history_names_who_read_the_paper(register):
    user = UserFactory()
    submission = take_in(by=user)
    (entry,) = entries(submission)
    assert entry.who == str(user)
    assert "Abschnitt „Anlass“ hinzugefügt" in entry.sentence


def test_taking_in_twice_changes_nothing(register):
    take_in()
    before = rows()
    plan = plan_of()
    assert (plan.outcome, plan.differences) == (ImportOutcome.UNCHANGED, [])
    apply_import(plan, by=None)
    assert rows() == before


def test_planning_writes_nothing(register):
    before = rows()
    assert plan_of().outcome is ImportOutcome.NEW
    assert rows() == before


@pytest.mark.parametrize(
    "name", [path.stem for path in sorted(PAGES.glob("*.json")) if "error" not in json.loads(path.read_text("utf-8"))]
)
def test_every_readable_page_is_stored_once_and_then_unchanged(name):
    text = (PAGES / f"{name}.txt").read_text(encoding="utf-8")
    submission = take_in(text, create_missing=True)
    stored = [
        word for section in submission.sections.all() for word in [*section.heading.split(), *words(section.body)]
    ]
    assert stored == explanation_words(parse_page(text))
    assert plan_of(text).outcome is ImportOutcome.UNCHANGED
    assert json.loads(json.dumps(content_of(submission))) == content_of(submission)


@pytest.mark.skipif(not REAL_PAPER.is_file(), reason="Die echte Vorlage liegt hier nicht.")
def test_real_paper_is_stored_completely():
    text = REAL_PAPER.read_text(encoding="utf-8")
    submission = take_in(text, create_missing=True)
    source = text.partition("\nErläuterungen\n")[2].split()
    stored = [
        word for section in submission.sections.all() for word in [*section.heading.split(), *words(section.body)]
    ]
    assert stored == source
    assert submission.sections.count() == 8
    assert all(section.heading for section in submission.sections.all())
    assert submission.consultations.count() == 1
    assert "" not in [submission.kind, submission.subject, submission.council_status, submission.author_text]
    assert plan_of(text).outcome is ImportOutcome.UNCHANGED


# --- Names -------------------------------------------------------------------------------------------------------
def test_unknown_names_block_and_say_what_would_be_created():
    plan = plan_of()
    assert plan.outcome is ImportOutcome.BLOCKED
    assert [(one.noun, one.creation) for one in plan.unknown] == [
        ("Dienststelle", "„Fachbereich Klima und Umwelt“ (Fachbereich), Kürzel FB 36"),
        ("Dienststelle", "„Fachbereich Stadtentwicklung“ (Fachbereich), Kürzel FB 61"),
        ("Gremium", "„Hauptausschuss“ (Ausschuss)"),
        ("Gremium", "„Rat der Stadt Aachen“ (Rat)"),
    ]
    with pytest.raises(ValidationError):
        apply_import(plan, by=None)
    assert not Organisation.objects.exists()


def test_unknown_names_are_created_when_told():
    submission = take_in(create_missing=True)
    units = Organisation.objects.order_by("code").values_list("code", "name", "kind")
    assert list(units) == [
        ("FB 36", "Fachbereich Klima und Umwelt", "department"),
        ("FB 61", "Fachbereich Stadtentwicklung", "department"),
    ]
    committees = Committee.objects.order_by("name").values_list("name", "kind")
    assert list(committees) == [("Hauptausschuss", "committee"), ("Rat der Stadt Aachen", "council")]
    assert [draft.committees.get().name for draft in submission.draft_resolutions.all()] == [
        "Hauptausschuss",
        "Rat der Stadt Aachen",
    ]


def test_new_division_belongs_to_its_new_unit(register):
    page = changed("FB 61 - Fachbereich Stadtentwicklung", "FB 45/100 - Kitas; FB 45 - Fachbereich Kinder")
    take_in(page, create_missing=True)
    division = Organisation.objects.get(code="FB 45/100")
    assert (division.kind, division.parent.code) == ("division", "FB 45")


def test_other_name_of_a_known_unit_is_noted_and_never_taken_over(register):
    plan = plan_of(changed("FB 36 - Fachbereich Klima und Umwelt", "FB 36 - Umweltamt"))
    assert "FB 36 heißt auf der Seite „Umweltamt“, hier „Fachbereich Klima und Umwelt“. Der Name hier bleibt." in [
        finding.message for finding in plan.findings
    ]
    apply_import(plan, by=None)
    register.lead.refresh_from_db()
    assert (register.lead.name, register.lead.version) == ("Fachbereich Klima und Umwelt", 1)


def test_unit_without_code_is_found_by_name_or_blocks(register):
    page = changed("FB 61 - Fachbereich Stadtentwicklung", "Fachbereich Stadtentwicklung")
    assert plan_of(page).names.involved == [register.involved]
    page = changed("FB 61 - Fachbereich Stadtentwicklung", "Fachbereich Wolken")
    plan = plan_of(page, create_missing=True)
    assert plan.obstacles == (
        "Unbekannte Dienststelle: „Fachbereich Wolken“. Ohne Kürzel kann sie nicht angelegt werden.",
    )


def test_page_without_lead_takes_the_unit_of_the_number(register):
    page = changed("- Federführend:\n- FB 36 - Fachbereich Klima und Umwelt\n", "")
    assert take_in(page).lead == register.lead


def test_committee_of_the_day_wins_over_its_namesake(register):
    CommitteeFactory(name="Planungsausschuss", valid_to=dt.date(2025, 4, 30))
    later = CommitteeFactory(name="Ausschuss für Planung", valid_from=dt.date(2025, 5, 1))
    CommitteeNameFactory(committee=later, name="Planungsausschuss")
    page = PAGE.replace("|\nHauptausschuss\n", "|\nPlanungsausschuss\n")
    assert plan_of(page).names.committees[0] == later


def test_ambiguous_committee_blocks_with_a_question(register):
    for name in ("Sozialausschuss", "Ausschuss für Soziales"):
        CommitteeNameFactory(committee=CommitteeFactory(name=name), name="Ausschuss Soziales")
    plan = plan_of(PAGE.replace("|\nHauptausschuss\n", "|\nAusschuss Soziales\n"), create_missing=True)
    assert plan.outcome is ImportOutcome.BLOCKED
    (obstacle,) = plan.obstacles
    assert "in Frage kommen: Ausschuss für Soziales; Sozialausschuss" in obstacle


def test_unknown_heading_of_a_draft_resolution_stays_in_the_text(register):
    submission = take_in(changed("Hauptausschuss:\n", "MOA, HA:\n"))
    draft = submission.draft_resolutions.first()
    assert list(draft.committees.all()) == [register.main]
    assert words(draft.text)[:2] == ["MOA,", "HA:"]
    assert not Committee.objects.filter(name="MOA").exists()


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("FB 36", "department"),
        ("E 26", "municipal_enterprise"),
        ("S 69", "staff_office"),
        ("Dezernat II", "directorate"),
        ("B 05", "district_office"),
        ("FB 01/300", "division"),
    ],
)
def test_kind_of_a_unit_follows_from_its_code(label, kind):
    assert unit_kind(split_unit_label(label).code) == kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Rat", "council"),
        ("Rat der Stadt Aachen", "council"),
        ("Bezirksvertretung Aachen-Mitte", "district"),
        ("Betriebsausschuss Kultur", "operating_committee"),
        ("Ratsausschuss", "committee"),
    ],
)
def test_kind_of_a_committee_follows_from_its_name(name, kind):
    assert committee_kind(name) == kind


# --- Read again --------------------------------------------------------------------------------------------------
def test_untouched_paper_is_updated_without_asking(register):
    submission = take_in()
    page = changed("hält aber deutlich länger", "hält aber viel länger")
    plan = plan_of(page)
    assert plan.outcome is ImportOutcome.UPDATE
    apply_import(plan, by=None)
    assert "viel länger" in submission.sections.get(heading="Kosten").body
    assert plan_of(page).outcome is ImportOutcome.UNCHANGED


def test_unchanged_parts_write_no_history(register):
    submission = take_in()
    take_in(changed("hält aber deutlich länger", "hält aber viel länger"))
    written = {part.heading: part.history.count() for part in submission.sections.all()}
    assert written == {"Anlass": 1, "Kosten": 2}
    assert [row.history.count() for row in submission.consultations.all()] == [1, 1]
    assert [row.version for row in submission.attachments.all()] == [1, 1]


def test_inserted_section_leaves_the_others_alone(register):
    submission = take_in()
    before = {section.heading: section.pk for section in submission.sections.all()}
    take_in(
        changed("Kosten\n", "Zeitplan\nDie Räder kommen im Herbst, wenn der Boden des Schulhofs fertig ist.\nKosten\n")
    )
    after = [(section.heading, section.pk) for section in submission.sections.all()]
    assert [heading for heading, _ in after] == ["Anlass", "Zeitplan", "Kosten"]
    assert {heading: pk for heading, pk in after if heading in before} == before


def test_paper_changed_here_is_not_overwritten(register):
    submission = take_in()
    section = submission.sections.get(heading="Anlass")
    section.body = "<p>Hier verbessert.</p>"
    section.save()
    before = rows()
    plan = plan_of(changed("Leihräder für den Schulhof", "Leihräder für zwei Schulhöfe"))
    assert plan.outcome is ImportOutcome.DIFFERS
    assert [row.label for row in plan.differences] == ["Betreff", "Erläuterungen, 1."]
    assert plan.differences[0].stored == "Leihräder für den Schulhof"
    with pytest.raises(ValidationError):
        apply_import(plan, by=None)
    assert rows() == before


def test_replace_takes_the_page_and_history_keeps_the_old_text(register):
    submission = take_in()
    section = submission.sections.get(heading="Anlass")
    section.body = "<p>Hier verbessert.</p>"
    section.save()
    plan = plan_of(replace=True)
    assert plan.outcome is ImportOutcome.REPLACE
    apply_import(plan, by=None)
    section.refresh_from_db()
    assert "Leihräder gewünscht" in section.body
    kept = list(section.history.order_by("history_id").values_list("body", flat=True))
    assert kept == [section.body, "<p>Hier verbessert.</p>", section.body]
    assert "Hier verbessert." in entries(submission)[0].sentence
    assert plan_of().outcome is ImportOutcome.UNCHANGED


def test_formatting_is_no_difference(register):
    submission = take_in()
    section = submission.sections.get(heading="Anlass")
    section.body = section.body.replace("Leihräder", "<strong>Leihräder</strong>")
    section.save()
    assert plan_of().outcome is ImportOutcome.UNCHANGED
    take_in(changed("hält aber deutlich länger", "hält aber viel länger"))
    section.refresh_from_db()
    assert "<strong>Leihräder</strong>" in section.body


def test_corrected_name_of_a_committee_is_no_change_of_the_paper(register):
    take_in()
    register.main.name = "Haupt- und Beteiligungsausschuss"
    register.main.save()
    CommitteeNameFactory(committee=register.main, name="Hauptausschuss")
    assert plan_of().outcome is ImportOutcome.UNCHANGED


def test_draft_that_got_the_number_by_hand_counts_as_changed_here(register):
    draft = SubmissionFactory(reference=REFERENCE, lead=register.lead, subject="Entwurf von hier")
    plan = plan_of()
    assert plan.outcome is ImportOutcome.DIFFERS
    assert plan.differences[0].label == "Herkunft"
    take_in(replace=True)
    draft.refresh_from_db()
    assert (draft.origin, draft.subject) == (Origin.COUNCIL_SYSTEM, "Leihräder für den Schulhof")
    assert plan_of().outcome is ImportOutcome.UNCHANGED


def test_supplement_is_a_paper_of_its_own(register):
    first = take_in()
    second = take_in(changed(REFERENCE, f"{REFERENCE}-1"))
    assert (first.pk != second.pk, second.reference, Submission.objects.count()) == (True, f"{REFERENCE}-1", 2)


def test_what_no_page_shows_stays(register):
    submission = take_in()
    submission.dated_on, submission.file_number, submission.ris_id = TODAY, "36.1", 4711
    submission.save()
    take_in(changed("Leihräder für den Schulhof", "Leihräder für zwei Schulhöfe"))
    submission.refresh_from_db()
    assert (submission.dated_on, submission.file_number, submission.ris_id) == (TODAY, "36.1", 4711)


def test_result_recorded_here_stays_when_the_page_shows_none(register):
    submission = take_in(PAGE.replace("Geplant", "Erledigt"))
    row = submission.consultations.first()
    row.outcome, row.vote_text, row.votes_yes = Result.ADOPTED_UNCHANGED, "einstimmig", 12
    row.save()
    page = PAGE.replace("Geplant", "Erledigt")
    assert plan_of(page).outcome is ImportOutcome.UNCHANGED
    take_in(changed("Leihräder für den Schulhof", "Leihräder", page), replace=True)
    row.refresh_from_db()
    assert (row.outcome, row.vote_text, row.votes_yes) == (Result.ADOPTED_UNCHANGED, "einstimmig", 12)


def test_result_on_the_page_is_taken_even_without_its_status(register):
    page = changed("Entscheidung\n|\n|\n|\n21.05.2025", "Entscheidung\nungeändert beschlossen\n|\n|\n|\n21.05.2025")
    row = take_in(page).consultations.last()
    assert (row.status, row.outcome) == (ConsultationStatus.DONE, Result.ADOPTED_UNCHANGED)


def with_file(submission, title="Lageplan"):
    submission.attachments.get(title=title).file.save("plan.pdf", ContentFile(b"%PDF-1.7"))


def attachments(submission):
    return [(row.title, bool(row.file)) for row in submission.attachments.all()]


@pytest.mark.parametrize("title", ["Lageplan", "Kostenschätzung"])
def test_attachment_with_a_file_stays_when_the_page_lists_only_others(register, title):
    submission = take_in()
    with_file(submission, title)
    before = attachments(submission)
    page = changed(f"- {title}\n", "").replace("Leihräder für", "Räder für")
    plan = plan_of(page, replace=True)
    assert f"Die Anlage „{title}“ steht nicht auf der Seite. Sie bleibt, weil sie hier eine Datei hat." in [
        finding.message for finding in plan.findings
    ]
    apply_import(plan, by=None)
    assert attachments(submission) == before
    assert plan_of(page).outcome is ImportOutcome.UNCHANGED


def test_attachment_without_a_file_goes_when_the_page_lists_only_others(register):
    submission = take_in()
    take_in(changed("- Lageplan\n", ""))
    assert attachments(submission) == [("Kostenschätzung", False)]


def test_of_two_attachments_with_one_title_that_with_the_file_stays(register):
    submission = take_in(changed("- Kostenschätzung\n", "- Lageplan\n"))
    submission.attachments.last().file.save("plan.pdf", ContentFile(b"%PDF-1.7"))
    take_in(changed("- Kostenschätzung\n", "").replace("Leihräder für", "Räder für"), replace=True)
    assert attachments(submission) == [("Lageplan", False), ("Lageplan", True)]


def test_file_never_ends_up_under_another_title(register):
    submission = take_in()
    with_file(submission)
    take_in(changed("- Lageplan\n", "- Protokoll\n"), replace=True)
    assert attachments(submission) == [("Lageplan", True), ("Protokoll", False), ("Kostenschätzung", False)]


def cut(text, start, end):
    """The page without everything from `start` up to `end`."""
    return text[: text.index(start)] + text[text.index(end) :]


WITHOUT = {
    "Beteiligt": cut(PAGE, "- Beteiligt:", "- Verfasst von:"),
    "Verfasst von": cut(PAGE, "- Verfasst von:", "Beratungsfolge\n"),
    "Beratungsfolge": cut(PAGE, "●\n", "Beschlussvorschlag\n"),
    "Beschlussvorschlag": cut(PAGE, "Beschlussvorschlag\n", "Erläuterungen\n"),
    "Erläuterungen": cut(PAGE, "Erläuterungen\n", "Anlage/n\n"),
    "Anlagen": PAGE[: PAGE.index("Anlage/n\n")],
}


@pytest.mark.parametrize("left_out", WITHOUT)
def test_part_that_is_not_on_the_page_stays_as_it_is_stored(register, left_out):
    submission = take_in()
    page = WITHOUT[left_out]
    assert plan_of(page).outcome is ImportOutcome.UNCHANGED
    assert dict(plan_of(page).understood)[left_out] == "– (steht nicht auf der Seite)"
    before = content_of(submission)
    take_in(changed("Leihräder für den Schulhof", "Räder", page))
    assert content_of(Submission.objects.get()) == before | {"subject": "Räder"}


@pytest.mark.parametrize("left_out", WITHOUT)
def test_replacing_a_draft_deletes_nothing_the_page_does_not_carry(register, left_out):
    submission = take_in()
    Submission.objects.update(origin=Origin.HERE, imported=None, subject="Entwurf von hier")
    before = content_of(submission)
    page = WITHOUT[left_out]
    plan = plan_of(page, replace=True)
    assert [row.label for row in plan.differences] == ["Herkunft", "Betreff"]
    apply_import(plan, by=None)
    assert content_of(Submission.objects.get()) == before
    assert plan_of(page).outcome is ImportOutcome.UNCHANGED


@pytest.mark.parametrize("left_out", WITHOUT)
def test_paper_read_without_a_part_takes_it_later_without_asking(register, left_out):
    submission = take_in(WITHOUT[left_out])
    plan = plan_of()
    assert plan.outcome is ImportOutcome.UPDATE
    apply_import(plan, by=None)
    assert content_of(Submission.objects.get(pk=submission.pk)) == plan.content
    assert plan_of().outcome is ImportOutcome.UNCHANGED


def test_row_with_counted_votes_does_not_go_unasked(register):
    submission = take_in()
    row = submission.consultations.first()
    row.votes_yes = 12
    row.save()
    page = cut(PAGE, "●\nGeplant\n|\n|\nHauptausschuss", "●\nGeplant\n|\n|\nRat der Stadt")
    assert plan_of(page).outcome is ImportOutcome.DIFFERS
    take_in(page, replace=True)
    assert submission.consultations.get().committee == register.council


def test_new_paper_of_unclear_status_is_not_public(register):
    page = changed("- Status:\n- öffentlich (Vorlage für Öffentlichkeit freigegeben)\n", "")
    assert take_in(page).publicity == Publicity.NON_PUBLIC


def test_what_the_page_does_not_say_stays_as_stored(register):
    take_in()
    page = changed("- Status:\n- öffentlich (Vorlage für Öffentlichkeit freigegeben)\n", "")
    page = changed("- Federführend:\n- FB 36 - Fachbereich Klima und Umwelt\n", "", page)
    assert plan_of(page).outcome is ImportOutcome.UNCHANGED


def test_line_ends_of_a_form_are_no_difference(register):
    submission = take_in(changed("Schulhof\n- Status", "Schulhof\nhier: Kauf\n- Status"))
    Submission.objects.filter(pk=submission.pk).update(subject="Leihräder für den Schulhof\r\nhier: Kauf")
    assert plan_of(changed("Schulhof\n- Status", "Schulhof\nhier: Kauf\n- Status")).outcome is ImportOutcome.UNCHANGED


def test_text_that_does_not_fit_is_refused_and_not_cut(register):
    plan = plan_of(changed("- FB 36/200", f"- {'sehr ' * 60}lang"))
    assert plan.outcome is ImportOutcome.BLOCKED
    (obstacle,) = plan.obstacles
    assert obstacle.startswith("„Verfasst von“ ist länger als 200 Zeichen")


def test_past_sittings_of_a_paper_read_in_wait_for_their_outcome_until_it_is_recorded(register, admin_client):
    submission = take_in(PAGE.replace("Geplant", "Erledigt", 1))
    submission.consultations.create(position=9, committee=register.main, meeting_date=timezone.localdate())
    address = reverse("admin:council_consultation_changelist", query={"wann": "offen"})

    def waiting():
        rows = set(Consultation.objects.awaiting_outcome(on=timezone.localdate()))
        assert set(admin_client.get(address).context["cl"].queryset) == rows
        return sorted(row.position for row in rows)

    assert waiting() == [1, 2]
    row = submission.consultations.first()
    row.outcome = Result.NOTED
    row.save()
    assert waiting() == [2]


# --- All or nothing ----------------------------------------------------------------------------------------------
def test_failure_in_the_middle_stores_nothing(monkeypatch):
    before = rows()
    written = []

    def fail(section, *args, **kwargs):
        written.append(Submission.objects.count())
        raise RuntimeError("mittendrin")

    monkeypatch.setattr(Section, "save", fail)
    with pytest.raises(RuntimeError):
        take_in(create_missing=True)
    assert written == [1]
    assert rows() == before


def test_failure_while_replacing_keeps_the_old_paper(register, monkeypatch):
    take_in()
    before = rows()
    plan = plan_of(changed("beschließt den Kauf", "lehnt den Kauf ab").replace("Leihräder für", "Räder für"))

    def fail(*args, **kwargs):
        raise RuntimeError("mittendrin")

    monkeypatch.setattr(DraftResolution, "save", fail)
    with pytest.raises(RuntimeError):
        apply_import(plan, by=None)
    assert rows() == before


@pytest.mark.parametrize("edit", ["submission", "section", "committees"])
def test_edit_between_plan_and_storing_is_a_conflict(register, edit):
    submission = take_in()
    plan = plan_of(changed("Leihräder für den Schulhof", "Leihräder für zwei Schulhöfe"))
    if edit == "submission":
        submission.file_number = "36.1"
        submission.save()
    elif edit == "section":
        section = submission.sections.first()
        section.heading = "Neuer Anlass"
        section.save()
    else:
        submission.draft_resolutions.first().committees.clear()
    before = rows()
    with pytest.raises(Conflict):
        apply_import(plan, by=None)
    assert rows() == before


def test_paper_that_somebody_else_took_in_meanwhile_is_a_conflict(register):
    plan = plan_of()
    take_in()
    with pytest.raises(Conflict):
        apply_import(plan, by=None)
    assert Submission.objects.count() == 1


def test_name_that_somebody_else_created_meanwhile_is_a_conflict():
    plan = plan_of(create_missing=True)
    UnitFactory(code="FB 36", name="Anders")
    with pytest.raises(Conflict):
        apply_import(plan, by=None)
    assert not Submission.objects.exists()


def test_race_for_the_same_number_is_a_conflict(register, monkeypatch):
    """The other one commits after our check under the lock, so only the database can notice."""
    plan = plan_of()
    take_in()
    monkeypatch.setattr(importing, "_renewed", lambda plan: plan)
    with pytest.raises(Conflict):
        apply_import(plan, by=None)


def test_other_integrity_errors_are_not_taken_for_a_race(register, monkeypatch):
    def fail(*args):
        raise IntegrityError("etwas anderes")

    monkeypatch.setattr(importing, "_store", fail)
    with pytest.raises(IntegrityError, match="etwas anderes"):
        take_in()


def test_reading_needs_the_same_few_queries_however_long_the_page(register, django_assert_num_queries):
    take_in()
    long = PAGE.replace("Anlage/n\n", "Anlage/n\n" + "".join(f"- Blatt {number}\n" for number in range(100)))
    with django_assert_num_queries(14):
        plan_of(long)


def test_content_names_every_kind_of_part_once():
    assert [kind.name for kind in page_content.PART_KINDS] == list(Submission.history_parts)


# --- The command -------------------------------------------------------------------------------------------------
def test_command_stores_a_new_paper_and_shows_what_it_understood(register, page_file):
    user = UserFactory(email="kim@example.org")
    code, output, _ = run(page_file(), "--by", "Kim@example.org")
    assert (code, output.splitlines()[-1]) == (0, f"Die Vorlage {REFERENCE} wurde angelegt.")
    assert "  Betreff                 Leihräder für den Schulhof" in output.splitlines()
    assert (
        "  Beratungsfolge, 1.      Hauptausschuss · 07.05.2025 · Anhörung/Empfehlung · Geplant" in output.splitlines()
    )
    assert Submission.objects.get().history.first().history_user == user


def test_command_twice_changes_nothing(register, page_file):
    run(page_file())
    before = rows()
    code, output, _ = run(page_file())
    assert (code, output.splitlines()[-1]) == (
        0,
        f"Die Vorlage {REFERENCE} war schon genau so gespeichert. Es wurde nichts geändert.",
    )
    assert rows() == before


def test_dry_run_stores_nothing(page_file):
    before = rows()
    code, output, _ = run(page_file(), "--dry-run", "--create-missing")
    assert (code, rows()) == (0, before)
    assert output.splitlines()[-1] == (
        "Probelauf, es wurde nichts gespeichert. Die Vorlage ist hier noch nicht gespeichert und wird neu angelegt."
    )


@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_unknown_names_end_with_exit_code_1(page_file, options):
    before = rows()
    code, output, message = run(page_file(), *options)
    assert (code, rows()) == (1, before)
    assert "Mit --create-missing werden unbekannte Dienststellen und Gremien angelegt." in message
    assert "Hauptausschuss → „Hauptausschuss“ (Ausschuss)" in output


@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_paper_changed_here_ends_with_exit_code_1_and_its_differences(register, page_file, options):
    submission = take_in()
    submission.subject = "Hier verbessert"
    submission.save()
    before = rows()
    code, output, message = run(page_file(), *options)
    assert (code, rows()) == (1, before)
    assert output.splitlines()[-3:] == [
        "Unterschied: Betreff",
        "  gespeichert  Hier verbessert",
        "  gelesen      Leihräder für den Schulhof",
    ]
    assert message.startswith("Die Vorlage wurde hier geändert und wird deshalb nicht überschrieben.")
    assert "--replace" in message


def test_command_replaces_when_told(register, page_file):
    submission = take_in()
    submission.subject = "Hier verbessert"
    submission.save()
    code, _, _ = run(page_file(), "--replace")
    submission.refresh_from_db()
    assert (code, submission.subject) == (0, "Leihräder für den Schulhof")
    assert "Hier verbessert" in submission.history.values_list("subject", flat=True)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "Der Text ist leer."),
        (b"Einkaufszettel\nMilch", "keine Vorlagenummer und keine Grunddaten"),
        (PAGE.partition("- Federf")[0].encode(), "Grunddaten ab"),
        (b"%PDF-1.7 ...", "ist eine PDF-Datei"),
        (b"PK\x03\x04abc", "ist eine Word-, Excel- oder ZIP-Datei"),
        (b"<!doctype html><p>", "ist eine gespeicherte Internetseite (HTML)"),
        (b"\x00\x01\x02", "ist keine Textdatei"),
    ],
)
def test_unreadable_file_ends_with_exit_code_1_and_a_reason(page_file, content, problem):
    before = rows()
    code, _, message = run(page_file(content), "--create-missing")
    assert (code, problem in message, rows()) == (1, True, before)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_usual_encodings_of_a_text_file_are_read(register, page_file, encoding):
    text = PAGE.replace("●\n", "") if encoding == "cp1252" else PAGE
    assert run(page_file(text, encoding))[0] == 0
    assert Submission.objects.get().subject == "Leihräder für den Schulhof"


def test_dash_reads_standard_input(register, monkeypatch):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(PAGE.encode())))
    assert run("-")[0] == 0
    assert Submission.objects.count() == 1


def test_missing_file_and_unknown_account_are_named(page_file, tmp_path):
    assert run(tmp_path / "fehlt.txt")[::2] == (1, f"Die Datei „{tmp_path / 'fehlt.txt'}“ gibt es nicht.")
    assert run(page_file(), "--by", "wer@example.org")[::2] == (1, "Ein Konto „wer@example.org“ gibt es nicht.")


# --- Two at the same moment --------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_two_people_take_in_the_same_new_paper_at_once(register):
    plans = [plan_of() for _ in range(4)]
    start = threading.Barrier(len(plans))

    def store(plan):
        start.wait()
        try:
            apply_import(plan, by=None)
        except Conflict:
            return "conflict"
        finally:
            connection.close()
        return "stored"

    with ThreadPoolExecutor(len(plans)) as pool:
        results = sorted(pool.map(store, plans))
    assert results == ["conflict", "conflict", "conflict", "stored"]
    assert plan_of().outcome is ImportOutcome.UNCHANGED
