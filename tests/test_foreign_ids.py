"""Keys of other people's objects at the side doors: fields, rows of a form, autocompletes, filters, popups, history, files.

There are no exports yet; the last test fails when the first one comes, so that its rows get a test here.
"""

import pytest
from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from kepol.accounts.choices import Role
from kepol.accounts.models import User
from kepol.accounts.roles import sync_roles
from kepol.lib.backoffice.forms import KnownAutocomplete, KnownAutocompleteMultiple
from kepol.lib.contracts import implementations
from kepol.lib.retirement import Retirable
from tests.addresses import one_of_each, routes
from tests.factories import FACTORIES, AttachmentFactory, OrganisationFactory, UnitFactory, UserFactory
from tests.forms import read_form
from tests.matrix import FILES, MISSING, PDF, ROLES, Who, stage
from tests.test_admin_walk import REGISTERED, SUPERUSER, WITH_PARTS, may, signed_in, url, with_parts
from tests.test_headers import everything

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

AT_THE_DESK = (Who.COORDINATING, Who.TECHNICAL)
SOME_NOW_ALL_IN_AUDIT = [
    pytest.param(
        model,
        id=model._meta.label,
        marks=[] if model._meta.label in {"accounts.User", "concept.Milestone", "mail.Mail"} else [pytest.mark.audit],
    )
    for model in REGISTERED
]
IN_PORTAL = (Who.OWN, Who.LEADING, Who.READING)


@pytest.fixture(autouse=True)
def _roles():
    sync_roles()


def changeable(who):
    """Models whose form `who` may save."""
    return [model for model in REGISTERED if may(ROLES[who], model, "change")]


# --- Files ---------------------------------------------------------------------------------------------------------
def content(response):
    return response.getvalue() if response.streaming else response.content


def test_the_key_of_another_kind_opens_no_file():
    on_stage, opened = stage(), set()
    client = on_stage.client(Who.SUPERUSER)
    for own_key, things in FILES.items():
        for thing in things:
            secret = PDF + thing.encode()
            for key in FILES:
                path = reverse("files:serve", args=[key, on_stage.objects[thing].pk])
                if secret in content(client.get(path)):
                    opened.add((own_key, key))
    assert opened == {(key, key) for key in FILES}


@pytest.mark.parametrize("who", [who for who in Who if who not in {Who.NOBODY, Who.ENDED}])
def test_a_file_that_is_not_there_looks_like_one_that_is_not_for_somebody(who):
    on_stage = stage()
    client, gone = on_stage.client(who), AttachmentFactory(submission=on_stage.objects["public"])
    lost = on_stage.objects["open-file"]
    lost.file.storage.delete(lost.file.name)
    answers = {
        (response.status_code, response.content)
        for key, pk in (("anlage", MISSING), ("anlage", gone.pk), ("anlage", lost.pk), ("gibt-es-nicht", lost.pk))
        if (response := client.get(reverse("files:serve", args=[key, pk])))
    }
    assert len(answers) == 1
    assert {status for status, _ in answers} == {404}


def test_a_rule_asked_directly_gives_nothing_to_whom_the_page_gives_nothing():
    """The rules are asked by the view alone today; whoever asks them next must not have to know who may."""
    on_stage, given = stage(), set()
    for rule in implementations(settings.FILE_RULES):
        for thing in FILES[rule.key]:
            for who in (Who.FOREIGN, Who.FORMER, Who.TECHNICAL):
                user = User.objects.get(pk=on_stage.users[who].pk)
                if rule.fetch(user, on_stage.objects[thing].pk, on=timezone.localdate()):
                    given.add((who, thing))
    assert given == {(Who.FOREIGN, "open-file"), (Who.FORMER, "open-file")}


# --- Autocompletes -------------------------------------------------------------------------------------------------
def relations():
    """Every relation of every model: the address of the autocomplete takes any of them."""
    for model in apps.get_models():
        for column in (*model._meta.fields, *model._meta.many_to_many):
            if column.is_relation and column.related_model:
                yield column


def offered(client, column, **more):
    names = {"app_label": column.model._meta.app_label, "model_name": column.model._meta.model_name}
    return client.get(reverse("admin:autocomplete"), {**names, "field_name": column.name, **more})


def offered_keys(client, column):
    """Keys on all pages; None where the autocomplete is refused."""
    keys, page = set(), 1
    while True:
        response = offered(client, column, page=page)
        if response.status_code != 200:
            return None
        keys |= {row["id"] for row in response.json()["results"]}
        if not response.json()["pagination"]["more"]:
            return keys
        page += 1


@pytest.mark.parametrize("who", AT_THE_DESK)
def test_an_autocomplete_offers_only_what_the_role_may_read(who):
    on_stage = stage()
    client, answered = on_stage.client(who), {}
    for column in relations():
        answered.setdefault(column.related_model, set()).add(offered(client, column).status_code)
    opened = {model for model, codes in answered.items() if 200 in codes}
    assert {model for model in opened if not may(ROLES[who], model, "view")} == set()
    assert len(opened) >= {Who.COORDINATING: 15, Who.TECHNICAL: 1}[who]


