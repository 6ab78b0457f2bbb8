"""What the bench counts as an answer, as a speck, and as read in order."""

import pytest

from models.page import Block, Cell, Line, Page, Rect, Word
from tests.bench.rows import rows_kept
from tests.bench.scoring import answered, answers

TRUTH = {"a-page": "the court heard nine men\nand two women that day\n7\nit was adjourned till noon"}


def test_lines_that_answer_nothing_are_counted():
    """A seal that is read as text, and a speck, answer no line; a page number does."""
    found = answers(TRUTH, {"a-page": "the court heard nime men\n7\nxq%zv kk jj\nj\nand two women that day"})
    assert (found.lines, found.unanswered, found.short) == (5, 2, 1)
    assert found.precision == 0.6


def test_lines_of_columns_that_were_mixed_are_out_of_order():
    """Each pair of successive lines counts; the page without a reading has none."""
    assert answers(TRUTH, TRUTH).order == 1
    found = answers(TRUTH, {"a-page": "it was adjourned till noon\nthe court heard nine men\nand two women that day"})
    assert (found.pairs, found.in_order) == (2, 1)
    assert answers(TRUTH, {}).pairs == 0


def test_a_line_is_compared_with_what_it_answers_only():
    """A wrong letter and a letter too many count; what the ground truth leaves out does not, nor a line twice."""
    read = ["the court heard nime men", "signed in the hand of a clerk", "and two women that day|", "it was adjourned"]
    found = answered(TRUTH["a-page"] + "\nthe day", read)
    rates = [(one.edits, one.characters) if one else None for one in found]
    assert rates == [(1, 20), None, (1, 18), (8, 22)]
    assert answered("", read) == [None] * 4


ROWS = [["Kampot", "264 755", "98 473"], ["Takeo", "154 192", "36 783"], ["Kandal", "389 186", "34 621"]]


def page_of(order, cells=True):
    """Return a page with the cells of ROWS as (row, column), in an order of reading."""
    blocks = []
    for row, column in order:
        box = Rect(100 + 500 * column, 100 + 90 * row, 400 + 500 * column, 160 + 90 * row)
        words = (Word(text=ROWS[row][column], box=box, confidence=0.9),)
        cell = Cell(table=0, row=row, column=column) if cells else None
        blocks.append(Block(lines=(Line(words=words, box=box, confidence=0.9),), box=box, cell=cell))
    return Page(scan="0" * 64, number=1, recipe="", width=1800, height=500, dpi=300, blocks=tuple(blocks))


ACROSS = [(row, column) for row in range(3) for column in range(3)]
DOWN = sorted(ACROSS, key=lambda place: place[::-1])
MARKED = "\n".join("\t".join(row) for row in ROWS)
ONE_BY_ONE = MARKED.replace("\t", "\n")


@pytest.mark.parametrize("printed", [MARKED, ONE_BY_ONE])
@pytest.mark.parametrize(("order", "cells", "kept"), [(ACROSS, True, 3), (ACROSS, False, 0), (DOWN, False, 0)])
def test_a_row_is_kept_if_its_cells_are_on_one_line(printed, order, cells, kept):
    """The ground truth marks rows by tabs; where it does not, the places of the words show what is level."""
    found = rows_kept({"a-table": printed}, {"a-table": page_of(order, cells)})
    assert (found.rows, found.kept) == (3, kept)


def test_two_headings_that_are_level_are_no_table():
    """A letterhead has two columns, and its last line may be level with the first one beside it."""
    page = page_of([(0, 0), (0, 1)], cells=False)
    printed = "\n".join(["Cour d'appel", "Phnom-Penh", *ROWS[0][:2], "Nation Religion Roi"])
    assert rows_kept({"a-letter": printed}, {"a-letter": page}).rows == 0
