"""`bannasar report --html`: one complete page, as a browser shows and prints it."""

import json
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Bannasar, write_page
from tests.cli.test_rerun import write_half

LOOK = """<script>addEventListener("load", () => {
  const told = {
    pictures: [...document.images].filter(image => image.naturalWidth > 100).length,
    bars: [...document.querySelectorAll("rect")].filter(bar => bar.getBBox().height > 5).length,
    fits: document.documentElement.scrollWidth <= innerWidth,
    asked: performance.getEntriesByType("resource").filter(one => !one.name.startsWith("data:")).length,
    pages: [...document.querySelectorAll(".pages b")].map(page => page.textContent),
    alarm: window.alarm === true,
  };
  document.body.innerHTML = "<pre id=told>" + JSON.stringify(told) + "</pre>";
});</script>"""


def _chromium(*arguments: object) -> str:
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = ["chromium", *options, f"--user-data-dir={profile}", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, encoding="utf-8", check=True, timeout=120).stdout


def _seen(page: Path, width: int) -> dict[str, Any]:
    """Return what a browser sees on a page, at a width of so many pixels."""
    watched = page.with_name("watched.html")
    watched.write_text(page.read_text("utf-8").replace("</body>", LOOK + "</body>"), "utf-8")
    shown = _chromium(f"--window-size={width},900", "--virtual-time-budget=5000", "--dump-dom", watched.as_uri())
    (told,) = re.findall(r"<pre id=\"told\">(.*?)</pre>", shown, re.DOTALL)
    return json.loads(told.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Return the report of a box with a good scan, a half of one, and one whose name is a script."""
    folder = tmp_path_factory.mktemp("report")
    box = folder / "ប្រអប់ 1"
    court = "សាលាដំបូងខេត្តកំពត"
    write_page(box / "good.png", court, "សាលក្រមព្រហ្មទណ្ឌ", "លេខ ២១៤/៩៨", "ថ្ងៃទី២២ ខែមិថុនា ឆ្នាំ១៩៩៨")
    write_page(box / "<script>alarm=true<_script>.png", "Le greffier en chef")
    write_half(box / "half.tif")
    bannasar = Bannasar(folder / "archive")
    assert bannasar("run", box).returncode == 2
    done = bannasar("report", box.name, "--html", folder / "report.html")
    assert done.returncode == 0, done.stderr
    return folder / "report.html"


@pytest.mark.parametrize("width", [1200, 500])
def test_a_browser_shows_it_whole(page, width):
    """Pictures and charts are there, it fits the window, nothing is loaded, and no file name is run as a script."""
    seen = _seen(page, width)
    assert seen["pictures"] == 4
    assert seen["bars"] >= 2
    assert seen["fits"]
    assert seen["asked"] == 0
    assert not seen["alarm"]
    assert seen["pages"][0] == "half.tif, page 2"
    assert "<script>alarm=true<_script>.png, page 1" in seen["pages"]


def test_it_tells_what_is_in_the_box(page):
    """Kinds, courts, years and case numbers, counted and document by document."""
    told = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.read_text("utf-8").partition("<h2>What is in it</h2>")[2]))
    assert "Kinds unknown 1 · judgment 1" in told
    assert "Courts សាលាដំបូងខេត្តកំពត 1" in told
    assert "Years 1998 1" in told
    assert "1. good judgment 1998-06-22 សាលាដំបូងខេត្តកំពត 214/98 1" in told


def test_it_prints_on_paper(page):
    """Two sheets or so, with the counts on the first."""
    pdf = page.with_suffix(".pdf")
    _chromium("--no-pdf-header-footer", f"--print-to-pdf={pdf}", page.as_uri())
    text = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, encoding="utf-8", check=True).stdout
    assert "4 pages in = 2 archived + 0 blank + 2 failed" in re.sub(r"\s+", " ", text)
    assert "no-text" in text
    assert text.count("\f") <= 3
