"""Where in a scan one document ends and another begins."""

import re
from collections.abc import Iterator, Sequence

from rapidfuzz import fuzz, process

from models.page import Page
from pipeline.document.glossary import Names, letters
from pipeline.document.kinds import is_titled, text_of

# What stands at the head of the first page of an official paper, and of no other page.
_LETTERHEADS = tuple(
    map(letters, ("ព្រះរាជាណាចក្រកម្ពុជា", "រដ្ឋកម្ពុជា", "សាធារណរដ្ឋប្រជាមានិតកម្ពុជា", "សាធារណរដ្ឋខ្មែរ",
                  "Royaume du Cambodge", "République khmère", "Kingdom of Cambodia"))
)  # fmt: skip
_HEAD = 0.3
_ALIKE = 85
_NUMBER = re.compile(r"[-–—\s]*(?:page|p\.)?\s*(\d{1,3})\s*(?:/\s*\d{1,3})?[-–—\s]*")


def parts(pages: Sequence[Page], names: Names, surely: float, *, blank_separates: bool) -> Iterator[list[Page]]:
    """Yield the pages of each document of a scan.

    A document begins on a page with a letterhead and a title, unless the page bears a number that says it is not the
    first. A letterhead alone may be a form's, a title alone a heading's. A separator sheet is a part by itself, with
    the blank pages that follow it: they are its back, where both sides were scanned.

    Args:
        pages: of one scan, in order.
        names: the glossary.
        surely: how like a title a line must be, 0–1.
        blank_separates: whether a document also begins after a blank page.
    """
    part: list[Page] = []
    for page in pages:
        after_blank = blank_separates and part and part[-1].blank and not all(one.blank for one in part)
        if part and (_changes_leaf(part, page) or (after_blank and not page.blank) or _begins(page, names, surely)):
            yield part
            part = []
        part.append(page)
    if part:
        yield part


def _changes_leaf(part: Sequence[Page], page: Page) -> bool:
    """Whether a page lies on the other side of the border between a separator sheet and a document."""
    return bool(page.sheet) or (bool(part[0].sheet) and not page.blank)


def _begins(page: Page, names: Names, surely: float) -> bool:
    lines = [line for block in page.blocks for line in block.lines]
    numbers = (_NUMBER.fullmatch(text_of(line)) for line in lines)
    if any(int(number[1]) > 1 for number in numbers if number):
        return False
    heads = (letters(text_of(line)) for line in lines if line.box.top < _HEAD * page.height)
    headed = any(process.extractOne(head, _LETTERHEADS, scorer=fuzz.ratio, score_cutoff=_ALIKE) for head in heads)
    return headed and is_titled(page, names, surely)
