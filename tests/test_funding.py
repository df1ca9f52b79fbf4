"""Grants, their budget and their duties to report: what follows from days and figures, who may see them, and the desk work."""

import datetime
from decimal import Decimal

import pytest
from django.contrib.messages import get_messages
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from kepol.accounts.choices import Role
from kepol.accounts.roles import sync_roles
from kepol.funding.budget import by_year, compared, doubt, own_share_in_percent, percent
from kepol.funding.choices import CostCategory, Programme, ReportKind
from kepol.funding.follow_ups import FundingFollowUp
from kepol.funding.models import BudgetLine, Grant, ReportDuty
from kepol.funding.reporting import submit, withdraw
from kepol.lib.history import entries
from kepol.lib.periods.value import Period
from kepol.lib.versions import Conflict
from tests.factories import (
    MembershipFactory,
    OrganisationAliasFactory,
    OrganisationFactory,
    PersonFactory,
    UnitFactory,
    UserFactory,
)
from tests.factories.funding import BudgetLineFactory, GrantFactory, ReportDutyFactory
from tests.forms import read_form

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 5, 6)
DAY = datetime.timedelta(days=1)
EVA = "eva@example.org"


@pytest.fixture(autouse=True)
def _roles():
    sync_roles()


@pytest.fixture
def eva():
    return UserFactory(email=EVA, roles=[Role.KOORDINATION])


@pytest.fixture
def client(eva):
    client = Client()
    client.force_login(eva)
    return client


def today():
    return timezone.localdate()


def url(obj, page="change", *more):
    return reverse(f"admin:funding_{obj._meta.model_name}_{page}", args=[obj.pk, *more])


def changelist(model):
    return reverse(f"admin:funding_{model._meta.model_name}_changelist")


def listed(client, model, **query):
    return [row.pk for row in client.get(changelist(model), query).context["cl"].result_list]


def save(client, obj, **typed):
    form = read_form(client.get(url(obj)))
    return client.post(url(obj), {**form, **{name.replace("__", "-"): value for name, value in typed.items()}})


