"""``bannasar rebuild``."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from cli.common import ArchiveOption, Exit, err, give_up, out, read_settings
from pipeline.archive.bag import bag_folders
from pipeline.archive.journal import JournalBrokenError
from pipeline.archive.keys import KeyUnusableError
from pipeline.index.opening import open_to_rebuild
from pipeline.index.store import IndexUnusableError
from pipeline.run.custody import registrar
from pipeline.run.ledger import Ledger
from pipeline.run.lock import ArchiveBusyError, hold
from pipeline.run.rebuild import begin_journal
from pipeline.run.rebuild import rebuild as make_anew


def rebuild(
    archive: ArchiveOption = None,
    force: Annotated[
        bool, typer.Option("--force", help="Though there is a ledger: it is kept beside the new one.")
    ] = False,
) -> None:
    """Make ledger and index anew from the bags alone: for an archive that was copied, or whose ledger is lost.

    A bag that cannot be read is named and left out. Where the journal was not copied, a new one is begun with the bags
    that are sound. What only the ledger knew is not in the bags: attempts, and what was refused. Where there is a
    ledger it is left as it is, unless --force is given; then it is kept under another name. `bannasar index rebuild`
    makes only the index anew.

    Example:
        bannasar rebuild --archive /media/copy/archive
    """
    settings = read_settings(archive)
    listed = len(list(bag_folders(settings.archive)))
    if not listed:
        give_up(f"There are no bags at {settings.archive}: nothing to make a ledger of.")
    kept: Path | None = None
    pages = begun = 0
    unread: list[str] = []
    try:
        with hold(settings.archive), Progress(console=err, transient=True, disable=not err.is_terminal) as bar:
            kept = _set_aside(settings.archive, force=force)
            task = bar.add_task("bags", total=listed)
            with (
                Ledger(settings.archive) as ledger,
                open_to_rebuild(settings.archive, settings.index) as store,
            ):
                for bag, count in make_anew(settings.archive, ledger, store):
                    if count is None:
                        unread.append(str(bag.relative_to(settings.archive)))
                    pages += count or 0
                    bar.advance(task)
            journal = registrar(settings)
            if journal.warning:
                err.print(journal.warning)
            begun = begin_journal(settings.archive, journal)
    except (ArchiveBusyError, IndexUnusableError, JournalBrokenError, KeyUnusableError) as error:
        give_up(str(error))
    except OSError as error:
        give_up(f"{error.filename or settings.archive}: {error.strerror}. `bannasar verify` tells what is damaged.")
    if kept:
        out.print(f"The ledger that was there is kept as {kept}.")
    read = listed - len(unread)
    out.print(f"{read} case files, {pages} pages: ledger and index are made anew from the bags.")
    if begun:
        out.print(f"There was no journal: one is begun with the {begun} bags that are sound.")
    if unread:
        told = "They are left out, for they cannot be read (`bannasar verify` tells what is damaged)"
        give_up(
            f"{told}: {', '.join(unread)}. Put them back from a copy, and rebuild again with --force.", Exit.SOME_FAILED
        )


def _set_aside(archive: Path, *, force: bool) -> Path | None:
    ledger = archive / "ledger.db"
    if not ledger.exists():
        return None
    if not force:
        give_up(
            f"There is a ledger at {archive} already. `bannasar ledger check` mends it, `bannasar index rebuild` makes "
            "the index anew; with --force it is set aside, and made anew from the bags."
        )
    kept = ledger.with_name(f"ledger-{datetime.now(UTC):%Y%m%dT%H%M%S}.db")
    for ending in ("", "-wal", "-shm"):
        part = ledger.with_name(ledger.name + ending)
        if part.exists():
            part.rename(kept.with_name(kept.name + ending))
    return kept
