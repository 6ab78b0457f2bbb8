"""A change of a case file is complete or has not happened, whatever step was the last before a crash."""

import hashlib
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.actor import Actor, ActorKind
from models.correction import About
from models.errors import JournalBrokenError
from models.scan import ScanState
from models.settings import Settings
from pipeline.access.account import Account
from pipeline.access.asker import Asker
from pipeline.access.roles import Role
from pipeline.archive.archive import Archive
from pipeline.archive.bag import bag_folder, read_case
from pipeline.archive.building import build_bag
from pipeline.archive.custody import custody
from pipeline.archive.fixity import verify_bag
from pipeline.archive.journal import Event, lines
from pipeline.archive.ledger_schema import FILE
from pipeline.archive.placing import NewBag
from pipeline.index.language import parse
from pipeline.index.store import View
from pipeline.services import correct, import_bag, index, keys, rebuild, withdraw
from tests.conftest import EVERYTHING, archive_settings, at_the_shell
from tests.dying import die_at

CLERK = Actor(name="dara", kind=ActorKind.PERSON)
CONTENT = b"the scan"
SHA = hashlib.sha256(CONTENT).hexdigest()
# The steps of a change, in their order: where the process dies, before or after what.
STEPS = [
    ("journal.prepare", "before"),
    ("sync", "before"),
    ("sync", "after"),
    ("Commits._write_down", "before"),
    ("Commits._write_down", "after"),
    ("Commits._enter", "after"),
    ("Commits._index", "before"),
    ("Commits._index", "after"),
]


def _dara() -> Asker:
    """Return the asker for a person who is signed in as an archivist."""
    return Asker.person(Account("dara", Role.ARCHIVIST), datetime.now(UTC))


def _settings(folder: Path) -> Settings:
    return archive_settings(folder, signing={"key_file": str(folder.parent / "key.pem")})


def _new_bag(make, archive: Archive, text: str) -> NewBag:
    """Build the bag of a letter next to its place."""
    work = archive.folder.parent
    (work / "a.pdf").write_bytes(CONTENT)
    page = make.page([text], scan=SHA)
    case = make.case(page)
    picture = make.picture(page, work / "a.jpg")
    aside = build_bag(case, [page], {SHA: work / "a.pdf"}, {(SHA, 1): picture}, archive.folder)
    return NewBag(aside, bag_folder(archive.folder, case))


def _archive_case(make, archive: Archive, text: str) -> None:
    with archive.held():
        archive.commits.place(Event.ARCHIVED, _new_bag(make, archive, text), CLERK)


@pytest.fixture
def archive(make, tmp_path):
    """Return an archive with a key and one case file, whose page says «greffier»."""
    with Archive(_settings(tmp_path / "archive")) as archive:
        archive.folder.mkdir()
        keys.make(archive, at_the_shell(CLERK))
        _archive_case(make, archive, "greffier")
        yield archive


def _archived_anew(make, archive: Archive) -> None:
    _archive_case(make, archive, "tribunal")


def _corrected(_make, archive: Archive) -> None:
    correct.correct(archive, _dara(), "box_a", 1, {About.KIND: "judgment"})


def _withdrawn(_make, archive: Archive) -> None:
    withdraw.withdraw(archive, _dara(), "box_a", "an order")


def _reinstated(_make, archive: Archive) -> None:
    withdraw.reinstate(archive, _dara(), "box_a", "an order")


def _imported(_make, archive: Archive) -> None:
    import_bag.import_bag(archive, _dara(), archive.folder.parent / "stick" / "box_a")


def _adopted(_make, archive: Archive) -> None:
    rebuild.rebuild_archive(archive, at_the_shell(CLERK), force=True)


def _nothing(_make, _archive: Archive) -> None:
    """Leave the archive as it is."""


def _withdraw_first(make, archive: Archive) -> None:
    _withdrawn(make, archive)


def _leave_the_case_file_on_a_stick(_make, archive: Archive) -> None:
    bag = archive.bag("box_a")
    shutil.copytree(bag, archive.folder.parent / "stick" / "box_a")
    archive.close()
    shutil.rmtree(archive.folder / "bags")
    for name in (FILE, "index.db", "journal.jsonl"):
        (archive.folder / name).unlink()
    keys_folder = archive.folder / "keys"
    shutil.rmtree(keys_folder)
    (archive.folder.parent / "key.pem").unlink()
    keys.make(archive, at_the_shell(CLERK))