@pytest.mark.parametrize("who", [*IN_PORTAL, Who.NOBODY, Who.ENDED])
def test_no_autocomplete_answers_outside_the_back_office(who):
    client = stage().client(who)
    assert {offered(client, column).status_code for column in relations()} == {302}


def autocomplete_fields(request, rows):
    """(relation, field of the form) for every autocomplete in a form or in the rows of one."""
    for model_admin in admin.site._registry.values():
        sources = [(inline.model, inline.form) for inline in _inlines(model_admin, request)]
        if model_admin.has_add_permission(request):
            sources.append((model_admin.model, model_admin.get_form(request)))
        elif model_admin.has_change_permission(request, row := rows[model_admin.model]):
            sources.append((model_admin.model, model_admin.get_form(request, row, change=True)))
        for model, form in sources:
            for name, field in form.base_fields.items():
                if isinstance(
                    getattr(field.widget, "widget", field.widget), KnownAutocomplete | KnownAutocompleteMultiple
                ):
                    yield model._meta.get_field(name), field


def _inlines(model_admin, request):
    return [inline(model_admin.model, admin.site).get_formset(request) for inline in model_admin.inlines]


def test_an_autocomplete_offers_only_what_its_field_takes_and_nothing_put_aside():
    on_stage, rows = stage(), one_of_each()
    OrganisationFactory()
    aside = {"retired_on": timezone.localdate(), "retired_reason": "aufgelöst"}
    retired = {UnitFactory(**aside), OrganisationFactory(**aside)}
    request = RequestFactory().get("/")
    request.user = on_stage.users[Who.COORDINATING]
    client, fields = on_stage.client(Who.COORDINATING), list(autocomplete_fields(request, rows))
    for column, field in fields:
        keys = offered_keys(client, column)
        takes = field.queryset.complex_filter(column.get_limit_choices_to())
        assert keys is not None, column
        assert keys <= {str(row.pk) for row in takes}, column
        if issubclass(column.related_model, Retirable):
            assert not keys & {str(row.pk) for row in retired if isinstance(row, column.related_model)}, column
    assert len(fields) > 40


def test_no_autocomplete_offers_the_account_of_a_superuser():
    on_stage = stage()
    chosen = [column for column in relations() if column.related_model is User]
    for who in AT_THE_DESK:
        found = [offered_keys(on_stage.client(who), column) for column in chosen]
        assert str(on_stage.users[Who.SUPERUSER].pk) not in set().union(*filter(None, found))
        assert any(str(on_stage.users[Who.OWN].pk) in keys for keys in found if keys)


# --- Fields of forms -----------------------------------------------------------------------------------------------
def outside(field):
    """Key of a row the field does not take; one that does not exist where it takes all."""
    rows = field.queryset.model._base_manager.exclude(pk__in=field.queryset.values("pk"))
    return rows.values_list("pk", flat=True).first() or MISSING


@pytest.mark.parametrize("model", changeable(Who.COORDINATING), ids=lambda model: model._meta.label)
def test_a_field_takes_no_object_it_does_not_offer(model):
    client, row = signed_in(Role.KOORDINATION), FACTORIES[model]()
    OrganisationFactory(), UnitFactory()
    path = url(model, "change", row.pk)
    page = client.get(path)
    data, before = read_form(page), everything()
    for name, field in page.context["adminform"].form.fields.items():
        if isinstance(field, forms.ModelChoiceField):
            response = client.post(path, {**data, name: [str(outside(field))]})
            assert response.status_code == 200, name
            assert name in response.context["adminform"].form.errors, name
    assert everything() == before


# --- Rows of a form ------------------------------------------------------------------------------------------------
def rows_of_another(mine, other):
    """The form of `mine` with the keys, versions and words of the rows of `other`; as they are, and as if they were new."""
    for key in mine:
        if key.endswith("-id") and mine[key] != [""] and key in other:
            prefix = key.removesuffix("id")
            taken = {name: other[name] for name in other if name.startswith(prefix)}
            parent = {name: mine[name] for name in taken if mine.get(name) != other[name] and name.count("-") == 2}
            words = {name: [f"{value[0]} geraubt"] for name, value in parent.items() if name in _texts(other, prefix)}
            counted = f"{prefix.rsplit('-', 2)[0]}-INITIAL_FORMS"
            yield {**mine, **taken, **words}
            yield {**mine, **taken, **words, counted: ["0"]}


def _texts(form, prefix):
    return {name for name, value in form.items() if name.startswith(prefix) and value[0] and not value[0].isdigit()}


