"""Getting in by invitation and getting out: who may invite whom, the life of a link, the end at the next request."""

import datetime
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kepol.accounts.choices import PORTAL_ROLES, Role
from kepol.accounts.invitations import invitation_path
from kepol.accounts.models import User
from kepol.accounts.roles import sync_roles
from kepol.council.choices import Publicity
from kepol.lib.history import entries
from kepol.lib.versions import seen_token
from kepol.mail.choices import MailKind, MailState
from kepol.mail.models import Mail
from stakeholders.access import Details, end_access, holder, invite, invite_again
from stakeholders.choices import MembershipRole
from stakeholders.models import Membership, Person
from tests.factories import (
    MembershipFactory,
    OrganisationFactory,
    PersonFactory,
    SubmissionFactory,
    UnitFactory,
    UserFactory,
)
from tests.forms import read_form

pytestmark = pytest.mark.django_db

TODAY = datetime.date(2026, 3, 2)
DAY = datetime.timedelta(days=1)
NOW = datetime.datetime(2026, 3, 2, 9, 0, tzinfo=datetime.UTC)
EVA = Details("Eva", "Özdemir", "Eva.Oezdemir@stadt.example", "Klimaschutz")
PASSWORD = "Viel-Regen-am-Montag-7"
EVERYBODY, NOBODY = frozenset(Role), frozenset()
SUPERUSER = "Superuser"
#: Which roles somebody may give, and the accounts of which roles they may end.
MAY = {
    Role.KOORDINATION: PORTAL_ROLES,
    Role.LEITUNG: NOBODY,
    Role.FACHBEREICH: NOBODY,
    Role.LESEZUGRIFF: NOBODY,
    Role.TECHNIK: EVERYBODY,
    SUPERUSER: EVERYBODY,
}


@pytest.fixture(autouse=True)
def _roles():
    sync_roles()


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as travelling:
        yield travelling


def somebody(who=Role.KOORDINATION):
    return UserFactory(is_superuser=True) if who == SUPERUSER else UserFactory(roles=[who])


def invited(details=EVA, role=Role.FACHBEREICH, unit=None, by=None, **given):
    return invite(details, role, unit or UnitFactory(), by=by or somebody(), on=TODAY, **given)


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def text_of_mail():
    return Mail.objects.latest("pk").text


def link():
    return re.search(r"https://testserver(/einladung/\S+)", text_of_mail())[1]


def is_signed_in(client):
    return "_auth_user_id" in client.session


# --- Who may -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("who", MAY)
def test_each_role_is_given_by_whom_the_table_allows(who, role):
    by = somebody(who)
    if role in MAY[who]:
        assert invited(role=role, by=by).user.roles == {role}
        return
    with pytest.raises(ValidationError, match="dürfen Sie nicht vergeben"):
        invited(role=role, by=by)
    assert (Person.objects.count(), Mail.objects.count(), User.objects.count()) == (0, 0, 1)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("who", MAY)
def test_each_account_is_ended_and_invited_again_by_whom_the_table_allows(who, role):
    by, person = somebody(who), invited(role=role, by=somebody(Role.TECHNIK))
    if role in MAY[who]:
        invite_again(person.user, by=by, on=TODAY)
        end_access(person, on=TODAY, by=by)
        assert User.objects.get(pk=person.user_id).is_active is False
        return
    for verb in (lambda: invite_again(person.user, by=by, on=TODAY), lambda: end_access(person, on=TODAY, by=by)):
        with pytest.raises(ValidationError, match="kümmert sich wegen seiner Rollen die Technik"):
            verb()
    assert User.objects.get(pk=person.user_id).is_active is True


def test_an_account_with_several_roles_belongs_to_who_may_give_all_of_them():
    person = invited()
    person.user.groups.add(somebody(Role.TECHNIK).groups.get())
    with pytest.raises(ValidationError, match="Technik"):
        end_access(Person.objects.get(pk=person.pk), on=TODAY, by=somebody())


