"""Bodies of the programme: who sits there on which day, with a vote or without, and who deputises for whom."""

import datetime
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from kepol.accounts.choices import Role
from kepol.accounts.roles import sync_roles
from kepol.lib.history import entries
from stakeholders.choices import BodyRole
from stakeholders.models import Body, BodyMember
from tests.factories.accounts import UserFactory
from tests.factories.stakeholders import (
    BodyFactory,
    BodyMemberFactory,
    MembershipFactory,
    OrganisationAliasFactory,
    OrganisationFactory,
    PersonFactory,
    UnitFactory,
)
from tests.forms import read_form

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 3, 2)
ONE = datetime.timedelta(days=1)


@pytest.fixture(autouse=True)
def _roles(request):
    marker = request.node.get_closest_marker("django_db")
    request.getfixturevalue("transactional_db" if marker.kwargs.get("transaction") else "db")
    sync_roles()


@pytest.fixture
def desk():
    client = Client(raise_request_exception=False)
    client.force_login(UserFactory(email="eva@example.org", roles=[Role.KOORDINATION]))
    return client


def address(obj, page="change"):
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_{page}", args=[obj.pk])


def save(client, obj, **typed):
    form = read_form(client.get(address(obj)))
    return client.post(address(obj), {**form, **{name.replace("__", "-"): value for name, value in typed.items()}})


# --- Terms -------------------------------------------------------------------------------------------------------
TERMS = {
    "always": ((None, None), {"now"}),
    "until today": ((None, DAY), {"now"}),
    "until yesterday": ((None, DAY - ONE), {"former"}),
    "from today": ((DAY, None), {"now"}),
    "from tomorrow": ((DAY + ONE, None), {"to come"}),
}


@pytest.mark.parametrize("name", TERMS)
def test_seats_are_told_apart_by_their_term_in_sql_and_python(name):
    (start, end), expected = TERMS[name]
    seat, seats = BodyMemberFactory(valid_from=start, valid_to=end), BodyMember.objects
    found = {"former": seats.former(DAY), "now": seats.in_force(DAY), "to come": seats.filter(valid_from__gt=DAY)}
    assert {key for key, rows in found.items() if rows.exists()} == expected
    assert seat.is_in_force(DAY) is ("now" in expected)
    assert seats.not_former(DAY).exists() is ("former" not in expected)


def test_the_page_shows_present_and_future_seats_and_leads_to_the_former_ones(desk):
    body, today = BodyFactory(), timezone.localdate()
    former, now, later = (
        BodyMemberFactory(body=body, person=PersonFactory(), valid_from=start, valid_to=end)
        for start, end in ((None, today - ONE), (None, today), (today + ONE, None))
    )
    BodyMemberFactory(valid_to=today - ONE)
    page = desk.get(address(body))
    ids = [value for key, value in read_form(page).items() if key.startswith("members-") and key.endswith("-id")]
    assert sorted(ids) == sorted([[str(now.pk)], [str(later.pk)]])
    assert "Frühere Sitze (1)" in page.text
    query = {"body__id__exact": body.pk, "dauer": "frueher"}
    rows = desk.get(reverse("admin:stakeholders_bodymember_changelist"), query).context["cl"].result_list
    assert list(rows) == [former]
    assert save(desk, body, purpose="steuert").status_code == 302
    assert BodyMember.objects.filter(body=body).count() == 3


def test_a_term_that_somebody_ended_meanwhile_is_no_deleted_seat(desk):
    seat = BodyMemberFactory()
    form = read_form(desk.get(address(seat.body)))
    seat.valid_to = timezone.localdate() - ONE
    seat.save()
    assert desk.post(address(seat.body), {**form, "purpose": "steuert"}).status_code == 302
    assert (BodyMember.objects.get().valid_to, Body.objects.get().purpose) == (seat.valid_to, "steuert")


