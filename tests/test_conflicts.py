"""Two people edit the same object in the back office: nobody overwrites unseen work, nothing typed is lost."""

import datetime
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse

from kepol.accounts.choices import Role
from kepol.accounts.roles import sync_roles
from kepol.council.choices import ConsultationStatus
from kepol.council.models import Attachment, Consultation, DraftResolution, Section, Submission
from kepol.lib.backoffice.forms import VersionedForm
from kepol.lib.periods import Period
from kepol.lib.versions import Versioned, seen_token
from stakeholders.models import Organisation, Person
from tests.factories import (
    AttachmentFactory,
    CommitteeFactory,
    ConsultationFactory,
    DraftResolutionFactory,
    OrganisationAliasFactory,
    OrganisationFactory,
    SectionFactory,
    SubmissionFactory,
    UnitFactory,
    UserFactory,
)
from tests.factories.partnerships import ProgrammePointFactory, VisitFactory
from tests.forms import read_form

INLINE = "consultations-0"


@pytest.fixture
def client(db):
    sync_roles()
    client = Client()
    client.force_login(UserFactory(roles=[Role.KOORDINATION]))
    return client


def address(obj, page="change"):
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_{page}", args=[obj.pk])


def opened(client, obj):
    """The form as somebody has it open in the browser."""
    return read_form(client.get(address(obj)))


def save(client, obj, form, **typed):
    return client.post(address(obj), {**form, **{name.replace("__", "-"): value for name, value in typed.items()}})


def saved(client, obj, form, **typed):
    response = save(client, obj, form, **typed)
    assert response.status_code == 302, response.context and response.context.get("errors")
    return type(obj).objects.get(pk=obj.pk)


def conflict(client, obj, form, **typed):
    response = save(client, obj, form, **typed)
    assert response.status_code == 409
    return response


def row(response, name):
    return next(row for clash in response.context["clashes"] for row in clash.differences if row.name == name)


def seen(difference):
    return difference.mine, difference.stored, difference.found


def choose(client, obj, page, **choices):
    chosen = {f"choice-{name.replace('__', '-')}": value for name, value in choices.items()}
    return client.post(address(obj), {**read_form(page), **chosen, "_save": "1"})


# --- The main form -----------------------------------------------------------------------------------------------
def test_opening_and_saving_changes_nothing_even_with_the_line_ends_of_a_browser(client):
    submission = SubmissionFactory(subject="Erste Zeile\nhier: zweite", goals="a\nb", involved=[UnitFactory()])
    SectionFactory(submission=submission, body="<p>Eins</p><p>Zwei</p>")
    ConsultationFactory(submission=submission, meeting_date=datetime.date(2026, 3, 4))
    rows = submission.history.count()
    before = saved(client, submission, opened(client, submission))
    assert (before.version, Section.objects.get().version, Consultation.objects.get().version) == (1, 1, 1)
    assert before.history.count() == rows


def test_the_second_sees_both_texts_and_what_they_had_found(client):
    submission = SubmissionFactory(subject="Anfang")
    mine, hers = opened(client, submission), opened(client, submission)
    saved(client, submission, hers, subject="Ihr Text")
    page = conflict(client, submission, mine, subject="Mein <b>Text</b>")
    assert seen(row(page, "subject")) == ("Mein <b>Text</b>", "Ihr Text", "Anfang")
    assert [heading in page.text for heading in ("Ihre Eingabe", "Jetzt gespeichert", "Wie vorgefunden")] == [True] * 3
    assert "Mein &lt;b&gt;Text&lt;/b&gt;" in page.text
    assert read_form(page)["subject"] == ["Mein <b>Text</b>"]
    assert Submission.objects.get().subject == "Ihr Text"


