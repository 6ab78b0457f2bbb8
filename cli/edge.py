"""The edge of the program: every error becomes a sentence, a next step and an exit status here."""

import sqlite3
import sys
from typing import NoReturn

from rich.cells import cell_len

from cli.common import err
from cli.terminal import Text, escaped
from models.errors import BannasarError, QueryError, is_disk_full
from models.exit_status import ExitStatus
from pipeline.logs import described

_OF_A_LEDGER = "`bannasar ledger check` says more; `bannasar rebuild --force` makes a new one from the bags."


def end_with(error: Exception) -> NoReturn:
    """Say what went wrong and what to do, then end the program with the exit status for it.

    Nothing that is written on a paper is shown: of an unexpected error, only its kind and its place.
    """
    match error:
        case QueryError():
            _end(str(error), error.exit_status, f"  {error.query}", f"  {' ' * _width(error)}^")
        case BannasarError():
            _end(str(error), error.exit_status)
        case OSError() | sqlite3.OperationalError():
            _end(of_the_system(error), ExitStatus.WRONG_USE)
        case sqlite3.DatabaseError():  # errors of the index are translated where they occur
            _end(f"The archive's ledger.db is damaged ({error}). {_OF_A_LEDGER}", ExitStatus.WRONG_USE)
        case _:  # the message of an unknown error may hold words of a paper
            _end(_unforeseen(error), ExitStatus.WRONG_USE)


def of_the_system(error: OSError | sqlite3.OperationalError) -> str:
    """Return the sentence and the next step for an error of the operating system or of SQLite."""
    where = getattr(error, "filename", None)
    if is_disk_full(error):
        # When a file is copied, the second name is that of the copy.
        where = getattr(error, "filename2", None) or where
        return f"The disk{f' of {where}' if where else ''} is full. Make room, then run the same command again."
    why = error.strerror if isinstance(error, OSError) else str(error)
    return f"{f'{where}: ' if where else ''}{why}. Check its permissions and the disk."


def _unforeseen(error: Exception) -> str:
    return (
        f"Something went wrong that Bannasar does not know ({described(error)}). "
        "Run the command again, and report it if it happens again."
    )


def _end(sentence: str, status: ExitStatus, *below: str) -> NoReturn:
    err.print(Text.assemble(("bannasar:", "bold red"), f" {sentence}"))
    for line in below:
        err.print(line)
    sys.exit(status)


def _width(error: QueryError) -> int:
    return cell_len(escaped(error.query[: error.position]))
