"""Finds and repairs what a crash can leave wrong between the ledger, the bags, the results and the index."""

from collections.abc import Iterator
from dataclasses import dataclass

from models.errors import AccountError, BagError
from models.plural import number_of, plural
from models.progress import Show, silent
from models.scan import ScanState
from pipeline.access.asker import Asker
from pipeline.access.roles import Action
from pipeline.archive.archive import Archive
from pipeline.archive.bag import has_record, read_case
from pipeline.archive.withdrawal import is_withdrawn


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be, and whether it is repaired."""

    sentence: str
    repaired: bool


def check_ledger(archive: Archive, asker: Asker, *, repair: bool, show: Show = silent) -> Iterator[Finding]:
    """Yield what is wrong; each thing is already repaired if ``repair`` is set and that is possible.

    What is repaired by reading a scan again is set to pending: the next run of its box does it.

    Args:
        archive: the archive.
        asker: who asks.
        repair: whether something is repaired.
        show: called after each case file with the number of those done and of all.

    Raises:
        NotAllowedError: the asker may not.
        ArchiveBusyError: another process holds the archive.
        LedgerError: the ledger cannot be used, or an older version wrote it and nothing is to be repaired.
        IndexUnusableError: the index cannot be used.
    """
    asker.must_be_allowed(Action.MAINTAIN)
    with archive.held(finish=False):
        if repair:
            archive.migrate()
            archive.commits.finish()
        yield from _check(archive, show, repair=repair)


def _check(archive: Archive, show: Show, *, repair: bool) -> Iterator[Finding]:
    yield from _database(archive)
    yield from _runs(archive, repair=repair)
    yield from _work(archive, repair=repair)
    yield from _bags(archive, show, repair=repair)
    yield from _unknown_bags(archive)
    yield from _duplicates(archive, repair=repair)
    yield from _results(archive, repair=repair)
    yield from _index(archive, repair=repair)
    for box in archive.ledger.boxes():
        try:
            archive.ledger.account(box.id).check(box.id)
        except AccountError as error:
            yield Finding(str(error), repaired=False)


def _database(archive: Archive) -> Iterator[Finding]:
    for damage in archive.ledger.damages():
        yield Finding(f"The ledger is damaged: {damage}. Restore it from your last copy.", repaired=False)
    for table in archive.ledger.tables_with_dangling_rows():
        yield Finding(f"The ledger is damaged: a row of {table} refers to nothing.", repaired=False)


def _runs(archive: Archive, *, repair: bool) -> Iterator[Finding]:
    for run in archive.ledger.runs():
        if run.outcome is None:
            if repair:
                archive.ledger.run_died(run.id)
            yield Finding(f"The run of {run.started[:19]} never ended: it died.", repaired=repair)


def _work(archive: Archive, *, repair: bool) -> Iterator[Finding]:
    left = archive.work_in_progress()
    if left:
        if repair:
            archive.recover()
        where = left[0].parent
        yield Finding(
            f"Work in progress was left behind: {number_of(len(left), 'entry', 'entries')} in {where}.", repaired=repair
        )


def _bags(archive: Archive, show: Show, *, repair: bool) -> Iterator[Finding]:
    ledger = archive.ledger
    cases = ledger.cases()
    for done, case in enumerate(cases, 1):
        show(done, len(cases))
        rows = [row for row in ledger.scans_of_case(case.id) if row.in_bag]
        if case.bag is None and not rows:
            continue
        bag = archive.folder / case.bag if case.bag else None
        if bag is None or not has_record(bag):
            for row in rows if repair else ():
                ledger.mark_lost(row)
            if repair:
                ledger.case_lost(case.id)
            which = case.bag or f"of {case.id}"
            yield Finding(
                f"The bag {which} is not there: {number_of(len(rows), 'scan')} must be read again.", repaired=repair
            )
            continue
        try:
            there = {scan.sha256 for scan in read_case(bag).scans}
        except BagError as error:
            yield Finding(
                f"The bag {case.bag} cannot be read ({error}). Put an undamaged copy back; `bannasar verify`.",
                repaired=False,
            )
            continue
        for row in rows:
            if row.sha256 not in there:
                if repair:
                    ledger.mark_lost(row)
                yield Finding(f"The bag {case.bag} does not hold {row.path}: it must be read again.", repaired=repair)


def _unknown_bags(archive: Archive) -> Iterator[Finding]:
    """Yield the bags that were moved into place just before a crash; the next run of their box makes them again."""
    known = {case.bag for case in archive.ledger.cases()}
    for bag in archive.bags():
        path = archive.path_of(bag)
        if path not in known:
            yield Finding(
                f"The ledger does not know the bag {path}. Run its box again; if it was imported, import it again.",
                repaired=False,
            )


def _duplicates(archive: Archive, *, repair: bool) -> Iterator[Finding]:
    ledger = archive.ledger
    for box in ledger.boxes():
        for row in ledger.scans_in(box.id, ScanState.DUPLICATE):
            if ledger.first(row.sha256, row.box, row.path) is None:
                if repair:
                    ledger.mark_pending(row)
                yield Finding(f"{box.id}/{row.path} is a duplicate of nothing: it must be read.", repaired=repair)


def _results(archive: Archive, *, repair: bool) -> Iterator[Finding]:
    for file, is_half in archive.results.unusable():
        path = file.relative_to(archive.folder)
        if repair:
            file.unlink()
        if is_half:
            yield Finding(f"An incomplete result was left behind: {path}.", repaired=repair)
        else:
            yield Finding(f"A result cannot be read, and its page must be read again: {path}.", repaired=repair)
    lost = [
        page
        for page in archive.ledger.pages_to_archive()
        if not archive.results.is_kept(page.sha256, page.recipe, page.number)
    ]
    if lost:
        if repair:
            archive.ledger.forget_pages([(page.sha256, page.number) for page in lost])
        they = plural(len(lost), "it", "they")
        yield Finding(
            f"The results of {number_of(len(lost), 'page')} are missing: {they} must be read again.", repaired=repair
        )


def _index(archive: Archive, *, repair: bool) -> Iterator[Finding]:
    there = archive.index.cases()
    for case in archive.ledger.cases():
        if not case.is_indexed or case.bag is None or case.id in there or is_withdrawn(archive.folder / case.bag):
            continue
        if repair:
            archive.ledger.case_not_indexed(case.id)
        yield Finding(f"The index does not hold {case.id}: the next run adds it.", repaired=repair)
