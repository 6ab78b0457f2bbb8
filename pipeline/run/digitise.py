"""A run: boxes in, an archive out, whatever stopped the last one."""

import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from models.case import CaseFile
from models.failure import Code, Failure
from models.scan import Box, ScanState
from models.settings import Settings
from pipeline.archive.bag import original, read_bag, recover
from pipeline.document.whole import documents
from pipeline.index.store import IndexUnusableError, Store
from pipeline.intake.discover import Entry
from pipeline.page.recipe import fingerprint, versions
from pipeline.run.context import Context
from pipeline.run.ledger import Ledger, ScanRow, Step
from pipeline.run.pool import Outcome, Pool, Task
from pipeline.run.progress import Watcher
from pipeline.run.results import Results
from pipeline.run.take_in import take_in
from pipeline.run.tasks import Source, archive_case, read_page


@dataclass(frozen=True, slots=True)
class Summary:
    """What one run did: the pages it read itself, the seconds that took, and why the index did not take a bag."""

    boxes: tuple[Box, ...]
    pages_read: int
    seconds: float
    index_error: str


def digitise(roots: Sequence[Path], settings: Settings, ledger: Ledger, store: Store, watch: Watcher) -> Summary:
    """Digitise boxes; what earlier runs have done is not done again.

    Args:
        roots: the boxes' folders.
        settings: all of them; ``settings.archive`` must be absolute and held (:func:`pipeline.run.lock.hold`).
        ledger: the archive's ledger.
        store: the archive's index.
        watch: called with the progress after every change.

    Raises:
        OSError: a box cannot be read, or the archive not written.
    """
    recover(settings.archive)
    if store.count() == 0:
        ledger.index_lost()
    with Pool(settings.run, settings.limits.page_megabytes, settings.archive / "tmp") as pool:
        context = Context(settings, ledger, store, pool, watch)
        boxes = tuple(ledger.enter_box(root) for root in dict.fromkeys(root.resolve() for root in roots))
        entries = take_in(boxes, context)
        run = _Reading(context, entries)
        cases = [case for box in boxes for case in run.cases_of(box)]
        started = time.monotonic()
        run.begin(cases)
        for outcome in pool.finished(run.take):
            run.ended(outcome)
            context.show()
        seconds = time.monotonic() - started
    for bag in ledger.to_be_indexed():
        run.index(settings.archive / bag)
    return Summary(boxes, context.progress.pages_read, seconds, context.progress.index_error)


@dataclass
class _Case:
    """A case file on its way: the scans of its bag, the pages that are still out, the scans that failed."""

    id: str
    folder: str
    rows: list[ScanRow]
    waiting: int = 0
    failed: set[str] = field(default_factory=set)


