"""A search of the SQLite store: which pages answer a query, in which order, and what is shown of them."""

import itertools
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from models.hit import Count, Found, Hit
from models.level import Level
from models.page import PageRef
from models.scope import Scope
from pipeline.index.entry import About
from pipeline.index.fts import phrase
from pipeline.index.packing import unpack
from pipeline.index.query import Condition, Field, Query
from pipeline.index.results import EXACT, MOST_COUNTED, facet, hit
from pipeline.index.sqlite_ranking import Ranking, make_tables
from pipeline.index.sqlite_scope import pages_in, sources
from pipeline.index.store import FACETS, Sort, View

_ABOUT = ", ".join(f'documents."{name}"' for name in About._fields)
_SHOWN = f"found.page, score, scan, path, pages.number, pages.level, {_ABOUT}"
# First what is found, then its page: so that a condition on pages does not make SQLite read all of them.
_PAGES = "found CROSS JOIN pages ON pages.id = found.page"
_COUNTED = "found CROSS JOIN pages INDEXED BY pages_counted ON pages.id = found.page"
_ORDERS = {
    Sort.RANK: "score DESC, place",
    Sort.DATE: "documents.first = '', documents.first, place",
    Sort.NEWEST: "documents.first = '', documents.first DESC, place",
}
_MOST_SORTED = 1000
# Very many pages can have the same score as the last page to show. Only as many as needed are read, in the order of
# their places.
_FIRST = (
    "WHERE score > ? OR found.page IN (SELECT id FROM pages INDEXED BY pages_by_place CROSS JOIN found "
    "ON page = id AND score = ? ORDER BY place LIMIT ?)"
)
_PREFIX = "substr({0}, 1, length(?)) = ?"


