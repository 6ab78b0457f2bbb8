"""Case files hidden from searches and shown again; nothing is ever deleted."""

from dataclasses import dataclass

from models.actor import Actor
from models.errors import ConflictError, UsageError
from pipeline.archive.archive import Archive
from pipeline.archive.journal import Event
from pipeline.archive.withdrawal import is_withdrawn


@dataclass(frozen=True, slots=True)
class Marked:
    """What came of it: why the index does not know yet ("" where it does), and why the journal is not signed."""

    index_error: str
    warning: str


def withdraw(archive: Archive, actor: Actor, case: str, reason: str) -> Marked:
    """Hide a case file from searches; its bag stays as it is.

    Args:
        archive: the archive.
        actor: who has it done.
        case: the case file's id.
        reason: why, for the journal.

    Raises:
        UsageError: no reason is given.
        ConflictError: it is withdrawn already.
        NotFoundError: the archive holds no such case file.
        ArchiveError: journal, ledger or key cannot be used.
        OSError: something cannot be read or written.
    """
    return _mark(archive, actor, case, reason, Event.WITHDRAWN)


def reinstate(archive: Archive, actor: Actor, case: str, reason: str) -> Marked:
    """Let searches find a case file again that was withdrawn; raises as :func:`withdraw` does."""
    return _mark(archive, actor, case, reason, Event.REINSTATED)


def _mark(archive: Archive, actor: Actor, case: str, reason: str, event: Event) -> Marked:
    if not reason.strip():
        raise UsageError("A reason is missing.", "Say why: --reason TEXT.")
    with archive.held():
        bag = archive.bag(case)
        if is_withdrawn(bag) == (event is Event.WITHDRAWN):
            raise ConflictError(f"{case} is {'withdrawn already' if event is Event.WITHDRAWN else 'not withdrawn'}.")
        committed = archive.commits.mark(event, bag, actor, reason)
        return Marked(committed.index_error, archive.recorder.warning)
