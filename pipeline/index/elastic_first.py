"""The first pages of a search of a cluster, without a look at all the others.

To look for the other forms of a query's words takes most of the time. Where very many pages have some of the words as
they are, it is done for those only that may come first by it: mostly they are none.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from models.scope import Scope
from pipeline.index import dsl
from pipeline.index.query import Query
from pipeline.index.results import EXACT, FUZZY_TERM, MOST_COUNTED, group_may_differ

Row = dict[str, Any]
# Of how many pages that may rise each is looked at by itself.
_MOST_LOOKED_AT = 50
# Scores are sums of floats of 32 bits.
_ROUNDED = 0.01


class Ask(Protocol):
    """Sends a search; the best come first."""

    def __call__(
        self, query: dsl.Json, offset: int, limit: int, *, count: int | bool = False, source: bool = True
    ) -> dict[str, Any]:
        """Return what the cluster answers.

        Args:
            query: the query.
            offset: how many hits are passed over.
            limit: how many hits are wanted.
            count: up to how many are counted, True for all.
            source: whether the hits are wanted with all they hold.
        """


class First(NamedTuple):
    """The hits to be shown; how many pages have all of the query as it is, and how many there are, None if unknown."""

    rows: list[Row]
    exact: int
    pages: int | None


def first(ask: Ask, query: Query, scope: Scope, offset: int, limit: int) -> First:
    """Return the pages of a scope that come first."""
    until = offset + limit
    single = len(query.groups) == 1
    answer = ask(dsl.standing(query, scope), 0, until, count=single or MOST_COUNTED)
    rows, found = answer["hits"]["hits"], _counted(answer)
    exact = sum(score(row) >= EXACT for row in rows)
    if exact == until:
        all_of_it = answer if single else ask(dsl.exact_only(query, scope), 0, 0, count=True)
        return First(rows[offset:], int(all_of_it["hits"]["total"]["value"]), None)
    groups = [number for number, group in enumerate(query.groups) if group_may_differ(group)]
    if found is None and len(rows) == until and score(rows[-1]) > FUZZY_TERM * len(groups):
        risers = _risers(ask, query, scope, groups, score(rows[-1]) - _ROUNDED, until)
        if risers is not None:
            return First(_merged(risers, rows)[offset:until], exact, None)
    answer = ask(dsl.compiled(query, scope), offset, limit, count=MOST_COUNTED)
    return First(answer["hits"]["hits"], exact, _counted(answer))


def score(row: Row) -> float:
    """Return the score of a hit of a search that is sorted by it."""
    return float(row["sort"][0])


def _risers(ask: Ask, query: Query, scope: Scope, groups: Sequence[int], least: float, until: int) -> list[Row] | None:
    """Return the pages that come first of those that score so much by other forms of the words; None if unknown."""
    may_rise = ask(dsl.may_rise(query, scope, groups), 0, _MOST_LOOKED_AT, source=False)["hits"]["hits"]
    few = [row["_id"] for row in may_rise if score(row) >= least]
    if not few:
        return []
    among = few if len(few) < _MOST_LOOKED_AT else ()
    found = ask(dsl.risers(query, scope, groups, least, among), 0, until)["hits"]["hits"]
    answers = [row for row in found if dsl.ANSWER in row.get("matched_queries", ())]
    return answers if len(found) < until or len(answers) == until else None


def _merged(rows: list[Row], others: list[Row]) -> list[Row]:
    """Return rows of two searches in order, those of both as the first has them."""
    by_id = {row["_id"]: row for row in [*others, *rows]}
    return sorted(by_id.values(), key=lambda row: (-score(row), row["sort"][-1]))


def _counted(answer: dict[str, Any]) -> int | None:
    """Return how many pages were found, None if they were too many to be counted."""
    total = answer["hits"]["total"]
    return int(total["value"]) if total["relation"] == "eq" else None
