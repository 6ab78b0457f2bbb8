"""Cuts apart what a signature or a stamp ties together: letters of several lines in one component."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.page import Rect
from pipeline.page.components import Components, Ints
from pipeline.page.lines import letter_rows
from pipeline.page.picture import Pixels
from pipeline.page.prepared_page import PRINT

_TALL, _WIDE = 2.2, 12.0
"""In letter heights: print is lower and narrower than this, even with signs above and below a letter."""

_TWO = 3.2
"""In letter heights: where there is no seal or signature, letters of two lines that touch each other are lower."""

_BESIDE = 5.0
"""In letter heights: rows of letters are looked for this far to the left and to the right of a component."""

_ROW = 6
"""A row has so many letters beside a component, at least."""

_BEYOND = 0.7
"""In letter heights: what leaves a row by more than this does not belong to it as a whole."""

_NEAR = 1.5
"""In letter heights: the next letter of a row is nearer than this."""

_AS_LARGE = 2
"""So many letters beside a long stroke, nearly half as high or higher, show that it is a part of a large letter."""

_LONG, _LONE = 1.8, 3.0
"""In letter heights: a single stroke is not print if it is longer than the first and a piece of something larger, or
longer than the second."""


@dataclass(slots=True)
class _Band:
    """A line of print: its rows ``[top, bottom)``, and the columns in which it has letters."""

    top: int
    bottom: int
    left: int
    right: int


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of a component: ``left, top, right, bottom, area``, and its ink in this box."""

    box: Ints
    ink: NDArray[np.bool_]


def untied(
    components: Components, ordinary: NDArray[np.bool_], letter: float, seals: Sequence[Rect]
) -> tuple[Components, NDArray[np.bool_]]:
    """Cut components that cross lines of print into the pieces that lie in those lines.

    The lines are the rows of the letters beside such a component. Of the pieces in a line, those that may be letters
    are kept. Single long strokes are left out, and so is everything between and beside the lines.

    Args:
        components: The components of the page, upright.
        ordinary: For each label, whether it is large enough for a letter or a part of one.
        letter: Height of a letter in pixels.
        seals: Where seals and stamps are known to be.

    Returns:
        The components, the pieces at the end, and for each label whether it could be a part of the text. The ink of
        a component that was cut which is in no piece keeps its label.
    """
    boxes = components.boxes
    heights, widths = components.heights, components.widths
    tall = ordinary & ((heights > _TWO * letter) | (widths > _WIDE * letter))
    drawn = [*(box[:4] for box in boxes[tall]), *seals]
    tall |= ordinary & (heights > _TALL * letter) & near(boxes, drawn, letter)
    small = np.nonzero(ordinary & ~tall & (heights > 0.4 * letter) & (heights < _TALL * letter))[0]
    labels, found, kept = components.labels, [boxes], ordinary.copy()
    count = len(boxes)
    for number in np.nonzero(tall)[0]:
        left, top, right, bottom = (int(edge) for edge in boxes[number, :4])
        bands = _crossed(boxes[number], boxes[small], letter)
        if not bands:
            continue
        own = labels[top:bottom, left:right] == number
        pieces = list(_pieces(own.astype(np.uint8), bands, (left, top), letter))
        if labels is components.labels:
            labels = labels.copy()
        kept[number] = False
        for piece in pieces:
            x, y, to_x, to_y = (int(edge) for edge in piece.box[:4])
            labels[y:to_y, x:to_x][piece.ink] = count
            found.append(piece.box[np.newaxis])
            count += 1
    for number in np.nonzero(_lone_strokes(components, kept, letter))[0]:
        kept[number] = False
    more = np.ones(count - len(boxes), np.bool_)
    return Components(labels, np.concatenate(found)), np.concatenate([kept, more])


def near(boxes: Ints, places: Sequence[Rect | Ints], reach: float) -> NDArray[np.bool_]:
    """Return which boxes are nearer than ``reach`` to one of some places."""
    found = np.zeros(len(boxes), np.bool_)
    for left, top, right, bottom in places:
        across = (boxes[:, 0] < right + reach) & (boxes[:, 2] > left - reach)
        found |= across & (boxes[:, 1] < bottom + reach) & (boxes[:, 3] > top - reach)
    return found


def _lone_strokes(components: Components, ordinary: NDArray[np.bool_], letter: float) -> NDArray[np.bool_]:
    """Return which components are long single strokes without letters of their size beside them."""
    boxes, heights = components.boxes, components.heights
    found = np.zeros(len(boxes), np.bool_)
    for number in np.nonzero(ordinary & (np.maximum(heights, components.widths) > _LONE * letter))[0]:
        left, top, right, bottom, area = (int(value) for value in boxes[number])
        if area < 0.4 * (right - left) * (bottom - top) or bottom - top > _LONE * letter:
            found[number] = _is_stroke(components.labels[top:bottom, left:right] == number, letter)
    others = boxes[ordinary & ~found]
    for number in np.nonzero(found)[0]:
        left, top, right, bottom = (int(edge) for edge in boxes[number, :4])
        reach = max(bottom - top, letter) / 2
        beside = (others[:, 0] < right + reach) & (others[:, 2] > left - reach)
        beside &= (others[:, 1] < bottom - 0.3 * (bottom - top)) & (others[:, 3] > top + 0.3 * (bottom - top))
        found[number] = np.count_nonzero(beside & (others[:, 3] - others[:, 1] > 0.45 * (bottom - top))) < _AS_LARGE
    return found


