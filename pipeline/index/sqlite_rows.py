"""The rows of the SQLite store: what is written of a page, and removed again."""

import json
import operator
import sqlite3
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from models.case import CaseFile
from models.level import Level
from models.page import PageRef
from pipeline.index.entry import About, Entry, abouts_of, searched, words_of
from pipeline.index.packing import unpack
from pipeline.index.sqlite_scope import numbers_on, tokens_of
from pipeline.index.store import fingerprint

_ABOUT = ", ".join(f'"{name}"' for name in About._fields)


class Searched(NamedTuple):
    """What is searched of a page, by its number and its level."""

    page: int
    level: Level
    units: str
    fuzzy: str
    words: frozenset[str]


class Rows:
    """The rows of an index, in a transaction that the caller begins and ends."""

    def __init__(self, database: sqlite3.Connection) -> None:
        """Keep the connection."""
        self._database = database

    def set_levels(self, case: CaseFile, now: datetime | None) -> bool:
        """Apply the levels of a case file, unless the index holds other pages of it; return whether it does."""
        levels = case.levels(now)
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
                self.index([held_at._replace(level=level)])
                self._database.execute("UPDATE pages SET level = ? WHERE id = ?", (level.rank, row["id"]))
        self._database.execute(
            'DELETE FROM documents WHERE "case" = ? '
            "AND NOT EXISTS (SELECT 1 FROM pages WHERE document_id = documents.id)",
            (case.id,),
        )
        self._database.execute("UPDATE cases SET fingerprint = ? WHERE id = ?", (fingerprint(case), case.id))
        return True

    def add(self, case: CaseFile, found: Sequence[Entry]) -> list[Searched]:
        """Add everything of a case file except what is searched, and return that."""
        database = self._database
        database.execute("INSERT OR IGNORE INTO shelves (box, courts) VALUES (?, ?)", _shelf(case))
        (shelf,) = database.execute("SELECT number FROM shelves WHERE box = ? AND courts = ?", _shelf(case)).fetchone()
        number = database.execute(
            "INSERT INTO cases (id, shelf, fingerprint) VALUES (?, ?, ?)", (case.id, shelf, fingerprint(case))
        ).lastrowid
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
            Searched(row, entry.level, entry.units, entry.fuzzy, entry.words)
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

    def remove(self, case_id: str) -> None:
        """Remove everything of a case file, if there is anything."""
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

    def _searched(self, page: int, level: Level) -> Searched:
        """Return what is searched of a page, made again from its units."""
        packed = self._database.execute("SELECT packed FROM shown WHERE page = ?", (page,)).fetchone()[0]
        found = unpack(packed).units
        return Searched(page, level, *searched(found), words_of(found))

    def index(self, added: Sequence[Searched]) -> None:
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

    def _remove_tokens(self, held: Searched) -> None:
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


def _shelf(case: CaseFile) -> tuple[str, str]:
    """Return what a case file's shelf is known by: its box, and its courts."""
    return case.box, json.dumps(sorted(case.courts), ensure_ascii=False)
