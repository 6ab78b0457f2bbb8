"""A command typed within this process: a tenth of the time that a process of its own takes to load."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from unittest import mock


def call(
    *arguments: object, environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``bannasar`` with these arguments to its end, as a process of its own would, but in this one.

    What it prints is caught where the system writes it, and the streams, the environment, the current folder and what
    signals do are as they were before.

    Args:
        arguments: what is typed after ``bannasar``.
        environment: variables to set, beside those that are set.
        folder: the current folder meanwhile.
    """
    from cli.main import main  # noqa: PLC0415  # not every test wants it

    command = ["bannasar", *map(str, arguments)]
    with (
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        mock.patch.object(sys, "argv", command),
        _environment(environment or {}),
        contextlib.chdir(folder or Path.cwd()),
        _signals(),
    ):
        status = 0
        with _written_to(1, out.fileno()), _written_to(2, err.fileno()):
            try:
                main()
            except SystemExit as ended:
                status = int(ended.code or 0)
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(command, status, out.read().decode(), err.read().decode())


@contextlib.contextmanager
def _written_to(number: int, file: int) -> Iterator[None]:
    """Let one of the standard streams, 1 or 2, go to an open file."""
    name = {1: "stdout", 2: "stderr"}[number]
    before = getattr(sys, name)
    before.flush()
    kept = os.dup(number)
    os.dup2(file, number)
    # The program puts a stream of its own in this one's place, with its encoding.
    setattr(sys, name, os.fdopen(number, "w", encoding="utf-8", closefd=False))
    try:
        yield
    finally:
        getattr(sys, name).flush()
        setattr(sys, name, before)
        os.dup2(kept, number)
        os.close(kept)


@contextlib.contextmanager
def _environment(more: Mapping[str, str]) -> Iterator[None]:
    with mock.patch.dict(os.environ, more):
        time.tzset()
        yield
    time.tzset()


@contextlib.contextmanager
def _signals() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
