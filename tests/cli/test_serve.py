"""`bannasar serve` says what prevents it from starting, and what to do; tests/web/test_served.py starts it."""

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from tests.in_process import call
from web import certificate
from web.certificate import OwnCertificate, own_certificate


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Return what is enough of an archive to be opened."""
    folder = tmp_path / "archive"
    folder.mkdir()
    (folder / "ledger.db").touch()
    return folder


@pytest.fixture
def court(tmp_path: Path) -> OwnCertificate:
    """Return a certificate with its key."""
    return own_certificate(tmp_path / "court", ["archive.court.example"])


def _refused(archive: Path, *options: object) -> str:
    done = call("serve", "--archive", archive, *options)
    assert (done.returncode, done.stdout) == (1, "")
    return " ".join(done.stderr.split())


def test_a_port_that_is_taken_is_named(archive: Path) -> None:
    """And what else may be wrong with the address."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"Another program listens on port {port}" in _refused(archive, "--port", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no such name"])
def test_an_address_of_another_machine_is_refused(archive: Path, court: OwnCertificate, host: str) -> None:
    """Numbers or a name."""
    said = _refused(archive, "--host", host, "--certificate", court.certificate, "--key", court.key)
    assert f"{host} is not an address of this machine" in said


def test_a_certificate_that_cannot_be_used_is_explained(archive: Path, court: OwnCertificate, tmp_path: Path) -> None:
    """Before anything listens, and without asking for a passphrase that nobody is there to type."""
    other, locked = own_certificate(tmp_path / "other", ["other"]), tmp_path / "locked.key"
    key = load_pem_private_key(court.key.read_bytes(), None)
    locked.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")))
    for given, reason in {
        (court.certificate, other.key): "does not belong to the certificate",
        (court.certificate, locked): "has a passphrase",
        (court.key, court.key): "is not a certificate",
        (court.certificate, None): "is not a private key",
        (tmp_path / "nothing.pem", court.key): "nothing.pem cannot be read: No such file",
        (None, court.key): "--key needs --certificate",
    }.items():
        options = [(name, file) for name, file in zip(("--certificate", "--key"), given, strict=True) if file]
        assert reason in _refused(archive, *(part for option in options for part in option))


@pytest.mark.parametrize(("days", "said"), [(-1, "ended on"), (7, "ends on"), (30, "")])
def test_a_certificate_that_ends_is_told(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, said: str
) -> None:
    """Two weeks before its end, and after it."""
    monkeypatch.setattr(certificate, "_LASTS", timedelta(days=days + 1))
    court = own_certificate(tmp_path / "court", ["archive.court.example"])
    end = f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = _refused(archive, "--port", port, "--certificate", court.certificate, "--key", court.key)
    assert (f"{said} {end}" in told) if said else "Another program" in told[:30]
