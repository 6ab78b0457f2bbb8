"""The default store: SQLite FTS5, one file in the archive, no server.

The tokens are made in ``pipeline.text``; FTS5 takes them as they come. Each level has a table of them; see
``sqlite_scope``. These tables are contentless: what they need to delete a row is made again from the page's units,
which are kept beside them with the boxes of its words.
"""

import itertools
import sqlite3
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from models.case import CaseFile
from models.errors import IndexUnreadableError, IndexUnusableError, QueryError
from models.hit import Found, Hit
from models.level import Level
from models.page import Page, PageRef
from models.scope import Scope
from pipeline.index.database import connect, may_be_written
from pipeline.index.entry import Analysed, entries
from pipeline.index.query import Query
from pipeline.index.results import TOO_LONG, first_only
from pipeline.index.sqlite_border import border
from pipeline.index.sqlite_rows import Rows, Searched
from pipeline.index.sqlite_schema import VERSION, make_tables
from pipeline.index.sqlite_scope import tokens_of
from pipeline.index.sqlite_search import Search
from pipeline.index.store import MEND, Sort, View, check_kept

_BUSY_SECONDS = 30
_HITS_AT_ONCE = 100
# Of SQLite's machine, after which a search looks at the clock: some hundredths of a second.
_STEPS = 1_000_000
# How much is merged in one transaction: about a tenth of a second, during which other writers wait.
_MERGED_AT_ONCE = 500
# A change of more than one row means that there was something to merge (https://sqlite.org/fts5.html#the_merge_command).
_NOTHING_MERGED = 1

# Of the file. What is shown of a page has about 2 KB, so that half of a smaller page of the file would stay empty.
_PAGE_BYTES = 8192
# The forms of a word share most of their tokens: with SQLite's own 2 MB a search reads parts of the file again. Each
# connection has its own cache.
_CACHE_KILOBYTES = 8_000
# Pages that a rebuild adds in one transaction. It keeps their tokens in memory, to add them in the order of their
# numbers: whenever a number is lower than the last one, FTS5 writes to the disk what it has.
_PAGES_AT_ONCE = 2000
# How FTS5 writes while a rebuild fills an index: it keeps so many bytes of tokens in memory, and merges at the end.
_FILLING = {"hashsize": 1 << 26, "automerge": 0, "crisismerge": 1000}
# How it does so otherwise; these are its own values.
_KEEPING = {"hashsize": 1 << 20, "automerge": 4, "crisismerge": 16}

_TOKENS = tuple(map(tokens_of, Level))


