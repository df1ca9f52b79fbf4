"""Measure what people wait for (`make bench`): pages of milestones as every role that may see them, and papers with their PDF.

Prints medians of whole requests, the number of queries, and for milestones the ratio to Django's own admin of the same rows in the
same run. Benchmarks are no tests: nothing fails here; the budgets of queries are tests (`tests/test_query_budgets.py`).
`make bench ARGS=vorlagen` measures the papers only, `ARGS=meilensteine` the milestones only.
"""

import copy
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from tools import bench_data
from tools.bench_data import City

ROUNDS = 11
SUBMISSIONS, SECTIONS = 300, 12
GOAL = "Ziel ≤ 1,0"
MOST_QUERIES, MOST_QUERIES_OF_FORM = 12, 5
PARTS = ("meilensteine", "vorlagen")


@dataclass(frozen=True)
class Page:
    """A page to measure: for which roles, by which name of an address, beside which page of Django's own ("list", "form")."""

    title: str
    roles: tuple[str, ...]
    address: str
    of: str
    beside: str
    most_queries: int = MOST_QUERIES


READERS = ("Fachbereich", "Leitung", "Lesezugriff", "Koordination", "Superuser")
DESK = ("Koordination", "Superuser")
PAGES = (
    Page("Meine Meilensteine", ("Fachbereich", "Koordination", "Superuser"), "concept:milestone_own", "", "list"),
    Page("Alle Meilensteine", READERS, "concept:milestone_list", "", "list"),
    Page("Ein Meilenstein", READERS, "concept:milestone_detail", "milestone", "form"),
    Page("Formular eines Meilensteins", ("Fachbereich", *DESK), "concept:milestone_answer", "milestone", "form", MOST_QUERIES_OF_FORM),
    Page("Verwaltung: Liste", DESK, "admin:concept_milestone_changelist", "", "list"),
    Page("Verwaltung: Formular", DESK, "admin:concept_milestone_change", "milestone", "form"),
    Page("Verwaltung: Übersicht", DESK, "admin:index", "", "list"),
    Page("Verwaltung: Sachstandsabfrage", DESK, "admin:concept_statusround_change", "round", "list"),
)  # fmt: skip


def prepare(folder: str) -> None:
    """A database of its own with the settings of the tests."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    os.environ["DATA_DIR"] = folder
    os.environ.pop("DATABASE_URL", None)

    import django
    from django.core.management import call_command
    from django.test.utils import override_settings, setup_test_environment

    django.setup()
    setup_test_environment()
    override_settings(ROOT_URLCONF="tools.bench_stock").enable()
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)


def measured(action: Callable[[], Any]) -> tuple[float, int]:
    """Median time in milliseconds and the number of queries of one call; raises `RuntimeError` for an answer other than 200."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    if (status := action().status_code) != HTTPStatus.OK:
        raise RuntimeError(f"answered with {status}")
    with CaptureQueriesContext(connection) as queries:
        action()
        number = len(queries)
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        action()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times), number


def signed_in(user: Any) -> Any:
    """A browser in which `user` works."""
    from django.test import Client

    client = Client()
    client.force_login(user)
    return client


# --- Milestones ----------------------------------------------------------------------------------------------------
def milestones() -> None:
    """Fill, measure, fill up to ten times as much, measure again."""
    city = bench_data.found()
    for times, more in ((1, 1), (10, 9)):
        start = time.perf_counter()
        bench_data.grow(city, more)
        asked = bench_data.ask_for_all(city)
        print(f"\n{_size(times)}; gefüllt in {time.perf_counter() - start:.0f} s")
        stock = dict(_stock(city))
        print(f"{'Seite':<32}{'Rolle':<14}{'Median':>11}{'Abfragen':>10}  Verhältnis zu Djangos Admin ({GOAL})")
        for page in PAGES:
            _measure(page, city, {"milestone": _one(city), "round": asked.pk}, stock)
        asked.delete()


def _size(times: int) -> str:
    measures, rows = bench_data.MEASURES * times, bench_data.MILESTONES * times
    return (
        f"{measures} Maßnahmen, {rows} Meilensteine, {bench_data.UNITS} Dienststellen, "
        f"{rows * bench_data.REPORTS} Rückmeldungen aus {bench_data.YEARS} Jahren"
    )


