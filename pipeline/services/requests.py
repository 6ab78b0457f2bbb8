"""Requests of one person that another decides: to unseal something, or to see it for a time. Neither acts alone."""

from datetime import datetime

from models.actor import ActorKind
from models.errors import ConflictError, NotAllowedError, NotFoundError, UsageError
from models.level import Level
from pipeline.access.asker import Asker
from pipeline.access.requests import Decision, Request, Requests, Wish
from pipeline.access.roles import Action, same_person
from pipeline.archive.archive import Archive
from pipeline.archive.bag import read_case
from pipeline.archive.journal import Entry, Event, append, lines, manifest_of
from pipeline.services.audit import notes_refusals
from pipeline.services.level_commit import Set, commit_level, level_in_words
from pipeline.services.reason import require_reason
from pipeline.services.seal import Part, Why, restriction_on, unseals
from pipeline.services.sight import is_among, unknown
from pipeline.services.waiting_seals import complete

_MOST_OPEN = 20  # requests of a person that nobody has decided


@notes_refusals
def ask_to_unseal(  # as set_level
    archive: Archive, asker: Asker, case: str, part: Part, level: Level, why: Why
) -> Request:
    """Ask that something sealed gets another level, for another person to decide; raises as :func:`set_level`.

    The case file is named by its id. The person who asks may not be able to see it; members of a group ask only about
    their boxes.
    """
    asker.must_be_allowed(Action.ASK_TO_UNSEAL)
    with archive.held():
        if not _is_among(archive, asker, case):
            raise unknown(case)
        record = read_case(archive.bag(case))
        restriction = restriction_on(asker, record, part, level, why)
        if not unseals(archive, asker, record, restriction):
            raise ConflictError(f"That would unseal nothing of {case}.", "`bannasar level CASE` shows what is set.")
        _refuse_too_many(archive, asker)
        number = _about_bag(archive, Event.UNSEAL_ASKED, case, asker, level_in_words(restriction))
        request = Request(
            number=number,
            wish=Wish.UNSEAL,
            by=asker.actor,
            at=restriction.at,
            case=case,
            reason=restriction.reason,
            order=restriction.order,
            reach=restriction.reach,
            pages=restriction.pages,
            level=level,
        )
        Requests(archive.folder).add(request)
    return request


@notes_refusals
def unseal(archive: Archive, asker: Asker, number: int, reason: str) -> Set:
    """Unseal what another person asked for.

    Args:
        archive: the archive.
        asker: who decides.
        number: the request's.
        reason: why it is granted.

    Raises:
        NotFoundError: nobody asked for it, or the journal does not record it.
        ConflictError: it is decided already.
        NotAllowedError: the asker may not, or is the one who asked.
        UsageError: there is no reason.
        ArchiveError: something of the archive cannot be used.
        OSError: something cannot be read or written.
    """
    with archive.held():
        complete(archive)
        request = _to_decide(archive, asker, number, Wish.UNSEAL, reason)
        bag = archive.bag(request.case)
        both = f"{request.reason} (asked by {request.by.name}, request {number}); {reason.strip()}"
        restriction = request.restriction.model_copy(update={"reason": both, "by": asker.actor, "at": asker.at})
        done = commit_level(archive, asker, Event.UNSEALED, bag, read_case(bag), restriction)
        Requests(archive.folder).decide(request, Decision.GRANTED)
    return done


@notes_refusals
def ask_to_see(archive: Archive, asker: Asker, case: str, reason: str) -> Request:
    """Ask to see a case file that is out of sight, for another person to decide.

    The answer does not show whether there is such a case file.

    Raises:
        NotAllowedError: the asker may not, or is no person who signs in.
        UsageError: there is no reason.
        ConflictError: too many requests of this person wait.
        ArchiveError: something of the archive cannot be used.
        OSError: something cannot be read or written.
    """
    asker.must_be_allowed(Action.ASK_TO_SEE)
    if asker.actor.kind is not ActorKind.PERSON:
        raise NotAllowedError("An operator sees everything.", "Name the account that asks.")
    require_reason(reason)
    with archive.held():
        _refuse_too_many(archive, asker)
        entry = Entry(Event.SIGHT_ASKED, reason=f"{case}: {reason.strip()}")
        line = append(archive.folder, entry, asker.actor, archive.recorder.signer)
        request = Request(
            number=line.number, wish=Wish.SEE, by=asker.actor, at=asker.at, case=case, reason=reason.strip()
        )
        Requests(archive.folder).add(request)
    return request


