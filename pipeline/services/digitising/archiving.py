"""Archiving the case files whose pages are done."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from models.case import CaseFile, Missing
from models.errors import BagError
from models.failure import Code, Failure
from models.ledger import ScanRow
from models.restriction import Restriction
from models.scan import ScanState
from pipeline.archive.bag import RECORD, bag_folder, read_case
from pipeline.archive.custody import recorded_manifests
from pipeline.archive.fixity import require_files_intact
from pipeline.archive.journal import Event, history_with, manifest_of
from pipeline.archive.places import lock_file
from pipeline.document.scan_documents import one_per_scan
from pipeline.execution.task import Outcome, Task
from pipeline.execution.tasks import archive_case
from pipeline.logs import about, described
from pipeline.page.recipe import versions
from pipeline.services.digitising.proving import PageProver
from pipeline.services.digitising.work import CaseWork, Work
from pipeline.services.indexing import Indexer
from pipeline.services.seal import inherited

_LOG = logging.getLogger(__name__)
_BAG_UNUSABLE = (
    "the bag {id} that is there cannot be used: {error}. Put an undamaged copy of it back; or move it away, then "
    "`bannasar ledger check`, and run the box again"
)
_BAG_HOLDS_MORE = (
    "its bag also holds {scans}, which the ledger does not know: `bannasar rebuild --force` makes a new ledger "
    "from the bags"
)
# Failures that keep a case file from being archived, and do not depend on its pages.
_OF_THE_WHOLE_CASE = frozenset({Code.DISK_FULL, Code.UNREADABLE, Code.CHANGED})


class CaseArchiver:
    """Makes the tasks that build bags, and commits the bags to the archive."""

    def __init__(self, work: Work, indexer: Indexer) -> None:
        """Begin with none."""
        self._work = work
        self._context = work.context
        self._settings = work.context.settings
        self._indexer = indexer
        self._manifests: dict[str, str] | None = None
        self._set_on_boxes: dict[str, tuple[Restriction, ...]] = {}
        self.prover = PageProver(work, self._leave)

    def next_task(self) -> Task | None:
        """Return the task for the next case file that is ready and can be archived, None where there is none."""
        while self._work.ready:
            if task := self._task(self._work.ready.popleft()):
                return task
        return None

    def _task(self, case: CaseWork) -> Task | None:
        """Return the task that archives a case file; None if it must wait for what failed, or for an operator."""
        if not case.is_whole and not (self._settings.run.allow_partial and _is_worth_it(case)):
            self._hold(case)
            return None
        try:
            older = self._older(case)
            sources = {row.sha256: self._work.source(row) for row in case.rows}
        except (BagError, OSError) as error:
            _LOG.warning("the bag of a case file cannot be used: %s", described(error))
            self._leave(case, Failure(code=Code.UNREADABLE, detail=_BAG_UNUSABLE.format(id=case.id, error=error)))
            return None
        if unknown := _unknown(older, case.rows):
            self._leave(case, Failure(code=Code.CASE_INCOMPLETE, detail=_BAG_HOLDS_MORE.format(scans=unknown)))
            return None
        recipes = {row.sha256: self._work.recipe_of(row) for row in case.rows}
        # Each page is rendered again, and written into a PDF.
        seconds = self._settings.limits.page_seconds * (1 + sum(row.pages or 0 for row in case.rows))
        needs = (lock_file(self._settings.archive), *(source.file for source in sources.values()))
        arguments = (self._record(case, older), sources, recipes, self._settings, self._context.actor)
        return Task(case, archive_case, arguments, seconds, needs, case.rows[0].sha256)

    def _record(self, case: CaseWork, older: CaseFile | None) -> CaseFile:
        scans = tuple(row.scan() for row in case.rows)
        return CaseFile(
            id=case.id,
            box=case.box,
            title=case.folder or scans[0].path.stem,
            folder=case.folder,
            scans=scans,
            documents=one_per_scan(scans),
            created=datetime.now(UTC).replace(microsecond=0),
            software=versions(self._settings.page),
            settings=self._settings.of_what_is_made(),
            operator=self._context.actor.name,
            read=tuple(row.sha256 for row in case.pending if self._is_read_for(row, older)),
            history=history_with(older, bag_folder(self._settings.archive, older)) if older else (),
            corrections=older.corrections if older else (),
            restrictions=older.restrictions if older else self._inherited(case.box),
            missing=_missing(case, older),
        )

    def _inherited(self, box: str) -> tuple[Restriction, ...]:
        """Return the level set on a new case file."""
        if box not in self._set_on_boxes:
            level, now = self._settings.access.default_level, datetime.now(UTC)
            self._set_on_boxes[box] = inherited(self._settings.archive, box, level, self._context.actor, now)
        return self._set_on_boxes[box]

    def _older(self, case: CaseWork) -> CaseFile | None:
        """Return the case file as its bag holds it, even one that a crash or an older ledger does not know.

        Its people and times go into the new record, which is sealed and signed. So it must be as it was sealed, and be
        the one that the journal records, or its successor that was made just before a crash.

        Raises:
            BagError: it is not.
        """
        archive = self._context.archive
        bag = archive.place_of(case.box, case.id)
        if not bag.exists():
            return None
        require_files_intact(bag, [RECORD])
        older = read_case(bag)
        if self._manifests is None:
            self._manifests = recorded_manifests(archive.folder)
        recorded = self._manifests.get(bag.relative_to(archive.folder).as_posix())
        if recorded not in {None, manifest_of(bag), *(version.manifest for version in older.history[-1:])}:
            raise BagError(f"{bag.name} is not the case file that the journal records: `bannasar verify`")
        return older

    def _is_read_for(self, row: ScanRow, older: CaseFile | None) -> bool:
        """Whether the pages of a scan were read for the case file that takes an older one's place."""
        if older is None or row.recipe != self._context.recipe:
            return True
        return self._context.archive.results.are_newer(row.sha256, self._context.recipe, older.created)

    def ended(self, outcome: Outcome) -> None:
        """Enter how an attempt to archive a case file ended, and commit its bag if it succeeded."""
        case: CaseWork = outcome.task.about
        self._work.note_attempt("archive", outcome, case.box, case.id)
        if not outcome.last:
            return
        if outcome.failure is None:
            self._commit(case, outcome)
        elif outcome.failure.code in _OF_THE_WHOLE_CASE:
            self._leave(case, outcome.failure)
        else:
            self._prove(case, outcome.failure)

    def _commit(self, case: CaseWork, outcome: Outcome) -> None:
        self._context.progress.cases_done += 1
        ledger = self._context.ledger

        def enter(bag: str) -> None:
            # At once, because scans in a bag that the ledger does not know would never be looked at again.
            with ledger.transaction():
                for row in case.pending:
                    ledger.archive(row, self._context.recipe, outcome.value.scans[row.sha256])
                ledger.case_archived(case.id, bag)

        def index(bag: Path) -> str:
            return self._indexer.put(bag, outcome.value.for_index)

        with about(scan=case.rows[0].sha256):
            committed = self._context.archive.commits.place(
                Event.ARCHIVED, outcome.value.bag, self._context.actor, enter=enter, index=index
            )
        if self._manifests is not None:
            self._manifests[committed.line.bag] = committed.line.manifest

    def _prove(self, case: CaseWork, failure: Failure) -> None:
        """Have the pages of a case file that cannot be archived tried one by one."""
        try:
            older = self._older(case)
            sources = {row.sha256: self._work.source(row) for row in case.rows}
        except (BagError, OSError):
            self._leave(case, failure)
            return
        self.prover.begin(case, failure, older, sources)

    def _hold(self, case: CaseWork) -> None:
        """Let a case file wait for another run; what was read is kept."""
        failed = sum(map(len, case.failed.values()))
        with about(scan=case.rows[0].sha256):
            _LOG.warning("its case file is not archived: %d pages and %d scans failed", failed, len(case.lost))
        self._context.progress.cases_done += 1
        for row in case.pending:
            failures = case.failed.get(row.sha256)
            self._work.fail(row, failures[min(failures)] if failures else Failure(code=Code.CASE_INCOMPLETE))

    def _leave(self, case: CaseWork, failure: Failure) -> None:
        """Leave a case file as it is, because it cannot be archived now."""
        with about(scan=case.rows[0].sha256):
            _LOG.warning("its case file cannot be archived: %s", failure.code)
        self._context.progress.cases_done += 1
        for row in case.pending:
            self._work.fail(row, failure)


