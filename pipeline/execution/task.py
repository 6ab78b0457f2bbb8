"""What an executor takes and what it returns."""

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from models.failure import Failure
from pipeline.logs import level


@dataclass(frozen=True, slots=True)
class Task:
    """A call to make in a sandbox within a time limit; ``about`` identifies the task for the caller.

    ``needs`` are the files on shared storage without which a worker on another machine cannot do the task. Its log
    lines carry ``scan``, a SHA-256, and ``page``.
    """

    about: Any
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    seconds: float
    needs: tuple[Path, ...] = ()
    scan: str = ""
    page: int | None = None

    @property
    def request(self) -> bytes:
        """The call as a sandbox takes it: pickled, with its scan, page and log level."""
        return pickle.dumps((self.function, self.arguments, self.scan, self.page, level()))


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a try of a task ended: with a value, or with a failure, and a traceback if the error had no code.

    ``last`` means that the task has ended: it is not tried again.
    """

    task: Task
    started: datetime
    value: Any = None
    failure: Failure | None = None
    trace: str = ""
    worker: str = ""
    seconds: float = 0.0
    last: bool = True
