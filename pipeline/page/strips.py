"""Horizontal strips of a page or a column between white, and the gutters that successive strips share."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from pipeline.page.components import Ints
from pipeline.page.lines import Indices
from pipeline.page.rows import joined

_LOW, _FAR = 0.6, 0.5
"""In letter heights: a lower strip contains only signs, and their letters are nearer than this."""

_TWO_DEEP, _CLOSE, _SPARSE = 1.1, 0.25, 0.5
"""The same distance for a higher strip, in letter heights, and the largest inked share of its width."""

_NARROW, _SHORT = 8, 9
"""In letter heights: white this wide, in lines that are so high together, is a space if running text crosses it."""

_CROSSES = 0.7
"""Running text is at least this share as wide as the lines above or below it."""


def strips_of(boxes: Ints, chosen: Indices, letter: float) -> list[Indices]:
    """Split components at horizontal strips of white, from the top; signs stay with their letters."""
    return _with_their_signs(boxes, _runs(boxes, chosen, axis=1, gap=2), letter)


def _runs(boxes: Ints, chosen: Indices, axis: int, gap: float) -> list[Indices]:
    """Split components at every white gap along an axis (0 across, 1 down), in order."""
    order = chosen[np.argsort(boxes[chosen, axis], kind="stable")]
    reach = np.maximum.accumulate(boxes[order, axis + 2])
    starts = np.nonzero(boxes[order[1:], axis] - reach[:-1] >= gap)[0] + 1
    return np.split(order, starts)


def _with_their_signs(boxes: Ints, strips: list[Indices], letter: float) -> list[Indices]:
    """Join strips of signs above or below letters, with white between, to the strip of those letters."""
    tops = [int(boxes[strip, 1].min()) for strip in strips]
    bottoms = [int(boxes[strip, 3].max()) for strip in strips]
    found: list[list[Indices]] = []
    over = False
    for number, strip in enumerate(strips):
        above = tops[number] - bottoms[number - 1] if number else np.inf
        below = tops[number + 1] - bottoms[number] if number + 1 < len(strips) else np.inf
        near = _reach(boxes[strip], letter)
        if found and (over or (above < near and above <= below)):
            found[-1].append(strip)
        else:
            found.append([strip])
        over = below < near and below < above
    return [np.concatenate(group) for group in found]


def _reach(boxes: Ints, letter: float) -> float:
    """Return how far signs may be from their letters; 0 if the strip itself is a row of letters.

    Two stacked signs, such as a vowel under a subscript, are as high as letters. But letters are close to each other.
    """
    height = boxes[:, 3].max() - boxes[:, 1].min()
    if height < _LOW * letter:
        return _FAR * letter
    spans = joined(boxes[:, (0, 2)], 1)
    inked = (spans[:, 1] - spans[:, 0]).sum()
    is_sparse = inked < _SPARSE * (spans[-1, 1] - spans[0, 0])
    return _CLOSE * letter if is_sparse and height < _TWO_DEEP * letter else 0.0


def columns_from(boxes: Ints, strips: list[Indices], start: int, letter: float) -> tuple[int, float | None]:
    """Find how many strips, starting from one, share a gutter, and where it is."""
    best: tuple[int, float | None] = (start + 1, None)
    edges: Ints | None = None
    lines, both = 0.0, 0
    for end in range(start, len(strips)):
        strip = strips[end]
        height = boxes[strip, 3].max() - boxes[strip, 1].min()
        merged = boxes[strip][:, (0, 2)] if edges is None else np.concatenate([edges, boxes[strip][:, (0, 2)]])
        edges = joined(merged, 1.0 * letter)
        if len(edges) < 2:
            break
        widths = edges[1:, 0] - edges[:-1, 1]
        widest = int(widths.argmax())
        cut = (edges[widest, 1] + edges[widest + 1, 0]) / 2
        middles = (boxes[strip, 0] + boxes[strip, 2]) / 2
        two_sided = bool((middles < cut).any() and (middles > cut).any())
        lines += max(1.0, height / (1.8 * letter))
        both += two_sided
        wanted = letter * max(2.0, 6.0 / lines)
        if both and widths[widest] >= wanted:
            best = (end + 1, float(cut))
    return best


def is_space(boxes: Ints, strips: list[Indices], place: tuple[int, int], cut: float, letter: float) -> bool:
    """Whether the white that some strips share is a wide space in running text: a line next to them crosses it.

    Args:
        boxes: The boxes of the components.
        strips: The strips of a page or a column.
        place: The first of those that share the white, and the one after the last.
        cut: The middle of the white.
        letter: Height of a letter in pixels.
    """
    first, end = place
    group = boxes[np.concatenate(strips[first:end])]
    on_left = (group[:, 0] + group[:, 2]) / 2 < cut
    width = group[~on_left, 0].min() - group[on_left, 2].max()
    height = group[:, 3].max() - group[:, 1].min()
    if width > _NARROW * letter or height > _SHORT * letter:
        return False
    for number in (first - 1, end):
        if 0 <= number < len(strips):
            line = boxes[strips[number]]
            far = max(line[:, 1].min() - group[:, 3].max(), group[:, 1].min() - line[:, 3].max())
            spans = joined(line[:, (0, 2)], 1.5 * letter)
            wide = spans[:, 1] - spans[:, 0] > _CROSSES * (group[:, 2].max() - group[:, 0].min())
            if far < 1.5 * letter and (wide & (spans[:, 0] < cut - width) & (spans[:, 1] > cut + width)).any():
                return True
    return False


def below_rules(boxes: Ints, strips: list[Indices], rules: Sequence[int]) -> Indices:
    """Return the numbers of the strips that have a long horizontal rule in the white above them."""
    tops = np.array([boxes[strip, 1].min() for strip in strips])
    bottoms = np.array([boxes[strip, 3].max() for strip in strips])
    ruled = [any(above <= rule <= below for rule in rules) for above, below in zip(bottoms, tops[1:], strict=False)]
    return np.nonzero(np.array(ruled, np.bool_))[0] + 1


def grouped(strips: list[Indices], starts: Indices) -> list[list[Indices]]:
    """Group strips: each start is the number of a group's first strip."""
    edges = [0, *(int(start) for start in starts), len(strips)]
    return [strips[first:last] for first, last in pairwise(edges)]
