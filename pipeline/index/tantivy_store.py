"""The store for large archives without a server: Tantivy, a folder in the archive.

Each level has its own index, with its own statistics, so that pages at other levels change no score. The query is the
one that the cluster gets; see ``dsl``. A page that leaves a level is removed from its index before it is added to
another. A case file is known when all of its pages are in, and not while they change.
"""

import logging
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import tantivy

from models.case import CaseFile
from models.errors import IndexUnreadableError, QueryError
from models.hit import Found, Hit
from models.level import Level
from models.page import Page, PageRef
from models.scope import Scope
from pipeline.index.entry import Analysed, Entry, abouts_of, entries
from pipeline.index.query import Query
from pipeline.index.results import TOO_LONG
from pipeline.index.store import Sort, View, check_kept, fingerprint
from pipeline.index.tantivy_entries import CASE_FILES, PAGES, Row, document, read_row, row_of
from pipeline.index.tantivy_files import CASES, Files, Indexes, Writing
from pipeline.index.tantivy_search import Search

_LOG = logging.getLogger(__name__)
# Pages that a rebuild adds before it keeps them.
_PAGES_AT_ONCE = 20_000
# How many entries of pages a search looks at in a second. Measured are 2 to 6 million on a busy machine; a search with
# facets looks at them three times.
_LOOKED_AT_A_SECOND = 1_000_000


