"""``bannasar users``."""

from typing import Annotated

import typer

from cli.actor import at_the_shell, read_password
from cli.common import ArchiveOption, open_archive, out
from cli.unseal import PasswordOption
from pipeline.services import users as service
from pipeline.services.askers import Role

app = typer.Typer(help="Look after the accounts of people who sign in.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The account, by its name.")]
RoleOption = Annotated[Role, typer.Option("--role", help="What the person is to the archive; docs/roles.md.")]
GroupOption = Annotated[
    str, typer.Option("--group", metavar="GROUP", help="Limit the account to a group's boxes or courts.")
]


@app.command()
def add(
    name: NameArgument,
    role: RoleOption,
    group: GroupOption = "",
    password_file: PasswordOption = None,
    subject: Annotated[
        str,
        typer.Option("--subject", metavar="SUB", help="The person signs in elsewhere, under this name; no password."),
    ] = "",
    archive: ArchiveOption = None,
) -> None:
    """Add an account. There is none until you add one, and none has a password that you did not choose.

    Example:
        bannasar users add sokha --role reader
    """
    with open_archive(archive) as opened:
        password = None if subject else read_password(password_file, confirm=True)
        made = service.add(opened, at_the_shell(), name, role, password, group)
        if subject:
            service.set_identity(opened, at_the_shell(), name, subject)
    out.print(f"{made.name} is {made.role} now.")


@app.command()
def role(name: NameArgument, role: RoleOption, group: GroupOption = "", archive: ArchiveOption = None) -> None:
    """Give an account another role, and a group or none. A person who is signed in must sign in again.

    Example:
        bannasar users role sokha --role clerk --group kandal
    """
    with open_archive(archive) as opened:
        changed = service.set_role(opened, at_the_shell(), name, role, group)
    out.print(f"{changed.name} is {changed.role} now.")


@app.command()
def group(
    name: Annotated[str, typer.Argument(metavar="GROUP", help="The group, by its name.")],
    box: Annotated[
        list[str] | None, typer.Option("--box", metavar="BOX", help="A box that its members see; several times.")
    ] = None,
    court: Annotated[
        list[str] | None,
        typer.Option("--court", metavar="NAME", help="A court whose case files its members see; several times."),
    ] = None,
    archive: ArchiveOption = None,
) -> None:
    """Make a group of boxes or courts, or change it: its members see nothing of any other box, or of another court.

    With both, they see only case files of these courts in these boxes. A case file of several courts is shown if all of
    them are named. One whose court was not read is not shown; `bannasar correct CASE --court NAME` enters it.

    Examples:
        bannasar users group kandal --box box-001 --box box-002

        bannasar users group appeal --court "Court of Appeal"
    """
    with open_archive(archive) as opened:
        limits = service.set_group(opened, at_the_shell(), name, box or (), court or ())
    out.print(f"The group {name} sees only: {', '.join(limits)}.")


@app.command()
def lock(name: NameArgument, archive: ArchiveOption = None) -> None:
    """Lock an account: nobody can sign in with it, and a person who is signed in is signed out.

    Example:
        bannasar users lock sokha
    """
    with open_archive(archive) as opened:
        service.lock(opened, at_the_shell(), name)
    out.print(f"{name} is locked.")


@app.command()
def unlock(name: NameArgument, archive: ArchiveOption = None) -> None:
    """Let a locked account sign in again.

    Example:
        bannasar users unlock sokha
    """
    with open_archive(archive) as opened:
        service.unlock(opened, at_the_shell(), name)
    out.print(f"{name} may sign in.")


@app.command()
def passwd(name: NameArgument, password_file: PasswordOption = None, archive: ArchiveOption = None) -> None:
    """Give an account another password. A person who is signed in must sign in again.

    Example:
        bannasar users passwd sokha
    """
    with open_archive(archive) as opened:
        password = read_password(password_file, confirm=True)
        service.set_password(opened, at_the_shell(), name, password)
    out.print(f"{name} has another password.")


@app.command()
def identity(
    name: NameArgument,
    subject: Annotated[
        str, typer.Argument(metavar="[SUB]", help="The issuer's name for the person (`sub`); left out: nobody.")
    ] = "",
    archive: ArchiveOption = None,
) -> None:
    """Let a person use an account by signing in at the OpenID Connect issuer of the settings, or end this.

    `bannasar audit search --deed refused` lists people who tried without an account, with that name.

    Example:
        bannasar users identity sokha 8c7f0a9e-11d2
    """
    with open_archive(archive) as opened:
        service.set_identity(opened, at_the_shell(), name, subject)
    out.print(f"{name} signs in elsewhere as {subject}." if subject else f"{name} signs in here only.")


@app.command("list")
def list_accounts(archive: ArchiveOption = None) -> None:
    """List the accounts, with their roles and groups.

    Example:
        bannasar users list
    """
    with open_archive(archive) as opened:
        found = service.all_accounts(opened, at_the_shell())
    for one in found:
        out.print(
            f"{one.name}: {one.role}{f' of {one.group}' if one.group else ''}{', locked' if one.is_locked else ''}"
            f"{f', signs in elsewhere as {one.subject}' if one.subject else ''}"
        )
    if not found:
        out.print("There are no accounts. Add one: `bannasar users add NAME --role ROLE`.")
