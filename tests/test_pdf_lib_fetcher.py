"""A PDF never contains or asks for anything it was not given: hostile HTML, CSS and SVG in the real worker."""

import base64
import io
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pikepdf
import pytest

pytestmark = pytest.mark.one_database

ROOT = Path(__file__).resolve().parent.parent
FONTS = ROOT / "static" / "fonts"
CANARY = "kanarienvogel-7f3a9c"
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYPj/HwADAgH/p0T9CwAAAABJRU5ErkJggg=="
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><title>x</title>{}</svg>'

# Name -> (body, stylesheet, whether the document asks the fetcher and is therefore refused).
# FILE, DIRECTORY and HTTP stand for the canary file, its directory and the canary server.
VECTORS = {
    "img file": ('<img src="FILE" alt="x">', "", True),
    "img http": ('<img src="HTTP" alt="x">', "", True),
    "img upper case": ('<img src="FILE-UPPER" alt="x">', "", True),
    "img one slash": ('<img src="FILE-ONE-SLASH" alt="x">', "", True),
    "img ftp": ('<img src="ftp://127.0.0.1/x" alt="x">', "", True),
    "img data": (f'<img src="data:image/png;base64,{DOT}" alt="x">', "", True),
    "img traversal": ('<img src="asset:../../../FILE" alt="x">', "", True),
    "img encoded traversal": ('<img src="asset:%2e%2e/%2e%2e/FILE" alt="x">', "", True),
    "img asset with query": ('<img src="asset:dot.png?x" alt="x">', "", True),
    "img relative": ('<img src="canary.txt" alt="x">', "", False),
    "img absolute path": ('<img src="PATH" alt="x">', "", False),
    "img protocol relative": ('<img src="//127.0.0.1/x" alt="x">', "", False),
    "img srcset": ('<img srcset="HTTP 1x" alt="x">', "", False),
    "embed": ('<embed src="FILE" type="image/png">', "", True),
    "object": ('<object data="FILE" type="image/png"></object>', "", True),
    "iframe": ('<iframe src="FILE"></iframe>', "", False),
    "script": ('<script src="HTTP"></script>', "", False),
    "input image": ('<input type="image" src="HTTP">', "", False),
    "video poster": ('<video poster="HTTP"></video>', "", False),
    "link stylesheet": ('<link rel="stylesheet" href="HTTP">', "", True),
    "link stylesheet file": ('<link rel="stylesheet" href="FILE">', "", True),
    "link attachment": ('<link rel="attachment" href="FILE">', "", True),
    "link attachment http": ('<link rel="attachment" href="HTTP">', "", True),
    "a attachment": ('<a rel="attachment" href="FILE">x</a>', "", True),
    "a attachment http": ('<a rel="attachment" href="HTTP">x</a>', "", True),
    "link icon": ('<link rel="icon" href="HTTP">', "", False),
    "base and relative": ('<base href="DIRECTORY"><img src="canary.txt" alt="x">', "", True),
    "style import": ('<style>@import "HTTP";</style>', "", True),
    "style background": ("<style>p { background: url(FILE) }</style><p>x</p>", "", True),
    "style attribute": ('<p style="background: url(HTTP)">x</p>', "", True),
    "import": ("", '@import "FILE";', True),
    "import url": ("", "@import url(HTTP);", True),
    "background": ("<p>x</p>", "p { background-image: url(FILE) }", True),
    "variable": ("<p>x</p>", ":root { --u: url(FILE) } p { background: var(--u) }", True),
    "content": ("<p>x</p>", "p::before { content: url(FILE) }", True),
    "list style image": ("<ul><li>x</li></ul>", "li { list-style-image: url(FILE) }", True),
    "border image": ("<p>x</p>", "p { border: 9px solid; border-image: url(FILE) 1 }", True),
    "mask image": ("<p>x</p>", "p { mask-image: url(FILE) }", False),
    "cursor": ("<p>x</p>", "p { cursor: url(FILE), auto }", False),
    "image set": ("<p>x</p>", 'p { background: image-set("FILE" 1x) }', False),
    "font face": ("<p>x</p>", "@font-face { font-family: a; src: url(FILE) } p { font-family: a }", True),
    "font face http": ("<p>x</p>", "@font-face { font-family: a; src: url(HTTP) } p { font-family: a }", True),
    "font face local": ("<p>x</p>", "@font-face { font-family: a; src: local('DejaVu Sans') }", True),
    "page background": ("<p>x</p>", "@page { background: url(FILE) }", True),
    "page margin content": ("<p>x</p>", "@page { @top-left { content: url(HTTP) } }", True),
    "colour profile": ("<p>x</p>", "@color-profile --a { src: url(FILE) }", True),
    "presentational hint table": ('<table><tr><td background="FILE">x</td></tr></table>', "", False),
    "presentational hint body": ('<div background="HTTP">x</div>', "", False),
    "svg image": (SVG.format('<image href="FILE" width="9" height="9"/>'), "", True),
    "svg image xlink": (SVG.format('<image xlink:href="HTTP" width="9" height="9"/>'), "", True),
    "svg use": (SVG.format('<use href="FILE#x"/>'), "", False),
    "svg style import": (SVG.format('<style>@import "HTTP";</style>'), "", False),
    "svg data": ('<img alt="x" src="data:image/svg+xml;base64,SVG-BASE64">', "", True),
    "xml entity": ('<!DOCTYPE a [<!ENTITY b SYSTEM "FILE">]><p>&b;</p>', "", False),
    "xinclude": ('<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="FILE" parse="text"/>', "", False),
    "meta refresh": ('<meta http-equiv="refresh" content="0; url=HTTP">', "", False),
}
CONTROLS = {"known asset": ('<img src="asset:dot.png" alt="x">', "p { background: url(asset:dot.png) }", False)}


