"""Which pages of the SQLite store answer the words of a query, and how well.

FTS5 finds the pages of each term and of each of its other forms. A temporary table collects them with their scores; no
row passes through Python. FTS5 could do all this in one expression, but it would compute BM25 over every token of that
expression for every page, and that is too slow.
"""

import itertools
import sqlite3
from collections.abc import Callable, Iterable, Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

from pipeline.index.entry import searched
from pipeline.index.fts import forms, phrase
from pipeline.index.fuzzy import Part, parts
from pipeline.index.packing import unpack
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

# The second column costs two bytes more for each page of a token: the one with fewer tokens is the second.
# The tokens come folded. FTS5's default would cut Khmer at every vowel; this tokenizer cuts only at ASCII.
TOKENS = "fuzzy, units, content = '', tokenize = ascii"
_MOST_FUZZY_WORDS = 100
# If a larger share of all pages contains a word, no page scores more than EXACT_TERM for it: FTS5's BM25 is at most 2.2
# times the logarithm of pages without it to pages with it.
_COMMON = 1 / 10.7
# At most this many pages are searched one by one for other forms of a query's words.
_MOST_LOOKED_AT = 20
# The bit of a page that contains a term in another form.
_IN_ANOTHER_FORM = 1 << 60
_ADD = "ON CONFLICT (page) DO UPDATE SET score = score + excluded.score, exact = exact | excluded.exact"
_TABLES = {
    "found": "score REAL, exact INTEGER, fuzzy INTEGER NOT NULL DEFAULT 0",
    "best": "score REAL",
    "fuzzy": "share REAL",
    "part": "share REAL",
}


