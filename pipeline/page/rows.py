"""Finds the rows of tables: printed lines of several columns that are level."""

from collections.abc import Sequence
from itertools import groupby, pairwise

import numpy as np

from pipeline.page.components import Components, Ints
from pipeline.page.lines import Indices, PrintedLine, leaders, placed_lines

Lines = list[tuple[float, PrintedLine]]
"""The lines of a column, each with the middle of its letters."""

Row = dict[int, list[PrintedLine]]
"""The lines of each column that has any."""

_LEVEL = 0.5
"""In letter heights: the letters of level lines differ by less."""

_MOSTLY = 0.8
"""Of the lines beside the longest column, this share is level with others in a table."""

_FULL, _WIDE = 0.8, 12
"""Running text fills this share of its column, which is this many letters wide."""

_ALIGNED = 0.6
"""This share of the lines of a column begin, or end, at one place; so do those of this share of several columns."""

_GAP, _FAR = 1.6, 3.0
"""In letter heights: the white between two columns, and between the parts of a row without others."""

_COLUMNS = 3
"""So many rows of so many columns are a table, whatever is around them."""

_SPECK = 0.25
"""In letter heights: the width of a dash, and half the height of a letter."""

_NUMBERS = 4
"""In letter heights: a column that is narrower holds the numbers of a list."""


def joined(spans: Ints, gap: float) -> Ints:
    """Join spans ``left, right`` that overlap or are nearer than ``gap``."""
    spans = spans[np.argsort(spans[:, 0], kind="stable")]
    reach = np.maximum.accumulate(spans[:, 1])
    starts = np.concatenate(([0], np.nonzero(spans[1:, 0] - reach[:-1] >= gap)[0] + 1))
    ends = np.concatenate((starts[1:] - 1, [len(spans) - 1]))
    return np.stack([spans[starts, 0], reach[ends]], axis=1).astype(np.int32)


def at_one_place(edges: Ints, letter: float) -> float:
    """Return the share of the edges of lines within half a letter of that of the line above or below: pages lean."""
    near = np.abs(np.diff(edges)) < 0.5 * letter
    return float((np.append(near, False) | np.append(False, near)).mean())


def split_row(components: Components, cells: Sequence[Indices], letter: float) -> list[Row]:
    """Split a row between two rules into its rows: tables often have rules only around several of them.

    Args:
        components: The components of the page.
        cells: Labels of those in each cell of the row.
        letter: Height of a letter in pixels.

    Returns:
        The rows; a single one, with all lines of each cell, if those of several lines are wrapped text.
    """
    columns = [_lines(components, cell, letter) for cell in cells]
    whole: Row = {number: [line for _, line in lines] for number, lines in enumerate(columns) if lines}
    long = [number for number, lines in enumerate(columns) if len(lines) > 1]
    if len(long) < 2:
        return [whole]
    levels = _levels(columns, letter)
    held = [number for number, level in enumerate(levels) if len(set(level) & set(long)) > 1]
    if not _are_level(columns, levels):
        return [whole]
    apart = any(after - before > 1 for before, after in pairwise(held))
    if len(held) < 4 and not apart and any(_is_wrapped(components, whole[number]) for number in long):
        return [whole]
    return [{column: [line] for column, line in sorted(level.items())} for level in levels]


def table_rows(components: Components, chosen: Indices, letter: float, gap: float = _GAP) -> list[Row]:
    """Return the rows of a table without rules; nothing if the components are not a table.

    The lines of a row are level, and the lines of a column begin or end at the same place. At most one column is
    running text; the columns of a letterhead are centred.

    Args:
        components: The components of the page.
        chosen: Labels of those that may be a table.
        letter: Height of a letter in pixels.
        gap: The least white between two columns in letter heights.
    """
    boxes = components.boxes[chosen]
    spans = _columns(boxes, gap * letter, letter)
    if len(spans) < 2:
        return []
    middles = (boxes[:, 0] + boxes[:, 2]) / 2
    home = np.searchsorted((spans[1:, 0] + spans[:-1, 1]) / 2, middles)
    columns = [_lines(components, chosen[home == number], letter) for number in range(len(spans))]
    levels = _levels(columns, letter)
    if len(levels) == 1:
        return _rows(components, levels, spans) if len(levels[0]) >= _COLUMNS else []
    several = sum(len(level) > 1 for level in levels)
    if several < _least(columns, spans, letter) or not _are_level(columns, levels):
        return []
    running = [_is_running(components, lines, span, letter) for lines, span in zip(columns, spans, strict=True)]
    longest = max(range(len(columns)), key=lambda number: len(columns[number]))
    others = [lines for number, lines in enumerate(columns) if number != longest and len(lines) > 1]
    aligned = sum(_is_aligned(components, lines, letter) for lines in others)
    if sum(running) > 1 or aligned < (_ALIGNED if len(spans) > 2 else 1) * len(others):
        return []
    return _rows(components, levels, spans)


def _least(columns: Sequence[Lines], spans: Ints, letter: float) -> int:
    """Return how many rows with two entries a table has at least: columns of numbers, or many columns, prove more."""
    numbers = spans[0, 1] - spans[0, 0] < _NUMBERS * letter and spans[1, 0] - spans[0, 1] < _NUMBERS * letter
    if len(spans) == 2 and numbers:
        return 1
    return 2 if sum(len(lines) > 1 for lines in columns) >= _COLUMNS else 3


