"""The page of the back office on which one pastes a paper."""

import re
from types import SimpleNamespace

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from kepol.accounts.choices import Role
from kepol.accounts.roles import sync_roles
from kepol.council.forms import MAX_PAGE_BYTES
from kepol.council.models import Committee, Submission
from stakeholders.models import Organisation
from tests.factories import CommitteeFactory, CouncilTermFactory, UnitFactory, UserFactory

pytestmark = pytest.mark.django_db

REFERENCE = "FB 36/0124/WP18"
PAGE = f"""Kenntnisnahme - {REFERENCE}
Grunddaten
- Betreff:
-
Bericht <über> den Teich
- Status:
- öffentlich (Vorlage für Öffentlichkeit freigegeben)
- Vorlageart:
- Kenntnisnahme
- Federführend:
- FB 36 - Fachbereich Klima und Umwelt
Beratungsfolge
Status | Datum | Gremium | Beschluss | NA |
---|---|---|---|---|
●
Geplant
|
|
Hauptausschuss
|
Kenntnisnahme
|
|
|
07.05.2025
|
Erläuterungen
Anlass
Im Teich wohnen wieder Frösche, und die Nachbarschaft möchte wissen, wie es ihnen im nächsten Winter ergehen wird.
"""
# A checkbox within its label: one line, no colon.
LABELLED = re.compile(r'<label for="(\w+)"><input type="checkbox"[^>]*> ([^<:]+)</label>')
OTHER_PAGE = PAGE.replace("den Teich", "den See")


@pytest.fixture(autouse=True)
def _roles():
    sync_roles()


@pytest.fixture
def url():
    return reverse("admin:council_submission_import")


@pytest.fixture
def register():
    CouncilTermFactory(number=18)
    unit = UnitFactory(code="FB 36", name="Fachbereich Klima und Umwelt")
    return SimpleNamespace(unit=unit, committee=CommitteeFactory(name="Hauptausschuss"))


@pytest.fixture
def desk(client):
    """Client of somebody of the Koordination."""
    client.user = UserFactory(roles=[Role.KOORDINATION])
    client.force_login(client.user)
    return client


def check(client, url, text=PAGE, **ticked):
    return client.post(url, {"text": text, "check": "Prüfen", **ticked})


def take_over(client, url, seen, text=PAGE, **ticked):
    """Confirm what the page `seen` showed."""
    return client.post(url, {"text": text, "take_over": "Übernehmen", "checked": fingerprint(seen), **ticked})


def fingerprint(response):
    return re.search(r'name="checked" value="([0-9a-f]{64})"', response.text)[1]


def cells(response):
    """First words of every row of the tables, without markup."""
    found = re.findall(r'<tr>\s*<th scope="row">(.*?)</th>\s*<td>(.*?)</td>', response.text, re.DOTALL)
    return {name: re.sub(r"<[^>]+>", " ", value) for name, value in found}


def typed(response):
    return response.context["form"]["text"].value()


def test_page_asks_for_the_text(desk, url):
    response = desk.get(url)
    assert response.status_code == 200
    assert 'name="take_over"' not in response.text
    assert '<label for="id_text">' in response.text


def test_check_shows_what_was_understood_and_stores_nothing(desk, url, register):
    response = check(desk, url)
    shown = cells(response)
    assert (response.status_code, Submission.objects.count()) == (200, 0)
    assert shown["Betreff"] == "Bericht &lt;über&gt; den Teich"
    assert shown["Beratungsfolge, 1."] == "Hauptausschuss · 07.05.2025 · Kenntnisnahme · Geplant"
    assert shown["Beteiligt"] == "– (steht nicht auf der Seite)"
    assert "wird neu angelegt" in response.text
    assert typed(response) == PAGE


def test_take_over_stores_and_leads_to_the_paper(desk, url, register):
    response = take_over(desk, url, check(desk, url))
    submission = Submission.objects.get()
    assert response.status_code == 302
    assert response.url == reverse("admin:council_submission_change", args=[submission.pk])
    assert [str(message) for message in get_messages(response.wsgi_request)] == [
        f"Die Vorlage {REFERENCE} wurde angelegt."
    ]
    assert (submission.subject, submission.history.last().history_user) == ("Bericht <über> den Teich", desk.user)
    assert desk.get(response.url).status_code == 200


def test_take_over_without_a_check_shows_the_check_first(desk, url, register):
    response = desk.post(url, {"text": PAGE, "take_over": "Übernehmen"})
    assert (response.status_code, Submission.objects.count(), typed(response)) == (200, 0, PAGE)
    assert "haben Sie so noch nicht gesehen" in response.text
    assert take_over(desk, url, response).status_code == 302


def test_text_changed_after_the_check_is_shown_before_it_is_stored(desk, url, register):
    response = take_over(desk, url, check(desk, url), text=OTHER_PAGE)
    assert (response.status_code, Submission.objects.count(), typed(response)) == (200, 0, OTHER_PAGE)