def told(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


# --- What follows from the days ----------------------------------------------------------------------------------
STANDINGS = [
    # days until it is due, days since it was submitted (None: open), overdue, due soon, words
    (-400, None, True, False, "überfällig seit 400 Tagen"),
    (-12, None, True, False, "überfällig seit 12 Tagen"),
    (-1, None, True, False, "überfällig seit 1 Tag"),
    (0, None, False, True, "heute fällig"),
    (1, None, False, True, "fällig in 1 Tag"),
    (40, None, False, True, "fällig in 40 Tagen"),
    (60, None, False, True, "fällig in 60 Tagen"),
    (61, None, False, False, "fällig in 61 Tagen"),
    (-12, 0, False, False, "abgegeben am 06.05.2026"),
    (0, 3, False, False, "abgegeben am 03.05.2026"),
    (40, 30, False, False, "abgegeben am 06.04.2026"),
]


@pytest.mark.parametrize(("ahead", "since", "overdue", "soon", "words"), STANDINGS)
def test_a_duty_stands_alike_in_python_and_in_sql(ahead, since, overdue, soon, words):
    duty = ReportDutyFactory(due_on=TODAY + ahead * DAY, submitted_on=None if since is None else TODAY - since * DAY)
    rows = ReportDuty.objects
    assert (duty.is_overdue(TODAY), duty.is_due_soon(TODAY), duty.is_open) == (overdue, soon, since is None)
    assert [found.exists() for found in (rows.overdue(on=TODAY), rows.due_soon(on=TODAY))] == [overdue, soon]
    assert (rows.open().exists(), rows.submitted().exists()) == (since is None, since is not None)
    assert duty.standing(TODAY) == words


def until(end):
    return Period(None, end)


ENDINGS = [
    (None, False),
    (Period(TODAY - DAY, None), False),
    (until(TODAY - DAY), False),
    (until(TODAY), True),
    (Period(datetime.date(2025, 1, 1), datetime.date(2026, 12, 31), named=True), True),
    (until(TODAY + 365 * DAY), True),
    (until(TODAY + 366 * DAY), False),
]


@pytest.mark.parametrize(("period", "is_ending"), ENDINGS, ids=str)
def test_a_grant_ends_within_a_year(period, is_ending):
    GrantFactory(period=period)
    assert Grant.objects.ending(on=TODAY).exists() is is_ending


# --- What follows from the figures -------------------------------------------------------------------------------
def test_budget_lines_are_summed_up_by_year():
    grant = GrantFactory()
    BudgetLineFactory(year=2025)
    for category, year, cents in [
        (CostCategory.TRAVEL_TRAINING, 2026, 100),
        (CostCategory.PERSONNEL, 2025, 1),
        (CostCategory.PERSONNEL, 2026, 20),
    ]:
        BudgetLineFactory(grant=grant, category=category, year=year, amount_cents=cents)
    assert list(by_year(grant).items()) == [(2025, 1), (2026, 120)]


@pytest.mark.parametrize(
    ("cents", "total", "words"),
    [
        (0, None, "Gesamtkosten nicht bekannt"),
        (100, 100, "gleich den Gesamtkosten"),
        (150, 100, "0,50 € mehr als die Gesamtkosten"),
        (50, 100, "0,50 € weniger als die Gesamtkosten"),
    ],
)
def test_a_sum_is_compared_with_the_total_cost(cents, total, words):
    assert compared(cents, total) == words


@pytest.mark.parametrize(
    ("total", "own", "expected"),
    [
        (100_00, 10_00, "10 %"),
        (300_00, 100_00, "33,33 %"),
        (100_00, 0, "0 %"),
        (0, 0, None),
        (None, 1, None),
        (1, None, None),
    ],
)
def test_the_own_share_in_percent(total, own, expected):
    share = own_share_in_percent(Grant(total_cents=total, own_share_cents=own))
    assert (None if share is None else percent(share)) == expected


@pytest.mark.parametrize(
    ("share", "text"), [("90", "90 %"), ("100", "100 %"), ("12.50", "12,5 %"), ("0", "0 %"), ("33.333", "33,33 %")]
)
def test_percent_is_written_in_german(share, text):
    assert percent(Decimal(share)) == text


FIGURES = [
    # quota, total, own share, what is told
    ("90", 100_000_00, 10_000_00, ""),
    ("90", 122_222_22, 12_222_22, ""),
    ("66.67", 300_000_00, 100_000_00, ""),
    ("90", 100_000_00, 10_005_00, ""),
    ("90", 100_000_00, 10_007_00, "7,00 € mehr als die Gesamtkosten. Bitte prüfen Sie die drei Angaben."),
    ("90", 100_000_00, 12_000_00, "90 % sind 90.000,00 €, mit dem Eigenanteil zusammen 2.000,00 € mehr als"),
    ("80", 100_000_00, 10_000_00, "10.000,00 € weniger als die Gesamtkosten. Trägt jemand anderes den Rest"),
    ("0", 0, 0, ""),
    (None, 100_000_00, 12_000_00, ""),
    ("90", None, 12_000_00, ""),
    ("90", 100_000_00, None, ""),
]


@pytest.mark.parametrize(("quota", "total", "own", "hint"), FIGURES)
def test_figures_that_do_not_fit_are_told(quota, total, own, hint):
    grant = Grant(quota=quota and Decimal(quota), total_cents=total, own_share_cents=own)
    assert hint in doubt(grant)
    assert bool(doubt(grant)) is bool(hint)


def test_saving_figures_that_do_not_fit_warns_and_saves(client):
    grant = GrantFactory()
    response = save(client, grant, own_share_cents="20.000")
    assert response.status_code == 302
    assert Grant.objects.get().own_share_cents == 20_000_00
    page = client.get(response.url)
    assert "Förderquote und Eigenanteil passen nicht zu den Gesamtkosten" in page.text
    assert "warning" in {message.level_tag for message in page.context["messages"]}


def test_saving_figures_that_fit_warns_of_nothing(client):
    response = save(client, GrantFactory(), title="Neuer Titel")
    assert "passen nicht" not in client.get(response.url).text


def test_the_form_shows_sums_and_share(client):
    grant = GrantFactory(total_cents=120_000_00, own_share_cents=15_000_00, quota=None)
    BudgetLineFactory(grant=grant, year=2025, amount_cents=40_000_00)
    BudgetLineFactory(grant=grant, year=2026, amount_cents=60_000_00)
    page = client.get(url(grant)).text
    assert "<div>2025: 40.000,00 €</div><div>2026: 60.000,00 €</div>" in page
    assert "zusammen 100.000,00 €, 20.000,00 € weniger als die Gesamtkosten" in page
    assert "12,5 %" in page
    assert "Noch keine Ansätze eingetragen." in client.get(url(GrantFactory())).text
    assert "erscheint nach dem Speichern" in client.get(reverse("admin:funding_grant_add")).text


# --- Rules -------------------------------------------------------------------------------------------------------
def test_the_same_line_twice_in_one_form_is_told(client):
    grant = GrantFactory()
    rows = [BudgetLineFactory(grant=grant, year=year) for year in (2025, 2026)]
    response = save(client, grant, budget_lines__1__year="2025")
    assert response.status_code == 200
    assert "doppelten" in response.text
    assert BudgetLine.objects.get(pk=rows[1].pk).year == 2026


def test_the_same_line_twice_in_the_list_of_lines_is_told(client):
    grant = GrantFactory()
    rows = [BudgetLineFactory(grant=grant, year=year) for year in (2025, 2026)]
    response = save(client, rows[1], year="2025")
    assert "Für diese Kostenart und dieses Jahr gibt es schon einen Ansatz." in response.text


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"quota": "101"}, "Die Förderquote liegt zwischen 0 und 100 Prozent."),
        ({"period": "31.12.2026 bis 01.01.2025"}, "Das Ende 01.01.2025 liegt vor dem Beginn 31.12.2026."),
        ({"budget_lines__0__year": "26"}, "Das Jahr liegt zwischen 1990 und 2100."),
        ({"budget_lines__0__amount_cents": "-1"}, "Ein Ansatz kann nicht negativ sein."),
        ({"own_share_cents": "100.000,01"}, "Der Eigenanteil ist größer als die Gesamtkosten."),
    ],
)
def test_what_cannot_be_is_refused_with_its_remedy(client, typed, message):
    line = BudgetLineFactory()
    response = save(client, line.grant, **typed)
    assert response.status_code == 200
    assert message in response.text
    assert Grant.objects.get().version == line.grant.version


