"""The back office as a workplace: what is related, lists that say what they show, steps in rows, the start page."""

import datetime
from concurrent.futures import ThreadPoolExecutor

import pytest
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models import F, Value
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from kepol.accounts.choices import Role
from kepol.accounts.models import User
from kepol.accounts.roles import sync_roles
from kepol.council.choices import ConsultationStatus
from kepol.council.models import Consultation, Submission
from kepol.funding.models import BudgetLine
from kepol.lib.backoffice.admin import BoundedInline
from kepol.lib.backoffice.conflicts import _same, clashes
from kepol.lib.backoffice.ordering import empty_last
from kepol.lib.backoffice.site import GROUPS
from kepol.lib.backoffice.steps import Step
from kepol.lib.contracts import Count, FollowUp
from kepol.lib.periods.value import Period
from partnerships.models import Beginning
from stakeholders.admin import OrganisationAdmin
from stakeholders.models import Membership, Organisation, Person
from tests.factories import (
    CommitteeFactory,
    ConsultationFactory,
    MembershipFactory,
    OrganisationFactory,
    PersonFactory,
    SubmissionFactory,
    UnitFactory,
    UserFactory,
)
from tests.factories.dates import TicklerFactory
from tests.factories.files import DocumentReferenceFactory
from tests.factories.funding import BudgetLineFactory
from tests.factories.partnerships import BeginningFactory
from tests.forms import FormReader, read_form

pytestmark = pytest.mark.django_db

RETIRED = {"retired_on": datetime.date(2026, 1, 1), "retired_reason": "aufgelöst"}


@pytest.fixture(autouse=True)
def _roles(request):
    marker = request.node.get_closest_marker("django_db")
    request.getfixturevalue("transactional_db" if marker.kwargs.get("transaction") else "db")
    sync_roles()


def signed_in(*roles, **fields):
    client = Client(raise_request_exception=False)
    client.force_login(UserFactory(roles=list(roles), **fields))
    return client


@pytest.fixture
def desk():
    return signed_in(Role.KOORDINATION)


def label(model):
    return f"admin:{model._meta.app_label}_{model._meta.model_name}"


def page(obj, name="change", *more, **query):
    return reverse(f"{label(type(obj))}_{name}", args=[obj.pk, *more], query=query or None)


def listing(model, **query):
    return reverse(f"{label(model)}_changelist", query=query or None)


def queries(client, address):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


# --- Related ------------------------------------------------------------------------------------------------------
def incoming(client, obj):
    return {one.label: one for one in client.get(page(obj)).context["incoming"]}


def test_a_page_links_to_exactly_the_rows_that_point_to_it_through_hidden_relations_too(desk):
    unit = UnitFactory()
    for number in range(3):
        SubmissionFactory(lead=unit, involved=[unit] if number else [])
    SubmissionFactory()
    found = incoming(desk, unit)
    assert {name: one.count for name, one in found.items()} == {
        "Vorlagen, Federführend": 3,
        "Vorlagen, Beteiligt": 2,
    }
    assert f"lead__id__exact={unit.pk}" in found["Vorlagen, Federführend"].url
    for one in found.values():
        assert desk.get(one.url).context["cl"].result_count == one.count


def test_rows_that_a_list_hides_at_first_are_counted_and_shown(desk):
    parent = OrganisationFactory()
    OrganisationFactory(parent=parent)
    OrganisationFactory(parent=parent, **RETIRED)
    one = incoming(desk, parent)["Organisationen"]
    assert (one.count, desk.get(one.url).context["cl"].result_count) == (2, 2)


def test_rows_the_page_shows_itself_and_tables_in_between_are_left_out(desk):
    person = MembershipFactory().person
    assert incoming(desk, person) == {}
    assert {row.related_model for row in Person._meta.get_fields(include_hidden=True) if row.auto_created} > {
        Membership
    }


@pytest.mark.parametrize(("who", "expected"), [(Role.KOORDINATION, ["Personen"]), (Role.TECHNIK, [])])
def test_only_what_one_may_see_is_linked(who, expected):
    user = UserFactory()
    PersonFactory(user=user)
    assert list(incoming(signed_in(who), user)) == expected


def test_all_counts_cost_one_query_whatever_their_number(desk):
    unit, busy = UnitFactory(), UnitFactory()
    desk.get(page(unit))
    few = queries(desk, page(unit))
    for _ in range(5):
        SubmissionFactory(lead=busy, involved=[busy])
        UnitFactory(parent=busy)
        ConsultationFactory(submission__lead=busy)
    assert queries(desk, page(busy)) == few


