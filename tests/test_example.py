"""The example as it stands after loading: untouched by loading again, kept where somebody changed it, printed as an example."""

import datetime
import io

import pypdf
import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings

from concept.choices import Status
from concept.models import InventoryItem, Milestone
from kepol.accounts.choices import Role
from kepol.accounts.demo import DEMO_LOGINS, DEMO_PASSWORD
from kepol.accounts.models import User
from kepol.council.choices import Origin, SubmissionKind
from kepol.council.documents import file_name, snapshot, to_pdf_document
from kepol.council.importing import ImportOutcome, apply_import, plan_import
from kepol.council.models import Submission
from kepol.council.ris_page import parse_page
from kepol.example.facts import models
from kepol.example.loading import load
from kepol.example.removing import remove
from kepol.lib.history import operation
from kepol.lib.pdf.renderer import render_pdf
from kepol.lib.periods import Period
from stakeholders.models import Organisation, Person
from tests.example_rows import DAY, REAL_PAPER, after, row, versions
from tests.factories import UserFactory

# A page of the same paper as the council system would show it, with a text of our own.
PAGE = """Kenntnisnahme - FB 01/0674/WP18
Grunddaten
- Betreff:
-
Koordination für kommunale Entwicklungspolitik (KEpol)
- Status:
- öffentlich (Vorlage für Öffentlichkeit freigegeben)
- Vorlageart:
- Kenntnisnahme
- Federführend:
- FB 01 - Fachbereich Bürger*innendialog und Verwaltungsleitung
- Verfasst von:
- DEZ I, FB 01/300
Beratungsfolge
Status | Datum | Gremium | Beschluss | NA |
---|---|---|---|---|
●
Geplant
|
|
Hauptausschuss
|
Kenntnisnahme
|
|
|
07.05.2025
|
Erläuterungen
Anlass
Dieser Absatz ist erfunden und steht hier nur, damit es etwas zu lesen gibt.
"""


@pytest.fixture
def demo(db, settings):
    settings.DEMO = True


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """The example, loaded once for this module; each test works in a savepoint above it."""
    with django_db_blocker.unblock(), override_settings(DEMO=True), transaction.atomic():
        yield [paper.pk for paper in load(on=DAY)]
        transaction.set_rollback(True)


@pytest.fixture
def example(loaded, demo):
    return [Submission.objects.get(pk=pk) for pk in loaded]


def change_here(obj, **values):
    """Somebody of the city changes a row in the back office."""
    with operation(by=UserFactory(roles=[Role.KOORDINATION])):
        for name, value in values.items():
            setattr(obj, name, value)
        obj.full_clean()
        obj.save()


def test_loading_again_on_the_same_day_changes_nothing(example):
    before = versions()
    load(on=DAY)
    assert versions() == before


def test_on_another_day_only_the_invented_dates_move(example):
    before, steady = versions(), versions("paper", "public", "")
    load(on=after(40))
    moved = {row[3] for row in versions() - before}
    assert "continuation/bsp-ausschreibung" in moved
    assert "continuation/person-koordination" not in moved
    # The layer above says when the report of the public layer was handed in, counted from the day of loading.
    assert {row[3] for row in versions("paper", "public", "") - steady} == {"public/verwendungsnachweis"}
    assert row("bsp-ausschreibung").planned == Period(after(46), after(46))


def test_the_example_keeps_every_rule(example):
    load(on=datetime.date(2028, 2, 29))
    out = io.StringIO()
    call_command("check_data", stdout=out)
    assert "alle Regeln sind eingehalten" in out.getvalue()


def test_what_somebody_changed_is_not_overwritten(example):
    change_here(row("bsp-ausschreibung"), title="Muster der Stadt")
    change_here(row("ms-seminar"), status=Status.DROPPED, reached_on=None, note="Nicht besucht.")
    change_here(row("bestand-messen"), description="Zwei im Jahr.")
    load(on=after(40))
    moved, seminar = row("bsp-ausschreibung"), row("ms-seminar")
    assert (moved.title, moved.planned) == ("Muster der Stadt", Period(after(6), after(6)))
    assert (seminar.status, seminar.note) == (Status.DROPPED, "Nicht besucht.")
    assert row("bestand-messen").description == "Zwei im Jahr."


def test_what_somebody_deleted_stays_away(example):
    with operation(by=UserFactory()):
        row("bestand-messen").delete()
        row("reise-2019").delete()
    before = versions()
    load(on=DAY)
    assert versions() == before
    assert not InventoryItem.objects.filter(title__contains="Messen").exists()


def test_rows_that_say_where_they_come_from_name_the_source_of_a_change_too(example):
    assert row("klimaticket").source.startswith("Vorlage FB 01/0674/WP18, Hintergrund und Ausgangslage; https://")
    assert "Quelle: Vorlage FB 01/0674/WP18, Ausblick" in row("welthaus").note


def test_with_a_layer_goes_its_history(example):
    remove("continuation", on=DAY)
    for model in models().values():
        rows = model.history.model
        assert not rows.objects.filter(source_key__startswith="continuation/").exists()
        for name in getattr(model, "_history_m2m_fields", ()):
            many = getattr(rows, name).model
            assert not many.objects.exclude(history_id__in=rows.objects.values("history_id")).exists()


