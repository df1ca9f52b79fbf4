"""Fields that a form does not show, posted nevertheless: nothing but the declared fields changes, no right and no state ever.

Each form is saved twice from the same state: as a browser would send it, and with a value for every other column of the row
(and a few that would give rights). What is stored afterwards must be the same.
"""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.db import models, transaction
from django.urls import reverse

from concept.models import MilestoneReport
from kepol.accounts.choices import Role
from kepol.accounts.models import User
from kepol.accounts.roles import sync_roles
from kepol.lib.retirement import Retirable
from kepol.lib.versions import seen_token
from tests.factories import FACTORIES, PASSWORD, UnitFactory, UserFactory
from tests.forms import read_form
from tests.matrix import Who, stage
from tests.test_admin_walk import MADE_ELSEWHERE, REGISTERED, may, signed_in, url

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

NEW_PASSWORD = "Wenig-Sonne-am-Freitag-8"
#: What would make somebody more than they are, whatever the form is about.
RIGHTS = {"is_superuser": "on", "is_staff": "on", "is_active": "", "roles": "Technik", "email": "ich@stadt.example"}


@pytest.fixture(autouse=True)
def _roles():
    sync_roles()


def changed_by(model):
    """Who may save the form of `model`."""
    return next(who for who in (Role.KOORDINATION, Role.TECHNIK) if may(who, model, "change"))


CHANGED = [model for model in REGISTERED if any(may(who, model, "change") for who in (Role.KOORDINATION, Role.TECHNIK))]
#: A round is opened on a page that shows first what will happen, by a verb with arguments of its own.
ADDED = [m for m in CHANGED if m._meta.label_lower not in {*MADE_ELSEWHERE, "concept.statusround"}]
#: Forms in which nobody writes a word; what is smuggled in arrives with the form for a new row.
WITHOUT_WORDS = {"council.councilterm", "stakeholders.membership"}


# --- What is smuggled in -------------------------------------------------------------------------------------------
WRITTEN = {
    models.DateTimeField: ["2020-02-03 04:05:06"],
    models.DateField: ["03.02.2020"],
    models.IntegerField: ["4711"],
    models.AutoField: ["4711"],
    models.DecimalField: ["4711"],
}


def hostile(column, row):
    """A value for `column` other than the stored one, as a browser would send it."""
    if column.is_relation:
        chosen = None if column.many_to_many else getattr(row, column.attname)
        others = column.related_model._base_manager.exclude(pk=chosen)
        return [str(others.values_list("pk", flat=True).first() or 1)]
    if column.choices:
        return [str(next(value for value, _ in column.flatchoices if value != getattr(row, column.name)))]
    if isinstance(column, models.BooleanField):
        return [] if getattr(row, column.name) else ["on"]
    return next((value for kind, value in WRITTEN.items() if isinstance(column, kind)), ["heimlich"])


def smuggled(row, declared):
    """Values for all that a form with the fields `declared` does not ask: every column, by its name and by that of its key."""
    found = {name: [value] for name, value in RIGHTS.items()}
    for column in (*row._meta.fields, *row._meta.many_to_many):
        found |= {name: hostile(column, row) for name in (column.name, getattr(column, "attname", column.name))}
    rights = {"groups": Group.objects.values_list("pk", flat=True), "user_permissions": _permissions()}
    found |= {name: list(map(str, keys)) for name, keys in rights.items()}
    return {name: value for name, value in found.items() if not is_declared(name, declared)}


def is_declared(name, declared):
    """Whether `name` is a field, or one of the inputs of a field."""
    field, _, number = name.rpartition("_")
    return name in declared or (number.isdigit() and field in declared)


def declared_on(page):
    """The fields a page of the back office asks for, in its rows too."""
    return {*page.context["adminform"].form.fields, *read_form(page)}


def _permissions():
    return Permission.objects.values_list("pk", flat=True)[:3]


def stored_after(client, path, data, *, but=()):
    """Status of the answer and all rows as they are then, without moments and the columns `but`; then all is as before."""
    with transaction.atomic():
        status = client.post(path, data).status_code
        rows = {model: _rows(model, but) for model in apps.get_models(include_auto_created=True) if _is_told(model)}
        transaction.set_rollback(True)
    return status, rows


