"""What an asker may know about a case file: how long it is unchanged, its levels, its grants, why it is withdrawn."""

from dataclasses import dataclass
from datetime import datetime

from models.errors import JournalBrokenError
from models.restriction import Restriction
from pipeline.access.asker import Asker
from pipeline.access.requests import Decision, Requests, Wish
from pipeline.access.roles import Action
from pipeline.archive.archive import Archive
from pipeline.archive.journal import Event, Line, manifest_of
from pipeline.archive.journal_places import lines_about
from pipeline.archive.present import present
from pipeline.archive.withdrawal import mark_of
from pipeline.services.audit import only_reads
from pipeline.services.open_case import CaseView


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Since when a case file is withdrawn, by whom ("" if an imported bag brought that along), and why."""

    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Grant:
    """Who may see a case file until when; ``by`` is who granted it."""

    person: str
    by: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What an asker may know about a case file.

    ``unchanged_since`` is when its bag was recorded as it is now. It is None if the journal says otherwise, or if
    only some of it is in sight, because the rest may have changed then. ``is_signed`` says whether that line is signed.
    ``ended`` are the numbers, from 0, of the ``restrictions`` whose end date has passed.
    """

    unchanged_since: datetime | None
    is_signed: bool
    restrictions: tuple[Restriction, ...]
    ended: frozenset[int]
    grants: tuple[Grant, ...]
    withdrawn: Withdrawn | None


def standing_of(archive: Archive, asker: Asker, view: CaseView) -> Standing:
    """Return what an asker may know about a case file.

    Levels are shown to people who may set them, and only if all of the case file is in sight. Grants are shown to
    people who decide about them, and to the person who has one.

    Raises:
        AccessError: the requests cannot be used.
        OSError: the journal or the bag cannot be read.
    """
    try:
        found = lines_about(archive.folder, archive.path_of(view.bag))
    except JournalBrokenError:  # then nothing it says counts
        found = []
    last = next((line for line in reversed(found) if line.manifest), None)
    is_recorded = last is not None and last.manifest == manifest_of(view.bag)
    first = _first_with(found, last) if last and is_recorded and view.whole else None
    now = present(archive.folder, view.record, asker.at)
    restrictions = view.record.restrictions if view.whole and Action.SEAL in asker.rights.may else ()
    return Standing(
        unchanged_since=datetime.fromisoformat(first.at) if first else None,
        is_signed=bool(first and first.signature),
        restrictions=restrictions,
        ended=frozenset(place for place, one in enumerate(restrictions) if one.has_ended(now)),
        grants=_grants(archive, asker, view, found),
        withdrawn=_withdrawn(view, found),
    )


def _first_with(found: list[Line], last: Line) -> Line:
    """Return the line by which the bag became what the last line still says."""
    first = last
    for line in reversed(found):
        if line.manifest and line.manifest != last.manifest:
            break
        if line.manifest:
            first = line
    return first


def _grants(archive: Archive, asker: Asker, view: CaseView, found: list[Line]) -> tuple[Grant, ...]:
    if only_reads(archive, asker):  # the accounts cannot be opened there
        return ()
    decides = Action.LET_SEE in asker.rights.may
    return tuple(
        Grant(one.by.name, _granted_by(found, one.number), one.until)
        for one in Requests(archive.folder).all()
        if (one.wish, one.decision, one.case) == (Wish.SEE, Decision.GRANTED, view.case.id)
        and one.until is not None
        and one.until > asker.at
        and (decides or one.by == asker.actor)
    )


def _granted_by(found: list[Line], number: int) -> str:
    begin = f"request {number} of "
    lines = (line for line in found if line.event is Event.SIGHT_GRANTED and line.reason.startswith(begin))
    return next((line.by for line in lines), "")


def _withdrawn(view: CaseView, found: list[Line]) -> Withdrawn | None:
    mark = mark_of(view.bag)
    if mark is None:
        return None
    by = next((line.by for line in reversed(found) if line.event is Event.WITHDRAWN), "")
    return Withdrawn(datetime.fromisoformat(mark["at"]), by, mark["reason"])
