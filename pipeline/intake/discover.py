"""What lies in a box: every entry once, in the order of its path, whatever its name."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from models.failure import Code, Failure

_SYSTEM_FILES = frozenset({"thumbs.db", "desktop.ini", "ehthumbs.db"})


@dataclass(frozen=True, slots=True)
class Entry:
    r"""A file of a box.

    ``path`` is its path in the box as text (bytes that are not UTF-8 are shown as ``\xNN``), ``file`` where it lies.
    ``refusal`` is set where the entry must not even be opened.
    """

    path: PurePosixPath
    file: Path
    size: int
    mtime_ns: int
    refusal: Failure | None = None

    @property
    def folder(self) -> str:
        """The top folder of the box the entry lies in, "" for one that lies in the box by itself."""
        return self.path.parts[0] if len(self.path.parts) > 1 else ""


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found in a box; ``passed_over`` counts hidden and system files."""

    entries: tuple[Entry, ...]
    passed_over: int


def discover(root: Path) -> Discovery:
    """Walk a box.

    Links are followed only to files inside the box; other links, and entries that are no ordinary files (a pipe would
    make the reader wait for ever), come back refused.

    Args:
        root: the box's folder.

    Raises:
        OSError: the box itself, or a folder in it, cannot be read.
    """
    top = root.resolve(strict=True)
    found: list[Entry] = []
    passed_over = 0
    for file in _walk(top):
        if _is_passed_over(file.relative_to(top)):
            passed_over += 1
        else:
            found.append(_entry(top, file))
    return Discovery(tuple(sorted(found, key=lambda entry: entry.path.parts)), passed_over)


def shown(path: Path) -> PurePosixPath:
    """Return a path as text that can be stored and printed, bytes that are not UTF-8 escaped."""
    return PurePosixPath(os.fsencode(path).decode("utf-8", "backslashreplace"))


def _walk(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    for entry in listed:
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path))
        else:
            yield Path(entry.path)


def _is_passed_over(path: Path) -> bool:
    return path.name.lower() in _SYSTEM_FILES or any(part.startswith(".") for part in path.parts)


def _entry(top: Path, file: Path) -> Entry:
    path = shown(file.relative_to(top))
    try:
        target = file.resolve(strict=True)
        status = target.stat()
    except OSError as error:
        if not os.path.islink(file):  # noqa: PTH114  # that of pathlib fails, too, where nothing can be told of the file
            return Entry(path, file, 0, 0)  # it went away, or its share did: whoever opens it will see
        return Entry(
            path, file, 0, 0, Failure(code=Code.OUTSIDE_BOX, detail=f"the link leads nowhere: {error.strerror}")
        )
    except RuntimeError:
        return Entry(path, file, 0, 0, Failure(code=Code.OUTSIDE_BOX, detail="the link leads to itself"))
    if not target.is_relative_to(top):
        return Entry(path, file, 0, 0, Failure(code=Code.OUTSIDE_BOX, detail=f"it leads to {shown(target)}"))
    if not stat.S_ISREG(status.st_mode):
        return Entry(path, file, 0, 0, Failure(code=Code.OUTSIDE_BOX, detail="it is no ordinary file"))
    return Entry(path, file, status.st_size, status.st_mtime_ns)
