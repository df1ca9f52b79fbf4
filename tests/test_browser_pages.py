"""All pages in a browser: what they load, whether everybody can use them, and a working day of the Koordination."""

from pathlib import Path

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from concept.models import Milestone
from kepol.accounts.choices import Role
from kepol.accounts.models import User
from kepol.council.models import Submission
from kepol.example import loading
from kepol.reference.models import Country
from stakeholders.models import Organisation
from tests.desks import ANONYMOUS, SUPERUSER
from tests.factories import FACTORIES, PASSWORD, OrganisationFactory, OrganisationNameFactory, UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).parent.parent
SMALL = {"width": 320, "height": 640}
PAPER = (ROOT / "kepol" / "example" / "sachstand.txt").read_text(encoding="utf-8")


@pytest.fixture
def rows(reference_data, settings):
    """The example, and an object of every model in the back office, by model."""
    settings.DEMO = True
    _, draft = loading.load(on=timezone.localdate())
    rows = {model: model._base_manager.first() or FACTORIES[model]() for model in admin.site._registry}
    return rows | {Submission: draft, Organisation: Organisation.objects.get(code="FB 36")}


def admin_page(obj, page, *more):
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_{page}", args=[obj.pk, *more])


def admin_pages(rows, *, whole=False):
    """Index, and list and forms of every model; who may not see one gets a page that says so.

    With `whole`, history, deletion and retirement of every model too: these share their templates, so that two models stand for all.
    """
    yield reverse("admin:index")
    for model, row in rows.items():
        label = f"{model._meta.app_label}_{model._meta.model_name}"
        yield from (reverse(f"admin:{label}_changelist"), reverse(f"admin:{label}_add"), admin_page(row, "change"))
        if whole or model in (Submission, Organisation):
            yield from (admin_page(row, page) for page in ("history", "delete"))
            if hasattr(row, "is_retired"):
                yield admin_page(row, "step", "stilllegen")


def portal_pages(rows):
    yield from (reverse("account_login"), reverse("account_change_password"), reverse("council:submission_list"))
    yield from (reverse("council:submission_detail", args=[rows[Submission].pk]), "/nichts/")
    yield from (reverse("account_logout"), reverse("account_set_password"), reverse("account_request_login_code"))
    yield from (reverse("mfa_index"), reverse("mfa_activate_totp"))
    yield from (reverse("concept:milestone_own"), reverse("concept:milestone_list"))
    yield reverse("concept:milestone_detail", args=[rows[Milestone].pk])


# --- What pages load ----------------------------------------------------------------------------------------------
def walk(desk, pages):
    """Open all pages on a small telephone; returns those that scroll sideways, and notes complaints with their page."""
    wide = {}
    for path in pages:
        before = len(desk.complaints)
        width = scroll_width(desk.open(path))
        desk.complaints[before:] = [f"{path}: {text}" for text in desk.complaints[before:]]
        if width > SMALL["width"]:
            wide[path] = width
    return wide


def assert_good_pages(desk, pages):
    assert (walk(desk, pages), desk.complaints) == ({}, [])
    assert {cookie["name"] for cookie in desk.context.cookies()} <= {"sid", "csrf"}


@pytest.mark.parametrize("who", [*Role, SUPERUSER, ANONYMOUS])
def test_no_page_breaks_the_policy_leaves_the_house_or_scrolls_sideways(desks, rows, who):
    pages = [*portal_pages(rows), reverse("admin:index")]
    if who is Role.KOORDINATION:
        pages += admin_pages(rows)
    if who is Role.TECHNIK:
        pages += admin_pages({User: rows[User]}, whole=True)
    assert_good_pages(desks(who, viewport=SMALL), pages)


@pytest.mark.audit
@pytest.mark.parametrize("who", [Role.KOORDINATION, Role.TECHNIK, SUPERUSER])
def test_no_page_of_the_back_office_breaks_the_policy_leaves_the_house_or_scrolls_sideways(desks, rows, who):
    assert_good_pages(desks(who, viewport=SMALL), admin_pages(rows, whole=True))


