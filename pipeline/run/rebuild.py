"""Ledger and index made anew from the bags alone."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from pathlib import Path

from models.case import CaseFile, Missing
from models.failure import Failure
from models.page import Page
from models.scan import ScanState
from pipeline.archive.bag import UNREADABLE, bag_folders, read_bag
from pipeline.archive.fixity import verify_bag
from pipeline.archive.journal import Event, lines
from pipeline.archive.withdrawal import is_withdrawn
from pipeline.index.store import Store
from pipeline.run.custody import Registrar
from pipeline.run.ledger import Ledger, scan_row
from pipeline.run.measure import measure


def rebuild(archive: Path, ledger: Ledger, store: Store) -> Iterator[tuple[Path, int | None]]:
    """Enter every bag into an empty ledger and put all of them into the index, yielding each and how many pages it has.

    A bag that cannot be read is left out, and has None for its pages. What a ledger knows beside the bags is gone:
    attempts, refused scans, where the boxes lie. A run of a box of the same name takes it up again.

    Raises:
        IndexUnusableError: the index cannot be made; the ledger is whole by then.
    """
    entered = []
    for bag in bag_folders(archive):
        try:
            case, pages = read_bag(bag)
        except UNREADABLE:
            yield bag, None
            continue
        enter(ledger, case, pages, str(bag.relative_to(archive)))
        entered.append(bag)
        yield bag, len(pages)
    store.rebuild(read_bag(bag) for bag in entered if not is_withdrawn(bag))
    for bag in entered:
        ledger.case_indexed(bag.name)


def begin_journal(archive: Path, journal: Registrar) -> int:
    """Write down the bags of an archive whose journal tells of none, and return how many: it was copied without it.

    Where the journal tells of some, one more is none of its own: it comes in by an import, and is found by a verify.

    Raises:
        JournalBrokenError: a line of the journal was changed, left out or put in.
        OSError: a bag cannot be read, or the journal not written.
    """
    if any(line.bag for line in lines(archive)):
        return 0
    sound = [bag for bag in bag_folders(archive) if not verify_bag(bag)]
    for bag in sound:
        journal.enter(Event.IMPORTED, bag, "rebuild")
        if is_withdrawn(bag):
            journal.enter(Event.WITHDRAWN, bag, "rebuild")
    return len(sound)


def enter(ledger: Ledger, case: CaseFile, pages: list[Page], bag: str) -> None:
    """Enter a bag (its path in the archive) of which the ledger knows nothing yet."""
    with ledger.transaction():
        ledger.adopt_box(case.box)
        ledger.enter_case(case.id, case.box, case.folder, case.title)
        missing = case.missing_pages
        by_scan = defaultdict(list)
        for page in pages:
            by_scan[page.scan].append(page)
        for scan in case.scans:
            there = by_scan[scan.sha256]
            gone = {page: _failure(one) for (sha256, page), one in missing.items() if sha256 == scan.sha256}
            row = scan_row(
                case.box, str(scan.path), scan.size, 0, sha256=scan.sha256, kind=scan.kind, pages=scan.pages,
                case_id=case.id, state=ScanState.PENDING,
            )  # fmt: skip
            ledger.put(row)
            ledger.archive(row, _recipe(there, gone), measure(there, gone))
            for page in there:
                if page.number in gone:
                    ledger.page_failed(scan.sha256, page.number, page.recipe, 0, gone[page.number])
                else:
                    ledger.page_read(page, 0)
        ledger.case_archived(case.id, bag)


def _failure(one: Missing) -> Failure:
    return Failure(code=one.code, detail=one.reason, page=one.page)


def _recipe(pages: list[Page], missing: Collection[int]) -> str:
    """Return the recipe by which a scan's pages were read."""
    return next((page.recipe for page in pages if page.number not in missing), "")
