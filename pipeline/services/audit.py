"""The audit log: written before something is shown, searched, verified, and anchored in the journal."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from inspect import signature
from typing import Concatenate, ParamSpec, TypeVar

from models.actor import ActorKind
from models.errors import (
    ArchiveBusyError,
    AuditBrokenError,
    JournalBrokenError,
    NotAllowedError,
    NotFoundError,
)
from models.level import Level
from pipeline.access.asker import Asker
from pipeline.access.audit import FILE as AUDIT_FILE
from pipeline.access.audit import AuditLog, Deed, Note, hashed_words, head
from pipeline.access.database import secret
from pipeline.access.roles import Action
from pipeline.archive.archive import Archive
from pipeline.archive.journal import Entry, Event, append, lines
from pipeline.index.database import may_be_written

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")
_LINES_BETWEEN = 100  # of the audit log, between two anchors


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for in the log; "" and None for anything. ``words`` are those of a search, as they were typed."""

    by: str = ""
    deed: Deed | None = None
    what: str = ""
    words: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check of the log found: how many lines it has, up to which it is anchored, and what is wrong."""

    count: int
    anchored: int
    damages: tuple[str, ...]


def note(  # who did what, of which level, when
    archive: Archive, asker: Asker, deed: Deed, what: str, level: Level, words: str = ""
) -> str:
    """Record what an asker is about to see, and return a warning if it could not be recorded, else "".

    Args:
        archive: the archive.
        asker: who.
        deed: what is done.
        what: the ids of what is shown.
        level: the strictest level of it.
        words: those of a search; kept or hashed, as the setting ``access.words`` says.

    Raises:
        AuditUnusableError: it cannot be written, and what is to be shown is not public.
        AccessError: the accounts, which hold the secret of the hashes, cannot be used.
    """
    if only_reads(archive, asker):
        return ""
    if words and archive.settings.access.words == "hashed":
        words = hashed_words(words, secret(archive.folder))
    log = AuditLog(archive.folder)
    warning = log.before_showing(level, asker.actor, deed, what, now=asker.at, words=words)
    if not warning:
        _anchor_if_due(archive, asker, log)
    return warning


def notes_refusals(
    service: Callable[Concatenate[Archive, Asker, _Given], _Made],
) -> Callable[Concatenate[Archive, Asker, _Given], _Made]:
    """Make a service record that it refuses an asker, before it does.

    A missing thing is refused like one that is out of sight. Both are recorded, so that both take as long.
    """
    # The words of a search, a name or a reason do not belong in the log here.
    is_id = [*signature(service).parameters][2:3] in (["case"], ["number"], ["name"], ["box"])

    @wraps(service)
    def noting(archive: Archive, asker: Asker, /, *given: _Given.args, **named: _Given.kwargs) -> _Made:
        try:
            return service(archive, asker, *given, **named)
        except (NotAllowedError, NotFoundError):
            about = str(given[0]) if given and is_id else ""
            note_refusal(archive, asker, f"{service.__name__} {about}".strip())
            raise

    return noting


def note_refusal(archive: Archive, asker: Asker, what: str) -> None:
    """Record that an asker was refused something; if it cannot be recorded, it is refused all the same."""
    if not only_reads(archive, asker):
        AuditLog(archive.folder).before_showing(Level.PUBLIC, asker.actor, Deed.REFUSED, what, now=asker.at)


def only_reads(archive: Archive, asker: Asker) -> bool:
    """Whether an operator looks into an archive that this account may only read, such as a copy on a disk.

    A person at the shell can read the files without Bannasar, too: there is nothing to hide from them.
    """
    return asker.actor.kind is ActorKind.OPERATOR and not may_be_written(archive.folder / AUDIT_FILE)


def search_log(archive: Archive, asker: Asker, sought: Sought) -> Iterator[Note]:
    """Yield the lines of the log that are looked for, the oldest first.

    Raises:
        NotAllowedError: the asker may not.
        AuditBrokenError: a line was changed, left out or put in; those before it have been given.
        AccessError: the accounts, which hold the secret of the hashes, cannot be used.
        OSError: the log cannot be read.
    """
    asker.must_be_allowed(Action.READ_AUDIT)
    words = {sought.words, hashed_words(sought.words, secret(archive.folder))} if sought.words else set()
    return (line for line in AuditLog(archive.folder).notes() if _is_sought(line, sought, words))


def verify_log(archive: Archive, asker: Asker) -> Verified:
    """Check every line of the log against the one before, and against the journal.

    Raises:
        NotAllowedError: the asker may not.
        JournalBrokenError: a line of the journal was changed.
        OSError: log or journal cannot be read.
    """
    asker.must_be_allowed(Action.READ_AUDIT)
    anchors = {
        int(line.reason.split()[0]): line.reason for line in lines(archive.folder) if line.event is Event.AUDITED
    }
    damages = []
    count = 0
    try:
        for line in AuditLog(archive.folder).notes():
            count = line.number
            if count in anchors and anchors[count] != head(line):
                damages.append(f"Line {count} is not the one that the journal records: the log was replaced.")
    except AuditBrokenError as error:
        damages.append(str(error))
    else:
        if missing := [number for number in anchors if number > count]:
            damages.append(
                f"The log ends at line {count}, but the journal records line {max(missing)}: its end was cut off."
            )
    return Verified(count, max((number for number in anchors if number <= count), default=0), tuple(damages))


def anchor(archive: Archive, asker: Asker) -> int:
    """Write the number and the digest of the log's last line into the journal, signed where the archive has a key.

    Returns:
        The number of that line; 0 where the log is empty.

    Raises:
        NotAllowedError: the asker may not.
        ArchiveBusyError: another process works on the archive.
        ArchiveError: log, journal or key cannot be used.
        OSError: something cannot be read or written.
    """
    asker.must_be_allowed(Action.READ_AUDIT)
    return _anchor(archive, asker)


def _anchor(archive: Archive, asker: Asker) -> int:
    with archive.held():
        last = AuditLog(archive.folder).last()
        if last is None:
            return 0
        entry = Entry(Event.AUDITED, reason=head(last))
        append(archive.folder, entry, asker.actor, archive.recorder.signer)
        return last.number


def _anchor_if_due(archive: Archive, asker: Asker, log: AuditLog) -> None:
    """Anchor the log every so many lines; while another process works on the archive, at one of the next ones."""
    last = log.last()
    if last is None or last.number % _LINES_BETWEEN:
        return
    try:
        _anchor(archive, asker)
    except (ArchiveBusyError, JournalBrokenError, OSError):
        return  # `audit verify` says up to which line it is anchored


def _is_sought(line: Note, sought: Sought, words: set[str]) -> bool:
    at = datetime.fromisoformat(line.at)
    return (
        sought.by in {"", line.by}
        and sought.deed in {None, line.deed}
        and (not sought.what or sought.what in line.what.split("/") or sought.what == line.what)
        and (not words or line.words in words)
        and (sought.since is None or at >= sought.since)
        and (sought.until is None or at < sought.until)
    )
