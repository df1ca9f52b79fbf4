"""What can go wrong on the way to a PDF; every error is a German sentence for the user."""

from collections.abc import Sequence
from dataclasses import dataclass


class PdfError(Exception):
    """No PDF came out; the text says why and is fit to be shown."""


class RendererBusy(PdfError):
    """Another document is being made and did not finish in the time a request may wait."""

    def __str__(self) -> str:
        return "Gerade wird ein anderes PDF erzeugt. Bitte versuchen Sie es in wenigen Sekunden noch einmal."


class RenderTimeout(PdfError):
    """The document took too long; its process was ended."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds

    def __str__(self) -> str:
        return f"Das PDF wurde nicht innerhalb von {self.seconds:g} Sekunden fertig und deshalb abgebrochen."


class RenderFailed(PdfError):
    """The document cannot be rendered: too deep, too large, or broken. The single argument is a German sentence."""


class RenderRefused(PdfError):
    """The document asked for a resource it was not given. `urls` names what was asked for."""

    def __init__(self, urls: Sequence[str]) -> None:
        super().__init__(tuple(urls))
        self.urls = tuple(urls)

    def __str__(self) -> str:
        named = ", ".join(f"„{url}“" for url in self.urls)
        return f"Das PDF wurde nicht erzeugt, weil das Dokument Inhalte von außen laden wollte: {named}."


class CharactersMissing(PdfError):
    """The document has characters the PDF's fonts cannot show. `characters` are all of them, the text names ten."""

    def __init__(self, characters: Sequence[str]) -> None:
        super().__init__(tuple(characters))
        self.characters = tuple(characters)

    def __str__(self) -> str:
        named = ", ".join(f"„{one}“ (U+{ord(one):04X})" for one in self.characters[:10])
        return f"Die Schrift für PDF-Dokumente hat diese Zeichen nicht, bitte ersetzen Sie sie: {named}."


@dataclass(frozen=True)
class Finding:
    """One reason why a PDF may not leave: `rule` is stable and for tests, `message` is German."""

    rule: str
    message: str


class PdfRejected(PdfError):
    """The finished file breaks a rule of the gate. `findings` has all of them."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(tuple(findings))
        self.findings = tuple(findings)

    def __str__(self) -> str:
        reasons = " ".join(dict.fromkeys(finding.message for finding in self.findings))
        return f"Das PDF erfüllt die Regeln für barrierefreie und sichere Dokumente nicht: {reasons}"