def test_nothing_is_preselected_where_both_changed_and_what_only_one_changed_is(client):
    submission = SubmissionFactory(subject="Anfang", file_number="1", goals="Ziel")
    mine, hers = opened(client, submission), opened(client, submission)
    saved(client, submission, hers, subject="Ihr Text", file_number="2")
    page = conflict(client, submission, mine, subject="Mein Text", goals="Mein Ziel")
    assert {name: row(page, name).preselected for name in ("subject", "file_number", "goals")} == {
        "subject": "",
        "file_number": "stored",
        "goals": "mine",
    }


@pytest.mark.parametrize(("choice", "expected"), [("mine", "Mein Text"), ("stored", "Ihr Text")])
def test_the_choice_per_field_is_saved_and_the_rest_follows_the_preselection(client, choice, expected):
    submission = SubmissionFactory(subject="Anfang", file_number="1", goals="Ziel")
    mine, hers = opened(client, submission), opened(client, submission)
    saved(client, submission, hers, subject="Ihr Text", file_number="2")
    page = conflict(client, submission, mine, subject="Mein Text", goals="Mein Ziel")
    assert choose(client, submission, page, subject=choice).status_code == 302
    stored = Submission.objects.get()
    assert (stored.subject, stored.file_number, stored.goals) == (expected, "2", "Mein Ziel")


FIELDS = {
    "many to many": ("involved", lambda u: [u[0]], lambda u: [u[1]], ("FB 02 - Zwei", "FB 01 - Eins", "")),
    "foreign key": ("lead", lambda u: u[0], lambda u: u[1], ("FB 02 - Zwei", "FB 01 - Eins", "FB 03 - Drei")),
    "date": ("dated_on", lambda u: "01.02.2026", lambda u: "03.02.2026", ("03.02.2026", "01.02.2026", "")),
    "choice": (
        "kind",
        lambda u: "hearing",
        lambda u: "for_information",
        ("Kenntnisnahme", "Anhörung", "Entscheidungsvorlage (Beschlussvorlage)"),
    ),
    "number": ("ris_id", lambda u: "7", lambda u: "8", ("8", "7", "")),
    "text of two lines": ("goals", lambda u: "a\r\nb", lambda u: "c\r\nd", ("c\nd", "a\nb", "")),
}


def plain(value):
    return [one.pk for one in value.all()] if hasattr(value, "all") else getattr(value, "pk", value)


@pytest.mark.parametrize("choice", ["mine", "stored"])
@pytest.mark.parametrize("kind", FIELDS)
def test_every_kind_of_field_is_shown_and_can_be_chosen(client, kind, choice):
    name, hers, mine, shown = FIELDS[kind]
    units = [UnitFactory(code=f"FB 0{n}", name=word) for n, word in ((1, "Eins"), (2, "Zwei"), (3, "Drei"))]
    submission = SubmissionFactory(lead=units[2])
    keys = [str(unit.pk) for unit in units]
    form = opened(client, submission)
    theirs = plain(getattr(saved(client, submission, form, **{name: hers(keys)}), name))
    page = conflict(client, submission, form, **{name: mine(keys)})
    assert seen(row(page, name)) == shown
    assert choose(client, submission, page, **{name: choice}).status_code == 302
    stored = plain(getattr(Submission.objects.get(), name))
    assert (stored == theirs) is (choice == "stored")
    if choice == "mine":
        assert client.get(address(submission)).status_code == 200
        assert read_form(client.get(address(submission)))[name] == [
            value if isinstance(value, str) else value[0] for value in [mine(keys)]
        ]


def test_who_typed_the_same_as_the_other_gets_no_page_and_no_second_version(client):
    submission = SubmissionFactory(subject="Anfang")
    form = opened(client, submission)
    saved(client, submission, form, subject="Gleich")
    assert saved(client, submission, form, subject="Gleich").version == 2


def test_a_stale_form_without_own_change_overwrites_nothing(client):
    unit = UnitFactory()
    submission = SubmissionFactory(subject="Anfang", involved=[unit])
    form = opened(client, submission)
    saved(client, submission, form, subject="Ihr Text", involved=[str(UnitFactory(name="Neu").pk)])
    stored = saved(client, submission, form)
    assert (stored.subject, stored.version, [one.name for one in stored.involved.all()]) == ("Ihr Text", 2, ["Neu"])


