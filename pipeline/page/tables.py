"""Finds printed rules and the tables that they form."""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from models.page import Cell, Rect
from pipeline.page.components import Components, Ints
from pipeline.page.picture import Picture, Pixels

_SOLID, _BESIDE = 0.93, 0.08
"""A stroke with less ink than the first, and more than the second on its two sides, is a row of letters. A dotted rule
has less ink, but none beside it; an underline has ink beside it, but no gaps."""

_BANDS = 4
"""A ladder, the horizontal rules of a table, has at least so many bands between its rules."""

_STEADY, _ALONE = 0.4, 1.25
"""A broken rule has ink at this share of the ends of the bands, and so many times more than the text near it."""

_WHOLE, _FEW = 0.6, 3
"""A rule of which this much was found is not broken; a table with so many whole vertical rules has no broken ones, and
fewer broken ones may be letters."""

_COVERED = 0.4
"""The cells found are at least this share of a table whose other cells are inferred."""


@dataclass(frozen=True, slots=True)
class TableCell:
    """A cell of a ruled table, and the paper inside its rules."""

    box: Rect
    cell: Cell

    def scaled(self, factor: int) -> "TableCell":
        """Return the same cell on a picture ``factor`` times as big."""
        return TableCell(Rect(*(value * factor for value in self.box)), self.cell)


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a page: the masks of the horizontal and of the vertical rules, with ``dpi`` pixels per inch."""

    across: Pixels
    down: Pixels
    dpi: float

    def long_across(self) -> list[tuple[int, int, int]]:
        """Return the left end, the middle and the right end of each horizontal rule longer than a sixth of the page."""
        boxes = Components.of(self.across).boxes[1:]
        long = boxes[boxes[:, 2] - boxes[:, 0] > self.across.shape[1] / 6]
        return [(int(left), (int(top) + int(bottom)) // 2, int(right)) for left, top, right, bottom, _ in long]

    def upside_down(self) -> "Rules":
        """Return the same rules rotated by 180 degrees."""
        across, down = (np.asarray(cv2.rotate(one, cv2.ROTATE_180), np.uint8) for one in (self.across, self.down))
        return Rules(across, down, self.dpi)

    @property
    def mask(self) -> Pixels:
        """All the rules."""
        return np.asarray(cv2.bitwise_or(self.across, self.down), np.uint8)


def find_rules(ink: Picture) -> Rules:
    """Find the rules: straight strokes of at least 0.4 inch, much longer than those of letters, and thin.

    Args:
        ink: Mask.
    """
    across, down = _strokes(ink, down=False), _strokes(ink, down=True)
    return Rules(across, np.asarray(cv2.bitwise_or(down, _broken(ink, across, down)), np.uint8), ink.dpi)


def _strokes(ink: Picture, *, down: bool) -> Pixels:
    """Return the horizontal or the vertical strokes."""
    dpi = ink.dpi
    bridge, least = (np.ones((1, length), np.uint8) for length in (max(3, round(dpi / 50)), round(0.4 * dpi)))
    bridged = cv2.morphologyEx(ink.pixels, cv2.MORPH_CLOSE, bridge.T if down else bridge)
    long = np.asarray(cv2.morphologyEx(bridged, cv2.MORPH_OPEN, least.T if down else least), np.uint8)
    left, top, width, height = cv2.boundingRect(long)
    inside = long[top : top + height, left : left + width]
    if not inside.size:
        return long
    components = Components.of(inside)
    # A slightly skewed rule consists of steps: its thickness is its area over its length.
    thin = components.boxes[:, 4] < 0.045 * dpi * np.maximum(components.heights if down else components.widths, 1)
    thin[0] = False
    thin &= ~_are_letters(components, ink.pixels[top : top + height, left : left + width], down=down)
    inside[:] = components.mask(thin)
    return long


def _are_letters(strokes: Components, ink: Pixels, *, down: bool) -> NDArray[np.bool_]:
    """Return which strokes are rows of small or bold letters, whose tops or bottoms nearly touch each other."""
    count = len(strokes.boxes)
    column = np.ones((1, 9) if down else (9, 1), np.uint8)
    mask = (strokes.labels > 0).astype(np.uint8)
    around = cv2.dilate(strokes.labels.astype(np.float32), column).astype(np.int32)
    around[cv2.dilate(mask, column[:, 2:7] if down else column[2:7]) > 0] = 0
    inked = np.bincount(strokes.labels[ink > 0], minlength=count) / np.maximum(strokes.boxes[:, 4], 1)
    beside = np.bincount(around[ink > 0], minlength=count) / np.maximum(np.bincount(around.ravel(), minlength=count), 1)
    return np.asarray((inked < _SOLID) & (beside > _BESIDE))


def _broken(ink: Picture, across: Pixels, down: Pixels) -> Pixels:
    """Return the vertical rules of tables that are too faint or too worn to be whole strokes.

    Between the horizontal rules of a table, text leaves white above and below; a vertical rule does not.
    """
    found = np.zeros_like(across)
    apart = round(0.08 * ink.dpi)
    for ladder in _ladders(across, ink.dpi):
        left = max(0, min(int(box[0]) for box in ladder) - apart)
        right = max(int(box[2]) for box in ladder) + apart
        bands = [(int(above[3]) + 1, int(below[1]) - 1) for above, below in pairwise(ladder)]
        reaches = np.stack([_reaches(ink.pixels[top:bottom, left:right] > 0) for top, bottom in bands])
        steady = reaches.mean(axis=0)
        whole = (down[bands[0][0] : bands[-1][1], left:right] > 0).mean(axis=0) > _WHOLE
        far = np.pad(steady, apart)
        alone = steady > _ALONE * np.maximum(far[: -2 * apart], far[2 * apart :])
        places = [(first + end) // 2 for first, end in _runs((steady >= _STEADY) & alone)]
        if len(_runs(whole)) >= _FEW or len(places) < _FEW:
            continue
        for place in places:
            touched = np.flatnonzero(reaches[:, place])
            for top, bottom in bands[touched[0] : touched[-1] + 1]:
                found[top - 2 : bottom + 2, left + place - 1 : left + place + 2] = 255
    return found


def _runs(true: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return where each run of true values starts and ends."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], true, [False]))))
    return [(int(first), int(end)) for first, end in edges.reshape(-1, 2)]


def _reaches(band: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return of how many of the two ends of a band ink touches each column or one near it, as a share."""
    end = max(2, round(0.15 * len(band)))
    ends = np.stack([band[:end].any(axis=0), band[-end:].any(axis=0)]).astype(np.uint8)
    # Rules are not quite straight.
    near = np.asarray(cv2.dilate(ends, np.ones((1, 5), np.uint8)), np.float64)
    return np.asarray(near.mean(axis=0))


