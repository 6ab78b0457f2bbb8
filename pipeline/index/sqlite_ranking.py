"""Which pages of the SQLite store answer the words of a query, and how well each does.

FTS5 gives the pages of each term and of each form it may stand in. They are put together, with their scores, in a table
of the connection's own, without a row passing through Python. FTS5 could do it in one expression, but its BM25 is
reckoned over every token of that expression for every page, which takes longer than all else.
"""

import itertools
import sqlite3
from collections.abc import Callable, Iterable, Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

from pipeline.index.entry import searched, unpack
from pipeline.index.fts import forms, phrase
from pipeline.index.fuzzy import Part, parts
from pipeline.index.query import Query, Term
from pipeline.index.results import (
    ADJACENT,
    EXACT,
    EXACT_TERM,
    FUZZY_TERM,
    MOST_COUNTED,
    group_may_differ,
    may_differ,
    required,
)
from pipeline.index.sqlite_scope import Source

# FTS5's own categories would cut Khmer at every vowel, and drop the joint of our tokens.
TOKENS = """
    units, fuzzy, content = '', tokenize = "unicode61 remove_diacritics 0 categories 'L* N* Co M*'"
"""
_MOST_FUZZY_WORDS = 100
# The share of all pages from which on no page has more for a word than EXACT_TERM: FTS5's BM25 is at most 2.2 times
# the logarithm of how many pages lack it to how many have it.
_COMMON = 1 / 10.7
# So many pages are looked at one by one for other forms of a query's words.
_MOST_LOOKED_AT = 20
# The bit of a page that has a term in another form.
_IN_ANOTHER_FORM = 1 << 60
_ADD = "ON CONFLICT (page) DO UPDATE SET score = score + excluded.score, standing = standing | excluded.standing"
_TABLES = {
    "found": "score REAL, standing INTEGER, otherwise INTEGER NOT NULL DEFAULT 0",
    "best": "score REAL",
    "fuzzy": "share REAL",
    "part": "share REAL",
}


