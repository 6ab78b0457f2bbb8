"""Whether a file is what an archive holds: a bag, anything in a bag, a signed PDF, a certificate's printed code.

Nothing is asked but the file and the public keys: no network, no ledger. An archive that is at hand is asked, too,
whether it holds a file that carries no signature.
"""

import hashlib
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import zxingcpp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from PIL import Image, UnidentifiedImageError

from pipeline.archive.bag import bags
from pipeline.archive.fixity import Damage, verify_bag
from pipeline.archive.keys import is_signed_by, signatures
from pipeline.archive.signed_pdf import Signature, signature_of
from pipeline.archive.statement import NoStatementError, Statement, is_statement, open_sealed

Keys = Mapping[str, Ed25519PublicKey]
_MANIFEST = "manifest-sha256.txt"
_LONGEST_STATEMENT = 1 << 16


class Verdict(StrEnum):
    """What can be said of a file."""

    RIGHT = "right"
    CHANGED = "changed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict, a sentence of why, what was changed, and what a certificate states."""

    verdict: Verdict
    reason: str
    damages: tuple[Damage, ...] = ()
    statement: Statement | None = None


def check(file: Path, keys: Keys, archive: Path | None = None) -> Finding:
    """Say whether a file is what an archive holds.

    Args:
        file: the folder or ZIP file of a bag, a file of a bag, a PDF, a picture or scan of a certificate, or a text
            file with the line that its code says.
        keys: whose signatures count, by fingerprint.
        archive: an archive that may hold it.

    Raises:
        OSError: it cannot be read.
    """
    if file.is_dir():
        return _check_bag(file, keys)
    if zipfile.is_zipfile(file):
        return _check_zip(file, keys)
    around = next((folder for folder in file.absolute().parents if (folder / "bagit.txt").is_file()), None)
    if around is not None:
        return _check_part(file.absolute(), around, keys)
    content = file.read_bytes()
    if content.startswith(b"%PDF"):
        found = _check_pdf(content, keys)
    else:
        found = next((check_text(text, keys, archive) for text in _statements(file, content)), None)
    if found is not None and found.verdict is not Verdict.UNKNOWN:
        return found
    return _find(content, archive) or found or Finding(Verdict.UNKNOWN, "it carries no signature of an archive")


def check_text(text: str, keys: Keys, archive: Path | None = None) -> Finding:
    """Say whether a line of text is what an archive stated, and whether the archive, if at hand, still holds that."""
    try:
        statement, signed = open_sealed(text, keys)
    except NoStatementError as error:
        return Finding(Verdict.UNKNOWN, str(error))
    if signed is None:
        return Finding(Verdict.UNKNOWN, f"the key {statement.key[:16]}… that it names is not trusted", (), statement)
    if not signed:
        return Finding(Verdict.CHANGED, "its signature is not of what it says", (), statement)
    bag = archive / "bags" / statement.box / statement.case if archive else None
    if bag is None or not bag.is_dir():
        return Finding(Verdict.RIGHT, "the archive stated this", (), statement)
    if hashlib.sha256((bag / "tagmanifest-sha512.txt").read_bytes()).hexdigest() == statement.manifest:
        return Finding(Verdict.RIGHT, "the archive stated this, and holds the case file so today", (), statement)
    told = "the archive stated this; the case file has been archived anew since: `bannasar show` and journal.jsonl tell"
    return Finding(Verdict.RIGHT, told, (), statement)


def _check_bag(bag: Path, keys: Keys) -> Finding:
    damages = tuple(verify_bag(bag))
    if damages:
        return Finding(Verdict.CHANGED, "the bag is not as it was sealed", damages)
    return _signed(bag, keys, "the bag is as the archive signed it")


