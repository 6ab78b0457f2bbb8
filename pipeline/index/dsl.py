"""A query in Elasticsearch's own language, and the mapping that it needs in an index.

Only features of every server of the versions 8 and 9 are used: the analyzer ``whitespace``, because the tokens are
ready-made, and queries that need no plugin and no script.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from models.level import Level
from models.scope import Scope
from pipeline.index.fuzzy import Part, SkipGram, parts
from pipeline.index.query import Condition, Field, Query, Term
from pipeline.index.results import ADJACENT, EXACT, EXACT_TERM, FUZZY_TERM, may_differ, required
from pipeline.index.store import FACETS, Sort

# The version of the mapping, the tokens and what is stored. An index of another version must be rebuilt.
VERSION = 7

Json = dict[str, Any]

# The most words that a prefix can expand to, and a similar spelling.
_MOST_PREFIXED = 2000
MOST_FUZZY_WORDS = 100
_MOST_VALUES = 1000
ANSWER = "answer"

_KEYWORD: Json = {"type": "keyword"}
_TOKENS: Json = {"type": "text", "analyzer": "whitespace"}
_KEPT: Json = {"type": "keyword", "index": False, "doc_values": False}
_FIELDS = {Field.KIND: "kind_key", Field.BOX: "box_key", Field.SCRIPT: "scripts"}
_NAMES = {Field.COURT: "court_tokens", Field.CASE: "case_tokens"}
_FACETS = dict(zip(FACETS, ("kind", "court", "year", "box", "scripts"), strict=True))
_ORDERS: Mapping[Sort, list[Json]] = {
    Sort.RANK: [{"_score": "desc"}, {"place": "asc"}],
    Sort.DATE: [{"first": {"order": "asc", "missing": "_last"}}, {"place": "asc"}],
    Sort.NEWEST: [{"first": {"order": "desc", "missing": "_last"}}, {"place": "asc"}],
}
EVERY: Json = {"match_all": {}}

# The routes of entries: each level has its own shard, and the entries of case files have one. Elasticsearch
# takes a hash of the route modulo the number of shards; these are all different (the test says so).
ROUTES: Mapping[Level, str] = {
    Level.PUBLIC: "public",
    Level.REGISTERED: "registered",
    Level.STAFF: "staff",
    Level.SEALED: "sealed-1",
}
CASES = "cases-9"
SHARDS: Json = {"number_of_shards": 5, "number_of_routing_shards": 5, "codec": "best_compression"}

MAPPING: Json = {
    "dynamic": "strict",
    "_meta": {"bannasar": VERSION},
    "_routing": {"required": True},
    # The tokens can be made again from the bags: storing them here too would double the index.
    "_source": {"excludes": ["units", "fuzzy", "court_tokens", "case_tokens"]},
    "properties": {
        "level": _KEYWORD,
        "place": _KEYWORD,
        "case": _KEYWORD,
        "box": _KEYWORD,
        # All courts of the case file, and how many they are: they decide who may see it.
        "courts": _KEYWORD,
        "courts_count": {"type": "integer"},
        "document": {"type": "integer"},
        "scan": _KEYWORD,
        "path": _KEYWORD,
        "number": {"type": "integer"},
        "kind": _KEYWORD,
        "court": _KEYWORD,
        "case_number": _KEYWORD,
        "date": _KEYWORD,
        "first": {"type": "date", "format": "strict_date"},
        "last": {"type": "date", "format": "strict_date"},
        "year": _KEYWORD,
        "kind_key": _KEYWORD,
        "box_key": _KEYWORD,
        "court_tokens": _TOKENS,
        "case_tokens": _TOKENS,
        "scripts": _KEYWORD,
        "units": _TOKENS,
        "fuzzy": _TOKENS,
        "shown": {"type": "binary"},
        # Of a case file's own entry: which archiving of it is in, and the levels and ids of its pages.
        "fingerprint": _KEPT,
        "pages": _KEPT,
    },
}


def compiled(query: Query, scope: Scope, *, fuzzy: bool = True) -> Json:
    """Return the query for the pages of a scope that answer a query, scored as every store scores them.

    Without ``fuzzy`` the words are not searched in other forms.
    """
    filters, barred = _filters(query, scope), _barred(query)
    if not query.groups:
        return {"bool": {"filter": filters, "must_not": barred}}
    bonus = [_constant(all_exact(query), EXACT), *_adjacencies(query)]
    some = _some(_answers(query, scope, fuzzy=fuzzy))
    return {"bool": {"filter": filters, "must": [some], "should": bonus, "must_not": barred}}


def partly_exact(query: Query, scope: Scope) -> Json:
    """Return the query for the pages that contain a part of a query exactly, scored in the same way.

    Everything that scores is in one list, so that Lucene can skip pages that cannot score enough.
    """
    known = _any(list(map(_exact, query.groups)))
    adjacencies = [{"bool": {"must": [adjacency], "filter": [known]}} for adjacency in _adjacencies(query)]
    some = [*_answers(query, scope, fuzzy=False), *adjacencies, _constant(all_exact(query), EXACT)]
    return _narrowed(query, scope, some)


def exact_scored(query: Query, scope: Scope) -> Json:
    """Return the query for the pages that answer a query and contain all of it exactly.

    They score the same as in :func:`compiled`, but for rounding.
    """
    return {
        "bool": {
            "filter": _filters(query, scope),
            "must": [_constant(all_exact(query), EXACT), *_answers(query, scope, fuzzy=False)],
            "should": _adjacencies(query),
            "must_not": _barred(query),
        }
    }


def exact_only(query: Query, scope: Scope) -> Json:
    """Return the query for the pages that answer a query and contain all of it exactly; all score the same."""
    return {"bool": {"filter": [all_exact(query), *_filters(query, scope)], "must_not": _barred(query)}}


def candidates(query: Query, scope: Scope, groups: Sequence[int]) -> Json:
    """Return the query for pages that do not contain all of these groups exactly.

    They are scored as if they contained each missing group in another form: no page can score more than that.
    """
    lacking = [_constant({"bool": {"must_not": [_exact(query.groups[number])]}}, FUZZY_TERM) for number in groups]
    some = [*_answers(query, scope, fuzzy=False), *_adjacencies(query), *lacking]
    return _narrowed(query, scope, some, [_all_exact_of(query, groups)])


def better(query: Query, scope: Scope, groups: Sequence[int], least: float, among: Sequence[str] = ()) -> Json:
    """Return the query for pages that do not contain all of these groups exactly but may still score ``least``.

    The pages that answer the query match the part named ``ANSWER``; the others only contain two neighbouring units.

    Args:
        query: the query.
        scope: what may be shown.
        groups: the numbers of the groups that are searched in other forms, too.
        least: what a page must score if it contained every missing group in another form.
        among: the ids of these pages, if they are known.
    """
    known = _some([*_answers(query, scope, fuzzy=False), *_adjacencies(query)])
    few: Json = {"ids": {"values": list(among)}}
    if not among:
        few = {"function_score": {"query": known, "min_score": max(0.0, least - FUZZY_TERM * len(groups))}}
    some = _some(_answers(query, scope, fuzzy=True))
    return {
        "bool": {
            "filter": [few, *_filters(query, scope)],
            # These are optional: otherwise they would be tried on every page, not only on these few.
            "should": [{"bool": {"must": [some], "_name": ANSWER}}, *_adjacencies(query)],
            "must_not": [_all_exact_of(query, groups), *_barred(query)],
        }
    }


def all_exact(query: Query) -> Json:
    """Return the query for pages that contain everything in the query exactly."""
    return {"bool": {"filter": list(map(_exact, query.groups))}}


def order(sort: Sort) -> list[Json]:
    """Return how hits are sorted; no two are equal."""
    return _ORDERS[sort]


def counts() -> Json:
    """Return the aggregations for the facets."""
    return {name: {"terms": {"field": field, "size": _MOST_VALUES}} for name, field in _FACETS.items()}


def routing(scope: Scope) -> str:
    """Return the routes to the shards that a search in a scope uses."""
    return ",".join(ROUTES[level] for level in Level if level in _shown(scope) or scope.granted - scope.refused)


def _shown(scope: Scope) -> list[Level]:
    return [level for level in Level if level.rank <= scope.level.rank]


def _goes_beyond(scope: Scope) -> bool:
    """Whether case files were granted that may be at levels beyond the scope's own."""
    return bool(scope.granted - scope.refused) and scope.level is not Level.SEALED


