"""The editor in a browser, under the Content Security Policy of the whole site: no exception, no violation."""

import pytest
from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from kepol.lib.richtext import RichTextFormField

pytestmark = [pytest.mark.browser, pytest.mark.urls(__name__), pytest.mark.django_db(transaction=True)]

PAGE = """<!DOCTYPE html><html lang="de"><head><title>Text</title><link rel="icon" href="data:,">{{ form.media }}</head>
<body><form method="post">{% csrf_token %}{{ form.as_div }}<button type="submit" id="save">Sichern</button></form></body></html>"""
START = '<p lang="fr">Bonjour</p><ol start="3"><li>drei</li></ol><table><tr><td>A<td>B<tr><td>1<td>2</table>'


class PaperForm(forms.Form):
    text = RichTextFormField(label="Text", required=False, initial=START)


@login_not_required
def paper(request: HttpRequest) -> HttpResponse:
    """Show the form; answer a post with whether the text has changed and with what would be stored."""
    form = PaperForm(request.POST or None)
    if form.is_valid():
        return HttpResponse(
            f"{form.has_changed()} {form.cleaned_data['text']}", content_type="text/plain; charset=utf-8"
        )
    return HttpResponse(engines["django"].from_string(PAGE).render({"form": form}, request))


urlpatterns = [path("paper/", paper)]


@pytest.fixture
def problems(page):
    """Everything the browser complains about: violations of the policy, errors of scripts, missing files."""
    found = []
    page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    page.on("console", lambda message: found.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


@pytest.fixture
def editor(page, live_server, problems):
    page.goto(f"{live_server.url}/paper/")
    page.wait_for_selector("[role=toolbar]")
    return page.get_by_role("textbox", name="Text")


def save(page) -> str:
    with page.expect_navigation():
        page.click("#save")
    return page.inner_text("body")


def test_untouched_text_is_no_change(page, editor, problems):
    assert editor.inner_text().split() == ["Bonjour", "drei", "A", "B", "1", "2"]
    assert save(page).startswith("False ")
    assert problems == []


def test_clerk_writes_formatted_text(page, editor, problems):
    def press(button: str) -> None:
        page.get_by_role("button", name=button, exact=True).click()

    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.type("1. Januar: *Bürger*innen* ")
    press("Fett")
    page.keyboard.type("fett")
    press("Fett")
    page.keyboard.press("Enter")
    press("Aufzählung")
    page.keyboard.type("eins")
    page.keyboard.press("Enter")
    page.keyboard.type("zwei")
    saved = save(page)
    assert saved == "True <p>1. Januar: *Bürger*innen* <strong>fett</strong></p><ul><li>eins</li><li>zwei</li></ul>"
    assert problems == []


def test_link_is_asked_for_in_german(page, editor, problems):
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.type("Seite")
    page.keyboard.press("Shift+Home")
    page.get_by_role("button", name="Link einfügen oder ändern (vorher Text markieren)").click()
    assert page.locator("dialog button").all_inner_texts() == ["Übernehmen", "Abbrechen"]
    page.fill("dialog input", "www.example.org")
    page.click("dialog [type=submit]")
    page.wait_for_selector(".ProseMirror a")
    assert save(page) == 'True <p><a href="https://www.example.org">Seite</a></p>'
    assert problems == []


def test_new_table_has_a_header_row(page, editor, problems):
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.get_by_role("button", name="Tabelle einfügen").click()
    page.locator("dialog input").nth(0).fill("2")
    page.locator("dialog input").nth(1).fill("1")
    page.click("dialog [type=submit]")
    page.locator(".ProseMirror th").click()
    page.keyboard.type("Kopf")
    page.keyboard.press("Tab")
    page.keyboard.type("Zelle")
    table = '<table><thead><tr><th scope="col">Kopf</th></tr></thead><tbody><tr><td>Zelle</td></tr></tbody></table>'
    assert save(page) == f"True {table}"
    assert problems == []


@pytest.mark.usefixtures("editor")
def test_row_added_later_gets_an_editor(page, problems):
    page.evaluate(
        """() => {
          const row = document.createElement("div")
          const source = document.querySelector("textarea[data-richtext]")
          for (const id of ["id_set-1-text", "id_set-__prefix__-text"]) {
            const textarea = document.createElement("textarea")
            textarea.id = id
            textarea.dataset.richtext = source.dataset.richtext
            row.append(textarea)
          }
          document.querySelector("form").append(row)
          row.dispatchEvent(new CustomEvent("formset:added", { bubbles: true }))
        }"""
    )
    page.wait_for_selector("[role=toolbar] >> nth=1")
    assert page.locator(".prose-editor > textarea").evaluate_all("(all) => all.map((one) => one.id)") == [
        "id_text",
        "id_set-1-text",
    ]
    assert problems == []
