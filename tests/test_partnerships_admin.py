"""Partnerships in the back office: lists, filters, search, steps, the counts of the start page, rules and races in forms."""

import datetime
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from kepol.accounts.choices import Role
from kepol.accounts.roles import sync_roles
from kepol.lib.periods.value import Period
from kepol.lib.versions import seen_token
from partnerships.choices import AgreementState, PartnershipKind, PartnershipStatus
from partnerships.follow_ups import PartnershipFollowUp
from partnerships.models import Agreement, ProgrammePoint, Project, Stage, Visit
from tests.factories import (
    ConsultationFactory,
    CountryFactory,
    OrganisationAliasFactory,
    OrganisationFactory,
    OrganisationNameFactory,
    PersonFactory,
    UserFactory,
)
from tests.factories.partnerships import (
    AgreementFactory,
    BeginningFactory,
    InKindTransferFactory,
    InvolvementFactory,
    MunicipalityFactory,
    PartnershipFactory,
    ProgrammePointFactory,
    ProjectFactory,
    StageFactory,
    VisitFactory,
    VisitParticipantFactory,
)
from tests.forms import read_form
from tests.rules.words import day

DAY = datetime.timedelta(days=1)


def signed_in(role=Role.KOORDINATION, **account):
    sync_roles()
    client = Client()
    client.force_login(UserFactory(roles=[role] if role else [], **account))
    return client


@pytest.fixture
def client(db):
    return signed_in()


def url(obj, page="change", *args):
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_{page}", args=[obj.pk, *args])


def listed(client, model, **query):
    """What the list shows, in its order."""
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return list(client.get(address, query).context["cl"].result_list)


def save(client, obj, **typed):
    form = read_form(client.get(url(obj)))
    return client.post(url(obj), {**form, **{name.replace("__", "-"): value for name, value in typed.items()}})


def step(client, obj, name, **typed):
    """Take a step as the button does: open its page, fill in, send."""
    address = url(obj, "step", name)
    return client.post(address, {**read_form(client.get(address)), **typed})


# --- Lists and their filters ---------------------------------------------------------------------------------------
def test_the_list_shows_kind_status_and_every_beginning(client):
    partnership = PartnershipFactory(name="Kapstadt")
    StageFactory(partnership=partnership, kind=PartnershipKind.PROJECT, valid_to=day(2016, 4, 5))
    StageFactory(partnership=partnership, valid_from=day(2016, 4, 6))
    for when in (Period(day(1999), day(1999, 12, 31), named=True), Period(day(2000, 6, 28), day(2000, 6, 28))):
        BeginningFactory(partnership=partnership, when=when)
    page = client.get(reverse("admin:partnerships_partnership_changelist"))
    for cell in ("Kapstadt", "Südafrika", "Städtepartnerschaft", "aktiv", "1999, 28.06.2000", "niemand"):
        assert cell in page.text
    assert '<td class="field-kind_today">Projektpartnerschaft</td>' not in page.text


def test_partnerships_are_filtered_by_what_holds_today(client):
    rows = {}
    for kind, status in ((PartnershipKind.TWINNING, PartnershipStatus.PAUSED), (PartnershipKind.SOLIDARITY, "active")):
        today = StageFactory(kind=kind, status=status, valid_from=timezone.localdate())
        StageFactory(partnership=today.partnership, kind="climate", status="ended", valid_to=timezone.localdate() - DAY)
        rows[kind] = today.partnership
    nothing = PartnershipFactory()
    model = type(nothing)
    assert listed(client, model, art="twinning") == listed(client, model, stand="paused") == [rows["twinning"]]
    assert listed(client, model, art="solidarity") == listed(client, model, stand="active") == [rows["solidarity"]]
    assert listed(client, model, art="climate") == listed(client, model, stand="ended") == []
    assert listed(client, model, stand="ohne") == [nothing]
    assert len(listed(client, model, stand="unsinn")) == 3


