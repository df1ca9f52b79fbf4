"""Vague dates as a field: stored in three columns, refused by the database, typed in forms, listed, filtered and asked in SQL."""

import datetime
from itertools import product

import pytest
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Q
from django.test import Client
from django.test.utils import CaptureQueriesContext, isolate_apps
from django.urls import reverse
from django.utils import timezone

from kepol.accounts.choices import Role
from kepol.accounts.roles import sync_roles
from kepol.funding.models import Grant
from kepol.lib.history import entries
from kepol.lib.periods.admin import period_column, period_filter
from kepol.lib.periods.fields import (
    PeriodField,
    by_time,
    columns,
    contains,
    ends_between,
    is_dated,
    is_past,
    read_from,
    touches,
)
from kepol.lib.periods.forms import MAX_LENGTH, PeriodFormField, PeriodInput, reading
from kepol.lib.periods.spreadsheets import PeriodWidget
from kepol.lib.periods.value import Period
from partnerships.models import Beginning, Visit
from tests.factories import UserFactory
from tests.factories.funding import GrantFactory
from tests.factories.partnerships import BeginningFactory, VisitFactory
from tests.forms import read_form


def day(text):
    return datetime.date.fromisoformat(text) if text else None


def span(start, end, *, named=False):
    return Period(day(start), day(end), named)


QUARTER = span("2025-04-01", "2025-06-30", named=True)
SAME_DAYS = span("2025-04-01", "2025-06-30")
SHAPES = {
    "none": None,
    "one day": span("2025-05-07", "2025-05-07"),
    "days": span("2025-03-15", "2025-03-23"),
    "over the year": span("2025-12-28", "2026-01-03"),
    "third of a month": span("2025-04-21", "2025-04-30", named=True),
    "month": span("2025-03-01", "2025-03-31", named=True),
    "quarter": QUARTER,
    "days of a quarter": SAME_DAYS,
    "year": span("2025-01-01", "2025-12-31", named=True),
    "from a day": span("2025-05-07", ""),
    "from a month": span("2024-10-01", "", named=True),
    "until a day": span("", "2025-05-07"),
    "until a year": span("", "2026-12-31", named=True),
}
DAYS = [
    day(text)
    for text in (
        "1900-01-01",
        "2024-09-30",
        "2024-10-01",
        "2025-03-14",
        "2025-03-15",
        "2025-03-23",
        "2025-03-24",
        "2025-04-01",
        "2025-05-06",
        "2025-05-07",
        "2025-05-08",
        "2025-06-30",
        "2025-07-01",
        "2026-01-03",
        "2026-12-31",
        "2027-01-01",
        "2100-12-31",
    )
]


# --- Stored ------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize("shape", SHAPES)
def test_a_period_stands_in_three_columns_and_comes_back(shape):
    period = SHAPES[shape]
    GrantFactory(period=period)
    expected = (None, None, None) if period is None else (period.start, period.end, period.named)
    assert Grant.objects.values_list(*columns("period")).get() == expected
    assert Grant.objects.get().period == period
    assert period is None or Period.parse(str(Grant.objects.get().period)) == period


@pytest.mark.django_db
@pytest.mark.parametrize("later", [None, QUARTER, SAME_DAYS, span("2025-05-07", "")], ids=str)
def test_one_period_takes_the_place_of_another(later):
    grant = GrantFactory(period=span("", "2025-05-07"))
    grant.period = later
    grant.save()
    assert Grant.objects.get().period == later


def test_a_row_is_made_with_a_period_or_with_its_columns():
    assert Grant(period=QUARTER).period == QUARTER
    assert Grant(period=None).period is None is Grant().period
    row = Grant(period_start=QUARTER.start, period_end=QUARTER.end, period_named=False)
    assert row.period == SAME_DAYS != QUARTER
    assert isinstance(Grant.period, type(Visit.official))


@pytest.mark.django_db
def test_two_fields_of_a_model_know_nothing_of_each_other():
    trip, programme = span("2025-03-15", "2025-03-23"), span("2025-03-16", "2025-03-21")
    visit = VisitFactory(official=trip, programme=programme)
    assert (Visit.objects.get().official, Visit.objects.get().programme) == (trip, programme)
    visit.programme = None
    visit.save()
    assert (Visit.objects.get().official, Visit.objects.get().programme) == (trip, None)


