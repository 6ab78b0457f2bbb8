"""What an executor is given, and what it gives back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from models.failure import Failure


@dataclass(frozen=True, slots=True)
class Task:
    """A call to make in a sandbox within a time limit; ``about`` is whatever the caller knows the task by.

    ``needs`` are the files on shared storage without which a worker on another machine cannot do it.
    """

    about: Any
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    seconds: float
    needs: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a try of a task ended: with a value, or with a failure and, where it had no name, its traceback.

    ``last`` says that the task has ended with it: it is not tried again.
    """

    task: Task
    started: datetime
    value: Any = None
    failure: Failure | None = None
    trace: str = ""
    worker: str = ""
    seconds: float = 0.0
    last: bool = True
