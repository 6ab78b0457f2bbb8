"""``bannasar rebuild``."""

from typing import Annotated

import typer

from cli.actor import at_the_shell
from cli.common import ArchiveOption, out, read_settings, warn
from cli.progress import counted
from models.errors import BagError
from models.plural import number_of
from pipeline.services import rebuild as service
from pipeline.services.archives import Archive


def rebuild(
    archive: ArchiveOption = None,
    force: Annotated[
        bool, typer.Option("--force", help="Make it even if there is a ledger, which is kept under another name.")
    ] = False,
) -> None:
    """Make a new ledger and index from the bags alone: for an archive that was copied, or whose ledger is lost.

    A bag that cannot be read is named and left out. If the journal was not copied, a new one is begun with the
    undamaged bags. The bags do not hold what only the ledger knew: attempts, and what was refused. If there is a
    ledger, nothing is done without --force; with it, that ledger is kept under another name. `bannasar index rebuild`
    makes only a new index.

    Example:
        bannasar rebuild --archive /media/copy/archive
    """
    with Archive(read_settings(archive)) as opened, counted("bags") as show:
        done = service.rebuild_archive(opened, at_the_shell(), force=force, show=show)
    warn(done.warning)
    if done.kept:
        out.print(f"The ledger that was there is kept as {done.kept}.")
    counts = f"{number_of(done.case_files, 'case file')}, {number_of(done.pages, 'page')}"
    out.print(f"{counts}: ledger and index are made again from the bags.")
    if done.begun:
        out.print(f"There was no journal: a new one is begun with the {number_of(done.begun, 'undamaged bag')}.")
    if done.unread:
        raise BagError(
            f"They are left out, because they cannot be read: {', '.join(done.unread)}.",
            "`bannasar verify` says what is damaged. Put them back from a copy, and rebuild again with --force.",
        )
