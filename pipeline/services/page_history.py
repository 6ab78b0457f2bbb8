"""Where a page comes from and how to cite it: its digest, the journal's lines about its case file, who signed them."""

from dataclasses import dataclass
from datetime import datetime

from models.errors import JournalBrokenError
from pipeline.archive.archive import Archive
from pipeline.archive.journal import Event, manifest_of
from pipeline.archive.journal_places import lines_about
from pipeline.services.open_case import CaseView, PageView

# What happens to a case file as a whole. Other lines may be about a page that is out of sight.
_OF_ALL = {Event.ARCHIVED, Event.IMPORTED, Event.WITHDRAWN, Event.REINSTATED}


@dataclass(frozen=True, slots=True)
class Deed:
    """A line of the journal about a case file."""

    number: int
    event: str
    at: datetime
    by: str
    is_signed: bool


@dataclass(frozen=True, slots=True)
class Custody:
    """What the journal says about a case file: ``is_as_recorded`` says whether its bag is the one of the last line.

    Where only some of the case file is in sight, ``deeds`` are only those that say nothing of the rest.

    ``is_whole`` is false where a line of the journal was changed: then nothing it says counts.
    """

    deeds: tuple[Deed, ...]
    is_as_recorded: bool
    is_whole: bool
    manifest: str


@dataclass(frozen=True, slots=True)
class Citation:
    """What identifies a page permanently: the scan's SHA-256, its page there, and the digest of its bag's manifests."""

    case: str
    scan: str
    number: int
    manifest: str
    archived: datetime


def custody_of(archive: Archive, view: CaseView) -> Custody:
    """Return what the journal says about a case file.

    Raises:
        OSError: the journal or the bag cannot be read.
    """
    manifest = manifest_of(view.bag)
    place = view.bag.relative_to(archive.folder).as_posix()
    try:
        found = lines_about(archive.folder, place)
    except JournalBrokenError:
        return Custody((), is_as_recorded=False, is_whole=False, manifest=manifest)
    deeds = tuple(
        Deed(line.number, line.event.value, datetime.fromisoformat(line.at), line.by, bool(line.signature))
        for line in found
        if view.whole or line.event in _OF_ALL
    )
    recorded = [line.manifest for line in found if line.manifest]
    return Custody(deeds, is_as_recorded=recorded[-1:] == [manifest], is_whole=True, manifest=manifest)


def citation_of(archive: Archive, page: PageView) -> Citation:
    """Return what identifies a page; raises OSError where the bag cannot be read."""
    del archive
    view = page.view
    return Citation(view.case.id, page.page.scan, page.page.number, manifest_of(view.bag), view.case.created)
