"""Sets a level: in the bag, in the journal and in the index. Its callers check whether the asker may do so."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from models.case import CaseFile
from models.errors import BagError, IndexUnusableError, NotFoundError
from models.level import Level
from models.restriction import Restriction, next_end
from pipeline.access import end_dates
from pipeline.access.asker import Asker
from pipeline.access.audit import Deed
from pipeline.archive.amended import amended_bag
from pipeline.archive.archive import Archive
from pipeline.archive.bag import read_bag, read_case
from pipeline.archive.custody import require_recorded
from pipeline.archive.journal import Event
from pipeline.archive.placing import NewBag
from pipeline.archive.present import present, put_into_index
from pipeline.archive.withdrawal import is_withdrawn
from pipeline.services.audit import note
from pipeline.services.revision import revised


@dataclass(frozen=True, slots=True)
class Set:
    """The result.

    ``cases`` are the case files that have the level now. ``index_error`` says why the index does not know it yet,
    "" if it does; until then only operators find those case files. ``warning`` says why nothing was signed. ``waits``
    says why a seal is not in the bags yet, "" if it is: it is in force, and is completed when the archive is free.
    """

    cases: tuple[str, ...]
    index_error: str = ""
    warning: str = ""
    waits: str = ""


def commit_level(  # what happens to which case file, by whom, when
    archive: Archive,
    asker: Asker,
    event: Event,
    bag: Path,
    record: CaseFile,
    restriction: Restriction,
) -> Set:
    """Keep a restriction in a bag, and record it. The archive must be held.

    Raises:
        BagError: the bag is not the one that the journal records.
        JournalBrokenError: nothing can be written after the journal's last line; nothing has changed then.
        OSError: something cannot be read or written.
    """
    require_recorded(archive.folder, bag)
    note(archive, asker, Deed.CHANGED, f"{record.id}/{event}", Level.PUBLIC)
    reason = level_in_words(restriction)
    restrictions = (*record.restrictions, restriction)
    now = revised(record, bag, asker.actor, restriction.at, reason, restrictions=restrictions)
    committed = archive.commits.place(
        event,
        NewBag(amended_bag(bag, now, archive.folder), bag),
        asker.actor,
        reason=reason,
        enter=lambda _bag: archive.ledger.case_not_indexed(record.id),
        index=lambda placed: _index(archive, now, placed, asker.at),
    )
    end_dates.keep(archive.folder, record.id, next_end(now.restrictions, asker.at))
    return Set((record.id,), committed.index_error, archive.recorder.warning)


def follow_end_dates(archive: Archive, clock: datetime) -> None:
    """Update the index with the levels of case files whose end date has certainly passed. The archive must be held.

    This is not necessary: `sight.person` adds what the index does not know. But it makes every question cheaper again.

    Raises:
        IndexUnusableError: the index cannot be used.
        ArchiveError: ledger, journal or accounts cannot be used.
    """
    for case in end_dates.passed(archive.folder, clock):
        try:
            bag = archive.bag(case)
            record = read_case(bag)
        except (NotFoundError, BagError):
            continue
        now = present(archive.folder, record, clock)
        if not is_withdrawn(bag) and not archive.index.set_levels(record, now):
            archive.ledger.case_not_indexed(case)
        else:
            end_dates.keep(archive.folder, case, next_end(record.restrictions, now))


def _index(archive: Archive, case: CaseFile, bag: Path, clock: datetime) -> str:
    """Update the index with the levels of a case file; return why this failed, "" if it did not.

    Until it succeeds, the case file waits for the index in the ledger, and only operators see it.
    """
    if not is_withdrawn(bag):
        now = present(archive.folder, case, clock)
        try:
            if not archive.index.set_levels(case, now):
                put_into_index(archive.index, archive.folder, *read_bag(bag))
        except IndexUnusableError as error:
            return str(error)
    archive.ledger.case_indexed(case.id)
    return ""


def level_in_words(restriction: Restriction) -> str:
    """Return in words, for the journal, which level is set on what, and why."""
    pages = ", ".join(f"{page.scan[:8]}…/{page.number}" for page in restriction.pages[:3])
    more = " …" if len(restriction.pages) > 3 else ""
    what = f"{restriction.reach} {pages}{more}".strip() if restriction.pages else restriction.reach
    until = f" until {restriction.until.isoformat()}" if restriction.until else ""
    order = f" (order {restriction.order})" if restriction.order else ""
    return f"{what}: {restriction.level}{until}{order}: {restriction.reason}"
