"""Recognises who asks: the operator of this machine by a one-time address, or a person who signed in."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from urllib.parse import urlsplit

from starlette.requests import Request

from models.actor import Actor
from models.errors import NotAllowedError, SignInError
from models.message import Message
from pipeline.services import users
from pipeline.services.archives import Archive
from pipeline.services.askers import Asker

COOKIE = "bannasar-session"
_BYTES = 32
_AGAIN = Message("Open the page again and send it from there.")


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Visit:
    """One session: ``asker`` is its user; ``token`` is its secret, from which the tokens of forms are made."""

    asker: Asker
    token: str

    @property
    def form_token(self) -> str:
        """The token that a form of this session must send back (against CSRF)."""
        return hmac.new(self.token.encode(), b"form", hashlib.sha256).hexdigest()


@dataclass(slots=True)
class Door:
    """Keeps the sessions. The operator's last as long as the process; other people's are in the archive's accounts.

    Attributes:
        operator: who started the reading room, if that person may enter without an account; otherwise None.
    """

    operator: Actor | None
    _one_time: str = field(default_factory=lambda: secrets.token_urlsafe(_BYTES))
    _operators: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    @property
    def one_time_token(self) -> str:
        """The end of the one-time address; it works once."""
        return self._one_time

    def enter_once(self, token: str) -> str | None:
        """Return the operator's session for the one-time token, None if it is wrong or was used."""
        with self._lock:
            if self.operator is None or not self._one_time or not _is_same(token, self._one_time):
                return None
            self._one_time = ""
            session = secrets.token_urlsafe(_BYTES)
            self._operators.add(_kept(session))
            return session

    def visit(self, request: Request, archive: Archive) -> Visit | None:
        """Return the session that a request belongs to, None if it belongs to none.

        Raises:
            ArchiveError: accounts, ledger or journal cannot be used.
        """
        token = request.cookies.get(COOKIE, "")
        if not token:
            return None
        if self.operator is not None and _kept(token) in self._operators:
            return Visit(Asker.operator(self.operator, _now()), token)
        try:
            return Visit(users.signed_in(archive, token, _now()), token)
        except SignInError:
            return None

    def sign_in(self, archive: Archive, name: str, password: str) -> str:
        """Return the session of a person with this name and password.

        Raises:
            SignInError: name or password is wrong, or there were too many attempts.
            ArchiveError: accounts, ledger, journal or audit log cannot be used.
        """
        _asker, token = users.sign_in(archive, name, password, _now())
        return token

    def leave(self, archive: Archive, visit: Visit) -> None:
        """End a session."""
        with self._lock:
            if _kept(visit.token) in self._operators:
                self._operators.discard(_kept(visit.token))
                return
        users.sign_out(archive, visit.asker, visit.token)


def require_own_form(request: Request, visit: Visit | None, sent: str) -> None:
    """Refuse a form that another site made the browser send, or that belongs to another session.

    Browsers state where a form comes from (Fetch Metadata, ``Sec-Fetch-Site``; ``Origin``); the token protects if they
    do not.

    Raises:
        NotAllowedError: the form is not this session's own.
    """
    site = request.headers.get("sec-fetch-site", "same-origin")
    # Behind a proxy we see HTTP where the browser sees HTTPS, so only the host is compared.
    origin = request.headers.get("origin", "")
    is_ours = not origin or urlsplit(origin).netloc == request.headers.get("host", "")
    if site not in {"same-origin", "none"} or not is_ours:
        raise NotAllowedError(Message("This form was sent from another site."), _AGAIN)
    if visit is not None and not _is_same(sent, visit.form_token):
        raise NotAllowedError(Message("This form is no longer valid."), _AGAIN)


def _is_same(sent: str, secret: str) -> bool:
    """Whether a secret is right, in a time that says nothing of it; what was sent may be any text."""
    return hmac.compare_digest(sent.encode(errors="surrogatepass"), secret.encode())


def _kept(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
