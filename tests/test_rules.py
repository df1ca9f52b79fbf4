"""Every rule: refused by the model with its German message, by the database, and by the form as a message."""

import datetime
from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from kepol.accounts.choices import Role
from kepol.accounts.models import User
from kepol.accounts.roles import sync_roles
from kepol.council.choices import Office
from kepol.council.models import Committee, CouncilTerm
from kepol.lib.retirement import reinstate
from kepol.lib.versions import Versioned
from kepol.reference.models import Country, Sdg
from stakeholders.choices import OrganisationKind
from stakeholders.models import Membership, Organisation, OrganisationName, Person, refuse_circle
from tests.factories import (
    FACTORIES,
    CommitteeFactory,
    ConsultationFactory,
    CouncilTermFactory,
    MembershipFactory,
    OfficeHolderFactory,
    OrganisationFactory,
    OrganisationNameFactory,
    PersonFactory,
    SubmissionFactory,
    UnitFactory,
    UserFactory,
)
from tests.factories.stakeholders import BodyMemberFactory
from tests.forms import read_form
from tests.rules import NOT_IN_FORMS, PARENTS, RULES
from tests.rules.words import day

UNIQUE = {
    User: {"email": "Zu dieser E-Mail-Adresse gibt es schon ein Konto."},
    Sdg: {"number": None},
    Country: {"code": None, "name": None},
    CouncilTerm: {"number": None},
    Person: {"user": None},
}


@pytest.fixture(autouse=True)
def _roles(request):
    if not request.node.get_closest_marker("django_db"):
        return
    request.getfixturevalue(
        "transactional_db" if request.node.get_closest_marker("django_db").kwargs.get("transaction") else "db"
    )
    sync_roles()


def own_models():
    return [model for model in apps.get_models() if issubclass(model, Versioned)]


def broken(name):
    """A stored row and the values that break the rule."""
    make, change, message = RULES[name]
    row = make()
    if callable(change):
        change = change()
    elif change == "twin":
        twin = make()
        change = {
            column: getattr(twin, column) for column in next(c for c in row._meta.constraints if c.name == name).fields
        }
    elif isinstance(change, str):
        change = {change: row}
    return row, change, message


def url(obj, page="change"):
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_{page}", args=[obj.pk])


def signed_in():
    client = Client(raise_request_exception=False)
    client.force_login(UserFactory(roles=[Role.KOORDINATION]))
    return client


def test_the_table_names_every_constraint():
    assert {constraint.name for model in own_models() for constraint in model._meta.constraints} == set(RULES)


def test_the_table_names_every_unique_field():
    named = {model: {f.name for f in model._meta.fields if f.unique and not f.primary_key} for model in own_models()}
    assert {model: names for model, names in named.items() if names} == {
        model: set(fields) for model, fields in UNIQUE.items()
    }


@pytest.mark.django_db
@pytest.mark.parametrize("name", RULES)
def test_the_database_refuses(name):
    row, change, _ = broken(name)
    with pytest.raises(IntegrityError), transaction.atomic():
        type(row)._base_manager.filter(pk=row.pk).update(**change)


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(set(RULES) - {"accounts_user_email_lower"}))
def test_the_model_says_why_in_german(name):
    row, change, message = broken(name)
    for field, value in change.items():
        setattr(row, field, value)
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    assert message in refused.value.messages


@pytest.mark.django_db
def test_an_address_is_brought_into_its_one_form_instead_of_being_refused():
    user = UserFactory()
    user.email = " Eva@Example.org "
    user.clean()
    assert user.email == "eva@example.org"


def form_value(value):
    if isinstance(value, datetime.date):
        return value.strftime("%d.%m.%Y")
    return "" if value is None else str(getattr(value, "pk", value))


def submit(row, change):
    """Post the change in the form where people make it: the row's own page, or the page of the object it is a part of."""
    client = signed_in()
    relation, prefix = PARENTS.get(type(row), ("", ""))
    page = getattr(row, relation) if relation else row
    form = read_form(client.get(url(page)))
    place = prefix and next(
        key for key, value in form.items() if key.startswith(prefix) and key.endswith("-id") and value == [str(row.pk)]
    )
    for field, value in change.items():
        form[f"{place.removesuffix('id')}{field}"] = form_value(value)
    return client.post(url(page), form)


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(set(RULES) - NOT_IN_FORMS))
def test_the_form_says_why_instead_of_failing(name):
    row, change, message = broken(name)
    if RULES[name][1] == "twin":
        # Both rows stand in one form, where Django itself compares them before it asks the database.
        parent = PARENTS[type(row)][0]
        type(row)._base_manager.filter(name=change["name"]).update(**{parent: getattr(row, parent)})
        change, message = {"name": change["name"]}, "doppelten"
    response = submit(row, change)
    assert response.status_code == 200
    assert message in response.text
    assert type(row)._base_manager.get(pk=row.pk).version == row.version