def test_a_change_goes_back_unless_somebody_decided_otherwise(example):
    change_here(row("chernihiv-solidaritaet"), valid_from=datetime.date(2023, 5, 13))
    change_here(row("ms-gegenbesuch"), note="Unterzeichnet.")
    remove("continuation", on=DAY)
    assert (row("ms-seminar").status, row("ms-seminar").reached_on) == (Status.PLANNED, None)
    assert (row("ms-gegenbesuch").status, row("ms-gegenbesuch").note) == (Status.REACHED, "Unterzeichnet.")
    with pytest.raises(ValidationError) as refused:
        remove("public", on=DAY)
    # The stage of the paper, which somebody dated anew, points to a resolution of this layer.
    assert "Art und Status „Solidaritätspartnerschaft, aktiv“" in refused.value.messages[0]


@pytest.mark.parametrize("layer", ["paper", "public"])
def test_a_layer_on_which_another_stands_stays(example, layer):
    before = versions()
    with pytest.raises(ValidationError) as refused:
        remove(layer, on=DAY)
    reason = "„continuation“ baut auf ihr auf. Entfernen Sie zuerst „continuation“."
    assert refused.value.messages == [f"Die Schicht „{layer}“ lässt sich noch nicht entfernen: {reason}"]
    assert versions() == before


def test_two_papers_one_read_and_one_draft_by_way_of_the_committee_into_the_council(example):
    read_paper, draft = example
    assert (read_paper.origin, read_paper.kind, read_paper.is_example) == (
        Origin.COUNCIL_SYSTEM,
        SubmissionKind.FOR_INFORMATION,
        True,
    )
    assert (draft.origin, draft.kind, draft.is_example) == (Origin.HERE, SubmissionKind.FOR_DECISION, True)
    assert [row.committee.short_name for row in draft.consultations.all()] == ["HA", "Rat"]
    assert [row.meeting_date.isoweekday() for row in draft.consultations.all()] == [3, 3]
    texts = {row.committees.get().short_name: row.text for row in draft.draft_resolutions.all()}
    assert "empfiehlt dem Rat" in texts["HA"]
    assert "beschließt" in texts["Rat"]


def test_the_paper_stands_there_without_text_until_its_page_is_read(example):
    stored = Submission.objects.get(reference="FB 01/0674/WP18")
    assert (stored.origin, stored.sections.count(), stored.draft_resolutions.count()) == (Origin.COUNCIL_SYSTEM, 0, 0)
    plan = plan_import(parse_page(PAGE), create_missing=False, replace=False, on=DAY)
    assert (plan.outcome, plan.obstacles) == (ImportOutcome.UPDATE, ())
    assert [one.label for one in plan.differences] == ["Erläuterungen, 1."]
    apply_import(plan, by=None)
    assert [section.heading for section in stored.sections.all()] == ["Anlass"]
    before = versions()
    load(on=DAY)
    assert versions() == before


@pytest.mark.skipif(not REAL_PAPER.exists(), reason="the paper is not part of the repository")
def test_the_command_fills_the_paper_without_asking(example):
    call_command("import_submission", str(REAL_PAPER), stdout=io.StringIO())
    stored = Submission.objects.get(reference="FB 01/0674/WP18")
    assert stored.sections.count() == 8
    assert stored.consultations.get().source_key == "paper/vorlage-ha"


def test_every_page_of_the_example_says_that_it_is_one(example):
    for paper in example:
        taken = snapshot(Submission.objects.get(pk=paper.pk), on=DAY)
        assert file_name(taken).startswith("BEISPIEL-")
        pdf = pypdf.PdfReader(io.BytesIO(render_pdf(to_pdf_document(taken, printed_on=DAY))))
        assert "BEISPIEL – keine amtliche Vorlage" in pdf.metadata.title + (pdf.metadata.subject or "")
        assert [page.extract_text().count("BEISPIEL – keine amtliche Vorlage") for page in pdf.pages] == [1] * len(
            pdf.pages
        )


def test_each_role_has_a_login_and_each_login_a_person(example):
    assert {login.role for login in DEMO_LOGINS} == set(Role)
    for login in DEMO_LOGINS:
        user = User.objects.get(email=login.email)
        assert (user.check_password(DEMO_PASSWORD), user.roles) == (True, {login.role})
        assert Person.objects.filter(user=user).count() == 1


def test_three_departments_have_staff_and_each_sees_its_own(example):
    seen = {}
    for code in ("36", "60", "61"):
        user = User.objects.get(email=f"fb{code}@demo.example")
        assert Organisation.objects.of_member(user, on=DAY).get().code == f"FB {code}"
        seen[code] = set(Milestone.objects.visible_to(user, on=DAY).values_list("source_key", flat=True))
    assert "continuation/bsp-stadtplanung" in seen["61"] - seen["36"] - seen["60"]
    assert "paper/ms-entwurf" in seen["36"] & seen["60"] & seen["61"]


def test_what_somebody_changed_holds_its_own_layer_until_one_says_otherwise(example):
    change_here(row("bsp-ausschreibung"), title="Muster der Stadt")
    with pytest.raises(ValidationError) as refused:
        remove("continuation", on=DAY)
    assert "wurde hier etwas geändert: Meilenstein „Muster der Stadt“" in refused.value.messages[0]
    assert remove("continuation", on=DAY, also_changed=True) > 50
