"""Where a scan lies, and reading it in such a way that a failure has the right name: changed, damaged or unreadable."""

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
    """Where a scan's bytes lie, and what they were like when they were hashed.

    ``unlocked`` is a copy that can be read without a password, of one that cannot.
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
        """Read something of the scan, which must be what it was when it was hashed.

        Args:
            read: reads it from a file that programs can open.

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
        """See that the scan is what it was, before and after: what fails while it changes, fails because of that."""
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
    """Read something of a scan; where it seems damaged, see first that its disk gives all its bytes.

    A scan whose disk fails is not refused: it may be read on another day.

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
