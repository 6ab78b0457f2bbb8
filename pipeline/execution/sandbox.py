"""The sandboxes of one executor: processes that make calls for a worker.

This module is the worker's side and enforces the limits; :mod:`pipeline.execution.sandbox_process` runs in the sandbox.
"""

import contextlib
import logging
import os
import platform
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from models.errors import is_disk_full
from models.failure import Code, Failure
from pipeline.execution.sandbox_process import BEGUN, LENGTH, write_message

_LOG = logging.getLogger(__name__)
_SECONDS_TO_START = 120.0
_SECONDS_BETWEEN_LOOKS = 0.25
# Starting a sandbox takes a second; an idle one keeps the recogniser's models in memory, and its run may have died.
_SECONDS_IDLE = 10.0
ENVIRONMENT = {
    # One thread per process: the workers already use the whole machine, so more threads would only wait for each other.
    "OMP_THREAD_LIMIT": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENCV_FOR_THREADS_NUM": "1",
    # glibc gives every large block back to the system, which then has to clear it again for the next picture: that was
    # a tenth of the time of everything except recognition. Up to this many bytes are kept instead.
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(256 << 20),
}


_STOPPED = Failure(code=Code.WORKER_LOST, detail="the run was stopped")


def _always() -> bool:
    return True


class Sandboxes:
    """The sandboxes of one executor on one machine: one for each simultaneous call; idle ones end after a while."""

    def __init__(self, megabytes: int, temporary: Path | None = None, worker: str = "") -> None:
        """Begin with no sandboxes.

        Args:
            megabytes: the maximum memory of a call, together with the programs it starts.
            temporary: the folder for temporary files of calls; None for the system's default.
            worker: the name of the worker that makes the calls; by default the name of this machine.
        """
        self.worker = worker or platform.node() or "localhost"
        self._megabytes = megabytes
        self._temporary = temporary
        self._lock = threading.Lock()
        self._idle: list[Sandbox] = []
        self._busy: set[Sandbox] = set()
        self._timer: threading.Timer | None = None
        self._is_open = True

    def call(self, request: bytes, seconds: float, is_wanted: Callable[[], bool] = _always) -> bytes | Failure:
        """Make a call in a sandbox.

        Args:
            request: the call, pickled as ``(function, arguments)``.
            seconds: the time limit, after which it is ended.
            is_wanted: asked now and then whether anybody still waits for it.

        Returns:
            The result, a pickled :class:`pipeline.execution.perform.Done`; or how the call was ended.
        """
        try:
            sandbox = self._take()
        except OSError as error:
            # The error is on this worker's machine, which may not be the archive's.
            code = Code.DISK_FULL if is_disk_full(error) else Code.WORKER_LOST
            return Failure(code=code, detail=f"{self.worker}: {error}")
        if sandbox is None:
            return _STOPPED
        answer = sandbox.call(request, seconds, is_wanted)
        self._put_back(sandbox, usable=isinstance(answer, bytes))
        return answer

    def close(self) -> None:
        """End all sandboxes: those at work are interrupted, and end in the threads that wait for them."""
        with self._lock:
            self._is_open = False
            for sandbox in self._busy:
                sandbox.interrupt()
            while self._idle:
                self._idle.pop().end()
            if self._timer is not None:
                self._timer.cancel()

    def _take(self) -> "Sandbox | None":
        """Return the sandbox that was put back last, or a new one; None after :meth:`close`."""
        with self._lock:
            if not self._is_open:
                return None
            sandbox = self._idle.pop() if self._idle else Sandbox(self._megabytes, self._temporary)
            self._busy.add(sandbox)
            return sandbox

    def _put_back(self, sandbox: "Sandbox", *, usable: bool) -> None:
        """Put a sandbox back after a call, unless it ended during the call."""
        with self._lock:
            self._busy.discard(sandbox)
            if usable and self._is_open:
                sandbox.idle_since = time.monotonic()
                self._idle.append(sandbox)
                self._look_later()
            elif usable:
                sandbox.end()

    def _look_later(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(_SECONDS_IDLE, self._end_idle)
            self._timer.daemon = True
            self._timer.start()

    def _end_idle(self) -> None:
        """End the sandboxes that have been idle for the full time."""
        before = time.monotonic() - _SECONDS_IDLE
        with self._lock:
            self._timer = None
            while self._idle and self._idle[0].idle_since <= before:  # the one put back last is taken first
                self._idle.pop(0).end()
            if self._idle:
                self._look_later()


class Sandbox:
    """One process that makes one call after another, and its guard process."""

    def __init__(self, megabytes: int, temporary: Path | None = None) -> None:
        """Start the sandbox.

        Args:
            megabytes: the maximum memory of a call, together with the programs it starts.
            temporary: the folder for temporary files of calls; None for the system's default.

        Raises:
            OSError: this machine cannot start it.
        """
        self._megabytes = megabytes
        if temporary is not None:
            temporary.mkdir(parents=True, exist_ok=True)
        self._folder = Path(tempfile.mkdtemp(prefix="sandbox-", dir=temporary))
        own = {"TMPDIR": str(self._folder), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pipeline.execution.sandbox_process", str(megabytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | ENVIRONMENT | own,
            start_new_session=True,  # Ctrl-C on a terminal is for the coordinator alone
        )
        _LOG.debug("sandbox %d is started", self._process.pid)
        self.idle_since = 0.0
        self._received = bytearray()
        self._pid: int | None = None

    def call(self, request: bytes, seconds: float, is_wanted: Callable[[], bool] = _always) -> bytes | Failure:
        """Make a call; return its result, pickled, or how it was ended: then the sandbox has ended, too."""
        try:
            if self._pid is None:
                self._pid = int(self._answer(_SECONDS_TO_START, is_wanted))
            write_message(self._process.stdin, request)  # type: ignore[arg-type]  # it is a pipe
            self._expect_begun(is_wanted)
            return self._answer(seconds, is_wanted)
        except _EndedError as ended:
            _LOG.warning("sandbox %d is ended: %s", self._process.pid, ended.failure.detail)
            self.end()
            return ended.failure
        except (EOFError, BrokenPipeError):
            how = _how(self.end())
            _LOG.warning("sandbox %d has ended: %s", self._process.pid, how)
            return Failure(code=Code.WORKER_LOST, detail=how)

    def interrupt(self) -> None:
        """Interrupt the current call; :meth:`call` then returns in the thread that waits in it."""
        self._process.kill()

    def end(self) -> int:
        """End the sandbox, every process that it started, and its guard; return the exit status."""
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
        """Return the next message; while waiting, check the memory and whether the call is still wanted."""
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
        if used > self._megabytes << 20:
            detail = f"it used more than {self._megabytes:,} MB"
            raise _EndedError(Failure(code=Code.OUT_OF_MEMORY, detail=detail))


class _EndedError(Exception):
    """A call was ended because it went over a limit, or because nobody waits for it any more."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


def _how(status: int) -> str:
    """Describe how a sandbox ended, from its exit status."""
    number = status - 128 if status > 128 else -status
    if number in set(signal.Signals):
        return f"it was ended by {signal.Signals(number).name}"
    return f"it ended with status {status}"
