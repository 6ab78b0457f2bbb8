"""The index may be down: bags wait, the run goes on, and it is tried again."""

import pytest

from models.scan import Kind
from pipeline.archive.bag import build_bag
from pipeline.index.sqlite import SqliteStore
from pipeline.index.store import IndexUnusableError
from pipeline.run.indexing import Indexer
from pipeline.run.ledger import Ledger
from pipeline.run.progress import Progress
from tests.conftest import run_settings


class Outage:
    """An index that is down for its first uses, and then is what it was."""

    def __init__(self, store, uses):
        """Say for how many uses."""
        self.left = uses
        self._store = store

    def put(self, case, pages):
        """Put a case file in, if it is up by now."""
        self.left -= 1
        if self.left >= 0:
            raise IndexUnusableError("The index does not answer.")
        self._store.put(case, pages)


@pytest.fixture
def archive(tmp_path, make):
    """Return an archive with a bag that waits for the index."""
    page = make.page(["Le greffier"])
    source = tmp_path / "a.pdf"
    source.write_bytes(b"abc")
    page = page.model_copy(update={"scan": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"})
    case = make.case(page)
    assert case.scans[0].kind is Kind.PDF
    picture = make.picture(page, tmp_path / "a.jpg")
    bag = build_bag(case, [page], {page.scan: source}, {(page.scan, 1): picture}, tmp_path / "archive")
    with Ledger(tmp_path / "archive") as ledger:
        (tmp_path / "box").mkdir()
        ledger.enter_box(tmp_path / "box")
        ledger.enter_case(case.id, "box", "", "a")
        ledger.case_archived(case.id, str(bag.relative_to(tmp_path / "archive")))
    return tmp_path / "archive"


@pytest.mark.parametrize(("uses", "left"), [(0, 0), (2, 0), (4, 1)])
def test_an_index_that_is_down_is_tried_again_and_then_left_for_the_next_run(archive, uses, left):
    """Two retries: an outage of two uses passes, one of four does not."""
    progress = Progress()
    with Ledger(archive) as ledger, SqliteStore(archive / "index.db") as store:
        settings = run_settings(retries=2, retry_seconds=0.01)
        indexer = Indexer(Outage(store, uses), ledger, settings, progress)
        indexer.put_all_waiting(archive)
        assert len(ledger.to_be_indexed()) == left
        assert bool(progress.index_error) == bool(left)


def test_a_run_does_not_wait_for_an_index_that_is_down(archive):
    """Until its time has come it is not even asked."""
    with Ledger(archive) as ledger, SqliteStore(archive / "index.db") as store:
        outage = Outage(store, 9)
        indexer = Indexer(outage, ledger, run_settings(retry_seconds=60), Progress())
        for bag in ledger.to_be_indexed() * 3:
            indexer.put(archive / bag)
        assert outage.left == 8
