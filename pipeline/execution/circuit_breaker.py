"""Stops a run when so many pages fail that the cause must be the machine and not the paper."""

import logging
from collections import Counter, defaultdict

from models.errors import TooManyFailuresError
from models.failure import Code, Failure
from models.ledger import ScanRow
from pipeline.archive.ledger import Ledger
from pipeline.execution.retry import is_of_storage

_LOG = logging.getLogger(__name__)
# Fewer failures than this, or failures in fewer scans, show nothing about the machine.
_FEWEST_FAILURES = 10
_FEWEST_SCANS = 3
# The paper is the cause of these.
_CAUSED_BY_PAPER = frozenset({Code.NO_TEXT, Code.DAMAGED, Code.PAGE_TOO_LARGE, Code.ENCRYPTED, Code.CHANGED})


class CircuitBreaker:
    """Counts the pages of a run that fail, and stops the run when too many do.

    The first failed try of a page counts already: the other pages do not have to wait for its last try.

    ``scans`` is the number of scans that the run reads.
    """

    def __init__(self, ledger: Ledger, recipe: str, most: float) -> None:
        """Start counting.

        Args:
            ledger: records which pages have failed before.
            recipe: the recipe that pages are read with.
            most: the share of the pages that may fail, 0–1.
        """
        self._ledger = ledger
        self._recipe = recipe
        self._most = most
        self.scans = 0
        # The pages of each scan as the bits of a number, because a run may read millions, and how many they are.
        self._tried: defaultdict[str, int] = defaultdict(int)
        self._tried_pages = 0
        self._failing: dict[tuple[str, int], tuple[ScanRow, Failure]] = {}

    def record(self, row: ScanRow, number: int, failure: Failure | None, *, last: bool) -> None:
        """Count a try of a page, with its failure if it failed; ``last``: it is not tried again in this run."""
        if not self._tried[row.sha256] >> number & 1:
            self._tried[row.sha256] |= 1 << number
            self._tried_pages += 1
        if failure is None:
            self._failing.pop((row.sha256, number), None)
        elif self._may_be_the_machine(row, number, failure, last=last):
            self._failing[row.sha256, number] = row, failure

    def enter(self, row: ScanRow, failure: Failure, seconds: float = 0.0) -> None:
        """Record a failed page in the ledger, unless its bag contains the page from an earlier reading."""
        number = failure.page or 0
        if not row.in_bag or self._ledger.is_missing(row.sha256, number):
            self._ledger.page_failed(row.sha256, number, self._recipe, seconds, failure)

    def check(self) -> None:
        """Stop the run if too many pages fail.

        If the pages of only a few scans fail while there are others, the run continues. Failed pages are recorded, so
        that they do not stop the next run again.

        Raises:
            TooManyFailuresError: too many fail.
        """
        failing, tried = len(self._failing), self._tried_pages
        if failing < _FEWEST_FAILURES:
            return
        scans = {sha256 for sha256, _ in self._failing}
        if len(scans) < min(_FEWEST_SCANS, self.scans) or failing <= self._most * tried:
            return
        _LOG.error("the run is stopped: %d of %d pages fail", failing, tried)
        for row, failure in self._failing.values():
            self.enter(row, failure)
        code, count = Counter(failure.code for _, failure in self._failing.values()).most_common(1)[0]
        raise TooManyFailuresError(
            f"Stopped: {failing} of {tried} pages failed, {count} in the same way. {code.sentence} {code.next_step} "
            "The machine is the likely cause, not the paper; `bannasar failures` shows more."
        )

    def _may_be_the_machine(self, row: ScanRow, number: int, failure: Failure, *, last: bool) -> bool:
        """Whether the paper did not cause it, the run does not wait for it, and no earlier run failed on the page."""
        is_waited_for = is_of_storage(failure.code) and not last
        return not (failure.code in _CAUSED_BY_PAPER or is_waited_for or self._ledger.is_missing(row.sha256, number))
