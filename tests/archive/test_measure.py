"""The confidence of pages: the mean over their words, and less than full where something is not read."""

import pytest

from pipeline.archive.measure import confidence_of


def test_it_is_the_mean_over_all_words_of_all_pages(make):
    """A page with many words counts for more."""
    assert confidence_of([]) is None
    assert confidence_of([make.page(["one two", "three"]), make.page(["four"])]) == pytest.approx(_of(make))


def test_something_that_is_not_read_counts_once_for_a_page(make):
    """However many remarks say so."""
    page = make.page(["one two three"])
    one, three = (page.model_copy(update={"unread": ("not read",) * remarks}) for remarks in (1, 3))
    assert confidence_of([one]) == confidence_of([three]) == pytest.approx(_of(make) * 3 / 4)
    assert confidence_of([one, three]) == pytest.approx(_of(make) * 6 / 8)


def test_a_page_with_no_words_has_no_confidence_unless_something_is_not_read(make):
    """A cover of attached files must be seen by a person."""
    empty = make.page()
    assert confidence_of([empty]) is None
    assert confidence_of([empty.model_copy(update={"unread": ("2 attached files are not read",)})]) == 0


def _of(make):
    return make.page(["one"]).blocks[0].lines[0].words[0].confidence
