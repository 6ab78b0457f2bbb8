"""Corrections of documents: the new bag of a case file is built from the old bag and the correction."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from models.case import CaseFile
from models.correction import About, Correction
from models.errors import UsageError
from models.level import Level
from models.page import Page, PageRef
from models.settings import Settings
from pipeline.access.asker import Asker
from pipeline.access.audit import Deed
from pipeline.access.roles import Action
from pipeline.archive.archive import Archive
from pipeline.archive.bag import originals, read_bag
from pipeline.archive.building import build_bag
from pipeline.archive.custody import require_recorded
from pipeline.archive.fixity import require_intact
from pipeline.archive.journal import Event
from pipeline.archive.pictures import extract_pictures
from pipeline.archive.places import work_folder
from pipeline.archive.placing import NewBag
from pipeline.document import corrections as typed
from pipeline.document.describe import describe_documents, inactive_corrections
from pipeline.document.glossary import read_names
from pipeline.document.kind_levels import with_levels_of_kinds
from pipeline.document.scan_documents import one_per_scan
from pipeline.services.audit import note, notes_refusals
from pipeline.services.revision import revised
from pipeline.services.sight import case_in_sight


@dataclass(frozen=True, slots=True)
class Corrected:
    """A case file after a correction.

    ``inactive`` are corrections that do not count while two documents are one. ``index_error`` says why the index does
    not have the change yet, "" where it has. ``warning`` says why nothing was signed although it should be.
    """

    case: CaseFile
    inactive: tuple[Correction, ...]
    index_error: str
    warning: str


@notes_refusals
def correct(archive: Archive, asker: Asker, case: str, number: int | None, values: Mapping[About, str]) -> Corrected:
    """Correct the kind or the facts of a document.

    Args:
        archive: the archive.
        asker: who makes the correction.
        case: the case file's id.
        number: the document's number, None where the case file has only one.
        values: the right values, as people write them, also ``none`` and ``machine`` (see
            :mod:`pipeline.document.corrections`).

    Raises:
        UsageError: there are no values, or a value is impossible.
        NotFoundError: the archive holds no such case file, or none that the asker may see whole.
        NotAllowedError: the asker may not correct.
        BagError: the bag is damaged, or is not the one in the journal.
        GlossaryError, ModelError: the glossary or the classifier's model cannot be read.
        ScanError: the disk is full, or a PDF cannot be made.
        ArchiveError: the journal, the ledger or the key cannot be used.
        OSError: something cannot be read or written.
    """
    if not values:
        raise UsageError("No correction is given.", "Say what is right: --kind, --date, --case-number or --court.")
    names = read_names(Path(archive.settings.document.glossary))
    return _change(
        archive,
        asker,
        case,
        number,
        lambda record, one: typed.corrections(record, one, values, names, asker.actor.name),
    )


@notes_refusals
def split(archive: Archive, asker: Asker, case: str, number: int | None, page: int) -> Corrected:
    """Split a document before one of its pages, counted from 1; raises as :func:`correct` does."""
    return _change(
        archive, asker, case, number, lambda record, one: (typed.split(record, one, page, asker.actor.name),)
    )


@notes_refusals
def merge(archive: Archive, asker: Asker, case: str, number: int) -> Corrected:
    """Join a document with the one before it; raises as :func:`correct` does."""
    return _change(archive, asker, case, number, lambda record, one: (typed.merge(record, one, asker.actor.name),))


def _change(
    archive: Archive,
    asker: Asker,
    case: str,
    number: int | None,
    make: Callable[[CaseFile, int], tuple[Correction, ...]],
) -> Corrected:
    with archive.held():
        bag = case_in_sight(archive, asker, case).bag
        asker.must_be_allowed(Action.CORRECT)
        # A new bag built from a changed one would hide the change.
        require_intact(bag)
        require_recorded(archive.folder, bag)
        older, pages = read_bag(bag)
        one = _chosen(older, number)
        corrections = make(older, one)
        reason = _in_words(corrections, one)
        now = _corrected(older, pages, (*older.corrections, *corrections), archive.settings)
        now = revised(now, bag, asker.actor, datetime.now(UTC).replace(microsecond=0), reason)
        now = with_levels_of_kinds(now, Path(archive.settings.document.glossary), asker.actor)
        aside = _built(now, older, pages, bag, archive.folder)
        note(archive, asker, Deed.CHANGED, f"{case}/{one}", Level.PUBLIC)
        committed = archive.commits.place(
            Event.CORRECTED,
            NewBag(aside, bag),
            asker.actor,
            reason=reason,
            enter=lambda _bag: archive.ledger.case_not_indexed(case),
        )
        warning = archive.recorder.warning
    places = {correction.page for correction in corrections}
    waiting = tuple(correction for correction in inactive_corrections(now) if correction.page in places)
    return Corrected(now, waiting, committed.index_error, warning)


def _chosen(case: CaseFile, number: int | None) -> int:
    if number is None and len(case.documents) > 1:
        listed = "; ".join(f"{one.number}, {one.title}" for one in case.documents)
        raise UsageError(f"{case.id} has several documents.", f"Name one with --document: {listed}.")
    return number or 1


def _corrected(older: CaseFile, pages: list[Page], corrections: tuple[Correction, ...], settings: Settings) -> CaseFile:
    """Return the case file with the corrections, the new ones after the earlier ones."""
    by_ref = {PageRef(scan=page.scan, number=page.number): page for page in pages}
    return older.model_copy(
        update={
            "documents": describe_documents(one_per_scan(older.scans), by_ref, settings.document, corrections),
            "corrections": corrections,
        }
    )


def _built(now: CaseFile, older: CaseFile, pages: list[Page], bag: Path, archive: Path) -> Path:
    """Build the new bag, while the older one stays. Nothing is read again: pages, pictures and scans are the bag's."""
    work = work_folder(archive)
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pictures-", dir=work) as folder:
        pictures = extract_pictures(bag, older, Path(folder))
        return build_bag(now, pages, originals(bag, older), pictures, archive)


def _in_words(corrections: tuple[Correction, ...], number: int) -> str:
    parts = [
        f"{correction.about.value} {'as read' if correction.value is None else correction.value or 'none'}"
        f" (read: {correction.machine or 'none'})"
        if correction.about not in {About.BEGINS, About.CONTINUES}
        else f"{correction.about.value} at page {correction.page.number} of its scan"
        for correction in corrections
    ]
    return f"document {number}: {', '.join(parts)}"
