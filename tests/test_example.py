"""The example: loaded once, loading it again changes nothing, and nothing printed from it can be taken for an official paper."""

import datetime
import io

import pypdf
import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from kepol.accounts.choices import Role
from kepol.accounts.demo import DEMO_LOGINS, DEMO_PASSWORD
from kepol.accounts.models import User
from kepol.council.choices import Origin, SubmissionKind
from kepol.council.documents import file_name, snapshot, to_pdf_document
from kepol.council.models import OfficeHolder, Submission
from kepol.example.loading import load, read
from kepol.lib.pdf.renderer import render_pdf
from kepol.lib.versions import Versioned
from stakeholders.models import Organisation, Person

DAY = datetime.date(2026, 11, 23)


@pytest.fixture
def example(db, settings):
    settings.DEMO = True
    return load(on=DAY)


def versions():
    """Every row of the house with its version."""
    models = [model for model in apps.get_models() if issubclass(model, Versioned)]
    return {(model._meta.label, *row) for model in models for row in model.objects.values_list("pk", "version")}


def test_loading_twice_changes_nothing(example):
    before = versions()
    load(on=DAY + datetime.timedelta(days=1))
    assert versions() == before


def test_the_example_keeps_every_rule(example):
    out = io.StringIO()
    call_command("check_data", stdout=out)
    assert "alle Regeln sind eingehalten" in out.getvalue()


def test_two_papers_one_read_and_one_draft_by_way_of_the_committee_into_the_council(example):
    read_paper, draft = example
    assert (read_paper.origin, read_paper.kind, read_paper.is_example) == (
        Origin.COUNCIL_SYSTEM,
        SubmissionKind.FOR_INFORMATION,
        True,
    )
    assert (draft.origin, draft.kind, draft.is_example) == (Origin.HERE, SubmissionKind.FOR_DECISION, True)
    assert [row.committee.short_name for row in draft.consultations.all()] == ["HA", "Rat"]
    texts = {row.committees.get().short_name: row.text for row in draft.draft_resolutions.all()}
    assert "empfiehlt dem Rat" in texts["HA"]
    assert "beschließt" in texts["Rat"]


def test_one_login_per_role_belongs_to_a_person(example):
    assert {login.role for login in DEMO_LOGINS} == set(Role)
    for login in DEMO_LOGINS:
        user = User.objects.get(email=login.email)
        assert (user.check_password(DEMO_PASSWORD), user.roles) == (True, {login.role})
        assert Person.objects.filter(user=user).count() == 1


def test_every_fact_names_its_source():
    data = read("register.toml")
    facts = [fact for kind in data.values() for fact in kind] + [
        former for unit in data["unit"] for former in unit.get("former", ())
    ]
    assert [fact for fact in facts if not fact.get("source")] == []


@pytest.mark.parametrize(
    ("day", "line"),
    [
        ("2020-10-31", "Der Oberbürgermeister"),
        ("2025-05-07", "Die Oberbürgermeisterin"),
        ("2025-10-31", "Die Oberbürgermeisterin"),
        ("2025-11-01", "Der Oberbürgermeister"),
    ],
)
def test_the_issuer_of_the_day(example, day, line):
    assert OfficeHolder.objects.issuer(on=datetime.date.fromisoformat(day)).get().issuer_line == line


@pytest.mark.parametrize("spelling", ["Tschernihiw", "tschernihiv", "Чернігів", "CHERNIHIV"])
def test_chernihiv_is_found_by_every_spelling(example, spelling):
    assert [organisation.name for organisation in Organisation.objects.named(spelling)] == ["Chernihiv"]


def test_every_page_of_the_example_says_that_it_is_one(example):
    for paper in example:
        taken = snapshot(Submission.objects.get(pk=paper.pk), on=DAY)
        assert file_name(taken).startswith("BEISPIEL-")
        pdf = pypdf.PdfReader(io.BytesIO(render_pdf(to_pdf_document(taken, printed_on=DAY))))
        assert "BEISPIEL – keine amtliche Vorlage" in pdf.metadata.title + (pdf.metadata.subject or "")
        assert [page.extract_text().count("BEISPIEL – keine amtliche Vorlage") for page in pdf.pages] == [1] * len(
            pdf.pages
        )


def test_without_demo_nothing_is_loaded(db, settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="nur mit DEMO=True"):
        call_command("load_example")
    with pytest.raises(ImproperlyConfigured):
        load(on=DAY)
    assert not Organisation.objects.exists()


def test_only_an_empty_database_is_filled_at_start(db, settings, tmp_path):
    settings.DEMO, settings.DATA_DIR = True, tmp_path
    Organisation.objects.create(kind="association", name="Ein Verein, den es schon gibt")
    call_command("load_example", if_empty=True, stdout=io.StringIO())
    assert (Organisation.objects.count(), Submission.objects.count()) == (1, 0)
