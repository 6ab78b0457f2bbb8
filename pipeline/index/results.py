"""What both stores make of what they find: how it is scored, and the hits and facets that are shown."""

from collections import Counter
from collections.abc import Iterable, Mapping

from models.hit import Count, Hit
from pipeline.index.entry import About, Shown
from pipeline.index.likeness import parts
from pipeline.index.marking import boxes, mark, snippet
from pipeline.index.query import Query, Term
from pipeline.index.store import Sort, View

# What a page's score has on top where all of the query stands on it as it is, where all its words follow one another,
# and, for each of its terms, where that stands in all the other forms it may have. The rest is BM25.
EXACT = 1000.0
IN_A_ROW = 100.0
ALIKE = 5.0


def required(group: tuple[Term, ...]) -> bool:
    """Whether one of a group's terms must stand on a page as it is: they are all in quotes."""
    return not any(term.may_differ for term in group)


def exact_first(query: Query, view: View) -> bool:
    """Whether pages with all of a query as it is may be shown without a look for others, if there are enough of them.

    They are then scored as if the others had been looked for: a form that a term may have counts nothing where the term
    stands as it is. So no group may mix terms that have other forms with terms that have none.
    """
    if view.sort is not Sort.RANK or view.by_case or view.facets:
        return False
    others = [{bool(parts(term)) for term in group} for group in query.groups if not required(group)]
    return {True} in others and {True, False} not in others


def hit(about: About, page: tuple[str, str, int], shown: Shown, query: Query, score: float) -> Hit:
    """Return a hit on a page (its scan, the scan's path, its number)."""
    spans = mark(shown.units, query)
    line, marks = snippet(shown.text, shown.units, spans)
    scan, path, number = page
    return Hit(
        case=about.case,
        document=about.document,
        scan=scan,
        path=path,
        box=about.box,
        page=number,
        score=round(score, 3),
        exact=score >= EXACT or not query.groups,
        snippet=line,
        marks=marks,
        boxes=boxes(spans, shown.places),
        kind=about.kind,
        court=about.court,
        case_number=about.case_number,
        date=about.date,
    )


def facet(counts: Mapping[str, int] | Iterable[tuple[str, int]]) -> tuple[Count, ...]:
    """Return the values of a facet, the most frequent first; what is not known is left out."""
    found = sorted(Counter(dict(counts)).items(), key=lambda item: (-item[1], item[0]))
    return tuple(Count(value=value, pages=pages) for value, pages in found if value)