def test_a_third_person_in_between_leads_to_the_page_again(client):
    submission = SubmissionFactory(subject="Anfang")
    form = opened(client, submission)
    saved(client, submission, form, subject="Zweite")
    page = conflict(client, submission, form, subject="Erste")
    saved(client, submission, opened(client, submission), subject="Dritte")
    again = choose(client, submission, page, subject="mine")
    assert again.status_code == 409
    assert seen(row(again, "subject")) == ("Erste", "Dritte", "Zweite")
    assert choose(client, submission, again, subject="mine").status_code == 302
    assert Submission.objects.get().subject == "Erste"


def test_a_value_that_is_no_date_is_kept_through_the_page_and_then_explained(client):
    submission = SubmissionFactory(dated_on=datetime.date(2026, 1, 1))
    form = opened(client, submission)
    saved(client, submission, form, dated_on="02.01.2026")
    page = conflict(client, submission, form, dated_on="irgendwann")
    assert row(page, "dated_on").mine == "irgendwann"
    response = choose(client, submission, page, dated_on="mine")
    assert response.status_code == 200
    assert "irgendwann" in response.text
    assert Submission.objects.get().dated_on == datetime.date(2026, 1, 2)


@pytest.mark.parametrize("token", ["", "gefälscht", None])
def test_a_form_without_a_genuine_version_is_refused(client, token):
    submission = SubmissionFactory(subject="Anfang")
    form = opened(client, submission)
    form["seen"] = [token] if token is not None else []
    response = save(client, submission, form, subject="Neu")
    assert response.status_code == 200
    assert "Das Formular ist unvollständig angekommen" in response.text
    assert Submission.objects.get().subject == "Anfang"


def test_the_version_of_another_object_is_refused(client):
    submission, other = SubmissionFactory(subject="Anfang"), SubmissionFactory()
    response = save(client, submission, opened(client, submission), seen=seen_token(other), subject="Neu")
    assert "Das Formular ist unvollständig angekommen" in response.text
    assert Submission.objects.get(pk=submission.pk).subject == "Anfang"


def test_damaged_choices_are_a_bad_request_and_no_error_of_the_server(client):
    submission = SubmissionFactory()
    for extra in (
        {"vanished-consultations-x": "mine"},
        {"vanished-consultations-7": "mine"},
        {"vanished-nichts-0": "mine"},
    ):
        assert (
            client.post(address(submission), {**opened(client, submission), "_resolve": "1", **extra}).status_code
            == 400
        )


def test_an_account_shows_roles_and_never_the_password(client):
    client.force_login(UserFactory(is_superuser=True))
    user = UserFactory(roles=[Role.LEITUNG])
    form = opened(client, user)
    groups = {group.name: str(group.pk) for group in Group.objects.all()}
    saved(client, user, form, groups=[groups[Role.FACHBEREICH]])
    user.refresh_from_db()
    page = conflict(client, user, form, groups=[groups[Role.LESEZUGRIFF]])
    assert seen(row(page, "groups")) == ("Lesezugriff", "Fachbereich", "Leitung")
    assert user.password not in page.text
    choose(client, user, page, groups="mine")
    assert [group.name for group in user.groups.all()] == ["Lesezugriff"]


# --- Rows --------------------------------------------------------------------------------------------------------
@pytest.fixture
def consultation(db):
    return ConsultationFactory(agenda_item="Ö 1", meeting_date=datetime.date(2026, 3, 4))


def new_row(submission, committee, index):
    values = {"position": "0", "committee": str(committee.pk), "status": "planned", "submission": str(submission.pk)}
    return {"consultations-TOTAL_FORMS": str(index + 1)} | {
        f"consultations-{index}-{name}": value for name, value in values.items()
    }


