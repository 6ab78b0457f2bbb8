"""What failed is seen, understood and done again: `failures`, `show`, `rerun`, partial case files."""

import hashlib
import json
import platform
import re
import shutil
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from PIL import Image, ImageDraw

from config.settings import load
from models.case import CaseFile
from models.page import Page
from pipeline.archive.bag import bags, read_bag, read_case
from pipeline.archive.fixity import verify_bag
from pipeline.archive.results import Results, packed
from pipeline.page.recipe import fingerprint
from samples.hand import put, scrawl
from tests.cli.conftest import write_page, write_pages
from tests.faults.conftest import results
from tests.gate import Gate


@pytest.fixture
def box(tmp_path):
    folder = tmp_path / "box-1"
    folder.mkdir()
    return folder


def write_half(file: Path) -> Path:
    """Write a TIFF whose first page is text, and whose second is print that cannot be read."""
    first = Image.open(write_page(file.with_suffix(".png"), "Première pièce du dossier"))
    second = Image.new("L", first.size, 255)
    ImageDraw.Draw(second).ellipse((300, 300, 900, 900), fill=40)
    first.convert("L").save(file, save_all=True, append_images=[second], dpi=(150, 150))
    file.with_suffix(".png").unlink()
    return file


def _cases(bannasar) -> list[CaseFile]:
    return [read_bag(bag)[0] for bag in bags(bannasar.archive)]


def test_a_case_file_waits_whole_for_a_page_that_failed(bannasar, box):
    """Nothing of it is archived silently; what was read is kept; the report accounts for every page."""
    write_half(box / "dossier" / "1.tif")
    write_page(box / "dossier" / "2.png", "Deuxième pièce")
    write_page(box / "3.png", "Une lettre seule")
    done = bannasar("run", box)
    assert done.returncode == 2
    states = {path: (scan["state"], scan["code"]) for path, scan in bannasar.scans("box-1").items()}
    assert states == {
        "dossier/1.tif": ("failed", "no-text"),
        "dossier/2.png": ("failed", "case-incomplete"),
        "3.png": ("archived", None),
    }
    assert "box-1: 4 pages in = 1 archived, 3 failed." in done.stdout
    assert [case.title for case in _cases(bannasar)] == ["3"]
    assert len(list(bannasar.archive.rglob("*.json.gz"))) == 3


def test_a_page_that_cannot_be_archived_is_found_and_holds_nothing_else_back(bannasar, box):
    """It was read, but no PDF can be made of it: its kept result is impossible (0 dots per inch), or is cut off."""
    write_pages(box / "dossier" / "1.pdf", 3)
    write_pages(box / "dossier" / "2.pdf", 1)
    write_page(box / "3.png", "Une lettre seule")
    scan = hashlib.sha256((box / "dossier" / "1.pdf").read_bytes()).hexdigest()
    recipe = fingerprint(load().page)
    kept = Results(bannasar.archive)
    kept.put(packed(Page(scan=scan, number=2, recipe=recipe, width=100, height=100, dpi=0)))
    kept.put(packed(Page(scan=scan, number=3, recipe=recipe, width=100, height=100, dpi=100)))
    (cut,) = bannasar.archive.rglob("000003.json.gz")
    cut.write_bytes(cut.read_bytes()[:40])
    done = bannasar("run", box)
    assert done.returncode == 2, done.stderr
    assert "4 pages read" in done.stdout  # also the one whose result was cut off
    assert "--allow-partial" in done.stdout
    states = {path: (scan["state"], scan["code"]) for path, scan in bannasar.scans("box-1").items()}
    assert states["dossier/1.pdf"] == ("failed", "internal")
    assert states["dossier/2.pdf"] == ("failed", "case-incomplete")
    assert states["3.png"] == ("archived", None)
    assert "Page 2: " in bannasar.scans("box-1")["dossier/1.pdf"]["reason"]
    done = bannasar("run", box, "--allow-partial")
    assert done.returncode == 2, done.stderr
    (case,) = [case for case in _cases(bannasar) if case.folder]
    assert [(missing.path.name, missing.page) for missing in case.missing] == [("1.pdf", 2)]
    assert len(case.scans) == 2


