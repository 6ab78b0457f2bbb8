"""Pictures of pages that were shown, kept to be shown again. The folder can be deleted at any time."""

import os
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

MOST_BYTES = 512 << 20
"""How large the folder may be."""

_BETWEEN = 32  # pictures that are put in before the size is looked at again, on average
_AFTERWARDS = 0.9  # of what is allowed is left, so that not every picture that comes makes another go
_PART = ".part"
_OLD = 3600  # seconds after which nobody writes a part any more
_BEGIN, _END = b"\xff\xd8", b"\xff\xd9"  # of a JPEG (ITU T.81, B.1.1.3)


class _Kept(NamedTuple):
    at: float
    size: int
    file: Path


class PictureCache:
    """JPEGs by name in a folder, ``CASE/NAME.jpg``; when there are too many, those not used for longest go.

    Several processes may use it. If something goes wrong with it, a picture is only made again.
    """

    def __init__(self, folder: Path, most: int = MOST_BYTES) -> None:
        """Set the folder and how many bytes it may hold; the folder may not exist yet."""
        self._folder = folder
        self._most = most

    def get(self, name: str) -> bytes | None:
        """Return a picture, None if it is not there, or not whole: then it is removed."""
        file = self._folder / name
        try:
            content = file.read_bytes()
        except OSError:
            return None
        if not (content.startswith(_BEGIN) and content.endswith(_END)):
            self.drop(name)
            return None
        with suppress(OSError):  # the folder may be one that can only be read
            os.utime(file)
        return content

    def put(self, name: str, content: bytes) -> None:
        """Keep a picture."""
        file = self._folder / name
        part = ""
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=file.parent, suffix=_PART, delete=False) as made:
                part = made.name
                made.write(content)
            Path(part).replace(file)
        except OSError:  # no room, or the case file's folder was deleted at this moment
            with suppress(OSError):
                Path(part).unlink()
            return
        if zlib.crc32(name.encode()) % _BETWEEN == 0:
            self.shrink()

    def drop(self, name: str) -> None:
        """Remove a picture."""
        with suppress(OSError):
            (self._folder / name).unlink()

    def shrink(self) -> None:
        """Remove the pictures that were not used for longest, until the others take no more than is allowed."""
        kept = sorted(self._kept())
        size = sum(one.size for one in kept)
        if size <= self._most:
            return
        for one in kept:
            if size <= self._most * _AFTERWARDS:
                return
            with suppress(OSError):
                one.file.unlink()
            size -= one.size

    def _kept(self) -> Iterator[_Kept]:
        """Yield every picture; remove what a process left that was stopped while it wrote."""
        for file in self._folder.glob("*/*"):
            try:
                at, size = (found := file.stat()).st_mtime, found.st_size
                if file.suffix == _PART and at < time.time() - _OLD:
                    file.unlink()
                    continue
            except OSError:  # another process has just removed it
                continue
            yield _Kept(at, size, file)
