"""The example in three layers: loaded, loaded again, taken out; nothing printed from it can be taken for an official paper."""

import datetime
import hashlib
import io
import re
from pathlib import Path

import pypdf
import pytest
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management import CommandError, call_command

from concept.choices import Status
from concept.models import InventoryItem, Milestone
from kepol.accounts.choices import Role
from kepol.accounts.demo import DEMO_LOGINS, DEMO_PASSWORD
from kepol.accounts.models import User
from kepol.council.choices import Origin, SubmissionKind
from kepol.council.documents import file_name, snapshot, to_pdf_document
from kepol.council.importing import ImportOutcome, apply_import, plan_import
from kepol.council.models import Committee, OfficeHolder, Submission
from kepol.council.ris_page import parse_page
from kepol.dates.models import Tickler
from kepol.dates.ticklers import remind
from kepol.example import facts as example_facts
from kepol.example.facts import LAYERS, Change, entries, facts, models
from kepol.example.loading import load
from kepol.example.removing import remove
from kepol.example.values import day_from, read_period, read_value
from kepol.funding.models import Grant, ReportDuty
from kepol.lib.history import operation
from kepol.lib.pdf.renderer import render_pdf
from kepol.lib.periods import Period
from partnerships.models import Agreement, Partnership, Stage
from stakeholders.models import Body, ContactEntry, Organisation, Person
from tests.factories import OrganisationFactory, UserFactory

DAY = datetime.date(2026, 11, 23)
ROOT = Path(__file__).parent.parent
REAL_PAPER = ROOT.parent / "shared" / "reference" / "vorlage-fb01-0674-wp18.txt"
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


@pytest.fixture
def example(demo):
    return load(on=DAY)


def after(days):
    return DAY + datetime.timedelta(days=days)


def versions(*layers):
    """Every row of the house with its version; of `layers` only, if there are any."""
    columns = ("pk", "version", "source_key")
    found = {(model._meta.label, *row) for model in models().values() for row in model.objects.values_list(*columns)}
    return {row for row in found if not layers or row[3].partition("/")[0] in layers}


UNSTEADY = {"id", "version", "imported", "imported_at", "object_id", "password", "last_login", "date_joined"}


def content():
    """What all rows say, under keys that survive loading again; where a row points by the key of the other."""
    rows = [row for model in models().values() for row in model._base_manager.all()]
    return {f"{row._meta.label} {row.source_key or row}": told(row) for row in rows}


def told(row):
    values = {}
    for column in (*row._meta.concrete_fields, *row._meta.many_to_many):
        if column.name in UNSTEADY:
            continue
        if column.many_to_many:
            values[column.name] = sorted(named(one) for one in getattr(row, column.name).all())
        else:
            value = getattr(row, column.name)
            values[column.name] = named(value) if column.is_relation else value
    return values


def named(row):
    return getattr(row, "source_key", "") or str(row)


def row(key):
    fact = facts()[key]
    return fact.model._base_manager.get(source_key=fact.source_key)


def change_here(obj, **values):
    """Somebody of the city changes a row in the back office."""
    with operation(by=UserFactory(roles=[Role.KOORDINATION])):
        for name, value in values.items():
            setattr(obj, name, value)
        obj.full_clean()
        obj.save()


# --- The files ----------------------------------------------------------------------------------------------------
ALL = [entry for layer in LAYERS for entry in entries(layer)]
WITHOUT_ADDRESS = re.compile(r"^(?!.*https?://)")


def test_every_fact_names_its_source():
    assert len(ALL) > 250
    assert [entry for entry in ALL if not entry.source.strip()] == []


def test_facts_of_the_paper_name_their_paragraph_and_public_ones_an_address():
    assert [one for one in entries("paper") if not one.source.startswith("Vorlage FB 01/0674/WP18, ")] == []
    assert [one for one in entries("public") if WITHOUT_ADDRESS.match(one.source)] == []
    assert {one.source for one in entries("continuation")} == {"erfunden, für die Vorführung"}


NAMES = ("title", "name", "family_name", "subject", "goods")


