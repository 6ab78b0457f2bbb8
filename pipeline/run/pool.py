"""The workers: tasks go out in a window, outcomes come back; nobody else knows of Dask."""

import errno
import os
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import dask
from distributed import Client, Future, KilledWorker, LocalCluster, as_completed, get_worker

from models.failure import BannasarError, Code, Failure
from models.settings import RunSettings

# Tasks in flight for each worker: one at work, one that waits at its door.
_WINDOW = 2
_WORKER_ENVIRONMENT = {
    "OMP_THREAD_LIMIT": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


class SchedulerError(Exception):
    """The Dask scheduler that was named does not answer; the message says which."""


@dataclass(frozen=True, slots=True)
class Task:
    """A call to make on a worker; ``about`` is whatever the one who hands it out knows it by."""

    about: Any
    function: Callable[..., Any]
    arguments: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a task ended: with a value, or with a failure and, where it had no name, its traceback."""

    task: Task
    value: Any = None
    failure: Failure | None = None
    trace: str = ""
    worker: str = ""
    seconds: float = 0.0


class Pool:
    """Worker processes of our own, or those of a Dask scheduler; started when the first task comes."""

    def __init__(self, settings: RunSettings) -> None:
        """Say how many workers there will be, or which scheduler has them."""
        self._settings = settings
        self._cluster: LocalCluster | None = None
        self._client: Client | None = None

    def __enter__(self) -> Self:
        """Return the pool."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the workers, if they are ours."""
        if self._client is not None:
            self._client.close()
        if self._cluster is not None:
            self._cluster.close()

    def finished(self, take: Callable[[], Task | None]) -> Iterator[Outcome]:
        """Hand out tasks in a window and yield their outcomes as they come in.

        A task whose worker died may be innocent: all that the worker held are blamed (distributed #5234). Such tasks
        are tried again, one at a time, when nothing else is left; only one that then kills its worker again has failed.

        Args:
            take: returns the next task, None while there is none; it is asked again after every outcome.
        """
        suspects: deque[Task] = deque()
        flying: dict[Future[dict[str, Any]], Task] = {}
        completed: Any = None
        while True:
            while (completed is None or len(flying) < self._width()) and (task := take()) is not None:
                if completed is None:
                    self._start()
                    completed = as_completed()
                self._submit(task, flying, completed)
            if flying:
                future = next(completed)
                task = flying.pop(future)
                outcome = _outcome(task, future)
                if outcome is None:
                    suspects.append(task)
                else:
                    yield outcome
            elif suspects:
                self._submit(suspects.popleft(), flying, completed)
                future = next(completed)
                task = flying.pop(future)
                yield _outcome(task, future) or Outcome(task, failure=Failure(code=Code.WORKER_LOST))
            else:
                return

    def _submit(self, task: Task, flying: dict["Future[dict[str, Any]]", Task], completed: Any) -> None:  # noqa: ANN401
        future = self._start().submit(_perform, task.function, task.arguments, pure=False)
        flying[future] = task
        completed.add(future)

    def _width(self) -> int:
        return _WINDOW * max(1, len(self._start().scheduler_info(n_workers=-1)["workers"]))

    def _start(self) -> Client:
        if self._client is None:
            if self._settings.scheduler:
                try:
                    self._client = Client(self._settings.scheduler, timeout=30)
                except (OSError, ValueError) as error:
                    raise SchedulerError(
                        f"No Dask scheduler answers at {self._settings.scheduler}. Start it, or leave --scheduler out."
                    ) from error
            else:
                workers = self._settings.workers or os.cpu_count() or 1
                with dask.config.set(
                    {
                        "distributed.scheduler.allowed-failures": 1,
                        "distributed.nanny.environ": _WORKER_ENVIRONMENT,
                        "distributed.nanny.pre-spawn-environ": _WORKER_ENVIRONMENT,
                    }
                ):
                    self._cluster = LocalCluster(
                        n_workers=workers,
                        threads_per_worker=1,
                        processes=True,
                        host="127.0.0.1",
                        dashboard_address="127.0.0.1:0",
                        worker_dashboard_address="127.0.0.1:0",
                        silence_logs="CRITICAL",
                        preload="pipeline.run.worker",
                    )
                self._client = Client(self._cluster)
        return self._client


def _perform(function: Callable[..., Any], arguments: tuple[Any, ...]) -> dict[str, Any]:
    """Call a function on a worker; every error comes back as a failure with a code."""
    os.environ.update(_WORKER_ENVIRONMENT)
    started = time.monotonic()
    result: dict[str, Any] = {}
    try:
        result["value"] = function(*arguments)
    except BannasarError as error:
        result["failure"] = error.failure
    except OSError as error:
        code = Code.DISK_FULL if error.errno in {errno.ENOSPC, errno.EDQUOT} else Code.INTERNAL
        result |= {"failure": Failure(code=code, detail=str(error)), "trace": traceback.format_exc()}
    except Exception as error:
        # The border of the worker: whatever has no name yet gets one here, with its traceback for the ledger.
        detail = f"{type(error).__name__}: {error}"
        result |= {"failure": Failure(code=Code.INTERNAL, detail=detail), "trace": traceback.format_exc()}
    return result | {"worker": str(get_worker().address), "seconds": time.monotonic() - started}


def _outcome(task: Task, future: "Future[dict[str, Any]]") -> Outcome | None:
    """Return how a task ended, None where its worker died."""
    try:
        return Outcome(task, **future.result())
    except KilledWorker:
        return None
    finally:
        future.release()
