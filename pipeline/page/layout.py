"""The blocks of a page in reading order: columns, header blocks, the cells of tables, and the lines in them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

import numpy as np

from models.page import Cell, Rect
from pipeline.page.components import Components, Ints
from pipeline.page.job import PictureJob
from pipeline.page.lines import Indices, PrintedBlock, PrintedLine, split_lines
from pipeline.page.prepared_page import PreparedPage
from pipeline.page.rows import Row, at_one_place, find_tables, is_list, joined, split_row, table_rows
from pipeline.page.strips import below_rules, columns_from, grouped, is_space, strips_of
from pipeline.page.tables import TableCell, find_cells

_ROWS = 3
"""A form has at least this many rows."""

_TALL = 4.6
"""In letter heights: a row of a form, with a label of two lines, is lower. Two lines of Khmer with signs have 4.2."""

_CLOSER = 0.4
"""White within a row of a form is at most this share of the white between rows."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Components that are read together; if they are a cell of a table without rules, also its row and column.

    ``table`` is the number of the table's first component, which identifies the table. ``lines`` are set if they are
    known.
    """

    components: Indices
    lines: tuple[PrintedLine, ...] = ()
    table: int = -1
    row: int = 0
    column: int = 0


def run(job: PictureJob) -> None:
    """Find the layout of every candidate."""
    job.candidates = [replace(one, page=laid_out(one.page)) for one in job.candidates]


def laid_out(page: PreparedPage) -> PreparedPage:
    """Return a prepared page with its blocks and lines."""
    cells = [cell.scaled(page.shrunk_by) for cell in find_cells(page.rules, page.letter / page.shrunk_by)]
    rules = [page.shrunk_by * middle for _, middle, _ in page.rules.long_across()]
    return replace(page, blocks=tuple(lay_out(page.components, page.chosen, cells, page.letter, rules)))


def lay_out(
    components: Components, chosen: Indices, cells: list[TableCell], letter: float, rules: Sequence[int] = ()
) -> list[PrintedBlock]:
    """Find the blocks of a page in reading order.

    Args:
        components: The components of the page's ink, upright.
        chosen: Labels of those that are text.
        cells: The cells of ruled tables, table by table and row by row.
        letter: Height of a letter in pixels.
        rules: The rows of long horizontal rules.
    """
    boxes = components.boxes
    middles = np.stack([(boxes[:, 0] + boxes[:, 2]) // 2, (boxes[:, 1] + boxes[:, 3]) // 2], axis=1)
    held: dict[int, list[tuple[TableCell, Indices]]] = {}
    rest = np.isin(np.arange(len(boxes)), chosen)
    for cell in cells:
        left, top, right, bottom = cell.box
        x, y = middles[:, 0], middles[:, 1]
        inside = np.nonzero(rest & (x >= left) & (x < right) & (y >= top) & (y < bottom))[0]
        rest[inside] = False
        own = held.setdefault(cell.cell.table, [])
        if inside.size and _has_letters(boxes[inside], letter):
            own.append((cell, inside))
    tables = {table: _ruled(components, own, letter) for table, own in held.items()}
    free = np.nonzero(rest)[0]
    blocks: list[PrintedBlock] = []
    unruled = _Numbers(len(tables))
    # Text next to a table is read before it, because no better order is known.
    tops = {table: min(cell.box.top for cell in cells if cell.cell.table == table) for table in tables}
    for table in sorted(tables, key=lambda number: tops[number]):
        above = free[middles[free, 1] < tops[table]]
        free = free[middles[free, 1] >= tops[table]]
        blocks += _text_blocks(components, above, letter, unruled, rules) + tables[table]
    return blocks + _text_blocks(components, free, letter, unruled, rules)


def _ruled(components: Components, cells: list[tuple[TableCell, Indices]], letter: float) -> list[PrintedBlock]:
    """Return the cells of a ruled table, row by row."""
    blocks: list[PrintedBlock] = []
    number = 0
    for _, group in groupby(cells, key=lambda one: one[0].cell.row):
        own = list(group)
        for row in split_row(components, [inside for _, inside in own], letter):
            for place, lines in row.items():
                cell = own[place][0]
                there = cell.cell.model_copy(update={"row": number})
                blocks.append(PrintedBlock(tuple(lines), cell.box, there))
            number += 1
    return blocks


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


def _text_blocks(
    components: Components, chosen: Indices, letter: float, unruled: _Numbers, rules: Sequence[int]
) -> list[PrintedBlock]:
    blocks = []
    for part in _parts(components, chosen, letter, rules):
        boxes = components.boxes[part.components]
        if _has_letters(boxes, letter):
            box = Rect(*(int(v) for v in (*boxes[:, :2].min(axis=0), *boxes[:, 2:4].max(axis=0))))
            cell = Cell(table=unruled[part.table], row=part.row, column=part.column) if part.table >= 0 else None
            lines = part.lines or tuple(split_lines(components, part.components, letter))
            blocks.append(PrintedBlock(lines, box, cell))
    return blocks


def _parts(components: Components, chosen: Indices, letter: float, rules: Sequence[int]) -> list[_Part]:
    """Split text into blocks: first at horizontal white strips, then at gutters that successive strips share."""
    if chosen.size == 0:
        return []
    strips = strips_of(components.boxes, chosen, letter)
    sections = grouped(strips, below_rules(components.boxes, strips, rules))
    return [part for section in sections for part in _section(components, section, letter, rules)]


def _section(components: Components, strips: list[Indices], letter: float, rules: Sequence[int]) -> list[_Part]:
    """Split the strips between two long rules into blocks."""
    boxes = components.boxes
    tables = find_tables(components, strips, letter)
    parts: list[_Part] = []
    plain: list[Indices] = []
    number = 0
    while number < len(strips):
        if number in tables:
            parts += _paragraphs(boxes, plain, letter)
            plain = []
            number, rows = tables[number]
            parts += _cells(rows)
            continue
        border = min((first for first in tables if first > number), default=len(strips))
        end, cut = columns_from(boxes, strips[:border], number, letter)
        group = np.concatenate(strips[number:end])
        is_text = cut is None or is_space(boxes, strips, (number, end), cut, letter)
        rows = [] if is_text else table_rows(components, group, letter)
        if is_text or (rows and is_list(components, rows, letter)):
            plain += strips[number:end]
            number = end
            continue
        parts += _paragraphs(boxes, plain, letter)
        plain = []
        if rows:
            parts += _cells(rows)
        elif form := _form(boxes, strips[number:end], letter):
            rows_found, held = form
            parts += rows_found
            end = number + held
        else:
            left = (boxes[group, 0] + boxes[group, 2]) / 2 < cut
            parts += _parts(components, group[left], letter, rules)
            parts += _parts(components, group[~left], letter, rules)
        number = end
    return parts + _paragraphs(boxes, plain, letter)


def _cells(rows: list[Row]) -> list[_Part]:
    """Return the cells of a table without rules, row by row."""
    table = int(next(iter(rows[0].values()))[0].components.min())
    return [
        _Part(np.concatenate([line.components for line in lines]), tuple(lines), table, number, column)
        for number, row in enumerate(rows)
        for column, lines in row.items()
    ]


def _form(boxes: Ints, strips: list[Indices], letter: float) -> tuple[list[_Part], int] | None:
    """Return the cells of a form, row by row, and the number of its strips; None if the strips do not begin with one.

    In a form, what was typed is beside a label of one or two lines, and hardly ever level with it. White separates the
    rows, and the cells of a column begin or end at the same place.
    """
    rows: list[Indices] = []
    held = 0
    for group in _form_rows(boxes, strips):
        row = np.concatenate(group)
        if np.ptp(boxes[row][:, (1, 3)]) > _TALL * letter:
            break
        held += len(group)
        if _has_letters(boxes[row], letter):
            rows.append(row)
    if len(rows) < _ROWS:
        return None
    spans = joined(np.concatenate([boxes[row][:, (0, 2)] for row in rows]), 1.5 * letter)
    cuts = (spans[1:, 0] + spans[:-1, 1]) / 2
    cells = [
        [row[np.searchsorted(cuts, boxes[row, :2][:, 0]) == column] for column in range(len(spans))] for row in rows
    ]
    if sum(cell.size > 0 for row in cells for cell in row) < 0.7 * len(rows) * len(spans):
        return None
    for column in range(len(spans)):
        own = [row[column] for row in cells if row[column].size]
        lefts, rights = (
            np.array([pick(boxes[cell, side]) for cell in own]) for pick, side in ((np.min, 0), (np.max, 2))
        )
        level = max(at_one_place(lefts, letter), at_one_place(rights, letter))
        full = float(np.median(rights - lefts)) / max(1, np.ptp((lefts.min(), rights.max())))
        if len(own) < _ROWS - 1 or level < 0.7 or (full > 0.8 and rights.max() - lefts.min() > 12 * letter):
            return None
    table = int(rows[0].min())
    parts = [
        _Part(cell, (), table, row, column)
        for row, line in enumerate(cells)
        for column, cell in enumerate(line)
        if cell.size
    ]
    return parts, held


def _form_rows(boxes: Ints, strips: list[Indices]) -> list[list[Indices]]:
    """Group strips between which there is much less white than between most."""
    gaps = [boxes[below, 1].min() - boxes[above, 3].max() for above, below in pairwise(strips)]
    if not gaps:
        return [strips]
    return grouped(strips, np.nonzero(np.array(gaps) >= _CLOSER * np.percentile(gaps, 75))[0] + 1)


def _paragraphs(boxes: Ints, strips: list[Indices], letter: float) -> list[_Part]:
    """Join strips into blocks, split where the white between two is a letter wider than usual here."""
    if not strips:
        return []
    tops = np.array([boxes[strip, 1].min() for strip in strips])
    bottoms = np.array([boxes[strip, 3].max() for strip in strips])
    gaps = tops[1:] - bottoms[:-1]
    usual = float(np.median(gaps)) if gaps.size else 0.0
    starts = np.nonzero(gaps > usual + letter)[0] + 1
    return [_Part(np.concatenate(group)) for group in grouped(strips, starts)]