def test_the_same_row_in_two_forms_leads_to_the_page(client, consultation):
    submission = consultation.submission
    form = opened(client, submission)
    saved(client, submission, form, consultations__0__agenda_item="Ö 2")
    page = conflict(client, submission, form, consultations__0__agenda_item="Ö 3")
    assert seen(row(page, f"{INLINE}-agenda_item")) == ("Ö 3", "Ö 2", "Ö 1")
    choose(client, submission, page, consultations__0__agenda_item="mine")
    assert Consultation.objects.get().agenda_item == "Ö 3"


def test_a_row_changed_on_its_own_page_is_noticed(client, consultation):
    form = opened(client, consultation.submission)
    saved(client, consultation, opened(client, consultation), status=ConsultationStatus.DONE, outcome="noted")
    page = conflict(client, consultation.submission, form, consultations__0__agenda_item="Ö 9")
    assert row(page, f"{INLINE}-outcome").preselected == "stored"
    choose(client, consultation.submission, page)
    stored = Consultation.objects.get()
    assert (stored.outcome, stored.agenda_item) == ("noted", "Ö 9")


def test_a_conflict_in_a_row_does_not_carry_the_stale_main_form_along(client, consultation):
    """The page renews versions only of what it shows, otherwise the untouched subject would overwrite the new one."""
    submission = consultation.submission
    form = opened(client, submission)
    saved(client, submission, form, subject="Ihr Text", consultations__0__agenda_item="Ö 2")
    page = conflict(client, submission, form, consultations__0__agenda_item="Ö 3")
    assert choose(client, submission, page, consultations__0__agenda_item="mine").status_code == 302
    assert (Submission.objects.get().subject, Consultation.objects.get().agenda_item) == ("Ihr Text", "Ö 3")


def test_an_added_row_and_a_change_elsewhere_are_no_conflict(client, consultation):
    submission = consultation.submission
    form = opened(client, submission)
    saved(client, submission, form, subject="Ihr Text")
    saved(client, submission, {**form, **new_row(submission, CommitteeFactory(), 1)})
    assert Submission.objects.get().subject == "Ihr Text"
    assert list(Consultation.objects.order_by("pk").values_list("position", flat=True)) == [
        consultation.position,
        consultation.position + 1,
    ]


def test_two_people_who_each_add_a_row_get_both_rows(client, consultation):
    submission = consultation.submission
    form = opened(client, submission)
    for name in ("A", "B"):
        saved(client, submission, {**form, **new_row(submission, CommitteeFactory(name=name), 1)})
    assert Consultation.objects.count() == 3


@pytest.mark.parametrize(("choice", "items"), [("mine", ["Ö 5", "Ö 8"]), ("stored", ["Ö 5"])])
def test_a_row_somebody_deleted_can_be_created_again_or_left(client, consultation, choice, items):
    submission = consultation.submission
    ConsultationFactory(submission=submission, agenda_item="Ö 5", position=999)
    form = opened(client, submission)
    saved(client, submission, {**form, f"{INLINE}-DELETE": "on"})
    page = conflict(client, submission, form, consultations__0__agenda_item="Ö 8")
    assert "(inzwischen gelöscht)" in page.text
    assert "Ö 8" in page.text
    response = client.post(address(submission), {**read_form(page), "vanished-consultations-0": choice, "_save": "1"})
    assert response.status_code == 302, response.context and response.context.get("errors")
    assert sorted(Consultation.objects.values_list("agenda_item", flat=True)) == items


def test_a_row_both_deleted_needs_no_page(client, consultation):
    form = opened(client, consultation.submission)
    for _ in range(2):
        saved(client, consultation.submission, {**form, f"{INLINE}-DELETE": "on"})
    assert not Consultation.objects.exists()


