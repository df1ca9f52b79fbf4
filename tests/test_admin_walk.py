"""Every page of every model in the back office, as every role: it opens, or it is refused; nothing answers with an error."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.forms.models import _get_foreign_key
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kepol.accounts.choices import ADMIN_ROLES, Role
from kepol.accounts.models import User
from kepol.accounts.roles import actions, sync_roles
from kepol.council.models import DraftResolution, Submission
from kepol.lib.backoffice.admin import ViewOnlyAdmin
from kepol.lib.backoffice.site import GROUPS
from kepol.lib.retirement import Retirable
from kepol.lib.versions import seen_token
from tests.factories import (
    FACTORIES,
    CommitteeFactory,
    OrganisationFactory,
    SubmissionFactory,
    UserFactory,
)
from tests.forms import read_form
from tests.test_architecture import CODE

pytestmark = pytest.mark.django_db

REGISTERED = sorted(admin.site._registry, key=lambda model: model._meta.label)
WITH_PARTS = [model for model in REGISTERED if admin.site._registry[model].inlines]
SUPERUSER = "Superuser"
WHO = [*Role, SUPERUSER]
# Made on the page of another object: a row of the Beratungsfolge, and what is put on a record.
MADE_ELSEWHERE = {"council.consultation", "dates.tickler", "files.documentreference"}
MOST_QUERIES_OF_A_LIST, MOST_QUERIES_OF_A_FORM = 12, 25


@pytest.fixture(autouse=True)
def _roles():
    sync_roles()


def signed_in(who):
    client = Client()
    client.force_login(UserFactory(is_superuser=True) if who == SUPERUSER else UserFactory(roles=[who]))
    return client


def is_view_only(model):
    return isinstance(admin.site._registry[model], ViewOnlyAdmin)


def may(who, model, action):
    """What the table of rights says; view-only pages refuse changes to everybody."""
    if is_view_only(model) and action != "view":
        return False
    if model is User and action == "delete":  # accounts are switched off
        return False
    return who == SUPERUSER or (who in ADMIN_ROLES and action in actions(who, model._meta.label_lower))


def url(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def test_every_own_model_has_a_factory():
    own = {config.label for config in apps.get_app_configs() if config.name.split(".")[0] in CODE}
    models = {
        model
        for model in apps.get_models()
        if model._meta.app_label in own and not model._meta.model_name.startswith("historical")
    }
    assert {model for model in models if not hasattr(model, "m2m_history_id")} == set(FACTORIES)


@pytest.mark.one_database
@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)
def test_every_page_opens_or_is_refused_as_the_table_says(model, who):
    client, row = signed_in(who), FACTORIES[model]()
    in_admin = who == SUPERUSER or who in ADMIN_ROLES
    adds = may(who, model, "add") and model._meta.label_lower not in MADE_ELSEWHERE
    pages = {
        url(model, "changelist"): may(who, model, "view"),
        url(model, "change", row.pk): may(who, model, "view"),
        url(model, "history", row.pk): may(who, model, "view"),
        url(model, "add"): adds,
        url(model, "delete", row.pk): may(who, model, "delete"),
    }
    for address, allowed in pages.items():
        response = client.get(address, follow=True)
        assert response.status_code == (200 if allowed else 403), (address, in_admin)


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)
def test_every_page_of_a_missing_object_redirects(model):
    client = signed_in(SUPERUSER)
    for page in (
        ("change", "history", "delete") if model is not User and not is_view_only(model) else ("change", "history")
    ):
        response = client.get(url(model, page, 999_999))
        assert (response.status_code, response.url) == (302, reverse("admin:index")), page


@pytest.mark.one_database
@pytest.mark.parametrize("who", [Role.KOORDINATION, SUPERUSER])
@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)
def test_every_list_and_search_needs_the_same_queries_for_thirty_rows(model, who):
    client = signed_in(who)
    FACTORIES[model]()

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url(model, "changelist")).status_code == 200
        with CaptureQueriesContext(connection) as searched:
            assert client.get(url(model, "changelist"), {"q": "e"}).status_code == 200
        assert len(captured) <= MOST_QUERIES_OF_A_LIST, "\n".join(query["sql"] for query in captured)
        return [query["sql"] for query in (*captured, *searched)]

    queries()  # content types and the like are cached by the first request
    one = queries()
    fill(model)
    many = queries()
    assert len(many) == len(one), "\n".join(many)


def fill(model):
    if model._meta.app_label == "reference":
        return
    for _ in range(30):
        FACTORIES[model]()


def with_parts(model, rows):
    """An object with `rows` rows in each of its inlines."""
    parent = FACTORIES[model]()
    for inline in admin.site._registry[model].inlines:
        relation = _get_foreign_key(model, inline.model, fk_name=inline.fk_name)
        for _ in range(rows):
            part = FACTORIES[inline.model](**{relation.name: parent})
            if inline.model is DraftResolution:
                part.committees.add(CommitteeFactory())
    return parent


@pytest.mark.one_database
@pytest.mark.parametrize("view", ["change", "history"])
@pytest.mark.parametrize("who", [Role.KOORDINATION, SUPERUSER])
@pytest.mark.parametrize("model", WITH_PARTS, ids=lambda model: model._meta.label)
def test_a_form_and_its_history_need_the_same_queries_for_thirty_parts(model, who, view):
    client, one, many = signed_in(who), with_parts(model, 1), with_parts(model, 30)
    client.get(url(type(one), view, one.pk))

    def queries(row):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url(type(row), view, row.pk)).status_code == 200
        return [query["sql"] for query in captured]

    few, lots = queries(one), queries(many)
    assert len(lots) == len(few), "\n".join(lots)
    assert len(lots) <= MOST_QUERIES_OF_A_FORM, "\n".join(lots)


@pytest.mark.one_database
@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)
def test_every_action_shows_first_what_it_will_do(model, who):
    client, row = signed_in(who), FACTORIES[model]()
    names = offered_actions(client, model)
    if not may(who, model, "change"):
        # A Wiedervorlage is put on a record without changing it; steps of a view-only list name the right they need.
        own_right = {step.name for step in admin.site._registry[model].steps if step.right and is_view_only(model)}
        assert set(names) <= {"wiedervorlage"} | own_right
    if issubclass(model, Retirable) and may(who, model, "change"):
        assert {"stilllegen", "zurueckholen"} <= set(names)
    for name in names:
        response = client.post(url(model, "changelist"), {"action": name, "_selected_action": [row.pk]}, follow=True)
        assert response.status_code == 200, name
        assert str(row) in response.text or "bei keiner der gewählten" in response.text, name
        assert type(row)._base_manager.get(pk=row.pk).version == row.version, name


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)
def test_every_filter_and_every_sortable_column_answers(model):
    client, _ = signed_in(Role.KOORDINATION), FACTORIES[model]()
    page = client.get(url(model, "changelist"))
    if page.status_code != 200:  # Technik's models
        client = signed_in(SUPERUSER)
        page = client.get(url(model, "changelist"))
    cl = page.context["cl"]
    addresses = [choice["query_string"] for spec in cl.filter_specs for choice in spec.choices(cl)]
    addresses += [f"?o={sign}{index}" for index, _ in enumerate(cl.list_display) for sign in ("", "-")]
    for address in addresses:
        assert client.get(url(model, "changelist") + address).status_code == 200, address


def offered_actions(client, model):
    """Names of the actions the list offers; none where there is no list or nothing to choose."""
    form = (client.get(url(model, "changelist")).context or {}).get("action_form")
    return [name for name, _ in form.fields["action"].choices if name] if form else []


@pytest.mark.parametrize("who", [who for who in WHO if who not in (Role.KOORDINATION, SUPERUSER)])
def test_an_action_that_is_not_offered_is_not_carried_out(who):
    client, row = signed_in(who), OrganisationFactory()
    data = {"action": "stilllegen", "_selected_action": [row.pk], "confirmed": "1", "reason": "heimlich"}
    client.post(url(type(row), "changelist"), data)
    client.post(url(type(row), "step", row.pk, "stilllegen"), {"reason": "heimlich", "seen": seen_token(row)})
    row.refresh_from_db()
    assert row.is_retired is False


def test_retiring_by_action_asks_once_and_notes_who_did_it():
    client, rows = signed_in(Role.KOORDINATION), [OrganisationFactory() for _ in range(3)]
    data = {"action": "stilllegen", "_selected_action": [row.pk for row in rows]}
    page = client.post(url(type(rows[0]), "changelist"), data)
    assert "Betroffen sind 3 Einträge" in page.text
    client.post(url(type(rows[0]), "changelist"), {**read_form(page), **data, "reason": "aufgelöst"})
    assert {type(row).objects.get(pk=row.pk).retired_reason for row in rows} == {"aufgelöst"}
    history = client.get(url(type(rows[0]), "history", rows[0].pk)).text
    assert "stillgelegt am von leer zu" in history


def test_the_index_is_grouped_by_work_and_hides_parts():
    text = signed_in(Role.KOORDINATION).get(reverse("admin:index")).text
    headings = GROUPS
    places = [text.index(f'<span class="section">{heading}</span>') for heading in headings]
    assert places == sorted(places)
    assert reverse("admin:stakeholders_membership_changelist") not in text


def test_counts_of_the_index_lead_to_exactly_their_rows():
    client = signed_in(Role.KOORDINATION)
    SubmissionFactory()
    SubmissionFactory(from_council=True)
    page = client.get(reverse("admin:index"))
    for count in page.context["counts"]:
        assert client.get(count.url).context["cl"].result_count == count.count
    assert page.context["counts"][0].count == Submission.objects.drafts().count() == 1


def test_a_second_click_on_steps_that_do_not_apply_explains():
    client, row = signed_in(Role.KOORDINATION), OrganisationFactory()
    response = client.get(url(type(row), "step", row.pk, "zurueckholen"), follow=True)
    assert "ist bei „" in response.text
    assert "nicht möglich" in response.text


HOSTILE = [
    "?q=" + "wort+" * 1_200,
    "?q=%00",
    "?p=abc",
    "?o=x.-y",
    "?status__exact=%00",
    "?reached_on__year=99999999",
    "?planned__exact=abc",
    "?forecast=x",
    "?sdg=²",
    "?partnership__id__exact=abc",
    "?person__id__exact=" + "9" * 40,
]


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)
def test_no_address_written_by_hand_ends_in_an_error(model):
    client, row = signed_in(SUPERUSER), FACTORIES[model]()
    for query in HOSTILE:
        assert client.get(url(model, "changelist") + query, follow=True).status_code in {200, 400}, query
    if not hasattr(admin.site._registry[model], "has_add_permission"):
        return
    proposals = {column.name: "abc" for column in (*model._meta.fields, *model._meta.many_to_many)}
    assert client.get(url(model, "add"), proposals).status_code in {200, 403}
    for page in ("change", "delete", "history"):
        address = url(model, page, "²")
        assert client.get(address, follow=True).status_code in {200, 403}, address
        assert client.post(address, {"post": "yes"}, follow=True).status_code in {200, 403}, address
    assert type(row)._base_manager.filter(pk=row.pk).exists()


def test_a_search_for_many_words_says_what_it_looks_for():
    page = signed_in(Role.KOORDINATION).get(url(Submission, "changelist"), {"q": "wort " * 11})
    assert "Gesucht wird nach den ersten 10 Wörtern." in page.text