def _lose_the_journal(_make, archive: Archive) -> None:
    archive.close()
    (archive.folder / "journal.jsonl").unlink()
    shutil.rmtree(archive.folder / "keys")
    (archive.folder.parent / "key.pem").unlink()
    keys.make(archive, at_the_shell(CLERK))


CHANGES = {
    "archived": (_nothing, _archived_anew, Event.ARCHIVED),
    "corrected": (_nothing, _corrected, Event.CORRECTED),
    "withdrawn": (_nothing, _withdrawn, Event.WITHDRAWN),
    "reinstated": (_withdraw_first, _reinstated, Event.REINSTATED),
    "imported": (_leave_the_case_file_on_a_stick, _imported, Event.IMPORTED),
    "rebuilt": (_lose_the_journal, _adopted, Event.IMPORTED),
}


def _die(make, archive: Archive, change: Callable[..., object], step: str, when: str) -> None:
    """Let another process make a change, and end it at a step."""
    archive.close()
    die_at(step, when, lambda: change(make, Archive(archive.settings)))


def _state(archive: Archive) -> tuple[object, ...]:
    """Return the state of a case file: its record, whether it is hidden, and its last line in the journal."""
    bag = archive.folder / "bags" / "box" / "box_a"
    if not bag.exists():
        return None, None, None
    events = [line.event for line in lines(archive.folder) if line.bag]
    return read_case(bag).corrections, (bag / "withdrawn.json").exists(), events[-1] if events else None


@pytest.mark.parametrize(("step", "when"), STEPS)
@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_that_dies_is_whole_or_has_not_happened(make, archive, kind, step, when):
    """After the next command bag, journal, ledger and index agree: all before the change, or all after it."""
    prepare, change, event = CHANGES[kind]
    prepare(make, archive)
    before = _state(archive)
    _die(make, archive, change, step, when)
    with Archive(archive.settings) as after:
        if kind == "rebuilt" and not next((line for line in lines(after.folder) if line.bag), None):
            rebuild.rebuild_archive(after, at_the_shell(CLERK), force=True)  # the operator types the command again
        elif kind == "rebuilt":
            after.ledger.boxes()
        index.synchronise(after, at_the_shell(CLERK))
        now = _state(after)
        assert now == before or now[2] is event
        assert list(custody(after.folder)) == []
        bag = after.folder / "bags" / "box" / "box_a"
        if now[0] is None:
            return
        assert verify_bag(bag) == []
        assert after.bag("box_a") == bag
        assert [row.state for row in after.ledger.scans("box")] == [ScanState.ARCHIVED]
        assert after.ledger.to_be_indexed() == []
        words = "tribunal" if kind == "archived" and now != before and "tribunal" in _text(bag) else "greffier"
        shown = after.index.search(parse(words if words in _text(bag) else _text(bag)), View(), EVERYTHING).pages
        assert shown == (0 if now[1] else 1)


def _text(bag: Path) -> str:
    return next(word for word in ("tribunal", "greffier") if word in (bag / "data/pages/0001/000001.json").read_text())


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_that_comes_to_its_end_leaves_nothing_pending(make, archive, kind):
    """And the journal says who did it, and in which role."""
    prepare, change, event = CHANGES[kind]
    prepare(make, archive)
    change(make, archive)
    last = list(lines(archive.folder))[-1]
    assert (last.event, last.by, last.kind) == (event, "dara", "person")
    assert not (archive.folder / "pending.json").exists()
    assert list(custody(archive.folder)) == []


def test_a_line_that_someone_left_there_without_the_key_is_not_written_down(make, archive):
    """A person who can write the archive but has no key gets nothing signed."""
    _die(make, archive, _withdrawn, "sync", "after")
    pending = archive.folder / "pending.json"
    pending.write_text(pending.read_text().replace("an order", "no order"))
    with archive.held():
        assert not pending.exists()
    assert [line.event for line in lines(archive.folder)][-1] is Event.ARCHIVED
    assert list(custody(archive.folder)) == []


def test_nothing_changes_where_the_journal_cannot_be_written(make, archive):
    """The bag stays as it is, and does not wait for the index."""
    file = archive.folder / "journal.jsonl"
    file.write_text(file.read_text() + "not a line\n")
    before = (archive.bag("box_a") / "data/case.json").read_bytes()
    for change in (_archived_anew, _withdrawn):
        with pytest.raises(JournalBrokenError):
            change(make, archive)
    assert (archive.bag("box_a") / "data/case.json").read_bytes() == before
    assert not (archive.bag("box_a") / "withdrawn.json").exists()
    assert archive.ledger.to_be_indexed() == []
