"""The people who may sign in: added, changed and locked by those who may, and never by themselves."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from models.actor import Actor, ActorKind
from models.errors import NotAllowedError, SignInError, UsageError
from pipeline.access.account import Account
from pipeline.access.accounts import LONGEST_NAME, Accounts
from pipeline.access.asker import Asker
from pipeline.access.audit import AuditLog, Deed
from pipeline.access.roles import ONLY_FOR_OPERATORS, Action, Role, same_person
from pipeline.archive.archive import Archive
from pipeline.document.courts import court_in
from pipeline.document.glossary import read_names
from pipeline.services.audit import notes_refusals
from pipeline.services.sight import person


@notes_refusals
def add(  # who adds whom, as what
    archive: Archive, asker: Asker, name: str, role: Role, password: str | None, group: str
) -> Account:
    """Add an account.

    Args:
        archive: the archive.
        asker: who adds it.
        name: its name.
        role: its role.
        password: its password, which the person changes; None if the person will sign in elsewhere only.
        group: the group it is limited to, "" for none.

    Raises:
        NotAllowedError: the asker may not; only an operator gives a role with which one may unseal or manage accounts.
        UsageError: name or password cannot be one.
        ConflictError: there is such an account already.
        NotFoundError: there is no such group.
        ArchiveError: accounts or audit log cannot be used.
        OSError: the audit log cannot be written; then nothing changes.
    """
    _must_be_allowed(asker, role)
    _note(archive, asker, f"account {name}: added as {role}{f' of {group}' if group else ''}")
    return Accounts(archive.folder).add(name, role, password, group)


@notes_refusals
def set_role(  # as add
    archive: Archive, asker: Asker, name: str, role: Role, group: str
) -> Account:
    """Give an account another role and group; raises as :func:`add`, and NotFoundError where there is none."""
    accounts = Accounts(archive.folder)
    _must_be_allowed(asker, role, accounts.account(name))
    _note(archive, asker, f"account {name}: {role}{f' of {group}' if group else ''}")
    return accounts.set_role(name, role, group)


@notes_refusals
def set_group(  # who makes which group, of what
    archive: Archive, asker: Asker, name: str, boxes: Sequence[str], courts: Sequence[str] = ()
) -> list[str]:
    """Make a group, or change it: its members see only what is in some boxes, of some courts, or both.

    Args:
        archive: the archive.
        asker: who makes it.
        name: its name.
        boxes: the boxes, by their ids or folders; none for any box.
        courts: the courts, each by one of its names in the glossary; none for any court.

    Returns:
        The ids of the boxes, and the courts as case files have them.

    Raises:
        UsageError: neither is named, or the glossary has no such court.
        NotFoundError: there is no such box.
        GlossaryError: the glossary cannot be read.
        BannasarError: as :func:`add`.
    """
    _must_be_allowed(asker)
    if not boxes and not courts:
        raise UsageError("A group is limited to boxes or to courts.", "Name some: --box BOX, --court NAME.")
    ids = [archive.box(box).id for box in boxes]
    known = [_court(archive, court) for court in courts]
    _note(archive, asker, f"group {name}: {', '.join([*ids, *known])}")
    Accounts(archive.folder).set_group(name, ids or None, known or None)
    return [*ids, *known]


def _court(archive: Archive, name: str) -> str:
    """Return a court as case files have it."""
    if court := court_in(name, read_names(Path(archive.settings.document.glossary))):
        return court
    raise UsageError(f"The glossary has no court in “{name}”.", "Its names are in courts.toml (docs/documents.md).")


@notes_refusals
def lock(archive: Archive, asker: Asker, name: str) -> Account:
    """Lock an account, whatever its role; a person who uses it is signed out. Raises as :func:`set_role`."""
    asker.must_be_allowed(Action.MANAGE_ACCOUNTS)
    _note(archive, asker, f"account {name}: locked")
    return Accounts(archive.folder).lock(name)


@notes_refusals
def unlock(archive: Archive, asker: Asker, name: str) -> Account:
    """Let a locked account sign in again; raises as :func:`set_role`."""
    accounts = Accounts(archive.folder)
    _must_be_allowed(asker, None, accounts.account(name))
    _note(archive, asker, f"account {name}: unlocked")
    return accounts.unlock(name)


@notes_refusals
def set_password(archive: Archive, asker: Asker, name: str, password: str) -> Account:
    """Set a new password for the account of another person, who forgot it; raises as :func:`set_role`."""
    accounts = Accounts(archive.folder)
    _must_be_allowed(asker, None, accounts.account(name))
    _note(archive, asker, f"account {name}: another password")
    return accounts.set_password(name, password)


@notes_refusals
def set_identity(archive: Archive, asker: Asker, name: str, subject: str) -> Account:
    """Let a person sign in with an account at the issuer of the settings, or ("") nobody.

    Args:
        archive: the archive.
        asker: who lets.
        name: the account's name.
        subject: the issuer's name for the person: the claim ``sub``.

    Raises:
        UsageError: the settings name no issuer.
        ConflictError: that person signs in with another account.
        BannasarError: as :func:`set_role`.
    """
    accounts, issuer = Accounts(archive.folder), archive.settings.access.oidc.issuer
    _must_be_allowed(asker, None, accounts.account(name))
    if subject and not issuer:
        raise UsageError("There is no issuer at which people sign in.", "Set access.oidc.issuer: docs/reading-room.md.")
    _note(archive, asker, f"account {name}: signs in {f'elsewhere as {subject}' if subject else 'only here'}")
    return accounts.set_identity(name, issuer, subject)


def change_password(archive: Archive, asker: Asker, old: str, new: str) -> None:
    """Change one's own password, by the old one; all sessions end.

    Raises:
        SignInError: the old one is wrong.
        UsageError: the new one cannot be a password.
        ArchiveError: accounts or audit log cannot be used.
        OSError: the audit log cannot be written; then nothing changes.
    """
    _, token = sign_in(archive, asker.actor.name, old, asker.at)
    _note(archive, asker, f"account {asker.actor.name}: own password")
    accounts = Accounts(archive.folder)
    accounts.sign_out(token)
    accounts.set_password(asker.actor.name, new)


def all_accounts(archive: Archive, asker: Asker) -> list[Account]:
    """Return all accounts, by name; raises NotAllowedError, AccessError."""
    asker.must_be_allowed(Action.MANAGE_ACCOUNTS)
    return Accounts(archive.folder).all()


def sign_in(archive: Archive, name: str, password: str, clock: datetime) -> tuple[Asker, str]:
    """Return who signs in, and the token of the session.

    Raises:
        SignInError: the name or the password is wrong, the account is locked, or there were too many tries.
        ArchiveError: accounts, ledger, journal or audit log cannot be used.
        OSError: the audit log cannot be written; nobody signs in then.
    """
    log, accounts = AuditLog(archive.folder), Accounts(archive.folder)
    who = Actor(name=name[:LONGEST_NAME], kind=ActorKind.PERSON)
    try:
        account, token = accounts.sign_in(name, password, clock)
    except SignInError:
        log.write(who, Deed.REFUSED, "sign-in", now=clock)
        raise
    try:
        log.write(account.actor, Deed.SIGNED_IN, "", now=clock)
    except OSError:
        accounts.sign_out(token)
        raise
    return person(archive, account, clock), token


def signed_in(archive: Archive, token: str, clock: datetime) -> Asker:
    """Return who a session's token belongs to.

    Raises:
        SignInError: to nobody, or the session has ended.
        ArchiveError: accounts, ledger, journal or audit log cannot be used.
    """
    return person(archive, Accounts(archive.folder).signed_in(token, clock), clock)


def sign_out(archive: Archive, asker: Asker, token: str) -> None:
    """End a session; raises ArchiveError, OSError."""
    Accounts(archive.folder).sign_out(token)
    AuditLog(archive.folder).write(asker.actor, Deed.SIGNED_OUT, "", now=asker.at)


def _must_be_allowed(asker: Asker, role: Role | None = None, account: Account | None = None) -> None:
    """Refuse an asker who may not change such an account, or give it such a role.

    Otherwise a person could give the right to unseal to a friend, or take over an account that has it, and so unseal
    alone.
    """
    asker.must_be_allowed(Action.MANAGE_ACCOUNTS)
    if asker.actor.kind is ActorKind.OPERATOR:
        return
    if {role, account and account.role} & ONLY_FOR_OPERATORS:
        raise NotAllowedError(
            "Only an operator, at the archive's machine, changes accounts that may unseal or manage accounts."
        )
    if account and same_person(account.name, asker.actor.name):
        raise NotAllowedError("You cannot change your own account.", "Another administrator can.")


def _note(archive: Archive, asker: Asker, what: str) -> None:
    AuditLog(archive.folder).write(asker.actor, Deed.CHANGED, what, now=asker.at)
