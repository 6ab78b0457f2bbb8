"""What is archived stays archived, whatever else comes in, is stopped, is copied again or is read again."""

import os
import shutil
import time

import pytest
from lxml import etree

from models.failure import Code
from models.ledger import scan_row
from models.scan import ScanState
from pipeline.archive.bag import bags, read_bag, read_case
from pipeline.archive.ledger import Ledger
from pipeline.archive.results import Results
from tests.cli.conftest import copy_of, with_archive, write_page
from tests.cli.test_rerun import write_half


@pytest.fixture
def box(tmp_path):
    folder = tmp_path / "box-1"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def two_archived(tmp_path_factory):
    """Return a folder with a box of one case file of two scans, and the archive that was made of it."""
    folder = tmp_path_factory.mktemp("two")
    write_page(folder / "box-1" / "dossier" / "1.png", "Première pièce")
    write_page(folder / "box-1" / "dossier" / "2.png", "Deuxième pièce")
    return with_archive(folder, "box-1")


@pytest.fixture
def two(two_archived, tmp_path):
    """Return a box with a case file of two scans, of which ``bannasar``'s archive was made."""
    copy_of(two_archived, tmp_path)
    return tmp_path / "box-1"


def _paths(bannasar):
    (bag,) = bags(bannasar.archive)
    return [str(scan.path) for scan in read_case(bag).scans]


def _stop_a_rerun(bannasar):
    """Leave the ledger like a rerun that is stopped as it begins."""
    with Ledger(bannasar.archive) as ledger:
        for row in ledger.scans("box-1"):
            ledger.mark_pending(row)


@pytest.mark.usefixtures("two")
def test_a_rerun_of_one_scan_keeps_those_of_a_rerun_that_was_stopped(bannasar):
    """They wait for their own, and stay in the bag meanwhile."""
    _stop_a_rerun(bannasar)
    done = bannasar("rerun", "--scan", "dossier/2.png", "--stage", "recognise")
    assert _paths(bannasar) == ["dossier/1.png", "dossier/2.png"], done.stderr
    assert {scan["state"] for scan in bannasar.scans("box-1").values()} == {"archived", "pending"}
    assert "would do again: box-1/dossier/1.png" in bannasar("rerun", "--failed", "--dry-run").stdout
    assert bannasar("rerun", "--failed").returncode == 0
    assert {scan["state"] for scan in bannasar.scans("box-1").values()} == {"archived"}
    assert bannasar("ledger", "check").returncode == 0


@pytest.mark.usefixtures("two")
def test_a_rerun_that_was_stopped_does_not_read_again_what_it_has_read(bannasar):
    """The same command again continues where it was."""
    _stop_a_rerun(bannasar)
    said = bannasar("rerun", "--box", "box-1", "--stage", "recognise").stdout
    assert "no page had to be read" in said


def test_a_file_that_was_copied_anew_is_not_read_again(bannasar, two):
    """It is also not read after a rebuild of the ledger, which has no times of files."""
    os.utime(two / "dossier" / "1.png", (1e9, 1e9))
    assert "no page had to be read" in bannasar("run", two).stdout
    assert bannasar("rebuild", "--force").returncode == 0
    assert "no page had to be read" in bannasar("run", two).stdout
    assert {scan["state"] for scan in bannasar.scans("box-1").values()} == {"archived"}
    (bag,) = bags(bannasar.archive)
    assert read_case(bag).history == ()


def test_a_case_file_grows_where_only_its_bag_holds_its_pages(bannasar, two):
    """Results may be removed, and the papers returned."""
    (bag,) = bags(bannasar.archive)
    before = read_bag(bag)[1]
    alto = [file.read_bytes() for file in sorted((bag / "data" / "alto").rglob("*.xml"))]
    shutil.rmtree(bannasar.archive / "results")
    for file in (two / "dossier").iterdir():
        file.unlink()
    write_page(two / "dossier" / "3.png", "Troisième pièce")
    done = bannasar("run", two)
    assert done.returncode == 0, done.stdout + done.stderr
    assert _paths(bannasar) == ["dossier/1.png", "dossier/2.png", "dossier/3.png"]
    assert read_bag(bag)[1][:2] == before
    # Nothing says that they were read again, or that the new one was there before.
    assert [file.read_bytes() for file in sorted((bag / "data" / "alto").rglob("*.xml"))][:2] == alto
    one, two_, three = (scan.sha256 for scan in read_case(bag).scans)
    assert _done(bag) == [
        ("ingestion", {one, two_}), ("message digest calculation", {one, two_}), ("metadata extraction", {one, two_}),
        ("creation", {one, two_}),
        ("ingestion", {three}), ("message digest calculation", {three}), ("metadata extraction", {three}),
        ("creation", {one, two_, three}),
    ]  # fmt: skip


