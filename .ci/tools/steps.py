"""What every set-up script shares: where things lie, how a command is run, how a finished step is remembered."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
VENV_PYTHON = ROOT / ".venv" / "bin" / "python"
# The programs of the system's administrator are missing from the path of some shells and of cron.
os.environ["PATH"] = f"{os.environ.get('PATH', os.defpath)}:/usr/local/sbin:/usr/sbin:/sbin"


def say(text: str) -> None:
    """Print one line at once, so that it stands before the output of the next command."""
    print(text, flush=True)


def stop(text: str) -> NoReturn:
    """End the set-up with a message for the person at the terminal."""
    sys.exit(f"\n{text}")


def run(*command: str | Path, env: dict[str, str] | None = None) -> None:
    """Run `command` in the checkout without input; a failure ends the set-up and names the command."""
    result = subprocess.run([str(part) for part in command], cwd=ROOT, env=env, stdin=subprocess.DEVNULL, check=False)
    if result.returncode:
        stop(f"Fehlgeschlagen: {' '.join(str(part) for part in command)}")


def fingerprint(*inputs: Path | str) -> str:
    """Return one hash over the content of files, of all files below folders, and of plain strings."""
    digest = hashlib.sha256()
    for item in inputs:
        for path in sorted(item.rglob("*")) if isinstance(item, Path) and item.is_dir() else [item]:
            if isinstance(path, str):
                digest.update(path.encode())
            elif path.is_file():
                digest.update(str(path).encode() + path.read_bytes())
    return digest.hexdigest()


def once(name: str, text: str, inputs: list[Path | str], result: Path, work: Callable[[], object]) -> None:
    """Do `work` unless it was done with the same inputs and `result` still exists; `text` announces it."""
    stamp = CACHE / "stamps" / name
    current = fingerprint(str(ROOT), *inputs)
    if result.exists() and stamp.is_file() and stamp.read_text() == current:
        return
    say(text)
    work()
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(current)
