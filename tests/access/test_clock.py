"""The trusted time: a clock that is set back or forward opens nothing early."""

from datetime import UTC, datetime, timedelta

from pipeline.access.clock import SPAN, Mark, surely_past

NOW = datetime(2026, 11, 28, tzinfo=UTC)
DAY = timedelta(days=1)


def test_a_clock_that_goes_on_is_believed():
    assert surely_past([Mark(NOW - DAY)], NOW) == NOW


def test_time_does_not_go_back():
    assert surely_past([Mark(NOW - DAY), Mark(NOW)], NOW - 300 * DAY) == NOW


def test_a_clock_set_forward_is_not_believed_nor_what_is_written_with_it():
    forward = NOW + SPAN + DAY
    assert surely_past([Mark(NOW)], forward) == NOW
    assert surely_past([Mark(NOW), Mark(forward), Mark(forward + DAY)], forward + 2 * DAY) == NOW


def test_a_clock_that_is_put_right_again_is_believed_again():
    assert surely_past([Mark(NOW), Mark(NOW + 400 * DAY)], NOW + DAY) == NOW + DAY


def test_after_a_long_rest_an_operator_confirms_the_clock():
    woken = NOW + 60 * DAY
    assert surely_past([Mark(NOW), Mark(woken)], woken) == NOW
    assert surely_past([Mark(NOW), Mark(woken), Mark(woken, is_confirmed=True)], woken + DAY) == woken + DAY


def test_an_operator_takes_back_a_wrong_confirmation():
    wrong = NOW + 900 * DAY
    marks = [Mark(NOW), Mark(wrong, is_confirmed=True), Mark(NOW + DAY, is_confirmed=True)]
    assert surely_past(marks, NOW + DAY) == NOW + DAY


def test_where_nothing_was_written_down_no_time_is_believed():
    assert surely_past([], NOW) is None
