"""Break the code on purpose, one line at a time, and demand that the named test notices (`make audit`).

`tests/breakages.toml` holds the entries:

    [[breakage]]
    file = "kepol/lib/versions.py"     # relative to the checkout
    line = "the text as it stands"     # must occur exactly once; may span lines
    broken = "the text that breaks it"
    test = "tests/test_versions.py::test_second_editor_gets_a_conflict"

Everything happens in a copy. Each test must pass unbroken first, or its failing would prove nothing.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from tools.steps import CACHE, ROOT, VENV_PYTHON, say

ENTRIES = ROOT / "tests" / "breakages.toml"
PASSED, FAILED = 0, 1
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".cache", ".env", "var", "node_modules", "__pycache__")


def copy_tree(target: Path) -> None:
    shutil.copytree(ROOT, target, ignore=LEFT_OUT)
    if (ROOT / "node_modules").exists():
        (target / "node_modules").symlink_to(ROOT / "node_modules")


def run_tests(tree: Path, *tests: str) -> int:
    """Return pytest's exit code; no byte code is kept, it could outlive the line it was made from."""
    command = [str(VENV_PYTHON), "-m", "pytest", "-q", "-x", *tests]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "DATA_DIR": str(tree / ".data")}
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, check=False).returncode


def complaint(tree: Path, entry: dict[str, str]) -> str:
    """Break one line, run its test, mend the line; return what is wrong, empty if the test noticed."""
    file = tree / entry["file"]
    whole = file.read_text(encoding="utf-8")
    if (count := whole.count(entry["line"])) != 1:
        return f"steht {count}-mal in der Datei, nicht einmal"
    file.write_text(whole.replace(entry["line"], entry["broken"]), encoding="utf-8")
    code = run_tests(tree, entry["test"])
    file.write_text(whole, encoding="utf-8")
    if code == FAILED:
        return ""
    return f"{entry['test']} " + ("bleibt grün" if code == PASSED else f"lief nicht (pytest endet mit {code})")


def main() -> int:
    entries = tomllib.loads(ENTRIES.read_text(encoding="utf-8"))["breakage"]
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="breakages-", dir=CACHE) as folder:
        tree = Path(folder) / "tree"
        copy_tree(tree)
        if run_tests(tree, *sorted({entry["test"] for entry in entries})) != PASSED:
            sys.exit("Die genannten Tests sind schon ohne Bruch nicht alle grün.")
        complaints = 0
        for entry in entries:
            text = complaint(tree, entry)
            complaints += bool(text)
            say(f"{'FEHLT' if text else 'ok':6}{entry['file']}: {entry['line'].strip().splitlines()[0]} {text}")
    say(f"{len(entries) - complaints} von {len(entries)} Brüchen bemerkt.")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