def test_the_watch_sees_what_breaks_the_policy(desks, rows):
    """Negative control."""
    desk = desks(ANONYMOUS)
    page = desk.open(reverse("account_login"))
    page.evaluate("document.head.append(Object.assign(document.createElement('script'), {text: 'window.ran = true'}))")
    page.evaluate("document.body.append(Object.assign(new Image(), {src: 'https://anderswo.example/pixel.png'}))")
    page.wait_for_timeout(100)
    assert page.evaluate("window.ran") is None
    assert [text.split()[1] for text in desk.complaints if text.startswith("CSP:")] == ["script-src-elem", "img-src"]


# --- Whether everybody can use them ---------------------------------------------------------------------------------
AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = """async (tags) => {
    const { violations } = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] })
    return violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 160)}`))
}"""


def findings(page):
    """What axe finds on the page as it stands: wide and narrow, light and dark."""
    page.evaluate(AXE)
    page.add_style_tag(content="* { transition: none !important }")  # a colour on its way is no colour of ours
    found = {}
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            if violations := page.evaluate(RUN_AXE, AXE_TAGS):
                found[width, scheme] = violations
    page.set_viewport_size({"width": 1280, "height": 800})
    return found


def all_findings(desk, pages):
    found = {}
    for name, target in pages.items():
        if callable(target):
            target(desk)
        else:
            desk.open(target)
        if violations := findings(desk.page):
            found[name] = violations
    return found


def refused_login(desk):
    page = desk.open(reverse("account_login"))
    page.click("main [type=submit]")


def incomplete_form(desk):
    page = desk.open(reverse("admin:council_submission_add"))
    page.click("[name=_save]")


def checked_import(desk):
    """What the import page shows of a paper that names an unknown body."""
    page = desk.open(reverse("admin:council_submission_import"))
    page.fill("#id_text", PAPER.replace("9001", "9002").replace("Hauptausschuss", "Ausschuss für Teiche"))
    page.click("[name=check]")


def open_conflict(desk, row):
    """Write while somebody else stores something else."""
    page = desk.open(admin_page(row, "change"))
    stored = type(row).objects.get(pk=row.pk)
    stored.goals = "Inzwischen von jemand anderem geschrieben"
    stored.save()
    page.fill("#id_goals", "Zur selben Zeit hier geschrieben")
    page.click("[name=_save]")


def test_the_portal_can_be_used_by_everybody(desks, rows):
    before = {"login": reverse("account_login"), "refused login": refused_login, "logout": reverse("account_logout")}
    assert all_findings(desks(ANONYMOUS, bypass_csp=True), before) == {}
    behind = {
        "list": reverse("council:submission_list"),
        "nothing found": f"{reverse('council:submission_list')}?q=gibtesnicht",
        "preview": reverse("council:submission_detail", args=[rows[Submission].pk]),
        "password": reverse("account_change_password"),
        "missing page": "/nichts/",
    }
    assert all_findings(desks(Role.KOORDINATION, bypass_csp=True), behind) == {}


def test_the_back_office_can_be_used_by_everybody(desks, rows):
    pages = {
        "index": reverse("admin:index"),
        "app": reverse("admin:app_list", args=["council"]),
        "list": reverse("admin:council_submission_changelist"),
        "list of consultations": reverse("admin:council_consultation_changelist"),
        "list of accounts": reverse("admin:accounts_user_changelist"),
        "new submission": reverse("admin:council_submission_add"),
        "incomplete form": incomplete_form,
        "submission": admin_page(rows[Submission], "change"),
        "organisation": admin_page(rows[Organisation], "change"),
        "account": admin_page(rows[User], "change"),
        "new account": reverse("admin:accounts_user_add"),
        "password of an account": f"{reverse('admin:accounts_user_changelist')}{rows[User].pk}/password/",
        "view only": admin_page(rows[Country], "change"),
        "delete": admin_page(rows[Submission], "delete"),
        "delete refused": admin_page(rows[Organisation], "delete"),
        "history": admin_page(rows[Submission], "history"),
        "step": admin_page(rows[Organisation], "step", "stilllegen"),
        "import": checked_import,
        "conflict": lambda desk: open_conflict(desk, rows[Submission]),
    }
    assert all_findings(desks(SUPERUSER, bypass_csp=True), pages) == {}


