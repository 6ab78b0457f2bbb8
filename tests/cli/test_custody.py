"""What enters and changes is recorded, so that nobody can change it unnoticed; what is withdrawn is kept."""

import json
import shutil

import pytest

from pipeline.archive.ledger import Ledger
from tests.cli.conftest import Bannasar


def _journal(bannasar):
    return [json.loads(line) for line in (bannasar.archive / "journal.jsonl").read_text("utf-8").splitlines()]


def test_what_enters_is_written_down_once(archived, three_archived):
    """A run that has nothing to do writes nothing."""
    told = _journal(archived)
    assert [line["number"] for line in told] == [1, 2, 3]
    assert sorted((line["event"], line["case"]) for line in told) == [
        ("archived", "box_a.jpg"),
        ("archived", "box_b.jpg"),
        ("archived", "box_c.jpg"),
    ]
    assert archived("run", three_archived / "box").returncode == 0
    assert len(_journal(archived)) == 3


@pytest.mark.parametrize("change", ["text", "gone", "order"])
def test_a_line_that_was_changed_left_out_or_moved_is_found(archived, change):
    """Each line has the digest of the one before."""
    assert archived("withdraw", "box_a.jpg", "--reason", "order 12").returncode == 0
    assert archived("verify").returncode == 0
    file = archived.archive / "journal.jsonl"
    first, second, *more = file.read_text("utf-8").splitlines(keepends=True)
    other = first.replace("archived", "imported")
    changed = {"text": [other, second, *more], "gone": [first, *more], "order": [second, first, *more]}
    file.write_text("".join(changed[change]), "utf-8")
    done = archived("verify", "--json")
    assert done.returncode == 2
    assert [damage["path"] for damage in json.loads(done.stdout)["custody"]] == ["journal.jsonl"]


def test_a_whole_bag_in_anothers_place_is_found(archived):
    """It shows no damage itself."""
    places = [archived.archive / "bags" / "box" / f"box_{name}.jpg" for name in "ab"]
    aside = archived.archive / "aside"
    places[0].rename(aside)
    places[1].rename(places[0])
    aside.rename(places[1])
    told = json.loads(archived("verify", "--json").stdout)
    assert told["damaged"] == []
    assert {damage["path"] for damage in told["custody"]} == {"bags/box/box_a.jpg", "bags/box/box_b.jpg"}


def test_a_whole_bag_that_was_added_is_found(archived):
    """Even if it is undamaged, in a place where nothing else is."""
    shutil.copytree(archived.archive / "bags/box/box_a.jpg", archived.archive / "bags/box/box_z.jpg")
    told = json.loads(archived("verify", "--json").stdout)
    assert told["damaged"] == []
    assert [(damage["kind"], damage["path"]) for damage in told["custody"]] == [("unexpected", "bags/box/box_z.jpg")]


def test_who_hides_a_case_file_does_not_vouch_for_it(archived):
    """A bag that was swapped is still found, whatever is recorded about it later."""
    places = [archived.archive / "bags" / "box" / f"box_{name}.jpg" for name in "ab"]
    shutil.rmtree(places[0])
    shutil.copytree(places[1], places[0])
    assert archived("withdraw", "box_a.jpg", "--reason", "x").returncode == 0
    told = json.loads(archived("verify", "--json").stdout)
    assert [(damage["kind"], damage["path"]) for damage in told["custody"]] == [("changed", "bags/box/box_a.jpg")]


def test_a_mark_that_the_journal_does_not_know_is_found(archived):
    """Nobody hides a case file, or shows a hidden one, unnoticed."""
    (archived.archive / "bags" / "box" / "box_a.jpg" / "withdrawn.json").write_text("{}", "utf-8")
    told = json.loads(archived("verify", "--json").stdout)
    assert [damage["path"] for damage in told["custody"]] == ["bags/box/box_a.jpg"]


def test_half_a_line_that_a_power_cut_left_does_no_harm(archived):
    """Nobody was informed of it."""
    file = archived.archive / "journal.jsonl"
    with file.open("ab") as stream:
        stream.write(b'{"at":"2026')
    assert archived("verify").returncode == 0
    assert archived("withdraw", "box_a.jpg", "--reason", "order 12").returncode == 0
    assert [line["number"] for line in _journal(archived)] == [1, 2, 3, 4]
    assert archived("verify").returncode == 0


