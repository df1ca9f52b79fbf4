"""Packages of the operating system: found, installed through apt where that is allowed, otherwise named."""

import os
import shutil
import subprocess
from ctypes.util import find_library
from pathlib import Path

from tools.steps import say

PDF_LIBRARIES = {
    "pango-1.0": "libpango-1.0-0",
    "pangoft2-1.0": "libpangoft2-1.0-0",
    "harfbuzz-subset": "libharfbuzz-subset0",
}
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


def missing_pdf_packages() -> list[str]:
    """Return the Debian packages of the libraries the PDF renderer loads and this machine lacks."""
    return [package for library, package in PDF_LIBRARIES.items() if find_library(library) is None]


def chromium() -> str | None:
    """Return the path of the machine's Chromium, None where there is none."""
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


def postgres_bin() -> Path | None:
    """Return the folder with `initdb` and `postgres`, the newest server first; None where there is none."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    in_path = [Path(found).resolve().parent] if (found := shutil.which("pg_ctl")) else []
    complete = (path for path in debian + in_path if (path / "initdb").exists() and (path / "postgres").exists())
    return next(complete, None)


def succeeds(command: list[str]) -> bool:
    """Run a command without input; errors are shown, everything else is noise."""
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)
    return result.returncode == 0


def apt_prefix() -> list[str] | None:
    """Return what stands before `apt-get` here: nothing for root, sudo without a password; None: not allowed."""
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return ["sudo", "-n"]
    return None


def install(packages: list[str]) -> bool:
    """Install Debian packages and return whether that worked; without permission nothing is tried."""
    prefix = apt_prefix()
    if prefix is None:
        return False
    say(f"Installiere Systempakete: {' '.join(packages)} …")
    # `env` sets the variable behind sudo too, which would drop it.
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o=Dpkg::Use-Pty=0"]
    if not succeeds([*apt, "update"]):
        return False
    return succeeds([*apt, "install", "-y", "--no-install-recommends", *packages])
