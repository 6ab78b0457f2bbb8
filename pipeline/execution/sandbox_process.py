"""The process in which a worker's tasks run, and its guard process.

It is started as ``python -m pipeline.execution.sandbox_process MEGABYTES``.

A page may loop for ever in a library's C code, use all memory, or crash. So a worker does not process pages itself: it
gives each task to a *sandbox*, a process with its own process group, so that the sandbox and every program it started
(Tesseract, poppler) can be ended together. Before the sandbox begins, it forks: the *guard* only waits
until the sandbox ends or the worker is gone for any reason; then it ends the sandbox's whole group and removes its
temporary files. So nothing is left behind, even if any one of these processes is killed.

A message is its length in eight bytes, then its content. The sandbox sends its process id first. Then the worker sends
calls, each the pickled arguments of :func:`pipeline.execution.perform.perform`. The sandbox answers with :data:`BEGUN`
when it has loaded what the call needs, then with the pickled :class:`pipeline.execution.perform.Done`.
"""

import ctypes
import os
import pickle
import resource
import select
import shutil
import signal
import struct
import sys
from pathlib import Path
from typing import BinaryIO

BEGUN = b"begun"
LENGTH = struct.Struct(">Q")
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    """Fork into sandbox and guard."""
    # Only our messages use these: what a library prints must not be read as an answer.
    requests, results = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    guard = os.getpid()
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        _end_with_parent(guard)
        _limit_memory(int(sys.argv[1]))
        _work(os.fdopen(requests, "rb"), os.fdopen(results, "wb"))
    else:
        os.close(results)
        sys.exit(_guard(child, requests, Path(os.environ["TMPDIR"])))


def write_message(stream: BinaryIO, content: bytes) -> None:
    """Send a message."""
    stream.write(LENGTH.pack(len(content)) + content)
    stream.flush()


def _guard(child: int, requests: int, temporary: Path) -> int:
    """Wait until the sandbox has ended or the worker is gone; end what is left and return its exit status."""
    waiting = select.poll()
    waiting.register(requests, 0)  # the system always reports a pipe with no writers left
    waiting.register(os.pidfd_open(child), select.POLLIN)
    waiting.poll()
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        os.kill(child, signal.SIGKILL)  # it has no group yet, so it has started nothing
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    shutil.rmtree(temporary, ignore_errors=True)
    return 128 - status if status < 0 else status


def _end_with_parent(guard: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != guard:  # the guard ended before the call above took effect
        os._exit(1)


def _limit_memory(megabytes: int) -> None:
    """Limit this process, and each process that it starts, to twice the memory limit.

    The worker checks the sum of all of them and reports what goes over the limit; this stops what grows too fast for
    that.
    """
    size = 2 * megabytes << 20
    resource.setrlimit(resource.RLIMIT_DATA, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _work(requests: BinaryIO, results: BinaryIO) -> None:
    from pipeline.execution.perform import perform  # noqa: PLC0415  # imported after the fork: the guard stays small

    write_message(results, str(os.getpid()).encode())
    while len(head := requests.read(LENGTH.size)) == LENGTH.size:
        call = pickle.loads(requests.read(*LENGTH.unpack(head)))  # noqa: S301  # from our own worker
        write_message(results, BEGUN)
        write_message(results, pickle.dumps(perform(*call)))


if __name__ == "__main__":
    main()
