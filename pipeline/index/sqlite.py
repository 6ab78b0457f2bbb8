"""The default store: SQLite FTS5, one file in the archive, no server.

The tokens are made in ``pipeline.text``; FTS5 takes them as they come. Each level has a table of them; see
``sqlite_scope``. These tables are contentless: what they need to delete a row is made again from the page's units,
which are kept beside them with the boxes of its words.
"""

import json
import operator
import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from models.case import CaseFile
from models.errors import IndexUnreadableError, QueryError
from models.hit import Found, Hit
from models.level import Level
from models.message import Message
from models.page import Page, PageRef
from models.scope import Scope
from pipeline.index.database import connect, may_be_written
from pipeline.index.entry import About, abouts_of, entries, searched, words_of
from pipeline.index.packing import unpack
from pipeline.index.query import Query
from pipeline.index.results import first_only
from pipeline.index.sqlite_border import MEND, border
from pipeline.index.sqlite_schema import VERSION, drop_tables, make_tables
from pipeline.index.sqlite_scope import numbers_on, tokens_of
from pipeline.index.sqlite_search import Search
from pipeline.index.store import Sort, View, fingerprint

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
# Pages whose tokens a rebuild keeps in memory, to add them in the order of their numbers: whenever a number is lower
# than the last one, FTS5 writes to the disk what it has.
_PAGES_AT_ONCE = 1000

_ABOUT = ", ".join(f'"{name}"' for name in About._fields)
_TOKENS = tuple(map(tokens_of, Level))


