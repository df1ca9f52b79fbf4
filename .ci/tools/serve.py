"""Prepare the database and start the production server on this machine (`make run`)."""

import os
import socket
import sys
from pathlib import Path

from tools.steps import ROOT, run, say, stop

ADDRESS = "127.0.0.1"


def refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            stop(f"{ADDRESS}:{port} geht nicht ({error.strerror}). Ein anderer Port: make run PORT={port + 1}")


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
    # Links in mails lead back here, unless `.env` names another address.
    os.environ.setdefault("SITE_URL", f"http://{ADDRESS}:{port}")
    os.execv(command[0], command)  # noqa: S606 (a fixed command; no shell wanted)


def main(port: int) -> None:
    refuse_taken_port(port)
    # A process of its own, so that the render process of the example's PDFs ends before the server starts.
    run(sys.executable, "-m", "tools.prepare")
    say(f"\nKEpol läuft unter http://{ADDRESS}:{port}/ – beenden mit Strg+C.\n")
    serve(port)


if __name__ == "__main__":
    main(int(sys.argv[1]))
