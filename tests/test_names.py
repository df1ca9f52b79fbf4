"""Search and order of people's words: the same on both databases, whatever the spelling."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from kepol.accounts.choices import Role
from kepol.accounts.roles import sync_roles
from kepol.council.choices import SubmissionKind
from kepol.council.models import Committee
from kepol.lib.names import search_key, sort_key, terms
from stakeholders.choices import OrganisationKind
from stakeholders.models import Organisation
from tests.factories import (
    CommitteeFactory,
    CommitteeNameFactory,
    OrganisationAliasFactory,
    OrganisationFactory,
    OrganisationNameFactory,
    PersonFactory,
    SubmissionFactory,
    UnitFactory,
    UserFactory,
)

KEYS = [
    ("Ökumene", "okumene"),
    ("o\u0308kumene", "okumene"),
    ("Straße", "strasse"),
    ("STRASSE", "strasse"),
    ("GROẞ", "gross"),
    ("Ekiñci", "ekinci"),
    ("İstanbul", "istanbul"),
    ("Łódź", "lodz"),
    ("Møre og Æbelø", "more og aebelo"),
    ("Bürger*innen", "burgerinnen"),
    ("Bürger:innen", "burgerinnen"),
    ("Bürger_innen", "burgerinnen"),
    ("Bürgerinnen", "burgerinnen"),
    ("Verein Aachen– Kapstadt e.V.", "verein aachen kapstadt e v"),
    ("Förderverein Aachen-Kapstadt e.V.", "forderverein aachen kapstadt e v"),
    ("FB36", "fb 36"),
    ("FB 36", "fb 36"),
    ("FB\u00a036", "fb 36"),
    ("FB 01/300", "fb 01 300"),
    ("FB01/0674/WP18", "fb 01 0674 wp 18"),
    ("ﬁnanzen", "finanzen"),
    ("Чернігів", "чернігів"),
    ("Tschernihiw (Чернігів)", "tschernihiw чернігів"),
    ("Haus 🌍 Welt", "haus welt"),
    ("🌍", ""),
    ("  ", ""),
    ("50 %", "50"),
]


@pytest.mark.parametrize(("text", "key"), KEYS)
def test_search_key_folds(text, key):
    assert search_key(text) == key


@pytest.mark.parametrize("text", [text for text, _ in KEYS])
def test_a_key_of_a_key_is_the_key(text):
    assert search_key(search_key(text)) == search_key(text)


def test_a_query_is_split_into_terms():
    assert terms("  FB36 Ökumene ") == ["fb", "36", "okumene"]


def test_sort_keys_are_plain_ascii():
    for text, _ in KEYS:
        assert sort_key(text).isascii()
        assert sort_key(text).isalnum() or not sort_key(text)


def test_sort_key_orders_like_a_directory():
    names = [
        "Aachen",
        "Ägypten",
        "Arlington",
        "FB 9",
        "FB 36",
        "FB 36/100",
        "FB 100",
        "Ostende",
        "Österreich",
        "Zürich",
        "Киев",
    ]
    shuffled = names[1::2] + names[::2]
    assert sorted(shuffled, key=sort_key) == names


# --- On the databases --------------------------------------------------------------------------------------------
@pytest.fixture
def client(db):
    sync_roles()
    client = Client()
    client.force_login(UserFactory(roles=[Role.KOORDINATION]))
    return client


def found(client, model, query):
    page = client.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"), {"q": query})
    return [str(row) for row in page.context["cl"].result_list]


def offered(client, model, field, query):
    data = {
        "app_label": model._meta.app_label,
        "model_name": model._meta.model_name,
        "field_name": field,
        "term": query,
    }
    return [row["text"] for row in json.loads(client.get(reverse("admin:autocomplete"), data).content)["results"]]


@pytest.mark.django_db
def test_both_databases_order_alike():
    names = ["Aachen", "Ägypten", "Arlington", "Ostende", "Österreich", "Zürich", "Киев"]
    for name in ["Zürich", "Ostende", "Киев", "Ägypten", "Österreich", "Arlington", "Aachen"]:
        OrganisationFactory(name=name)
    assert [one.name for one in Organisation.objects.all()] == names


@pytest.mark.django_db
def test_units_are_ordered_by_the_value_of_their_number():
    for code in ("FB 36", "FB 09", "FB 36/100", "FB 01"):
        UnitFactory(code=code)
    assert [one.code for one in Organisation.objects.all()] == ["FB 01", "FB 09", "FB 36", "FB 36/100"]


SEARCHES = [
    ("ökumene", "Haus der Ökumene"),
    ("OKUMENE", "Haus der Ökumene"),
    ("Tschernihiw", "Chernihiv"),
    ("Чернігів", "Chernihiv"),
    ("Verein Aachen– Kapstadt e.V.", "Förderverein Aachen-Kapstadt e.V."),
    ("Bürgerinnen", "Rat der Bürger*innen"),
    ("Umweltamt", "FB 36 - Fachbereich Klima und Umwelt"),
    ("FB36", "FB 36 - Fachbereich Klima und Umwelt"),
    ("umwelt klima", "FB 36 - Fachbereich Klima und Umwelt"),
]


@pytest.fixture
def register(db):
    OrganisationFactory(name="Haus der Ökumene")
    OrganisationFactory(name="Rat der Bürger*innen")
    OrganisationFactory(name="Förderverein Aachen-Kapstadt e.V.")
    city = OrganisationFactory(name="Chernihiv", kind=OrganisationKind.MUNICIPALITY)
    OrganisationAliasFactory(organisation=city, name="Tschernihiw")
    OrganisationAliasFactory(organisation=city, name="Чернігів")
    unit = UnitFactory(code="FB 36", name="Fachbereich Klima und Umwelt")
    OrganisationNameFactory(organisation=unit, name="Umweltamt")


@pytest.mark.parametrize(("query", "name"), SEARCHES)
def test_list_and_autocomplete_find_every_spelling_once(client, register, query, name):
    assert found(client, Organisation, query) == [name]
    assert offered(client, Organisation, "parent", query) == [name]


@pytest.mark.parametrize("query", ["Chernihiv Kapstadt", "🌍", "%", "_", "'", "\\"])
def test_what_is_nowhere_finds_nothing(client, register, query):
    assert found(client, Organisation, query) == []


def test_an_empty_query_shows_all(client, register):
    assert len(found(client, Organisation, "  ")) == 5


@pytest.mark.parametrize("name", ["Tschernihiw", "CHERNIHIV", "tschernihiw "])
def test_a_name_is_recognised_exactly(register, name):
    assert [one.name for one in Organisation.objects.named(name)] == ["Chernihiv"]
    assert not Organisation.objects.named("Cherni").exists()


def test_retired_ones_are_not_offered_but_found_on_request(client, register):
    unit = Organisation.objects.get(code="FB 36")
    step = reverse("admin:stakeholders_organisation_step", args=[unit.pk, "stilllegen"])
    client.post(step, {"seen": client.get(step).context["seen"], "reason": "aufgelöst"})
    assert offered(client, Organisation, "parent", "FB 36") == []
    assert found(client, Organisation, "FB 36") == []
    page = client.get(reverse("admin:stakeholders_organisation_changelist"), {"q": "FB 36", "verwendung": "alle"})
    assert [one.code for one in page.context["cl"].result_list] == ["FB 36"]


def test_the_everyday_word_finds_the_official_kind(client):
    paper = SubmissionFactory(subject="Gegenstand", kind=SubmissionKind.FOR_DECISION)
    SubmissionFactory(subject="Bericht", kind=SubmissionKind.FOR_INFORMATION)
    assert (
        found(client, type(paper), "Beschlussvorlage")
        == found(client, type(paper), "Entscheidungsvorlage")
        == [str(paper)]
    )


def test_keys_follow_a_change_even_when_only_some_fields_are_saved(client):
    paper = SubmissionFactory(subject="Gegenstand", kind=SubmissionKind.FOR_INFORMATION)
    paper.kind = SubmissionKind.HEARING
    paper.save(update_fields=["kind"])
    assert found(client, type(paper), "Anhörung") == [str(paper)]
    assert found(client, type(paper), "Kenntnisnahme") == []


def test_committees_are_found_by_short_and_other_names(client):
    committee = CommitteeFactory(name="Rat der Stadt", short_name="Rat")
    CommitteeNameFactory(committee=committee, name="Stadtverordnetenversammlung")
    CommitteeFactory(name="Hauptausschuss", short_name="HA")
    assert found(client, Committee, "stadtverordneten") == ["Rat der Stadt"]
    assert [one.name for one in Committee.objects.named("ha")] == ["Hauptausschuss"]


def test_people_are_ordered_by_family_name_without_accents():
    assert sort_key("Ekiñci Eva") < sort_key("Ekinci Ida") < sort_key("Müller") < sort_key("Mullis")


def test_people_are_found_by_any_part_of_the_name(client):
    PersonFactory(title="Dr.", given_name="Zoë", family_name="Ekiñci")
    assert found(client, PersonFactory._meta.model, "ekinci zoe") == ["Dr. Zoë Ekiñci"]
