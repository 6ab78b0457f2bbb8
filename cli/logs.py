"""The log of a command: lines on standard error (``--verbose``), or in a file (``--log-file``)."""

import logging
import platform
import secrets
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from logging.handlers import RotatingFileHandler
from pathlib import Path

import typer

from cli.typed import TYPED
from models.exit_status import ExitStatus
from pipeline.logs import OWN, Ids, described

_LOG = logging.getLogger(__name__)
_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)
_MOST_BYTES = 10 << 20  # of a file, before a new one is begun
_OLDER_FILES = 5
# What other libraries may log: sentences with nothing variable but numbers.
_HARMLESS = frozenset({"Retrying request after failure (attempt %d of %d)"})


def begin(verbose: int = 0, file: str = "") -> None:
    """Begin the log of this process. What was typed has precedence over the settings.

    Args:
        verbose: 1 writes what happens to standard error, 2 more of it.
        file: a file that the log is written to as well, "" for none.

    Raises:
        OSError: the file cannot be written.
    """
    verbose = min(TYPED.verbose or verbose, len(_LEVELS) - 1)
    place = TYPED.log_file or (Path(file) if file else None)
    handlers: list[logging.Handler] = []
    if place is not None:
        place = place.expanduser()
        place.parent.mkdir(parents=True, exist_ok=True)
        handlers.append(_File(place, maxBytes=_MOST_BYTES, backupCount=_OLDER_FILES, encoding="utf-8"))
    if verbose:
        handlers.append(_StandardError())
    _replace_handlers(handlers)
    for name in OWN:
        logging.getLogger(name).setLevel(_LEVELS[max(1, verbose)])
    system = f"Python {platform.python_version()}, {platform.system()} {platform.release()}"
    _LOG.info("%s begins, bannasar %s, %s", TYPED.command, version("bannasar"), system)


def end() -> None:
    """Write how the command ended, according to the exception being handled, and end the log."""
    error = sys.exception()
    status = error.exit_code if isinstance(error, typer.Exit) else getattr(error, "exit_status", ExitStatus.WRONG_USE)
    if error is None:
        status = ExitStatus.DONE
    elif not isinstance(error, typer.Exit):
        _LOG.error("%s", described(error))
    _LOG.info("%s ends with exit status %d after %.1f s", TYPED.command, status, time.monotonic() - TYPED.since)
    _replace_handlers([])
    for name in OWN:
        logging.getLogger(name).setLevel(logging.NOTSET)


def _replace_handlers(handlers: list[logging.Handler]) -> None:
    root = logging.getLogger()
    for older in [one for one in root.handlers if isinstance(one, (_StandardError, _File))]:
        root.removeHandler(older)
        older.close()
    ids = Ids(secrets.token_hex(4))
    for handler in handlers:
        handler.addFilter(ids)
        handler.setFormatter(_Line())
        root.addHandler(handler)


class _Line(logging.Formatter):
    """Writes a line: time (UTC), level, ids, module, message."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a line without control characters.

        For other libraries it names only the library and the line, because a message may hold words of a paper.
        """
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if record.name.split(".")[0] in OWN or record.msg in _HARMLESS:
            message = record.getMessage()
        else:
            message = f"(the message of a library is not kept; {record.module}, line {record.lineno})"
        if record.exc_info and record.exc_info[1]:
            message += f" [{described(record.exc_info[1])}]"
        ids = " ".join(f"{name}={getattr(record, name)}" for name in ("run", "scan", "page"))
        line = f"{at} {record.levelname:<7} {ids} {record.name}: {message}"
        return "".join(one if one.isprintable() else "\ufffd" for one in line)


class _StandardError(logging.Handler):
    """Writes to the standard error of that moment, which a progress bar replaces by its own."""

    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), file=sys.stderr, flush=True)


class _File(RotatingFileHandler):
    """A log file. When it can no longer be written, a sentence says so once, and the command continues."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # as the library's
        """Say why it can no longer be written."""
        del record
        error = sys.exception()
        why = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        logging.getLogger().removeHandler(self)
        print(f"bannasar: The log file {self.baseFilename} cannot be written: {why}.", file=sys.stderr, flush=True)
