"""Enters a bag into a ledger that lacks it or its present state: after a crash, an import, a rebuild."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace

from models.case import CaseFile, Missing
from models.failure import Failure
from models.ledger import scan_row
from models.page import Page
from models.scan import ScanState
from pipeline.archive.ledger import Ledger
from pipeline.archive.measure import measure, page_read


def adopt(ledger: Ledger, case: CaseFile, pages: list[Page], bag: str) -> None:
    """Enter a bag into the ledger as archived, with all its scans and pages; it then waits for the index.

    Args:
        ledger: the archive's ledger.
        case: the bag's case file.
        pages: its pages.
        bag: the bag's path in the archive.
    """
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
            row = ledger.scan(case.box, str(scan.path), scan.sha256) or scan_row(
                case.box, str(scan.path), scan.size, 0, sha256=scan.sha256, kind=scan.kind, pages=scan.pages
            )
            row = replace(row, case_id=case.id, state=ScanState.PENDING)
            ledger.put(row)
            ledger.archive(row, _recipe(there, gone), measure(there, gone))
            for page in there:
                if page.number in gone:
                    ledger.page_failed(scan.sha256, page.number, page.recipe, 0, gone[page.number])
                else:
                    ledger.page_read(page_read(page), 0)
        ledger.case_archived(case.id, bag)


def _failure(one: Missing) -> Failure:
    return Failure(code=one.code, detail=one.reason, page=one.page)


def _recipe(pages: list[Page], missing: Collection[int]) -> str:
    """Return the recipe with which a scan's pages were read."""
    return next((page.recipe for page in pages if page.number not in missing), "")
