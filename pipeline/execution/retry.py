"""Which failures may pass, and how what failed by them is tried again within the same run."""

from dataclasses import dataclass

from models.failure import Code
from models.settings import RunSettings

# What may be the page's own fault, and how often it is tried again: when nothing else is at work, so that it has the
# machine for itself and harms nobody. A process that was ended may have been ended by somebody, twice even.
_PERHAPS_ITS_OWN = {Code.TIMEOUT: 1, Code.OUT_OF_MEMORY: 1, Code.WORKER_LOST: 2}
# The storage's doing: a share that was lost, a disk that is full. Everything that is read meanwhile fails, in no time.
_OF_STORAGE = frozenset({Code.DISK_FULL, Code.UNREADABLE})
# What may pass by itself is given time.
_PASSING = _OF_STORAGE | {Code.RECOGNITION}
_LONGER = 4
_LOSSES = 5


@dataclass(frozen=True, slots=True)
class Again:
    """How a task is tried again: after so many seconds, and whether when nothing else is at work."""

    seconds: float = 0.0
    alone: bool = False

    def __str__(self) -> str:
        """Return when it is tried again, in words."""
        if self.alone:
            return "it is tried again when nothing else is at work"
        return f"it is tried again in {self.seconds:g} s"


def again(code: Code, tries: int, settings: RunSettings) -> Again | None:
    """Return how a task is tried again that failed with this code, and has been tried so often; None where it is not.

    The waits grow fourfold, from ``settings.retry_seconds``.
    """
    if code in _PERHAPS_ITS_OWN:
        return Again(alone=True) if tries <= _PERHAPS_ITS_OWN[code] else None
    if code in _PASSING and tries <= settings.retries:
        return Again(settings.retry_seconds * _LONGER ** (tries - 1))
    return None


def again_after_loss(losses: int) -> Again | None:
    """Return how a task is tried again whose Dask worker was lost so often.

    No page can do that, for pages are read in sandboxes. The machine was stopped, or somebody ended the worker; and
    Dask blames all that the worker held (distributed #5234).
    """
    return Again() if losses <= _LOSSES else None


def is_of_storage(code: Code) -> bool:
    """Whether a failure says nothing yet of what failed: the storage it needs may be back the next time."""
    return code in _OF_STORAGE


def retry_note(code: Code) -> str:
    """Return, for the page of the docs about a code, whether it is tried again within a run."""
    if code in _PERHAPS_ITS_OWN:
        often = {1: "once", 2: "twice"}[_PERHAPS_ITS_OWN[code]]
        return f"Tried {often} more within the run, alone, when everything else is done."
    if code in _PASSING:
        return "Tried again within the run, `run.retries` times, each time after a longer wait."
    return "Not tried again within the run."