def test_the_page_says_what_holds_today(client):
    partnership = StageFactory().partnership
    assert "Städtepartnerschaft, aktiv" in client.get(url(partnership)).text
    assert "nicht bekannt" in client.get(url(PartnershipFactory())).text
    assert "nicht bekannt" in client.get(reverse("admin:partnerships_partnership_add")).text


def test_what_belongs_to_a_partnership_is_added_from_its_page(client):
    partnership = PartnershipFactory()
    links = dict(client.get(url(partnership)).context["object_links"])
    assert list(links) == ["Neue Vereinbarung", "Neuer Besuch", "Neues Projekt", "Neue Sachspende"]
    for address in links.values():
        assert read_form(client.get(address))["partnership"] == [str(partnership.pk)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("Tschernihiw", True),
        ("tschernihiw ukraine", True),
        ("Chernihiv", True),
        ("Cernihiv", True),
        ("okumene", True),
        ("Ökumene", True),
        ("Blau-Gelbes Kreuz", True),
        ("Alter Verein", True),
        ("Kapstadt", False),
        ("Ukraine Kapstadt", False),
    ],
)
def test_a_partnership_is_found_by_every_name_of_its_city_and_its_organisations(client, words, found):
    city = MunicipalityFactory(name="Chernihiv")
    for name in ("Tschernihiw", "Černihiv"):
        OrganisationAliasFactory(organisation=city, name=name)
    partnership = PartnershipFactory(
        name="Partnerschaft Ost", partner=city, country=CountryFactory(code="UA", name="Ukraine")
    )
    association = OrganisationFactory(name="Ökumene e.V.")
    OrganisationAliasFactory(organisation=association, name="Blau–Gelbes Kreuz")
    OrganisationNameFactory(organisation=association, name="Alter Verein")
    InvolvementFactory(partnership=partnership, organisation=association)
    PartnershipFactory(name="Nantes")
    assert listed(client, type(partnership), q=words) == ([partnership] if found else [])


@pytest.mark.parametrize(
    "make",
    [AgreementFactory, VisitFactory, ProjectFactory, InKindTransferFactory, StageFactory, InvolvementFactory],
    ids=lambda factory: factory._meta.model.__name__,
)
def test_everything_of_a_partnership_is_found_by_another_name_of_the_city(client, make):
    city = MunicipalityFactory(name="Chernihiv")
    OrganisationAliasFactory(organisation=city, name="Tschernihiw")
    row = make(partnership=PartnershipFactory(partner=city))
    make()
    assert listed(client, type(row), q="tschernihiw") == [row]


def test_agreements_are_filtered_by_their_state_and_say_it(client):
    today = timezone.localdate()
    rows = {
        AgreementState.EXPIRED: AgreementFactory(valid_to=today - DAY),
        AgreementState.EXPIRING: AgreementFactory(valid_to=today),
        AgreementState.UNSIGNED: AgreementFactory(signed=None),
        AgreementState.IN_FORCE: AgreementFactory(),
        AgreementState.UPCOMING: AgreementFactory(valid_from=today + DAY),
    }
    rows[AgreementState.REPLACED] = AgreementFactory(
        partnership=rows[AgreementState.IN_FORCE].partnership, successor=rows[AgreementState.IN_FORCE]
    )
    for state, row in rows.items():
        assert listed(client, Agreement, stand=state.value) == [row]
        assert f'<div class="readonly">{state.label}</div>' in client.get(url(row)).text
    assert "unbefristet" in client.get(reverse("admin:partnerships_agreement_changelist")).text


def test_the_list_of_transfers_says_what_they_are_worth_together(client):
    partnership = PartnershipFactory()
    for cents in (180_000_00, None, 1_234_50):
        InKindTransferFactory(partnership=partnership, value_cents=cents)
    InKindTransferFactory(value_cents=5_00, handed_over_on=day(2026, 3, 19))
    address = reverse("admin:partnerships_inkindtransfer_changelist")
    assert "4 Einträge im bekannten Wert von 181.239,50 €" in client.get(address).text
    mine = client.get(address, {"partnership__id__exact": partnership.pk}).text
    assert "3 Einträge im bekannten Wert von 181.234,50 €" in mine
    assert "1 Eintrag im bekannten Wert von 5,00 €" in client.get(address, {"uebergabe": "erfolgt"}).text
    assert "nicht bekannt" in mine