class CanaryServer(BaseHTTPRequestHandler):
    """Answers every request with the canary and remembers that it was asked."""

    asked: list[str] = []

    def do_GET(self) -> None:
        """Note the path and give the canary away."""
        self.asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(CANARY.encode())

    def log_message(self, *arguments: object) -> None:
        """Keep the test output clean."""


@pytest.fixture(scope="module")
def canary(tmp_path_factory):
    path = tmp_path_factory.mktemp("canary") / "canary.txt"
    path.write_text(CANARY)
    return path


@pytest.fixture(scope="module")
def watched(canary):
    """Render every vector in one watched worker."""
    CanaryServer.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), CanaryServer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    names = placeholders(canary, f"http://127.0.0.1:{server.server_port}/canary.css")
    documents = {name: filled(body, css, names) for name, (body, css, _) in (VECTORS | CONTROLS).items()}
    request = {"font_dir": str(FONTS), "canary": str(canary), "documents": documents}
    finished = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "pdf_watch.py")],
        input=json.dumps(request),
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    server.shutdown()
    server.server_close()
    assert finished.returncode == 0, finished.stderr[-2000:]
    return json.loads(finished.stdout)


def placeholders(canary, http):
    inner = SVG.format(f'<image href="{canary.as_uri()}" width="9" height="9"/>')
    return {
        "SVG-BASE64": base64.b64encode(inner.encode()).decode(),
        "FILE-UPPER": canary.as_uri().replace("file:", "FILE:"),
        "FILE-ONE-SLASH": f"file:{canary}",
        "DIRECTORY": f"{canary.parent.as_uri()}/",
        "FILE": canary.as_uri(),
        "PATH": str(canary),
        "HTTP": http,
    }


def filled(body, css, names):
    for name, value in names.items():
        body, css = body.replace(name, value), css.replace(name, value)
    html = f'<html lang="de"><head><title>Prüfung</title></head><body><h1>Prüfung</h1>{body}</body></html>'
    return {"html": html, "stylesheet": css, "assets": {"asset:dot.png": DOT}}


def decompressed(data):
    """Return everything a PDF holds as bytes, streams decoded."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        streams = [found for found in pdf.objects if isinstance(found, pikepdf.Stream)]
        readable = b"".join(stream.read_bytes() for stream in streams if stream.get("/Subtype") != "/Image")
        return readable + b"".join(found.unparse() for found in pdf.objects if not isinstance(found, pikepdf.Stream))


def attachments(data):
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return list(pdf.attachments)


@pytest.mark.parametrize("name", VECTORS)
def test_hostile_document_leaks_nothing(watched, canary, name):
    result = watched["results"][name]
    assert [path for path in result["opened"] if canary.name in path] == []
    assert result["connected"] == []
    data = base64.b64decode(result["pdf"] or "")
    assert not data or (CANARY.encode() not in decompressed(data) and attachments(data) == [])


@pytest.mark.parametrize("name", VECTORS | CONTROLS)
def test_document_that_asks_is_refused_and_names_the_url(watched, name):
    result = watched["results"][name]
    asks = (VECTORS | CONTROLS)[name][2]
    assert (result["error"], bool(result["urls"])) == (("RenderRefused", True) if asks else (None, False))


def test_canary_server_was_never_asked(watched):
    assert CanaryServer.asked == []


def test_vectors_cover_at_least_the_measured_43():
    assert len(VECTORS) >= 43


def test_watch_sees_an_open_of_the_canary(watched, canary):
    assert watched["control"] == [str(canary)]


def test_worker_knows_neither_django_nor_a_database(watched):
    roots = {name.split(".")[0] for name in watched["modules"]}
    assert roots & {"django", "sqlite3", "psycopg"} == set()
