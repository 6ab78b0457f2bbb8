"""Messages use the form of a word that goes with its number."""

import pytest

from models.plural import number_of, plural


@pytest.mark.parametrize(("count", "told"), [(0, "0 pages"), (1, "1 page"), (2, "2 pages"), (1001, "1001 pages")])
def test_only_one_is_singular(count, told):
    """None is many, as English has it."""
    assert number_of(count, "page") == told


def test_a_word_may_have_a_plural_of_its_own_and_a_verb_with_it():
    """No rule makes them."""
    assert plural(2, "entry", "entries") == "entries"
    assert number_of(1, "scan was", "scans were") == "1 scan was"
