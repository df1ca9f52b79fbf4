"""Bring database, static files and, in a demonstration, the example up to date (`make run`)."""

import os
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

from tools.steps import ROOT, once


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


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kepol.settings")
    django.setup()
    prepare()
