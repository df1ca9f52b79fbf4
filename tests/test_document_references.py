"""Files of the city's document system: named on any record, opened from there, found by their number."""

from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from kepol.accounts.choices import Role
from kepol.accounts.roles import sync_roles
from kepol.files.linking import link, unlink
from kepol.files.models import MISSING, TWICE, WEB_ADDRESS, DocumentReference
from kepol.lib.backoffice.attached import GONE
from kepol.lib.versions import Conflict
from stakeholders.models import Organisation
from tests.factories import OrganisationFactory, PersonFactory, SdgFactory, SubmissionFactory, UserFactory
from tests.factories.files import DocumentReferenceFactory
from tests.forms import read_form

pytestmark = pytest.mark.django_db

ADDRESS = "https://dms.example/akte/7"


@pytest.fixture(autouse=True)
def _roles(db):
    sync_roles()


@pytest.fixture
def desk():
    client = Client()
    client.force_login(UserFactory(roles=[Role.KOORDINATION]))
    return client


def page(obj, name="change", *more, **query):
    label = f"{obj._meta.app_label}_{obj._meta.model_name}"
    return reverse(f"admin:{label}_{name}", args=[obj.pk, *more], query=query or None)


# --- The verbs ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("given", "number", "url"),
    [
        ({"file_number": "36-1/2026"}, "36-1/2026", ""),
        ({"url": ADDRESS}, "", ADDRESS),
        ({"file_number": "  36-1 / 2026 ", "url": ADDRESS}, "36-1 / 2026", ADDRESS),
        ({"url": "HTTPS://dms.example/Akte/7"}, "", "https://dms.example/Akte/7"),
        ({"url": "http://dms.example/akte"}, "", "http://dms.example/akte"),
    ],
)
def test_link_stores_number_and_address_in_one_form(given, number, url):
    record, user = OrganisationFactory(), UserFactory()
    reference = link(record, **given, by=user)
    stored = DocumentReference.objects.of(record).get()
    assert (stored, stored.file_number, stored.url, stored.title) == (reference, number, url, str(record))
    assert stored.history.get().history_user == user


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, MISSING),
        ({"file_number": "   "}, MISSING),
        ({"url": "javascript:alert(1)"}, WEB_ADDRESS),
        ({"url": "javascript://dms.example/%0aalert(1)"}, WEB_ADDRESS),
        ({"url": "ftp://dms.example/akte"}, WEB_ADDRESS),
        ({"url": "file:///etc/passwd"}, WEB_ADDRESS),
        ({"url": "//dms.example/akte"}, WEB_ADDRESS),
        ({"file_number": "x" * 121}, "Bitte sicherstellen, dass der Wert aus höchstens 120 Zeichen"),
    ],
)
def test_link_refuses_what_leads_nowhere(given, message):
    with pytest.raises(ValidationError) as refused:
        link(OrganisationFactory(), **given, by=None)
    assert any(one.startswith(message) for one in refused.value.messages), refused.value.messages
    assert not DocumentReference.objects.exists()


def test_a_number_stands_once_at_a_record_and_may_stand_at_others():
    one, other = OrganisationFactory(), OrganisationFactory()
    link(one, file_number="36-1", by=None)
    link(other, file_number="36-1", by=None)
    with pytest.raises(ValidationError, match=TWICE):
        link(one, file_number=" 36-1 ", by=None)
    link(one, url=ADDRESS, by=None)
    link(one, url=f"{ADDRESS}8", by=None)
    assert DocumentReference.objects.of(one).count() == 3


def test_two_records_of_different_kinds_with_the_same_key_are_told_apart():
    organisation = OrganisationFactory()
    person = PersonFactory(pk=organisation.pk)
    link(organisation, file_number="36-1", by=None)
    assert not DocumentReference.objects.of(person).exists()


def test_link_refuses_a_record_that_was_deleted_meanwhile():
    record = OrganisationFactory()
    Organisation.objects.all().delete()
    with pytest.raises(ValidationError, match=GONE):
        link(record, file_number="36-1", by=None)


def test_unlink_refuses_an_unseen_change():
    reference = DocumentReferenceFactory()
    DocumentReference.objects.get().save()
    with pytest.raises(Conflict):
        unlink(reference, by=None)
    unlink(DocumentReference.objects.get(), by=None)
    assert not DocumentReference.objects.exists()


