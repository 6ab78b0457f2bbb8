"""What a store of the index can do, whichever it is."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self

from models.case import CaseFile
from models.hit import Found, Hit
from models.page import Page
from models.scope import Scope
from pipeline.index.query import Query

# The facets, by the names they are shown under.
FACETS = ("kind", "court", "year", "box", "script")


class Sort(StrEnum):
    """In what order pages are shown."""

    RANK = "rank"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class View:
    """Which part of what is found is shown, and how.

    ``offset`` hits are passed over, ``limit`` shown. With ``by_case`` the best page of each case file stands for all of
    it. Hits with the same score are in the order of their place in the archive, so that pages of hits do not change.
    """

    limit: int = 10
    offset: int = 0
    sort: Sort = Sort.RANK
    by_case: bool = False
    facets: bool = False


def fingerprint(case: CaseFile) -> str:
    """Return what distinguishes one archiving of a case file from another: the SHA-256 of its record."""
    return hashlib.sha256(case.model_dump_json().encode()).hexdigest()


class Store(Protocol):
    """A place where pages are searched. Everything in it can be made again from the bags.

    All that it does raises :class:`IndexUnusableError` when it cannot be done.

    Every search has a scope. Content outside it does not show in the answer: in no hit, count, facet, order
    or near spelling. See ``docs/decisions/0008-scope-in-the-query.md``. ``now`` is the time by which the levels of a
    case file are read; None where no end date can be believed to have passed.
    """

    def put(self, case: CaseFile, pages: Iterable[Page], now: datetime | None = None) -> None:
        """Put the pages of a case file in at their levels, instead of all that it had before.

        Where it fails, :meth:`cases` does not give the case file's new fingerprint, so that it is put in again.
        """

    def set_levels(self, case: CaseFile, now: datetime | None = None) -> bool:
        """Let searches go by the levels of a case file that is in, if nothing else of it has changed since.

        Returns:
            Whether every search from now on goes by them. If not, the store holds other pages of the case file: put it
            in again. Where this is false, or raises, the case file must be refused until it is in.
        """

    def remove(self, case_id: str) -> None:
        """Take the pages of a case file out; nothing happens where it has none."""

    def search(self, query: Query, view: View, scope: Scope) -> Found:
        """Return the pages of a scope that answer a query.

        First those that contain all of the query exactly, of them first those where its words follow each other; then
        those with some of it, or with misread or differently spelled forms of it.
        """

    def each(self, query: Query, sort: Sort, scope: Scope) -> Iterator[Hit]:
        """Yield every page of a scope that answers a query, from the index as it was then, in the order of a search."""

    def merge(self) -> None:
        """Merge the pieces that many puts left, because they make searches slower. The results do not change."""

    def count(self) -> int:
        """Return the number of all pages, also blank and hidden ones: for checks only, never for a reader's search."""

    def cases(self) -> dict[str, str]:
        """Return the case files that are in whole, by their ids, each with its :func:`fingerprint`: for checks, too."""

    def rebuild(self, cases: Iterable[tuple[CaseFile, list[Page]]], now: datetime | None = None) -> int:
        """Rebuild the index from these case files, and return the number of its pages.

        Searches use the old index until everything is in.
        """

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the store."""
