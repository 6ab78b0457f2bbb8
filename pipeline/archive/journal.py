"""The journal of an archive: one line for each thing that entered or changed, each chained to the one before.

A line is a JSON object with sorted keys, chained as :mod:`pipeline.access.chain` says. ``manifest`` is the SHA-256 of
the bag's ``tagmanifest-sha512.txt``, which in turn covers every file of the bag. If the archive has a key,
``signature`` is its signature (base64) of the line with an empty ``signature``, and ``key`` its fingerprint.
"""

import base64
import binascii
import hashlib
import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path, PurePosixPath

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from models.actor import Actor
from models.case import CaseFile, Version
from models.errors import JournalBrokenError
from pipeline.access.chain import Chain, Checked, after, digest
from pipeline.archive.keys import SIGNED, Signer, is_signed_by

_LOG = logging.getLogger(__name__)
FILE = "journal.jsonl"


class Event(StrEnum):
    """What can happen to a case file or to the archive itself, and what is asked and decided about a case file.

    Lines about the archive name no case file. Lines about a key have the key as the reason, and lines about the audit
    log have the number and the SHA-256 of its last line. A signing without a case file is of the journal: that line is
    evidence for all before it.
    """

    ARCHIVED = "archived"
    IMPORTED = "imported"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"
    REINSTATED = "reinstated"
    LEVEL_SET = "level set"
    UNSEAL_ASKED = "unseal asked"
    UNSEAL_REFUSED = "unseal refused"
    UNSEALED = "unsealed"
    SIGHT_ASKED = "sight asked"
    SIGHT_GRANTED = "sight granted"
    SIGHT_REFUSED = "sight refused"
    SIGNED = "signed"
    KEY_MADE = "key made"
    KEY_TRUSTED = "key trusted"
    AUDITED = "audit log"
    CLOCK_CONFIRMED = "clock confirmed"


@dataclass(frozen=True, slots=True)
class Line:
    """A line: ``number`` from 1; ``at`` in UTC, ISO 8601; ``bag`` is the bag's path in the archive.

    ``by`` is who did it, ``kind`` the kind of actor; older lines have neither.
    """

    number: int
    at: str
    by: str
    event: Event
    case: str
    bag: str
    manifest: str
    reason: str
    previous: str
    key: str = ""
    signature: str = ""
    kind: str = ""

    def written(self) -> str:
        """Return the line as in the file, without its end."""
        values = {name: getattr(self, name) for name in self.__slots__ if name != "kind" or self.kind}
        return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def digest(self) -> str:
        """Return the SHA-256 of the line, which is ``previous`` in the next one."""
        return digest(self)

    def is_signed_by(self, keys: Mapping[str, Ed25519PublicKey]) -> bool:
        """Whether one of these keys, given by their fingerprints, signed the line."""
        try:
            signature = base64.b64decode(self.signature, validate=True)
        except binascii.Error:
            return False
        unsigned = replace(self, signature="").written().encode()
        return self.key in keys and is_signed_by(keys[self.key], signature, unsigned)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be recorded: an event, of the bag at a path in the archive with that manifest, and why.

    An event of a key has no bag, and the key's fingerprint as the reason.
    """

    event: Event
    bag: str = ""
    manifest: str = ""
    reason: str = ""


def prepare(archive: Path, entry: Entry, actor: Actor, signer: Signer | None = None) -> Line:
    """Return the line that comes next in the journal, not written yet. The archive must be held.

    Args:
        archive: the archive's folder.
        entry: what is to be recorded.
        actor: who did it.
        signer: signs the line, if the archive has a key.

    Raises:
        JournalBrokenError: the last line is damaged.
        OSError: the journal cannot be read.
    """
    number, previous = after(last_line(archive))
    line = Line(
        number=number,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        by=actor.name,
        kind=actor.kind,
        event=entry.event,
        case=PurePosixPath(entry.bag).name,
        bag=entry.bag,
        manifest=entry.manifest,
        reason=entry.reason,
        previous=previous,
        key=signer.fingerprint if signer else "",
    )
    if signer:
        signature = signer.sign(line.written().encode())
        line = replace(line, signature=base64.b64encode(signature).decode())
    return line


def write(archive: Path, line: Line) -> None:
    """Write a prepared line, and flush it to the disk; do nothing if it already is the last line.

    Raises:
        JournalBrokenError: the last line is damaged, or is not the one that the prepared line follows.
        OSError: the journal cannot be written.
    """
    _chain(archive).write(line)
    _LOG.info("journal line %d: %s", line.number, line.event)


def append(archive: Path, entry: Entry, actor: Actor, signer: Signer | None = None) -> Line:
    """Record what happened, and return the line. The archive must be held.

    Raises:
        JournalBrokenError: the last line is damaged.
        OSError: the journal cannot be read or written.
    """
    line = prepare(archive, entry, actor, signer)
    write(archive, line)
    return line


def read_line(raw: bytes) -> Line:
    """Return the line of the journal in these bytes.

    Raises:
        JournalBrokenError: they are not a line.
    """
    try:
        return _line(raw)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise JournalBrokenError("This is not a line of a journal.") from error


def last_line(archive: Path) -> Line | None:
    """Return the last line of the journal, None before there is one.

    Raises:
        JournalBrokenError: it is not a line: nothing can be recorded after it.
        OSError: it cannot be read.
    """
    return _chain(archive).last()


def lines(archive: Path, checked: Checked = Checked()) -> Iterator[Line]:  # noqa: B008  # it is not changed
    """Return the lines of the journal, one by one, with the chain checked up to each.

    Half a line at its end, which a power cut may have left, does not count: the next event replaces it.

    Args:
        archive: the archive's folder.
        checked: the beginning of the journal that was checked before; its lines are left out.

    Raises:
        JournalBrokenError: a line was changed, left out or put in.
        OSError: it cannot be read.
    """
    return _chain(archive).lines(checked)


def manifest_of(bag: Path) -> str:
    """Return the SHA-256 of a bag's manifest of manifests."""
    return hashlib.sha256((bag / SIGNED).read_bytes()).hexdigest()


def history_with(case: CaseFile, bag: Path) -> tuple[Version, ...]:
    """Return the earlier versions of a case file and the last one, for the record of its next bag."""
    return (*case.history, case.version.model_copy(update={"manifest": manifest_of(bag)}))


def _chain(archive: Path) -> Chain[Line]:
    return Chain(archive / FILE, _line, JournalBrokenError)


def _line(raw: bytes) -> Line:
    values = json.loads(raw)
    return Line(**{**values, "event": Event(values["event"])})