def test_everything_invented_says_so_in_its_name_or_note():
    rows = [one for one in entries("continuation") if not isinstance(one, Change)]
    named = [(one.key, one.values[name]) for one in rows for name in NAMES if name in one.values and not one.parent]
    assert len(named) > 20
    assert [pair for pair in named if "(Beispiel)" not in pair[1]] == []
    changed = [one.to["note"] for one in entries("continuation") if isinstance(one, Change) and "note" in one.to]
    assert changed
    assert [note for note in changed if not note.startswith("(Beispiel)")] == []


def test_no_two_layers_change_the_same_row_and_each_only_earlier_ones():
    changes = [entry for entry in ALL if isinstance(entry, Change)]
    rows = [one.row for one in changes]
    assert sorted(set(rows)) == sorted(rows)
    order = list(LAYERS)
    assert [one.row for one in changes if order.index(facts()[one.row].layer) >= order.index(one.layer)] == []


# First characters of the hashes of given and family names of the people whom the paper names without a public office.
PRIVATE = {"28bfff45f6e1582a", "db51c0ab6bc903e7", "6792adea40894066", "5e4eacb14b39f849"}


def hashed(text):
    words = set(re.findall(r"\w+", text.casefold()))
    return {hashlib.sha256(word.encode()).hexdigest()[:16] for word in words}


def test_nobody_without_a_public_office_is_named():
    files = [path for path in (ROOT / "kepol" / "example").rglob("*.*") if path.suffix in {".toml", ".txt"}]
    assert len(files) > 10
    assert [path.name for path in files if hashed(path.read_text(encoding="utf-8")) & PRIVATE] == []


@pytest.mark.skipif(not REAL_PAPER.exists(), reason="the paper is not part of the repository")
def test_the_hashes_are_those_of_the_names_in_the_paper():
    assert hashed(REAL_PAPER.read_text(encoding="utf-8")) >= PRIVATE


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ({"in_days": 20}, "2028-03-01"),
        ({"days_ago": 10}, "2028-01-31"),
        ({"in_months": 1}, "2028-03-10"),
        ({"months_ago": 12, "in_days": 1}, "2027-02-11"),
        ({"in_days": 0, "weekday": 3}, "2028-02-09"),
    ],
)
def test_days_counted_from_the_day_of_loading(written, day):
    assert day_from(written, on=datetime.date(2028, 2, 10)) == datetime.date.fromisoformat(day)


@pytest.mark.parametrize("day", ["2028-01-31", "2027-03-31"])
def test_a_month_without_that_day_ends_earlier(day):
    day = datetime.date.fromisoformat(day)
    last = {1: 29, 3: 30}[day.month]
    assert day_from({"in_months": 1}, on=day).day == last


def test_the_month_around_a_day_is_a_named_span():
    on = datetime.date(2026, 11, 30)
    assert read_period({"in_months": 3, "as": "month"}, on=on) == Period.parse("Februar 2027")


@pytest.mark.parametrize("written", [{"in_day": 3}, {"weekday": 3}, {}])
def test_a_slip_in_a_file_is_refused(written):
    with pytest.raises(ValueError, match="no day"):
        day_from(written, on=DAY)


def test_amounts_are_read_as_people_write_them():
    assert read_value(Grant._meta.get_field("total_cents"), "188.000,00", on=DAY) == 18_800_000


def test_a_key_used_twice_is_refused(monkeypatch):
    monkeypatch.setattr(example_facts, "entries", lambda layer: entries("paper")[:1])
    with pytest.raises(ValueError, match="dez-1"):
        facts.__wrapped__()


# --- Loading ------------------------------------------------------------------------------------------------------
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


def ringing(on):
    """What the start page counts."""
    month = datetime.timedelta(days=30)
    counts = {
        "due": Milestone.objects.due_soon(on=on, within=month),
        "late": Milestone.objects.overdue(on=on),
        "moved": Milestone.objects.moved(),
        "agreements": Agreement.objects.expiring(on=on),
        "expired": Agreement.objects.expired(on=on),
        "duties": ReportDuty.objects.due_soon(on=on),
        "overdue duties": ReportDuty.objects.overdue(on=on),
    }
    return {name: rows.count() for name, rows in counts.items()}


