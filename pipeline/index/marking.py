"""Where a page answers a query: stretches of its text, a snippet around the best of them, boxes on the page."""

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from models.hit import Span
from models.page import Rect
from pipeline.index.query import Query, Term
from pipeline.text.units import Unit, sequence

_AROUND = 60
# The part of a term's tokens that must stand close together where it is misread.
_LEAST_SHARE = 0.5
# Clusters by which a misread term may be longer on the page than in the query.
_SLACK = 2


class Place(NamedTuple):
    """A word's place ``[start, end)`` in the page's text, and its box."""

    start: int
    end: int
    box: Rect


class Marked(NamedTuple):
    """What of a page answers a query; ``share`` is the part of the query's tokens that stand on it, 0–1."""

    spans: tuple[Span, ...]
    share: float


def mark(found: Sequence[Unit], query: Query) -> Marked:
    """Find what of a page, given by its units, answers a query.

    Where a term stands as it is, that is marked. Where it does so nowhere, what may be a misread form of it is marked:
    stretches as long as the term that hold at least half of its tokens.
    """
    tokens = sequence(found)
    spans: list[Span] = []
    wanted = matched = 0
    for term in query.terms:
        wanted += len(term.pairs)
        exact = _exact(term, found)
        if exact:
            spans += exact
            matched += len(term.pairs)
        elif not term.exact:
            alike, best = _alike(term, found, tokens)
            spans += alike
            matched += best
    return Marked(_merged(spans), matched / wanted)


def snippet(text: str, found: Sequence[Unit], spans: Sequence[Span]) -> tuple[str, tuple[Span, ...]]:
    """Return the text around the place where most spans are, on one line, and the spans that are in it.

    It begins and ends between the page's units, so that no cluster is cut.
    """
    begins = [span.start for span in spans] or [0]
    first = max(begins, key=lambda begin: bisect_left(begins, begin + 2 * _AROUND) - bisect_left(begins, begin))
    last = max((span.end for span in spans if span.start == first), default=0)
    edges = [0, *(unit.end for unit in found), len(text)]
    start = edges[bisect_right(edges, max(0, first - _AROUND)) - 1]
    end = edges[bisect_left(edges, min(len(text), max(last, first + 2 * _AROUND)))]
    before = "… " if start else ""
    shift = len(before) - start
    inside = tuple(
        Span(start=span.start + shift, end=span.end + shift)
        for span in spans
        if start <= span.start and span.end <= end
    )
    # One space for one character, so that the places stay true.
    line = "".join(" " if character in "\n\t\f" else character for character in text[start:end])
    return before + line + (" …" if end < len(text) else ""), inside


def boxes(spans: Sequence[Span], places: Sequence[Place]) -> tuple[Rect, ...]:
    """Return the boxes of spans: of each word they touch the part they cover, side by side ones as one."""
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


def _exact(term: Term, found: Sequence[Unit]) -> list[Span]:
    wanted = [unit.text for unit in term.units]
    length = len(wanted)
    places = [at for at in range(len(found) - length + 1) if found[at].text == wanted[0]]
    return [
        Span(start=found[at].start, end=found[at + length - 1].end)
        for at in places
        if [unit.text for unit in found[at : at + length]] == wanted
        and _neighbours(found[at : at + length]) == _neighbours(term.units)
    ]


def _neighbours(found: Sequence[Unit]) -> list[tuple[bool, bool]]:
    """Return for each two neighbours whether they are of one run, and of one block."""
    return [(one.run == two.run, one.block == two.block) for one, two in itertools.pairwise(found)]


def _alike(term: Term, found: Sequence[Unit], tokens: Sequence[str]) -> tuple[list[Span], int]:
    """Return where a term may stand misread, and the most of its tokens that do so in one place."""
    wanted = set(term.pairs)
    places = [at for at, token in enumerate(tokens) if token in wanted]
    most = 0
    spans = []
    for number, first in enumerate(places):
        close = places[number : bisect_left(places, first + len(term.units) + _SLACK, number)]
        there = len({tokens[at] for at in close})
        if there >= _LEAST_SHARE * len(wanted):
            most = max(most, there)
            spans.append(Span(start=found[first].start, end=_second(found, close[-1]).end))
    return spans, most


def _second(found: Sequence[Unit], at: int) -> Unit:
    """Return the last unit that the token at a place stands for: of a pair the second cluster."""
    follower = found[min(at + 1, len(found) - 1)]
    return follower if follower.run == found[at].run >= 0 else found[at]


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