def _answers(query: Query, scope: Scope, *, fuzzy: bool) -> list[Json]:
    """Return a query for each group, scored by how well a page answers it.

    If a scope shows only a part of a level, BM25 is left out: pages outside the scope would change it.
    """
    beyond = _goes_beyond(scope)
    answers: list[Json] = []
    for group in query.groups:
        differs = may_differ(query) and not required(group)
        ways = [_phrase("units", *term.phrase) for term in group] if not scope.is_limited else []
        if beyond:
            ways = [{"bool": {"must": [way], "filter": [{"terms": {"level": _shown(scope)}}]}} for way in ways]
        if differs or beyond or not ways:
            ways.append(_constant(_exact(group), EXACT_TERM if differs else 0.0))
        if differs and fuzzy:
            ways += _forms_of(group)
        answers.append({"dis_max": {"queries": ways}} if len(ways) > 1 else ways[0])
    return answers


def _exact(group: Sequence[Term]) -> Json:
    return _any([_phrase("units", *term.phrase) for term in group])


def _all_exact_of(query: Query, groups: Sequence[int]) -> Json:
    return {"bool": {"filter": [_exact(query.groups[number]) for number in groups]}}


def _narrowed(query: Query, scope: Scope, some: Sequence[Json], barred: Sequence[Json] = ()) -> Json:
    """Return the query for pages that match one of some queries and all other conditions."""
    return {
        "bool": {
            "filter": _filters(query, scope),
            "should": [*some],
            "minimum_should_match": 1,
            "must_not": [*_barred(query), *barred],
        }
    }