def difference(one, other):
    """What two answers of `stored_after` do not have in common."""
    told = {"status": (one[0], other[0])} if one[0] != other[0] else {}
    return told | {model: (rows, other[1][model]) for model, rows in one[1].items() if rows != other[1][model]}


def _is_told(model):
    return model is not Session and not model._meta.model_name.startswith("historical")


def _rows(model, but):
    # When something was written differs from request to request.
    told = [column for column in model._meta.fields if column.column and not isinstance(column, models.DateTimeField)]
    columns = [column.name for column in told if column.name not in but]
    return sorted(map(repr, model._base_manager.values_list(*columns)))


# --- Forms of the back office --------------------------------------------------------------------------------------
def with_other_words(form, row):
    """The form with another text in one field that takes some, in each such field in turn."""
    for column in row._meta.fields:
        is_text = isinstance(column, models.CharField | models.TextField) and not column.choices
        if is_text and column.name in form:
            yield {**form, column.name: [f"{form[column.name][0]}x"]}


@pytest.mark.parametrize("model", CHANGED, ids=lambda model: model._meta.label)
def test_a_form_saves_what_it_shows_and_nothing_else(model):
    client, row = signed_in(changed_by(model)), FACTORIES[model]()
    path = url(model, "change", row.pk)
    page = client.get(path)
    found, extra = read_form(page), smuggled(row, declared_on(page))
    assert {"is_superuser", "user_permissions"} <= set(extra)
    before, saved = stored_after(client, path, found), 0
    for form in with_other_words(found, row):
        honest = stored_after(client, path, form)
        if honest[0] != 302:  # no address, no number
            continue
        assert honest[1][model] != before[1][model]
        dishonest = stored_after(client, path, {**form, **extra})
        # What a door alone changes may also be refused with the whole form.
        refused = dishonest[0] == 200 and difference(dishonest, before).keys() == {"status"}
        assert refused or difference(dishonest, honest) == {}
        saved += 1
        break
    assert saved or model._meta.label_lower in WITHOUT_WORDS


@pytest.mark.parametrize("model", ADDED, ids=lambda model: model._meta.label)
def test_a_form_for_a_new_row_saves_what_it_shows_and_nothing_else(model):
    client, row = signed_in(changed_by(model)), FACTORIES[model]()
    path = url(model, "add")
    page = client.get(path)
    if page.status_code == 403:
        assert client.post(path, smuggled(row, {})).status_code == 403
        return
    declared = declared_on(page)
    filled = {**read_form(page), **read_form(client.get(url(model, "change", row.pk)))}
    # What only a step changes later is shown, not asked, on the page of a stored row.
    chosen = {
        c.name: [str(getattr(row, c.attname))] for c in row._meta.fields if c.many_to_one and c.name not in filled
    }
    form = {name: value for name, value in (chosen | filled).items() if is_declared(name, declared)}
    if model is User:
        form |= {"email": ["neu@stadt.example"], "password1": [NEW_PASSWORD], "password2": [NEW_PASSWORD]}
    else:
        model._base_manager.filter(pk=row.pk).delete()
    # The key and the salt of a password are others each time.
    extra, new = smuggled(row, declared), {"but": ("id", "password")}
    honest = stored_after(client, path, form, **new)
    assert honest[0] == 302
    assert difference(stored_after(client, path, {**form, **extra}, **new), honest) == {}


RETIRABLE = [model for model in CHANGED if issubclass(model, Retirable)]


@pytest.mark.parametrize("model", RETIRABLE, ids=lambda model: model._meta.label)
def test_a_step_takes_what_it_asks_for_and_nothing_else(model):
    client, row = signed_in(Role.KOORDINATION), FACTORIES[model]()
    path, form = url(model, "step", row.pk, "stilllegen"), {"seen": [seen_token(row)], "reason": ["aufgelöst"]}
    honest = stored_after(client, path, form)
    assert honest[0] == 302
    assert difference(stored_after(client, path, {**form, **smuggled(row, form)}), honest) == {}


