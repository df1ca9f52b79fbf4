"""Amounts: what people write becomes whole cents or is refused in German; forms, the conflict page and the history show amounts."""

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from kepol.accounts.choices import Role
from kepol.accounts.roles import sync_roles
from kepol.funding.models import Grant
from kepol.lib.history import entries
from kepol.lib.money import MAX_CENTS, MoneyFormField, format_cents, money_column, parse_cents
from tests.factories import UserFactory
from tests.factories.funding import BudgetLineFactory, GrantFactory
from tests.forms import read_form

NBSP, NARROW, MINUS = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}", "\N{MINUS SIGN}"

READ = [
    # What stands in papers of the council (domain research, section 7, row 8)
    ("1.234,56 €", 1_234_56),
    ("22.000,-- €", 22_000_00),
    ("1000,-- EUR", 1_000_00),
    ("19 TEUR", 19_000_00),
    ("83,9 Mio. Euro", 83_900_000_00),
    ("1.825.900,00€", 1_825_900_00),
    ("1.234", 1_234_00),
    ("-500,00", -500_00),
    ("(500,00)", -500_00),
    # Spellings of the same
    ("0", 0),
    ("0,5", 50),
    ("1,05", 1_05),
    ("007", 7_00),
    ("1234567", 1_234_567_00),
    ("1.234.567", 1_234_567_00),
    ("22.000,-", 22_000_00),
    ("22.000,–", 22_000_00),
    ("22.000,— €", 22_000_00),
    (" 12,30 euro ", 12_30),
    ("€ 1.000", 1_000_00),
    ("EUR 1.000,00", 1_000_00),
    (f"1.234,56{NBSP}€", 1_234_56),
    (f"1{NARROW}234{NARROW}567,89", 1_234_567_89),
    ("10 000", 10_000_00),
    (f"{MINUS}12,34", -12_34),
    ("- 12,34 €", -12_34),
    (f"(500{NBSP}€)", -500_00),
    ("(1.000,00 €)", -1_000_00),
    ("19 T€", 19_000_00),
    ("19TEUR", 19_000_00),
    ("1,5 Tsd. €", 1_500_00),
    ("2,5 Mio", 2_500_000_00),
    ("1,234 Mio. €", 1_234_000_00),
    ("1 Million Euro", 1_000_000_00),
    ("83,9 Millionen", 83_900_000_00),
    ("0,00001 Mio.", 10_00),
    ("1,500", 1_50),
    ("10.000.000.000.000", MAX_CENTS),
]
NUMBER, FRACTION, LARGE = "ist kein Betrag. Schreiben Sie ihn wie", "höchstens zwei Stellen", "ist zu groß"
REFUSED = [
    # English and Swiss spelling: read as German it would be another amount
    ("1'234.50", NUMBER),
    ("1,234.50", NUMBER),
    ("1234.50", NUMBER),
    ("12.34", NUMBER),
    ("1.23", NUMBER),
    ("1.2345", NUMBER),
    ("1,234,567", NUMBER),
    ("1,234", FRACTION),
    ("0,001", FRACTION),
    ("0,000000001 Mio.", FRACTION),
    ("1,00000000000000000000000000000000001", FRACTION),
    ("10.000.000.000.000,01", LARGE),
    ("9" * 40, LARGE),
    ("99999999999 Mio.", LARGE),
    ("9" * 41, NUMBER),
    ("9" * 100_000, NUMBER),
    ("", NUMBER),
    ("€", NUMBER),
    ("-", NUMBER),
    (",50", NUMBER),
    ("5,", NUMBER),
    ("TEUR", NUMBER),
    ("fünf", NUMBER),
    ("1e5", NUMBER),
    ("0x10", NUMBER),
    ("1_000", NUMBER),
    ("+5", NUMBER),
    ("--5", NUMBER),
    ("(500", NUMBER),
    ("500)", NUMBER),
    ("((500))", NUMBER),
    ("(-500)", NUMBER),
    ("-(500)", NUMBER),
    ("1 2 3", NUMBER),
    ("12 34", NUMBER),
    ("1.234 567", NUMBER),
    ("1. 234", NUMBER),
    ("5 $", NUMBER),
    ("5 € 3", NUMBER),
    ("5 Mio. Mio.", NUMBER),
    ("NaN", NUMBER),
    ("Infinity", NUMBER),
    ("١٢٣", NUMBER),
    ("\uff11\uff12\uff13", NUMBER),
    ("²", NUMBER),
    ("5\u200b0", NUMBER),
    ("5\x000", NUMBER),
    ("=1+1", NUMBER),
    ("<b>5</b>", NUMBER),
]


@pytest.mark.parametrize(("text", "cents"), READ)
def test_what_people_write_is_read(text, cents):
    assert parse_cents(text) == cents


@pytest.mark.parametrize(
    ("text", "message"), REFUSED, ids=[f"{n}-{text[:20]!r}" for n, (text, _) in enumerate(REFUSED)]
)
def test_what_is_unclear_or_impossible_is_refused(text, message):
    with pytest.raises(ValueError, match=message) as refused:
        parse_cents(text)
    assert len(str(refused.value)) < 200


@given(st.integers(-MAX_CENTS, MAX_CENTS))
def test_what_is_written_reads_back(cents):
    assert parse_cents(format_cents(cents)) == parse_cents(format_cents(cents, currency="")) == cents


