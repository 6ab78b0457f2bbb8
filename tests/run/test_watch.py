"""A box that is watched."""

from pathlib import Path, PurePosixPath

from pipeline.intake.discover import Entry
from pipeline.run.watch import Settled


def _entry(size: int, changed: int = 1) -> Entry:
    return Entry(PurePosixPath("a.pdf"), Path("/box/a.pdf"), size, changed)


def test_a_file_has_settled_when_it_has_not_changed_for_a_while():
    """Its own time of change does not count: a scanner's clock may be anything."""
    settled = Settled(10)
    assert settled.look((_entry(1),), now=100) == frozenset()
    assert settled.look((_entry(2),), now=109) == frozenset()
    assert settled.look((_entry(2),), now=118) == frozenset()
    assert settled.look((_entry(2),), now=119) == {Path("/box/a.pdf")}


def test_a_file_that_changes_again_has_to_settle_again():
    """So does one whose size stays and whose bytes do not."""
    settled = Settled(10)
    settled.look((_entry(2),), now=100)
    assert settled.look((_entry(2),), now=110)
    assert settled.look((_entry(2, changed=2),), now=120) == frozenset()
    assert settled.look((), now=121) == frozenset()
    assert settled.look((_entry(2, changed=2),), now=135) == frozenset()