# --- Verbs -------------------------------------------------------------------------------------------------------
def test_a_report_is_submitted_and_taken_back(eva):
    duty = ReportDutyFactory()
    submit(duty, on=TODAY, by=eva)
    stored = ReportDuty.objects.get()
    assert (stored.submitted_on, stored.is_open) == (TODAY, False)
    withdraw(stored, by=eva)
    assert ReportDuty.objects.get().submitted_on is None
    assert [entry.sentence for entry in entries(duty)[:2]] == [
        f"{EVA} hat geändert: abgegeben am von „06.05.2026“ zu leer.",
        f"{EVA} hat geändert: abgegeben am von leer zu „06.05.2026“.",
    ]


def test_a_report_is_submitted_once(eva):
    duty = ReportDutyFactory(submitted_on=TODAY - DAY)
    with pytest.raises(ValidationError, match=r"ist schon abgegeben am 05\.05\.2026"):
        submit(duty, on=TODAY, by=eva)
    with pytest.raises(ValidationError, match="ist nicht als abgegeben vermerkt"):
        withdraw(ReportDutyFactory(), by=eva)


@pytest.mark.parametrize("verb", [lambda duty: submit(duty, on=TODAY, by=None), lambda duty: duty.delete()])
def test_who_submits_does_not_overwrite_unseen_work(verb):
    mine = ReportDutyFactory()
    hers = ReportDuty.objects.get()
    hers.note = "Ihr Text"
    hers.save()
    with pytest.raises(Conflict):
        verb(mine)
    assert (ReportDuty.objects.get().note, ReportDuty.objects.get().submitted_on) == ("Ihr Text", None)


