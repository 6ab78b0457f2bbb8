"""A run: boxes in, an archive out, whatever stopped the last one."""

import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from models.actor import Actor
from models.case import CaseFile, Missing
from models.errors import BagError, IndexUnusableError, UsageError
from models.failure import Code, Failure
from models.page import PageRef
from models.scan import Box, ScanState
from pipeline.archive.account import account
from pipeline.archive.archive import Archive
from pipeline.archive.bag import RECORD, bag_folder, original, read_case, recover
from pipeline.archive.custody import recorded_manifests
from pipeline.archive.fixity import require_files_intact
from pipeline.archive.journal import Event, history_with, manifest_of
from pipeline.archive.ledger import Attempt, ScanRow, Step
from pipeline.archive.lock import LOCK
from pipeline.archive.results import Results
from pipeline.document.scan_documents import one_per_scan
from pipeline.execution.circuit_breaker import CircuitBreaker
from pipeline.execution.context import Context
from pipeline.execution.opening import open_executor
from pipeline.execution.progress import Failed, Watcher
from pipeline.execution.task import Outcome, Task
from pipeline.execution.tasks import Source, archive_case, prove_page, read_page
from pipeline.intake.discover import Entry
from pipeline.page.recipe import fingerprint, versions
from pipeline.services.indexing import Indexer
from pipeline.services.ingest import take_in

_OF_A_BAG = (
    "the bag {id} that is there cannot be gone on from: {error}. Put a sound copy of it back; or move it away, then "
    "`bannasar ledger check`, and run the box again"
)
_OF_THE_LEDGER = (
    "its bag also holds {scans}, of which the ledger knows nothing: `bannasar rebuild --force` makes the ledger anew "
    "from the bags"
)
# Failures for which a case file cannot be archived, whatever its pages are like.
_OF_THE_WHOLE = frozenset({Code.DISK_FULL, Code.UNREADABLE, Code.CHANGED})


@dataclass(frozen=True, slots=True)
class Summary:
    """What one run did: the pages it read itself, the seconds that took, and why the index did not take a bag.

    ``recipe`` is the one it read them by; ``warning`` says why it did not sign what it should have, ``left`` which
    boxes could not be taken in, and which scans stay archived as they were because they failed now, each with its
    reason.
    """

    boxes: tuple[Box, ...]
    pages_read: int
    seconds: float
    index_error: str
    recipe: str
    warning: str
    left: tuple[str, ...]


def digitise(
    archive: Archive,
    actor: Actor,
    roots: Sequence[Path],
    watch: Watcher = lambda _progress: None,
    accept: Callable[[Entry], bool] = lambda _entry: True,
) -> Summary:
    """Digitise boxes; what earlier runs have done is not done again.

    Args:
        archive: the archive; it is made where there is none.
        actor: who has it done.
        roots: the boxes' folders.
        watch: called with the progress after every change.
        accept: says of an entry of a box whether it is looked at by this run.

    Raises:
        UsageError: a folder cannot be a box of this archive.
        OSError: none of the boxes can be read, or the archive not be written.
        TooManyFailuresError: it stopped by itself.
        KeyUnusableError: the archive's key cannot be used.
        JournalBrokenError: the archive's journal cannot be gone on from.
    """
    for root in roots:
        check_box(archive, root)
    with running("run", archive, actor, watch) as context:
        boxes = tuple(context.ledger.enter_box(root) for root in dict.fromkeys(root.resolve() for root in roots))
        return read_and_archive(context, *take_in(boxes, context, accept))


def check_box(archive: Archive, box: Path) -> None:
    """Refuse a folder that cannot be a box of an archive.

    Raises:
        UsageError: it is no folder, or one of the two lies in the other.
        OSError: it may not be looked at.
    """
    if not box.is_dir():
        what = "is not a folder" if box.exists() else "does not exist"
        raise UsageError(f"{box} {what}.", "A box is a folder of scans: `bannasar run FOLDER`.")
    place, own = box.resolve(), archive.folder.resolve()
    if place == own or own in place.parents:
        raise UsageError(f"{box} lies inside the archive {archive.folder}.", "Keep boxes and archive apart.")
    if place in own.parents:
        raise UsageError(f"The archive {archive.folder} lies inside the box {box}.", "Keep them apart: --archive DIR.")