@pytest.mark.django_db
def test_rows_are_made_through_the_manager():
    funder = GrantFactory().funder
    made = Grant.objects.create(title="Neu", programme="kepol", funder=funder, period=QUARTER)
    [bulk] = Grant.objects.bulk_create([Grant(title="Viele", programme="kepol", funder=funder, period=SAME_DAYS)])
    found, is_new = Grant.objects.get_or_create(title="Neu", defaults={"programme": "kepol", "funder": funder})
    assert (made.period, bulk.period, found.period, is_new) == (QUARTER, SAME_DAYS, QUARTER, False)


@pytest.mark.django_db
def test_a_row_is_read_again_and_read_late():
    grant = GrantFactory(period=None)
    Grant.objects.filter(pk=grant.pk).update(period_start=QUARTER.start, period_end=QUARTER.end, period_named=True)
    assert grant.period is None
    grant.refresh_from_db()
    assert grant.period == QUARTER
    late = Grant.objects.defer(*columns("period")).get()
    with CaptureQueriesContext(connection) as captured:
        assert late.period == QUARTER
    assert captured
    assert Grant.objects.only("title").get().period == QUARTER


@pytest.mark.parametrize("value", ["Q2/2025", "", datetime.date(2025, 5, 7), (None, None, None), 2025, False])
def test_nothing_but_a_period_is_put_into_the_field(value):
    grant = Grant(period=QUARTER)
    with pytest.raises(TypeError, match="takes a Period or None"):
        grant.period = value
    with pytest.raises(TypeError, match="takes a Period or None"):
        Grant(period=value)
    assert grant.period == QUARTER


# --- Refused -----------------------------------------------------------------------------------------------------
BROKEN = {
    "order": ("2026-01-01", "2025-01-01", False),
    "days without kind": ("2025-01-01", "2025-12-31", None),
    "kind without days": ("", "", False),
    "named without days": ("", "", True),
}


def set_columns(start, end, named):
    return dict(zip(columns("period"), (day(start), day(end), named), strict=True))


@pytest.mark.django_db
@pytest.mark.parametrize("case", BROKEN)
def test_the_database_refuses_half_a_period_and_the_wrong_order(case):
    GrantFactory()
    with pytest.raises(IntegrityError, match="funding_grant_period_in_order"), transaction.atomic():
        Grant.objects.update(**set_columns(*BROKEN[case]))


@pytest.mark.django_db
@pytest.mark.parametrize("case", sorted(set(BROKEN) - {"days without kind"}))
def test_the_model_says_so_in_german(case):
    grant = GrantFactory()
    for column, value in set_columns(*BROKEN[case]).items():
        setattr(grant, column, value)
    with pytest.raises(ValidationError) as refused:
        grant.full_clean()
    assert "Laufzeit: Das Ende liegt vor dem Beginn." in refused.value.messages


@pytest.mark.django_db
def test_days_without_a_kind_count_as_days_and_get_it_when_they_are_checked():
    grant = GrantFactory(period=SAME_DAYS)
    grant.period_named = None
    assert grant.period == SAME_DAYS
    grant.full_clean()
    assert grant.period_named is False


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("start", "end", "named", "message"),
    [
        ("2026-01-01", "2025-01-01", False, "Das Ende 01.01.2025 liegt vor dem Beginn 01.01.2026."),
        ("2025-01-02", "2025-01-31", True, "Ein benannter Zeitraum beginnt nicht am 02.01.2025"),
    ],
)
def test_columns_that_hold_no_period_are_told_under_the_name_of_the_field(start, end, named, message):
    row = Grant(**set_columns(start, end, named))
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    assert refused.value.message_dict["period"][0].startswith(message)


@pytest.mark.django_db
def test_a_field_that_must_be_filled_is_asked_for():
    row = BeginningFactory()
    row.when = None
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    assert "when" in refused.value.message_dict
    assert Beginning._meta.get_field("when").formfield().required
    assert not Grant._meta.get_field("period").formfield().required


