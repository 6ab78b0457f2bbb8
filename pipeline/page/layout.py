"""The blocks of a page in reading order: columns, header blocks, the cells of tables, and the lines in them."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from models.page import Cell, Rect
from pipeline.page.components import Components, Ints
from pipeline.page.job import PictureJob
from pipeline.page.lines import Indices, PrintedBlock, split_lines
from pipeline.page.prepared_page import PreparedPage
from pipeline.page.tables import TableCell, find_cells

_ROWS = 3
"""A table without rules has at least this many rows."""


_LOW, _FAR = 0.6, 0.5
"""In letter heights: a lower strip contains only signs, and their letters are nearer than this."""

_TWO_DEEP, _CLOSE, _SPARSE = 1.1, 0.25, 0.5
"""The same distance for a higher strip, in letter heights, and the largest inked share of its width."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Components that are read together; if they are a cell of a table without rules, also its row and column.

    ``table`` is the number of the table's first component, which identifies the table.
    """

    components: Indices
    table: int = -1
    row: int = 0
    column: int = 0


def run(job: PictureJob) -> None:
    """Find the layout of every candidate."""
    job.candidates = [replace(one, page=laid_out(one.page)) for one in job.candidates]


def laid_out(page: PreparedPage) -> PreparedPage:
    """Return a prepared page with its blocks and lines."""
    cells = [cell.scaled(page.shrunk_by) for cell in find_cells(page.rules)]
    return replace(page, blocks=tuple(lay_out(page.components, page.chosen, cells, page.letter)))


def lay_out(components: Components, chosen: Indices, cells: list[TableCell], letter: float) -> list[PrintedBlock]:
    """Find the blocks of a page in reading order.

    Args:
        components: The components of the page's ink, upright.
        chosen: Labels of those that are text.
        cells: The cells of ruled tables, table by table and row by row.
        letter: Height of a letter in pixels.
    """
    boxes = components.boxes
    middles = np.stack([(boxes[:, 0] + boxes[:, 2]) // 2, (boxes[:, 1] + boxes[:, 3]) // 2], axis=1)
    tables: dict[int, list[PrintedBlock]] = {}
    rest = np.isin(np.arange(len(boxes)), chosen)
    for cell in cells:
        left, top, right, bottom = cell.box
        x, y = middles[:, 0], middles[:, 1]
        inside = np.nonzero(rest & (x >= left) & (x < right) & (y >= top) & (y < bottom))[0]
        rest[inside] = False
        tables.setdefault(cell.cell.table, [])
        if inside.size and _has_letters(boxes[inside], letter):
            lines = tuple(split_lines(components, inside, letter))
            tables[cell.cell.table].append(PrintedBlock(lines, cell.box, cell.cell))
    free = np.nonzero(rest)[0]
    blocks: list[PrintedBlock] = []
    unruled = _Numbers(len(tables))
    # Text next to a table is read before it, because no better order is known.
    tops = {table: min(cell.box.top for cell in cells if cell.cell.table == table) for table in tables}
    for table in sorted(tables, key=lambda number: tops[number]):
        above = free[middles[free, 1] < tops[table]]
        free = free[middles[free, 1] >= tops[table]]
        blocks += _text_blocks(components, above, letter, unruled) + tables[table]
    return blocks + _text_blocks(components, free, letter, unruled)


def _has_letters(boxes: Ints, letter: float) -> bool:
    """Whether there is more than specks: something at least half as high as a letter."""
    return bool(((boxes[:, 3] - boxes[:, 1]) > 0.4 * letter).any())


class _Numbers(dict[int, int]):
    """Numbers for the tables without rules, assigned in order of appearance from a first number on."""

    def __init__(self, first: int) -> None:
        super().__init__()
        self._first = first

    def __missing__(self, table: int) -> int:
        self[table] = self._first + len(self)
        return self[table]


def _text_blocks(components: Components, chosen: Indices, letter: float, unruled: _Numbers) -> list[PrintedBlock]:
    blocks = []
    for part in _parts(components.boxes, chosen, letter):
        boxes = components.boxes[part.components]
        if _has_letters(boxes, letter):
            box = Rect(*(int(v) for v in (*boxes[:, :2].min(axis=0), *boxes[:, 2:4].max(axis=0))))
            cell = Cell(table=unruled[part.table], row=part.row, column=part.column) if part.table >= 0 else None
            blocks.append(PrintedBlock(tuple(split_lines(components, part.components, letter)), box, cell))
    return blocks


def _parts(boxes: Ints, chosen: Indices, letter: float) -> list[_Part]:
    """Split text into blocks: first at horizontal white strips, then at gutters that successive strips share."""
    if chosen.size == 0:
        return []
    strips = _with_their_signs(boxes, _runs(boxes, chosen, axis=1, gap=2), letter)
    parts: list[_Part] = []
    plain: list[Indices] = []
    number = 0
    while number < len(strips):
        end, cut = _columns_from(boxes, strips, number, letter)
        if cut is None:
            plain.append(strips[number])
            number += 1
            continue
        parts += _paragraphs(boxes, plain, letter)
        plain = []
        if cells := _unruled(boxes, strips[number:end], letter):
            parts += cells
            number = end
            continue
        group = np.concatenate(strips[number:end])
        left = (boxes[group, 0] + boxes[group, 2]) / 2 < cut
        parts += _parts(boxes, group[left], letter) + _parts(boxes, group[~left], letter)
        number = end
    return parts + _paragraphs(boxes, plain, letter)


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
    spans = _joined(boxes[:, (0, 2)], 1)
    inked = (spans[:, 1] - spans[:, 0]).sum()
    is_sparse = inked < _SPARSE * (spans[-1, 1] - spans[0, 0])
    return _CLOSE * letter if is_sparse and height < _TWO_DEEP * letter else 0.0


def _unruled(boxes: Ints, strips: list[Indices], letter: float) -> list[_Part]:
    """Return the cells of a table without rules, row by row; nothing if the strips are columns of running text.

    In a table, the cells of a row are level and most cells are short; the cells of a column begin or end at the same
    place. Running text fills its column, and the lines of a letterhead are centred.
    """
    rows = [strip for strip in strips if _has_letters(boxes[strip], letter)]
    if len(rows) < _ROWS or any(np.ptp(boxes[row][:, (1, 3)]) > 2.5 * letter for row in rows):
        return []
    spans = _joined(np.concatenate([boxes[row][:, (0, 2)] for row in rows]), 1.5 * letter)
    cuts = (spans[1:, 0] + spans[:-1, 1]) / 2
    cells = [
        [row[np.searchsorted(cuts, boxes[row, :2][:, 0]) == column] for column in range(len(spans))] for row in rows
    ]
    if sum(cell.size > 0 for row in cells for cell in row) < 0.7 * len(rows) * len(spans):
        return []
    for column in range(len(spans)):
        own = [row[column] for row in cells if row[column].size]
        lefts, rights = (
            np.array([pick(boxes[cell, side]) for cell in own]) for pick, side in ((np.min, 0), (np.max, 2))
        )
        level = max(_at_one_place(lefts, letter), _at_one_place(rights, letter))
        full = float(np.median(rights - lefts)) / max(1, np.ptp((lefts.min(), rights.max())))
        if len(own) < _ROWS - 1 or level < 0.7 or (full > 0.8 and rights.max() - lefts.min() > 12 * letter):
            return []
    table = int(rows[0].min())
    return [
        _Part(cell, table, row, column)
        for row, line in enumerate(cells)
        for column, cell in enumerate(line)
        if cell.size
    ]


def _at_one_place(edges: Ints, letter: float) -> float:
    """Return the share of edges within half a letter of their median."""
    return float((np.abs(edges - np.median(edges)) < 0.5 * letter).mean())


def _columns_from(boxes: Ints, strips: list[Indices], start: int, letter: float) -> tuple[int, float | None]:
    """Find how many strips, starting from one, share a gutter, and where it is."""
    best: tuple[int, float | None] = (start + 1, None)
    edges: Ints | None = None
    lines, both = 0.0, 0
    for end in range(start, len(strips)):
        strip = strips[end]
        height = boxes[strip, 3].max() - boxes[strip, 1].min()
        merged = boxes[strip][:, (0, 2)] if edges is None else np.concatenate([edges, boxes[strip][:, (0, 2)]])
        edges = _joined(merged, 1.0 * letter)
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


def _joined(spans: Ints, gap: float) -> Ints:
    """Join spans ``left, right`` that overlap or are nearer than ``gap``."""
    spans = spans[np.argsort(spans[:, 0], kind="stable")]
    reach = np.maximum.accumulate(spans[:, 1])
    starts = np.concatenate(([0], np.nonzero(spans[1:, 0] - reach[:-1] >= gap)[0] + 1))
    ends = np.concatenate((starts[1:] - 1, [len(spans) - 1]))
    return np.stack([spans[starts, 0], reach[ends]], axis=1).astype(np.int32)


def _paragraphs(boxes: Ints, strips: list[Indices], letter: float) -> list[_Part]:
    """Join strips into blocks, split where the white between two is a letter wider than usual here."""
    if not strips:
        return []
    tops = np.array([boxes[strip, 1].min() for strip in strips])
    bottoms = np.array([boxes[strip, 3].max() for strip in strips])
    gaps = tops[1:] - bottoms[:-1]
    usual = float(np.median(gaps)) if gaps.size else 0.0
    starts = np.nonzero(gaps > usual + letter)[0] + 1
    return [_Part(np.concatenate(group)) for group in _grouped(strips, starts)]


def _grouped(strips: list[Indices], starts: Indices) -> list[list[Indices]]:
    edges = [0, *(int(start) for start in starts), len(strips)]
    return [strips[first:last] for first, last in pairwise(edges)]