def test_lists_start_with_the_latest_and_end_with_what_has_no_date(client):
    days = {name: day(*when) for name, when in {"alt": (2020, 1), "neu": (2025, 1)}.items()}
    for name, start in days.items():
        VisitFactory(title=name, official=Period(start, start))
    VisitFactory(title="ohne", official=None)
    assert [visit.title for visit in listed(client, Visit)] == ["neu", "alt", "ohne"]


# --- Visits --------------------------------------------------------------------------------------------------------
def ahead(days=30):
    start = timezone.localdate() + days * DAY
    return Period(start, start)


def test_a_trip_without_consent_warns_on_its_page_and_in_the_list(client):
    visit = VisitFactory(official=ahead())
    assert "die Zustimmung des Hauptausschusses ist nicht eingetragen" in client.get(url(visit)).text
    assert listed(client, Visit, zustimmung="fehlt") == [visit]


CONSENTS = {
    # result, what the page warns of, in which lists the trip stands, what the column adds
    "": ("deren Ergebnis noch nicht eingetragen ist", {"fehlt", "beantragt"}, "noch kein Ergebnis"),
    "rejected": ("nicht zugestimmt (Ergebnis: abgelehnt;", {"fehlt"}, "abgelehnt"),
    "noted": ("nicht zugestimmt (Ergebnis: zur Kenntnis genommen;", {"fehlt"}, "zur Kenntnis genommen"),
    "adopted": ("", {"erteilt"}, "beschlossen"),
}


@pytest.mark.parametrize("outcome", CONSENTS)
def test_only_a_resolution_is_a_consent(client, outcome):
    warning, lists, word = CONSENTS[outcome]
    consultation = ConsultationFactory(
        committee__name="Hauptausschuss",
        meeting_date=day(2025, 3, 5),
        submission__subject="Reise",
        outcome=outcome,
        status="done" if outcome else "planned",
    )
    visit = VisitFactory(official=ahead(), approval=consultation)
    text = client.get(url(visit)).text
    assert warning in text
    assert ("führt aus Europa hinaus" in text) is bool(warning)
    assert {name for name in ("fehlt", "beantragt", "erteilt") if listed(client, Visit, zustimmung=name)} == lists
    shown = f"Hauptausschuss 05.03.2025 – Reise ({word})"
    assert shown in client.get(reverse("admin:partnerships_visit_changelist")).text


def test_the_list_says_whether_a_consent_is_needed_missing_or_too_late(client):
    VisitFactory(official=ahead())
    VisitFactory(official=Period(day(2020), day(2020)))
    VisitFactory(direction="inbound")
    text = client.get(reverse("admin:partnerships_visit_changelist")).text
    for word in ("fehlt", "nicht eingetragen", "nicht nötig"):
        assert f'<td class="field-approval_shown">{word}</td>' in text


def test_the_page_of_a_visit_sums_its_participants_by_group(client):
    visit = VisitFactory()
    assert "noch niemand eingetragen" in client.get(url(visit)).text
    VisitParticipantFactory(visit=visit, group="politics", number=5)
    VisitParticipantFactory(visit=visit, group="administration", number=6)
    assert "11 (Verwaltung 6, Politik 5)" in client.get(url(visit)).text
    assert (
        '<td class="field-participants_shown">11</td>'
        in client.get(reverse("admin:partnerships_visit_changelist")).text
    )


def test_a_point_outside_the_visit_is_refused_in_the_form_of_the_visit(client):
    visit = VisitFactory()
    ProgrammePointFactory(visit=visit, title="Stadtgarten", day=day(2025, 3, 22))
    response = save(client, visit, official="15.03.2025 bis 20.03.2025")
    assert response.status_code == 200
    assert "„Stadtgarten“ am 22.03.2025 liegt außerhalb der Reisezeit (15.–20.03.2025)" in response.text
    moved = save(client, visit, official="15.03.2025 bis 20.03.2025", programme_points__0__day="20.03.2025")
    assert moved.status_code == 302
    assert ProgrammePoint.objects.get().day == day(2025, 3, 20)