@pytest.mark.usefixtures("two")
def test_describing_documents_anew_is_not_said_to_be_reading_them(bannasar, monkeypatch):
    """PREMIS records what was done; a person's correction reads nothing, either."""
    assert bannasar("rerun", "--box", "box-1", "--stage", "describe").returncode == 0
    assert bannasar("correct", "box-1_dossier", "--document", "1", "--kind", "letter").returncode == 0
    (bag,) = bags(bannasar.archive)
    done = ["ingestion", "message digest calculation", "metadata extraction", "creation"]
    assert [kind for kind, _ in _done(bag)] == [*done, "creation", "metadata modification", "creation"]
    put = Results.put

    def put_later(results, page):
        put(results, page)
        for file in (bannasar.archive / "results").rglob("*.json.gz"):
            os.utime(file, (time.time() + 60,) * 2)  # people take longer than this test: times are in whole seconds

    monkeypatch.setattr(Results, "put", put_later)
    assert bannasar("rerun", "--box", "box-1", "--stage", "recognise").returncode == 0
    assert [kind for kind, _ in _done(bag)][-2:] == ["metadata extraction", "creation"]


def _done(bag):
    """Return what METS says was done, and to which scans."""
    names = {"p": "http://www.loc.gov/premis/v3"}
    told = etree.parse(bag / "data" / "mets.xml")
    return [
        (
            event.findtext("p:eventType", namespaces=names),
            set(event.xpath("p:linkingObjectIdentifier/p:linkingObjectIdentifierValue/text()", namespaces=names)),
        )
        for event in told.iterfind(".//p:event", namespaces=names)
    ]


def test_a_better_scan_of_the_same_name_is_not_taken_for_the_page_that_failed(bannasar, box):
    """The page of the failed scan stays missing; the new scan is complete."""
    write_half(box / "dossier" / "1.tif")
    assert bannasar("run", box, "--allow-partial").returncode == 2
    write_page(box / "dossier" / "1.tif", "Une seule pièce, bien lisible")
    bannasar("run", box)
    (case,) = [read_case(bag) for bag in bags(bannasar.archive)]
    older, better = case.scans
    assert (older.pages, better.pages) == (2, 1)
    assert [(one.sha256, one.page) for one in case.missing] == [(older.sha256, 2)]
    assert len(bannasar.json("search", "lisible")["hits"]) == 1
    missing = {row.sha256: row.missing for row in _rows(bannasar)}
    assert missing == {older.sha256: 1, better.sha256: 0}
    # A ledger that is made again from the bags says the same.
    assert bannasar("rebuild", "--force").returncode == 0
    assert {row.sha256: row.missing for row in _rows(bannasar)} == missing


def _rows(bannasar):
    with Ledger(bannasar.archive) as ledger:
        return ledger.scans("box-1")


def test_what_people_said_outlives_a_ledger_that_is_lost(bannasar, two):
    """The bag is the truth: a run that does not know it finds it there."""
    assert bannasar("correct", "box-1_dossier", "--document", "1", "--kind", "letter").returncode == 0
    for file in bannasar.archive.glob("ledger.db*"):
        file.unlink()
    assert bannasar("run", two).returncode == 0
    case = read_case(next(bags(bannasar.archive)))
    assert [correction.value for correction in case.corrections] == ["letter"]
    assert len(case.history) == 2


def test_no_bag_takes_the_place_of_one_that_holds_more(bannasar, two):
    """A lost ledger does not know which boxes were returned; the bag does."""
    for file in bannasar.archive.glob("ledger.db*"):
        file.unlink()
    (two / "dossier" / "1.png").unlink()
    done = bannasar("run", two)
    assert done.returncode == 2
    assert "its bag also holds dossier/1.png" in " ".join(done.stdout.split())
    assert _paths(bannasar) == ["dossier/1.png", "dossier/2.png"]
    assert bannasar("rebuild", "--force").returncode == 0
    assert bannasar("run", two).returncode == 0
    assert _paths(bannasar) == ["dossier/1.png", "dossier/2.png"]