def test_a_page_links_to_what_the_object_points_to_up_to_ten_per_field(desk):
    units = [UnitFactory() for _ in range(12)]
    submission = SubmissionFactory(lead=units[0], involved=units)
    found = {one.label: one for one in desk.get(page(submission)).context["outgoing"]}
    assert found["Federführend"].targets == ((str(units[0]), page(units[0])),)
    involved = found["Beteiligt"]
    assert (len(involved.targets), involved.has_more) == (10, True)
    assert "und weitere" in desk.get(page(submission)).text


def test_what_is_related_is_told_outside_the_form_with_a_way_to_it(desk):
    unit = UnitFactory()
    SubmissionFactory(lead=unit)
    text = desk.get(page(unit)).text
    assert text.rindex("</form>") < text.index('id="verbunden"')
    assert '<a href="#verbunden">Verbunden</a>' in text
    assert "Vorlagen, Federführend (1)" in text


def test_a_page_with_nothing_related_says_nothing(desk):
    assert 'id="verbunden"' not in desk.get(page(OrganisationFactory())).text


def test_selections_of_a_form_are_read_once(desk):
    submission = SubmissionFactory(involved=[UnitFactory(), UnitFactory()])
    with CaptureQueriesContext(connection) as captured:
        desk.get(page(submission))
    reads = [one for one in captured if "submission_involved" in one["sql"] and "COUNT(" not in one["sql"]]
    assert len(reads) == 1


# --- Lists that say what they show --------------------------------------------------------------------------------
def test_a_narrowed_list_says_so_and_leads_to_all_rows(desk):
    unit = UnitFactory(code="FB 36", name="Klima und Umwelt")
    SubmissionFactory(lead=unit)
    SubmissionFactory()
    response = desk.get(listing(Submission, lead__id__exact=unit.pk, q="gegenstand"))
    assert response.context["cl"].result_count == 1
    narrowing = response.context["cl"].narrowings[0]
    assert (narrowing.relation, narrowing.target) == ("Federführend", "FB 36 - Klima und Umwelt")
    assert "Nur Zeilen mit Federführend: <strong>FB 36 - Klima und Umwelt</strong>" in response.text
    everything = desk.get(f"{listing(Submission)}{narrowing.everything}")
    assert (everything.context["cl"].result_count, everything.context["cl"].query) == (2, "gegenstand")


def test_a_narrowed_list_costs_at_most_one_query_more(desk):
    unit = SubmissionFactory().lead
    desk.get(listing(Submission))
    assert queries(desk, listing(Submission, lead__id__exact=unit.pk)) <= queries(desk, listing(Submission)) + 1


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"lead__id__exact": 999_999}, ["Nr. 999999"]),
        ({"origin__exact": "here"}, []),
        ({"q": "lead__id__exact"}, []),
        ({}, []),
    ],
)
def test_other_questions_to_a_list_are_no_narrowing(desk, query, shown):
    SubmissionFactory()
    found = desk.get(listing(Submission, **query)).context["cl"].narrowings
    assert [narrowing.target for narrowing in found] == shown


def test_the_name_of_what_one_may_not_see_is_not_told(desk):
    hidden, shown = UserFactory(is_superuser=True, email="geheim@example.org"), UserFactory(email="offen@example.org")
    told = {user.email: desk.get(listing(Person, user__id__exact=user.pk)).text for user in (hidden, shown)}
    assert f"<strong>Nr. {hidden.pk}</strong>" in told[hidden.email]
    assert "geheim@" not in told[hidden.email]
    assert "<strong>offen@example.org</strong>" in told[shown.email]


# --- Empty values stand last --------------------------------------------------------------------------------------
def columns(ordering, model):
    """Each term as name, direction and whether empty values are sent to the end."""
    told = []
    for term in empty_last(ordering, model._meta):
        if isinstance(term, str):
            told.append((term.lstrip("-"), term.startswith("-"), None))
        else:
            told.append((getattr(term.expression, "name", "?"), term.descending, term.nulls_last))
    return told


