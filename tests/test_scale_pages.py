"""The pages of ``script/bench scale`` are made faster than others, and are like others."""

from pipeline.index.entry import entries, entries_of
from tests.bench.made_pages import PAGES_A_CASE
from tests.bench.scale_pages import case_of, page, read


def test_pages_put_together_are_those_analysed_as_a_whole():
    """In everything that a store gets: tokens, words, scripts, and what is shown."""
    case, first = case_of(4000), 4000
    pages = range(PAGES_A_CASE)
    made = list(entries_of(case, (read(first, at) for at in pages), case.levels(None)))
    assert made == list(entries(case, (page(first, at) for at in pages), case.levels(None)))
    assert len({one.units for one in made}) == PAGES_A_CASE
