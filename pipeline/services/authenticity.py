"""Whether a file is what an archive holds: a bag, anything in a bag, a signed PDF, a certificate's printed code.

It needs only the file and the public keys: no network, no ledger. If an archive is available, a file without a
signature is also looked for in it.
"""

import hashlib
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from models.errors import NoBagError, NoStatementError, TransferError, UsageError
from models.message import Message
from pipeline.access.asker import Asker
from pipeline.archive.archive import Archive
from pipeline.archive.bag import bags
from pipeline.archive.fixity import Damage, verify_bag
from pipeline.archive.journal import manifest_of
from pipeline.archive.keys import SIGNED, is_signed, read_keys, signatures, trusted
from pipeline.archive.places import bag_place
from pipeline.archive.statement import Statement, is_statement, open_sealed
from pipeline.archive.transfer import unpacked
from pipeline.services.open_case import shows_file

Keys = Mapping[str, Ed25519PublicKey]
_MANIFEST = "manifest-sha512.txt"
_ZIPS = (b"PK\x03\x04", b"PK\x05\x06")  # what a ZIP file begins with, the second an empty one
_STATED = Message("the archive stated the following; compare it with what you have")
_LONGEST_STATEMENT = 1 << 16
_MOST_ENTRIES = 100_000


class Verdict(StrEnum):
    """The result of a check."""

    RIGHT = "right"
    CHANGED = "changed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict, the reason in a sentence, what was changed, and what a certificate states.

    ``case`` is the id of the case file in which the archive holds the file, if it does.
    """

    verdict: Verdict
    reason: Message
    damages: tuple[Damage, ...] = ()
    statement: Statement | None = None
    case: str = ""


@dataclass(frozen=True, slots=True)
class AtHand:
    """An archive to look in, too: ``shows`` says whether the asker may know about a bag, or about a file in one."""

    folder: Path
    shows: Callable[[Path], bool] = lambda _place: True


def check_authenticity(
    archive: Archive,
    what: str,
    key_files: Sequence[Path] | None = None,
    asker: Asker | None = None,
    most_bytes: int | None = None,
) -> Finding:
    """Say whether a file, or what the code of a certificate says, is what an archive signed.

    Args:
        archive: an archive that may hold it; it need not be there.
        what: a file or a folder, see :func:`check_file`, or the line of text itself.
        key_files: the public keys whose signatures count; None for those that the archive trusts.
        asker: who asks; what the asker may not see counts as missing. None for people who can read its disk.
        most_bytes: how much a ZIP file may hold, unpacked; None for as much as there is room for.

    Raises:
        UsageError: there is no such file.
        KeyUnusableError: a key cannot be read.
        OSError: something cannot be read.
    """
    keys = read_keys(key_files) if key_files else trusted(archive.folder)
    at_hand = _at_hand(archive, asker)
    if is_statement(what):
        return check_text(what, keys, at_hand)
    if not Path(what).exists():
        raise UsageError(f"{what} does not exist.")
    return check_file(Path(what), keys, at_hand, most_bytes)


def check_statement(archive: Archive, text: str, asker: Asker | None = None) -> Finding:
    """Say whether a line of text, the code of a certificate, is what an archive signed. It is never taken for a path.

    ``asker`` is as for :func:`check_authenticity`.

    Raises:
        KeyUnusableError: a key that the archive trusts cannot be read.
        OSError: something cannot be read.
    """
    if not is_statement(text):
        return Finding(Verdict.UNKNOWN, Message("the text is not the code of a certificate"))
    return check_text(text, trusted(archive.folder), _at_hand(archive, asker))


def _at_hand(archive: Archive, asker: Asker | None) -> AtHand | None:
    if not archive.has_bags:
        return None
    if asker is None or asker.scope.is_everything:
        return AtHand(archive.folder)
    return AtHand(archive.folder, lambda place: shows_file(archive, asker, place))


def check_file(file: Path, keys: Keys, archive: AtHand | None = None, most_bytes: int | None = None) -> Finding:
    """Say whether a file is what an archive holds.

    Args:
        file: the folder or ZIP file of a bag, a file of a bag, a PDF, a picture or scan of a certificate, or a text
            file with the line of its code.
        keys: whose signatures count, by fingerprint.
        archive: an archive that may hold it, as far as who asks may see it.
        most_bytes: how much a ZIP file may hold, unpacked; None for as much as there is room for.

    Raises:
        OSError: it cannot be read.
    """
    if file.is_dir():
        return _check_bag(file, keys)
    with file.open("rb") as stream:
        # Not a file with other content before the ZIP file: a PDF shows that content.
        is_zip = stream.read(4) in _ZIPS and zipfile.is_zipfile(file)
    if is_zip:
        return _check_zip(file, keys, most_bytes)
    around = next((folder for folder in file.absolute().parents if (folder / "bagit.txt").is_file()), None)
    if around is not None:
        return _check_part(file.absolute(), around, keys)
    content = file.read_bytes()
    if content.startswith(b"%PDF"):
        found = _check_pdf(file, keys, archive)
        if found is not None and found.verdict is Verdict.CHANGED:
            # The archive may hold this scan unchanged, with an unreadable signature of others.
            held = _find(content, keys, archive)
            found = held if held and held.verdict is Verdict.RIGHT else found
    elif len(content) <= _LONGEST_STATEMENT and content.isascii() and is_statement(content.decode("ascii")):
        found = check_text(content.decode("ascii"), keys, archive)
    else:
        found = _check_codes(file, keys, archive)
    if found is not None and found.verdict is not Verdict.UNKNOWN:
        return found
    return (
        _find(content, keys, archive) or found or Finding(Verdict.UNKNOWN, Message("it has no signature of an archive"))
    )


def check_text(text: str, keys: Keys, archive: AtHand | None = None) -> Finding:
    """Say whether a line of text is what an archive stated, and whether the archive, if available, still holds that."""
    try:
        statement, signed = open_sealed(text, keys)
    except NoStatementError:
        return Finding(Verdict.UNKNOWN, Message("the text is not the whole code of a certificate"))
    if signed is None:
        return Finding(
            Verdict.UNKNOWN,
            Message("the key {key}… that it names is not trusted", key=statement.key[:16]),
            (),
            statement,
        )
    if not signed:
        return Finding(Verdict.CHANGED, Message("its signature does not match what it says"), (), statement)
    bag = bag_place(archive.folder, statement.box, statement.case) if archive else None
    # Whether it has changed since is a question about the case file, and not about the paper.
    if archive is None or bag is None or not bag.is_dir() or not archive.shows(bag):
        return Finding(Verdict.RIGHT, _STATED, (), statement)
    if manifest_of(bag) == statement.manifest:
        return Finding(
            Verdict.RIGHT, _stated(Message("The archive still holds the case file unchanged")), (), statement
        )
    now = Message("The case file is different today: the archive's journal says why")
    return Finding(Verdict.RIGHT, _stated(now), (), statement)


def _stated(more: Message) -> Message:
    return Message("{stated}. {more}", stated=_STATED, more=more)


def _check_bag(bag: Path, keys: Keys) -> Finding:
    if not any((bag / name).exists() for name in ("bagit.txt", SIGNED, "data")):
        return Finding(Verdict.UNKNOWN, Message("the folder is not a bag"))
    damages = tuple(verify_bag(bag))
    if damages:
        return Finding(Verdict.CHANGED, Message("the bag is not as it was sealed"), damages)
    return _signed(bag, keys, Message("the bag is as the archive signed it"))


def _signed(bag: Path, keys: Keys, right: Message) -> Finding:
    """Say whether the list of a bag's files is signed; the files themselves are not checked."""
    if is_signed(bag, keys):
        return Finding(Verdict.RIGHT, right)
    found = signatures(bag)
    if found.keys() & keys.keys():
        return Finding(Verdict.CHANGED, Message("the list of the bag's files is not the one that was signed"))
    if found:
        names = tuple(f"{name[:16]}…" for name in found)
        return Finding(Verdict.UNKNOWN, Message("the bag is signed by {names}, which is not trusted", names=names))
    return Finding(Verdict.UNKNOWN, Message("the bag agrees with itself, but nobody signed it"))


