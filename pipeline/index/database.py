"""Opens SQLite files of an archive, also if they may not be written: on a read-only disk, or as another user."""

import os
import sqlite3
from pathlib import Path


def may_be_written(file: Path) -> bool:
    """Whether this process may write a SQLite file and the files that SQLite puts next to it."""
    return os.access(file.parent, os.W_OK) and (not file.exists() or os.access(file, os.W_OK))


def connect(file: Path, seconds: float) -> sqlite3.Connection:
    """Open a SQLite file, read-only if it may not be written.

    Even to read a file in WAL mode, SQLite writes files next to it. It need not if they exist because another process
    has it open, or if it is opened as immutable (https://sqlite.org/wal.html#read_only_databases).

    Args:
        file: the file.
        seconds: how long to wait for other writers.
    """
    if may_be_written(file):
        return sqlite3.connect(file, timeout=seconds, isolation_level=None)
    is_open = file.with_name(f"{file.name}-wal").exists()
    uri = f"{file.absolute().as_uri()}?mode=ro{'' if is_open else '&immutable=1'}"
    return sqlite3.connect(uri, timeout=seconds, isolation_level=None, uri=True)