class Ranking:
    """The pages that answer the words of a query, in the table ``found``.

    Of a page, ``standing`` has a bit for each group of the query that stands on it as it is, ``otherwise`` one for each
    of those that stand on it in another form only.
    """

    def __init__(
        self, database: sqlite3.Connection, sources: Sequence[Source], query: Query, narrow: Callable[[], None]
    ) -> None:
        """Begin with nothing found.

        Args:
            database: the index.
            sources: the tables of tokens to search; no page is in two of them.
            query: the query; it has words.
            narrow: takes out of the table what the other conditions of the query bar.
        """
        self._database = database
        self._sources = sources
        self._query = query
        self._narrow = narrow
        self._all = (1 << len(query.groups)) - 1
        self._may_differ = list(map(group_may_differ, query.groups))
        self._common = [self._is_common(group) for group in query.groups]

    def whole(self) -> None:
        """Find every page on which any of the query stands, in any form."""
        self._clear("found")
        for number in range(len(self._query.groups)):
            self._stand(number)
        self._add_fuzzy(self._sources)
        self._finish()
        self._add_adjacencies()

    def first(self, enough: int) -> bool:
        """Find the pages that come first, and return whether so many are certainly right; if not, use :meth:`whole`.

        They are if so many have all of the query as it is, or if more than can be counted have some of it and no page
        that was not looked at can come before them. All pages with all of the query as it is are found then.
        """
        query = self._query
        self._clear("found")
        if all(self._common):
            self._stand_together()
        else:
            # A page with nothing but common words is soon outdone: those are looked up on the others' pages only.
            others = [number for number, common in enumerate(self._common) if not common]
            for number in others:
                self._stand(number)
            self._add_adjacencies(alone=True)
            distinctive = [*(term for number in others for term in query.groups[number]), *query.adjacencies]
            for number, common in enumerate(self._common):
                if common:
                    self._stand(number, among=distinctive)
        self._finish()
        if all(self._common):
            self._add_adjacencies()
        if self._count(f"standing & {self._all} = {self._all}") >= enough:
            return True
        uncounted = any(self._common) and not (query.without or query.conditions or query.barred)
        if all(self._common) or not (uncounted or self._count("standing") > MOST_COUNTED):
            return False
        return self._is_settled(enough)

    def _is_settled(self, enough: int) -> bool:
        """Whether the pages that come first are right, after a closer look at a few that may come before others."""
        row = self._database.execute(
            "SELECT score FROM found WHERE standing ORDER BY score DESC LIMIT 1 OFFSET ?", (enough - 1,)
        ).fetchone()
        most_of_unseen = sum(
            EXACT_TERM if common else FUZZY_TERM * differs
            for common, differs in zip(self._common, self._may_differ, strict=True)
        )
        if row is None or most_of_unseen >= row[0]:
            return False
        missing = [f"(standing & {1 << number} = 0)" for number, differs in enumerate(self._may_differ) if differs]
        gain = f"{FUZZY_TERM} * ({' + '.join(missing)})"
        rows = self._database.execute(
            f"SELECT page FROM found WHERE {gain} > 0 AND score + {gain} >= ? LIMIT ?",
            (row[0], _MOST_LOOKED_AT + 1),
        ).fetchall()
        if len(rows) > _MOST_LOOKED_AT:
            return False
        if rows:
            self._look_at([page for (page,) in rows])
        self._database.execute("DELETE FROM found WHERE standing = 0")
        return True

    def _stand(self, number: int, among: Sequence[Term] = ()) -> None:
        """Add the pages on which a group stands as it is, or those of them on which one of some terms stands too."""
        group = self._query.groups[number]
        least = EXACT_TERM if may_differ(self._query) and not required(group) else 0.0
        with_all = EXACT if self._all == 1 else 0.0
        bit = 1 << number
        for source in self._sources:
            weighed = f"max({least}, round(-bm25({source.table}), 4))" if source.weighed else f"{least}"
            if self._common[number]:
                expression = phrase(group[0])
                if among:
                    expression = f"({expression}) AND ({' OR '.join(map(phrase, among))})"
                self._add(source, f"{least + with_all}, {bit}", expression)
            elif len(group) == 1:
                self._add(source, f"{weighed} + {with_all}, {bit}", phrase(group[0]))
            else:
                self._clear("best")
                for term in group:
                    self._database.execute(
                        f"INSERT INTO best {_match(source, f'{weighed} + {with_all}')} "
                        "ON CONFLICT (page) DO UPDATE SET score = max(score, excluded.score)",
                        (phrase(term),),
                    )
                self._database.execute(
                    f"INSERT INTO found (page, score, standing) SELECT page, score, {bit} FROM best WHERE true {_ADD}"
                )

    def _stand_together(self) -> None:
        """Add the pages on which all groups, each of them a common word, stand as they are."""
        expression = " AND ".join(f"({phrase(term)})" for (term,) in self._query.groups)
        score = EXACT_TERM * len(self._query.groups) + (EXACT if self._all == 1 else 0.0)
        for source in self._sources:
            self._add(source, f"{score}, {self._all}", expression)

    def _finish(self) -> None:
        """Take out what must not be there, and add what pages with all of the query have on top."""
        database = self._database
        wanted = sum(1 << number for number, group in enumerate(self._query.groups) if required(group))
        if wanted:
            database.execute(f"DELETE FROM found WHERE standing & {wanted} <> {wanted}")
        must = sum(1 << number for number in self._query.must)
        if must:
            database.execute(f"DELETE FROM found WHERE (standing | otherwise) & {must} <> {must}")
        self._narrow()
        if self._all > 1:
            database.execute(f"UPDATE found SET score = score + {EXACT} WHERE standing & {self._all} = {self._all}")

    def _add_adjacencies(self, *, alone: bool = False) -> None:
        """Add what pages have on top where words follow one another; with ``alone`` also pages that have but that."""
        for adjacency, source in itertools.product(self._query.adjacencies, self._sources):
            more = ADJACENT / len(self._query.adjacencies)
            if alone:
                self._add(source, f"{more}, 0", phrase(adjacency))
            else:
                self._database.execute(
                    f"UPDATE found SET score = score + {more} WHERE page IN ({_match(source)})", (phrase(adjacency),)
                )

    def _look_at(self, pages: Sequence[int]) -> None:
        """Look for the other forms of the words on these pages only."""
        self._database.execute(f"CREATE VIRTUAL TABLE IF NOT EXISTS temp.few USING fts5 ({TOKENS})")
        self._database.execute("INSERT INTO few (few) VALUES ('delete-all')")
        for page in pages:
            packed = self._database.execute("SELECT packed FROM shown WHERE page = ?", (page,)).fetchone()[0]
            found = unpack(packed).units.units()
            row = (page, *searched(found))
            self._database.execute("INSERT INTO few (rowid, units, fuzzy) VALUES (?, ?, ?)", row)
        self._add_fuzzy([Source("few")])

    def _add_fuzzy(self, sources: Sequence[Source]) -> None:
        """Add the pages on which a term stands in another form, but in none of its group as it is."""
        for number, group in enumerate(self._query.groups):
            if not self._may_differ[number]:
                continue
            self._clear("best")
            for term in group:
                if parts(term):
                    self._find_fuzzy(term, sources)
                    self._database.execute(
                        f"INSERT INTO best SELECT page, {FUZZY_TERM} * share FROM fuzzy WHERE true "
                        "ON CONFLICT (page) DO UPDATE SET score = max(score, excluded.score)"
                    )
            self._database.execute(
                f"INSERT INTO found SELECT page, score, {_IN_ANOTHER_FORM}, {1 << number} FROM best WHERE true "
                f"{_ADD}, otherwise = otherwise | excluded.otherwise WHERE standing & {1 << number} = 0"
            )

    def _find_fuzzy(self, term: Term, sources: Sequence[Source]) -> None:
        """Put into the table ``fuzzy`` the pages with every part of a term in some form, and their similarity, 0–1."""
        may_be = parts(term)
        for number, part in enumerate(may_be):
            table = "part" if number else "fuzzy"
            self._clear(table)
            for source in sources:
                expressions = list(forms(part, self._fuzzy_words(part, source)))
                for expression in expressions:
                    self._share(table, source, expression, 1 / len(expressions), "share + excluded.share")
            if part.least > 1:
                # Only a passage asks for more than one form: its skip-grams are all the forms it has.
                few = (part.least - 0.5) / len(part.skip_grams)
                self._database.execute(f"DELETE FROM {table} WHERE share < ?", (few,))
            if len(may_be) > 1:
                for source in sources:
                    self._share(table, source, phrase(part.itself), 1.0, "1.0")
            if number:
                self._database.execute("DELETE FROM fuzzy WHERE page NOT IN (SELECT page FROM part)")
                self._database.execute(
                    "UPDATE fuzzy SET share = fuzzy.share + part.share FROM part WHERE part.page = fuzzy.page"
                )
        if len(may_be) > 1:
            self._database.execute("UPDATE fuzzy SET share = share / ?", (len(may_be),))

    def _share(self, table: str, source: Source, expression: str, share: float, instead: str) -> None:
        self._database.execute(
            f"INSERT INTO {table} {_match(source, '?')} ON CONFLICT (page) DO UPDATE SET share = {instead}",
            (share, expression),
        )

    def _fuzzy_words(self, part: Part, source: Source) -> list[str]:
        """Return the words of a table that are a part's word with some letters wrong; of all tables for another's."""
        if not part.edits:
            return []
        words: dict[str, None] = {}
        for one in [source] if source.level is not None else self._sources:
            if one.level is not None:
                # In the order of the table's key: of words as near as one another not all may be taken.
                rows = self._database.execute(
                    "SELECT word FROM words WHERE level = ? AND length BETWEEN ? AND ?",
                    (one.level.rank, len(part.word) - part.edits, len(part.word) + part.edits),
                )
                words |= dict.fromkeys(word for (word,) in rows if word != part.word)
        matches = process.extract(
            part.word, list(words), scorer=OSA.distance, score_cutoff=part.edits, limit=_MOST_FUZZY_WORDS
        )
        return [word for word, _, _ in matches]

    def _is_common(self, group: Iterable[Term]) -> bool:
        """Whether a group is one word of which no page has more than another, for it stands on very many."""
        terms = tuple(group)
        if len(terms) > 1 or required(terms) or not may_differ(self._query):
            return False
        found = 0
        for source in self._sources:
            few = int(_COMMON * source.pages) if source.weighed else 0
            row = self._database.execute(
                f"SELECT count(*) FROM ({_match(source)} LIMIT ?)", (phrase(terms[0]), max(few, MOST_COUNTED) + 1)
            )
            count = int(row.fetchone()[0])
            if 0 < count <= few:
                return False
            found += count
        return found > MOST_COUNTED

    def _add(self, source: Source, columns: str, expression: str) -> None:
        """Add pages of a table that match an expression, with a score and a bit for what stands on them."""
        self._database.execute(
            f"INSERT INTO found (page, score, standing) {_match(source, columns)} {_ADD}", (expression,)
        )

    def _count(self, condition: str) -> int:
        row = self._database.execute(f"SELECT count(*) FROM found WHERE {condition}")
        return int(row.fetchone()[0])

    def _clear(self, table: str) -> None:
        self._database.execute(f"DELETE FROM {table}")


def _match(source: Source, columns: str = "") -> str:
    """Return the SELECT of the pages of a table that match an expression, with more columns if need be."""
    table = source.table
    return f"SELECT rowid{columns and ', '}{columns} FROM {table} WHERE {table} MATCH ? AND {source.rows}"


def make_tables(database: sqlite3.Connection) -> None:
    """Make the tables of a connection's own that are not there yet, and empty that of what is found."""
    for table, columns in _TABLES.items():
        database.execute(f"CREATE TEMP TABLE IF NOT EXISTS {table} (page INTEGER PRIMARY KEY, {columns})")
    database.execute("DELETE FROM found")