def _check_zip(file: Path, keys: Keys, most_bytes: int | None) -> Finding:
    with suppress(zipfile.BadZipFile), zipfile.ZipFile(file) as packed:
        sizes = [entry.file_size for entry in packed.infolist()]
        if most_bytes is not None and (sum(sizes) > most_bytes or len(sizes) > _MOST_ENTRIES):
            return Finding(Verdict.UNKNOWN, Message("what is in the ZIP file is too large to be checked here"))
    with tempfile.TemporaryDirectory(prefix="bannasar-") as folder:
        try:
            with unpacked(file, Path(folder)) as bag:
                outside = _outside(Path(folder), bag)
                found = _check_bag(bag, keys)
        except NoBagError:
            return Finding(Verdict.UNKNOWN, Message("the ZIP file holds no bag, or is locked: unpack it first"))
        except TransferError:
            return Finding(Verdict.CHANGED, Message("the ZIP file is damaged, or holds two files with the same name"))
    if not outside or found.verdict is Verdict.UNKNOWN:
        return found
    why = Message("the ZIP file holds files outside the bag, which nobody signed")
    return Finding(Verdict.CHANGED, why, (*found.damages, *outside))


def _outside(folder: Path, bag: Path) -> tuple[Damage, ...]:
    """Return the files that are in a folder, but not in the bag in it."""
    files = sorted(file for file in folder.rglob("*") if file.is_file() and not file.is_relative_to(bag))
    return tuple(Damage("unexpected", file.relative_to(folder).as_posix()) for file in files)