def test_a_journal_that_cannot_be_gone_on_from_stops_what_it_would_tell(archived, tmp_path):
    """Nothing is hidden or imported without a record."""
    other = Bannasar(tmp_path / "other")
    assert archived("export", "bag", "box_a.jpg", "--to", tmp_path / "a.zip").returncode == 0
    assert archived("export", "bag", "box_b.jpg", "--to", tmp_path / "b.zip").returncode == 0
    assert other("import", tmp_path / "a.zip").returncode == 0
    for bannasar in (archived, other):
        file = bannasar.archive / "journal.jsonl"
        file.write_text(file.read_text("utf-8").replace('"reason":""', '"reason" :""'), "utf-8")
    done = archived("withdraw", "box_a.jpg", "--reason", "order 12")
    assert done.returncode == 1
    assert "journal.jsonl" in done.stderr
    assert not (archived.archive / "bags/box/box_a.jpg/withdrawn.json").exists()
    assert other("import", tmp_path / "b.zip").returncode == 1
    assert not (other.archive / "bags/box/box_b.jpg").exists()


def test_nobody_is_told_that_searches_do_not_find_what_they_find(archived):
    """If the index cannot be used, it hides nothing."""
    done = archived("withdraw", "box_a.jpg", "--reason", "order 12", BANNASAR_INDEX__URL="http://127.0.0.1:9")
    assert done.returncode == 2
    assert "searches still find it" in " ".join(done.stderr.split())
    assert archived("index", "sync").returncode == 0
    assert sorted(hit["path"] for hit in archived.json("search", "greffier")["hits"]) == ["b.jpg", "c.jpg"]


def test_who_was_refused_has_changed_nothing(archived):
    """Not even what waits for the index; tests/archive/test_commit.py tests processes that die during a change."""
    assert archived("reinstate", "box_b.jpg", "--reason", "order 31").returncode == 1
    with Ledger(archived.archive) as ledger:
        assert [ledger.waits_for_index(f"box_{name}.jpg") for name in "abc"] == [False, False, False]


def test_a_case_file_that_is_withdrawn_is_hidden_and_kept(archived, tmp_path):
    """Through a rerun, a new index, a rebuild and a copy; until it is reinstated."""
    bag = archived.archive / "bags" / "box" / "box_a.jpg"
    assert archived("withdraw", "box_a.jpg", "--reason", "order 12").returncode == 0
    assert (bag / "data" / "originals" / "a.jpg").exists()

    def found(bannasar):
        return sorted(hit["path"] for hit in bannasar.json("search", "greffier")["hits"])

    assert found(archived) == ["b.jpg", "c.jpg"]
    assert archived("ledger", "check").returncode == 0
    assert archived("export", "text", tmp_path / "texts").returncode == 0
    assert sorted(file.name for file in (tmp_path / "texts").iterdir()) == ["b.txt", "c.txt"]
    assert archived("rerun", "--box", "box", "--stage", "recognise").returncode == 0
    assert found(archived) == ["b.jpg", "c.jpg"]
    for command in (["index", "rebuild"], ["rebuild", "--force"]):
        assert archived(*command).returncode == 0
        assert found(archived) == ["b.jpg", "c.jpg"]
        assert archived("index", "check").returncode == 0
    assert archived("export", "bag", "box_a.jpg", "--to", tmp_path / "a.zip").returncode == 0
    other = Bannasar(tmp_path / "other")
    assert other("import", tmp_path / "a.zip").returncode == 0
    assert found(other) == []
    assert other("verify").returncode == 0
    assert archived("reinstate", "box_a.jpg", "--reason", "order 31").returncode == 0
    assert found(archived) == ["a.jpg", "b.jpg", "c.jpg"]
    events = [(line["event"], line["reason"]) for line in _journal(archived) if line["case"] == "box_a.jpg"]
    assert events == [("archived", ""), ("withdrawn", "order 12"), ("archived", ""), ("reinstated", "order 31")]
    assert archived("verify").returncode == 0
