"""What a crash can leave is found, repaired, and gone after the next run."""

import gzip
import shutil

import pytest

from models.scan import ScanState
from pipeline.archive.archive import Archive
from pipeline.archive.ledger import Ledger
from pipeline.index.sqlite import SqliteStore
from pipeline.services.ledger_check import check_ledger
from tests.cli.conftest import Bannasar, write_page
from tests.conftest import archive_settings, at_the_shell

pytestmark = pytest.mark.usefixtures("warm_sandboxes")


@pytest.fixture(scope="module")
def archived(tmp_path_factory):
    """Return an archive of two case files."""
    folder = tmp_path_factory.mktemp("check")
    for number in (1, 2):
        write_page(folder / "box-1" / f"{number}.png", f"Lettre {number}")
    bannasar = Bannasar(folder / "archive")
    assert bannasar("run", folder / "box-1").returncode == 0
    return folder


@pytest.fixture
def archive(archived, tmp_path):
    """Return a copy of it, to be damaged."""
    shutil.copytree(archived / "archive", tmp_path / "archive")
    return tmp_path / "archive"


def _check(archive, *, repair=True):
    with Archive(archive_settings(archive)) as opened:
        return [(finding.sentence, finding.repaired) for finding in check_ledger(opened, at_the_shell(), repair=repair)]


def test_a_sound_archive_agrees_with_its_ledger(archive):
    """Nothing is found where nothing is wrong."""
    assert _check(archive) == []


def test_a_bag_that_is_gone_is_noticed_and_made_anew(archive, archived):
    """The scan is read from its box, from the results that are kept."""
    shutil.rmtree(next((archive / "bags").glob("*/*1*")))
    ((sentence, repaired),) = _check(archive)
    assert "is not there: 1 scan must be read again" in sentence
    assert repaired
    bannasar = Bannasar(archive)
    assert bannasar("run", archived / "box-1").returncode == 0
    assert _check(archive) == []
    assert len(list((archive / "bags").glob("*/*"))) == 2


def test_scans_archived_in_a_bag_nobody_knows_are_read_again(archive, archived):
    """As a ledger can be after a run that was killed between two entries."""
    with Ledger(archive) as ledger:
        ledger.case_lost(ledger.cases()[0].id)
    (lost, _) = _check(archive)
    assert lost == ("The bag of box-1_1.png is not there: 1 scan must be read again.", True)
    bannasar = Bannasar(archive)
    assert bannasar("run", archived / "box-1").returncode == 0
    assert _check(archive) == []


def test_leftovers_are_taken_away(archive):
    """Unfinished work, half results, results that cannot be read, runs without an end."""
    (archive / "tmp" / "bag-1").mkdir(parents=True)
    first, second = sorted((archive / "results").rglob("*.gz"))
    first.with_suffix(".part").write_bytes(b"")
    second.write_bytes(gzip.compress(b"{}")[:-3])
    with Ledger(archive) as ledger:
        ledger.begin_run("run", "recipe", {})
    found = _check(archive)
    assert len(found) == 4
    assert all(repaired for _, repaired in found)
    assert _check(archive) == []


def test_a_dry_run_mends_nothing(archive):
    """It reports the same twice."""
    (archive / "tmp" / "bag-1").mkdir(parents=True)
    assert _check(archive, repair=False) == _check(archive, repair=False) != []


def test_a_case_file_that_the_index_lost_is_put_in_again(archive, archived):
    """By the next run, of whatever box."""
    with SqliteStore(archive / "index.db") as store:
        lost = next(iter(store.cases()))
        store.remove(lost)
    assert [repaired for _, repaired in _check(archive)] == [True]
    with Ledger(archive) as ledger:
        assert len(ledger.to_be_indexed()) == 1
    Bannasar(archive)("run", archived / "box-1")
    with SqliteStore(archive / "index.db") as store:
        assert lost in store.cases()


def test_a_duplicate_of_nothing_is_read_itself(archive):
    """Its first scan was removed, and it is the only one now."""
    with Ledger(archive) as ledger:
        (box,) = ledger.boxes()
        row = ledger.scans(box.id)[0]
        ledger._update(row, state=ScanState.PENDING)
        ledger._update(ledger.scans(box.id)[0], state=ScanState.DUPLICATE)
    found = _check(archive)
    assert any("duplicate of nothing" in sentence and repaired for sentence, repaired in found)
    with Ledger(archive) as ledger:
        assert ledger.scans(box.id)[0].state is ScanState.PENDING
