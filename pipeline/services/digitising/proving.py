"""Finding the pages that keep a case file from being archived, after its archiving failed as a whole."""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from models.case import CaseFile
from models.failure import Failure
from models.ledger import ScanRow
from models.page import PageRef
from models.scan import ScanState
from pipeline.archive.places import lock_file
from pipeline.execution.source import Source
from pipeline.execution.task import Outcome, Task
from pipeline.execution.tasks import prove_page
from pipeline.services.digitising.work import CaseWork, Work

_LOG = logging.getLogger(__name__)


class PageProver:
    """Tries the pages of such a case file one by one, because a few may hold back all the others."""

    def __init__(self, work: Work, leave: Callable[[CaseWork, Failure], None]) -> None:
        """Begin with none; ``leave`` is called for a case file of which each page can be archived by itself."""
        self._work = work
        self._leave = leave
        self._tasks: deque[Iterator[Task]] = deque()

    def begin(self, case: CaseWork, failure: Failure, older: CaseFile | None, sources: Mapping[str, Source]) -> None:
        """Begin with a case file.

        Args:
            case: the case file.
            failure: why it could not be archived.
            older: the case file as its bag holds it, if it has one.
            sources: where its scans are, by SHA-256.
        """
        lacking = older.missing_pages if older else {}
        pages = [
            (row, number)
            for row in case.rows
            for number in range(1, (row.pages or 0) + 1)
            if number not in case.failed.get(row.sha256, {})
            and not (row.state is ScanState.ARCHIVED and (row.sha256, number) in lacking)
        ]
        _LOG.warning("a case file cannot be archived: its %d pages are tried one by one", len(pages))
        case.waiting, case.archive_failure = len(pages), failure
        self._tasks.append(self._tasks_of(case, pages, sources))

    def next_task(self) -> Task | None:
        """Return the next task, None where there is none."""
        while self._tasks:
            if task := next(self._tasks[0], None):
                return task
            self._tasks.popleft()
        return None

    def _tasks_of(
        self, case: CaseWork, pages: Sequence[tuple[ScanRow, int]], sources: Mapping[str, Source]
    ) -> Iterator[Task]:
        settings = self._work.context.settings
        bag = self._work.context.archive.place_of(case.box, case.id)
        for row, number in pages:
            ref = PageRef(scan=row.sha256, number=number)
            arguments = (sources[row.sha256], ref, self._work.recipe_of(row), bag, settings)
            needs = (lock_file(settings.archive), sources[row.sha256].file)
            # It is rendered again, and written into a PDF.
            seconds = 2 * settings.limits.page_seconds
            yield Task((case, row, number), prove_page, arguments, seconds, needs, row.sha256, number)

    def ended(self, outcome: Outcome) -> None:
        """Enter how an attempt at one page ended.

        Raises:
            TooManyFailuresError: too many pages fail.
        """
        case: CaseWork
        row: ScanRow
        case, row, number = outcome.task.about
        failure = outcome.failure and outcome.failure.model_copy(update={"page": number})
        if failure:
            self._work.note_attempt("archive", replace(outcome, failure=failure), row.box, row.sha256, number)
        self._work.breaker.record(row, number, failure, last=outcome.last)
        if outcome.last:
            if failure:
                self._work.page_failed(case, row, failure, outcome.seconds)
                case.archive_failure = None
            if self._work.page_done(case):
                if case.archive_failure:
                    self._leave(case, case.archive_failure)
                else:
                    self._work.ready.append(case)
        self._work.breaker.check()
