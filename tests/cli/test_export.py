"""What is exported from an archive for other programs."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from PIL import Image

from pipeline.archive.bag import read_bag
from tests.cli.conftest import write_page


def test_a_case_file_becomes_files_that_a_viewer_of_the_iiif_shows(archived, tmp_path):
    """Each page has the size that its text has, each address is below the given one."""
    base = "https://archive.example/iiif/"
    done = archived("export", "iiif", "box_a.jpg", "--to", tmp_path / "iiif", "--base", base)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "iiif" / "box_a.jpg"
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["id"] == f"{base}box_a.jpg/manifest.json"
    (canvas,) = manifest["items"]
    picture = canvas["items"][0]["items"][0]["body"]["id"].removeprefix(f"{base}box_a.jpg/")
    with Image.open(folder / picture) as image:
        assert image.size == (canvas["width"], canvas["height"])
    text = canvas["annotations"][0]["id"].removeprefix(f"{base}box_a.jpg/")
    told = json.loads((folder / text).read_text("utf-8"))
    assert "សាលក្រមព្រហ្មទណ្ឌ" in told["items"][0]["body"]["value"]


def test_a_case_file_becomes_hocr(archived, tmp_path):
    """One file for each document, with every word."""
    assert archived("export", "hocr", "box_a.jpg", "--to", tmp_path / "hocr").returncode == 0
    (file,) = (tmp_path / "hocr").iterdir()
    _, (page,) = read_bag(archived.archive / "bags" / "box" / "box_a.jpg")
    words = [word.text for block in page.blocks for line in block.lines for word in line.words]
    assert file.read_text("utf-8").count("ocrx_word") == len(words) + 1  # and once where it says what there is
    done = subprocess.run(
        [Path(sys.executable).with_name("hocr-spec"), file], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "Document is valid" in done.stdout


@pytest.mark.parametrize("what", ["pdf", "hocr", "iiif"])
def test_nothing_is_written_over_and_no_damaged_case_file_goes_out(archived, tmp_path, what):
    """A second export is refused, and what is there stays; a changed bag is refused, too."""
    more = ["--base", "https://archive.example"] if what == "iiif" else []
    command = ("export", what, "box_a.jpg", "--to", tmp_path / "out", *more)
    assert archived(*command).returncode == 0
    before = {file: file.stat().st_mtime_ns for file in (tmp_path / "out").rglob("*")}
    again = archived(*command)
    assert again.returncode == 1
    assert "is there already" in again.stderr
    (archived.archive / "bags" / "box" / "box_a.jpg" / "data" / "case.json").write_text("{}", "utf-8")
    damaged = archived("export", what, "box_a.jpg", "--to", tmp_path / "other", *more)
    assert damaged.returncode == 2
    assert "not as it was sealed" in damaged.stderr
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "out").rglob("*")} == before
    assert "no case file box_x" in archived("export", what, "box_x", "--to", tmp_path, *more).stderr


def test_pages_may_be_shown_as_they_were_scanned(bannasar, tmp_path):
    """A page that was scanned on its side stays so in the PDF; its text is found, and its hit is marked upright."""
    made = write_page(tmp_path / "page.png", "ព្រះរាជាណាចក្រកម្ពុជា", "សាលក្រមព្រហ្មទណ្ឌ លេខ ២១៤", "Le greffier en chef")
    (tmp_path / "box").mkdir()
    with Image.open(made) as image:
        image.rotate(90, expand=True).save(tmp_path / "box" / "a.png", dpi=(150, 150))
        upright = image.size
    assert bannasar("run", tmp_path / "box", BANNASAR_PDF__UPRIGHT="false").returncode == 0
    pdf = bannasar.archive / "bags" / "box" / "box_a.png" / "data" / "documents" / "001.pdf"
    with pikepdf.open(pdf) as document:
        (picture,) = document.pages[0].get_images().values()
        assert (int(picture.Width), int(picture.Height)) == upright[::-1]
    assert bannasar("search", "សាលក្រមព្រហ្មទណ្ឌ", "--pictures", tmp_path / "pictures").returncode == 0
    (file,) = (tmp_path / "pictures").iterdir()
    with Image.open(file) as hit:
        assert hit.size == pytest.approx(upright, abs=2)
        red, green, blue = np.asarray(hit.convert("RGB")).astype(int).transpose(2, 0, 1)
    rows = np.flatnonzero(((red > 200) & (green > 180) & (blue < 120)).any(axis=1))
    assert 0 < rows[0] < rows[-1] < upright[1] / 3
