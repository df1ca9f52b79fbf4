"""A private, throw-away PostgreSQL: own folder, own socket, no network, gone with the process that asked for it.

`python -m tools.postgres COMMAND …` runs a command with `DATABASE_URL` set to such a server.
"""

import os
import pwd
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.packages import postgres_bin
from tools.steps import stop

OWNER = "postgres"
# Names the socket file only; nothing listens on the network.
PORT = "5432"
# Losing the data is the purpose, so nothing waits for the disk.
OPTIONS = f"-p {PORT} -c listen_addresses='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off"


def as_owner(folder: Path) -> list[str]:
    """Return what stands before each command: initdb refuses root, so root hands the folder to `postgres`."""
    if os.geteuid() != 0:
        return []
    try:
        owner = pwd.getpwnam(OWNER)
    except KeyError:
        stop(
            f"PostgreSQL startet nicht als root, und es gibt keinen Benutzer {OWNER}. Bitte apt-get install postgresql."
        )
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    return ["runuser", "-u", OWNER, "--"]


def guard(folder: Path, stop_server: list[str]) -> subprocess.Popen[bytes]:
    """Start the process that stops the server and removes its folder as soon as this process is gone, however it ended.

    It waits for the end of its input, which the system closes even after a `kill -9`; its own session keeps Ctrl-C away.
    """
    script = f"cat >/dev/null; {shlex.join(stop_server)} >/dev/null 2>&1; rm -rf {shlex.quote(str(folder))}"
    return subprocess.Popen(["/bin/sh", "-c", script], stdin=subprocess.PIPE, start_new_session=True, cwd="/")


def quietly(command: list[str]) -> None:
    """Run a command of the server; its output is shown only when it fails."""
    result = subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if result.returncode:
        stop(f"PostgreSQL ließ sich nicht starten:\n{result.stdout}{result.stderr}")


@contextmanager
def server() -> Iterator[str]:
    """Yield the `DATABASE_URL` of a fresh server; it is stopped and removed at the end."""
    programs = postgres_bin()
    if programs is None:
        stop("Kein PostgreSQL-Server gefunden. Bitte installieren Sie: apt-get install postgresql")
    # A short path: a socket's name may have 107 bytes, whatever TMPDIR says.
    folder = Path(tempfile.mkdtemp(prefix="kepol-pg-", dir="/tmp"))
    prefix = as_owner(folder)
    data = str(folder / "data")
    control = [*prefix, str(programs / "pg_ctl"), "-D", data, "-w"]
    keeper = guard(folder, [*control, "-m", "immediate", "stop"])
    try:
        initdb = [str(programs / "initdb"), "-D", data, "-U", "kepol", "-A", "trust", "--no-sync"]
        quietly([*prefix, *initdb, "--encoding=UTF8", "--locale=C.UTF-8"])
        # The log goes to a file: a server that inherits our pipes would keep them open.
        quietly_start([*control, "-l", str(folder / "log"), "-o", f"-k {folder} {OPTIONS}", "start"], folder / "log")
        quietly([*prefix, str(programs / "createdb"), "-h", str(folder), "-p", PORT, "-U", "kepol", "kepol"])
        yield f"postgres://kepol@/kepol?host={folder}&port={PORT}"
    finally:
        keeper.communicate()
        shutil.rmtree(folder, ignore_errors=True)


def quietly_start(command: list[str], log: Path) -> None:
    """Start the server; `pg_ctl` waits until it answers, and its log explains a failure."""
    devnull = subprocess.DEVNULL
    if subprocess.run(command, cwd="/", stdin=devnull, stdout=devnull, stderr=devnull, check=False).returncode:
        stop(f"PostgreSQL ließ sich nicht starten:\n{log.read_text() if log.exists() else ''}")


def leave_on(number: int, _frame: object) -> None:
    """Turn a signal into the end of all `with` blocks."""
    sys.exit(128 + number)


def main(command: list[str]) -> int:
    """Run `command` on a private server and return its exit code."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave_on)
    with server() as url:
        return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
