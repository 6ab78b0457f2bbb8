"""Makes a call so that every error comes back as a failure with a code."""

import errno
import logging
import pickle
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from models.errors import ScanError
from models.failure import Code, Failure
from pipeline.logs import Kept, about, described, keeping, log_again

_LOG = logging.getLogger(__name__)
# Messages of programs and libraries (also of the library loader) when the system gives them no more memory.
_OUT_OF_MEMORY = (
    "bad_alloc",
    "Cannot allocate memory",
    "Insufficient memory",
    "Out of memory",
    "failed to map segment",
    "can't start new thread",
)


@dataclass(frozen=True, slots=True)
class Done:
    """What a call returned, or its failure, with the traceback if the error has no code of its own.

    ``lines`` are the log lines of the call.
    """

    value: Any = None
    failure: Failure | None = None
    trace: str = ""
    lines: tuple[Kept, ...] = ()


def perform(
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
    scan: str = "",
    page: int | None = None,
    least: int = logging.WARNING,
) -> Done:
    """Make a call; this is the edge of the workers, where every error without a code gets one.

    Args:
        function: the function to call.
        arguments: its arguments.
        scan: the SHA-256 of the call's scan, for the log.
        page: the number of the call's page, for the log.
        least: the lowest level of the log lines that are kept.
    """
    with keeping(least) as lines, about(scan=scan, page=page):
        done = _called(function, arguments)
    return replace(done, lines=tuple(lines))


def _called(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Done:
    try:
        return Done(function(*arguments))
    except ScanError as error:
        if any(words in error.failure.detail for words in _OUT_OF_MEMORY):
            return Done(failure=error.failure.model_copy(update={"code": Code.OUT_OF_MEMORY}))
        return Done(failure=error.failure)
    except Exception as error:
        _LOG.warning("%s", described(error))
        return Done(failure=Failure(code=_code(error), detail=_named(error)), trace=_trace(error))


def unpickled(answer: bytes | Failure) -> Done:
    """Return the result of a call in a sandbox, from the sandbox's answer or from the failure that ended it."""
    if isinstance(answer, Failure):
        return Done(failure=answer)
    done: Done = pickle.loads(answer)  # noqa: S301  # from our own sandbox
    log_again(done.lines)
    return done


def _named(error: Exception) -> str:
    """Return the class of an error, and its message if the system wrote it: others may contain text of a paper."""
    reason = error.strerror if isinstance(error, OSError) else None
    return f"{type(error).__name__}: {reason}" if reason else type(error).__name__


def _trace(error: Exception) -> str:
    """Return where an error happened, without its message."""
    return f"{''.join(traceback.format_tb(error.__traceback__))}{type(error).__name__}\n"


def _code(error: Exception) -> Code:
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Code.DISK_FULL
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return Code.OUT_OF_MEMORY
    return Code.OUT_OF_MEMORY if any(words in str(error) for words in _OUT_OF_MEMORY) else Code.INTERNAL
