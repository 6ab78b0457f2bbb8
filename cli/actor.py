"""Who types the commands, and when. Only this module asks the operating system."""

import getpass
import os
import pwd
import socket
from datetime import UTC, datetime
from pathlib import Path

from models.actor import Actor, ActorKind
from models.errors import UsageError
from pipeline.services.archives import Archive
from pipeline.services.askers import Asker


def operator() -> Actor:
    """Return the account that this process runs under, and the machine."""
    try:
        account = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # in a container, often
        account = str(os.getuid())
    return Actor(name=f"{account}@{socket.gethostname()}", kind=ActorKind.OPERATOR)


def now() -> datetime:
    """Return the present time, in UTC."""
    return datetime.now(UTC)


def at_the_shell() -> Asker:
    """Return the person who types, as the operator who may do and see everything."""
    return Asker.operator(operator(), now())


def signed_in(archive: Archive, account: str, password_file: Path | None) -> Asker:
    """Return the person whose password is typed, or is in a file.

    Raises:
        SignInError: the name or the password is wrong, the account is locked, or there were too many tries.
        UsageError: the file cannot be read.
    """
    # Loaded here, because few commands need accounts.
    from pipeline.services.users import sign_in, sign_out  # noqa: PLC0415

    asker, token = sign_in(archive, account, read_password(password_file), now())
    sign_out(archive, asker, token)
    return asker


def person_or_operator(archive: Archive, account: str, password_file: Path | None) -> Asker:
    """Return the person of an account, or without one ("") the operator who types; raises as :func:`signed_in`."""
    return signed_in(archive, account, password_file) if account else at_the_shell()


def read_password(file: Path | None, *, confirm: bool = False) -> str:
    """Return a password, from a file or typed without being shown. A new one is typed twice.

    Raises:
        UsageError: the file cannot be read, or the password was not typed the same twice.
    """
    if file is not None:
        try:
            return file.read_text("utf-8").split("\n")[0].removesuffix("\r")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not text"
            raise UsageError(f"The password file {file} cannot be read: {why}.") from error
    password = getpass.getpass("Password: ")
    if confirm and getpass.getpass("Type it again: ") != password:
        raise UsageError("The two passwords are not the same.", "Type the password again.")
    return password