def _filters(query: Query, scope: Scope) -> list[Json]:
    """Return the conditions on a page in addition to the words of a query."""
    return [*_within(scope), *_required(query), *_conditions(query)]


def _within(scope: Scope) -> list[Json]:
    """Return the filters for the pages of a scope.

    Levels are filtered, too, although only their shards are searched: so a wrong route makes a search slow, not wrong.
    """
    filters: list[Json] = []
    granted = sorted(scope.granted - scope.refused)
    shown: list[Json] = []
    if scope.level is not Level.SEALED:
        shown.append({"terms": {"level": _shown(scope)}})
    if scope.boxes is not None:
        shown.append({"terms": {"box": sorted(scope.boxes)}})
    if scope.courts is not None:
        shown.append(_all_among(scope.courts))
    if shown:
        either: list[Json] = [{"bool": {"filter": shown}}]
        filters.append(_any([*either, {"terms": {"case": granted}}] if granted else either))
    if scope.refused:
        filters.append({"bool": {"must_not": [{"terms": {"case": sorted(scope.refused)}}]}})
    return filters


def _all_among(courts: Iterable[str]) -> Json:
    """Return the filter for pages of case files that have courts, of which each is among some."""
    wanted = {"terms": sorted(courts), "minimum_should_match_field": "courts_count"}
    return {"terms_set": {"courts": wanted}} if wanted["terms"] else {"match_none": {}}


def _required(query: Query) -> list[Json]:
    wanted = [_exact(group) for group in query.groups if required(group)]
    return wanted + [_any([_exact(query.groups[number]), *_forms_of(query.groups[number])]) for number in query.must]


