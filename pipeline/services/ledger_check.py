"""What a crash can leave between the ledger, the bags, the results and the index; found, and mended."""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from models.errors import AccountError, BagError
from models.page import Page
from models.scan import ScanState
from pipeline.archive.account import account
from pipeline.archive.archive import Archive
from pipeline.archive.bag import RECORD, bags, read_case, recover
from pipeline.archive.ledger import Ledger
from pipeline.archive.withdrawal import is_withdrawn
from pipeline.index.store import Store


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be, and whether it is mended."""

    told: str
    mended: bool


def check_ledger(archive: Archive, *, mend: bool) -> Iterator[Finding]:
    """Yield what is wrong, each thing mended by then if that is wanted and possible.

    What is mended by reading a scan again is set to pending: the next run of its box does it.

    Raises:
        ArchiveBusyError: another process holds the archive.
        IndexUnusableError: the index cannot be used.
    """
    with archive.held(finish=False):
        if mend:
            archive.commits.finish()
        yield from _check(archive.folder, archive.ledger, archive.index, mend=mend)


def _check(archive: Path, ledger: Ledger, store: Store, *, mend: bool) -> Iterator[Finding]:
    yield from _database(ledger)
    yield from _runs(ledger, mend=mend)
    yield from _work(archive, mend=mend)
    yield from _bags(archive, ledger, mend=mend)
    yield from _unknown_bags(archive, ledger)
    yield from _duplicates(ledger, mend=mend)
    yield from _results(archive, ledger, mend=mend)
    yield from _index(archive, ledger, store, mend=mend)
    for box in ledger.boxes():
        try:
            account(ledger, box.id).check(box.id)
        except AccountError as error:
            yield Finding(str(error), mended=False)


def _database(ledger: Ledger) -> Iterator[Finding]:
    for (said,) in ledger.query("PRAGMA integrity_check"):
        if said != "ok":
            yield Finding(f"ledger.db is damaged: {said}. Restore it from your last copy.", mended=False)
    for row in ledger.query("PRAGMA foreign_key_check"):
        yield Finding(f"ledger.db: a row of {row[0]} leads nowhere.", mended=False)


def _runs(ledger: Ledger, *, mend: bool) -> Iterator[Finding]:
    for run in ledger.query("SELECT id, started FROM runs WHERE outcome IS NULL"):
        if mend:
            ledger.run_died(run["id"])
        yield Finding(f"The run of {run['started'][:19]} never ended: it died.", mended=mend)


def _work(archive: Path, *, mend: bool) -> Iterator[Finding]:
    left = list((archive / "tmp").glob("*"))
    if left:
        if mend:
            recover(archive)
        yield Finding(f"Work in progress was left behind: {len(left)} entries in {archive / 'tmp'}.", mended=mend)


def _bags(archive: Path, ledger: Ledger, *, mend: bool) -> Iterator[Finding]:
    for case in ledger.query("SELECT id, bag FROM cases ORDER BY id"):
        rows = [row for row in ledger.scans_of_case(case["id"]) if row.in_bag]
        if case["bag"] is None and not rows:
            continue
        if case["bag"] is None or not (archive / case["bag"] / RECORD).is_file():
            for row in rows if mend else ():
                ledger.lost(row)
            if mend:
                ledger.case_lost(case["id"])
            told = f"The bag {case['bag'] or 'of ' + case['id']} is not there: {len(rows)} scans are to be read again."
            yield Finding(told, mended=mend)
            continue
        try:
            there = {scan.sha256 for scan in read_case(archive / case["bag"]).scans}
        except BagError as error:
            told = f"The bag {case['bag']} cannot be read ({error}). Put a sound copy of it back; `bannasar verify`."
            yield Finding(told, mended=False)
            continue
        for row in rows:
            if row.sha256 not in there:
                if mend:
                    ledger.lost(row)
                yield Finding(f"The bag {case['bag']} does not hold {row.path}: it is to be read again.", mended=mend)


def _unknown_bags(archive: Path, ledger: Ledger) -> Iterator[Finding]:
    """Yield the bags that were moved into place just before a crash: the next run of their box makes them anew."""
    known = {row["bag"] for row in ledger.query("SELECT bag FROM cases WHERE bag IS NOT NULL")}
    for bag in bags(archive):
        place = bag.relative_to(archive).as_posix()
        if place not in known:
            told = f"The ledger does not know the bag {place}. Run its box again; if it was imported, import it again."
            yield Finding(told, mended=False)


def _duplicates(ledger: Ledger, *, mend: bool) -> Iterator[Finding]:
    for box in ledger.boxes():
        for row in ledger.scans(box.id):
            if row.state is ScanState.DUPLICATE and ledger.first(row.sha256, row.box, row.path) is None:
                if mend:
                    ledger.wait(row)
                yield Finding(f"{box.id}/{row.path} is a duplicate of nothing: it is to be read.", mended=mend)


def _results(archive: Path, ledger: Ledger, *, mend: bool) -> Iterator[Finding]:
    for file in sorted((archive / "results").rglob("*")):
        if file.is_dir():
            continue
        if file.suffix == ".part":
            told = f"Half a result was left behind: {file.relative_to(archive)}."
        elif not _can_be_read(file):
            told = f"A result cannot be read, and its page is to be read again: {file.relative_to(archive)}."
        else:
            continue
        if mend:
            file.unlink()
        yield Finding(told, mended=mend)
    lost = [
        page
        for page in ledger.query(
            "SELECT pages.sha256, number, pages.recipe FROM pages WHERE state <> 'failed' AND NOT EXISTS "
            "(SELECT 1 FROM scans WHERE scans.sha256 = pages.sha256 AND scans.state = 'archived')"
        )
        if not (archive / "results" / page[0][:2] / page[0] / page[2] / f"{page[1]:06}.json.gz").is_file()
    ]
    if lost:
        if mend:
            ledger.forget_pages([(page[0], page[1]) for page in lost])
        yield Finding(f"The results of {len(lost)} pages are not there: they are to be read again.", mended=mend)


def _can_be_read(file: Path) -> bool:
    try:
        Page.model_validate_json(gzip.decompress(file.read_bytes()))
    except (OSError, EOFError, zlib.error, ValidationError):
        return False
    return True


def _index(archive: Path, ledger: Ledger, store: Store, *, mend: bool) -> Iterator[Finding]:
    there = store.cases()
    for case in ledger.query("SELECT id, bag FROM cases WHERE indexed IS NOT NULL AND bag IS NOT NULL ORDER BY id"):
        if case["id"] not in there and not is_withdrawn(archive / case["bag"]):
            if mend:
                ledger.case_not_indexed(case["id"])
            yield Finding(f"The index does not hold {case['id']}: it is put in by the next run.", mended=mend)
