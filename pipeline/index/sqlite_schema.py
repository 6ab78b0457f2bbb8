"""The tables of the SQLite store."""

import sqlite3

from models.level import Level
from pipeline.index.entry import About
from pipeline.index.sqlite_ranking import TOKENS
from pipeline.index.sqlite_scope import tokens_of

# The version of the schema and of the tokens: the tokens of a page are made again when it is removed.
VERSION = 12

_ABOUT = ", ".join(f'"{name}"' for name in About._fields)
_TOKENS = tuple(map(tokens_of, Level))
_SCHEMA = (
    # Case files of the same box and the same courts are on one shelf; see sqlite_scope. The courts are in JSON;
    # ``next`` is the number of the shelf's next page.
    """
    CREATE TABLE shelves (
        number INTEGER PRIMARY KEY, box TEXT NOT NULL, courts TEXT NOT NULL, next INTEGER NOT NULL DEFAULT 0,
        UNIQUE (box, courts)
    ) STRICT
    """,
    "CREATE TABLE blocks (number INTEGER PRIMARY KEY, shelf INTEGER NOT NULL REFERENCES shelves) STRICT",
    """
    CREATE TABLE cases (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, shelf INTEGER NOT NULL REFERENCES shelves,
        fingerprint TEXT NOT NULL
    ) STRICT
    """,
    # The columns are the fields of About.
    f"CREATE TABLE documents (id INTEGER PRIMARY KEY, {_ABOUT})",
    'CREATE INDEX documents_by_case ON documents ("case")',
    # What is counted of pages, by one number: to sort pages by five texts takes five times as long.
    """
    CREATE TABLE facets (
        id INTEGER PRIMARY KEY, kind TEXT NOT NULL, court TEXT NOT NULL, year TEXT NOT NULL, box TEXT NOT NULL,
        scripts TEXT NOT NULL, UNIQUE (kind, court, year, box, scripts)
    ) STRICT
    """,
    # The id of a page is in a block of its shelf; see sqlite_scope. The level is a rank.
    """
    CREATE TABLE pages (
        id INTEGER PRIMARY KEY,
        document_id INTEGER NOT NULL REFERENCES documents,
        of_case INTEGER NOT NULL REFERENCES cases,
        level INTEGER NOT NULL,
        scan TEXT NOT NULL,
        path TEXT NOT NULL,
        number INTEGER NOT NULL,
        scripts TEXT NOT NULL,
        place TEXT NOT NULL,
        facet INTEGER NOT NULL REFERENCES facets
    ) STRICT
    """,
    "CREATE INDEX pages_by_document ON pages (document_id)",
    "CREATE INDEX pages_by_place ON pages (place)",
    # What is counted or narrowed on every page that is found, without the rest of its row.
    "CREATE INDEX pages_counted ON pages (id, level, facet, of_case, document_id)",
    "CREATE TABLE shown (page INTEGER PRIMARY KEY, packed BLOB NOT NULL) STRICT",
    # Each level has its own words, with the number of pages that contain them.
    """
    CREATE TABLE words (
        level INTEGER, length INTEGER, word TEXT, pages INTEGER NOT NULL, PRIMARY KEY (level, length, word)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE TABLE levels (level INTEGER PRIMARY KEY, pages INTEGER NOT NULL) STRICT",
    *(f"CREATE VIRTUAL TABLE {table} USING fts5 ({TOKENS})" for table in _TOKENS),
)


def make_tables(database: sqlite3.Connection) -> None:
    """Make the tables in a file that has none."""
    for statement in _SCHEMA:
        database.execute(statement)
    database.execute(f"PRAGMA user_version = {VERSION}")
