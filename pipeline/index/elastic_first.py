"""The best pages of a search on a cluster, without scoring all the others.

Most of the time of a search goes into other forms of the words. If very many pages contain some of the words exactly,
other forms are searched only on pages that could then be among the best. Mostly there are none.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from models.scope import Scope
from pipeline.index import dsl
from pipeline.index.query import Query
from pipeline.index.results import EXACT, FUZZY_TERM, MOST_COUNTED, group_may_differ

Row = dict[str, Any]
# At most this many candidates are looked at one by one.
_MOST_CANDIDATES = 50
# Scores are sums of floats of 32 bits.
_ROUNDED = 0.01


class Ask(Protocol):
    """Sends a search; its best pages come first."""

    def __call__(
        self, query: dsl.Json, offset: int, limit: int, *, count: int | bool = False, source: bool = True
    ) -> dict[str, Any]:
        """Return what the cluster answers.

        Args:
            query: the query.
            offset: how many hits to skip.
            limit: how many hits to return.
            count: up to how many hits are counted; True for all.
            source: whether to return the content of the hits.
        """


class First(NamedTuple):
    """The hits to show, the number of pages with the whole exact query, and of all pages (None if unknown)."""

    rows: list[Row]
    exact: int
    pages: int | None


def first(ask: Ask, query: Query, scope: Scope, offset: int, limit: int) -> First:
    """Return the best pages of a scope."""
    until = offset + limit
    single = len(query.groups) == 1
    answer = ask(dsl.partly_exact(query, scope), 0, until, count=single or MOST_COUNTED)
    rows, found = answer["hits"]["hits"], _counted(answer)
    exact = sum(score(row) >= EXACT for row in rows)
    if exact == until:
        all_of_it = answer if single else ask(dsl.exact_only(query, scope), 0, 0, count=True)
        return First(rows[offset:], int(all_of_it["hits"]["total"]["value"]), None)
    groups = [number for number, group in enumerate(query.groups) if group_may_differ(group)]
    if found is None and len(rows) == until and score(rows[-1]) > FUZZY_TERM * len(groups):
        better = _better(ask, query, scope, groups, score(rows[-1]) - _ROUNDED, until)
        if better is not None:
            return First(_merged(better, rows)[offset:until], exact, None)
    answer = ask(dsl.compiled(query, scope), offset, limit, count=MOST_COUNTED)
    return First(answer["hits"]["hits"], exact, _counted(answer))


def score(row: Row) -> float:
    """Return the score of a hit of a search that is sorted by it."""
    return float(row["sort"][0])


def _better(ask: Ask, query: Query, scope: Scope, groups: Sequence[int], least: float, until: int) -> list[Row] | None:
    """Return the best pages that score at least ``least`` through other forms of the words; None if unknown."""
    candidates = ask(dsl.candidates(query, scope, groups), 0, _MOST_CANDIDATES, source=False)["hits"]["hits"]
    few = [row["_id"] for row in candidates if score(row) >= least]
    if not few:
        return []
    among = few if len(few) < _MOST_CANDIDATES else ()
    found = ask(dsl.better(query, scope, groups, least, among), 0, until)["hits"]["hits"]
    answers = [row for row in found if dsl.ANSWER in row.get("matched_queries", ())]
    return answers if len(found) < until or len(answers) == until else None


def _merged(rows: list[Row], others: list[Row]) -> list[Row]:
    """Return the rows of two searches in order; if both have a row, the first one's counts."""
    by_id = {row["_id"]: row for row in [*others, *rows]}
    return sorted(by_id.values(), key=lambda row: (-score(row), row["sort"][-1]))


def _counted(answer: dict[str, Any]) -> int | None:
    """Return how many pages were found; None if there were too many to count."""
    total = answer["hits"]["total"]
    return int(total["value"]) if total["relation"] == "eq" else None
