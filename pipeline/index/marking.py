"""Where a page answers a query: stretches of its text, a snippet around the best of them, boxes on the page."""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from models.hit import Span
from models.page import Rect
from pipeline.index.query import Query, Term
from pipeline.text.units import Unit, sequence, units

_AROUND = 60


class Place(NamedTuple):
    """A word's place ``[start, end)`` in the page's text, and its box."""

    start: int
    end: int
    box: Rect


class Marked(NamedTuple):
    """What of a page answers a query; ``share`` is the part of the query's tokens that stand on it, 0–1."""

    spans: tuple[Span, ...]
    share: float


def mark(text: str, query: Query) -> Marked:
    """Find what of a text answers a query.

    Where a term stands as it is, that is marked. Where it does not, what may be a misread form of it is marked: runs of
    its clusters at least half as long as itself.
    """
    found = units(text)
    tokens = sequence(found)
    there = set(tokens)
    spans: list[Span] = []
    wanted = matched = 0
    for term in query.terms:
        exact = _exact(term, found)
        spans += exact or ([] if term.exact else _similar(term, found, tokens))
        wanted += len(term.pairs)
        matched += len(term.pairs) if exact else sum(token in there for token in term.pairs)
    return Marked(_merged(spans), matched / wanted)


def snippet(text: str, spans: Sequence[Span]) -> tuple[str, tuple[Span, ...]]:
    """Return the text around the place where most spans are, on one line, and the spans that are in it.

    It begins and ends between units, so that no cluster is cut.
    """
    begins = [span.start for span in spans] or [0]
    first = max(begins, key=lambda begin: sum(begin <= other < begin + 2 * _AROUND for other in begins))
    last = max((span.end for span in spans if span.start == first), default=0)
    edges = [0, *(unit.end for unit in units(text)), len(text)]
    start = max(edge for edge in edges if edge <= max(0, first - _AROUND))
    end = min(edge for edge in edges if edge >= min(len(text), max(last, first + 2 * _AROUND)))
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
    for span in spans:
        for place in places:
            if place.start < span.end and span.start < place.end:
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
        and _runs(found[at : at + length]) == _runs(term.units)
    ]


def _runs(found: Sequence[Unit]) -> list[bool]:
    """Return for each two neighbours whether they are of one run."""
    return [one.run == two.run for one, two in itertools.pairwise(found)]


def _similar(term: Term, found: Sequence[Unit], tokens: Sequence[str]) -> list[Span]:
    wanted = set(term.pairs)
    least = max(2, len(term.units) // 2)
    spans = []
    at = 0
    while at < len(found):
        end = at
        while end < len(found) and tokens[end] in wanted:
            end += 1
        # A run of n pairs is one of n + 1 clusters; a word is one by itself.
        clusters = end - at + (end < len(found) and end > at and found[end - 1].run >= 0)
        if end > at and (clusters >= least or found[at].run < 0):
            last = min(end if found[end - 1].run >= 0 else end - 1, len(found) - 1)
            spans.append(Span(start=found[at].start, end=found[last].end))
        at = max(end, at + 1)
    return spans


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