def _one(city: City) -> int:
    """An open milestone of the unit of the Fachbereich, one that others wait for."""
    from concept.models import Milestone

    return int(Milestone.objects.open().filter(responsible=city.units[0]).order_by("pk").values_list("pk")[0][0])


def _measure(page: Page, city: City, keys: dict[str, int], stock: dict[str, float]) -> None:
    from django.urls import NoReverseMatch, reverse

    try:
        path = reverse(page.address, args=[keys[page.of]] if page.of else [])
    except NoReverseMatch:
        print(f"{page.title:<32}gibt es nicht")
        return
    for role in page.roles:
        client = signed_in(city.people[role])
        median, queries = measured(lambda client=client: client.get(path))  # type: ignore[misc]
        above = f"  über {page.most_queries} Abfragen" if queries > page.most_queries else ""
        ratio = f"{median / stock[page.beside]:.2f} zu {'Liste' if page.beside == 'list' else 'Formular'}".replace(
            ".", ","
        )
        print(f"{page.title:<32}{role:<14}{median:8.1f} ms{queries:10d}  {ratio}{above}")


def _stock(city: City) -> Iterator[tuple[str, float]]:
    """Medians of Django's own admin for a superuser, by what ours are compared with: "list" and "form"."""
    from django.test.utils import override_settings

    client, one = signed_in(city.people["Superuser"]), _one(city)
    pages = (
        ("list", "Djangos Liste, 50 Zeilen wie unsere", "/stock/concept/milestone/"),
        ("full", "Djangos Liste, 100 Zeilen (Vorgabe)", "/full/concept/milestone/"),
        ("form", "Djangos Formular", f"/stock/concept/milestone/{one}/change/"),
    )
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, override_settings(TEMPLATES=_plain_templates(folder)):
        for name, title, path in pages:
            median, queries = measured(lambda path=path: client.get(path))  # type: ignore[misc]
            print(f"{title:<46}{median:8.1f} ms{queries:10d}")
            yield name, median


def _plain_templates(folder: str) -> list[dict[str, Any]]:
    """The engine without the templates of the house, but for those of widgets, without which its fields are not shown."""
    from django.conf import settings

    engines = copy.deepcopy(settings.TEMPLATES)
    own = Path(engines[0]["DIRS"][0]) / "admin" / "widgets" / "period.html"
    target = Path(folder) / "admin" / "widgets"
    target.mkdir(parents=True)
    shutil.copy(own, target)
    engines[0]["DIRS"] = [folder]
    return engines


# --- Papers --------------------------------------------------------------------------------------------------------
def papers() -> None:
    """Lists, forms, history and the PDF of papers."""
    from kepol.accounts.choices import Role
    from tests.factories import UserFactory

    paper = _fill_papers()
    client = signed_in(UserFactory(roles=[Role.KOORDINATION]))
    pages = {
        f"Liste der Vorlagen ({SUBMISSIONS})": "/verwaltung/council/submission/",
        "Suche": "/verwaltung/council/submission/?q=gegenstand",
        f"Formular mit {SECTIONS} Abschnitten": f"/verwaltung/council/submission/{paper}/change/",
        "Verlauf": f"/verwaltung/council/submission/{paper}/history/",
        "Vorschau": f"/vorlagen/{paper}/",
        "PDF (warm)": f"/vorlagen/{paper}/pdf/",
    }
    print()
    for name, address in pages.items():
        median, queries = measured(lambda address=address: client.get(address))  # type: ignore[misc]
        print(f"{name:<46}{median:8.1f} ms{queries:10d}")


def _fill_papers() -> int:
    """Papers with parts; returns the key of one of them."""
    from tests.factories import ConsultationFactory, SectionFactory, SubmissionFactory, UnitFactory

    lead = UnitFactory()
    rows = [SubmissionFactory(from_council=True, lead=lead) for _ in range(SUBMISSIONS)]
    for paper in rows[:30]:
        ConsultationFactory(submission=paper)
    for _ in range(SECTIONS):
        SectionFactory(submission=rows[0], body="<p>Ein Satz, der für die Messung steht. </p>" * 20)
    return int(rows[0].pk)


def main(arguments: list[str]) -> int:
    """Print one line per page and role."""
    chosen = [part for part in arguments if part in PARTS] or PARTS
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        prepare(folder)
        if "meilensteine" in chosen:
            milestones()
        if "vorlagen" in chosen:
            papers()
        from django.db import connection

        connection.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
