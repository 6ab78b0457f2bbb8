"""A case file and its pages as an asker may see them. What is outside the scope is left out completely."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from models.case import CaseFile, Document
from models.errors import BagError, NotFoundError
from models.level import Level, strictest
from models.page import Page, PageRef, Rect
from models.scope import PageLevels
from pipeline.access.asker import Asker
from pipeline.access.roles import Action
from pipeline.archive.archive import Archive
from pipeline.archive.bag import document_file, originals, read_case, read_page
from pipeline.archive.withdrawal import is_withdrawn
from pipeline.formats.alto import alto_of
from pipeline.index.entry import entries
from pipeline.index.marking import boxes, mark
from pipeline.index.packing import unpack
from pipeline.index.query import Query
from pipeline.services.sight import bag_or_another, levels

_SHORTEST_PREFIX = 12


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case file in a scope: ``case`` has only the documents, pages and scans that are shown.

    ``level`` is the strictest of what is shown, ``levels`` are those of the pages. ``record`` is the case file with
    what is outside the scope, too: for finding files, never to be shown.
    """

    case: CaseFile
    bag: Path
    level: Level
    levels: PageLevels
    record: CaseFile = field(repr=False)

    @property
    def whole(self) -> bool:
        """Whether nothing of it is outside the scope."""
        return self.case is self.record

    @property
    def refs(self) -> list[PageRef]:
        """The pages that are shown, in the order of its documents."""
        return [ref for document in self.case.documents for ref in document.pages]

    def level_of(self, ref: PageRef) -> Level:
        """Return the level of a page."""
        return self.levels.of(ref.scan, ref.number)


@dataclass(frozen=True)
class PageView:
    """A page in a scope, its document, its place in that from 0, and the pages before and after it in the case file.

    ``picture_place`` is its place in the document's PDF, from 0: that has the pages outside the scope, too.
    """

    view: CaseView
    document: Document
    ref: PageRef
    place: int
    picture_place: int
    before: PageRef | None
    after: PageRef | None

    @cached_property
    def page(self) -> Page:
        """Its record, read when it is asked for: a picture that is kept needs nothing of it.

        Raises:
            BagError: it cannot be read.
        """
        return read_page(self.view.bag, self.view.record, self.ref)

    @property
    def level(self) -> Level:
        """The page's level."""
        return self.view.level_of(self.ref)

    @property
    def pdf(self) -> Path:
        """The PDF of the page's document."""
        return document_file(self.view.bag, self.document.number)


def open_case(archive: Archive, asker: Asker, case_id: str, *, withdrawn: bool = False) -> CaseView:
    """Return the part of a case file that a scope shows.

    Args:
        archive: the archive.
        asker: who asks, with what may be seen.
        case_id: the case file's id.
        withdrawn: whether one that is withdrawn is shown, too, to people who may withdraw.

    Raises:
        NotFoundError: there is no such case file, it is withdrawn, or none of it is in the scope: one answer for all.
            Also if its bag cannot be read, except for operators, because its level is then unknown.
        BagError: its bag cannot be read.
        LedgerError: the ledger cannot be read.
    """
    try:
        bag, is_there = bag_or_another(archive, asker, case_id)
    except NotFoundError:
        raise _unknown() from None
    try:
        case = read_case(bag)
    except BagError:
        if asker.scope.is_everything:
            raise
        raise _unknown() from None
    if is_withdrawn(bag) and not (withdrawn and Action.WITHDRAW in asker.rights.may):
        raise _unknown()
    found = levels(archive.folder, case, asker.at)
    courts = case.courts
    if not found.pages:  # one level for all: nothing has to be looked at page by page
        if not (is_there and case.documents) or not asker.scope.shows(case.id, case.box, found.level, courts):
            raise _unknown()
        return CaseView(case, bag, found.level, found, case)
    shown = {
        ref
        for document in case.documents
        for ref in document.pages
        if asker.scope.shows(case.id, case.box, found.of(ref.scan, ref.number), courts)
    }
    if not (is_there and shown):
        raise _unknown()
    whole = sum(len(document.pages) for document in case.documents) == len(shown)
    level = strictest(found.of(ref.scan, ref.number) for ref in shown)
    return CaseView(case if whole else _narrowed(case, shown), bag, level, found, case)


def open_page(archive: Archive, asker: Asker, case_id: str, scan: str, number: int) -> PageView:
    """Return a page, if a scope shows it.

    Args:
        archive: the archive.
        asker: who asks, with what may be seen.
        case_id: the case file's id.
        scan: the SHA-256 of its scan, or the first twelve digits or more of it.
        number: its number in the scan, from 1.

    Raises:
        NotFoundError: there is no such page, or it is not in the scope: one answer for both.
        BagError: the bag cannot be read.
        LedgerError: the ledger cannot be read.
    """
    return page_of(open_case(archive, asker, case_id), scan, number)