def _signed(bag: Path, keys: Keys, right: str) -> Finding:
    """Say whether the list of a bag's files is one that is signed; the files themselves are not looked at."""
    content = (bag / "tagmanifest-sha512.txt").read_bytes()
    found = signatures(bag)
    trusted = {name: signature for name, signature in found.items() if name in keys}
    if any(is_signed_by(keys[name], signature, content) for name, signature in trusted.items()):
        return Finding(Verdict.RIGHT, right)
    if trusted:
        return Finding(Verdict.CHANGED, "the list of the bag's files is not the one that was signed")
    if found:
        names = ", ".join(f"{name[:16]}…" for name in found)
        return Finding(Verdict.UNKNOWN, f"the bag is signed by {names}, which is not trusted")
    return Finding(Verdict.UNKNOWN, "the bag agrees with itself, but nobody signed it")


def _check_zip(file: Path, keys: Keys) -> Finding:
    with tempfile.TemporaryDirectory(prefix="bannasar-") as folder:
        try:
            with zipfile.ZipFile(file) as packed:
                packed.extractall(folder)  # it leaves out what would lead out of the folder
        except (zipfile.BadZipFile, NotImplementedError) as error:
            return Finding(Verdict.CHANGED, f"the ZIP file is damaged: {error}")
        inner = next((each for each in Path(folder).glob("*") if (each / "bagit.txt").is_file()), None)
        return _check_bag(inner, keys) if inner else Finding(Verdict.UNKNOWN, "the ZIP file holds no bag")


def _check_part(file: Path, bag: Path, keys: Keys) -> Finding:
    path = file.relative_to(bag).as_posix()
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    listed = {name: known for known, name in (*_listed(bag, _MANIFEST), *_listed(bag, f"tag{_MANIFEST}"))}
    if path not in listed:
        return Finding(Verdict.UNKNOWN, "it lies in a bag that does not list it")
    if listed[path] != digest:
        return Finding(Verdict.CHANGED, "it is not what the bag lists", (Damage("changed", path),))
    # What the signature is of lists the manifests in turn.
    manifest = hashlib.sha256((bag / _MANIFEST).read_bytes()).hexdigest()
    if listed.get(_MANIFEST) != manifest or _tag_digest(bag) is False:
        return Finding(Verdict.CHANGED, "the list of the bag's files was changed", (Damage("changed", _MANIFEST),))
    return _signed(bag, keys, "it is as the archive signed it")


def _tag_digest(bag: Path) -> bool:
    """Whether the manifest of SHA-256 is the one that the signed manifest of SHA-512 lists."""
    digest = hashlib.sha512((bag / _MANIFEST).read_bytes()).hexdigest()
    return (digest, _MANIFEST) in set(_listed(bag, "tagmanifest-sha512.txt"))


def _listed(bag: Path, manifest: str) -> Iterator[tuple[str, str]]:
    """Yield the digests and paths that a manifest lists (RFC 8493, 2.1.3)."""
    for line in (bag / manifest).read_text("utf-8").splitlines():
        digest, _, path = line.partition(" ")
        yield digest, path.strip()


def _check_pdf(content: bytes, keys: Keys) -> Finding | None:
    signature = signature_of(content, keys)
    if signature is Signature.SOUND:
        return Finding(Verdict.RIGHT, "it is as the archive signed it")
    if signature is Signature.BROKEN:
        return Finding(Verdict.CHANGED, "it was changed after it was signed, or is damaged")
    if signature is Signature.UNKNOWN_KEY:
        return Finding(Verdict.UNKNOWN, "it is signed by a key that is not trusted")
    return None


def _statements(file: Path, content: bytes) -> Iterator[str]:
    """Yield the statements that stand in a file: in its text, or in the codes on a picture."""
    if len(content) <= _LONGEST_STATEMENT and content.isascii() and is_statement(content.decode("ascii")):
        yield content.decode("ascii")
        return
    try:
        with Image.open(file) as image:
            codes = zxingcpp.read_barcodes(
                image.convert("L"), formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
            )
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError):
        return
    yield from (code.text for code in codes if is_statement(code.text))


def _find(content: bytes, archive: Path | None) -> Finding | None:
    """Look for a file among those that an archive holds."""
    if archive is None:
        return None
    digest = hashlib.sha256(content).hexdigest()
    for bag in bags(archive):
        for known, path in _listed(bag, _MANIFEST):
            if known == digest:
                return Finding(Verdict.RIGHT, f"the archive {archive} holds it: {bag.relative_to(archive)}/{path}")
    return None