@pytest.mark.parametrize(
    ("model", "ordering", "expected"),
    [
        (Consultation, ["meeting_date"], [("meeting_date", False, True)]),
        (Consultation, ["-meeting_date"], [("meeting_date", True, True)]),
        (Consultation, ["position", "-pk"], [("position", False, None), ("pk", True, None)]),
        (Consultation, [F("meeting_date")], [("meeting_date", False, True)]),
        (Consultation, [F("meeting_date").desc(nulls_first=True)], [("meeting_date", True, True)]),
        (Consultation, ["annotated"], [("annotated", False, True)]),
        (Consultation, ["committee__valid_to"], [("committee__valid_to", False, True)]),
        (Consultation, ["submission__lead__sort_key"], [("submission__lead__sort_key", False, None)]),
        (Organisation, ["parent__name"], [("parent__name", False, True)]),
        (Organisation, ["parent_id"], [("parent_id", False, True)]),
        (Organisation, ["parent"], [("parent__sort_key", False, True), ("parent__pk", False, True)]),
        (Organisation, ["-parent"], [("parent__sort_key", True, True), ("parent__pk", True, True)]),
        (Person, ["-user"], [("user__email", True, True)]),
        (Organisation, [Value(1)], [("?", False, True)]),
        (Organisation, ["?"], [("?", False, None)]),
    ],
)
def test_the_order_of_a_list_puts_empty_values_last(model, ordering, expected):
    assert columns(ordering, model) == expected


def test_the_order_of_a_relation_is_that_of_its_model_in_the_other_direction_too():
    """An expression in the order of the other model is carried over with its direction."""
    assert columns(["person"], Membership)[0] == ("person__sort_key", False, None)
    expected = [("valid_from", True, True), ("pk", False, None)]
    assert columns(Membership._meta.ordering, Membership) == expected


@pytest.mark.parametrize("sign", ["", "-"])
def test_empty_values_stand_last_on_the_page_whichever_way_it_is_sorted(desk, sign):
    days = [None, datetime.date(2026, 3, 1), None, datetime.date(2026, 2, 1)]
    for day in days:
        ConsultationFactory(meeting_date=day)
    rows = desk.get(f"{listing(Consultation)}?o={sign}1").context["cl"].result_list
    shown = [row.meeting_date for row in rows]
    assert shown == [*sorted(filter(None, days), reverse=bool(sign)), None, None]


@pytest.mark.parametrize("sign", ["", "-"])
def test_rows_without_a_relation_stand_last_too(desk, sign):
    first, last = OrganisationFactory(name="Anfang"), OrganisationFactory(name="Ende")
    children = {"Anfang": OrganisationFactory(parent=first), "Ende": OrganisationFactory(parent=last)}
    rows = list(desk.get(f"{listing(Organisation)}?o={sign}3").context["cl"].result_list)
    names = ["Ende", "Anfang"] if sign else ["Anfang", "Ende"]
    assert rows[:2] == [children[name] for name in names]


# --- List actions carry what they showed --------------------------------------------------------------------------
def confirmation(client, rows, action="stilllegen"):
    data = {"action": action, "_selected_action": [row.pk for row in rows]}
    shown = client.post(listing(type(rows[0])), data)
    return shown, {**read_form(shown), "reason": "aufgelöst"}


def carry_out(client, model, data):
    return client.post(listing(model), data)


def renamed(rows):
    rows[1].name = "Neuer Name"
    rows[1].save()


def deleted(rows):
    Organisation.objects.filter(pk=rows[1].pk).delete()


@pytest.mark.parametrize("change", [renamed, deleted])
def test_an_action_is_refused_when_a_row_it_showed_was_changed_meanwhile(desk, change):
    rows = [OrganisationFactory() for _ in range(3)]
    _, data = confirmation(desk, rows)
    change(rows)
    response = carry_out(desk, Organisation, data)
    assert "Von den gezeigten Zeilen hat sich inzwischen eine geändert." in response.text
    assert not Organisation.objects.retired().exists()
    again = {**read_form(response), "reason": "aufgelöst"}
    left = Organisation.objects.count()
    assert carry_out(desk, Organisation, again).status_code == 302
    assert Organisation.objects.retired().count() == left


def test_an_action_is_refused_for_a_row_that_joined(desk):
    rows = [OrganisationFactory() for _ in range(2)]
    _, data = confirmation(desk, rows)
    data["_selected_action"] = [*data["_selected_action"], OrganisationFactory().pk]
    response = carry_out(desk, Organisation, data)
    assert "hat sich inzwischen eine geändert" in response.text
    assert not Organisation.objects.retired().exists()


@pytest.mark.parametrize("token", ["", "gefälscht"])
def test_an_action_without_a_genuine_note_of_what_was_shown_is_not_carried_out(desk, token):
    _, data = confirmation(desk, [OrganisationFactory()])
    carry_out(desk, Organisation, {**data, "seen": token})
    assert not Organisation.objects.retired().exists()