class Ranking:
    """The pages that answer the words of a query, in the table ``found``.

    Its columns ``exact`` and ``fuzzy`` are bits, one for each group of the query: whether the page contains the group
    exactly, or only in another form.
    """

    def __init__(
        self, database: sqlite3.Connection, sources: Sequence[Source], query: Query, narrow: Callable[[], None]
    ) -> None:
        """Begin with nothing found.

        Args:
            database: the index.
            sources: the tables of tokens to search; no page is in two of them.
            query: the query; it has words.
            narrow: removes from the table the pages that the other conditions of the query exclude.
        """
        self._database = database
        self._sources = sources
        self._query = query
        self._narrow = narrow
        self._all = (1 << len(query.groups)) - 1
        self._may_differ = list(map(group_may_differ, query.groups))
        self._common = [self._is_common(group) for group in query.groups]

    def whole(self) -> None:
        """Find every page that contains a part of the query, in any form."""
        self._clear("found")
        for number in range(len(self._query.groups)):
            self._add_exact(number)
        self._add_fuzzy(self._sources)
        self._finish()
        self._add_adjacencies()

    def first(self, enough: int) -> bool:
        """Find the best pages; return whether the first ``enough`` are certainly right. If not, use :meth:`whole`.

        They are right if ``enough`` pages contain all of the query exactly. They are also right if more pages than are
        counted contain some of it, and no other page can score more. All pages with the whole exact query are then
        found.
        """
        query = self._query
        self._clear("found")
        if all(self._common):
            self._add_all_exact()
        else:
            # A page with common words alone scores low: so they are looked up only on pages with other words.
            others = [number for number, common in enumerate(self._common) if not common]
            for number in others:
                self._add_exact(number)
            self._add_adjacencies(alone=True)
            distinctive = [*(term for number in others for term in query.groups[number]), *query.adjacencies]
            for number, common in enumerate(self._common):
                if common:
                    self._add_exact(number, among=distinctive)
        self._finish()
        if all(self._common):
            self._add_adjacencies()
        if self._count(f"exact & {self._all} = {self._all}") >= enough:
            return True
        uncounted = any(self._common) and not (query.without or query.conditions or query.barred)
        if all(self._common) or not (uncounted or self._count("exact") > MOST_COUNTED):
            return False
        return self._is_settled(enough)

    def _is_settled(self, enough: int) -> bool:
        """Whether the best pages are right, once the few that may score more in other forms are looked at."""
        row = self._database.execute(
            "SELECT score FROM found WHERE exact ORDER BY score DESC LIMIT 1 OFFSET ?", (enough - 1,)
        ).fetchone()
        most_of_unseen = sum(
            EXACT_TERM if common else FUZZY_TERM * differs
            for common, differs in zip(self._common, self._may_differ, strict=True)
        )
        if row is None or most_of_unseen >= row[0]:
            return False
        missing = [f"(exact & {1 << number} = 0)" for number, differs in enumerate(self._may_differ) if differs]
        gain = f"{FUZZY_TERM} * ({' + '.join(missing)})"
        rows = self._database.execute(
            f"SELECT page FROM found WHERE {gain} > 0 AND score + {gain} >= ? LIMIT ?",
            (row[0], _MOST_LOOKED_AT + 1),
        ).fetchall()
        if len(rows) > _MOST_LOOKED_AT:
            return False
        if rows:
            self._look_at([page for (page,) in rows])
        self._database.execute("DELETE FROM found WHERE exact = 0")
        return True

    def _add_exact(self, number: int, among: Sequence[Term] = ()) -> None:
        """Add the pages that contain a group exactly; if ``among`` is given, only those that contain one of it too."""
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
                    # On no page does BM25 give a common word more than the least, and it takes most of the time.
                    score = f"{least}" if self._is_common((term,)) else weighed
                    self._database.execute(
                        f"INSERT INTO best {_match(source, f'{score} + {with_all}')} "
                        "ON CONFLICT (page) DO UPDATE SET score = max(score, excluded.score)",
                        (phrase(term),),
                    )
                self._database.execute(
                    f"INSERT INTO found (page, score, exact) SELECT page, score, {bit} FROM best WHERE true {_ADD}"
                )

    def _add_all_exact(self) -> None:
        """Add the pages that contain all groups exactly; each group is one common word."""
        expression = " AND ".join(f"({phrase(term)})" for (term,) in self._query.groups)
        score = EXACT_TERM * len(self._query.groups) + (EXACT if self._all == 1 else 0.0)
        for source in self._sources:
            self._add(source, f"{score}, {self._all}", expression)

    def _finish(self) -> None:
        """Remove what must not be found, and add the bonus for pages with the whole exact query."""
        database = self._database
        wanted = sum(1 << number for number, group in enumerate(self._query.groups) if required(group))
        if wanted:
            database.execute(f"DELETE FROM found WHERE exact & {wanted} <> {wanted}")
        must = sum(1 << number for number in self._query.must)
        if must:
            database.execute(f"DELETE FROM found WHERE (exact | fuzzy) & {must} <> {must}")
        self._narrow()
        if self._all > 1:
            database.execute(f"UPDATE found SET score = score + {EXACT} WHERE exact & {self._all} = {self._all}")

    def _add_adjacencies(self, *, alone: bool = False) -> None:
        """Add the bonus for words that follow one another; with ``alone`` also add pages that have nothing else."""
        for adjacency, source in itertools.product(self._query.adjacencies, self._sources):
            more = ADJACENT / len(self._query.adjacencies)
            if alone:
                self._add(source, f"{more}, 0", phrase(adjacency))
            else:
                self._database.execute(
                    f"UPDATE found SET score = score + {more} WHERE page IN ({_match(source)})", (phrase(adjacency),)
                )

    def _look_at(self, pages: Sequence[int]) -> None:
        """Search these pages only for other forms of the words."""
        self._database.execute(f"CREATE VIRTUAL TABLE IF NOT EXISTS temp.few USING fts5 ({TOKENS})")
        self._database.execute("INSERT INTO few (few) VALUES ('delete-all')")
        for page in pages:
            packed = self._database.execute("SELECT packed FROM shown WHERE page = ?", (page,)).fetchone()[0]
            found = unpack(packed).units
            row = (page, *searched(found))
            self._database.execute("INSERT INTO few (rowid, units, fuzzy) VALUES (?, ?, ?)", row)
        self._add_fuzzy([Source("few")])

    def _add_fuzzy(self, sources: Sequence[Source]) -> None:
        """Add the pages that contain a group in another form, but not exactly."""
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
                f"{_ADD}, fuzzy = fuzzy | excluded.fuzzy WHERE exact & {1 << number} = 0"
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
                # Only a passage needs more than one form, and its forms are its skip-grams.
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
        """Return the words that are a part's word with some letters wrong: of the source's level, or of all levels."""
        if not part.edits:
            return []
        words: dict[str, None] = {}
        for one in [source] if source.level is not None else self._sources:
            if one.level is not None:
                # In the order of the table's key: if too many words are equally near, always the same are taken.
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
        """Whether a group is one word that is on so many pages that they all score the same for it."""
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
        """Add pages of a table that match an expression, with their score and the bits of their exact groups."""
        self._database.execute(
            f"INSERT INTO found (page, score, exact) {_match(source, columns)} {_ADD}", (expression,)
        )

    def _count(self, condition: str) -> int:
        row = self._database.execute(f"SELECT count(*) FROM found WHERE {condition}")
        return int(row.fetchone()[0])

    def _clear(self, table: str) -> None:
        self._database.execute(f"DELETE FROM {table}")


def _match(source: Source, columns: str = "") -> str:
    """Return the SELECT of the pages of a table that match an expression, with more columns if given."""
    table = source.table
    return f"SELECT rowid{columns and ', '}{columns} FROM {table} WHERE {table} MATCH ? AND {source.rows}"


def make_tables(database: sqlite3.Connection) -> None:
    """Make the temporary tables of a connection if they are missing, and empty ``found``."""
    for table, columns in _TABLES.items():
        database.execute(f"CREATE TEMP TABLE IF NOT EXISTS {table} (page INTEGER PRIMARY KEY, {columns})")
    database.execute("DELETE FROM found")
