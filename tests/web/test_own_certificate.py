"""The reading room makes a certificate of its own, and a new one in time."""

import hashlib
import socket
import ssl
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from web import certificate
from web.certificate import OwnCertificate, own_certificate
from web.server import Listening


def _shown(own: OwnCertificate, host: str, trusted: Path) -> str:
    """Return the fingerprint that a program sees that trusts a certificate and asks for a host."""
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(own.certificate, own.key)
    asking = ssl.create_default_context(cafile=trusted)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection, served.wrap_socket(connection, server_side=True) as answered:
                answered.recv(1)

        thread = threading.Thread(target=answer)
        thread.start()
        with (
            socket.create_connection(listening.getsockname()) as plain,
            asking.wrap_socket(plain, server_hostname=host) as asked,
        ):
            content = asked.getpeercert(binary_form=True) or b""
            asked.send(b"a")
        thread.join()
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("host", ["10.0.0.5", "archive.court.example", "fd00::2"])
def test_a_browser_that_trusts_it_accepts_it(tmp_path: Path, host: str) -> None:
    """For the name or address that was given; nobody else can read its key."""
    own = own_certificate(tmp_path / "settings", [host])
    assert _shown(own, host, own.certificate) == own.fingerprint.replace(":", "").lower()
    assert own.key.stat().st_mode & 0o077 == 0
    assert own_certificate(tmp_path / "settings", [host]) == own


def test_another_host_gets_another_certificate(tmp_path: Path) -> None:
    """And so does a key that does not belong to it, or half a file."""
    own = own_certificate(tmp_path, ["10.0.0.5"])
    other = own_certificate(tmp_path, ["10.0.0.5", "archive.court.example"])
    assert other.fingerprint != own.fingerprint
    assert own_certificate(tmp_path, ["10.0.0.5"]) == other
    other.key.write_bytes(other.key.read_bytes()[:40])
    assert own_certificate(tmp_path, ["10.0.0.5"]).fingerprint != other.fingerprint


def test_it_is_renewed_before_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that has twenty days left is replaced; one that lasts as long as it may is not."""
    monkeypatch.setattr(certificate, "_LASTS", timedelta(days=21))
    old = own_certificate(tmp_path, ["10.0.0.5"])
    monkeypatch.undo()
    new = own_certificate(tmp_path, ["10.0.0.5"])
    assert new.fingerprint != old.fingerprint
    assert own_certificate(tmp_path, ["10.0.0.5"]) == new


def test_all_addresses_of_the_machine_are_its_hosts() -> None:
    """Where it listens on all of them; otherwise every request would be for a wrong host."""
    assert {socket.gethostname().lower(), "127.0.0.1"} <= Listening("0.0.0.0", 0).hosts  # noqa: S104
    assert Listening("10.0.0.5", 0, names=("Archive.example",)).hosts == {"10.0.0.5", "archive.example"}
