"""Case files hidden from searches and shown again; nothing is ever deleted."""

from dataclasses import dataclass

from models.errors import ConflictError
from models.level import Level
from pipeline.access.asker import Asker
from pipeline.access.audit import Deed
from pipeline.access.roles import Action
from pipeline.archive.archive import Archive
from pipeline.archive.journal import Event
from pipeline.archive.withdrawal import is_withdrawn
from pipeline.services.audit import note, notes_refusals
from pipeline.services.reason import require_reason
from pipeline.services.sight import record_in_sight


@dataclass(frozen=True, slots=True)
class Marked:
    """The result: why the index does not have it yet ("" if it does), and why the journal is not signed."""

    index_error: str
    warning: str


@notes_refusals
def withdraw(archive: Archive, asker: Asker, case: str, reason: str) -> Marked:
    """Hide a case file from searches; its bag stays as it is.

    Args:
        archive: the archive.
        asker: who does it.
        case: the case file's id.
        reason: why, for the journal.

    Raises:
        UsageError: no reason is given.
        ConflictError: it is withdrawn already.
        NotFoundError: the archive holds no such case file, or none in the asker's sight.
        NotAllowedError: the asker may not withdraw.
        ArchiveError: journal, ledger or key cannot be used.
        OSError: something cannot be read or written.
    """
    return _mark(archive, asker, case, reason, Event.WITHDRAWN)


@notes_refusals
def reinstate(archive: Archive, asker: Asker, case: str, reason: str) -> Marked:
    """Let searches find a withdrawn case file again; raises as :func:`withdraw` does."""
    return _mark(archive, asker, case, reason, Event.REINSTATED)


def _mark(archive: Archive, asker: Asker, case: str, reason: str, event: Event) -> Marked:
    require_reason(reason)
    with archive.held():
        bag = record_in_sight(archive, asker, case, withdrawn=True).bag
        asker.must_be_allowed(Action.WITHDRAW)
        if is_withdrawn(bag) == (event is Event.WITHDRAWN):
            raise ConflictError(f"{case} is {'withdrawn already' if event is Event.WITHDRAWN else 'not withdrawn'}.")
        note(archive, asker, Deed.CHANGED, f"{case}/{event}", Level.PUBLIC)
        committed = archive.commits.mark(event, bag, asker.actor, reason)
        return Marked(committed.index_error, archive.recorder.warning)
