"""The review queue: documents that a person should look at, and documents whose kind a person has confirmed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from heapq import nsmallest
from pathlib import Path

from models.case import CaseFile, Document
from models.correction import About
from models.errors import BagError
from models.fact import Fact, FactName
from models.page import Page
from models.progress import Show, silent
from pipeline.access.asker import Asker
from pipeline.access.roles import Action
from pipeline.archive.archive import Archive
from pipeline.archive.bag import document_file, read_bag, read_case
from pipeline.document.glossary import UNKNOWN
from pipeline.document.sheets import SEPARATOR
from pipeline.services.sight import known_box, sees
from pipeline.text.dates import NO_CENTURY


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """A document that a person should look at, by its case file and its number.

    ``pages`` is how many it has, ``pdf`` its file, ``confidence`` the machine's, 0–1. ``why`` has a reason for each
    thing that is uncertain. ``unread`` says what is not read on its pages.
    """

    case: str
    box: str
    number: int
    title: str
    pages: int
    kind: str
    kind_read: str
    pdf: Path
    confidence: float
    why: Mapping[About, str]
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Queue:
    """The first of the documents that wait for a person, and how many wait."""

    items: list[ReviewItem]
    waiting: int


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A document whose kind a person has confirmed, and its pages."""

    document: Document
    pages: tuple[Page, ...]

    @property
    def facts(self) -> dict[FactName, str]:
        """The facts that the person entered, besides its kind."""
        return {fact.name: fact.value for fact in self.document.facts if fact.by}


def review_queue(  # noqa: PLR0913  # what is asked, and what is shown during the work
    archive: Archive,
    asker: Asker,
    box: str | None,
    below: float | None,
    left_out: Callable[[Path], None],
    *,
    most: int | None = None,
    show: Show = silent,
) -> Queue:
    """Return the uncertain documents that nobody has looked at, the least confident first.

    Args:
        archive: the archive.
        asker: who asks. Documents with a page that the asker may not see are left out.
        box: only documents of this box, by its id or its folder.
        below: confidence below which a document is listed, 0–1; None for that of the settings.
        left_out: called with every bag that cannot be read, where an operator asks.
        most: how many are returned; None for all. The others are only counted.
        show: called after each case file with the number of those done and of all.

    Raises:
        NotFoundError: the archive holds no such box.
        OSError: the bags cannot be listed.
    """
    below = archive.settings.document.kind_threshold if below is None else below
    bags = list(archive.shown_bags(known_box(archive, asker, box).id if box else None))
    waiting = 0

    def items() -> Iterator[ReviewItem]:
        nonlocal waiting
        for done, bag in enumerate(bags, 1):
            for item in _waiting(archive, asker, bag, below, left_out):
                waiting += 1
                yield item
            show(done, len(bags))

    def confidence(item: ReviewItem) -> float:
        return item.confidence

    first = sorted(items(), key=confidence) if most is None else nsmallest(most, items(), key=confidence)
    return Queue(first, waiting)


def _waiting(
    archive: Archive, asker: Asker, bag: Path, below: float, left_out: Callable[[Path], None]
) -> list[ReviewItem]:
    """Return the uncertain documents of a case file."""
    try:
        case = read_case(bag)
    except BagError:
        if asker.scope.is_everything:  # nobody knows its level
            left_out(bag)
        return []
    is_seen = sees(archive, asker, case)
    shown = [document for document in case.documents if all(map(is_seen, document.pages))]
    return [item for document in shown if (item := _item(bag, case, document, below))]


def _item(bag: Path, case: CaseFile, document: Document, below: float) -> ReviewItem | None:
    confidence, why = 1.0, dict[About, str]()
    is_paper = document.kind != SEPARATOR
    if is_paper and not document.kind_by and (document.kind == UNKNOWN or document.kind_confidence < below):
        confidence = document.kind_confidence
        why[About.KIND] = f"{document.kind_read or UNKNOWN}, confidence {document.kind_confidence:.0%}"
    # The more probably a doubtful date is the document's own, the less is known about the document's date.
    if is_paper and (day := _doubtful_date(document)) and 1 - day.confidence < below:
        confidence = min(confidence, round(1 - day.confidence, 3))
        why[About.DATE] = f"date “{day.text}”: {day.doubt}"
    # A person who has confirmed the kind has seen the document, and what is not read.
    unread = () if document.kind_by else tuple(_unread(case, document))
    if not why and not unread:
        return None
    pdf = document_file(bag, document.number)
    return ReviewItem(
        case.id,
        case.box,
        document.number,
        document.title,
        len(document.pages),
        document.kind,
        document.kind_read,
        pdf,
        0.0 if unread else confidence,
        why,
        unread,
    )


def _unread(case: CaseFile, document: Document) -> Iterator[str]:
    names = {scan.sha256: scan.path.name for scan in case.scans}
    for one in document.unread:
        for remark in one.remarks:
            yield f"{names[one.page.scan]}, page {one.page.number}: {remark}"


def _doubtful_date(document: Document) -> Fact | None:
    """Return the document's most confident date if it has a doubt and no person has entered the date.

    A two-digit year that the document's other dates made clear is not a doubt.
    """
    found = [fact for fact in document.facts if fact.name is FactName.DATE]
    if not found or any(fact.by for fact in found):
        return None
    best = max(found, key=lambda fact: fact.confidence)
    is_resolved = best.doubt == NO_CENTURY and best.value
    return best if best.doubt and not is_resolved else None


def confirmed(archive: Archive, asker: Asker, left_out: Callable[[Path], None]) -> Iterator[Confirmed]:
    """Yield the documents whose kind a person has entered, even where the machine was right.

    Args:
        archive: the archive.
        asker: who asks.
        left_out: called with every bag that cannot be read.

    Raises:
        NotAllowedError: the asker may not.
        OSError: the bags cannot be listed.
    """
    asker.must_be_allowed(Action.MAINTAIN)
    for bag in archive.shown_bags():
        try:
            found = _confirmed(bag)
        except BagError:
            left_out(bag)
            continue
        yield from found


def _confirmed(bag: Path) -> list[Confirmed]:
    if not any(document.kind_by for document in read_case(bag).documents):
        return []
    case, pages = read_bag(bag)
    by_place = {(page.scan, page.number): page for page in pages}
    return [
        Confirmed(document, tuple(by_place[ref.scan, ref.number] for ref in document.pages))
        for document in case.documents
        if document.kind_by and document.kind != UNKNOWN
    ]
