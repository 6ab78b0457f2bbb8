"""Scans whose files were taken out of their box: which are no longer a problem, and which still are."""

from collections.abc import Collection, Sequence

from models.errors import ConflictError, NotFoundError, UsageError
from models.failure import Code, Failure
from models.ledger import ScanRow
from models.scan import ScanState
from pipeline.access.asker import Asker
from pipeline.access.roles import Action
from pipeline.archive.archive import Archive
from pipeline.archive.ledger import Ledger
from pipeline.intake.discover import discover
from pipeline.services.history import scans_named
from pipeline.services.reason import require_reason

_UNSETTLED = frozenset({ScanState.PENDING, ScanState.FAILED, ScanState.REFUSED})


def is_unsettled(row: ScanRow) -> bool:
    """Whether a scan is not archived, not a duplicate and not gone."""
    return row.state in _UNSETTLED and not row.in_bag


def newly_gone(ledger: Ledger, box: str, inside: Collection[str]) -> list[ScanRow]:
    """Return the unsettled scans that are no longer in a box, if the ledger does not say so yet.

    Args:
        ledger: the archive's ledger.
        box: the box.
        inside: the paths of everything in it.
    """
    rows = ledger.scans_in(box, *_UNSETTLED)
    return [row for row in rows if not row.in_bag and row.path not in inside and row.code != Code.LEFT_BOX]


def note_gone(ledger: Ledger, box: str, inside: Collection[str]) -> None:
    """Record which unsettled scans are no longer in a box.

    A scan that was refused, or could never be opened, is gone for good: the message for it asked for that. A scan that
    was accepted would be lost, so it stays a failure.
    """
    for row in newly_gone(ledger, box, inside):
        if row.state is ScanState.REFUSED or not row.sha256:
            ledger.mark_gone(row, "It was taken out of the box.")
        else:
            ledger.fail(row, Failure(code=Code.LEFT_BOX))


def find_again(ledger: Ledger) -> None:
    """Record where accepted scans are now, if they left their box but the same bytes were ingested elsewhere."""
    for row in ledger.left_box():
        if first := ledger.first(row.sha256, row.box, row.path):
            ledger.mark_gone(row, f"It is {first.box}/{first.path} now.", first)


def dismiss(archive: Archive, asker: Asker, names: Sequence[str], reason: str) -> list[ScanRow]:
    """Record that some scans that left their box are no longer needed, who says so, and why.

    Args:
        archive: the archive.
        asker: who says so.
        names: the scans, each by its path in its box, ``box/path``, or the beginning of its SHA-256.
        reason: why.

    Returns:
        The scans.

    Raises:
        NotAllowedError: the asker may not.
        UsageError: no reason is given, a name fits several scans, or there is nothing to dismiss.
        NotFoundError: the archive knows no scan of a name.
        ConflictError: a scan is still in its box.
        OSError: a box cannot be read.
    """
    asker.must_be_allowed(Action.DIGITISE)
    require_reason(reason)
    with archive.held():
        rows = [_to_dismiss(archive.ledger, name) for name in names]
        for row in rows:
            archive.ledger.mark_gone(row, f"Dismissed by {asker.actor.name}: {reason.strip().rstrip('.')}.")
    return rows


def _to_dismiss(ledger: Ledger, name: str) -> ScanRow:
    """Return the unsettled scan of that name that is no longer in its box."""
    found = scans_named(ledger, name)
    if not found:
        raise NotFoundError(f"The archive knows no scan {name}.", "`bannasar status BOX` lists those of a box.")
    rows = [row for row in found if is_unsettled(row)]
    if not rows:
        raise UsageError(f"{name} is {found[0].state.value}: there is nothing to dismiss.")
    if len(rows) > 1:
        listed = ", ".join(f"{row.box}/{row.path}" for row in rows)
        raise UsageError(f"There are several scans {name}.", f"Name one: {listed}.")
    (root,) = [box.root for box in ledger.boxes() if box.id == rows[0].box]
    if root.is_dir() and rows[0].path in {str(entry.path) for entry in discover(root).entries}:
        raise ConflictError(f"{name} is still in {root}: take it out of the box first.")
    return rows[0]
