"""A small OpenID Connect issuer on this machine, over TLS: it does what an issuer does, and what one must never do."""

import base64
import hashlib
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "reading-room", "a secret of the reading room: 7+/"

Answer = tuple[int, Mapping[str, str], bytes]


def key_pair(kid: str) -> RSAKey:
    """Return a new pair of keys."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


@dataclass
class Issuer:
    """The issuer. ``claims`` are put into each token in addition, or (None) left out; ``answers`` replace its own.

    ``sign`` makes a token of claims in its own way; ``seen`` is what it was asked, in that order.
    """

    address: str = ""
    ca_file: str = ""
    key: RSAKey = field(default_factory=lambda: key_pair("one"))
    published: list[Any] = field(default_factory=list)
    claims: dict[str, Any] = field(default_factory=dict)
    sign: Callable[[dict[str, Any]], str] | None = None
    answers: dict[str, Answer] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    clock: Callable[[], float] = time.time
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Publish the key."""
        self.published = [self.key.as_dict(private=False)]

    def sign_in(self, address: str, subject: str = "sub-1") -> dict[str, str]:
        """Let a person in who comes with an address, and return the fields with which the browser goes back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked | {"sub": subject}
        return {"code": code, "state": asked["state"], "iss": self.address}

    def answer(self, method: str, path: str, headers: Mapping[str, str], form: Mapping[str, str]) -> Answer:
        """Answer a request."""
        self.seen.append(f"{method} {path}")
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/openid-configuration":
            own = {
                "issuer": self.address,
                "authorization_endpoint": f"{self.address}/authorize",
                "token_endpoint": f"{self.address}/token",
                "jwks_uri": f"{self.address}/keys",
            }
            return 200, {}, json.dumps(own | self.about).encode()
        if path == "/keys":
            return 200, {}, json.dumps({"keys": self.published}).encode()
        return self._token(headers, form)

    def _token(self, headers: Mapping[str, str], form: Mapping[str, str]) -> Answer:
        asked = self._codes.pop(form.get("code", ""), None)
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        basic = base64.b64decode(headers.get("Authorization", "Basic ").removeprefix("Basic ")).decode()
        if (
            asked is None
            or base64.urlsafe_b64encode(challenge).rstrip(b"=").decode() != asked["code_challenge"]
            or form["redirect_uri"] != asked["redirect_uri"]
            or basic != "reading-room:a+secret+of+the+reading+room%3A+7%2B%2F"
        ):
            return 400, {}, b'{"error": "invalid_grant"}'
        now = int(self.clock())
        claims: dict[str, Any] = {
            "iss": self.address, "sub": asked["sub"], "aud": CLIENT, "exp": now + 300, "iat": now,
            "nonce": asked["nonce"],
            **self.claims,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        token = self.sign(claims) if self.sign else jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
        return 200, {}, json.dumps({"id_token": token, "access_token": "x", "token_type": "Bearer"}).encode()


@contextmanager
def open_issuer(folder: Path) -> Iterator[Issuer]:
    """Run an issuer while the block runs."""
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._do({})

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._do({name: values[0] for name, values in parse_qs(sent).items()})

        def _do(self, form: Mapping[str, str]) -> None:
            status, headers, content = issuer.answer(self.command, self.path, dict(self.headers.items()), form)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_given: object) -> None:
            """Say nothing."""

    certificate = _certificate(folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        issuer.address, issuer.ca_file = f"https://127.0.0.1:{server.server_address[1]}", str(certificate)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield issuer
        finally:
            server.shutdown()
            thread.join(60)


def _certificate(folder: Path) -> Path:
    """Write a certificate of this machine with its key, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "issuer.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file
