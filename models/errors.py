"""One tree of errors. Each class knows its exit status, its HTTP status, its sentence and its next step.

```
BannasarError
├── UsageError                 what was asked for makes no sense                    exit 1, HTTP 400
│   ├── QueryError             … in a query; it knows at which character
│   ├── CorrectionError        … in what a person enters about a document
│   └── NoStatementError       … a text that is not from a certificate
├── SignInError                the asker is not signed in, or could not be             exit 1, HTTP 401
├── NotAllowedError            the asker may not do that                            exit 1, HTTP 403
├── NotFoundError              what was named is not in the archive                 exit 1, HTTP 404
├── ConflictError              something that is there already prevents it          exit 1, HTTP 409
│   ├── ArchiveBusyError       another process works on the archive
│   └── TransferError          a copy cannot be written or imported
│       ├── SameBagError       … because the same bag is there
│       └── NoBagError         … because it is not a bag
├── ConfigurationError         what the operator set up cannot be used              exit 1, HTTP 500
│   ├── SettingsError, GlossaryError, ModelError
├── ArchiveError               a part of the archive cannot be used                 exit 1, HTTP 500
│   ├── LedgerError, AccountError, AccessError, KeyUnusableError
│   ├── ChainBrokenError       a line of an append-only file was changed
│   │   └── JournalBrokenError, AuditBrokenError
│   └── BagError               a bag is damaged, or not the one in the journal      exit 2, HTTP 500
├── UnavailableError           something outside does not answer                    exit 1, HTTP 503
│   ├── IndexUnusableError     … the index
│   │   └── IndexUnreadableError
│   ├── AuditUnusableError     … nothing can be written into the audit log
│   ├── SchedulerError         … Dask's scheduler
│   └── MissingDependencyError … a program, a model or a library                    exit 3
├── TooManyFailuresError       a run stopped by itself                              exit 2, HTTP 500
└── ScanError                  a scan or a page failed; it carries a Failure        exit 2, HTTP 422
```

Errors of the operating system and of libraries are translated where they occur, so that the layers above do not handle
them. No error holds anything that is written on a paper.
"""

import errno
import sqlite3
from http import HTTPStatus
from pathlib import Path
from typing import ClassVar

from models.case import CaseFile
from models.exit_status import ExitStatus
from models.failure import Code, Failure
from models.message import Message


class BannasarError(Exception):
    """The root: an error that a person can understand. ``str()`` is the sentence and the next step."""

    exit_status: ExitStatus = ExitStatus.WRONG_USE
    http_status: ClassVar[HTTPStatus] = HTTPStatus.INTERNAL_SERVER_ERROR

    def __init__(self, sentence: str, next_step: str = "") -> None:
        """Make the error from what happened and what to do about it, each in complete sentences."""
        self.sentence = sentence
        self.next_step = next_step
        super().__init__(sentence, next_step)

    def __str__(self) -> str:
        """Return the message for a person."""
        return f"{self.sentence} {self.next_step}".strip()


class UsageError(BannasarError):
    """What was asked for makes no sense."""

    http_status = HTTPStatus.BAD_REQUEST


class QueryError(UsageError):
    """A query cannot be understood; ``position`` is the character of ``query``, from 0, at which it goes wrong."""

    def __init__(self, sentence: Message, position: int, next_step: str = "") -> None:
        """Make the error from what is wrong, and where; the next step is one for the command line."""
        self.position = position
        self.query = ""
        super().__init__(sentence, next_step)
        self.args = (sentence, position, next_step)


class TooManyError(UsageError):
    """A person asks for too much at the same time."""

    http_status = HTTPStatus.TOO_MANY_REQUESTS


class CorrectionError(UsageError):
    """What a person enters about a document is impossible."""


class NoStatementError(UsageError):
    """A text is not the statement of a certificate."""


class SignInError(BannasarError):
    """The asker is not signed in, or could not be."""

    http_status = HTTPStatus.UNAUTHORIZED