@pytest.mark.parametrize(("choice", "left"), [("mine", []), ("stored", ["Ö 2"])])
def test_deleting_a_row_somebody_changed_is_asked_and_keeping_it_keeps_their_work(client, consultation, choice, left):
    submission = consultation.submission
    form = opened(client, submission)
    saved(client, submission, form, consultations__0__agenda_item="Ö 2")
    page = conflict(client, submission, {**form, f"{INLINE}-DELETE": "on"})
    assert "Ö 2" in row(page, f"{INLINE}-DELETE").stored
    assert row(page, f"{INLINE}-DELETE").preselected == ""
    assert choose(client, submission, page, consultations__0__DELETE=choice).status_code == 302
    assert list(Consultation.objects.values_list("agenda_item", flat=True)) == left


@pytest.mark.parametrize("extra", [{}, {f"{INLINE}-DELETE": "on"}, {f"{INLINE}-agenda_item": "Ö 9"}])
def test_a_row_without_a_genuine_version_is_neither_saved_nor_deleted(client, consultation, extra):
    form = {**opened(client, consultation.submission), **extra, f"{INLINE}-seen": "gefälscht"}
    response = save(client, consultation.submission, form)
    assert response.status_code == 200
    assert "Das Formular ist unvollständig angekommen" in response.text
    assert Consultation.objects.get().agenda_item == "Ö 1"


def test_rich_text_is_compared_and_shown_as_words(client):
    section = SectionFactory(body="<p>Eins <strong>zwei</strong></p>", heading="Lage")
    form = opened(client, section.submission)
    saved(client, section.submission, form, sections__0__body="<p>Eins drei</p>")
    page = conflict(client, section.submission, form, sections__0__body="<p>Eins <em>vier</em></p>")
    assert seen(row(page, "sections-0-body")) == ("Eins vier", "Eins drei", "Eins zwei")
    choose(client, section.submission, page, sections__0__body="mine")
    assert Section.objects.get().body == "<p>Eins <em>vier</em></p>"


def test_many_to_many_of_a_row(client):
    first, second = CommitteeFactory(name="Erster"), CommitteeFactory(name="Zweiter")
    resolution = DraftResolutionFactory()
    form = opened(client, resolution.submission)
    saved(client, resolution.submission, form, draft_resolutions__0__committees=[str(first.pk)])
    page = conflict(client, resolution.submission, form, draft_resolutions__0__committees=[str(second.pk)])
    assert seen(row(page, "draft_resolutions-0-committees")) == ("Zweiter", "Erster", "")
    choose(client, resolution.submission, page, draft_resolutions__0__committees="mine")
    assert [one.name for one in DraftResolution.objects.get().committees.all()] == ["Zweiter"]


@pytest.mark.parametrize(("choice", "expected"), [("mine", False), ("stored", True)])
def test_a_box_to_tick(client, choice, expected):
    attachment = AttachmentFactory(is_public=False)
    form = opened(client, attachment.submission)
    saved(client, attachment.submission, form, attachments__0__is_public="on", attachments__0__title="Neu")
    form["attachments-0-title"] = ["Meiner"]
    page = conflict(client, attachment.submission, form)
    assert seen(row(page, "attachments-0-is_public")) == ("nein", "ja", "nein")
    choose(client, attachment.submission, page, attachments__0__title="mine", attachments__0__is_public=choice)
    assert (Attachment.objects.get().is_public, Attachment.objects.get().title) == (expected, "Meiner")


def test_a_chosen_file_is_named_as_what_has_to_be_chosen_again(client):
    attachment = AttachmentFactory(title="Alt")
    form = opened(client, attachment.submission)
    saved(client, attachment.submission, form, attachments__0__title="Neu")
    upload = SimpleUploadedFile("a.pdf", b"%PDF-1.7\n")
    page = conflict(client, attachment.submission, form, attachments__0__file=upload)
    assert seen(row(page, "attachments-0-file")) == ("Datei", "", "")
    assert "Wählen Sie sie nach dem Speichern noch einmal aus" in page.text


