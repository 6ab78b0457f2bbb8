"""What people put right: the bag of a case file is made anew with what they say, from what it holds itself."""

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from models.case import CaseFile
from models.correction import Correction
from models.page import PageRef
from models.settings import Settings
from pipeline.archive.bag import build_bag, originals, read_bag, recover
from pipeline.archive.fixity import be_sound
from pipeline.archive.journal import Event, history_with, operator
from pipeline.archive.pictures import take_pictures
from pipeline.document.describe import described
from pipeline.document.whole import documents
from pipeline.page.recipe import versions
from pipeline.run.custody import Registrar, be_as_told


def put_right(
    bag: Path, corrections: Sequence[Correction], reason: str, settings: Settings, registrar: Registrar
) -> CaseFile:
    """Make the bag of a case file anew with what people say of its documents, and write that down.

    Nothing is read again: pages, pictures and scans are those of the bag. What was said before stands, but where it is
    said otherwise now. The archive must be held; its index is not told.

    Args:
        bag: the bag's folder, in the archive.
        corrections: what is said now.
        reason: the same for the journal, in words.
        settings: all of them.
        registrar: who writes the journal.

    Returns:
        The case file as it is now.

    Raises:
        NotSoundError: the bag is damaged, or not the one that the journal tells of.
        BannasarError: the disk is full, or a PDF cannot be made.
        GlossaryError: the glossary cannot be read.
        ModelError: the model cannot be read.
        JournalBrokenError: the journal cannot be gone on from.
        OSError: something cannot be read or written.
    """
    archive = settings.archive
    recover(archive)
    be_sound(bag)
    be_as_told(archive, bag)
    older, pages = read_bag(bag)
    said = (*older.corrections, *corrections)
    by_ref = {PageRef(scan=page.scan, number=page.number): page for page in pages}
    case = older.model_copy(
        update={
            "documents": described(documents(older.scans), by_ref, settings.document, said),
            "corrections": said,
            "created": datetime.now(UTC).replace(microsecond=0),
            "software": {**older.software, "bannasar": versions()["bannasar"]},
            "operator": operator(),
            "reason": reason,
            "read": (),
            "history": history_with(older, bag),
        }
    )
    work = archive / "tmp"
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pictures-", dir=work) as folder:
        pictures = take_pictures(bag, older, Path(folder))
        build_bag(case, pages, originals(bag, older), pictures, archive)
    registrar.enter(Event.CORRECTED, bag, reason)
    return case
