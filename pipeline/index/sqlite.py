"""The default store: SQLite FTS5, one file in the archive, no server.

The tokens are made in ``pipeline.text``; FTS5 takes them as they come. The table of tokens is contentless: what it
would need to delete a row is made again from the page's units, which are kept beside it with the boxes of its words.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from models.case import CaseFile
from models.errors import IndexUnreadableError, IndexUnusableError
from models.hit import Found, Hit
from models.page import Page
from pipeline.index.database import connect, may_be_written
from pipeline.index.entry import About, entries, searched, unpack
from pipeline.index.query import Query
from pipeline.index.results import first_only
from pipeline.index.sqlite_ranking import TOKENS
from pipeline.index.sqlite_search import Search
from pipeline.index.store import Sort, View, fingerprint

# Of the schema and of the tokens: those of a page are made again when it is taken out.
VERSION = 5

_BUSY_SECONDS = 30
_DAMAGES = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_HITS_AT_ONCE = 100
# How much is merged in one transaction: for so long, about a tenth of a second, others who write wait.
_MERGED_AT_ONCE = 500
# A change of more than one row means that there was something to merge (https://sqlite.org/fts5.html#the_merge_command).
_NOTHING_MERGED = 1

_ABOUT = ", ".join(f'"{name}"' for name in About._fields)
_TABLES = ("cases", "documents", "pages", "shown", "words", "tokens")
_SCHEMA = (
    "CREATE TABLE cases (id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL) STRICT",
    # The columns are the fields of About.
    f"CREATE TABLE documents (id INTEGER PRIMARY KEY, {_ABOUT})",
    'CREATE INDEX documents_by_case ON documents ("case")',
    """
    CREATE TABLE pages (
        id INTEGER PRIMARY KEY,
        document_id INTEGER NOT NULL REFERENCES documents,
        scan TEXT NOT NULL,
        path TEXT NOT NULL,
        number INTEGER NOT NULL,
        scripts TEXT NOT NULL,
        place TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX pages_by_document ON pages (document_id)",
    "CREATE INDEX pages_by_place ON pages (place)",
    "CREATE TABLE shown (page INTEGER PRIMARY KEY, packed BLOB NOT NULL) STRICT",
    "CREATE TABLE words (length INTEGER, word TEXT, PRIMARY KEY (length, word)) STRICT, WITHOUT ROWID",
    f"CREATE VIRTUAL TABLE tokens USING fts5 ({TOKENS})",
)


