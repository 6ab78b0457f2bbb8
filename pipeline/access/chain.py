"""A file that only grows: a line for each thing that happened, each chained to the one before.

A line is a JSON object. ``number`` counts from 1, and ``previous`` is the SHA-256 of the whole line before it, 64 zeros
in the first: so no line can be changed, removed or inserted without breaking the chain at that place. If lines are cut
off at the end, the chain is not broken; this shows only if the digest of a later line is kept elsewhere.
"""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Generic, NamedTuple, Protocol, TypeVar

from models.errors import ChainBrokenError

FIRST = "0" * 64
_USUAL, _LONGEST = 1 << 13, 1 << 20  # bytes that hold two usual lines, and any line


class Chained(Protocol):
    """A line of a chain."""

    @property
    def number(self) -> int:
        """Its place, from 1."""

    @property
    def previous(self) -> str:
        """The digest of the line before it."""

    def written(self) -> str:
        """Return the line as it is in the file, without its end."""


class Checked(NamedTuple):
    """The beginning of a file that was checked: its bytes, how many lines, and the digest of the last of them."""

    size: int = 0
    lines: int = 0
    last: str = FIRST


_Line = TypeVar("_Line", bound=Chained)


def digest(line: Chained) -> str:
    """Return the SHA-256 of a line: the ``previous`` of the next one."""
    return _digest(line.written().encode())


def after(line: Chained | None) -> tuple[int, str]:
    """Return ``number`` and ``previous`` of the line that comes after one; after None comes the first."""
    return (line.number + 1, digest(line)) if line else (1, FIRST)


class Chain(Generic[_Line]):
    """One such file."""

    def __init__(
        self, file: Path, read: Callable[[bytes], _Line], broken: type[ChainBrokenError], mode: int = 0o666
    ) -> None:
        """Set the file.

        Args:
            file: the file; it may not exist yet.
            read: makes a line from its bytes; raises ValueError, TypeError, KeyError or RecursionError otherwise.
            broken: the error to raise if a line is not what it was when it was written.
            mode: the permissions of a new file.
        """
        self._file = file
        self._mode = mode
        self._parse = read
        self._broken = broken

    def last(self) -> _Line | None:
        """Return the last line, None before there is one.

        Raises:
            ChainBrokenError: it is not a line: nothing can be written after it.
            OSError: it cannot be read.
        """
        if not self._file.exists():
            return None
        with self._file.open("rb") as stream:
            return self._last(stream)[0]

    def write(self, line: _Line) -> None:
        """Write a line, and flush it to the disk. If it is the last line already, nothing changes.

        Raises:
            ChainBrokenError: the last line is damaged, or is not the one that this one follows.
            OSError: the file cannot be written.
        """
        with self._alone() as stream:
            last, end = self._last(stream)
            if last != line:
                self._put(stream, last, end, line)

    def add(self, make: Callable[[int, str], _Line]) -> _Line:
        """Write the next line and return it; other processes may write at the same time.

        Args:
            make: makes the line from its ``number`` and ``previous``.

        Raises:
            ChainBrokenError: the last line is damaged.
            OSError: the file cannot be written; then no part of the line stays in it.
        """
        with self._alone() as stream:
            last, end = self._last(stream)
            line = make(*after(last))
            self._put(stream, last, end, line)
            return line

    def lines(self, checked: Checked = Checked()) -> Iterator[_Line]:  # noqa: B008  # it is not changed
        """Yield the lines, the chain checked up to each.

        Half a line at its end, which a power cut may have left, is none: the next one takes its place.

        Args:
            checked: what was checked before, at the beginning of the file, and is left out.

        Raises:
            ChainBrokenError: a line was changed, removed or inserted.
            OSError: the file cannot be read.
        """
        if not self._file.exists():
            return
        previous = checked.last
        with self._file.open("rb") as stream:
            stream.seek(checked.size)
            for number, ended in enumerate(stream, checked.lines + 1):
                raw = ended.removesuffix(b"\n")
                if raw == ended:
                    return
                line = self._read(raw, f"line {number}")
                if line.number != number or line.previous != previous or line.written().encode() != raw:
                    raise self._broken(
                        f"{self._file}, line {number}: it does not follow from the line before. One of the two was "
                        "changed, or a line between them was removed. Compare it with your copies."
                    )
                previous = _digest(raw)
                yield line

    @contextmanager
    def _alone(self) -> Iterator[BinaryIO]:
        """Open the file to add to it; other processes that write to it must wait."""
        descriptor = os.open(self._file, os.O_RDWR | os.O_APPEND | os.O_CREAT, self._mode)
        # Without a buffer: a buffer would be written when the file is closed, even after the disk was full.
        with os.fdopen(descriptor, "a+b", buffering=0) as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            yield stream

    def _put(self, stream: BinaryIO, last: _Line | None, end: int, line: _Line) -> None:
        if (line.number, line.previous) != after(last):
            raise self._broken(f"{self._file.name}: line {line.number} does not follow from the last one.")
        # A power cut may have left half a line: nothing followed it, and its event is written again.
        stream.truncate(end)
        left = memoryview(line.written().encode() + b"\n")
        try:
            while left:
                left = left[stream.write(left) :]
            os.fsync(stream.fileno())
        except OSError:
            stream.truncate(end)
            raise

    def _last(self, stream: BinaryIO) -> tuple[_Line | None, int]:
        """Return the last whole line, and where it ends."""
        size = stream.seek(0, os.SEEK_END)
        for length in (_USUAL, _LONGEST):
            tail_at = max(0, size - length)
            stream.seek(tail_at)
            whole, newline, _ = stream.read().rpartition(b"\n")
            _, earlier, raw = whole.rpartition(b"\n")
            if earlier or not tail_at:
                break
        if not newline and not tail_at:
            return None, 0
        last = self._read(raw, "the last line")
        if last.written().encode() != raw:
            raise self._broken(f"{self._file.name}, the last line: it was changed after it was written.")
        return last, tail_at + len(whole) + 1

    def _read(self, raw: bytes, which: str) -> _Line:
        try:
            return self._parse(raw)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise self._broken(f"{self._file.name}, {which}: it cannot be read.") from error


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
