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
from collections import OrderedDict
from multiprocessing import parent_process
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from kepol.lib.pdf.document import Asset, PdfDocument
from kepol.lib.pdf.errors import RenderFailed, RenderRefused
from kepol.lib.pdf.fonts import base_stylesheet, font_assets

VARIANT = "pdf/a-2a"
CACHED_STYLESHEETS = 8
FORBIDDEN_EVENTS = ("socket.", "subprocess.", "os.exec", "os.posix_spawn", "os.system", "os.fork", "urllib.")

REASONS = {
    MemoryError: "Das Dokument ist zu groß: Beim Erzeugen des PDF reichte der Arbeitsspeicher nicht.",
    RecursionError: "Das Dokument ist zu tief verschachtelt, um daraus ein PDF zu erzeugen.",
}
OTHER_REASON = "Aus dem Dokument ließ sich kein PDF erzeugen."


class Workshop:
    """What stays warm between documents: fonts, their configuration, parsed stylesheets."""

    def __init__(self, font_dir: Path) -> None:
        from weasyprint.text.fonts import FontConfiguration

        self.fonts = font_assets(font_dir)
        self.font_config = FontConfiguration()
        self.stylesheets: OrderedDict[str, Any] = OrderedDict()
        self.base = base_stylesheet(font_dir)
        self.parse(self.base, {})

    def parse(self, text: str, assets: dict[str, Asset]) -> Any:
        """Return the parsed stylesheet. One that needs other resources while parsing is refused, never cached."""
        from weasyprint import CSS

        from kepol.lib.pdf.fetcher import AssetFetcher

        if text in self.stylesheets:
            self.stylesheets.move_to_end(text)
            return self.stylesheets[text]
        fetcher = AssetFetcher({**assets, **self.fonts})
        try:
            parsed = CSS(string=text, url_fetcher=fetcher, font_config=self.font_config)
        finally:
            refuse(fetcher.blocked)
        self.stylesheets[text] = parsed
        if len(self.stylesheets) > CACHED_STYLESHEETS:
            self.stylesheets.popitem(last=False)
        return parsed

    def make(self, document: PdfDocument) -> bytes:
        """Return the finished bytes of `document`, refusing it if it asked for anything it was not given."""
        from kepol.lib.pdf.fetcher import AssetFetcher

        fetcher = AssetFetcher({**document.assets, **self.fonts})
        styles = [self.parse(self.base, {}), self.parse(document.stylesheet, dict(document.assets))]
        try:
            return self.write(document, fetcher, styles)
        finally:
            refuse(fetcher.blocked)

    def write(self, document: PdfDocument, fetcher: Any, styles: list[Any]) -> bytes:
        """Lay out, tag and write; what the fetcher blocked is the caller's to judge."""
        from weasyprint import HTML

        from kepol.lib.pdf.metadata import fill_information
        from kepol.lib.pdf.tags import recorded_origins

        laid_out = HTML(string=document.html, url_fetcher=fetcher).render(
            font_config=self.font_config, stylesheets=styles, presentational_hints=False, pdf_variant=VARIANT
        )
        fill_information(laid_out.metadata, document)
        with recorded_origins() as origins:
            finisher = Finisher(document, origins)
            return laid_out.write_pdf(finisher=finisher, pdf_variant=VARIANT)


class Finisher:
    """What WeasyPrint calls with the whole PDF before writing it."""

    def __init__(self, document: PdfDocument, origins: Any) -> None:
        self.document = document
        self.origins = origins

    def __call__(self, laid_out: Any, pdf: Any) -> None:
        from kepol.lib.pdf.metadata import replace_packet
        from kepol.lib.pdf.tags import repair

        tree = repair(pdf, self.origins)
        if tree.split_elements("/Table"):
            raise RenderFailed("Eine Tabelle über mehrere Seiten ließ sich nicht als eine Tabelle auszeichnen.")
        replace_packet(pdf, laid_out.metadata, self.document)


def refuse(blocked: list[str]) -> None:
    """Raise `RenderRefused` if anything was blocked; it replaces the error the blocking may have led to."""
    if blocked:
        raise RenderRefused(sorted(set(blocked)))


_workshop: Workshop | None = None


def start(font_dir: str, memory: int, temporary: str, seconds: int) -> None:
    """Prepare the process: limits first, then the slow imports, then no way out any more.

    `memory` is the address space in bytes; `temporary` a directory the parent removes, since a killed process cannot.
    A start that takes longer than `seconds` ends the process.
    """
    global _workshop
    signal.alarm(seconds)
    # Ctrl+C at a terminal reaches the whole group; the parent decides when this process ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    tempfile.tempdir = temporary
    threading.Thread(target=end_with_parent, daemon=True).start()
    # WeasyPrint logs what it ignores, user text included: nothing for the application's log.
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    from kepol.lib.pdf.metadata import end_streams_with_crlf

    end_streams_with_crlf()
    _workshop = Workshop(Path(font_dir))
    warm_up(_workshop)
    signal.alarm(0)
    sys.addaudithook(forbid_way_out)


def warm_up(workshop: Workshop) -> None:
    """Load what WeasyPrint loads late: font tables, the German hyphenation, the colour profile."""
    from datetime import date

    page = '<html lang="de"><title>-</title><p style="hyphens: auto; width: 1em">Aufwärmübung <b>b</b> <i>i</i></p>'
    workshop.make(PdfDocument(html=page, created_on=date(2000, 1, 1)))


def end_with_parent() -> None:
    """Wait for the parent to end, however it ends, and end too: nobody would ever send a document again."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(0)


def forbid_way_out(event: str, arguments: tuple[Any, ...]) -> None:
    """Audit hook behind the fetcher: whatever gets past it still finds no network and no other program."""
    if event.startswith(FORBIDDEN_EVENTS):
        raise PermissionError(event)


def process_id() -> int:
    """Return the number of this process; answering at all means that `start` is done."""
    return os.getpid()


def render(document: PdfDocument) -> bytes:
    """Return the PDF of `document`. Raise `RenderRefused`, or `RenderFailed` for everything that can go wrong.

    Not `except Exception`: WeasyPrint's `FatalURLFetchingError` is a `BaseException`.
    """
    if _workshop is None:
        raise RenderFailed(OTHER_REASON)
    try:
        return _workshop.make(document)
    except (RenderRefused, RenderFailed):
        raise
    except BaseException as error:
        raise RenderFailed(REASONS.get(type(error), OTHER_REASON)) from None
