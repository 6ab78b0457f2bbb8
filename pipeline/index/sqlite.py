"""The default store: SQLite FTS5, one file in the archive, no server.

The tokens are made in ``pipeline.text.units``; FTS5 takes them as they come. The table of tokens is contentless: what
it would need to delete a row is made again from the page's text, which is kept beside it with the boxes of its words.
"""

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from models.case import CaseFile
from models.hit import Hit
from models.page import Page, Rect
from pipeline.index.marking import Place, boxes, mark, snippet
from pipeline.index.query import Query, Term
from pipeline.index.store import IndexUnusableError, fingerprint
from pipeline.text.plain import page_text
from pipeline.text.units import Unit, tokens, triples, units

# Of the schema and of the tokens: those of a page are made again when it is taken out.
VERSION = 2
# Pages with every term as it is stand above all others.
_EXACT = 1000.0

_BUSY_SECONDS = 30
_DAMAGES = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}

_SCHEMA = (
    "CREATE TABLE cases (id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL) STRICT",
    """
    CREATE TABLE pages (
        id INTEGER PRIMARY KEY,
        case_id TEXT NOT NULL,
        box TEXT NOT NULL,
        document INTEGER NOT NULL,
        scan TEXT NOT NULL,
        path TEXT NOT NULL,
        number INTEGER NOT NULL,
        text BLOB NOT NULL,
        places BLOB NOT NULL
    ) STRICT
    """,
    "CREATE INDEX pages_by_case ON pages (case_id)",
    # FTS5's own categories would cut Khmer at every vowel, and drop the joint of our tokens.
    """
    CREATE VIRTUAL TABLE tokens USING fts5 (
        units, triples, content = '',
        tokenize = "unicode61 remove_diacritics 0 categories 'L* N* Co M*'"
    )
    """,
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
            self._database = sqlite3.connect(file, timeout=_BUSY_SECONDS, isolation_level=None)
            self._database.row_factory = sqlite3.Row
            try:
                if self._database.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                    self._database.execute("PRAGMA journal_mode = WAL")
                self._database.execute("PRAGMA synchronous = NORMAL")
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
        """Put the pages of a case file in; see :class:`pipeline.index.store.Store`."""
        documents = {(ref.scan, ref.number): document.number for document in case.documents for ref in document.pages}
        paths = {scan.sha256: str(scan.path) for scan in case.scans}
        with self._transaction() as database:
            self._take_out(case.id)
            database.execute("INSERT INTO cases VALUES (?, ?)", (case.id, fingerprint(case)))
            for page in pages:
                text, placed = page_text(page)
                found = units(text)
                places = [(one.start, one.end, *one.word.box) for one in placed if one.word.text]
                row = database.execute(
                    "INSERT INTO pages (case_id, box, document, scan, path, number, text, places) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        case.id,
                        case.box,
                        documents[page.scan, page.number],
                        page.scan,
                        paths[page.scan],
                        page.number,
                        zlib.compress(text.encode()),
                        zlib.compress(json.dumps(places, separators=(",", ":")).encode()),
                    ),
                ).lastrowid
                database.execute("INSERT INTO tokens (rowid, units, triples) VALUES (?, ?, ?)", (row, *_tokens(found)))

    def remove(self, case_id: str) -> None:
        """Take the pages of a case file out."""
        with self._transaction():
            self._take_out(case_id)

    def count(self) -> int:
        """Return how many pages are in."""
        with self._border():
            return int(self._database.execute("SELECT count(*) FROM pages").fetchone()[0])

    def cases(self) -> dict[str, str]:
        """Return the case files that are in, by their ids, each with its fingerprint."""
        with self._border():
            return dict(self._database.execute("SELECT id, fingerprint FROM cases ORDER BY id").fetchall())

    def search(self, query: Query, limit: int) -> list[Hit]:
        """Return the pages that answer a query.

        Those where every term stands as it is come first; then those that hold enough of the query's pairs and triples
        of clusters, as a page does on which a letter was misread.
        """
        with self._border():
            exact = self._best(_as_it_is(query), limit)
            hits = [hit for row in exact if (hit := _hit(row, query, _EXACT))]
            if len(hits) < limit and any(not term.exact for term in query.terms):
                seen = {row["id"] for row in exact}
                # Four times as many, ranked again by their share, found 1 % more and took three times as long.
                rows = self._best(_alike(query), limit + len(seen))
                alike = [hit for row in rows if row["id"] not in seen and (hit := _hit(row, query, 0.0))]
                hits += sorted(alike, key=lambda hit: -hit.score)[: limit - len(hits)]
        return hits

    def _best(self, expression: str, limit: int) -> list[sqlite3.Row]:
        return self._database.execute(
            # Ranked first, so that no text is read but of the pages that are looked at.
            "WITH best AS (SELECT rowid, bm25(tokens) AS distance FROM tokens WHERE tokens MATCH ? "
            "ORDER BY distance, rowid LIMIT ?) "
            "SELECT pages.*, distance FROM best JOIN pages ON pages.id = best.rowid ORDER BY distance, pages.id",
            (expression, limit),
        ).fetchall()

    def _check_version(self) -> None:
        """Check the version of the file, and make its tables if it is new; others may open it at the same time."""
        version = self._database.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            with self._transaction() as database:
                version = database.execute("PRAGMA user_version").fetchone()[0]
                if version == 0 and not database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                    for statement in _SCHEMA:
                        database.execute(statement)
                    database.execute(f"PRAGMA user_version = {VERSION}")
                    version = VERSION
        if version != VERSION:
            raise IndexUnusableError(f"{self._file} was made by another version of Bannasar. {self._mend}")

    @property
    def _mend(self) -> str:
        return f"Delete {self._file} and run any box again: the index is made anew from the bags."

    @contextmanager
    def _border(self) -> Iterator[None]:
        """Say what an error of SQLite means, and what to do."""
        try:
            yield
        except sqlite3.Error as error:
            code = error.sqlite_errorcode & 0xFF if hasattr(error, "sqlite_errorcode") else None
            if code in _DAMAGES or "vtable constructor" in str(error):
                what = f"{self._file} is not an index, or is damaged ({error}). {self._mend}"
            elif code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                what = f"{self._file} is in use by another program. Try again when that is done."
            elif code == sqlite3.SQLITE_FULL:
                what = f"The disk of {self._file} is full. Make room, then run any box again."
            else:
                what = f"{self._file} cannot be used ({error}). Check its permissions and the disk it lies on."
            raise IndexUnusableError(what) from error

    def _take_out(self, case_id: str) -> None:
        for row in self._database.execute("SELECT id, text FROM pages WHERE case_id = ?", (case_id,)).fetchall():
            self._database.execute(
                "INSERT INTO tokens (tokens, rowid, units, triples) VALUES ('delete', ?, ?, ?)",
                (row["id"], *_tokens(units(zlib.decompress(row["text"]).decode()))),
            )
        self._database.execute("DELETE FROM pages WHERE case_id = ?", (case_id,))
        self._database.execute("DELETE FROM cases WHERE id = ?", (case_id,))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._border():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
                self._database.execute("COMMIT")
            except BaseException:
                # SQLite has rolled back by itself where the disk is full.
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise


