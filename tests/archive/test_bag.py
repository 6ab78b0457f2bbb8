"""The bag holds everything, complete, and shows if it does not."""

import hashlib
import os
import shutil
import signal
from pathlib import Path, PurePosixPath

import bagit
import pytest

from models.case import CaseFile
from models.errors import BagError, ScanError
from models.failure import Code
from models.page import Page
from pipeline.archive.bag import original, page_path, read_bag, read_outlines, stored_paths
from pipeline.archive.fixity import verify_bag
from pipeline.archive.placing import recover
from tests.conftest import bag_in_place

CONTENT = b"the scan, as it was handed in"
SHA = hashlib.sha256(CONTENT).hexdigest()


def _build(make, tmp_path: Path, text: str = "ព្រះ|រាជា", path: str = "a.pdf") -> tuple[Path, CaseFile]:
    scan = tmp_path / "scan"
    scan.write_bytes(CONTENT)
    page = make.page([text], scan=SHA)
    case = make.case(page, path=path)
    picture = make.picture(page, tmp_path / "picture.jpg")
    return bag_in_place(case, [page], {SHA: scan}, {(SHA, 1): picture}, tmp_path / "archive"), case


@pytest.fixture
def bag(make, tmp_path):
    return _build(make, tmp_path)[0]


def test_it_is_a_valid_bag_that_holds_everything(bag):
    """Original, PDF, ALTO, page and case file, under two checksums."""
    assert bag.relative_to(bag.parents[2]) == Path("bags/box/box_a")
    opened = bagit.Bag(str(bag))
    opened.validate()
    assert sorted(opened.algorithms) == ["sha256", "sha512"]
    assert sorted(opened.payload_entries()) == [
        "data/alto/0001/000001.xml",
        "data/case.json",
        "data/documents/001.pdf",
        "data/mets.xml",
        "data/originals/a.pdf",
        "data/pages/0001/000001.json",
    ]
    assert (bag / "bagit.txt").read_text().startswith("BagIt-Version: 1.0")
    assert original(bag, SHA).read_bytes() == CONTENT


@pytest.mark.parametrize("lines", [["ព្រះ|រាជា"] * 40, []])
def test_what_a_list_of_pages_shows_is_read_without_their_words(make, tmp_path, monkeypatch, lines):
    """Or with them, where a record is written in another way."""
    page = make.page(lines, scan=SHA) if lines else make.page(scan=SHA, blank=True)
    case = make.case(page)
    record = tmp_path / page_path("pages", 1, 1, "json")
    record.parent.mkdir(parents=True)
    for text in (page.model_dump_json(indent=1), page.model_dump_json()):
        record.write_text(text, "utf-8")
        assert read_outlines(tmp_path, case, case.documents[0].pages) == [page.outline]
    monkeypatch.setattr(Page, "model_validate_json", None)
    assert read_outlines(tmp_path, case, case.documents[0].pages) == [page.outline]
    record.write_text("[]", "utf-8")
    monkeypatch.undo()
    with pytest.raises(BagError, match="damaged"):
        read_outlines(tmp_path, case, case.documents[0].pages)


def test_it_gives_back_what_it_was_made_from(make, tmp_path):
    """The index can be made again from the bags alone."""
    bag, case = _build(make, tmp_path)
    read, pages = read_bag(bag)
    assert read == case
    assert pages == [make.page(["ព្រះ|រាជា"], scan=SHA)]


@pytest.mark.parametrize("victim", ["data/originals/a.pdf", "data/case.json", "bag-info.txt", "manifest-sha256.txt"])
def test_a_flipped_bit_is_found(bag, victim):
    """Wherever it is."""
    file = bag / victim
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    assert verify_bag(bag)


def test_what_is_missing_or_added_is_named(bag):
    """As data for programs, not as a sentence."""
    assert verify_bag(bag) == []
    (bag / "data" / "documents" / "001.pdf").unlink()
    (bag / "data" / "intruder").write_bytes(b"x")
    found = {(damage.kind, damage.path) for damage in verify_bag(bag)}
    assert ("missing", "data/documents/001.pdf") in found
    assert ("unexpected", "data/intruder") in found


@pytest.mark.parametrize(
    "name",
    [
        "សំណុំរឿង ក.pdf",
        "e\u0301te\u0301.pdf",
        "a b%0Ac%25.pdf",
        "line\nbreak.pdf",
        "n" * 251 + ".pdf",
        "back\\xe9slash.pdf",
    ],
)
def test_odd_names_make_valid_bags(make, tmp_path, name):
    """Khmer, a Mac's accents, escapes, line breaks and 255 bytes."""
    bag, _ = _build(make, tmp_path, path=name)
    assert verify_bag(bag) == []
    assert original(bag, SHA).read_bytes() == CONTENT


def test_two_names_that_would_meet_stay_two(make):
    """No scan may overwrite another."""
    case = make.case(make.page(["a"]), path="a%.pdf")
    other = case.scans[0].model_copy(update={"path": PurePosixPath("a_.pdf"), "sha256": "cd" * 32})
    both = case.model_copy(update={"scans": (*case.scans, other)})
    assert len(set(stored_paths(both).values())) == 2


def test_a_scan_that_changed_makes_no_bag(make, tmp_path):
    """What is archived is what was read."""
    _, case = _build(make, tmp_path)
    shutil.rmtree(tmp_path / "archive")
    (tmp_path / "scan").write_bytes(b"another")
    page = make.page(["x"], scan=SHA)
    with pytest.raises(ScanError) as caught:
        bag_in_place(case, [page], {SHA: tmp_path / "scan"}, {(SHA, 1): tmp_path / "picture.jpg"}, tmp_path / "archive")
    assert caught.value.failure.code is Code.CHANGED
    assert not list((tmp_path / "archive").glob("bags/*/*"))
    assert not list((tmp_path / "archive" / "tmp").iterdir())


def _build_and_die(make, tmp_path: Path, step: int) -> None:
    """Build the bag in a process that is killed just before or just after one of the renames that swap the bags."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status)
        return
    renamed, steps = os.rename, 0

    def count() -> None:
        nonlocal steps
        steps += 1
        if steps == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def rename(source: Path, target: Path) -> None:
        swaps = "/bags/" in f"{source}{target}"
        if swaps:
            count()
        renamed(source, target)
        if swaps:
            count()

    os.rename = rename  # type: ignore[assignment]
    _build(make, tmp_path, text="nouveau")
    os._exit(0)


@pytest.mark.parametrize("step", range(1, 5))
def test_a_stop_at_any_step_leaves_the_old_bag_or_the_new(make, tmp_path, step):
    """Never half of one, and never none."""
    bag, _ = _build(make, tmp_path, text="ancien")
    _build_and_die(make, tmp_path, step)
    recover(tmp_path / "archive")
    assert verify_bag(bag) == []
    text = read_bag(bag)[1][0].blocks[0].lines[0].words[0].text
    assert text == ("nouveau" if step == 4 else "ancien")
    assert not (tmp_path / "archive" / "tmp").exists()


def test_a_new_version_takes_the_place_of_the_old(make, tmp_path):
    """A case file that grew still has one bag."""
    _build(make, tmp_path, text="ancien")
    bag, _ = _build(make, tmp_path, text="nouveau")
    assert read_bag(bag)[1][0].blocks[0].lines[0].words[0].text == "nouveau"
    assert [found.name for found in bag.parent.iterdir()] == ["box_a"]