def _is_worth_it(case: CaseWork) -> bool:
    """Whether a partial case file has something new, and lacks nothing of the one that may be archived already."""
    failed = {row.sha256: len(case.failed.get(row.sha256, ())) for row in case.rows}
    # For a scan that is not archived again, its bag does not lack what failed now.
    lacked = {row.sha256: row.missing if row.state is ScanState.PENDING else 0 for row in case.rows}
    less = any(row.in_bag and failed[row.sha256] > lacked[row.sha256] for row in case.rows)
    return not less and any((row.pages or 0) > failed[row.sha256] for row in case.pending)


def _unknown(older: CaseFile | None, rows: Sequence[ScanRow]) -> str:
    """Return the scans of a bag that its successor would not have: nothing that is archived may be lost."""
    known = {row.sha256 for row in rows}
    return ", ".join(str(scan.path) for scan in older.scans if scan.sha256 not in known) if older else ""


def _missing(case: CaseWork, older: CaseFile | None) -> tuple[Missing, ...]:
    """Return what a case file lacks: what failed now, and what its bag already lacks of archived scans."""
    pages = [
        Missing(path=PurePosixPath(row.path), sha256=row.sha256, page=number, code=failure.code, reason=failure.reason)
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
        Missing(path=PurePosixPath(row.path), page=None, code=Code(row.code or Code.INTERNAL), reason=row.reason or "")
        for row in case.lost
    ]
    return tuple(pages + scans)