def test_a_partial_case_file_is_archived_when_it_is_allowed_and_says_so(bannasar, box):
    """Its record names what is missing and why; a page in its PDF stands for it, so that the others keep theirs."""
    write_half(box / "dossier" / "1.tif")
    write_page(box / "dossier" / "2.png", "Deuxième pièce")
    assert bannasar("run", box).returncode == 2
    done = bannasar("rerun", "--failed", "--allow-partial")
    assert done.returncode == 2, done.stderr
    assert "partial" in done.stdout
    assert "box-1: 3 pages in = 2 archived, 1 failed." in done.stdout
    (case,) = _cases(bannasar)
    ((path, page, code),) = [(str(item.path), item.page, item.code) for item in case.missing]
    assert (path, page, code) == ("dossier/1.tif", 2, "no-text")
    (bag,) = bags(bannasar.archive)
    assert verify_bag(bag) == []
    with pikepdf.open(bag / "data" / "documents" / "001.pdf") as pdf:
        assert len(pdf.pages) == 2
    assert len(bannasar.json("search", "pièce")["hits"]) == 2
    told = bannasar("show", "dossier/1.tif").stdout
    assert "archived as partial" in told
    # It stays partial when its case file grows, and is complete when the scan is repaired.
    write_page(box / "dossier" / "4.png", "Quatrième pièce")
    assert bannasar("run", box).returncode == 2
    assert [len(case.missing) for case in _cases(bannasar)] == [1]
    assert "would do again: box-1/dossier/1.tif" in bannasar("rerun", "--failed", "--dry-run").stdout


def test_failures_are_grouped_by_code_with_examples_and_what_to_do(bannasar, box):
    """An operator sees at once what went wrong, how often, and what to do."""
    for number in range(5):
        (box / f"empty-{number}.tif").touch()
    write_half(box / "half.tif")
    bannasar("run", box)
    told = bannasar("failures").stdout
    assert told.index("empty  refused: 5 scans") < told.index("no-text  failed: 1 scan, 1 page")
    assert told.count("box-1/empty-") == 3
    assert "box-1/half.tif, page 2" in told
    assert "Scan the paper again" in told
    kinds = {kind["code"]: kind for kind in bannasar.json("failures")["failures"]}
    assert kinds["no-text"]["examples"][0]["page"] == 2


def test_show_tells_a_scans_whole_story(bannasar, box):
    """Every attempt with its start, worker, recipe, versions and result."""
    write_half(box / "half.tif")
    bannasar("run", box)
    (story,) = bannasar.json("show", "half.tif")["scans"]
    assert [page["state"] for page in story["pages"]] == ["read", "failed"]
    inspect, first, second = story["attempts"]
    assert inspect["step"] == "inspect"
    assert {first["outcome"], second["outcome"]} == {"done", "failed"}
    for attempt in story["attempts"]:
        assert attempt["started"] < attempt["ended"]
        assert attempt["worker"] == platform.node()
        assert attempt["versions"]["tesseract"]
    assert "no text was found on it" in bannasar("show", story["scan"]["sha256"][:12]).stdout
    assert bannasar("show", "nothing").returncode == 1


def test_show_and_report_tell_how_much_of_a_page_is_handwriting(bannasar, box):
    """A handwritten page is archived; its words are not searched."""
    rng = np.random.default_rng(1)
    page = np.full((1500, 1240), 255, np.uint8)
    for row in range(8):
        put(page, scrawl(16, 20, rng), 120, 100 + 120 * row)
    Image.fromarray(page).save(box / "letter.png", dpi=(150, 150))
    assert bannasar("run", box).returncode == 0
    assert "100.0 % handwriting" in bannasar("show", "letter.png").stdout
    (story,) = bannasar.json("show", "letter.png")["scans"]
    assert [page["handwriting"] for page in story["pages"]] == [1.0]
    report = box.with_name("report.html")
    assert bannasar("report", box.name, "--html", report).returncode == 0
    assert "100 % of the text is handwritten" in report.read_text("utf-8")


def test_rerun_does_what_its_dry_run_said(bannasar, box):
    """What failed with a code is done again, and nothing else."""
    write_page(box / "1.png", "Un")
    write_page(box / "2.png", "Deux")
    assert bannasar("run", box, BANNASAR_LIMITS__PAGE_MEGABYTES="80").returncode == 2
    assert {scan["code"] for scan in bannasar.scans("box-1").values()} == {"out-of-memory"}
    write_page(box / "3.png", "Trois")
    said = bannasar("rerun", "--code", "out-of-memory", "--dry-run").stdout
    assert re.findall(r"would do again: (\S+)", said) == ["box-1/1.png", "box-1/2.png"]
    assert bannasar("rerun", "--code", "timeout").stdout.startswith("There is nothing to do again")
    done = bannasar("rerun", "--code", "out-of-memory")
    assert done.returncode == 0, done.stderr
    assert {path: scan["state"] for path, scan in bannasar.scans("box-1").items()} == {
        "1.png": "archived",
        "2.png": "archived",
    }