def page_of(view: CaseView, scan: str, number: int) -> PageView:
    """Return a page of a case file in sight; raises as :func:`open_page`."""
    places = [(document, place) for document in view.case.documents for place in range(len(document.pages))]
    refs = view.refs
    at = next(
        (
            place
            for place, ref in enumerate(refs)
            if ref.number == number and len(scan) >= _SHORTEST_PREFIX and ref.scan.startswith(scan)
        ),
        None,
    )
    if at is None:
        raise _unknown()
    document, place = places[at]
    return PageView(
        view,
        document,
        refs[at],
        place,
        place if view.whole else _whole(view, document).pages.index(refs[at]),
        refs[at - 1] if at else None,
        refs[at + 1] if at + 1 < len(refs) else None,
    )


def hit_boxes(page: PageView, query: Query) -> tuple[Rect, ...]:
    """Return where a page answers a query, in pixels of the upright page."""
    (entry,) = entries(page.view.case, [page.page], page.view.levels)
    shown = unpack(entry.shown)
    return boxes(mark(shown.units, query), shown.places)


def original_of(view: CaseView, scan: str) -> Path:
    """Return the original file of a scan.

    Raises:
        NotFoundError: there is no such scan, or some of its pages are outside the scope: one answer for both.
    """
    found = [one for one in view.case.scans if one.sha256 == scan or scan == one.sha256[:_SHORTEST_PREFIX]]
    if len(found) != 1:
        raise _unknown()
    pages = sum(ref.scan == found[0].sha256 for document in view.case.documents for ref in document.pages)
    if not view.whole and pages < found[0].pages:
        raise _unknown()
    return originals(view.bag, view.record)[found[0].sha256]


def pdf_of(view: CaseView, number: int) -> Path:
    """Return the PDF of a document.

    Raises:
        NotFoundError: there is no such document, or some of its pages are outside the scope: one answer for both.
    """
    document = next((one for one in view.case.documents if one.number == number), None)
    if document is None:
        raise _unknown()
    if len(_whole(view, document).pages) != len(document.pages):
        raise _unknown()
    return document_file(view.bag, number)


def alto_of_page(page: PageView) -> bytes:
    """Return a page as ALTO."""
    return alto_of(page.view.case, page.page)


def shows_file(archive: Archive, asker: Asker, place: Path) -> bool:
    """Return whether an asker may know about a bag, or about a file in one.

    If a part of the case file is outside the scope, only scans and documents inside the scope may be known.
    """
    bag = next((one for one in (place, *place.parents) if (one / "bagit.txt").is_file()), place)
    try:
        view = open_case(archive, asker, bag.name)
    except (NotFoundError, BagError):
        return False
    return view.whole or place in _files(view)


def _files(view: CaseView) -> Iterator[Path]:
    for scan in view.case.scans:
        with suppress(NotFoundError):
            yield original_of(view, scan.sha256)
    for document in view.case.documents:
        with suppress(NotFoundError):
            yield pdf_of(view, document.number)


def _whole(view: CaseView, document: Document) -> Document:
    """Return a document with its pages outside the scope, too."""
    return next(one for one in view.record.documents if one.number == document.number)


def _unknown() -> NotFoundError:
    # The answer must be the same for a hidden thing and for one that does not exist, so it names nothing.
    return NotFoundError("There is nothing at this address.", "Search for it.")


def _narrowed(case: CaseFile, shown: set[PageRef]) -> CaseFile:
    documents = tuple(_document(document, shown) for document in case.documents if shown & set(document.pages))
    scans = {ref.scan for ref in shown}
    return case.model_copy(
        update={
            "documents": documents,
            "scans": tuple(scan for scan in case.scans if scan.sha256 in scans),
            "corrections": tuple(one for one in case.corrections if one.page in shown),
            "missing": (),
        }
    )


def _document(document: Document, shown: set[PageRef]) -> Document:
    def is_shown(scan: str, number: int) -> bool:
        return PageRef(scan=scan, number=number) in shown

    pages: Sequence[PageRef] = [ref for ref in document.pages if ref in shown]
    return document.model_copy(
        update={
            "pages": tuple(pages),
            "facts": tuple(fact for fact in document.facts if is_shown(fact.scan, fact.page)),
            "unread": tuple(one for one in document.unread if one.page in shown),
        }
    )
