"""What happened: the failures of boxes by their codes, and everything that is known of single scans."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from models.errors import BagError, NotFoundError
from models.failure import Code
from models.ledger import AttemptRow, FailureRow, PageRow, ScanRow
from models.scan import ScanState
from pipeline.access.asker import Asker
from pipeline.archive.archive import Archive
from pipeline.archive.bag import read_case
from pipeline.archive.ledger import Ledger
from pipeline.services.sight import box_in_sight, boxes_in_sight


@dataclass(frozen=True, slots=True)
class Example:
    """A scan, or a page of it, that failed, and why."""

    box: str
    path: str
    page: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """The failures of one code: how many scans and pages it has stopped, with examples."""

    code: Code
    scans: int
    pages: int
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class ScanHistory:
    """One scan: its state, its pages that were tried, and every attempt, the oldest first.

    ``unread`` names, by number, its archived pages that are not completely read, with what is not.
    """

    row: ScanRow
    bag: str
    pages: tuple[PageRow, ...]
    attempts: tuple[AttemptRow, ...]
    unread: Mapping[int, tuple[str, ...]]


def failures(archive: Archive, asker: Asker, box: str | None, most_examples: int) -> list[FailureGroup]:
    """Return the failures of a box, or of all boxes, by code, the most frequent first.

    A scan that failed because of its pages is counted under the codes of those pages. So are a scan that is archived as
    partial, and one that waits because a run stopped at it.

    Args:
        archive: the archive.
        asker: who asks. Boxes that the asker may not see whole are left out.
        box: the box, by its id or its folder; None for all.
        most_examples: how many examples of each code are returned at most.

    Raises:
        NotFoundError: the archive holds no such box, or none that the asker may see whole.
    """
    boxes = boxes_in_sight(archive, asker) if box is None else [box_in_sight(archive, asker, box)]
    shown = {each.id for each in boxes}
    found: dict[Code, _Group] = defaultdict(_Group)
    for row in archive.ledger.failures(boxes[0].id if box is not None else None):
        if row.box in shown:
            found[Code(row.code)].add(row, most_examples)
    groups = [FailureGroup(code, group.scans, group.pages, tuple(group.examples)) for code, group in found.items()]
    return sorted(groups, key=lambda group: (-group.scans, group.code))


@dataclass(slots=True)
class _Group:
    """The failures of one code so far; those of a scan come one after the other."""

    scans: int = 0
    pages: int = 0
    examples: list[Example] = field(default_factory=list)
    last: tuple[str, str] | None = None

    def add(self, row: FailureRow, most_examples: int) -> None:
        self.scans += self.last != (row.box, row.path)
        self.last = row.box, row.path
        self.pages += row.page is not None
        if len(self.examples) < most_examples:
            self.examples.append(Example(row.box, row.path, row.page, row.reason or ""))


def scan_histories(archive: Archive, asker: Asker, name: str) -> list[ScanHistory]:
    """Return what is known about every scan of that name, in the boxes that the asker may see whole.

    The name is as for :func:`scans_named`.

    Raises:
        NotFoundError: the archive knows no such scan.
    """
    shown = {box.id for box in boxes_in_sight(archive, asker)}
    rows = [row for row in scans_named(archive.ledger, name) if row.box in shown]
    if not rows:
        raise NotFoundError(f"The archive knows no scan {name}.", "`bannasar status BOX` lists those of a box.")
    return [_history(archive, row) for row in rows]


def scans_named(ledger: Ledger, name: str) -> list[ScanRow]:
    """Return every scan of that name: its path in its box, ``box/path``, or the beginning of its SHA-256."""
    return [
        row
        for box in ledger.boxes()
        for row in ledger.scans(box.id)
        if name in {row.path, f"{row.box}/{row.path}"} or (len(name) >= 8 and row.sha256.startswith(name.lower()))
    ]


def _history(archive: Archive, row: ScanRow) -> ScanHistory:
    ledger = archive.ledger
    bag = ledger.bag_of(row.case_id) if row.state in {ScanState.ARCHIVED, ScanState.DUPLICATE} else ""
    unread = _unread(archive.folder / bag, row.sha256) if bag else {}
    return ScanHistory(row, bag, tuple(ledger.pages(row.sha256)), tuple(ledger.attempts_of(row)), unread)


def _unread(bag: Path, sha256: str) -> dict[int, tuple[str, ...]]:
    """Return what is not read on the pages of a scan; nothing if the bag is damaged, which `verify` reports."""
    try:
        case = read_case(bag)
    except BagError:
        return {}
    unread = (one for document in case.documents for one in document.unread)
    return {one.page.number: one.remarks for one in unread if one.page.scan == sha256}