@contextmanager
def running(command: str, archive: Archive, actor: Actor, watch: Watcher) -> Iterator[Context]:
    """Hold the archive and begin a run; note in the ledger how it ends, whatever ends it."""
    with archive.held():
        settings, ledger = archive.settings, archive.ledger
        # An index that cannot be used now holds what it held: the bags that it does not take wait for it.
        with suppress(IndexUnusableError):
            if archive.index.count() == 0:
                ledger.index_lost()
        ledger.begin_run(command, fingerprint(settings.page), versions(settings.page))
        try:
            with open_executor(settings, archive.folder / "tmp") as executor:
                yield Context(archive, actor, executor, watch)
        except BaseException as error:
            ledger.end_run("stopped", str(error) or type(error).__name__)
            raise
        finally:
            recover(archive.folder)
        ledger.end_run("done")


def read_and_archive(
    context: Context,
    boxes: Sequence[Box],
    entries: Mapping[tuple[str, str], Entry],
    chosen: Collection[tuple[str, str, str]] | None = None,
    unlocked: Mapping[str, Path] = MappingProxyType({}),
) -> Summary:
    """Read what waits in some boxes, archive and index it, and make sure that every page is accounted for.

    Args:
        context: what the run works with.
        boxes: the boxes.
        entries: what lies in them now, by box and path.
        chosen: the scans (box, path and SHA-256) to read, None for all that wait.
        unlocked: copies that need no password of scans that do, by SHA-256.
    """
    run = _Reading(context, entries, chosen, unlocked)
    cases = [case for box in boxes for case in run.cases_of(box)]
    started = time.monotonic()
    run.begin(cases)
    for outcome in context.finished(run.take):
        run.ended(outcome)
        context.show()
    seconds = time.monotonic() - started
    run.indexer.put_all_waiting()
    context.show()
    for box in boxes:
        account(context.ledger, box.id).check(box.id)
    return Summary(
        tuple(boxes),
        context.progress.pages_read,
        seconds,
        context.progress.index_error,
        context.recipe,
        context.archive.recorder.warning,
        tuple(context.progress.left),
    )


@dataclass
class _Case:
    """A case file on its way.

    ``rows`` are the scans of its bag, ``lost`` those that failed before their pages could be read; ``failed`` are the
    failures of pages, by scan and number. ``waiting`` counts the pages that are still out. ``unmade`` is why it could
    not be archived, though none had failed.
    """

    id: str
    folder: str
    rows: list[ScanRow]
    lost: list[ScanRow]
    waiting: int = 0
    failed: dict[str, dict[int, Failure]] = field(default_factory=dict)
    unmade: Failure | None = None

    @property
    def pending(self) -> list[ScanRow]:
        """The scans that are not archived yet, or are archived anew."""
        return [row for row in self.rows if row.state is ScanState.PENDING]

    @property
    def is_whole(self) -> bool:
        """Whether nothing of it has failed."""
        return not self.failed and not self.lost