# --- Steps -------------------------------------------------------------------------------------------------------
def take(client, duty, step, **typed):
    address = url(duty, "step", step)
    return client.post(address, {**read_form(client.get(address)), **typed})


def test_the_step_notes_the_day_and_proposes_today(client):
    duty = ReportDutyFactory()
    page = client.get(url(duty, "step", "abgegeben"))
    assert read_form(page)["on"] == [f"{today():%d.%m.%Y}"]
    assert take(client, duty, "abgegeben", on="01.03.2026").status_code == 302
    assert ReportDuty.objects.get().submitted_on == datetime.date(2026, 3, 1)
    assert take(client, duty, "doch-nicht-abgegeben").status_code == 302
    assert ReportDuty.objects.get().is_open


@pytest.mark.parametrize(("ahead", "status"), [(0, 302), (1, 200)])
def test_what_has_not_happened_cannot_be_noted(client, ahead, status):
    duty = ReportDutyFactory()
    response = take(client, duty, "abgegeben", on=f"{today() + ahead * DAY:%d.%m.%Y}")
    assert response.status_code == status
    assert ("Der Tag liegt in der Zukunft." in response.text) is (status == 200)
    assert ReportDuty.objects.get().is_open is (status == 200)


@pytest.mark.parametrize(
    ("submitted_on", "step", "words"),
    [
        (TODAY, "abgegeben", "ist schon als abgegeben vermerkt"),
        (None, "doch-nicht-abgegeben", "ist nicht als abgegeben vermerkt"),
    ],
)
def test_a_step_that_makes_no_sense_is_refused_and_not_offered(client, submitted_on, step, words):
    duty = ReportDutyFactory(submitted_on=submitted_on)
    response = client.post(url(duty, "step", step), {"on": "01.01.2026"}, follow=True)
    assert words in response.text
    assert url(duty, "step", step) not in client.get(url(duty)).text
    assert ReportDuty.objects.get().submitted_on == submitted_on


def test_a_step_on_what_somebody_changed_meanwhile_asks_again(client):
    duty = ReportDutyFactory()
    form = read_form(client.get(url(duty, "step", "abgegeben")))
    save(client, duty, note="inzwischen")
    response = client.post(url(duty, "step", "abgegeben"), form)
    assert response.status_code == 200
    assert "wurde inzwischen geändert" in response.text
    assert ReportDuty.objects.get().is_open


def test_several_reports_are_noted_at_once_and_those_submitted_stay(client):
    rows = [ReportDutyFactory() for _ in range(2)]
    done = ReportDutyFactory(submitted_on=TODAY)
    chosen = {"action": "abgegeben", "_selected_action": [str(row.pk) for row in (*rows, done)]}
    page = client.post(f"{changelist(ReportDuty)}?stand=alle", chosen)
    assert "Betroffen sind 2 Einträge" in page.text
    form = {**read_form(page), "on": "01.03.2026"}
    assert client.post(f"{changelist(ReportDuty)}?stand=alle", form).status_code == 302
    days = dict(ReportDuty.objects.values_list("pk", "submitted_on"))
    assert days == {**dict.fromkeys((row.pk for row in rows), datetime.date(2026, 3, 1)), done.pk: TODAY}


def test_the_day_of_submission_has_a_door_and_no_field(client):
    duty = ReportDutyFactory()
    assert "submitted_on" not in read_form(client.get(url(duty)))
    assert "report_duties-0-submitted_on" not in read_form(client.get(url(duty.grant)))
    save(client, duty.grant, report_duties__0__submitted_on="01.01.2026")
    assert ReportDuty.objects.get().is_open


