"""A file that only grows: every edited, removed, inserted or moved line is detected."""

import json
import os
from dataclasses import dataclass

import pytest

from models.errors import AuditBrokenError
from pipeline.access.chain import FIRST, Chain, digest


@dataclass(frozen=True)
class _Line:
    number: int
    previous: str
    text: str

    def written(self):
        return json.dumps([self.number, self.previous, self.text])


def _chain(folder):
    return Chain(folder / "log.jsonl", lambda raw: _Line(*json.loads(raw)), AuditBrokenError)


@pytest.fixture
def chain(tmp_path):
    chain = _chain(tmp_path)
    for text in ("one", "two", "three"):
        chain.add(lambda number, previous, text=text: _Line(number, previous, text))
    return chain


def test_each_line_stands_for_all_before_it(chain):
    lines = list(chain.lines())
    assert [line.number for line in lines] == [1, 2, 3]
    assert [line.previous for line in lines] == [FIRST, digest(lines[0]), digest(lines[1])]
    assert chain.last() == lines[-1]


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: [lines[0].replace("one", "won"), *lines[1:]],
        lambda lines: [lines[0], lines[2]],
        lambda lines: lines[1:],
        lambda lines: [lines[1], lines[0], lines[2]],
        lambda lines: [lines[0], lines[0], *lines[1:]],
        lambda lines: [lines[0], "[]", *lines[1:]],
    ],
    ids=["edited", "cut out", "cut off at the head", "reordered", "put in", "no line"],
)
def test_what_was_changed_shows(chain, tmp_path, change):
    file = tmp_path / "log.jsonl"
    file.write_text("".join(f"{line}\n" for line in change(file.read_text().splitlines())))
    with pytest.raises(AuditBrokenError):
        list(chain.lines())


def test_half_a_line_of_a_power_cut_is_none_and_the_next_takes_its_place(chain, tmp_path):
    file = tmp_path / "log.jsonl"
    file.write_bytes(file.read_bytes() + b'[4, "')
    assert [line.text for line in chain.lines()] == ["one", "two", "three"]
    chain.add(lambda number, previous: _Line(number, previous, "four"))
    assert [line.text for line in chain.lines()] == ["one", "two", "three", "four"]


def test_a_line_that_does_not_follow_is_not_written(chain):
    with pytest.raises(AuditBrokenError):
        chain.write(_Line(5, FIRST, "five"))
    assert len(list(chain.lines())) == 3


def test_a_full_disk_leaves_no_part_of_a_line(chain, tmp_path, monkeypatch):
    before = (tmp_path / "log.jsonl").read_bytes()

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        chain.add(lambda number, previous: _Line(number, previous, "four"))
    assert (tmp_path / "log.jsonl").read_bytes() == before


def test_processes_that_write_at_once_write_one_after_another(tmp_path):
    children = []
    for name in "abc":
        child = os.fork()
        if not child:
            for count in range(5):
                _chain(tmp_path).add(lambda number, previous, text=f"{name}{count}": _Line(number, previous, text))
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    assert len(list(_chain(tmp_path).lines())) == 15