class TantivyStore:
    """The index of an archive as a folder of Tantivy's files."""

    def __init__(self, folder: Path, seconds: float | None = None) -> None:
        """Set the folder; it is made when something is added.

        Args:
            folder: its folder.
            seconds: a search that would take longer is not begun, because Tantivy cannot stop it; None for no limit.
        """
        self._files = Files(folder)
        self._seconds = seconds

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Do nothing: no file is held open for writing."""

    def put(self, case: CaseFile, pages: Iterable[Page], now: datetime | None = None) -> None:
        """Add the pages of a case file; see :class:`pipeline.index.store.Store`."""
        self.put_analysed((case, list(entries(case, pages, case.levels(now)))))

    def put_analysed(self, found: Analysed) -> None:
        """Add a case file whose entries are made already."""
        case, made = found
        with self._files.locked(), self._files.border():
            indexes = self._files.made()
            levels = {entry.level for entry in made}
            there = {(entry.level, PageRef(scan=entry.scan, number=entry.number)) for entry in made}
            with self._files.writing(indexes) as changes:
                held = _held(indexes, case.id)
                if held:
                    changes.forget(case.id)
                left = [level for level, rows in held.items() if any((level, row.ref) not in there for row in rows)]
                if left:
                    changes.remove(case.id, left)
                    changes.commit()
                changes.remove(case.id, levels)
                _add(changes, case, made)
                changes.commit()

    def set_levels(self, case: CaseFile, now: datetime | None = None) -> bool:
        """Apply the levels of a case file to searches; see :class:`pipeline.index.store.Store`.

        What a rebuild that was stopped has left is removed: it holds the pages at their old levels.
        """
        with self._files.locked(), self._files.border():
            self._files.remove_rest()
            indexes = self._files.current()
            if indexes is None:
                return False
            held = _held(indexes, case.id)
            after = _moved(case, [row for rows in held.values() for row in rows], now)
            if after is None or not _is_whole(indexes, case.id):
                return False
            with self._files.writing(indexes) as changes:
                had, has = ({level: set(held.get(level, ())) for level in Level} for held in (held, after))
                changed = [level for level in Level if had[level] != has[level]]
                if changed:
                    changes.forget(case.id)
                changes.remove(case.id, [level for level in changed if had[level]])
                for level in changed:
                    for row in had[level] & has[level]:
                        changes[level].add_document(document(row))
                changes.commit()
                for level in changed:
                    for row in has[level] - had[level]:
                        changes[level].add_document(document(row))
                _enter(changes, case)
                changes.commit()
        return True

    def remove(self, case_id: str) -> None:
        """Remove the pages of a case file, and what a rebuild that was stopped has left: it may hold them too."""
        with self._files.locked(), self._files.border():
            self._files.remove_rest()
            indexes = self._files.current()
            if indexes is not None:
                with self._files.writing(indexes) as changes:
                    changes.remove(case_id, [*_held(indexes, case_id), CASES])
                    changes.commit()

    def drop_damaged(self) -> None:
        """Look into each index, and begin with none if one of them is of another version or damaged."""
        try:
            with self._files.border():
                self._files.searchers((*Level, CASES))
        except IndexUnreadableError:
            _LOG.warning("the index is damaged, or of another version: it is not used any more")
            self._files.give_up()

    def merge(self) -> None:
        """Do nothing: Tantivy merges its pieces whenever it writes."""

    def count(self) -> int:
        """Return the number of all pages."""
        with self._files.border():
            return sum(searcher.num_docs for searcher in self._files.searchers(Level))

    def cases(self) -> dict[str, str]:
        """Return the ids of the complete case files, each with its fingerprint."""
        with self._files.border():
            return dict(pair for searcher in self._files.searchers([CASES]) for pair in _cases(searcher))

    def search(self, query: Query, view: View, scope: Scope) -> Found:
        """Return the pages of a scope that answer a query; see :class:`pipeline.index.store.Store`."""
        with self._files.border():
            search = self._search(query, scope)
            if self._seconds is not None and search.looked_at > self._seconds * _LOOKED_AT_A_SECOND:
                raise QueryError(TOO_LONG, 0)
            return search.found(view)

    def each(self, query: Query, sort: Sort, scope: Scope) -> Iterator[Hit]:
        """Yield every page of a scope that answers a query, from the index as it was at the beginning."""
        with self._files.border():
            yield from self._search(query, scope).each(sort)

    def places(self, query: Query, scope: Scope) -> Iterator[PageRef]:
        """Yield the pages of a scope that answer a query, without a look at their words."""
        with self._files.border():
            found = self._search(query, scope).rows()
        # In an order that does not depend on what else is in the index.
        yield from (ref for _, ref in sorted((row.place, row.ref) for row in found))

    def begun(self) -> dict[str, str]:
        """Return the case files that a rebuild which was stopped has added, with their fingerprints."""
        with self._files.border():
            indexes = self._files.begun()
            return dict(_cases(indexes.searcher(CASES))) if indexes else {}

    def rebuild(self, cases: Iterable[Analysed], kept: Collection[str] = ()) -> int:
        """Rebuild the index in a folder beside it, which takes its place when all is in.

        That folder stays if this is stopped, and :meth:`begun` says what it has.
        """
        with self._files.locked():
            with self._files.border():
                indexes = (self._files.begun() if kept else None) or self._files.begin()
            try:
                with self._files.writing(indexes, filling=True) as changes:
                    self._drop_all_but(kept, indexes, changes)
                    self._fill(changes, cases, are_some_in=bool(kept))
            except IndexUnreadableError:
                # Otherwise the next one would go on with it, and stop at the same damage.
                self._files.remove_rest()
                raise
            with self._files.border():
                self._files.use(indexes)
        return self.count()

    def _drop_all_but(self, kept: Collection[str], indexes: Indexes, changes: Writing) -> None:
        with self._files.border():
            there = dict(_cases(indexes.searcher(CASES)))
            check_kept(kept, there)
            for case_id in there.keys() - set(kept):
                changes.remove(case_id, [*Level, CASES])

    def _fill(self, changes: Writing, cases: Iterable[Analysed], *, are_some_in: bool) -> None:
        """Add case files, and keep them now and then.

        Their pages are kept before they are: if this was stopped in between, pages of theirs are in already.
        """
        waiting = 0
        for case, made in cases:
            with self._files.border():
                if are_some_in:
                    changes.remove(case.id, Level)
                _add(changes, case, made)
                waiting += len(made)
                if waiting >= _PAGES_AT_ONCE:
                    changes.commit()
                    waiting = 0
        with self._files.border():
            changes.commit()

    def _search(self, query: Query, scope: Scope) -> Search:
        levels = [level for level in Level if level.rank <= scope.level.rank or scope.granted - scope.refused]
        return Search(self._files.searchers(levels), query, scope)


def _held(indexes: Indexes, case_id: str) -> dict[Level, list[Row]]:
    """Return what is kept of the pages of a case file, by level."""
    held = {}
    for level in Level:
        searcher = indexes.searcher(level)
        if searcher.num_docs:
            wanted = tantivy.Query.term_query(PAGES, "case", case_id, "basic")
            found = searcher.search(wanted, limit=searcher.num_docs, count=False)
            if found.hits:
                held[level] = [read_row(searcher.doc(address)) for _, address in found.hits]
    return held


def _is_whole(indexes: Indexes, case_id: str) -> bool:
    """Whether a case file is known: otherwise some of its pages may be of another archiving, or there twice."""
    wanted = tantivy.Query.term_query(CASE_FILES, "case", case_id, "basic")
    return bool(indexes.searcher(CASES).search(wanted, limit=1).hits)


def _moved(case: CaseFile, rows: list[Row], now: datetime | None) -> dict[Level, list[Row]] | None:
    """Return the pages of a case file at its levels; None if these are other pages, or otherwise cut or filed."""
    levels = case.levels(now)
    numbers = {document.number for document in case.documents}
    wanted = {ref for document in case.documents for ref in document.pages}
    courts = tuple(sorted(case.courts))
    if {row.ref for row in rows} != wanted or any(
        row.about.document not in numbers or row.courts != courts for row in rows
    ):
        return None
    abouts = abouts_of(case, levels)
    # What a page is shown with depends on the levels of the other pages of its document.
    are_apart = any(one.pages for one in case.restrictions)
    after: dict[Level, list[Row]] = {}
    for row in rows:
        level = levels.of(row.scan, row.number)
        is_new = level != row.level or are_apart
        moved = row._replace(level=level, about=abouts[row.ref]) if is_new else row
        after.setdefault(level, []).append(moved)
    return after


def _add(changes: Writing, case: CaseFile, made: Iterable[Entry]) -> None:
    """Add the pages of a case file, and enter it as complete."""
    for entry in made:
        changes[entry.level].add_document(document(row_of(entry), (entry.units, entry.fuzzy)))
    _enter(changes, case)


def _enter(changes: Writing, case: CaseFile) -> None:
    """Enter a case file as complete."""
    changes.remove(case.id, [CASES])
    made = tantivy.Document()
    made.add_text("case", case.id)
    made.add_text("fingerprint", fingerprint(case))
    changes[CASES].add_document(made)


def _cases(searcher: tantivy.Searcher) -> Iterator[tuple[str, str]]:
    """Yield the complete case files, each with its fingerprint, by their ids."""
    found = searcher.search(tantivy.Query.all_query(), limit=max(1, searcher.num_docs), count=False)
    rows = (searcher.doc(address) for _, address in found.hits)
    return iter(sorted((row["case"][0], row["fingerprint"][0]) for row in rows))
