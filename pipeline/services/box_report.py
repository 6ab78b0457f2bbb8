"""The state of boxes, for people and scripts."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from models.ledger import Account, Counted, ScanRow
from models.scan import ScanState
from pipeline.access.asker import Asker
from pipeline.archive.archive import Archive
from pipeline.services.sight import box_in_sight, boxes_in_sight

_UNSETTLED = (ScanState.PENDING, ScanState.FAILED, ScanState.REFUSED)


@dataclass(frozen=True, slots=True)
class BoxReport:
    """One box: its scans by their states, what was ignored in it, and where its pages went."""

    id: str
    counted: Mapping[ScanState, Counted]
    ignored: int
    account: Account

    def count(self, state: ScanState) -> int:
        """Return the number of scans in a state."""
        return self.counted.get(state, Counted()).scans

    @property
    def scans(self) -> int:
        """How many scans there are in all states."""
        return sum(each.scans for each in self.counted.values())

    @property
    def archived(self) -> Counted:
        """The archived scans: how many, their pages, and the mean confidence."""
        return self.counted.get(ScanState.ARCHIVED, Counted())


def box_report(archive: Archive, asker: Asker, box: str) -> BoxReport:
    """Return the state of a box, by its id or its folder, of which the asker may see all; raises NotFoundError."""
    return _report(archive, box_in_sight(archive, asker, box).id)


def box_reports(archive: Archive, asker: Asker, box: str | None = None) -> list[BoxReport]:
    """Return the state of all boxes, or of one, by its id or its folder; only of boxes that the asker may see whole.

    Raises:
        NotFoundError: the archive holds no such box.
    """
    boxes = boxes_in_sight(archive, asker) if box is None else [box_in_sight(archive, asker, box)]
    return [_report(archive, each.id) for each in boxes]


def scans_of(archive: Archive, report: BoxReport) -> list[ScanRow]:
    """Return every scan of a box whose state was reported."""
    return archive.ledger.scans(report.id)


def problems(archive: Archive, report: BoxReport) -> list[ScanRow]:
    """Return the scans of a box that are not completely archived, not duplicates and not gone."""
    rows = [*archive.ledger.scans_in(report.id, *_UNSETTLED), *archive.ledger.incomplete(report.id)]
    return sorted(rows, key=lambda row: row.path)


def as_json(archive: Archive, reports: Sequence[BoxReport]) -> dict[str, Any]:
    """Return the reports, with all scans and each box's account of its pages, as ``status --json`` prints them."""
    return {"boxes": [_box(archive, report) for report in reports]}


def _report(archive: Archive, box: str) -> BoxReport:
    ledger = archive.ledger
    return BoxReport(box, ledger.counted(box), ledger.ignored(box), ledger.account(box))


def _box(archive: Archive, report: BoxReport) -> dict[str, Any]:
    counts: dict[str, int] = {state.value: report.count(state) for state in ScanState}
    counts |= {
        "scans": report.scans,
        "pages": report.archived.pages,
        "blank": report.archived.blank,
        "ignored": report.ignored,
    }
    scans = [_scan(row) for row in scans_of(archive, report)]
    return {"id": report.id, "counts": counts, "scans": scans, "account": asdict(report.account)}


def _scan(row: ScanRow) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "path": row.path,
        "sha256": row.sha256 or None,
        "state": row.state.value,
        "pages": row.pages,
        "confidence": None if row.confidence is None else round(row.confidence, 4),
        "code": row.code,
        "reason": row.reason,
        "case": row.case_id,
        "recipe": row.recipe,
        "read": row.read,
        "blank": row.blank,
        "missing": row.missing,
    }
    if row.state is ScanState.DUPLICATE:
        fields["duplicate_of"] = {"box": row.first_box, "path": row.first_path}
    return fields
