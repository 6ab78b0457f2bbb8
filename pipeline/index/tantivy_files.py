"""The files of the Tantivy store: one folder of indexes, which a rebuild replaces as a whole.

``current`` has the name of the folder in use. It holds an index for each level, and one of case files. Tantivy keeps
each of them whole through a crash: what is not committed is not there. Readers keep the files that they have opened.
"""

import errno
import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import tantivy

from models.errors import IndexUnreadableError, IndexUnusableError
from models.level import Level
from pipeline.index.store import MEND
from pipeline.index.tantivy_entries import CASE_FILES, PAGES, TOKENIZER

# The version of the fields, the tokens and what is kept. An index of another version must be rebuilt.
VERSION = 1
CASES = "cases"
_NAMES = (*Level, CASES)
_CURRENT, _LOCK, _PART = "current", "lock", "part"
_WAIT_SECONDS, _LOOK_SECONDS = 30, 0.02
# Tantivy's own least, and what lets it write larger pieces while a rebuild fills an index.
_BYTES, _FILLING_BYTES = 15_000_000, 128_000_000
# The tokens are ready-made, with spaces between them.
_SPACES = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()


class Indexes:
    """The indexes of one folder: one for each level, and one of case files."""

    def __init__(self, folder: Path) -> None:
        """Set the folder; each index is opened when it is used."""
        self.folder = folder
        self._opened: dict[str, tantivy.Index] = {}
        self._seen: dict[str, bytes] = {}

    @classmethod
    def make(cls, folder: Path) -> Self:
        """Make empty indexes in a folder, which must not exist."""
        for name in _NAMES:
            (folder / name).mkdir(parents=True)
            tantivy.Index(CASE_FILES if name == CASES else PAGES, path=str(folder / name))
        return cls(folder)

    def __getitem__(self, name: str) -> tantivy.Index:
        """Return the index of a level, or :data:`CASES`."""
        if name not in self._opened:
            index = tantivy.Index.open(str(self.folder / name))
            index.register_tokenizer(TOKENIZER, _SPACES)
            index.config_reader("manual")
            self._opened[name] = index
        return self._opened[name]

    def searcher(self, name: str) -> tantivy.Searcher:
        """Return what is in an index at this moment."""
        index, state = self[name], self.state(name)
        if self._seen.get(name) != state:
            index.reload()
            self._seen[name] = state
        return index.searcher()

    def state(self, name: str) -> bytes:
        """Return what is another after each commit. The time of the file and its number may be the same again."""
        return (self.folder / name / "meta.json").read_bytes()


class Writing:
    """Changes of indexes; each index is changed by itself, when it is committed."""

    def __init__(self, indexes: Indexes, size: int) -> None:
        """Change nothing yet."""
        self._indexes = indexes
        self._size = size
        self._writers: dict[str, tantivy.IndexWriter] = {}

    def __getitem__(self, name: str) -> tantivy.IndexWriter:
        """Return the writer of the index of a level, or of :data:`CASES`."""
        if name not in self._writers:
            self._writers[name] = self._indexes[name].writer(self._size, 1)
        return self._writers[name]

    def remove(self, case_id: str, names: Iterable[str]) -> None:
        """Remove what some of the indexes have of a case file."""
        for name in names:
            self[name].delete_documents_by_term("case", case_id)

    def forget(self, case_id: str) -> None:
        """Remove the entry of a case file, and keep that before anything else: its pages will not be whole."""
        self.remove(case_id, [CASES])
        self._keep(CASES)

    def commit(self) -> None:
        """Keep what was changed: the levels first, so that a case file is known when its pages are in."""
        for name in _NAMES:
            if name in self._writers:
                self._keep(name)

    def _keep(self, name: str) -> None:
        self._writers[name].commit()

    def undo(self) -> None:
        """Give up what is not committed, and the room that it takes: otherwise a full disk would stay full."""
        for writer in self._writers.values():
            with suppress(ValueError):  # what went wrong before is what matters
                writer.rollback()
                writer.garbage_collect_files()

    def close(self) -> None:
        """Wait until the pieces are merged that are worth it."""
        while self._writers:
            self._writers.popitem()[1].wait_merging_threads()