def test_a_new_visit_takes_its_programme_with_it(client):
    add = reverse("admin:partnerships_visit_add")
    form = read_form(client.get(add)) | {
        "partnership": str(PartnershipFactory().pk),
        "direction": "outbound",
        "title": "Reise",
        "official": "15.03.2025 bis 23.03.2025",
        "programme_points-TOTAL_FORMS": "1",
        "programme_points-0-title": "Empfang",
        "programme_points-0-day": "24.03.2025",
    }
    assert "„Empfang“ am 24.03.2025 liegt außerhalb" in client.post(add, form).text
    assert not Visit.objects.exists()
    assert client.post(add, form | {"programme_points-0-day": "23.03.2025"}).status_code == 302
    assert Visit.objects.get().programme_points.get().title == "Empfang"


def test_a_visit_is_not_moved_away_from_a_point_that_somebody_added_meanwhile(client):
    visit = VisitFactory()
    form = read_form(client.get(url(visit)))
    ProgrammePointFactory(visit=visit, title="Stadtgarten", day=day(2025, 3, 22))
    response = client.post(url(visit), form | {"official": "15.03.2025 bis 20.03.2025"})
    assert response.status_code == 200
    assert "„Stadtgarten“ am 22.03.2025 liegt außerhalb" in response.text


def test_rows_of_a_form_say_what_is_wrong_with_them(client):
    visit = VisitFactory()
    VisitParticipantFactory(visit=visit, person=PersonFactory())
    response = save(client, visit, participants__0__number="2")
    assert "Eine Zeile mit Person zählt genau eine." in response.text
    partnership = BeginningFactory().partnership
    assert "Zu jedem Beginn gehört seine Quelle." in save(client, partnership, beginnings__0__source="").text
    assert "Dieses Feld ist zwingend erforderlich" in save(client, partnership, beginnings__0__when="").text
    assert "liegt vor dem Beginn" in save(client, partnership, beginnings__0__when="07.05.2025 bis 01.05.2025").text


def test_amounts_and_periods_are_typed_as_people_write_them(client):
    transfer = InKindTransferFactory()
    assert save(client, transfer, value_cents="180.000", sent="Dezember 2023").status_code == 302
    stored = type(transfer).objects.get()
    assert (stored.value_cents, str(stored.sent)) == (180_000_00, "Dezember 2023")
    history = client.get(url(transfer, "history")).text
    assert "Wert von „1.234,50 €“ zu „180.000,00 €“, versandt von leer zu „Dezember 2023“" in history


# --- Steps ---------------------------------------------------------------------------------------------------------
def test_kind_and_status_change_by_one_button(client):
    partnership = StageFactory(valid_from=day(2022, 12, 14), kind="solidarity").partnership
    form = client.get(url(partnership, "step", "art-oder-status")).context["form"]
    assert form.initial == {"on": timezone.localdate(), "kind": "solidarity", "status": "active"}
    resolution = ConsultationFactory()
    response = step(client, partnership, "art-oder-status", kind="twinning", on="17.09.2025", resolution=resolution.pk)
    assert response.url == url(partnership)
    old, new = partnership.stages.all()
    assert (old.valid_to, new.kind, new.valid_from, new.resolution) == (
        day(2025, 9, 16),
        "twinning",
        day(2025, 9, 17),
        resolution,
    )


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"on": "01.01.2020", "status": "paused"}, "Vom 01.01.2020 an gilt „Städtepartnerschaft, aktiv“."),
        ({"on": "17.09.2025"}, "Am 17.09.2025 gilt schon „Städtepartnerschaft, aktiv“."),
        ({"on": "31.02.2026"}, "Bitte ein gültiges Datum eingeben"),
        ({"on": ""}, "Dieses Feld ist zwingend erforderlich"),
    ],
)
def test_a_refused_change_says_why(client, typed, sentence):
    partnership = StageFactory(valid_from=day(2020)).partnership
    response = step(client, partnership, "art-oder-status", **typed)
    assert (response.status_code, sentence in response.text) == (200, True)
    assert partnership.stages.count() == 1