def test_the_rule_belongs_to_the_model_and_not_to_its_history():
    names = {constraint.name for constraint in Visit._meta.constraints}
    assert {"partnerships_visit_official_in_order", "partnerships_visit_programme_in_order"} <= names
    assert not [one for one in Visit.history.model._meta.constraints if one.name.endswith("_in_order")]


@isolate_apps("kepol.funding")
def test_models_that_inherit_a_period_each_have_the_rule_and_leave_that_of_the_base_alone():
    class Dated(models.Model):
        when = PeriodField("Termin", null=True, blank=True)

        class Meta:
            abstract = True
            app_label = "funding"

    class One(Dated):  # noqa: DJ008 - never shown
        class Meta(Dated.Meta):
            abstract = False

    class Other(Dated):  # noqa: DJ008 - never shown
        class Meta:
            app_label = "funding"

    for child in (One, Other):
        assert child(when=QUARTER).when == QUARTER
        assert [one.name for one in child._meta.constraints] == [f"funding_{child._meta.model_name}_when_in_order"]
        assert [field.name for field in child._meta.concrete_fields] == ["id", *columns("when")]
    assert Dated._meta.constraints == []


# --- Asked in SQL ------------------------------------------------------------------------------------------------
@pytest.fixture
def shapes(db):
    """Key of a stored row → its period, one row for each shape."""
    return {GrantFactory(period=period).pk: period for period in SHAPES.values()}


def found(condition):
    return set(Grant.objects.filter(condition).values_list("pk", flat=True))


def wanted(shapes, question):
    return {pk for pk, period in shapes.items() if period is not None and question(period)}


def days_of(period, first, last):
    """Whether the period has a day from `first` to `last`, said without the operators that SQL uses."""
    return not (period.is_past(first) or (period.start is not None and period.start > last))


def test_questions_are_answered_alike_in_sql_and_in_python(shapes):
    assert found(is_dated("period")) == wanted(shapes, lambda period: True)
    for on in DAYS:
        assert found(is_past("period", on=on)) == wanted(shapes, lambda period, on=on: period.is_past(on)), on
        assert found(contains("period", day=on)) == wanted(shapes, lambda period, on=on: period.contains(on)), on
        assert found(~contains("period", day=on)) == set(shapes) - found(contains("period", day=on)), on


def test_questions_about_a_time_are_answered_alike_in_sql_and_in_python(shapes):
    for first, last in product(DAYS, repeat=2):
        if first > last:
            continue
        ending = wanted(shapes, lambda period: period.end is not None and first <= period.end <= last)  # noqa: B023
        assert found(ends_between("period", first, last)) == ending, (first, last)
        touching = wanted(shapes, lambda period: days_of(period, first, last))  # noqa: B023
        assert found(touches("period", first, last)) == touching, (first, last)


def test_the_questions_tell_the_shapes_apart(shapes):
    """Negative control: no question is answered with all rows or with none on every day."""
    answers = [
        [found(question("period", **{name: on})) for on in DAYS]
        for question, name in [(is_past, "on"), (contains, "day")]
    ]
    assert all(len({frozenset(answer) for answer in row}) > 5 for row in answers)


def when(period):
    return period.end or period.start


@pytest.mark.parametrize("descending", [False, True])
def test_rows_are_ordered_by_time_and_those_without_come_last(shapes, descending):
    ordered = list(Grant.objects.order_by(by_time("period", descending=descending), "pk"))
    assert ordered[-1].period is None
    times = [when(row.period) for row in ordered[:-1]]
    assert times == sorted(times, reverse=descending)
    assert len(ordered) == len(SHAPES)


@pytest.mark.django_db
def test_questions_can_be_combined_and_asked_through_relations():
    grant = GrantFactory(period=QUARTER)
    through = contains("grant__period", day=day("2025-05-07"))
    assert isinstance(through & ~Q(pk=0), Q)
    assert not grant.budget_lines.filter(through).exists()
    grant.budget_lines.create(category="personnel", year=2025, amount_cents=1)
    assert grant.budget_lines.filter(through).count() == 1


# --- History -----------------------------------------------------------------------------------------------------
EVA = "eva@example.org"


