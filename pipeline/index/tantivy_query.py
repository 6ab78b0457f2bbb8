"""A query of :mod:`pipeline.index.dsl` as a query of Tantivy: both are made of the same parts, as Lucene has them."""

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import tantivy
from tantivy import FieldType, Occur
from tantivy import Query as Node

from pipeline.index.dsl import Json
from pipeline.index.tantivy_entries import PAGES, courts_in, day_number, read_row

# In the order in which they are read: what must be true first.
_OCCURS = {"filter": Occur.Must, "must": Occur.Must, "should": Occur.Should, "must_not": Occur.MustNot}

# Tantivy refuses a phrase whose last word may be one of more than 16,384 (the beginning may be anywhere on the page,
# then), and patterns of more than a thousand bytes.
_MOST_EXPANDED = 16_000
_MOST_COMPARED = 200
# What a search has to look at is counted in steps: otherwise it would show, by whether a search is refused, whether a
# word is on some page beyond the scope.
_COUNTED_IN = 1000
# Of the parts of a passage, the rarest are searched first, as long as they take no more than this share of the time of
# all. If few pages have enough of them, all parts are searched in the case files of these pages only. To look up the
# case file of a page takes as long as to look at so many entries in a search.
_CHEAP = 0.4
_ENTRIES_FOR_A_PAGE = 1000