def test_koordination_never_reaches_a_superuser():
    chief = UserFactory(is_superuser=True, is_active=False)
    person = PersonFactory(user=chief, email=chief.email)
    with pytest.raises(ValidationError, match="Technik"):
        invite(person, Role.FACHBEREICH, UnitFactory(), by=somebody(), on=TODAY)


# --- Inviting ----------------------------------------------------------------------------------------------------
def test_one_entry_makes_person_membership_account_and_mail():
    unit, by = UnitFactory(code="FB 36", name="Klima und Umwelt"), somebody()
    PersonFactory(user=by, given_name="Karla", family_name="Koch")
    person = invited(unit=unit, by=by)
    (membership,) = person.memberships.all()
    assert (str(person), person.function, person.source) == ("Eva Özdemir", "Klimaschutz", f"Einladung durch {by}")
    assert (membership.organisation, membership.role, membership.valid_from) == (unit, MembershipRole.STAFF, TODAY)
    assert (person.user.email, person.user.has_usable_password()) == ("eva.oezdemir@stadt.example", False)
    assert person.user.roles == {Role.FACHBEREICH}
    mail = Mail.objects.get()
    assert (mail.recipient, mail.kind, mail.is_secret) == (person.user.email, MailKind.INVITATION, True)
    assert mail.expires_at == NOW + 14 * DAY
    assert "angelegt" in " ".join(entry.sentence for entry in entries(person) if by.email in entry.sentence)


def test_the_mail_says_who_invites_whom_to_what_and_until_when():
    unit, by = UnitFactory(code="FB 36", name="Klima und Umwelt"), somebody()
    PersonFactory(user=by, given_name="Karla", family_name="Koch")
    invited(unit=unit, by=by)
    assert text_of_mail().replace(link(), "LINK") == (
        "Guten Tag,\n\n"
        "Sie sind eingeladen, mit KEpol zu arbeiten. Eingeladen hat Sie Karla Koch.\n\n"
        "Name: Eva Özdemir\nDienststelle: FB 36 - Klima und Umwelt\nRolle: Fachbereich\n\n"
        "Öffnen Sie diesen Link, um die Einladung anzunehmen. Er gilt nur für Sie,\n"
        "nur einmal und bis zum 16.03.2026, 10:00 Uhr:\n\n"
        "https://testserverLINK\n\n"
        "Auf der Seite können Sie ein Passwort setzen. Ohne Passwort bekommen Sie bei\n"
        "jeder Anmeldung einen Code an diese Adresse.\n\n"
        "Haben Sie diese Einladung nicht erwartet? Dann öffnen Sie den Link nicht, und\n"
        "sagen Sie der Koordination Bescheid.\n\n"
        "Mit freundlichen Grüßen\nIhre Koordination der kommunalen Entwicklungspolitik\nStadt Aachen\n\n"
        "--\n"
        "Diese Nachricht hat KEpol automatisch verschickt, die Anwendung zur Koordination der\n"
        "kommunalen Entwicklungspolitik der Stadt Aachen. Bitte antworten Sie nicht darauf.\n"
        "Fragen beantwortet die Koordination der kommunalen Entwicklungspolitik.\n"
    )


@pytest.mark.parametrize(("role", "told"), [(Role.TECHNIK, True), (Role.KOORDINATION, True), (Role.LEITUNG, False)])
def test_who_needs_a_second_factor_is_told_in_time(settings, role, told):
    settings.SECOND_FACTOR_REQUIRED = True
    invited(role=role, by=somebody(Role.TECHNIK))
    assert ("Authenticator-App" in text_of_mail()) is told


def test_a_person_is_found_again_by_their_address_and_keeps_their_membership():
    unit = UnitFactory()
    known = PersonFactory(given_name="Eva", family_name="Ozdemir", email="eva.oezdemir@Stadt.example")
    MembershipFactory(person=known, organisation=unit, role=MembershipRole.HEAD, valid_from=TODAY - 400 * DAY)
    person = invited(unit=unit)
    assert person.pk == known.pk
    assert [one.role for one in person.memberships.all()] == [MembershipRole.HEAD]