@pytest.fixture
def client(db):
    sync_roles()
    client = Client()
    client.force_login(UserFactory(email=EVA, roles=[Role.KOORDINATION]))
    return client


def address(obj, page="change"):
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_{page}", args=[obj.pk])


def opened(client, obj):
    return read_form(client.get(address(obj)))


def save(client, obj, **typed):
    return client.post(address(obj), {**opened(client, obj), **typed})


@pytest.mark.parametrize(
    ("before", "typed", "sentence"),
    [
        (None, "Q2/2025", "Laufzeit von leer zu „Q2/2025“"),
        (QUARTER, "", "Laufzeit von „Q2/2025“ zu leer"),
        (QUARTER, "01.04.2025 bis 30.06.2025", "Laufzeit von „Q2/2025“ zu „01.04.–30.06.2025“"),
        (QUARTER, "seit Oktober 2024", "Laufzeit von „Q2/2025“ zu „ab Oktober 2024“"),
    ],
)
def test_the_history_tells_periods_in_german(client, before, typed, sentence):
    grant = GrantFactory(period=before)
    assert save(client, grant, period=typed).status_code == 302
    assert entries(grant)[0].sentence == f"{EVA} hat geändert: {sentence}."
    rows = [read_from(row, "period") for row in grant.history.order_by("history_id")]
    assert rows == [before, Grant.objects.get().period]
    assert sentence in client.get(address(grant, "history")).text


# --- In a form ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("typed", "period"),
    [
        ("Q2/2025", QUARTER),
        ("  II. Quartal 2025 ", QUARTER),
        ("1.4.25 - 30.6.25", SAME_DAYS),
        ("ab 07.05.2025", SHAPES["from a day"]),
        ("45784", SHAPES["one day"]),
        ("", None),
        ("   ", None),
    ],
)
def test_text_is_understood_and_saved(client, typed, period):
    grant = GrantFactory(period=span("", "2025-05-07"))
    assert save(client, grant, period=typed).status_code == 302
    assert Grant.objects.get().period == period
    shown = "" if period is None else str(period)
    assert opened(client, grant)["period"] == [shown]


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (" demnächst ", "demnächst"),
        ("31.04.2025", "31.04.2025"),
        ("30.06.2025 bis 01.04.2025", "Das Ende 01.04.2025 liegt vor dem Beginn 30.06.2025."),
        ("13. Mai 2025, 18:00 – 19:30 Uhr", "Uhr"),
        ("x" * (MAX_LENGTH + 1), "Der Termin ist zu lang (höchstens 100 Zeichen)."),
    ],
)
def test_what_is_not_understood_stays_as_it_was_typed_and_is_explained(client, typed, message):
    grant = GrantFactory(period=QUARTER)
    response = save(client, grant, period=typed)
    assert response.status_code == 200
    [error] = response.context["adminform"].form.errors["period"]
    assert message in error
    assert read_form(response)["period"] == [typed]
    assert (Grant.objects.get().period, Grant.objects.get().version) == (QUARTER, grant.version)


@pytest.mark.parametrize(
    ("initial", "typed", "changed"),
    [
        (QUARTER, "Q2/2025", False),
        (QUARTER, " 2. Quartal 2025", False),
        (QUARTER, "01.04.2025 bis 30.06.2025", True),
        (SAME_DAYS, "Q2/2025", True),
        (SAME_DAYS, "01.04.–30.06.2025", False),
        (QUARTER, "", True),
        (None, "", False),
        (None, " ", False),
        (None, None, False),
        (None, "Q2/2025", True),
        (QUARTER, "demnächst", True),
        ("demnächst", "demnächst", True),
    ],
    ids=str,
)
def test_only_another_span_is_a_change(initial, typed, changed):
    assert PeriodFormField(required=False).has_changed(initial, typed) is changed
    assert PeriodFormField(required=False, disabled=True).has_changed(initial, typed) is False


@pytest.mark.django_db
def test_another_spelling_saves_nothing(client):
    grant = GrantFactory(period=QUARTER)
    assert save(client, grant, period="2. Quartal 2025").status_code == 302
    assert Grant.objects.get().version == grant.version


