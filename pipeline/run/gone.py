"""Scans whose files were taken out of their box: which complaints end with that, and which do not."""

from collections.abc import Collection

from models.failure import Code, Failure
from models.scan import ScanState
from pipeline.archive.journal import operator
from pipeline.run.ledger import Ledger, ScanRow

_UNSETTLED = frozenset({ScanState.PENDING, ScanState.FAILED, ScanState.REFUSED})


def is_unsettled(row: ScanRow) -> bool:
    """Whether a scan is neither archived nor the copy of one nor gone."""
    return row.state in _UNSETTLED and not row.in_bag


def newly_gone(ledger: Ledger, box: str, inside: Collection[str]) -> list[ScanRow]:
    """Return the unsettled scans that no longer lie in a box, where the ledger does not say so yet.

    Args:
        ledger: the archive's ledger.
        box: the box.
        inside: the paths of all that lies in it.
    """
    return [
        row for row in ledger.scans(box) if is_unsettled(row) and row.path not in inside and row.code != Code.LEFT_BOX
    ]


def note_gone(ledger: Ledger, box: str, inside: Collection[str]) -> None:
    """Note which unsettled scans no longer lie in a box.

    What was refused, or never could be read, is gone for good: so the advice ends that says to take it out. What had
    been accepted would be lost by it: that goes on to be a failure.
    """
    for row in newly_gone(ledger, box, inside):
        if row.state is ScanState.REFUSED or not row.sha256:
            ledger.leave(row, "It was taken out of the box.")
        else:
            ledger.fail(row, Failure(code=Code.LEFT_BOX))


def find_again(ledger: Ledger) -> None:
    """Note of accepted scans that left their box where the same bytes were taken in: they were renamed or moved."""
    for row in ledger.left_box():
        if first := ledger.first(row.sha256, row.box, row.path):
            ledger.leave(row, f"It is {first.box}/{first.path} now.", first)


def dismiss(ledger: Ledger, row: ScanRow, reason: str) -> None:
    """Note that nobody wants a scan any more that left its box, who says so, and why."""
    ledger.leave(row, f"Dismissed by {operator()}: {reason.strip().rstrip('.')}.")
