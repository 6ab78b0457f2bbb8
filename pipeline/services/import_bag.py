"""A case file from another archive."""

from dataclasses import dataclass
from pathlib import Path

from models.case import CaseFile
from models.errors import SameBagError, UsageError
from pipeline.access.asker import Asker
from pipeline.access.roles import Action
from pipeline.archive.archive import Archive
from pipeline.archive.journal import Event, last_line
from pipeline.archive.keys import is_signed, trusted
from pipeline.archive.placing import NewBag
from pipeline.archive.transfer import imported_copy
from pipeline.archive.withdrawal import is_withdrawn
from pipeline.services.audit import notes_refusals


@dataclass(frozen=True, slots=True)
class Imported:
    """A case file that came in; whether a key that the archive trusts signed it; why the index does not have it."""

    case: CaseFile
    is_signed: bool
    index_error: str
    warning: str


@notes_refusals
def import_bag(archive: Archive, asker: Asker, bag: Path) -> Imported:
    """Verify and copy the bag of a case file from another archive, and make it searchable.

    Args:
        archive: the archive; it is made where there is none.
        asker: who does it.
        bag: the folder or the ZIP file of the bag.

    Raises:
        NotAllowedError: the asker may not import anything.
        UsageError: there is no such file or folder.
        TransferError: it is not a bag of Bannasar, is not as it was sealed or signed, or its name is taken here.
        ArchiveError: journal, ledger or key cannot be used.
        OSError: something cannot be read or written.
    """
    asker.must_be_allowed(Action.DIGITISE)
    if not bag.exists():
        raise UsageError(f"{bag} does not exist.")
    with archive.held():
        last_line(archive.folder)  # a damaged journal stops it before anything is imported
        keys = trusted(archive.folder)
        try:
            with imported_copy(bag, archive.folder, keys) as (aside, place, case):
                committed = archive.commits.place(Event.IMPORTED, NewBag(aside, place), asker.actor)
        except SameBagError as error:
            if archive.ledger.bag_of(error.case.id):
                raise
            # Its bag is there, but not in the ledger: an import by an older version was stopped.
            place, case = error.place, error.case
            committed = archive.commits.adopt(place, asker.actor, "import")
        if is_withdrawn(place):
            committed = archive.commits.mark(Event.WITHDRAWN, place, asker.actor, "import")
        return Imported(case, is_signed(place, keys), committed.index_error, archive.recorder.warning)