def test_the_list_counts_the_seats_of_today(desk):
    body = BodyFactory()
    for end in (None, None, timezone.localdate() - ONE):
        BodyMemberFactory(body=body, valid_to=end)
    BodyFactory(name="Leere Gruppe")
    rows = desk.get(reverse("admin:stakeholders_body_changelist")).context["cl"].result_list
    assert {row.name: row.seats for row in rows} == {body.name: 2, "Leere Gruppe": 0}


def test_a_search_for_a_body_offers_them_in_order(desk):
    for name in ("Zukunftsrat", "Ökumene-Netzwerk", "Arbeitsgruppe Fairer Handel"):
        BodyMemberFactory(body=BodyFactory(name=name))
    search = {"app_label": "stakeholders", "model_name": "bodymember", "field_name": "body"}
    offered = [row["text"] for row in desk.get(reverse("admin:autocomplete"), search).json()["results"]]
    assert offered == ["Arbeitsgruppe Fairer Handel", "Ökumene-Netzwerk", "Zukunftsrat"]


# --- Who sits there ----------------------------------------------------------------------------------------------
def test_a_seat_is_called_by_person_organisation_and_role():
    organisation, person = OrganisationFactory(name="Welthaus"), PersonFactory(family_name="Müller")
    names = [
        str(BodyMemberFactory(organisation=organisation)),
        str(BodyMemberFactory(organisation=organisation, person=person, role=BodyRole.CHAIR)),
        str(BodyMemberFactory(organisation=None, person=person, role=BodyRole.GUEST)),
    ]
    assert names == [
        "noch nicht benannt für Welthaus (Mitglied)",
        "Eva Müller für Welthaus (Vorsitz)",
        "Eva Müller (Gast)",
    ]


def test_a_person_has_one_seat_at_a_time_but_an_organisation_may_have_several():
    seat = BodyMemberFactory(person=PersonFactory(), valid_to=DAY)
    BodyMemberFactory.build(body=seat.body, organisation=seat.organisation).full_clean()
    BodyMemberFactory.build(body=seat.body, person=seat.person, organisation=None, valid_from=DAY + ONE).full_clean()
    BodyMemberFactory.build(body=BodyFactory(), person=seat.person, organisation=None).full_clean()
    with pytest.raises(ValidationError, match="Zur selben Zeit gehört diese Person schon dazu: Eva"):
        BodyMemberFactory.build(body=seat.body, person=seat.person, organisation=None, valid_from=DAY).full_clean()


DEPUTIES = [
    ("chair", True, None),
    ("member", True, None),
    ("deputy", True, "Vertreten wird der Vorsitz oder ein Mitglied derselben Gruppe."),
    ("guest", True, "Vertreten wird der Vorsitz oder ein Mitglied derselben Gruppe."),
    ("member", False, "Vertreten wird der Vorsitz oder ein Mitglied derselben Gruppe."),
]


@pytest.mark.parametrize(("role", "is_same_body", "message"), DEPUTIES)
def test_a_deputy_stands_in_for_a_vote_of_the_same_body(desk, role, is_same_body, message):
    seat = BodyMemberFactory(role=role)
    deputy = BodyMemberFactory(role="deputy", **({"body": seat.body} if is_same_body else {}))
    form = read_form(desk.get(address(deputy.body)))
    prefix = next(key for key, value in form.items() if key.endswith("-id") and value == [str(deputy.pk)])
    response = save(desk, deputy.body, **{prefix.replace("-id", "-deputises_for"): seat.pk})
    deputy.refresh_from_db()
    if message is None:
        assert (response.status_code, deputy.deputises_for) == (302, seat)
    else:
        assert (response.status_code, message in response.text, deputy.deputises_for) == (200, True, None)


def test_the_form_offers_as_deputised_only_votes_of_the_same_body(desk):
    member = BodyMemberFactory()
    BodyMemberFactory(body=member.body, role="guest")
    BodyMemberFactory()
    choices = (
        desk.get(address(member.body))
        .context["inline_admin_formsets"][0]
        .formset.forms[0]
        .fields["deputises_for"]
        .choices
    )
    assert choices == [("", "---------"), (member.pk, str(member))]


