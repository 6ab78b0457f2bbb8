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
from pipeline.index.store import IndexUnusableError
from pipeline.text.plain import page_text
from pipeline.text.units import sequence, triples, units

VERSION = 1
# A page of which less than this part of the query stands there is no answer.
_LEAST_SHARE = 0.5
# Pages with every term as it is stand above all others.
_EXACT = 1000.0
# Candidates looked at for each page shown, where the order of FTS5 is not the last word.
_CANDIDATES = 4

_SCHEMA = """
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
) STRICT;
CREATE INDEX pages_by_case ON pages (case_id);
-- FTS5's own categories would cut Khmer at every vowel, and drop the joint of our tokens.
CREATE VIRTUAL TABLE tokens USING fts5 (
    units, triples, content = '',
    tokenize = "unicode61 remove_diacritics 0 categories 'L* N* Co M*'"
);
"""


class SqliteStore:
    """The index of an archive as one SQLite file."""

    def __init__(self, file: Path) -> None:
        """Open the index, and make it where there is none.

        Raises:
            IndexUnusableError: the file is of another version, or is no index.
        """
        self._database = sqlite3.connect(file, timeout=30, isolation_level=None)
        self._database.row_factory = sqlite3.Row
        mend = f"Delete {file} and run any box again: the index is made anew from the bags."
        try:
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            version = self._database.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                self._database.executescript(f"BEGIN; {_SCHEMA}; PRAGMA user_version = {VERSION}; COMMIT;")
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise IndexUnusableError(f"{file} is not an index, or is damaged ({error}). {mend}") from error
        if version not in {0, VERSION}:
            self._database.close()
            raise IndexUnusableError(f"{file} was made by another version of Bannasar. {mend}")

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
            for page in pages:
                text, placed = page_text(page)
                places = [(one.start, one.end, *one.word.box) for one in placed]
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
                database.execute("INSERT INTO tokens (rowid, units, triples) VALUES (?, ?, ?)", (row, *_tokens(text)))

    def remove(self, case_id: str) -> None:
        """Take the pages of a case file out."""
        with self._transaction():
            self._take_out(case_id)

    def count(self) -> int:
        """Return how many pages are in."""
        return int(self._database.execute("SELECT count(*) FROM pages").fetchone()[0])

    def search(self, query: Query, limit: int) -> list[Hit]:
        """Return the pages that answer a query.

        Those where every term stands as it is come first; then those that hold enough of the query's pairs and triples
        of clusters, as a page does on which a letter was misread.
        """
        hits = self._hits(query, " AND ".join(map(_phrase, query.terms)), limit, _EXACT, set())
        if len(hits) < limit:
            alike = self._hits(query, _alike(query), limit - len(hits), 0.0, {(hit.scan, hit.page) for hit in hits})
            hits += sorted(alike, key=lambda hit: -hit.score)
        return hits

    def _hits(self, query: Query, expression: str, limit: int, above: float, seen: set[tuple[str, int]]) -> list[Hit]:
        rows = self._database.execute(
            # Ranked first, so that no text is read but of the pages that are looked at.
            "WITH best AS (SELECT rowid, bm25(tokens) AS distance FROM tokens WHERE tokens MATCH ? "
            "ORDER BY distance, rowid LIMIT ?) "
            "SELECT pages.*, distance FROM best JOIN pages ON pages.id = best.rowid ORDER BY distance, pages.id",
            (expression, limit if above else (limit + len(seen)) * _CANDIDATES),
        ).fetchall()
        hits: list[Hit] = []
        for row in rows:
            if (row["scan"], row["number"]) in seen:
                continue
            text = zlib.decompress(row["text"]).decode()
            marked = mark(text, query)
            if not above and (marked.share < _LEAST_SHARE or not marked.spans):
                continue
            shown, marks = snippet(text, marked.spans)
            places = [Place(start, end, Rect(*box)) for start, end, *box in json.loads(zlib.decompress(row["places"]))]
            hits.append(
                Hit(
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
            )
        return hits[:limit] if above else sorted(hits, key=lambda hit: -hit.score)[:limit]

    def _take_out(self, case_id: str) -> None:
        for row in self._database.execute("SELECT id, text FROM pages WHERE case_id = ?", (case_id,)).fetchall():
            tokens = _tokens(zlib.decompress(row["text"]).decode())
            self._database.execute(
                "INSERT INTO tokens (tokens, rowid, units, triples) VALUES ('delete', ?, ?, ?)", (row["id"], *tokens)
            )
        self._database.execute("DELETE FROM pages WHERE case_id = ?", (case_id,))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield self._database
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")


def open_index(archive: Path) -> SqliteStore:
    """Open the index of an archive.

    Raises:
        IndexUnusableError: it cannot be used.
    """
    return SqliteStore(archive / "index.db")


def _tokens(text: str) -> tuple[str, str]:
    found = units(text)
    return " ".join(sequence(found)), " ".join(triples(found))


def _phrase(term: Term) -> str:
    tokens, prefix = term.phrase
    return f'units : "{" ".join(tokens)}"{" *" if prefix else ""}'


def _alike(query: Query) -> str:
    """Return the expression for pages like what is asked for; an exact phrase is asked for as it is."""
    exact = [_phrase(term) for term in query.terms if term.exact]
    loose = [term for term in query.terms if not term.exact]
    parts = [f'units : "{token}"' for term in loose for token in term.pairs]
    parts += [f'triples : "{token}"' for term in loose for token in term.triples]
    parts += [_phrase(term) for term in loose if term.phrase[1]]
    return " AND ".join([*exact, f"({' OR '.join(parts)})"] if parts else exact)
