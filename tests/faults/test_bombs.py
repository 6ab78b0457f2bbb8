"""A box of dangerous files: each file fails with its own code, and the good scan among them is archived."""

import pikepdf
import pytest
from PIL import Image

from config.settings import load
from models.errors import ScanError
from models.failure import Code
from models.scan import Kind
from pipeline.archive.bag import bags
from pipeline.archive.fixity import verify_bag
from pipeline.intake.inspect import inspect
from tests.cli.conftest import write_page
from tests.faults import bombs
from tests.faults.conftest import assert_nothing_is_left

REFUSED = {
    "bomb.png": (bombs.png_bomb, "page-too-large"),
    "bomb.tif": (bombs.tiff_bomb, "page-too-large"),
    "picture.pdf": (bombs.pdf_picture_bomb, "page-too-large"),
    "wall.pdf": (bombs.pdf_wall, "page-too-large"),
    "tree-loop.pdf": (bombs.pdf_tree_loop, "damaged"),
}
FAILED = {"stream.pdf": (bombs.pdf_stream_bomb, "out-of-memory")}
READ = {"loop.tif": bombs.tiff_loop, "form-loop.pdf": bombs.pdf_form_loop}


def test_a_box_of_horrors_ends_with_each_accounted_for(bannasar, box):
    """Dangerous files are refused at once, or fail alone after a second try; nothing is harmed, nothing is left."""
    for name, (write, _) in (REFUSED | FAILED).items():
        write(box / name)
    for name, write in READ.items():
        write(box / name)
    write_page(box / "sound.png", "Le greffier en chef")
    limits = {"BANNASAR_LIMITS__PAGE_SECONDS": "20", "BANNASAR_LIMITS__PAGE_MEGABYTES": "1000"}
    done = bannasar("run", box, **limits)
    assert done.returncode == 2, done.stderr
    scans = bannasar.scans("box-1")
    assert {path: scan["code"] for path, scan in scans.items() if scan["state"] == "refused"} == {
        name: code for name, (_, code) in REFUSED.items()
    }
    assert {path: scan["code"] for path, scan in scans.items() if scan["state"] == "failed"} == {
        name: code for name, (_, code) in FAILED.items()
    }
    assert {path for path, scan in scans.items() if scan["state"] == "archived"} == {*READ, "sound.png"}
    assert [verify_bag(bag) for bag in bags(bannasar.archive)] == [[], [], []]
    assert_nothing_is_left(bannasar.archive)


def test_a_page_that_draws_for_ever_fails_after_a_second_try(bannasar, box):
    """Its time limit is short here: no page has to be read within it."""
    bombs.pdf_that_draws_for_ever(box / "for-ever.pdf")
    assert bannasar("run", box, BANNASAR_LIMITS__PAGE_SECONDS="2").returncode == 2
    (story,) = bannasar.json("show", "for-ever.pdf")["scans"]
    tries = [(attempt["outcome"], attempt["code"]) for attempt in story["attempts"]]
    assert tries == [("done", None), ("failed", "timeout"), ("failed", "timeout")]
    assert_nothing_is_left(bannasar.archive)


def test_a_run_stops_by_itself_when_the_machine_must_be_at_fault(bannasar, box):
    """Not after a night of timeouts, but after the first dozen; the next run does the rest."""
    for number in range(30):
        bombs.pdf_that_draws_for_ever(box / f"{number:02}.pdf")
        with (box / f"{number:02}.pdf").open("ab") as stream:
            stream.write(b"%%%d\n" % number)
    done = bannasar("run", box, BANNASAR_LIMITS__PAGE_SECONDS="1")
    assert done.returncode == 2
    assert "Stopped: 10 of 1" in done.stderr.replace("\n", " ")
    assert "10 in the same way. A page took longer than the time limit." in done.stderr.replace("\n", " ")
    (counts,) = [one["counts"] for one in bannasar.json("status")["boxes"]]
    assert counts["pending"] == 30
    assert "10 scans" in bannasar("failures").stdout
    assert_nothing_is_left(bannasar.archive)


def test_a_page_of_20000_pixels_is_read(bannasar, box):
    """A long sheet, for example of a register, is a normal page."""
    whole = Image.open(write_page(box / "sheet.png", "Ligne du registre", dpi=150))
    sheet = whole.crop((0, 0, whole.width // 2, whole.height))
    (box / "sheet.png").unlink()
    long = Image.new("L", (sheet.width, 20_000), 255)
    for top in range(0, long.height, sheet.height):
        long.paste(sheet, (0, top))
    long.save(box / "long.png", dpi=(150, 150))
    done = bannasar("run", box)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(bannasar.json("search", "registre")["hits"]) == 1


def test_a_pdf_of_5000_pages_is_told_by_its_pages(tmp_path):
    """It is inspected in seconds; a file with too many pages is refused without inspecting them."""
    with pikepdf.new() as pdf:
        for _ in range(5000):
            pdf.add_blank_page(page_size=(595, 842))
        pdf.save(tmp_path / "many.pdf")
    limits = load().limits
    assert inspect(tmp_path / "many.pdf", limits, 300) == (Kind.PDF, 5000)
    with pytest.raises(ScanError) as refusal:
        inspect(tmp_path / "many.pdf", limits.model_copy(update={"scan_pages": 4999}), 300)
    assert refusal.value.failure.code is Code.TOO_MANY_PAGES
