"""The audit log of an archive: who signed in, searched, opened, exported, printed, changed, reported, and was refused.

``audit.jsonl`` only grows, and each line is chained to the one before (:mod:`pipeline.access.chain`). A line is on
the disk before the thing that it records is shown. It holds ids, and nothing that is written on a paper. Of a search it
holds the words as the setting ``access.words`` says.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from models.actor import Actor
from models.errors import AuditBrokenError, AuditUnusableError
from models.level import Level
from pipeline.access.chain import Chain, digest

FILE = "audit.jsonl"


class Deed(StrEnum):
    """What is recorded."""

    SIGNED_IN = "signed in"
    SIGNED_OUT = "signed out"
    SEARCHED = "searched"
    OPENED = "opened"
    EXPORTED = "exported"
    PRINTED = "printed"
    CHANGED = "changed"
    REPORTED = "reported"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Note:
    """A line: ``number`` from 1; ``at`` in UTC, ISO 8601; ``by`` who, ``kind`` what kind of actor.

    ``what`` are ids: of a case file, a document, a page, an account, or of what was refused. ``words`` are those of a
    search, or what stands for them.
    """

    number: int
    at: str
    by: str
    kind: str
    deed: Deed
    what: str
    words: str
    previous: str

    def written(self) -> str:
        """Return the line as it is in the file, without its end."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class AuditLog:
    """The audit log of one archive."""

    def __init__(self, archive: Path) -> None:
        """Set the archive, by its folder."""
        self._chain = Chain(archive / FILE, _note, AuditBrokenError, 0o600)

    def write(self, actor: Actor, deed: Deed, what: str, *, now: datetime, words: str = "") -> Note:
        """Write a line, and flush it to the disk.

        Raises:
            AuditBrokenError: the last line is damaged.
            OSError: it cannot be written.
        """
        at = now.astimezone(UTC).isoformat(timespec="seconds")
        return self._chain.add(
            lambda number, previous: Note(number, at, actor.name, actor.kind, deed, what, words, previous)
        )

    def before_showing(
        self, level: Level, actor: Actor, deed: Deed, what: str, *, now: datetime, words: str = ""
    ) -> str:
        """Write a line before something of a level is shown; return a warning if it could not be written, else "".

        If nothing can be written, public things are shown all the same, and nothing else is.

        Raises:
            AuditUnusableError: the line cannot be written, so that this may not be shown.
        """
        try:
            self.write(actor, deed, what, now=now, words=words)
        except (OSError, AuditBrokenError) as error:
            why = error.strerror if isinstance(error, OSError) else error.sentence
            if level is not Level.PUBLIC:
                raise AuditUnusableError(
                    f"The audit log cannot be written ({why}). Without it only public pages are shown.",
                    "Make room on the archive's disk, or see `bannasar audit verify`.",
                ) from error
            return f"The audit log cannot be written: {why}."
        return ""

    def notes(self) -> Iterator[Note]:
        """Return the lines, one by one, the chain checked up to each.

        Raises:
            AuditBrokenError: a line was changed, removed or inserted.
            OSError: it cannot be read.
        """
        return self._chain.lines()

    def last(self) -> Note | None:
        """Return the last line, None before there is one; raises as :meth:`notes`."""
        return self._chain.last()


def head(note: Note) -> str:
    """Return the number and the digest of a line: kept elsewhere, they anchor the log up to it."""
    return f"{note.number} {digest(note)}"


def hashed_words(words: str, secret: bytes) -> str:
    """Return a keyed digest of the words of a search: nobody can test words against it without the archive's secret."""
    return hmac.new(secret, words.encode(), hashlib.sha256).hexdigest()


def _note(raw: bytes) -> Note:
    values = json.loads(raw)
    return Note(**{**values, "deed": Deed(values["deed"])})