# --- On the page of a record --------------------------------------------------------------------------------------
@pytest.mark.parametrize("make", [OrganisationFactory, SubmissionFactory, SdgFactory])
def test_one_is_named_on_any_record_and_opened_from_there(desk, make):
    record = make()
    step = page(record, "step", "akte")
    assert step in desk.get(page(record)).text
    data = {**read_form(desk.get(step)), "file_number": "36-1/2026", "url": "dms.example/akte/7"}
    response = desk.post(step, data, follow=True)
    assert response.redirect_chain == [(page(record), 302)]
    assert "<strong>36-1/2026</strong>" in response.text
    assert f'<a href="{ADDRESS}" rel="noreferrer noopener">' in response.text


def test_the_panel_stands_above_the_form_and_not_in_it(desk):
    reference = DocumentReferenceFactory()
    text = desk.get(page(Organisation.objects.get())).text
    assert text.index(f"<strong>{reference.file_number}</strong>") < text.index('id="organisation_form"')


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, MISSING),
        ({"url": "ftp://dms.example/akte"}, WEB_ADDRESS),
        ({"url": "kein Link"}, "Bitte eine gültige Adresse eingeben."),
        ({"file_number": "36-1"}, TWICE),
    ],
)
def test_the_form_says_in_german_what_is_wrong(desk, given, message):
    record = OrganisationFactory()
    DocumentReferenceFactory(record=record, file_number="36-1")
    step = page(record, "step", "akte")
    response = desk.post(step, {**read_form(desk.get(step)), **given})
    assert (response.status_code, message in response.text) == (200, True)
    assert DocumentReference.objects.count() == 1


def test_it_is_taken_away_after_a_question_and_leads_back(desk):
    record = OrganisationFactory()
    reference = DocumentReferenceFactory(record=record)
    step = page(reference, "step", "loesen", back=page(record))
    assert step.replace("%2F", "/") in desk.get(page(record)).text.replace("%2F", "/")
    asked = desk.get(step)
    assert DocumentReference.objects.exists()
    response = desk.post(step, read_form(asked), follow=True)
    assert response.redirect_chain == [(page(record), 302)]
    assert f"Verknüpfung gelöst: „{reference.file_number}“" in response.text
    assert not DocumentReference.objects.exists()


def test_taken_away_on_its_own_page_it_leads_to_the_list(desk):
    reference = DocumentReferenceFactory()
    step = page(reference, "step", "loesen")
    response = desk.post(step, read_form(desk.get(step)))
    assert response.url == reverse("admin:files_documentreference_changelist")


# --- The list -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("query", ["36-1/2026", "36 1 2026", "kolping", "KOLPING 36"])
def test_the_list_finds_them_by_number_and_record(desk, query):
    DocumentReferenceFactory(record=OrganisationFactory(name="Kolping"), file_number="36-1/2026", url=ADDRESS)
    DocumentReferenceFactory(file_number="61-9/2025")
    response = desk.get(reverse("admin:files_documentreference_changelist"), {"q": query})
    assert [row.file_number for row in response.context["cl"].result_list] == ["36-1/2026"]
    assert f'<a href="{ADDRESS}" rel="noreferrer noopener">öffnen' in response.text
    assert ">Kolping</a>" in response.text


def test_there_is_no_page_to_add_one(desk):
    assert desk.get(reverse("admin:files_documentreference_add")).status_code == 403


def test_a_hostile_number_stays_text(desk):
    DocumentReferenceFactory(file_number="<script>alert(1)</script>")
    text = desk.get(page(Organisation.objects.get())).text
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text


# --- Who may, and what goes with the record -----------------------------------------------------------------------
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.KOORDINATION])
def test_who_may_not_see_them_neither_sees_nor_names_nor_removes_them(role):
    client, reference = Client(), DocumentReferenceFactory(file_number="Geheimzeichen 1")
    client.force_login(UserFactory(roles=[role]))
    record = Organisation.objects.get()
    for address in (page(record), page(reference), reverse("admin:files_documentreference_changelist")):
        assert "Geheimzeichen" not in client.get(address, follow=True).text
    client.post(page(record, "step", "akte"), {"file_number": "heimlich"})
    client.post(page(reference, "step", "loesen"), {})
    assert [row.file_number for row in DocumentReference.objects.all()] == ["Geheimzeichen 1"]


def test_a_deleted_record_takes_them_along_and_says_so_before(desk):
    record = OrganisationFactory()
    DocumentReferenceFactory(record=record, file_number="36-1/2026")
    kept = DocumentReferenceFactory()
    shown = desk.get(page(record, "delete"), follow=True)
    assert "36-1/2026" in shown.text
    desk.post(shown.redirect_chain[-1][0], {"post": "yes"})
    assert [row.pk for row in DocumentReference.objects.all()] == [kept.pk]
    call_command("check_data", stdout=StringIO(), stderr=StringIO())
