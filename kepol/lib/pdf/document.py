"""What the render process is given: plain data, nothing that could lead back to the database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

Asset = tuple[bytes, str]


@dataclass(frozen=True)
class PdfDocument:
    """One document to be made into a PDF. The same values always give the same bytes.

    `html` is a whole page with `<html lang>` and `<title>`; its user text is already sanitised.
    `assets` maps the only URLs the document may use (`asset:logo.png`) to content and media type.
    `stylesheet` is CSS; the fonts are there already under the family "Fira Sans".
    `created_on` is the day printed in the metadata, never today's; `modified_on` None means the same day.
    `keywords` become the subjects of Dublin Core, `subject` its description.
    """

    html: str
    created_on: date
    stylesheet: str = ""
    assets: Mapping[str, Asset] = field(default_factory=dict)
    identifier: str = ""
    authors: tuple[str, ...] = ()
    subject: str = ""
    keywords: tuple[str, ...] = ()
    publisher: str = ""
    rights: str = ""
    modified_on: date | None = None
