"""What the stores share about results: how pages are scored, and the hits and facets that are shown."""

from collections import Counter
from collections.abc import Iterable, Mapping

from models.hit import Count, Hit
from models.level import Level
from models.message import Message
from pipeline.index.entry import About
from pipeline.index.fuzzy import parts
from pipeline.index.marking import boxes, mark, snippet
from pipeline.index.packing import Shown
from pipeline.index.query import Query, Term
from pipeline.index.store import Sort, View

# What is added to a page's score if it contains all of the query exactly, and if all its words follow each other. The
# rest is the sum over its terms: BM25, but at least EXACT_TERM, for an exact term, and at most FUZZY_TERM for a term in
# other forms. So an exact term always counts for more.
EXACT = 1000.0
ADJACENT = 100.0
EXACT_TERM = 5.0
FUZZY_TERM = 4.0
# The message when a search is stopped, or is not started.
TOO_LONG = Message("This search takes too long. Ask for fewer or longer words, or only for some boxes, kinds or years.")
# Up to how many pages are counted if only the first are asked for.
MOST_COUNTED = 1000


def required(group: tuple[Term, ...]) -> bool:
    """Whether a page must contain one of a group's terms exactly: they are all in quotes."""
    return not any(term.may_differ for term in group)


def group_may_differ(group: tuple[Term, ...]) -> bool:
    """Whether any word of a group is also searched in other forms."""
    return not required(group) and any(map(parts, group))


def may_differ(query: Query) -> bool:
    """Whether any word of a query is also searched in other forms."""
    return any(map(group_may_differ, query.groups))


def first_only(query: Query, view: View) -> bool:
    """Whether a search may stop once it knows the pages to show, without finding all others.

    Then not all pages are counted. Not with AND: the words that it joins may be on a page in any form.
    """
    return view.sort is Sort.RANK and not (view.by_case or view.facets or query.must) and may_differ(query)


def hit(about: About, page: tuple[str, str, int], level: Level, shown: Shown, query: Query, score: float) -> Hit:
    """Return a hit on a page (its scan, the scan's path, its number) of a level."""
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
        level=level,
    )


def facet(counts: Mapping[str, int] | Iterable[tuple[str, int]]) -> tuple[Count, ...]:
    """Return the values of a facet, the most frequent first, without unknown ones."""
    found = sorted(Counter(dict(counts)).items(), key=lambda item: (-item[1], item[0]))
    return tuple(Count(value=value, pages=pages) for value, pages in found if value)
