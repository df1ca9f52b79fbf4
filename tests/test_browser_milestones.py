"""The department portal in a browser: how far it is to "gespeichert", one card after the other, two at a time, and on paper."""

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone

from concept import lifecycle
from concept.choices import Status
from concept.models import Milestone, MilestoneReport
from kepol.accounts.choices import Role
from kepol.lib.periods import Period
from tests.desks import ANONYMOUS
from tests.factories import MembershipFactory, PersonFactory, UnitFactory, UserFactory
from tests.factories.concept import MeasureFactory, MilestoneEvidenceFactory, MilestoneFactory
from tests.test_browser_login import newest_code
from tests.test_browser_pages import findings, tab_to

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("reference_data")]

OWN = "/meilensteine/"
TITLES = ("Liste der Schulen", "Bildungstag vorbereitet", "Flyer gedruckt")


@pytest.fixture
def unit():
    return UnitFactory(code="FB 36", name="Fachbereich Klima und Umwelt")


@pytest.fixture
def rows(unit):
    """Three milestones to answer for, in the order of the list, and one to know about."""
    measure = MeasureFactory(title="Öffentlich sichtbare Bildungsangebote zur nachhaltigen Entwicklung", lead=unit)
    MilestoneFactory(title="Gliederung abgestimmt", involved=[unit])
    return [
        MilestoneFactory(
            title=title,
            responsible=unit,
            measure=measure,
            planned=Period.parse(f"Q{number}/2098"),
            status=Status.IN_PROGRESS,
        )
        for number, title in enumerate(TITLES, start=1)
    ]


@pytest.fixture
def member(unit):
    user = UserFactory(roles=[Role.FACHBEREICH])
    MembershipFactory(person=PersonFactory(user=user), organisation=unit)
    return user


@pytest.fixture
def desk(desks, member):
    """The browser of somebody of the unit who is signed in."""
    return signed_in(desks, member)


def signed_in(desks, member, **options):
    desk = desks(Role.LESEZUGRIFF, **options)
    cookie = next(one for one in desk.context.cookies() if one["name"] == "sid")
    store = Session.objects.get(pk=cookie["value"])
    data = store.get_decoded()
    data["_auth_user_id"], data["_auth_user_hash"] = str(member.pk), member.get_session_auth_hash()
    store.session_data = Session.objects.encode(data)
    store.save()
    return desk


def page_of(row):
    return reverse("concept:milestone_detail", args=[row.pk])


def card(page, row):
    return page.locator(f"#karte-{row.pk}")


def press(page, row, button="Speichern"):
    card(page, row).get_by_role("button", name=button, exact=True).click()


def said():
    return list(MilestoneReport.objects.order_by("pk").values_list("milestone__title", "step", "text"))


def loads_of(desk):
    loads = []
    desk.page.on("load", lambda page: loads.append(page.url))
    return loads


def colleague_reports(row, member, text="Die Kollegin war schneller"):
    lifecycle.report(Milestone.objects.get(pk=row.pk), by=member, today=timezone.localdate(), text=text)


def in_view(page, locator):
    box = locator.bounding_box()
    return 0 <= box["y"] < page.viewport_size["height"]


# --- How far it is --------------------------------------------------------------------------------------------------
def report_on_its_page(page):
    """One choice, one sentence, one button."""
    page.get_by_label("Status", exact=True).select_option(label="erreicht")
    page.get_by_label("Ein Satz zum Stand").fill("Zwölf Schulen machen mit.")
    with page.expect_navigation():
        page.get_by_role("button", name="Speichern", exact=True).click()
    page.wait_for_load_state()
    assert page.locator(".messages").inner_text().strip() == "Als erreicht gemeldet: „Liste der Schulen“."
    assert said() == [("Liste der Schulen", "reach", "Zwölf Schulen machen mit.")]


def test_signed_in_a_link_leads_to_gespeichert_in_two_loads(desk, rows):
    loads = loads_of(desk)
    report_on_its_page(desk.open(page_of(rows[0])))
    assert (len(loads), desk.complaints) == (2, [])


def test_a_link_in_a_mail_leads_through_the_code_to_gespeichert_in_four_loads(desks, member, rows):
    desk = desks(ANONYMOUS)
    loads = loads_of(desk)
    page = desk.open(page_of(rows[0]))
    page.fill("[name=login]", member.email)
    with page.expect_navigation():
        page.get_by_role("button", name="Code per E-Mail senden").click()
    page.fill("[name=code]", newest_code())
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.wait_for_load_state()
    assert page.url == f"{desk.host}{page_of(rows[0])}"
    report_on_its_page(page)
    assert (len(loads), desk.complaints) == (4, [])


