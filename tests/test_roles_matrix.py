"""Role × page × method: own pages as the grid says, the back office as the table of rights says, and no address in neither."""

import datetime
from typing import NamedTuple
from urllib.parse import unquote

import pytest
from django.conf import settings as stored_settings
from django.contrib import admin
from django.contrib.messages import get_messages
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kepol.accounts.choices import ADMIN_ROLES
from kepol.accounts.middleware import OPEN_WITHOUT_FACTOR
from kepol.accounts.models import User
from kepol.accounts.roles import actions, sync_roles
from kepol.council import views
from kepol.lib.contracts import implementations
from kepol.lib.versions import seen_token
from tests.addresses import addresses, one_of_each, routes
from tests.forms import read_form
from tests.matrix import ANSWERS, FILES, LEADS, METHODS, MISSING, REFUSALS, ROLES, Who, forms, lines, stage
from tests.test_admin_walk import SUPERUSER, may, url
from tests.test_headers import everything

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

GRID = list(lines())
REGISTERED = sorted(admin.site._registry, key=lambda model: model._meta.label)
#: Pages of every model.
MODEL_PAGES = ("changelist", "history", "change", "add", "delete", "step")
AT_THE_DESK = {Who.COORDINATING, Who.TECHNICAL, Who.SUPERUSER}


@pytest.fixture(autouse=True)
def _roles(monkeypatch):
    sync_roles()
    monkeypatch.setattr(views, "render_pdf", lambda document: b"%PDF-")


# --- Own pages -----------------------------------------------------------------------------------------------------
def answer(response, path):
    """The word of the grid for a response; the response itself in words where there is none."""
    if response.status_code != 302:
        return next((word for word, code in ANSWERS.items() if code == response.status_code), str(response.status_code))
    target, above = unquote(response["Location"]), f"{path.rstrip('/').rpartition('/')[0]}/"
    return next((word for word, lead in LEADS.items() if target == lead.format(path, above)), target)


def asked(on_stage, who, line, method):
    """What `who` is answered; afterwards everything is as before."""
    path, client = line.path(on_stage), on_stage.client(who)
    with transaction.atomic():
        found = answer(sent(client, method, line, on_stage), path)
        transaction.set_rollback(True)
    return found


def sent(client, method, line, on_stage, pk=None):
    """The response to `method`, a POST with the form filled as by somebody who may."""
    path = line.path(on_stage, pk)
    return (
        client.post(path, forms(on_stage).get(line.address, {})) if method == "POST" else client.generic(method, path)
    )


@pytest.mark.parametrize("who", Who)
def test_everybody_gets_what_the_grid_says(who):
    on_stage, found, expected = stage(), {}, {}
    for line in GRID:
        for method in METHODS[line.method]:
            found[method, line.address, line.thing] = asked(on_stage, who, line, method)
            expected[method, line.address, line.thing] = line.answers[who]
    assert found == expected


@pytest.mark.parametrize("who", Who)
def test_what_is_refused_changes_nothing(who):
    on_stage = stage()
    client, before = on_stage.client(who), everything()
    for line in (line for line in GRID if line.answers[who] in REFUSALS):
        for method in METHODS[line.method]:
            sent(client, method, line, on_stage)
    assert everything() == before


@pytest.mark.parametrize("who", [who for who in Who if who not in {Who.NOBODY, Who.ENDED}])
def test_what_is_not_for_somebody_looks_like_what_does_not_exist(who):
    on_stage = stage()
    client = on_stage.client(who)
    hidden = [line for line in GRID if line.thing != "-" and line.answers[who] == "404"]
    for line in hidden:
        for method in METHODS[line.method]:
            forbidden = sent(client, method, line, on_stage)
            missing = sent(client, method, line, on_stage, MISSING)
            assert (missing.status_code, forbidden.content) == (404, missing.content), line
    assert bool(hidden) is (who not in {Who.COORDINATING, Who.LEADING, Who.SUPERUSER})


def test_whoever_an_object_belongs_to_gets_it():
    """So that a 404 of somebody else proves the permission, not a missing row; drafts belong to the coordination alone."""
    things = {line.thing for line in GRID}
    shown = {who: {line.thing for line in GRID if line.answers[who] == "ok"} for who in Who}
    assert things - shown[Who.COORDINATING] == set()
    assert things - shown[Who.OWN] == {"draft", "draft-file"}
    assert shown[Who.FOREIGN] == {"-", "public", "open-file"}


def test_every_rule_for_files_stands_in_the_grid():
    assert {rule.key for rule in implementations(stored_settings.FILE_RULES)} == set(FILES)
    assert {thing for things in FILES.values() for thing in things} <= {line.thing for line in GRID}


