"""What a reader sees of an error: a sentence and a next step that name nothing in the archive."""

from collections.abc import Mapping
from http import HTTPStatus

from models.errors import (
    AccessError,
    ArchiveBusyError,
    ArchiveError,
    AuditUnusableError,
    BagError,
    BannasarError,
    ChainBrokenError,
    ConfigurationError,
    ConflictError,
    IndexUnusableError,
    MissingDependencyError,
    NotAllowedError,
    NotFoundError,
    ScanError,
    SignInError,
    TransferError,
    UnavailableError,
    UsageError,
)
from models.message import Message

_INFORM = Message("Inform the archive's technician.")
_LATER = Message("Try again in a minute; if it happens again, inform the archive's technician.")
_WORDS: Mapping[type[BannasarError], tuple[Message, Message]] = {
    BannasarError: (Message("Something went wrong here."), _LATER),
    UsageError: (Message("What was asked for makes no sense."), Message("Go back, and ask in another way.")),
    SignInError: (Message("You are not signed in."), Message("Sign in.")),
    NotAllowedError: (Message("You may not do that."), Message("Ask an administrator which role you need.")),
    NotFoundError: (Message("There is nothing at this address."), Message("Search for it, or browse the archive.")),
    ConflictError: (Message("That cannot be done now."), Message("Look at what is there now, and try again.")),
    ArchiveBusyError: (Message("Other work on the archive is not finished."), Message("Try again in some minutes.")),
    TransferError: (Message("A copy cannot be made here."), _INFORM),
    ConfigurationError: (Message("The reading room is not set up correctly."), _INFORM),
    ArchiveError: (Message("A part of the archive cannot be used."), _INFORM),
    AccessError: (Message("The accounts cannot be used now."), _INFORM),
    ChainBrokenError: (
        Message("A line of the archive's records was changed. Nothing in them can be trusted until they are restored."),
        _INFORM,
    ),
    BagError: (Message("This case file is damaged, or is not the one that the journal recorded."), _INFORM),
    UnavailableError: (Message("Something that is needed does not answer."), _LATER),
    IndexUnusableError: (Message("The search cannot be used now."), _LATER),
    AuditUnusableError: (
        Message("It cannot be recorded now who looks at what. So this is not shown."),
        _INFORM,
    ),
    MissingDependencyError: (Message("This machine lacks a program that is needed."), _INFORM),
    ScanError: (Message("This page cannot be shown."), _INFORM),
}
"""For every class of the tree: its own, or that of the class above it."""
# They are about the reader's own action, and name nothing in the archive.
_OWN = {HTTPStatus.UNAUTHORIZED, HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}
_OF_ADDRESSES: Mapping[int, BannasarError] = {
    HTTPStatus.NOT_FOUND: NotFoundError(""),
    HTTPStatus.BAD_REQUEST: UsageError(""),
}
NOT_HERE = Message("That cannot be done here.")
TOO_LARGE = Message("What was sent is too large.")
TOO_SLOW = Message("What was sent took too long to arrive.")


def words_for(error: BannasarError) -> tuple[Message, Message]:
    """Return the sentence and the next step for an error."""
    if error.http_status in _OWN and isinstance(error.sentence, Message):
        step = error.next_step
        return error.sentence, step if isinstance(step, Message) else Message("")
    return next(_WORDS[each] for each in type(error).__mro__ if each in _WORDS)


def words_for_status(status: int) -> tuple[Message, Message]:
    """Return the sentence and the next step for an error that no part of the archive raised."""
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return NOT_HERE, Message("")
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return TOO_LARGE, Message("")
    if status == HTTPStatus.REQUEST_TIMEOUT:
        return TOO_SLOW, Message("Try again, perhaps with a smaller file.")
    return words_for(_OF_ADDRESSES.get(status, BannasarError("")))