def test_on_any_day_of_loading_the_start_page_has_the_same_to_tell(demo):
    for text in ("2026-11-22", "2026-12-15", "2027-01-31", "2027-02-28", "2028-02-29", "2028-08-31", "2030-12-31"):
        day = datetime.date.fromisoformat(text)
        load(on=day)
        rings = {"due": 3, "late": 2, "moved": 1, "agreements": 1, "expired": 0, "duties": 1, "overdue duties": 0}
        assert (text, ringing(day)) == (text, rings)
        assert Milestone.objects.report_overdue(on=day).filter(source_key__startswith="continuation/").count() == 2
        assert Tickler.objects.due(on=day).count() == 2
        assert ContactEntry.objects.next_step_due(on=day).count() == 1


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


def test_what_was_entered_before_is_neither_overwritten_nor_taken_over(demo):
    unit = Organisation.objects.create(kind="department", code="FB 36", name="Unser Fachbereich")
    committee = Committee.objects.create(name="Hauptausschuss", kind="committee")
    city = Organisation.objects.create(kind="municipality", name="Kapstadt")
    load(on=DAY)
    for obj in (unit, committee, city):
        obj.refresh_from_db()
        assert (obj.version, obj.source_key) == (1, "")
    assert unit.name == "Unser Fachbereich"
    assert Partnership.objects.get(name="Kapstadt").partner == city
    assert Organisation.objects.filter(name="Kapstadt").count() == 1
    assert Submission.objects.get(reference="FB 01/0674/WP18").consultations.get().committee == committee


def test_rows_that_say_where_they_come_from_name_the_source_of_a_change_too(example):
    assert row("klimaticket").source.startswith("Vorlage FB 01/0674/WP18, Hintergrund und Ausgangslage; https://")
    assert "Quelle: Vorlage FB 01/0674/WP18, Ausblick" in row("welthaus").note


@pytest.mark.parametrize(("layer", "below"), [("public", "paper"), ("continuation", "paper")])
def test_a_layer_needs_those_below(demo, layer, below):
    with pytest.raises(ValidationError) as refused:
        load(on=DAY, layers=[layer])
    assert refused.value.messages == [
        f"Die Schicht „{layer}“ baut auf „{below}“ auf. Laden Sie „{below}“ zuerst oder zusammen mit ihr."
    ]
    assert not Organisation.objects.exists()


# --- Taking a layer out -------------------------------------------------------------------------------------------
def test_each_layer_comes_out_and_back_and_the_rest_stays_as_it_was(demo):
    states = {}
    for layer in LAYERS:
        load(on=DAY, layers=[layer])
        states[layer] = content()
    for layer, below in (("continuation", "public"), ("public", "paper")):
        assert remove(layer, on=DAY) > 50
        assert content() == states[below]
    assert remove("paper", on=DAY) > 100
    assert {name.split(".")[0] for name in content()} == {"reference"}
    load(on=DAY)
    assert content() == states["continuation"]


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


def of_foreign_key():
    Stage.objects.create(partnership=row("partnerschaft-kapstadt"), kind="contact", valid_to=datetime.date(1990, 1, 1))
    return "Art und Status „Kontakt, aktiv“"


def of_many_to_many():
    InventoryItem.objects.create(title="Eigene Liste").organisations.add(row("welthaus"))
    return "bestehende Aktivität „Eigene Liste“"


def of_a_reminder():
    someone = UserFactory(roles=[Role.KOORDINATION])
    remind(row("klimaticket"), on=DAY, note="Nachfragen", for_whom=someone, by=someone)
    return "Wiedervorlage „23.11.2026: Nachfragen“"


def of_a_child():
    OrganisationFactory(name="Arbeitskreis", parent=row("welthaus"))
    return "Organisation „Arbeitskreis“"


@pytest.mark.parametrize("entered", [of_foreign_key, of_many_to_many, of_a_reminder, of_a_child])
def test_what_was_entered_here_holds_the_layer_it_points_to(demo, entered):
    load(on=DAY, layers=["paper"])
    named = entered()
    before = versions()
    with pytest.raises(ValidationError) as refused:
        remove("paper", on=DAY)
    assert f"weil hier Eingetragenes zu ihr gehört: {named}. Löschen Sie diese Einträge" in refused.value.messages[0]
    assert versions() == before


def test_rows_the_files_no_longer_know_go_too(demo):
    load(on=DAY, layers=["paper"])
    InventoryItem.objects.create(title="Früher im Beispiel", source_key="paper/frueher")
    remove("paper", on=DAY)
    assert not InventoryItem.objects.exists()


