"""Ingesting a box: every scan is entered into the ledger as pending, refused, failed or a duplicate."""

import logging
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path

from models.failure import Code, Failure
from models.ledger import Attempt, ScanRow, scan_row
from models.plural import number_of
from models.scan import Box, ScanState
from pipeline.archive.ledger import Ledger
from pipeline.archive.names import case_id
from pipeline.archive.places import lock_file, work_folder
from pipeline.execution.context import Context
from pipeline.execution.retry import plan_retry
from pipeline.execution.task import Task
from pipeline.execution.tasks import inspect_scan, unlock_scan
from pipeline.intake.discover import Discovery, Entry, discover
from pipeline.intake.inspect import Inspection
from pipeline.logs import about, described
from pipeline.services.gone import find_again, note_gone

_LOG = logging.getLogger(__name__)
_SLOWEST_BYTES_A_SECOND = 1 << 20
# :func:`settle` leaves archived and refused scans as they are.
_MAY_SETTLE = frozenset(ScanState) - {ScanState.ARCHIVED, ScanState.REFUSED}


def ingest(
    boxes: Sequence[Box], context: Context, accept: Callable[[Entry], bool] = lambda _entry: True
) -> tuple[tuple[Box, ...], dict[tuple[str, str], Entry]]:
    """Enter every scan of the boxes into the ledger.

    If a folder of a box cannot be read even after some waits, the box is left for another run, because the contents of
    its case files are unknown: ``context.progress.left`` says so.

    Args:
        boxes: the boxes, entered already.
        context: what the run works with.
        accept: says whether an entry is looked at.

    Returns:
        The boxes that were ingested, and what is in them now, by box and path.

    Raises:
        OSError: none of the boxes can be read.
    """
    ledger, progress = context.ledger, context.progress
    entries: dict[tuple[str, str], Entry] = {}
    ingested: list[str] = []
    for box in boxes:
        try:
            found = _discover_with_retries(box, context)
        except OSError as error:
            progress.left.append(f"{box.id} waits for another run: {error.filename}: {error.strerror}.")
            if len(progress.left) == len(boxes):
                raise
            continue
        ledger.note_run(box.id, found.ignored)
        accepted = [entry for entry in found.entries if accept(entry)]
        progress.scans += len(accepted)
        inside = {str(entry.path): entry for entry in accepted}
        known = ledger.inside(box.id)
        inspect_again(box, [entry for path, entry in inside.items() if _is_new(known.get(path), entry)], context)
        note_gone(ledger, box.id, {str(entry.path) for entry in found.entries})
        progress.scans_seen = progress.scans
        context.show()
        ingested.append(box.id)
        for row in ledger.scans_in(box.id, *_MAY_SETTLE):
            if row.path in inside:
                settle(row, inside[row.path], ledger, ingested)
        find_again(ledger)
        entries |= {(box.id, path): entry for path, entry in inside.items()}
    return tuple(box for box in boxes if box.id in ingested), entries


def _discover_with_retries(box: Box, context: Context) -> Discovery:
    """Return what is in a box; if its share or a permission was lost, wait as for a scan."""
    tries = 0
    while True:
        try:
            return discover(box.root)
        except OSError as error:
            tries += 1
            _LOG.warning("a folder of a box cannot be read: %s", described(error))
            plan = plan_retry(Code.UNREADABLE, tries, context.settings.run)
            if plan is None:
                raise
            cannot = f"Paused: {error.filename} cannot be read ({error.strerror})"
            context.pause(f"{cannot}. It is tried again in {plan.seconds:g} s.")
            time.sleep(plan.seconds)
            context.pause("")