def test_every_address_stands_in_the_grid_or_follows_from_the_registry():
    listed = {line.address for line in GRID}
    known = {name for name, _ in routes()}
    generated = {f"admin:{m._meta.app_label}_{m._meta.model_name}_{page}" for m in REGISTERED for page in MODEL_PAGES}
    nameless = {name for name, route in routes() if name == route}
    # Asked with what they need: by `test_foreign_ids.py`, and below.
    asked_elsewhere = {"admin:view_on_site", "admin:app_list"}
    assert known - listed - generated - asked_elsewhere - nameless == set()
    assert (listed | generated | asked_elsewhere) - known == set()
    # Django's own: the bare address of an object leads to its form, everything else in the back office to a 404.
    bare = {f"verwaltung/{m._meta.app_label}/{m._meta.model_name}/<path:object_id>/" for m in REGISTERED}
    assert nameless == bare | {r"verwaltung/(?P<url>.*)$"}


# --- Back office ---------------------------------------------------------------------------------------------------
class Request(NamedTuple):
    """A page of a model, the right it needs to look and to send, and what somebody who may would send."""

    model: type
    path: str
    to_look: str
    to_send: str
    data: dict


def at_the_table(who):
    """`who` as the table of rights knows them; None for whoever has no account, or none any more."""
    if who == Who.ENDED:
        return None
    return SUPERUSER if who == Who.SUPERUSER else ROLES.get(who)


def model_requests(rows, client):
    """Every page of every model; `client` may fetch their forms."""
    for model in REGISTERED:
        row = rows[model]
        form = read_form(client.get(url(model, "change", row.pk)))
        chosen = {"action": "stilllegen", "_selected_action": [row.pk]}
        yield Request(model, url(model, "changelist"), "view", "view", chosen)
        yield Request(model, url(model, "history", row.pk), "view", "view", {})
        yield Request(model, url(model, "change", row.pk), "view", "change", form)
        yield Request(model, url(model, "add"), "add", "add", form)
        asked_first = client.get(url(model, "delete", row.pk)).headers.get("Location", url(model, "delete", row.pk))
        yield Request(model, asked_first, "delete", "delete", {"post": "yes"})
        for step in admin.site._registry[model].all_steps():
            right = step.right or step.permission
            data = {"seen": seen_token(row), "reason": "heimlich"}
            yield Request(model, url(model, "step", row.pk, step.name), right, right, data)


def has_right(who, model, right):
    """What the table says of a right to `model`, or of one named in full, beside which one has to see the row."""
    if "." not in right:
        return may(at_the_table(who), model, right)
    return is_given(at_the_table(who), right) and may(at_the_table(who), model, "view")


def is_given(role, right):
    """Whether the table gives `role` the right, named as Django names it: "dates.add_tickler"."""
    app, _, name = right.partition(".")
    action, _, other = name.partition("_")
    return role == SUPERUSER or (role in ADMIN_ROLES and action in actions(role, f"{app}.{other}"))


def refusal(who, path):
    """How the back office refuses `who`; a login is asked for either by it or before it."""
    if who in {Who.NOBODY, Who.ENDED}:
        return {LEADS["login"].format(path), LEADS["gate"].format(path)}
    return {403} if who in AT_THE_DESK else {LEADS["gate"].format(path)}


def deviation(client, who, request, method):
    """What `who` is answered who may not send `request`, where that is no refusal; None where it is one."""
    response = client.generic(method, request.path) if method != "POST" else client.post(request.path, request.data)
    # What stands behind the question mark is quoted twice, or once, or not at all.
    found = response.headers.get("Location", "").partition("%3F")[0] or response.status_code
    return None if found in refusal(who, request.path.partition("?")[0]) else found


def test_nobody_gets_past_the_table_of_rights_in_the_back_office():
    """`test_admin_walk.py` opens what is allowed; here everything that is not, with the forms filled as by somebody who may."""
    on_stage, rows = stage(), one_of_each()
    requests = list(model_requests(rows, on_stage.client(Who.SUPERUSER)))
    clients = {who: on_stage.client(who) for who in Who}
    before, refused, deviations = everything(), 0, {}
    for who, client in clients.items():
        for request in requests:
            for method in ("GET", "POST", "PUT", "DELETE"):
                if has_right(who, request.model, request.to_send if method == "POST" else request.to_look):
                    continue
                refused += 1
                if found := deviation(client, who, request, method):
                    deviations[who, method, request.path] = found
    assert deviations == {}
    assert everything() == before
    assert refused > 5000