def _ladders(across: Pixels, dpi: float) -> list[list[Ints]]:
    """Return the boxes of horizontal rules, grouped where they are as far below each other as the rows of a table."""
    # A rule may be broken, too.
    whole = cv2.morphologyEx(across, cv2.MORPH_CLOSE, np.ones((5, max(3, round(0.2 * dpi))), np.uint8))
    boxes = Components.of(np.asarray(whole, np.uint8)).boxes[1:]
    boxes = boxes[boxes[:, 2] - boxes[:, 0] > dpi]
    ladders: list[list[Ints]] = []
    for box in boxes[np.argsort(boxes[:, 1], kind="stable")]:
        for ladder in ladders:
            last = ladder[-1]
            shared = min(last[2], box[2]) - max(last[0], box[0])
            if shared > 0.6 * max(last[2] - last[0], box[2] - box[0]) and dpi / 12 < box[1] - last[3] < dpi:
                ladder.append(box)
                break
        else:
            ladders.append([box])
    return [ladder for ladder in ladders if len(ladder) > _BANDS]


def find_cells(rules: Rules, letter: float) -> list[TableCell]:
    """Find the cells that rules enclose: in tables of two or more cells, row by row.

    A single frame around text is not a table.

    Args:
        rules: The rules of a page.
        letter: Height of a letter in pixels of the rules.
    """
    dpi = rules.dpi
    # A page may claim a resolution that it does not have.
    near = min(dpi / 15, 0.6 * letter)
    if not (rules.across.any() and rules.down.any()):
        return []
    reach = max(3, round(0.2 * dpi))
    across = cv2.morphologyEx(rules.across, cv2.MORPH_CLOSE, np.ones((1, reach), np.uint8))
    down = cv2.morphologyEx(rules.down, cv2.MORPH_CLOSE, np.ones((reach, 1), np.uint8))
    # A rule may stop just short of the one it should meet.
    stub = max(3, round(dpi / 15)) | 1
    across = cv2.dilate(across, np.ones((3, stub), np.uint8))
    down = cv2.dilate(down, np.ones((stub, 3), np.uint8))
    grid = np.asarray(cv2.bitwise_or(across, down), np.uint8)
    grids = Components.of(grid)
    cells: list[TableCell] = []
    table = 0
    for label in np.argsort(grids.boxes[:, 1], kind="stable"):
        left, top, right, bottom, _ = (int(value) for value in grids.boxes[label])
        if label == 0 or right - left < dpi / 2 or bottom - top < dpi / 4:
            continue
        own = (grids.labels[top:bottom, left:right] == label).astype(np.uint8)
        found = _closed_in(own, min(dpi / 10, 0.8 * letter), near)
        if len(found) >= 2:
            found = np.concatenate([found, _inferred(found, own, near)])
            found[:, (0, 2)] += left
            found[:, (1, 3)] += top
            cells += _numbered(found, table, near)
            table += 1
    return cells


