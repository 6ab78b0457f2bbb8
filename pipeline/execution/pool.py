"""The workers: tasks go out in a window, outcomes come back; nobody else knows of Dask."""

import heapq
import itertools
import logging
import os
import pickle
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import dask
from distributed import Client, Future, KilledWorker, LocalCluster, as_completed

from models.errors import SchedulerError
from models.failure import Code, Failure
from models.settings import RunSettings
from pipeline.execution.retry import Again, again, again_after_loss
from pipeline.execution.worker import HANDS, Limits, Report, call, end_hands, unpickled, why_unseen

# Tasks in flight for each worker: one at work, one that waits at its door.
_WINDOW = 2
# A share that is lost lets everything fail in no time. No more than so many wait to be tried again.
_MOST_WAITING = 10_000
# A network file system may show a new file to some machines later than to others: a minute at most, as NFS is set up.
_SECONDS_BLIND = 60.0
_SECONDS_BETWEEN_LOOKS = 2.0

_OUR_OWN = {
    # Looks at what every process is doing, a hundred times a second, for a dashboard that nobody opens.
    "distributed.worker.profile.enabled": False,
}


@dataclass(frozen=True, slots=True)
class Task:
    """A call to make on a worker within a time limit; ``about`` is whatever the one who hands it out knows it by.

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
    """A task on its way: how often it was tried, and how often its worker was lost."""

    task: Task
    tries: int = 0
    losses: int = 0
    started: datetime = _NEVER


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
        self._soon: list[tuple[float, int, _Flight]] = []  # a heap, by when they are due
        self._turns = itertools.count()
        self._alone: deque[_Flight] = deque()
        self._blind: dict[str, float] = {}
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

    def finished(
        self,
        take: Callable[[], Task | None],
        pause: Callable[[str], None] = lambda _sentence: None,
        note: Callable[[str], None] = lambda _sentence: None,
    ) -> Iterator[Outcome]:
        """Hand out tasks in a window and yield how their tries end, as they do.

        What may pass is tried again as :mod:`pipeline.execution.retry` says. Of each task the last outcome is ``last``.

        Args:
            take: returns the next task, None while there is none; it is asked again after every outcome.
            pause: told why nothing goes on, and "" when it does again.
            note: told what the operator should mend, though the rest goes on.

        Raises:
            SchedulerError: the scheduler that was named does not answer, or no more.
        """
        while True:
            while (self._completed is None or len(self._flying) < self._width()) and (flight := self._next(take)):
                self._submit(flight, pause)
            if not self._flying:
                if not self._soon and not self._alone:
                    return
                self._wait(pause)
                self._submit(heapq.heappop(self._soon)[2] if self._soon else self._alone.popleft(), pause)
            future = self._next_completed(pause)
            if outcome := self._outcome(self._flying.pop(future), future, note):
                yield outcome

    def _next(self, take: Callable[[], Task | None]) -> _Flight | None:
        """Return what is due again, else the next task."""
        if self._soon and self._soon[0][0] <= time.monotonic():
            return heapq.heappop(self._soon)[2]
        task = take() if len(self._soon) < _MOST_WAITING else None
        return _Flight(task) if task else None

    def _wait(self, pause: Callable[[str], None]) -> None:
        """Wait until something is due again; say so where that is long."""
        early = self._soon[0][0] - time.monotonic() if self._soon else 0.0
        if early >= _SECONDS_BETWEEN_LOOKS:
            failed = f"Paused: what is left, {len(self._soon)} in all, failed by what may pass"
            pause(f"{failed}. It is tried again in {early:.0f} s.")
        if early > 0:
            time.sleep(early)
        if early >= _SECONDS_BETWEEN_LOOKS:
            pause("")

    def _submit(self, flight: _Flight, pause: Callable[[str], None]) -> None:
        client = self._start()
        seeing = self._seeing(flight.task, pause) if self._blind else None
        if self._completed is None:
            self._completed = as_completed()
        flight.started = datetime.now(UTC)
        request = pickle.dumps((flight.task.function, flight.task.arguments))
        limits = Limits(flight.task.seconds, self._megabytes, self._temporary)
        needs = flight.task.needs if self._settings.scheduler else ()
        future = client.submit(
            call, request, limits, needs, pure=False, workers=seeing, allow_other_workers=seeing is not None
        )
        self._flying[future] = flight
        self._completed.add(future)

    def _next_completed(self, pause: Callable[[str], None]) -> "Future[Report]":
        """Return the next try that has ended; say so while there is nobody who could make it."""
        due = time.monotonic() + _SECONDS_BETWEEN_LOOKS
        alone = False
        while self._cluster is None and not self._completed.has_ready():
            time.sleep(0.02)
            if time.monotonic() >= due:
                due = time.monotonic() + _SECONDS_BETWEEN_LOOKS
                alone = not self._workers()
                pause(f"Paused: {self._settings.scheduler} has no workers. Start one, and it goes on." if alone else "")
        if alone:
            pause("")
        return next(self._completed)

    def _seeing(self, task: Task, pause: Callable[[str], None]) -> Sequence[str]:
        """Return the workers that may see what a task needs; wait while there is none."""
        told = False
        while True:
            now = time.monotonic()
            self._blind = {worker: until for worker, until in self._blind.items() if until > now}
            seeing = [worker for worker in self._workers() if worker not in self._blind]
            if seeing or not self._blind:
                if told:
                    pause("")
                return seeing
            told = True
            pause(f"Paused: no worker sees {task.needs[0]}. Mount it there under the same path, and it goes on.")
            time.sleep(_SECONDS_BETWEEN_LOOKS)

    def _outcome(self, flight: _Flight, future: "Future[Report]", note: Callable[[str], None]) -> Outcome | None:
        """Return how a try ended, and put the task back where it is to be tried again; None where it never began."""
        try:
            report = future.result()
        except CancelledError as error:
            raise self._lost() from error
        except KilledWorker:
            flight.losses += 1
            failure = Failure(code=Code.WORKER_LOST, detail="its machine, or whoever runs it, ended the worker")
            outcome = Outcome(flight.task, flight.started, failure=failure)
            plan = again_after_loss(flight.losses)
        else:
            if report.unseen is not None and why_unseen(report.unseen) is None:
                if report.worker not in self._blind:
                    note(f"{report.worker} does not see {report.unseen}: it gets no work for a while. Mount it there.")
                self._blind[report.worker] = time.monotonic() + _SECONDS_BLIND
                self._put_back(flight, Again())
                return None
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
        if plan.alone:
            self._alone.append(flight)
        else:
            heapq.heappush(self._soon, (time.monotonic() + plan.seconds, next(self._turns), flight))

    def _width(self) -> int:
        return _WINDOW * max(1, len(self._workers()))

    def _workers(self) -> list[str]:
        try:
            return list(self._start().scheduler_info(n_workers=-1)["workers"])
        except (OSError, KeyError) as error:  # a client that has noticed already that it is gone knows of no workers
            raise self._lost() from error

    def _lost(self) -> SchedulerError:
        return SchedulerError(
            f"The Dask scheduler at {self._settings.scheduler} is gone. What is done is kept; start it, and run the "
            "same command again to go on."
        )

    def _start(self) -> Client:
        if self._client is None:
            # Dask leaves some of its own futures behind as it closes, which asyncio then prints amidst what we say.
            # What comes of a task is told by its outcome, and nothing else here uses asyncio.
            logging.getLogger("asyncio").setLevel(logging.CRITICAL)
            if self._settings.scheduler:
                # What Dask would print when the scheduler is gone, we say in a sentence.
                for handler in logging.getLogger("distributed").handlers:
                    handler.setLevel(logging.CRITICAL)
                try:
                    self._client = Client(self._settings.scheduler, timeout=30)
                except (OSError, ValueError, TypeError) as error:  # the last where it lacks the keys for TLS
                    raise SchedulerError(
                        f"No Dask scheduler answers at {self._settings.scheduler}. Start it, or leave --scheduler out."
                    ) from error
            else:
                HANDS.begin()
                with dask.config.set(_OUR_OWN):
                    # In this process: what can harm it happens in the hands (see pipeline.execution.sandbox).
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
