"""``bannasar ledger``."""

from typing import Annotated

import typer

from cli.common import ArchiveOption, Exit, check_archive, give_up, open_ledger, out, read_settings
from cli.terminal import Text
from pipeline.index.opening import open_index
from pipeline.index.store import IndexUnusableError
from pipeline.intake.discover import discover
from pipeline.run.check import check as check_ledger
from pipeline.run.gone import dismiss as dismiss_scan
from pipeline.run.gone import is_unsettled
from pipeline.run.history import named
from pipeline.run.ledger import Ledger, ScanRow
from pipeline.run.lock import ArchiveBusyError, hold

app = typer.Typer(help="Look after the ledger.", no_args_is_help=True)


@app.callback()
def _ledger() -> None: ...


@app.command()
def dismiss(
    scans: Annotated[list[str], typer.Argument(metavar="SCAN…", help="Each by BOX/PATH, or by its path in its box.")],
    reason: Annotated[str, typer.Option(help="Why, for the ledger.")],
    archive: ArchiveOption = None,
) -> None:
    """Say of scans that left their box, and are complained of, that nobody wants them any more.

    The ledger keeps them as gone, with who said so and why. A file that comes back is taken in.

    Example:
        bannasar ledger dismiss box-17/003.pdf --reason "scanned again as 003-new.pdf"
    """
    settings = read_settings(archive)
    if not reason.strip():
        give_up("Say why: --reason TEXT.")
    check_archive(settings.archive)
    try:
        with hold(settings.archive), open_ledger(settings.archive) as ledger:
            rows = [_to_dismiss(ledger, scan) for scan in scans]
            for row in rows:
                dismiss_scan(ledger, row, reason)
    except ArchiveBusyError as error:
        give_up(str(error))
    for row in rows:
        out.print(Text(f"{row.box}/{row.path} is not complained of any more."))


def _to_dismiss(ledger: Ledger, name: str) -> ScanRow:
    """Return the scan of that name that is complained of and no longer lies in its box, or give up."""
    found = named(ledger, name)
    if not found:
        give_up(f"The archive knows no scan {name}. `bannasar status BOX` lists those of a box.")
    rows = [row for row in found if is_unsettled(row)]
    if not rows:
        give_up(f"{name} is {found[0].state.value}: there is nothing to dismiss.")
    if len(rows) > 1:
        boxes = ", ".join(f"{row.box}/{row.path}" for row in rows)
        give_up(f"There are several scans {name}; name one: {boxes}.")
    (root,) = [box.root for box in ledger.boxes() if box.id == rows[0].box]
    try:
        inside = {str(entry.path) for entry in discover(root).entries} if root.is_dir() else set()
    except OSError as error:
        give_up(f"{error.filename}: {error.strerror}. Check its permissions and the disk.")
    if rows[0].path in inside:
        give_up(f"{name} still lies in {root}: take it out of the box first.")
    return rows[0]


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
                out.print(Text.assemble(mark, finding.told))
    except (ArchiveBusyError, IndexUnusableError) as error:
        give_up(str(error))
    if not found:
        out.print("The ledger and the archive agree.")
    if any(not finding.mended for finding in found):
        raise typer.Exit(Exit.SOME_FAILED)
