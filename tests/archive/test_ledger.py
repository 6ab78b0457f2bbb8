"""The ledger keeps what is entered, and returns it."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from models.errors import ArchiveBusyError, LedgerError
from models.failure import Code, Failure
from models.ledger import Attempt, scan_row
from models.scan import ScanState
from pipeline.archive.archive import Archive
from pipeline.archive.ledger import Ledger
from pipeline.archive.lock import hold
from pipeline.archive.measure import Measure
from pipeline.services.search import View, search
from tests.conftest import ROOT, archive_settings, at_the_shell

SHA = "ab" * 32
WHOLE = Measure(read=2, blank=0, missing=0, confidence=1.0)


@pytest.fixture
def ledger(tmp_path):
    with Ledger(tmp_path / "archive") as opened:
        yield opened


def _row(ledger, path="1.pdf", **known):
    box = known.pop("box", "box")
    known = {"sha256": SHA, "kind": "pdf", "pages": 2} | known
    row = scan_row(box, path, 100, 1, **known)
    ledger.put(row)
    return row


@pytest.fixture
def box(ledger, tmp_path):
    (tmp_path / "box").mkdir()
    return ledger.enter_box(tmp_path / "box")


def test_a_box_is_known_by_where_it_lies(ledger, tmp_path):
    """Two folders of one name are two boxes; one folder given twice is one box."""
    for parent in ("a", "b"):
        (tmp_path / parent / "box").mkdir(parents=True)
    ids = [ledger.enter_box(tmp_path / parent / "box").id for parent in ("a", "b", "a")]
    assert ids == ["box", "box-2", "box"]


def test_a_failed_scan_keeps_its_reason_until_it_is_archived(ledger, box):
    """A repaired scan has no reason left."""
    row = _row(ledger)
    ledger.fail(row, Failure(code=Code.TIMEOUT, page=2))
    (failed,) = ledger.scans(box.id)
    assert (failed.state, failed.code) == (ScanState.FAILED, "timeout")
    assert failed.reason.startswith("Page 2: ")
    ledger.mark_pending(failed)
    (waiting,) = ledger.scans(box.id)
    ledger.archive(waiting, "recipe", Measure(read=1, blank=1, missing=0, confidence=0.9))
    (archived,) = ledger.scans(box.id)
    assert (archived.state, archived.code, archived.reason, archived.blank) == (ScanState.ARCHIVED, None, None, 1)


@pytest.mark.parametrize("code", list(Code))
def test_a_code_refuses_or_fails_as_it_says(ledger, box, code):
    """Every code has a state, a sentence and a next step."""
    ledger.fail(_row(ledger), Failure(code=code))
    (row,) = ledger.scans(box.id)
    assert row.state is (ScanState.REFUSED if code.refuses else ScanState.FAILED)
    assert code.sentence in row.reason
    assert code.next_step in row.reason


def test_a_scan_whose_bytes_changed_stays_beside_the_new_one_once_it_is_archived(ledger, box):
    """What was archived is never forgotten; what only waited is replaced."""
    _row(ledger, sha256="a" * 64)
    waiting = _row(ledger, sha256="b" * 64)
    assert [row.sha256[0] for row in ledger.scans(box.id)] == ["b"]
    ledger.archive(waiting, "recipe", WHOLE)
    _row(ledger, sha256="c" * 64)
    assert sorted((row.sha256[0], row.state) for row in ledger.scans(box.id)) == [
        ("b", ScanState.ARCHIVED),
        ("c", ScanState.PENDING),
    ]


def test_an_unchanged_scan_is_known_without_hashing(ledger, box):
    """Size and time of change are enough, as for rsync; if one of them is new, the scan is looked at again."""
    row = _row(ledger)
    assert ledger.known(box.id, "1.pdf", 100, 1) == row
    assert ledger.known(box.id, "1.pdf", 101, 1) is None
    assert ledger.known(box.id, "1.pdf", 100, 2) is None


def test_the_first_of_two_copies_is_the_archived_one(ledger, box):
    """A copy of a failed scan is not a duplicate: the first one may never be read."""
    first = _row(ledger, "a.pdf")
    second = _row(ledger, "b.pdf")
    ledger.fail(first, Failure(code=Code.TIMEOUT))
    assert ledger.first(SHA, box.id, "b.pdf") is None
    ledger.archive(first, "recipe", WHOLE)
    found = ledger.first(SHA, box.id, second.path)
    assert found is not None
    assert found.path == "a.pdf"


def test_what_is_entered_at_once_is_entered_whole_or_not_at_all(ledger, box):
    """Scans of a case file, and its bag: a process that dies in between has entered neither."""
    row = _row(ledger)
    ledger.enter_case("case", box.id, "", "Case")

    def die_between() -> None:
        with ledger.transaction():
            ledger.archive(row, "recipe", WHOLE)
            ledger.case_archived("case", "bags/box/case")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        die_between()
    assert [scan.state for scan in ledger.scans(box.id)] == [ScanState.PENDING]
    assert ledger.bag_of("case") == ""


def test_a_case_file_waits_for_the_index_until_it_is_there(ledger, box):
    """The bag is the truth, the index a view that may come later."""
    ledger.enter_case("case", box.id, "", "Case")
    assert ledger.to_be_indexed() == []
    ledger.case_archived("case", "bags/box/case")
    assert ledger.to_be_indexed() == ["bags/box/case"]
    ledger.case_indexed("case")
    assert ledger.to_be_indexed() == []


def test_attempts_are_counted_by_page_and_recipe(ledger, box):
    """How often a page was read stays known."""
    read = Attempt("read", box.id, SHA, datetime.now(UTC), 2.0, recipe="r")
    for page in (1, 1, 2):
        ledger.attempt(replace(read, page=page))
    ledger.attempt(replace(read, page=3, failure=Failure(code=Code.TIMEOUT)))
    assert ledger.times_read() == {(SHA, 1, "r"): 2, (SHA, 2, "r"): 1}
    assert ledger.seconds_a_page() == 2.0


def test_a_ledger_of_a_newer_version_is_left_alone(tmp_path):
    """An older program must not touch what it does not understand."""
    with Ledger(tmp_path):
        pass
    database = sqlite3.connect(tmp_path / "ledger.db")
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(LedgerError, match="newer"):
        Ledger(tmp_path)


def test_a_file_that_is_no_ledger_is_named(tmp_path):
    """An operator must know which file is damaged."""
    (tmp_path / "ledger.db").write_bytes(b"no database" * 100)
    with pytest.raises(LedgerError, match=r"ledger\.db"):
        Ledger(tmp_path)


def test_an_unknown_state_cannot_be_entered(ledger, box):
    """The states are a closed set."""
    with pytest.raises(sqlite3.IntegrityError):
        ledger.put(replace(scan_row(box.id, "x", 1, 1), state="lost"))  # type: ignore[arg-type]


def test_a_scan_cannot_become_what_it_cannot(ledger, box):
    """What was archived does not fail later, and a refused scan does not appear in the archive."""
    row = _row(ledger)
    ledger.fail(row, Failure(code=Code.ENCRYPTED))
    (refused,) = ledger.scans(box.id)
    with pytest.raises(LedgerError, match="cannot become"):
        ledger.archive(refused, "recipe", WHOLE)


def test_a_scan_is_archived_only_when_every_page_is_accounted_for(ledger, box):
    """Pages in = pages archived + blank + missing."""
    row = _row(ledger)
    with pytest.raises(LedgerError, match="2 pages"):
        ledger.archive(row, "recipe", Measure(read=1, blank=0, missing=0, confidence=1.0))
    assert [row.state for row in ledger.scans(box.id)] == [ScanState.PENDING]


def test_a_run_that_never_ended_has_died(ledger):
    """The next run records it."""
    ledger.begin_run("run", "r", {})
    ledger.begin_run("run", "r", {})
    ledger.end_run("done")
    assert [run.outcome for run in ledger.runs()] == ["died", "done"]


def _first_version(folder):
    """Put a ledger of the first version into a folder: an archived scan, and an attempt."""
    folder.mkdir(exist_ok=True)
    with closing(sqlite3.connect(folder / "ledger.db")) as database:
        database.executescript((ROOT / "pipeline" / "archive" / "migrations" / "1.sql").read_text("utf-8"))
        database.executescript("""
            PRAGMA user_version = 1;
            INSERT INTO boxes VALUES ('box', '/box', '2026-01-01', NULL, 0);
            INSERT INTO scans VALUES ('box', 'a.pdf', 'abab', 1, 1, 1, 'pdf', 3, 'archived', 'c', 'r', NULL, NULL,
                                      NULL, NULL, 1, 0.9, '2026-01-01');
            INSERT INTO attempts VALUES (1, 'read', 'box', 'abab', 1, 'r', 'w', '2026-01-01T00:01:00.000+00:00', 2.5,
                                         'failed', 'timeout', 'slow');
        """)


def test_a_ledger_of_the_first_version_is_brought_up_to_date(tmp_path):
    """An archive is older than its programs: nothing in it is lost."""
    _first_version(tmp_path)
    with Archive(archive_settings(tmp_path)) as archive:
        archive.migrate()
        (row,) = archive.ledger.scans("box")
        assert (row.read, row.blank, row.missing) == (2, 1, 0)
        assert archive.ledger.pages("abab") == []
        (attempt,) = archive.ledger.attempts_of(row)
        assert (attempt.started, attempt.message) == ("2026-01-01T00:00:57.500+00:00", "slow")


def test_who_only_reads_does_not_change_a_ledger_of_an_older_version(tmp_path):
    """An older program may be using it. The message says how to bring it up to date."""
    _first_version(tmp_path)
    before = (tmp_path / "ledger.db").read_bytes()
    with (
        Archive.open(archive_settings(tmp_path)) as archive,
        pytest.raises(LedgerError, match=r"older Bannasar.*`bannasar ledger check`"),
    ):
        archive.ledger.boxes()
    assert (tmp_path / "ledger.db").read_bytes() == before


def test_who_changes_an_archive_brings_its_ledger_up_to_date(tmp_path):
    """As a run does, when nobody else can be using it."""
    _first_version(tmp_path)
    with Archive.open(archive_settings(tmp_path)) as archive:
        with archive.held():
            assert [box.id for box in archive.ledger.boxes()] == ["box"]
        archive.migrate()  # does nothing more


def test_a_ledger_is_not_brought_up_to_date_while_another_process_is_at_work(tmp_path):
    """That process would continue with tables that it does not know."""
    _first_version(tmp_path)
    with hold(tmp_path), Archive.open(archive_settings(tmp_path)) as archive, pytest.raises(ArchiveBusyError):
        archive.migrate()


def test_an_archive_whose_ledger_is_of_an_older_version_is_searched(tmp_path):
    """It may be on a read-only disk: what is found is in the index."""
    with Archive(archive_settings(tmp_path)) as archive:
        assert archive.index.count() == 0  # it is made
    _first_version(tmp_path)
    with Archive.open(archive_settings(tmp_path)) as archive:
        assert search(archive, at_the_shell(), "police", View()).found.pages == 0