def test_several_partnerships_pause_at_once_or_none(client):
    rows = [StageFactory(valid_from=day(2000)).partnership for _ in range(2)]
    address = reverse("admin:partnerships_partnership_changelist")
    data = {"action": "art-oder-status", "_selected_action": [row.pk for row in rows]}
    page = client.post(address, data)
    assert "Betroffen sind 2 Einträge" in page.text
    typed = {"confirmed": "1", "seen": page.context["seen"], "kind": "twinning", "status": "paused"}
    refused = client.post(address, {**data, **typed, "on": "01.01.2000"})
    assert "Vom 01.01.2000 an gilt" in refused.text
    client.post(address, {**data, **typed, "on": "30.03.2022"})
    assert Stage.objects.filter(status="paused", valid_from=day(2022, 3, 30)).count() == 2
    assert Stage.objects.filter(valid_to=day(2022, 3, 29)).count() == 2


def test_an_agreement_is_renewed_by_one_button_and_then_no_more(client):
    agreement = AgreementFactory(title="Vertrag", valid_to=day(2026, 5, 12))
    form = client.get(url(agreement, "step", "nachfolge")).context["form"]
    assert form.initial == {"kind": "mou", "title": "Vertrag", "valid_from": day(2026, 5, 13)}
    response = step(client, agreement, "nachfolge", title="Neuer Vertrag", signed="Mai 2026", valid_to="12.05.2029")
    assert response.url == url(agreement)
    successor = Agreement.objects.get(pk=agreement.pk).successor
    assert (str(successor.signed), successor.valid_from, successor.valid_to) == (
        "Mai 2026",
        day(2026, 5, 13),
        day(2029, 5, 12),
    )
    again = client.get(url(agreement, "step", "nachfolge"), follow=True)
    assert "Diese Vereinbarung ist schon durch eine andere abgelöst." in again.text


def test_what_holds_to_the_last_day_of_the_calendar_is_renewed_without_a_proposal(client):
    agreement = AgreementFactory(valid_to=datetime.date.max)
    assert client.get(url(agreement, "step", "nachfolge")).context["form"].initial["valid_from"] is None


def test_nothing_changes_on_the_first_day_of_the_calendar(client):
    partnership = StageFactory().partnership
    response = step(client, partnership, "art-oder-status", status="paused", on="01.01.0001")
    assert "Vor diesem Tag kann nichts enden." in response.text
    assert Stage.objects.count() == 1


HEADED = {ProgrammePointFactory: "Programmpunkte", VisitParticipantFactory: "Teilnahmen"}


@pytest.mark.parametrize("make", HEADED)
def test_a_list_is_headed_by_what_stands_in_it_and_the_visit_keeps_its_words(client, make):
    row = make()
    address = reverse(f"admin:partnerships_{make._meta.model._meta.model_name}_changelist")
    assert f"<title>{HEADED[make]} | KEpol</title>" in client.get(address).text
    participants, programme = client.get(url(row.visit)).context["inline_admin_formsets"]
    assert participants.opts.verbose_name_plural.startswith("Teilnehmende nach Gruppen")
    assert programme.opts.verbose_name_plural == "Programm"


def test_a_renewal_of_what_somebody_changed_meanwhile_is_asked_again(client):
    agreement = AgreementFactory()
    seen = seen_token(agreement)
    agreement.save()
    response = step(client, agreement, "nachfolge", seen=seen)
    assert "wurde inzwischen geändert" in response.text
    assert Agreement.objects.count() == 1


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.KOORDINATION])
@pytest.mark.django_db
def test_nobody_else_takes_a_step(role):
    client, partnership, agreement = signed_in(role), PartnershipFactory(), AgreementFactory()
    client.post(
        url(partnership, "step", "art-oder-status"),
        {"kind": "twinning", "status": "active", "on": "01.01.2026", "seen": seen_token(partnership)},
    )
    client.post(
        url(agreement, "step", "nachfolge"), {"kind": "mou", "title": "heimlich", "seen": seen_token(agreement)}
    )
    assert (Stage.objects.count(), Agreement.objects.count()) == (0, 1)


