"""How much of the journal an earlier check found whole, so that the next one need not check the chain of it again.

The mark is in the archive's folder, where whoever changes the journal can change it too. So it proves only what the
archive's key signed: that the first ``size`` bytes of the journal, with this SHA-256, are ``lines`` lines, each chained
to the one before. The next check reads these bytes again and compares their SHA-256. So it finds every change that
a check of all lines finds, and without the private key nobody can make a mark that hides one. A mark counts only if
a key that comes from outside the archive signed it: the private key itself, or a public one that was kept elsewhere. An
archive without a key has none.
"""

import base64
import binascii
import hashlib
import json
import logging
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from models.errors import JournalBrokenError
from pipeline.access.chain import Checked, digest
from pipeline.archive import journal
from pipeline.archive.journal import Line, lines, read_line
from pipeline.archive.keys import Signer, is_signed_by

# A mark has about 500 bytes.
_MOST_BYTES = 4096
_CHUNK = 1 << 20
_LOG = logging.getLogger(__name__)
FILE = "journal-checked.json"
# Nothing else that the key signs begins so. The number rises when the check of a line becomes stricter.
_BEGIN = b"bannasar journal checked 1\n"


@dataclass(frozen=True, slots=True)
class Mark:
    """The beginning of a journal that was found whole; ``key`` is the fingerprint of the key that signed this."""

    size: int
    lines: int
    last: str
    sha256: str
    key: str
    signature: str = ""

    def signed_bytes(self) -> bytes:
        """Return the bytes that are signed."""
        return _BEGIN + json.dumps(asdict(replace(self, signature="")), sort_keys=True).encode()


def mark_of(archive: Path, keys: Mapping[str, Ed25519PublicKey]) -> Mark | None:
    """Return the mark of an archive, if one of these keys, given by their fingerprints, signed it."""
    try:
        # Whoever can write there can put a pipe in its place: nobody waits for that.
        with open(archive / FILE, "rb", opener=_without_waiting) as stream:
            content = stream.read(_MOST_BYTES + 1) if stat.S_ISREG(os.fstat(stream.fileno()).st_mode) else b""
        if len(content) > _MOST_BYTES:
            return None
        mark = Mark(**json.loads(content))
        signature = base64.b64decode(mark.signature, validate=True)
        is_ours = mark.key in keys and is_signed_by(keys[mark.key], signature, mark.signed_bytes())
    except (OSError, ValueError, TypeError, RecursionError, binascii.Error):  # RecursionError: brackets in brackets
        return None
    return mark if is_ours else None


def _without_waiting(file: str, flags: int) -> int:
    return os.open(file, flags | os.O_NONBLOCK)


def still_begins_as(archive: Path, mark: Mark) -> bool:
    """Whether the journal still begins as a mark says.

    Raises:
        OSError: the journal cannot be read.
    """
    sha256, left = hashlib.sha256(), mark.size
    with suppress(FileNotFoundError), (archive / journal.FILE).open("rb") as stream:
        while left and (some := stream.read(min(left, _CHUNK))):
            sha256.update(some)
            left -= len(some)
    return sha256.hexdigest() == mark.sha256


def put_mark(archive: Path, walk: "Walk", signer: Signer) -> None:
    """Sign and keep how much of the journal a walk found whole; where it cannot be kept, the next check begins anew."""
    size, count, last = walk.checked
    mark = Mark(size, count, last, walk.sha256, signer.fingerprint)
    mark = replace(mark, signature=base64.b64encode(signer.sign(mark.signed_bytes())).decode())
    part = archive / f"{FILE}.part"
    try:
        part.unlink(missing_ok=True)
        with part.open("x", encoding="ascii") as stream:  # a new file, and not a pipe that somebody put there
            stream.write(json.dumps(asdict(mark), indent=2) + "\n")
        part.replace(archive / FILE)
    except OSError:
        _LOG.info("how much of the journal is checked cannot be kept")


class Walk:
    """A walk through all lines of a journal. What a mark covers is read again, and not each line checked again.

    When the walk is done, ``checked`` and ``sha256`` say what was found whole.
    """

    def __init__(self, archive: Path, since: Mark | None) -> None:
        """Prepare it.

        Args:
            archive: the archive's folder.
            since: a mark that the journal still begins as (:func:`still_begins_as`); None to check every line.
        """
        self._archive = archive
        self._since = since
        self._sha256 = hashlib.sha256()
        self.checked = Checked()

    @property
    def sha256(self) -> str:
        """The SHA-256 of what was walked through so far."""
        return self._sha256.hexdigest()

    def lines(self) -> Iterator[Line]:
        """Yield every line; what is yielded before the end counts only if the end comes without an error.

        Raises:
            JournalBrokenError: a line was changed, left out or put in.
            OSError: the journal cannot be read.
        """
        if self._since:
            yield from self._covered(self._since)
        for line in lines(self._archive, self.checked):
            raw = line.written().encode() + b"\n"
            self._sha256.update(raw)
            self.checked = Checked(self.checked.size + len(raw), line.number, digest(line))
            yield line

    def _covered(self, mark: Mark) -> Iterator[Line]:
        size = 0
        with (self._archive / journal.FILE).open("rb") as stream:
            while size < mark.size and (raw := stream.readline()):
                self._sha256.update(raw)
                size += len(raw)
                yield read_line(raw)
        if self.sha256 != mark.sha256:
            raise JournalBrokenError("The journal was changed while it was checked.")
        self.checked = Checked(mark.size, mark.lines, mark.last)