# --- Lists -------------------------------------------------------------------------------------------------------
def duties_around_today():
    return {ahead: ReportDutyFactory(due_on=today() + ahead * DAY).pk for ahead in (-1, 0, 60, 61)}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [-1, 0, 60, 61]),
        ({"stand": "ueberfaellig"}, [-1]),
        ({"stand": "bald"}, [0, 60]),
        ({"stand": "abgegeben"}, ["done"]),
        ({"stand": "alle"}, ["done", -1, 0, 60, 61]),
        ({"stand": "unsinn"}, [-1, 0, 60, 61]),
        ({"stand": "alle", "kind__exact": "final"}, ["done"]),
        ({"stand": "alle", "grant__programme__exact": "nakopa"}, [-1]),
        ({"stand": "alle", "covers": "ohne"}, ["done"]),
    ],
    ids=str,
)
def test_the_list_of_duties_shows_what_is_asked_for(client, query, expected):
    rows = duties_around_today()
    rows["done"] = ReportDutyFactory(
        due_on=today() - 90 * DAY, submitted_on=today(), kind=ReportKind.FINAL, covers=None
    ).pk
    Grant.objects.filter(report_duties=rows[-1]).update(programme=Programme.NAKOPA)
    assert listed(client, ReportDuty, **query) == [rows[name] for name in expected]


def test_the_list_says_how_a_duty_stands(client):
    ReportDutyFactory(due_on=today() - 12 * DAY, covers=None)
    ReportDutyFactory(due_on=today() + 40 * DAY)
    page = client.get(changelist(ReportDuty)).text
    assert all(
        words in page for words in ("überfällig seit 12 Tagen", "fällig in 40 Tagen", "nicht angegeben", ">2025<")
    )


def test_the_list_of_grants_shows_money_time_and_the_next_report(client):
    grant = GrantFactory(period=Period(datetime.date(2024, 10, 1), None, named=True), programme_name="Mit Namen")
    for due_on, submitted_on in [(TODAY, None), (TODAY - DAY, TODAY), (TODAY + DAY, None)]:
        ReportDutyFactory(grant=grant, due_on=due_on, submitted_on=submitted_on)
    page = client.get(changelist(Grant)).text
    assert all(words in page for words in ("100.000,00 €", "seit Oktober 2024", "06.05.2026", "Mit Namen"))
    Grant.objects.update(total_cents=None, period_start=None, period_named=None)
    ReportDuty.objects.all().delete()
    page = client.get(changelist(Grant)).text
    assert page.count("nicht bekannt") == 2
    assert "keine offen" in page


def test_grants_without_amount_and_without_report_come_last_both_ways(client):
    known, unknown = GrantFactory(total_cents=20_000_00), GrantFactory(total_cents=None, own_share_cents=None)
    more = GrantFactory(total_cents=30_000_00)
    ReportDutyFactory(grant=known)
    assert listed(client, Grant, o="5") == [known.pk, more.pk, unknown.pk]
    assert listed(client, Grant, o="-5") == [more.pk, known.pk, unknown.pk]
    assert listed(client, Grant, o="6")[0] == listed(client, Grant, o="-6")[0] == known.pk


@pytest.mark.parametrize(
    "query", ["muehlen grüne", "MÜHLEN", "anderer mueller", "ministerium", "V-4711", "nakopa", "fb 36"]
)
@pytest.mark.parametrize("model", [Grant, ReportDuty])
def test_a_grant_is_found_by_the_names_of_whoever_belongs_to_it(client, model, query):
    query = query.replace("muehlen", "Mühlen").replace("mueller", "Müller")
    funder = OrganisationFactory(name="Stiftung Grüne Mühlen")
    OrganisationAliasFactory(organisation=funder, name="Anderer Name Müller")
    grant = GrantFactory(
        title="Vorhaben",
        programme=Programme.NAKOPA,
        funder=funder,
        origin_of_funds=OrganisationFactory(name="Ministerium für Öffentliches"),
        unit=UnitFactory(code="FB 36", name="Umwelt"),
        contract_number="V-4711",
    )
    ReportDutyFactory(grant=grant)
    ReportDutyFactory()
    assert len(listed(client, model, q=query)) == 1
    assert listed(client, model, q="gibt es nicht") == []


# --- Start page --------------------------------------------------------------------------------------------------
def counts(user, on):
    return {count.label: count for count in FundingFollowUp().counts(user, on=on)}