def test_who_has_moved_gets_a_membership_in_the_new_unit():
    known = PersonFactory(given_name="Eva", family_name="Özdemir", email=EVA.email, review_on=None)
    MembershipFactory(person=known, valid_to=TODAY - DAY)
    person = invited(member_role=MembershipRole.DEPUTY)
    assert sorted(one.role for one in person.memberships.all()) == [MembershipRole.DEPUTY, MembershipRole.MEMBER]


def several():
    for name in ("Eva", "Eva Maria"):
        PersonFactory(given_name=name, family_name="Özdemir", email=EVA.email)


def of_somebody_else():
    PersonFactory(user=UserFactory(email=EVA.email.lower()), given_name="Anna", family_name="Alt")


OBSTACLES = [
    (lambda: {"unit": OrganisationFactory()}, "ist keine städtische Dienststelle"),
    (lambda: {"unit": UnitFactory(retired_on=TODAY, retired_reason="aufgelöst")}, "ist stillgelegt"),
    (lambda: PersonFactory(given_name="Ewald", family_name="Oz", email=EVA.email), "steht schon „Ewald Oz“"),
    (several, "bei mehreren Personen: „Eva Özdemir“, „Eva Maria Özdemir“"),
    (of_somebody_else, "gehört schon zu „Anna Alt“"),
    (lambda: UserFactory(email=EVA.email.lower(), roles=[Role.LEITUNG]), r"hat schon ein aktives Konto \(Leitung\)"),
    (lambda: UserFactory(email=EVA.email.lower(), roles=[Role.TECHNIK], is_active=False), "Technik"),
    (
        lambda: UserFactory(email=EVA.email.lower(), roles=[Role.FACHBEREICH], last_login=timezone.now()),
        "hat schon ein aktives Konto",
    ),
    (
        lambda: PersonFactory(
            given_name="Eva", family_name="Özdemir", email=EVA.email, retired_on=TODAY, retired_reason="weg"
        ),
        "Nehmen Sie den Eintrag zuerst wieder in Gebrauch",
    ),
    (lambda: {"details": Details("Eva", "Özdemir", "keine-adresse")}, "E-Mail-Adresse"),
    (lambda: {"details": Details("Eva", "", "eva@stadt.example")}, "leer"),
    (lambda: {"details": PersonFactory(email="")}, "keine E-Mail-Adresse"),
    (lambda: {"details": PersonFactory(email="x@y.de", retired_on=TODAY, retired_reason="weg")}, "ist stillgelegt"),
]


@pytest.mark.parametrize(("prepare", "message"), OBSTACLES)
def test_what_stands_against_an_invitation_is_said_and_leaves_nothing_behind(prepare, message):
    by, prepared = somebody(), prepare()
    before = User.objects.count(), Person.objects.count(), Membership.objects.count()
    given = prepared if isinstance(prepared, dict) else {}
    with pytest.raises(ValidationError) as refused:
        invited(by=by, **given)
    assert re.search(message, " ".join(refused.value.messages))
    after = User.objects.count(), Person.objects.count(), Membership.objects.count()
    assert (*after, Mail.objects.count()) == (*before, 0)


def test_inviting_twice_makes_everything_once_and_sends_a_second_mail():
    unit, by = UnitFactory(), somebody()
    first, second = invited(unit=unit, by=by), invited(unit=unit, by=by)
    assert first.pk == second.pk
    assert (Membership.objects.count(), User.objects.exclude(pk=by.pk).count(), Mail.objects.count()) == (1, 1, 2)


