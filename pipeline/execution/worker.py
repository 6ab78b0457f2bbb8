"""What runs in each Dask worker: it gives its tasks to a hand, and holds them to their limits."""

import contextlib
import os
import pickle
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
from distributed import get_worker

from models.failure import Code, Failure
from pipeline.execution.disk_guard import is_full
from pipeline.execution.perform import Done
from pipeline.execution.sandbox import BEGUN, LENGTH, write_message

_SECONDS_TO_START = 120.0
_SECONDS_BETWEEN_LOOKS = 0.25
# Starting a hand takes a second; one that waits holds the recogniser's models in memory, and its run may have died.
_SECONDS_IDLE = 10.0
_ENVIRONMENT = {
    # A thread a process: more of them would wait for one another, for the workers already fill the machine.
    "OMP_THREAD_LIMIT": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    # glibc gives every large block back to the system, which then has to clear it anew for the next picture: that was a
    # tenth of the time of all but recognition. Up to this many bytes are kept instead.
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(256 << 20),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a call may take: seconds, and megabytes of memory together with the programs it starts.

    ``temporary`` is where its temporary files lie; None for where the worker's system puts such.
    """

    seconds: float
    megabytes: int
    temporary: Path | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """How a call went on a worker: what came of it, pickled where it came to an end of its own; when and where.

    ``unseen`` is what it needs and the worker does not see: then it was not made.
    """

    done: bytes | Failure
    worker: str
    started: datetime
    seconds: float
    unseen: Path | None = None


_STOPPED = Failure(code=Code.WORKER_LOST, detail="the run was stopped")


class Hands:
    """The hands of the workers in this process: as many as calls were made at once; idle ones end after a while."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._idle: list[Hand] = []
        self._busy: set[Hand] = set()
        self._looker: threading.Timer | None = None
        self._open = True

    def begin(self) -> None:
        """Let there be hands, again."""
        with self._lock:
            self._open = True

    def take(self, limits: Limits) -> "Hand | None":
        """Return a hand for a call, the one that was put back last if it will do, or None after :meth:`end`."""
        with self._lock:
            if not self._open:
                return None
            hand = self._idle.pop() if self._idle else None
            if hand is None or not hand.fits(limits):
                if hand is not None:
                    hand.end()
                hand = Hand(limits)
            self._busy.add(hand)
            return hand

    def put_back(self, hand: "Hand", *, usable: bool) -> None:
        """Put a hand back after a call, unless it has ended with that."""
        with self._lock:
            self._busy.discard(hand)
            if usable and self._open:
                hand.idle_since = time.monotonic()
                self._idle.append(hand)
                self._look_later()
            elif usable:
                hand.end()

    def end(self) -> None:
        """End them all: those at work are interrupted, and make way in the threads that wait for them."""
        with self._lock:
            self._open = False
            for hand in self._busy:
                hand.interrupt()
            while self._idle:
                self._idle.pop().end()

    def end_idle(self, seconds: float = 0.0) -> None:
        """End those that have had nothing to do for so long."""
        before = time.monotonic() - seconds
        with self._lock:
            while self._idle and self._idle[0].idle_since <= before:  # the one put back last is taken first
                self._idle.pop(0).end()

    def _look_later(self) -> None:
        if self._looker is None:
            self._looker = threading.Timer(_SECONDS_IDLE, self._look)
            self._looker.daemon = True
            self._looker.start()

    def _look(self) -> None:
        self.end_idle(_SECONDS_IDLE)
        with self._lock:
            self._looker = None
            if self._idle:
                self._look_later()


HANDS = Hands()


def end_hands() -> None:
    """End the hands of a worker of a Dask scheduler, but for those that work for others than the run that has ended."""
    HANDS.end_idle()


def call(request: bytes, limits: Limits, needs: Sequence[Path] = ()) -> Report:
    """Have a call, pickled as ``(function, arguments)``, made by a hand within its limits, where what it needs is.

    It is given up when nobody waits for it any more: the coordinator was stopped, or killed.
    """
    started, clock = datetime.now(UTC), time.monotonic()
    worker = get_worker()
    key = worker.get_current_task()

    def is_wanted() -> bool:
        task = worker.state.tasks.get(key)
        return task is not None and task.state != "cancelled"

    for file in needs:
        if failure := why_unseen(file):
            return Report(failure, str(worker.address), started, 0.0, file)
    try:
        hand = HANDS.take(limits)
    except OSError as error:
        # Of this worker's own machine, which may be another than the archive's.
        code = Code.DISK_FULL if is_full(error) else Code.WORKER_LOST
        return Report(Failure(code=code, detail=f"{worker.address}: {error}"), str(worker.address), started, 0.0)
    if hand is None:
        done: bytes | Failure = _STOPPED
    else:
        done = hand.call(request, limits, is_wanted)
        HANDS.put_back(hand, usable=isinstance(done, bytes))
    return Report(done, str(worker.address), started, time.monotonic() - clock)


def why_unseen(file: Path) -> Failure | None:
    """Return why a worker cannot do with a file, None where it sees it."""
    try:
        if file.exists():
            return None
    except OSError as error:
        return Failure(code=Code.UNREADABLE, detail=f"{file}: {error.strerror}")
    return Failure(code=Code.CHANGED, detail=f"{file} is not there")


class Hand:
    """A hand of this worker; see :mod:`pipeline.execution.sandbox`."""

    def __init__(self, limits: Limits) -> None:
        """Start it."""
        self._limits = limits
        if limits.temporary is not None:
            limits.temporary.mkdir(parents=True, exist_ok=True)
        self._folder = Path(tempfile.mkdtemp(prefix="hand-", dir=limits.temporary))
        own = {"TMPDIR": str(self._folder), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pipeline.execution.sandbox", str(limits.megabytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | _ENVIRONMENT | own,
            start_new_session=True,  # Ctrl-C on a terminal is for the coordinator alone
        )
        self.idle_since = 0.0
        self._received = bytearray()
        self._pid: int | None = None

    def fits(self, limits: Limits) -> bool:
        """Whether it may be used under these limits, too."""
        return (limits.megabytes, limits.temporary) == (self._limits.megabytes, self._limits.temporary)

    def call(self, request: bytes, limits: Limits, is_wanted: Callable[[], bool] = lambda: True) -> bytes | Failure:
        """Have a call made; return what came of it, pickled, or how it was ended: then the hand has ended, too."""
        try:
            if self._pid is None:
                self._pid = int(self._answer(_SECONDS_TO_START, is_wanted))
            write_message(self._process.stdin, request)  # type: ignore[arg-type]  # it is a pipe
            self._expect_begun(is_wanted)
            return self._answer(limits.seconds, is_wanted)
        except _EndedError as ended:
            self.end()
            return ended.failure
        except (EOFError, BrokenPipeError):
            return Failure(code=Code.WORKER_LOST, detail=_how(self.end()))

    def interrupt(self) -> None:
        """End what it is at; :meth:`call` returns then, in the thread that waits in it."""
        self._process.kill()

    def end(self) -> int:
        """End the hand, all that it started, and its guard; return the exit status."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        status = self._process.wait()
        if self._pid is not None:  # the guard may have been killed before it did this
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._pid, signal.SIGKILL)
        if self._process.stdout is not None:
            self._process.stdout.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        return status

    def _expect_begun(self, is_wanted: Callable[[], bool]) -> None:
        if self._answer(_SECONDS_TO_START, is_wanted) != BEGUN:
            raise EOFError

    def _answer(self, seconds: float, is_wanted: Callable[[], bool]) -> bytes:
        """Return the next message; look after the memory, and after who wants it, while waiting for it."""
        end = time.monotonic() + seconds
        while True:
            if len(self._received) >= LENGTH.size:
                (length,) = LENGTH.unpack(self._received[: LENGTH.size])
                if len(self._received) >= LENGTH.size + length:
                    message = bytes(self._received[LENGTH.size : LENGTH.size + length])
                    del self._received[: LENGTH.size + length]
                    return message
            left = end - time.monotonic()
            if left <= 0:
                raise _EndedError(Failure(code=Code.TIMEOUT, detail=f"it took more than {seconds:.0f} s"))
            assert self._process.stdout is not None  # noqa: S101  # it is a pipe
            ready, _, _ = select.select([self._process.stdout], [], [], min(left, _SECONDS_BETWEEN_LOOKS))
            if ready:
                piece = os.read(self._process.stdout.fileno(), 1 << 20)
                if not piece:
                    raise EOFError
                self._received += piece
            else:
                self._check_memory()
                if not is_wanted():
                    raise _EndedError(_STOPPED)

    def _check_memory(self) -> None:
        used = 0
        with contextlib.suppress(psutil.Error):
            for process in psutil.Process(self._process.pid).children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    used += process.memory_info().rss
        if used > self._limits.megabytes << 20:
            detail = f"it used more than {self._limits.megabytes:,} MB"
            raise _EndedError(Failure(code=Code.OUT_OF_MEMORY, detail=detail))


class _EndedError(Exception):
    """A call was ended because it went over a limit, or because nobody wants it any more."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


def _how(status: int) -> str:
    """Tell how a hand ended, from its exit status."""
    number = status - 128 if status > 128 else -status
    if number in set(signal.Signals):
        return f"it was ended by {signal.Signals(number).name}"
    return f"it ended with status {status}"


def unpickled(report: Report) -> Done:
    """Return what came of a call."""
    if isinstance(report.done, Failure):
        return Done(failure=report.done)
    return pickle.loads(report.done)  # type: ignore[no-any-return]  # noqa: S301  # from our own worker