NOT_VOTED_FOR = "Vertreten wird der Vorsitz oder ein Mitglied derselben Gruppe."
IN_ONE_FORM = {
    "seat becomes a guest": (None, {"seat": {"role": "guest"}, "deputy": {"deputises_for": "seat"}}, NOT_VOTED_FOR),
    "seat becomes the chair": (None, {"seat": {"role": "chair"}, "deputy": {"deputises_for": "seat"}}, None),
    "deputised seat becomes a guest": ("seat", {"seat": {"role": "guest"}}, "Dieser Sitz wird vertreten: „"),
    "deputy is freed": ("seat", {"seat": {"role": "guest"}, "deputy": {"deputises_for": ""}}, None),
    "deputy becomes a member": ("seat", {"deputy": {"deputises_for": "", "role": "member"}}, None),
    "deputy leaves": ("seat", {"seat": {"role": "guest"}, "deputy": {"DELETE": "on"}}, None),
    "seat is deleted": (
        None,
        {"seat": {"DELETE": "on"}, "deputy": {"deputises_for": "seat"}},
        "Diesen Sitz löschen Sie",
    ),
}


@pytest.mark.parametrize("name", IN_ONE_FORM)
def test_seats_changed_in_one_form_are_compared_as_they_will_be(desk, name):
    deputised, changes, message = IN_ONE_FORM[name]
    seats = {"seat": BodyMemberFactory(role="member")}
    body = seats["seat"].body
    seats["deputy"] = BodyMemberFactory(body=body, role="deputy", deputises_for=seats.get(deputised))
    form = read_form(desk.get(address(body)))
    rows = {value[0]: key.removesuffix("-id") for key, value in form.items() if key.endswith("-id")}
    for who, typed in changes.items():
        row = rows[str(seats[who].pk)]
        form |= {f"{row}-{field}": seats[value].pk if value == "seat" else value for field, value in typed.items()}
    response = desk.post(address(body), form)
    found = [text for formset in (response.context or {}).get("inline_admin_formsets", []) for text in errors(formset)]
    assert (response.status_code, any((message or "-") in text for text in found)) == (
        (200, True) if message else (302, False)
    )


def errors(inline):
    return [text for row in inline.formset.errors for texts in row.values() for text in texts]


def test_a_seat_keeps_its_vote_for_a_deputy_whose_term_is_over(desk):
    seat = BodyMemberFactory()
    former = timezone.localdate() - ONE
    BodyMemberFactory(body=seat.body, role="deputy", deputises_for=seat, valid_to=former)
    response = save(desk, seat.body, members__0__role="guest")
    assert (response.status_code, "Dieser Sitz wird vertreten: „" in response.text) == (200, True)


@pytest.mark.parametrize("change", [{"role": "guest"}, {"role": "deputy"}, {"body": None}])
def test_who_is_deputised_for_keeps_vote_and_body_until_the_deputy_is_free(change):
    seat = BodyMemberFactory()
    deputy = BodyMemberFactory(body=seat.body, role="deputy", deputises_for=seat)
    for name, value in change.items():
        setattr(seat, name, value or BodyFactory())
    with pytest.raises(ValidationError) as refused:
        seat.full_clean()
    assert f"Dieser Sitz wird vertreten: „{deputy}“." in refused.value.messages[0]
    deputy.deputises_for = None
    deputy.save()
    seat.full_clean()


def seat_race():
    """The same person gets two seats at once, one in the form of the body and one in that of seats."""
    body, person = BodyFactory(), PersonFactory()
    inline = {"members-TOTAL_FORMS": "1", "members-0-person": person.pk, "members-0-role": "member"}
    alone = {"body": body.pk, "person": person.pk, "role": "member"}
    return [(address(body), inline), (reverse("admin:stakeholders_bodymember_add"), alone)]


def deputy_race():
    """One loses the vote while somebody else names a deputy for the seat."""
    seat = BodyMemberFactory()
    deputy = BodyMemberFactory(body=seat.body, role="deputy")
    return [(address(seat), {"role": "guest"}), (address(deputy), {"deputises_for": seat.pk})]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("race", [seat_race, deputy_race])