# --- One card after the other ---------------------------------------------------------------------------------------
def test_with_the_keyboard_alone_one_card_leads_to_the_next(desk, rows):
    page = desk.open(OWN)
    loads = loads_of(desk)
    tab_to(page, page_of(rows[0]), most=12)
    for name in ("status", "text"):
        tab_to(page, name, most=1)
    page.keyboard.type("Zwölf Schulen machen mit.")
    tab_to(page, "Speichern", most=3)
    page.keyboard.press("Enter")
    page.wait_for_function("id => document.activeElement.id === id", arg=f"m{rows[1].pk}-status")
    page.locator("#meldung", has_text="Gespeichert: „Liste der Schulen“.").wait_for()
    assert in_view(page, card(page, rows[1]).locator("h3"))
    tab_to(page, "bestaetigen", most=5)
    page.keyboard.press("Enter")
    page.wait_for_function("id => document.activeElement.id === id", arg=f"m{rows[2].pk}-status")
    assert said() == [
        ("Liste der Schulen", "report", "Zwölf Schulen machen mit."),
        ("Bildungstag vorbereitet", "confirm", ""),
    ]
    assert (loads, desk.complaints) == ([], [])


def test_counts_follow_and_what_is_reached_has_no_form_left(desk, rows):
    page = desk.open(OWN)
    card(page, rows[0]).get_by_label("Status").select_option(label="erreicht")
    press(page, rows[0])
    page.get_by_text("2 offen").wait_for()
    assert card(page, rows[0]).locator("form").count() == 0
    assert "erreicht" in card(page, rows[0]).inner_text()


def test_text_in_other_cards_outlives_saving_errors_and_conflicts(desk, rows, member):
    page = desk.open(OWN)
    other = card(page, rows[2]).get_by_label("Ein Satz zum Stand")
    other.fill("Noch nicht fertig geschrieben")
    first = card(page, rows[0])
    first.get_by_label("Ein Satz zum Stand").fill("Ein neuer Termin")
    first.get_by_label("Neuer Termin").fill("Q4/2098")
    press(page, rows[0])
    first.get_by_text("Wählen Sie einen Grund.").wait_for()
    assert page.evaluate("document.activeElement.name") == "reason"
    assert first.get_by_label("Ein Satz zum Stand").input_value() == "Ein neuer Termin"
    colleague_reports(rows[0], member)
    first.get_by_label("Grund").select_option(label="Partner")
    press(page, rows[0])
    first.get_by_text("Gleichzeitige Bearbeitung").wait_for()
    assert first.get_by_label("Die Kollegin war schneller").is_visible()
    first.get_by_label("Ein neuer Termin").check()
    first.get_by_role("button", name="Auswahl speichern").click()
    page.get_by_text("Termin verschoben auf Q4/2098: „Liste der Schulen“.").first.wait_for()
    assert said()[1:] == [("Liste der Schulen", "reschedule", "Ein neuer Termin")]
    assert other.input_value() == "Noch nicht fertig geschrieben"
    assert [text for text in desk.complaints if not text.startswith("409")] == []


def test_who_drops_what_they_typed_gets_the_card_as_it_is_now(desk, rows, member):
    page = desk.open(OWN)
    card(page, rows[0]).get_by_label("Ein Satz zum Stand").fill("Doch nicht")
    colleague_reports(rows[0], member)
    press(page, rows[0])
    page.get_by_role("link", name="Meine Eingabe verwerfen").click()
    card(page, rows[0]).get_by_role("button", name="Speichern", exact=True).wait_for()
    assert "Die Kollegin war schneller" in card(page, rows[0]).inner_text()
    assert card(page, rows[0]).get_by_label("Ein Satz zum Stand").input_value() == ""


def test_leaving_with_unsaved_text_asks_first(desk, rows):
    page, asked = desk.open(OWN), []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.reload()
    assert asked == []
    field = card(page, rows[0]).get_by_label("Ein Satz zum Stand")
    field.click()
    field.type("Noch nicht gespeichert")
    page.reload()
    assert asked == ["beforeunload"]


def test_text_stays_when_the_session_has_ended(desk, rows):
    page = desk.open(OWN)
    card(page, rows[0]).get_by_label("Ein Satz zum Stand").fill("Langer Text")
    Session.objects.all().delete()
    press(page, rows[0])
    page.get_by_text("Nicht gespeichert: Ihre Anmeldung ist abgelaufen.").wait_for()
    assert card(page, rows[0]).get_by_label("Ein Satz zum Stand").input_value() == "Langer Text"
    assert said() == []


