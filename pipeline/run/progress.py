"""How far a run has come."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Progress:
    """How far a run has come; the watcher sees it after every change.

    ``pages`` are those of all scans that wait, ``pages_done`` those of them that are read or have failed, now or in an
    earlier run; ``pages_read`` and ``pages_failed`` count this run's alone.
    ``index_error`` says why the index did not take a bag.
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


Watcher = Callable[[Progress], None]
