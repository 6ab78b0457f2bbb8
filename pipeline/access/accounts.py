"""The people who may sign in, and their sessions."""

import hashlib
import json
import math
import secrets
import sqlite3
import unicodedata
from collections.abc import Collection
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from models.errors import ConflictError, NotFoundError, SignInError, UsageError
from models.message import Message
from pipeline.access.account import Account
from pipeline.access.database import access_database
from pipeline.access.passwords import Passwords
from pipeline.access.roles import Role

_IDLE = 30 * 60.0  # seconds after which a session that is not used ends
_LONGEST = 12 * 3600.0
_SEEN_EVERY = 60.0  # seconds after which it is written down again that a session is used
_OVERTAKEN = 30.0  # seconds that a question may wait for others of its session that came later
_FREE_TRIES = 5
_FIRST_WAIT, _LONGEST_WAIT = 60.0, 3600.0  # seconds; each wrong password doubles the wait
LONGEST_NAME = 64
_ACCOUNTS = (
    "SELECT accounts.*, groups.boxes, groups.courts FROM accounts LEFT JOIN groups ON groups.name = accounts.member_of"
)
_WRONG = Message("The name or the password is wrong, or the account is locked.")


class Accounts:
    """The accounts of one archive. There is none until a person adds one. Times are aware, and come from the caller."""

    def __init__(self, archive: Path, passwords: Passwords | None = None) -> None:
        """Set the archive, by its folder, and how passwords are kept."""
        self._archive = archive
        self._passwords = passwords or Passwords()

    def set_group(self, name: str, boxes: Collection[str] | None, courts: Collection[str] | None = None) -> None:
        """Create a group, or change it: its members see nothing of any other box, or of other courts; None for any.

        Raises:
            UsageError: the name is not allowed.
            AccessError: the accounts cannot be used.
        """
        with self._database() as database:
            database.execute(
                "INSERT INTO groups VALUES (?, ?, ?) "
                "ON CONFLICT DO UPDATE SET boxes = excluded.boxes, courts = excluded.courts",
                (_as_name(name), _as_json(boxes), _as_json(courts)),
            )

    def add(self, name: str, role: Role, password: str | None, group: str = "") -> Account:
        """Add an account, limited to a group, or ("") to none. Nobody can sign in without a password (None) here.

        Raises:
            UsageError: the name or the password is not allowed.
            ConflictError: there is such an account already.
            NotFoundError: there is no such group.
            AccessError: the accounts cannot be used.
        """
        name = _as_name(name)
        kept = self._passwords.kept(password) if password is not None else ""
        with self._database() as database:
            if self._row(database, name):
                raise ConflictError(f"There is an account {name} already.")
            database.execute(
                "INSERT INTO accounts (name, role, password, member_of) VALUES (?, ?, ?, ?)",
                (name, role, kept, _group(database, group)),
            )
        return self.account(name)

    def account(self, name: str) -> Account:
        """Return an account.

        Raises:
            NotFoundError: there is none of that name.
            AccessError: the accounts cannot be used.
        """
        with self._database() as database:
            return _account(self._known(database, name))

    def all(self) -> list[Account]:
        """Return all accounts, by name; raises AccessError if they cannot be used."""
        with self._database() as database:
            return [_account(row) for row in database.execute(f"{_ACCOUNTS} ORDER BY accounts.name")]

    def set_role(self, name: str, role: Role, group: str = "") -> Account:
        """Give an account another role, and a group or none; raises as :meth:`add` and :meth:`account`."""
        with self._database() as database:
            return self._change(database, name, role=role, member_of=_group(database, group))

    def lock(self, name: str) -> Account:
        """Lock an account: its sessions end, and nobody can sign in; raises as :meth:`account`."""
        with self._database() as database:
            return self._change(database, name, locked=1)

    def unlock(self, name: str) -> Account:
        """Let a locked account sign in again; raises as :meth:`account`."""
        with self._database() as database:
            return self._change(database, name, locked=0)

    def set_password(self, name: str, password: str) -> Account:
        """Give an account another password; its sessions end.

        Raises:
            UsageError: it cannot be one.
            NotFoundError: there is no such account.
            AccessError: the accounts cannot be used.
        """
        kept = self._passwords.kept(password)
        with self._database() as database:
            return self._change(database, name, password=kept)

    def set_identity(self, name: str, issuer: str, subject: str) -> Account:
        """Let a subject of an issuer sign in with an account, or ("") nobody; its sessions end.

        Raises:
            ConflictError: it signs in with another account.
            NotFoundError: there is no such account.
            AccessError: the accounts cannot be used.
        """
        with self._database() as database:
            own = database.execute(
                "SELECT name FROM accounts WHERE issuer = ? AND subject = ?", (issuer, subject)
            ).fetchone()
            if subject and own and own["name"] != unicodedata.normalize("NFC", name):
                raise ConflictError(f"That person signs in as {own['name']} already.", "One person has one account.")
            return self._change(database, name, issuer=issuer if subject else None, subject=subject or None)

    def sign_in_as(self, issuer: str, subject: str, now: datetime) -> tuple[Account, str]:
        """Return the account of a subject who signed in at an issuer, and the token of a new session.

        Raises:
            SignInError: nobody has been given an account for it, or it is locked.
            AccessError: the accounts cannot be used.
        """
        with self._database() as database:
            row = database.execute(
                f"{_ACCOUNTS} WHERE accounts.issuer = ? AND accounts.subject = ?", (issuer, subject)
            ).fetchone()
            if row is None or row["locked"]:
                raise SignInError(
                    Message("You have no account here, or it is locked."),
                    Message("Ask an administrator of the archive, and give this name: {subject}.", subject=subject),
                )
            return _account(row), _begin(database, row["name"], now.timestamp())

    def sign_in(self, name: str, password: str, now: datetime) -> tuple[Account, str]:
        """Return the account, and the token of a new session.

        Whether there is such an account, and whether it is locked, shows in no message. After five wrong passwords for
        a name it takes a minute until the next is looked at, then two, and so on up to an hour.

        Raises:
            SignInError: the name or the password is wrong, the account is locked, or there were too many tries.
            AccessError: the accounts cannot be used.
        """
        name = unicodedata.normalize("NFC", name)
        key, seconds = _hashed(name), now.timestamp()
        with self._database() as database:
            self._be_let_try(database, key, seconds)
            # Counted before the password is checked: many tries at once are many tries.
            self._count(database, key, seconds)
            row = self._row(database, name)
        is_right = self._passwords.is_right(row["password"] if row else "", password)
        if row is None or not is_right:
            raise SignInError(_WRONG)
        with self._database() as database:
            now_row = self._row(database, name)
            if now_row is None or now_row["locked"] or now_row["password"] != row["password"]:
                raise SignInError(_WRONG)
            database.execute("DELETE FROM tries WHERE name = ?", (key,))
            if self._passwords.is_outdated(row["password"]):
                database.execute(
                    "UPDATE accounts SET password = ? WHERE name = ?", (self._passwords.kept(password), name)
                )
            return _account(now_row), _begin(database, name, seconds)

    def signed_in(self, token: str, now: datetime) -> Account:
        """Return the account whose session a token is, as it is now.

        Raises:
            SignInError: it is nobody's, or has ended: not used for half an hour, or begun twelve hours ago.
            AccessError: the accounts cannot be used.
        """
        key, seconds = _hashed(token), now.timestamp()
        # A browser asks for many pictures at once: most of these questions change nothing, so they wait for nobody.
        with access_database(self._archive, changes=False) as database:
            session = database.execute("SELECT * FROM sessions WHERE token = ?", (key,)).fetchone()
            lasts = session is not None and _lasts(session, seconds)
            if lasts and seconds - session["seen"] < _SEEN_EVERY:
                return _account(self._known(database, session["account"]))
        with self._database() as database:
            if lasts and database.execute("UPDATE sessions SET seen = ? WHERE token = ?", (seconds, key)).rowcount:
                return _account(self._known(database, session["account"]))
            database.execute("DELETE FROM sessions WHERE token = ?", (key,))
        raise SignInError(Message("You are not signed in, or your session has ended."), Message("Sign in."))

    def sign_out(self, token: str) -> None:
        """End a session; raises AccessError if the accounts cannot be used."""
        with self._database() as database:
            database.execute("DELETE FROM sessions WHERE token = ?", (_hashed(token),))

    def _database(self) -> AbstractContextManager[sqlite3.Connection]:
        return access_database(self._archive)

    def _row(self, database: sqlite3.Connection, name: str) -> sqlite3.Row | None:
        found: sqlite3.Row | None = database.execute(f"{_ACCOUNTS} WHERE accounts.name = ?", (name,)).fetchone()
        return found

    def _known(self, database: sqlite3.Connection, name: str) -> sqlite3.Row:
        row = self._row(database, unicodedata.normalize("NFC", name))
        if row is None:
            raise NotFoundError(f"There is no account {name}.", "`bannasar users list` names them.")
        return row

    def _change(self, database: sqlite3.Connection, name: str, **values: str | int | None) -> Account:
        """Change an account; a person who is signed in with it must sign in again."""
        name = self._known(database, name)["name"]
        for column, value in values.items():
            database.execute(f"UPDATE accounts SET {column} = ? WHERE name = ?", (value, name))  # noqa: S608  # our names
        database.execute("DELETE FROM sessions WHERE account = ?", (name,))
        return _account(self._known(database, name))

    def _be_let_try(self, database: sqlite3.Connection, key: str, seconds: float) -> None:
        database.execute("DELETE FROM tries WHERE until < ?", (seconds - 24 * 3600,))
        row = database.execute("SELECT * FROM tries WHERE name = ?", (key,)).fetchone()
        wait = row["until"] - seconds if row and row["failed"] >= _FREE_TRIES else 0
        if 0 < wait <= _LONGEST_WAIT:  # a longer wait comes from a clock that was wrong
            raise SignInError(
                Message("There were too many wrong passwords for this name."),
                Message("Try again in {n} min.", n=math.ceil(wait / 60)),
            )

    def _count(self, database: sqlite3.Connection, key: str, seconds: float) -> None:
        row = database.execute("SELECT failed FROM tries WHERE name = ?", (key,)).fetchone()
        failed = (row["failed"] if row else 0) + 1
        wait = min(_FIRST_WAIT * 2.0 ** min(max(failed - _FREE_TRIES, 0), 30), _LONGEST_WAIT)
        database.execute("INSERT OR REPLACE INTO tries VALUES (?, ?, ?)", (key, failed, seconds + wait))