def test_a_required_field_refuses_blanks():
    field = PeriodFormField()
    for text in ("", "  ", None):
        with pytest.raises(ValidationError, match="zwingend erforderlich"):
            field.clean(text)
    assert field.clean("Q2/2025") == field.clean(QUARTER) == QUARTER
    assert PeriodFormField(required=False).clean(" ") is None


def test_the_field_takes_what_forms_of_the_back_office_hand_over():
    column = Grant._meta.get_field("period")
    field = column.formfield(label="Anders", required=True, disabled=True, widget=None, help_text="")
    assert (field.label, field.required, field.disabled) == ("Anders", True, True)
    assert field.help_text.startswith("Zum Beispiel 07.05.2025")
    assert column.formfield().label == "Laufzeit"


def test_two_people_move_one_date(client):
    grant = GrantFactory(period=QUARTER)
    mine, hers = opened(client, grant), opened(client, grant)
    assert client.post(address(grant), {**hers, "period": "Q3/2025"}).status_code == 302
    page = client.post(address(grant), {**mine, "period": "01.04.2025 bis 30.06.2025"})
    assert page.status_code == 409
    [clash] = page.context["clashes"]
    [row] = clash.differences
    assert (row.label, row.mine, row.stored, row.found) == ("Laufzeit", "01.04.–30.06.2025", "Q3/2025", "Q2/2025")
    assert row.preselected == ""


@pytest.mark.parametrize(("choice", "shown"), [("mine", "Ende April 2025"), ("stored", "Q3/2025")])
def test_the_choice_between_two_dates_is_saved(client, choice, shown):
    grant = GrantFactory(period=QUARTER)
    mine, hers = opened(client, grant), opened(client, grant)
    client.post(address(grant), {**hers, "period": "Q3/2025"})
    page = client.post(address(grant), {**mine, "period": "Ende April 2025", "title": "Neu"})
    chosen = {**read_form(page), "choice-period": choice, "choice-title": "mine", "_save": "1"}
    assert client.post(address(grant), chosen).status_code == 302
    assert (str(Grant.objects.get().period), Grant.objects.get().title) == (shown, "Neu")


def test_who_typed_nothing_overwrites_no_date(client):
    grant = GrantFactory(period=QUARTER)
    mine, hers = opened(client, grant), opened(client, grant)
    client.post(address(grant), {**hers, "period": ""})
    page = client.post(address(grant), {**mine, "title": "Neu"})
    assert page.status_code == 409
    assert {row.name: row.preselected for row in page.context["clashes"][0].differences} == {
        "period": "stored",
        "title": "mine",
    }


# --- As it looks -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Q2/2025", "Verstanden als Q2/2025 (01.04.2025 bis 30.06.2025)."),
        ("07.05.2025", "Verstanden als 07.05.2025 (genau dieser Tag)."),
        ("15. bis zum 23. März 2025", "Verstanden als 15.–23.03.2025 (genau diese Tage)."),
        ("ab 07.05.2025", "Verstanden als ab 07.05.2025 (auf den Tag genau)."),
        ("bis 07.05.2025", "Verstanden als bis 07.05.2025 (auf den Tag genau)."),
        ("seit Oktober 2024", "Verstanden als ab Oktober 2024 (ab 01.10.2024)."),
        ("bis 2026", "Verstanden als bis 2026 (bis 31.12.2026)."),
    ],
)
def test_the_reading_names_the_days(text, sentence):
    assert reading(Period.parse(text)) == sentence


def test_the_input_carries_its_reading_and_no_script():
    html = PeriodInput().render("period", "Q2/2025", {"id": "id_period"})
    assert 'id="id_period"' in html
    assert '<output class="period-reading" for="id_period" data-asks="/zeitraum/" aria-live="polite">' in html
    assert "Verstanden als Q2/2025 (01.04.2025 bis 30.06.2025).</output>" in html
    assert not [bad for bad in ("<script", "style=", "onload", "oninput") if bad in html]
    assert "kepol/period.js" in str(PeriodInput().media)


@pytest.mark.parametrize("value", ["", None, "demnächst", "x" * 200, '"><script>alert(1)</script>'])
def test_the_input_shows_no_reading_of_what_is_not_understood(value):
    html = PeriodInput().render("period", value, {"id": "id_period"})
    assert 'aria-live="polite"></output>' in html
    assert "<script>" not in html


