"""The example in three layers: what each brings into an empty installation, and how it is taken out."""

import datetime
import io
import re

import pytest
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management import CommandError, call_command

from concept.choices import Channel
from concept.lifecycle import OnBehalf, comment, confirm
from concept.models import InventoryItem, Milestone, MilestoneReport
from kepol.accounts.choices import Role
from kepol.council.models import Committee, OfficeHolder, Submission
from kepol.dates.models import Tickler
from kepol.dates.ticklers import remind
from kepol.example.facts import LAYERS
from kepol.example.loading import load
from kepol.example.removing import remove
from kepol.example.rows import REASON
from kepol.funding.models import ReportDuty
from partnerships.models import Agreement, Partnership, Stage
from stakeholders.models import Body, ContactEntry, Organisation
from tests.example_rows import DAY, content, row, versions
from tests.factories import OrganisationFactory, UserFactory
from tests.factories.concept import MilestoneFactory


@pytest.fixture
def demo(db, settings):
    settings.DEMO = True


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


def test_on_any_day_of_loading_the_start_page_has_the_same_to_tell(demo):
    for text in ("2026-11-22", "2026-12-15", "2027-01-31", "2027-02-28", "2028-02-29", "2028-08-31", "2030-12-31"):
        day = datetime.date.fromisoformat(text)
        load(on=day)
        rings = {"due": 3, "late": 2, "moved": 1, "agreements": 1, "expired": 0, "duties": 1, "overdue duties": 0}
        assert (text, ringing(day)) == (text, rings)
        assert Milestone.objects.report_overdue(on=day).filter(source_key__startswith="continuation/").count() == 2
        assert Tickler.objects.due(on=day).count() == 2
        assert ContactEntry.objects.next_step_due(on=day).count() == 1


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


@pytest.mark.parametrize(("layer", "below"), [("public", "paper"), ("continuation", "paper")])
def test_a_layer_needs_those_below(demo, layer, below):
    with pytest.raises(ValidationError) as refused:
        load(on=DAY, layers=[layer])
    assert refused.value.messages == [
        f"Die Schicht „{layer}“ baut auf „{below}“ auf. Laden Sie „{below}“ zuerst oder zusammen mit ihr."
    ]
    assert not Organisation.objects.exists()


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


@pytest.mark.parametrize("entered", [of_foreign_key, of_many_to_many, of_a_reminder, of_a_child])
def test_what_was_entered_here_holds_the_layer_it_points_to(demo, entered):
    load(on=DAY, layers=["paper"])
    named = entered()
    before = versions()
    with pytest.raises(ValidationError) as refused:
        remove("paper", on=DAY)
    assert f"weil hier Eingetragenes zu ihr gehört: {named}. Löschen Sie diese Einträge" in refused.value.messages[0]
    assert versions() == before


def reports():
    """What is said in the example, under keys that survive loading again."""
    rows = MilestoneReport.objects.order_by("pk").select_related("milestone", "by", "unit")
    return [(one.milestone.source_key, one.step, one.author(), one.as_of, one.movement(), one.text) for one in rows]


def test_what_is_said_goes_through_the_door_once_a_day_of_loading_and_goes_with_its_layer(demo):
    load(on=DAY)
    first = reports()
    assert len(first) == 7
    assert {one[2] for one in first if "Telefon" in one[2]} == {
        "koordination@demo.example für FB 36 (Telefon vom 19.10.2026)"
    }
    assert [one[4] for one in first if one[1] == "reschedule"] == ["29.10.2026 → 11.02.2027 (Partner)"]
    before = versions("continuation")
    load(on=DAY)
    assert (reports(), versions("continuation")) == (first, before)
    load(on=DAY + datetime.timedelta(days=30))
    moved = next(one for one in reports() if one[1] == "reschedule")
    assert (len(reports()), moved[4]) == (7, "28.11.2026 → 13.03.2027 (Partner)")
    remove("continuation", on=DAY)
    assert reports() == []


def said_here(layer_row):
    someone = UserFactory(roles=[Role.KOORDINATION])
    return comment(Milestone.objects.get(pk=row(layer_row).pk), text="Von hier", by=someone, today=DAY)


@pytest.mark.parametrize("milestone", ["bsp-ausschreibung", "bsp-schulliste"])
def test_what_somebody_said_here_holds_the_layer_and_is_not_laid_out_anew(demo, milestone):
    load(on=DAY)
    said_here(milestone)
    load(on=DAY + datetime.timedelta(days=1))
    assert MilestoneReport.objects.filter(text="Von hier").exists()
    with pytest.raises(ValidationError, match="wurde hier etwas gemeldet: Kommentar am") as refused:
        remove("continuation", on=DAY)
    assert f"zu „{row(milestone)}“. Mit --also-changed" in refused.value.messages[0]
    remove("continuation", on=DAY, also_changed=True)
    assert not MilestoneReport.objects.exists()


def test_a_report_for_a_unit_of_the_layer_about_something_else_holds_it(demo):
    load(on=DAY, layers=["paper"])
    someone, other = UserFactory(roles=[Role.KOORDINATION]), MilestoneFactory()
    confirm(other, by=someone, today=DAY, on_behalf_of=OnBehalf(row("fb-36"), Channel.PHONE, DAY))
    with pytest.raises(ValidationError, match="weil hier Eingetragenes zu ihr gehört: Rückmeldung „unverändert"):
        remove("paper", on=DAY)


def test_rows_the_files_no_longer_know_go_too(demo):
    load(on=DAY, layers=["paper"])
    former = InventoryItem(title="Früher im Beispiel", source_key="paper/frueher")
    former._change_reason = REASON
    former.save()
    remove("paper", on=DAY)
    assert not InventoryItem.objects.exists()


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