@pytest.mark.django_db(transaction=True)
def test_two_who_invite_the_same_person_at_once_make_one():
    unit, by = UnitFactory(), somebody()

    def one(_):
        try:
            return invited(unit=unit, by=User.objects.get(pk=by.pk)).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        assert len(set(pool.map(one, range(3)))) == 1
    assert (Person.objects.count(), User.objects.count(), Membership.objects.count()) == (1, 2, 1)


def test_who_comes_back_gets_in_by_the_new_invitation_only():
    person, by = invited(), somebody()
    User.objects.filter(pk=person.user_id).update(last_login=NOW)
    end_access(Person.objects.get(pk=person.pk), on=TODAY, by=by)
    user = User.objects.get(pk=person.user_id)
    user.set_password(PASSWORD)
    user.save()
    again = invite(Person.objects.get(pk=person.pk), Role.LESEZUGRIFF, UnitFactory(), by=by, on=TODAY + 30 * DAY)
    assert again.user_id == user.pk
    assert (again.user.is_active, again.user.has_usable_password(), again.user.roles) == (
        True,
        False,
        {Role.LESEZUGRIFF},
    )
    assert Client().get(link()).status_code == 200


@pytest.mark.parametrize(
    "name",
    ["Eva\r\nBcc: alle@stadt.example", "<b>Eva</b>", "{{ settings.SECRET_KEY }}", "Eva\n\nhttps://evil.example/"],
)
def test_a_hostile_name_stays_one_line_of_text(name):
    person = invited(Details(name, "Özdemir", EVA.email))
    line = next(line for line in text_of_mail().splitlines() if line.startswith("Name: "))
    assert line == f"Name: {person}"
    page = Client().get(link()).text
    assert "<b>Eva</b>" not in page
    assert Mail.objects.get().recipient == EVA.email.lower()


def test_a_hostile_name_that_is_stored_already_stays_one_line_too():
    unit = UnitFactory(code="FB 36", name="Klima\n\nhttps://evil.example/")
    invited(
        PersonFactory(given_name="Eva\n\nhttps://evil.example/", family_name="Oz", email="e@stadt.example"), unit=unit
    )
    lines = text_of_mail().splitlines()
    assert "Name: Eva https://evil.example/ Oz" in lines
    assert "Dienststelle: FB 36 - Klima https://evil.example/" in lines


# --- The link ----------------------------------------------------------------------------------------------------
def everything():
    models = (User, Person, Membership, Mail)
    return [sorted(map(repr, model.objects.values_list())) for model in models]


def test_looking_at_the_page_changes_nothing_because_scanners_open_every_link():
    invited(unit=UnitFactory(code="FB 36", name="Klima und Umwelt"))
    before = everything()
    for _ in range(3):
        client = Client()
        page = client.get(link())
        assert (page.status_code, client.head(link()).status_code) == (200, 200)
        assert not is_signed_in(client)
    assert everything() == before
    for words in ("Eva Özdemir", "FB 36 - Klima und Umwelt", "eva.oezdemir@stadt.example"):
        assert words in page.text
    assert "no-store" in page["Cache-Control"]


def accept(path, password="", again=None, client=None, **extra):
    client = client or Client()
    data = {"password1": password, "password2": password if again is None else again}
    return client, client.post(path, data, **extra)


@pytest.mark.parametrize("password", [PASSWORD, "", "äöü " * 20 + "ß"])
def test_accepting_signs_in_with_or_without_a_password(password):
    person = invited()
    client, response = accept(link(), password)
    assert (response.status_code, response["Location"]) == (302, reverse("start"))
    user = User.objects.get(pk=person.user_id)
    assert client.session["_auth_user_id"] == str(user.pk)
    assert user.last_login == NOW
    assert user.check_password(password) is bool(password)