# --- Without JavaScript -----------------------------------------------------------------------------------------------
def test_everything_works_without_javascript(desks, rows, member):
    desk = signed_in(desks, member, java_script_enabled=False)
    page = desk.open(OWN)
    first = card(page, rows[0])
    first.get_by_label("Ein Satz zum Stand").fill("Ein neuer Termin")
    first.get_by_label("Neuer Termin").fill("Q4/2098")
    press(page, rows[0])
    assert page.title() == "Fehler: Liste der Schulen – KEpol"
    assert page.get_by_label("Ein Satz zum Stand").input_value() == "Ein neuer Termin"
    colleague_reports(rows[0], member)
    page.get_by_label("Grund").select_option(label="Partner")
    page.get_by_role("button", name="Speichern", exact=True).click()
    assert page.locator("h1").inner_text() == "Gleichzeitige Bearbeitung"
    page.get_by_label("Ein neuer Termin").check()
    page.get_by_role("button", name="Auswahl speichern").click()
    assert page.url == f"{desk.host}{OWN}?seite=1#meilenstein-{rows[1].pk}"
    assert in_view(page, page.locator(f"#meilenstein-{rows[1].pk}"))
    assert in_view(page, page.get_by_text("Termin verschoben auf Q4/2098: „Liste der Schulen“."))
    press(page, rows[1], "Unverändert bestätigen")
    assert said()[1:] == [
        ("Liste der Schulen", "reschedule", "Ein neuer Termin"),
        ("Bildungstag vorbereitet", "confirm", ""),
    ]
    assert desk.complaints == []


# --- Whether everybody can use them ------------------------------------------------------------------------------------
def refused(desk, row):
    page = desk.open(reverse("concept:milestone_answer", args=[row.pk]))
    page.get_by_label("Neuer Termin").fill("demnächst")
    page.get_by_role("button", name="Speichern", exact=True).click()


def disputed(desk, row, member):
    page = desk.open(reverse("concept:milestone_answer", args=[row.pk]))
    colleague_reports(row, member)
    page.get_by_label("Ein Satz zum Stand").fill("Zur selben Zeit geschrieben")
    page.get_by_role("button", name="Speichern", exact=True).click()


def saved_card(desk, row):
    page = desk.open(OWN)
    press(page, row, "Unverändert bestätigen")
    page.get_by_text("Unverändert bestätigt: „").first.wait_for()


def wide(page):
    """Widths at which the page scrolls sideways."""
    found = []
    for width in (320, 400, 1366):
        page.set_viewport_size({"width": width, "height": 800})
        found += [width] * (page.evaluate("document.documentElement.scrollWidth") > width)
    return found


def full_life(row, member):
    row.predecessors.add(MilestoneFactory(responsible=row.responsible), MilestoneFactory())
    MilestoneEvidenceFactory(milestone=row, added_by=member)
    colleague_reports(row, member)
    lifecycle.comment(row, by=member, today=timezone.localdate(), text="Ein Kommentar")


def test_the_pages_of_milestones_can_be_used_by_everybody(desks, rows, member):
    full_life(rows[0], member)
    desk = signed_in(desks, member, bypass_csp=True)
    pages = {
        "own": lambda: desk.open(OWN),
        "all": lambda: desk.open(f"{OWN}alle/"),
        "nothing found": lambda: desk.open(f"{OWN}alle/?q=gibtesnicht"),
        "life": lambda: desk.open(page_of(rows[0])),
        "refused": lambda: refused(desk, rows[1]),
        "saved": lambda: saved_card(desk, rows[1]),
        "conflict": lambda: disputed(desk, rows[2], member),
    }
    found = {}
    for name, show in pages.items():
        show()
        if problems := (findings(desk.page), wide(desk.page)) != ({}, []):
            found[name] = (findings(desk.page), wide(desk.page), problems)
    assert found == {}


def test_printed_pages_keep_what_is_to_be_read(desk, rows, member):
    full_life(rows[0], member)
    page = desk.open(OWN)
    page.emulate_media(media="print")
    assert page.locator("form:visible, button:visible, .site-nav:visible").count() == 0
    for title in TITLES:
        assert page.get_by_text(title).first.is_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('.milestone')).breakInside") == "avoid"
    desk.open(page_of(rows[0]))
    assert page.locator("form:visible, button:visible, .site-nav:visible, summary:visible").count() == 0
    for words in (
        "Die Kollegin war schneller",
        "Ein Kommentar",
        "Nachweis Nummer",
        "1 weiterer einer anderen Dienststelle",
    ):
        assert page.get_by_text(words).first.is_visible()
