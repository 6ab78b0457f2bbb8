"""``bannasar ledger``."""

from typing import Annotated

import typer

from cli.actor import at_the_shell
from cli.common import ArchiveOption, open_archive, out
from cli.progress import counted
from cli.terminal import Text
from models.exit_status import ExitStatus
from pipeline.services import gone, ledger_check

app = typer.Typer(help="Look after the ledger.", no_args_is_help=True)


@app.callback()
def _ledger() -> None: ...


@app.command()
def dismiss(
    scans: Annotated[list[str], typer.Argument(metavar="SCAN…", help="Each by BOX/PATH, or by its path in its box.")],
    reason: Annotated[str, typer.Option(help="Why, for the ledger.")],
    archive: ArchiveOption = None,
) -> None:
    """Dismiss scans that left their box before they were archived, because nobody needs them any more.

    The ledger keeps them as gone, and records who dismissed them and why. A file that comes back is ingested.

    Example:
        bannasar ledger dismiss box-17/003.pdf --reason "scanned again as 003-new.pdf"
    """
    with open_archive(archive) as opened:
        for row in gone.dismiss(opened, at_the_shell(), scans, reason):
            out.print(Text(f"{row.box}/{row.path} is dismissed."))


@app.command()
def check(
    archive: ArchiveOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is wrong, and repair nothing.")] = False,
) -> None:
    """Find and repair the differences that a crash can leave between the ledger and the archive.

    The exit status is 0 when all is well or repaired, 2 when something is left that a run has to repair.

    Example:
        bannasar ledger check
    """
    found = []
    with open_archive(archive) as opened, counted("case files") as show:
        for finding in ledger_check.check_ledger(opened, at_the_shell(), repair=not dry_run, show=show):
            found.append(finding)
            mark = Text("repaired: ", "green") if finding.repaired else Text("found: ", "bold red")
            out.print(Text.assemble(mark, finding.sentence))
    if not found:
        out.print("The ledger and the archive agree.")
    if any(not finding.repaired for finding in found):
        raise typer.Exit(ExitStatus.SOME_FAILED)