@given(st.text(alphabet="0123456789.,-–— €()TEURMioTsd'+" + NBSP + MINUS, max_size=50) | st.text(max_size=50))
def test_any_text_is_an_amount_or_refused_in_german(text):
    try:
        cents = parse_cents(text)
    except ValueError as refused:
        assert str(refused).startswith("„")  # noqa: PT017 - either outcome is right
    else:
        assert isinstance(cents, int)
        assert abs(cents) <= MAX_CENTS


@pytest.mark.parametrize(
    ("cents", "text"),
    [(0, "0,00 €"), (5, "0,05 €"), (-5, "-0,05 €"), (123_456_789, "1.234.567,89 €"), (-100_000, "-1.000,00 €")],
)
def test_amounts_are_written_in_german(cents, text):
    assert format_cents(cents) == text


@pytest.mark.parametrize(
    ("initial", "typed", "changed"),
    [
        (123_456, "1.234,56", False),
        (123_456, "1234,56 €", False),
        (123_456, "1.234,57", True),
        (0, "0,00", False),
        (0, "", True),
        (None, "", False),
        (None, "0", True),
        (123_456, "Unsinn", True),
    ],
)
def test_another_spelling_is_no_change(initial, typed, changed):
    assert MoneyFormField(required=False).has_changed(initial, typed) is changed
    assert MoneyFormField(required=False, disabled=True).has_changed(initial, typed) is False


def test_a_column_of_a_list_tells_nothing_from_unknown():
    column = money_column("total_cents", "Gesamtkosten")
    assert [column(Grant(total_cents=cents)) for cents in (None, 0, 100)] == [None, "0,00 €", "1,00 €"]
    assert (column.empty_value_display, column.admin_order_field) == ("nicht bekannt", "total_cents")


# --- Through a form of the back office ---------------------------------------------------------------------------
EVA = "eva@example.org"


@pytest.fixture
def client(db):
    sync_roles()
    client = Client()
    client.force_login(UserFactory(email=EVA, roles=[Role.KOORDINATION]))
    return client


def address(grant, page="change"):
    return reverse(f"admin:funding_grant_{page}", args=[grant.pk])


def opened(client, grant):
    return read_form(client.get(address(grant)))


def test_an_amount_is_typed_stored_and_shown_again(client):
    grant = GrantFactory(total_cents=None, own_share_cents=None)
    typed = {"total_cents": "83,9 Mio. Euro", "own_share_cents": ""}
    assert client.post(address(grant), {**opened(client, grant), **typed}).status_code == 302
    assert Grant.objects.values_list("total_cents", "own_share_cents").get() == (83_900_000_00, None)
    form = opened(client, grant)
    assert (form["total_cents"], form["own_share_cents"]) == (["83.900.000,00"], [""])


def test_what_was_typed_stays_as_it_was_when_it_is_refused(client):
    grant = GrantFactory()
    response = client.post(
        address(grant), {**opened(client, grant), "total_cents": " 1'234.50", "own_share_cents": "5 TEUR"}
    )
    assert response.status_code == 200
    assert "„1&#x27;234.50“ ist kein Betrag. Schreiben Sie ihn wie 1.234,56 oder 22.000." in response.text
    form = read_form(response)
    assert (form["total_cents"], form["own_share_cents"]) == ([" 1'234.50"], ["5 TEUR"])
    assert Grant.objects.get().version == grant.version


def test_a_required_amount_is_asked_for(client):
    line = BudgetLineFactory()
    response = client.post(address(line.grant), {**opened(client, line.grant), "budget_lines-0-amount_cents": " "})
    assert response.status_code == 200
    assert "Dieses Feld ist zwingend erforderlich." in response.text


def test_another_spelling_saves_nothing(client):
    grant = GrantFactory(total_cents=100_000_00)
    assert client.post(address(grant), {**opened(client, grant), "total_cents": "100 TEUR"}).status_code == 302
    assert Grant.objects.get().version == grant.version


def test_two_people_see_each_others_amounts(client):
    grant = GrantFactory(total_cents=100_000_00)
    mine, hers = opened(client, grant), opened(client, grant)
    assert client.post(address(grant), {**hers, "total_cents": "120.000"}).status_code == 302
    page = client.post(address(grant), {**mine, "total_cents": "130.000"})
    assert page.status_code == 409
    [clash] = page.context["clashes"]
    [row] = clash.differences
    assert (row.label, row.mine, row.stored, row.found) == (
        "Gesamtkosten",
        "130.000,00 €",
        "120.000,00 €",
        "100.000,00 €",
    )
    chosen = {**read_form(page), "choice-total_cents": "stored", "_save": "1"}
    assert client.post(address(grant), chosen).status_code == 302
    assert Grant.objects.get().total_cents == 120_000_00


def test_the_history_tells_amounts_in_german(client):
    grant = GrantFactory(total_cents=None, own_share_cents=0)
    typed = {"total_cents": "1.234,5", "own_share_cents": ""}
    assert client.post(address(grant), {**opened(client, grant), **typed}).status_code == 302
    assert entries(grant)[0].sentence == (
        f"{EVA} hat geändert: Gesamtkosten von leer zu „1.234,50 €“, Eigenanteil von „0,00 €“ zu leer."
    )
