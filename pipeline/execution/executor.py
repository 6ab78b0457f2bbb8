"""What all executors share: dispatch tasks in a window, collect outcomes, and retry failures that may be temporary."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self

from models.settings import RunSettings
from pipeline.execution.perform import Done
from pipeline.execution.retry import plan_retry, plan_retry_after_loss
from pipeline.execution.retry_queue import RetryQueue
from pipeline.execution.task import Outcome, Task
from pipeline.logs import about

_LOG = logging.getLogger(__name__)
# Tasks in flight for each worker: one running and one waiting.
_WINDOW = 2

Notify = Callable[[str], None]


def _ignore(_sentence: str) -> None:
    pass


@dataclass(slots=True)
class Flight:
    """A task that is dispatched or waits for a retry: how often it was tried, and how often its worker was lost."""

    task: Task
    tries: int = 0
    losses: int = 0


@dataclass(frozen=True, slots=True)
class Try:
    """How a try of a task ended, where, when, and after how many seconds; ``lost``: its worker was lost."""

    flight: Flight
    done: Done
    started: datetime
    worker: str = ""
    seconds: float = 0.0
    lost: bool = False


class Executor(ABC):
    """Runs tasks in sandboxes of its own; nothing is started before the first task comes."""

    _at_once = 1
    """How many tasks are submitted at once, at most."""

    def __init__(self, settings: RunSettings) -> None:
        """Keep the settings of the run: the number of workers or the scheduler that has them, and the retries."""
        self._settings = settings
        self._queue = RetryQueue()
        self._in_flight = 0

    def __enter__(self) -> Self:
        """Return the executor."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the sandboxes even while they work: a run that is stopped does not wait for a page."""
        self.close()

    @abstractmethod
    def close(self) -> None:
        """End the sandboxes of this executor, and no others."""

    def finished(
        self, take: Callable[[], Task | None], pause: Notify = _ignore, note: Notify = _ignore
    ) -> Iterator[Outcome]:
        """Dispatch tasks in a window and yield the outcome of each try as it ends.

        Failures that may be temporary are retried as :mod:`pipeline.execution.retry` describes. The last outcome of
        each task has ``last`` set.

        Args:
            take: returns the next task, None while there is none; it is asked again after every outcome.
            pause: called with the reason when all work waits, and with "" when it continues.
            note: called with what the operator should fix while the other work continues.

        Raises:
            SchedulerError: the scheduler in the settings does not answer, or no longer answers.
        """
        while True:
            # Where workers get many tasks at once, what has ended comes first: that costs less than one by one.
            while not (self._at_once > 1 and self.has_ended()) and (flights := self._due(take)):
                self._dispatch(flights, pause)
            if not self._in_flight:
                if not self._queue:
                    return
                self._dispatch([self._queue.wait(pause)], pause)
            ended = self._next_ended(pause, note)
            self._in_flight -= 1
            yield self._outcome(ended)

    @abstractmethod
    def _width(self) -> int:
        """Return how many tasks can run at the same time."""

    @abstractmethod
    def _submit(self, flights: Sequence[Flight], pause: Notify) -> None:
        """Give tasks to workers; report it if this has to wait."""

    @abstractmethod
    def has_ended(self) -> bool:
        """Whether another try has ended, so that :meth:`finished` yields it at once."""

    @abstractmethod
    def _next_ended(self, pause: Notify, note: Notify) -> Try:
        """Wait for the next try that ends, and return it."""

    def _due(self, take: Callable[[], Task | None]) -> list[Flight]:
        """Return some tasks that the workers can take now; at least one if there is one and nothing is in flight."""
        flights: list[Flight] = []
        while len(flights) < self._at_once:
            count = self._in_flight + len(flights)
            if (count and count >= _WINDOW * self._width()) or (flight := self._next(take)) is None:
                break
            flights.append(flight)
        return flights

    def _next(self, take: Callable[[], Task | None]) -> Flight | None:
        """Return a task whose retry is due, otherwise the next task."""
        if flight := self._queue.due():
            return flight
        task = None if self._queue.is_full else take()
        return Flight(task) if task else None

    def _dispatch(self, flights: Sequence[Flight], pause: Notify) -> None:
        self._submit(flights, pause)
        self._in_flight += len(flights)

    def _outcome(self, ended: Try) -> Outcome:
        """Return how a try ended, and put the task back into the queue if it is to be tried again."""
        flight, done, task = ended.flight, ended.done, ended.flight.task
        if ended.lost:
            flight.losses += 1
            plan = plan_retry_after_loss(flight.losses)
        else:
            flight.tries += 1
            plan = plan_retry(done.failure.code, flight.tries, self._settings) if done.failure else None
        with about(scan=task.scan, page=task.page):
            what = f"{task.function.__name__} on {ended.worker or 'a lost worker'} after {ended.seconds:.2f} s"
            if done.failure is None:
                _LOG.info("done: %s", what)
            else:
                _LOG.warning("failed (%s): %s; %s", done.failure.code, what, plan or "it is not tried again")
        if plan:
            self._queue.put(flight, plan)
        return Outcome(
            task,
            ended.started,
            done.value,
            done.failure,
            done.trace,
            ended.worker,
            ended.seconds,
            last=plan is None,
        )