class _Reading:
    """Reads the pages that are not read yet, and archives each case file when its pages are in."""

    def __init__(
        self,
        context: Context,
        entries: Mapping[tuple[str, str], Entry],
        chosen: Collection[tuple[str, str, str]] | None,
        unlocked: Mapping[str, Path],
    ) -> None:
        self._settings = context.settings
        self._ledger = context.ledger
        self._progress = context.progress
        self.indexer = Indexer(context.archive, context.progress)
        self._archive = context.archive
        self._actor = context.actor
        self._disk = context.disk
        self._entries = entries
        self._chosen = chosen
        self._unlocked = unlocked
        self._results = Results(context.settings.archive)
        self._recipe = context.recipe
        self._told: dict[str, str] | None = None
        self._ready: deque[_Case] = deque()
        self._proofs: deque[Iterator[Task]] = deque()
        self._pages: Iterator[Task] = iter(())
        self._breaker = CircuitBreaker(context.ledger, self._recipe, context.settings.run.failed_share)

    def cases_of(self, box: Box) -> list[_Case]:
        """Return the case files of a box that have a scan waiting, each with all the scans that belong in its bag."""
        waiting: dict[str, _Case] = {}
        for row in self._ledger.scans(box.id):
            if row.state is not ScanState.PENDING or row.case_id is None or not self._is_chosen(row):
                continue
            if (box.id, row.path) not in self._entries and not row.in_bag:
                continue  # whether it left the box, or has just not settled in it, the taking in says
            if row.case_id not in waiting:
                waiting[row.case_id] = self._case(row.case_id)
        return [case for case in waiting.values() if self._can_be_opened(case)]

    def _can_be_opened(self, case: _Case) -> bool:
        """Whether every scan of a case file can be opened: those that need a password only in a run that is told it."""
        shut = [row.path for row in case.rows if row.locked and row.sha256 not in self._unlocked]
        for row in case.pending if shut else ():
            itself = row.path in shut
            detail = f"{shut[0]} needs its password: `bannasar rerun --scan … --password-file FILE`"
            code = Code.ENCRYPTED if itself else Code.CASE_INCOMPLETE
            self._fail(row, Failure(code=code, detail="" if itself else detail))
        return not shut

    def _case(self, case_id: str) -> _Case:
        rows, lost = [], []
        for row in self._ledger.scans_of_case(case_id):
            if row.state is ScanState.ARCHIVED or (row.state is ScanState.PENDING and self._is_chosen(row)):
                rows.append(row)
            elif row.in_bag:
                # It waits to be read again, which is not for this run to do: it stays in the bag as it is.
                rows.append(replace(row, state=ScanState.ARCHIVED))
            elif row.state is ScanState.FAILED and (row.box, row.path) in self._entries:
                lost.append(row)
        return _Case(case_id, self._ledger.folder_of(case_id), rows, lost)

    def _fail(self, row: ScanRow, failure: Failure) -> None:
        """Let a scan fail; of one that is archived nothing is lost by it, and the run says so at its end."""
        if row.in_bag:
            self._progress.left.append(f"{row.box}/{row.path} stays archived as it is. {failure.reason}")
        self._ledger.fail(row, failure)

    def _is_chosen(self, row: ScanRow) -> bool:
        return self._chosen is None or (row.box, row.path, row.sha256) in self._chosen

    def begin(self, cases: Sequence[_Case]) -> None:
        """Begin with some case files."""
        self._progress.step = "reading"
        self._progress.cases = len(cases)
        self._progress.pages = sum(row.pages or 0 for case in cases for row in case.pending)
        self._breaker.scans = sum(len(case.pending) for case in cases)
        self._pages = self._page_tasks(cases)

    def take(self) -> Task | None:
        """Return the next task: the archiving of a case file that is ready, else a page; None while there is none."""
        self._disk.wait()
        while True:
            task = self._case_task(self._ready.popleft()) if self._ready else self._next_page()
            if task is not None or not self._ready:
                return task

    def _next_page(self) -> Task | None:
        while self._proofs:
            if task := next(self._proofs[0], None):
                return task
            self._proofs.popleft()
        return next(self._pages, None)

    def ended(self, outcome: Outcome) -> None:
        """Enter the outcome of a try of a task."""
        if outcome.task.function is archive_case:
            self._case_ended(outcome, outcome.task.about)
        elif outcome.task.function is prove_page:
            self._proof_ended(outcome, *outcome.task.about)
        else:
            self._page_ended(outcome, *outcome.task.about)

    def _page_tasks(self, cases: Sequence[_Case]) -> Iterator[Task]:
        for case in cases:
            missing = []
            for row in case.pending:
                done = self._results.numbers(row.sha256, self._recipe)
                missing += [(row, number) for number in range(1, (row.pages or 0) + 1) if number not in done]
                self._progress.pages_done += len(done)
            case.waiting = len(missing)
            if not missing:
                self._ready.append(case)
            for row, number in missing:
                arguments = (self._source(row), number, self._settings)
                needs = (arguments[0].readable,)
                yield Task((case, row, number), read_page, arguments, self._settings.limits.page_seconds, needs)

    def _page_ended(self, outcome: Outcome, case: _Case, row: ScanRow, number: int) -> None:
        if outcome.value is not None and outcome.value.recipe != self._recipe:
            outcome = replace(outcome, value=None, failure=Failure(code=Code.WORKER_DIFFERS, detail=outcome.worker))
        failure = outcome.failure and outcome.failure.model_copy(update={"page": number})
        if failure is None:  # kept first: whatever stops the run from here on, the page is not read twice
            self._disk.write(lambda: self._results.put(outcome.value))
        self._note("read", replace(outcome, failure=failure), row.box, row.sha256, number)
        self._breaker.record(row, number, failure, last=outcome.last)
        if failure is None:
            self._ledger.page_read(outcome.value, outcome.seconds)
            self._progress.pages_read += 1
        if outcome.last:
            if failure:
                self._page_failed(case, row, failure, outcome.seconds)
            self._progress.pages_done += 1
            case.waiting -= 1
            if not case.waiting:
                self._ready.append(case)
        self._breaker.check()

    def _page_failed(self, case: _Case, row: ScanRow, failure: Failure, seconds: float) -> None:
        self._progress.pages_failed += 1
        self._progress.failures.append(Failed(row.box, row.path, failure))
        self._breaker.enter(row, failure, seconds)
        case.failed.setdefault(row.sha256, {})[failure.page or 0] = failure

    def _prove(self, case: _Case, failure: Failure) -> None:
        """Have the pages of a case file that cannot be archived tried one by one: some may hold back all the others."""
        try:
            older = self._older(case)
            sources = {row.sha256: self._source(row) for row in case.rows}
        except (BagError, OSError):
            self._leave(case, failure)
            return
        lacking = older.missing_pages if older else {}
        pages = [
            (row, number)
            for row in case.rows
            for number in range(1, (row.pages or 0) + 1)
            if number not in case.failed.get(row.sha256, {})
            and not (row.state is ScanState.ARCHIVED and (row.sha256, number) in lacking)
        ]
        case.waiting, case.unmade = len(pages), failure
        self._proofs.append(self._proof_tasks(case, pages, sources))

    def _proof_tasks(
        self, case: _Case, pages: Sequence[tuple[ScanRow, int]], sources: Mapping[str, Source]
    ) -> Iterator[Task]:
        bag = self._settings.archive / "bags" / case.rows[0].box / case.id
        for row, number in pages:
            ref = PageRef(scan=row.sha256, number=number)
            arguments = (sources[row.sha256], ref, self._recipe_of(row), bag, self._settings)
            needs = (self._settings.archive / LOCK, sources[row.sha256].file)
            # It is rendered once more, and written into a PDF.
            yield Task((case, row, number), prove_page, arguments, 2 * self._settings.limits.page_seconds, needs)

    def _proof_ended(self, outcome: Outcome, case: _Case, row: ScanRow, number: int) -> None:
        failure = outcome.failure and outcome.failure.model_copy(update={"page": number})
        if failure:
            self._note("archive", replace(outcome, failure=failure), row.box, row.sha256, number)
        self._breaker.record(row, number, failure, last=outcome.last)
        if outcome.last:
            if failure:
                self._page_failed(case, row, failure, outcome.seconds)
                case.unmade = None
            case.waiting -= 1
            if not case.waiting and case.unmade:  # each page can be archived by itself
                self._leave(case, case.unmade)
            elif not case.waiting:
                self._ready.append(case)
        self._breaker.check()

    def _case_task(self, case: _Case) -> Task | None:
        """Return the task that archives a case file; None where it has to wait for what failed, or for an operator."""
        if not case.is_whole and not (self._settings.run.allow_partial and self._is_worth_it(case)):
            self._hold(case)
            return None
        try:
            older = self._older(case)
            sources = {row.sha256: self._source(row) for row in case.rows}
        except (BagError, OSError) as error:
            self._leave(case, Failure(code=Code.UNREADABLE, detail=_OF_A_BAG.format(id=case.id, error=error)))
            return None
        if unknown := _unknown(older, case.rows):
            self._leave(case, Failure(code=Code.CASE_INCOMPLETE, detail=_OF_THE_LEDGER.format(scans=unknown)))
            return None
        scans = tuple(row.scan() for row in case.rows)
        record = CaseFile(
            id=case.id,
            box=case.rows[0].box,
            title=case.folder or scans[0].path.stem,
            folder=case.folder,
            scans=scans,
            documents=one_per_scan(scans),
            created=datetime.now(UTC).replace(microsecond=0),
            software=versions(self._settings.page),
            settings=self._settings.of_what_is_made(),
            operator=self._actor.name,
            read=tuple(row.sha256 for row in case.pending if self._is_read_for(row, older)),
            history=history_with(older, bag_folder(self._settings.archive, older)) if older else (),
            corrections=older.corrections if older else (),
            restrictions=older.restrictions if older else (),
            missing=self._missing(case, older),
        )
        recipes = {row.sha256: self._recipe_of(row) for row in case.rows}
        # Each page is rendered once more, and written into a PDF.
        seconds = self._settings.limits.page_seconds * (1 + sum(scan.pages for scan in scans))
        needs = (self._settings.archive / LOCK, *(source.file for source in sources.values()))
        return Task(case, archive_case, (record, sources, recipes, self._settings), seconds, needs)

    def _older(self, case: _Case) -> CaseFile | None:
        """Return the case file as its bag holds it, even one of which a crash or an older ledger knows nothing.

        What it says of people and times goes into the new record, which is sealed and signed: so it must be as it was
        sealed, and be what the journal tells of, or what was made of that just before a crash.
        """
        bag = self._settings.archive / "bags" / case.rows[0].box / case.id
        if not bag.exists():
            return None
        require_files_intact(bag, [RECORD])
        older = read_case(bag)
        if self._told is None:
            self._told = recorded_manifests(self._settings.archive)
        told = self._told.get(bag.relative_to(self._settings.archive).as_posix())
        if told not in {None, manifest_of(bag), *(version.manifest for version in older.history[-1:])}:
            raise BagError(f"{bag.name} is not the case file that the journal tells of: `bannasar verify`")
        return older

    def _is_read_for(self, row: ScanRow, older: CaseFile | None) -> bool:
        """Whether the pages of a scan were read for the case file that takes an older one's place."""
        if older is None or row.recipe != self._recipe:
            return True
        return self._results.are_newer(row.sha256, self._recipe, older.created)

    def _recipe_of(self, row: ScanRow) -> str:
        """Return the recipe by which the pages of a scan were read, or were now."""
        return self._recipe if row.state is ScanState.PENDING else str(row.recipe)

    @staticmethod
    def _is_worth_it(case: _Case) -> bool:
        """Whether a partial case file has something new, and nothing less than the one that is archived perhaps."""
        failed = {row.sha256: len(case.failed.get(row.sha256, ())) for row in case.rows}
        # Of a scan that is not archived anew, what failed is not among what its bag lacks.
        lacked = {row.sha256: row.missing if row.state is ScanState.PENDING else 0 for row in case.rows}
        less = any(row.in_bag and failed[row.sha256] > lacked[row.sha256] for row in case.rows)
        return not less and any((row.pages or 0) > failed[row.sha256] for row in case.pending)

    def _hold(self, case: _Case) -> None:
        """Let a case file wait for another run: what failed has failed, and what was read is kept."""
        self._progress.cases_done += 1
        for row in case.pending:
            failures = case.failed.get(row.sha256)
            self._fail(row, failures[min(failures)] if failures else Failure(code=Code.CASE_INCOMPLETE))

    def _leave(self, case: _Case, failure: Failure) -> None:
        """Let a case file be, that cannot be archived now."""
        self._progress.cases_done += 1
        for row in case.pending:
            self._fail(row, failure)

    def _missing(self, case: _Case, older: CaseFile | None) -> tuple[Missing, ...]:
        """Return what a case file lacks: what failed now, and what its bag lacks already of archived scans."""
        pages = [
            Missing(
                path=PurePosixPath(row.path), sha256=row.sha256, page=number, code=failure.code, reason=failure.reason
            )
            for row in case.rows
            for number, failure in sorted(case.failed.get(row.sha256, {}).items())
        ]
        lacking = older.missing_pages if older else {}
        pages += [
            lacking[row.sha256, number]
            for row in case.rows
            if row.state is ScanState.ARCHIVED
            for number in range(1, (row.pages or 0) + 1)
            if (row.sha256, number) in lacking
        ]
        scans = [
            Missing(
                path=PurePosixPath(row.path), page=None, code=Code(row.code or Code.INTERNAL), reason=row.reason or ""
            )
            for row in case.lost
        ]
        return tuple(pages + scans)

    def _case_ended(self, outcome: Outcome, case: _Case) -> None:
        self._note("archive", outcome, case.rows[0].box, case.id)
        if not outcome.last:
            return
        if outcome.failure and outcome.failure.code in _OF_THE_WHOLE:
            self._leave(case, outcome.failure)
            return
        if outcome.failure:
            self._prove(case, outcome.failure)
            return
        self._progress.cases_done += 1

        def enter(bag: str) -> None:
            # At once: scans that are archived in a bag nobody knows would never be looked at again.
            with self._ledger.transaction():
                for row in case.pending:
                    self._ledger.archive(row, self._recipe, outcome.value.scans[row.sha256])
                self._ledger.case_archived(case.id, bag)

        committed = self._archive.commits.place(
            Event.ARCHIVED, outcome.value.bag, self._actor, enter=enter, index=self.indexer.put
        )
        if self._told is not None:
            self._told[committed.line.bag] = committed.line.manifest

    def _source(self, row: ScanRow) -> Source:
        """Return where a scan's bytes lie: in its box, or, if it is archived and gone from there, in its bag."""
        entry = self._entries.get((row.box, row.path))
        unlocked = self._unlocked.get(row.sha256)
        if entry and (entry.size, entry.mtime_ns) == (row.size, row.mtime_ns):
            return Source(entry.file, row.scan().kind, row.sha256, entry.size, entry.mtime_ns, unlocked)
        file = original(self._settings.archive / self._ledger.bag_of(row.case_id), row.sha256)
        return Source(file, row.scan().kind, row.sha256, row.size, file.stat().st_mtime_ns, unlocked)

    def _note(self, step: Step, outcome: Outcome, box: str, subject: str, page: int | None = None) -> None:
        self._ledger.attempt(
            Attempt(
                step,
                box,
                subject,
                outcome.started,
                outcome.seconds,
                page,
                self._recipe,
                outcome.worker,
                outcome.failure,
                outcome.trace,
            )
        )


def _unknown(older: CaseFile | None, rows: Sequence[ScanRow]) -> str:
    """Return the scans of a bag that would not be in the one that takes its place: nothing that is archived may go."""
    known = {row.sha256 for row in rows}
    return ", ".join(str(scan.path) for scan in older.scans if scan.sha256 not in known) if older else ""