def test_axe_sees_what_nobody_could_use(desks, rows):
    """Negative control."""
    page = desks(ANONYMOUS, bypass_csp=True).open(reverse("account_login"))
    page.evaluate("document.querySelector('label').remove()")
    assert {violation.split(":")[0] for violation in findings(page)[1280, "light"]} == {"label"}


FOCUS = """() => {
    const element = document.activeElement, style = getComputedStyle(element.closest(".select2-selection") || element)
    return {
        href: element.getAttribute("href"), name: element.name || element.textContent.trim(), what: element.className,
        ring: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none",
    }
}"""


def tab_to(page, wanted, *, most=30):
    """Press Tab until the element whose name or address is `wanted` has the focus; every stop on the way shows it."""
    for _ in range(most):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        assert focus["ring"], focus
        if wanted in (focus["name"], focus["href"]):
            return
    raise AssertionError(f"{wanted} cannot be reached")


def test_a_reader_signs_in_and_reads_a_submission_with_the_keyboard_alone(desks, rows):
    reader = UserFactory(roles=[Role.LESEZUGRIFF])
    paper = Submission.objects.get(reference="FB 01/9001/WP18")
    page = desks(ANONYMOUS).open(reverse("account_login"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Zum Inhalt springen"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "inhalt"
    tab_to(page, "login", most=1)
    page.keyboard.type(reader.email)
    tab_to(page, "password", most=1)
    page.keyboard.type(PASSWORD)
    tab_to(page, "Anmelden", most=2)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    tab_to(page, reverse("council:submission_detail", args=[paper.pk]))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("h1").inner_text() == "Vorlage"
    tab_to(page, "PDF herunterladen")


def test_links_and_buttons_of_the_back_office_show_the_focus(desks, rows):
    page = desks(Role.KOORDINATION).open(reverse("admin:index"))
    tab_to(page, "Zum Hauptinhalt springen", most=1)
    tab_to(page, reverse("admin:council_submission_add"), most=120)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name") == "kind"
    tab_to(page, "_save", most=90)


def scroll_width(page):
    return page.evaluate("document.documentElement.scrollWidth")


def test_a_printed_page_has_no_navigation(desks, rows):
    desk = desks(Role.KOORDINATION)
    page = desk.open(reverse("council:submission_detail", args=[rows[Submission].pk]))
    page.emulate_media(media="print")
    for hidden in (".skip-link", ".site-header", ".site-nav", ".user-menu", ".submission-bar", ".site-footer"):
        assert page.locator(hidden).is_hidden(), hidden
    assert page.locator(".paper h1").is_visible()
    desk.open(admin_page(rows[Submission], "history"))
    page.emulate_media(media="print")
    for hidden in ("#header", ".breadcrumbs", "#nav-sidebar"):
        assert page.locator(hidden).is_hidden(), hidden
    assert page.locator("#change-history").is_visible()


# --- A working day ----------------------------------------------------------------------------------------------------
def test_a_working_day_of_the_koordination(desks, rows):
    UserFactory(email="eva@example.org", roles=[Role.KOORDINATION])
    OrganisationNameFactory(organisation=rows[Organisation], name="Umweltamt")
    association = OrganisationFactory(name="Teichfreunde e.V.")
    desk = desks(ANONYMOUS)
    page = desk.open(reverse("account_login"))
    page.get_by_label("E-Mail").fill("eva@example.org")
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()

    submission = write_submission(page)
    read_it_again(page, submission)
    take_over_paper(page)
    retire_organisation(page, association)
    settle_conflict(desk, desks(Role.KOORDINATION), submission)
    assert desk.complaints == []


def write_submission(page):
    page.locator(".model-submission").get_by_role("link", name="Hinzufügen").click()
    page.get_by_label("Vorlageart").select_option(label="Kenntnisnahme")
    page.get_by_label("Betreff").fill("Frösche im Stadtteich")
    page.locator(".field-lead .select2-selection").click()
    page.get_by_label("Suchen").fill("umweltamt")
    page.get_by_role("option", name="FB 36 - Fachbereich Klima und Umwelt").click()
    for number, (heading, body) in enumerate((("Anlass", "Es quakt "), ("Ausblick", "Es bleibt "))):
        page.get_by_role("button", name="Abschnitt hinzufügen").click()
        page.fill(f"#id_sections-{number}-heading", heading)
        row = page.locator(f"#sections-{number}")
        row.get_by_role("toolbar").wait_for()  # until then the name belongs to the text area
        row.get_by_role("textbox", name="Text").click()
        page.keyboard.type(body)
        row.get_by_role("button", name="Fett", exact=True).click()
        page.keyboard.type("laut")
    page.click("[name=_continue]")
    assert page.locator(".messagelist").inner_text().count("Frösche im Stadtteich") == 1
    submission = Submission.objects.get(subject="Frösche im Stadtteich")
    assert submission.lead.code == "FB 36"
    assert list(submission.sections.values_list("heading", "body")) == [
        ("Anlass", "<p>Es quakt <strong>laut</strong></p>"),
        ("Ausblick", "<p>Es bleibt <strong>laut</strong></p>"),
    ]
    return submission


def read_it_again(page, submission):
    page.get_by_role("link", name="Verlauf").click()
    sentence = page.locator("#change-history td").inner_text()
    assert sentence == (
        "eva@example.org hat den Eintrag angelegt; Abschnitt „Anlass“ hinzugefügt; Abschnitt „Ausblick“ hinzugefügt."
    )
    page.go_back()
    page.get_by_role("link", name="Vorschau").click()
    assert page.locator(".paper h3").all_inner_texts() == ["Anlass", "Ausblick"]
    with page.expect_download() as download:
        page.get_by_role("link", name="PDF herunterladen").click()
    assert download.value.suggested_filename == "Entwurf-froesche-im-stadtteich.pdf"
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-1.7")


def take_over_paper(page):
    page.get_by_role("link", name="Verwaltung").click()
    page.locator(".model-submission th a").click()
    page.get_by_role("link", name="Aus dem Ratsinformationssystem einlesen").click()
    page.get_by_label("Text der Seite").fill(PAPER.replace("FB 01/9001/WP18", "FB 01/9002/WP18"))
    page.get_by_role("button", name="Prüfen").click()
    assert page.get_by_role("row", name="Vorlageart Kenntnisnahme").is_visible()
    page.get_by_role("button", name="Übernehmen").click()
    assert page.locator(".messagelist").inner_text() == "Die Vorlage FB 01/9002/WP18 wurde angelegt."


def retire_organisation(page, association):
    page.locator("#nav-sidebar").get_by_role("link", name="Organisationen").click()
    page.fill("#searchbar", "teichfreunde")
    page.keyboard.press("Enter")
    page.get_by_role("link", name=association.name, exact=True).click()
    page.get_by_role("link", name="Stilllegen …").click()
    page.get_by_label("Grund").fill("Der Verein hat sich aufgelöst.")
    page.get_by_role("button", name="Stilllegen").click()
    assert page.locator(".messagelist").inner_text() == f"Stillgelegt: „{association.name}“."
    association.refresh_from_db()
    assert association.retired_reason == "Der Verein hat sich aufgelöst."


def settle_conflict(desk, other, submission):
    for one in (desk, other):
        one.open(admin_page(submission, "change"))
    other.page.get_by_label("Ziele").fill("Weniger Lärm")
    other.page.click("[name=_save]")
    desk.page.get_by_label("Ziele").fill("Mehr Frösche")
    desk.page.click("[name=_save]")
    assert desk.page.locator("h1").inner_text() == "Gleichzeitige Bearbeitung"
    row = desk.page.locator(".clash tbody tr")
    assert [text.strip() for text in row.locator("td").all_inner_texts()] == ["Mehr Frösche", "Weniger Lärm", "(leer)"]
    row.get_by_label("Mehr Frösche").check()
    desk.page.get_by_role("button", name="Auswahl speichern").click()
    submission.refresh_from_db()
    assert submission.goals == "Mehr Frösche"
    assert list(submission.history.values_list("goals", flat=True)) == ["Mehr Frösche", "Weniger Lärm", ""]