def _inferred(boxes: Ints, grid: Pixels, near: float) -> Ints:
    """Return the boxes of cells that a gap in a rule leaves open: where the rows and columns of others cross.

    Args:
        boxes: The cells found, from the top left of the table.
        grid: The rules of the table, 1 where there is one.
        near: Edges within so many pixels are one.
    """
    height, width = grid.shape
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    if areas.sum() < _COVERED * height * width:
        return np.zeros((0, 4), np.int32)
    lefts = _starts(boxes[:, 0], boxes[:, 2], width, near)
    found: list[tuple[int, int, int, int]] = []
    for top, bottom in pairwise(_starts(boxes[:, 1], boxes[:, 3], height, near)):
        beside = (boxes[:, 1] < bottom - near) & (boxes[:, 3] > top + near)
        is_open = False
        for left, right in pairwise(lefts):
            if (beside & (boxes[:, 0] < right - near) & (boxes[:, 2] > left + near)).any():
                is_open = False
                continue
            rule = grid[top:bottom, max(0, left - round(near)) : left + round(near)].any(axis=1).mean()
            if is_open and rule < 0.5:
                left = found.pop()[0]  # noqa: PLW2901
            found.append((left, top, right, bottom))
            is_open = True
    return np.array(found, np.int32).reshape(-1, 4)


def _starts(starts: Ints, ends: Ints, whole: int, near: float) -> list[int]:
    """Return where the rows, or the columns, of a table start, and the table's end.

    Its outermost rules may be missing: then the first row or the last one has no cells yet.
    """
    ranks = np.array(_ranks(starts, near))
    found = [int(starts[ranks == rank].min()) for rank in range(ranks.max() + 1)]
    first = [0] if found[0] > 3 * near else []
    last = [int(ends.max())] if whole - ends.max() > 3 * near else []
    return [*first, *found, *last, whole]


def _closed_in(grid: Pixels, low: float, narrow: float) -> Ints:
    """Return the boxes of the paper that a grid encloses, if they are big enough for a letter."""
    paper = Components.of((1 - grid) * np.uint8(255))
    height, width = grid.shape
    boxes = paper.boxes
    inside = (boxes[:, 0] > 0) & (boxes[:, 1] > 0) & (boxes[:, 2] < width) & (boxes[:, 3] < height)
    inside &= (paper.heights > low) & (paper.widths > narrow)
    # An area enclosed by a slanted stroke fills little of its box.
    inside &= boxes[:, 4] > 0.6 * paper.heights * paper.widths
    return np.asarray(boxes[inside][:, :4], np.int32)


def _numbered(boxes: Ints, table: int, near: float) -> list[TableCell]:
    rows, columns = _ranks(boxes[:, 1], near), _ranks(boxes[:, 0], near)
    cells = [
        TableCell(Rect(*(int(value) for value in box)), Cell(table=table, row=row, column=column))
        for box, row, column in zip(boxes, rows, columns, strict=True)
    ]
    return sorted(cells, key=lambda cell: (cell.cell.row, cell.cell.column))


def _ranks(values: Ints, near: float) -> list[int]:
    """Number positions from 0; those within so many pixels of their neighbour get the same number."""
    order = np.argsort(values, kind="stable")
    steps = np.diff(values[order], prepend=values[order[0]]) > near
    ranks = np.empty(len(values), np.int32)
    ranks[order] = np.cumsum(steps)
    return [int(rank) for rank in ranks]