def _lasts(session: sqlite3.Row, seconds: float) -> bool:
    """Whether a session has not ended; a clock that was set back does not make it longer."""
    seen, begun = float(session["seen"]), float(session["begun"])
    return -_OVERTAKEN < seconds - seen < _IDLE and seconds - begun < _LONGEST


def _as_name(name: str) -> str:
    normal = unicodedata.normalize("NFC", name)
    if (
        not 0 < len(normal) <= LONGEST_NAME
        or "@" in normal
        or any(unicodedata.category(one)[0] in "CZ" for one in normal)
    ):
        raise UsageError(
            "A name has 1 to 64 characters, no spaces and no @: that is for the names of operators.",
        )
    return normal


def _group(database: sqlite3.Connection, name: str) -> str | None:
    """Return the group of an account as it is stored, None if it has none."""
    name = unicodedata.normalize("NFC", name)
    if name and not database.execute("SELECT 1 FROM groups WHERE name = ?", (name,)).fetchone():
        raise NotFoundError(f"There is no group {name}.", "`bannasar users group` makes one.")
    return name or None


def _account(row: sqlite3.Row) -> Account:
    boxes, courts = (_from_json(row[name]) for name in ("boxes", "courts"))
    return Account(
        row["name"], Role(row["role"]), row["member_of"] or "", boxes, courts, bool(row["locked"]), row["subject"] or ""
    )


def _as_json(names: Collection[str] | None) -> str:
    return json.dumps(None if names is None else sorted(names), ensure_ascii=False)


def _from_json(kept: str | None) -> frozenset[str] | None:
    """Return what a group is limited to; None if it is not, or if there is no group."""
    names = None if kept is None else json.loads(kept)
    return None if names is None else frozenset(names)


def _begin(database: sqlite3.Connection, name: str, seconds: float) -> str:
    """Begin a session of an account, and return its token."""
    token = secrets.token_urlsafe(32)
    database.execute("INSERT INTO sessions VALUES (?, ?, ?, ?)", (_hashed(token), name, seconds, seconds))
    return token


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
