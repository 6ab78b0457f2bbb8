"""The index may be down: bags wait, the run continues, and the index is tried again."""

import hashlib
import socket
import sqlite3
from datetime import UTC, datetime

import pytest

from models.actor import Actor, ActorKind
from models.errors import IndexUnusableError, SchedulerError
from models.failure import Code, Failure
from models.level import Level
from models.page import PageRef
from models.restriction import Reach, Restriction
from models.scan import Kind
from models.scope import Scope
from pipeline.archive.archive import Archive
from pipeline.archive.custody import custody
from pipeline.archive.journal import lines
from pipeline.execution.perform import perform
from pipeline.execution.progress import Progress
from pipeline.execution.task import Outcome
from pipeline.execution.tasks import analyse_case
from pipeline.index.language import parse
from pipeline.index.store import View
from pipeline.services.index import rebuild_index, synchronise
from pipeline.services.indexing import Indexer
from pipeline.services.rebuild import rebuild_archive
from tests.conftest import EVERYTHING, archive_settings, at_the_shell, bag_in_place


class Outage:
    """An index that is down for its first uses, and then works as before."""

    def __init__(self, store, uses):
        """Say for how many uses."""
        self.left = uses
        self._store = store

    def put(self, case, pages, now=None):
        """Add a case file, if the index is up by now."""
        self.left -= 1
        if self.left >= 0:
            raise IndexUnusableError("The index does not answer.")
        self._store.put(case, pages, now)

    def put_analysed(self, found):
        """Add a case file, if the index is up by now."""
        self.left -= 1
        if self.left >= 0:
            raise IndexUnusableError("The index does not answer.")
        self._store.put_analysed(found)

    def merge(self):
        """Merge, if the index is up by now."""
        self._store.merge()


class _Workers:
    """Workers that need no processes; the first bags, as many as ``BAGS`` says, take all memory that they may have."""

    BAGS = 0

    def __init__(self, *_given):
        """Take the settings."""

    def __enter__(self):
        """Return it."""
        return self

    def __exit__(self, *_error):
        """End nothing."""

    def finished(self, take):
        """Do each task."""
        left = self.BAGS
        while task := take():
            done = perform(task.function, task.arguments)
            failure = Failure(code=Code.OUT_OF_MEMORY) if left > 0 else done.failure
            left -= 1
            yield Outcome(task, datetime.now(UTC), value=None if failure else done.value, failure=failure)


class _Greedy(_Workers):
    BAGS = 1


def _bag(archive, ledger, make, number, *restrictions):
    """Make a bag that waits for the index."""
    page = make.page([f"Le greffier mot{number}"])
    source = archive.parent / f"{number}.pdf"
    source.write_bytes(b"%d" % number)
    page = page.model_copy(update={"scan": hashlib.sha256(source.read_bytes()).hexdigest()})
    case = make.case(page, case_id=f"box_{number}").model_copy(update={"restrictions": restrictions})
    assert case.scans[0].kind is Kind.PDF
    picture = make.picture(page, archive.parent / f"{number}.jpg")
    bag = bag_in_place(case, [page], {page.scan: source}, {(page.scan, 1): picture}, archive)
    ledger.enter_case(case.id, "box", "", "a")
    ledger.case_archived(case.id, str(bag.relative_to(archive)))
    return bag


def _pieces(store):
    return store._database.execute("SELECT count(DISTINCT segid) FROM tokens_staff_idx").fetchone()[0]


@pytest.fixture
def archive(tmp_path, make):
    """Return an archive with a bag that waits for the index."""
    with _open(tmp_path) as opened:
        (tmp_path / "box").mkdir()
        opened.ledger.enter_box(tmp_path / "box")
        _bag(opened.folder, opened.ledger, make, 1)
        yield opened


def _open(tmp_path, **run):
    """Open an archive with some settings of its runs."""
    return Archive(archive_settings(tmp_path / "archive", run=run))


def _with_index(archive, store, **run):
    """Return an archive with another index."""
    other = _open(archive.folder.parent, **run)
    other.__dict__ |= {"ledger": archive.ledger, "index": store}
    return other


@pytest.mark.parametrize("few", [50, 0])
@pytest.mark.parametrize(("uses", "left"), [(0, 0), (2, 0), (4, 1)])
def test_an_index_that_is_down_is_tried_again_and_then_left_for_the_next_run(archive, monkeypatch, uses, left, few):
    """Two retries: an outage of two uses passes, one of four does not."""
    monkeypatch.setattr("pipeline.services.analysing._FEW", few)
    monkeypatch.setattr("pipeline.services.analysing.open_executor", _Workers)
    progress = Progress()
    outage = Outage(archive.index, uses)
    Indexer(_with_index(archive, outage, retries=2, retry_seconds=0.01), progress).put_all_waiting()
    assert len(archive.ledger.to_be_indexed()) == left
    assert bool(progress.index_error) == bool(left)


