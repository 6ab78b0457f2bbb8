"""The executor for one machine: one thread for each worker, and each thread gives its tasks to a sandbox."""

import os
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue

from models.settings import RunSettings
from pipeline.execution.executor import Executor, Flight, Notify, Try
from pipeline.execution.perform import unpickled
from pipeline.execution.sandbox import Sandboxes
from pipeline.logs import about


class LocalExecutor(Executor):
    """Runs tasks on this machine.

    A task cannot harm a thread of this process, so no other processes than the sandboxes are needed.
    """

    def __init__(self, settings: RunSettings, megabytes: int, temporary: Path) -> None:
        """Prepare the workers; no thread or process is started yet.

        Args:
            settings: how many workers there are.
            megabytes: the maximum memory of a task.
            temporary: the folder for temporary files of the sandboxes.
        """
        super().__init__(settings)
        self._workers = settings.workers or os.cpu_count() or 1
        self._sandboxes = Sandboxes(megabytes, temporary)
        self._threads = ThreadPoolExecutor(self._workers, thread_name_prefix="worker")
        self._ended: SimpleQueue[Future[Try]] = SimpleQueue()

    def close(self) -> None:
        """End the sandboxes and the threads."""
        self._sandboxes.close()
        self._threads.shutdown(cancel_futures=True)

    def _width(self) -> int:
        return self._workers

    def _submit(self, flights: Sequence[Flight], pause: Notify) -> None:  # noqa: ARG002  # this machine is always there
        for flight in flights:
            self._threads.submit(self._try, flight, flight.task.request).add_done_callback(self._ended.put)

    def has_ended(self) -> bool:
        """Whether a thread has put its try into the queue."""
        return not self._ended.empty()

    def _next_ended(self, pause: Notify, note: Notify) -> Try:  # noqa: ARG002  # this machine is always there
        return self._ended.get().result()

    def _try(self, flight: Flight, request: bytes) -> Try:
        started, clock = datetime.now(UTC), time.monotonic()
        with about(scan=flight.task.scan, page=flight.task.page):
            done = unpickled(self._sandboxes.call(request, flight.task.seconds))
        return Try(flight, done, started, self._sandboxes.worker, time.monotonic() - clock)