def test_projects_are_closed_several_at_a_time(client):
    rows = [ProjectFactory() for _ in range(3)]
    address = reverse("admin:partnerships_project_changelist")
    data = {"action": "status-setzen", "_selected_action": [row.pk for row in rows[:2]]}
    page = client.post(address, data)
    client.post(address, {**data, "confirmed": "1", "seen": page.context["seen"], "status": "completed"})
    assert listed(client, Project, status__exact="completed") == rows[:2]


# --- Start page ----------------------------------------------------------------------------------------------------
def a_year_of_work():
    today = timezone.localdate()
    for number in range(3):
        AgreementFactory(valid_to=today + (100 - number) * DAY, title=f"Läuft aus {number}")
    for _ in range(2):
        AgreementFactory(valid_to=today - DAY)
    AgreementFactory()
    for days in (0, 60, 61):
        VisitFactory(official=ahead(days))
    VisitFactory(official=None, programme=ahead(10), direction="inbound")
    VisitFactory(official=Period(day(2020), day(2020)))


COUNTS = {
    "Vereinbarungen laufen aus": (3, True),
    "Vereinbarungen abgelaufen ohne Nachfolge": (2, True),
    "Reisen ohne Zustimmung": (3, False),
    "Besuche in den nächsten 60 Tagen": (3, False),
}


def counts(user, on=None):
    return list(PartnershipFollowUp().counts(user, on=on or timezone.localdate()))


def test_counts_lead_to_exactly_their_rows(client):
    a_year_of_work()
    found = counts(UserFactory(is_superuser=True))
    assert {count.label: (count.count, count.is_urgent) for count in found} == COUNTS
    for count in found:
        assert client.get(count.url).context["cl"].result_count == count.count, count.label


@pytest.mark.django_db
def test_the_note_names_the_agreement_that_ends_first():
    for title, last in {"Später": day(2026, 12, 31), "Zuerst": day(2026, 5, 12)}.items():
        AgreementFactory(title=title, valid_to=last)
    first = counts(UserFactory(is_superuser=True), on=day(2026, 5, 6))[0]
    assert first.note == "Als Nächstes „Zuerst“ am 12.05.2026."


@pytest.mark.django_db
def test_nothing_to_do_is_not_urgent():
    assert [(count.count, count.is_urgent, count.note) for count in counts(UserFactory(is_superuser=True))] == [
        (0, False, "")
    ] * 4


@pytest.mark.django_db
@pytest.mark.parametrize("role", [*Role, None], ids=str)
def test_counts_are_for_whoever_works_on_them(role):
    sync_roles()
    a_year_of_work()
    user = UserFactory(roles=[role] if role else [])
    assert len(counts(user)) == (4 if role is Role.KOORDINATION else 0)


@pytest.mark.django_db
def test_all_counts_need_one_query():
    a_year_of_work()
    user = UserFactory(is_superuser=True)
    with CaptureQueriesContext(connection) as captured:
        counts(user)
    assert len(captured) == 1


# --- Queries -------------------------------------------------------------------------------------------------------
def full_partnership(rows):
    partnership = PartnershipFactory(unit=OrganisationFactory())
    for number in range(rows):
        first = day(1990 + number)
        StageFactory(partnership=partnership, valid_from=first, valid_to=first + DAY, resolution=ConsultationFactory())
        BeginningFactory(partnership=partnership)
        InvolvementFactory(partnership=partnership)
        AgreementFactory(partnership=partnership)
    return partnership


def full_visit(rows):
    visit = VisitFactory(approval=ConsultationFactory())
    for _ in range(rows):
        visit.hosts.add(OrganisationFactory())
        VisitParticipantFactory(visit=visit, organisation=OrganisationFactory(), person=PersonFactory())
        ProgrammePointFactory(visit=visit, organisation=OrganisationFactory())
    return visit


