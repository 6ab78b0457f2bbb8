"""The PDFs in a real browser: pdf.js, Firefox's PDF viewer, finds every phrase and shows the picture."""

import contextlib
import functools
import http.server
import json
import queue
import shutil
import subprocess
import threading
from typing import Any

import pytest

from pipeline.formats.pdf import Description, write_pdf
from tests.conftest import ROOT
from tests.formats.test_pdf import BLOCKS, PHRASES

pytestmark = pytest.mark.slow

LOOK = """<!DOCTYPE html><meta charset="utf-8"><script type="module">
const tell = (what) => fetch("/told", {method: "POST", body: JSON.stringify(what)});
try {
  const pdfjs = await import("./pdfjs/legacy/build/pdf.min.mjs");
  globalThis.pdfjsLib = pdfjs;
  pdfjs.GlobalWorkerOptions.workerSrc = "./pdfjs/legacy/build/pdf.worker.min.mjs";
  const {EventBus, PDFFindController} = await import("./pdfjs/legacy/web/pdf_viewer.mjs");
  const pdf = await pdfjs.getDocument({url: "document.pdf", wasmUrl: "./pdfjs/wasm/"}).promise;
  const eventBus = new EventBus();
  const finder = new PDFFindController({eventBus, linkService: {page: 1, pagesCount: pdf.numPages}});
  finder.setDocument(pdf);
  const find = (query) => new Promise((done) => {
    const end = (count) => {
      eventBus.off("updatefindmatchescount", some);
      eventBus.off("updatefindcontrolstate", none);
      done(count);
    };
    const some = ({matchesCount}) => { if (matchesCount.total) end(matchesCount.total); };
    const none = ({state}) => { if (state === 1) end(0); };
    eventBus.on("updatefindmatchescount", some);
    eventBus.on("updatefindcontrolstate", none);
    eventBus.dispatch("find", {source: {}, type: "", query, caseSensitive: false, entireWord: false,
                               highlightAll: true, findPrevious: false, matchDiacritics: true});
  });
  const found = {};
  for (const phrase of PHRASES) found[phrase] = await find(phrase);
  const page = await pdf.getPage(1);
  const viewport = page.getViewport({scale: 1});
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [viewport.width, viewport.height];
  const canvasContext = canvas.getContext("2d");
  await page.render({canvas, canvasContext, viewport}).promise;
  const shown = (x, y) => canvasContext.getImageData(x, y, 1, 1).data[0];
  const items = (await page.getTextContent()).items.map((item) => [item.str, item.transform[4]]);
  tell({found, paper: shown(5, 5), ink: shown(...INK), items});
} catch (error) { tell({error: String(error), stack: error.stack}); }
</script>"""


@contextlib.contextmanager
def _served(folder):
    """Serve a folder on the loopback; yield its address and what pages post to it."""
    report: queue.Queue[dict[str, Any]] = queue.Queue()

    class Handler(http.server.SimpleHTTPRequestHandler):
        extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript"}  # noqa: RUF012

        def do_POST(self):  # the library's name
            report.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            """Print nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", report
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module", params=["JPEG", "JPEG2000"])
def seen(request, make, tmp_path_factory):
    """Return what a browser sees of a document with one or the other kind of picture, and its page."""
    from PIL import Image  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("browser")
    page = make.page(*BLOCKS)
    with Image.open(make.picture(page, folder / "a.jpg")) as picture:
        picture.save(folder / "picture", request.param)
    write_pdf(Description("x"), [page], [folder / "picture"], folder / "document.pdf")
    brought = subprocess.run([ROOT / "script" / "pdfjs"], capture_output=True, text=True, check=False)
    assert brought.returncode == 0, brought.stderr
    (folder / "pdfjs").symlink_to(brought.stdout.strip())
    word = page.blocks[0].lines[0].words[0].box
    scale = 72 / page.dpi
    ink = [round((word.left + word.right) / 2 * scale), round((word.top + word.bottom) / 2 * scale)]
    html = LOOK.replace("PHRASES", json.dumps(PHRASES)).replace("INK", json.dumps(ink))
    (folder / "look.html").write_text(html, "utf-8")
    with _served(folder) as (address, report):
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        profile = folder / "profile"
        browser = subprocess.Popen(
            ["chromium", *options, f"--user-data-dir={profile}", "--remote-debugging-port=0", f"{address}/look.html"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield report.get(timeout=120), page
        finally:
            browser.terminate()
            browser.wait(timeout=30)
            shutil.rmtree(profile, ignore_errors=True)


def test_every_phrase_is_found(seen):
    """With pdf.js's own search, as a reader types it."""
    report, _ = seen
    assert report.get("error") is None, report
    assert report["found"] == dict.fromkeys(PHRASES, 1)


def test_the_picture_is_shown(seen):
    """Grey paper, and ink where there is a word."""
    report, _ = seen
    assert abs(report["paper"] - 230) < 12
    assert report["ink"] < 140


def test_the_words_lie_over_their_picture(seen):
    """Within two pixels."""
    report, page = seen
    places = [(text, left * page.dpi / 72) for text, left in report["items"] if text.strip()]
    # pdf.js joins neighbours on a line, and reports where a line begins.
    for word in (line.words[0] for block in page.blocks for line in block.lines):
        assert any(text.startswith(word.text) and abs(left - word.box.left) <= 2 for text, left in places), word.text
