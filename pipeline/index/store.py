"""What a store of the index can do, whichever it is."""

import hashlib
from collections.abc import Iterable
from types import TracebackType
from typing import Protocol, Self

from models.case import CaseFile
from models.hit import Hit
from models.page import Page
from pipeline.index.query import Query


class IndexUnusableError(Exception):
    """The index cannot be used; the message says why and what to do. The bags are not touched by that."""


def fingerprint(case: CaseFile) -> str:
    """Return what tells one archiving of a case file from another: the SHA-256 of its record."""
    return hashlib.sha256(case.model_dump_json().encode()).hexdigest()


class Store(Protocol):
    """A place where pages are searched. Everything in it can be made again from the bags.

    All that it does raises :class:`IndexUnusableError` when it cannot be done.
    """

    def put(self, case: CaseFile, pages: Iterable[Page]) -> None:
        """Put the pages of a case file in, instead of all that it had before; all of them or none."""

    def remove(self, case_id: str) -> None:
        """Take the pages of a case file out; nothing happens where it has none."""

    def search(self, query: Query, limit: int) -> list[Hit]:
        """Return the pages that answer a query, the best first, at most ``limit``."""

    def count(self) -> int:
        """Return how many pages are in, blank ones too."""

    def cases(self) -> dict[str, str]:
        """Return the case files that are in, by their ids, each with its :func:`fingerprint`."""

    def __enter__(self) -> Self:
        """Return the store."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the store."""