def test_the_same_bytes_are_read_again_by_a_new_recipe_only(bannasar, archived_box):
    """Same bytes and recipe: nothing to do. A new recipe, or --stage recognise: read again, and archived again."""
    (before,) = bannasar.scans("box-1").values()
    assert "already read with today's recipe" in bannasar("rerun", "--box", "box-1").stdout
    assert "There is nothing to do again" in bannasar("rerun", "--below-confidence", "0.01").stdout
    new = {"BANNASAR_PAGE__DPI": "250"}
    assert "1 scan was read with an older recipe" in bannasar("run", archived_box, **new).stdout
    done = bannasar("rerun", "--below-confidence", "1", **new)
    assert done.returncode == 0, done.stderr
    assert "1 page read" in done.stdout
    (after,) = bannasar.scans("box-1").values()
    assert after["recipe"] != before["recipe"]
    assert "1 page read" in bannasar("rerun", "--scan", "1.png", "--stage", "recognise", **new).stdout
    (bag,) = bags(bannasar.archive)
    assert verify_bag(bag) == []
    case = read_case(bag)
    # It remembers each time before, as the journal does.
    assert [version.settings["page.dpi"] for version in (*case.history, case.version)] == ["300", "250", "250"]
    told = [json.loads(line) for line in (bannasar.archive / "journal.jsonl").read_text("utf-8").splitlines()]
    assert [version.manifest for version in case.history] == [line["manifest"] for line in told[:-1]]
    assert {line["by"] for line in told} == {case.operator}


@pytest.mark.usefixtures("archived_box")
def test_what_was_archived_stays_so_when_reading_it_again_fails(bannasar):
    """A rerun can only improve an archive."""
    (before,) = bannasar.scans("box-1").values()
    again = ["rerun", "--box", "box-1", "--stage", "recognise", "--allow-partial"]
    done = bannasar(*again, BANNASAR_LIMITS__PAGE_MEGABYTES="80")
    assert done.returncode == 2
    (told,) = [line for line in done.stdout.splitlines() if line.startswith("box-1/1.png stays archived as it is.")]
    assert "A page needed more memory" in told
    assert "No page was read; 1 page failed." in done.stdout
    assert "Nothing failed" in bannasar("failures").stdout
    (story,) = bannasar.json("show", "1.png")["scans"]
    assert "out-of-memory" in {attempt["code"] for attempt in story["attempts"]}
    (after,) = bannasar.scans("box-1").values()
    assert after == before
    assert len(bannasar.json("search", "greffier")["hits"]) == 1


def test_an_archived_scan_is_read_again_from_its_bag_when_its_box_is_gone(bannasar, box):
    """Boxes are returned; the archive keeps what is needed."""
    write_page(box / "1.png", "Le greffier en chef")
    bannasar("run", box)
    box.rename(box.with_name("gone"))
    done = bannasar("rerun", "--box", "box-1", "--stage", "recognise")
    assert done.returncode == 0, done.stderr
    assert "1 page read" in done.stdout


def test_a_failed_scan_that_is_gone_from_its_box_is_left_and_named(bannasar, box):
    """A rerun does everything that a dry run promised."""
    write_half(box / "half.tif")
    assert bannasar("run", box).returncode == 2
    (box / "half.tif").rename(box.parent / "half.tif")
    for more in (["--dry-run"], []):
        done = bannasar("rerun", "--failed", *more)
        assert f"left as it is: box-1/half.tif: it is no longer in {box}" in done.stdout
        assert "There is nothing to do again." in done.stdout
    (box.parent / "half.tif").rename(box / "half.tif")
    assert "1 scan, 2 pages would be done again" in bannasar("rerun", "--failed", "--dry-run").stdout


