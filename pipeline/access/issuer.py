"""The OpenID Connect issuer at which people may sign in: its addresses, its keys, and who it says a person is.

There is one, which the settings name. Requests go to its own server only, over HTTPS, without a proxy, and follow no
redirects. Whatever is wrong, nobody is signed in; the log says what it was, and the person does not learn it.
"""

import base64
import hmac
import json
import logging
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, urlencode, urlsplit

from models.errors import MissingDependencyError, SignInError
from models.message import Message
from models.settings import OidcSettings
from pipeline.logs import described

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

_LOG = logging.getLogger(__name__)
# Only signatures with a pair of keys. With a shared secret, anybody could sign with the public key.
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384")
_LEAST_BITS = 2048  # of an RSA key
_SECONDS = 10.0  # of a request, with the answer
_MOST_BYTES = 256 << 10
_LONGEST_TOKEN = 16 << 10
_LONGEST_SUBJECT = 255
_KEPT = 3600.0  # seconds for which its addresses and keys are not asked for again
_AT_MOST_EVERY = 60.0  # seconds; more often, unknown keys are not looked for
_AT_ONCE = 8  # requests for somebody at the same time: a slow issuer must not keep the reading room from its readers
_LEEWAY = 60.0  # seconds by which its clock may differ
_FAILED = (
    Message("The sign-in did not succeed."),
    Message("Begin again. If it happens again, inform the archive's technician."),
)


class _UntrustedError(Exception):
    """The issuer's answer is not one that can be trusted; the message names nothing of a person."""