def test_a_run_does_not_wait_for_an_index_that_is_down(archive):
    """Until then it is not even asked."""
    outage = Outage(archive.index, 9)
    indexer = Indexer(_with_index(archive, outage, retry_seconds=60), Progress())
    for bag in archive.ledger.to_be_indexed() * 3:
        indexer.put(archive.folder / bag)
    assert outage.left == 8


@pytest.mark.parametrize("few", [50, 0])
def test_a_bag_that_cannot_be_read_keeps_no_other_out_of_the_index(archive, make, monkeypatch, few):
    """The run says so and continues; the bag waits until it is put back. So it is if the workers read the bags."""
    monkeypatch.setattr("pipeline.services.analysing._FEW", few)
    monkeypatch.setattr("pipeline.services.analysing.open_executor", _Workers)
    progress = Progress()
    ledger, store = archive.ledger, archive.index
    (damaged,) = ledger.to_be_indexed()
    record = archive.folder / damaged / "data" / "case.json"
    content = record.read_bytes()
    record.write_bytes(content[:100])
    _bag(archive.folder, ledger, make, 2)
    Indexer(archive, progress).put_all_waiting()
    (note,) = progress.notes
    assert "box_1" in note
    assert "bannasar verify" in note
    assert ledger.to_be_indexed() == [damaged]
    assert store.cases().keys() == {"box_2"}
    record.write_bytes(content)
    Indexer(archive, progress).put_all_waiting()
    assert ledger.to_be_indexed() == []
    assert store.cases().keys() == {"box_1", "box_2"}


def test_workers_make_the_same_index(archive, make, monkeypatch):
    """Many bags are analysed by the workers; a bag that cannot be read is named as before."""
    for number in (2, 3):
        _bag(archive.folder, archive.ledger, make, number)
    damaged = archive.folder / archive.ledger.to_be_indexed()[0]
    (damaged / "data" / "case.json").write_text("{")
    here = rebuild_index(archive, at_the_shell())
    cases = archive.index.cases()
    monkeypatch.setattr("pipeline.services.analysing._FEW", 0)
    shown = []
    assert rebuild_index(archive, at_the_shell(), lambda *done: shown.append(done)) == here == (2, (damaged,))
    assert archive.index.cases() == cases
    assert shown == [(1, 3), (2, 3), (3, 3)]
    assert [hit.case for hit in archive.index.search(parse("mot3"), View(), EVERYTHING).hits] == ["box_3"]


def test_a_bag_that_no_worker_can_read_is_not_tried_without_limits(archive, make, monkeypatch, caplog):
    """It would take the memory or the time of the process that writes the index. It is named instead."""
    (greedy,) = archive.ledger.to_be_indexed()
    _bag(archive.folder, archive.ledger, make, 2)
    monkeypatch.setattr("pipeline.services.analysing._FEW", 0)
    monkeypatch.setattr("pipeline.services.analysing.open_executor", _Greedy)
    pages, unreadable = rebuild_index(archive, at_the_shell())
    assert (pages, unreadable) == (1, (archive.folder / greedy,))
    assert "out-of-memory" in caplog.text


def test_a_rebuild_whose_workers_read_few_bags_keeps_the_old_index(archive, make, monkeypatch):
    """Rather the workers are at fault than most bags: an almost empty index would find nothing."""
    for number in (2, 3):
        _bag(archive.folder, archive.ledger, make, number)
    assert rebuild_index(archive, at_the_shell()) == (3, ())
    monkeypatch.setattr("pipeline.services.analysing._FEW", 0)
    monkeypatch.setattr("pipeline.services.analysing.open_executor", _Greedy)
    monkeypatch.setattr(_Greedy, "BAGS", 2)
    with pytest.raises(IndexUnusableError, match="2 of 3 bags") as refused:
        rebuild_index(archive, at_the_shell())
    assert "bannasar verify" in refused.value.next_step
    assert archive.index.cases().keys() == {"box_1", "box_2", "box_3"}
    monkeypatch.setattr(_Greedy, "BAGS", 0)
    assert rebuild_index(archive, at_the_shell()) == (3, ())


def test_a_rebuild_without_its_scheduler_lacks_only_the_index(archive, monkeypatch):
    """The journal is begun before the index is made, so that `index rebuild` makes the archive whole."""
    monkeypatch.setattr("pipeline.services.analysing._FEW", 0)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # it does not listen
        monkeypatch.setattr("pipeline.execution.dask_executor._SECONDS_TO_CONNECT", 0.2)
        scheduler = f"tcp://127.0.0.1:{nobody.getsockname()[1]}"
        with _open(archive.folder.parent, scheduler=scheduler) as alone, pytest.raises(SchedulerError):
            rebuild_archive(alone, at_the_shell(), force=True)
    with _open(archive.folder.parent) as after:
        assert [line.case for line in lines(after.folder)] == ["box_1"]
        assert list(custody(after.folder)) == []
        assert rebuild_index(after, at_the_shell()) == (1, ())
        assert after.index.cases().keys() == {"box_1"}


