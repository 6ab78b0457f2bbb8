"""The tasks of a run that wait to be tried again."""

import heapq
import itertools
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from pipeline.execution.retry import Retry

if TYPE_CHECKING:
    from pipeline.execution.executor import Flight

_LOG = logging.getLogger(__name__)
# When a network share is lost, all tasks fail very quickly. At most this many wait to be tried again.
_MOST_WAITING = 10_000
# A wait that is shorter than this is not worth a message.
_SECONDS_WORTH_A_MESSAGE = 2.0


class RetryQueue:
    """Tasks that wait until a certain time, and tasks that wait until nothing else is running."""

    def __init__(self) -> None:
        """Begin with no tasks."""
        self._timed: list[tuple[float, int, Flight]] = []  # a heap, by when they are due
        self._turns = itertools.count()
        self._alone: deque[Flight] = deque()

    def __bool__(self) -> bool:
        """Whether any task waits."""
        return bool(self._timed or self._alone)

    @property
    def is_full(self) -> bool:
        """Whether so many tasks wait that no new one should be started."""
        return len(self._timed) >= _MOST_WAITING

    def put(self, flight: "Flight", plan: Retry) -> None:
        """Add a task to wait as planned."""
        if plan.alone:
            self._alone.append(flight)
        else:
            heapq.heappush(self._timed, (time.monotonic() + plan.seconds, next(self._turns), flight))

    def due(self) -> "Flight | None":
        """Return a task that is due, None if there is none."""
        if self._timed and self._timed[0][0] <= time.monotonic():
            return heapq.heappop(self._timed)[2]
        return None

    def wait(self, pause: Callable[[str], None]) -> "Flight":
        """Wait until the next task is due, and return it; nothing else is running.

        Args:
            pause: called with the reason if the wait is long, and with "" when it is over.
        """
        if not self._timed:
            return self._alone.popleft()
        early = self._timed[0][0] - time.monotonic()
        if early >= _SECONDS_WORTH_A_MESSAGE:
            _LOG.warning("all work waits for %.0f s: %d tasks wait to be tried again", early, len(self._timed))
            failed = f"Paused: the remaining tasks ({len(self._timed)}) failed for a reason that may be temporary"
            pause(f"{failed}. They are tried again in {early:.0f} s.")
        if early > 0:
            time.sleep(early)
        if early >= _SECONDS_WORTH_A_MESSAGE:
            pause("")
        return heapq.heappop(self._timed)[2]
