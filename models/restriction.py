"""How levels are set on things, and which one counts.

A level is set on a box, a case file, a document or a page. What is set stays recorded; what counts follows from it:

- Of the levels set on one thing, the last without an end date replaces all before it. One with an end date is
  added to that, and counts until then. So an end date can only end a restriction, and brings back what was there.
- Of a page, its document and its case file, the strictest counts.
- A level set on a box is set on each of its case files, and on those that come in later.
- A case file without any level is for staff.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import AwareDatetime, model_validator

from models.actor import Actor
from models.level import Level, strictest
from models.page import PageRef
from models.record import Record
from models.scope import PageLevels

UNSET = Level.STAFF


class Reach(StrEnum):
    """What a level is set on."""

    BOX = "box"
    CASE = "case"
    DOCUMENT = "document"
    PAGE = "page"


class Restriction(Record):
    """A level that was set on something.

    ``pages`` are those of the document, or the page; none for a box or a case file. ``reason`` and ``order``, the
    number of a court's order, say why; ``by`` who set it, ``at`` when. ``until`` is when it stops counting, None for
    never.
    """

    level: Level
    reach: Reach
    pages: tuple[PageRef, ...] = ()
    reason: str
    order: str = ""
    by: Actor
    at: AwareDatetime
    until: AwareDatetime | None = None

    @model_validator(mode="after")
    def _names_its_pages(self) -> Self:
        if bool(self.pages) != (self.reach in {Reach.DOCUMENT, Reach.PAGE}):
            raise ValueError("a document or a page is named by its pages, a box or a case file by none")
        return self

    def has_ended(self, now: datetime | None) -> bool:
        """Whether its end date has certainly passed; ``now`` is None where the time is not known."""
        return self.until is not None and now is not None and self.until <= now


def case_level(restrictions: Iterable[Restriction], now: datetime | None) -> Level:
    """Return the level of a case file itself, without what is set on its documents and pages.

    Args:
        restrictions: all of the case file, in the order in which they were set.
        now: the present, aware; the earliest it may be where a clock cannot be trusted. None: no end date has passed.
    """
    return _effective((one for one in restrictions if not one.pages), now, UNSET)


def page_levels(
    restrictions: Sequence[Restriction], documents: Iterable[Sequence[PageRef]], now: datetime | None
) -> PageLevels:
    """Return the level of every page of a case file: the strictest of its own, its document's and its case file's.

    Args:
        restrictions: all of the case file, in the order in which they were set.
        documents: the pages of each of its documents. What was set on a document counts for every document that has one
            of its pages, because documents may be divided differently later.
        now: as for :func:`case_level`.
    """
    whole = case_level(restrictions, now)
    if not any(one.pages for one in restrictions):
        return PageLevels(whole)
    of_pages, of_documents = (_by_page(restrictions, reach) for reach in (Reach.PAGE, Reach.DOCUMENT))
    own = {
        page: strictest((around, _effective(of_pages.get(page, ()), now, Level.PUBLIC)))
        for document in documents
        for around in (_around(whole, of_documents, document, now),)
        for page in document
    }
    return PageLevels(whole, {page: level for page, level in own.items() if level is not whole})


def next_end(restrictions: Iterable[Restriction], now: datetime | None) -> datetime | None:
    """Return the next end date that has not certainly passed, None where there is none."""
    return min((one.until for one in restrictions if one.until and not one.has_ended(now)), default=None)


def _by_page(restrictions: Iterable[Restriction], reach: Reach) -> Mapping[PageRef, Sequence[Restriction]]:
    """Return those of one reach by page, in their order: a case file may have a thousand pages, and many of them."""
    found: defaultdict[PageRef, list[Restriction]] = defaultdict(list)
    for one in restrictions:
        if one.reach is reach:
            for page in one.pages:
                found[page].append(one)
    return found


def _around(
    whole: Level, own: Mapping[PageRef, Sequence[Restriction]], document: Iterable[PageRef], now: datetime | None
) -> Level:
    """Return the level of a page's document and case file, without what is set on the page itself."""
    return strictest((whole, *(_effective(own[page], now, Level.PUBLIC) for page in document if page in own)))


def _effective(restrictions: Iterable[Restriction], now: datetime | None, default: Level) -> Level:
    lasting = default
    passing: list[Restriction] = []
    for one in restrictions:
        if one.until is None:
            lasting, passing = one.level, []
        else:
            passing.append(one)
    return strictest((lasting, *(one.level for one in passing if not one.has_ended(now))))
