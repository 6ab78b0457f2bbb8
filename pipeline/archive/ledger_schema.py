"""The ledger's file: opens it, makes it, and brings it up to date if an older version wrote it."""

import logging
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from models.errors import LedgerError
from pipeline.index.database import connect, may_be_written

_LOG = logging.getLogger(__name__)
FILE = "ledger.db"
VERSION = 5
_BESIDE = ("", "-wal", "-shm")  # the files that SQLite puts next to a database in WAL mode


def ledger_file(archive: Path) -> Path:
    """Return the file of an archive's ledger."""
    return archive / FILE


def is_made(archive: Path) -> bool:
    """Whether an archive has a ledger."""
    return ledger_file(archive).is_file()


def open_ledger(archive: Path) -> sqlite3.Connection:
    """Open the ledger of an archive, or make one; only for reading if it cannot be written.

    Raises:
        LedgerError: another version wrote it, it is not a ledger, or it cannot be opened.
    """
    database, version = _connect(archive)
    if 0 < version < VERSION:
        database.close()
        raise LedgerError(
            f"The ledger of {archive} was written by an older Bannasar (schema {version}, this one knows {VERSION}).",
            "`bannasar ledger check` brings it up to date, as every run does. If you can only read it, copy the "
            "archive first.",
        )
    file = ledger_file(archive)
    if version == 0:
        _upgrade(database, file, version)
    try:
        if may_be_written(file):
            database.execute("PRAGMA journal_mode = WAL")  # readers and the writer do not wait for each other
    except sqlite3.DatabaseError as error:
        database.close()
        raise _unusable(file, error) from error
    return database


def migrate(archive: Path) -> None:
    """Bring the ledger of an archive up to date, one version after the other; the archive must be held.

    Raises:
        LedgerError: it cannot be used.
    """
    database, version = _connect(archive)
    with closing(database):
        _upgrade(database, ledger_file(archive), version)


def is_outdated(archive: Path) -> bool:
    """Whether an older version wrote the ledger of an archive; False where there is none.

    Raises:
        LedgerError: it cannot be used.
    """
    if not is_made(archive):
        return False
    database, version = _connect(archive)
    database.close()
    return 0 < version < VERSION


def set_aside(archive: Path) -> Path | None:
    """Rename the ledger of an archive that nobody has open, and return its new file; None where there is none."""
    file = ledger_file(archive)
    if not file.exists():
        return None
    kept = file.with_name(f"ledger-{datetime.now(UTC):%Y%m%dT%H%M%S}.db")
    for ending in _BESIDE:
        part = file.with_name(file.name + ending)
        if part.exists():
            part.rename(kept.with_name(kept.name + ending))
    return kept


def _connect(archive: Path) -> tuple[sqlite3.Connection, int]:
    """Return the ledger's database, and the version of its tables: 0 if it is new."""
    archive.mkdir(parents=True, exist_ok=True)
    file = ledger_file(archive)
    try:
        database = connect(file, 30)
    except sqlite3.OperationalError as error:
        raise LedgerError(f"{file}: {error}. Check its permissions and the disk.") from error
    database.row_factory = sqlite3.Row
    try:
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("PRAGMA foreign_keys = ON")
        version = int(database.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.DatabaseError as error:
        database.close()
        raise _unusable(file, error) from error
    if version > VERSION:
        database.close()
        raise LedgerError(f"The ledger was written by a newer Bannasar (schema {version}, this one knows {VERSION}).")
    return database, version


def _upgrade(database: sqlite3.Connection, file: Path, version: int) -> None:
    try:
        for step in range(version + 1, VERSION + 1):
            migration = (Path(__file__).with_name("migrations") / f"{step}.sql").read_text("utf-8")
            database.executescript(f"BEGIN IMMEDIATE; {migration}; PRAGMA user_version = {step}; COMMIT;")
            if version:
                _LOG.info("the ledger is brought from schema %d to %d", step - 1, step)
    except sqlite3.DatabaseError as error:
        database.close()
        raise _unusable(file, error) from error


def _unusable(file: Path, error: sqlite3.DatabaseError) -> LedgerError:
    return LedgerError(f"{file} is not a ledger, or is damaged ({error}).")
