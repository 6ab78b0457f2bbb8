"""Which failures may be temporary, and how such tasks are tried again within the same run."""

from dataclasses import dataclass

from models.failure import Code
from models.settings import RunSettings

# Failures that the page itself may cause, and how often it is tried again: when nothing else is running, so that it has
# the whole machine and harms no other page. A sandbox may also be ended from outside, even twice.
_MAYBE_OWN_FAULT = {Code.TIMEOUT: 1, Code.OUT_OF_MEMORY: 1, Code.WORKER_LOST: 2}
# Failures that the storage causes: a lost network share, a full disk. Until the storage is back, every task fails at
# once.
_OF_STORAGE = frozenset({Code.DISK_FULL, Code.UNREADABLE})
# Failures that may be temporary: the task is tried again after a wait.
_PASSING = _OF_STORAGE | {Code.RECOGNITION}
_LONGER = 4
_LOSSES = 5


@dataclass(frozen=True, slots=True)
class Retry:
    """How a task is tried again: after how many seconds, and whether only when nothing else is running."""

    seconds: float = 0.0
    alone: bool = False

    def __str__(self) -> str:
        """Return when it is tried again, in words."""
        if self.alone:
            return "it is tried again when nothing else is at work"
        return f"it is tried again in {self.seconds:g} s"


def plan_retry(code: Code, tries: int, settings: RunSettings) -> Retry | None:
    """Return how a failed task is tried again, None if it is not.

    Each wait is four times as long as the last one; the first takes ``settings.retry_seconds``.

    Args:
        code: how it failed.
        tries: how often it has been tried.
        settings: how often, and after how long, tasks are tried again.
    """
    if code in _MAYBE_OWN_FAULT:
        return Retry(alone=True) if tries <= _MAYBE_OWN_FAULT[code] else None
    if code in _PASSING and tries <= settings.retries:
        return Retry(settings.retry_seconds * _LONGER ** (tries - 1))
    return None


def plan_retry_after_loss(losses: int) -> Retry | None:
    """Return how a task is tried again after its Dask worker was lost, None if it is not; ``losses`` counts how often.

    No page can cause this, because pages are read in sandboxes. The machine was stopped, or somebody ended the worker;
    and Dask counts that as a failure of every task that the worker had (distributed #5234).
    """
    return Retry() if losses <= _LOSSES else None


def is_of_storage(code: Code) -> bool:
    """Whether the storage failed and not the task: the storage may be back the next time."""
    return code in _OF_STORAGE


def retry_note(code: Code) -> str:
    """Return, for the documentation of a code, whether it is tried again within a run."""
    if code in _MAYBE_OWN_FAULT:
        often = {1: "once", 2: "twice"}[_MAYBE_OWN_FAULT[code]]
        return f"Tried {often} more within the run, alone, when everything else is done."
    if code in _PASSING:
        return "Tried again within the run, `run.retries` times, each time after a longer wait."
    return "Not tried again within the run."
