"""Levels set on boxes, case files, documents and pages, by people who may."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from models.actor import Actor
from models.case import CaseFile
from models.errors import ArchiveBusyError, BagError, ConflictError, NotFoundError, UsageError
from models.level import Level
from models.page import PageRef
from models.restriction import Reach, Restriction
from models.scope import PageLevels
from pipeline.access.asker import Asker
from pipeline.access.roles import Action
from pipeline.access.waiting_seals import WaitingSeal, WaitingSeals
from pipeline.archive.archive import Archive
from pipeline.archive.bag import bags, read_case
from pipeline.archive.journal import Event
from pipeline.services.audit import notes_refusals
from pipeline.services.level_commit import Set, commit_level
from pipeline.services.reason import require_reason
from pipeline.services.sight import case_in_sight, known_box, levels, record_in_sight
from pipeline.services.waiting_seals import complete, wait


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a case file: all of it, a document, or a page of a document, both counted from 1."""

    document: int | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """Why a level is set: the reason, the number of a court's order, and when it ends (aware; None for never)."""

    reason: str
    order: str = ""
    until: datetime | None = None


@notes_refusals
def set_level(  # whose, what, to which, why, when
    archive: Archive, asker: Asker, case: str, part: Part, level: Level, why: Why
) -> Set:
    """Set a level on a case file, a document or a page.

    While another process holds the archive, only a seal can be set. It is in force at once, and in the bag later.

    Args:
        archive: the archive.
        asker: who sets it.
        case: the case file's id.
        part: what of it.
        level: the level.
        why: the reason.

    Raises:
        NotFoundError: there is no such thing in the asker's sight.
        NotAllowedError: the asker may not.
        UsageError: there is no reason, or the end date has passed.
        ConflictError: something of it is sealed and would not be any more: :func:`ask_to_unseal`.
        ArchiveError: something of the archive cannot be used.
        OSError: something cannot be read or written.
    """
    try:
        with archive.held():
            complete(archive)
            bag, record, _ = record_in_sight(archive, asker, case)
            restriction = restriction_on(asker, record, part, level, why)
            _must_be_allowed(archive, asker, record, restriction)
            with _in_force(archive, case, record.box, restriction):
                return commit_level(archive, asker, Event.LEVEL_SET, bag, record, restriction)
    except ArchiveBusyError as busy:
        if level is not Level.SEALED:
            raise
        asker.must_be_allowed(Action.SEAL)
        _, record, _ = record_in_sight(archive, asker, case)
        restriction = restriction_on(asker, record, part, level, why)
        waits = wait(archive, asker, WaitingSeal(case=case, box=record.box, restriction=restriction))
        return Set((case,), waits=str(busy) if waits else "")


@notes_refusals
def set_level_of_box(archive: Archive, asker: Asker, box: str, level: Level, why: Why) -> Set:
    """Set a level on each case file of a box, and on those that come in later; raises as :func:`set_level`.

    If it may not be set on one of them, nothing is set. If the command is stopped in between, it is set
    on some; the same command sets it on the others.
    """
    try:
        with archive.held():
            complete(archive)
            return _set_level_of_box(archive, asker, box, level, why)
    except ArchiveBusyError as busy:
        if level is not Level.SEALED:
            raise
        asker.must_be_allowed(Action.SEAL)
        name, bags = _box(archive, asker, box)
        restriction = restriction_on(asker, None, Part(), level, why)
        waits = wait(archive, asker, WaitingSeal(case="", box=name, restriction=restriction))
        return Set(tuple(bag.name for bag, _ in bags), waits=str(busy) if waits else "")


def _set_level_of_box(archive: Archive, asker: Asker, box: str, level: Level, why: Why) -> Set:
    name, found = _box(archive, asker, box)
    restriction = restriction_on(asker, None, Part(), level, why)
    for _, record in found:
        _must_be_allowed(archive, asker, record, restriction)
    with _in_force(archive, "", name, restriction):
        done = [
            commit_level(archive, asker, Event.LEVEL_SET, bag, record, restriction)
            for bag, record in found
            if not _is_set(record, restriction)
        ]
    errors = [one.index_error for one in done if one.index_error]
    warnings = [one.warning for one in done if one.warning]
    return Set(tuple(bag.name for bag, _ in found), *(each[0] if each else "" for each in (errors, warnings)))


def _in_force(archive: Archive, case: str, box: str, restriction: Restriction) -> AbstractContextManager[None]:
    """Return what keeps a seal in force while it is put into the bags; another level is in force when it is there."""
    if restriction.level is not Level.SEALED:
        return nullcontext()
    return WaitingSeals(archive.folder).in_force(WaitingSeal(case=case, box=box, restriction=restriction))


def _box(archive: Archive, asker: Asker, box: str) -> tuple[str, list[tuple[Path, CaseFile]]]:
    """Return the id of a box, and its case files, of which each must be in the asker's sight."""
    name = known_box(archive, asker, box).id
    bags = list(archive.bags(name))
    try:
        found = [record_in_sight(archive, asker, bag.name)[:2] for bag in bags]
    except NotFoundError:
        known_box(archive, asker, box, but=name)  # one of its case files is out of sight, and must not be named
        raise
    if not found:
        raise NotFoundError(f"The box {name} has no case file yet.", "Set the level when something has come in.")
    return name, found


