"""Where a scan is, and how it is read so that a failure gets the right code: changed, damaged or unreadable."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from models.errors import ScanError
from models.failure import Code
from models.scan import Kind
from pipeline.intake.inspect import sha256_of
from pipeline.intake.pdf_file import for_readers

_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a scan's file is, and its state when it was hashed.

    ``unlocked`` is a copy that needs no password, if the scan needs one.
    """

    file: Path
    kind: Kind
    sha256: str
    size: int
    mtime_ns: int
    unlocked: Path | None = None

    @property
    def readable(self) -> Path:
        """The file to read pages from."""
        return self.unlocked or self.file

    def read(self, read: Callable[[Path], _Read]) -> _Read:
        """Read something from the scan, which must be the same as when it was hashed.

        Args:
            read: the function that reads it from a file that programs can open.

        Raises:
            ScanError: the scan changed, cannot be read now, or is damaged.
        """

        def opened() -> _Read:
            with for_readers(self.readable) if self.kind is Kind.PDF else nullcontext(self.readable) as file:
                return read(file)

        with self._unchanged():
            return reread_if_damaged(self.readable, opened)

    @contextmanager
    def _unchanged(self) -> Iterator[None]:
        """Check before and after that the scan is unchanged: a failure while it changes is a failure of that code."""
        self._check_unchanged()
        try:
            yield
        except Exception:
            self._check_unchanged()
            raise
        self._check_unchanged()

    def _check_unchanged(self) -> None:
        try:
            status = self.file.stat()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise ScanError(Code.CHANGED, str(error.strerror)) from error
        except OSError as error:
            raise ScanError(Code.UNREADABLE, str(error.strerror)) from error
        if (status.st_size, status.st_mtime_ns) != (self.size, self.mtime_ns):
            raise ScanError(Code.CHANGED)


def reread_if_damaged(file: Path, read: Callable[[], _Read]) -> _Read:
    """Read something from a scan; if it seems damaged, check first that its disk returns all its bytes.

    A scan whose disk fails is not refused: it may be readable on another day.

    Raises:
        ScanError: it is damaged, or cannot be read now.
    """
    try:
        return read()
    except (ScanError, OSError) as error:
        if isinstance(error, ScanError) and error.failure.code is not Code.DAMAGED:
            raise
        sha256_of(file)
    return read()