def _check_part(file: Path, bag: Path, keys: Keys) -> Finding:
    """Follow the lists from the signed one to the file; nothing else counts."""
    path = file.relative_to(bag).as_posix()
    if not (bag / SIGNED).is_file():
        return Finding(Verdict.UNKNOWN, Message("it is in a bag that no archive of Bannasar made"))
    listed = _listed(bag, SIGNED)
    if path.startswith("data/"):
        if listed.get(_MANIFEST) != _digest(bag / _MANIFEST):
            return Finding(
                Verdict.CHANGED, Message("the list of the bag's files was changed"), (Damage("changed", _MANIFEST),)
            )
        listed = _listed(bag, _MANIFEST)
    if path not in listed:
        return Finding(Verdict.UNKNOWN, Message("it is in a bag that does not list it"))
    if listed[path] != _digest(file):
        return Finding(Verdict.CHANGED, Message("it is not what the bag lists"), (Damage("changed", path),))
    return _signed(bag, keys, Message("it is as the archive signed it"))


def _names(manifest: Path, digest: str) -> bool:
    """Whether a digest is in a manifest; not if there is no manifest."""
    try:
        return digest.encode() in manifest.read_bytes()
    except FileNotFoundError:
        return False


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha512").hexdigest()
    except FileNotFoundError:
        return ""


def _listed(bag: Path, manifest: str) -> dict[str, str]:
    """Return the digests that a manifest lists, by path (RFC 8493, 2.1.3); none if there is no manifest."""
    try:
        text = (bag / manifest).read_text("utf-8", "surrogateescape")
    except FileNotFoundError:
        return {}
    # In a damaged manifest, a broken line names no file.
    lines = (line.partition(" ") for line in text.splitlines())
    return {path.strip(): digest for digest, _, path in lines}


def _check_pdf(file: Path, keys: Keys, archive: AtHand | None) -> Finding | None:
    # What reads files of others takes memory, which a reading room needs only for such files.
    from pipeline.archive.signed_pdf import Signature  # noqa: PLC0415
    from pipeline.services.given_file import signature_in  # noqa: PLC0415

    signature = signature_in(file, frozenset(keys))
    if signature is None:
        return Finding(Verdict.UNKNOWN, Message("it takes too long, or too much memory, to look at its signature"))
    if signature is Signature.SOUND:
        return Finding(Verdict.RIGHT, Message("it is as the archive signed it"))
    if signature is Signature.BROKEN:
        return Finding(Verdict.CHANGED, Message("it was changed after it was signed, or is damaged"))
    if signature is Signature.UNKNOWN_KEY:
        return Finding(Verdict.UNKNOWN, Message("it is signed by a key that is not trusted"))
    return _check_codes(file, keys, archive)


def _check_codes(file: Path, keys: Keys, archive: AtHand | None) -> Finding | None:
    """Check the first code on a picture, or on the first page of a PDF, that is a statement."""
    from pipeline.services.given_file import codes_in  # noqa: PLC0415

    return next((check_text(code, keys, archive) for code in codes_in(file) if is_statement(code)), None)


def _find(content: bytes, keys: Keys, archive: AtHand | None) -> Finding | None:
    """Look for a file in an archive; if the archive has keys, only signed files count."""
    if archive is None:
        return None
    digest = hashlib.sha512(content).hexdigest()
    unsigned = None
    there = list(bags(archive.folder))
    # Most lists do not name it: to take all of them apart would let a stranger keep a processor busy.
    naming = [bag for bag in there if _names(bag / _MANIFEST, digest)]
    if there and not naming:
        # The work of one that does, so that the time of the answer does not show a file that is out of sight.
        other = there[hash(digest) % len(there)]
        archive.shows(other / next(iter(_listed(other, _MANIFEST)), ""))
    for bag in naming:
        for path in (path for path, known in _listed(bag, _MANIFEST).items() if known == digest):
            if not archive.shows(bag / path):
                continue
            found = Message(
                "the archive holds it: {file} of the case file {case}", file=PurePosixPath(path).name, case=bag.name
            )
            if not keys or _check_part(bag / path, bag, keys).verdict is Verdict.RIGHT:
                return Finding(Verdict.RIGHT, found, case=bag.name)
            not_signed = Message("{found}; but no trusted key signed it there", found=found)
            unsigned = Finding(Verdict.UNKNOWN, not_signed, case=bag.name)
    return unsigned
