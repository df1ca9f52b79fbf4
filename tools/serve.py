"""Prepare the database and start the production server on this machine (`make run`)."""

import os
import socket
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

from tools.steps import ROOT, once, say, stop

ADDRESS = "127.0.0.1"


def refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            stop(f"{ADDRESS}:{port} geht nicht ({error.strerror}). Ein anderer Port: make run PORT={port + 1}")


def collect_static_files() -> None:
    """Collect again only when a file changed: compressing them takes longer than the whole start."""
    sources: list[Path | str] = [ROOT / "static", ROOT / "requirements.txt"]
    sources += sorted(
        path for app in ("kepol", "stakeholders", "partnerships", "concept") for path in (ROOT / app).rglob("static")
    )
    target = Path(settings.STATIC_ROOT)
    work = lambda: call_command("collectstatic", interactive=False, clear=True, verbosity=0)  # noqa: E731 (a closure for `once`)
    once("static", "Sammle die statischen Dateien …", [*sources, str(target)], target / "staticfiles.json", work)


def prepare() -> None:
    """Bring database and files up to date; in a demonstration fill an empty database with the example."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    collect_static_files()
    if settings.DEMO:
        call_command("load_example", if_empty=True)


def serve(port: int) -> None:
    """Replace this process by granian; one thread more than needed, or a waiting PDF would stop its worker."""
    command = [
        str(Path(sys.executable).parent / "granian"),
        "--interface",
        "wsgi",
        "--host",
        ADDRESS,
        "--port",
        str(port),
    ]
    command += ["--workers", "2", "--blocking-threads", "2", "kepol.wsgi:application"]
    os.chdir(ROOT)
    os.execv(command[0], command)  # noqa: S606 (a fixed command; no shell wanted)


def main(port: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kepol.settings")
    refuse_taken_port(port)
    django.setup()
    prepare()
    say(f"\nKEpol läuft unter http://{ADDRESS}:{port}/ – beenden mit Strg+C.\n")
    serve(port)


if __name__ == "__main__":
    main(int(sys.argv[1]))
