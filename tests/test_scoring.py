"""What the bench counts as an answer, as a speck, and as read in order."""

from tests.bench.scoring import answers

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
