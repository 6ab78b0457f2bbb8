"""Tasks are dispatched in a window, outcomes come back, and what may pass is tried again: what all executors share."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
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
# Tasks in flight for each worker: one at work, and one that waits for it.
_WINDOW = 2

Notify = Callable[[str], None]


def _ignore(_sentence: str) -> None:
    pass


@dataclass(slots=True)
class Flight:
    """A task on its way: how often it was tried, and how often its worker was lost."""

    task: Task
    tries: int = 0
    losses: int = 0


@dataclass(frozen=True, slots=True)
class Try:
    """How a try of a task ended, where, when, and after how many seconds; ``lost`` says that its worker was lost."""

    flight: Flight
    done: Done
    started: datetime
    worker: str = ""
    seconds: float = 0.0
    lost: bool = False


class Executor(ABC):
    """Has tasks done in sandboxes that are its own; nothing is started before the first task comes."""

    def __init__(self, settings: RunSettings) -> None:
        """Keep how the run goes: how many workers there are, or which scheduler has them, and the retries."""
        self._settings = settings
        self._queue = RetryQueue()
        self._in_flight = 0

    def __enter__(self) -> Self:
        """Return the executor."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the sandboxes, whatever they do: a run that is stopped does not wait for a page."""
        self.close()

    @abstractmethod
    def close(self) -> None:
        """End the sandboxes of this executor, and nobody else's."""

    def finished(
        self, take: Callable[[], Task | None], pause: Notify = _ignore, note: Notify = _ignore
    ) -> Iterator[Outcome]:
        """Dispatch tasks in a window and yield how their tries end, as they do.

        What may pass is tried again as :mod:`pipeline.execution.retry` says. Of each task the last outcome is ``last``.

        Args:
            take: returns the next task, None while there is none; it is asked again after every outcome.
            pause: called with the reason why nothing goes on, and with "" when it does again.
            note: called with what the operator should mend, though the rest goes on.

        Raises:
            SchedulerError: the scheduler that was named does not answer, or no more.
        """
        while True:
            while (not self._in_flight or self._in_flight < _WINDOW * self._width()) and (flight := self._next(take)):
                self._dispatch(flight, pause)
            if not self._in_flight:
                if not self._queue:
                    return
                self._dispatch(self._queue.wait(pause), pause)
            ended = self._next_ended(pause, note)
            self._in_flight -= 1
            yield self._outcome(ended)

    @abstractmethod
    def _width(self) -> int:
        """Return how many tasks can be done at once."""

    @abstractmethod
    def _submit(self, flight: Flight, pause: Notify) -> None:
        """Give a task to a worker; say so where that has to wait."""

    @abstractmethod
    def _next_ended(self, pause: Notify, note: Notify) -> Try:
        """Wait for the next try that ends, and return it."""

    def _next(self, take: Callable[[], Task | None]) -> Flight | None:
        """Return what is due again, else the next task."""
        if flight := self._queue.due():
            return flight
        task = None if self._queue.is_full else take()
        return Flight(task) if task else None

    def _dispatch(self, flight: Flight, pause: Notify) -> None:
        self._submit(flight, pause)
        self._in_flight += 1

    def _outcome(self, ended: Try) -> Outcome:
        """Return how a try ended, and put the task back where it is to be tried again."""
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
