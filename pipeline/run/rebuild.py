"""Ledger and index made anew from the bags alone."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from models.case import CaseFile
from models.failure import Failure
from models.page import Page
from models.scan import ScanState
from pipeline.archive.bag import bags, read_bag, shown_bags
from pipeline.index.store import Store
from pipeline.run.ledger import Ledger, scan_row
from pipeline.run.measure import measure


def rebuild(archive: Path, ledger: Ledger, store: Store) -> Iterator[tuple[str, int]]:
    """Enter every bag into an empty ledger and put all of them into the index, yielding each case file and its pages.

    What a ledger knows beside that is gone: attempts, refused scans, where the boxes lie. A run of a box of the same
    name takes it up again.

    Raises:
        IndexUnusableError: the index cannot be made; the ledger is whole by then.
        OSError: a bag cannot be read.
    """
    for bag in bags(archive):
        case, pages = read_bag(bag)
        enter(ledger, case, pages, str(bag.relative_to(archive)))
        yield case.id, len(pages)
    store.rebuild(read_bag(bag) for bag in shown_bags(archive))
    for bag in bags(archive):
        ledger.case_indexed(bag.name)


def enter(ledger: Ledger, case: CaseFile, pages: list[Page], bag: str) -> None:
    """Enter a bag (its path in the archive) of which the ledger knows nothing yet."""
    ledger.adopt_box(case.box)
    ledger.enter_case(case.id, case.box, case.folder, case.title)
    missing: Mapping[str, dict[int, Failure]] = _missing(case)
    by_scan = defaultdict(list)
    for page in pages:
        by_scan[page.scan].append(page)
    for scan in case.scans:
        there, gone = by_scan[scan.sha256], missing[str(scan.path)]
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


def _missing(case: CaseFile) -> defaultdict[str, dict[int, Failure]]:
    found: defaultdict[str, dict[int, Failure]] = defaultdict(dict)
    for one in case.missing:
        if one.page is not None:
            found[str(one.path)][one.page] = Failure(code=one.code, detail=one.reason, page=one.page)
    return found


def _recipe(pages: list[Page], missing: Mapping[int, Failure]) -> str:
    """Return the recipe by which a scan's pages were read."""
    return next((page.recipe for page in pages if page.number not in missing), "")