def settle(row: ScanRow, entry: Entry, ledger: Ledger, ingested: Collection[str]) -> None:
    """Set whether a waiting scan is a duplicate, and which case file it belongs to.

    The first of several copies is one that is archived, otherwise the first by path in the first box of this run.

    Args:
        row: the scan; one that is archived (even if it is to be read again), is refused, or could not be read, stays
            as it is.
        entry: what is at its path now.
        ledger: the archive's ledger.
        ingested: the boxes ingested by this run so far.
    """
    if row.in_bag or row.state is ScanState.REFUSED or not row.sha256:
        return
    first = ledger.first(row.sha256, row.box, row.path)
    if first and first.state is ScanState.PENDING:
        later = first.box == row.box and first.path > row.path
        first = None if later or first.box not in ingested else first
    if first:
        settled = replace(
            row, state=ScanState.DUPLICATE, first_box=first.box, first_path=first.path, case_id=first.case_id
        )
    else:
        folder = entry.folder or row.path
        case = case_id(row.box, folder)
        ledger.enter_case(case, row.box, entry.folder, entry.folder or entry.path.stem)
        settled = replace(row, state=ScanState.PENDING, first_box=None, first_path=None, case_id=case)
    ledger.put(replace(settled, code=None, reason=None))


def _is_new(known: tuple[int, int, ScanState, bool] | None, entry: Entry) -> bool:
    """Whether an entry must be looked at: it is new or has changed, or was not or only partly read the last time."""
    if known is None or known[:2] != (entry.size, entry.mtime_ns):
        return True
    _, _, state, is_read = known
    return state is ScanState.GONE or (state in {ScanState.FAILED, ScanState.PENDING} and not is_read)


def _is_archived(ledger: Ledger, row: ScanRow) -> bool:
    known = ledger.known(row.box, row.path, row.size, row.mtime_ns)
    return known is not None and known.state is ScanState.ARCHIVED


def inspect_again(box: Box, entries: Sequence[Entry], context: Context, password: str | None = None) -> dict[str, Path]:
    """Look at entries of a box, and enter them into the ledger in the right state.

    Args:
        box: the box.
        entries: what to look at.
        context: what the run works with.
        password: opens those PDFs among them that are locked.

    Returns:
        Copies without a password of locked PDFs, by SHA-256.
    """
    ledger, settings = context.ledger, context.settings
    left = deque(entries)
    unlocked: dict[str, Path] = {}
    folder = work_folder(settings.archive) / "unlocked"
    copies = {entry: folder / f"{number:06}.pdf" for number, entry in enumerate(entries)}

    def take() -> Task | None:
        while left:
            entry = left.popleft()
            if entry.refusal is None:
                seconds = settings.limits.page_seconds + entry.size / _SLOWEST_BYTES_A_SECOND
                if password is not None:
                    arguments = (entry.file, entry.size, settings, password, copies[entry])
                    return Task(entry, unlock_scan, arguments, seconds, (entry.file, lock_file(settings.archive)))
                return Task(entry, inspect_scan, (entry.file, entry.size, settings), seconds, (entry.file,))
            refuse(scan_row(box.id, str(entry.path), entry.size, entry.mtime_ns), entry.refusal)
        return None

    def refuse(row: ScanRow, failure: Failure) -> None:
        with ledger.transaction():
            ledger.put(row)
            ledger.fail(row, failure)

    for outcome in context.finished(take):
        entry: Entry = outcome.task.about
        path = str(entry.path)
        row = scan_row(box.id, path, entry.size, entry.mtime_ns)
        if not outcome.last:
            pass
        elif outcome.failure and _is_archived(ledger, row):
            context.progress.notes.append(f"{box.id}/{path} stays archived as it is. {outcome.failure.reason}")
        elif outcome.failure:
            refuse(row, outcome.failure)
        else:
            found: Inspection = outcome.value
            with about(scan=found.sha256):
                pages = number_of(found.pages, "page")
                _LOG.info("identified: %s, %s, %d bytes", found.kind, pages, entry.size)
            locked = password is not None
            before = ledger.scan(box.id, path, found.sha256)
            if before and before.in_bag:
                # An archived scan stays archived, even if its file was copied again, or the ledger was rebuilt.
                ledger.put(replace(before, size=row.size, mtime_ns=row.mtime_ns, locked=int(locked)))
            else:
                ledger.put(replace(row, sha256=found.sha256, kind=found.kind, pages=found.pages, locked=int(locked)))
            if locked:
                unlocked[found.sha256] = copies[entry]
        attempt = Attempt("inspect", box.id, path, outcome.started, outcome.seconds)
        ledger.attempt(replace(attempt, worker=outcome.worker, failure=outcome.failure, trace=outcome.trace))
        context.progress.scans_seen += outcome.last
        context.show()
    return unlocked
