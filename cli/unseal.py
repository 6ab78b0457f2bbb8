"""``bannasar unseal`` and ``bannasar requests``: one person asks, another decides."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.actor import at_the_shell, person_or_operator, signed_in
from cli.common import ArchiveOption, CaseArgument, ReasonOption, open_archive, out
from cli.level import DocumentOption, OrderOption, PageOption, finish
from models.level import Level
from pipeline.services import requests as service
from pipeline.services.seal import Part, Why

app = typer.Typer(help="Open what is sealed: one person requests it, another grants it.", no_args_is_help=True)
requests = typer.Typer(help="Look after what people ask to see.", no_args_is_help=True)

NumberArgument = Annotated[int, typer.Argument(metavar="NUMBER", help="The request, by its number.")]
AccountOption = Annotated[
    str,
    typer.Option(
        "--account",
        metavar="NAME",
        help="The account of the person who does it. [default: the person who types, as operator]",
    ),
]
PasswordOption = Annotated[
    Path | None,
    typer.Option("--password-file", metavar="FILE", help="File with the account's password; without it, you type it."),
]


@app.command()
def request(
    case: CaseArgument,
    reason: ReasonOption,
    to: Annotated[Level, typer.Option("--to", help="The new level.")] = Level.STAFF,
    document: DocumentOption = None,
    page: PageOption = None,
    order: OrderOption = "",
    account: AccountOption = "",
    password_file: PasswordOption = None,
    archive: ArchiveOption = None,
) -> None:
    """Ask to open something that is sealed; another person decides.

    Example:
        bannasar unseal request box-001_dossier-A --order 31/2026 --reason "the order was lifted"
    """
    with open_archive(archive) as opened:
        asker = person_or_operator(opened, account, password_file)
        asked = service.ask_to_unseal(opened, asker, case, Part(document, page), to, Why(reason, order))
    out.print(f"Request {asked.number}. Another person grants it: `bannasar unseal grant {asked.number} --reason …`.")


@app.command()
def grant(
    number: NumberArgument,
    reason: ReasonOption,
    account: AccountOption = "",
    password_file: PasswordOption = None,
    archive: ArchiveOption = None,
) -> None:
    """Open what another person asked for. The person who asked cannot grant it.

    Example:
        bannasar unseal grant 57 --account dara --reason "seen the order"
    """
    with open_archive(archive) as opened:
        asker = person_or_operator(opened, account, password_file)
        done = service.unseal(opened, asker, number, reason)
    finish(done, f"{done.cases[0]} is unsealed, as request {number} asks.")


@app.command()
def refuse(
    number: NumberArgument,
    reason: ReasonOption,
    account: AccountOption = "",
    password_file: PasswordOption = None,
    archive: ArchiveOption = None,
) -> None:
    """Refuse what another person asked for: it stays sealed.

    Example:
        bannasar unseal refuse 57 --reason "the order is still valid"
    """
    _refuse(number, reason, account, password_file, archive)


@requests.command("list")
def list_requests(
    everything: Annotated[bool, typer.Option("--all", help="Also show requests that are decided.")] = False,
    archive: ArchiveOption = None,
) -> None:
    """List the requests that nobody has decided.

    Example:
        bannasar requests list
    """
    with open_archive(archive) as opened:
        found = service.all_requests(opened, at_the_shell())
    for one in (one for one in found if everything or not one.decision):
        until = f" until {one.until:%Y-%m-%d %H:%M}" if one.until else ""
        out.print(f"{one.number}. {one.wish} {one.case}, {one.by.name}, {one.at:%Y-%m-%d}: {one.reason}")
        if one.decision:
            out.print(f"   {one.decision}{until}")


@requests.command()
def see(
    case: CaseArgument,
    reason: ReasonOption,
    account: Annotated[str, typer.Option("--account", metavar="NAME", help="The account of the person who asks.")],
    password_file: PasswordOption = None,
    archive: ArchiveOption = None,
) -> None:
    """Ask to see a case file that you may not see; another person decides.

    Example:
        bannasar requests see box-001_dossier-A --account sokha --reason "a thesis on the courts of 1964"
    """
    with open_archive(archive) as opened:
        asked = service.ask_to_see(opened, signed_in(opened, account, password_file), case, reason)
    out.print(f"Request {asked.number}.")


@requests.command("grant")
def let_see(
    number: NumberArgument,
    reason: ReasonOption,
    until: Annotated[
        datetime,
        typer.Option(
            "--until",
            formats=["%Y-%m-%d"],
            metavar="YYYY-MM-DD",
            help="The first day on which the person may no longer see it.",
        ),
    ],
    account: AccountOption = "",
    password_file: PasswordOption = None,
    archive: ArchiveOption = None,
) -> None:
    """Let the person who asked see the case file until a day.

    Example:
        bannasar requests grant 61 --until 2027-01-01 --reason "a scholar of the university"
    """
    with open_archive(archive) as opened:
        asker = person_or_operator(opened, account, password_file)
        done = service.let_see(opened, asker, number, reason, until.astimezone())
    out.print(f"{done.by.name} sees {done.case} until {until:%Y-%m-%d}.")


@requests.command("refuse")
def refuse_request(
    number: NumberArgument,
    reason: ReasonOption,
    account: AccountOption = "",
    password_file: PasswordOption = None,
    archive: ArchiveOption = None,
) -> None:
    """Refuse what a person asked to see.

    Example:
        bannasar requests refuse 61 --reason "the order forbids it"
    """
    _refuse(number, reason, account, password_file, archive)


def _refuse(number: int, reason: str, account: str, password_file: Path | None, archive: Path | None) -> None:
    with open_archive(archive) as opened:
        asker = person_or_operator(opened, account, password_file)
        done = service.refuse(opened, asker, number, reason)
    out.print(f"Request {done.number} of {done.by.name} is refused.")