@notes_refusals
def let_see(archive: Archive, asker: Asker, number: int, reason: str, until: datetime) -> Request:
    """Let the person who asked see a case file until a time (aware); raises as :func:`unseal`."""
    with archive.held():
        request = _to_decide(archive, asker, number, Wish.SEE, reason)
        if until <= asker.at:
            raise UsageError("That time has passed already.", "Give a later one.")
        words = f"request {number} of {request.by.name}, until {until.isoformat()}: {reason.strip()}"
        _about_bag(archive, Event.SIGHT_GRANTED, request.case, asker, words)
        return Requests(archive.folder).decide(request, Decision.GRANTED, until)


@notes_refusals
def refuse(archive: Archive, asker: Asker, number: int, reason: str) -> Request:
    """Refuse what another person asked for, whatever it is; raises as :func:`unseal`."""
    with archive.held():
        request = _to_decide(archive, asker, number, _open(archive, asker, number).wish, reason)
        event = Event.UNSEAL_REFUSED if request.wish is Wish.UNSEAL else Event.SIGHT_REFUSED
        entry = Entry(event, reason=f"request {number} of {request.by.name}, {request.case}: {reason.strip()}")
        append(archive.folder, entry, asker.actor, archive.recorder.signer)
        return Requests(archive.folder).decide(request, Decision.REFUSED)


def all_requests(archive: Archive, asker: Asker) -> list[Request]:
    """Return all requests, the oldest first; members of a group get only those about their boxes.

    Raises:
        NotAllowedError: the asker may not decide them.
        AccessError: they cannot be used.
    """
    asker.must_be_allowed(Action.LET_SEE)
    return [one for one in Requests(archive.folder).all() if _is_among(archive, asker, one.case)]


def _is_among(archive: Archive, asker: Asker, case: str) -> bool:
    """Whether a case file is in the boxes and of the courts that the asker is limited to, if there is such a limit."""
    try:
        return not asker.scope.is_limited or is_among(asker.scope, archive.bag(case))
    except NotFoundError:
        return False


def _open(archive: Archive, asker: Asker, number: int) -> Request:
    """Return a request that nobody has decided yet, and that the asker may know of."""
    kept = Requests(archive.folder)
    if any(one.number == number and not _is_among(archive, asker, one.case) for one in kept.all()):
        raise NotFoundError(f"There is no request {number}.", "`bannasar requests` lists them.")
    return kept.open(number)


def _about_bag(archive: Archive, event: Event, case: str, asker: Asker, reason: str) -> int:
    """Write a line about a case file into the journal, and return its number."""
    bag = archive.bag(case)
    entry = Entry(event, bag.relative_to(archive.folder).as_posix(), manifest_of(bag), reason)
    return append(archive.folder, entry, asker.actor, archive.recorder.signer).number


def _refuse_too_many(archive: Archive, asker: Asker) -> None:
    """Refuse one request too many: each is a line of the journal, which nobody can remove."""
    own = [one for one in Requests(archive.folder).all() if one.by == asker.actor and not one.decision]
    if len(own) >= _MOST_OPEN:
        raise ConflictError(f"{_MOST_OPEN} requests of yours wait for an answer.", "Wait for one.")


def _to_decide(archive: Archive, asker: Asker, number: int, wish: Wish, reason: str) -> Request:
    """Return a request that the asker may decide: one that another person made, and that the journal records."""
    asker.must_be_allowed(Action.UNSEAL if wish is Wish.UNSEAL else Action.LET_SEE)
    require_reason(reason)
    request = _open(archive, asker, number)
    if request.wish is not wish or not _is_recorded(archive, request):
        raise NotFoundError(f"There is no request {number} of that kind.", "`bannasar requests list` lists them.")
    if same_person(request.by.name, asker.actor.name):
        raise NotAllowedError("The person who asked cannot decide.", "Another person decides.")
    return request


def _is_recorded(archive: Archive, request: Request) -> bool:
    """Whether the journal, which is signed, records a request as ``access.db`` does."""
    line = next((line for line in lines(archive.folder) if line.number == request.number), None)
    if line is None or (line.by, line.kind) != (request.by.name, request.by.kind):
        return False
    if request.wish is Wish.SEE:
        return line.event is Event.SIGHT_ASKED and line.reason == f"{request.case}: {request.reason}"
    asked = level_in_words(request.restriction)
    return (line.event, line.case, line.reason) == (Event.UNSEAL_ASKED, request.case, asked)
