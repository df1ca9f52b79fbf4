"""Details of people: when they are looked at again, kept on, or deleted without a trace of the name."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kepol.accounts.choices import Role
from kepol.accounts.roles import sync_roles
from kepol.dates.models import Tickler
from kepol.dates.ticklers import remind
from kepol.files.models import DocumentReference
from kepol.lib.backoffice.panels import delete_with_company
from kepol.lib.history import entries
from kepol.lib.retirement import retire
from kepol.lib.versions import Conflict
from kepol.mail.models import Mail
from stakeholders.models import Absence, BodyMember, ContactEntry, Membership, Person
from stakeholders.models.privacy import years_after
from stakeholders.querysets import ERASED_NAME
from stakeholders.reviews import erase_person, extend_review, propose_review
from tests.factories.accounts import UserFactory
from tests.factories.council import OfficeHolderFactory
from tests.factories.files import DocumentReferenceFactory
from tests.factories.mail import MailFactory
from tests.factories.stakeholders import (
    AbsenceFactory,
    BodyMemberFactory,
    ContactEntryFactory,
    MembershipFactory,
    OrganisationAliasFactory,
    OrganisationFactory,
    PersonFactory,
)
from tests.forms import read_form

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 3, 2)
ONE = datetime.timedelta(days=1)
SECRET = "Kanarienvogel"


@pytest.fixture(autouse=True)
def _roles():
    sync_roles()


@pytest.fixture
def user():
    return UserFactory(email="eva@example.org", roles=[Role.KOORDINATION])


@pytest.fixture
def desk(user):
    client = Client()
    client.force_login(user)
    return client


def address(obj, page="change", *more):
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_{page}", args=[obj.pk, *more])


def listed(client, **query):
    return set(client.get(reverse("admin:stakeholders_person_changelist"), query).context["cl"].result_list)


# --- When to look again ------------------------------------------------------------------------------------------
def year(number):
    return datetime.date(number, 12, 31)


PROPOSALS = {
    "no membership": ([], None),
    "one runs": ([None], None),
    "one ended, one runs": ([year(2020), None], None),
    "one ended": ([year(2020)], year(2022)),
    "the last one counts": ([year(2020), year(2024), year(2021)], year(2026)),
    "for ever": ([datetime.date.max], datetime.date.max),
    "on a leap day": ([datetime.date(2024, 2, 29)], datetime.date(2026, 2, 28)),
}


@pytest.mark.parametrize("name", PROPOSALS)
def test_the_proposal_is_two_years_after_the_last_end_in_python_and_in_the_filter(desk, name):
    ends, expected = PROPOSALS[name]
    person = PersonFactory()
    for end in ends:
        MembershipFactory(person=person, valid_to=end)
    assert propose_review(person) == expected
    assert listed(desk, pruefung="fehlt") == ({person} if expected else set())


def test_who_has_a_day_is_not_missing_one(desk):
    person = PersonFactory(review_on=DAY)
    MembershipFactory(person=person, valid_to=year(2020))
    assert listed(desk, pruefung="fehlt") == set()


def test_saving_the_form_enters_the_proposed_day_and_says_so(desk):
    person = PersonFactory()
    MembershipFactory(person=person)
    form = read_form(desk.get(address(person)))
    response = desk.post(address(person), {**form, "memberships-0-valid_to": "31.12.2024"}, follow=True)
    assert "Als Prüfdatum ist der 31.12.2026 eingetragen" in response.text
    person.refresh_from_db()
    assert person.review_on == year(2026)
    told = entries(person)[0].sentence
    assert "prüfen oder löschen am von leer zu „31.12.2026“" in told
    assert "gültig bis von leer zu „31.12.2024“" in told


@pytest.mark.parametrize(
    ("end", "given", "expected"), [("", "", None), ("31.12.2024", "05.06.2027", datetime.date(2027, 6, 5))]
)
def test_saving_enters_no_day_while_a_membership_runs_or_where_one_was_chosen(desk, end, given, expected):
    person = PersonFactory()
    MembershipFactory(person=person)
    form = read_form(desk.get(address(person)))
    response = desk.post(address(person), {**form, "memberships-0-valid_to": end, "review_on": given}, follow=True)
    person.refresh_from_db()
    assert (person.review_on, "Als Prüfdatum" in response.text) == (expected, False)


PAGES = {
    "person": (lambda membership: membership.person, "memberships-0-"),
    "organisation": (lambda membership: membership.organisation, "memberships-0-"),
    "membership": (lambda membership: membership, ""),
}
FOLLOWING = {
    "the last one ends": (None, None, "31.12.2024", year(2026), "Als Prüfdatum ist der 31.12.2026 eingetragen"),
    "it ends later": (year(2024), year(2026), "31.12.2025", year(2027), "Als Prüfdatum ist der 31.12.2027 eingetragen"),
    "it begins anew": (year(2024), year(2026), "", None, "Das vorgeschlagene Prüfdatum ist wieder leer"),
    "somebody chose a day": (year(2024), DAY, "", DAY, None),
    "a day was chosen while it ran": (None, DAY, "31.12.2024", DAY, None),
}


@pytest.mark.parametrize("where", PAGES)
@pytest.mark.parametrize("name", FOLLOWING)
def test_the_proposed_day_follows_the_memberships_on_every_page(desk, name, where):
    end, review, typed, expected, told = FOLLOWING[name]
    membership = MembershipFactory(valid_to=end, person=PersonFactory(review_on=review))
    MembershipFactory(organisation=membership.organisation)
    of, prefix = PAGES[where]
    form = read_form(desk.get(address(of(membership))))
    if where == "organisation":
        prefix = next(k for k, v in form.items() if k.endswith("-id") and v == [str(membership.pk)]).removesuffix("id")
    response = desk.post(address(of(membership)), {**form, f"{prefix}valid_to": typed}, follow=True)
    membership.person.refresh_from_db()
    assert membership.person.review_on == expected
    shown = [str(message) for message in response.context["messages"] if "Prüfdatum" in str(message)]
    assert [f"{membership.person}: {told}" in text for text in shown] == ([True] if told else [])


@pytest.mark.parametrize("where", PAGES)
def test_the_day_is_proposed_when_the_last_open_membership_is_deleted(desk, where):
    running = MembershipFactory(valid_from=DAY)
    person = running.person
    MembershipFactory(person=person, valid_to=year(2020))
    of, prefix = PAGES[where]
    if where == "membership":
        shown = desk.get(address(running, "delete"), follow=True)
        desk.post(shown.redirect_chain[-1][0], {"post": "yes"})
    else:
        desk.post(address(of(running)), {**read_form(desk.get(address(of(running)))), f"{prefix}DELETE": "on"})
    person.refresh_from_db()
    assert (person.memberships.count(), person.review_on) == (1, year(2022))


def test_who_loses_the_only_membership_keeps_the_day(desk):
    membership = MembershipFactory(valid_to=year(2020), person=PersonFactory(review_on=year(2022)))
    form = read_form(desk.get(address(membership.organisation)))
    desk.post(address(membership.organisation), {**form, "memberships-0-DELETE": "on"})
    assert (Membership.objects.count(), Person.objects.get().review_on) == (0, year(2022))


def test_a_membership_handed_on_counts_for_both(desk):
    membership, heir = MembershipFactory(), PersonFactory(review_on=year(2022))
    old = membership.person
    for person in (old, heir):
        MembershipFactory(person=person, valid_to=year(2020))
    form = read_form(desk.get(address(membership)))
    desk.post(address(membership), {**form, "person": heir.pk})
    days = Person.objects.in_bulk([old.pk, heir.pk])
    assert (days[old.pk].review_on, days[heir.pk].review_on) == (year(2022), None)


def test_the_proposal_overwrites_nothing_that_somebody_saved_meanwhile(desk):
    person = MembershipFactory().person
    form = read_form(desk.get(address(person)))
    other = Person.objects.get()
    other.phone = "0241 999"
    other.save()
    assert desk.post(address(person), {**form, "memberships-0-valid_to": "31.12.2024"}).status_code == 302
    person.refresh_from_db()
    assert (person.phone, person.review_on) == ("0241 999", year(2026))


LATER = [
    (datetime.date(2024, 2, 29), 1, datetime.date(2025, 2, 28)),
    (datetime.date(9997, 5, 1), 2, datetime.date(9999, 5, 1)),
    (datetime.date(9998, 5, 1), 2, datetime.date.max),
    (datetime.date.max, 2, datetime.date.max),
    (datetime.date(2026, 5, 1), -1, datetime.date(2025, 5, 1)),
]


@pytest.mark.parametrize(("day", "years", "expected"), LATER)
def test_years_end_with_the_calendar(day, years, expected):
    assert years_after(day, years) == expected


@pytest.mark.parametrize(("offset", "is_due"), [(-1, True), (0, True), (1, False)])
def test_the_filter_shows_whose_day_has_come(desk, offset, is_due):
    person = PersonFactory(review_on=timezone.localdate() + ONE * offset)
    assert listed(desk, pruefung="faellig") == ({person} if is_due else set())


# --- Keeping on --------------------------------------------------------------------------------------------------
def test_keeping_on_needs_a_purpose_and_is_told(user):
    person = PersonFactory(review_on=DAY - ONE)
    extend_review(person, on=DAY, purpose=" Beratung ", by=user)
    assert (person.review_on, person.purpose) == (datetime.date(2028, 3, 2), "Beratung")
    assert entries(person)[0].sentence == (
        "eva@example.org hat geändert: Zweck von „Zusammenarbeit in der kommunalen Entwicklungspolitik“ zu „Beratung“, "
        "prüfen oder löschen am von „01.03.2026“ zu „02.03.2028“."
    )


def test_keeping_on_without_a_purpose_is_refused(user):
    person = PersonFactory(review_on=DAY)
    with pytest.raises(ValidationError, match="wofür die Angaben weiter gebraucht werden"):
        extend_review(person, on=DAY, purpose=" ", by=user)


def test_the_action_keeps_on_several_and_leaves_who_has_no_day(desk):
    due, other = PersonFactory(review_on=DAY), PersonFactory()
    home = reverse("admin:stakeholders_person_changelist")
    page = desk.post(home, {"action": "verlaengern", "_selected_action": [due.pk, other.pk]})
    assert (str(due) in page.text, str(other) in page.text) == (True, False)
    desk.post(home, {**read_form(page), "purpose": "Beratung"})
    due.refresh_from_db()
    assert due.review_on > timezone.localdate() + ONE * 700


# --- Deleting ----------------------------------------------------------------------------------------------------
def full_of_words(user):
    """A person with the canary in every detail, a history of it, and things hung on them."""
    person = PersonFactory(
        title=SECRET,
        given_name=SECRET,
        family_name=SECRET,
        function="Vorsitz",
        email=f"{SECRET}@example.org",
        phone=SECRET,
        source=SECRET,
        may_be_named=True,
    )
    person.given_name = f"Früher {SECRET}"
    person.save()
    remind(person, on=DAY, note=SECRET, for_whom=user, by=user)
    DocumentReferenceFactory(record=person, file_number=SECRET)
    return person


def traces(*models):
    rows = [str(row) for model in models for row in (*model.objects.values(), *model.history.values())]
    return [row for row in rows if SECRET.lower() in row.lower()]


def hang_on(row, user):
    """What is called after a row, with words of its own."""
    remind(row, on=DAY, note="anrufen", for_whom=user, by=user)
    DocumentReferenceFactory(record=row, file_number="15/1")


MODELS = (Person, Membership, BodyMember, Tickler, DocumentReference, ContactEntry)


def test_nothing_but_the_function_is_left_of_a_person_anywhere(user):
    person = full_of_words(user)
    person.user = UserFactory(email=f"{SECRET.lower()}@example.org")
    person.save()
    person.user = None
    person.save()
    membership = MembershipFactory(person=person, valid_to=DAY - ONE)
    seat = BodyMemberFactory(person=person, valid_to=DAY - ONE)
    office = OfficeHolderFactory(person=person, valid_to=DAY - ONE)
    gone = MembershipFactory(person=person, valid_to=DAY - ONE)
    contact = ContactEntryFactory(person=person)
    for row in (membership, seat, office, gone, contact):
        hang_on(row, user)
    delete_with_company(gone, by=user)
    kept = Tickler.objects.exclude(object_id=person.pk, note=SECRET)
    assert (len(traces(*MODELS)) > 20, kept.count()) == (True, 4)
    erase_person(person, on=DAY, by=user)
    assert traces(*MODELS) == []
    stored = Person.objects.get()
    assert (str(stored), stored.function, stored.is_erased, stored.may_be_named) == (
        ERASED_NAME,
        "Vorsitz",
        True,
        False,
    )
    assert (stored.source, stored.retired_on, stored.review_on) == ("gelöscht am 02.03.2026", DAY, None)
    assert set(Person.history.values_list("function", flat=True)) == {"Vorsitz"}
    assert ContactEntry.objects.get() == contact
    titles = {str(row) for row in (membership, seat, office, contact) if row.refresh_from_db() is None}
    for hung in (Tickler, DocumentReference):
        assert (hung.objects.count(), {row.title for row in hung.objects.all()}) == (4, titles)
        assert {row.search_key for row in hung.objects.all()} == {
            row.derived_keys()["search_key"] for row in hung.objects.all()
        }
    assert SECRET.lower() not in " ".join(entry.sentence for entry in entries(person)).lower()
    call_command("check_data")


def test_nothing_is_left_of_a_deleted_person_in_any_history(desk, user):
    person = full_of_words(user)
    gone = MembershipFactory(person=person)
    hang_on(gone, user)
    delete_with_company(gone, by=user)
    shown = desk.get(address(person, "delete"), follow=True)
    desk.post(shown.redirect_chain[-1][0], {"post": "yes"})
    assert (Person.objects.count(), Person.history.filter(id=person.pk).count() >= 3) == (0, True)
    assert traces(*MODELS) == []
    last = Person.history.filter(id=person.pk, history_type="-").get()
    assert (last.history_user, last.user) == (user, None)


def test_the_example_knows_what_was_deleted():
    person, contact = PersonFactory(source_key="paper/eva"), ContactEntryFactory(source_key="paper/anruf")
    for row in (person, contact):
        row.delete()
    gone = [set(model.history.values_list("source_key", flat=True)) for model in (Person, ContactEntry)]
    assert gone == [{"paper/eva"}, {"paper/anruf"}]


def test_the_history_tells_who_deleted_and_not_what(user):
    person = full_of_words(user)
    erase_person(person, on=DAY, by=user)
    told = entries(person)
    assert SECRET not in " ".join(entry.sentence for entry in told)
    assert told[0].sentence.startswith("eva@example.org hat geändert: stillgelegt am von leer zu „02.03.2026“")
    assert "darf öffentlich genannt werden von „ja“ zu „nein“" in told[0].sentence


def test_mails_to_every_address_a_person_had_go_with_them_but_not_those_of_somebody_else(user):
    account = UserFactory(email="alt@example.org")
    person = PersonFactory(email="eigene@example.org", user=account)
    account.email = "zuletzt@example.org"
    account.save()
    person.email, person.user = "Fremd@example.org", None
    person.save()
    person.email = "neu@example.org"
    person.save()
    PersonFactory(email="fremd@example.org")
    for name in ("alt", "zuletzt", "eigene", "neu", "fremd"):
        MailFactory(recipient=f"{name}@example.org")
    erase_person(person, on=DAY, by=user)
    assert [mail.recipient for mail in Mail.objects.all()] == ["fremd@example.org"]


def test_the_history_of_other_people_stays(user):
    other = PersonFactory(given_name="Bleibt")
    erase_person(full_of_words(user), on=DAY, by=user)
    assert other.history.get().given_name == "Bleibt"


def test_who_was_retired_before_keeps_the_day_and_loses_the_words(user):
    person = full_of_words(user)
    retire(person, on=DAY - ONE, reason=f"{SECRET} ist fort", by=user)
    erase_person(person, on=DAY, by=user)
    assert (Person.objects.get().retired_on, traces(Person)) == (DAY - ONE, [])


TIES = {
    "membership without end": (lambda person: MembershipFactory(person=person), "Mitgliedschaft „"),
    "membership ends today": (lambda person: MembershipFactory(person=person, valid_to=DAY), "Mitgliedschaft „"),
    "membership ended": (lambda person: MembershipFactory(person=person, valid_to=DAY - ONE), None),
    "membership to come": (lambda person: MembershipFactory(person=person, valid_from=DAY + ONE), "Mitgliedschaft „"),
    "seat": (lambda person: BodyMemberFactory(person=person), "Sitz „"),
    "former seat": (lambda person: BodyMemberFactory(person=person, valid_to=DAY - ONE), None),
    "office": (lambda person: OfficeHolderFactory(person=person), "Amtsinhaberin/Amtsinhaber „"),
    "former office": (lambda person: OfficeHolderFactory(person=person, valid_to=DAY - ONE), None),
    "account": (
        lambda person: Person.objects.filter(pk=person.pk).update(user=UserFactory(email="a@b.de")),
        "Zugang „a@b.de“",
    ),
}


@pytest.mark.parametrize("name", TIES)
def test_who_is_still_needed_is_kept_and_the_sentence_names_the_tie(user, name):
    tie, words = TIES[name]
    person = full_of_words(user)
    tie(person)
    person.refresh_from_db()
    if words is None:
        erase_person(person, on=DAY, by=user)
        assert Person.objects.get(pk=person.pk).is_erased
        return
    with pytest.raises(ValidationError) as refused:
        erase_person(person, on=DAY, by=user)
    (message,) = refused.value.messages
    assert f"wird noch gebraucht: {words}" in message
    assert message.endswith("Beenden Sie das zuerst, dann lassen sich die Angaben löschen.")
    assert (Person.objects.get(pk=person.pk).family_name, Tickler.objects.count()) == (SECRET, 1)


def test_a_person_is_deleted_once_and_only_as_they_were_read(user):
    person = PersonFactory()
    Person.objects.get().save()
    with pytest.raises(Conflict):
        erase_person(person, on=DAY, by=user)
    person = Person.objects.get()
    erase_person(person, on=DAY, by=user)
    for again in (
        lambda: erase_person(person, on=DAY, by=user),
        lambda: extend_review(person, on=DAY, purpose="x", by=user),
    ):
        with pytest.raises(ValidationError, match="sind schon gelöscht"):
            again()


def test_the_action_shows_the_refusal_and_deletes_nobody(desk):
    free, tied = PersonFactory(), MembershipFactory().person
    home = reverse("admin:stakeholders_person_changelist")
    page = desk.post(home, {"action": "angaben-loeschen", "_selected_action": [free.pk, tied.pk]})
    assert "Name, E-Mail, Telefon und Herkunft werden endgültig gelöscht" in page.text
    response = desk.post(home, read_form(page))
    assert (response.status_code, "wird noch gebraucht: Mitgliedschaft" in response.text) == (200, True)
    assert not Person.objects.filter(family_name=ERASED_NAME).exists()


def test_the_page_deletes_and_offers_it_no_more(desk):
    person = PersonFactory(review_on=DAY)
    page = address(person, "step", "angaben-loeschen")
    assert desk.post(page, read_form(desk.get(page))).status_code == 302
    text = desk.get(address(person)).text
    assert (ERASED_NAME in text, address(person, "step", "angaben-loeschen") in text) == (True, False)
    assert address(person, "step", "verlaengern") not in text
    assert desk.get(page, follow=True).status_code == 200
    form = read_form(desk.get(address(person)))
    assert desk.post(address(person), form).status_code == 302
    assert Person.objects.get().review_on is None


def test_who_was_deleted_is_asked_for_no_more(desk, user):
    person = PersonFactory()
    MembershipFactory(person=person, valid_to=DAY - ONE)
    erase_person(person, on=DAY, by=user)
    assert listed(desk, pruefung="fehlt", verwendung="alle") == set()


def test_a_person_is_found_by_the_other_spelling_of_their_organisation(desk):
    membership = MembershipFactory(organisation=OrganisationFactory(name="Welthaus"))
    OrganisationAliasFactory(organisation=membership.organisation, name="Büro für Öffentliches")
    PersonFactory()
    assert listed(desk, q="BURO offentliches") == {membership.person}


def test_erasing_takes_absences_and_mails_along(user):
    person = PersonFactory(email="erika@verein.example")
    kept = AbsenceFactory(person=PersonFactory(), deputy=person)
    AbsenceFactory(person=person)
    MailFactory(recipient="Erika@verein.example")
    other = MailFactory(recipient="eva@verein.example")
    erase_person(person, on=DAY, by=user)
    assert list(Absence.objects.all()) == [kept]
    assert not Absence.history.filter(person=person.pk).exists()
    assert list(Mail.objects.all()) == [other]
