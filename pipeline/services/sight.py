"""What somebody may see of an archive, now: the one place where services ask it."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path, PurePosixPath

from models.actor import ActorKind
from models.case import CaseFile
from models.errors import NotAllowedError, NotFoundError
from models.level import Level, strictest
from models.page import PageRef
from models.restriction import document_level
from models.scope import PageLevels
from pipeline.access.account import Account
from pipeline.access.asker import Asker, Loosened
from pipeline.access.audit import AuditLog
from pipeline.access.clock import Mark, surely_past
from pipeline.access.end_dates import passed
from pipeline.access.requests import Requests
from pipeline.archive.archive import Archive
from pipeline.archive.bag import read_case
from pipeline.archive.commit import changing
from pipeline.archive.journal import Entry, Event, Line, append, lines
from pipeline.archive.withdrawal import is_withdrawn


def person(archive: Archive, account: Account, clock: datetime) -> Asker:
    """Return who a person is that signed in, with what may be seen at a time.

    Args:
        archive: the archive.
        account: the person's.
        clock: what the clock says, aware.

    Raises:
        ArchiveError: ledger, journal, accounts or audit log cannot be used.
        OSError: something cannot be read.
    """
    last = AuditLog(archive.folder).last()
    # What was granted ends by the latest that it may be, and what is sealed opens by the earliest.
    latest = max(clock, datetime.fromisoformat(last.at)) if last else clock
    return Asker.person(
        account,
        let_see=Requests(archive.folder).seen_by(account.actor, latest),
        unsure=[*(PurePosixPath(bag).name for bag in archive.ledger.to_be_indexed()), *changing(archive.folder)],
        loosened=_loosened(archive, clock),
    )


def present(archive: Path, case: CaseFile, clock: datetime) -> datetime | None:
    """Return the latest time that has surely passed; only where an end date may have, the journal is read for it."""
    if not any(one.until and one.until <= clock for one in case.restrictions):
        return clock
    return surely_past(map(_mark, lines(archive)), clock)


def levels(archive: Path, case: CaseFile, clock: datetime) -> PageLevels:
    """Return the level of every page of a case file that counts now."""
    return case.levels(present(archive, case, clock))


def case_in_sight(archive: Archive, asker: Asker, case: str, clock: datetime) -> tuple[Path, CaseFile]:
    """Return the bag of a case file of which the asker may see all, and its record.

    Raises:
        NotFoundError: there is none of that id, or none that the asker may see whole: the message is the same.
        BagError: its bag cannot be read.
    """
    bag, record = _read(archive, case)
    found = levels(archive.folder, record, clock)
    return _in_sight(asker, bag, record, strictest((found.level, *found.pages.values())))


def record_in_sight(archive: Archive, asker: Asker, case: str, clock: datetime) -> tuple[Path, CaseFile]:
    """Return the bag and the record of a case file which is in sight as such; single pages of it may not be.

    Raises:
        NotFoundError, BagError: as :func:`case_in_sight`.
    """
    bag, record = _read(archive, case)
    return _in_sight(asker, bag, record, levels(archive.folder, record, clock).level)


def document_in_sight(archive: Archive, asker: Asker, case: str, number: int, clock: datetime) -> tuple[Path, CaseFile]:
    """Return the bag and the record of a document of which the asker may see all; raises as :func:`case_in_sight`."""
    bag, record = _read(archive, case)
    pages = next((document.pages for document in record.documents if document.number == number), ())
    now = present(archive.folder, record, clock)
    return _in_sight(asker, bag, record, document_level(record.restrictions, pages, now))


def page_in_sight(archive: Archive, asker: Asker, case: str, page: PageRef, clock: datetime) -> tuple[Path, CaseFile]:
    """Return the bag and the record of a page that the asker may see; raises as :func:`case_in_sight`."""
    bag, record = _read(archive, case)
    return _in_sight(asker, bag, record, levels(archive.folder, record, clock).of(page.scan, page.number))


def _read(archive: Archive, case: str) -> tuple[Path, CaseFile]:
    bag = archive.bag(case)
    return bag, read_case(bag)


def _in_sight(asker: Asker, bag: Path, case: CaseFile, level: Level) -> tuple[Path, CaseFile]:
    is_hidden = is_withdrawn(bag) and not asker.scope.is_everything
    if is_hidden or not asker.scope.shows(case.id, case.box, level):
        raise unknown(case.id)
    return bag, case


def confirm_clock(archive: Archive, asker: Asker, clock: datetime) -> None:
    """Write down that an operator looked at the clock and it is right, after nobody used the archive for long.

    Raises:
        NotAllowedError: the asker is no operator.
        ArchiveError: journal or key cannot be used.
        OSError: the journal cannot be written.
    """
    if asker.actor.kind is not ActorKind.OPERATOR:
        raise NotAllowedError("Only an operator confirms the clock.")
    with archive.held():
        entry = Entry(Event.CLOCK_CONFIRMED, reason=clock.isoformat(timespec="seconds"))
        append(archive.folder, entry, asker.actor, archive.recorder.signer)


def _mark(line: Line) -> Mark:
    is_confirmed = line.event is Event.CLOCK_CONFIRMED
    return Mark(datetime.fromisoformat(line.reason if is_confirmed else line.at), is_confirmed)


def unknown(case: str) -> NotFoundError:
    """Return the error for a case file that is not there, and for one that is out of sight."""
    return NotFoundError(
        f"The archive holds no case file {case}.", "`bannasar status` and `bannasar search` name them."
    )


def _loosened(archive: Archive, clock: datetime) -> Iterable[Loosened]:
    for case in passed(archive.folder, clock):
        try:
            record = read_case(archive.bag(case))
        except NotFoundError:
            continue
        found = levels(archive.folder, record, clock)
        yield Loosened(case, record.box, strictest((found.level, *found.pages.values())))
