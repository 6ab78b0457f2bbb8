"""What an asker may see of an archive now. Services ask only this module.

What an operator's questions do not need is imported where it is used, as in :mod:`pipeline.archive.archive`.
"""

from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from models.case import CaseFile
from models.errors import AuditBrokenError, BagError, NotFoundError
from models.level import Level, strictest
from models.page import PageRef
from models.scan import Box
from models.scope import PageLevels, Scope
from pipeline.access.account import Account
from pipeline.access.asker import Asker, Loosened
from pipeline.access.audit import AuditLog
from pipeline.access.end_dates import passed
from pipeline.access.requests import Requests
from pipeline.access.roles import Action
from pipeline.access.waiting_seals import WaitingSeals
from pipeline.archive.archive import Archive
from pipeline.archive.bag import read_case
from pipeline.archive.withdrawal import is_withdrawn


class Seen(NamedTuple):
    """A case file that an asker may see: its bag, its record, and the level of what is shown."""

    bag: Path
    case: CaseFile
    level: Level


def person(archive: Archive, account: Account, clock: datetime) -> Asker:
    """Return the asker for a person who signed in, with what the person may see at this time.

    Args:
        archive: the archive.
        account: the person's.
        clock: the time of the clock, aware.

    Raises:
        ArchiveError: ledger, journal, accounts or audit log cannot be used.
        OSError: something cannot be read.
    """
    return Asker.person(
        account,
        clock,
        let_see=_let_see(archive, account, clock),
        unsure=_unsure(archive),
        loosened=_loosened(archive, clock),
    )


def anybody(archive: Archive, clock: datetime) -> Asker:
    """Return the asker for a person who is not signed in; raises as :func:`person`."""
    return Asker.anybody(clock, unsure=_unsure(archive) if archive.is_made else ())


def _unsure(archive: Archive) -> set[str]:
    """Return the case files whose bag, index and seals may differ: nothing of them is shown to people."""
    from pipeline.archive.commit import changing  # noqa: PLC0415

    waiting = {PurePosixPath(bag).name for bag in archive.ledger.to_be_indexed()}
    for seal in WaitingSeals(archive.folder).all():
        waiting.update([seal.case] if seal.case else archive.ledger.cases_of_box(seal.box))
    return waiting.union(changing(archive.folder))


def _let_see(archive: Archive, account: Account, clock: datetime) -> Collection[str]:
    """Return the case files that a person was allowed to see and still may, at the latest time that it can be."""
    try:
        last = AuditLog(archive.folder).last()
    except AuditBrokenError:
        return ()  # nobody knows the time
    latest = max(clock, datetime.fromisoformat(last.at)) if last else clock
    return Requests(archive.folder).seen_by(account.actor, latest)


def levels(archive: Path, case: CaseFile, clock: datetime) -> PageLevels:
    """Return the level of every page of a case file that counts now."""
    from pipeline.archive.present import present  # noqa: PLC0415

    return case.levels(present(archive, case, clock))


def case_in_sight(archive: Archive, asker: Asker, case: str) -> Seen:
    """Return a case file of which the asker may see all.

    Raises:
        NotFoundError: there is none of that id, or none that the asker may see whole: the message is the same.
        BagError: its bag cannot be read.
    """
    bag, record = _read(archive, asker, case)
    found = levels(archive.folder, record, asker.at)
    return _in_sight(asker, bag, record, strictest((found.level, *found.pages.values())))


def record_in_sight(archive: Archive, asker: Asker, case: str, *, withdrawn: bool = False) -> Seen:
    """Return a case file that is itself in sight; single pages of it may not be.

    Args:
        archive: the archive.
        asker: who asks.
        case: the case file's id.
        withdrawn: whether a withdrawn case file is in sight, too.

    Raises:
        NotFoundError, BagError: as :func:`case_in_sight`.
    """
    bag, record = _read(archive, asker, case)
    return _in_sight(asker, bag, record, levels(archive.folder, record, asker.at).level, withdrawn=withdrawn)


def page_in_sight(archive: Archive, asker: Asker, case: str, page: PageRef) -> Seen:
    """Return the bag and the record of a page that the asker may see; raises as :func:`case_in_sight`."""
    bag, record = _read(archive, asker, case)
    return _in_sight(asker, bag, record, levels(archive.folder, record, asker.at).of(page.scan, page.number))


def box_in_sight(archive: Archive, asker: Asker, box: str) -> Box:
    """Return a box, by its id or its folder, of which the asker may see all that is in its case files.

    Raises:
        NotFoundError: there is none, or none that the asker may see whole: the message is the same.
        BagError: a bag of it cannot be read.
    """
    shown = boxes_in_sight(archive, asker)
    return archive.box(box, shown)