class Issuer:
    """The issuer of the settings. Safe to use from several threads."""

    def __init__(self, settings: OidcSettings) -> None:
        """Set the settings; nothing is asked yet.

        Raises:
            MissingDependencyError: `joserfc` is not installed.
        """
        try:
            import joserfc  # noqa: F401, PLC0415  # an extra
        except ImportError as error:
            raise MissingDependencyError(
                "Signing in at an OpenID Connect issuer needs a library that is not installed.",
                "`script/setup --oidc` installs it.",
            ) from error
        self._settings = settings
        parts = urlsplit(settings.issuer)
        self._server = (parts.hostname or "", parts.port or 443)
        self._lock = threading.Lock()
        self._free = threading.BoundedSemaphore(_AT_ONCE)
        self._about: dict[str, Any] = {}
        self._about_at = self._tried_at = self._keys_at = float("-inf")
        self._keys: KeySet | None = None

    def address(self, state: str, nonce: str, challenge: str) -> str:
        """Return where a browser is sent for signing in.

        Args:
            state: what the issuer sends back with the browser.
            nonce: what must be in the token.
            challenge: the SHA-256 of the verifier (PKCE), as :func:`unpadded` writes it.

        Raises:
            SignInError: the issuer does not answer as it must.
        """
        query = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._settings.redirect,
            "scope": "openid",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        address = str(self._asked(lambda: self._endpoint("authorization_endpoint")))
        return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"

    def subject(self, answer: Mapping[str, str], verifier: str, nonce: str, now: float) -> str:
        """Return the issuer's name for the person who came back with an answer.

        Args:
            answer: the fields of the address with which the browser came back.
            verifier: its SHA-256 was sent (PKCE).
            nonce: what was sent.
            now: the time, in seconds.

        Raises:
            SignInError: the answer, or the token that it leads to, is not right.
        """
        return str(self._asked(lambda: self._subject(answer, verifier, nonce, now)))

    def _asked(self, ask: Any) -> Any:  # noqa: ANN401  # a function, and what it returns
        from joserfc.errors import JoseError  # noqa: PLC0415

        if not self._free.acquire(blocking=False):
            _LOG.warning("nobody is signed in by the issuer: %s people wait for it already", _AT_ONCE)
            raise SignInError(*_FAILED)
        try:
            return ask()
        except (_UntrustedError, JoseError, OSError, HTTPException, ValueError, KeyError, TypeError) as error:
            reason = str(error) if isinstance(error, _UntrustedError) else described(error)
            _LOG.warning("nobody is signed in by the issuer: %s", reason)
            raise SignInError(*_FAILED) from None
        finally:
            self._free.release()

    def _subject(self, answer: Mapping[str, str], verifier: str, nonce: str, now: float) -> str:
        if answer.get("iss", self._settings.issuer) != self._settings.issuer:
            raise _UntrustedError("the answer names another issuer")
        if not answer.get("code"):
            raise _UntrustedError("the issuer did not let the person in")
        form = {
            "grant_type": "authorization_code",
            "code": answer["code"],
            "redirect_uri": self._settings.redirect,
            "client_id": self._settings.client_id,
            "code_verifier": verifier,
        }
        found = self._send(self._endpoint("token_endpoint"), form)
        token = found.get("id_token")
        if not isinstance(token, str) or len(token) > _LONGEST_TOKEN:
            raise _UntrustedError("there is no token")
        return _checked(self._claims(token), self._settings, nonce, now)

    def _claims(self, token: str) -> dict[str, Any]:
        """Return what a token says, if the issuer signed it."""
        from joserfc import jwt  # noqa: PLC0415
        from joserfc.errors import InvalidKeyIdError  # noqa: PLC0415

        try:
            return dict(jwt.decode(token, self._key_set(_KEPT), algorithms=_ALGORITHMS).claims)
        except InvalidKeyIdError:  # it may have new keys
            return dict(jwt.decode(token, self._key_set(_AT_MOST_EVERY), algorithms=_ALGORITHMS).claims)

    def _key_set(self, not_older: float) -> "KeySet":
        address = self._endpoint("jwks_uri")
        with self._lock:
            return self._keys_from(address, not_older)

    def _keys_from(self, address: str, not_older: float) -> "KeySet":
        from joserfc.jwk import ECKey, KeySet, RSAKey  # noqa: PLC0415

        if self._keys is None or time.monotonic() - self._keys_at >= not_older:
            # The time counts even if it fails, so that an issuer that is in trouble is not asked all the time.
            self._keys_at = time.monotonic()
            keys: list[RSAKey | ECKey] = []
            for one in self._send(address)["keys"]:
                if one.get("use", "sig") != "sig" or "d" in one:
                    continue
                if one.get("kty") == "RSA" and len(base64.urlsafe_b64decode(one["n"] + "==")) * 8 >= _LEAST_BITS:
                    keys.append(RSAKey.import_key(one))
                elif one.get("kty") == "EC":
                    keys.append(ECKey.import_key(one))
            self._keys = KeySet(list(keys))
        return self._keys

    def _endpoint(self, name: str) -> str:
        """Return one of the issuer's addresses, which is on its own server."""
        with self._lock:
            address = str(self._known()[name])
        self._own(address)
        return address

    def _known(self) -> dict[str, Any]:
        """Return what the issuer says about itself."""
        if time.monotonic() - self._about_at >= _KEPT:
            if time.monotonic() - self._tried_at < _SECONDS:
                raise _UntrustedError("it did not answer a moment ago")  # others do not wait for it, too
            try:
                about = self._send(f"{self._settings.issuer.rstrip('/')}/.well-known/openid-configuration")
            finally:
                self._tried_at = time.monotonic()
            if about.get("issuer") != self._settings.issuer:
                raise _UntrustedError("it calls itself by another name than access.oidc.issuer")
            self._about, self._about_at = about, time.monotonic()
        return self._about

    def _own(self, address: str) -> str:
        """Return the path of an address on the issuer's own server."""
        parts = urlsplit(address)
        if (parts.scheme, parts.hostname, parts.port or 443) != ("https", *self._server) or "@" in parts.netloc:
            raise _UntrustedError("one of its addresses is on another server than access.oidc.issuer")
        if not address.isprintable() or " " in address or parts.fragment:
            raise _UntrustedError("one of its addresses is not one")
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def _send(self, address: str, form: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return what the issuer answers, in JSON."""
        path = self._own(address)
        context = ssl.create_default_context(cafile=self._settings.ca_file or None)
        connection = HTTPSConnection(*self._server, timeout=_SECONDS, context=context)
        # A server that sends a byte now and then keeps nobody waiting.
        clock = threading.Timer(_SECONDS, _end, (connection,))
        clock.daemon = True
        clock.start()
        try:
            headers = {"Accept": "application/json"}
            if form is None:
                connection.request("GET", path, headers=headers)
            else:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
                connection.request("POST", path, urlencode(form), headers | self._own_secret())
            answer = connection.getresponse()
            content = answer.read(_MOST_BYTES + 1)
        finally:
            clock.cancel()
            connection.close()
        if answer.status != 200:  # a redirect, too, is not followed
            raise _UntrustedError(f"it answered with the status {answer.status}")
        if len(content) > _MOST_BYTES:
            raise _UntrustedError("its answer is too large")
        found = json.loads(content)
        if not isinstance(found, dict):
            raise _UntrustedError("its answer is not an object")
        return found

    def _own_secret(self) -> dict[str, str]:
        """Return the header with which the reading room shows who it is, if it has a secret."""
        if not self._settings.client_secret_file:
            return {}
        secret = Path(self._settings.client_secret_file).expanduser().read_text("utf-8").strip()
        both = f"{quote_plus(self._settings.client_id)}:{quote_plus(secret)}"
        return {"Authorization": f"Basic {base64.b64encode(both.encode()).decode()}"}


@lru_cache(maxsize=4)
def issuer_of(settings: OidcSettings) -> Issuer:
    """Return the issuer of some settings, always the same, which keeps addresses and keys; raises as it does."""
    return Issuer(settings)


def unpadded(content: bytes) -> str:
    """Return bytes in Base64 for addresses, without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _end(connection: HTTPSConnection) -> None:
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)


def _checked(claims: Mapping[str, Any], settings: OidcSettings, nonce: str, now: float) -> str:
    """Return the subject of a token if it was made for this sign-in, here and now."""
    audience = claims.get("aud")
    for_whom = [audience] if isinstance(audience, str) else audience
    if claims.get("iss") != settings.issuer:
        raise _UntrustedError("the token is of another issuer")
    if not isinstance(for_whom, list) or settings.client_id not in for_whom:
        raise _UntrustedError("the token is for somebody else")
    if (len(for_whom) > 1 or "azp" in claims) and claims.get("azp") != settings.client_id:
        raise _UntrustedError("the token was given to somebody else")
    if _time(claims, "exp") <= now - _LEEWAY:
        raise _UntrustedError("the token has expired")
    if _time(claims, "iat") > now + _LEEWAY or ("nbf" in claims and _time(claims, "nbf") > now + _LEEWAY):
        raise _UntrustedError("the token is of the future")
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise _UntrustedError("the token is of another sign-in")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT or not subject.isprintable():
        raise _UntrustedError("the token names nobody")
    return subject


def _time(claims: Mapping[str, Any], name: str) -> float:
    found = claims.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise _UntrustedError(f"the token has no {name}")
    return float(found)