def full_agreement(rows):
    agreement = AgreementFactory(resolution=ConsultationFactory())
    for _ in range(rows):
        AgreementFactory(
            partnership=agreement.partnership, successor=agreement, resolution=ConsultationFactory(), valid_to=day(2020)
        )
    return agreement


def full_project(rows):
    project = ProjectFactory(lead=OrganisationFactory())
    project.partners.add(*(OrganisationFactory() for _ in range(rows)))
    return project


FULL = [full_partnership, full_visit, full_agreement, full_project]


@pytest.mark.django_db
@pytest.mark.parametrize("is_superuser", [False, True])
@pytest.mark.parametrize("make", FULL)
def test_forms_and_lists_need_the_same_queries_however_much_they_show(make, is_superuser):
    client = signed_in(None if is_superuser else Role.KOORDINATION, is_superuser=is_superuser)

    def queries(address):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return [query["sql"] for query in captured]

    few = make(1)
    changelist = reverse(f"admin:{few._meta.app_label}_{few._meta.model_name}_changelist")
    for address in (changelist, url(few)):
        client.get(address)
    before = queries(changelist), queries(url(few))
    many = make(10)
    after = queries(changelist), queries(url(many))
    assert [len(one) for one in after] == [len(one) for one in before], "\n".join([*after[0], *after[1]])
    assert (len(after[0]) <= 12, len(after[1]) <= 25) == (True, True), "\n".join([*after[0], *after[1]])


# --- Races: two people save at once, exactly one wins --------------------------------------------------------------
def circle_race():
    one = AgreementFactory()
    other = AgreementFactory(partnership=one.partnership)
    return [(url(one), {"successor": str(other.pk)}), (url(other), {"successor": str(one.pk)})]


def stage_race():
    """One in the form of the partnership, one in the list of all stages."""
    partnership = PartnershipFactory()
    row = {"stages-TOTAL_FORMS": "1", "stages-0-kind": "twinning", "stages-0-status": "active"}
    add = reverse("admin:partnerships_stage_add")
    return [
        (url(partnership), row),
        (add, {"partnership": str(partnership.pk), "kind": "climate", "status": "active"}),
    ]


def change_race():
    """Both by the button."""
    partnership = StageFactory(valid_from=day(2000)).partnership
    address = url(partnership, "step", "art-oder-status")
    return [(address, {"on": "01.01.2020", "status": status}) for status in ("paused", "ended")]


def button_race():
    """One by the button, one in the list of all stages."""
    partnership = PartnershipFactory()
    return [
        (url(partnership, "step", "art-oder-status"), {"on": "01.01.2020"}),
        (
            reverse("admin:partnerships_stage_add"),
            {"partnership": str(partnership.pk), "kind": "climate", "status": "active", "valid_from": "01.01.2021"},
        ),
    ]


def programme_race():
    """One moves the visit, one moves a point on the page of the point."""
    point = ProgrammePointFactory(day=day(2025, 3, 15))
    return [
        (url(point.visit), {"official": "15.03.2025 bis 16.03.2025"}),
        (url(point), {"day": "23.03.2025"}),
    ]


RACES = [circle_race, stage_race, change_race, button_race, programme_race]


def at_once(posts):
    """Statuses of the answers when the filled forms are sent together."""
    client = signed_in()
    filled = [(address, {**read_form(client.get(address)), **typed}) for address, typed in posts]

    def send(post):
        one = Client(raise_request_exception=False)
        one.cookies = client.cookies.copy()
        try:
            return one.post(*post).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(send, filled))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("race", RACES)
def test_of_two_who_break_a_rule_together_exactly_one_wins(race):
    assert at_once(race()) == [200, 302]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_renew_an_agreement_together_exactly_one_makes_a_successor():
    """Who comes second gets the question again, or, a moment later, is led back with the reason."""
    address = url(AgreementFactory(), "step", "nachfolge")
    assert at_once([(address, {"title": title}) for title in ("Eins", "Zwei")]) in ([200, 302], [302, 302])
    assert Agreement.objects.count() == 2