def find_tables(components: Components, strips: Sequence[Indices], letter: float) -> dict[int, tuple[int, list[Row]]]:
    """Return the tables among strips of a page that are each divided in at least three.

    A single strip is a row only if its parts are far from each other: text may have wide spaces.

    Args:
        components: The components of the page.
        strips: Labels of those between two horizontal strips of white.
        letter: Height of a letter in pixels.

    Returns:
        The number of the strip after the last one of a table, and the table's rows, by the number of its first strip.
    """
    found: dict[int, tuple[int, list[Row]]] = {}
    parts = [len(_columns(components.boxes[strip], _GAP * letter, letter)) for strip in strips]
    first = 0
    for is_divided, group in groupby(parts, key=lambda count: count >= _COLUMNS):
        end = first + len(list(group))
        if is_divided and end - first >= _COLUMNS:
            if rows := table_rows(components, np.concatenate(strips[first:end]), letter):
                found[first] = (end, rows)
        elif is_divided:
            for number in range(first, end):
                if rows := table_rows(components, strips[number], letter, _FAR):
                    found[number] = (number + 1, rows)
        first = end
    return found


def is_list(components: Components, rows: list[Row], letter: float) -> bool:
    """Whether a table is a list: the first of two columns holds numbers, or labels of paragraphs in the second."""
    if max(max(row) for row in rows) > 1:
        return False
    first = np.concatenate([_edges(components, line) for row in rows for line in row.get(0, [])])
    labels, texts = (sum(len(row.get(column, [])) for row in rows) for column in (0, 1))
    return bool(np.ptp(first) < _NUMBERS * letter) or labels < 0.75 * texts


def _lines(components: Components, chosen: Indices, letter: float) -> Lines:
    """Return the lines of a column without those of specks; a dash is an entry."""
    boxes = components.boxes
    return [
        (height, line)
        for height, line in placed_lines(components, chosen, letter)
        if (_sizes(boxes[line.components]) > (_SPECK * letter, 2 * _SPECK * letter)).any()
    ]


def _sizes(boxes: Ints) -> Ints:
    return np.asarray(boxes[:, 2:4] - boxes[:, :2], np.int32)


def _columns(boxes: Ints, gap: float, letter: float) -> Ints:
    """Return the left and right ends of the columns of text between which there is white of some width."""
    low = (_sizes(boxes) < _SPECK * letter).all(axis=1)
    spans = boxes[~low & ~leaders(boxes, letter)][:, (0, 2)]
    return joined(spans, gap) if len(spans) else spans


def _levels(columns: Sequence[Lines], letter: float) -> list[dict[int, PrintedLine]]:
    """Return the level lines of columns, by column, from the top."""
    found: list[dict[int, PrintedLine]] = []
    heights: list[float] = []
    for height, column, line in sorted(
        ((height, column, line) for column, lines in enumerate(columns) for height, line in lines),
        key=lambda one: one[:2],
    ):
        if found and column not in found[-1] and height - heights[-1] < _LEVEL * letter:
            found[-1][column] = line
        else:
            found.append({column: line})
            heights.append(height)
    return found


def _are_level(columns: Sequence[Lines], levels: Sequence[dict[int, PrintedLine]]) -> bool:
    """Whether the lines beside those of the longest column are level with others."""
    if not levels:
        return False
    longest = max(range(len(columns)), key=lambda number: len(columns[number]))
    others = sum(len(lines) for number, lines in enumerate(columns) if number != longest)
    level = sum(number != longest for one in levels if len(one) > 1 for number in one)
    return level >= _MOSTLY * others


def _edges(components: Components, line: PrintedLine) -> Ints:
    """Return the left and the right end of a line."""
    boxes = components.boxes[line.components]
    return np.array((boxes[:, 0].min(), boxes[:, 2].max()), np.int32)


def _is_running(components: Components, lines: Lines, span: Ints, letter: float) -> bool:
    width = int(span[1] - span[0])
    widths = [np.ptp(_edges(components, line)) for _, line in lines]
    return width > _WIDE * letter and bool(widths) and float(np.median(widths)) > _FULL * width


def _is_wrapped(components: Components, lines: Sequence[PrintedLine]) -> bool:
    """Whether each line of a cell but the last is nearly as wide as the widest: its text continues."""
    widths = [int(np.ptp(_edges(components, line))) for line in lines]
    return min(widths[:-1]) > _FULL * max(widths) and widths[-1] < max(widths)


def _is_aligned(components: Components, lines: Lines, letter: float) -> bool:
    edges = np.stack([_edges(components, line) for _, line in lines])
    return max(at_one_place(edges[:, side], letter) for side in (0, 1)) >= _ALIGNED


def _rows(components: Components, levels: Sequence[dict[int, PrintedLine]], spans: Ints) -> list[Row]:
    """Return the levels as rows; a line by itself that continues the full line of the cell above belongs to its row."""
    rows: list[Row] = []
    for level in levels:
        ((column, line), *others) = level.items()
        above = rows[-1].get(column) if rows and not others else None
        if above:
            left, right = spans[column]
            if _edges(components, above[-1])[1] > right - (1 - _FULL) * (right - left):
                above.append(line)
                continue
        rows.append({column: [line] for column, line in sorted(level.items())})
    return rows
