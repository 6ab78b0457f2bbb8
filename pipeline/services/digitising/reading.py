"""Reading the pages that are not read yet."""

import logging
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from types import TracebackType
from typing import Self

from models.errors import ScanError
from models.failure import Code, Failure
from models.ledger import ScanRow
from pipeline.archive.measure import page_read
from pipeline.execution.task import Outcome, Task
from pipeline.execution.tasks import read_page
from pipeline.services.digitising.work import CaseWork, Work

_LOG = logging.getLogger(__name__)
# Pages that are written to the disk at the same time: it takes many in hardly more time than one.
_AT_ONCE = 16


class PageReader:
    """Makes the tasks that read pages, and keeps their results. A case file whose pages are done is ready.

    A page counts as read when it is surely on the disk. Until then others are written too, because a disk takes
    milliseconds for that, which is longer than all else that is done here for a page.
    """

    def __init__(self, work: Work, cases: Sequence[CaseWork]) -> None:
        """Begin with some case files."""
        self._work = work
        self._context = work.context
        self._results = work.context.archive.results
        self._tasks = self._all_tasks(cases)
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="keeping")
        self._being_kept: deque[tuple[Outcome, Future[None]]] = deque()

    def __enter__(self) -> Self:
        """Return the reader."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End its threads. What they were writing is kept, and the next run enters it."""
        self._threads.shutdown()

    def next_task(self) -> Task | None:
        """Return the task for the next page, None where there is none left."""
        return next(self._tasks, None)

    def _all_tasks(self, cases: Sequence[CaseWork]) -> Iterator[Task]:
        settings = self._context.settings
        for case in cases:
            missing = []
            for row in case.pending:
                done = self._kept(row)
                missing += [(row, number) for number in range(1, (row.pages or 0) + 1) if number not in done]
                self._context.progress.pages_done += len(done)
            case.waiting = len(missing)
            if not missing:
                self._work.ready.append(case)
            for row, number in missing:
                source = self._work.source(row)
                arguments = (source, number, settings)
                yield Task(
                    (case, row, number),
                    read_page,
                    arguments,
                    settings.limits.page_seconds,
                    (source.readable,),
                    row.sha256,
                    number,
                )

    def _kept(self, row: ScanRow) -> set[int]:
        """Return the numbers of the pages of a scan that are kept; a run that was stopped may not have entered some."""
        ledger, recipe = self._context.ledger, self._context.recipe
        kept = self._results.numbers(row.sha256, recipe)
        entered = {page.number for page in ledger.pages(row.sha256) if page.recipe == recipe and page.state != "failed"}
        for number in sorted(kept - entered):
            try:
                page = self._results.get(row.sha256, recipe, number)
            except ScanError:  # it was damaged, and is read again
                kept.discard(number)
            else:
                ledger.page_read(page_read(page), 0.0)
        return kept

    def ended(self, outcome: Outcome) -> None:
        """Keep the page that was read, or enter how an attempt to read one failed; :meth:`enter_kept` does the rest.

        Raises:
            TooManyFailuresError: too many pages fail.
        """
        if outcome.value is not None and outcome.value.read.recipe != self._context.recipe:
            _LOG.warning("%s reads with another recipe: its programs, models or settings differ", outcome.worker)
            outcome = replace(outcome, value=None, failure=Failure(code=Code.WORKER_DIFFERS, detail=outcome.worker))
        if outcome.failure is None:  # entered later, so that the page is not read twice, whatever stops the run
            self._being_kept.append((outcome, self._threads.submit(self._results.put, outcome.value)))
        else:
            self._enter(outcome)
        self.enter_kept(_AT_ONCE)

    def enter_kept(self, most_left: int = 0) -> None:
        """Enter the pages that are on the disk by now, and wait while there are more than some that are not."""
        while self._being_kept:
            outcome, kept = self._being_kept[0]
            if len(self._being_kept) <= most_left and not kept.done():
                return
            self._being_kept.popleft()
            if kept.exception() is not None:  # the disk may be full: then this waits for space
                self._context.disk.write(lambda page=outcome.value: self._results.put(page))  # type: ignore[misc]
            self._enter(outcome)

    def _enter(self, outcome: Outcome) -> None:
        """Enter how an attempt to read a page ended."""
        case: CaseWork
        row: ScanRow
        case, row, number = outcome.task.about
        failure = outcome.failure and outcome.failure.model_copy(update={"page": number})
        self._work.note_attempt("read", replace(outcome, failure=failure), row.box, row.sha256, number)
        self._work.breaker.record(row, number, failure, last=outcome.last)
        if failure is None:
            self._context.ledger.page_read(outcome.value.read, outcome.seconds)
            self._context.progress.pages_read += 1
        if outcome.last:
            if failure:
                self._work.page_failed(case, row, failure, outcome.seconds)
            self._context.progress.pages_done += 1
            if self._work.page_done(case):
                self._work.ready.append(case)
        self._work.breaker.check()
