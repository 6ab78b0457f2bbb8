"""The first pages of a search of a cluster, without a look at all the others.

To look for the other forms of a query's words takes most of the time. Where very many pages have some of the words as
they are, it is done for those only that may come first by it.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from pipeline.index import dsl
from pipeline.index.likeness import parts
from pipeline.index.query import Query
from pipeline.index.results import ALIKE, MOST_COUNTED, required

Row = dict[str, Any]
# Sends a search: a query, where to begin, how many hits, and up to how many are counted (True for all).
Ask = Callable[[dsl.Json, int, int, int | bool], dict[str, Any]]


class First(NamedTuple):
    """The hits to be shown; how many pages have all of the query as it is, and how many there are, None if unknown."""

    rows: list[Row]
    exact: int
    pages: int | None


def first(ask: Ask, query: Query, offset: int, limit: int) -> First:
    """Return the pages that come first."""
    until = offset + limit
    single = len(query.groups) == 1
    answer = ask(dsl.compiled(query, alike=False), 0, until, single or MOST_COUNTED)
    rows, found = answer["hits"]["hits"], _counted(answer)
    all_of_it = answer if single else ask(dsl.compiled(query, exact_only=True), 0, 0, True)
    exact = int(all_of_it["hits"]["total"]["value"])
    if exact >= until:
        return First(rows[offset:], exact, None)
    groups = [number for number, group in enumerate(query.groups) if not required(group) and any(map(parts, group))]
    if found is None and len(rows) == until and rows[-1]["_score"] > ALIKE * len(groups):
        found_more = ask(dsl.risers(query, groups, rows[-1]["_score"]), 0, until, False)["hits"]["hits"]
        risers = [row for row in found_more if dsl.ANSWER in row.get("matched_queries", ())]
        if len(found_more) < until or len(risers) == until:
            return First(_merged(risers, rows)[offset:until], exact, None)
    answer = ask(dsl.compiled(query), offset, limit, MOST_COUNTED)
    return First(answer["hits"]["hits"], exact, _counted(answer))


def _merged(rows: list[Row], others: list[Row]) -> list[Row]:
    """Return rows of two searches in order, those of both as the first has them."""
    by_id = {row["_id"]: row for row in [*others, *rows]}
    return sorted(by_id.values(), key=lambda row: (-row["_score"], row["sort"][-1]))


def _counted(answer: dict[str, Any]) -> int | None:
    """Return how many pages were found, None if they were too many to be counted."""
    total = answer["hits"]["total"]
    return int(total["value"]) if total["relation"] == "eq" else None