def open_index(archive: Path) -> SqliteStore:
    """Open the index of an archive.

    Raises:
        IndexUnusableError: it cannot be used.
    """
    return SqliteStore(archive / "index.db")


def _tokens(found: list[Unit]) -> tuple[str, str]:
    return " ".join(tokens(found)), " ".join(triples(found))


def _hit(row: sqlite3.Row, query: Query, above: float) -> Hit | None:
    """Return the hit of a page, or None where no term of the query stands on it, not even misread."""
    text = zlib.decompress(row["text"]).decode()
    found = units(text)
    marked = mark(found, query)
    if not marked.spans:
        return None
    shown, marks = snippet(text, found, marked.spans)
    places = [Place(start, end, Rect(*box)) for start, end, *box in json.loads(zlib.decompress(row["places"]))]
    return Hit(
        case=row["case_id"],
        document=row["document"],
        scan=row["scan"],
        path=row["path"],
        box=row["box"],
        page=row["number"],
        score=round(above + min(-row["distance"], _EXACT - 1) * marked.share, 3),
        snippet=shown,
        marks=marks,
        boxes=boxes(marked.spans, places),
    )


def _phrase(term: Term) -> str:
    tokens, prefix = term.phrase
    return f'units : "{" ".join(tokens)}"{" *" if prefix else ""}'


def _as_it_is(query: Query) -> str:
    """Return the expression for pages on which every term stands; those come first where the terms stand in a row."""
    terms = [_phrase(term) for term in query.terms]
    row = [terms[0], *map(_phrase, query.seams)]
    return " AND ".join([*terms, f"({' OR '.join(row)})"] if query.seams else terms)


def _alike(query: Query) -> str:
    """Return the expression for pages like what is asked for; an exact phrase is asked for as it is."""
    exact = [_phrase(term) for term in query.terms if term.exact]
    loose = [term for term in query.terms if not term.exact]
    parts = [f'units : "{token}"' for term in loose for token in term.pairs]
    parts += [f'triples : "{token}"' for term in loose for token in term.triples]
    parts += [_phrase(term) for term in loose if term.phrase[1]]
    parts += [_phrase(seam) for seam in query.seams]
    return " AND ".join([*exact, f"({' OR '.join(parts)})"] if parts else exact)
