"""The blocks of a page in reading order: columns, header blocks, the cells of tables, and the lines in them."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from models.page import Cell, Rect
from pipeline.page.ink import Ints, Pieces
from pipeline.page.lines import Indices, PrintedLine, split_lines
from pipeline.page.tables import TableCell


@dataclass(frozen=True, slots=True)
class PrintedBlock:
    """Lines that are read together, from the top; ``cell`` where they stand in a table."""

    lines: tuple[PrintedLine, ...]
    box: Rect
    cell: Cell | None = None


def lay_out(pieces: Pieces, chosen: Indices, cells: list[TableCell], letter: float) -> list[PrintedBlock]:
    """Find the blocks of a page in the order a person reads them.

    Args:
        pieces: The pieces of the page's ink, upright.
        chosen: Labels of those that are text.
        cells: The cells of ruled tables, table by table and row by row.
        letter: Height of a letter in pixels.
    """
    boxes = pieces.boxes
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
            lines = tuple(split_lines(pieces, inside, letter))
            tables[cell.cell.table].append(PrintedBlock(lines, cell.box, cell.cell))
    free = np.nonzero(rest)[0]
    blocks: list[PrintedBlock] = []
    # Text beside a table is read before it, for want of anything better.
    tops = {table: min(cell.box.top for cell in cells if cell.cell.table == table) for table in tables}
    for table in sorted(tables, key=lambda number: tops[number]):
        above = free[middles[free, 1] < tops[table]]
        free = free[middles[free, 1] >= tops[table]]
        blocks += _text_blocks(pieces, above, letter) + tables[table]
    return blocks + _text_blocks(pieces, free, letter)


def _has_letters(boxes: Ints, letter: float) -> bool:
    """Whether there is more than specks: something half as high as a letter."""
    return bool(((boxes[:, 3] - boxes[:, 1]) > 0.4 * letter).any())


def _text_blocks(pieces: Pieces, chosen: Indices, letter: float) -> list[PrintedBlock]:
    blocks = []
    for part in _parts(pieces.boxes, chosen, letter):
        boxes = pieces.boxes[part]
        if _has_letters(boxes, letter):
            box = Rect(*(int(v) for v in (*boxes[:, :2].min(axis=0), *boxes[:, 2:4].max(axis=0))))
            blocks.append(PrintedBlock(tuple(split_lines(pieces, part, letter)), box))
    return blocks


def _parts(boxes: Ints, chosen: Indices, letter: float) -> list[Indices]:
    """Part text into blocks: strips of white across first, then gutters that several strips in a row have in common."""
    if chosen.size == 0:
        return []
    strips = _runs(boxes, chosen, axis=1, gap=2)
    parts: list[Indices] = []
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
        group = np.concatenate(strips[number:end])
        left = (boxes[group, 0] + boxes[group, 2]) / 2 < cut
        parts += _parts(boxes, group[left], letter) + _parts(boxes, group[~left], letter)
        number = end
    return parts + _paragraphs(boxes, plain, letter)


def _runs(boxes: Ints, chosen: Indices, axis: int, gap: float) -> list[Indices]:
    """Part pieces at every white gap along an axis (0 across, 1 down), in order."""
    order = chosen[np.argsort(boxes[chosen, axis], kind="stable")]
    reach = np.maximum.accumulate(boxes[order, axis + 2])
    starts = np.nonzero(boxes[order[1:], axis] - reach[:-1] >= gap)[0] + 1
    return np.split(order, starts)


def _columns_from(boxes: Ints, strips: list[Indices], start: int, letter: float) -> tuple[int, float | None]:
    """Find how many strips from one on share a gutter, and where it is."""
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
    """Join spans ``left, right`` that overlap or stand nearer than ``gap``."""
    spans = spans[np.argsort(spans[:, 0], kind="stable")]
    reach = np.maximum.accumulate(spans[:, 1])
    starts = np.concatenate(([0], np.nonzero(spans[1:, 0] - reach[:-1] >= gap)[0] + 1))
    ends = np.concatenate((starts[1:] - 1, [len(spans) - 1]))
    return np.stack([spans[starts, 0], reach[ends]], axis=1).astype(np.int32)


def _paragraphs(boxes: Ints, strips: list[Indices], letter: float) -> list[Indices]:
    """Join strips into blocks, parted where the white between two is wider than is usual here by a letter."""
    if not strips:
        return []
    tops = np.array([boxes[strip, 1].min() for strip in strips])
    bottoms = np.array([boxes[strip, 3].max() for strip in strips])
    gaps = tops[1:] - bottoms[:-1]
    usual = float(np.median(gaps)) if gaps.size else 0.0
    starts = np.nonzero(gaps > usual + letter)[0] + 1
    return [np.concatenate(group) for group in _grouped(strips, starts)]


def _grouped(strips: list[Indices], starts: Indices) -> list[list[Indices]]:
    edges = [0, *(int(start) for start in starts), len(strips)]
    return [strips[first:last] for first, last in pairwise(edges)]