class _Searched(NamedTuple):
    """What is searched of a page, by its number and its level."""

    page: int
    level: Level
    units: str
    fuzzy: str
    words: frozenset[str]


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
                self._check_version()
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
        with self._transaction():
            self._remove_case(case.id)
            self._index(self._add_case(case, pages, now))

    def set_levels(self, case: CaseFile, now: datetime | None = None) -> bool:
        """Apply the levels of a case file to searches, for all of its pages at once or none."""
        levels = case.levels(now)
        with self._transaction():
            held = self._database.execute(
                "SELECT pages.id, level, scan, pages.number, document_id, scripts FROM pages "
                'JOIN documents ON documents.id = document_id WHERE "case" = ?',
                (case.id,),
            ).fetchall()
            wanted = {(ref.scan, ref.number) for document in case.documents for ref in document.pages}
            shelf = self._database.execute(
                "SELECT shelves.box, courts FROM cases JOIN shelves ON shelves.number = shelf WHERE id = ?", (case.id,)
            ).fetchone()
            if {(row["scan"], row["number"]) for row in held} != wanted or (shelf and tuple(shelf)) != _shelf(case):
                return False
            abouts = abouts_of(case, levels)
            documents = self._documents_of(case.id)
            for row in held:
                about = abouts[PageRef(scan=row["scan"], number=row["number"])]
                known = self._document(documents, about)
                if known != row["document_id"]:
                    counted = self._facet(about, row["scripts"])
                    change = "UPDATE pages SET document_id = ?, facet = ? WHERE id = ?"
                    self._database.execute(change, (known, counted, row["id"]))
                level = levels.of(row["scan"], row["number"])
                if level.rank != row["level"]:
                    held_at = self._searched(row["id"], list(Level)[row["level"]])
                    self._remove_tokens(held_at)
                    self._index([held_at._replace(level=level)])
                    self._database.execute("UPDATE pages SET level = ? WHERE id = ?", (level.rank, row["id"]))
            self._database.execute(
                'DELETE FROM documents WHERE "case" = ? '
                "AND NOT EXISTS (SELECT 1 FROM pages WHERE document_id = documents.id)",
                (case.id,),
            )
            self._database.execute("UPDATE cases SET fingerprint = ? WHERE id = ?", (fingerprint(case), case.id))
        return True

    def remove(self, case_id: str) -> None:
        """Remove the pages of a case file."""
        with self._transaction():
            self._remove_case(case_id)

    def rebuild(self, cases: Iterable[tuple[CaseFile, list[Page]]], now: datetime | None = None) -> int:
        """Rebuild the index in one transaction: searches use the old one until everything is in."""
        with self._transaction():
            drop_tables(self._database)
            make_tables(self._database)
            waiting: list[_Searched] = []
            for case, pages in cases:
                waiting += self._add_case(case, pages, now)
                if len(waiting) >= _PAGES_AT_ONCE:
                    self._index(waiting)
                    waiting.clear()
            self._index(waiting)
            # One segment instead of a dozen: rare words are found in a third of the time.
            for table in _TOKENS:
                self._database.execute(f"INSERT INTO {table} ({table}) VALUES ('optimize')")  # noqa: S608
        with self._border():
            # Gives back what the old index and the segments had. ``execute`` would give back one page of the file.
            self._database.executescript("PRAGMA incremental_vacuum")
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return self.count()

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
            sentence = Message(
                "This search takes too long. Ask for fewer or longer words, or only for some boxes, kinds or years."
            )
            raise QueryError(sentence, 0) from None
        finally:
            self._database.set_progress_handler(None, 0)

    def _add_case(self, case: CaseFile, pages: Iterable[Page], now: datetime | None) -> list[_Searched]:
        """Add everything of a case file except what is searched, and return that."""
        database = self._database
        database.execute("INSERT OR IGNORE INTO shelves (box, courts) VALUES (?, ?)", _shelf(case))
        (shelf,) = database.execute("SELECT number FROM shelves WHERE box = ? AND courts = ?", _shelf(case)).fetchone()
        number = database.execute(
            "INSERT INTO cases (id, shelf, fingerprint) VALUES (?, ?, ?)", (case.id, shelf, fingerprint(case))
        ).lastrowid
        found = list(entries(case, pages, case.levels(now)))
        rows = numbers_on(database, shelf, len(found))
        documents: dict[About, int] = {}
        for row, entry in zip(rows, found, strict=True):
            scripts = f" {' '.join(entry.scripts)} "
            database.execute(
                "INSERT INTO pages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    row,
                    self._document(documents, entry.about),
                    number,
                    entry.level.rank,
                    entry.scan,
                    entry.path,
                    entry.number,
                    scripts,
                    entry.place,
                    self._facet(entry.about, scripts),
                ),
            )
            database.execute("INSERT INTO shown VALUES (?, ?)", (row, entry.shown))
        return [
            _Searched(row, entry.level, entry.units, entry.fuzzy, entry.words)
            for row, entry in zip(rows, found, strict=True)
        ]

    def _documents_of(self, case_id: str) -> dict[About, int]:
        """Return the numbers of a case file's rows about documents."""
        rows = self._database.execute(f'SELECT id, {_ABOUT} FROM documents WHERE "case" = ?', (case_id,))  # noqa: S608
        return {About(*known): number for number, *known in rows}

    def _document(self, documents: dict[About, int], known: About) -> int:
        """Return the number of the row about a document; the row is made if ``documents`` does not have it yet."""
        if known not in documents:
            marks = ", ".join("?" * len(About._fields))
            made = self._database.execute(f"INSERT INTO documents ({_ABOUT}) VALUES ({marks})", known)  # noqa: S608
            documents[known] = made.lastrowid or 0
        return documents[known]

    def _facet(self, about: About, scripts: str) -> int:
        """Return the number of what is counted of a page."""
        counted = (about.kind, about.court, about.year, about.box, scripts)
        self._database.execute(
            "INSERT OR IGNORE INTO facets (kind, court, year, box, scripts) VALUES (?, ?, ?, ?, ?)", counted
        )
        found = self._database.execute(
            "SELECT id FROM facets WHERE kind = ? AND court = ? AND year = ? AND box = ? AND scripts = ?", counted
        )
        return int(found.fetchone()[0])

    def _remove_case(self, case_id: str) -> None:
        rows = self._database.execute(
            'SELECT id, level FROM pages WHERE document_id IN (SELECT id FROM documents WHERE "case" = ?)',
            (case_id,),
        )
        for page, level in rows.fetchall():
            self._remove_tokens(self._searched(page, list(Level)[level]))
            self._database.execute("DELETE FROM shown WHERE page = ?", (page,))
            self._database.execute("DELETE FROM pages WHERE id = ?", (page,))
        self._database.execute('DELETE FROM documents WHERE "case" = ?', (case_id,))
        self._database.execute("DELETE FROM cases WHERE id = ?", (case_id,))

    def _searched(self, page: int, level: Level) -> _Searched:
        """Return what is searched of a page, made again from its units."""
        packed = self._database.execute("SELECT packed FROM shown WHERE page = ?", (page,)).fetchone()[0]
        found = unpack(packed).units.units()
        return _Searched(page, level, *searched(found), words_of(found))

    def _index(self, added: Sequence[_Searched]) -> None:
        """Add the tokens and words of pages to those of their levels."""
        database = self._database
        words: Counter[tuple[int, int, str]] = Counter()
        for one in sorted(added, key=operator.attrgetter("page")):
            database.execute(
                f"INSERT INTO {tokens_of(one.level)} (rowid, units, fuzzy) VALUES (?, ?, ?)",  # noqa: S608
                (one.page, one.units, one.fuzzy),
            )
            words.update((one.level.rank, len(word), word) for word in one.words)
        database.executemany(
            "INSERT INTO words VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET pages = pages + excluded.pages",
            ((*word, pages) for word, pages in sorted(words.items())),
        )
        database.executemany(
            "INSERT INTO levels VALUES (?, ?) ON CONFLICT DO UPDATE SET pages = pages + excluded.pages",
            Counter(one.level.rank for one in added).items(),
        )

    def _remove_tokens(self, held: _Searched) -> None:
        """Remove a page's tokens and words from those of its level."""
        database = self._database
        table, level = tokens_of(held.level), held.level.rank
        database.execute(
            f"INSERT INTO {table} ({table}, rowid, units, fuzzy) VALUES ('delete', ?, ?, ?)",  # noqa: S608
            (held.page, held.units, held.fuzzy),
        )
        words = [(level, len(word), word) for word in held.words]
        one = "WHERE level = ? AND length = ? AND word = ?"
        database.executemany(f"DELETE FROM words {one} AND pages = 1", words)  # noqa: S608
        database.executemany(f"UPDATE words SET pages = pages - 1 {one}", words)  # noqa: S608
        database.execute("UPDATE levels SET pages = pages - 1 WHERE level = ?", (level,))

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


def _shelf(case: CaseFile) -> tuple[str, str]:
    """Return what a case file's shelf is known by: its box, and its courts."""
    return case.box, json.dumps(sorted(case.courts), ensure_ascii=False)
