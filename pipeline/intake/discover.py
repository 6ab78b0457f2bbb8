"""What is in a box: every entry once, in the order of its path, with any name."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from models.failure import Code, Failure

# Files that systems, disks and network drives keep among people's files: names in small letters.
_SYSTEM_FILES = frozenset({"thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "icon\r"})
_SYSTEM_FOLDERS = frozenset(
    {
        "lost+found",
        "system volume information",
        "$recycle.bin",
        "recycler",
        "recycled",
        "$extend",
        "@eadir",
        "#recycle",
        "@recycle",
        "#snapshot",
        "@recently-snapshot",
        "~snapshot",
        "__macosx",
        "network trash folder",
        "temporary items",
    }
)


@dataclass(frozen=True, slots=True)
class Entry:
    r"""A file of a box.

    ``path`` is its path in the box as text (bytes that are not UTF-8 are shown as ``\xNN``), ``file`` where it is.
    ``refusal`` is set where the entry must not even be opened.
    """

    path: PurePosixPath
    file: Path
    size: int
    mtime_ns: int
    refusal: Failure | None = None

    @property
    def folder(self) -> str:
        """The top folder of the box that the entry is in, "" for an entry directly in the box."""
        return self.path.parts[0] if len(self.path.parts) > 1 else ""


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found in a box; ``ignored`` counts hidden and system files and folders, each folder as one."""

    entries: tuple[Entry, ...]
    ignored: int


def discover(root: Path) -> Discovery:
    """Walk a box.

    Ignored folders are not opened, because often nobody may open them. Links are followed only to files inside the box;
    other links, and entries that are not ordinary files (a pipe would make the reader wait for ever), are refused.

    Args:
        root: the box's folder.

    Raises:
        OSError: the box itself, or a folder in it, cannot be read.
    """
    top = root.resolve(strict=True)
    found: list[Entry] = []
    ignored = 0
    for file, is_meant in _walk(top):
        if is_meant:
            found.append(_entry(top, file))
        else:
            ignored += 1
    return Discovery(tuple(sorted(found, key=lambda entry: entry.path.parts)), ignored)


def shown(path: Path) -> PurePosixPath:
    """Return a path as text that can be stored and printed, bytes that are not UTF-8 escaped."""
    return PurePosixPath(os.fsencode(path).decode("utf-8", "backslashreplace"))


def _walk(folder: Path) -> Iterator[tuple[Path, bool]]:
    """Yield each file below a folder, and whether it counts; of a folder that does not count, only the folder."""
    with os.scandir(folder) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    for entry in listed:
        name = entry.name.lower()
        # This comes first: some hidden folders cannot be examined, not even by root.
        if name.startswith(".") or name in _SYSTEM_FILES:
            yield Path(entry.path), False
        elif not entry.is_dir(follow_symlinks=False):
            yield Path(entry.path), True
        elif name in _SYSTEM_FOLDERS:
            yield Path(entry.path), False
        else:
            yield from _walk(Path(entry.path))


def _entry(top: Path, file: Path) -> Entry:
    path = shown(file.relative_to(top))
    try:
        target = file.resolve(strict=True)
        status = target.stat()
    except OSError as error:
        if not os.path.islink(file):  # noqa: PTH114  # pathlib's also fails if the file cannot be examined
            return Entry(path, file, 0, 0)  # it disappeared, or its share did: opening it will show which
        return Entry(
            path, file, 0, 0, Failure(code=Code.OUTSIDE_BOX, detail=f"the link leads nowhere: {error.strerror}")
        )
    except RuntimeError:
        return Entry(path, file, 0, 0, Failure(code=Code.OUTSIDE_BOX, detail="the link leads to itself"))
    if not target.is_relative_to(top):
        return Entry(path, file, 0, 0, Failure(code=Code.OUTSIDE_BOX, detail=f"the link leads to {shown(target)}"))
    if not stat.S_ISREG(status.st_mode):
        return Entry(path, file, 0, 0, Failure(code=Code.OUTSIDE_BOX, detail="it is not an ordinary file"))
    return Entry(path, file, status.st_size, status.st_mtime_ns)
