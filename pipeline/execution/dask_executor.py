"""The executor for many machines: the workers of a Dask scheduler, with shared storage."""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import CancelledError
from datetime import UTC, datetime
from types import TracebackType
from typing import Any
from uuid import uuid4

from distributed import Client, Future, KilledWorker, as_completed
from distributed.client import ClosedClientError

from models.errors import SchedulerError
from models.failure import Code, Failure
from models.settings import RunSettings
from pipeline.execution.dask_worker import Call, Report, end_sandboxes, make_call, why_unseen
from pipeline.execution.executor import Executor, Flight, Notify, Try
from pipeline.execution.perform import Done, unpickled
from pipeline.execution.task import Task

_LOG = logging.getLogger(__name__)
# A network file system may show a new file to some machines later than to others: with NFS, within a minute at most.
_SECONDS_BLIND = 60.0
_SECONDS_BETWEEN_LOOKS = 2.0
_SECONDS_TO_CONNECT = 30


class DaskExecutor(Executor):
    """Runs tasks on the workers of a Dask scheduler, in sandboxes that only this run uses."""

    _at_once = 100

    def __init__(self, settings: RunSettings, megabytes: int) -> None:
        """Prepare the executor; it connects to the scheduler when the first task comes.

        Args:
            settings: the address of the scheduler.
            megabytes: the maximum memory of a task.
        """
        super().__init__(settings)
        self._megabytes = megabytes
        self._run = f"bannasar-{uuid4()}"
        self._client: Client | None = None
        self._quiet: _Quiet | None = None
        self._flights: dict[Future[Report], Flight] = {}
        self._completed: Any = None
        self._ended: deque[tuple[Flight, Report | None]] = deque()
        self._blind: dict[str, float] = {}
        self._seen: Sequence[str] = ()
        self._look_again = 0.0

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the sandboxes: at once if the run is done, otherwise when each worker notices that the run stopped."""
        if kind is None and self._client is not None:
            self._client.run(end_sandboxes, self._run)
        self.close()

    def close(self) -> None:
        """Disconnect from the scheduler; its workers stop the tasks that nobody waits for any more."""
        if self._client is not None:
            self._client.close()
        if self._quiet is not None:
            self._quiet.end()

    def _width(self) -> int:
        return max(1, len(self._workers()))

    def _submit(self, flights: Sequence[Flight], pause: Notify) -> None:
        client = self._connect()
        seeing = self._seeing(flights[0].task, pause) if self._blind else None
        tasks = [flight.task for flight in flights]
        calls = [Call(self._run, task.request, task.seconds, self._megabytes, task.needs) for task in tasks]
        try:
            futures = client.map(make_call, calls, pure=False, workers=seeing, allow_other_workers=seeing is not None)
        except ClosedClientError as error:
            raise self._gone() from error
        self._flights.update(zip(futures, flights, strict=True))
        self._completed.update(futures)

    def has_ended(self) -> bool:
        """Whether a report is fetched already."""
        return bool(self._ended)

    def _next_ended(self, pause: Notify, note: Notify) -> Try:
        while True:
            if not self._ended:
                self._fetch(pause)
            flight, report = self._ended.popleft()
            if report is None:
                _LOG.warning("the worker of a task was lost")
                failure = Failure(code=Code.WORKER_LOST, detail="its machine, or its administrator, ended the worker")
                return Try(flight, Done(failure=failure), datetime.now(UTC), lost=True)
            if report.unseen is None or why_unseen(report.unseen) is not None:
                return Try(flight, unpickled(report.answer), report.started, report.worker, report.seconds)
            if report.worker not in self._blind:
                _LOG.warning("%s does not see a file on shared storage", report.worker)
                note(f"{report.worker} does not see {report.unseen}: it gets no work for a while. Mount it there.")
            self._blind[report.worker] = time.monotonic() + _SECONDS_BLIND
            self._submit([flight], pause)

    def _fetch(self, pause: Notify) -> None:
        """Wait for a call that ends, and fetch its report together with those of all others that have ended."""
        futures = [self._next_completed(pause), *self._completed.next_batch(block=False)]
        reports: list[Report | None]
        try:
            reports = self._connect().gather(futures)
        except (CancelledError, KilledWorker):  # at least one of them
            reports = [self._report(future) for future in futures]
        except OSError as error:
            raise self._gone() from error
        self._ended.extend(zip(map(self._flights.pop, futures), reports, strict=True))
        for future in futures:
            future.release()

    def _report(self, future: "Future[Report]") -> Report | None:
        """Return the report of a call that has ended; None if its worker was lost, again and again."""
        try:
            return future.result()
        except CancelledError as error:
            raise self._gone() from error
        except KilledWorker:
            return None

    def _next_completed(self, pause: Notify) -> "Future[Report]":
        """Return the next call that has ended; report it while there are no workers."""
        due = time.monotonic() + _SECONDS_BETWEEN_LOOKS
        alone = False
        while not self._completed.has_ready():
            time.sleep(0.02)
            if time.monotonic() >= due:
                due = time.monotonic() + _SECONDS_BETWEEN_LOOKS
                alone = not self._workers()
                pause(f"Paused: {self._settings.scheduler} has no workers. Start one to continue." if alone else "")
        if alone:
            pause("")
        return next(self._completed)

    def _seeing(self, task: Task, pause: Notify) -> Sequence[str]:
        """Return the workers that may see the files that a task needs; wait while there are none."""
        paused = False
        while True:
            now = time.monotonic()
            self._blind = {worker: until for worker, until in self._blind.items() if until > now}
            seeing = [worker for worker in self._workers() if worker not in self._blind]
            if seeing or not self._blind:
                if paused:
                    pause("")
                return seeing
            paused = True
            pause(f"Paused: no worker sees {task.needs[0]}. Mount it there under the same path to continue.")
            time.sleep(_SECONDS_BETWEEN_LOOKS)

    def _workers(self) -> Sequence[str]:
        """Return the workers as they were a moment ago: the scheduler is not asked again for each page."""
        now = time.monotonic()
        if now >= self._look_again:
            try:
                self._seen = tuple(self._connect().scheduler_info(n_workers=-1)["workers"])
            except (OSError, KeyError) as error:  # a client that already noticed the loss has no list of workers
                raise self._gone() from error
            self._look_again = now + _SECONDS_BETWEEN_LOOKS
        return self._seen

    def _gone(self) -> SchedulerError:
        return SchedulerError(
            f"The Dask scheduler at {self._settings.scheduler} is gone. What is done is kept; start it, and run the "
            "same command again to continue."
        )

    def _connect(self) -> Client:
        if self._client is None:
            try:
                client = Client(self._settings.scheduler, timeout=_SECONDS_TO_CONNECT, set_as_default=False)
            except (OSError, ValueError, TypeError) as error:  # TypeError: the keys for TLS are missing
                raise SchedulerError(
                    f"No Dask scheduler answers at {self._settings.scheduler}. Start it, or leave --scheduler out."
                ) from error
            self._client = client
            _LOG.info("connected to the scheduler")
            self._quiet = _Quiet(client)
            self._completed = as_completed(loop=client.loop)
        return self._client


class _Quiet(logging.Filter):
    """Hides what Dask prints on standard error for one client only: the run reports it in one sentence.

    Dask prints that the scheduler is gone. While it closes, it also drops some of its own futures, and asyncio prints
    warnings about them. The result of a task is in its outcome.
    """

    def __init__(self, client: Client) -> None:
        super().__init__()
        self._thread: int = client.sync(_quiet_loop)
        self._handlers = list(logging.getLogger("distributed").handlers)
        for handler in self._handlers:
            handler.addFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a message is printed: those from other threads than the client's own are."""
        return record.thread != self._thread

    def end(self) -> None:
        """Show Dask's messages again."""
        for handler in self._handlers:
            handler.removeFilter(self)


async def _quiet_loop() -> int:
    """Make this loop ignore errors in futures that nobody waits for; return the thread that it runs in."""
    asyncio.get_running_loop().set_exception_handler(_drop)
    return threading.get_ident()


def _drop(_loop: asyncio.AbstractEventLoop, _context: dict[str, Any]) -> None:
    """Do nothing: see :class:`_Quiet`."""