@pytest.mark.django_db
@pytest.mark.parametrize(
    "model", [model for model in UNIQUE if model not in (Sdg, Country)], ids=lambda model: model.__name__
)
def test_a_second_unique_value_gets_a_message(model):
    if model is Person:
        row, change = PersonFactory(), {"user": PersonFactory(user=UserFactory()).user}
    else:
        field = next(iter(UNIQUE[model]))
        row, other = FACTORIES[model](), FACTORIES[model]()
        change = {field: getattr(other, field)}
    for field, value in change.items():
        setattr(row, field, value)
    with pytest.raises(ValidationError):
        row.full_clean()
    if model is not User:
        assert submit(type(row).objects.get(pk=row.pk), change).status_code == 200


@pytest.mark.django_db
def test_adding_a_second_committee_of_a_name_gets_a_message():
    """The form does not show the retirement, on which the constraint depends, so Django skips the constraint there."""
    client, committee = signed_in(), CommitteeFactory()
    page = reverse("admin:council_committee_add")
    response = client.post(page, {**read_form(client.get(page)), "name": committee.name, "kind": "committee"})
    assert response.status_code == 200
    assert "Ein Gremium mit diesem Namen gibt es schon." in response.text
    assert Committee.objects.count() == 1


@pytest.mark.django_db
def test_a_committee_comes_back_only_when_its_name_is_free():
    old = CommitteeFactory(retired_on=day(2025), retired_reason="umbenannt")
    CommitteeFactory(name=old.name)
    with pytest.raises(ValidationError, match="gibt es schon"):
        reinstate(old, by=None)


# --- Rules between rows ------------------------------------------------------------------------------------------
OVERLAPS = [
    ((None, None), (None, None), True),
    ((day(2020), day(2020, 12, 31)), (day(2020, 12, 31), None), True),
    ((day(2020), day(2020, 12, 30)), (day(2020, 12, 31), None), False),
    ((None, day(2020)), (day(2020), None), True),
    ((None, day(2019)), (day(2020), None), False),
    ((day(2020), None), (None, day(2019)), False),
    ((day(2020), None), (day(2021), None), True),
    ((day(2020), day(2022)), (day(2021), day(2021)), True),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("one", "other", "expected"), OVERLAPS)
def test_days_are_compared_alike_in_python_and_in_sql(one, other, expected):
    first = MembershipFactory(valid_from=one[0], valid_to=one[1])
    second = MembershipFactory.build(
        person=first.person, organisation=first.organisation, valid_from=other[0], valid_to=other[1]
    )
    assert first.overlaps(second) is second.overlaps(first) is expected
    assert second.overlapping(Membership.objects.all()).exists() is expected
    if expected:
        with pytest.raises(ValidationError, match="Zur selben Zeit gibt es schon"):
            second.full_clean()
    else:
        second.full_clean()


def term(number, start, end):
    return CouncilTermFactory.build(number=number, valid_from=start, valid_to=end)


@pytest.mark.django_db
def test_terms_follow_each_other():
    CouncilTermFactory(number=17, valid_from=day(2014, 6), valid_to=day(2020, 10, 31))
    term(18, day(2020, 11), None).full_clean()
    with pytest.raises(ValidationError, match="Diese Tage gehören schon zur Wahlperiode WP17"):
        term(18, day(2020, 10, 31), None).full_clean()


@pytest.mark.django_db
def test_one_lord_mayor_at_a_time_but_many_deputies():
    OfficeHolderFactory(office=Office.LORD_MAYOR, issuer_line="Die Oberbürgermeisterin", valid_from=day(2020, 11))
    OfficeHolderFactory(office=Office.DEPUTY)
    OfficeHolderFactory.build(office=Office.DEPUTY, person=PersonFactory()).full_clean()
    rival = OfficeHolderFactory.build(
        office=Office.LORD_MAYOR, issuer_line="Der Oberbürgermeister", person=PersonFactory()
    )
    with pytest.raises(ValidationError) as refused:
        rival.full_clean()
    assert refused.value.messages[0].startswith("Zur selben Zeit hat schon Beigeordnete Eva")