def test_each_count_leads_to_exactly_its_rows(client, eva):
    day = today()
    for ahead in (-30, -1, 0, 60, 61):
        ReportDutyFactory(due_on=day + ahead * DAY, grant__period=None)
    ReportDutyFactory(due_on=day - DAY, submitted_on=day, grant__period=Period(None, day + 100 * DAY))
    GrantFactory(period=Period(day - 500 * DAY, day - DAY))
    GrantFactory(period=Period(day, day + 365 * DAY))
    found = counts(eva, day)
    assert {label: (count.count, count.is_urgent, count.note) for label, count in found.items()} == {
        "Berichtspflichten überfällig": (2, True, f"die älteste seit dem {day - 30 * DAY:%d.%m.%Y}"),
        "Berichtspflichten in 60 Tagen fällig": (2, False, f"die nächste am {day:%d.%m.%Y}"),
        "Förderungen enden in 12 Monaten": (2, False, f"die nächste am {day + 100 * DAY:%d.%m.%Y}"),
    }
    for count in found.values():
        assert client.get(count.url).context["cl"].result_count == count.count
    assert all(label in client.get(reverse("admin:index")).text for label in found)


def test_nothing_to_do_is_told_without_a_note(eva):
    assert {(count.count, count.note) for count in counts(eva, TODAY).values()} == {(0, "")}


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.KOORDINATION])
def test_counts_are_for_whoever_works_on_them(role):
    assert counts(UserFactory(roles=[role]), TODAY) == {}


def test_all_counts_need_one_query(eva):
    counts(eva, TODAY)
    with CaptureQueriesContext(connection) as captured:
        assert len(counts(eva, TODAY)) == 3
    assert len(captured) == 1


# --- Who may -----------------------------------------------------------------------------------------------------
MEMBERSHIPS = {
    "ended yesterday": (None, TODAY - DAY),
    "ends today": (None, TODAY),
    "begins today": (TODAY, None),
    "begins tomorrow": (TODAY + DAY, None),
    "always": (None, None),
}
IN_FORCE = {"ends today", "begins today", "always"}
ALL_SEEING = {Role.KOORDINATION, Role.LEITUNG, Role.LESEZUGRIFF}
PDF = b"%PDF-1.7\nerfunden"


def person_of(unit, role, membership="always", on=TODAY):
    user = UserFactory(roles=[role] if role else [])
    start, end = MEMBERSHIPS[membership]
    MembershipFactory(person=PersonFactory(user=user), organisation=unit, valid_from=start, valid_to=end)
    return user


@pytest.mark.parametrize("membership", MEMBERSHIPS)
@pytest.mark.parametrize("role", [*Role, None], ids=str)
def test_grants_and_duties_are_seen_as_the_table_says(role, membership):
    own = UnitFactory()
    user = person_of(own, role, membership)
    for unit in (own, UnitFactory(), None):
        duty = ReportDutyFactory(grant__unit=unit)
        names_own = role is Role.FACHBEREICH and unit is own and membership in IN_FORCE
        expected = role in ALL_SEEING or names_own
        assert Grant.objects.visible_to(user, on=TODAY).filter(pk=duty.grant_id).exists() is expected, unit
        assert ReportDuty.objects.visible_to(user, on=TODAY).filter(pk=duty.pk).exists() is expected, unit


def fetched(user, pk):
    client = Client()
    client.force_login(user)
    return client.get(reverse("files:serve", args=["nachweis", pk]))


@pytest.mark.parametrize("role", [*Role, None], ids=str)
def test_a_report_goes_with_its_grant(role):
    own = UnitFactory()
    user = person_of(own, role)
    file = {"file": ContentFile(PDF, name="Geheim ÄÖ.pdf")}
    mine, foreign = (ReportDutyFactory(grant__unit=unit, **file) for unit in (own, UnitFactory()))
    empty = ReportDutyFactory(grant__unit=own)
    answers = [fetched(user, pk) for pk in (mine.pk, foreign.pk, empty.pk, 999_999)]
    everything = role in ALL_SEEING
    assert [answer.status_code for answer in answers] == [
        200 if everything or role is Role.FACHBEREICH else 404,
        200 if everything else 404,
        404,
        404,
    ]
    assert len({answer.content for answer in answers if answer.status_code == 404}) == 1
    if answers[0].status_code == 200:
        assert answers[0].getvalue() == PDF
        assert "Zwischennachweis 2025 bis 30.04.2026.pdf" in answers[0]["Content-Disposition"]


