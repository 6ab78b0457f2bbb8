"""Where a page matches a query: spans of its text, a snippet around the best ones, boxes on the page."""

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from models.hit import Span
from models.page import Rect
from pipeline.index.fuzzy import Part, SkipGram, parts, within_edits
from pipeline.index.query import Query, Term
from pipeline.text.fuzzy_tokens import FuzzyTokens, phonetic, with_units
from pipeline.text.units import Columns

_AROUND = 60


class Place(NamedTuple):
    """A word's place ``[start, end)`` in the page's text, and its box."""

    start: int
    end: int
    box: Rect


def mark(found: Columns, query: Query) -> tuple[Span, ...]:
    """Return the spans of a page, given by its units, that match a query.

    Exact occurrences of a term are marked; if there are none, its other forms.
    """
    spans: list[Span] = []
    fuzzy: FuzzyTokens | None = None
    for term in query.terms:
        exact = _exact(term, found)
        spans += exact
        if not exact and (may_be := parts(term)):
            fuzzy = fuzzy or with_units(found)
            for part in may_be:
                spans += _exact(part.itself, found) or _fuzzy(part, found, fuzzy)
    return _merged(spans)


def snippet(text: str, found: Columns, spans: Sequence[Span]) -> tuple[str, tuple[Span, ...]]:
    """Return the text around the place with most spans, on one line, and the spans in it.

    It begins and ends between units of the page, so that no cluster is cut.
    """
    begins = [span.start for span in spans] or [0]
    first = max(begins, key=lambda begin: bisect_left(begins, begin + 2 * _AROUND) - bisect_left(begins, begin))
    last = max((span.end for span in spans if span.start == first), default=0)
    edges = [0, *found.end, len(text)]
    start = edges[bisect_right(edges, max(0, first - _AROUND)) - 1]
    end = edges[bisect_left(edges, min(len(text), max(last, first + 2 * _AROUND)))]
    before = "… " if start else ""
    shift = len(before) - start
    inside = tuple(
        Span(start=span.start + shift, end=span.end + shift)
        for span in spans
        if start <= span.start and span.end <= end
    )
    # One space for one character, so that the places stay correct.
    line = "".join(" " if character in "\n\t\f" else character for character in text[start:end])
    return before + line + (" …" if end < len(text) else ""), inside


def boxes(spans: Sequence[Span], places: Sequence[Place]) -> tuple[Rect, ...]:
    """Return the boxes of spans: the covered part of each word. Boxes that are side by side become one."""
    found: list[Rect] = []
    starts, ends = [place.start for place in places], [place.end for place in places]
    for span in spans:
        for place in places[bisect_right(ends, span.start) : bisect_left(starts, span.end)]:
            box = _part(place, span)
            if found and _side_by_side(found[-1], box):
                last = found.pop()
                box = Rect(last.left, min(last.top, box.top), box.right, max(last.bottom, box.bottom))
            found.append(box)
    return tuple(found)


def _exact(term: Term, found: Columns) -> list[Span]:
    wanted = [unit.text for unit in term.units]
    length = len(wanted)
    open_end = term.prefix and wanted.pop()
    neighbours = _neighbours([unit.run for unit in term.units], [unit.block for unit in term.units])
    texts = list(found.text)
    places = _places(texts, wanted[0]) if wanted else range(len(texts))
    return [
        Span(start=found.start[at], end=found.end[at + length - 1])
        for at in places
        if at + length <= len(texts)
        and texts[at : at + len(wanted)] == wanted
        and (not open_end or texts[at + length - 1].startswith(open_end))
        and _neighbours(found.run[at : at + length], found.block[at : at + length]) == neighbours
    ]


def _places(texts: list[str], text: str) -> Iterator[int]:
    at = -1
    for _ in range(texts.count(text)):
        at = texts.index(text, at + 1)
        yield at


def _neighbours(runs: Sequence[int], blocks: Sequence[int]) -> list[tuple[bool, bool]]:
    """Return for each two neighbours whether they are in the same run, and in the same block."""
    return [
        (one == two, here == there)
        for (one, two), (here, there) in zip(itertools.pairwise(runs), itertools.pairwise(blocks), strict=True)
    ]


def _fuzzy(part: Part, found: Columns, fuzzy: FuzzyTokens) -> list[Span]:
    if part.word:
        return [
            Span(start=start, end=end)
            for text, start, end, run in zip(found.text, found.start, found.end, found.run, strict=True)
            if run < 0
            and ((part.phonetic and phonetic(text) == part.phonetic) or within_edits(text, part.word, part.edits))
        ]
    return [
        Span(start=found.start[fuzzy.first[first]], end=found.end[fuzzy.last[last]])
        for skip_gram in part.skip_grams
        for first, last in _stretches(skip_gram, fuzzy.token)
    ]


def _stretches(skip_gram: SkipGram, fuzzy: list[str]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last place of the fuzzy tokens before and after the gap of a skip-gram."""
    behind = list(_rows(skip_gram.behind, fuzzy))
    for first in _rows(skip_gram.before, fuzzy):
        end = first + len(skip_gram.before)
        if not skip_gram.behind:
            yield first, end - 1
        for second in behind:
            if end <= second <= end + skip_gram.apart:
                yield first, second + len(skip_gram.behind) - 1


def _rows(tokens: Sequence[str], fuzzy: list[str]) -> Iterator[int]:
    wanted = list(tokens)
    for at in _places(fuzzy, wanted[0]) if wanted else ():
        if fuzzy[at : at + len(wanted)] == wanted:
            yield at


def _merged(spans: Sequence[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start, one.end)):
        if merged and span.start < merged[-1].end:
            merged[-1] = Span(start=merged[-1].start, end=max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return tuple(merged)


def _part(place: Place, span: Span) -> Rect:
    """Return the part of a word's box that a span covers, by its share of the characters."""
    length, box = place.end - place.start, place.box
    left = box.left + (box.right - box.left) * max(0, span.start - place.start) // length
    right = box.left + -(-(box.right - box.left) * min(length, span.end - place.start) // length)
    return Rect(left, box.top, right, box.bottom)


def _side_by_side(left: Rect, right: Rect) -> bool:
    height = min(left.bottom - left.top, right.bottom - right.top)
    overlap = min(left.bottom, right.bottom) - max(left.top, right.top)
    return overlap * 2 > height and left.left < right.left and right.left - left.right < 2 * height