def test_the_forms_that_were_refused_are_such_as_are_accepted():
    """Otherwise the test before would only show that nonsense is refused."""
    on_stage, rows = stage(), one_of_each()
    client, deleted = on_stage.client(Who.SUPERUSER), 0
    for request in model_requests(rows, client):
        if request.to_send != "delete" or not may(SUPERUSER, request.model, "delete"):
            continue
        with transaction.atomic():
            client.post(request.path, request.data)
            deleted += not request.model._base_manager.filter(pk=rows[request.model].pk).exists()
            transaction.set_rollback(True)
    assert deleted > 20


@pytest.mark.parametrize("page", ["change", "delete", "history", "step"])
def test_foreign_and_missing_objects_are_refused_alike_in_the_back_office(page):
    on_stage, rows, differing = stage(), one_of_each(), set()
    for who in (Who.OWN, Who.TECHNICAL):
        client = on_stage.client(who)
        for model, row in rows.items():
            more = ["wiedervorlage"] if page == "step" else []
            there, missing = (client.get(url(model, page, pk, *more), follow=True) for pk in (row.pk, MISSING))
            if there.status_code != 200 and (there.status_code, there.content) != (403, missing.content):
                differing.add((who, model))
    assert differing == set()


@pytest.mark.parametrize("who", [Who.COORDINATING, Who.TECHNICAL])
@pytest.mark.parametrize("page", ["change", "history", "delete"])
def test_an_account_nobody_may_see_looks_like_one_that_does_not_exist(who, page):
    on_stage = stage()
    told = []
    for pk in (on_stage.users[Who.SUPERUSER].pk, MISSING):
        client = on_stage.client(who)
        response = client.get(url(User, page, pk))
        words = [str(message).replace(str(pk), "…") for message in get_messages(response.wsgi_request)]
        told.append((response.status_code, response.headers.get("Location"), words))
    assert told[0] == told[1]
    assert told[0][:2] == ((403, None) if page == "delete" else (302, reverse("admin:index")))


@pytest.mark.parametrize("who", Who)
def test_the_page_of_one_application_lists_what_the_table_gives(who):
    on_stage = stage()
    for label in {model._meta.app_label for model in REGISTERED}:
        models = [model for model in REGISTERED if model._meta.app_label == label]
        readable = any(may(at_the_table(who), model, "view") for model in models)
        path = reverse("admin:app_list", args=[label])
        response = on_stage.client(who).get(path)
        expected = {200} if readable else {404} if who in AT_THE_DESK else refusal(who, path)
        assert response.headers.get("Location", response.status_code) in expected, label


# --- Second factor -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", [Who.COORDINATING, Who.TECHNICAL, Who.SUPERUSER])
def test_without_a_second_factor_no_address_opens_to_who_needs_one(who, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    on_stage, rows = stage(), one_of_each()
    client, open_to_them = on_stage.client(who), set()
    User.objects.update(last_login=None)
    before = everything()
    for address in addresses(rows):
        for method in ("GET", "POST", "DELETE"):
            response = client.generic(method, address.path)
            if response.headers.get("Location") != reverse("mfa_activate_totp"):
                open_to_them.add(address.name)
                client.force_login(on_stage.users[who])
    assert open_to_them == set(OPEN_WITHOUT_FACTOR)
    User.objects.update(last_login=None)
    assert everything() == before


def test_whoever_needs_no_second_factor_works_without_one(settings):
    settings.SECOND_FACTOR_REQUIRED = True
    on_stage = stage()
    path = reverse("council:submission_list")
    assert {who: on_stage.client(who).get(path).status_code for who in (Who.OWN, Who.READING, Who.LEADING)} == {
        Who.OWN: 200,
        Who.READING: 200,
        Who.LEADING: 200,
    }


# --- Rights follow at once -----------------------------------------------------------------------------------------
def test_an_ended_membership_and_a_taken_role_count_at_the_next_request():
    on_stage = stage()
    closed = next(line for line in GRID if line.thing == "closed").path(on_stage)
    client = Client()
    client.force_login(on_stage.users[Who.OWN])
    assert client.get(closed).status_code == 200
    role = on_stage.users[Who.OWN].groups.get()
    on_stage.users[Who.OWN].groups.clear()
    assert client.get(closed).status_code == 404
    on_stage.users[Who.OWN].groups.add(role)
    assert client.get(closed).status_code == 200
    on_stage.units[Who.OWN].memberships.update(valid_to=timezone.localdate() - datetime.timedelta(days=1))
    assert client.get(closed).status_code == 404
