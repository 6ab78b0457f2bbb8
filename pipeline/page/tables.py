"""Finds printed rules and the tables that they form."""

from dataclasses import dataclass

import cv2
import numpy as np

from models.page import Cell, Rect
from pipeline.page.components import Components, Ints
from pipeline.page.picture import Picture, Pixels


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
    return Rules(_strokes(ink, down=False), _strokes(ink, down=True), ink.dpi)


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
    inside[:] = components.mask(thin)
    return long


def find_cells(rules: Rules) -> list[TableCell]:
    """Find the cells that rules enclose: in tables of two or more cells, row by row.

    A single frame around text is not a table.

    Args:
        rules: The rules of a page.
    """
    dpi = rules.dpi
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
        found = _closed_in(own, dpi)
        if len(found) >= 2:
            found[:, (0, 2)] += left
            found[:, (1, 3)] += top
            cells += _numbered(found, table, dpi)
            table += 1
    return cells


def _closed_in(grid: Pixels, dpi: float) -> Ints:
    """Return the boxes of the paper that a grid encloses, if they are big enough for a letter."""
    paper = Components.of((1 - grid) * np.uint8(255))
    height, width = grid.shape
    boxes = paper.boxes
    inside = (boxes[:, 0] > 0) & (boxes[:, 1] > 0) & (boxes[:, 2] < width) & (boxes[:, 3] < height)
    inside &= (paper.heights > dpi / 10) & (paper.widths > dpi / 15)
    # An area enclosed by a slanted stroke fills little of its box.
    inside &= boxes[:, 4] > 0.6 * paper.heights * paper.widths
    return np.asarray(boxes[inside][:, :4], np.int32)


def _numbered(boxes: Ints, table: int, dpi: float) -> list[TableCell]:
    rows, columns = _ranks(boxes[:, 1], dpi), _ranks(boxes[:, 0], dpi)
    cells = [
        TableCell(Rect(*(int(value) for value in box)), Cell(table=table, row=row, column=column))
        for box, row, column in zip(boxes, rows, columns, strict=True)
    ]
    return sorted(cells, key=lambda cell: (cell.cell.row, cell.cell.column))


def _ranks(values: Ints, dpi: float) -> list[int]:
    """Number positions from 0; those within a fifteenth of an inch of their neighbour get the same number."""
    order = np.argsort(values, kind="stable")
    steps = np.diff(values[order], prepend=values[order[0]]) > dpi / 15
    ranks = np.empty(len(values), np.int32)
    ranks[order] = np.cumsum(steps)
    return [int(rank) for rank in ranks]
