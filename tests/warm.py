"""Sandboxes that stay for the next test: to start one takes longer than to read a small page in it."""

import contextlib
import os
import pickle
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from unittest import mock

from pipeline.execution.sandbox import ENVIRONMENT, Sandbox, Sandboxes

_SECONDS = 300
# Variables that a process looks at only as it starts.
_AT_START = ("LANG", "LC_ALL", "PATH")
# Variables that a worker sets for each of its sandboxes.
_OWN = {"TMPDIR", "PYTHONPATH", *ENVIRONMENT}


def become(folder: Path, environment: Mapping[str, str]) -> None:
    """Let the sandbox that makes this call have a current folder and variables as if it were started with them."""
    os.chdir(folder)
    for name in set(os.environ) - set(environment) - _OWN:
        del os.environ[name]
    os.environ.update({name: value for name, value in environment.items() if name not in _OWN})
    time.tzset()


class Warm:
    """The idle sandboxes that no test uses now: at most one of a kind, and two in all, for each has its memory."""

    def __init__(self) -> None:
        """Begin with none."""
        self._idle: dict[tuple[object, ...], Sandbox] = {}

    def take(self, megabytes: int) -> Sandbox:
        """Return a sandbox for calls of so much memory: one that was kept, or a new one."""
        sandbox = self._idle.pop(_kind(megabytes), None)
        if sandbox is None:
            return Sandbox(megabytes)
        answer = sandbox.call(pickle.dumps((become, (Path.cwd(), dict(os.environ)))), _SECONDS)
        return sandbox if isinstance(answer, bytes) else Sandbox(megabytes)

    def keep(self, sandbox: Sandbox, megabytes: int) -> None:
        """Keep a sandbox whose last call has ended."""
        kind = _kind(megabytes)
        if other := self._idle.pop(kind, None):
            other.end()
        elif len(self._idle) > 1:
            self._idle.pop(next(iter(self._idle))).end()
        self._idle[kind] = sandbox

    def end(self) -> None:
        """End those that were kept."""
        while self._idle:
            self._idle.popitem()[1].end()


def _kind(megabytes: int) -> tuple[object, ...]:
    return megabytes, *(os.environ.get(name) for name in _AT_START)


@contextlib.contextmanager
def kept_for_later(warm: Warm) -> Iterator[None]:
    """Let executors and others take their sandboxes from those that are kept, and give them back at their end.

    A sandbox whose call was ended, or failed in a way that ends it, is ended as always.
    """
    close = Sandboxes.close

    def take(self: Sandboxes) -> Sandbox | None:
        with self._lock:
            if not self._is_open:
                return None
            sandbox = self._idle.pop() if self._idle else warm.take(self._megabytes)
            self._busy.add(sandbox)
            return sandbox

    def close_but_keep(self: Sandboxes) -> None:
        with self._lock:
            if self._is_open and self._idle:
                warm.keep(self._idle.pop(), self._megabytes)
        close(self)

    with mock.patch.multiple(Sandboxes, _take=take, close=close_but_keep):
        yield
