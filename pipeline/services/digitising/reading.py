"""Reading the pages that are not read yet."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace

from models.failure import Code, Failure
from models.ledger import ScanRow
from pipeline.execution.task import Outcome, Task
from pipeline.execution.tasks import read_page
from pipeline.services.digitising.work import CaseWork, Work

_LOG = logging.getLogger(__name__)


class PageReader:
    """Makes the tasks that read pages, and keeps their results. A case file whose pages are done is ready."""

    def __init__(self, work: Work, cases: Sequence[CaseWork]) -> None:
        """Begin with some case files."""
        self._work = work
        self._context = work.context
        self._results = work.context.archive.results
        self._tasks = self._all_tasks(cases)

    def next_task(self) -> Task | None:
        """Return the task for the next page, None where there is none left."""
        return next(self._tasks, None)

    def _all_tasks(self, cases: Sequence[CaseWork]) -> Iterator[Task]:
        settings = self._context.settings
        for case in cases:
            missing = []
            for row in case.pending:
                done = self._results.numbers(row.sha256, self._context.recipe)
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

    def ended(self, outcome: Outcome) -> None:
        """Enter how an attempt to read a page ended.

        Raises:
            TooManyFailuresError: too many pages fail.
        """
        case: CaseWork
        row: ScanRow
        case, row, number = outcome.task.about
        if outcome.value is not None and outcome.value.recipe != self._context.recipe:
            _LOG.warning("%s reads with another recipe: its programs, models or settings differ", outcome.worker)
            outcome = replace(outcome, value=None, failure=Failure(code=Code.WORKER_DIFFERS, detail=outcome.worker))
        failure = outcome.failure and outcome.failure.model_copy(update={"page": number})
        if failure is None:  # kept first, so that the page is not read twice, whatever stops the run from here on
            self._context.disk.write(lambda: self._results.put(outcome.value))
        self._work.note_attempt("read", replace(outcome, failure=failure), row.box, row.sha256, number)
        self._work.breaker.record(row, number, failure, last=outcome.last)
        if failure is None:
            self._context.ledger.page_read(outcome.value, outcome.seconds)
            self._context.progress.pages_read += 1
        if outcome.last:
            if failure:
                self._work.page_failed(case, row, failure, outcome.seconds)
            self._context.progress.pages_done += 1
            if self._work.page_done(case):
                self._work.ready.append(case)
        self._work.breaker.check()
