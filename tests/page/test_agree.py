"""Two readings of a line made one, and numbers of one script."""

import pytest

from pipeline.page.agree import agreed, certainty, khmer_share
from pipeline.page.digits import with_even_zeros
from pipeline.page.recognise import Sign


def signs(text, confidence=1.0):
    """Signs one letter each; a space begins a word."""
    found, begins = [], True
    for place, char in enumerate(text):
        if char != " ":
            found.append(Sign(char, place * 10, place * 10 + 9, confidence, begins))
        begins = char == " "
    return tuple(found)


def text(reading):
    return "".join(sign.text for sign in reading)


def doubt(reading, place, confidence):
    return tuple(
        Sign(sign.text, sign.left, sign.right, confidence if number == place else sign.confidence, sign.begins)
        for number, sign in enumerate(reading)
    )


def test_readings_that_agree_are_as_sure_as_the_surer_one():
    """Agreement never makes a sign less sure."""
    both = agreed(signs("កខគ", 0.6), signs("កខគ", 0.9))
    assert text(both) == "កខគ"
    assert [sign.confidence for sign in both] == [0.9, 0.9, 0.9]


def test_surer_stretch_wins_and_stays_in_doubt():
    """Where readings differ, the surer one is taken, and no longer counts as sure."""
    both = agreed(doubt(signs("កខគ"), 1, 0.4), signs("កឃគ"))
    assert text(both) == "កឃគ"
    assert [sign.confidence for sign in both] == [1.0, 0.5, 1.0]


def test_sign_that_one_reading_missed_is_kept_if_it_is_surer_than_the_gap():
    """A dropped sign comes back when the signs beside the gap were read with doubt."""
    assert text(agreed(doubt(signs("កគ"), 1, 0.3), signs("កខគ"))) == "កខគ"
    assert text(agreed(signs("កគ"), doubt(signs("កខគ"), 1, 0.3))) == "កគ"


def test_certainty_falls_with_each_doubtful_sign():
    """One doubtful sign in twenty costs more than a third; none costs nothing; nothing read is worth nothing."""
    assert certainty(signs("ក" * 20)) == 1
    assert certainty(doubt(signs("ក" * 20), 3, 0.0)) == pytest.approx(0.37, abs=0.01)
    assert certainty(()) == 0


def test_digits_belong_to_no_script():
    """A line of a number and Latin letters is Latin; one of a number alone is left to the Khmer models."""
    assert khmer_share(signs("No. 123")) == 0
    assert khmer_share(signs("១២៣")) == 1


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("២៤០.00០", "២៤០.០០០"),
        ("2០03", "2003"),
        ("លេខ ២0៣", "លេខ ២០៣"),
        ("០៣ 2003", "០៣ 2003"),
        ("00 ០០", "00 ០០"),
        ("១2០0", "១2០0"),
    ],
)
def test_zero_takes_the_script_of_its_number(read, meant):
    """A zero becomes what the other digits of its number are; where they tell nothing, it stays as it was read."""
    assert text(with_even_zeros(signs(read))) == meant.replace(" ", "")