class NotAllowedError(BannasarError):
    """The asker may not do that."""

    http_status = HTTPStatus.FORBIDDEN


class NotFoundError(BannasarError):
    """What was named is not in the archive, or there is no archive."""

    http_status = HTTPStatus.NOT_FOUND


class ConflictError(BannasarError):
    """Something that is there already prevents it."""

    http_status = HTTPStatus.CONFLICT


class ArchiveBusyError(ConflictError):
    """Another process works on the archive."""


class TransferError(ConflictError):
    """A copy of a bag cannot be made, or a bag cannot be imported."""


class SameBagError(TransferError):
    """The archive already holds the same bag, at ``place``; its case file is ``case``."""

    def __init__(self, place: Path, case: CaseFile) -> None:
        """Say where it is."""
        super().__init__(f"The archive already holds {case.box}/{case.id}, exactly the same. Nothing needs to be done.")
        self.place, self.case = place, case


class NoBagError(TransferError):
    """Something that should be a bag is not one, or cannot be opened."""


class ConfigurationError(BannasarError):
    """What the operator set up cannot be used."""


class SettingsError(ConfigurationError):
    """The settings cannot be read, or have an impossible value."""


class GlossaryError(ConfigurationError):
    """The glossary cannot be read."""


class ModelError(ConfigurationError):
    """The classifier's model cannot be read."""


class ArchiveError(BannasarError):
    """A part of the archive cannot be used."""


class LedgerError(ArchiveError):
    """The ledger cannot be used."""


class AccountError(ArchiveError):
    """Not every page that came in is accounted for."""


class AccessError(ArchiveError):
    """The accounts cannot be used."""


class ChainBrokenError(ArchiveError):
    """A line of an append-only file is not what it was when it was written."""


class JournalBrokenError(ChainBrokenError):
    """A line of the journal is not what it was when it was written."""


class AuditBrokenError(ChainBrokenError):
    """A line of the audit log is not what it was when it was written."""


class KeyUnusableError(ArchiveError):
    """A key cannot be read, or is not a key."""


class BagError(ArchiveError):
    """A bag is damaged, or is not the one that the journal names."""

    exit_status = ExitStatus.SOME_FAILED


class UnavailableError(BannasarError):
    """Something outside does not answer, or cannot be used now."""

    http_status = HTTPStatus.SERVICE_UNAVAILABLE


class IndexUnusableError(UnavailableError):
    """The index cannot be used now."""


class IndexUnreadableError(IndexUnusableError):
    """The index is damaged, or was made by another version: it has to be rebuilt."""


class AuditUnusableError(UnavailableError):
    """Nothing can be written into the audit log. So only public things may be shown."""


class SchedulerError(UnavailableError):
    """Dask's scheduler cannot be used."""


class MissingDependencyError(UnavailableError):
    """This machine lacks a program, a model or a library."""

    exit_status = ExitStatus.MISSING_DEPENDENCY


class TooManyFailuresError(BannasarError):
    """A run stopped itself, because too much of it failed."""

    exit_status = ExitStatus.SOME_FAILED


class ScanError(BannasarError):
    """A scan or one of its pages cannot be processed; ``failure`` says why, with a code of the closed set."""

    http_status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, code: Code, detail: str = "", page: int | None = None) -> None:
        """Make the error from the parts of its failure."""
        is_lacking = code is Code.RECOGNITION  # a model or a program is missing
        self.exit_status = ExitStatus.MISSING_DEPENDENCY if is_lacking else ExitStatus.SOME_FAILED
        self.failure = Failure(code=code, detail=detail, page=page)
        super().__init__(self.failure.sentence, code.next_step)
        self.args = (code, detail, page)  # the arguments with which another process makes it again


def is_disk_full(error: OSError | sqlite3.OperationalError) -> bool:
    """Whether an error of the operating system or of SQLite says that the disk is full."""
    if isinstance(error, OSError):
        return error.errno in {errno.ENOSPC, errno.EDQUOT}
    return error.sqlite_errorcode == sqlite3.SQLITE_FULL
