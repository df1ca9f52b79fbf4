"""Who may read what of partnerships on which day, and who gets their files."""

import datetime

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from kepol.accounts.choices import Role
from kepol.accounts.roles import sync_roles
from partnerships.models import Agreement, InKindTransfer, Partnership, Project, Visit
from tests.factories import MembershipFactory, PersonFactory, UnitFactory, UserFactory
from tests.factories.partnerships import (
    AgreementFactory,
    InKindTransferFactory,
    InvolvementFactory,
    PartnershipFactory,
    ProjectFactory,
    VisitFactory,
    VisitParticipantFactory,
)

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 5, 6)
DAY = datetime.timedelta(days=1)
MEMBERSHIPS = {
    "ended yesterday": (None, TODAY - DAY),
    "ends today": (None, TODAY),
    "begins today": (TODAY, None),
    "begins tomorrow": (TODAY + DAY, None),
    "always": (None, None),
}
IN_FORCE = {"ends today", "begins today", "always"}
ALL_SEEING = {Role.KOORDINATION, Role.LEITUNG, Role.LESEZUGRIFF}


@pytest.fixture(autouse=True)
def _roles():
    sync_roles()


def person_of(unit, role, membership="always", **account):
    user = UserFactory(roles=[role] if role else [], **account)
    start, end = MEMBERSHIPS[membership]
    MembershipFactory(person=PersonFactory(user=user), organisation=unit, valid_from=start, valid_to=end)
    return user


def involved_in(unit):
    return InvolvementFactory(organisation=unit).partnership


def visit_hosted_by(unit):
    visit = VisitFactory()
    visit.hosts.add(unit)
    return visit


def project_with_partner(unit):
    project = ProjectFactory(partnership=None)
    project.partners.add(unit)
    return project


# Each way by which a row names a unit.
WAYS = {
    "responsible for the partnership": lambda unit: PartnershipFactory(unit=unit),
    "involved in the partnership": involved_in,
    "agreement of the responsible unit": lambda unit: AgreementFactory(partnership__unit=unit),
    "agreement of an involved unit": lambda unit: AgreementFactory(partnership=involved_in(unit)),
    "visit of the responsible unit": lambda unit: VisitFactory(partnership__unit=unit),
    "visit hosted": visit_hosted_by,
    "visit with somebody of the unit": lambda unit: VisitParticipantFactory(organisation=unit).visit,
    "project led": lambda unit: ProjectFactory(partnership=None, lead=unit),
    "project supported": project_with_partner,
    "project of the responsible unit": lambda unit: ProjectFactory(partnership__unit=unit),
    "transfer of the responsible unit": lambda unit: InKindTransferFactory(partnership__unit=unit),
    "transfer of an involved unit": lambda unit: InKindTransferFactory(partnership=involved_in(unit)),
}


@pytest.mark.parametrize("membership", MEMBERSHIPS)
@pytest.mark.parametrize("role", [*Role, None], ids=str)
def test_rows_are_read_as_the_table_says(role, membership):
    unit, foreign = UnitFactory(), UnitFactory()
    user = person_of(unit, role, membership)
    for way, make in WAYS.items():
        own, other = make(unit), make(foreign)
        readable = set(type(own).objects.visible_to(user, on=TODAY).filter(pk__in=[own.pk, other.pk]))
        if role in ALL_SEEING:
            expected = {own, other}
        else:
            expected = {own} if role is Role.FACHBEREICH and membership in IN_FORCE else set()
        assert readable == expected, way


def test_several_ways_do_not_double_a_row():
    unit = UnitFactory()
    user = person_of(unit, Role.FACHBEREICH)
    visit = VisitFactory(partnership__unit=unit)
    visit.hosts.add(unit)
    VisitParticipantFactory(visit=visit, organisation=unit)
    VisitParticipantFactory(visit=visit, organisation=unit)
    assert Visit.objects.visible_to(user, on=TODAY).count() == 1


def test_a_superuser_reads_everything():
    user = UserFactory(is_superuser=True)
    for factory in (PartnershipFactory, AgreementFactory, VisitFactory, ProjectFactory, InKindTransferFactory):
        row = factory()
        assert type(row).objects.visible_to(user, on=TODAY).filter(pk=row.pk).exists()
    assert {Partnership, Agreement, Visit, Project, InKindTransfer} == {
        type(make(UnitFactory())) for make in WAYS.values()
    }


# --- Files ---------------------------------------------------------------------------------------------------------
PDF = b"%PDF-1.7\n"


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


def agreement(unit, **values):
    return AgreementFactory(title="MoA „2017“", partnership__unit=unit, **values)


def transfer(unit, **values):
    return InKindTransferFactory(goods="Pflegebetten", partnership__unit=unit, **values)


FILES = {"vereinbarung": (agreement, "file"), "uebergabe": (transfer, "evidence")}


def stored(key, unit):
    make, field = FILES[key]
    return make(unit, **{field: ContentFile(PDF, name="Geheim.pdf")})


@pytest.mark.parametrize("key", FILES)
@pytest.mark.parametrize("role", [*Role, None], ids=str)
def test_a_file_goes_to_whoever_may_read_its_row(role, key):
    unit = UnitFactory()
    own, foreign = stored(key, unit), stored(key, UnitFactory())
    client = client_of(person_of(unit, role))
    answers = [client.get(reverse("files:serve", args=[key, row.pk])) for row in (own, foreign)]
    fetched = [answer.status_code == 200 and answer.getvalue() == PDF for answer in answers]
    assert fetched == [role in ALL_SEEING or role is Role.FACHBEREICH, role in ALL_SEEING]


@pytest.mark.parametrize("key", FILES)
def test_missing_forbidden_and_empty_look_alike(key):
    unit = UnitFactory()
    forbidden, empty = stored(key, UnitFactory()), FILES[key][0](unit)
    client = client_of(person_of(unit, Role.FACHBEREICH))
    answers = [client.get(reverse("files:serve", args=[key, pk])) for pk in (999_999, forbidden.pk, empty.pk)]
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}


@pytest.mark.parametrize(
    ("key", "name"), [("vereinbarung", "MoA%20%E2%80%9E2017%E2%80%9C.pdf"), ("uebergabe", "Pflegebetten.pdf")]
)
def test_a_file_is_offered_under_the_name_of_its_row(key, name):
    row = stored(key, UnitFactory())
    response = client_of(UserFactory(roles=[Role.KOORDINATION])).get(reverse("files:serve", args=[key, row.pk]))
    assert name in response["Content-Disposition"]
    assert "Geheim" not in response["Content-Disposition"]


def test_the_page_of_the_row_links_to_its_file():
    row = stored("vereinbarung", UnitFactory())
    page = client_of(UserFactory(roles=[Role.KOORDINATION])).get(
        reverse("admin:partnerships_agreement_change", args=[row.pk])
    )
    assert reverse("files:serve", args=["vereinbarung", row.pk]) in page.text
