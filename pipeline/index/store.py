"""What every store of the index can do."""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self

from models.case import CaseFile
from models.errors import IndexUnusableError
from models.hit import Found, Hit
from models.page import Page, PageRef
from models.scope import Scope
from pipeline.index.entry import Analysed
from pipeline.index.query import Query

MEND = "Build it again from the bags: `bannasar index rebuild`."
"""What to do about an index that cannot be read."""

# The names of the facets.
FACETS = ("kind", "court", "year", "box", "script")


class Sort(StrEnum):
    """The order in which pages are shown."""

    RANK = "rank"
    DATE = "date"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class View:
    """Which part of what is found is shown, and how.

    ``offset`` hits are skipped, then ``limit`` are shown. With ``by_case`` only the best page of each case file is
    shown. Hits with the same score are in the order of their place in the archive, so that pages of hits do not change.
    """

    limit: int = 10
    offset: int = 0
    sort: Sort = Sort.RANK
    by_case: bool = False
    facets: bool = False


def fingerprint(case: CaseFile) -> str:
    """Return what distinguishes one archiving of a case file from another: the SHA-256 of its record."""
    return hashlib.sha256(case.model_dump_json().encode()).hexdigest()


def check_kept(kept: Collection[str], there: Collection[str]) -> None:
    """Check that a half-made index has all the case files that a rebuild keeps.

    Raises:
        IndexUnusableError: some are gone, and would be missing from the new index.
    """
    if not set(kept).issubset(there):
        raise IndexUnusableError(
            "The half-made index has changed meanwhile; searches find the old one. Try again: `bannasar index rebuild`."
        )


class Store(Protocol):
    """A place where pages are searched. Everything in it can be made again from the bags.

    Every method raises :class:`IndexUnusableError` if it fails.

    Every search has a scope. Content outside it does not show in the answer: in no hit, count, facet, order
    or similar spelling. See ``docs/decisions/0008-scope-in-the-query.md``. ``now`` is the time at which the levels of a
    case file are looked up; None if the clock is not trusted, so that no end date counts as passed.
    """

    def put(self, case: CaseFile, pages: Iterable[Page], now: datetime | None = None) -> None:
        """Add the pages of a case file at their levels, and remove those that it had before.

        If this fails, :meth:`cases` does not return the case file's new fingerprint, so that it is added again.
        """

    def put_analysed(self, found: Analysed) -> None:
        """Add a case file as :meth:`put` does, if its entries are made already, at its levels."""

    def set_levels(self, case: CaseFile, now: datetime | None = None) -> bool:
        """Apply the levels of a case file to searches, if nothing else of it has changed since it was added.

        Returns:
            Whether all searches from now on use these levels. If not, the store holds other pages of the case file:
            add it again. If this returns False or raises, scopes must refuse the case file until it is added.
        """

    def remove(self, case_id: str) -> None:
        """Remove the pages of a case file, if there are any."""

    def search(self, query: Query, view: View, scope: Scope) -> Found:
        """Return the pages of a scope that answer a query.

        Pages that contain all of the query exactly come first, and among them those where its words follow each other.
        Then come pages with a part of it, or with misread or differently spelled forms.
        """

    def each(self, query: Query, sort: Sort, scope: Scope) -> Iterator[Hit]:
        """Yield every page of a scope that answers a query, in order, from the index as it was at the beginning."""

    def places(self, query: Query, scope: Scope) -> Iterator[PageRef]:
        """Yield the pages of a scope that answer a query, in no order, without a look at their words."""

    def merge(self) -> None:
        """Merge the pieces that many puts left, because they make searches slower. The results do not change."""

    def count(self) -> int:
        """Return the number of all pages, also blank and hidden ones: for checks only, never for a reader's search."""

    def cases(self) -> dict[str, str]:
        """Return the ids of the complete case files, each with its :func:`fingerprint`: for checks only."""

    def begun(self) -> dict[str, str]:
        """Return what :meth:`cases` would, of a rebuild that was stopped; nothing if there is none."""

    def rebuild(self, cases: Iterable[Analysed], kept: Collection[str] = ()) -> int:
        """Rebuild the index from these case files, and return the number of its pages.

        Searches use the old index until everything is in.

        Args:
            cases: the case files.
            kept: those that :meth:`begun` names and that are still right, also their levels: they are not among
                ``cases``.
        """

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the store."""