@pytest.mark.django_db
def test_a_circle_of_units_is_named():
    top = UnitFactory(code="Dez I", name="Oben", kind=OrganisationKind.DIRECTORATE)
    middle = UnitFactory(code="FB 01", name="Mitte", parent=top)
    top.parent = UnitFactory(code="FB 01/100", name="Unten", parent=middle)
    with pytest.raises(ValidationError) as refused:
        top.full_clean()
    assert refused.value.messages == [
        "Das ergäbe einen Kreis: Dez I - Oben → FB 01/100 - Unten → FB 01 - Mitte → Dez I - Oben."
    ]


@pytest.mark.django_db
def test_a_circle_further_up_is_not_walked_for_ever():
    one, other = OrganisationFactory(), OrganisationFactory()
    Organisation.objects.filter(pk=one.pk).update(parent=other)
    Organisation.objects.filter(pk=other.pk).update(parent=one)
    refuse_circle(OrganisationFactory(parent=Organisation.objects.get(pk=one.pk)))


def name_rows(organisation, rows):
    data = {"former_names-TOTAL_FORMS": str(len(rows))}
    for index, (name, start, end) in enumerate(rows):
        prefix = f"former_names-{index}-"
        data |= {f"{prefix}name": name, f"{prefix}valid_from": form_value(start), f"{prefix}valid_to": form_value(end)}
        data |= {f"{prefix}organisation": str(organisation.pk)}
    return data


@pytest.mark.django_db
def test_two_new_rows_of_one_form_must_not_overlap_each_other():
    client, organisation = signed_in(), OrganisationFactory()
    rows = name_rows(organisation, [("Eins", day(2000), day(2010)), ("Zwei", day(2005), day(2015))])
    response = client.post(url(organisation), {**read_form(client.get(url(organisation))), **rows})
    assert response.status_code == 200
    assert "Zur selben Zeit hieß die Organisation schon" in response.text
    assert not OrganisationName.objects.exists()


@pytest.mark.django_db
def test_a_row_may_be_shortened_and_followed_by_a_new_one_in_one_form():
    client, organisation = signed_in(), OrganisationFactory()
    OrganisationNameFactory(organisation=organisation, name="Eins", valid_from=day(2000), valid_to=day(2015))
    rows = name_rows(organisation, [("Eins", day(2000), day(2010)), ("Zwei", day(2010, 1, 2), day(2015))])
    response = client.post(url(organisation), {**read_form(client.get(url(organisation))), **rows})
    assert response.status_code == 302
    assert OrganisationName.objects.count() == 2


@pytest.mark.django_db
def test_a_new_row_must_not_overlap_one_that_somebody_added_meanwhile():
    client, organisation = signed_in(), OrganisationFactory()
    form = read_form(client.get(url(organisation)))
    OrganisationNameFactory(organisation=organisation, valid_from=day(2000), valid_to=day(2015))
    response = client.post(url(organisation), {**form, **name_rows(organisation, [("Zwei", day(2010), day(2020))])})
    assert response.status_code == 200
    assert OrganisationName.objects.count() == 1


# --- Races: two people save at once, exactly one wins ------------------------------------------------------------
def names_race():
    organisation = OrganisationFactory()
    return [(url(organisation), name_rows(organisation, [(name, day(2000), day(2010))])) for name in ("Eins", "Zwei")]


def membership_race():
    """One from the side of the person, one from the side of the organisation."""
    person, organisation = PersonFactory(), OrganisationFactory()
    both = {"memberships-TOTAL_FORMS": "1", "memberships-0-role": "member"}
    pair = {"memberships-0-person": str(person.pk), "memberships-0-organisation": str(organisation.pk)}
    return [(url(person), both | pair), (url(organisation), both | pair)]


def circle_race():
    one, other = OrganisationFactory(), OrganisationFactory()
    return [(url(one), {"parent": str(other.pk)}), (url(other), {"parent": str(one.pk)})]


def term_race():
    add = reverse("admin:council_councilterm_add")
    return [(add, {"number": str(number), "valid_from": "01.11.2020", "valid_to": "31.10.2025"}) for number in (18, 19)]


def holder_race():
    add = reverse("admin:council_officeholder_add")
    common = {"office": Office.LORD_MAYOR.value, "title": "Amt", "issuer_line": "Die Oberbürgermeisterin"}
    return [(add, {**common, "person": str(PersonFactory().pk)}) for _ in range(2)]


def committee_race():
    return [(reverse("admin:council_committee_add"), {"name": "Hauptausschuss", "kind": "committee"})] * 2