@pytest.mark.parametrize(
    ("password", "again", "message"),
    [
        ("kurz", "kurz", "zu kurz"),
        (PASSWORD, "anders", "stimmen nicht überein"),
        (PASSWORD, "", "stimmen nicht überein"),
        ("", PASSWORD, "stimmen nicht überein"),
        ("eva.oezdemir@stadt.example", "eva.oezdemir@stadt.example", "zu ähnlich"),
    ],
)
def test_a_bad_password_is_told_and_the_link_lives_on(password, again, message):
    invited()
    client, response = accept(link(), password, again)
    assert response.status_code == 200
    assert message in response.text
    assert not is_signed_in(client)
    assert is_signed_in(accept(link(), PASSWORD)[0])


def test_a_form_without_token_is_refused():
    invited()
    client, response = accept(link(), client=Client(enforce_csrf_checks=True))
    assert response.status_code == 403
    assert not is_signed_in(client)


def login_elsewhere(person):
    User.objects.filter(pk=person.user_id).update(last_login=NOW)


def password_by_technik(person):
    user = person.user
    user.set_password(PASSWORD)
    user.save()


def other_address(person):
    User.objects.filter(pk=person.user_id).update(email="andere@stadt.example")


DEAD = {
    "accepted": lambda person: accept(link()),
    "signed in by code": login_elsewhere,
    "password set": password_by_technik,
    "address changed": other_address,
    "ended": lambda person: end_access(person, on=TODAY, by=somebody()),
}


def without_token(page):
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page.text)


@pytest.mark.parametrize("way", DEAD)
def test_a_link_dies_and_every_dead_link_looks_the_same(way):
    person = invited()
    path = link()
    assert Client().get(path).status_code == 200
    DEAD[way](person)
    pages = [Client().get(path), Client().get("/einladung/MQ/abc-def/"), accept(path)[1]]
    assert {page.status_code for page in pages} == {404}
    assert len({without_token(page) for page in pages}) == 1
    assert "Diese Einladung gilt nicht" in pages[0].text


@pytest.mark.parametrize(("days", "seconds", "status"), [(13, 0, 200), (14, 0, 200), (14, 1, 404), (400, 0, 404)])
def test_a_link_lives_fourteen_days(clock, days, seconds, status):
    invited()
    path = link()
    clock.move_to(NOW + days * DAY + datetime.timedelta(seconds=seconds))
    assert Client().get(path).status_code == status


FORGED = [
    "MQ/abc-def",
    "x/y",
    "MQ/-",
    "MQ/" + "z" * 2000,
    "____/abc",
    "OTk5OTk5OTk5OTk5OTk5OTk5OTk5/abc-def",
    "4pi6/a-b",
    "%00/a-b",
]


@pytest.mark.parametrize("parts", FORGED)
def test_a_forged_link_ends_in_no_error(parts):
    assert Client().get(f"/einladung/{parts}/").status_code == 404
    assert Client().post(f"/einladung/{parts}/").status_code == 404


def test_a_link_opens_one_account_only():
    first, second = invited(), invited(Details("Olaf", "Öhm", "olaf@stadt.example"))
    mine, other = invitation_path(first.user), invitation_path(second.user)
    mixed = f"/einladung/{other.split('/')[2]}/{mine.split('/')[3]}/"
    assert Client().get(mixed).status_code == 404


def test_a_link_for_another_account_ends_the_session_before():
    person, colleague = invited(), somebody(Role.LEITUNG)
    client, _ = accept(link(), client=signed_in(colleague))
    assert client.session["_auth_user_id"] == str(person.user_id)


def test_who_needs_a_second_factor_is_led_to_it_after_the_link(settings):
    settings.SECOND_FACTOR_REQUIRED = True
    invited(role=Role.KOORDINATION, by=somebody(Role.TECHNIK))
    client, _ = accept(link())
    assert client.get(reverse("admin:index"))["Location"] == reverse("mfa_activate_totp")
    assert client.get(reverse("mfa_activate_totp")).status_code == 200


def test_the_link_ignores_the_host_of_the_request(settings):
    settings.SITE_URL = "https://kepol.stadt.example"
    client = signed_in(somebody())
    client.post(reverse("admin:stakeholders_person_invite"), entry(), HTTP_HOST="localhost")
    assert "https://kepol.stadt.example/einladung/" in text_of_mail()
    assert "localhost/" not in text_of_mail()


