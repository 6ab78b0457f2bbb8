"""The bags and the index brought together: what differs, what is put in, all of it anew."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from models.case import CaseFile
from models.page import Page
from pipeline.archive.bag import read_bag, read_case, shown_bags
from pipeline.index.store import Store, fingerprint
from pipeline.run.ledger import Ledger

# Called with the case files that are done and all there are.
Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between the bags and the index: bags to be put in, case files to be taken out, pages too many."""

    missing: tuple[Path, ...]
    changed: tuple[Path, ...]
    unknown: tuple[str, ...]
    pages_in_bags: int
    pages_in_index: int

    @property
    def is_none(self) -> bool:
        """Whether the index holds what the bags hold, no more and no less."""
        return not (self.missing or self.changed or self.unknown) and self.pages_in_bags == self.pages_in_index


def compare(archive: Path, store: Store) -> Difference:
    """Compare the bags of an archive with an index.

    Raises:
        IndexUnusableError: the index cannot be asked.
    """
    there = store.cases()
    missing, changed, pages = [], [], 0
    for bag in shown_bags(archive):
        case = read_case(bag)
        pages += sum(len(document.pages) for document in case.documents)
        held = there.pop(case.id, None)
        if held is None:
            missing.append(bag)
        elif held != fingerprint(case):
            changed.append(bag)
    return Difference(tuple(missing), tuple(changed), tuple(there), pages, store.count())


def synchronise(archive: Path, ledger: Ledger, store: Store, tell: Told) -> Difference:
    """Put in what the index lacks, take out what no bag holds, and return what differed. The archive must be held.

    Raises:
        IndexUnusableError: the index cannot be used; what was put in by then is in.
    """
    found = compare(archive, store)
    for case_id in found.unknown:
        store.remove(case_id)
    wanted = [*found.missing, *found.changed]
    for number, bag in enumerate(wanted, 1):
        store.put(*read_bag(bag))
        tell(number, len(wanted))
    _note(archive, ledger)
    if wanted or found.unknown:
        store.merge()
    return found


def rebuild(archive: Path, ledger: Ledger, store: Store, tell: Told, *, is_own: bool) -> int:
    """Make an index anew from the bags, and return how many pages it holds. The archive must be held.

    Args:
        archive: the archive's folder.
        ledger: its ledger.
        store: the index.
        tell: called after each case file.
        is_own: whether it is the index that the archive's runs and searches use.

    Raises:
        IndexUnusableError: it cannot be made; searches find it as it was.
    """
    pages = store.rebuild(_all(archive, tell))
    if is_own:
        _note(archive, ledger)
    return pages


def _all(archive: Path, tell: Told) -> Iterator[tuple[CaseFile, list[Page]]]:
    listed = list(shown_bags(archive))
    for number, bag in enumerate(listed, 1):
        yield read_bag(bag)
        tell(number, len(listed))


def _note(archive: Path, ledger: Ledger) -> None:
    """Note in the ledger that every bag it waits with is in the index now."""
    for bag in ledger.to_be_indexed():
        if (archive / bag).is_dir():
            ledger.case_indexed(read_case(archive / bag).id)
