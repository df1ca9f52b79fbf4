"""The render process: started once, warmed up, kept for twenty documents. Only this process imports WeasyPrint.

It gets plain data, has a memory limit, may not open a connection or start a program, and ends with its parent.
"""

import logging
import os
import resource
import signal
import sys
import tempfile
import threading
from multiprocessing import parent_process
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING

from kepol.lib.pdf.document import PdfDocument
from kepol.lib.pdf.errors import PdfError, RenderFailed

if TYPE_CHECKING:
    from kepol.lib.pdf.workshop import Workshop

FORBIDDEN_EVENTS = ("socket.", "subprocess.", "os.exec", "os.posix_spawn", "os.system", "os.fork", "urllib.")
TOO_LARGE = "Das Dokument ist zu groß: Beim Erzeugen des PDF reichte der Arbeitsspeicher nicht."
TOO_DEEP = "Das Dokument ist zu tief verschachtelt, um daraus ein PDF zu erzeugen."
OTHER_REASON = "Aus dem Dokument ließ sich kein PDF erzeugen."


def workshop(font_dir: str) -> "Workshop":
    """Return what makes the documents; the first call takes about two seconds."""
    from kepol.lib.pdf import workshop as heavy  # noqa: PLC0415 - the web process must never import WeasyPrint

    return heavy.workshop(Path(font_dir))


def start(font_dir: str, memory: int, temporary: str, seconds: int) -> None:
    """Prepare the process: limits first, then the slow imports, then no way out any more.

    `memory` is the address space in bytes; `temporary` a directory the parent removes, since a killed process cannot.
    A start that takes longer than `seconds` ends the process.
    """
    signal.alarm(seconds)
    # Ctrl+C at a terminal reaches the whole group; the parent decides when this process ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    tempfile.tempdir = temporary
    threading.Thread(target=end_with_parent, daemon=True).start()
    # WeasyPrint logs what it ignores, user text included: nothing for the application's log.
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    workshop(font_dir)
    signal.alarm(0)
    sys.addaudithook(forbid_way_out)


def end_with_parent() -> None:
    """Wait for the parent to end, however it ends, and end too: nobody would ever send a document again."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(0)


def forbid_way_out(event: str, _arguments: object) -> None:
    """Audit hook behind the fetcher: whatever gets past it still finds no network and no other program."""
    if event.startswith(FORBIDDEN_EVENTS):
        raise PermissionError(event)


def process_id() -> int:
    """Return the number of this process; answering at all means that `start` is done."""
    return os.getpid()


def render(font_dir: str, document: PdfDocument) -> bytes:
    """Return the PDF of `document`.

    Raises `RenderRefused`, `CharactersMissing`, or `RenderFailed` for everything else that can go wrong.
    """
    try:
        return workshop(font_dir).make(document)
    except PdfError:
        raise
    except MemoryError:
        raise RenderFailed(TOO_LARGE) from None
    except RecursionError:
        raise RenderFailed(TOO_DEEP) from None
    except BaseException:  # noqa: BLE001 - WeasyPrint's `FatalURLFetchingError` is no `Exception`
        raise RenderFailed(OTHER_REASON) from None