class Files:
    """The folder of a Tantivy store."""

    def __init__(self, folder: Path) -> None:
        """Set the folder; it may not exist."""
        self.folder = folder
        self._part = folder / _PART
        self._marked = self._part / f"v{VERSION}"
        self._indexes: Indexes | None = None

    @contextmanager
    def border(self) -> Iterator[None]:
        """Say what an error of Tantivy means, and what to do."""
        try:
            yield
        except (ValueError, OSError) as error:
            raise self._meaning(error) from error
        except BaseException as error:
            # A fault in Tantivy itself; the class cannot be imported.
            if type(error).__name__ != "PanicException":
                raise
            raise IndexUnreadableError(f"{self.folder} is damaged ({error}). {MEND}") from error

    def _meaning(self, error: ValueError | OSError) -> IndexUnusableError:
        said = str(error)
        found = re.search(r"\b(?:os error|code:) (\d+)", said)
        code = error.errno if isinstance(error, OSError) else int(found[1]) if found else None
        # Tantivy does not say what its thread met; on a disk that is full it is mostly this.
        is_full = code in {errno.ENOSPC, errno.EDQUOT} or "Worker thread failed" in said
        if is_full:
            sentence = f"The disk of {self.folder} is full. Free some space, then run `bannasar index sync`."
            return IndexUnusableError(sentence)
        is_missing = code == errno.ENOENT and self.folder.is_dir()
        if code is not None and not is_missing:
            return IndexUnusableError(f"{self.folder} cannot be used ({said}). Check its permissions and its disk.")
        return IndexUnreadableError(f"{self.folder} is not an index, or is damaged ({said}). {MEND}")

    def current(self) -> Indexes | None:
        """Return the indexes in use; None if there are none.

        Raises:
            IndexUnreadableError: they were made by another version.
        """
        name = self._name()
        if name is None:
            return None
        if not name.startswith(f"v{VERSION}-"):
            raise IndexUnreadableError(f"{self.folder} was made by another version of Bannasar. {MEND}")
        if self._indexes is None or self._indexes.folder.name != name:
            self._indexes = Indexes(self.folder / name)
        return self._indexes

    def _name(self) -> str | None:
        try:
            return (self.folder / _CURRENT).read_text("ascii", "replace")
        except FileNotFoundError:
            return None

    def searchers(self, names: Iterable[str]) -> list[tantivy.Searcher]:
        """Return what is in some of the indexes at one moment; nothing if there are none."""
        wanted = list(names)
        while True:
            indexes = self.current()
            if indexes is None:
                return []
            try:
                before = list(map(indexes.state, wanted))
                found = list(map(indexes.searcher, wanted))
                # Otherwise a page that goes to another level in between would be found twice, or not at all.
                if list(map(indexes.state, wanted)) == before:
                    return found
            except (ValueError, OSError):
                # A rebuild may just have replaced the folder.
                if self.current() is indexes:
                    raise

    def made(self) -> Indexes:
        """Return the indexes in use, and make them if there are none; the folder must be locked."""
        return self.current() or self.use(self.begin())

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Change the folder while nobody else does."""
        with self.border():
            self.folder.mkdir(exist_ok=True)
            descriptor = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            end = time.monotonic() + _WAIT_SECONDS
            while not _is_ours(descriptor):
                if time.monotonic() > end:
                    raise IndexUnusableError(
                        f"{self.folder} is in use by another program. Try again when it has finished."
                    )
                time.sleep(_LOOK_SECONDS)
            yield
        finally:
            # A process that was forked meanwhile has the descriptor, too: to close it here would not unlock the file.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)

    @contextmanager
    def writing(self, indexes: Indexes, *, filling: bool = False) -> Iterator[Writing]:
        """Change indexes; what is not committed is undone."""
        changes = Writing(indexes, _FILLING_BYTES if filling else _BYTES)
        try:
            yield changes
        except BaseException:
            changes.undo()
            raise
        finally:
            changes.close()

    def begun(self) -> Indexes | None:
        """Return the indexes that a rebuild has begun to fill; None if there are none of this version, or not all."""
        if not self._marked.is_dir():
            return None
        indexes = Indexes(self._marked)
        try:
            with self.border():
                for name in _NAMES:
                    indexes.searcher(name)
        except IndexUnreadableError:
            return None
        return indexes

    def give_up(self) -> None:
        """Make it that no indexes are in use; the next ones to be made replace these."""
        with self.locked(), self.border():
            (self.folder / _CURRENT).unlink(missing_ok=True)

    def begin(self) -> Indexes:
        """Return empty indexes, beside those in use."""
        self.remove_rest()
        return Indexes.make(self._marked)

    def remove_rest(self) -> None:
        """Remove all that is not in use: what a rebuild has begun to fill, or has replaced."""
        in_use = self._name()
        for folder in self.folder.iterdir():
            if folder.is_dir() and folder.name != in_use:
                shutil.rmtree(folder)

    def use(self, filled: Indexes) -> Indexes:
        """Use indexes from now on, remove all others, and return them in their new place."""
        name = f"v{VERSION}-{datetime.now(UTC):%Y%m%d%H%M%S%f}"
        filled.folder.rename(self.folder / name)
        new = self.folder / f"{_CURRENT}.new"
        with new.open("w", encoding="ascii") as stream:
            stream.write(name)
            stream.flush()
            os.fsync(stream.fileno())
        new.rename(self.folder / _CURRENT)
        _sync(self.folder)
        self.remove_rest()
        return Indexes(self.folder / name)


def _is_ours(descriptor: int) -> bool:
    """Lock a file if nobody else has; the system unlocks it when the process ends, in any way."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
