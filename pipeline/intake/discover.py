"""What is in a box: every entry once, in the order of its path, with any name."""

import os
import re
import stat
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
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

_LIKE_A_BYTE = re.compile(rb"\\(?=x[0-9a-f]{2})")
_AT_ONCE = 32  # questions to a disk or a file server
_FILES_AT_ONCE = 64  # by one thread


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
    """Walk a box, many folders and files at once: on a network each question to the disk takes long.

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
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        left = deque([pool.submit(_look, top, str(top))])
        try:
            while left:
                done = left.popleft().result()
                found += done.entries
                ignored += done.ignored
                left.extend(pool.submit(_look, top, folder) for folder in done.folders)
                for start in range(0, len(done.files), _FILES_AT_ONCE):
                    left.append(pool.submit(_examine, top, done.files[start : start + _FILES_AT_ONCE]))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    return Discovery(tuple(sorted(found, key=lambda entry: entry.path.parts)), ignored)


def shown(path: Path) -> PurePosixPath:
    r"""Return a path as text that can be stored and printed: bytes that are not UTF-8 are shown as ``\xNN``.

    No two paths are shown alike: where a name itself has ``\xNN``, its backslash is shown as ``\x5c``.
    """
    raw = _LIKE_A_BYTE.sub(rb"\\x5c", os.fsencode(path))
    return PurePosixPath(raw.decode("utf-8", "backslashreplace"))


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one look saw: folders and files (with whether each is a link) still to look at, and how many do not count.

    A folder of few files is looked at in one go.
    """

    entries: list[Entry]
    folders: list[str] = field(default_factory=list)
    files: list[tuple[str, bool]] = field(default_factory=list)
    ignored: int = 0


def _look(top: Path, folder: str) -> _Seen:
    folders, files, ignored = [], [], 0
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name.lower()
            # This comes first: some hidden folders cannot be examined, not even by root.
            if name.startswith(".") or name in _SYSTEM_FILES:
                ignored += 1
            elif not entry.is_dir(follow_symlinks=False):
                files.append((entry.path, entry.is_symlink()))
            elif name in _SYSTEM_FOLDERS:
                ignored += 1
            else:
                folders.append(entry.path)
    seen = _examine(top, files[:_FILES_AT_ONCE])
    return _Seen(seen.entries, folders, files[_FILES_AT_ONCE:], ignored)


def _examine(top: Path, files: list[tuple[str, bool]]) -> _Seen:
    return _Seen([_of_link(top, Path(file)) if is_link else _of_file(top, file) for file, is_link in files])


def _of_file(top: Path, file: str) -> Entry:
    """Return the entry of something that is not a link. So it is in the box: no link was followed to it."""
    path = shown(Path(file[len(str(top)) :].lstrip("/")))
    try:
        status = os.stat(file, follow_symlinks=False)  # noqa: PTH116  # faster than pathlib's
    except OSError:
        return Entry(path, Path(file), 0, 0)  # it disappeared, or its share did: opening it will show which
    return _examined(path, Path(file), status)


def _of_link(top: Path, file: Path) -> Entry:
    path = shown(file.relative_to(top))
    try:
        target = file.resolve(strict=True)
        status = target.stat()
    except OSError as error:
        if not os.path.islink(file):  # noqa: PTH114  # pathlib's also fails if the file cannot be examined
            return Entry(path, file, 0, 0)
        return Entry(
            path, file, 0, 0, Failure(code=Code.OUTSIDE_BOX, detail=f"the link leads nowhere: {error.strerror}")
        )
    except RuntimeError:
        return Entry(path, file, 0, 0, Failure(code=Code.OUTSIDE_BOX, detail="the link leads to itself"))
    if not target.is_relative_to(top):
        return Entry(path, file, 0, 0, Failure(code=Code.OUTSIDE_BOX, detail=f"the link leads to {shown(target)}"))
    return _examined(path, file, status)


def _examined(path: PurePosixPath, file: Path, status: os.stat_result) -> Entry:
    if not stat.S_ISREG(status.st_mode):
        return Entry(path, file, 0, 0, Failure(code=Code.OUTSIDE_BOX, detail="it is not an ordinary file"))
    return Entry(path, file, status.st_size, status.st_mtime_ns)
