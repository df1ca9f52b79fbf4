"""Measure what people wait for (`make bench`): lists, forms, history and the PDF, against a database filled for the purpose.

Prints medians of whole requests and the number of queries. Benchmarks are no tests: nothing fails here.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable

ROUNDS = 15
SUBMISSIONS, SECTIONS = 300, 12


def prepare(folder: str) -> None:
    """A database of its own with the settings of the tests."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    os.environ["DATA_DIR"] = folder
    os.environ.pop("DATABASE_URL", None)

    import django
    from django.core.management import call_command
    from django.test.utils import setup_test_environment

    django.setup()
    setup_test_environment()
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)


def fill() -> int:
    """Papers with parts; returns the key of one of them."""
    from tests.factories import ConsultationFactory, SectionFactory, SubmissionFactory, UnitFactory

    lead = UnitFactory()
    papers = [SubmissionFactory(from_council=True, lead=lead) for _ in range(SUBMISSIONS)]
    for paper in papers[:30]:
        ConsultationFactory(submission=paper)
    for _ in range(SECTIONS):
        SectionFactory(submission=papers[0], body="<p>Ein Satz, der für die Messung steht. </p>" * 20)
    return papers[0].pk


def measured(action: Callable[[], object]) -> tuple[float, int]:
    """Median time in milliseconds and the number of queries of one call."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        action()
        count = len(queries)
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        action()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times), count


def main() -> int:
    """Print one line per page."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        prepare(folder)

        from django.test import Client

        from kepol.accounts.choices import Role
        from tests.factories import UserFactory

        paper = fill()
        client = Client()
        client.force_login(UserFactory(roles=[Role.KOORDINATION]))
        pages = {
            "Übersicht": "/verwaltung/",
            f"Liste der Vorlagen ({SUBMISSIONS})": "/verwaltung/council/submission/",
            "Suche": "/verwaltung/council/submission/?q=gegenstand",
            f"Formular mit {SECTIONS} Abschnitten": f"/verwaltung/council/submission/{paper}/change/",
            "Verlauf": f"/verwaltung/council/submission/{paper}/history/",
            "Vorschau": f"/vorlagen/{paper}/",
            "PDF (warm)": f"/vorlagen/{paper}/pdf/",
        }
        for name, address in pages.items():
            median, queries = measured(lambda address=address: client.get(address))
            print(f"{name:<36} {median:8.1f} ms {queries:4d} Abfragen")
        from django.db import connection

        connection.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
