"""The counts of a scan's pages for the ledger."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from models.ledger import PageRead
from models.page import Page


@dataclass(frozen=True, slots=True)
class Measure:
    """The pages of a scan in its bag: with text, blank, and missing because they failed.

    ``confidence`` is the mean over all words, None where there are none.
    """

    read: int
    blank: int
    missing: int
    confidence: float | None


def page_read(page: Page) -> PageRead:
    """Return what the ledger enters of a page that was read."""
    return PageRead(page.scan, page.number, page.recipe, page.blank, confidence_of([page]), page.handwriting_share)


def measure(pages: Sequence[Page], missing: Collection[int]) -> Measure:
    """Measure the pages of one scan; ``missing`` are the numbers of pages that failed and have only a placeholder."""
    there = [page for page in pages if page.number not in missing]
    blank = sum(page.blank for page in there)
    return Measure(len(there) - blank, blank, len(pages) - len(there), confidence_of(there))


def confidence_of(pages: Iterable[Page]) -> float | None:
    """Return the mean confidence of the words on pages, None where there are none.

    If something of a page is not read, that counts as one word with confidence 0, so that the page never has full
    confidence. The number of remarks does not matter: one may be about a word, and one about a hundred files.
    """
    confidences: list[float] = []
    for page in pages:
        confidences += [word.confidence for block in page.blocks for line in block.lines for word in line.words]
        if page.unread:
            confidences.append(0.0)
    return sum(confidences) / len(confidences) if confidences else None
