"""The key that signs what an archive holds (Ed25519, RFC 8032), and the keys whose signatures are trusted.

The private key is kept outside the archive, because a person who can copy the archive must not be able to sign in its
name. The public keys are in the archive's folder ``keys``, each under its fingerprint: the SHA-256 of its 32 bytes, in
hexadecimal.
"""

import hashlib
import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from models.errors import KeyUnusableError

_LOG = logging.getLogger(__name__)
_FOLDER = "keys"
SIGNED = "tagmanifest-sha512.txt"  # it lists the manifests, which list all other files of a bag


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key, and the fingerprint of its public one."""

    key: Ed25519PrivateKey
    fingerprint: str

    def sign(self, content: bytes) -> bytes:
        """Return the signature of some bytes: 64 bytes."""
        return self.key.sign(content)


def make_key(file: Path, passphrase: str = "") -> Signer:
    """Make a key and write the private key, which only its owner can read; with a passphrase it is encrypted too.

    Raises:
        KeyUnusableError: there is a file already.
        OSError: it cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    lock = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise KeyUnusableError(f"{file} is there already: a key is never overwritten.") from error
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))
        stream.flush()
        os.fsync(stream.fileno())
    signer = Signer(key, fingerprint(key.public_key()))
    _LOG.info("key %.12s is made", signer.fingerprint)
    return signer


def load_signer(file: Path, passphrase: str = "") -> Signer:
    """Read a private key.

    Raises:
        KeyUnusableError: it is not an Ed25519 key, or the passphrase does not open it.
        OSError: it cannot be read.
    """
    try:
        key = load_pem_private_key(file.read_bytes(), passphrase.encode() or None)
    except TypeError as error:
        why = (
            "it is locked: set signing.passphrase_file"
            if not passphrase
            else "it has no passphrase: leave signing.passphrase_file empty"
        )
        raise KeyUnusableError(f"The key {file} cannot be used: {why}.") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyUnusableError(
            f"The key {file} cannot be used: it is damaged, not a private key, or has another passphrase."
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyUnusableError(f"The key {file} is not an Ed25519 key. Make one with `bannasar keys init`.")
    return Signer(key, fingerprint(key.public_key()))


def load_public(file: Path) -> Ed25519PublicKey:
    """Read a public key.

    Raises:
        KeyUnusableError: it is not an Ed25519 public key.
        OSError: it cannot be read.
    """
    try:
        key = load_pem_public_key(file.read_bytes())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyUnusableError(f"{file} is not a public key in PEM format.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise KeyUnusableError(f"{file} is not an Ed25519 public key.")
    return key


def fingerprint(key: Ed25519PublicKey) -> str:
    """Return the SHA-256 of a public key's 32 bytes, in hexadecimal."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()


def trust(archive: Path, key: Ed25519PublicKey) -> Path:
    """Add a public key to those that an archive trusts, and return its file."""
    file = trusted_file(archive, fingerprint(key))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return file


def trusted_file(archive: Path, fingerprint: str) -> Path:
    """Return the file in which an archive keeps a public key that it trusts."""
    return archive / _FOLDER / f"{fingerprint}.pem"


def trusted(archive: Path) -> dict[str, Ed25519PublicKey]:
    """Return the keys that an archive trusts, by fingerprint.

    Raises:
        KeyUnusableError: one of them cannot be read.
    """
    return read_keys(sorted((archive / _FOLDER).glob("*.pem")))


def read_keys(files: Iterable[Path]) -> dict[str, Ed25519PublicKey]:
    """Return the public keys in some files, by fingerprint.

    Raises:
        KeyUnusableError: one of them cannot be read.
        OSError: one of them cannot be read.
    """
    keys = [load_public(file) for file in files]
    return {fingerprint(key): key for key in keys}


def is_signed_by(key: Ed25519PublicKey, signature: bytes, content: bytes) -> bool:
    """Whether a signature of these bytes was made with that key."""
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True


def is_signed(bag: Path, keys: Mapping[str, Ed25519PublicKey]) -> bool:
    """Whether one of these keys signed a bag as it is."""
    try:
        content = (bag / SIGNED).read_bytes()
    except FileNotFoundError:
        return False
    return any(
        name in keys and is_signed_by(keys[name], signature, content) for name, signature in signatures(bag).items()
    )


def false_signatures(bag: Path, keys: Mapping[str, Ed25519PublicKey]) -> list[str]:
    """Return the fingerprints of those of these keys whose signatures in a bag do not match the bag."""
    content = (bag / SIGNED).read_bytes()
    return [
        name
        for name, signature in signatures(bag).items()
        if name in keys and not is_signed_by(keys[name], signature, content)
    ]


def sign_bag(bag: Path, signer: Signer) -> None:
    """Sign a bag: the bytes of its ``tagmanifest-sha512.txt``, which covers all its files.

    The signature, 64 bytes, is in the bag's folder ``signatures`` under the key's fingerprint. So a bag that went from
    one archive to another can be signed by both.
    """
    file = bag / "signatures" / f"{signer.fingerprint}.sig"
    file.parent.mkdir(exist_ok=True)
    part = file.with_suffix(".part")
    part.write_bytes(signer.sign((bag / SIGNED).read_bytes()))
    part.replace(file)
    _LOG.debug("a bag is signed with the key %.12s", signer.fingerprint)


def signatures(bag: Path) -> Mapping[str, bytes]:
    """Return the signatures of a bag, by the fingerprints of their keys."""
    return {file.stem: file.read_bytes() for file in sorted((bag / "signatures").glob("*.sig"))}
