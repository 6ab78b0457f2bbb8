"""Which level counts: the strictest, and an end date only ever ends a restriction."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from models.actor import Actor, ActorKind
from models.level import Level, strictest
from models.page import PageRef
from models.restriction import Reach, Restriction, case_level, next_end, page_levels

DARA = Actor(name="dara", kind=ActorKind.PERSON)
NOW = datetime(2026, 11, 28, tzinfo=UTC)
DAY = timedelta(days=1)
ONE, TWO, THREE = (PageRef(scan="ab" * 32, number=number) for number in (1, 2, 3))


def _set(level, *pages, reach=Reach.CASE, until=None):
    return Restriction(level=level, reach=reach, pages=pages, reason="an order", by=DARA, at=NOW - DAY, until=until)


def page_level(restrictions, document, page, now):
    return page_levels(restrictions, [document], now).of(page.scan, page.number)


def document_level(restrictions, document, now):
    return strictest(page_level(restrictions, document, page, now) for page in document)


def test_a_case_file_of_which_nobody_said_anything_is_for_staff():
    assert case_level([], NOW) is Level.STAFF
    assert page_level([], [ONE], ONE, NOW) is Level.STAFF


def test_what_is_set_last_counts_and_a_box_is_set_on_its_case_files():
    assert case_level([_set(Level.SEALED, reach=Reach.BOX), _set(Level.PUBLIC)], NOW) is Level.PUBLIC
    assert case_level([_set(Level.PUBLIC), _set(Level.SEALED, reach=Reach.BOX)], NOW) is Level.SEALED


def test_the_strictest_of_page_document_and_case_file_counts():
    sealed_page = [_set(Level.PUBLIC), _set(Level.SEALED, TWO, reach=Reach.PAGE)]
    assert page_level(sealed_page, [ONE, TWO], ONE, NOW) is Level.PUBLIC
    assert page_level(sealed_page, [ONE, TWO], TWO, NOW) is Level.SEALED
    assert document_level(sealed_page, [ONE, TWO], NOW) is Level.SEALED
    assert document_level(sealed_page, [THREE], NOW) is Level.PUBLIC
    assert page_level([_set(Level.SEALED), _set(Level.PUBLIC, ONE, reach=Reach.PAGE)], [ONE], ONE, NOW) is Level.SEALED


def test_a_documents_level_stays_with_its_pages_however_documents_are_cut():
    restrictions = [_set(Level.PUBLIC), _set(Level.SEALED, ONE, TWO, reach=Reach.DOCUMENT)]
    assert page_level(restrictions, [TWO, THREE], THREE, NOW) is Level.SEALED
    opened = [*restrictions, _set(Level.PUBLIC, TWO, THREE, reach=Reach.DOCUMENT)]
    assert document_level(opened, [TWO, THREE], NOW) is Level.PUBLIC
    assert document_level(opened, [ONE], NOW) is Level.SEALED


def test_an_end_date_needs_nothing_to_take_effect_and_brings_back_what_was_there():
    restrictions = [_set(Level.REGISTERED), _set(Level.SEALED, until=NOW)]
    assert case_level(restrictions, NOW - DAY) is Level.SEALED
    assert case_level(restrictions, NOW) is Level.REGISTERED


def test_an_end_date_opens_nothing_where_the_present_is_not_known():
    assert case_level([_set(Level.PUBLIC), _set(Level.SEALED, until=NOW - 999 * DAY)], None) is Level.SEALED


def test_a_shorter_restriction_does_not_take_a_longer_ones_place():
    for longer in (None, NOW + DAY):
        restrictions = [_set(Level.SEALED, until=longer), _set(Level.SEALED, until=NOW - DAY)]
        assert case_level(restrictions, NOW) is Level.SEALED


def test_a_looser_level_for_a_time_loosens_nothing():
    assert case_level([_set(Level.SEALED), _set(Level.PUBLIC, until=NOW + DAY)], NOW) is Level.SEALED


@pytest.mark.parametrize("wrong", [{"pages": (ONE,)}, {"reach": Reach.PAGE}, {"until": datetime(2030, 1, 1)}])
def test_a_restriction_names_its_pages_and_its_time(wrong):
    told = {"level": Level.SEALED, "reach": Reach.CASE, "reason": "", "by": DARA, "at": NOW}
    with pytest.raises(ValidationError):
        Restriction.model_validate({**told, **wrong})


def test_only_pages_that_have_another_level_than_their_case_file_are_named():
    restrictions = [
        _set(Level.REGISTERED),
        _set(Level.STAFF, ONE, reach=Reach.DOCUMENT),
        _set(Level.SEALED, TWO, reach=Reach.PAGE),
    ]
    levels = page_levels(restrictions, [(ONE, TWO), (THREE,)], NOW)
    assert levels.level is Level.REGISTERED
    assert levels.pages == {ONE: Level.STAFF, TWO: Level.SEALED}


def test_the_next_end_is_the_first_that_has_not_passed():
    restrictions = [_set(Level.SEALED, until=NOW - DAY), _set(Level.SEALED, until=NOW + DAY), _set(Level.STAFF)]
    assert next_end(restrictions, NOW) == NOW + DAY
    assert next_end(restrictions, None) == NOW - DAY
    assert next_end(restrictions, NOW + DAY) is None