def test_an_action_nobody_interfered_with_is_carried_out_and_rows_it_cannot_touch_are_named(desk):
    rows = [OrganisationFactory(), OrganisationFactory()]
    address = listing(Organisation, verwendung="alle")
    retired = OrganisationFactory(**RETIRED)
    shown = desk.post(address, {"action": "stilllegen", "_selected_action": [row.pk for row in (*rows, retired)]})
    assert "1 weitere gewählte Zeilen bleiben unberührt" in shown.text
    assert desk.post(address, {**read_form(shown), "reason": "aufgelöst"}).url == address
    assert Organisation.objects.retired().count() == 3


# --- Steps in one line and in rows --------------------------------------------------------------------------------
class WordForm(forms.Form):
    word = forms.CharField(label="Wort")


def write_word(obj, *, by, word):
    obj.note = word
    obj.save()


WORD = Step(
    name="wort",
    label="Wort notieren …",
    run=write_word,
    form=WordForm,
    form_for=lambda obj, user: {"initial": {"word": f"{obj} von {user}"}},
    one_line=True,
    explanation="Das Wort steht danach bei der Organisation.",
    done="Notiert",
    allowed=lambda obj: obj.name != "Verschlossen",
    refusal="Diese Organisation ist verschlossen.",
)


@pytest.fixture
def worded(monkeypatch):
    monkeypatch.setattr(OrganisationAdmin, "steps", (WORD,))
    monkeypatch.setattr(OrganisationAdmin, "row_steps", ("wort",))


@pytest.mark.usefixtures("worded")
def test_a_row_offers_its_steps_and_leads_back_to_the_list_as_it_was(desk):
    organisation = OrganisationFactory(name="Kolping")
    OrganisationFactory(name="Verschlossen")
    here = listing(Organisation, kind__exact="association", p=1)
    response = desk.get(here)
    step = page(organisation, "step", "wort", back=here)
    assert response.text.count('class="row-step"') == 1
    assert step.replace("&", "&amp;") in response.text
    assert "Wort notieren<" in response.text
    shown = desk.get(step)
    assert shown.context["form"]["word"].value().startswith("Kolping von person")
    assert "one-line" in shown.text
    response = desk.post(step, {**read_form(shown), "word": "Gruß"})
    assert response.url == here
    assert Organisation.objects.get(name="Kolping").note == "Gruß"


@pytest.mark.usefixtures("worded")
@pytest.mark.parametrize(
    "back", ["https://anderswo.example/", "//anderswo.example/", "javascript:alert(1)", "/\\anderswo.example", "x", ""]
)
def test_a_step_never_leads_out_of_the_house(desk, back):
    organisation = OrganisationFactory()
    step = page(organisation, "step", "wort", back=back)
    shown = desk.get(step)
    assert shown.context["back"] == page(organisation)
    assert desk.post(step, {**read_form(shown), "word": "Gruß"}).url == page(organisation)


@pytest.mark.usefixtures("worded")
def test_a_step_that_does_not_apply_says_why(desk):
    organisation = OrganisationFactory(name="Verschlossen")
    response = desk.get(page(organisation, "step", "wort", back=listing(Organisation)), follow=True)
    assert response.redirect_chain == [(listing(Organisation), 302)]
    assert "Diese Organisation ist verschlossen." in response.text


@pytest.mark.usefixtures("worded")
def test_links_in_rows_cost_no_query(desk):
    OrganisationFactory()
    desk.get(listing(Organisation))
    one = queries(desk, listing(Organisation))
    for _ in range(30):
        OrganisationFactory()
    assert queries(desk, listing(Organisation)) == one


@pytest.mark.usefixtures("worded")
def test_a_popup_offers_neither_steps_in_rows_nor_actions(desk):
    OrganisationFactory()
    text = desk.get(listing(Organisation, _popup=1)).text
    assert 'class="row-step"' not in text
    assert 'value="stilllegen"' not in text


# --- Panels -------------------------------------------------------------------------------------------------------
def test_panels_cost_the_same_whatever_hangs_on_a_record(desk):
    bare, loaded = OrganisationFactory(), OrganisationFactory()
    for record, number in ((bare, 1), (loaded, 30)):
        for _ in range(number):
            TicklerFactory(record=record)
            TicklerFactory(record=record, is_done=True)
            DocumentReferenceFactory(record=record)
    desk.get(page(bare))
    few = queries(desk, page(bare))
    assert (queries(desk, page(loaded)), few <= 25) == (few, True)


