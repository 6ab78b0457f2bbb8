"""A box that is watched."""

from pathlib import Path, PurePosixPath

import pytest

from models.actor import Actor, ActorKind
from models.failure import Code, Failure
from models.ledger import scan_row
from pipeline.archive.archive import Archive
from pipeline.intake.discover import Entry
from pipeline.services import watch
from pipeline.services.gone import note_gone
from pipeline.services.watch import Settled
from tests.conftest import archive_settings, at_the_shell

SOMEBODY = at_the_shell(Actor(name="somebody@here", kind=ActorKind.OPERATOR))


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
    """So does a file whose size stays the same and whose bytes change."""
    settled = Settled(10)
    settled.look((_entry(2),), now=100)
    assert settled.look((_entry(2),), now=110)
    assert settled.look((_entry(2, changed=2),), now=120) == frozenset()
    assert settled.look((), now=121) == frozenset()
    assert settled.look((_entry(2, changed=2),), now=135) == frozenset()


def test_what_is_taken_out_is_looked_to_though_nothing_new_is_dropped(tmp_path, monkeypatch):
    """A problem ends when its file is taken out, in a watch as in a run."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    runs = []

    def digitise(archive: Archive, *_more: object) -> None:
        runs.append(1)
        note_gone(archive.ledger, "inbox", ())

    monkeypatch.setattr(watch, "digitise", digitise)
    with Archive(archive_settings(tmp_path / "archive")) as archive:
        ledger = archive.ledger
        box = ledger.enter_box(folder)
        row = scan_row(box.id, "notes.docx", 10, 1)
        ledger.put(row)
        ledger.fail(row, Failure(code=Code.NOT_A_DOCUMENT))
        for _ in range(2):
            watch.watch_box(
                archive,
                SOMEBODY,
                folder,
                print,
                settle=0,
                once=True,
                report=lambda _summary: None,
                notify=print,
            )
    assert len(runs) == 1


class _EnoughError(Exception):
    """Ends a watch, which would otherwise never end."""


def test_what_failed_as_a_share_went_away_is_tried_again_when_it_is_back(tmp_path, monkeypatch):
    """No new file is needed for that; and a share that goes away as a run begins does not end the watch."""
    folder, away = tmp_path / "inbox", tmp_path / "away"
    folder.mkdir()
    (folder / "a.pdf").write_bytes(b"%PDF")
    monkeypatch.setattr(watch, "_SECONDS_BETWEEN_LOOKS", 0.01)
    runs = []

    def digitise(*_arguments: object) -> None:
        runs.append(1)
        if len(runs) == 3:
            raise _EnoughError
        folder.rename(away)
        if len(runs) == 2:
            raise FileNotFoundError(2, "No such file or directory", str(folder))

    def tell(sentence: str) -> None:
        if sentence.startswith("Paused"):
            away.rename(folder)

    monkeypatch.setattr(watch, "digitise", digitise)
    with pytest.raises(_EnoughError), Archive(archive_settings(tmp_path / "archive")) as archive:
        watch.watch_box(
            archive,
            SOMEBODY,
            folder,
            print,
            settle=0,
            once=False,
            report=lambda _summary: None,
            notify=tell,
        )
    assert len(runs) == 3