def test_the_form_labels_the_field_and_refuses_long_text_in_the_browser(client):
    page = client.get(address(GrantFactory(period=QUARTER))).text
    assert '<label for="id_period">Laufzeit:</label>' in page
    assert f'maxlength="{MAX_LENGTH}"' in page
    assert "Verstanden als Q2/2025" in page


# --- In a list ---------------------------------------------------------------------------------------------------
def changelist(client, **query):
    return client.get(reverse("admin:funding_grant_changelist"), query)


def listed(client, **query):
    return [row.pk for row in changelist(client, **query).context["cl"].result_list]


def test_a_column_shows_the_period_as_of_today_and_what_an_empty_one_means():
    today = timezone.localdate()
    column = period_column("period", "Laufzeit")
    begun, ahead = Period(today, None), Period(today + datetime.timedelta(days=1), None)
    assert column(Grant(period=begun)) == f"seit {today:%d.%m.%Y}"
    assert column(Grant(period=ahead)).startswith("ab ")
    assert column(Grant(period=QUARTER)) == "Q2/2025"
    assert column(Grant()) is None
    assert (column.short_description, column.empty_value_display) == ("Laufzeit", "ohne Termin")
    assert period_column("period", "Laufzeit", empty="nicht bekannt").empty_value_display == "nicht bekannt"


@pytest.mark.parametrize("order", ["4", "-4"])
def test_a_list_is_sorted_by_the_column_with_rows_without_one_last(client, shapes, order):
    rows = [shapes[pk] for pk in listed(client, o=order)]
    assert rows[-1] is None
    times = [when(period) for period in rows[:-1]]
    assert times == sorted(times, reverse=order.startswith("-"))


def periods_around_today():
    today = timezone.localdate()
    year, one = today.year, datetime.timedelta(days=1)
    return {
        "over": Period(today - 9 * one, today - one),
        "today": Period(today, today),
        "running": Period(today - 500 * one, None),
        "in 30 days": Period(today + 30 * one, today + 30 * one),
        "in 31 days": Period(today + 31 * one, today + 31 * one),
        "next year": Period(datetime.date(year + 1, 1, 1), datetime.date(year + 1, 12, 31), named=True),
        "this year": Period(datetime.date(year, 1, 1), datetime.date(year, 12, 31), named=True),
        "long ago": Period(None, datetime.date(1999, 12, 31)),
        "none": None,
    }


def question_of(choice):
    """What each choice of the filter means, said with the value instead of SQL."""
    today = timezone.localdate()
    soon = today + datetime.timedelta(days=30)
    year = (datetime.date(today.year, 1, 1), datetime.date(today.year, 12, 31))
    next_year = (datetime.date(today.year + 1, 1, 1), datetime.date(today.year + 1, 12, 31))
    return {
        "vorbei": lambda period: period and period.is_past(today),
        "laeuft": lambda period: period and period.contains(today),
        "bald": lambda period: period and period.end and today <= period.end <= soon,
        "dieses-jahr": lambda period: period and days_of(period, *year),
        "naechstes-jahr": lambda period: period and days_of(period, *next_year),
        "ohne": lambda period: period is None,
    }[choice]


CHOICES = ["vorbei", "laeuft", "bald", "dieses-jahr", "naechstes-jahr", "ohne"]


@pytest.mark.parametrize("choice", CHOICES)
def test_each_choice_of_the_filter_has_its_rows_and_no_others(client, choice):
    rows = {GrantFactory(period=period).pk: period for period in periods_around_today().values()}
    expected = {pk for pk, period in rows.items() if question_of(choice)(period)}
    assert expected
    assert expected != set(rows)
    assert set(listed(client, period=choice)) == expected


def test_the_filter_offers_exactly_these_choices(client):
    GrantFactory()
    page = changelist(client)
    one = period_filter("period", "Laufzeit")
    shown = one(None, {}, Grant, admin.site._registry[Grant])
    assert [value for value, _ in shown.lookup_choices] == CHOICES
    assert all(label in page.text for _, label in shown.lookup_choices)
    assert len(listed(client)) == len(listed(client, period="unsinn")) == 1


