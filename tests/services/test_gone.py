"""Files that were taken out of their box: which problems end with that, and which do not."""

from collections.abc import Collection
from pathlib import Path, PurePosixPath

import pytest

from models.actor import Actor, ActorKind
from models.failure import Code, Failure
from models.ledger import ScanRow, scan_row
from models.scan import Box, ScanState
from pipeline.archive.archive import Archive
from pipeline.archive.ledger import Ledger
from pipeline.archive.measure import Measure
from pipeline.intake.discover import Entry
from pipeline.services.box_report import box_report, problems
from pipeline.services.gone import dismiss, find_again, newly_gone, note_gone
from pipeline.services.history import failures
from pipeline.services.ingest import settle
from tests.conftest import archive_settings, at_the_shell

SHA = "ab" * 32


@pytest.fixture
def archive(tmp_path):
    with Archive(archive_settings(tmp_path / "archive")) as opened:
        yield opened


@pytest.fixture
def ledger(archive):
    return archive.ledger


@pytest.fixture
def box(ledger, tmp_path) -> Box:
    return _box(ledger, tmp_path / "box")


def _box(ledger: Ledger, folder: Path) -> Box:
    folder.mkdir()
    return ledger.enter_box(folder)


def _accepted(ledger: Ledger, box: Box, path: str, sha256: str = SHA) -> ScanRow:
    """Enter a scan of two pages like a run that finds it."""
    row = scan_row(box.id, path, 100, 1, sha256=sha256, kind="pdf", pages=2)
    ledger.put(row)
    settle(row, Entry(PurePosixPath(path), box.root / path, 100, 1), ledger, [box.id])
    return _row(ledger, box, path)


def _row(ledger: Ledger, box: Box, path: str) -> ScanRow:
    (row,) = [row for row in ledger.scans(box.id) if row.path == path]
    return row


def _look(ledger: Ledger, box: Box, inside: Collection[str]) -> None:
    """Do what the next run does, when everything in the box is known."""
    note_gone(ledger, box.id, inside)
    for row in ledger.scans(box.id):
        if row.path in inside:
            settle(row, Entry(PurePosixPath(row.path), box.root / row.path, 100, 1), ledger, [box.id])
    find_again(ledger)
    ledger.account(box.id).check(box.id)


def _is_complained_of(archive: Archive, box: Box) -> bool:
    told = bool(problems(archive, box_report(archive, at_the_shell(), box.id)))
    assert bool(failures(archive, at_the_shell(), box.id, 3)) == told
    return told


@pytest.mark.parametrize("code", [code for code in Code if code.refuses])
def test_what_was_refused_and_is_taken_out_is_not_complained_of(archive, ledger, box, code):
    """The advice says so, or following it leads to that. It is not forgotten."""
    ledger.put(scan_row(box.id, "a.docx", 100, 1))
    ledger.fail(_row(ledger, box, "a.docx"), Failure(code=code))
    _look(ledger, box, {"a.docx"})
    assert _is_complained_of(archive, box)
    _look(ledger, box, {"b.pdf"})
    assert not _is_complained_of(archive, box)
    row = _row(ledger, box, "a.docx")
    assert row.state is ScanState.GONE
    assert row.reason is not None
    assert code.sentence in row.reason


def test_pages_of_a_refused_scan_that_is_gone_stay_in_the_account(archive, ledger, box):
    """Its pages could be counted, but one of them could not be opened."""
    ledger.fail(_accepted(ledger, box, "a.pdf"), Failure(code=Code.DAMAGED, page=2))
    _look(ledger, box, ())
    assert not _is_complained_of(archive, box)
    told = ledger.account(box.id)
    assert (told.pages, told.refused, told.gone) == (2, 0, 2)


def test_what_never_could_be_read_and_is_taken_out_is_not_complained_of(archive, ledger, box):
    """Nothing of it was accepted."""
    ledger.put(scan_row(box.id, "a.pdf", 0, 0))
    ledger.fail(_row(ledger, box, "a.pdf"), Failure(code=Code.UNREADABLE))
    _look(ledger, box, ())
    assert not _is_complained_of(archive, box)


