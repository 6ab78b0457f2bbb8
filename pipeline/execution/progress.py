"""The progress of a run."""

from collections.abc import Callable
from dataclasses import dataclass, field

from models.failure import Failure


@dataclass(frozen=True, slots=True)
class Failed:
    """A page that failed."""

    box: str
    path: str
    failure: Failure


@dataclass
class Progress:
    """The progress of a run; the watcher sees it after every change.

    ``pages`` counts the pages of all scans that wait, ``pages_done`` those of them that are read or have failed, now or
    in an earlier run; ``pages_read`` and ``pages_failed`` count only this run's pages.
    ``index_error`` is the reason why the index did not accept a bag, ``paused`` why the run waits, ``left`` the boxes
    and archived scans that the run did not change, and why;
    ``failures`` are the failures since the watcher last looked, ``notes`` what an operator should fix since then.
    """

    step: str = "looking at the scans"
    scans: int = 0
    scans_seen: int = 0
    pages: int = 0
    pages_done: int = 0
    pages_read: int = 0
    pages_failed: int = 0
    cases: int = 0
    cases_done: int = 0
    index_error: str = ""
    paused: str = ""
    left: list[str] = field(default_factory=list)
    failures: list[Failed] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


Watcher = Callable[[Progress], None]
