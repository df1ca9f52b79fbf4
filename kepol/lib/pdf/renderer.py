"""The parent's side of the render process: one document at a time, bounded in time, a fresh process after trouble."""

import atexit
import os
import shutil
import signal
import threading
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from tempfile import mkdtemp

from django.conf import settings

from kepol.lib.pdf import worker
from kepol.lib.pdf.document import PdfDocument
from kepol.lib.pdf.errors import RendererBusy, RenderFailed, RenderTimeout
from kepol.lib.pdf.fonts import font_files
from kepol.lib.pdf.gate import require_valid

GIBIBYTE = 1024**3
NO_FONTS = "Die Schriften für PDF-Dokumente fehlen ({directory}). Bitte die Einrichtung (make setup) ausführen."
BROKEN = "Das PDF ließ sich nicht erzeugen: Der Vorgang ist abgestürzt oder brauchte zu viel Speicher."


@dataclass(frozen=True)
class Limits:
    """How far a document may go.

    `seconds` is the time of one document, `patience` how long a second request waits for its turn, `documents` after
    how many the process is replaced, `memory` the process's address space in bytes, `start_seconds` the time to start.
    """

    seconds: float = 30
    patience: float = 2
    documents: int = 20
    memory: int = GIBIBYTE
    start_seconds: int = 30


class RenderProcess:
    """One running child and what belongs to it."""

    def __init__(self, font_dir: Path, limits: Limits) -> None:
        self.font_dir = str(font_dir)
        self.temporary = mkdtemp(prefix="kepol-pdf-")
        self.documents = 0
        self.pool = ProcessPoolExecutor(
            max_workers=1,
            mp_context=get_context("spawn"),
            initializer=worker.start,
            initargs=(self.font_dir, limits.memory, self.temporary, limits.start_seconds),
        )
        try:
            self.number = self.pool.submit(worker.process_id).result()
        except BrokenProcessPool:
            self.close()
            raise

    def submit(self, document: PdfDocument) -> "Future[bytes]":
        """Hand a document over."""
        self.documents += 1
        return self.pool.submit(worker.render, self.font_dir, document)

    def kill(self) -> None:
        """End the child at once, whatever it does."""
        with suppress(ProcessLookupError):
            os.kill(self.number, signal.SIGKILL)
        self.close()

    def close(self) -> None:
        """End the child after its current document and remove its temporary files."""
        self.pool.shutdown(wait=True, cancel_futures=True)
        shutil.rmtree(self.temporary, ignore_errors=True)


class Renderer:
    """Makes documents in a process of its own, which starts with the first document. `font_dir` holds the TTF files."""

    def __init__(self, font_dir: Path, limits: Limits | None = None) -> None:
        self.font_dir = font_dir
        self.limits = limits or Limits()
        self._turn = threading.Lock()
        self._process: RenderProcess | None = None

    def render(self, document: PdfDocument) -> bytes:
        """Return the PDF, unchecked: use `render_pdf` for everything that leaves the application.

        Raises `RendererBusy`, `RenderTimeout`, `RenderFailed`, `RenderRefused` or `CharactersMissing`.
        """
        if not self._turn.acquire(timeout=self.limits.patience):
            raise RendererBusy
        try:
            return self._rendered(document)
        finally:
            self._turn.release()

    def stop(self) -> None:
        """End the process, after the current document; the next one starts a new process."""
        with self._turn:
            self._retire()

    def _rendered(self, document: PdfDocument) -> bytes:
        result = self._ready().submit(document)
        try:
            data = result.result(self.limits.seconds)
        except FutureTimeout:
            self._kill()
            raise RenderTimeout(self.limits.seconds) from None
        except RenderFailed:
            # Out of memory or stack: what state the process is in, nobody knows.
            self._kill()
            raise
        except BrokenProcessPool:
            self._kill()
            raise RenderFailed(BROKEN) from None
        if self._process is not None and self._process.documents >= self.limits.documents:
            self._retire()
        return data

    def _ready(self) -> RenderProcess:
        if self._process is None or not self._process_lives():
            self._kill()
            self._process = self._started()
        return self._process

    def _process_lives(self) -> bool:
        try:
            return self._process is not None and bool(self._process.pool.submit(worker.process_id).result(1))
        except (BrokenProcessPool, FutureTimeout):
            return False

    def _started(self) -> RenderProcess:
        if not font_files(self.font_dir):
            raise RenderFailed(NO_FONTS.format(directory=self.font_dir.name))
        try:
            return RenderProcess(self.font_dir, self.limits)
        except BrokenProcessPool:
            raise RenderFailed("Der Dienst zum Erzeugen von PDF-Dokumenten ließ sich nicht starten.") from None

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process = None

    def _retire(self) -> None:
        if self._process is not None:
            self._process.close()
            self._process = None


@cache
def renderer_for(font_dir: Path) -> Renderer:
    """Return the one renderer of this web process for these fonts; its child starts with the first document."""
    renderer = Renderer(font_dir)
    atexit.register(renderer.stop)
    return renderer


def render_pdf(document: PdfDocument, *, font_dir: Path | None = None) -> bytes:
    """Return the PDF of `document`, which passed the gate: the one way a PDF leaves the application.

    `font_dir` None means `settings.PDF_FONT_DIR`. Raises a `PdfError`, whose text is German and fit to be shown:
    `RendererBusy`, `RenderTimeout`, `RenderFailed`, `RenderRefused`, `CharactersMissing`, `PdfRejected`.
    """
    data = renderer_for(font_dir or Path(settings.PDF_FONT_DIR)).render(document)
    require_valid(data)
    return data
