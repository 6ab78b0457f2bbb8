"""Signing in at the OpenID Connect issuer that the settings name, with an account that was given to that person.

The account and its role are given here, by people who may; nothing that the issuer says changes them. What must be
remembered until the person comes back is in a cookie, signed with the archive's secret: so it belongs to one browser,
and nobody can fill the archive with sign-ins that nobody finishes.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from models.actor import Actor, ActorKind
from models.errors import NotFoundError, SignInError
from models.message import Message
from models.settings import OidcSettings
from pipeline.access.accounts import Accounts
from pipeline.access.asker import Asker
from pipeline.access.audit import AuditLog, Deed
from pipeline.access.database import secret
from pipeline.access.issuer import issuer_of, unpadded
from pipeline.archive.archive import Archive
from pipeline.services.sight import person

LASTS = 600
"""Seconds within which a person must come back."""
_STALE = Message("This sign-in was not begun in this browser, or too long ago."), Message("Begin again.")
_WHAT = "sign-in elsewhere"


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser is sent, and what it must bring back in a cookie."""

    address: str
    cookie: str


def begin(archive: Archive, to: str, clock: datetime) -> Begun:
    """Begin a sign-in.

    Args:
        archive: the archive.
        to: what is kept for the end: the address that the person wanted.
        clock: the time, aware.

    Raises:
        NotFoundError: the settings name no issuer.
        SignInError: the issuer does not answer as it must.
        ArchiveError: the accounts cannot be used, or a library is missing.
    """
    settings = _settings(archive)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    address = issuer_of(settings).address(state, nonce, unpadded(hashlib.sha256(verifier.encode()).digest()))
    kept = {"state": state, "nonce": nonce, "verifier": verifier, "to": to, "until": clock.timestamp() + LASTS}
    content = unpadded(json.dumps(kept).encode())
    return Begun(address, f"{content}.{_signature(archive, content)}")


def finish(archive: Archive, cookie: str, answer: Mapping[str, str], clock: datetime) -> tuple[Asker, str, str]:
    """Return who signs in, the token of the session, and what was kept of :func:`begin`.

    Args:
        archive: the archive.
        cookie: what :func:`begin` gave this browser; it must not be used again.
        answer: the fields of the address with which the browser came back.
        clock: the time, aware.

    Raises:
        NotFoundError: the settings name no issuer.
        SignInError: it is not the answer to a sign-in of this browser, the issuer or the token is not right, or nobody
            has been given an account for it.
        ArchiveError: accounts, ledger, journal or audit log cannot be used, or a library is missing.
        OSError: the audit log cannot be written; nobody signs in then.
    """
    settings, log, accounts = _settings(archive), AuditLog(archive.folder), Accounts(archive.folder)
    kept = _kept(archive, cookie, clock)
    if not hmac.compare_digest(kept["state"].encode(), answer.get("state", "").encode(errors="surrogatepass")):
        raise SignInError(*_STALE)
    subject = ""
    try:
        subject = issuer_of(settings).subject(answer, kept["verifier"], kept["nonce"], clock.timestamp())
        account, token = accounts.sign_in_as(settings.issuer, subject, clock)
    except SignInError:
        who = Actor(name="anybody", kind=ActorKind.PERSON)
        log.write(who, Deed.REFUSED, f"{_WHAT} {subject}".strip(), now=clock)
        raise
    try:
        log.write(account.actor, Deed.SIGNED_IN, _WHAT, now=clock)
    except OSError:
        accounts.sign_out(token)
        raise
    return person(archive, account, clock), token, kept["to"]


def _settings(archive: Archive) -> OidcSettings:
    settings = archive.settings.access.oidc
    if not settings.issuer:
        raise NotFoundError("There is nothing at this address.", "Sign in with a password.")
    return settings


def _kept(archive: Archive, cookie: str, clock: datetime) -> dict[str, str]:
    content, _, signature = cookie.partition(".")
    if not hmac.compare_digest(signature.encode(errors="replace"), _signature(archive, content).encode()):
        raise SignInError(*_STALE)
    kept = json.loads(base64.urlsafe_b64decode(content + "=" * (-len(content) % 4)))
    if not 0 < kept.pop("until") - clock.timestamp() <= LASTS:
        raise SignInError(*_STALE)
    return {name: str(value) for name, value in kept.items()}


def _signature(archive: Archive, content: str) -> str:
    # It begins with what no text does: the audit log has the words of searches hashed with the same secret.
    return hmac.new(
        secret(archive.folder), b"\xffsign-in " + content.encode(errors="replace"), hashlib.sha256
    ).hexdigest()