# --- The papers ---------------------------------------------------------------------------------------------------
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


# --- The people ---------------------------------------------------------------------------------------------------
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


def test_the_steering_group_has_members_only_in_the_invented_layer(demo):
    load(on=DAY, layers=["paper", "public"])
    assert not Body.objects.filter(members__isnull=False).exists()
    load(on=DAY)
    assert Body.objects.get(name__contains="Kommunale Entwicklungspolitik").members.in_force(DAY).count() == 5


@pytest.mark.parametrize(
    ("day", "line"),
    [
        ("2020-10-31", "Der Oberbürgermeister"),
        ("2025-05-07", "Die Oberbürgermeisterin"),
        ("2025-10-31", "Die Oberbürgermeisterin"),
        ("2025-11-01", "Der Oberbürgermeister"),
    ],
)
def test_the_issuer_of_the_day(demo, day, line):
    load(on=DAY, layers=["paper", "public"])
    assert OfficeHolder.objects.issuer(on=datetime.date.fromisoformat(day)).get().issuer_line == line


# --- Public facts -------------------------------------------------------------------------------------------------
def test_the_partnership_with_chernihiv_changes_its_kind_on_the_day_of_the_resolution(demo):
    load(on=DAY, layers=["paper", "public"])
    for spelling in ("Tschernihiw", "tschernihiv", "Чернігів", "CHERNIHIV"):
        assert [organisation.name for organisation in Organisation.objects.named(spelling)] == ["Chernihiv"]
    partnership = Partnership.objects.get(name="Chernihiv")
    kinds = {"2022-12-13": None, "2022-12-14": "solidarity", "2025-09-16": "solidarity", "2025-09-17": "twinning"}
    for day, kind in kinds.items():
        stage = partnership.stage_on(datetime.date.fromisoformat(day))
        assert (day, stage and stage.kind) == (day, kind)


def test_agreements_with_kapstadt_follow_each_other_and_no_signature_is_claimed(demo):
    load(on=DAY, layers=["paper", "public"])
    first = Agreement.objects.get(signed_start=datetime.date(2000, 6, 28))
    chain = [str(first.signed)]
    while first := first.successor:
        chain.append(str(first.signed))
    assert chain == ["28.06.2000", "Juni 2004", "2007", "2012", "2017"]
    assert Agreement.objects.get(kind="letter_of_intent").signed is None
    beginnings = row("partnerschaft-kapstadt").beginnings.all()
    assert [str(one.when) for one in beginnings] == ["2000", "1998", "1999", "28.06.2000", "06.04.2016", "2017"]


def test_the_trip_has_travel_days_and_programme_days(demo):
    load(on=DAY, layers=["paper", "public"])
    trip = row("reise-2025")
    assert (str(trip.official), str(trip.programme)) == ("15.–23.03.2025", "16.–21.03.2025")
    numbers = [(one.group, one.number) for one in trip.participants.all()]
    assert numbers == [("administration", 1), ("administration", 5), ("politics", 5), ("association", 5)]


# --- The command --------------------------------------------------------------------------------------------------
def test_without_demo_nothing_is_loaded(db, settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="nur mit DEMO=True"):
        call_command("load_example")
    with pytest.raises(ImproperlyConfigured):
        load(on=DAY)
    assert not Organisation.objects.exists()


def test_only_an_empty_database_is_filled_at_start(demo, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    Organisation.objects.create(kind="association", name="Ein Verein, den es schon gibt")
    call_command("load_example", if_empty=True, stdout=io.StringIO())
    assert (Organisation.objects.count(), Submission.objects.count()) == (1, 0)


def test_the_command_loads_layers_and_takes_them_out(demo, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    call_command("load_example", layers=["paper"], stdout=io.StringIO())
    assert not Stage.objects.filter(source_key__startswith="public/").exists()
    out = io.StringIO()
    call_command("load_example", remove="paper", stdout=out)
    call_command("load_example", remove="paper", stdout=out)
    told = out.getvalue().splitlines()
    assert re.fullmatch(r"Die Schicht „paper“ ist entfernt \(\d+ Einträge\)\.", told[0])
    assert told[1] == "Die Schicht „paper“ war nicht geladen."
    with pytest.raises(CommandError, match="Laden Sie „paper“ zuerst"):
        call_command("load_example", layers=["public"], stdout=out)
