"""Bags are verified, and an archive is made whole again from its bags alone."""

import json
import shutil
import time

import pytest

from tests.cli.conftest import Bannasar


def _bag(bannasar, name):
    return bannasar.archive / "bags" / "box" / f"box_{name}.jpg" / "data"


def test_flipped_missing_added_and_swapped_files_are_named(archived):
    """And a bag that is well is not."""
    assert "3 bags looked at: all are as they were sealed." in archived("verify").stdout
    scan = _bag(archived, "a") / "originals" / "a.jpg"
    flipped = bytearray(scan.read_bytes())
    flipped[len(flipped) // 2] ^= 1
    scan.write_bytes(flipped)
    (_bag(archived, "a") / "added.txt").write_text("x")
    one, other = (_bag(archived, name) / "pages" / "0001" / "000001.json" for name in "bc")
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    (_bag(archived, "c") / "documents" / "001.pdf").unlink()
    done = archived("verify", "--json")
    assert done.returncode == 2
    assert {
        (entry["bag"].rpartition("_")[2], damage["kind"], damage["path"])
        for entry in json.loads(done.stdout)["damaged"]
        for damage in entry["damages"]
    } == {
        ("a.jpg", "changed", "data/originals/a.jpg"),
        ("a.jpg", "unexpected", "data/added.txt"),
        ("b.jpg", "changed", "data/pages/0001/000001.json"),
        ("c.jpg", "changed", "data/pages/0001/000001.json"),
        ("c.jpg", "missing", "data/documents/001.pdf"),
    }
    told = archived("verify").stdout
    assert "data/originals/a.jpg" in told
    assert "3 are not as they were sealed" in told


@pytest.mark.parametrize("what", ["record", "payload", "everything"])
def test_a_bag_is_looked_at_whatever_is_left_of_it(archived, what):
    """A case file that lost its record is not passed over."""
    bag = _bag(archived, "a").parent
    if what == "record":
        (bag / "data" / "case.json").unlink()
    else:
        shutil.rmtree(bag if what == "everything" else bag / "data")
        bag.mkdir(exist_ok=True)
    done = archived("verify", "--json")
    assert done.returncode == 2
    told = json.loads(done.stdout)
    assert told["bags"] == 3
    (found,) = told["damaged"]
    assert found["bag"] == "bags/box/box_a.jpg"
    if what == "record":
        assert found["damages"] == [{"kind": "missing", "path": "data/case.json", "detail": ""}]


def test_what_was_put_back_is_looked_at_again_though_the_pass_was_stopped(archived):
    """What was sound before is not."""
    scan = _bag(archived, "a") / "originals" / "a.jpg"
    content = scan.read_bytes()
    scan.write_bytes(content + b"x")
    assert archived("verify").returncode == 2
    log = archived.archive / "fixity.jsonl"
    log.write_text("".join(log.read_text("utf-8").splitlines(keepends=True)[:-1]), "utf-8")
    scan.write_bytes(content)
    done = archived("verify")
    assert done.returncode == 0
    assert "3 bags looked at, 2 of them before this call: all" in done.stdout


def test_half_a_line_does_not_swallow_the_next(archived):
    """Else the end of a pass would be lost, and the next one would look at nothing."""
    assert archived("verify").returncode == 0
    log = archived.archive / "fixity.jsonl"
    begun, *bags, _ = log.read_text("utf-8").splitlines(keepends=True)
    log.write_text(begun + "".join(bags) + '{"event": "en', "utf-8")
    assert "3 bags looked at, 3 of them before this call: all" in archived("verify").stdout
    assert "3 bags looked at: all" in archived("verify").stdout


def test_a_pass_that_was_stopped_goes_on_where_it_was(archived):
    """A power cut leaves half a line: only that bag is looked at again."""
    assert archived("verify").returncode == 0
    log = archived.archive / "fixity.jsonl"
    begun, first, second, *_ = log.read_text("utf-8").splitlines(keepends=True)
    log.write_text(begun + first + second[: len(second) // 2], "utf-8")
    assert "3 bags looked at, 1 of them before this call" in archived("verify").stdout
    assert "3 bags looked at: all" in archived("verify", "--again").stdout


def test_a_sample_looks_at_a_part_and_a_rate_holds_it_back(archived):
    """Of three bags with a share of a thousandth, none or few; at a megabyte a second it takes its time."""
    assert json.loads(archived("verify", "--sample", "0.001", "--json").stdout)["bags"] < 3
    size = sum(file.stat().st_size for file in archived.archive.glob("bags/**/*") if file.is_file())
    started = time.monotonic()
    assert archived("verify", "--rate", "0.1").returncode == 0
    assert time.monotonic() - started > size / 0.1e6 - 2


def test_an_archive_is_made_whole_again_elsewhere_from_its_bags_alone(archived, three_archived, tmp_path):
    """Copied to another machine, without ledger, index or results: it searches as before."""
    before = archived.json("search", "greffier")
    shutil.copytree(archived.archive / "bags", tmp_path / "elsewhere" / "archive" / "bags")
    copy = Bannasar(tmp_path / "elsewhere" / "archive")
    assert copy("verify").returncode == 0
    done = copy("rebuild")
    assert done.returncode == 0, done.stderr
    assert "3 case files, 3 pages" in done.stdout
    assert copy.json("search", "greffier") == before
    assert copy("ledger", "check").returncode == 0
    assert copy("index", "check").returncode == 0
    assert {scan["state"] for scan in copy.scans("box").values()} == {"archived"}
    again = copy("run", three_archived / "box")
    assert again.returncode == 0
    assert copy.json("search", "greffier") == before
    assert len(copy.json("status")["boxes"]) == 1


def test_a_ledger_is_not_replaced_unasked_and_never_thrown_away(archived):
    """It knows what no bag does."""
    refused = archived("rebuild")
    assert refused.returncode != 0
    assert "--force" in refused.stderr
    assert archived("rebuild", "--force").returncode == 0
    assert len(list(archived.archive.glob("ledger-*.db"))) == 1
    assert archived.json("search", "greffier")["pages"] == 3


@pytest.mark.parametrize("to", ["stick", "a.zip"])
def test_a_case_file_goes_from_one_archive_into_another(archived, tmp_path, to):
    """As a folder or a ZIP file; it is verified on its way, and found there."""
    done = archived("export", "bag", "box_a.jpg", "--to", tmp_path / to)
    assert done.returncode == 0, done.stderr
    other = Bannasar(tmp_path / "other")
    carried = tmp_path / to / "box_a.jpg" if to == "stick" else tmp_path / to
    assert "1 scans, 1 pages taken in" in other("import", carried).stdout
    assert [hit["path"] for hit in other.json("search", "greffier")["hits"]] == ["a.jpg"]
    assert other("verify").returncode == 0
    assert other("ledger", "check").returncode == 0
    again = other("import", carried)
    assert again.returncode != 0
    assert "the same, nothing is to be done" in again.stderr


def test_a_bag_that_was_changed_on_its_way_is_not_taken_in(archived, tmp_path):
    """Nor is one taken out that was changed here; nothing is left behind."""
    assert archived("export", "bag", "box_a.jpg", "--to", tmp_path / "stick").returncode == 0
    (tmp_path / "stick" / "box_a.jpg" / "data" / "case.json").write_text("{}")
    other = Bannasar(tmp_path / "other")
    refused = other("import", tmp_path / "stick" / "box_a.jpg")
    assert refused.returncode != 0
    assert "data/case.json" in refused.stderr
    assert not list((tmp_path / "other").glob("bags/**/*"))
    assert not list((tmp_path / "other" / "tmp").iterdir())
    (_bag(archived, "b") / "case.json").write_text("{}")
    assert "not as it was sealed" in archived("export", "bag", "box_b.jpg", "--to", tmp_path / "b.zip").stderr
    assert not (tmp_path / "b.zip").exists()