def test_a_rebuild_reads_no_bag_twice_that_it_had_before_it_was_stopped(archive, make, monkeypatch):
    """Except one that was made again since."""
    for number in (2, 3):
        archive.ledger.case_indexed(_bag(archive.folder, archive.ledger, make, number).name)
    monkeypatch.setattr("pipeline.index.sqlite._PAGES_AT_ONCE", 1)

    def stop(done, _all):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild_index(archive, at_the_shell(), stop)
    shown = []
    assert rebuild_index(archive, at_the_shell(), lambda *done: shown.append(done)) == (3, ())
    assert shown == [(2, 3), (3, 3)], "box_2 is kept; box_1 waits in the ledger"
    assert archive.index.cases().keys() == {"box_1", "box_2", "box_3"}


@pytest.mark.parametrize("until", [None, datetime(2026, 3, 1, tzinfo=UTC)])
def test_a_rebuild_that_goes_on_reads_a_bag_with_an_end_date_again(archive, make, monkeypatch, until):
    """The seal may have ended, or begun to count again, since the rebuild was stopped."""
    archive.ledger.case_indexed("box_1")
    by = Actor(name="a@b", kind=ActorKind.OPERATOR)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    seal = Restriction(level=Level.SEALED, reach=Reach.CASE, reason="order", by=by, at=at, until=until)
    archive.ledger.case_indexed(_bag(archive.folder, archive.ledger, make, 2, seal).name)
    times = iter([at, datetime(2026, 6, 1, tzinfo=UTC)])
    monkeypatch.setattr("pipeline.services.index.surely_now", lambda _folder: next(times))
    monkeypatch.setattr("pipeline.index.sqlite.SqliteStore._replace", _stop)
    with pytest.raises(KeyboardInterrupt):
        rebuild_index(archive, at_the_shell())
    monkeypatch.undo()
    monkeypatch.setattr("pipeline.services.index.surely_now", lambda _folder: next(times))
    shown = []
    rebuild_index(archive, at_the_shell(), lambda *done: shown.append(done))
    assert len(shown) == (0 if until is None else 1), "only the bag with an end date is read again"
    found = archive.index.search(parse("mot2"), View(), Scope(Level.STAFF)).pages
    assert found == (0 if until is None else 1)


def _stop(*_given):
    raise KeyboardInterrupt


@pytest.mark.parametrize("until", [None, datetime(2026, 3, 1, tzinfo=UTC)])
def test_a_worker_leaves_a_level_that_ends_to_the_moment_when_the_bag_is_placed(make, until):
    """Until then it may have ended."""
    by, at = Actor(name="a@b", kind=ActorKind.OPERATOR), datetime(2026, 1, 1, tzinfo=UTC)
    seal = Restriction(level=Level.SEALED, reach=Reach.CASE, reason="order", by=by, at=at, until=until)
    page = make.page(["Le greffier"])
    case = make.case(page).model_copy(update={"restrictions": (seal,)})
    found = analyse_case(case, {PageRef(scan=page.scan, number=page.number): page})
    assert (found is None) == (until is not None)
    assert found is None or [entry.level for entry in found[1]] == [Level.SEALED]


def test_after_many_runs_the_index_is_searched_in_few_pieces(tmp_path, make):
    """Each run of one case file adds a piece to it; `index sync` leaves few of them too."""
    with _open(tmp_path) as archive:
        ledger, store = archive.ledger, archive.index
        (tmp_path / "box").mkdir()
        ledger.enter_box(tmp_path / "box")
        for number in range(24):
            indexer = Indexer(archive, Progress())
            indexer.put(_bag(archive.folder, ledger, make, number))
            indexer.put_all_waiting()
            assert _pieces(store) <= 6
        assert [hit.case for hit in store.search(parse("mot17"), View(), EVERYTHING).hits] == ["box_17"]
        for number in range(24):
            store.remove(f"box_{number}")
        synchronise(archive, at_the_shell())
        assert _pieces(store) <= 6
        assert store.search(parse("greffier"), View(limit=1), EVERYTHING).exact == 24


def test_a_run_says_why_it_could_not_merge(archive):
    """Everything is in the index by then, and the next run does it."""
    progress = Progress()
    indexer = Indexer(_with_index(archive, archive.index, retries=0), progress)
    indexer.put(archive.folder / archive.ledger.to_be_indexed()[0])
    other = sqlite3.connect(archive.folder / "index.db")
    other.execute("BEGIN IMMEDIATE")
    archive.index._database.execute("PRAGMA busy_timeout = 1")
    indexer.put_all_waiting()
    other.close()
    assert "in use by another program" in progress.index_error
    indexer.put_all_waiting()
    assert not progress.index_error
