"""In any order of events, the ledger accounts for every page, and allows only its states."""

import tempfile
from contextlib import ExitStack
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from models.errors import LedgerError
from models.failure import Code, Failure
from models.ledger import ScanRow, scan_row
from models.scan import ScanState
from pipeline.archive.ledger import Ledger
from pipeline.archive.measure import Measure
from pipeline.intake.discover import Entry
from pipeline.services.gone import is_unsettled
from pipeline.services.ingest import settle

PAGES = 3
_SCAN = st.integers(min_value=0, max_value=7)


class Scans(RuleBasedStateMachine):
    """The scans of a box as runs find them: found, copied, changed, read, failed, taken out, found again."""

    def __init__(self) -> None:
        """Begin with an empty box."""
        super().__init__()
        self._parts = ExitStack()
        folder = Path(self._parts.enter_context(tempfile.TemporaryDirectory()))
        self.ledger = self._parts.enter_context(Ledger(folder / "archive"))
        (folder / "box").mkdir()
        self.box = self.ledger.enter_box(folder / "box")

    def teardown(self) -> None:
        """Close the ledger."""
        self._parts.close()

    def _scans(self) -> list[ScanRow]:
        return self.ledger.scans(self.box.id)

    def _chosen(self, number: int) -> ScanRow | None:
        rows = self._scans()
        return rows[number % len(rows)] if rows else None

    def _settle(self, row: ScanRow) -> None:
        settle(row, Entry(PurePosixPath(row.path), self.box.root / row.path, 1, 1), self.ledger, [self.box.id])

    @rule(path=st.sampled_from(["a.pdf", "b.pdf", "c.pdf"]), content=st.sampled_from(["aa", "bb"]))
    def find(self, path: str, content: str) -> None:
        """A file appears in the box: new, with other bytes, or as a copy of another."""
        if self.ledger.scan(self.box.id, path, content) is None:
            row = scan_row(self.box.id, path, 1, 1, sha256=content, kind="pdf", pages=PAGES)
            self.ledger.put(row)
            self._settle(row)

    @rule(number=_SCAN)
    def come_upon_it_again(self, number: int) -> None:
        """The next run looks at a scan."""
        if row := self._chosen(number):
            self._settle(row)

    @rule(number=_SCAN, code=st.sampled_from([Code.TIMEOUT, Code.ENCRYPTED, Code.LEFT_BOX]))
    def fail(self, number: int, code: Code) -> None:
        """A scan fails or is refused; what is in a bag stays archived as it was."""
        row = self._chosen(number)
        if row is None:
            return
        if row.state is ScanState.DUPLICATE and code.refuses:
            before = self._scans()
            with pytest.raises(LedgerError):  # its first was not refused, and has the same bytes
                self.ledger.fail(row, Failure(code=code))
            assert self._scans() == before
            return
        self.ledger.fail(row, Failure(code=code))
        now = self.ledger.scan(row.box, row.path, row.sha256)
        wanted = ScanState.ARCHIVED if row.in_bag else ScanState.REFUSED if code.refuses else ScanState.FAILED
        assert now is not None
        assert now.state is wanted

    @rule(number=_SCAN, blank=st.integers(0, PAGES), missing=st.integers(0, PAGES))
    def archive(self, number: int, blank: int, missing: int) -> None:
        """The bag of a scan is built; the ledger refuses that for a scan that does not wait, or with too many pages."""
        row = self._chosen(number)
        if row is None:
            return
        before = self._scans()
        read = PAGES - blank - missing
        if row.state in {ScanState.PENDING, ScanState.ARCHIVED} and read >= 0:
            self.ledger.archive(row, "recipe", Measure(read, blank, missing, 0.9))
            return
        with pytest.raises(LedgerError):
            self.ledger.archive(row, "recipe", Measure(max(read, 0), blank, missing, 0.9))
        assert self._scans() == before

    @rule(number=_SCAN)
    def take_out_of_the_box(self, number: int) -> None:
        """A file is no longer in the box."""
        row = self._chosen(number)
        if row is not None and is_unsettled(row):
            self.ledger.mark_gone(row, "It was taken out of the box.")

    @rule(number=_SCAN)
    def read_again(self, number: int) -> None:
        """A rerun is asked for."""
        if row := self._chosen(number):
            self.ledger.mark_pending(row)

    @rule(number=_SCAN)
    def lose_the_bag(self, number: int) -> None:
        """`bannasar ledger check` finds that the bag of a scan is not there."""
        row = self._chosen(number)
        if row is not None and row.in_bag:
            self.ledger.mark_lost(row)

    @invariant()
    def every_page_is_accounted_for(self) -> None:
        """Each page is counted exactly once."""
        self.ledger.account(self.box.id).check(self.box.id)

    @invariant()
    def every_scan_is_as_its_state_says(self) -> None:
        """An archived scan stays in its bag, a failed one says why, a copy says of which scan."""
        for row in self._scans():
            if row.state is ScanState.ARCHIVED:
                assert row.in_bag
                assert row.pages == row.read + row.blank + row.missing
            assert not row.in_bag or row.state in {ScanState.ARCHIVED, ScanState.PENDING}
            assert (row.code is not None) == (row.state in {ScanState.FAILED, ScanState.REFUSED})
            assert (row.first_path is not None) or row.state is not ScanState.DUPLICATE


Scans.TestCase.settings = settings(
    max_examples=30,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
test_scans = Scans.TestCase
