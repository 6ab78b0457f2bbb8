"""``bannasar ledger``."""

from typing import Annotated

import typer

from cli.common import ArchiveOption, Exit, check_archive, give_up, open_ledger, out, read_settings
from cli.terminal import Text
from pipeline.index.opening import open_index
from pipeline.index.store import IndexUnusableError
from pipeline.run.check import check as check_ledger
from pipeline.run.lock import ArchiveBusyError, hold

app = typer.Typer(help="Look after the ledger.", no_args_is_help=True)


@app.callback()
def _ledger() -> None: ...


@app.command()
def check(
    archive: ArchiveOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is wrong, and mend nothing.")] = False,
) -> None:
    """Find and mend what a crash can leave between the ledger and the archive.

    The exit status is 0 when all is well or mended, 2 when something is left that a run has to mend.

    Example:
        bannasar ledger check
    """
    settings = read_settings(archive)
    check_archive(settings.archive)
    found = []
    try:
        with (
            hold(settings.archive),
            open_ledger(settings.archive) as ledger,
            open_index(settings.archive, settings.index) as store,
        ):
            for finding in check_ledger(settings.archive, ledger, store, mend=not dry_run):
                found.append(finding)
                mark = Text("mended: ", "green") if finding.mended else Text("found: ", "bold red")
                out.print(Text.assemble(mark, finding.told), soft_wrap=True)
    except (ArchiveBusyError, IndexUnusableError) as error:
        give_up(str(error))
    if not found:
        out.print("The ledger and the archive agree.")
    if any(not finding.mended for finding in found):
        raise typer.Exit(Exit.SOME_FAILED)
