"""Scans that are digitised again: which, and why not the others."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from models.errors import NotFoundError, UsageError
from models.failure import Code
from models.ledger import ScanRow
from models.scan import Box, ScanState
from pipeline.access.asker import Asker
from pipeline.access.roles import Action
from pipeline.archive.archive import Archive
from pipeline.archive.ledger import Ledger
from pipeline.execution.context import Context
from pipeline.execution.progress import Watcher
from pipeline.intake.discover import Entry, discover
from pipeline.page.recipe import fingerprint
from pipeline.services.digitising.run import Summary, read_and_archive, running
from pipeline.services.ingest import inspect_again, settle

_ONLY_BY_NAME = frozenset({ScanState.DUPLICATE, ScanState.GONE})


class Stage(StrEnum):
    """The step at which scans are started again: reading their pages, or describing their documents."""

    RECOGNISE = "recognise"
    DESCRIBE = "describe"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; a scan is chosen if it matches everything that is given.

    ``scans`` are paths in a box, ``box/path``, or the beginnings of SHA-256s. ``stage`` is done again even
    where today's recipe has done it; ``force`` also takes refused scans, if they are named; ``password`` opens
    the locked ones among them.
    """

    failed: bool = False
    boxes: tuple[str, ...] = ()
    scans: tuple[str, ...] = ()
    codes: tuple[Code, ...] = ()
    below_confidence: float | None = None
    stage: Stage | None = None
    force: bool = False
    password: str | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The scans that match: those that are done again, and those that are not, each with the reason."""

    rows: tuple[ScanRow, ...]
    left: tuple[tuple[ScanRow, str], ...]


def choose(archive: Archive, asker: Asker, wanted: Wanted) -> Chosen:
    """Return what would be done again; nothing is changed.

    Raises:
        NotAllowedError: the asker may not.
        UsageError: nothing is asked for, or a password for scans that are not named.
        NotFoundError: the archive holds no box or scan of that name.
        OSError: a box cannot be read.
    """
    asker.must_be_allowed(Action.DIGITISE)
    if not (wanted.failed or wanted.boxes or wanted.scans or wanted.codes or wanted.below_confidence is not None):
        raise UsageError("Say what to do again: --failed, --box, --scan, --code or --below-confidence.")
    if wanted.password is not None and not wanted.scans:
        raise UsageError("A password is for scans that are named: --scan PATH --password-file FILE.")
    ledger, recipe = archive.ledger, fingerprint(archive.settings.page)
    boxes = {archive.box(name).id for name in wanted.boxes}
    rows: list[ScanRow] = []
    left: list[tuple[ScanRow, str]] = []
    unknown = set(wanted.scans)
    for box in ledger.boxes():
        meant: list[ScanRow] = []
        for row in ledger.scans(box.id):
            unknown -= {name for name in wanted.scans if _is_named(row, name)}
            if not _is_meant(ledger, row, wanted, boxes) or (row.state in _ONLY_BY_NAME and not wanted.scans):
                continue
            why_not = _why_not(row, wanted, recipe) or _shut(ledger, row, wanted)
            if why_not:
                left.append((row, why_not))
            else:
                meant.append(row)
        # An archived scan is read from its bag, if necessary.
        inside = _inside(box) if any(not row.in_bag for row in meant) else {}
        for row in meant:
            if not row.in_bag and row.path not in inside:
                left.append((row, f"it is no longer in {box.root}"))
            else:
                rows.append(row)
    if unknown:
        raise NotFoundError(
            f"The archive knows no scan {', '.join(sorted(unknown))}: nothing was done.",
            "`bannasar status BOX` lists those of a box.",
        )
    return Chosen(tuple(rows), tuple(left))


def rerun(
    archive: Archive, asker: Asker, chosen: Chosen, wanted: Wanted, watch: Watcher = lambda _progress: None
) -> Summary:
    """Do again what was chosen, and nothing else.

    Args:
        archive: the archive.
        asker: who does it.
        chosen: what :func:`choose` returned.
        wanted: what was asked for.
        watch: called with the progress after every change.

    Raises:
        NotAllowedError: the asker may not.
        ArchiveBusyError: another process holds the archive.
        TooManyFailuresError: the run stopped itself.
    """
    asker.must_be_allowed(Action.DIGITISE)
    with running("rerun", archive, asker.actor, watch) as context:
        ledger = context.ledger
        boxes = [box for box in ledger.boxes() if any(row.box == box.id for row in chosen.rows)]
        entries: dict[tuple[str, str], Entry] = {}
        unlocked: dict[str, Path] = {}
        for box in boxes:
            inside = _inside(box)
            entries |= {(box.id, path): entry for path, entry in inside.items()}
            unlocked |= _prepare(box, [row for row in chosen.rows if row.box == box.id], inside, wanted, context)
        paths = {(row.box, row.path) for row in chosen.rows}
        keys = {
            (row.box, row.path, row.sha256)
            for box in boxes
            for row in ledger.scans(box.id)
            if (row.box, row.path) in paths
        }
        return read_and_archive(context, boxes, entries, keys, unlocked)


def _inside(box: Box) -> dict[str, Entry]:
    """Return what is in a box; nothing if the box is gone: then the bags still hold what was archived."""
    return {str(entry.path): entry for entry in discover(box.root).entries} if box.root.is_dir() else {}


def _prepare(
    box: Box, rows: Sequence[ScanRow], inside: dict[str, Entry], wanted: Wanted, context: Context
) -> dict[str, Path]:
    """Set the scans to pending; look again at those that were refused or have changed."""
    ledger = context.ledger
    changed = [row for row in rows if _must_be_inspected(row, inside, wanted)]
    unlocked = inspect_again(box, [inside[row.path] for row in changed], context, wanted.password)
    paths = {row.path for row in rows}
    for row in ledger.scans(box.id):
        if row.path not in paths:
            continue
        is_begun = row.state is ScanState.PENDING and row.in_bag
        # What a stopped rerun has read is not read again.
        if wanted.stage is Stage.RECOGNISE and row.sha256 and not is_begun:
            context.archive.results.forget(row.sha256, context.recipe)
        if row.state is ScanState.ARCHIVED:
            ledger.mark_pending(row)
        elif row.path in inside:
            settle(row, inside[row.path], ledger, [box.id])
    return unlocked


def _must_be_inspected(row: ScanRow, inside: dict[str, Entry], wanted: Wanted) -> bool:
    entry = inside.get(row.path)
    if entry is None:
        return False
    changed = (entry.size, entry.mtime_ns) != (row.size, row.mtime_ns)
    return row.state in {ScanState.REFUSED, ScanState.GONE} or not row.sha256 or changed or wanted.password is not None


def _is_meant(ledger: Ledger, row: ScanRow, wanted: Wanted, boxes: Collection[str]) -> bool:
    # A waiting scan belongs to a run that was stopped: it may have failed before.
    is_failed = row.state in {ScanState.FAILED, ScanState.PENDING} or row.missing > 0
    return (
        (not wanted.failed or is_failed)
        and (not boxes or row.box in boxes)
        and (not wanted.scans or any(_is_named(row, name) for name in wanted.scans))
        and (not wanted.codes or bool(_codes(ledger, row).intersection(wanted.codes)))
        and (
            wanted.below_confidence is None or (row.confidence is not None and row.confidence < wanted.below_confidence)
        )
    )


def _is_named(row: ScanRow, name: str) -> bool:
    is_digest = len(name) >= 8 and row.sha256.startswith(name.lower())
    return name in {row.path, f"{row.box}/{row.path}"} or is_digest


def _codes(ledger: Ledger, row: ScanRow) -> set[str]:
    pages = {page.code for page in ledger.failed_pages(row.sha256) if page.code}
    return pages | ({row.code} if row.code else set())


def _why_not(row: ScanRow, wanted: Wanted, recipe: str) -> str:
    if row.state is ScanState.DUPLICATE:
        return f"the same as {row.first_box}/{row.first_path}"
    if row.state is ScanState.REFUSED:
        if not wanted.scans:
            return "refused; a refused scan is only read again by name: --scan … --force"
        if not wanted.force and wanted.password is None:
            return "refused; add --force (or --password-file, for a locked PDF)"
    if row.state is ScanState.ARCHIVED and not row.missing and row.recipe == recipe and not wanted.stage:
        return "already read with today's recipe; --stage recognise reads it again, --stage describe its documents"
    return ""


def _shut(ledger: Ledger, row: ScanRow, wanted: Wanted) -> str:
    """Return why the case file of a scan cannot be opened: it is archived complete, with its locked scans."""
    for other in ledger.scans_of_case(row.case_id) if row.case_id else ():
        is_in = other.path == row.path or other.in_bag
        is_opened = wanted.password is not None and any(_is_named(other, name) for name in wanted.scans)
        if other.locked and is_in and not is_opened:
            return f"{other.path} needs its password; name it: --scan … --password-file FILE"
    return ""