@pytest.mark.parametrize("code", [None, *(code for code in Code if not code.refuses)])
def test_what_was_accepted_is_complained_of_until_it_is_back(archive, ledger, box, code):
    """Otherwise a scan that is not archived would disappear."""
    row = _accepted(ledger, box, "a.pdf")
    if code:
        ledger.fail(row, Failure(code=code))
    _look(ledger, box, ())
    assert (_row(ledger, box, "a.pdf").state, _row(ledger, box, "a.pdf").code) == (ScanState.FAILED, Code.LEFT_BOX)
    assert _is_complained_of(archive, box)
    assert newly_gone(ledger, box.id, ()) == []
    _look(ledger, box, {"a.pdf"})
    assert _row(ledger, box, "a.pdf").state is ScanState.PENDING


def test_what_was_accepted_and_nobody_wants_is_dismissed(archive, ledger, box):
    """The ledger says by whom, and why; no run reports the problem again."""
    _accepted(ledger, box, "a.pdf")
    _look(ledger, box, ())
    operator = Actor(name="dara@desk", kind=ActorKind.OPERATOR)
    dismiss(archive, at_the_shell(operator), ["a.pdf"], "scanned again as b.pdf")
    _look(ledger, box, ())
    assert not _is_complained_of(archive, box)
    assert "scanned again as b.pdf" in str(_row(ledger, box, "a.pdf").reason)
    assert ledger.account(box.id).gone == 2


@pytest.mark.parametrize("failed", [True, False])
def test_a_scan_that_was_renamed_before_it_was_archived_is_read_under_its_new_name(ledger, box, failed):
    """It is not a copy of a scan that is no longer there, and the old name is not a problem."""
    row = _accepted(ledger, box, "a.pdf")
    if failed:
        ledger.fail(row, Failure(code=Code.TIMEOUT))
    ledger.put(scan_row(box.id, "b.pdf", 100, 1, sha256=SHA, kind="pdf", pages=2))
    _look(ledger, box, {"b.pdf"})
    states = {row.path: row.state for row in ledger.scans(box.id)}
    assert states == {"a.pdf": ScanState.GONE, "b.pdf": ScanState.PENDING}
    assert ledger.account(box.id).pages == 2
    _look(ledger, box, ())
    assert _row(ledger, box, "b.pdf").code == Code.LEFT_BOX


def test_a_scan_that_was_moved_to_another_box_is_not_complained_of_once_that_is_run(archive, ledger, box, tmp_path):
    """In any order of the two boxes."""
    other = _box(ledger, tmp_path / "other")
    _accepted(ledger, box, "a.pdf")
    _look(ledger, box, ())
    assert _is_complained_of(archive, box)
    _accepted(ledger, other, "a.pdf")
    _look(ledger, other, {"a.pdf"})
    assert not _is_complained_of(archive, box)
    assert _row(ledger, other, "a.pdf").state is ScanState.PENDING


def test_a_copy_takes_the_place_of_what_left_the_box(ledger, box):
    """One of two copies is enough."""
    _accepted(ledger, box, "a.pdf")
    assert _accepted(ledger, box, "b.pdf").state is ScanState.DUPLICATE
    _look(ledger, box, {"b.pdf"})
    assert {row.path: row.state for row in ledger.scans(box.id)} == {
        "a.pdf": ScanState.GONE,
        "b.pdf": ScanState.PENDING,
    }


def test_what_is_archived_may_leave_its_box(ledger, box):
    """Its bag holds it, even while it waits to be read again."""
    row = _accepted(ledger, box, "a.pdf")
    ledger.archive(row, "recipe", Measure(read=2, blank=0, missing=0, confidence=1.0))
    _look(ledger, box, ())
    assert _row(ledger, box, "a.pdf").state is ScanState.ARCHIVED
    ledger.mark_pending(_row(ledger, box, "a.pdf"))
    _look(ledger, box, ())
    assert _row(ledger, box, "a.pdf").state is ScanState.PENDING
