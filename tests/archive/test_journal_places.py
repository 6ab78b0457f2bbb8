"""The lines about one bag: the same as by reading all of the journal, and as distrustful."""

from pathlib import Path

import pytest

from models.actor import Actor, ActorKind
from models.errors import JournalBrokenError
from pipeline.archive.journal import Entry, Event, append, lines
from pipeline.archive.journal_places import lines_about

BY = Actor(name="dara@here", kind=ActorKind.OPERATOR)


def _write(archive: Path, *bags: str) -> None:
    for bag in bags:
        append(archive, Entry(Event.ARCHIVED, bag, "0" * 64, "ឯកសារ"), BY)


def test_the_lines_about_a_bag_are_found_those_of_later_changes_too(tmp_path):
    assert lines_about(tmp_path, "bags/one") == []
    _write(tmp_path, "bags/one", "bags/two", "", "bags/one")
    for new in ((), ("bags/two", "bags/one"), ("bags/three",)):
        _write(tmp_path, *new)
        for bag in ("bags/one", "bags/two", "bags/three", "bags/none"):
            assert lines_about(tmp_path, bag) == [line for line in lines(tmp_path) if line.bag == bag]


@pytest.mark.parametrize("place", [1, 2], ids=["in what was checked before", "in a line that is new"])
def test_a_changed_line_is_noticed_wherever_it_is(tmp_path, place):
    _write(tmp_path, "bags/one", "bags/two")
    lines_about(tmp_path, "bags/one")
    _write(tmp_path, "bags/one", "bags/two")
    file = tmp_path / "journal.jsonl"
    before = file.read_text("utf-8").splitlines(keepends=True)
    before[place] = before[place].replace("bags/", "bogs/")
    file.write_text("".join(before), "utf-8")
    for _ in range(2):
        with pytest.raises(JournalBrokenError):
            lines_about(tmp_path, "bags/one")
    file.write_text("".join(before).replace("bogs/", "bags/"), "utf-8")
    assert len(lines_about(tmp_path, "bags/one")) == 2


def test_half_a_line_at_the_end_counts_once_it_is_whole(tmp_path):
    _write(tmp_path, "bags/one", "bags/one")
    file = tmp_path / "journal.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole[:-20])
    assert len(lines_about(tmp_path, "bags/one")) == 1
    file.write_bytes(whole)
    assert len(lines_about(tmp_path, "bags/one")) == 2