@pytest.mark.parametrize("model", WITH_PARTS, ids=lambda model: model._meta.label)
def test_no_row_of_another_object_is_changed_or_pulled_over(model):
    client = signed_in(Role.KOORDINATION if may(Role.KOORDINATION, model, "change") else SUPERUSER)
    mine, other = with_parts(model, 1), with_parts(model, 1)
    form, foreign = (read_form(client.get(url(model, "change", row.pk))) for row in (mine, other))
    before, tried = _parts_of(other), 0
    for data in rows_of_another(form, foreign):
        response = client.post(url(model, "change", mine.pk), data)
        assert response.status_code in {200, 302, 409}
        assert _parts_of(other) == before
        tried += 1
    assert tried >= 2


def _parts_of(parent):
    """The rows of `parent` in all its inlines, as they are stored."""
    found = {}
    for inline in admin.site._registry[type(parent)].inlines:
        relation = forms.models._get_foreign_key(type(parent), inline.model, fk_name=inline.fk_name)
        found[inline] = sorted(map(repr, inline.model._base_manager.filter(**{relation.name: parent}).values_list()))
    return found


# --- Filters, popups, other ways to an object ----------------------------------------------------------------------
def ways_to_accounts(model, hops=2):
    """Lookups that lead from a row of `model` to an account, over `hops` relations at most."""
    if model is User:
        yield ""
    if hops == 0:
        return
    for column in (*model._meta.fields, *model._meta.many_to_many):
        if column.is_relation and column.related_model and column.related_model is not model:
            for way in ways_to_accounts(column.related_model, hops - 1):
                yield f"{column.name}__{way}"


@pytest.mark.parametrize("who", AT_THE_DESK)
def test_no_filter_asks_for_a_password(who):
    """A list narrowed by the beginning of a hash would tell the hash, sign by sign."""
    client, asked = signed_in(ROLES[who]), 0
    for model in REGISTERED:
        if not may(ROLES[who], model, "view"):
            continue
        for way in ways_to_accounts(model):
            response = client.get(url(model, "changelist"), {f"{way}password__startswith": "md5"})
            assert response.status_code == 400, (model, way)
            asked += 1
    assert asked >= {Who.COORDINATING: 5, Who.TECHNICAL: 1}[who]


@pytest.mark.parametrize("who", AT_THE_DESK)
@pytest.mark.parametrize("lookup", ["text__contains", "text__startswith", "text"])
def test_no_filter_asks_for_the_text_of_a_secret_mail(who, lookup):
    """It holds the code or the link that opens somebody's account."""
    mail = apps.get_model("mail", "mail")
    FACTORIES[mail](secret=True)
    assert signed_in(ROLES[who]).get(url(mail, "changelist"), {lookup: "Ihr Code"}).status_code == 400


@pytest.mark.parametrize("model", SOME_NOW_ALL_IN_AUDIT)
def test_a_popup_hands_out_keys_only_and_needs_the_same_right(model):
    client, refused, row = signed_in(SUPERUSER), signed_in(Role.TECHNIK), FACTORIES[model]()
    # What another model points to by its value would be a key; nothing does.
    others = [column.name for column in model._meta.fields if not column.primary_key]
    pages = [url(model, "changelist"), url(model, "change", row.pk)]
    for name in others:
        for page in pages:
            assert client.get(page, {"_popup": "1", "_to_field": name}).status_code == 400, (name, page)
    before = everything()
    if not may(Role.TECHNIK, model, "view"):
        for page in (*pages, url(model, "add")):
            assert refused.get(page, {"_popup": "1"}).status_code == 403, page
            assert refused.post(f"{page}?_popup=1", {"_popup": "1"}).status_code == 403, page
    assert everything() == before


@pytest.mark.parametrize("who", [*AT_THE_DESK, Who.SUPERUSER])
def test_the_way_to_an_object_by_its_type_leads_nowhere(who):
    on_stage, rows = stage(), one_of_each()
    client = on_stage.client(who)
    answers = {
        (response.status_code, response.content)
        for model, row in rows.items()
        for pk in (row.pk, MISSING)
        if (
            response := client.get(
                reverse("admin:view_on_site", args=[ContentType.objects.get_for_model(model).pk, pk])
            )
        )
    }
    assert len(answers) == 1
    assert {status for status, _ in answers} == {404}


def test_nobody_who_may_not_see_an_account_learns_its_address_from_another_list():
    """A list narrowed to the rows of an account names it only to whoever sees it."""
    on_stage = stage()
    hidden, client = UserFactory(email="oben@stadt.example", is_superuser=True), on_stage.client(Who.COORDINATING)
    tickler = apps.get_model("dates", "tickler")
    page = client.get(url(tickler, "changelist"), {"for_whom__id__exact": hidden.pk})
    assert page.status_code == 200
    assert hidden.email not in page.text


def test_there_is_no_export_yet():
    words = ("export", "csv", "xlsx", "ics", "feed")
    assert {name for name, route in routes() if any(word in f"{name} {route}" for word in words)} == set()
