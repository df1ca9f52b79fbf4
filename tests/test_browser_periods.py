"""Vague dates in a browser: while somebody types, the form says how it understands them; without script it says so after saving."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from kepol.accounts.choices import Role
from kepol.accounts.roles import sync_roles
from kepol.funding.models import Grant, ReportDuty
from kepol.lib.periods.value import Period
from tests.factories.funding import GrantFactory, ReportDutyFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

UNDERSTOOD = "Verstanden als Q2/2025 (01.04.2025 bis 30.06.2025)."


@pytest.fixture(autouse=True)
def _roles(transactional_db):
    sync_roles()


def address(grant):
    return reverse("admin:funding_grant_change", args=[grant.pk])


def test_a_form_says_while_one_types_how_a_date_is_understood(desks):
    grant = GrantFactory(period=None)
    desk = desks(Role.KOORDINATION)
    page = desk.open(address(grant))
    field, reading = page.get_by_label("Laufzeit"), page.locator("output[for=id_period]")
    assert (reading.inner_text(), reading.get_attribute("aria-live")) == ("", "polite")
    field.press_sequentially("Q2/2025", delay=20)
    expect(reading).to_have_text(UNDERSTOOD)
    field.fill("demnächst")
    expect(reading).to_contain_text("„demnächst“")
    expect(reading).to_have_class("period-reading period-reading--open")
    field.fill("ab Oktober 2024")
    expect(reading).to_have_text("Verstanden als ab Oktober 2024 (ab 01.10.2024).")
    expect(reading).to_have_class("period-reading")
    field.fill("")
    expect(reading).to_have_text("")
    field.fill("2. Quartal 25")
    expect(reading).to_have_text(UNDERSTOOD)
    page.get_by_role("button", name="Sichern", exact=True).click()
    assert str(Grant.objects.get().period) == "Q2/2025"
    assert desk.complaints == []


def test_only_the_answer_to_what_stands_in_the_field_counts(desks):
    desk = desks(Role.KOORDINATION)
    page = desk.open(address(GrantFactory(period=None)))
    held = []
    # Playwright hangs a note on its handler, which a bound method of a list does not take.
    page.route("**/zeitraum/?text=2025", lambda route: held.append(route))  # noqa: PLW0108
    page.get_by_label("Laufzeit").fill("2025")
    page.wait_for_timeout(500)
    page.get_by_label("Laufzeit").fill("Q2/2025")
    reading = page.locator("output[for=id_period]")
    expect(reading).to_have_text(UNDERSTOOD)
    for route in held:
        route.continue_()
    page.wait_for_timeout(300)
    assert (len(held), reading.inner_text()) == (1, UNDERSTOOD)


def test_rows_that_come_and_go_keep_each_field_together_with_its_reading(desks):
    duty = ReportDutyFactory(covers=None)
    desk = desks(Role.KOORDINATION)
    page = desk.open(address(duty.grant))

    def readings():
        outputs = page.locator("#report_duties-group tr.form-row:not(.empty-form) .period")
        return outputs.evaluate_all(
            "(all) => all.map((one) => [one.querySelector('input').id, one.querySelector('output').getAttribute('for')])"
        )

    add = page.locator("#report_duties-group .add-row a")
    add.click()
    add.click()
    names = [f"id_report_duties-{number}-covers" for number in range(3)]
    page.wait_for_function("document.querySelector('output[for=id_report_duties-2-covers]')")
    assert readings() == [[name, name] for name in names]
    page.locator("#id_report_duties-2-covers").fill("Q2/2025")
    expect(page.locator("output[for=id_report_duties-2-covers]")).to_have_text(UNDERSTOOD)
    expect(page.locator("output[for=id_report_duties-1-covers]")).to_have_text("")
    page.locator("#report_duties-1 .inline-deletelink").click()
    expect(page.locator("output[for=id_report_duties-1-covers]")).to_have_text(UNDERSTOOD)
    assert readings() == [[name, name] for name in names[:2]]
    assert desk.complaints == []
    assert ReportDuty.objects.count() == 1


def test_without_script_saving_explains(desks):
    quarter = Period.parse("Q2/2025")
    grant = GrantFactory(period=quarter)
    page = desks(Role.KOORDINATION, java_script_enabled=False).open(address(grant))
    reading = page.locator("output[for=id_period]")
    assert reading.inner_text() == UNDERSTOOD
    page.get_by_label("Laufzeit").fill("demnächst")
    page.get_by_role("button", name="Sichern", exact=True).click()
    assert "„demnächst“" in page.locator(".field-period .errorlist").inner_text()
    assert (page.get_by_label("Laufzeit").input_value(), reading.inner_text()) == ("demnächst", "")
    page.get_by_label("Laufzeit").fill("bis 2026")
    page.get_by_role("button", name="Sichern", exact=True).click()
    assert page.url.endswith(reverse("admin:funding_grant_changelist"))
    assert str(Grant.objects.get().period) == "bis 2026"