def test_panels_stand_outside_the_form_with_a_token_against_forgery(desk):
    record = OrganisationFactory()
    TicklerFactory(record=record)
    text = desk.get(page(record)).text
    panel = text[text.index('id="ticklers-heading"') : text.index("</section>")]
    assert panel.count("<form") == panel.count("</form>") == panel.count("csrfmiddlewaretoken") == 1
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = desk.cookies
    assert strict.post(panel.split('action="')[1].split('"')[0]).status_code == 403


def test_who_may_see_a_record_only_sees_nothing_of_what_hangs_on_it():
    record, user = OrganisationFactory(), UserFactory(roles=[Role.TECHNIK])
    user.user_permissions.add(Permission.objects.get(codename="view_organisation"))
    client = Client()
    client.force_login(user)
    TicklerFactory(record=record)
    DocumentReferenceFactory(record=record)
    response = client.get(page(record))
    assert (response.status_code, response.context["panels"], response.context["step_links"]) == (200, [], [])


def test_an_account_is_no_record(desk):
    user = UserFactory()
    text = desk.get(page(user)).text
    assert "/schritt/wiedervorlage/" not in text
    assert desk.get(page(user, "step", "wiedervorlage"), follow=True).redirect_chain[0][0] == reverse("admin:index")


# --- The start page -----------------------------------------------------------------------------------------------
class Invented(FollowUp):
    rows = ()

    def counts(self, user, *, on):
        return [Count(*row[:3], **row[3]) for row in self.rows]


@pytest.fixture
def today(monkeypatch):
    monkeypatch.setattr("kepol.lib.backoffice.site.implementations", lambda paths: [Invented()])

    def put(*rows):
        monkeypatch.setattr(Invented, "rows", rows)

    return put


def test_urgent_counts_come_first_with_a_word_and_empty_ones_last(desk, today):
    today(
        ("Leer, eilig", 0, "/a/", {"is_urgent": True}),
        ("Normal", 2, "/b/", {"note": "Hauptausschuss am 09.12.2026, in 17 Tagen"}),
        ("Eilig", 1, "/c/", {"is_urgent": True}),
        ("Auch normal", 3, "/d/", {}),
    )
    response = desk.get(reverse("admin:index"))
    labels = [count.label for count in response.context["counts"]]
    assert labels == ["Eilig", "Normal", "Auch normal", "Leer, eilig"]
    assert response.text.count("dringend") == 1
    assert "Hauptausschuss am 09.12.2026, in 17 Tagen" in response.text
    assert "Heute steht nichts an." not in response.text


def test_a_quiet_day_says_so(desk, today):
    today(("Leer", 0, "/a/", {}))
    text = desk.get(reverse("admin:index")).text
    assert "Heute steht nichts an." in text
    assert text.index("Heute steht nichts an.") < text.index('<span class="section">')


def test_groups_without_models_stay_hidden():
    text = signed_in(Role.TECHNIK).get(reverse("admin:index")).text
    shown = [name for name in GROUPS if f'<span class="section">{name}</span>' in text]
    assert shown == ["Zugänge"]


@pytest.mark.parametrize(("days", "words"), [(0, "heute"), (1, "morgen"), (17, "in 17 Tagen"), (45, "in 45 Tagen")])
def test_the_next_sitting_is_named_with_the_days_until_then(desk, days, words):
    day = timezone.localdate() + datetime.timedelta(days=days)
    committee = CommitteeFactory(name="Hauptausschuss", short_name="")
    ConsultationFactory(meeting_date=day + datetime.timedelta(days=3))
    ConsultationFactory(meeting_date=day, committee=committee)
    ConsultationFactory(meeting_date=day, status=ConsultationStatus.DONE)
    counts = desk.get(reverse("admin:index")).context["counts"]
    count = next(one for one in counts if one.label == "Beratungen in den nächsten 30 Tagen")
    assert count.note == f"die nächste: Hauptausschuss am {day:%d.%m.%Y}, {words}"
    assert count.count == (2 if days < 30 else 0)


