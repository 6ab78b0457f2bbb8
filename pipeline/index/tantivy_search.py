"""A search of the Tantivy store: which pages answer a query, in which order, and what is shown of them."""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import tantivy
from tantivy import DocAddress, Occur, Order
from tantivy import Query as Node

from models.hit import Count, Found, Hit
from models.scope import Scope
from pipeline.index import dsl
from pipeline.index.query import Query
from pipeline.index.results import facet, first_only
from pipeline.index.store import FACETS, Sort, View
from pipeline.index.tantivy_entries import Row, hash_of, hit_of, read_row
from pipeline.index.tantivy_query import Translator, pages_of

# More pages than these with the same score, or of the same day, stay in the order in which the index has them. It may
# change when the index does; all others are in the order of their places.
_MOST_SORTED = 500
# Scores are sums of floats of 32 bits in an order that Tantivy chooses: what is equal may differ behind these decimals.
# With so many they are shown.
_DECIMALS = 3
# The field by which pages are sorted, and how.
_ORDERS = {Sort.DATE: ("oldest", Order.Asc), Sort.NEWEST: ("newest", Order.Desc)}


class _Place(NamedTuple):
    """Where a page is: in which of the indexes that are searched, and where in it. What comes first has a less key."""

    key: float
    level: int
    address: DocAddress


class _Asked:
    """An index, and a query as it is put to it.

    ``exact`` is the same query for pages that contain all of it exactly. ``looked_at`` is how many entries of pages
    both look at, at most.
    """

    def __init__(self, searcher: tantivy.Searcher, query: Query, scope: Scope) -> None:
        """Take the index and the query."""
        self.searcher = searcher
        self._wanted = dsl.compiled(query, scope)
        translator = Translator(searcher)
        translator.translate(self._wanted)  # only to count
        self.exact = translator.translate(dsl.exact_scored(query, scope))
        self.looked_at = translator.looked_at

    @cached_property
    def whole(self) -> Node:
        """The query. It is made when it is needed, because passages are searched for the first time then."""
        return Translator(self.searcher, narrow=True).translate(self._wanted)


