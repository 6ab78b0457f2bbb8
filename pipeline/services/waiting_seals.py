"""Seals that are set while another process, such as a long run, holds the archive: in force at once, completed later.

Only seals can wait: a seal makes nothing less strict, whatever is set before it is completed.
"""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from models.errors import ArchiveBusyError, BannasarError, NotFoundError
from models.level import Level
from pipeline.access.asker import Asker
from pipeline.access.audit import Deed
from pipeline.access.waiting_seals import WaitingSeal, WaitingSeals
from pipeline.archive.archive import Archive
from pipeline.archive.bag import read_case
from pipeline.archive.journal import Event
from pipeline.logs import described
from pipeline.services.audit import note
from pipeline.services.level_commit import commit_level

_LOG = logging.getLogger(__name__)


def wait(archive: Archive, asker: Asker, seal: WaitingSeal) -> bool:
    """Put a seal in force that the asker may set; return whether it waits, or could be completed already.

    Raises:
        AccessError: it cannot be recorded; it is not in force then.
        AuditUnusableError: the audit log cannot be written; likewise.
    """
    note(archive, asker, Deed.CHANGED, f"{seal.case or seal.box}/seal-waits", Level.PUBLIC)
    WaitingSeals(archive.folder).add(seal)
    try:
        with archive.held():  # the other process may have ended since
            complete(archive)
    except ArchiveBusyError:
        return True
    return seal.restriction in (one.restriction for one in WaitingSeals(archive.folder).all())


def complete(archive: Archive) -> None:
    """Put the seals that wait into the bags, as the people who set them. The archive must be held.

    What cannot be completed now stays in force, and waits. No task that makes a bag may be at work.

    Raises:
        AccessError: it is not known which seals wait.
    """
    waiting = WaitingSeals(archive.folder)
    for seal in waiting.all():
        try:
            for bag in _bags(archive, seal):
                _put(archive, bag, seal)
        except (BannasarError, OSError) as error:
            _LOG.warning("a seal waits: %s", described(error))
        else:
            waiting.remove(seal)


def _bags(archive: Archive, seal: WaitingSeal) -> Iterator[Path]:
    if seal.case:
        yield archive.bag(seal.case)
        return
    for case in archive.ledger.cases_of_box(seal.box):
        try:
            yield archive.bag(case)
        except NotFoundError:  # it is not archived yet, and its bag inherits what is set on the others
            continue


def _put(archive: Archive, bag: Path, seal: WaitingSeal) -> None:
    record = read_case(bag)
    if seal.restriction in record.restrictions:  # a stop came after this, and before it was removed
        return
    asker = replace(Asker.anybody(datetime.now(UTC)), actor=seal.restriction.by)
    commit_level(archive, asker, Event.LEVEL_SET, bag, record, seal.restriction)
