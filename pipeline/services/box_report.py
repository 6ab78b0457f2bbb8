"""The state of boxes, for people and scripts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from models.ledger import Account, ScanRow
from models.scan import ScanState
from pipeline.access.asker import Asker
from pipeline.archive.archive import Archive
from pipeline.services.sight import box_in_sight, boxes_in_sight


@dataclass(frozen=True, slots=True)
class BoxReport:
    """One box: its scans, what was ignored in it, and where its pages went."""

    id: str
    scans: tuple[ScanRow, ...]
    ignored: int
    account: Account

    def count(self, state: ScanState) -> int:
        """Return the number of scans in a state."""
        return sum(row.state is state for row in self.scans)

    @property
    def archived(self) -> tuple[ScanRow, ...]:
        """The archived scans."""
        return tuple(row for row in self.scans if row.state is ScanState.ARCHIVED)

    @property
    def pages(self) -> int:
        """Pages of the archived scans."""
        return sum(row.pages or 0 for row in self.archived)

    @property
    def blank(self) -> int:
        """Blank pages among them."""
        return sum(row.blank for row in self.archived)

    @property
    def confidence(self) -> float | None:
        """The mean confidence of the archived scans, weighted by their pages that are not blank."""
        weighed = [
            ((row.pages or 0) - row.blank, row.confidence) for row in self.archived if row.confidence is not None
        ]
        total = sum(weight for weight, _ in weighed)
        return sum(weight * confidence for weight, confidence in weighed) / total if total else None

    @property
    def problems(self) -> tuple[ScanRow, ...]:
        """The scans that are not completely archived, not duplicates and not gone."""
        fine = {ScanState.ARCHIVED, ScanState.DUPLICATE, ScanState.GONE}
        return tuple(row for row in self.scans if row.state not in fine or row.missing)


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


def as_json(reports: Sequence[BoxReport]) -> dict[str, Any]:
    """Return the reports, with each box's account of its pages, as ``status --json`` prints them."""
    return {"boxes": [_box(report) | {"account": asdict(report.account)} for report in reports]}


def _report(archive: Archive, box: str) -> BoxReport:
    ledger = archive.ledger
    return BoxReport(box, tuple(ledger.scans(box)), ledger.ignored(box), ledger.account(box))


def _box(report: BoxReport) -> dict[str, Any]:
    counted = Counter(row.state for row in report.scans)
    counts: dict[str, int] = {state.value: counted[state] for state in ScanState}
    counts |= {
        "scans": len(report.scans),
        "pages": report.pages,
        "blank": report.blank,
        "ignored": report.ignored,
    }
    return {"id": report.id, "counts": counts, "scans": [_scan(row) for row in report.scans]}


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