def test_a_locked_pdf_is_read_with_its_password(bannasar, box):
    """It is only read again by name; its bytes do not change; the password is written nowhere."""
    write_page(box / "plain.pdf", "Une pièce secrète")
    with pikepdf.open(box / "plain.pdf") as pdf:
        pdf.save(box / "locked.pdf", encryption=pikepdf.Encryption(user="sesame-12", owner="x"))
    (box / "plain.pdf").unlink()
    assert bannasar("run", box).returncode == 2
    assert "is only read again by name" in bannasar("rerun", "--box", "box-1").stdout
    assert "add --force" in bannasar("rerun", "--scan", "locked.pdf").stdout
    secret = box.parent / "secret"
    secret.write_text("wrong\n", "utf-8")
    assert bannasar("rerun", "--scan", "locked.pdf", "--password-file", secret).returncode == 2
    secret.write_text("sesame-12\n", "utf-8")
    done = bannasar("rerun", "--scan", "locked.pdf", "--password-file", secret, "--log-format", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(bannasar.json("search", "secrète")["hits"]) == 1
    (bag,) = bags(bannasar.archive)
    assert (bag / "data" / "originals" / "locked.pdf").read_bytes() == (box / "locked.pdf").read_bytes()
    assert list((bannasar.archive / "tmp").rglob("*.pdf")) == []
    for file in bannasar.archive.rglob("*"):
        assert not file.is_file() or b"sesame-12" not in file.read_bytes()
    assert "sesame-12" not in done.stdout + done.stderr
    # It has forgotten the password that it was given once.
    again = ["rerun", "--box", "box-1", "--stage", "recognise"]
    assert "left as it is: box-1/locked.pdf: locked.pdf needs its password" in bannasar(*again).stdout
    told = bannasar(*again, "--scan", "locked.pdf", "--password-file", secret, "--dry-run").stdout
    assert "1 scan, 1 page would be done again" in told
    secret.write_text("wrong\n", "utf-8")
    done = bannasar(*again, "--scan", "locked.pdf", "--password-file", secret)
    assert "box-1/locked.pdf stays archived as it is. The PDF is locked" in done.stderr
    assert [(scan["path"], scan["state"]) for scan in bannasar.json("status", "box-1")["boxes"][0]["scans"]] == [
        ("locked.pdf", "archived")
    ]


def test_a_refused_scan_comes_back_by_name_and_by_force(bannasar, box):
    """When the limits that refused it have changed."""
    write_page(box / "1.png", "Le greffier en chef")
    bannasar("run", box, BANNASAR_LIMITS__PAGE_MEGAPIXELS="1")
    assert bannasar.scans("box-1")["1.png"]["code"] == "page-too-large"
    assert bannasar("run", box).returncode == 2
    done = bannasar("rerun", "--scan", "box-1/1.png", "--force")
    assert done.returncode == 0, done.stderr
    assert bannasar.scans("box-1")["1.png"]["state"] == "archived"


def test_progress_for_machines(bannasar, box):
    """JSON lines on standard error; a file for Prometheus."""
    write_half(box / "half.tif")
    metrics = box.parent / "bannasar.prom"
    done = bannasar("run", box, "--log-format", "json", "--metrics-file", metrics)
    events = [json.loads(line) for line in done.stderr.splitlines()]
    assert events[0]["event"] == "begun"
    (failed,) = [event for event in events if event["event"] == "page failed"]
    assert (failed["path"], failed["page"], failed["code"]) == ("half.tif", 2, "no-text")
    assert (events[-1]["event"], events[-1]["pages_done"]) == ("ended", 2)
    text = metrics.read_text("utf-8")
    assert "bannasar_pages_read 1.0" in text
    assert "bannasar_cases_done 1.0" in text
    assert 'bannasar_failures_total{code="no-text"} 1.0' in text
    assert "bannasar_running 0.0" in text
    done = bannasar("watch", box, "--settle", "0", "--once", "--log-format", "json")
    events = [json.loads(line) for line in done.stderr.splitlines()]
    assert "Still watching" in next(event["note"] for event in events if event["event"] == "note")
    done = bannasar("run", box, "--metrics-file", box / "nowhere" / "x", "--log-format", "json")
    assert done.returncode == 1
    events = [json.loads(line) for line in done.stderr.splitlines()]
    assert [event["event"] for event in events][-2:] == ["stopped", "error"]
    assert "No such file or directory" in events[-1]["note"]


def test_numbers_that_cannot_be_kept_stop_no_run(bannasar, box):
    """A file that can never be written is reported at once; one that cannot be written later, while pages are read."""
    write_pages(box / "a.pdf", 3)
    metrics = box.parent / "numbers" / "bannasar.prom"
    done = bannasar("run", box, "--metrics-file", metrics)
    assert done.returncode == 1
    assert f"{metrics}: No such file or directory" in done.stderr
    assert results(bannasar.archive) == 0
    metrics.parent.mkdir()
    gate = Gate(box.parent, 1, "pipeline.archive.ledger:Ledger.begin_run")
    process = bannasar.start("run", box, "--workers", "1", "--metrics-file", metrics, gate=gate)
    gate.wait(process)
    assert metrics.exists()
    shutil.rmtree(metrics.parent)
    gate.open()
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, output + errors
    assert errors.count("The run continues without metrics") == 1


@pytest.mark.usefixtures("archived_box")
def test_rerun_wants_to_be_told_what(bannasar):
    """Doing everything again is never intended."""
    assert bannasar("rerun").returncode == 1
    assert bannasar("rerun", "--code", "nonsense").returncode == 1
    mistyped = bannasar("rerun", "--scan", "1.png", "--scan", "l.png", "--stage", "recognise")
    assert mistyped.returncode == 1
    assert "knows no scan l.png" in mistyped.stderr
    assert bannasar("rerun", "--failed", "--password-file", "x").returncode == 1
