"""A search of the SQLite store: which pages answer, how well each does, and what is shown of them.

FTS5 gives the pages of each term and of each form it may stand in; they are put together here and kept, with their
scores, in a table of the connection's own. FTS5 could do it in one expression, but its BM25 is reckoned over every
token of that expression for every page, which takes longer than all else.
"""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

from models.hit import Count, Found, Hit
from pipeline.index.entry import About, unpack
from pipeline.index.fts import forms, phrase
from pipeline.index.likeness import Part, parts
from pipeline.index.query import Condition, Field, Query, Term
from pipeline.index.results import ALIKE, EXACT, IN_A_ROW, facet, hit, required
from pipeline.index.store import FACETS, Sort, View

_MOST_NEAR_WORDS = 100
_ABOUT = ", ".join(f'documents."{name}"' for name in About._fields)
_SHOWN = f"found.page, score, scan, path, pages.number, {_ABOUT}"
_PLACES = "found JOIN pages ON pages.id = found.page JOIN documents ON documents.id = document_id"
_ORDERS = {
    Sort.RANK: "score DESC, place",
    Sort.DATE: "documents.first = '', documents.first, place",
}
_PREFIX = "substr({0}, 1, length(?)) = ?"


class Search:
    """One search, on a connection that reads the index as it is at one moment."""

    def __init__(self, database: sqlite3.Connection) -> None:
        """Begin with nothing found."""
        self._database = database
        self._query = Query()
        self._whole = True
        database.execute("CREATE TEMP TABLE IF NOT EXISTS found (page INTEGER PRIMARY KEY, score REAL NOT NULL)")
        database.execute("DELETE FROM found")

    def run(self, query: Query, enough: int | None = None) -> None:
        """Find the pages that answer a query.

        Args:
            query: the query.
            enough: how many pages with all of it as it is are enough, so that no others are looked for.
        """
        self._query = query
        if query.groups:
            exact = [self._best(self._ranked(phrase(term)) for term in group) for group in query.groups]
            if enough is not None:
                self._keep(self._exact_scores(exact))
                if self._database.execute("SELECT count(*) >= ? FROM found", (enough,)).fetchone()[0]:
                    self._whole = False
                    return
                self._database.execute("DELETE FROM found")
            self._keep(self._scores(exact))
        else:
            where, values = _all([_any(group) for group in query.conditions] + [_none(one) for one in query.barred])
            self._database.execute(
                "INSERT INTO found SELECT pages.id, 0 FROM pages "  # noqa: S608
                "JOIN documents ON documents.id = document_id "
                f"WHERE {where}",
                values,
            )
            for term in query.without:
                self._database.executemany(
                    "DELETE FROM found WHERE page = ?", [(page,) for page in self._pages(phrase(term))]
                )

    def found(self, view: View) -> Found:
        """Return what is found."""
        row = self._database.execute("SELECT count(*), count(*) FILTER (WHERE score >= ?) FROM found", (EXACT,))
        pages, exact = row.fetchone()
        return Found(
            pages=pages,
            exact=exact if self._query.groups else pages,
            cases=self._cases() if view.by_case else None,
            hits=tuple(self.hits(view)),
            whole=self._whole,
            facets=self._facets() if view.facets else {},
        )

    def hits(self, view: View) -> list[Hit]:
        """Return the hits that are to be shown."""
        return list(map(self._hit, self._by_case(view) if view.by_case else self._rows(view)))

    def _keep(self, scores: dict[int, float]) -> None:
        """Keep what is found, but for what must not be."""
        query = self._query
        for term in query.without:
            for page in self._pages(phrase(term)):
                scores.pop(page, None)
        self._database.executemany("INSERT INTO found VALUES (?, ?)", scores.items())
        held = [_any(group) for group in query.conditions] + [_none(one) for one in query.barred]
        if held:
            where, values = _all(held)
            self._database.execute(
                f"DELETE FROM found WHERE page IN (SELECT page FROM {_PLACES} WHERE NOT ({where}))",  # noqa: S608
                values,
            )

    def _exact_scores(self, exact: Sequence[Mapping[int, float]]) -> dict[int, float]:
        """Return the score of every page on which all of the query stands as it is; see ``results.exact_first``."""
        least = [ALIKE if not required(group) and parts(group[0]) else 0.0 for group in self._query.groups]
        scores = {
            page: EXACT + sum(max(scores[page], floor) for scores, floor in zip(exact, least, strict=True))
            for page in set.intersection(*map(set, exact))
        }
        self._add_seams(scores)
        return scores

    def _add_seams(self, scores: dict[int, float]) -> None:
        for seam in self._query.seams:
            for page in self._pages(phrase(seam)):
                if page in scores:
                    scores[page] += IN_A_ROW / len(self._query.seams)

    def _scores(self, exact: Sequence[Mapping[int, float]]) -> dict[int, float]:
        """Return the score of every page on which any of the query stands, in any form."""
        query = self._query
        alike = [
            self._best(self._alike(term) for term in group if parts(term)) if not required(group) else {}
            for group in query.groups
        ]
        scores: dict[int, float] = defaultdict(float)
        for group_exact, group_alike in zip(exact, alike, strict=True):
            for page in group_exact.keys() | group_alike.keys():
                scores[page] += max(group_exact.get(page, 0.0), ALIKE * group_alike.get(page, 0.0))
        for page in set.intersection(*map(set, exact)):
            scores[page] += EXACT
        self._add_seams(scores)
        for group, group_exact in zip(query.groups, exact, strict=True):
            if required(group):
                scores = {page: score for page, score in scores.items() if page in group_exact}
        return scores

    def _alike(self, term: Term) -> dict[int, float]:
        """Return the pages on which every part of a term stands in some form, and how like they are, 0–1.

        A page with the term as it is is as like as can be.
        """
        may_be = parts(term)
        found: dict[int, float] = {}
        for number, part in enumerate(may_be):
            pages: dict[int, float] = defaultdict(float)
            expressions = list(forms(part, self._near_words(part)))
            for expression in expressions:
                for page in self._pages(expression):
                    pages[page] += 1 / len(expressions)
            if part.least > 1:
                pages = {page: share for page, share in pages.items() if share * len(expressions) > part.least - 0.5}
            if len(may_be) > 1:
                pages |= dict.fromkeys(self._pages(phrase(part.itself)), 1.0)
            found = dict(pages) if not number else {page: found[page] + pages[page] for page in found if page in pages}
        found = {page: closeness / len(may_be) for page, closeness in found.items()}
        return found | dict.fromkeys(self._pages(phrase(term)), 1.0)

    def _near_words(self, part: Part) -> list[str]:
        if not part.edits:
            return []
        rows = self._database.execute(
            "SELECT word FROM words WHERE length BETWEEN ? AND ?",
            (len(part.word) - part.edits, len(part.word) + part.edits),
        )
        words = [word for (word,) in rows if word != part.word]
        near = process.extract(part.word, words, scorer=OSA.distance, score_cutoff=part.edits, limit=_MOST_NEAR_WORDS)
        return [word for word, _, _ in near]

    def _pages(self, expression: str) -> Iterator[int]:
        return (
            row[0] for row in self._database.execute("SELECT rowid FROM tokens WHERE tokens MATCH ?", (expression,))
        )

    def _ranked(self, expression: str) -> dict[int, float]:
        rows = self._database.execute("SELECT rowid, -bm25(tokens) FROM tokens WHERE tokens MATCH ?", (expression,))
        return {page: round(score, 4) for page, score in rows}

    @staticmethod
    def _best(alternatives: Iterable[Mapping[int, float]]) -> dict[int, float]:
        best: dict[int, float] = {}
        for scores in alternatives:
            if not best:
                best = dict(scores)
            else:
                for page, score in scores.items():
                    best[page] = max(score, best.get(page, 0.0))
        return best

    def _rows(self, view: View) -> Collection[sqlite3.Row]:
        least = -1.0
        if view.sort is Sort.RANK:
            # So that no more pages are looked up than may be shown.
            last = self._database.execute(
                "SELECT score FROM found ORDER BY score DESC LIMIT 1 OFFSET ?", (view.offset + view.limit - 1,)
            ).fetchone()
            least = last[0] if last else least
        return self._database.execute(
            f"SELECT {_SHOWN} FROM {_PLACES} WHERE score >= ? "  # noqa: S608
            f"ORDER BY {_ORDERS[view.sort]} LIMIT ? OFFSET ?",
            (least, view.limit, view.offset),
        ).fetchall()

    def _by_case(self, view: View) -> Collection[sqlite3.Row]:
        order = _ORDERS[view.sort]
        return self._database.execute(
            f"WITH placed AS (SELECT page, row_number() OVER (ORDER BY {order}) AS place_in_all, "  # noqa: S608
            f'count(*) OVER (PARTITION BY documents."case") AS in_case, '
            f'row_number() OVER (PARTITION BY documents."case" ORDER BY {order}) AS place_in_case FROM {_PLACES}) '
            f"SELECT {_SHOWN}, in_case FROM placed JOIN {_PLACES} "
            "WHERE found.page = placed.page AND place_in_case = 1 ORDER BY place_in_all LIMIT ? OFFSET ?",
            (view.limit, view.offset),
        ).fetchall()

    def _cases(self) -> int:
        row = self._database.execute(f'SELECT count(DISTINCT documents."case") FROM {_PLACES}')  # noqa: S608
        return int(row.fetchone()[0])

    def _hit(self, row: sqlite3.Row) -> Hit:
        packed = self._database.execute("SELECT packed FROM shown WHERE page = ?", (row["page"],)).fetchone()[0]
        about = About(*(row[name] for name in About._fields))
        found = hit(about, (row["scan"], row["path"], row["number"]), unpack(packed), self._query, row["score"])
        return found.model_copy(update={"pages": row["in_case"]}) if "in_case" in row.keys() else found  # noqa: SIM118

    def _facets(self) -> dict[str, tuple[Count, ...]]:
        rows = self._database.execute(
            f"SELECT kind, court, substr(first, 1, 4), box, scripts, count(*) FROM {_PLACES} "  # noqa: S608
            "GROUP BY kind, court, substr(first, 1, 4), box, scripts"
        )
        counts: dict[str, Counter[str]] = {name: Counter() for name in FACETS}
        for *values, scripts, pages in rows:
            for name, value in zip(FACETS, values, strict=False):
                counts[name][value] += pages
            for script in scripts.split():
                counts["script"][script] += pages
        return {name: facet(found) for name, found in counts.items()}


def _all(conditions: Sequence[tuple[str, list[str]]]) -> tuple[str, list[str]]:
    return " AND ".join(sql for sql, _ in conditions), [value for _, values in conditions for value in values]


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
