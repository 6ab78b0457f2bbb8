"""The workers: tasks go out in a window, outcomes come back; nobody else knows of Dask."""

import os
import pickle
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import dask
from distributed import Client, Future, KilledWorker, LocalCluster, as_completed

from models.failure import Code, Failure
from models.settings import RunSettings
from pipeline.run.retry import Again, again, again_after_loss
from pipeline.run.worker import HANDS, Limits, Report, call, end_hands, unpickled

# Tasks in flight for each worker: one at work, one that waits at its door.
_WINDOW = 2


_OUR_OWN = {
    # Looks at what every process is doing, a hundred times a second, for a dashboard that nobody opens.
    "distributed.worker.profile.enabled": False,
}


class SchedulerError(Exception):
    """The Dask scheduler that was named does not answer; the message says which."""


@dataclass(frozen=True, slots=True)
class Task:
    """A call to make on a worker within a time limit; ``about`` is whatever the one who hands it out knows it by."""

    about: Any
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a try of a task ended: with a value, or with a failure and, where it had no name, its traceback.

    ``last`` says that this is how the task ended: it is not tried again.
    """

    task: Task
    started: datetime
    value: Any = None
    failure: Failure | None = None
    trace: str = ""
    worker: str = ""
    seconds: float = 0.0
    last: bool = True


_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class _Flight:
    """A task on its way: how often it was tried, how often its worker was lost, and when it is due again."""

    task: Task
    tries: int = 0
    losses: int = 0
    started: datetime = _NEVER
    due: float = 0.0


class Pool:
    """Workers of our own, or those of a Dask scheduler; started when the first task comes."""

    def __init__(self, settings: RunSettings, megabytes: int, temporary: Path) -> None:
        """Say what the workers are like.

        Args:
            settings: how many there will be, or which scheduler has them.
            megabytes: the most memory that a task may use.
            temporary: where the temporary files of our own workers lie.
        """
        self._settings = settings
        self._megabytes = megabytes
        self._temporary = None if settings.scheduler else temporary
        self._cluster: LocalCluster | None = None
        self._client: Client | None = None
        self._flying: dict[Future[Report], _Flight] = {}
        self._soon: deque[_Flight] = deque()
        self._alone: deque[_Flight] = deque()
        self._completed: Any = None

    def __enter__(self) -> Self:
        """Return the pool."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the workers, if they are ours; the others' hands, if they are not."""
        if self._client is None:
            return
        if self._cluster is None:
            if kind is None:
                self._client.run(end_hands)
            self._client.close()
            return
        HANDS.end()  # whatever they are at: a run that is stopped does not wait for a page
        self._client.close()
        self._cluster.close()

    def finished(self, take: Callable[[], Task | None]) -> Iterator[Outcome]:
        """Hand out tasks in a window and yield how their tries end, as they do.

        What may pass is tried again as :mod:`pipeline.run.retry` says. Of each task the last outcome is ``last``.

        Args:
            take: returns the next task, None while there is none; it is asked again after every outcome.
        """
        while True:
            while (self._completed is None or len(self._flying) < self._width()) and (flight := self._next(take)):
                self._submit(flight)
            if not self._flying:
                if not self._soon and not self._alone:
                    return
                alone = (self._soon or self._alone).popleft()
                if (early := alone.due - time.monotonic()) > 0:
                    time.sleep(early)
                self._submit(alone)
            future = next(self._completed)
            yield self._outcome(self._flying.pop(future), future)

    def _next(self, take: Callable[[], Task | None]) -> _Flight | None:
        """Return what is due again, else the next task."""
        now = time.monotonic()
        for flight in self._soon:
            if flight.due <= now:
                self._soon.remove(flight)
                return flight
        task = take()
        return _Flight(task) if task else None

    def _submit(self, flight: _Flight) -> None:
        client = self._start()
        if self._completed is None:
            self._completed = as_completed()
        flight.started = datetime.now(UTC)
        request = pickle.dumps((flight.task.function, flight.task.arguments))
        limits = Limits(flight.task.seconds, self._megabytes, self._temporary)
        future = client.submit(call, request, limits, pure=False)
        self._flying[future] = flight
        self._completed.add(future)

    def _outcome(self, flight: _Flight, future: "Future[Report]") -> Outcome:
        """Return how a try ended, and put the task back where it is to be tried again."""
        try:
            report = future.result()
        except KilledWorker:
            flight.losses += 1
            failure = Failure(code=Code.WORKER_LOST, detail="its machine, or whoever runs it, ended the worker")
            outcome = Outcome(flight.task, flight.started, failure=failure)
            plan = again_after_loss(flight.losses)
        else:
            flight.tries += 1
            done = unpickled(report)
            outcome = Outcome(
                flight.task, report.started, done.value, done.failure, done.trace, report.worker, report.seconds
            )
            plan = again(done.failure.code, flight.tries, self._settings) if done.failure else None
        finally:
            future.release()
        if plan:
            self._put_back(flight, plan)
        return replace(outcome, last=plan is None)

    def _put_back(self, flight: _Flight, plan: Again) -> None:
        flight.due = time.monotonic() + plan.seconds
        (self._alone if plan.alone else self._soon).append(flight)

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
                HANDS.begin()
                with dask.config.set(_OUR_OWN):
                    # In this process: what can harm it happens in the hands (see pipeline.run.hand).
                    self._cluster = LocalCluster(
                        n_workers=self._settings.workers or os.cpu_count() or 1,
                        threads_per_worker=1,
                        processes=False,
                        memory_limit=0,
                        dashboard_address="127.0.0.1:0",
                        worker_dashboard_address="127.0.0.1:0",
                        silence_logs="CRITICAL",
                    )
                self._client = Client(self._cluster)
        return self._client
