"""``bannasar import``."""

from pathlib import Path
from typing import Annotated

import typer

from cli.common import ArchiveOption, err, give_up, out, read_settings
from pipeline.archive.bag import read_bag
from pipeline.archive.journal import Event, JournalBrokenError, last_line
from pipeline.archive.keys import KeyUnusableError, is_vouched_for, trusted
from pipeline.archive.transfer import SameBagError, TransferError, import_bag
from pipeline.archive.withdrawal import is_withdrawn
from pipeline.index.opening import open_index
from pipeline.index.store import IndexUnusableError
from pipeline.run.custody import registrar
from pipeline.run.indexing import show_or_hide
from pipeline.run.ledger import Ledger, LedgerError
from pipeline.run.lock import ArchiveBusyError, hold
from pipeline.run.rebuild import enter


def take(
    bag: Annotated[Path, typer.Argument(metavar="BAG", help="The folder of a bag, or a ZIP file of one.")],
    archive: ArchiveOption = None,
) -> None:
    """Take a case file in from another archive: its bag is verified, copied, and indexed.

    It need not be signed; but one that bears a false signature of a key that is trusted here is refused. `bannasar keys
    trust` makes the other archive's key one of these.

    Example:
        bannasar import /media/stick/box-001_dossier-A.zip
    """
    settings = read_settings(archive)
    if not bag.exists():
        give_up(f"{bag} does not exist.")
    try:
        with hold(settings.archive):
            journal = registrar(settings)
            if journal.warning:
                err.print(journal.warning)
            last_line(settings.archive)  # a journal that cannot be gone on from stops it before anything has come in
            keys = trusted(settings.archive)
            with Ledger(settings.archive) as ledger:
                try:
                    place, case = import_bag(bag, settings.archive, keys)
                except SameBagError as error:
                    if ledger.bag_of(error.case.id):
                        raise
                    # An import that was stopped half-way is gone on with.
                    place, case = error.place, error.case
                vouched = is_vouched_for(place, keys)
                journal.enter(Event.IMPORTED, place)
                if is_withdrawn(place):
                    journal.enter(Event.WITHDRAWN, place, "import")
                enter(ledger, *read_bag(place), str(place.relative_to(settings.archive)))
                try:
                    with open_index(settings.archive, settings.index) as store:
                        show_or_hide(store, place)
                    ledger.case_indexed(case.id)
                except IndexUnusableError as error:
                    err.print(f"It waits for the index: {error}")
    except (ArchiveBusyError, JournalBrokenError, KeyUnusableError, LedgerError, TransferError) as error:
        give_up(str(error))
    except OSError as error:
        give_up(f"{error.filename or bag}: {error.strerror}.")
    pages = sum(len(document.pages) for document in case.documents)
    out.print(f"{case.box}/{case.id}: {len(case.scans)} scans, {pages} pages taken in.")
    told = "A key that this archive trusts signed it." if vouched else "No key that this archive trusts signed it."
    out.print(f"It is as it was sealed. {told}")