def test_paper_changed_after_the_check_is_shown_before_it_is_stored(desk, url, register):
    take_over(desk, url, check(desk, url))
    seen = check(desk, url, OTHER_PAGE)
    submission = Submission.objects.get()
    submission.subject = "Inzwischen"
    submission.save()
    response = take_over(desk, url, seen, OTHER_PAGE)
    submission.refresh_from_db()
    assert (response.status_code, submission.subject) == (200, "Inzwischen")
    assert re.search(r"Betreff</th>\s*<td>Inzwischen</td>", response.text)


def test_unknown_names_are_created_only_when_ticked(desk, url):
    seen = check(desk, url)
    assert cells(seen)["Gremium: Hauptausschuss"] == "„Hauptausschuss“ (Ausschuss)"
    assert LABELLED.findall(seen.text) == [("id_create_missing", "Unbekannte Dienststellen und Gremien anlegen")]
    refused = take_over(desk, url, seen)
    assert (refused.status_code, Submission.objects.count(), Committee.objects.count()) == (200, 0, 0)
    assert typed(refused) == PAGE
    assert take_over(desk, url, refused, create_missing="on").status_code == 302
    assert (Organisation.objects.get().code, Committee.objects.get().name) == ("FB 36", "Hauptausschuss")


def test_paper_changed_here_is_replaced_only_when_ticked(desk, url, register):
    take_over(desk, url, check(desk, url))
    submission = Submission.objects.get()
    submission.subject = "Hier verbessert"
    submission.save()
    seen = check(desk, url)
    assert re.search(r"Hier verbessert</td>\s*<td>Bericht &lt;über&gt; den Teich</td>", seen.text)
    assert LABELLED.findall(seen.text) == [("id_replace", "Gespeicherten Stand durch den gelesenen ersetzen")]
    refused = take_over(desk, url, seen)
    assert "Es wurde nichts gespeichert. Der Grund steht unten." in refused.text
    assert refused.text.count("Die Vorlage wurde hier geändert und wird deshalb nicht überschrieben.") == 1
    submission.refresh_from_db()
    assert (refused.status_code, submission.subject) == (200, "Hier verbessert")
    assert take_over(desk, url, refused, replace="on").status_code == 302
    submission.refresh_from_db()
    assert submission.subject == "Bericht <über> den Teich"
    assert "Hier verbessert" in submission.history.values_list("subject", flat=True)


def test_unchanged_paper_offers_nothing_to_take_over(desk, url, register):
    take_over(desk, url, check(desk, url))
    response = check(desk, url)
    assert 'name="take_over"' not in response.text
    assert "Es gibt nichts zu tun." in response.text


@pytest.mark.parametrize("ticked", [{}, {"create_missing": "on"}])
def test_what_no_tick_can_heal_is_not_offered(desk, url, register, ticked):
    text = PAGE.replace("- FB 36 - Fachbereich Klima und Umwelt", "- Fachbereich Wolken")
    response = check(desk, url, text, **ticked)
    assert "Ohne Kürzel kann sie nicht angelegt werden." in response.text
    assert 'name="take_over"' not in response.text


def test_what_a_tick_can_heal_is_offered(desk, url):
    assert 'name="take_over"' in check(desk, url).text


def test_error_of_an_unreadable_text_stands_directly_above_the_field(desk, url):
    assert re.search(r'<div class="form-row page-text">.*</ul>\s*<textarea', check(desk, url, "Zettel").text, re.DOTALL)


def test_unreadable_text_is_kept_and_says_what_is_missing(desk, url):
    response = check(desk, url, "Einkaufszettel")
    assert (response.status_code, typed(response)) == (200, "Einkaufszettel")
    assert "Der Text hat keine Vorlagenummer und keine Grunddaten." in response.text
    assert 'aria-invalid="true"' in response.text


def test_empty_text_is_refused(desk, url):
    assert "Fügen Sie den Text der Seite ein." in check(desk, url, "").text


def test_text_over_the_limit_is_refused_and_kept(desk, url):
    text = f"{PAGE}{'ü' * (MAX_PAGE_BYTES // 2)}"
    response = check(desk, url, text)
    assert (response.status_code, typed(response)) == (200, text)
    assert "Erlaubt ist höchstens 1 MB." in response.text


def test_line_ends_of_a_browser_are_read(desk, url, register):
    text = PAGE.replace("\n", "\r\n")
    assert take_over(desk, url, check(desk, url, text), text).status_code == 302
    assert Submission.objects.get().sections.get().heading == "Anlass"


def test_page_has_no_inline_script_or_style(desk, url, register):
    html = check(desk, url).text
    assert re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", html) == []


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("role", list(Role))
def test_only_koordination_may_read_papers_in(client, url, role, method):
    client.force_login(UserFactory(roles=[role]))
    response = getattr(client, method)(url, follow=True)
    assert response.status_code == (200 if role is Role.KOORDINATION else 403)


def test_visitor_is_sent_to_the_login(client, url):
    response = client.get(url)
    assert (response.status_code, response.url.startswith(reverse("account_login"))) == (302, True)