class Search:
    """One search, on a connection that reads the index as it is at one moment."""

    def __init__(self, database: sqlite3.Connection, scope: Scope) -> None:
        """Begin with nothing found. Pages outside the scope are never found."""
        self._database = database
        self._sources = sources(database, scope)
        # The tokens alone are not trusted: a page is shown only if its own row says that it is in the scope.
        shown = pages_in(self._sources)
        self._pages = f"{_PAGES} AND {shown}"
        self._counted = f"{_COUNTED} AND {shown}"
        self._places = f"{self._pages} JOIN documents ON documents.id = document_id"
        self._query = Query()
        self._whole = True
        make_tables(database)

    def run(self, query: Query, enough: int | None = None) -> None:
        """Find the pages that answer a query.

        Args:
            query: the query.
            enough: how many of the best pages are needed, if the number of all others is not needed.
        """
        self._query = query
        if query.groups:
            ranking = Ranking(self._database, self._sources, query, self._narrow)
            if enough is not None and ranking.first(enough):
                self._whole = False
                return
            ranking.whole()
            if enough is not None:
                row = self._database.execute("SELECT count(*) FROM found").fetchone()
                self._whole = row[0] <= MOST_COUNTED
        else:
            where, values = _all([_any(group) for group in query.conditions] + [_none(one) for one in query.barred])
            self._database.execute(
                "INSERT INTO found (page, score, exact) SELECT pages.id, 0, 0 FROM pages "  # noqa: S608
                "JOIN documents ON documents.id = document_id "
                f"WHERE {pages_in(self._sources)} AND {where}",
                values,
            )
            self._narrow()

    def found(self, view: View) -> Found:
        """Return what was found."""
        row = self._database.execute("SELECT count(*), count(*) FILTER (WHERE score >= ?) FROM found", (EXACT,))
        pages, exact = row.fetchone()
        return Found(
            pages=pages if self._whole else exact,
            exact=exact if self._query.groups else pages,
            cases=self._cases() if view.by_case else None,
            hits=tuple(self.hits(view)),
            whole=self._whole,
            facets=self._facets() if view.facets else {},
        )

    def hits(self, view: View) -> list[Hit]:
        """Return the hits to show."""
        if not view.limit:
            return []
        return list(map(self._hit, self._by_case(view) if view.by_case else self._rows(view)))

    def places(self) -> Iterator[PageRef]:
        """Yield the pages that are found, without a look at their words."""
        rows = self._database.execute(f"SELECT scan, number FROM {self._pages}")  # noqa: S608
        return (PageRef(scan=scan, number=number) for scan, number in rows)

    def _narrow(self) -> None:
        """Remove the pages that the conditions of the query exclude."""
        query = self._query
        for term, source in itertools.product(query.without, self._sources):
            self._database.execute(
                f"DELETE FROM found WHERE page IN (SELECT rowid FROM {source.table} WHERE {source.table} MATCH ?)",  # noqa: S608
                (phrase(term),),
            )
        held = [_any(group) for group in query.conditions] + [_none(one) for one in query.barred]
        if held and query.groups:
            where, values = _all(held)
            self._database.execute(
                f"DELETE FROM found WHERE page IN (SELECT page FROM {self._counted} "  # noqa: S608
                f"JOIN documents ON documents.id = document_id WHERE NOT ({where}))",
                values,
            )

    def _rows(self, view: View) -> Collection[sqlite3.Row]:
        until = view.offset + view.limit
        narrowed = ""
        values: tuple[float, ...] = ()
        if view.sort is Sort.RANK:
            # So no more pages are looked up than can be shown.
            last = self._database.execute(
                "SELECT score FROM found ORDER BY score DESC LIMIT 1 OFFSET ?", (until - 1,)
            ).fetchone()
            like_last = self._database.execute("SELECT count(*) FROM found WHERE score = ?", last or (None,))
            if last and like_last.fetchone()[0] > _MOST_SORTED:
                narrowed, values = _FIRST, (last[0], last[0], until)
            elif last:
                narrowed, values = "WHERE score >= ?", (last[0],)
        return self._database.execute(
            f"SELECT {_SHOWN} FROM {self._places} {narrowed} "  # noqa: S608
            f"ORDER BY {_ORDERS[view.sort]} LIMIT ? OFFSET ?",
            (*values, view.limit, view.offset),
        ).fetchall()

    def _by_case(self, view: View) -> Collection[sqlite3.Row]:
        order = _ORDERS[view.sort]
        return self._database.execute(
            f"WITH placed AS (SELECT page, row_number() OVER (ORDER BY {order}) AS place_in_all, "  # noqa: S608
            "count(*) OVER (PARTITION BY of_case) AS in_case, "
            f"row_number() OVER (PARTITION BY of_case ORDER BY {order}) AS place_in_case FROM {self._places}) "
            f"SELECT {_SHOWN}, in_case FROM placed JOIN {self._places} "
            "WHERE found.page = placed.page AND place_in_case = 1 ORDER BY place_in_all LIMIT ? OFFSET ?",
            (view.limit, view.offset),
        ).fetchall()

    def _cases(self) -> int:
        row = self._database.execute(f"SELECT count(DISTINCT of_case) FROM {self._counted}").fetchone()  # noqa: S608
        return int(row[0])

    def _hit(self, row: sqlite3.Row) -> Hit:
        packed = self._database.execute("SELECT packed FROM shown WHERE page = ?", (row["page"],)).fetchone()[0]
        about = About(*(row[name] for name in About._fields))
        page, level = (row["scan"], row["path"], row["number"]), list(Level)[row["level"]]
        found = hit(about, page, level, unpack(packed), self._query, row["score"])
        return found.model_copy(update={"pages": row["in_case"]}) if "in_case" in row.keys() else found  # noqa: SIM118

    def _facets(self) -> dict[str, tuple[Count, ...]]:
        rows = self._database.execute(
            "SELECT kind, court, year, box, scripts, pages FROM "  # noqa: S608
            f"(SELECT facet, count(*) AS pages FROM {self._counted} GROUP BY facet) "
            "JOIN facets ON facets.id = facet"
        )
        counts: dict[str, Counter[str]] = {name: Counter() for name in FACETS}
        for *values, scripts, pages in rows:
            for name, value in zip(FACETS, values, strict=False):
                counts[name][value] += pages
            for script in scripts.split():
                counts["script"][script] += pages
        return {name: facet(found) for name, found in counts.items()}


def _all(conditions: Sequence[tuple[str, list[str]]]) -> tuple[str, list[str]]:
    return " AND ".join(sql for sql, _ in conditions) or "true", [value for _, values in conditions for value in values]


def _any(group: Sequence[Condition]) -> tuple[str, list[str]]:
    found = [_condition(one) for one in group]
    return f"({' OR '.join(sql for sql, _ in found)})", [value for _, values in found for value in values]


def _none(condition: Condition) -> tuple[str, list[str]]:
    sql, values = _condition(condition)
    return f"NOT {sql}", values


def _condition(condition: Condition) -> tuple[str, list[str]]:
    """Return a condition in SQL, with its values."""
    value = condition.value
    if condition.field is Field.DATE:
        return "(documents.first <> '' AND documents.first <= ? AND documents.last >= ?)", [condition.until, value]
    if condition.field in {Field.COURT, Field.CASE}:
        end = "" if condition.prefix else " "
        return f"instr(' ' || documents.{condition.field}_tokens || ' ', ?)", [f" {value}{end}"]
    if condition.field is Field.SCRIPT:
        return "instr(pages.scripts, ?)", [f" {value} "]
    column = f"documents.{condition.field}_key"
    return (_PREFIX.format(column), [value, value]) if condition.prefix else (f"{column} = ?", [value])