@pytest.mark.parametrize("who", [Role.KOORDINATION, Role.TECHNIK])
def test_nobody_makes_anybody_a_superuser(who):
    client, target = signed_in(who), UserFactory(roles=[Role.FACHBEREICH])
    for path in (url(User, "add"), url(User, "change", target.pk)):
        form = (
            {name: value for name, value in read_form(client.get(path)).items() if name != "q"}
            if who == Role.TECHNIK
            else {}
        )
        passwords = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
        client.post(
            path,
            {"email": "neu@stadt.example", **form, **passwords, **RIGHTS, "user_permissions": list(_permissions())},
        )
    assert not User.objects.filter(is_superuser=True).exists()
    assert not User.objects.filter(user_permissions__isnull=False).exists()


# --- Forms of the portal -------------------------------------------------------------------------------------------
def answer(milestone):
    return {"status": "in_progress", "text": "Es geht voran.", "seen": seen_token(milestone)}


def new_date(milestone):
    return {"status": "planned", "text": "", "to": "Q1/2099", "reason": "staff", "seen": seen_token(milestone)}


def remark(milestone):
    return {"text": "Eine Bemerkung."}


def evidence(milestone):
    return {"title": "Protokoll", "file": ContentFile(b"%PDF-1.7", name="protokoll.pdf")}


@pytest.mark.parametrize(
    ("address", "filled"),
    [
        ("concept:milestone_answer", answer),
        ("concept:milestone_answer", new_date),
        ("concept:milestone_comment", remark),
        ("concept:milestone_evidence", evidence),
    ],
)
def test_a_unit_says_what_its_form_asks_and_nothing_else(address, filled):
    on_stage = stage()
    client, milestone = on_stage.client(Who.OWN), on_stage.objects["milestone"]
    said = MilestoneReport(
        milestone=milestone, by=on_stage.users[Who.SUPERUSER], status="planned", status_before="planned"
    )
    form, path = filled(milestone), reverse(address, args=[milestone.pk])
    asked = {*form, "status", "text", "to", "reason", "title", "file"}
    extra = {name: value for row in (said, milestone) for name, value in smuggled(row, asked).items()}
    assert {"responsible", "planned_start", "reported_on", "version", "by", "at", "unit", "channel"} <= set(extra)
    # The name of a stored file is made up anew each time.
    before, honest, dishonest = (
        stored_after(client, path, data, but=("file",)) for data in ({}, form, {**filled(milestone), **extra})
    )
    assert honest[0] == 302
    assert honest[1] != before[1]
    assert difference(dishonest, honest) == {}


def test_an_invitation_brings_an_account_of_the_portal_and_nothing_more():
    client, unit = signed_in(Role.KOORDINATION), UnitFactory()
    path = reverse("admin:stakeholders_person_invite")
    form = {"given_name": "Eva", "family_name": "Neu", "email": "eva.neu@stadt.example", "organisation": unit.pk}
    form |= {"role": Role.FACHBEREICH.value, "member_role": "staff", "function": ""}
    response = client.post(
        path, {**smuggled(User.objects.get(), form), **form, "password": "heimlich", "is_active": ""}
    )
    assert response.status_code == 302
    invited = User.objects.get(email="eva.neu@stadt.example")
    assert (invited.is_superuser, invited.is_active, invited.has_usable_password()) == (False, True, False)
    assert (invited.roles, list(invited.user_permissions.all())) == ({Role.FACHBEREICH}, [])


# --- Forms of one's own account ------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", Role)
def test_a_new_password_brings_nothing_but_a_new_password(who):
    client = signed_in(who)
    row, path = User.objects.get(), reverse("account_change_password")
    form = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    response = client.post(path, {**form, **smuggled(row, form), "password": "heimlich"})
    assert response.status_code == 302
    now = User.objects.get()
    assert now.check_password(NEW_PASSWORD)
    changed = {column.name for column in User._meta.fields if getattr(now, column.name) != getattr(row, column.name)}
    assert changed <= {"password", "version", "last_login"}
    assert (now.roles, list(now.user_permissions.all())) == (row.roles, [])


def test_a_login_brings_nothing_but_a_login(client):
    row = UserFactory(roles=[Role.FACHBEREICH])
    form = {"login": row.email, "password": PASSWORD}
    client.post(reverse("account_login"), {**smuggled(row, form), **form})
    now = User.objects.get()
    assert client.session["_auth_user_id"] == str(row.pk)
    assert (now.is_superuser, now.is_active, now.email, now.roles) == (False, True, row.email, {Role.FACHBEREICH})