# --- How a text is understood ------------------------------------------------------------------------------------
def ask(client, text):
    return client.get(reverse("period_reading"), {"text": text})


@pytest.mark.parametrize(
    ("text", "understood", "sentence"),
    [
        ("Q2/2025", True, "Verstanden als Q2/2025 (01.04.2025 bis 30.06.2025)."),
        ("", True, ""),
        ("   ", True, ""),
        (" 07.05.2025 ", True, "Verstanden als 07.05.2025 (genau dieser Tag)."),
        ("demnächst", False, "„demnächst“"),
        ("nach der Sommerpause", False, "Sommerpause"),
        ("7. Mai 2025" + " " * 90 + "x", False, "Der Termin ist zu lang (höchstens 100 Zeichen)."),
        ("2025" + "0" * 97, False, "Der Termin ist zu lang (höchstens 100 Zeichen)."),
        ("<script>alert(1)</script>", False, "<script>"),
        ("\x00", False, ""),
        ("\u0661\u0662.\u0660\u0665.2025", False, ""),
        ("9" * 5000, False, "Der Termin ist zu lang (höchstens 100 Zeichen)."),
    ],
    ids=range(12),
)
def test_the_server_says_how_a_text_is_understood(client, text, understood, sentence):
    response = ask(client, text)
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert response.json()["understood"] is understood
    assert sentence in response.json()["sentence"]
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("text", ["Q2/2025", "demnächst", "7. Mai 2025" + " " * 95, "x" * 101, "\x00", "45784", ""])
def test_the_server_and_the_form_say_the_same(client, text):
    field = PeriodFormField(required=False)
    try:
        period, message = field.clean(text), ""
    except ValidationError as error:
        period, message = None, error.messages[0]
    answer = ask(client, text).json()
    assert answer == {"understood": not message, "sentence": message or (reading(period) if period else "")}


@pytest.mark.django_db
def test_only_people_who_are_signed_in_are_answered_and_nothing_is_posted(client):
    assert ask(Client(), "Q2/2025").status_code == 302
    assert client.post(reverse("period_reading"), {"text": "Q2/2025"}).status_code == 405
    assert client.get(reverse("period_reading")).json() == {"understood": True, "sentence": ""}


# Cells of spreadsheets know no time zone.
MIDNIGHT = datetime.datetime(2025, 5, 7)  # noqa: DTZ001
EVENING = datetime.datetime(2025, 5, 7, 18, 30)  # noqa: DTZ001


# --- In spreadsheets ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("cell", "period"),
    [
        ("Q2/2025", QUARTER),
        (" 7. Mai 2025 ", SHAPES["one day"]),
        (datetime.date(2025, 5, 7), SHAPES["one day"]),
        (MIDNIGHT, SHAPES["one day"]),
        (45784, SHAPES["one day"]),
        (45784.0, SHAPES["one day"]),
        ("45784", SHAPES["one day"]),
        (2025, SHAPES["year"]),
        (2025.0, SHAPES["year"]),
        ("", None),
        ("  ", None),
        (None, None),
    ],
    ids=str,
)
def test_a_cell_is_read(cell, period):
    assert PeriodWidget().clean(cell) == period


@pytest.mark.parametrize(
    "cell",
    [
        "demnächst",
        EVENING,
        datetime.date(1800, 1, 1),
        45784.5,
        -1,
        True,
        1e20,
        float("nan"),
    ],
    ids=str,
)
def test_a_cell_that_is_no_period_is_refused_in_german(cell):
    with pytest.raises(ValueError, match=r"(?i)bitte|was|ist"):
        PeriodWidget().clean(cell)


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_written_into_a_cell_reads_back(shape):
    widget = PeriodWidget()
    text = widget.render(SHAPES[shape])
    assert isinstance(text, str)
    assert widget.clean(text) == SHAPES[shape]


def test_ordering_expressions_are_made_anew_each_time():
    """Django reverses an order in place; two lists must not share one."""
    one, other = by_time("period"), by_time("period")
    one.reverse_ordering()
    assert (other.descending, other.nulls_last) == (False, True)