class Search:
    """One search in the indexes of the levels that a scope may show, as they are at one moment."""

    def __init__(self, opened: Iterable[tantivy.Searcher], query: Query, scope: Scope) -> None:
        """Put the query to each index; ``looked_at`` is how many entries of pages it looks at, at most."""
        self._query = query
        self._asked = [_Asked(searcher, query, scope) for searcher in opened if searcher.num_docs]
        self.looked_at = sum(asked.looked_at for asked in self._asked)

    def found(self, view: View) -> Found:
        """Return what is found, and show a part of it."""
        until = view.offset + view.limit
        exact: int | None = None
        if first_only(self._query, view):
            places, exact = self._best(Sort.RANK, until, only_exact=True)
            if exact >= until:
                # All others come after these. To find them takes most of the time.
                hits = self._hits(self._shown(places, view), view.sort)
                return Found(pages=exact, exact=exact, hits=tuple(hits), whole=False)
        elif self._query.groups:
            _, exact = self._places(Sort.RANK, 1, only_exact=True)
        cases: Counter[int] | None = None
        if view.by_case:
            places, pages = self._places(view.sort, None)
            cases, places = self._first_of_cases(places)
        else:
            places, pages = self._best(view.sort, until)
        hits = self._hits(self._shown(places, view), view.sort)
        if cases is not None:
            hits = [hit.model_copy(update={"pages": cases[hash_of(hit.case)]}) for hit in hits]
        return Found(
            pages=pages,
            exact=pages if exact is None else exact,
            cases=None if cases is None else len(cases),
            hits=tuple(hits),
            facets=self._facets() if view.facets else {},
        )

    def _shown(self, places: Iterable[_Place], view: View) -> list[_Place]:
        return list(itertools.islice(self._in_order(places, view.offset), view.offset, view.offset + view.limit))

    def each(self, sort: Sort) -> Iterator[Hit]:
        """Yield every page that is found, in order."""
        places, _ = self._places(sort, None)
        ranked = places if sort is Sort.RANK else self._places(Sort.RANK, None)[0]
        scores = {_spot(place): -place.key for place in ranked}
        for place in self._in_order(places):
            yield hit_of(self._row(place), self._query, scores[_spot(place)])

    def rows(self) -> Iterator[Row]:
        """Yield what is kept of every page that is found, in no order."""
        return map(self._row, self._places(Sort.RANK, None)[0])

    def _best(self, sort: Sort, until: int, *, only_exact: bool = False) -> tuple[list[_Place], int]:
        """Return the pages that may be among the first ``until``, and the number of all.

        More are asked for, because the next ones may be equal: to ask again would take as long again.
        """
        return self._places(sort, until + _MOST_SORTED + 1 if until else 1, only_exact=only_exact)

    def _places(self, sort: Sort, limit: int | None, *, only_exact: bool = False) -> tuple[list[_Place], int]:
        """Return the first places of each index, or all, by their keys; and the number of all pages that are found."""
        places: list[_Place] = []
        pages = 0
        for number, asked in enumerate(self._asked):
            searcher, node = asked.searcher, asked.exact if only_exact else asked.whole
            # Tantivy reserves memory for as many hits as it is asked for.
            most = searcher.num_docs if limit is None else min(limit, searcher.num_docs)
            if sort is Sort.RANK:
                found = searcher.search(node, limit=most)
                places += [_Place(round(-score, _DECIMALS), number, address) for score, address in found.hits]
            else:
                field, order = _ORDERS[sort]
                found = searcher.search(node, limit=most, order_by_field=field, order=order)
                sign = -1 if order == Order.Desc else 1
                places += [_Place(sign * day, number, address) for day, address in found.hits]
            pages += _count_of(found)
        return sorted(places, key=lambda place: place.key), pages

    def _in_order(self, places: Iterable[_Place], skipped: int = 0) -> Iterator[_Place]:
        """Yield places, those with the same key in the order of the places in the archive.

        Of the first ``skipped`` only their number counts.
        """
        begun = 0
        for _, run in itertools.groupby(places, key=lambda place: place.key):
            same = list(run)
            begun += len(same)
            if begun > skipped and 1 < len(same) <= _MOST_SORTED:
                same.sort(key=lambda place: self._row(place).place)
            yield from same

    def _first_of_cases(self, places: Sequence[_Place]) -> tuple[Counter[int], list[_Place]]:
        """Return how many pages each case file has, and the first place of each, in order."""
        hashes: dict[tuple[int, int, int], int] = {}
        for number, asked in enumerate(self._asked):
            here = [place for place in places if place.level == number]
            values = asked.searcher.fast_field_values("case_hash", [place.address for place in here])
            hashes |= {_spot(place): int(value or 0) for place, value in zip(here, values, strict=True)}
        cases = Counter(hashes.values())
        first: dict[int, _Place] = {}
        for place in self._in_order(places):
            first.setdefault(hashes[_spot(place)], place)
        return cases, list(first.values())

    def _hits(self, shown: Sequence[_Place], sort: Sort) -> list[Hit]:
        rows = list(map(self._row, shown))
        scores = [-place.key for place in shown]
        if sort is not Sort.RANK:
            known = self._scores({row.about.case for row in rows})
            scores = [known[_spot(place)] for place in shown]
        return [hit_of(row, self._query, score) for row, score in zip(rows, scores, strict=True)]

    def _scores(self, cases: set[str]) -> dict[tuple[int, int, int], float]:
        """Return the scores of the pages of some case files."""
        scores: dict[tuple[int, int, int], float] = {}
        for number, asked in enumerate(self._asked):
            searcher = asked.searcher
            both = Node.boolean_query([(Occur.Must, asked.whole), (Occur.Must, pages_of(cases))])
            found = searcher.search(both, limit=searcher.num_docs, count=False)
            scores |= {_spot(_Place(0, number, address)): score for score, address in found.hits}
        return scores

    def _facets(self) -> dict[str, tuple[Count, ...]]:
        counts: dict[str, Counter[str]] = {name: Counter() for name in FACETS}
        for asked in self._asked:
            for name, found in asked.searcher.aggregate(asked.whole, dsl.counts()).items():
                for bucket in found["buckets"]:
                    counts[name][bucket["key"]] += bucket["doc_count"]
        return {name: facet(found) for name, found in counts.items()}

    def _row(self, place: _Place) -> Row:
        return read_row(self._asked[place.level].searcher.doc(place.address))


def _count_of(found: tantivy.SearchResult) -> int:
    """Return how many pages were found; the types of the package leave it out."""
    return int(found.count)  # type: ignore[attr-defined]


def _spot(place: _Place) -> tuple[int, int, int]:
    """Return a place in a form that can be compared."""
    return place.level, place.address.segment_ord, place.address.doc