# --- Accessibility ------------------------------------------------------------------------------------------------
def test_date_and_time_in_two_inputs_are_named_one_by_one():
    request = RequestFactory().get("/")
    request.user = UserFactory(is_superuser=True)
    field = admin.site._registry[User].formfield_for_dbfield(User._meta.get_field("last_login"), request)
    rendered = field.widget.render("last_login", None, {"id": "id_last_login"})
    assert rendered.count("aria-label=") == 2
    assert f'aria-label="{field.label}: Datum"' in rendered
    assert f'aria-label="{field.label}: Uhrzeit"' in rendered


# --- Vague dates and amounts in rows ------------------------------------------------------------------------------
class LineInline(BoundedInline):
    model = BudgetLine
    fields = ("category", "year", "amount_cents")


class BeginningInline(BoundedInline):
    model = Beginning
    fields = ("when", "what", "source")


ROWS = {
    "amount": (LineInline, BudgetLineFactory, "amount_cents", ("50.000,00", "60.000 €", "70.000,50"), 60_000_00),
    "period": (BeginningInline, BeginningFactory, "when", ("1999", "Q2/2025", "28.06.2000"), Period.parse("Q2/2025")),
}
SHOWN = {"amount": ("70.000,50 €", "60.000,00 €", "50.000,00 €"), "period": ("28.06.2000", "Q2/2025", "1999")}


def formset_of(inline_class, row, data=None):
    """The rows of the object that `row` is a part of, as the form of that object shows or gets them."""
    parent = getattr(row, _parent_name(row))
    request = RequestFactory().get("/")
    request.user = UserFactory(is_superuser=True)
    inline = inline_class(type(parent), admin.site)
    formset_class = inline.get_formset(request, parent)
    parent = type(parent).objects.get(pk=parent.pk)
    return formset_class(data, instance=parent, prefix="rows")


def _parent_name(row):
    return "grant" if isinstance(row, BudgetLine) else "partnership"


def posted(formset):
    reader = FormReader()
    reader.feed(f"<form>{formset.management_form}{''.join(str(form) for form in formset.initial_forms)}</form>")
    return {name: values[0] for name, values in reader.forms[0].items()}


@pytest.mark.parametrize("kind", ROWS)
def test_vague_dates_and_amounts_stand_in_rows_are_saved_and_conflict(kind):
    inline_class, make, name, (found, typed, rival), stored = ROWS[kind]
    row = make()
    data = posted(formset_of(inline_class, row))
    assert data[f"rows-0-{name}"] == found
    unchanged = formset_of(inline_class, row, data)
    assert unchanged.is_valid(), unchanged.errors
    assert not unchanged.has_changed()
    formset = formset_of(inline_class, row, {**data, f"rows-0-{name}": typed})
    assert formset.is_valid(), formset.errors
    formset.save()
    assert getattr(type(row).objects.get(), name) == stored
    stale = formset_of(inline_class, row, {**data, f"rows-0-{name}": rival})
    assert not stale.is_valid()
    difference = clashes(forms.Form(), [stale])[0].differences[0]
    assert (difference.mine, difference.stored, difference.found) == SHOWN[kind]
    assert list(difference.posted) == [f"rows-0-{name}"]


@pytest.mark.parametrize("kind", ROWS)
def test_rows_with_vague_dates_and_amounts_cost_no_query_each(kind):
    inline_class, make, *_ = ROWS[kind]
    row = make()

    def cost():
        with CaptureQueriesContext(connection) as captured:
            posted(formset_of(inline_class, row))
        return len(captured)

    one = cost()
    for _ in range(20):
        make(**{_parent_name(row): getattr(row, _parent_name(row))})
    assert cost() == one


# --- The conflict page --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [(None, "", True), (None, 0, False), (0, 0, True), ("", 0, False), ([1, 2], [2, 1], True), (None, False, False)],
)
def test_no_amount_is_something_else_than_the_amount_zero(one, other, expected):
    assert _same(one, other) is expected


# --- Two at once --------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_of_two_who_carry_out_the_same_action_at_once_one_does_it():
    rows = [OrganisationFactory() for _ in range(3)]
    clients = [signed_in(Role.KOORDINATION) for _ in range(2)]
    data = [confirmation(client, rows)[1] for client in clients]

    def send(number):
        try:
            return carry_out(clients[number], Organisation, {**data[number], "reason": f"Grund {number}"})
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        codes = [response.status_code for response in pool.map(send, range(2))]
    assert set(codes) <= {200, 302}
    assert len({row.retired_reason for row in Organisation.objects.filter(pk__in=[row.pk for row in rows])}) == 1
    assert [row.version for row in Organisation.objects.filter(pk__in=[row.pk for row in rows])] == [2, 2, 2]