# --- Ending ------------------------------------------------------------------------------------------------------
def test_ending_access_ends_memberships_in_units_and_the_session():
    person = invited()
    club = MembershipFactory(person=person)
    client, _ = accept(link())
    assert client.get(reverse("start"), follow=True).status_code == 200
    end_access(Person.objects.get(pk=person.pk), on=TODAY, by=somebody())
    assert {one.valid_to for one in person.memberships.exclude(pk=club.pk)} == {TODAY}
    assert Membership.objects.get(pk=club.pk).valid_to is None
    assert client.get(reverse("start"))["Location"].startswith(reverse("account_login"))


def test_ending_proposes_a_day_to_look_at_the_person_again():
    person = invited()
    end_access(person, on=TODAY, by=somebody())
    assert Person.objects.get(pk=person.pk).review_on == TODAY.replace(year=2028)


def test_nobody_ends_the_own_access_or_one_that_is_none():
    by = somebody()
    own = PersonFactory(user=by)
    for person, message in [(own, "Den eigenen Zugang"), (PersonFactory(), "keinen aktiven Zugang")]:
        with pytest.raises(ValidationError, match=message):
            end_access(person, on=TODAY, by=by)


def test_a_membership_still_to_come_is_named():
    person = invited()
    MembershipFactory(person=person, organisation=UnitFactory(), valid_from=TODAY + DAY)
    with pytest.raises(ValidationError, match=r"beginnt erst am 03\.03\.2026"):
        end_access(person, on=TODAY, by=somebody())
    assert person.memberships.filter(valid_to__isnull=True).count() == 2


def test_the_end_of_a_membership_ends_the_rights_at_the_next_request():
    unit = UnitFactory()
    person = invited(unit=unit)
    paper = SubmissionFactory(from_council=True, involved=[unit], publicity=Publicity.NON_PUBLIC)
    client, _ = accept(link())
    page = reverse("council:submission_detail", args=[paper.pk])
    assert client.get(page).status_code == 200
    person.memberships.update(valid_from=TODAY - 5 * DAY, valid_to=TODAY - DAY)
    gone, missing = client.get(page), client.get(reverse("council:submission_detail", args=[999_999]))
    assert (gone.status_code, missing.status_code) == (404, 404)
    assert without_token(gone) == without_token(missing)


def test_the_holder_of_an_account_is_known_with_the_units_of_the_day():
    unit = UnitFactory(code="FB 36", name="Klima und Umwelt")
    person = invited(unit=unit)
    assert holder(person.user, on=TODAY) == ("Eva Özdemir", "FB 36 - Klima und Umwelt")
    assert holder(person.user, on=TODAY - DAY) == ("Eva Özdemir", "")
    nobody = UserFactory()
    assert holder(nobody, on=TODAY) == (nobody.email, "")


def test_inviting_again_is_for_those_who_have_never_signed_in():
    person, by = invited(), somebody()
    invite_again(person.user, by=by, on=TODAY)
    assert Mail.objects.filter(kind=MailKind.INVITATION).count() == 2
    accept(link())
    with pytest.raises(ValidationError, match="mit einem Code per E-Mail"):
        invite_again(User.objects.get(pk=person.user_id), by=by, on=TODAY)


# --- The back office -----------------------------------------------------------------------------------------------
INVITE_PAGE = "/verwaltung/stakeholders/person/einladen/"


def entry(**given):
    values = {"given_name": "Eva", "family_name": "Özdemir", "email": EVA.email, "function": ""}
    unit = given.pop("unit", None) or UnitFactory()
    return {**values, "organisation": unit.pk, "role": "Fachbereich", "member_role": "staff", **given}