def test_of_two_who_break_a_rule_together_exactly_one_wins(desk, race):
    posts = [(page, {**read_form(desk.get(page)), **typed}) for page, typed in race()]

    def send(post):
        one = Client(raise_request_exception=False)
        one.cookies = desk.cookies.copy()
        try:
            return one.post(*post).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(send, posts)) == [200, 302]


def test_a_new_seat_is_told_in_the_history_of_the_body(desk):
    body, organisation = BodyFactory(), OrganisationFactory(name="Welthaus")
    typed = {"members-TOTAL_FORMS": "1", "members-0-organisation": organisation.pk, "members-0-role": "member"}
    assert save(desk, body, **typed).status_code == 302
    assert entries(body)[0].sentence == "eva@example.org hat Sitz „Welthaus“ hinzugefügt."


def test_a_body_is_found_by_who_sits_there(desk):
    seat = BodyMemberFactory(
        organisation=OrganisationFactory(name="Welthaus"), person=PersonFactory(family_name="Şahin")
    )
    OrganisationAliasFactory(organisation=seat.organisation, name="Büro für Öffentliches")
    BodyFactory()
    for query in ("buro OFFENTLICHES", "sahin", "Welthaus"):
        rows = desk.get(reverse("admin:stakeholders_body_changelist"), {"q": query}).context["cl"].result_list
        assert list(rows) == [seat.body], query


# --- Who may read ------------------------------------------------------------------------------------------------
MEMBERSHIPS = {
    "ended yesterday": (None, DAY - ONE),
    "ends today": (None, DAY),
    "begins today": (DAY, None),
    "begins tomorrow": (DAY + ONE, None),
    "always": (None, None),
}
ALL_SEEING = {Role.KOORDINATION, Role.LEITUNG, Role.LESEZUGRIFF}


@pytest.mark.parametrize("membership", MEMBERSHIPS)
@pytest.mark.parametrize("role", [*Role, None], ids=str)
def test_bodies_are_read_by_the_table(role, membership):
    unit, user = UnitFactory(), UserFactory(roles=[role] if role else [])
    start, end = MEMBERSHIPS[membership]
    MembershipFactory(person=PersonFactory(user=user), organisation=unit, valid_from=start, valid_to=end)
    seat = BodyMemberFactory(organisation=unit)
    BodyMemberFactory(body=seat.body, organisation=unit)
    own, foreign = {seat.body, BodyFactory(office=unit)}, {BodyFactory(office=UnitFactory()), BodyFactory()}
    is_member = role is Role.FACHBEREICH and membership in {"ends today", "begins today", "always"}
    expected = own | foreign if role in ALL_SEEING else own if is_member else set()
    rows = list(Body.objects.visible_to(user, on=DAY))
    assert (set(rows), len(rows)) == (expected, len(expected))


# --- Queries -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("is_superuser", [False, True])
def test_lists_form_and_search_need_the_same_queries_for_thirty_seats(is_superuser):
    client = Client()
    client.force_login(UserFactory(is_superuser=is_superuser, roles=[Role.KOORDINATION]))
    search = {"app_label": "stakeholders", "model_name": "bodymember", "field_name": "deputises_for", "term": "e"}

    def queries(body):
        counts = []
        for page, data in (
            (reverse("admin:stakeholders_body_changelist"), {}),
            (reverse("admin:stakeholders_bodymember_changelist"), {}),
            (reverse("admin:autocomplete"), search),
            (address(body), {}),
            (address(body, "history"), {}),
        ):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(page, data).status_code == 200
            counts.append(len(captured))
        return counts

    def fill(body):
        member = BodyMemberFactory(body=body, person=PersonFactory())
        BodyMemberFactory(body=body, person=PersonFactory(), role="deputy", deputises_for=member)

    one, many = BodyFactory(), BodyFactory()
    fill(one)
    queries(one)
    few = queries(one)
    for _ in range(15):
        fill(many)
    assert queries(many) == few
    assert (max(few[:2]) <= 12, max(few) <= 25) == (True, True), few