def _crossed(box: Ints, letters: Ints, letter: float) -> list[_Band]:
    """Return the lines of print that a component crosses; none if it may belong to one line as a whole."""
    left, top, right, bottom = (int(edge) for edge in box[:4])
    reach = _BESIDE * letter
    beside = letters[
        (letters[:, 2] > left - reach)
        & (letters[:, 0] < right + reach)
        & (letters[:, 3] > top - letter)
        & (letters[:, 1] < bottom + letter)
    ]
    if len(beside) < _ROW:
        return []
    rows = letter_rows(beside, letter)
    core = 0.35 * letter
    overlaps = np.minimum(beside[:, 3, None], rows + core) - np.maximum(beside[:, 1, None], rows - core)
    home = np.where(overlaps.max(axis=1) > 0.5 * core, overlaps.argmax(axis=1), -1)
    middles = (rows[:-1] + rows[1:]) / 2
    above, below = np.concatenate(([-np.inf], middles)), np.concatenate((middles, [np.inf]))
    bands = []
    for number, row in enumerate(rows):
        mine = beside[home == number]
        if len(mine) < _ROW or (mine[:, 2] - mine[:, 0]).sum() < 2 * letter:
            continue
        first = max(above[number], mine[:, 1].min() - 0.1 * letter)
        last = min(below[number], mine[:, 3].max() + 0.1 * letter)
        # Signs of a line may hang into the letters of the next one.
        if min(bottom, row + core) - max(top, row - core) > 0.8 * core:
            bands.append(_Band(round(first), round(last), int(mine[:, 0].min()), int(mine[:, 2].max())))
    # In a heading the letters are larger.
    usual = float(np.median(beside[:, 3] - beside[:, 1]))
    if bottom - top < _TALL * usual and right - left < _WIDE * letter:
        return []
    is_whole = len(bands) == 1 and top > bands[0].top - _BEYOND * letter and bottom < bands[0].bottom + _BEYOND * letter
    return [] if is_whole and right - left < _WIDE * letter else bands


def _pieces(own: Pixels, bands: list[_Band], corner: tuple[int, int], letter: float) -> Iterator[_Piece]:
    """Yield the pieces of a component that may be letters of the lines it crosses.

    Args:
        own: The ink of the component in its box.
        bands: The lines, on the page.
        corner: Left and top of the box on the page.
        letter: Height of a letter in pixels.
    """
    left, top = corner
    for band in bands:
        first, last = max(0, band.top - top), min(own.shape[0], band.bottom - top)
        if last <= first:
            continue
        slice_ = np.ascontiguousarray(own[first:last])
        parts = Components.of(slice_)
        pieces = []
        for number in range(1, len(parts.boxes)):
            x, y, to_x, to_y, area = (int(value) for value in parts.boxes[number])
            ink = parts.labels[y:to_y, x:to_x] == number
            if area > PRINT * letter**2 and not _is_stroke(ink, letter):
                box = np.array((x + left, y + first + top, to_x + left, to_y + first + top, area), np.int32)
                pieces.append(_Piece(box, ink))
        # From the letters of the line outwards: the next piece is never far from the last.
        middle = (band.left + band.right) / 2
        for piece in sorted(pieces, key=lambda one: abs((one.box[0] + one.box[2]) / 2 - middle)):
            if piece.box[0] < band.right + _NEAR * letter and piece.box[2] > band.left - _NEAR * letter:
                band.left, band.right = min(band.left, int(piece.box[0])), max(band.right, int(piece.box[2]))
                yield piece


def _is_stroke(ink: NDArray[np.bool_], letter: float) -> bool:
    """Whether a piece is one long stroke, along its line or across it."""
    height, width = ink.shape
    if max(height, width) < 0.9 * letter:
        return False
    runs_down = np.count_nonzero(np.diff(ink.astype(np.int8), axis=0, prepend=0) == 1, axis=0)
    runs_across = np.count_nonzero(np.diff(ink.astype(np.int8), axis=1, prepend=0) == 1, axis=1)
    if width > _LONG * letter and np.mean(runs_down <= 1) > 0.8:
        return True
    return height > 0.9 * letter and float(np.mean(runs_across <= 1)) > 0.85 and ink.sum() < 0.5 * height * letter
