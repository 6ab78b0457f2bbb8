"""What a certificate states about a case file, as a line of text that includes its signature.

``BANNASAR1.STATEMENT.SIGNATURE``: the statement is JSON in UTF-8, the signature (Ed25519) covers everything before the
second dot; both are written in base64url without padding (RFC 4648, 5). So the public key is enough to check it,
without Bannasar. The line may follow an address and a ``#``, as in the QR code of a certificate that leads to a page
that checks it; spaces and line breaks in it do not count. web/static/verifier.js does the same in a browser.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from models.errors import NoStatementError
from pipeline.archive.keys import Signer, is_signed_by

_MARK = "BANNASAR1"


@dataclass(frozen=True, slots=True)
class Statement:
    """The statement.

    ``archived`` and ``made`` are times in UTC (ISO 8601): when the case file entered the archive as it is, and when
    this was stated. ``manifest`` is the SHA-256 of the bag's ``tagmanifest-sha512.txt``, ``line`` and ``head`` are the
    number and the SHA-256 of the journal's last line then, ``key`` is the fingerprint of the key that signs it.
    """

    case: str
    box: str
    scans: int
    pages: int
    archived: str
    made: str
    manifest: str
    line: int
    head: str
    key: str


def seal(statement: Statement, signer: Signer) -> str:
    """Return a statement as a line of text, signed."""
    payload = json.dumps(asdict(statement), ensure_ascii=False, separators=(",", ":"))
    content = f"{_MARK}.{_encoded(payload.encode())}"
    return f"{content}.{_encoded(signer.sign(content.encode('ascii')))}"


def open_sealed(text: str, keys: Mapping[str, Ed25519PublicKey]) -> tuple[Statement, bool | None]:
    """Return what a line of text states, and whether the key that it names signed it; None without that key.

    Raises:
        NoStatementError: it is not a statement, or is cut off.
    """
    try:
        mark, payload, signature = _bare(text).split(".")
        statement = Statement(**json.loads(_decoded(payload)))
        signed = _decoded(signature)
    except (ValueError, TypeError, RecursionError, binascii.Error) as error:
        raise NoStatementError("it is not a statement of an archive, or is incomplete") from error
    if mark != _MARK or not _is_sound(statement):
        raise NoStatementError("it is not a statement of an archive")
    key = keys.get(statement.key)
    content = f"{mark}.{payload}".encode("ascii", "replace")
    return statement, is_signed_by(key, signed, content) if key else None


def is_statement(text: str) -> bool:
    """Whether a text, or what follows the ``#`` of an address, begins as a statement does."""
    return _bare(text).startswith(f"{_MARK}.")


def _bare(text: str) -> str:
    return "".join(text.split()).rpartition("#")[2]


def _is_sound(statement: Statement) -> bool:
    """Whether each value has its type; a statement that nobody signed may be anything."""
    values = asdict(statement)
    if any(type(values[field.name]) is not field.type for field in fields(statement)):
        return False
    try:
        "".join(map(str, values.values())).encode()
    except UnicodeEncodeError:  # half of a character, by \ud800
        return False
    return True


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
