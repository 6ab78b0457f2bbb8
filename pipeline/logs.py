"""What a log line may contain, and which run, scan and page it is about.

Every module logs to ``logging.getLogger(__name__)``. A log is given to people who help, and they may not be allowed to
read the archive. So no line, at any level, contains text of a paper, a search query, a secret, or a name: of a box, a
case file, a scan, a folder or a person. A scan is named by the first twelve digits of its SHA-256, which
``bannasar show`` accepts, a case file by its line of the journal, an error by its class and its place in our own code.
tests/cli/test_logs.py checks every line for this.
"""

import errno
import logging
import sqlite3
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

OWN = ("cli", "config", "models", "pipeline", "web")
"""The names under which our own modules log."""

_ROOT = Path(__file__).parents[1]
_DIGITS_OF_SCAN = 12
_NONE = "-"
_RUN = ContextVar("run", default="")
_SCAN = ContextVar("scan", default="")
_PAGE = ContextVar("page", default="")

for _name in OWN:  # without a log, Python prints warnings on standard error: right for the server's, wrong for others
    if _name != "web":
        logging.getLogger(_name).addHandler(logging.NullHandler())


@contextmanager
def about(*, run: str = "", scan: str = "", page: int | None = None) -> Iterator[None]:
    """Mark every line that is logged within this context; values that are not given stay as they were outside.

    Args:
        run: the id of the run, or of the command.
        scan: the SHA-256 of a scan.
        page: the number of a page, from 1.
    """
    given = ((_RUN, run), (_SCAN, scan[:_DIGITS_OF_SCAN]), (_PAGE, "" if page is None else str(page)))
    tokens = [(variable, variable.set(value)) for variable, value in given if value]
    try:
        yield
    finally:
        for variable, token in reversed(tokens):
            variable.reset(token)


class Ids(logging.Filter):
    """Gives each line its ``run``, ``scan`` and ``page``, "-" if it has none; those of another process stay."""

    def __init__(self, run: str = "") -> None:
        """Set the id for lines of threads outside any run."""
        super().__init__()
        self._run = run

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every line pass."""
        for name, value in (("run", _RUN.get() or self._run), ("scan", _SCAN.get()), ("page", _PAGE.get())):
            if not hasattr(record, name):
                setattr(record, name, value or _NONE)
        return True


@dataclass(frozen=True, slots=True)
class Kept:
    """A line that was logged in another process; ``at`` is in seconds since 1970."""

    name: str
    level: int
    message: str
    at: float
    scan: str
    page: str


def level() -> int:
    """Return the lowest level that our modules log in this process now."""
    return logging.getLogger("pipeline").getEffectiveLevel()


class _Keeper(logging.Handler):
    def __init__(self, kept: list[Kept]) -> None:
        super().__init__()
        self._kept = kept
        self.addFilter(Ids())

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        self._kept.append(Kept(record.name, record.levelno, message, record.created, *_ids(record)))


def _ids(record: logging.LogRecord) -> tuple[str, str]:
    return str(getattr(record, "scan", _NONE)), str(getattr(record, "page", _NONE))


@contextmanager
def keeping(least: int) -> Iterator[list[Kept]]:
    """Collect what our modules log in this context, from a level on, for the process that asked for the work."""
    kept: list[Kept] = []
    keeper = _Keeper(kept)
    loggers = [logging.getLogger(name) for name in OWN]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(least)
        logger.addHandler(keeper)
    try:
        yield kept
    finally:
        for logger, own in zip(loggers, before, strict=True):
            logger.setLevel(own)
            logger.removeHandler(keeper)


def log_again(lines: Sequence[Kept]) -> None:
    """Log lines here that were logged in another process."""
    for line in lines:
        logger = logging.getLogger(line.name)
        if logger.isEnabledFor(line.level):
            record = {"name": line.name, "levelno": line.level, "levelname": logging.getLevelName(line.level)}
            record |= {"msg": line.message, "created": line.at, "msecs": line.at % 1 * 1000}
            logger.handle(logging.makeLogRecord({**record, "scan": line.scan, "page": line.page}))


def described(error: BaseException) -> str:
    """Return the class of an error, its place in our own code, and the code that the system or SQLite gave for it.

    Its message may contain text of a paper.
    """
    place, code = place_of(error), _code_of(error)
    return f"{type(error).__name__}{f' at {place}' if place else ''}{f' ({code})' if code else ''}"


def _code_of(error: BaseException) -> str:
    """Return the name of the code of an error or of its cause, as ENOSPC or SQLITE_FULL; "" if there is none."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno is not None:
            return errno.errorcode.get(cause.errno, "")
        if isinstance(cause, sqlite3.Error) and hasattr(cause, "sqlite_errorname"):  # only if SQLite raised it
            return str(cause.sqlite_errorname)
        cause = cause.__cause__
    return ""


def place_of(error: BaseException) -> str:
    """Return the last of our own files in an error's traceback, and the line; "" if there is none."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_ours(Path(frame.filename))]
    return f"{Path(own[-1].filename).relative_to(_ROOT)}, line {own[-1].lineno}" if own else ""


def _is_ours(file: Path) -> bool:
    return file.is_relative_to(_ROOT) and file.relative_to(_ROOT).parts[0] in OWN
