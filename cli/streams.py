"""Standard output and standard error. A full disk, or a reader that has ended, causes no traceback."""

import codecs
import errno
import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from models.exit_status import ExitStatus

_ESCAPED = "bannasar.escaped"


class OutputLostError(Exception):
    """Standard output cannot be written: its disk is full, or its reader has ended.

    It is not an ``OSError``, so that no command handles it as an error of its own files.
    """

    def __init__(self, error: OSError) -> None:
        """Keep the system's error."""
        super().__init__(error)
        self.error = error


class _Output(io.FileIO):
    def write(self, data: object, /) -> int:
        try:
            return super().write(data)  # type: ignore[arg-type]  # any buffer
        except OSError as error:
            raise OutputLostError(error) from error


class _Errors(io.FileIO):
    def write(self, data: object, /) -> int:
        try:
            return super().write(data)  # type: ignore[arg-type]  # any buffer
        except OSError:
            # A run does not end because its progress cannot be shown: its exit status and the ledger hold the result.
            return memoryview(data).nbytes  # type: ignore[arg-type]


@contextmanager
def standard_streams() -> Iterator[None]:
    """Write to standard output and standard error in a way that never ends in a traceback.

    A character that the encoding lacks is written as in JSON, with a backslash and its number, so that JSON stays
    valid. If the disk of standard output is full, a sentence says so. If its reader has ended (``| head``), the program
    ends with 141, which shells report for a program that the signal SIGPIPE ended.
    """
    codecs.register_error(_ESCAPED, _escape)
    for number in (0, 1, 2):
        _open_if_closed(number)
    sys.stdout = _over(_Output(1, "w", closefd=False), sys.stdout)
    sys.stderr = _over(_Errors(2, "w", closefd=False), sys.stderr)
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except OutputLostError as lost:
        # The rest of the buffer is dropped, so that Python does not try to write it again when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if lost.error.errno == errno.EPIPE:
            sys.exit(ExitStatus.NOBODY_READS)
        print(f"bannasar: Standard output: {lost.error.strerror}.", file=sys.stderr)
        sys.exit(ExitStatus.MISSING_DEPENDENCY)


def _open_if_closed(number: int) -> None:
    """Open a closed standard stream (``>&-``) to nowhere; otherwise the next file opened would get its number."""
    try:
        os.fstat(number)
    except OSError:
        os.open(os.devnull, os.O_RDWR)


def _over(raw: io.FileIO, stream: TextIO | None) -> TextIO:
    """Return a text file over a raw one, in the encoding and with the buffering of the stream that it replaces."""
    encoding = stream.encoding if stream else "utf-8"
    if codecs.lookup(encoding).name == "ascii":  # ASCII means that no locale is set; Typer's echo does the same
        encoding = "utf-8"
    is_eager = raw.isatty() or raw.fileno() == 2
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding, _ESCAPED, line_buffering=is_eager)


def _escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end