class Translator:
    """Translates queries for one index.

    ``looked_at`` is how many entries of pages the parts translated so far have to look at, at most: of a phrase, the
    pages with its rarest token. A search takes time in proportion to it.
    """

    def __init__(self, searcher: tantivy.Searcher, *, narrow: bool = False, among: Iterable[str] | None = None) -> None:
        """Take the index: some conditions are looked up in it.

        Args:
            searcher: the index.
            narrow: whether passages are searched for the first time while they are translated, to search less later.
            among: ids of case files: rows of tokens are searched on their pages only.
        """
        self._searcher = searcher
        self._narrow = narrow
        self._among = None if among is None else pages_of(among)
        self.looked_at = 0

    def translate(self, query: Json) -> Node:
        """Return a query as one of Tantivy.

        Raises:
            KeyError: it has a part that the stores do not use.
        """
        ((kind, body),) = query.items()
        return _WAYS[kind](self, body)

    def _bool(self, body: Json) -> Node:
        least = body.get("minimum_should_match")
        if self._narrow and least and least > 1:
            few = self._few_with(body["should"], least)
            if few is not None:
                return Translator(self._searcher, among=few).translate({"bool": body})
        parts: list[tuple[Occur, Node]] = []
        for name, occur in _OCCURS.items():
            listed = body.get(name, [])
            for one in [listed] if isinstance(listed, dict) else listed:
                node = self.translate(one)
                parts.append((occur, _unscored(node) if name == "filter" else node))
        if not any(occur != Occur.MustNot for occur, _ in parts):
            parts.append((Occur.Must, _unscored(Node.all_query())))
        return Node.boolean_query(parts, minimum_number_should_match=least)

    def _few_with(self, queries: Sequence[Json], least: int) -> set[str] | None:
        """Return the case files whose pages may answer ``least`` of some queries, if they are few and found cheaply.

        A page that answers ``least`` of n queries answers at least ``least - (n - k)`` of any k of them. The k rarest
        take little time. Tantivy itself goes through the pages of all queries.
        """
        counted = sorted(((self._cost_of(query), query) for query in queries), key=lambda pair: pair[0])
        sums = list(itertools.accumulate(cost for cost, _ in counted))
        rare = [query for (_, query), cost in zip(counted, sums, strict=True) if cost <= _CHEAP * sums[-1]]
        enough = least - (len(queries) - len(rare))
        if enough < 1:
            return None
        wanted = Translator(self._searcher).translate({"bool": {"should": rare, "minimum_should_match": enough}})
        few = sums[-1] // _ENTRIES_FOR_A_PAGE
        found = self._searcher.search(wanted, limit=few + 1, count=False).hits
        if len(found) > few:
            return None
        return {read_row(self._searcher.doc(address)).about.case for _, address in found}

    def _cost_of(self, query: Json) -> int:
        counting = Translator(self._searcher)
        counting.translate(query)
        return counting.looked_at

    def _constant_score(self, body: Json) -> Node:
        return Node.const_score_query(self.translate(body["filter"]), body["boost"])

    def _dis_max(self, body: Json) -> Node:
        return Node.disjunction_max_query(list(map(self.translate, body["queries"])))

    def _term(self, body: Mapping[str, str]) -> Node:
        ((field, value),) = body.items()
        self._look_at(field, [value])
        return self._on_some(Node.term_query(PAGES, field, value, "freq" if field in {"units", "fuzzy"} else "basic"))

    def _terms(self, body: Mapping[str, Sequence[str]]) -> Node:
        ((field, values),) = body.items()
        return Node.term_set_query(PAGES, field, list(map(str, values)))

    def _courts_among(self, body: Mapping[str, Any]) -> Node:
        """The pages of case files that have courts, of which each is among some."""
        wanted = frozenset(body["courts"]["terms"])
        known = self._searcher.terms_with_prefix("courts", "")
        return Node.term_set_query(PAGES, "courts", [key for key, _ in known if courts_in(key) <= wanted])

    def _match_phrase(self, body: Mapping[str, str]) -> Node:
        ((field, text),) = body.items()
        tokens = text.split()
        self._look_at(field, tokens)
        return self._on_some(self._row(field, tokens))

    def _match_phrase_prefix(self, body: Mapping[str, Mapping[str, str]]) -> Node:
        ((field, wanted),) = body.items()
        *fixed, last = wanted["query"].split()
        self._look_at(field, fixed)
        if len(self._searcher.terms_with_prefix(field, last)) > _MOST_EXPANDED:
            apart = [(Occur.Must, self._row(field, fixed)), (Occur.Must, self._begins(field, last))]
            return Node.const_score_query(Node.boolean_query(apart), 1.0)
        words: list[str | tuple[int, str]] = [*map(_pattern, fixed), f"{re.escape(last[:_MOST_COMPARED])}.*"]
        return Node.const_score_query(Node.regex_phrase_query(PAGES, field, words), 1.0)

    def _prefix(self, body: Mapping[str, Mapping[str, str]]) -> Node:
        ((field, wanted),) = body.items()
        self._count(self._searcher.num_docs)
        return self._begins(field, wanted["value"])

    def _fuzzy(self, body: Mapping[str, Mapping[str, Any]]) -> Node:
        ((field, wanted),) = body.items()
        self._count(self._searcher.num_docs)
        return Node.fuzzy_term_query(PAGES, field, wanted["value"], wanted["fuzziness"])

    def _intervals(self, body: Mapping[str, Any]) -> Node:
        """Two phrases with a gap of up to so many tokens: as one phrase whose halves may be as far from its middle."""
        ((field, both),) = body.items()
        before, behind = (one["match"]["query"].split() for one in both["all_of"]["intervals"])
        self._look_at(field, [*before, *behind])
        most = both["all_of"]["max_gaps"]
        begin = len(before) + most // 2
        words: list[str | tuple[int, str]] = [*enumerate(before), *enumerate(behind, begin)]
        return Node.phrase_query(PAGES, field, words, slop=most - most // 2)

    def _range(self, body: Mapping[str, Mapping[str, str]]) -> Node:
        ((field, bounds),) = body.items()
        days = {name: day_number(day) for name, day in bounds.items()}
        return Node.range_query(
            PAGES, field, FieldType.Unsigned, lower_bound=days.get("gte"), upper_bound=days.get("lte")
        )

    def _on_some(self, node: Node) -> Node:
        """The same query on the pages of some case files only, if these are given."""
        if self._among is None:
            return node
        return Node.boolean_query([(Occur.Must, node), (Occur.Must, self._among)])

    def _row(self, field: str, tokens: Sequence[str]) -> Node:
        """Tokens in a row."""
        if len(tokens) == 1:
            return Node.term_query(PAGES, field, tokens[0], "freq")
        return Node.phrase_query(PAGES, field, list(tokens))

    def _begins(self, field: str, beginning: str) -> Node:
        """A token with a beginning: with no other letter in it, as the pattern of a long one would be refused."""
        return Node.fuzzy_term_query(PAGES, field, beginning, 0, prefix=True)

    def _look_at(self, field: str, tokens: Sequence[str]) -> None:
        self._count(min(self._searcher.doc_freq(field, token) for token in tokens))

    def _count(self, pages: int) -> None:
        self.looked_at += (pages // _COUNTED_IN + 1) * _COUNTED_IN

    def _match_all(self, _: Json) -> Node:
        return Node.all_query()

    def _match_none(self, _: Json) -> Node:
        return Node.empty_query()


_WAYS = {
    "bool": Translator._bool,
    "constant_score": Translator._constant_score,
    "dis_max": Translator._dis_max,
    "term": Translator._term,
    "terms": Translator._terms,
    "terms_set": Translator._courts_among,
    "match_phrase": Translator._match_phrase,
    "match_phrase_prefix": Translator._match_phrase_prefix,
    "prefix": Translator._prefix,
    "fuzzy": Translator._fuzzy,
    "intervals": Translator._intervals,
    "range": Translator._range,
    "match_all": Translator._match_all,
    "match_none": Translator._match_none,
}


def pages_of(cases: Iterable[str]) -> Node:
    """Return the query for the pages of some case files; it adds nothing to scores."""
    return _unscored(Node.term_set_query(PAGES, "case", sorted(cases)))


def _pattern(token: str) -> str:
    """Return the pattern for a token; one that is very long is compared by its beginning."""
    return re.escape(token[:_MOST_COMPARED]) + (".*" if len(token) > _MOST_COMPARED else "")


def _unscored(node: Node) -> Node:
    return Node.const_score_query(node, 0.0)