def test_a_bag_that_cannot_be_read_stops_no_other_case_file(bannasar, two):
    """It is left as it is, and named with the next step."""
    (bag,) = bags(bannasar.archive)
    (bag / "data" / "case.json").write_text("{")
    write_page(two / "dossier" / "3.png", "Troisième pièce")
    write_page(two / "une-lettre.png", "Une lettre")
    done = bannasar("run", two)
    assert done.returncode == 2
    assert "the bag box-1_dossier that is there cannot be used" in " ".join(done.stdout.split())
    states = {path: (scan["state"], scan["code"]) for path, scan in bannasar.scans("box-1").items()}
    assert states["dossier/3.png"] == ("failed", Code.UNREADABLE)
    assert states["une-lettre.png"] == ("archived", None)
    assert "cannot be read" in bannasar("ledger", "check").stdout


def test_nothing_that_was_changed_in_a_bag_is_sealed_anew(bannasar, two):
    """A run that uses its content would hide the change, above all what it says about people."""
    assert bannasar("correct", "box-1_dossier", "--document", "1", "--kind", "letter").returncode == 0
    (bag,) = bags(bannasar.archive)
    record = (bag / "data" / "case.json").read_text("utf-8")
    (bag / "data" / "case.json").write_text(record.replace('"letter"', '"decree"'), "utf-8")
    for command in (["run", two], ["rerun", "--box", "box-1", "--stage", "describe"]):
        write_page(two / "dossier" / "3.png", "Troisième pièce")
        done = bannasar(*command)
        assert done.returncode == 2
        assert "is not as it was sealed (changed: data/case.json)" in " ".join(done.stdout.split())
        assert bannasar("verify").returncode == 2
    (bag / "data" / "case.json").write_text(record, "utf-8")
    assert bannasar("run", two).returncode == 0
    assert bannasar("verify").returncode == 0


@pytest.mark.usefixtures("two")
def test_a_bag_that_was_put_in_anothers_place_is_not_gone_on_from(bannasar):
    """It agrees with itself, but the journal records a different one."""
    (bag,) = bags(bannasar.archive)
    shutil.copytree(bag, bannasar.archive / "older")
    assert bannasar("correct", "box-1_dossier", "--document", "1", "--kind", "letter").returncode == 0
    shutil.rmtree(bag)
    (bannasar.archive / "older").rename(bag)
    done = bannasar("rerun", "--box", "box-1", "--stage", "describe")
    assert done.returncode == 2
    assert "is not the case file that the journal records" in " ".join(done.stdout.split())


def test_pages_of_a_bag_that_was_changed_are_not_archived_anew(bannasar, two):
    """If results are gone, the bag is read; a changed text in it does not get into a new bag."""
    (bag,) = bags(bannasar.archive)
    shutil.rmtree(bannasar.archive / "results")
    page = next((bag / "data" / "pages").rglob("*.json"))
    page.write_text(page.read_text("utf-8").replace("pièce", "pierre"), "utf-8")
    write_page(two / "dossier" / "3.png", "Troisième pièce")
    assert bannasar("run", two).returncode == 2
    assert bannasar.scans("box-1")["dossier/3.png"]["code"] == Code.UNREADABLE
    assert bannasar("verify").returncode == 2


def test_names_that_macs_and_word_processors_write_are_archived(bannasar, box):
    """Characters for private use, beyond the first plane, and characters that some programs read as line ends."""
    for number, name in enumerate(["a\uf022b.png", "a\u2028b.png", "😀.png"]):
        write_page(box / f"dossier\u2029\x0b{number}" / name, f"Pièce {number}")
    done = bannasar("run", box)
    assert done.returncode == 0, done.stdout + done.stderr
    assert bannasar("verify").returncode == 0
    assert bannasar("rebuild", "--force").returncode == 0


def test_a_scan_whose_look_was_cut_off_is_looked_at_again(bannasar, box):
    """As a crash can leave it between two entries of an older ledger."""
    file = write_page(box / "1.png", "Une pièce")
    with Ledger(bannasar.archive) as ledger:
        known = ledger.enter_box(box)
        ledger.put(scan_row(known.id, "1.png", file.stat().st_size, file.stat().st_mtime_ns, state=ScanState.PENDING))
    assert bannasar("run", box).returncode == 0
    assert {scan["state"] for scan in bannasar.scans("box-1").values()} == {"archived"}
