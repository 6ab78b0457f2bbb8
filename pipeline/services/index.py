"""The index compared with the bags, made to agree with them, and made again from them."""

import logging
from collections.abc import Collection, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from models.errors import BagError
from models.progress import Show, silent
from models.settings import IndexSettings
from pipeline.access.asker import Asker
from pipeline.access.roles import Action
from pipeline.archive.archive import Archive
from pipeline.archive.bag import read_case
from pipeline.archive.present import put_analysed, rebuild_index_of, surely_now
from pipeline.archive.withdrawal import is_withdrawn
from pipeline.index.store import fingerprint
from pipeline.services.analysing import analysed_bags
from pipeline.services.level_commit import follow_end_dates

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between the bags and the index: bags to add, case files to remove, pages too many.

    For ``unreadable`` bags it is unknown whether the index holds what they hold; their pages are not counted.
    """

    missing: tuple[Path, ...]
    changed: tuple[Path, ...]
    unknown: tuple[str, ...]
    unreadable: tuple[Path, ...]
    pages_in_bags: int
    pages_in_index: int

    @property
    def is_none(self) -> bool:
        """Whether the index holds what the bags hold, no more and no less."""
        differs = self.missing or self.changed or self.unknown or self.unreadable
        return not differs and self.pages_in_bags == self.pages_in_index


def compare(archive: Archive, asker: Asker, show: Show = silent) -> Difference:
    """Compare the bags of an archive with its index.

    Args:
        archive: the archive.
        asker: who asks.
        show: called after each case file.

    Raises:
        NotAllowedError: the asker may not.
        IndexUnusableError: the index cannot be used.
    """
    asker.must_be_allowed(Action.MAINTAIN)
    return _compared(archive, show)


def _compared(archive: Archive, show: Show = silent) -> Difference:
    there = archive.index.cases()
    missing, changed, unreadable, pages = [], [], [], 0
    bags = _shown(archive)
    for done, bag in enumerate(bags, 1):
        show(done, len(bags))
        try:
            case = read_case(bag)
        except BagError:
            unreadable.append(bag)
            there.pop(bag.name, None)
            continue
        pages += sum(len(document.pages) for document in case.documents)
        held = there.pop(case.id, None)
        if held is None:
            missing.append(bag)
        elif held != fingerprint(case):
            changed.append(bag)
    count = archive.index.count()
    return Difference(tuple(missing), tuple(changed), tuple(there), tuple(unreadable), pages, count)


def synchronise(archive: Archive, asker: Asker, show: Show = silent) -> Difference:
    """Add what the index lacks, remove what no bag holds, and return what differed.

    For a bag that cannot be read, the index keeps what it holds, and the ledger records that the bag waits.

    Args:
        archive: the archive.
        asker: who asks.
        show: called after each case file.

    Raises:
        NotAllowedError: the asker may not.
        ArchiveBusyError: another process holds the archive.
        IndexUnusableError: the index cannot be used; what was added before stays.
    """
    asker.must_be_allowed(Action.MAINTAIN)
    with archive.held():
        return _synchronise(archive, show)


def _synchronise(archive: Archive, show: Show) -> Difference:
    found = _compared(archive)
    # A bag that was made again and not added may have the same record; the ledger knows that it waits.
    waiting = {archive.folder / bag for bag in archive.ledger.to_be_indexed()}.intersection(_shown(archive))
    found = replace(
        found, changed=(*found.changed, *sorted(waiting.difference(found.missing, found.changed, found.unreadable)))
    )
    for case in found.unknown:
        archive.index.remove(case)
    wanted = [*found.missing, *found.changed]
    unreadable = list(found.unreadable)
    if wanted:
        now = surely_now(archive.folder)
        with closing(analysed_bags(archive, wanted, now, show, unreadable)) as cases:
            for one in cases:
                put_analysed(archive.index, archive.folder, one, now)
    _note(archive, unreadable)
    follow_end_dates(archive, datetime.now(UTC))
    if wanted or found.unknown:
        archive.index.merge()
    _LOG.info(
        "index: %d bags added, %d case files removed, %d bags unreadable",
        len(wanted),
        len(found.unknown),
        len(unreadable),
    )
    missing, changed = (tuple(bag for bag in bags if bag not in unreadable) for bags in (found.missing, found.changed))
    return replace(found, missing=missing, changed=changed, unreadable=tuple(unreadable))


def rebuild_index(
    archive: Archive, asker: Asker, show: Show = silent, url: str | None = None
) -> tuple[int, tuple[Path, ...]]:
    """Make a new index from the bags; searches use the old one until the new one is complete.

    One that was stopped goes on where it was.

    Args:
        archive: the archive.
        asker: who asks.
        show: called after each case file.
        url: a cluster to make it on, instead of the place that the archive's runs and searches use.

    Returns:
        How many pages it holds, and the bags that could not be read: it holds nothing of them.

    Raises:
        NotAllowedError: the asker may not.
        ArchiveBusyError: another process holds the archive.
        IndexUnusableError: it cannot be made; searches find it as it was.
    """
    asker.must_be_allowed(Action.MAINTAIN)
    own = archive.settings.index
    elsewhere = IndexSettings.model_validate({**own.model_dump(), "url": url}) if url and url != own.url else None
    with archive.held():
        unreadable: list[Path] = []
        store = archive.index_to_rebuild(elsewhere)
        bags = _shown(archive)
        kept = _still_right(archive, bags, store.begun())
        missing = [bag for bag in bags if bag not in kept]

        def show_all(done: int, _missing: int) -> None:
            show(done + len(kept), len(bags))

        now = surely_now(archive.folder)
        cases = analysed_bags(archive, missing, now, show_all, unreadable, among=len(bags))
        pages = rebuild_index_of(store, archive.folder, cases, now, kept.values())
        if elsewhere is None:
            _note(archive, unreadable)
        _LOG.info("the index is made again: %d pages, %d bags unreadable", pages, len(unreadable))
        return pages, tuple(unreadable)


def repair(archive: Archive, asker: Asker) -> tuple[Path, ...]:
    """Make the index agree with the bags; make it again if nothing less helps.

    Returns:
        The bags that cannot be read.

    Raises:
        NotAllowedError: the asker may not.
        ArchiveBusyError: another process holds the archive.
        IndexUnusableError: it cannot be used.
    """
    asker.must_be_allowed(Action.MAINTAIN)
    with archive.held():
        store = archive.index_to_rebuild()
        found = _synchronise(archive, silent)
        unreadable = list(found.unreadable)
        if not unreadable and found.pages_in_bags != store.count():
            now = surely_now(archive.folder)
            bags = _shown(archive)
            cases = analysed_bags(archive, bags, now, silent, unreadable, among=len(bags))
            rebuild_index_of(store, archive.folder, cases, now)
            _note(archive, unreadable)
        return tuple(unreadable)


def _shown(archive: Archive) -> list[Path]:
    """Return every bag that searches should find, even a damaged one."""
    return [bag for bag in archive.bag_folders() if not _is_hidden(bag)]


def _is_hidden(bag: Path) -> bool:
    try:
        return is_withdrawn(bag)
    except OSError:  # its reader notices that
        return False


def _still_right(archive: Archive, bags: Collection[Path], begun: Mapping[str, str]) -> dict[Path, str]:
    """Return the bags that a rebuild which was stopped has added as they are now, with their case files' ids.

    A bag with an end date is read again: its levels may be others now, and its record does not show that.
    """
    # A bag that was made again may have the same record; the ledger knows that it waits.
    waiting = {archive.folder / bag for bag in archive.ledger.to_be_indexed()} if begun else set()
    found = {}
    for bag in bags if begun else ():
        with suppress(BagError):  # whoever reads it whole says so
            case = read_case(bag)
            if not case.has_end_dates and bag not in waiting and begun.get(case.id) == fingerprint(case):
                found[bag] = case.id
    return found


def _note(archive: Archive, unreadable: Collection[Path]) -> None:
    """Record in the ledger that every bag that waited is in the index now, except those that cannot be read."""
    for bag in unreadable:
        archive.ledger.case_not_indexed(bag.name)
    for bag in map(archive.folder.joinpath, archive.ledger.to_be_indexed()):
        if bag.is_dir() and bag not in unreadable:
            archive.ledger.case_indexed(bag.name)