def levels_of(archive: Archive, asker: Asker, case: str) -> tuple[CaseFile, PageLevels]:
    """Return the record of a case file, and the level of each of its pages that counts now.

    Raises:
        NotFoundError: there is no such case file in the asker's sight.
        BagError: its bag cannot be read.
    """
    record = case_in_sight(archive, asker, case).case
    return record, levels(archive.folder, record, asker.at)


def waiting_for(archive: Archive, asker: Asker, case: str) -> list[Restriction]:
    """Return the seals on a case file, or on its box, that are in effect and not in its bag yet.

    Raises as :func:`levels_of`.
    """
    box = case_in_sight(archive, asker, case).case.box
    seals = WaitingSeals(archive.folder).all()
    return [one.restriction for one in seals if one.case == case or (not one.case and one.box == box)]


def inherited(archive: Path, box: str, level: Level, actor: Actor, clock: datetime) -> tuple[Restriction, ...]:
    """Return what is set on a case file that comes in: what is set on its box, else a level.

    Args:
        archive: the archive's folder.
        box: the box's id.
        level: the level where nothing is set on the box.
        actor: who brings it in.
        clock: what the clock says, aware.
    """
    of_box, unreadable = [], 0
    for bag in bags(archive, box):
        try:
            of_box.append(tuple(one for one in read_case(bag).restrictions if one.reach is Reach.BOX))
        except BagError:
            unreadable += 1
    if newest := max((found for found in of_box if found), key=lambda found: found[-1].at, default=()):
        return newest
    reason = "access.default_level"
    if unreadable and not of_box:
        level, reason = Level.SEALED, "what is set on the box cannot be read"
    at = clock.astimezone(UTC).replace(microsecond=0)
    return (Restriction(level=level, reach=Reach.CASE, reason=reason, by=actor, at=at),)


def restriction_on(asker: Asker, case: CaseFile | None, part: Part, level: Level, why: Why) -> Restriction:
    """Return what would be set on a part of a case file, or (None) on a box; raises as :func:`set_level`."""
    require_reason(why.reason)
    if why.until is not None and why.until <= asker.at:
        raise UsageError("The end date has passed already.", "Give a later one, or none.")
    reach, pages = (Reach.BOX, ()) if case is None else _pages(case, part)
    return Restriction(
        level=level,
        reach=reach,
        pages=pages,
        reason=why.reason.strip(),
        order=why.order.strip(),
        by=asker.actor,
        at=asker.at,
        until=why.until,
    )


def _pages(case: CaseFile, part: Part) -> tuple[Reach, tuple[PageRef, ...]]:
    if part.document is None:
        if part.page is not None:
            raise UsageError("A page is counted within its document.", "Name that, too, with --document.")
        return Reach.CASE, ()
    pages: Sequence[PageRef] = next((one.pages for one in case.documents if one.number == part.document), ())
    if not pages or (part.page is not None and not 1 <= part.page <= len(pages)):
        raise NotFoundError(f"{case.id} has no such document or page.", "`bannasar search` names them.")
    return (Reach.DOCUMENT, tuple(pages)) if part.page is None else (Reach.PAGE, (pages[part.page - 1],))


def _must_be_allowed(archive: Archive, asker: Asker, case: CaseFile, restriction: Restriction) -> None:
    """Refuse an asker who may not set a level: a less strict one needs more rights, and unsealing needs two people."""
    changes = _changes(archive, asker, case, restriction)
    if _opens(changes):
        raise ConflictError(
            f"{case.id} is sealed, or something of it: unsealing takes two people.",
            "Ask for it with `bannasar unseal request`; another person grants it.",
        )
    loosens = any(now.rank < was.rank for was, now in changes)
    asker.must_be_allowed(Action.LOOSEN if loosens else Action.SEAL)


def unseals(archive: Archive, asker: Asker, case: CaseFile, restriction: Restriction) -> bool:
    """Whether a part of a case file is sealed, and would then be open."""
    return _opens(_changes(archive, asker, case, restriction))


def _opens(changes: Iterable[tuple[Level, Level]]) -> bool:
    return any(was is Level.SEALED is not now for was, now in changes)


def _changes(archive: Archive, asker: Asker, case: CaseFile, restriction: Restriction) -> list[tuple[Level, Level]]:
    """Return the level of each page of a case file before and after something is set on it."""
    changed = case.model_copy(update={"restrictions": (*case.restrictions, restriction)})
    before, after = (levels(archive.folder, each, asker.at) for each in (case, changed))
    pages = [(page.scan, page.number) for document in case.documents for page in document.pages]
    return [(before.of(*page), after.of(*page)) for page in pages]


def _is_set(case: CaseFile, restriction: Restriction) -> bool:
    """Whether the last restriction of a case file is the same already."""
    return (
        bool(case.restrictions)
        and case.restrictions[-1].model_copy(update={"at": restriction.at, "by": restriction.by}) == restriction
    )
