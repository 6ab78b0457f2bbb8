"""Levels are ordered, and a scope shows what it says."""

import itertools

from models.level import Level, strictest
from models.scope import Scope


def test_levels_are_ordered_from_everyone_to_nobody():
    """And not by the letters of their names."""
    assert list(Level) == sorted(Level) == ["public", "registered", "staff", "sealed"]
    for one, other in itertools.pairwise(Level):
        assert (one < other, one <= other, other > one, other >= one) == (True,) * 4
        assert strictest(one, other, one) is other
        assert (other < one, other <= one, one > other, one >= other, one < one) == (False,) * 5  # noqa: PLR0124


def test_a_scope_shows_up_to_its_level_of_its_boxes_and_what_was_granted_but_nothing_refused():
    """Refusal wins over all."""
    scope = Scope(Level.REGISTERED, frozenset({"box-1"}), granted=frozenset({"g", "r"}), refused=frozenset({"r", "x"}))
    assert scope.shows("a", "box-1", Level.REGISTERED)
    assert not scope.shows("a", "box-1", Level.STAFF)
    assert not scope.shows("a", "box-2", Level.PUBLIC)
    assert scope.shows("g", "box-2", Level.SEALED)
    assert not scope.shows("r", "box-1", Level.PUBLIC)
    assert not scope.shows("x", "box-1", Level.PUBLIC)
    assert not scope.is_everything
    assert Scope.everything().is_everything
    assert all(Scope.everything().shows("a", "b", level) for level in Level)
