"""What the ledger tells of failures and of single scans."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.errors import BagError, NotFoundError
from models.failure import Code
from models.scan import ScanState
from pipeline.archive.bag import read_case
from pipeline.archive.ledger import Ledger, ScanRow


@dataclass(frozen=True, slots=True)
class Kind:
    """The failures of one code: how many scans and pages it has stopped, with examples (box, path, page, reason)."""

    code: Code
    scans: int
    pages: int
    examples: tuple[tuple[str, str, int | None, str], ...]


@dataclass(frozen=True, slots=True)
class Story:
    """One scan's whole story: how it stands, its pages that were tried, and every attempt, the oldest first.

    ``unread`` says of which of its archived pages, by number, something is not read.
    """

    row: ScanRow
    bag: str
    pages: tuple[Mapping[str, Any], ...]
    attempts: tuple[Mapping[str, Any], ...]
    unread: Mapping[int, tuple[str, ...]]


def failures(ledger: Ledger, boxes: Sequence[str], most_examples: int) -> list[Kind]:
    """Return the failures of some boxes by code, the most frequent first.

    A scan that failed because of its pages is counted by the codes of those; one that is archived as partial, too, and
    one that waits since a run stopped over it.
    """
    found: dict[Code, list[tuple[ScanRow, int | None, str]]] = {}
    for row in (row for box in boxes for row in ledger.scans(box)):
        if row.state in {ScanState.DUPLICATE, ScanState.GONE}:
            continue
        pages = ledger.query(
            "SELECT number, code, reason FROM pages WHERE sha256 = ? AND state = 'failed' ORDER BY number",
            (row.sha256,),
        )
        for page in pages:
            found.setdefault(Code(page["code"]), []).append((row, page["number"], page["reason"]))
        if row.code and not any(page["code"] == row.code for page in pages):
            found.setdefault(Code(row.code), []).append((row, None, row.reason or ""))
    kinds = [
        Kind(
            code,
            len({(row.box, row.path) for row, _, _ in met}),
            sum(page is not None for _, page, _ in met),
            tuple((row.box, row.path, page, reason) for row, page, reason in met[:most_examples]),
        )
        for code, met in found.items()
    ]
    return sorted(kinds, key=lambda kind: (-kind.scans, kind.code))


def stories(ledger: Ledger, name: str, archive: Path) -> list[Story]:
    """Return the story of every scan of that name; see :func:`named`.

    Raises:
        NotFoundError: the archive knows no such scan.
    """
    rows = named(ledger, name)
    if not rows:
        raise NotFoundError(f"The archive knows no scan {name}.", "`bannasar status BOX` lists those of a box.")
    return [_story(ledger, row, archive) for row in rows]


def named(ledger: Ledger, name: str) -> list[ScanRow]:
    """Return every scan of that name: its path in its box, ``box/path``, or the beginning of its SHA-256."""
    return [
        row
        for box in ledger.boxes()
        for row in ledger.scans(box.id)
        if name in {row.path, f"{row.box}/{row.path}"} or (len(name) >= 8 and row.sha256.startswith(name.lower()))
    ]


def _story(ledger: Ledger, row: ScanRow, archive: Path) -> Story:
    pages = ledger.query("SELECT * FROM pages WHERE sha256 = ? AND sha256 <> '' ORDER BY number", (row.sha256,))
    attempts = ledger.query(
        "SELECT attempts.*, runs.versions FROM attempts LEFT JOIN runs ON runs.id = attempts.run "
        "WHERE (attempts.box = ? AND subject = ?) OR (subject = ? AND subject <> '') OR subject = ? "
        "ORDER BY attempts.id",
        (row.box, row.path, row.sha256, row.case_id),
    )
    bag = ledger.bag_of(row.case_id) if row.state in {ScanState.ARCHIVED, ScanState.DUPLICATE} else ""
    unread = _unread(archive / bag, row.sha256) if bag else {}
    return Story(row, bag, tuple(map(dict, pages)), tuple(map(dict, attempts)), unread)


def _unread(bag: Path, sha256: str) -> dict[int, tuple[str, ...]]:
    """Return what of the pages of a scan is not read; nothing where the bag cannot be read, which `verify` tells."""
    try:
        case = read_case(bag)
    except BagError:
        return {}
    told = (one for document in case.documents for one in document.unread)
    return {one.page.number: one.remarks for one in told if one.page.scan == sha256}
