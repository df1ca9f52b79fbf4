"""What depends on the database on a private PostgreSQL, then everything on SQLite with the browser tests (`make test`).

Further arguments go to pytest, so `python -m tools.test -k references` runs a part on both. `REQUIRE_BROWSER=1` fails
where there is no Chromium; `WORKERS` says how many processes run the tests (0: one, in the foreground).
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tools import postgres
from tools.packages import chromium
from tools.steps import CACHE, ROOT, VENV_PYTHON, say

AUDIT = "audit"


def pytest(marks: str, arguments: list[str]) -> list[str]:
    workers = os.environ.get("WORKERS", "2")
    return [str(VENV_PYTHON), "-m", "pytest", "-q", "-n", workers, "-m", marks, *arguments]


def browser_marks() -> str:
    """Return the marks of the SQLite run; ends the run where browser tests are demanded and cannot be had."""
    if chromium():
        return "not audit"
    reason = "Es gibt hier kein Chromium und es lässt sich nicht installieren (apt-get install chromium)."
    if os.environ.get("REQUIRE_BROWSER"):
        sys.exit(f"Die Browser-Tests sind verlangt. {reason}")
    say(f"Die Browser-Tests werden ausgelassen: {reason}")
    return "not audit and not browser"


def on_postgres(marks: str, arguments: list[str]) -> int:
    say("\n=== Tests auf PostgreSQL ===")
    marks = "audit or one_database" if marks == AUDIT else f"{marks} and not one_database"
    return postgres.main(pytest(f"({marks}) and not browser", arguments))


def on_sqlite(marks: str, arguments: list[str]) -> int:
    say("\n=== Tests auf SQLite ===")
    os.environ.pop("DATABASE_URL", None)
    return subprocess.run(pytest(marks, arguments), check=False).returncode


def both(marks: str, arguments: list[str]) -> bool:
    """Run on both databases, the second even if the first failed; a run that found no test at all is a failure."""
    first = on_postgres(marks, arguments)
    if first:
        say("Auf PostgreSQL fehlgeschlagen; der ganze Befehl gilt als fehlgeschlagen, was auch SQLite ergibt.")
    second = on_sqlite(marks, arguments)
    return first == second == 0


def main(arguments: list[str]) -> int:
    marks = browser_marks()
    if arguments[:1] == ["--audit"]:
        marks, arguments = AUDIT, arguments[1:]
    CACHE.mkdir(exist_ok=True)
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory(prefix="tests-", dir=CACHE) as folder:
        os.environ["DATA_DIR"] = str(Path(folder))
        return 0 if both(marks, arguments) else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