class SqliteStore:
    """The index of an archive as one SQLite file."""

    def __init__(self, file: Path) -> None:
        """Open the index, and make it where there is none.

        Raises:
            IndexUnusableError: the file is of another version, or is no index.
        """
        self._file = file
        with self._border():
            self._database = connect(file, _BUSY_SECONDS)
            self._database.row_factory = sqlite3.Row
            try:
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

    def put(self, case: CaseFile, pages: Iterable[Page]) -> None:
        """Put the pages of a case file in, all of them or none; see :class:`pipeline.index.store.Store`."""
        with self._transaction():
            self._take_out(case.id)
            self._put_in(case, pages)

    def remove(self, case_id: str) -> None:
        """Take the pages of a case file out."""
        with self._transaction():
            self._take_out(case_id)

    def rebuild(self, cases: Iterable[tuple[CaseFile, list[Page]]]) -> int:
        """Make the index anew, in one transaction: searches find it as it was until all is in."""
        with self._transaction():
            for table in _TABLES:
                self._database.execute(f"DROP TABLE IF EXISTS {table}")
            self._make_tables()
            for case, pages in cases:
                self._put_in(case, pages)
            # One segment instead of a dozen: rare words are found in a third of the time.
            self._database.execute("INSERT INTO tokens (tokens) VALUES ('optimize')")
        with self._border():
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
            raise IndexUnreadableError(f"{self._file} is damaged ({found}). {_MEND}")

    def merge(self) -> None:
        """Merge FTS5's segments wherever two are of one level; searches look into each of them.

        Each merge makes one of the level above: so mostly small ones are written again, and a large one only after
        dozens of runs.
        """
        with self._border():
            self._database.execute("INSERT INTO tokens (tokens, rank) VALUES ('usermerge', 2)")
            merged = True
            while merged:
                before = self._database.total_changes
                self._database.execute("INSERT INTO tokens (tokens, rank) VALUES ('merge', ?)", (_MERGED_AT_ONCE,))
                merged = self._database.total_changes - before > _NOTHING_MERGED

    def count(self) -> int:
        """Return how many pages are in."""
        with self._border():
            return int(self._database.execute("SELECT count(*) FROM pages").fetchone()[0])

    def cases(self) -> dict[str, str]:
        """Return the case files that are in, by their ids, each with its fingerprint."""
        with self._border():
            return dict(self._database.execute("SELECT id, fingerprint FROM cases ORDER BY id").fetchall())

    def search(self, query: Query, view: View) -> Found:
        """Return the pages that answer a query; see :class:`pipeline.index.store.Store`."""
        with self._reading() as search:
            search.run(query, view.offset + view.limit if first_only(query, view) else None)
            return search.found(view)

    def each(self, query: Query, sort: Sort) -> Iterator[Hit]:
        """Yield every page that answers a query."""
        with self._reading() as search:
            search.run(query)
            offset = 0
            while hits := search.hits(View(limit=_HITS_AT_ONCE, offset=offset, sort=sort)):
                yield from hits
                offset += _HITS_AT_ONCE

    @contextmanager
    def _reading(self) -> Iterator[Search]:
        """Read the index as it is at one moment."""
        with self._border():
            self._database.execute("BEGIN")
            try:
                yield Search(self._database)
            finally:
                self._database.execute("ROLLBACK")

    def _put_in(self, case: CaseFile, pages: Iterable[Page]) -> None:
        database = self._database
        database.execute("INSERT INTO cases VALUES (?, ?)", (case.id, fingerprint(case)))
        documents: dict[About, int | None] = {}
        for entry in entries(case, pages):
            if entry.about not in documents:
                marks = ", ".join("?" * len(About._fields))
                documents[entry.about] = database.execute(
                    f"INSERT INTO documents ({_ABOUT}) VALUES ({marks})",  # noqa: S608
                    entry.about,
                ).lastrowid
            row = database.execute(
                "INSERT INTO pages (document_id, scan, path, number, scripts, place) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    documents[entry.about],
                    entry.scan,
                    entry.path,
                    entry.number,
                    f" {' '.join(entry.scripts)} ",
                    entry.place,
                ),
            ).lastrowid
            database.execute("INSERT INTO shown VALUES (?, ?)", (row, entry.shown))
            database.execute(
                "INSERT INTO tokens (rowid, units, near) VALUES (?, ?, ?)", (row, entry.units, entry.fuzzy)
            )
            # Words that are on no page any more do no harm: they are looked up to be searched for.
            database.executemany(
                "INSERT OR IGNORE INTO words VALUES (?, ?)", [(len(word), word) for word in entry.words]
            )

    def _take_out(self, case_id: str) -> None:
        rows = self._database.execute(
            "SELECT page, packed FROM shown WHERE page IN (SELECT pages.id FROM pages JOIN documents "
            'ON documents.id = document_id WHERE "case" = ?)',
            (case_id,),
        )
        for page, packed in rows.fetchall():
            found = unpack(packed).units.units()
            self._database.execute(
                "INSERT INTO tokens (tokens, rowid, units, near) VALUES ('delete', ?, ?, ?)",
                (page, *searched(found)),
            )
            self._database.execute("DELETE FROM shown WHERE page = ?", (page,))
            self._database.execute("DELETE FROM pages WHERE id = ?", (page,))
        self._database.execute('DELETE FROM documents WHERE "case" = ?', (case_id,))
        self._database.execute("DELETE FROM cases WHERE id = ?", (case_id,))

    def _check_version(self) -> None:
        """Check the version of the file, and make its tables if it is new; others may open it at the same time."""
        version = self._database.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            with self._transaction():
                version = self._database.execute("PRAGMA user_version").fetchone()[0]
                if version == 0 and not self._database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                    self._make_tables()
                    version = VERSION
        if version != VERSION:
            raise IndexUnreadableError(f"{self._file} was made by another version of Bannasar. {_MEND}")

    def _make_tables(self) -> None:
        for statement in _SCHEMA:
            self._database.execute(statement)
        self._database.execute(f"PRAGMA user_version = {VERSION}")

    @contextmanager
    def _border(self) -> Iterator[None]:
        """Say what an error of SQLite means, and what to do."""
        try:
            yield
        except sqlite3.Error as error:
            code = error.sqlite_errorcode & 0xFF if hasattr(error, "sqlite_errorcode") else None
            if code in _DAMAGES or "vtable constructor" in str(error):
                sentence = f"{self._file} is not an index, or is damaged ({error}). {_MEND}"
                raise IndexUnreadableError(sentence) from error
            if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                what = f"{self._file} is in use by another program. Try again when that is done."
            elif code == sqlite3.SQLITE_FULL:
                what = f"The disk of {self._file} is full. Make room, then run `bannasar index sync`."
            else:
                what = f"{self._file} cannot be used ({error}). Check its permissions and the disk it lies on."
            raise IndexUnusableError(what) from error

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


_MEND = "Make it anew from the bags: `bannasar index rebuild`."
