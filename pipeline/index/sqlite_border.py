"""What an error of SQLite means for the index, and what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.errors import IndexUnreadableError, IndexUnusableError
from pipeline.index.store import MEND

_DAMAGES = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


@contextmanager
def border(file: Path) -> Iterator[None]:
    """Say what an error of SQLite means, and what to do."""
    try:
        yield
    except sqlite3.Error as error:
        code = error.sqlite_errorcode & 0xFF if hasattr(error, "sqlite_errorcode") else None
        if code in _DAMAGES or "vtable constructor" in str(error):
            sentence = f"{file} is not an index, or is damaged ({error}). {MEND}"
            raise IndexUnreadableError(sentence) from error
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            what = f"{file} is in use by another program. Try again when it has finished."
        elif code == sqlite3.SQLITE_FULL:
            what = f"The disk of {file} is full. Free some space, then run `bannasar index sync`."
        else:
            what = f"{file} cannot be used ({error}). Check its permissions and its disk."
        raise IndexUnusableError(what) from error
