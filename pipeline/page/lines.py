"""Finds printed lines: the components of each, with everything that is stacked above and below its letters."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.page import Cell, Rect
from pipeline.page.components import Components, Ints

Indices = NDArray[np.intp]

_DOT = 0.3
"""A dot of a leader is lower and narrower than this, in letter heights."""

_NEXT, _ON_LINE = 0.5, 0.75
"""In letter heights: how far letters are from a full stop, and its height from the middle of theirs."""

_LEADER = 5
"""This many dots in a row are a leader."""


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """The labels of the components of one line, and the rows ``[top, bottom)`` between which they belong to it.

    The rows matter for a component that two lines share because they touch.
    """

    components: Indices
    top: int
    bottom: int


@dataclass(frozen=True, slots=True)
class PrintedBlock:
    """Lines that are read together, from the top; ``cell`` if they are in a table."""

    lines: tuple[PrintedLine, ...]
    box: Rect
    cell: Cell | None = None


def split_lines(components: Components, chosen: Indices, letter: float) -> list[PrintedLine]:
    """Split the components of one column of text into its lines, from the top; see :func:`placed_lines`."""
    return [line for _, line in placed_lines(components, chosen, letter)]


def placed_lines(components: Components, chosen: Indices, letter: float) -> list[tuple[float, PrintedLine]]:
    """Split the components of one column of text into its lines, from the top, each with the middle of its letters.

    Khmer stacks subscripts and vowels above and below a row of base letters, which contains most of the ink: its row is
    found on the smoothed projection of the column, and components between two rows go to the letters nearest to them.
    Components that are not near any letters are dirt, and left out.

    Args:
        components: The components of the page, upright to about 0.1°.
        chosen: Labels of those in the column.
        letter: Height of a letter in pixels.
    """
    boxes = components.boxes[chosen]
    rows = letter_rows(boxes, letter)
    middles = (rows[:-1] + rows[1:]) / 2
    cuts = np.concatenate(([boxes[:, 1].min()], middles, [boxes[:, 3].max()])).astype(int)
    core = 0.35 * letter
    overlaps = np.minimum(boxes[:, 3, None], rows + core) - np.maximum(boxes[:, 1, None], rows - core)
    home = np.where((overlaps > 0).any(axis=1), overlaps.argmax(axis=1), -1)
    floating = np.nonzero(home < 0)[0]
    home[floating] = _nearest(boxes, home, floating, rows, letter)
    lines: list[tuple[float, PrintedLine]] = []
    for number in range(len(rows)):
        # A component that also reaches the letters of another line belongs to both, up to the cut between them.
        mine = (home == number) | (overlaps[:, number] > 0.8 * core)
        if not mine.any():
            continue
        shared = mine & ((overlaps > 0.8 * core).sum(axis=1) > 1)
        alone = boxes[mine & ~shared] if (mine & ~shared).any() else boxes[mine]
        top = cuts[number] if shared.any() else alone[:, 1].min()
        bottom = cuts[number + 1] if shared.any() else alone[:, 3].max()
        text = chosen[mine][~leaders(boxes[mine], letter)]
        if text.size:
            lines.append((float(rows[number]), PrintedLine(text, int(top), int(bottom))))
    return lines


def leaders(boxes: Ints, letter: float) -> NDArray[np.bool_]:
    """Return which components of a line are dots of a leader, as in forms: a rule made of dots, and not text.

    They connect the parts of a form's line, so they are left out only after the lines are found. Five dots or more in a
    row at one height are a leader; a recogniser treats a line that is mostly dots as no text at all.
    """
    found = np.zeros(len(boxes), np.bool_)
    small = (boxes[:, 2] - boxes[:, 0] < _DOT * letter) & (boxes[:, 3] - boxes[:, 1] < _DOT * letter)
    dots = np.nonzero(small)[0]
    if len(dots) < _LEADER:
        return found
    dots = dots[np.argsort(boxes[dots, 0], kind="stable")]
    gaps = boxes[dots[1:], 0] - boxes[dots[:-1], 2]
    sinks = np.abs(boxes[dots[1:], 3] - boxes[dots[:-1], 3])
    runs = np.concatenate(([0], np.cumsum((gaps > letter) | (sinks > _DOT * letter))))
    found[dots[np.bincount(runs)[runs] >= _LEADER]] = True
    return found


def letter_rows(boxes: Ints, letter: float) -> NDArray[np.float64]:
    """Return the heights of the rows of letters: the peaks of the smoothed horizontal projection of the components."""
    top, bottom = int(boxes[:, 1].min()), int(boxes[:, 3].max())
    # The area of each component is spread evenly over its rows.
    steps = np.zeros(bottom - top + 1)
    weight = boxes[:, 4] / (boxes[:, 3] - boxes[:, 1])
    np.add.at(steps, boxes[:, 1] - top, weight)
    np.add.at(steps, boxes[:, 3] - top, -weight)
    projection = np.pad(np.cumsum(steps), round(letter))[:, np.newaxis]
    smooth = cv2.GaussianBlur(projection, (0, 0), 0.3 * letter, borderType=cv2.BORDER_CONSTANT)[:, 0]
    inner = smooth[1:-1]
    peaks = np.nonzero((inner >= smooth[:-2]) & (inner > smooth[2:]) & (inner > 0))[0] + 1
    kept = [int(peaks[np.argmax(smooth[peaks])])] if len(peaks) else [len(smooth) // 2]
    for peak in sorted((int(at) for at in peaks), key=lambda at: -smooth[at]):
        near = min(kept, key=lambda other: abs(other - peak))
        between = smooth[min(near, peak) : max(near, peak) + 1].min()
        if abs(near - peak) > 1.1 * letter and between < 0.8 * smooth[peak]:
            kept.append(peak)
    return np.sort(np.array(kept, np.float64)) + top - round(letter)


def _nearest(
    boxes: Ints, home: NDArray[np.intp], floating: Indices, rows: NDArray[np.float64], letter: float
) -> list[int]:
    """Assign each floating component to the line with the nearest components over or under it; -1 if none is near.

    A full stop has nothing over it but other lines: it belongs to the line whose letters are beside it.
    """
    settled = np.nonzero(home >= 0)[0]
    found = []
    for component in floating:
        left, top, right, bottom = boxes[component, :4]
        far = np.abs(rows - (top + bottom) / 2)
        line = int(far.argmin())
        beside = settled[(boxes[settled, 0] < right + 2) & (boxes[settled, 2] > left - 2)]
        if beside.size == 0:
            found.append(line if far[line] < 1.2 * letter else -1)
            continue
        gaps = np.maximum(boxes[beside, 1] - bottom, top - boxes[beside, 3])
        if gaps.min() < 0.5 * letter:
            found.append(int(home[beside[gaps.argmin()]]))
            continue
        own = boxes[settled[home[settled] == line]]
        is_next = ((own[:, 0] < right + _NEXT * letter) & (own[:, 2] > left - _NEXT * letter)).any()
        found.append(line if is_next and far[line] < _ON_LINE * letter else -1)
    return found
