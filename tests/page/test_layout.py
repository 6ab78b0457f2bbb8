"""Lines are found whole, with everything that is stacked above and below their letters, and rows of tables together."""

import cv2
import numpy as np
import pytest

from models.page import Cell, Rect
from pipeline.page.components import Components
from pipeline.page.layout import lay_out
from pipeline.page.picture import Picture
from pipeline.page.tables import TableCell, find_cells, find_rules

LETTER = 40


def row(ink, top, lefts, width=30, height=LETTER):
    for left in lefts:
        ink[top : top + height, left : left + width] = 255


def words(ink, top, left, letters):
    row(ink, top, range(left, left + 40 * letters, 40))


def blocks_of(ink, cells=(), rules=()):
    components = Components.of(ink)
    chosen = np.arange(1, len(components.boxes))
    return lay_out(components, chosen, list(cells), LETTER, rules)


def lines_of(ink):
    return [(line.top, line.bottom) for block in blocks_of(ink) for line in block.lines]


def cells_of(ink, cells=(), rules=()):
    """Return the row and the column of each block, None for one that is in no table, and the tops of its lines."""
    found = blocks_of(ink, cells, rules)
    return [(b.cell and (b.cell.row, b.cell.column), [line.top for line in b.lines]) for b in found]


def test_signs_two_deep_stay_with_their_letters():
    """A vowel under a subscript is as high as a letter, with white above it; it makes no line and no columns."""
    ink = np.zeros((500, 1400), np.uint8)
    row(ink, 100, range(60, 1300, 40))
    row(ink, 145, (140, 700, 1180), width=24, height=36)
    row(ink, 260, range(60, 1300, 40))
    assert lines_of(ink) == [(100, 181), (260, 300)]


def test_full_stops_stay_in_their_lines():
    """Over and under a full stop there are letters of other lines only; dirt there is as far from any letter."""
    ink = np.zeros((500, 1400), np.uint8)
    for top in (100, 210, 320):
        words(ink, top, 60, 30)
        ink[top : top + LETTER, 620:660] = 0
    row(ink, 243, [636], width=7, height=7)
    row(ink, 175, [636], width=7, height=7)
    (block,) = blocks_of(ink)
    assert [len(line.components) for line in block.lines] == [29, 30, 29]


@pytest.mark.parametrize("dirt", [False, True])
def test_a_table_without_rules_is_read_row_by_row(dirt):
    """Its sums are flush right; neither a title above it nor dirt in the margin makes columns of it."""
    ink = np.zeros((1000, 2000), np.uint8)
    words(ink, 60, 500, 20)
    for number, (letters, digits) in enumerate([(9, 3), (5, 5), (12, 4), (7, 5)]):
        top = 250 + 100 * number
        words(ink, top, 200, letters)
        words(ink, top, 1200 - 40 * digits, digits)
        words(ink, top, 1800 - 40 * digits, digits)
    if dirt:
        row(ink, 700, [10], height=200)
    found = [cell for cell, _ in cells_of(ink) if cell]
    assert found == [(line, column) for line in range(4) for column in range(3)]


def test_columns_of_running_text_are_read_one_after_the_other():
    """Their lines are level, as in a table, but they fill their columns."""
    ink = np.zeros((900, 2200), np.uint8)
    for top in range(100, 700, 90):
        words(ink, top, 100, 22)
        words(ink, top, 1200, 22)
    assert [cell for cell, _ in cells_of(ink)] == [None, None]


def test_the_numbers_of_a_list_stay_with_its_text():
    """A list is no table: its lines are lines of text, each with its number."""
    ink = np.zeros((900, 1800), np.uint8)
    for number in range(6):
        top = 100 + 100 * number
        words(ink, top, 300, 30 if number % 2 == 0 else 12)
        if number % 2 == 0:
            words(ink, top, 120, 2)
    assert cells_of(ink) == [(None, [100, 200, 300, 400, 500, 600])]


def test_wide_spaces_in_running_text_are_no_gutter():
    """Two lines have a wide space at one place; the lines around them cross it."""
    ink = np.zeros((700, 1800), np.uint8)
    for number, top in enumerate(range(100, 600, 90)):
        words(ink, top, 100, 40 if number not in (2, 3) else 20)
        if number in (2, 3):
            words(ink, top, 1060, 16)
    assert len(cells_of(ink)) == 1