def test_keeping_a_stored_file_undoes_the_wish_to_remove_it(client):
    attachment = AttachmentFactory(file=ContentFile(b"%PDF-1.7\n", name="a.pdf"))
    form = opened(client, attachment.submission)
    saved(client, attachment.submission, form, attachments__0__title="Neu")
    page = conflict(client, attachment.submission, {**form, "attachments-0-file-clear": "on"})
    assert row(page, "attachments-0-file").mine == ""
    choose(client, attachment.submission, page, attachments__0__file="stored")
    assert Attachment.objects.get().file


# --- Deleting and steps ------------------------------------------------------------------------------------------
def confirmation(client, obj):
    response = client.get(address(obj, "delete"), follow=True)
    return response.redirect_chain[-1][0] if response.redirect_chain else response.request["PATH_INFO"]


def test_deleting_works_on_the_version_that_was_shown(client):
    organisation = OrganisationFactory()
    assert client.post(confirmation(client, organisation), {"post": "yes"}).status_code == 302
    assert not Organisation.objects.exists()


@pytest.mark.parametrize(
    "change", [lambda obj: obj.save(), lambda obj: OrganisationAliasFactory(organisation=obj)], ids=["object", "part"]
)
def test_a_stale_confirmation_deletes_nothing(client, change):
    organisation = OrganisationFactory()
    page = confirmation(client, organisation)
    change(organisation)
    response = client.post(page, {"post": "yes"}, follow=True)
    assert "wurde inzwischen geändert" in response.text
    assert Organisation.objects.exists()


def test_deleting_without_a_confirmation_page_deletes_nothing(client):
    organisation = OrganisationFactory()
    client.post(address(organisation, "delete"), {"post": "yes"})
    client.post(f"{address(organisation, 'delete')}?seen=x", {"post": "yes"})
    assert Organisation.objects.exists()


def test_a_step_on_a_stale_version_is_shown_again(client):
    organisation = OrganisationFactory(name="Alter Name")
    step = reverse("admin:stakeholders_organisation_step", args=[organisation.pk, "stilllegen"])
    form = read_form(client.get(step))
    organisation.name = "Neuer Name"
    organisation.save()
    response = client.post(step, {**form, "reason": "aufgelöst"})
    assert "wurde inzwischen geändert" in response.text
    assert not Organisation.objects.get().is_retired
    assert client.post(step, {**read_form(response), "reason": "aufgelöst"}).status_code == 302
    assert Organisation.objects.get().retired_reason == "aufgelöst"


# --- Fifty at once -----------------------------------------------------------------------------------------------
FIFTY = 50


@pytest.fixture
def crowd(transactional_db):
    """Fifty requests at once, each with the form as it was opened at the beginning; answers in the order of the people.

    Only text and status of an answer count here: the test client mixes up the contexts of threads.
    """
    sync_roles()
    client = Client(raise_request_exception=False)
    client.force_login(UserFactory(roles=[Role.KOORDINATION]))

    def run(obj, typed):
        form = opened(client, obj)

        def send(number):
            one = Client(raise_request_exception=False)
            one.cookies = client.cookies.copy()
            try:
                return one.post(address(obj), {**form, **typed(number)})
            finally:
                connection.close()

        with ThreadPoolExecutor(FIFTY if connection.vendor == "sqlite" else 8) as pool:
            return list(pool.map(send, range(FIFTY)))

    return run


def outcome(responses):
    codes = [response.status_code for response in responses]
    return codes.count(302), codes.count(409)