def known_box(archive: Archive, asker: Asker, box: str, but: str = "") -> Box:
    """Return a box, by its id or its folder, of which the asker may know; raises NotFoundError.

    The box with the id ``but`` counts as unknown.
    """
    shown = [one for one in archive.ledger.boxes() if one.id != but and _may_know(archive, asker.scope, one.id)]
    return archive.box(box, shown)


def _may_know(archive: Archive, scope: Scope, box: str) -> bool:
    """Whether a box is among those of a scope, or has a case file of its courts."""
    if scope.courts is None:
        return scope.holds(box, ())
    return any(is_among(scope, bag) for bag in archive.bags(box))


def is_among(scope: Scope, bag: Path) -> bool:
    """Whether a case file, by its bag, is in the boxes and of the courts that a scope is limited to."""
    if not scope.is_limited:
        return True
    try:
        record = read_case(bag)
    except BagError:
        return False
    return scope.holds(record.box, record.courts)


def boxes_in_sight(archive: Archive, asker: Asker) -> list[Box]:
    """Return the boxes of which the asker may see all that is in their case files; raises BagError."""
    return [box for box in archive.ledger.boxes() if _sees_box(archive, asker, box.id)]


def _sees_box(archive: Archive, asker: Asker, box: str) -> bool:
    if asker.scope.is_everything:
        return True
    cases = [read_case(bag) for bag in archive.bags(box)]
    return bool(cases) and all(
        sees(archive, asker, case)(page) for case in cases for document in case.documents for page in document.pages
    )


def sees(archive: Archive, asker: Asker, case: CaseFile) -> Callable[[PageRef], bool]:
    """Return a function that says whether the asker may see a page of a case file."""
    if asker.scope.is_everything:
        return lambda _page: True
    found, courts = levels(archive.folder, case, asker.at), case.courts
    return lambda page: asker.scope.shows(case.id, case.box, found.of(page.scan, page.number), courts)


def _read(archive: Archive, asker: Asker, case: str) -> tuple[Path, CaseFile]:
    """Return a bag and its record; if it cannot be read, its level is unknown, and only operators get that error."""
    bag, is_there = bag_or_another(archive, asker, case)
    try:
        record = read_case(bag)
    except BagError:
        if not asker.scope.is_everything:
            raise unknown(case) from None
        from pipeline.archive.fixity import require_intact  # noqa: PLC0415

        require_intact(bag)
        raise
    if not is_there:
        with suppress(NotFoundError):
            _in_sight(asker, bag, record, levels(archive.folder, record, asker.at).level)
        raise unknown(case)
    return bag, record


def bag_or_another(archive: Archive, asker: Asker, case: str) -> tuple[Path, bool]:
    """Return the bag of a case file, and True. For people, if there is none, return another one's bag, and False.

    With that, the caller does what it does for a case file out of sight, and then says that there is none. So the
    time of the answer does not show whether there is one. Each id has its own other, and no person knows which.

    Raises:
        NotFoundError: there is none, and an operator asks, or the archive is empty.
    """
    another = "" if asker.scope.is_everything else archive.ledger.some_bag(hash(case))
    try:
        return archive.bag(case), True
    except NotFoundError:
        if not another:
            raise
        return archive.folder / another, False


def _in_sight(asker: Asker, bag: Path, case: CaseFile, level: Level, *, withdrawn: bool = False) -> Seen:
    is_hidden = is_withdrawn(bag) and not withdrawn and not asker.scope.is_everything
    if is_hidden or not asker.scope.shows(case.id, case.box, level, case.courts):
        raise unknown(case.id)
    return Seen(bag, case, level)


def confirm_clock(archive: Archive, asker: Asker) -> None:
    """Record that an operator found the clock right, after the archive was not used for long.

    Raises:
        NotAllowedError: the asker may not.
        ArchiveError: journal or key cannot be used.
        OSError: the journal cannot be written.
    """
    from pipeline.archive.journal import Entry, Event, append  # noqa: PLC0415

    asker.must_be_allowed(Action.MAINTAIN)
    with archive.held():
        entry = Entry(Event.CLOCK_CONFIRMED, reason=asker.at.isoformat(timespec="seconds"))
        append(archive.folder, entry, asker.actor, archive.recorder.signer)


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
        yield Loosened(case, record.box, strictest((found.level, *found.pages.values())), record.courts)