class SqliteStore:
    """The index of an archive as one SQLite file."""

    def __init__(self, file: Path, seconds: float | None = None) -> None:
        """Open the index, and make it where there is none.

        Args:
            file: its file.
            seconds: after so many seconds a search is stopped; None for never.

        Raises:
            IndexUnusableError: the file is of another version, or is no index.
        """
        self._file = file
        self._part = file.with_name(f"{file.name}.part")
        self._seconds = seconds
        is_new = not (file.is_file() and file.stat().st_size)
        with self._border():
            self._database = connect(file, _BUSY_SECONDS)
            self._database.row_factory = sqlite3.Row
            try:
                if is_new:
                    self._database.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
                    self._database.execute("PRAGMA auto_vacuum = INCREMENTAL")
                if may_be_written(file) and self._database.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                    self._database.execute("PRAGMA journal_mode = WAL")
                self._database.execute("PRAGMA synchronous = NORMAL")
                self._database.execute("PRAGMA temp_store = MEMORY")
                self._database.execute(f"PRAGMA cache_size = -{_CACHE_KILOBYTES}")
                self._check_version()
                self._rows = Rows(self._database)
            except BaseException:
                self._database.close()
                raise

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the store."""
        self._database.close()

    def put(self, case: CaseFile, pages: Iterable[Page], now: datetime | None = None) -> None:
        """Add the pages of a case file, all of them or none; see :class:`pipeline.index.store.Store`."""
        self.put_analysed((case, list(entries(case, pages, case.levels(now)))))

    def put_analysed(self, found: Analysed) -> None:
        """Add a case file whose entries are made already, all of them or none."""
        case, made = found
        with self._transaction():
            self._rows.remove(case.id)
            self._rows.index(self._rows.add(case, made))

    def set_levels(self, case: CaseFile, now: datetime | None = None) -> bool:
        """Apply the levels of a case file to searches, for all of its pages at once or none.

        What a rebuild that was stopped has left is removed: it holds the pages at their old levels.
        """
        self._remove_part()
        with self._transaction():
            return self._rows.set_levels(case, now)

    def remove(self, case_id: str) -> None:
        """Remove the pages of a case file, and what a rebuild that was stopped has left: it may hold them too."""
        self._remove_part()
        with self._transaction():
            self._rows.remove(case_id)

    def begun(self) -> dict[str, str]:
        """Return the case files that a rebuild which was stopped has added, with their fingerprints."""
        if not self._part.is_file():
            return {}
        try:
            with SqliteStore(self._part) as new:
                new.check_integrity()
                return new.cases()
        except IndexUnreadableError:
            self._remove_part()
            return {}

    def rebuild(self, cases: Iterable[Analysed], kept: Collection[str] = ()) -> int:
        """Rebuild the index in a file beside it, which replaces the old content in one transaction when all is in.

        That file stays if this is stopped, and :meth:`begun` says what it has.
        """
        if not kept:
            self._remove_part()
        with SqliteStore(self._part) as new:
            new._fill(cases, kept)
            self._replace(new)
        self._remove_part()
        return self.count()

    def _replace(self, new: Self) -> None:
        """Replace the content of this index with that of another one, in one transaction."""
        with self._transaction():
            pass  # raises while another process writes; the next step would wait for it for ever
        with self._border():
            new._database.backup(self._database)
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _fill(self, cases: Iterable[Analysed], kept: Collection[str]) -> None:
        """Add case files, some at once, and remove all others except those to keep."""
        with self._transaction():
            self._tell_fts5(_FILLING)
            there = self.cases()
            check_kept(kept, there)
            for case_id in there.keys() - set(kept):
                self._rows.remove(case_id)
        more = iter(cases)
        while self._add_some(more):
            pass
        with self._transaction():
            # One segment instead of a dozen: rare words are found in a third of the time.
            for table in _TOKENS:
                self._database.execute(f"INSERT INTO {table} ({table}) VALUES ('optimize')")  # noqa: S608
            self._tell_fts5(_KEEPING)
        with self._border():
            # Gives back what the segments had. ``execute`` would give back one page of the file.
            self._database.executescript("PRAGMA incremental_vacuum")

    def _tell_fts5(self, values: Mapping[str, int]) -> None:
        """Set how FTS5 writes; the file keeps this."""
        for table, (name, value) in itertools.product(_TOKENS, values.items()):
            self._database.execute(f"INSERT INTO {table} ({table}, rank) VALUES (?, ?)", (name, value))  # noqa: S608

    def _add_some(self, cases: Iterator[Analysed]) -> bool:
        """Add the next case files in one transaction; return whether there may be more."""
        added: list[Searched] = []
        are_more = False
        with self._transaction():
            for case, found in cases:
                added += self._rows.add(case, found)
                if are_more := len(added) >= _PAGES_AT_ONCE:
                    break
            self._rows.index(added)
        return are_more

    def _remove_part(self) -> None:
        for ending in ("", "-wal", "-shm"):
            file = self._part.with_name(f"{self._part.name}{ending}")
            try:
                file.unlink(missing_ok=True)
            except OSError as error:
                raise IndexUnusableError(f"{file} cannot be removed ({error}). Check its permissions.") from error

    def check_integrity(self) -> None:
        """Check every page of the file.

        Raises:
            IndexUnreadableError: one of them is damaged.
        """
        with self._border():
            (found,) = self._database.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise IndexUnreadableError(f"{self._file} is damaged ({found}). {MEND}")

    def merge(self) -> None:
        """Merge FTS5's segments if two have the same level; each search reads all of them.

        Each merge makes a segment of the next level. So mostly small segments are written again, and a large one only
        after dozens of runs.
        """
        with self._border():
            for table in _TOKENS:
                command = f"INSERT INTO {table} ({table}, rank) VALUES (?, ?)"  # noqa: S608
                self._database.execute(command, ("usermerge", 2))
                merged = True
                while merged:
                    before = self._database.total_changes
                    self._database.execute(command, ("merge", _MERGED_AT_ONCE))
                    merged = self._database.total_changes - before > _NOTHING_MERGED

    def count(self) -> int:
        """Return the number of all pages."""
        with self._border():
            return int(self._database.execute("SELECT count(*) FROM pages").fetchone()[0])

    def cases(self) -> dict[str, str]:
        """Return the ids of the case files, each with its fingerprint."""
        with self._border():
            return dict(self._database.execute("SELECT id, fingerprint FROM cases ORDER BY id").fetchall())

    def search(self, query: Query, view: View, scope: Scope) -> Found:
        """Return the pages that answer a query; see :class:`pipeline.index.store.Store`."""
        with self._reading(scope) as search, self._limited():
            search.run(query, view.offset + view.limit if first_only(query, view) else None)
            return search.found(view)

    def each(self, query: Query, sort: Sort, scope: Scope) -> Iterator[Hit]:
        """Yield every page that answers a query."""
        with self._reading(scope) as search:
            search.run(query)
            offset = 0
            while hits := search.hits(View(limit=_HITS_AT_ONCE, offset=offset, sort=sort)):
                yield from hits
                offset += _HITS_AT_ONCE

    def places(self, query: Query, scope: Scope) -> Iterator[PageRef]:
        """Yield the pages that answer a query, without a look at their words."""
        with self._reading(scope) as search:
            search.run(query)
            yield from search.places()

    @contextmanager
    def _reading(self, scope: Scope) -> Iterator[Search]:
        """Begin a search that reads the index as it is at this moment."""
        with self._border():
            self._database.execute("BEGIN")
            try:
                yield Search(self._database, scope)
            finally:
                self._database.execute("ROLLBACK")

    @contextmanager
    def _limited(self) -> Iterator[None]:
        """Stop a search that takes too long, so that nobody can keep a server busy with it."""
        if self._seconds is None:
            yield
            return
        until = time.monotonic() + self._seconds
        self._database.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
        try:
            yield
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_INTERRUPT:
                raise
            raise QueryError(TOO_LONG, 0) from None
        finally:
            self._database.set_progress_handler(None, 0)

    def _check_version(self) -> None:
        """Check the version of the file, and make its tables if it is new; others may open it at the same time."""
        version = self._database.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            with self._transaction():
                version = self._database.execute("PRAGMA user_version").fetchone()[0]
                if version == 0 and not self._database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                    make_tables(self._database)
                    version = VERSION
        if version != VERSION:
            raise IndexUnreadableError(f"{self._file} was made by another version of Bannasar. {MEND}")

    def _border(self) -> AbstractContextManager[None]:
        return border(self._file)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._border():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.execute("COMMIT")
            except BaseException:
                # SQLite has rolled back by itself where the disk is full.
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise
