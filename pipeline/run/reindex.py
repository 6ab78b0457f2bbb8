"""The bags and the index brought together: what differs, what is put in, all of it anew."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from models.case import CaseFile
from models.page import Page
from pipeline.archive.bag import UNREADABLE, bag_folders, read_bag, read_case
from pipeline.archive.withdrawal import is_withdrawn
from pipeline.index.store import Store, fingerprint
from pipeline.run.ledger import Ledger

# Called with the case files that are done and all there are.
Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between the bags and the index: bags to be put in, case files to be taken out, pages too many.

    Of ``unreadable`` bags nobody knows whether the index holds what they hold; their pages are not counted.
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


def compare(archive: Path, store: Store) -> Difference:
    """Compare the bags of an archive with an index.

    Raises:
        IndexUnusableError: the index cannot be asked.
    """
    there = store.cases()
    missing, changed, unreadable, pages = [], [], [], 0
    for bag in _shown(archive):
        try:
            case = read_case(bag)
        except UNREADABLE:
            unreadable.append(bag)
            there.pop(bag.name, None)
            continue
        pages += sum(len(document.pages) for document in case.documents)
        held = there.pop(case.id, None)
        if held is None:
            missing.append(bag)
        elif held != fingerprint(case):
            changed.append(bag)
    return Difference(tuple(missing), tuple(changed), tuple(there), tuple(unreadable), pages, store.count())


def synchronise(archive: Path, ledger: Ledger, store: Store, tell: Told) -> Difference:
    """Put in what the index lacks, take out what no bag holds, and return what differed. The archive must be held.

    Of a bag that cannot be read the index keeps what it holds, and the ledger notes that it waits.

    Raises:
        IndexUnusableError: the index cannot be used; what was put in by then is in.
    """
    found = compare(archive, store)
    for case_id in found.unknown:
        store.remove(case_id)
    wanted = [*found.missing, *found.changed]
    unreadable = list(found.unreadable)
    for case, pages in _read(wanted, tell, unreadable):
        store.put(case, pages)
    _note(archive, ledger, unreadable)
    if wanted or found.unknown:
        store.merge()
    missing, changed = (tuple(bag for bag in bags if bag not in unreadable) for bags in (found.missing, found.changed))
    return replace(found, missing=missing, changed=changed, unreadable=tuple(unreadable))


def rebuild(archive: Path, ledger: Ledger, store: Store, tell: Told, *, is_own: bool) -> tuple[int, list[Path]]:
    """Make an index anew from the bags. The archive must be held.

    Args:
        archive: the archive's folder.
        ledger: its ledger.
        store: the index.
        tell: called after each case file.
        is_own: whether it is the index that the archive's runs and searches use.

    Returns:
        How many pages it holds, and the bags that could not be read: of them it holds nothing.

    Raises:
        IndexUnusableError: it cannot be made; searches find it as it was.
    """
    unreadable: list[Path] = []
    pages = store.rebuild(_read(_shown(archive), tell, unreadable))
    if is_own:
        _note(archive, ledger, unreadable)
    return pages, unreadable


def _shown(archive: Path) -> list[Path]:
    """Return every bag that searches are to find, whatever is left in it."""
    return [bag for bag in bag_folders(archive) if not _is_hidden(bag)]


def _is_hidden(bag: Path) -> bool:
    try:
        return is_withdrawn(bag)
    except OSError:  # whoever reads it finds out
        return False


def _read(bags: Collection[Path], tell: Told, unreadable: list[Path]) -> Iterator[tuple[CaseFile, list[Page]]]:
    """Yield what bags hold; those that cannot be read are added to a list instead."""
    for number, bag in enumerate(bags, 1):
        try:
            read = read_bag(bag)
        except UNREADABLE:
            unreadable.append(bag)
        else:
            yield read
        tell(number, len(bags))


def _note(archive: Path, ledger: Ledger, unreadable: Collection[Path]) -> None:
    """Note in the ledger that every bag it waits with is in the index now, but for those that cannot be read."""
    for bag in unreadable:
        ledger.case_not_indexed(bag.name)
    for bag in map(archive.joinpath, ledger.to_be_indexed()):
        if bag.is_dir() and bag not in unreadable:
            ledger.case_indexed(bag.name)
