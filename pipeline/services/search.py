"""Searching an archive: reading the query with the glossary, finding pages, and explaining why there are none."""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Semaphore

from models.errors import NotFoundError, QueryError, TooManyError
from models.hit import Found, Hit
from models.message import Message
from models.plural import number_of
from models.scope import Scope
from pipeline.access.asker import Asker
from pipeline.access.audit import Deed
from pipeline.access.roles import Action
from pipeline.archive.archive import Archive
from pipeline.document.glossary import read_names
from pipeline.document.name_lookup import NameLookup
from pipeline.index.language import parse
from pipeline.index.nothing import values_of, why_nothing
from pipeline.index.query import Condition, Field, Query, key
from pipeline.index.results import MOST_COUNTED
from pipeline.index.store import FACETS, Sort, View
from pipeline.services.audit import note, notes_refusals

__all__ = [
    "FACETS",
    "MOST_COUNTED",
    "Answer",
    "Query",
    "Sort",
    "View",
    "each",
    "everything",
    "search",
    "understood",
    "why_none",
]

_LOG = logging.getLogger(__name__)

WIDE = Semaphore(2)
"""Searches for many words that run in this process at the same time. Others would have to wait for more of them."""
_PATIENCE = 5.0  # seconds that such a search waits for its turn: most take less than one


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search found; ``why`` says in sentences why nothing was found."""

    query: Query
    found: Found
    why: tuple[str, ...]


@notes_refusals
def search(archive: Archive, asker: Asker, text: str, view: View) -> Answer:
    """Find pages.

    Args:
        archive: the archive.
        asker: who asks; nothing outside the asker's scope is shown.
        text: the query, as people type it; see docs/researchers.md.
        view: which part of the results is shown, and how.

    Raises:
        NotAllowedError: the asker may not search.
        AuditUnusableError: the search cannot be recorded.
        QueryError: the query cannot be understood, or can find nothing.
        NotFoundError: there is nothing to search yet.
        GlossaryError: the glossary cannot be read.
        IndexUnusableError: the index cannot be used.
        TooManyError: it has many words, and too many such searches are running.
    """
    asker.must_be_allowed(Action.SEARCH)
    started = time.monotonic()
    query = understood(archive, text, asker.scope)
    understood_in = time.monotonic() - started
    note(archive, asker, Deed.SEARCHED, "", asker.scope.level, words=text)
    with _room_for(query):
        try:
            found = archive.index.search(query, view, asker.scope)
        except QueryError as error:  # it takes too long
            error.query = text
            raise
        seconds = time.monotonic() - started
        pages = number_of(found.pages, "page")
        _LOG.info("%s found in %.3f s, of which %.3f s to read the query", pages, seconds, understood_in)
        is_nothing = found.whole and not found.pages
        return Answer(query, found, tuple(why_nothing(archive.index, query, asker.scope)) if is_nothing else ())


@contextmanager
def _room_for(query: Query) -> Iterator[None]:
    if not query.is_wide:
        yield
        return
    if not WIDE.acquire(timeout=_PATIENCE):
        raise TooManyError(
            Message("Other searches for many words are running."),
            Message("Search for fewer words, or try again in a minute."),
        )
    try:
        yield
    finally:
        WIDE.release()


@notes_refusals
def each(archive: Archive, asker: Asker, text: str, sort: Sort) -> Iterator[Hit]:
    """Yield every page that is found, for a table to keep.

    Raises:
        NotAllowedError: the asker may not take copies; and as :func:`search`.
    """
    asker.must_be_allowed(Action.EXPORT)
    query = understood(archive, text, asker.scope)
    note(archive, asker, Deed.EXPORTED, "hits", asker.scope.level, words=text)
    return _each(archive, query, sort, asker.scope)


def _each(archive: Archive, query: Query, sort: Sort, scope: Scope) -> Iterator[Hit]:
    with _room_for(query):
        yield from archive.index.each(query, sort, scope)


@notes_refusals
def everything(archive: Archive, asker: Asker, view: View, box: str = "") -> Found:
    """Return what there is to see without a query: all pages in the asker's scope, or those of a box.

    Raises:
        NotAllowedError: the asker may not search.
        AuditUnusableError: it cannot be written down that somebody looks.
        NotFoundError: there is nothing to see yet.
        IndexUnusableError: the index cannot be used.
    """
    asker.must_be_allowed(Action.SEARCH)
    if not archive.has_index:
        raise NotFoundError(f"There is nothing to search at {archive.folder} yet.", "Begin with `bannasar run BOX`.")
    note(archive, asker, Deed.SEARCHED, box, asker.scope.level)
    of_box = ((Condition(Field.BOX, key(box), text=box),),) if box else ()
    return archive.index.search(Query(conditions=of_box), view, asker.scope)


def why_none(archive: Archive, asker: Asker, text: str) -> Sequence[str]:
    """Return in sentences why a query finds nothing; raises as :func:`search` does."""
    asker.must_be_allowed(Action.SEARCH)
    query = understood(archive, text, asker.scope)
    return why_nothing(archive.index, query, asker.scope)


def understood(archive: Archive, text: str, scope: Scope) -> Query:
    """Return what a query means, among the kinds of a scope's pages; raises as :func:`search` does."""

    def kinds_in_archive() -> Sequence[str]:
        return values_of(archive.index, Field.KIND, scope) if archive.has_index else ()

    try:
        query = parse(text, NameLookup(read_names(Path(archive.settings.document.glossary)), kinds_in_archive))
    except QueryError as error:
        error.query = text
        raise
    if not archive.has_index:
        raise NotFoundError(f"There is nothing to search at {archive.folder} yet.", "Begin with `bannasar run BOX`.")
    return query
