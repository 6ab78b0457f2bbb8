"""Levels are ordered, and a scope shows what it says."""

from models.level import Level, strictest
from models.page import PageRef
from models.scope import PageLevels, Scope


def test_levels_are_ordered_from_everyone_to_nobody():
    """And not by the letters of their names."""
    assert sorted(Level, key=lambda level: level.rank) == ["public", "registered", "staff", "sealed"]
    assert strictest([Level.PUBLIC, Level.SEALED, Level.STAFF]) is Level.SEALED
    assert strictest([]) is Level.PUBLIC


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


def test_a_scope_of_courts_shows_what_is_of_these_courts_alone():
    """Nothing whose court is unknown, and nothing that is of another court, too."""
    scope = Scope(Level.STAFF, courts=frozenset({"a", "b"}), granted=frozenset({"g"}))
    shown = {courts: scope.shows("x", "box-1", Level.STAFF, courts) for courts in ((), ("a",), ("a", "b"), ("a", "c"))}
    assert shown == {(): False, ("a",): True, ("a", "b"): True, ("a", "c"): False}
    assert not scope.shows("x", "box-1", Level.STAFF)
    assert scope.shows("g", "box-1", Level.SEALED)
    assert not Scope(Level.SEALED, courts=frozenset()).is_everything
    both = Scope(Level.STAFF, frozenset({"box-1"}), frozenset({"a"}))
    assert both.shows("x", "box-1", Level.STAFF, ("a",))
    assert not both.shows("x", "box-2", Level.STAFF, ("a",))
    assert not both.shows("x", "box-1", Level.STAFF, ("b",))


def test_a_page_has_its_own_level_or_that_of_its_case_file():
    """Documents and pages may be stricter than the rest."""
    levels = PageLevels(Level.STAFF, {PageRef(scan="a" * 64, number=2): Level.SEALED})
    assert [levels.of("a" * 64, 1), levels.of("a" * 64, 2), levels.of("b" * 64, 2)] == ["staff", "sealed", "staff"]