def reference_race():
    return [(url(SubmissionFactory()), {"reference": "FB 01/0001/WP18"}) for _ in range(2)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "race", [names_race, membership_race, circle_race, term_race, holder_race, committee_race, reference_race]
)
def test_of_two_who_break_a_rule_together_exactly_one_wins(race):
    client = signed_in()
    posts = [(address, {**read_form(client.get(address)), **typed}) for address, typed in race()]

    def send(post):
        one = Client(raise_request_exception=False)
        one.cookies = client.cookies.copy()
        try:
            return one.post(*post).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(send, posts)) == [200, 302]


# --- check_data --------------------------------------------------------------------------------------------------
def check():
    out, err = StringIO(), StringIO()
    try:
        call_command("check_data", stdout=out, stderr=err)
    except CommandError as error:
        return 1, err.getvalue().splitlines(), str(error)
    return 0, out.getvalue().splitlines(), ""


@pytest.mark.django_db
def test_check_data_passes_on_rows_of_every_kind():
    for factory in FACTORIES.values():
        factory()
    code, lines, _ = check()
    assert (code, lines[0].endswith("alle Regeln sind eingehalten.")) == (0, True)


def two_names():
    name = OrganisationNameFactory(valid_from=day(2000), valid_to=day(2010))
    OrganisationNameFactory(organisation=name.organisation, valid_from=day(2005), valid_to=day(2015), name="Zweiter")


def circle():
    one = OrganisationFactory(name="Eins")
    OrganisationFactory(name="Zwei", parent=one)
    Organisation.objects.filter(name="Eins").update(parent=Organisation.objects.get(name="Zwei"))


def two_mayors():
    for _ in range(2):
        OfficeHolderFactory(office=Office.LORD_MAYOR, issuer_line="Die Oberbürgermeisterin")


def stored(factory, **values):
    def make():
        row = factory()
        type(row)._base_manager.filter(pk=row.pk).update(**values)

    return make


OFFENDERS = {
    "names": (two_names, "Zur selben Zeit hieß die Organisation schon"),
    "circle": (circle, "gehört zu: Das ergäbe einen Kreis: Eins → Zwei → Eins."),
    "mayors": (two_mayors, "Zur selben Zeit hat schon"),
    "choice": (stored(ConsultationFactory, status="unsinn"), "Status: Wert 'unsinn' ist keine gültige Option."),
    "key": (
        stored(CommitteeFactory, search_key="alt"),
        "Der Schlüssel für Suche und Reihenfolge passt nicht zum Namen (--renew-keys schreibt ihn neu).",
    ),
    "spelling": (stored(UnitFactory, code="fb36"), "Kürzel ist nicht in der einheitlichen Schreibweise gespeichert."),
    "reference": (stored(SubmissionFactory, reference="Unsinn"), "ist keine Vorlagenummer"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", OFFENDERS)
def test_check_data_names_the_offender_in_german_and_ends_with_one(kind):
    make, sentence = OFFENDERS[kind]
    make()
    code, lines, summary = check()
    assert code == 1
    assert any(sentence in line for line in lines), lines
    assert "verletzen eine Regel" in summary


@pytest.mark.django_db
def test_check_data_renews_keys_without_touching_version_or_history():
    committee = CommitteeFactory(name="Ausschuss für Öffentliches")
    Committee.objects.filter(pk=committee.pk).update(search_key="veraltet", name_key="veraltet")
    told = committee.history.count()
    out = StringIO()
    call_command("check_data", renew_keys=True, stdout=out)
    stored = Committee.objects.get(pk=committee.pk)
    assert "1 Schlüssel neu geschrieben." in out.getvalue()
    assert (stored.derived_keys(), stored.version, stored.history.count()) == (
        committee.derived_keys(),
        committee.version,
        told,
    )
    assert (stored.search_key, stored.name_key) == (committee.search_key, committee.name_key)


@pytest.mark.django_db
def test_seats_that_nobody_is_named_for_do_not_compete():
    first = BodyMemberFactory(person=None, organisation=OrganisationFactory())
    BodyMemberFactory(body=first.body, person=None, organisation=OrganisationFactory())
    client, address = signed_in(), url(first.body)
    form = read_form(client.get(address))
    typed = {f"members-{number}-valid_from": "01.01.2026" for number in range(2)}
    assert client.post(address, {**form, **typed}).status_code == 302
    assert set(type(first).objects.values_list("valid_from", flat=True)) == {day(2026)}