@pytest.mark.django_db(transaction=True)
def test_of_fifty_on_one_object_one_is_stored_and_each_other_sees_both_texts(crowd):
    submission = SubmissionFactory(subject="Anfang")
    responses = crowd(submission, lambda number: {"subject": f"Text {number}"})
    assert outcome(responses) == (1, FIFTY - 1)
    winner = next(n for n, response in enumerate(responses) if response.status_code == 302)
    assert Submission.objects.get().subject == f"Text {winner}"
    for number, page in enumerate(responses):
        if number != winner:
            form = read_form(page)
            assert (form["subject"], form["stored-subject"]) == ([f"Text {number}"], [f"Text {winner}"])
            assert '<td class="found" data-title="Wie vorgefunden">Anfang</td>' in page.text
    assert submission.history.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_fifty_on_one_row_one_is_stored_and_each_other_sees_both_texts(crowd):
    consultation = ConsultationFactory(agenda_item="Ö 0")
    responses = crowd(consultation.submission, lambda number: {f"{INLINE}-agenda_item": f"Ö {number + 1}"})
    assert outcome(responses) == (1, FIFTY - 1)
    winner = next(n for n, response in enumerate(responses) if response.status_code == 302)
    assert Consultation.objects.get().agenda_item == f"Ö {winner + 1}"
    for number, page in enumerate(responses):
        if number != winner:
            form = read_form(page)
            assert (form[f"{INLINE}-agenda_item"], form[f"stored-{INLINE}-agenda_item"]) == (
                [f"Ö {number + 1}"],
                [f"Ö {winner + 1}"],
            )


@pytest.mark.django_db(transaction=True)
def test_fifty_new_rows_at_once_are_all_stored(crowd):
    submission, committee = SubmissionFactory(), CommitteeFactory()
    new = new_row(submission, committee, 0)
    responses = crowd(submission, lambda number: {**new, f"{INLINE}-agenda_item": f"Ö {number}"})
    assert outcome(responses) == (FIFTY, 0)
    assert {int(re.sub(r"\D", "", item)) for item in Consultation.objects.values_list("agenda_item", flat=True)} == set(
        range(FIFTY)
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("where", ["object", "row"])
def test_without_the_check_confirmed_work_is_lost(crowd, monkeypatch, where):
    """Negative control: everybody is told that it was saved, and one text is left."""
    monkeypatch.setattr(Versioned, "_take", lambda self, using: None)
    monkeypatch.setattr(VersionedForm, "_compare_versions", lambda self: None)
    consultation = ConsultationFactory()
    name = "subject" if where == "object" else f"{INLINE}-agenda_item"
    responses = crowd(consultation.submission, lambda number: {name: f"Text {number}"})
    confirmed, _ = outcome(responses)
    assert confirmed > 1


@pytest.mark.django_db(transaction=True)
def test_fifty_with_the_same_new_number_end_in_one_row_and_messages(transactional_db):
    sync_roles()
    client = Client(raise_request_exception=False)
    client.force_login(UserFactory(roles=[Role.KOORDINATION]))
    user = UserFactory()
    people = [Person.objects.create(family_name=f"Name {n}", source="erfunden") for n in range(8)]
    forms = [opened(client, person) for person in people]

    def send(number):
        one = Client(raise_request_exception=False)
        one.cookies = client.cookies.copy()
        try:
            return one.post(address(people[number]), {**forms[number], "user": str(user.pk)})
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        codes = sorted(response.status_code for response in pool.map(send, range(len(people))))
    assert codes == [200] * 7 + [302]
    assert Person.objects.filter(user=user).count() == 1


# --- An old form that changes nothing of the object, but of its rows -------------------------------------------------
def test_rows_of_an_old_form_are_checked_against_the_object_as_it_is_now(client):
    visit = VisitFactory(official=Period.parse("15.-23.03.2026"), programme=None)
    point = ProgrammePointFactory(visit=visit, day=None, time=None)
    form = read_form(client.get(address(visit)))
    moved = type(visit).objects.get(pk=visit.pk)
    moved.official = Period.parse("1.-5.05.2026")
    moved.save()
    client.post(address(visit), {**form, "programme_points-0-day": "16.03.2026"})
    point.refresh_from_db()
    visit.refresh_from_db()
    assert (point.day, visit.official) == (None, moved.official)
