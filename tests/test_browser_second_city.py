"""Another city with another partner: everything of its programme is entered by hand in the back office, no code is touched."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from concept.models import Milestone
from kepol.accounts.choices import Role
from kepol.lib.periods import Period
from partnerships.models import Agreement, Partnership, Visit
from stakeholders.models import Organisation

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(desks, reference_data, settings):
    """The desk of the Koordination in an installation in which nobody has entered anything yet."""
    settings.MUNICIPALITY_NAME, settings.MUNICIPALITY_GENITIVE = "Stadt Musterhausen", "der Stadt Musterhausen"
    desk = desks(Role.KOORDINATION)
    yield desk.open(reverse("admin:index"))
    assert desk.complaints == []


def add(page, model):
    """Open the empty form of `model` from the start page."""
    page.goto(page.url.split("/verwaltung/")[0] + reverse("admin:index"))
    page.locator(f".model-{model}").get_by_role("link", name="Hinzufügen").first.click()


def choose(page, field, words, option):
    """Pick `option` in the autocomplete of `field` after typing `words`."""
    page.locator(f".field-{field} .select2-selection").first.click()
    page.get_by_role("searchbox").last.fill(words)
    page.get_by_role("option", name=option).click()


def save(page):
    page.click("[name=_save]")
    errors = page.locator(".errornote, .errorlist").all_inner_texts()
    assert errors == []
    return page.locator(".messagelist").inner_text()


def add_organisation(page, kind, name, code=""):
    add(page, "organisation")
    page.get_by_label("Art", exact=False).first.select_option(label=kind)
    page.locator("#id_name").fill(name)
    page.locator("#id_code").fill(code)
    save(page)


def add_partnership(page):
    add(page, "partnership")
    page.locator("#id_name").fill("Porto Alegre")
    choose(page, "partner", "alegre", "Porto Alegre")
    choose(page, "country", "brasil", "Brasilien")
    choose(page, "unit", "fb 10", "FB 10 - Fachbereich Stadtentwicklung")
    page.get_by_role("button", name="Art und Status hinzufügen").click()
    page.locator("#id_stages-0-kind").select_option(label="Klimapartnerschaft")
    page.locator("#id_stages-0-valid_from").fill("01.03.2024")
    page.get_by_role("button", name="Beginn hinzufügen").click()
    page.locator("#id_beginnings-0-when").fill("Sommer 2019")
    page.locator("#beginnings-0 .period-reading", has_text="Verstanden als Juni bis August 2019").wait_for()
    page.locator("#id_beginnings-0-what").fill("erster Austausch der Wasserwerke")
    page.locator("#id_beginnings-0-source").fill("Ratsdrucksache 12/2019")
    save(page)


def add_agreement(page):
    add(page, "agreement")
    choose(page, "partnership", "brasilien", "Porto Alegre")
    page.locator("#id_kind").select_option(label="Absichtserklärung")
    page.locator("#id_title").fill("Absichtserklärung zum Hochwasserschutz")
    page.locator("#id_signed").fill("Mitte Mai 2024")
    page.locator("#id_valid_to").fill(f"{timezone.localdate() + datetime.timedelta(days=100):%d.%m.%Y}")
    save(page)


def add_visit(page):
    add(page, "visit")
    choose(page, "partnership", "alegre", "Porto Alegre")
    page.locator("#id_direction").select_option(label="Reise zum Partner")
    page.locator("#id_title").fill("Delegationsreise zum Hochwasserschutz")
    page.locator("#id_official").fill("demnächst")
    page.click("[name=_save]")
    assert "demnächst" in page.locator(".errorlist").first.inner_text()
    assert page.locator("#id_title").input_value() == "Delegationsreise zum Hochwasserschutz"
    page.locator("#id_official").fill("15. bis zum 23. März 2027")
    page.locator("#id_programme").fill("16.-21.März 2027")
    save(page)


def add_programme(page):
    add(page, "fieldofaction")
    page.locator("#id_code").fill("1")
    page.locator("#id_title").fill("Wasser und Stadt")
    save(page)
    add(page, "measure")
    choose(page, "field_of_action", "wasser", "1 Wasser und Stadt")
    page.locator("#id_code").fill("1.1")
    page.locator("#id_title").fill("Fachaustausch zum Hochwasserschutz")
    choose(page, "lead", "stadtentwicklung", "FB 10 - Fachbereich Stadtentwicklung")
    save(page)
    add(page, "milestone")
    page.locator("#id_title").fill("Bericht an den Ausschuss")
    page.locator("#id_planned").fill("II. Quartal 2027")
    choose(page, "responsible", "fb10", "FB 10 - Fachbereich Stadtentwicklung")
    choose(page, "measure", "hochwasser", "1.1 Fachaustausch zum Hochwasserschutz")
    save(page)


def test_a_second_city_sets_up_its_programme_by_hand(page):
    add_organisation(page, "Fachbereich", "Fachbereich Stadtentwicklung", "fb10")
    add_organisation(page, "Kommune", "Porto Alegre")
    add_partnership(page)
    add_agreement(page)
    add_visit(page)
    add_programme(page)
    assert_stored()
    assert_shown(page)


def assert_stored():
    partnership = Partnership.objects.get()
    assert (partnership.partner.name, partnership.country.name) == ("Porto Alegre", "Brasilien")
    assert str(partnership.stage_on(timezone.localdate())) == "Klimapartnerschaft, aktiv"
    assert str(partnership.beginnings.get().when) == "Juni bis August 2019"
    visit = Visit.objects.get()
    assert visit.official == Period(datetime.date(2027, 3, 15), datetime.date(2027, 3, 23))
    assert visit.programme == Period(datetime.date(2027, 3, 16), datetime.date(2027, 3, 21))
    assert str(Agreement.objects.get().signed) == "Mitte Mai 2024"
    assert str(Milestone.objects.get().planned) == "Q2/2027"
    assert Organisation.objects.get(name="Fachbereich Stadtentwicklung").code == "FB 10"


def assert_shown(page):
    """What was entered counts on the start page, and everything leads to everything."""
    page.goto(page.url.split("/verwaltung/")[0] + reverse("admin:index"))
    today = page.locator(".today")
    today.get_by_role("link", name="Vereinbarungen laufen aus").click()
    page.get_by_role("link", name="Absichtserklärung zum Hochwasserschutz", exact=True).click()
    related = page.locator("#verbunden")
    related.get_by_role("link", name="Porto Alegre").first.click()
    page.locator("#verbunden").get_by_role("link", name="Besuche").click()
    page.locator(".narrowing", has_text="Porto Alegre").wait_for()
    assert page.locator("#result_list tbody tr").count() == 1
    assert "15.–23.03.2027" in page.locator("#result_list").inner_text()