class _Reading:
    """Reads the pages that are not read yet, and archives each case file when its pages are in."""

    def __init__(self, context: Context, entries: Mapping[tuple[str, str], Entry]) -> None:
        self._settings = context.settings
        self._ledger = context.ledger
        self._store = context.store
        self._progress = context.progress
        self._entries = entries
        self._results = Results(context.settings.archive)
        self._recipe = fingerprint(context.settings.page)
        self._ready: deque[_Case] = deque()
        self._pages: Iterator[Task] = iter(())

    def cases_of(self, box: Box) -> list[_Case]:
        """Return the case files of a box that have a scan waiting, each with all the scans that belong in its bag."""
        waiting: dict[str, _Case] = {}
        for row in self._ledger.scans(box.id):
            if row.state is not ScanState.PENDING or row.case_id is None:
                continue
            entry = self._entries.get((box.id, row.path))
            if entry is None:
                self._ledger.fail(row, Failure(code=Code.CHANGED, detail="it no longer lies in the box"))
            elif row.case_id not in waiting:
                rows = self._ledger.scans_of_case(row.case_id)
                kept = [row for row in rows if row.state in {ScanState.PENDING, ScanState.ARCHIVED}]
                waiting[row.case_id] = _Case(row.case_id, entry.folder, kept)
        return list(waiting.values())

    def begin(self, cases: Sequence[_Case]) -> None:
        """Begin with some case files."""
        self._progress.step = "reading"
        self._progress.cases = len(cases)
        self._progress.pages = sum(
            row.pages or 0 for case in cases for row in case.rows if row.state is ScanState.PENDING
        )
        self._pages = self._page_tasks(cases)

    def take(self) -> Task | None:
        """Return the next task: the archiving of a case file that is ready, else a page; None while there is none."""
        while True:
            task = self._case_task(self._ready.popleft()) if self._ready else next(self._pages, None)
            if task is not None or not self._ready:
                return task

    def ended(self, outcome: Outcome) -> None:
        """Enter the outcome of a try of a task."""
        if outcome.task.function is read_page:
            self._page_ended(outcome, *outcome.task.about)
        else:
            self._case_ended(outcome, outcome.task.about)

    def index(self, bag: Path) -> None:
        """Put the pages of a bag into the index; where that cannot be used, the bag waits for the next run."""
        case, pages = read_bag(bag)
        try:
            self._store.put(case, pages)
        except IndexUnusableError as error:
            self._progress.index_error = str(error)
        else:
            self._ledger.case_indexed(case.id)

    def _page_tasks(self, cases: Sequence[_Case]) -> Iterator[Task]:
        for case in cases:
            missing = []
            for row in case.rows:
                if row.state is ScanState.PENDING:
                    done = self._results.numbers(row.sha256, self._recipe)
                    missing += [(row, number) for number in range(1, (row.pages or 0) + 1) if number not in done]
                    self._progress.pages_done += len(done)
            case.waiting = len(missing)
            if not missing:
                self._ready.append(case)
            for row, number in missing:
                arguments = (self._source(row), number, self._settings)
                yield Task((case, row, number), read_page, arguments, self._settings.limits.page_seconds)

    def _page_ended(self, outcome: Outcome, case: _Case, row: ScanRow, number: int) -> None:
        self._note("read", outcome, row.box, row.sha256, number)
        if not outcome.last:
            return
        self._progress.pages_done += 1
        if outcome.failure:
            self._progress.pages_failed += 1
            if row.sha256 not in case.failed:
                self._ledger.fail(row, outcome.failure.model_copy(update={"page": number}))
                case.failed.add(row.sha256)
        else:
            self._results.put(outcome.value)
            self._progress.pages_read += 1
        case.waiting -= 1
        if not case.waiting:
            self._ready.append(case)

    def _case_task(self, case: _Case) -> Task | None:
        """Return the task that archives a case file: its scans but those that failed, which wait for another run."""
        case.rows = [row for row in case.rows if row.sha256 not in case.failed]
        if not any(row.state is ScanState.PENDING for row in case.rows):
            self._progress.cases_done += 1
            return None
        scans = tuple(row.scan() for row in case.rows)
        record = CaseFile(
            id=case.id,
            box=case.rows[0].box,
            title=case.folder or scans[0].path.stem,
            folder=case.folder,
            scans=scans,
            documents=documents(scans),
            created=datetime.now(UTC).replace(microsecond=0),
            software=versions(),
        )
        sources = {row.sha256: self._source(row) for row in case.rows}
        recipes = {row.sha256: row.recipe or self._recipe for row in case.rows}
        # Each page is rendered once more, and written into a PDF.
        seconds = self._settings.limits.page_seconds * (1 + sum(scan.pages for scan in scans))
        return Task(case, archive_case, (record, sources, recipes, self._settings), seconds)

    def _case_ended(self, outcome: Outcome, case: _Case) -> None:
        self._note("archive", outcome, case.rows[0].box, case.id)
        if not outcome.last:
            return
        self._progress.cases_done += 1
        waiting = [row for row in case.rows if row.state is ScanState.PENDING]
        if outcome.failure:
            for row in waiting:
                self._ledger.fail(row, outcome.failure)
            return
        for row in waiting:
            blank, confidence = outcome.value.scans[row.sha256]
            self._ledger.archive(row, self._recipe, blank, confidence)
        self._ledger.case_archived(case.id, outcome.value.bag)
        self.index(self._settings.archive / outcome.value.bag)

    def _source(self, row: ScanRow) -> Source:
        """Return where a scan's bytes lie: in its box, or, if it is archived and gone from there, in its bag."""
        entry = self._entries.get((row.box, row.path))
        if entry and (entry.size, entry.mtime_ns) == (row.size, row.mtime_ns):
            return Source(entry.file, row.scan().kind, row.sha256, entry.size, entry.mtime_ns)
        file = original(self._settings.archive / self._ledger.bag_of(row.case_id), row.sha256)
        return Source(file, row.scan().kind, row.sha256, row.size, file.stat().st_mtime_ns)

    def _note(self, step: Step, outcome: Outcome, box: str, subject: str, page: int | None = None) -> None:
        self._ledger.attempt(
            step,
            box,
            subject,
            page=page,
            recipe=self._recipe,
            worker=outcome.worker,
            seconds=outcome.seconds,
            failure=outcome.failure,
            trace=outcome.trace,
        )
