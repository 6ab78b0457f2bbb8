"""``access.db``: accounts, sessions, requests and reports of one archive, in SQLite, for its owner's eyes only."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from models.errors import AccessError

FILE = "access.db"
# The statements of each version; a database of an earlier one is given those that it lacks.
_VERSIONS = (
    """
CREATE TABLE secret (value BLOB NOT NULL);
CREATE TABLE groups (name TEXT PRIMARY KEY, boxes TEXT NOT NULL /* names, as JSON */) WITHOUT ROWID;
CREATE TABLE accounts (
    name TEXT PRIMARY KEY, role TEXT NOT NULL, password TEXT NOT NULL, locked INTEGER NOT NULL DEFAULT 0,
    member_of TEXT REFERENCES groups (name)
) WITHOUT ROWID;
CREATE TABLE tries (name TEXT PRIMARY KEY, failed INTEGER NOT NULL, until REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE sessions (
    token TEXT PRIMARY KEY,  -- its SHA-256
    account TEXT NOT NULL REFERENCES accounts (name), begun REAL NOT NULL, seen REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE requests (
    number INTEGER PRIMARY KEY,  -- the line of the journal in which it was asked
    asked_by TEXT NOT NULL, case_id TEXT NOT NULL, told TEXT NOT NULL /* all of it, as JSON */,
    decision TEXT NOT NULL DEFAULT '', until REAL
);
CREATE TABLE ends (case_id TEXT PRIMARY KEY, at REAL NOT NULL /* the next end date of a restriction */) WITHOUT ROWID;
CREATE INDEX granted ON requests (asked_by) WHERE decision = 'granted';
INSERT INTO secret VALUES (randomblob(32));
""",
    """
CREATE TABLE seals (number INTEGER PRIMARY KEY AUTOINCREMENT, told TEXT NOT NULL /* all of it, as JSON */);
""",
    """
ALTER TABLE groups ADD COLUMN courts TEXT NOT NULL DEFAULT 'null' /* names, as JSON; boxes and courts: null for any */;
""",
    """
CREATE TABLE reports (
    number INTEGER PRIMARY KEY AUTOINCREMENT, reported_by TEXT NOT NULL, told TEXT NOT NULL /* all of it, as JSON */,
    answer TEXT NOT NULL DEFAULT ''
);
""",
    """
ALTER TABLE accounts ADD COLUMN issuer TEXT;
ALTER TABLE accounts ADD COLUMN subject TEXT;
CREATE UNIQUE INDEX identities ON accounts (issuer, subject) WHERE subject IS NOT NULL;
""",
    """
CREATE INDEX reports_by_person ON reports (reported_by);
CREATE INDEX tries_by_end ON tries (until);
""",
)


@contextmanager
def access_database(archive: Path, *, changes: bool = True) -> Iterator[sqlite3.Connection]:
    """Open the database in a transaction that an error undoes; if there is none, it is created.

    Args:
        archive: the archive's folder.
        changes: whether something may be changed: then it waits for others who change something. Who only reads does
            not wait, and nobody waits for it.

    Raises:
        AccessError: it cannot be used.
    """
    file = archive / FILE
    try:
        if not file.exists():  # SQLite would make it for all to read
            os.close(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600))
        with closing(sqlite3.connect(file, timeout=30, isolation_level=None)) as database:
            database.row_factory = sqlite3.Row
            database.execute("PRAGMA foreign_keys = ON")
            # A transaction that has read cannot wait for another one that writes.
            changes = changes or _version(database) < len(_VERSIONS)
            database.execute("BEGIN IMMEDIATE" if changes else "BEGIN")
            try:
                _prepare(database)
                yield database
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")
    except sqlite3.DatabaseError as error:
        raise AccessError(
            f"{file}: {error}.", "Check its permissions and the disk, or put it back from a copy."
        ) from error


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _prepare(database: sqlite3.Connection) -> None:
    version = _version(database)
    if version > len(_VERSIONS):
        raise AccessError(f"{FILE} was written by a newer Bannasar.")
    if version < len(_VERSIONS):
        for statements in _VERSIONS[version:]:
            for statement in statements.split(";\n"):
                database.execute(statement)
        database.execute(f"PRAGMA user_version = {len(_VERSIONS)}")


def secret(archive: Path) -> bytes:
    """Return the archive's own secret of 32 bytes, which nobody chose; raises AccessError."""
    with access_database(archive, changes=False) as database:
        return bytes(database.execute("SELECT value FROM secret").fetchone()[0])
