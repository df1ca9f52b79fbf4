"""Renders documents in the real worker under an audit hook and reports every file opened and every connection tried.

Run as a program of its own (an audit hook cannot be removed): JSON on standard input, JSON on standard output.
"""

import base64
import json
import sys
import tempfile
from datetime import date
from pathlib import Path

from kepol.lib.pdf import worker
from kepol.lib.pdf.document import PdfDocument
from kepol.lib.pdf.errors import PdfError

opened: list[str] = []
connected: list[str] = []


def record(event: str, arguments: tuple[object, ...]) -> None:
    """Note what the process opens and where it connects, before any other hook can stop it."""
    if event == "open":
        opened.append(str(arguments[0]))
    if event.startswith(("socket.connect", "socket.getaddrinfo", "socket.gethostby", "urllib.", "subprocess.")):
        connected.append(event)


def outcome(font_dir: str, html: str, stylesheet: str, assets: dict[str, str]) -> dict[str, object]:
    """Render one document and return bytes or error together with what was touched on the way."""
    opened.clear()
    connected.clear()
    known = {url: (base64.b64decode(content), "image/png") for url, content in assets.items()}
    document = PdfDocument(html=html, stylesheet=stylesheet, assets=known, created_on=date(2025, 5, 13))
    result: dict[str, object] = {"pdf": None, "error": None, "urls": []}
    try:
        result["pdf"] = base64.b64encode(worker.render(font_dir, document)).decode()
    except PdfError as error:
        result |= {"error": type(error).__name__, "urls": list(getattr(error, "urls", ()))}
    return result | {"opened": list(opened), "connected": list(connected)}


def main() -> None:
    """Render all documents of the request in one worker, then open the canary itself: the watch must see that."""
    request = json.load(sys.stdin)
    sys.addaudithook(record)
    with tempfile.TemporaryDirectory() as temporary:
        worker.start(request["font_dir"], 1024**3, temporary, 60)
        results = {name: outcome(request["font_dir"], **document) for name, document in request["documents"].items()}
        opened.clear()
        Path(request["canary"]).read_text()
        json.dump({"results": results, "control": list(opened), "modules": sorted(sys.modules)}, sys.stdout)


if __name__ == "__main__":
    main()