def _forms_of(group: tuple[Term, ...]) -> list[Json]:
    """Return a query for the pages with a term of a group in other forms, for each term that may differ."""
    return [] if required(group) else [_fuzzy(parts(term)) for term in group if parts(term)]


def _some(queries: Sequence[Json]) -> Json:
    return {"bool": {"should": [*queries], "minimum_should_match": 1}}


def _conditions(query: Query) -> list[Json]:
    return [_any([_condition(one) for one in group]) for group in query.conditions]


def _barred(query: Query) -> list[Json]:
    return [_phrase("units", *term.phrase) for term in query.without] + [_condition(one) for one in query.barred]


def _adjacencies(query: Query) -> list[Json]:
    return [
        _constant(_phrase("units", *adjacency.phrase), ADJACENT / len(query.adjacencies))
        for adjacency in query.adjacencies
    ]


def _fuzzy(may_be: Sequence[Part]) -> Json:
    """Return the query for pages with every part of a term in some form."""
    weight = FUZZY_TERM / len(may_be)
    return {"bool": {"must": [_part(part, weight, alone=len(may_be) == 1) for part in may_be]}}


def _part(part: Part, weight: float, *, alone: bool) -> Json:
    forms = list(_forms(part))
    some: list[Json] = [_constant(form, weight / len(forms)) for form in forms]
    similar: list[Json] = [{"bool": {"should": some, "minimum_should_match": part.least}}] if some else []
    if alone:
        return similar[0]
    return {"dis_max": {"queries": [*similar, _constant(_phrase("units", *part.itself.phrase), weight)]}}


def _forms(part: Part) -> Iterator[Json]:
    yield from map(_skip_gram, part.skip_grams)
    words: list[Json] = []
    if part.edits:
        wanted = {"value": part.word, "fuzziness": part.edits, "max_expansions": MOST_FUZZY_WORDS}
        words.append({"fuzzy": {"units": wanted}})
    if part.phonetic:
        words.append(_phrase("fuzzy", [part.phonetic]))
    if words:
        yield _any(words)


def _skip_gram(skip_gram: SkipGram) -> Json:
    if not skip_gram.behind:
        return _phrase("fuzzy", skip_gram.before)
    rows = [
        {"match": {"query": " ".join(side), "max_gaps": 0, "ordered": True}}
        for side in (skip_gram.before, skip_gram.behind)
    ]
    return {"intervals": {"fuzzy": {"all_of": {"intervals": rows, "max_gaps": skip_gram.apart, "ordered": False}}}}


def _phrase(field: str, tokens: Sequence[str], prefix: bool = False) -> Json:  # as Term.phrase
    if prefix and len(tokens) == 1:
        return {"prefix": {field: {"value": tokens[0]}}}
    if prefix:
        return {"match_phrase_prefix": {field: {"query": " ".join(tokens), "max_expansions": _MOST_PREFIXED}}}
    if len(tokens) == 1:
        return {"term": {field: tokens[0]}}
    return {"match_phrase": {field: " ".join(tokens)}}


def _condition(condition: Condition) -> Json:
    value = condition.value
    if condition.field is Field.DATE:
        return {
            "bool": {"filter": [{"range": {"first": {"lte": condition.until}}}, {"range": {"last": {"gte": value}}}]}
        }
    if condition.field in _NAMES:
        return _phrase(_NAMES[condition.field], value.split(), condition.prefix)
    field = _FIELDS[condition.field]
    return {"prefix": {field: {"value": value}}} if condition.prefix else {"term": {field: value}}


def _any(queries: Iterable[Json]) -> Json:
    listed = list(queries)
    return listed[0] if len(listed) == 1 else {"bool": {"should": listed, "minimum_should_match": 1}}


def _constant(query: Json, boost: float) -> Json:
    return {"constant_score": {"filter": query, "boost": boost}}