# --- Pages and their queries -------------------------------------------------------------------------------------
def grant_with(rows):
    grant = GrantFactory(unit=UnitFactory(), origin_of_funds=OrganisationFactory())
    for number in range(rows):
        BudgetLineFactory(grant=grant, year=2000 + number)
        ReportDutyFactory(grant=grant, file=ContentFile(PDF, name="a.pdf"))
    return grant


def queries(client, path):
    client.get(path)  # content types and the like are cached by the first request
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def people():
    return [UserFactory(roles=[Role.KOORDINATION]), UserFactory(is_superuser=True)]


@pytest.mark.parametrize("who", [0, 1], ids=["Koordination", "Superuser"])
def test_forms_ask_the_database_as_often_for_thirty_rows(who):
    client = Client()
    client.force_login(people()[who])
    one, many = (queries(client, url(grant_with(rows))) for rows in (1, 30))
    assert one == many <= 25
    assert queries(client, url(ReportDuty.objects.first())) <= 25
    assert queries(client, url(BudgetLine.objects.first())) <= 25


@pytest.mark.parametrize("who", [0, 1], ids=["Koordination", "Superuser"])
@pytest.mark.parametrize("model", [Grant, ReportDuty, BudgetLine])
def test_lists_ask_the_database_as_often_for_thirty_rows(model, who):
    client = Client()
    client.force_login(people()[who])
    path = f"{changelist(model)}?{'stand=alle' if model is ReportDuty else ''}"
    grant_with(1)
    one = queries(client, path)
    for _ in range(30):
        grant_with(1)
    assert queries(client, path) == one <= 12


def test_a_grant_is_set_up_by_hand(client):
    funder, unit = OrganisationFactory(), UnitFactory()
    page = reverse("admin:funding_grant_add")
    typed = {
        "title": "Koordination, zweite Förderung",
        "programme": "kepol",
        "funder": str(funder.pk),
        "unit": str(unit.pk),
        "period": "01.10.2024 bis 30.09.2026",
        "total_cents": "150.000",
        "own_share_cents": "15 TEUR",
        "quota": "90",
        "budget_lines-TOTAL_FORMS": "1",
        "budget_lines-0-year": "2025",
        "budget_lines-0-category": "personnel",
        "budget_lines-0-amount_cents": "70.000,50",
        "report_duties-TOTAL_FORMS": "1",
        "report_duties-0-kind": "interim",
        "report_duties-0-covers": "2024",
        "report_duties-0-due_on": "28.02.2025",
    }
    assert client.post(page, {**read_form(client.get(page)), **typed}).status_code == 302
    grant, line, duty = Grant.objects.get(), BudgetLine.objects.get(), ReportDuty.objects.get()
    assert str(grant.period) == "01.10.2024 bis 30.09.2026"
    assert (grant.total_cents, grant.own_share_cents, line.amount_cents) == (150_000_00, 15_000_00, 70_000_50)
    assert str(duty) == "Zwischennachweis 2024 bis 28.02.2025"


def test_the_history_of_a_grant_tells_periods_money_and_parts(client):
    grant = GrantFactory()
    BudgetLineFactory(grant=grant, year=2026, amount_cents=50_000_00)
    ReportDutyFactory(grant=grant)
    response = save(
        client,
        grant,
        period="ab Oktober 2024",
        total_cents="120 TEUR",
        budget_lines__0__amount_cents="60.000",
        report_duties__0__covers="1. Halbjahr 2025",
    )
    assert response.status_code == 302
    assert entries(grant)[0].sentence == (
        f"{EVA} hat geändert: Laufzeit von „2025 bis 2026“ zu „ab Oktober 2024“, "
        "Gesamtkosten von „100.000,00 €“ zu „120.000,00 €“; "
        "Haushaltsansatz „Personal 2026“ geändert: Betrag von „50.000,00 €“ zu „60.000,00 €“; "
        "Berichtspflicht „Zwischennachweis 1. Halbjahr 2025 bis 30.04.2026“ geändert: "
        "Berichtszeitraum von „2025“ zu „1. Halbjahr 2025“."
    )
