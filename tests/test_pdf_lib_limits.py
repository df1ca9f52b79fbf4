"""A document may be hostile, endless or broken: the process that makes PDFs ends, the application does not."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import date
from multiprocessing import active_children
from pathlib import Path

import pytest

from kepol.lib.pdf.document import PdfDocument
from kepol.lib.pdf.errors import RendererBusy, RenderFailed, RenderRefused, RenderTimeout
from kepol.lib.pdf.renderer import Limits, Renderer

pytestmark = pytest.mark.one_database

ROOT = Path(__file__).resolve().parent.parent
FONTS = ROOT / "static" / "fonts"
ENDLESS = "<table><tr><td colspan=100000>x</td></tr></table>"


def document_of(body, **values):
    html = f'<html lang="de"><head><title>Prüfung</title></head><body><h1>Prüfung</h1>{body}</body></html>'
    return PdfDocument(html=html, created_on=date(2025, 5, 13), **values)


def works(renderer):
    return renderer.render(document_of("<p>x</p>")).startswith(b"%PDF-1.7")


@pytest.fixture(scope="module")
def shared():
    """One renderer for all tests: a start costs seconds, and every test leaves one that works."""
    renderer = Renderer(FONTS)
    yield renderer
    renderer.stop()


@pytest.fixture
def renderer(shared, monkeypatch):
    """A running renderer whose limits may be changed for one test: `renderer(seconds=1)`."""
    assert works(shared)

    def limited(**limits):
        monkeypatch.setattr(shared, "limits", replace(shared.limits, **limits))
        return shared

    return limited


def number_of(renderer):
    return renderer._process.number


def test_endless_document_is_ended_and_the_next_one_works(renderer):
    renderer = renderer(seconds=1)
    before = number_of(renderer)
    begin = time.monotonic()
    with pytest.raises(RenderTimeout, match="nicht innerhalb von 1 Sekunden fertig"):
        renderer.render(document_of(ENDLESS))
    assert time.monotonic() - begin < 3
    assert before not in {child.pid for child in active_children()}
    renderer.limits = Limits()
    assert works(renderer)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("<blockquote>" * 400 + "x", "zu tief verschachtelt"),
        ('<p style="font-size: 9999999px">x</p>', "ließ sich kein PDF erzeugen"),
    ],
)
def test_impossible_document_fails_with_a_sentence_and_the_next_one_works(shared, body, message):
    with pytest.raises(RenderFailed, match=message):
        shared.render(document_of(body))
    assert works(shared)


def test_document_beyond_the_memory_limit_fails_and_the_next_one_works(shared):
    huge = {"asset:huge.png": (bytes(800 * 1024**2), "image/png")}
    with pytest.raises(RenderFailed, match="zu viel Speicher"):
        shared.render(document_of("<p>x</p>", assets=huge))
    assert works(shared)


def test_second_request_waits_its_patience_then_is_told(renderer):
    renderer = renderer(patience=0.2)
    rows = "<tr><td>Maßnahme</td><td>Ziel</td></tr>" * 400
    with ThreadPoolExecutor() as threads:
        long = threads.submit(renderer.render, document_of(f"<table>{rows}</table>"))
        time.sleep(0.3)
        begin = time.monotonic()
        with pytest.raises(RendererBusy, match="Gerade wird ein anderes PDF erzeugt"):
            renderer.render(document_of("<p>x</p>"))
        assert 0.15 < time.monotonic() - begin < 1
        assert not long.done()
    assert long.result().startswith(b"%PDF-1.7")


def test_second_request_gets_its_turn_within_its_patience(renderer):
    renderer = renderer(patience=10)
    with ThreadPoolExecutor() as threads:
        made = [threads.submit(works, renderer) for _ in range(4)]
    assert [result.result() for result in made] == [True] * 4


def test_process_killed_while_rendering_is_a_failure_and_the_next_one_works(renderer):
    renderer = renderer()
    threading.Timer(0.5, os.kill, (number_of(renderer), signal.SIGKILL)).start()
    with pytest.raises(RenderFailed, match="abgestürzt"):
        renderer.render(document_of(ENDLESS))
    assert works(renderer)


def test_process_killed_while_idle_is_not_noticed(renderer):
    renderer = renderer()
    os.kill(number_of(renderer), signal.SIGKILL)
    assert works(renderer)


def test_process_is_replaced_after_its_documents(renderer):
    renderer = renderer(documents=1)
    first = number_of(renderer)
    assert works(renderer)
    assert renderer._process is None
    renderer.limits = Limits()
    assert works(renderer)
    assert number_of(renderer) != first


def test_refused_document_names_the_url_and_costs_no_process(renderer):
    renderer = renderer()
    before = number_of(renderer)
    with pytest.raises(RenderRefused, match=r"„https://example\.org/a\.png“") as refused:
        renderer.render(document_of('<img src="https://example.org/a.png" alt="x">'))
    assert refused.value.urls == ("https://example.org/a.png",)
    assert works(renderer)
    assert number_of(renderer) == before


def test_stopped_renderer_leaves_no_process_and_no_files(renderer):
    renderer = renderer()
    number, temporary = number_of(renderer), Path(renderer._process.temporary)
    assert temporary.is_dir()
    renderer.stop()
    assert number not in {child.pid for child in active_children()}
    assert not temporary.exists()


def test_missing_fonts_are_told_with_what_to_do(tmp_path):
    with pytest.raises(RenderFailed, match="make setup"):
        Renderer(tmp_path).render(document_of("<p>x</p>"))


ORPHANING = """
import os, signal, sys
from datetime import date
from pathlib import Path
from kepol.lib.pdf.document import PdfDocument
from kepol.lib.pdf.renderer import Limits, Renderer
if __name__ == "__main__":
    renderer = Renderer(Path(sys.argv[1]))
    renderer.render(PdfDocument(html="<html lang=de><title>x</title>", created_on=date(2025, 5, 13)))
    print(renderer._process.number, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_render_process_ends_with_a_killed_parent(tmp_path):
    program = tmp_path / "orphaning.py"
    program.write_text(ORPHANING)
    finished = subprocess.run(
        [sys.executable, str(program), str(FONTS)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert finished.returncode == -signal.SIGKILL, finished.stderr
    assert ended_within(int(finished.stdout), seconds=5)


def ended_within(number, seconds):
    """Tell whether a process is gone, or a zombie that nobody asked about, in time."""
    status = Path(f"/proc/{number}/status")
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if "State:\tZ" in status.read_text():
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.audit
def test_table_of_five_thousand_rows_comes_out_or_is_ended_in_time(renderer):
    renderer = renderer()
    begin = time.monotonic()
    with suppress(RenderTimeout):
        renderer.render(document_of("<table>" + "<tr><td>a</td><td>b</td></tr>" * 5000 + "</table>"))
    assert time.monotonic() - begin < 33
    assert works(renderer)