@pytest.mark.parametrize("signs", [0, 70])
def test_what_was_typed_into_a_form_stays_beside_its_label(signs):
    """A label has two lines, also with signs above and below its letters, and the typing is level with neither."""
    ink = np.zeros((1400, 1800), np.uint8)
    for number in range(5):
        top = 100 + 230 * number
        words(ink, top, 100, 5 + number % 2)
        words(ink, top + 60, 100, 8)
        words(ink, top + 33, 800, 6 + 3 * number)
        if signs:
            row(ink, top - 25, [100], height=20)
            row(ink, top + 60, [140], height=signs + LETTER - 15)
    assert [cell for cell, _ in cells_of(ink)] == [(line, column) for line in range(5) for column in range(2)]


def test_a_row_between_rules_may_hold_many_rows():
    """A ledger has rules only between its columns; a label of two lines has its sum beside the second one."""
    ink = np.zeros((900, 1500), np.uint8)
    for number in range(6):
        words(ink, 100 + 100 * number, 100, 8 + number)
        if number != 2:
            words(ink, 100 + 100 * number, 1000, 5)
    boxes = [(50, 50, 900, 850), (905, 50, 1450, 850)]
    cells = [ruled(box, column) for column, box in enumerate(boxes)]
    found = cells_of(ink, cells)
    assert [cell for cell, _ in found] == [(n, c) for n in range(6) for c in range(2) if (n, c) != (2, 1)]
    assert all(len(lines) == 1 for _, lines in found)


def test_wrapped_cells_of_a_ruled_row_stay_whole():
    """Two cells of two lines, each nearly full, are one row."""
    ink = np.zeros((400, 1500), np.uint8)
    for left in (100, 1000):
        words(ink, 100, left, 10)
        words(ink, 180, left, 6)
    cells = [ruled((50, 50, 900, 350), 0), ruled((905, 50, 1450, 350), 1)]
    assert cells_of(ink, cells) == [((0, 0), [100, 180]), ((0, 1), [100, 180])]


def ruled(box, column):
    return TableCell(Rect(*box), Cell(table=0, row=0, column=column))


def grid(rows=6, columns=4, pitch=60, width=200):
    """Return the rules of a table at 150 dpi, with its top left corner at 50, 50."""
    ink = np.zeros((100 + rows * pitch, 100 + columns * width), np.uint8)
    for number in range(rows + 1):
        cv2.line(ink, (50, 50 + number * pitch), (50 + columns * width, 50 + number * pitch), 255, 2)
    for number in range(columns + 1):
        cv2.line(ink, (50 + number * width, 50), (50 + number * width, 50 + rows * pitch), 255, 2)
    return ink


def found_in(ink):
    return [(cell.cell.row, cell.cell.column) for cell in find_cells(find_rules(Picture(ink, 150)), 20)]


WHOLE = [(line, column) for line in range(6) for column in range(4)]


def test_rules_that_a_copier_broke_still_divide_a_table():
    """Most of each vertical rule is gone; the ends at the horizontal rules are left."""
    ink = grid()
    assert found_in(ink) == WHOLE
    for number in range(6):
        ink[50 + number * 60 + 12 : 50 + number * 60 + 48, :] = 0
    assert found_in(ink) == WHOLE


def test_a_gap_in_a_rule_leaves_no_cell_open():
    """The right border of a table is missing for two rows."""
    ink = grid()
    ink[115:230, 840:] = 0
    assert found_in(ink) == WHOLE


def test_rows_of_small_letters_are_no_rules():
    """The tops of small bold letters nearly touch each other; a dotted rule has gaps, too, but nothing beside it."""
    ink = np.zeros((200, 600), np.uint8)
    for left in range(40, 500, 9):
        cv2.rectangle(ink, (left, 40), (left + 6, 42), 255, -1)
        cv2.rectangle(ink, (left, 42), (left + 1, 54), 255, -1)
        cv2.rectangle(ink, (left + 5, 42), (left + 6, 54), 255, -1)
    ink[120:122, 40:500] = np.where(np.arange(460) % 5 < 3, 255, 0)
    rules = find_rules(Picture(ink, 150)).across
    assert not rules[:100].any()
    assert rules[110:].any()
