"""The certificate for HTTPS: the court's, or for a court that has none, one of its own.

Its own is signed by itself, so browsers warn once.
"""

import ipaddress
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from models.errors import ConfigurationError

_LASTS = timedelta(days=397)  # browsers accept no certificate of a server that lasts longer
_RENEWED = timedelta(days=30)  # before its end


@dataclass(frozen=True, slots=True)
class OwnCertificate:
    """The files of a certificate and its private key, and the SHA-256 of the certificate as browsers show it."""

    certificate: Path
    key: Path
    fingerprint: str


def own_certificate(folder: Path, hosts: Iterable[str]) -> OwnCertificate:
    """Return the certificate in a folder; make it if there is none, if it lacks a host, or if it ends soon.

    Args:
        folder: where it is kept; only the owner can read the key.
        hosts: the names and addresses under which the reading room is reached.

    Raises:
        OSError: it cannot be read or written.
    """
    wanted = sorted(set(hosts))
    file, key_file = folder / "room.pem", folder / "room.key"
    found = _usable(file, key_file, wanted)
    if found is None:
        key = ec.generate_private_key(ec.SECP256R1())
        found = _signed(key, wanted)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(key_file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        _write(file, found.public_bytes(Encoding.PEM))
    return OwnCertificate(file, key_file, found.fingerprint(hashes.SHA256()).hex(":").upper())


def end_of(file: Path, key_file: Path) -> datetime:
    """Return when a certificate ends that somebody else made; its key must belong to it and be readable.

    Args:
        file: the certificate, as PEM; those that vouch for it may follow it.
        key_file: its private key, as PEM; it may be the same file.

    Raises:
        ConfigurationError: they cannot be used.
    """
    try:
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
        key = load_pem_private_key(key_file.read_bytes(), None)
    except OSError as error:
        raise ConfigurationError(
            f"{error.filename} cannot be read: {error.strerror}.",
            "The account that starts the reading room must be able to read the certificate and its key.",
        ) from error
    except TypeError as error:
        raise ConfigurationError(
            f"The key {key_file} has a passphrase, and nobody can type it when the machine starts.",
            f"Give one without, which only this account can read: `openssl pkey -in {key_file} -out …`.",
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ConfigurationError(
            f"{file} is not a certificate, or {key_file} is not a private key.", "Give both in PEM format."
        ) from error
    if not _is_pair(certificate, key):
        raise ConfigurationError(f"The key {key_file} does not belong to the certificate {file}.", "Give its own key.")
    return certificate.not_valid_after_utc


def _usable(file: Path, key_file: Path, hosts: list[str]) -> x509.Certificate | None:
    try:
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
        key = load_pem_private_key(key_file.read_bytes(), None)
        named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (FileNotFoundError, ValueError, TypeError, x509.ExtensionNotFound):
        return None
    ends_late = certificate.not_valid_after_utc - datetime.now(UTC) > _RENEWED
    is_good = ends_late and _is_pair(certificate, key) and set(map(_name, hosts)) <= set(named)
    return certificate if is_good else None


def _is_pair(certificate: x509.Certificate, key: PrivateKeyTypes) -> bool:
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return certificate.public_key().public_bytes(*form) == key.public_key().public_bytes(*form)


def _signed(key: ec.EllipticCurvePrivateKey, hosts: list[str]) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Bannasar reading room")])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # the clocks of other machines may be behind
        .not_valid_after(now + _LASTS - timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([_name(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host.encode("idna").decode("ascii"))


def _write(file: Path, content: bytes) -> None:
    """Write a file that only its owner can read, completely or not at all."""
    descriptor, part = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")  # with mode 0600
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
    Path(part).replace(file)
