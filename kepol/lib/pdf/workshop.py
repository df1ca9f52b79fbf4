"""What turns a document into bytes. Imports WeasyPrint: only the render process may import this module."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, cast

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from kepol.lib.pdf.document import Asset, PdfDocument
from kepol.lib.pdf.errors import CharactersMissing, RenderFailed, RenderRefused
from kepol.lib.pdf.fetcher import AssetFetcher
from kepol.lib.pdf.fonts import base_stylesheet, font_assets, known_characters, missing_characters
from kepol.lib.pdf.metadata import end_streams_with_crlf, fill_information, forbid_interpolation, replace_packet
from kepol.lib.pdf.tags import Origins, recorded_origins, repair

VARIANT = "pdf/a-2a"
CACHED_STYLESHEETS = 8
SPLIT_TABLE = "Eine Tabelle über mehrere Seiten ließ sich nicht als eine Tabelle auszeichnen."
WARM_UP = '<html lang="de"><title>-</title><p style="hyphens: auto; width: 1em">Aufwärmübung <b>b</b> <i>i</i></p>'


def refuse(blocked: Sequence[str]) -> None:
    """Raise `RenderRefused` if anything was blocked; it replaces the error the blocking may have led to."""
    if blocked:
        raise RenderRefused(sorted(set(blocked)))


class Workshop:
    """What stays warm between documents: fonts, their configuration, parsed stylesheets."""

    def __init__(self, font_dir: Path) -> None:
        self.fonts = font_assets(font_dir)
        self.known = known_characters(font_dir)
        self.font_config = FontConfiguration()
        self.stylesheets: OrderedDict[str, CSS] = OrderedDict()
        self.base = self.parse(base_stylesheet(font_dir), {})

    def stylesheet(self, text: str, assets: Mapping[str, Asset]) -> CSS:
        """Return the parsed stylesheet, from the cache if one of the last documents had the same."""
        if text not in self.stylesheets:
            self.stylesheets[text] = self.parse(text, assets)
        self.stylesheets.move_to_end(text)
        if len(self.stylesheets) > CACHED_STYLESHEETS:
            self.stylesheets.popitem(last=False)
        return self.stylesheets[text]

    def parse(self, text: str, assets: Mapping[str, Asset]) -> CSS:
        """Parse a stylesheet. Without the shared `font_config` its `@font-face` rules would be dropped silently."""
        fetcher = AssetFetcher({**assets, **self.fonts})
        try:
            return CSS(string=text, url_fetcher=fetcher, font_config=self.font_config)
        finally:
            refuse(fetcher.blocked)

    def make(self, document: PdfDocument) -> bytes:
        """Return the finished bytes of `document`, refusing it if it asked for anything it was not given."""
        if missing := missing_characters(document.html, self.known):
            raise CharactersMissing(missing)
        stylesheet = self.stylesheet(document.stylesheet, document.assets)
        fetcher = AssetFetcher({**document.assets, **self.fonts})
        try:
            return self.write(document, fetcher, [self.base, stylesheet])
        finally:
            refuse(fetcher.blocked)

    def write(self, document: PdfDocument, fetcher: AssetFetcher, stylesheets: list[CSS]) -> bytes:
        """Lay out, tag and write; what the fetcher blocked is the caller's to judge."""
        laid_out = HTML(string=document.html, url_fetcher=fetcher).render(
            font_config=self.font_config, stylesheets=stylesheets, presentational_hints=False, pdf_variant=VARIANT
        )
        fill_information(laid_out.metadata, document)
        with recorded_origins() as origins:
            return cast("bytes", laid_out.write_pdf(finisher=Finisher(document, origins), pdf_variant=VARIANT))


class Finisher:
    """What WeasyPrint calls with the whole PDF before writing it."""

    def __init__(self, document: PdfDocument, origins: Origins) -> None:
        self.document = document
        self.origins = origins

    def __call__(self, laid_out: Any, pdf: Any) -> None:
        """Repair the tags and exchange the metadata; a table that stays torn apart is a failure, not a PDF."""
        tree = repair(pdf, self.origins)
        if tree.split_elements("/Table"):
            raise RenderFailed(SPLIT_TABLE)
        forbid_interpolation(pdf)
        replace_packet(pdf, laid_out.metadata, self.document)


@cache
def workshop(font_dir: Path) -> Workshop:
    """Return the one workshop of this process, warmed up: font tables, German hyphenation, colour profile."""
    end_streams_with_crlf()
    made = Workshop(font_dir)
    made.make(PdfDocument(html=WARM_UP, created_on=date(2000, 1, 1)))
    return made
