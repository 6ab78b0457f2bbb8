"""Makes a new ledger and index from the bags alone."""

import logging
from dataclasses import dataclass
from pathlib import Path

from models.actor import Actor
from models.errors import BagError, ConflictError, NotFoundError
from models.progress import Show, silent
from pipeline.access.asker import Asker
from pipeline.access.roles import Action
from pipeline.archive.adoption import adopt
from pipeline.archive.archive import Archive
from pipeline.archive.bag import read_bag
from pipeline.archive.fixity import verify_bag
from pipeline.archive.journal import Event, lines
from pipeline.archive.present import rebuild_index_of, surely_now
from pipeline.archive.withdrawal import is_withdrawn
from pipeline.services.analysing import analysed_bags

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The result of a rebuild.

    ``kept`` is where the older ledger is, ``begun`` how many bags a new journal begins with, ``unread`` are the bags
    (paths in the archive) that cannot be read and were left out.
    """

    case_files: int
    pages: int
    kept: Path | None
    begun: int
    unread: tuple[str, ...]
    warning: str


def rebuild_archive(archive: Archive, asker: Asker, *, force: bool, show: Show = silent) -> Rebuilt:
    """Make a new ledger and index from the bags. What only the ledger knew is lost: attempts, and refused scans.

    Args:
        archive: the archive, with or without a ledger.
        asker: who does it.
        force: make a ledger even if there is one; the older one is kept.
        show: called after each bag with the number of those done and of all.

    Raises:
        NotAllowedError: the asker may not.
        NotFoundError: there are no bags.
        ConflictError: there is a ledger, and ``force`` is not given.
        ArchiveError: journal or key cannot be used.
        IndexUnusableError: the index cannot be made; ledger and journal are already complete then.
        SchedulerError: the scheduler in the settings does not answer; the same is complete then.
        OSError: something cannot be read or written.
    """
    asker.must_be_allowed(Action.MAINTAIN)
    folders = list(archive.bag_folders())
    if not folders:
        raise NotFoundError(f"There are no bags at {archive.folder}: there is nothing to make a ledger from.")
    with archive.held(finish=False):
        kept = _set_aside(archive, force=force)
        store = archive.index_to_rebuild()
        read, unread, pages = [], [], 0
        for number, bag in enumerate(folders, 1):
            try:
                case, held = read_bag(bag)
            except BagError:
                unread.append(archive.path_of(bag))
            else:
                adopt(archive.ledger, case, held, archive.path_of(bag))
                read.append(bag)
                pages += len(held)
            show(number, len(folders))
        now = surely_now(archive.folder)
        # Before the index, because the index may not come: the archive is then whole except for it.
        archive.commits.finish()
        begun = _begin_journal(archive, asker.actor)
        shown = [bag for bag in read if not is_withdrawn(bag)]
        damaged: list[Path] = []
        cases = analysed_bags(archive, shown, now, silent, damaged, among=len(shown))
        rebuild_index_of(store, archive.folder, cases, now)
        unread += map(archive.path_of, damaged)
        for bag in read:
            if bag not in damaged:
                archive.ledger.case_indexed(bag.name)
        _LOG.info(
            "the ledger is made again: %d case files, %d pages, %d bags unreadable", len(read), pages, len(unread)
        )
        return Rebuilt(len(read), pages, kept, begun, tuple(unread), archive.recorder.warning)


def _begin_journal(archive: Archive, actor: Actor) -> int:
    """Record the undamaged bags of an archive that was copied without its journal, and return how many.

    If the journal names some bags, any other does not belong there: `verify` finds it, and only an import adds it.
    """
    if any(line.bag for line in lines(archive.folder)):
        return 0
    sound = [bag for bag in archive.bag_folders() if not verify_bag(bag)]
    for bag in sound:
        archive.commits.adopt(bag, actor, "rebuild", enter=lambda _bag: None, index=lambda _bag: "")
        if is_withdrawn(bag):
            archive.commits.mark(Event.WITHDRAWN, bag, actor, "rebuild")
    return len(sound)


def _set_aside(archive: Archive, *, force: bool) -> Path | None:
    if archive.has_ledger and not force:
        raise ConflictError(
            f"There is a ledger at {archive.folder} already.",
            "`bannasar ledger check` repairs it, `bannasar index rebuild` makes a new index. With --force the ledger "
            "is kept under another name, and a new one is made from the bags.",
        )
    return archive.set_ledger_aside()