@pytest.mark.parametrize("who", MAY)
def test_the_page_for_inviting_is_open_to_who_may_invite_and_offers_their_roles(who):
    client = signed_in(somebody(who))
    page = client.get(INVITE_PAGE, follow=True)
    assert (page.status_code == 200) is bool(MAY[who])
    if MAY[who]:
        offered = set(re.findall(r'<option value="([A-Z]\w+)"', page.text))
        assert offered == {role.value for role in MAY[who]}
    response = client.post(INVITE_PAGE, entry(), follow=True)
    assert (response.status_code, Person.objects.filter(email=EVA.email).exists()) == (
        (200, True) if MAY[who] else (403, False)
    )


def test_the_page_delivers_the_mail_and_leads_to_the_person(django_capture_on_commit_callbacks):
    client = signed_in(somebody())
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(INVITE_PAGE, entry(), follow=True)
    person = Person.objects.get(email=EVA.email)
    assert response.redirect_chain[-1][0] == reverse("admin:stakeholders_person_change", args=[person.pk])
    assert "„Eva Özdemir“ ist eingeladen." in response.text
    assert (Mail.objects.get().state, Mail.objects.get().text) == (MailState.SENT, "")


@pytest.mark.parametrize(
    "given",
    [
        {"role": "Technik"},
        {"role": "Koordination"},
        {"role": "Chef"},
        {"organisation": 999_999},
        {"email": "a\nb@c.de"},
    ],
)
def test_what_the_form_does_not_offer_is_refused(given):
    client = signed_in(somebody())
    response = client.post(INVITE_PAGE, entry(**given))
    assert response.status_code == 200
    assert "errorlist" in response.text
    assert (Person.objects.count(), Mail.objects.count()) == (0, 0)


def test_the_page_shows_what_stands_against_it_and_keeps_what_was_typed():
    UserFactory(email=EVA.email.lower(), roles=[Role.LEITUNG])
    response = signed_in(somebody()).post(INVITE_PAGE, entry())
    assert "hat schon ein aktives Konto (Leitung)" in response.text
    assert 'value="Özdemir"' in response.text


def offered_steps(client, person):
    page = client.get(reverse("admin:stakeholders_person_change", args=[person.pk])).text
    labels = ("Zugang einladen …", "Einladung noch einmal senden …", "Zugang beenden …")
    return [label for label in labels if label in page]


def step(client, person, name, **given):
    address = reverse("admin:stakeholders_person_step", args=[person.pk, name])
    page = client.get(address, follow=True)
    person.refresh_from_db()
    return client.post(address, {**read_form(page), "seen": seen_token(person), **given}, follow=True)


def test_the_page_of_a_person_offers_what_fits_and_does_it():
    client, unit = signed_in(somebody()), UnitFactory()
    person = PersonFactory(email="neu@stadt.example")
    assert offered_steps(client, person) == ["Zugang einladen …"]
    step(client, person, "einladen", organisation=unit.pk, role="Leitung", member_role="head")
    person.refresh_from_db()
    assert person.user.roles == {Role.LEITUNG}
    assert offered_steps(client, person) == ["Einladung noch einmal senden …", "Zugang beenden …"]
    step(client, person, "erneut-einladen")
    assert Mail.objects.count() == 2
    accept(link())
    assert offered_steps(client, person) == ["Zugang beenden …"]
    refused = step(client, person, "zugang-beenden", on="03.03.2026")
    assert "Der Tag liegt in der Zukunft" in refused.text
    step(client, person, "zugang-beenden", on="02.03.2026")
    assert User.objects.get(pk=person.user_id).is_active is False
    assert offered_steps(client, person) == ["Zugang einladen …"]


def test_lists_lead_to_the_page_for_inviting():
    for who, name in [
        (Role.KOORDINATION, "admin:stakeholders_person_changelist"),
        (Role.KOORDINATION, "admin:accounts_user_changelist"),
        (Role.TECHNIK, "admin:accounts_user_changelist"),
    ]:
        assert INVITE_PAGE in signed_in(somebody(who)).get(reverse(name)).text
